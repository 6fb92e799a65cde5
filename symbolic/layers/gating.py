"""highway, glu and mixture: activations that multiply one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Add

from dyadic.symbolic.expressions import Apply, Definition, Expr, Index, Integer, Tensor, size, total
from dyadic.symbolic.functions import ACTIVATIONS
from dyadic.symbolic.layers.layer_type import (
    Example,
    LayerEquation,
    LayerType,
    Option,
    Parameter,
    Role,
    Shape,
    ShapeError,
    axes,
    batch_axes,
    canonical_axis,
)
from dyadic.symbolic.tensor_names import Name, U, V, slots


class Highway(LayerType):
    """y = t h + (1 - t) x with h = sigma(W x + b) and the gate t = sigmoid(Wt x + bt), along the last axis."""

    name = "highway"
    options = {"activation": Option("choice", "relu", ACTIVATIONS)}
    parametric = True
    smallest_rank = 1
    input_rule = "at least one axis; the last one is contracted"

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        lead, lead_sizes = batch_axes(ranks[0] - 1)
        i, j, n = Index("i"), Index("j"), size("n")
        here, shape = (*lead, i), (*lead_sizes, n)
        x, f = Tensor(Name("x", U), shape), Tensor(Name("f", V), shape)
        weights = (Tensor(Name("W", V), (n, n)), Tensor(Name("Wt", V), (n, n)))
        biases = (Tensor(Name("b", V), (n,)), Tensor(Name("bt", V), (n,)))
        z, zt, h, t = (Tensor(Name(kind, V), shape) for kind in ("z", "zt", "h", "t"))
        sums = [total(j, n, W[i, j] * x[(*lead, j)]) + b[i] for W, b in zip(weights, biases, strict=True)]
        activation = settings["activation"]
        parameters = {
            "weight": Parameter(weights[0], "fan_in"),
            "bias": Parameter(biases[0], "zeros"),
            "gate_weight": Parameter(weights[1], "fan_in"),
            "gate_bias": Parameter(biases[1], "zeros"),
        }
        definitions = (
            Definition(z, here, sums[0]),
            Definition(zt, here, sums[1]),
            Definition(h, here, z[here] if activation == "identity" else Apply(activation, 0, z[here])),
            Definition(t, here, Apply("sigmoid", 0, zt[here])),
            Definition(f, here, t[here] * h[here] + (1 - t[here]) * x[here]),
        )
        return LayerEquation((x,), parameters, definitions)


class Glu(LayerType):
    """y[i] = x[i] sigmoid(x[n + i]): the first half of an axis gated by the second (gated linear unit)."""

    name = "glu"
    roles = frozenset({Role.ACTIVATION})
    example = Example([(6,)])
    options = {"axis": Option("integer", -1)}
    smallest_rank = 1
    input_rule = "an axis of even size"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        return {"axis": canonical_axis(options["axis"], len(shapes[0]))}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        here, shape = axes(ranks[0])
        axis = settings["axis"]
        doubled = tuple(2 * extent if k == axis else extent for k, extent in enumerate(shape))
        second = tuple(shape[k] + index if k == axis else index for k, index in enumerate(here))
        x, f = Tensor(Name("x", U), doubled), Tensor(Name("f", V), shape)
        return LayerEquation((x,), {}, (Definition(f, here, x[here] * Apply("sigmoid", 0, x[second])),))


class Mixture(LayerType):
    """y[a, i] = Sum_k gate[a, k] x_k[a, i]: experts x_1, x_2, ... mixed by a gate over them."""

    name = "mixture"
    example = Example([(2,), ("n",), ("n",)])
    arity = (2, None)
    input_rule = "a gate (..., k), then k inputs of one shape (..., n, ...) whose leading axes are the gate's"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        gate, experts = shapes[0], shapes[1:]
        if not gate or len(set(experts)) > 1 or len(gate) - 1 > len(experts[0]):
            raise ShapeError("the gate or the inputs do not fit")
        return {}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        here, shape = axes(ranks[1])
        lead = ranks[0] - 1
        owners = slots(len(ranks))
        gate = Tensor(Name("x", owners[0]), (*shape[:lead], Integer(len(ranks) - 1)))
        experts = [Tensor(Name("x", owner), shape) for owner in owners[1:]]
        terms: list[Expr] = [gate[(*here[:lead], Integer(k))] * x[here] for k, x in enumerate(experts)]
        return LayerEquation((gate, *experts), {}, (Definition(Tensor(Name("f", V), shape), here, Add(*terms)),))
