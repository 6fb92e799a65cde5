"""A forward and a backward pass in code as a claim: a network of one vertex, and equations between its derivatives.

The vertex has the equations of the forward pass as its definitions and the sum over the outputs of <g, output> as its
value, with the arguments and the g as inputs; the cost is that value.  Its derivative by an argument, which the energy
defines, is claimed to be what the backward pass returns; the equations of that one are the claim's own definitions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dyadic.proofs.checker.intake.form import FORMAT
from dyadic.proofs.checker.intake.graph import COST, Graph, digest
from dyadic.proofs.statements.semantics.equation import Equalities, Link, OwnQuantity
from dyadic.proofs.statements.semantics.hypotheses import NOT_ZERO, domains_of
from dyadic.proofs.statements.semantics.pass_domains import DomainDemand, PassDomains
from dyadic.proofs.statements.semantics.premises import APART, Relation
from dyadic.proofs.statements.semantics.quantities import by_cost
from dyadic.proofs.statements.semantics.ranges import Ranges, elaborate
from dyadic.proofs.statements.semantics.vocabulary import LET, Vocabulary
from dyadic.symbolic.readers.python_code import CodePair
from dyadic.symbolic.readers.python_code.array_forms import ARRAY, CodeDefinition, Dim, Shape, plus, size_node, times
from dyadic.symbolic.readers.python_code.partial_values import POWER, WHERE

FORWARD = "the forward pass"
"""The name of the vertex."""
_VALUE, _COSTS = "f", "value"
_REDUCTIONS = ("sum", "max")
_RESERVED = frozenset({"x", "s", "y", "E", "C", _VALUE, LET, "weight", "size", "number", "delta"})


class PassGraph(Graph):
    """A network that is made here: no equations were derived of it, hence none have hashes."""

    def _hashes(self) -> None:
        return


class PassEquations:
    """The claim about one pair.

    smooth: whether only points are meant at which nothing stands at a kink of the forward pass.  What is 0 at all
    points nearby too, as relu is of a negative number, has a derivative there whatever function is applied to it.
    domains: what has to hold where the passes have values, if that is examined.  assumes: whether what may be assumed
    of it is.
    """

    def __init__(self, pair: CodePair, smooth: bool, domains: PassDomains | None = None, assumes: bool = False) -> None:
        self.pair, self.smooth, self.domains, self.assumes = pair, smooth, domains, assumes
        shapes = {name: shape for name, (shape, _) in pair.upstream.items()}
        self.inputs: dict[str, Shape] = {**pair.arguments, **shapes, **pair.freed, **pair.random}
        self._kinds = {item.name: _kind(item.name) for item in pair.forward}
        self._owners = {name: f"u{number}" for number, name in enumerate(self.inputs, 1)}

    def equalities(self) -> Equalities:
        """That each derivative is what is returned for it."""
        found = self._with_lets()
        vocabulary = found.vocabulary
        for gradient in self.pair.gradients:
            found.links.append(self._link(gradient.argument, gradient.shape, gradient.array, vocabulary))
        for name, shape in self.pair.freed.items():
            found.links.append(self._link(name, shape, None, vocabulary))
        return found

    def followed(self, one: DomainDemand, constant: bool = False) -> Equalities:
        """That a demand holds where its guards do: m |a| = m a, or m [a is not 0] = m, or (constant) m a = m."""
        found = self._with_lets()
        guards = [*one.brackets, *one.masks]
        if one.zero:
            apart = plus(*(["apply", "step", 0, times(sign, one.argument)] for sign in (1, -1)))
            sides = [times(*guards, one.argument if constant else apart), times(*guards)]
        else:
            sides = [times(*guards, ["apply", "abs", 0, one.argument]), times(*guards, one.argument)]
        names, shape = [name for name, _ in one.indices], tuple(dim for _, dim in one.indices)
        (left, right), ranges = self._elaborated(sides, names, shape, found.vocabulary)
        found.links.append(Link(str(one), left, right, ranges, str(one)))
        return found

    def _with_lets(self) -> Equalities:
        vocabulary = Vocabulary(PassGraph(self._network(), require_terms=False))
        vocabulary.solution = True
        vocabulary.own |= set(self.pair.below)  # arguments of integers too go by their own names
        found = Equalities(vocabulary)
        for item in self.pair.backward:
            (body,), ranges = self._elaborated([item.body], item.indices, item.shape, vocabulary)
            found.lets.append(OwnQuantity(item.name, item.indices, body, ranges))
            vocabulary.define(item.name, tuple(ranges.free[name] for name in item.indices))
        for kink in self.pair.kinks if self.smooth else ():
            (body,), ranges = self._elaborated([kink.body], kink.indices, kink.shape, vocabulary)
            found.premises.inequalities.append(Relation(f"line {kink.line}", APART, body, 0, ranges, kink.rational))
        if self.domains is None:
            return found
        words = "; ".join(sorted({str(one) for one in self.domains.assumed}))
        thin = [text for text in domains_of(found) if text == NOT_ZERO]
        found.defined = (*thin, *([f"the forward pass has a value: {words}"] if words else []))
        found.divides = self.domains.divides
        for one in self.domains.assumed if self.assumes else ():
            names, shape = [name for name, _ in one.indices], tuple(dim for _, dim in one.indices)
            body = times(*one.brackets, one.argument)
            if not one.zero:
                (node,), ranges = self._elaborated([body], names, shape, vocabulary)
                sign = ">=" if one.brackets else ">"
                found.premises.inequalities.append(Relation(str(one), sign, node, 0, ranges))
        return found

    def _link(self, argument: str, shape: Shape, array: str | None, vocabulary: Vocabulary) -> Link:
        """The derivative by an argument is an array; None: 0."""
        names = tuple(f"i{number}" for number in range(1, len(shape) + 1))
        place = [["index", name] for name in names]
        right = 0 if array is None else ["entry", ARRAY, array, place]
        sides = [["entry", by_cost("x"), argument, place], right]
        (left, other), ranges = self._elaborated(sides, names, shape, vocabulary)
        return Link(f"d{argument}", left, other, ranges, f"the gradient by {argument}")

    def _elaborated(
        self, sides: Sequence[Any], indices: Sequence[str], shape: Shape, vocabulary: Vocabulary
    ) -> tuple[list[Any], Ranges]:
        """Expressions in the claim's terms, with the ranges of their free indices."""
        known = {name: vocabulary.extent(dim) for name, dim in zip(indices, shape, strict=True)}
        nodes, ranges = elaborate([self._claimed(side) for side in sides], vocabulary, self.pair.name, known)
        ranges.free = known
        ranges.extents |= {extent.key: extent for extent in known.values()}
        return nodes, ranges

    def _claimed(self, node: Any) -> Any:
        """An expression of the code with its arrays as a claim names them."""
        if not isinstance(node, list) or not node:
            return node
        if node[:2] == ["entry", ARRAY]:
            name, place = node[2], [self._claimed(index) for index in node[3]]
            if name in self.inputs:
                return ["entry", "x", name, place]
            return ["entry", self._kinds[name], FORWARD, place] if name in self._kinds else ["entry", LET, name, place]
        return _read(node, self._claimed)

    # -- the network of one vertex

    def _network(self) -> dict[str, Any]:
        pair = self.pair
        definitions = [self._definition(item, self._kinds[item.name]) for item in pair.forward]
        definitions.append(self._definition(_paired(pair.upstream), _VALUE))
        layer = {
            "label": "forward", "inputs": list(self._owners.values()),
            "input_shapes": [_symbols(shape) for shape in self.inputs.values()], "parameters": {}, "extents": {},
            "definitions": definitions, "intermediates": [], "adjoints": [], "gradients": {},
        }  # fmt: skip
        value = {"kind": "C", "owner": COST, "shape": [], "indices": [], "body": ["entry", "x", "u", []]}
        cost = {
            "label": "value", "input": "u", "shape": [], "target_shape": [], "target_role": "data",
            "definitions": [value], "intermediates": [],
        }  # fmt: skip
        inputs = {name: self._input(name, shape) for name, shape in self.inputs.items()}
        symbols = {str(dim): size_node(dim) for dim in self._dims(definitions)}
        vertex = {
            "name": FORWARD, "layer": digest(layer), "inputs": list(self.inputs),
            "sizes": symbols,
        }  # fmt: skip
        costs = {_COSTS: {"cost": digest(cost), "input": FORWARD, "sizes": {}, "weight": 1}}
        return {
            "format": FORMAT,
            "architecture": {"name": pair.name, "inputs": inputs, "vertices": [vertex], "costs": costs, "decay": 0},
            "layers": {digest(layer): layer}, "costs": {digest(cost): cost}, "terms": {}, "shared": {},
            "equations": {}, "ranks": {"x": {}, "s": {}}, "L": 1, "steps": 2,
        }  # fmt: skip

    def _input(self, name: str, shape: Shape) -> dict[str, Any]:
        found = {"shape": list(map(size_node, shape)), "role": "constant"}
        limit = self.pair.below.get(name)
        return found if limit is None else {**found, "role": "index", "below": size_node(limit)}

    def _dims(self, definitions: Sequence[Any]) -> set[Dim]:
        """Every size that is a range or a part of a shape."""
        found = {dim for shape in self.inputs.values() for dim in shape}
        stack: list[Any] = [list(item.values()) for item in definitions]
        while stack:
            node = stack.pop()
            if node[:1] == ["size"] and len(node) == 2 and isinstance(node[1], str):
                found.add(int(node[1]) if node[1].isdigit() else node[1])
            stack += [child for child in node if isinstance(child, list)]
        return found

    def _definition(self, item: CodeDefinition, kind: str) -> dict[str, Any]:
        return {
            "kind": kind, "owner": "v", "shape": _symbols(item.shape), "indices": list(item.indices),
            "body": self._local(item.body),
        }  # fmt: skip

    def _local(self, node: Any) -> Any:
        """An expression of the code with its arrays as the vertex names them."""
        if not isinstance(node, list):
            return node
        if node[:2] == ["entry", ARRAY]:
            name, place = node[2], [self._local(index) for index in node[3]]
            owner = self._owners.get(name)
            return ["entry", "x", owner, place] if owner is not None else ["entry", self._kinds[name], "v", place]
        if node[0] in _REDUCTIONS:
            return [node[0], node[1], _symbol(node[2]), self._local(node[3])]
        return _read(node, self._local)


def _read(node: Any, inner: Callable[[Any], Any]) -> Any:
    """An expression of its parts; of what only code has (partial_values.py) the product that it is worth."""
    if node[0] == "+" and len(node) == 2:
        return inner(node[1])
    if node[0] in (WHERE, POWER):
        return times(*map(inner, node[1 if node[0] == WHERE else 2 :]))
    return [node[0], *map(inner, node[1:])]


def _kind(name: str) -> str:
    return f"{name}'" if name in _RESERVED else name


def _symbol(dim: Dim) -> Any:
    """A size as the vertex names it: where an axis is put into blocks, every range that is its size changes with it."""
    return ["size", str(dim)]


def _symbols(shape: Shape) -> list[Any]:
    return list(map(_symbol, shape))


def _paired(upstream: Mapping[str, tuple[Shape, str]]) -> CodeDefinition:
    """The sum over all outputs of <g, output>."""
    terms = []
    for name, (shape, output) in upstream.items():
        place = [["index", f"k{axis}"] for axis in range(len(shape))]
        term = times(["entry", ARRAY, name, place], ["entry", ARRAY, output, place])
        for axis in reversed(range(len(shape))):
            term = ["sum", f"k{axis}", shape[axis], term]
        terms.append(term)
    return CodeDefinition(_VALUE, (), (), plus(*terms), 0)


__all__ = ["FORWARD", "PassEquations"]
