"""Another energy than the network's, made by the author of a claim, and its derivatives by what it is made of.

An energy is an expression of variables (x, s, parameters, inputs, targets and tensors of the author's own), in which
quantities of the forward pass and the cost stand for what the layers define.  Its derivative by one variable, all
others held, is written down by the rules for sums, products, powers and functions, as one more expression: it is then
examined like any other, with numbers, and no rule here decides whether an equality holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from dyadic.proofs.checker.intake.names import REDUCTIONS
from dyadic.proofs.evaluate.integers import GUARDS
from dyadic.proofs.statements.parsing.tokens import Unreadable
from dyadic.proofs.statements.semantics.axis_extents import Extent
from dyadic.proofs.statements.semantics.quantities import Sense, energy_derivative, quantity
from dyadic.proofs.statements.semantics.vocabulary import FREE, LET, OWN, Vocabulary, text_name

_SUM, _LOGSUMEXP = "sum", "logsumexp"
_CONSTANTS = ("rational", "size", "index", *GUARDS, "quotient", "remainder")
_MOST = 5_000
"""How many parts an expression may have once all is written out."""
_MOST_FACTORS = 100_000
Term = list[Any]
"""Factors."""


def written_out(node: Any, vocabulary: Vocabulary, taken: Collection[str] = ()) -> Any:
    """An expression with the author's energies and their derivatives put in.  Raises :class:`Unreadable`.

    taken: names that no index of it may have.
    """
    if not vocabulary.energies or not _speaks_of(node):
        return node
    return _WritingOut(vocabulary, index_names(node) | set(taken)).put_in(node)


def known_ranges(node: Any, vocabulary: Vocabulary) -> dict[str, Extent]:
    """The extents of the indices at which a derivative of such an energy is taken: those of the variable's axes."""
    found: dict[str, Extent] = {}
    for entry in entries_of(node):
        if quantity(entry[1]).sense is Sense.OWN:
            axes = vocabulary.axes(energy_derivative(entry[1])[1], entry[2])
            pairs = zip(entry[3], axes, strict=True)
            found |= {index[1]: axis for index, axis in pairs if isinstance(index, list) and index[0] == "index"}
    return found


def check_energy(node: Any, vocabulary: Vocabulary) -> None:
    """Whether an expression can be an energy.  Raises :class:`Unreadable`."""
    _WritingOut(vocabulary, index_names(node)).expanded(node)


def defined_by(node: Any, vocabulary: Vocabulary, lets: Mapping[str, Any]) -> Any:
    """An expression with all that is defined put in, so that only variables are left; lets: what the claim defines.

    Raises :class:`Unreadable`.
    """
    return _WritingOut(vocabulary, index_names(node), lets).expanded(node)


class _WritingOut:
    """``taken``: names of indices that are not free to use."""

    def __init__(self, vocabulary: Vocabulary, taken: set[str], lets: Mapping[str, Any] | None = None) -> None:
        self.vocabulary, self.graph, self.taken, self.lets = vocabulary, vocabulary.graph, taken, lets or {}
        self.parts = 0

    def put_in(self, node: Any) -> Any:
        if not isinstance(node, list) or not node:
            return node
        if node[0] == "entry" and node[1] == OWN:
            return self.expanded(self.vocabulary.energies[node[2]])
        if node[0] == "entry" and quantity(node[1]).sense is Sense.OWN:
            name, kind = energy_derivative(node[1])
            return self.derivative(name, (kind, node[2]), node[3])
        if node[0] == "entry":
            return node
        return [node[0], *map(self.put_in, node[1:])]

    def derivative(self, name: str, variable: tuple[str, str], place: list[Any]) -> Any:
        """The derivative of an energy by one entry of a variable."""
        for index, axis in zip(place, self.vocabulary.axes(*variable), strict=True):
            inside = isinstance(index, int) and (axis.true is None or 0 <= index < axis.true)
            if not inside and not (isinstance(index, list) and index[0] == "index"):
                raise Unreadable(0, f"a derivative of {name} is taken at indices, or numbers that there are")
        body = self.expanded(self.vocabulary.energies[name])
        found = _Differentiation(self.vocabulary, variable, place).terms(body)
        return _total([_product(term) for term in found])

    # -- what the layers define, put in

    def expanded(self, node: Any) -> Any:
        """An expression of variables alone, its indices under names of their own."""
        return self._expanded(node, {})

    def _expanded(self, node: Any, indices: Mapping[str, Any]) -> Any:
        self.parts += 1
        if self.parts > _MOST:
            raise Unreadable(0, "the energy is too large once all is written out")
        if not isinstance(node, list) or not node or node[0] in ("rational", "size"):
            return node
        match node:
            case ["index", name]:
                return indices.get(name, node)
            case ["entry", kind, owner, place]:
                return self._entry(kind, owner, [self._expanded(index, indices) for index in place])
            case [kind, name, extent, body] if kind in REDUCTIONS:
                fresh = self._fresh(name)
                inner = self._expanded(body, {**indices, name: ["index", fresh]})
                return [kind, fresh, self._expanded(extent, indices), inner]
        return [node[0], *(self._expanded(child, indices) for child in node[1:])]

    def _fresh(self, name: str) -> str:
        found = next(each for each in _numbered(name.rstrip("0123456789") or "i") if each not in self.taken)
        self.taken.add(found)
        return found

    def _entry(self, kind: str, owner: str, place: list[Any]) -> Any:
        """A variable, or what defines a quantity."""
        vocabulary, graph = self.vocabulary, self.graph
        if kind == OWN:
            return self._expanded(vocabulary.energies[owner], {})
        if kind in ("x", "s", "y", FREE, "delta") or (kind, owner) in vocabulary.parameters:
            return ["entry", kind, owner, place]
        if kind == LET and owner in self.lets:
            indices, body = self.lets[owner]
            return self._expanded(body, dict(zip(indices, place, strict=True)))
        if (kind, owner) == ("C", ""):
            return _total([_product([cost["weight"], self._value_of(name)]) for name, cost in graph.costs.items()])
        if not vocabulary.computed(kind, owner):
            problem = f"{text_name(kind, owner)} is neither a variable, nor C, nor computed in the forward pass"
            raise Unreadable(0, f"{problem}: an energy is not made of it")
        data = graph.cost_contents[owner] if owner in graph.costs else graph.layers[graph.content[owner]]
        item = next(item for item in data["definitions"] if item["kind"] == kind)
        body = _of_network(item["body"], *_local_names(vocabulary, owner))
        return self._expanded(body, dict(zip(item["indices"], place, strict=True)))

    def _value_of(self, owner: str) -> Any:
        return self._entry(self.graph.cost_contents[owner]["definitions"][-1]["kind"], owner, [])


def _local_names(
    vocabulary: Vocabulary, owner: str
) -> tuple[Callable[[str, str], tuple[str, str]], Callable[[Any], Any]]:
    """What the names of tensors and of sizes in the definitions of a vertex or cost stand for in the network."""
    graph = vocabulary.graph
    if owner in graph.costs:
        data, parents, sizes = graph.cost_contents[owner], [graph.costs[owner]["input"]], graph.costs[owner]["sizes"]
        inputs = dict(zip([data["input"]], parents, strict=True))
    else:
        data, sizes = graph.layers[graph.content[owner]], graph.sizes[owner]
        inputs = dict(zip(data["inputs"], graph.parents[owner], strict=True))

    def tensor(kind: str, name: str) -> tuple[str, str]:
        if kind == "x" and name in inputs:
            return "x", inputs[name]
        return kind, owner

    def size(node: Any) -> Any:
        extent = Extent(node, owner, sizes)
        if extent.true is not None:
            return extent.true
        bound = extent.bound
        if isinstance(bound, list) and bound[:1] == ["size"]:
            return bound
        raise Unreadable(0, "an energy with a size that is made of others, and has no number, is not read")

    return tensor, size


def _of_network(node: Any, tensor: Callable[[str, str], tuple[str, str]], size: Callable[[Any], Any]) -> Any:
    """A definition's body in the network's own names."""
    if not isinstance(node, list) or not node or node[0] == "rational":
        return node
    match node:
        case ["size", _]:
            return size(node)
        case ["entry", kind, owner, place]:
            return ["entry", *tensor(kind, owner), [_of_network(index, tensor, size) for index in place]]
        case [kind, name, extent, body] if kind in REDUCTIONS:
            found = size(extent) if isinstance(extent, list) else extent
            found = found[1] if isinstance(found, list) else found
            return [kind, name, found, _of_network(body, tensor, size)]
    return [node[0], *(_of_network(child, tensor, size) for child in node[1:])]


class _Differentiation:
    """By one entry of a variable; results are lists of terms, each a list of factors."""

    def __init__(self, vocabulary: Vocabulary, variable: tuple[str, str], place: list[Any]) -> None:
        self.vocabulary, self.variable, self.place = vocabulary, variable, place
        self._factors = 0

    def terms(self, node: Any) -> list[Term]:
        if not isinstance(node, list) or node[0] in _CONSTANTS:
            return []
        match node:
            case ["entry", kind, owner, place]:
                if (kind, owner) != self.variable:
                    return []
                return [[["same", one, two] for one, two in zip(place, self.place, strict=True)]]
            case ["+", *children]:
                return [term for child in children for term in self.terms(child)]
            case ["*", *factors]:
                found = [(at, term) for at, factor in enumerate(factors) for term in self.terms(factor)]
                self._factors += len(found) * len(factors)
                if self._factors > _MOST_FACTORS:
                    raise Unreadable(0, "the derivative of the energy is too large once all is written out")
                return [[*factors[:at], *term, *factors[at + 1 :]] for at, term in found]
            case ["^", base, power]:
                return [[power, _power(base, _less_one(power)), *term] for term in self.terms(base)]
            case ["apply", "step", *_]:
                if self.terms(node[3]):
                    raise Unreadable(0, "a bracket between real numbers in an energy has no derivative")
                return []
            case ["apply", name, int(order), argument]:
                if order and self.terms(argument):
                    raise Unreadable(0, f"{name}' in an energy has no derivative here: only first ones are known")
                return [[["apply", name, order + 1, argument], *term] for term in self.terms(argument)]
            case [kind, name, extent, body] if kind in (_SUM, _LOGSUMEXP):
                share = [] if kind == _SUM else [["apply", "exp", 0, ["+", body, ["*", -1, node]]]]
                return [self._summed(name, extent, [*share, *term]) for term in self.terms(body)]
            case ["max" | "argmax", *_]:
                if self.terms(node[3]):
                    raise Unreadable(0, "a largest value in an energy is not differentiated: write relu")
                return []
        raise Unreadable(0, f"{node[0]} in an energy is not differentiated")

    def _summed(self, name: str, extent: Any, term: Term) -> Term:
        """A sum of terms, of which a bracket may leave one: where it runs over the variable's axis, that one."""
        axes = self.vocabulary.axes(*self.variable)
        for at, factor in enumerate(term):
            if not isinstance(factor, list) or factor[:2] != ["same", ["index", name]]:
                continue
            chosen, rest = factor[2], [*term[:at], *term[at + 1 :]]
            position = self.place.index(chosen) if self.place.count(chosen) == 1 else -1
            whole = extent is None or (
                not isinstance(extent, list) and self.vocabulary.extent(extent).same(axes[position])
            )
            if position >= 0 and whole:
                return [_put(each, name, chosen) for each in rest] or [1]
        return [[_SUM, name, extent, _product(term)]]


def _put(node: Any, name: str, index: Any) -> Any:
    """An expression with another index for one that is not bound in it."""
    if not isinstance(node, list):
        return node
    if node == ["index", name]:
        return index
    if node and node[0] in REDUCTIONS and node[1] == name:
        return node
    return [_put(child, name, index) for child in node]


def _power(base: Any, power: Any) -> Any:
    return 1 if power == 0 else base if power == 1 else ["^", base, power]


def _less_one(power: Any) -> Any:
    return power - 1 if isinstance(power, int) else ["rational", power[1] - power[2], power[2]]


def _product(factors: list[Any]) -> Any:
    rest = [factor for factor in factors if factor != 1]
    return 1 if not rest else rest[0] if len(rest) == 1 else ["*", *rest]


def _total(terms: list[Any]) -> Any:
    return 0 if not terms else terms[0] if len(terms) == 1 else ["+", *terms]


def _numbered(letter: str) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"{letter}{number}"


def _speaks_of(node: Any) -> bool:
    """Whether an energy of the author's own, or a derivative of one, stands in an expression."""
    return any(entry[1] == OWN or quantity(entry[1]).sense is Sense.OWN for entry in entries_of(node))


def entries_of(node: Any) -> Iterator[Any]:
    """Every entry in an expression."""
    if isinstance(node, list) and node:
        if node[0] == "entry":
            yield node
        for child in node:
            yield from entries_of(child)


def index_names(node: Any) -> set[str]:
    """The names of all indices of an expression."""
    if not isinstance(node, list) or not node:
        return set()
    own = {node[1]} if node[0] in ("index", "counted", *REDUCTIONS) and isinstance(node[1], str) else set()
    return own.union(*map(index_names, node))


__all__ = ["check_energy", "defined_by", "entries_of", "index_names", "known_ranges", "written_out"]
