"""A network of one layer type between two plain layers, and one of each cost: what a user would try first."""

from __future__ import annotations

from dyadic.symbolic.spec import LAYER_TYPES

_NUMBERS = {"w": 3, "q": 5}
_NUMBER = 6
"""What the sizes that a type's example gives by name are here: ``_NUMBERS``, otherwise ``_NUMBER``."""


def one_of_a_kind(type_, symbolic=False, **options):
    """The type's own example, after an arctangent and before a factor of 3; options: instead of the example's.

    symbolic: sizes stay names where the example has names.
    """

    def size(value):
        return _NUMBERS.get(value, _NUMBER) if isinstance(value, str) and not symbolic else value

    kind = LAYER_TYPES[type_]
    shapes = kind.example.shapes or [("n", "m", "k")[: max(kind.smallest_rank, 1)]] * kind.arity[0]
    given = dict(kind.example.options) | options
    for key, value in given.items():
        if kind.options[key].kind in ("size", "sizes", "shape"):
            given[key] = [size(one) for one in value] if isinstance(value, list | tuple) else size(value)
    inputs = {f"x{slot}": {"shape": [size(n) for n in shape]} for slot, shape in enumerate(shapes)}
    for slot in kind.index_slots:
        inputs[f"x{slot}"]["below"] = size(kind.example.below)
    read, layers = list(inputs), []
    if 0 not in kind.index_slots:
        layers.append({"name": "before", "type": "atan", "inputs": [read[0]]})
        read[0] = "before"
    layers.append({"name": "it", "type": type_, "inputs": read, **given})
    layers.append({"name": "after", "type": "scale", "factor": 3})
    return {"name": "single", "inputs": inputs, "layers": layers, "cost": {"type": "squared_error"}}


def one_cost(cost):
    layers = [{"name": "before", "type": "atan"}, {"name": "it", "type": "dense", "units": 5}]
    return {"name": "single", "inputs": {"x": {"shape": [6]}}, "layers": layers, "cost": {"type": cost}}
