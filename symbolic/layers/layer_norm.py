"""layer_norm:  y[i] = G[i] (x[i] - mean) rsqrt(variance + epsilon) + b[i],  over the last axes of each sample.

rms_norm:  y[i] = G[i] x[i] rsqrt(mean square + epsilon),  over the last axis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dyadic.symbolic.expressions import Definition, Index, Tensor
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
)
from dyadic.symbolic.layers.normalisation import EPSILON, Statistics, affine, checked_epsilon, positivity
from dyadic.symbolic.tensor_names import Name, U, V


def trailing(here: tuple[Index, ...], shape: Shape, count: int) -> Statistics:
    """Groups: the last ``count`` axes together, for each index of the others."""
    lead = len(here) - count
    bound = tuple((Index("j" if count == 1 else f"j{k + 1}"), shape[lead + k]) for k in range(count))
    return Statistics(here[:lead], shape[:lead], here[:lead], bound, (*here[:lead], *(j for j, _ in bound)))


class LayerNorm(LayerType):
    name = "layer_norm"
    roles = frozenset({Role.NORM})
    example = Example([("n", "m")])
    options = {"axes": Option("integer", 1), "epsilon": EPSILON, "affine": Option("flag", True)}
    parametric = True
    smallest_rank = 1
    input_rule = "at least one axis"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        if not 1 <= options["axes"] <= len(shapes[0]):
            raise ShapeError(f"axes = {options['axes']} last axes cannot be normalised", "axes counts the last axes")
        return super().specialise(options, shapes) | {"epsilon": checked_epsilon(options)}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        here, shape = axes(ranks[0])
        count, epsilon = settings["axes"], settings["epsilon"]
        x, f = Tensor(Name("x", U), shape), Tensor(Name("f", V), shape)
        definitions, value = trailing(here, shape, count).normalised(x, here, epsilon)
        parameters: dict[str, Parameter] = {}
        if settings["affine"]:
            parameters, value = affine(shape[-count:], here[-count:], value)
        definitions.append(Definition(f, here, value))
        return LayerEquation((x,), parameters, tuple(definitions), hypotheses=positivity(epsilon))


class RMSNorm(LayerType):
    """y[i] = G[i] x[i] rsqrt(mean of x^2 + epsilon), along the last axis."""

    name = "rms_norm"
    roles = frozenset({Role.NORM})
    example = Example([("n", "m")])
    options = {"epsilon": EPSILON, "affine": Option("flag", True)}
    parametric = True
    smallest_rank = 1
    input_rule = "at least one axis"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        return super().specialise(options, shapes) | {"epsilon": checked_epsilon(options)}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        here, shape = axes(ranks[0])
        x, f = Tensor(Name("x", U), shape), Tensor(Name("f", V), shape)
        definitions, root = trailing(here, shape, 1).deviation(x, settings["epsilon"])
        value, parameters = x[here] * root, {}
        if settings["affine"]:
            scale = Tensor(Name("G", V), shape[-1:])
            parameters, value = {"scale": Parameter(scale, "ones")}, scale[here[-1:]] * value
        definitions.append(Definition(f, here, value))
        return LayerEquation((x,), parameters, tuple(definitions), hypotheses=positivity(settings["epsilon"]))
