"""Every equation of the network is the instance of its layers' equations that the graph demands.

From the graph and the equations of the kinds alone, with code of its own, this module writes down what each tag has to
say, and compares it with the equation that the certificate states under this tag:

    x:NAME       the layer's map, of its parents and at its sizes
    s:NAME       one term for every place where the energy contains x_NAME: the children by slot, the costs by weight
    g:NAME.P     the layer's gradient, and decay times the parameter;  g:INPUT  one term for every reader of it
    C, C:OWNER   the cost
    E:NAME       <s, f - x>

and with it each intermediate that an equation uses.  A definition is the one demanded if it is written as that is, up
to what letters.py says.  If it is not, an entry is looked for at which its value is another (entrywise.py).
What has the same values and is written otherwise is not accepted either, for it may read outside of a tensor, or apply
to what has no value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dyadic.proofs.checker.evaluation.equations import entries
from dyadic.proofs.checker.instantiated.demands import ITSELF, Available, Demand, Demands
from dyadic.proofs.checker.instantiated.entrywise import SEED, compare
from dyadic.proofs.checker.instantiated.integer_forms import Forms, NetworkNames
from dyadic.proofs.checker.instantiated.letters import Letters, Terms
from dyadic.proofs.checker.instantiated.polynomials import Key, extent_of, key
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.names import applied, sizes_of
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
    """What was found: equations, definitions in them that are the ones demanded, differences, and what is neither."""

    equations: int = 0
    definitions: int = 0
    differences: list[Difference] = field(default_factory=list)
    undecided: list[Rejected] = field(default_factory=list)


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
        before = outcome.definitions
        try:
            found = list(comparison.equation(tag))
        except Rejected as error:
            outcome.undecided.append(error)
            continue
        outcome.differences += found
        outcome.equations += 1
        if not found and outcome.definitions == before:
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
            self.outcome.definitions += 1
            return
        name = _name(item, where)
        if name != demand.name:
            yield Difference(tag, where, tensor(*name), f"defines {tensor(*name)} and not {tensor(*demand.name)}")
            return
        wanted_shape, wanted = self._demanded(demand)
        self.forms.lost = False
        shape = self._shape(item, where)
        written = Letters(self.forms, f"{where}.body", ITSELF, _lengths(shape))
        body = written.read(item["body"], {index: k for k, index in enumerate(item["indices"])})
        self._check_names(item, demand, where)
        if shape != wanted_shape:
            yield Difference(
                tag, where, tensor(*name), f"{tensor(*name)} does not have the shape that the network gives it"
            )
        elif body == wanted and not (written.hidden or self.forms.lost):
            self.outcome.definitions += 1
            demand.accepted = item
        elif body == wanted:
            raise Rejected(where, "reads, applies or divides by something that cancels")
        else:
            found = compare(self.network, item, demand, where, self.seed)
            if found is None:
                raise Rejected(where, "has the values of the network's equation, but is written otherwise")
            yield Difference(
                tag, where, tensor(*name), "has another value", found.entry, found.stated, found.demanded,
                found.modulus, found.sizes,
            )  # fmt: skip

    def _check_names(self, item: Any, demand: Demand, where: str) -> None:
        """It names no tensor, size or function, and reads none as integers, that the equation demanded does not."""
        body = [item["body"], item["shape"]]
        parts = [part.body for part in demand.parts]
        strange = sizes_of(body) - self.network.sizes
        strange |= applied(body) - applied(parts)
        for found in (entries, integers_read):
            owned = [(part.names, name) for part in demand.parts for name in found(part.body)]
            stated = found(item["body"]) - {(kind, names.owner(owner, where)) for names, (kind, owner) in owned}
            strange |= {tensor(*name) for name in stated}
        if strange:
            raise Rejected(where, f"names {sorted(strange)[0]!r:.80}, which the network's equation does not")

    def _shape(self, item: Any, where: str) -> list[Key]:
        names = need(item, "indices", list, where)
        extents = need(item, "shape", list, where)
        need(item, "body", (int, list), where)
        if len(names) != len(extents) or not all(isinstance(name, str) for name in names):
            raise Rejected(f"{where}.indices", "do not fit the shape")
        if len(set(names)) < len(names):
            raise Rejected(f"{where}.indices", "are not distinct")
        return [key(self.forms.of(extent, {}, f"{where}.shape")) for extent in extents]

    def _demanded(self, demand: Demand) -> tuple[list[Key], Terms]:
        if demand.cached is None:
            shape = [key(self.forms.of(extent, {}, demand.where, demand.names)) for extent in demand.shape]
            total = Letters(self.forms, demand.where, demand.names, [])
            terms = []
            for part in demand.parts:
                at_sizes = all(isinstance(size, int) for size in part.names.sizes.values())
                reader = Letters(self.forms, part.where, part.names, _lengths(shape), at_sizes)
                body = reader.read(part.body, {name: k for k, name in enumerate(part.indices)})
                terms.append(total.product([total.read(part.factor, {}), body]))
            demand.cached = shape, total.sum(terms)
        return demand.cached


def _lengths(shape: list[Key]) -> list[int | None]:
    return [extent_of(dict(extent)) for extent in shape]


def _name(item: Any, where: str) -> tuple[str, str]:
    return need(item, "kind", str, where), need(item, "owner", str, where)


__all__ = ["Difference", "InstancesOutcome", "NetworkNames", "check", "described", "examine"]
