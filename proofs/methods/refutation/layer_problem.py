"""A layer or cost as JSON, evaluated at sizes: what was derived, and what automatic differentiation gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dyadic.proofs.evaluate.drawn_sizes import position
from dyadic.proofs.evaluate.network import CostLayer, Entries, IntegerEntries, Layer, Outside, Tensors, places, whole
from dyadic.proofs.evaluate.number_rings import Ball, Ring, Tape, Undetermined
from dyadic.symbolic.energy import CostDerivation, LayerDerivation, cost_to_json, layer_to_json
from dyadic.symbolic.expressions import Bracket, Definition, Element, Expr, elements, walk
from dyadic.symbolic.serialise import tensor_key, to_json

_Key = tuple[str, str]


@dataclass
class EvaluableLayer:
    """A layer or cost in JSON, with what is needed to evaluate it at any sizes.

    shapes: of every tensor that is given.  below: for integer tensors, extents that their entries are below.
    derived: the tensor that each derived definition (by name) is a derivative with respect to.
    """

    content: Any
    shapes: dict[_Key, Any]
    below: dict[_Key, list[Any]]
    derived: dict[str, _Key]
    is_cost: bool

    def sizes(self) -> list[str]:
        """The names of the sizes that do not follow from others."""
        return sorted(_size_names(self.content) - set(self.content.get("extents", {})))

    def complete(self, sizes: Mapping[str, int]) -> dict[str, int]:
        """The sizes with those that follow."""
        table = dict(sizes)
        for symbol, formula in self.content.get("extents", {}).items():
            table[symbol] = whole(formula, table, symbol)
        return table


def cost_problem(cost: CostDerivation) -> EvaluableLayer:
    equation = cost.equation
    content = cost_to_json(cost)
    read, target = tensor_key(equation.input.name), tensor_key(equation.target.name)
    shapes = {read: content["shape"], target: content["target_shape"]}
    below = {target: [content["shape"][-1]]} if content["target_role"] == "index" else {}
    return EvaluableLayer(content, shapes, below, {"gradient": read}, True)


def layer_problem(layer: LayerDerivation, what: str) -> EvaluableLayer:
    content, equation = layer_to_json(layer), layer.equation
    inputs = {("x", owner): shape for owner, shape in zip(content["inputs"], content["input_shapes"], strict=True)}
    own = {name: (p["kind"], "v") for name, p in content["parameters"].items()}
    shapes = inputs | {own[name]: p["shape"] for name, p in content["parameters"].items()}
    below = _integer_tensors(equation.definitions, shapes)
    derived = own if what == "gradient" else {str(slot): key for slot, key in enumerate(inputs)}
    return EvaluableLayer(content, shapes, below, derived, False)


def _integer_tensors(definitions: Sequence[Definition], shapes: Mapping[_Key, Any]) -> dict[_Key, list[Any]]:
    """The given tensors that stand in an index or a bracket, with the extents of the axes that they index."""
    found: dict[_Key, list[Any]] = {}

    def add(node: Expr, extent: Any) -> None:
        for inner in node.atoms(Element):
            if (key := tensor_key(inner.name)) in shapes:
                found.setdefault(key, []).append(extent)

    for item in definitions:
        for entry in elements(item.body):
            for axis, index in enumerate(entry.indices):
                if (key := tensor_key(entry.name)) in shapes:
                    add(index, shapes[key][axis])
        extents = [to_json(extent) for extent in item.tensor.shape]
        for node in walk(item.body):
            if isinstance(node, Bracket):
                add(node, extents[-1] if extents else 3)
    return found


# -- both sides at given sizes ---------------------------------------------------------------------------------


class Undefined(Exception):
    """The derived equations read an entry that is not there."""

    def __init__(self, reason: Outside, given: Tensors) -> None:
        super().__init__(str(reason))
        self.given = given


def drawn(problem: EvaluableLayer, sizes: Mapping[str, int], draw: Any) -> Tensors:
    """Entries for every tensor that is given: integers in range for those that are indices."""
    given: Tensors = {}
    for key, shape in problem.shapes.items():
        extents = [whole(extent, sizes, str(key)) for extent in shape]
        at_most = [whole(extent, sizes, str(key)) for extent in problem.below.get(key, [])]
        if at_most:
            given[key] = IntegerEntries((at, position(f"{key} {at}", min(at_most))) for at in places(extents, ""))
        else:
            given[key] = {at: draw(f"{key} {at}") for at in places(extents, "")}
    return given


def both_sides(
    problem: EvaluableLayer, sizes: Mapping[str, int], ring: Ring, draw: Any
) -> tuple[dict[str, Entries], dict[str, Entries], Tensors]:
    """(derived, by differentiation, the tensors drawn), the first two by the names in ``problem.derived``.

    Over enclosures it raises :class:`Undetermined` where the layer's own equations or their derivatives have no value.
    """
    tape = Tape(ring)
    kind = CostLayer if problem.is_cost else Layer
    plain, taped = kind(problem.content, sizes, ring, "layer"), kind(problem.content, sizes, tape, "layer")
    given = drawn(problem, sizes, draw)
    moving: Tensors = {
        key: table if key in problem.below else {at: tape.variable(v) for at, v in table.items()}
        for key, table in given.items()
    }
    values = dict(given)
    if isinstance(plain, CostLayer) and isinstance(taped, CostLayer):
        goal = taped.value(dict(moving))
        _expect_values(tape)
        plain.value(values)
        try:
            found = {"gradient": plain.sensitivity(dict(values))}
        except Outside as error:
            raise Undefined(error, given) from error
    else:
        assert isinstance(plain, Layer) and isinstance(taped, Layer)  # noqa: PT018
        output = taped.forward(dict(moving))
        given["s", "v"] = {at: draw(f"{('s', 'v')} {at}") for at in output}
        values["s", "v"] = given["s", "v"]
        goal = tape.dot([list(output.values()), [tape.variable(v) for v in given["s", "v"].values()]])
        _expect_values(tape)
        plain.forward(values)
        found = _derived(plain, values, given, problem)
    slopes = tape.backward(goal)
    # Nothing moves with integers: their derivative is 0.
    exact = {
        n: {at: ring.number(0) if key in problem.below else slopes[number] for at, number in moving[key].items()}
        for n, key in problem.derived.items()
    }
    return found, exact, given


def _expect_values(tape: Tape) -> None:
    if isinstance(tape.base, Ball) and not tape.is_finite():
        raise Undetermined("the equations, or their derivatives, have no value there")


def _derived(layer: Layer, values: Tensors, given: Tensors, problem: EvaluableLayer) -> dict[str, Entries]:
    try:
        contributions = layer.backward(values)
        if set(problem.derived) == set(layer.gradients):
            return {name: item.evaluate(values) for name, item in layer.gradients.items()}
    except Outside as error:
        raise Undefined(error, given) from error
    return {name: contributions[int(name)] for name in problem.derived}


def _size_names(node: Any) -> set[str]:
    found: set[str] = set()
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            if len(item) == 2 and item[0] == "size":
                found.add(item[1])
            stack.extend(item)
        elif isinstance(item, dict):
            stack.extend(item.values())
    return found
