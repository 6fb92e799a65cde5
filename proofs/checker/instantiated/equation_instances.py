"""Every equation of the network is the instance of its layers' equations that the graph demands.

From the graph and the equations of the kinds alone, with code of its own, this module writes down what each tag has to
say, and compares it with the equation that the certificate states under this tag:

    x:NAME       the layer's map, of its parents and at its sizes
    s:NAME       one term for every place where the energy contains x_NAME: the children by slot, the costs by weight
    g:NAME.P     the layer's gradient, and decay times the parameter;  g:INPUT  one term for every reader of it
    C, C:OWNER   the cost
    E:NAME       <s, f - x>

and with it each intermediate that an equation uses.  Two definitions agree if their normal forms (normal_form.py) do,
or else if all their entries agree modulo two primes at the network's own sizes (entrywise.py).  Anything else is a
difference, or is not decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dyadic.proofs.checker.evaluation.domain import RESTRICTED
from dyadic.proofs.checker.evaluation.equations import entries
from dyadic.proofs.checker.instantiated.demands import Available, Demand, Demands, Part
from dyadic.proofs.checker.instantiated.entrywise import SEED, compare
from dyadic.proofs.checker.instantiated.normal_form import BRACKETS, Forms, NetworkNames
from dyadic.proofs.checker.instantiated.plain_writing import divisors_and_ranges, oddities
from dyadic.proofs.checker.instantiated.polynomials import Polynomial, key, total
from dyadic.proofs.checker.intake.form import is_positive
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.names import applied, nodes, sizes_of
from dyadic.proofs.checker.intake.reading import Rejected, need, tensor
from dyadic.proofs.checker.intake.shapes import integers_read


@dataclass(frozen=True)
class Difference:
    """An equation that is not the one demanded: ``entry`` of ``tensor`` has two values, or ``reason`` says what it is.

    where: the field.  stated, demanded: the two values, modulo ``modulus``; sizes: those drawn for sizes given by name.
    """

    tag: str
    where: str
    tensor: str
    reason: str
    entry: tuple[int, ...] | None = None
    stated: str = ""
    demanded: str = ""
    modulus: str = ""
    sizes: dict[str, int] = field(default_factory=dict)


@dataclass
class InstancesOutcome:
    """What was found: definitions compared by form and by evaluation, differences, and what could not be compared."""

    equations: int = 0
    by_form: int = 0
    by_entry: int = 0
    differences: list[Difference] = field(default_factory=list)
    undecided: list[Rejected] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Equations, and definitions found right by their form and by evaluation."""
        return {"equations": self.equations, "by form": self.by_form, "by evaluation": self.by_entry}


def check(graph: Graph) -> InstancesOutcome:
    """Compare every equation; raises :class:`Rejected`, naming the field, at the first that is not as it should be."""
    outcome = examine(graph, first=True)
    for difference in outcome.differences:
        raise Rejected(difference.where, described(difference))
    for error in outcome.undecided:
        raise error
    return outcome


def described(difference: Difference) -> str:
    """A difference in words."""
    if difference.entry is None:
        return difference.reason
    at = f"[{', '.join(map(str, difference.entry))}]" if difference.entry else ""
    sizes = "".join(f", {name} = {n}" for name, n in difference.sizes.items())
    return (
        f"{difference.tensor}{at} is {difference.stated}, but the network's equation gives {difference.demanded} "
        f"(mod {difference.modulus}{sizes})"
    )


def examine(graph: Graph, first: bool = False, seed: int = SEED) -> InstancesOutcome:
    """Compare every equation of the certificate with the one that the graph demands.

    first: stop at a difference.  seed: of what is drawn; one that nobody knows beforehand, if the file is not trusted.
    """
    outcome = InstancesOutcome()
    network = Demands(graph)
    network.check_sizes()
    comparison = _Comparison(network, outcome, seed)
    for tag in graph.tags():
        before = outcome.by_form + outcome.by_entry
        try:
            found = list(comparison.equation(tag))
        except Rejected as error:
            outcome.undecided.append(error)
            continue
        outcome.differences += found
        outcome.equations += 1
        if not found and outcome.by_form + outcome.by_entry == before:
            raise Rejected(f"equations.{tag}", "was compared with nothing")
        if found and first:
            break
    if outcome.equations + len(outcome.undecided) == 0:
        raise Rejected("equations", "are none")
    return outcome


class _Comparison:
    def __init__(self, network: Demands, outcome: InstancesOutcome, seed: int) -> None:
        self.network, self.outcome, self.forms, self.seed = network, outcome, Forms(), seed

    def equation(self, tag: str) -> Iterator[Difference]:
        """The differences of one equation and of the intermediates that it states."""
        demand, available = self.network.demand(tag)
        where = f"equations.{tag}"
        stated = self.network.graph.equations[tag]
        known: set[tuple[str, str]] = set()
        for position, item in enumerate(stated["where"]):
            place = f"{where}.where[{position}]"
            name = _name(item, place)
            wanted = available.get(name)
            if wanted is None or name in known:
                reason = "is defined twice" if name in known else f"{tensor(*name)} is no quantity of this equation"
                yield Difference(tag, place, tensor(*name), reason)
                return
            yield from self._missing(tag, place, item, known, available)
            yield from self._differences(tag, place, item, wanted)
            known.add(name)
        place = f"{where}.definition"
        yield from self._missing(tag, place, stated["definition"], known, available)
        yield from self._differences(tag, place, stated["definition"], demand)
        used = entries(need(stated["definition"], "body", (int, list), f"{where}.definition"))
        for position, item in reversed([*enumerate(stated["where"])]):
            place = f"{where}.where[{position}]"
            name = _name(item, place)
            if name not in used:
                yield Difference(tag, place, tensor(*name), f"{tensor(*name)} is not used by this equation")
            used |= entries(item["body"])

    def _missing(
        self, tag: str, where: str, item: Any, known: set[tuple[str, str]], available: Available
    ) -> Iterator[Difference]:
        """Intermediates that a definition reads and that are not defined before it."""
        for name in sorted(entries(need(item, "body", (int, list), where)) - known):
            if name in available:
                yield Difference(tag, where, tensor(*name), f"reads {tensor(*name)}, which is not defined before it")
            elif not self.network.has(name):
                yield Difference(tag, where, tensor(*name), f"reads {tensor(*name)}, which this network does not have")

    def _differences(self, tag: str, where: str, item: Any, demand: Demand) -> Iterator[Difference]:
        if demand.accepted is not None and item == demand.accepted:
            self.outcome.by_form += 1
            return
        name = _name(item, where)
        if name != demand.name:
            yield Difference(tag, where, tensor(*name), f"defines {tensor(*name)} and not {tensor(*demand.name)}")
            return
        self.forms.lost = False
        shape, body = self._form(item, where)
        hidden = self.forms.lost
        wanted_shape, wanted_body = self._demand_form(demand)
        self._check_words(item, demand, where)
        if list(map(key, shape)) != list(map(key, wanted_shape)):
            yield Difference(
                tag, where, tensor(*name), f"{tensor(*name)} does not have the shape that the network gives it"
            )
        elif hidden:
            raise Rejected(where, "reads, applies or divides by something that cancels")
        elif body == wanted_body:
            self.outcome.by_form += 1
            demand.accepted = item
        elif any(map(_is_partial, nodes(item["body"]))):
            raise Rejected(where, "is written otherwise than the network's equation, with what may have no value")
        else:
            found = compare(self.network, item, demand, where, self.seed)
            if found is None:
                self.outcome.by_entry += 1
            else:
                yield Difference(
                    tag, where, tensor(*name), "has another value", found.entry, found.stated, found.demanded,
                    found.modulus, found.sizes,
                )  # fmt: skip

    def _check_words(self, item: Any, demand: Demand, where: str) -> None:
        """It holds nothing, of what its normal form need not show, that the equation that is demanded does not hold."""
        body = [item["body"], item["shape"]]
        parts = [part.body for part in demand.parts]
        strange = sizes_of(body) - self.network.sizes
        strange |= applied(body) - applied(parts)
        for found in (entries, integers_read):
            stated = found(item["body"])
            if stated:
                owned = [(part.names, name) for part in demand.parts for name in found(part.body)]
                stated -= {(kind, names.owner(owner, where)) for names, (kind, owner) in owned}
            strange |= {tensor(*name) for name in stated}
        if strange:
            raise Rejected(where, f"names {sorted(strange)[0]!r:.80}, which the network's equation does not")
        doubtful = [size for size in divisors_and_ranges(item["body"]) if not is_positive(size)]
        if doubtful:
            sizes = [(part, size) for part in demand.parts for size in divisors_and_ranges(part.body)]
            own = {key(self.forms.of(size, {}, part.where, part.names)) for part, size in sizes}
            if any(key(self.forms.of(size, {}, where)) not in own for size in doubtful):
                raise Rejected(where, "divides by or sums over what the network's equation does not")
        odd = oddities(item["body"], frozenset(item["indices"]))
        if odd:
            odd -= set[str]().union(*(oddities(part.body, frozenset(part.indices)) for part in demand.parts))
        if odd:
            raise Rejected(where, f"has {sorted(odd)[0]}, which the network's equation has not")

    def _form(self, item: Any, where: str) -> tuple[list[Polynomial], Polynomial]:
        names = need(item, "indices", list, where)
        extents = need(item, "shape", list, where)
        if len(names) != len(extents) or not all(isinstance(name, str) for name in names):
            raise Rejected(f"{where}.indices", "do not fit the shape")
        if len(set(names)) < len(names):
            raise Rejected(f"{where}.indices", "are not distinct")
        shape = [self.forms.of(extent, {}, f"{where}.shape") for extent in extents]
        bound = {name: k for k, name in enumerate(names)}
        return shape, self.forms.of(need(item, "body", (int, list), where), bound, f"{where}.body", extents=shape)

    def _demand_form(self, demand: Demand) -> tuple[list[Polynomial], Polynomial]:
        if demand.cached is None:
            shape = [self.forms.of(extent, {}, demand.where, demand.names) for extent in demand.shape]
            demand.cached = shape, total(self._part_form(part, shape) for part in demand.parts)
        return demand.cached

    def _part_form(self, part: Part, shape: list[Polynomial]) -> Polynomial:
        bound = {name: k for k, name in enumerate(part.indices)}
        factor = self.forms.of(part.factor, {}, part.where)
        body = self.forms.of(part.body, bound, part.where, part.names, shape)
        number = factor.get((), 0)
        return {monomial: own * number for monomial, own in body.items()} if number else {}


def _is_partial(node: Any) -> bool:
    """Whether an operation may have no value: a root, a quotient, a function with a domain, a maximum over nothing."""
    match node:
        case ["^", base, exponent]:
            whole = isinstance(exponent, int) and exponent > 0
            return not whole and not (isinstance(base, int) and base > 0) and not _is_size(base)
        case ["apply", str(name), _, _]:
            return name in RESTRICTED
        case ["quotient" | "remainder", _, divisor] | ["divides", divisor, _]:
            return not (isinstance(divisor, int) and divisor > 0) and not _is_size(divisor)
        case ["max" | "argmax" | "logsumexp", _, extent, body]:
            return not (isinstance(extent, int) and extent > 0) or any(one[0] in BRACKETS for one in nodes(body))
    return False


def _is_size(node: Any) -> bool:
    return isinstance(node, list) and node[:1] in (["size"], ["pi"])


def _name(item: Any, where: str) -> tuple[str, str]:
    return need(item, "kind", str, where), need(item, "owner", str, where)


__all__ = ["Difference", "InstancesOutcome", "NetworkNames", "check", "described", "examine"]
