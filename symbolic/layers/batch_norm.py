"""batch_norm:  y[c, i] = G[c] (x[c, i] - M[c]) rsqrt(V[c] + epsilon) + b[c];  M and V are trained, or constant inputs.

M and V are a mean and a variance that were collected before.  As parameters of the layer they are trained like G and b.

batch_norm_training: the same with the mean and variance of the activations themselves, taken over all axes but the
channel axis (for tensors that carry their own batch axis).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dyadic.symbolic.expressions import Apply, Definition, Index, Tensor
from dyadic.symbolic.layers.layer_type import (
    Example,
    LayerEquation,
    LayerType,
    Option,
    Parameter,
    Role,
    Shape,
    axes,
    batch_rank,
    canonical_axis,
)
from dyadic.symbolic.layers.normalisation import EPSILON, POSITIVE, Statistics, affine, checked_epsilon, positivity
from dyadic.symbolic.tensor_names import Name, U, V


class BatchNorm(LayerType):
    name = "batch_norm"
    roles = frozenset({Role.NORM})
    example = Example([("n", "m")])
    options = {"epsilon": EPSILON, "lead": Option("integer", 0)}
    parametric = True
    smallest_rank = 1
    input_rule = "a channel axis, after the batch axes that lead counts"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        return {"epsilon": checked_epsilon(options), "lead": batch_rank(options, shapes[0], 1)}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        here, shape = axes(ranks[0])
        c, channels = (here[settings["lead"]],), (shape[settings["lead"]],)
        x, f = Tensor(Name("x", U), shape), Tensor(Name("f", V), shape)
        mean, variance, r = (Tensor(Name(letter, V), channels) for letter in "MVr")
        root = Definition(r, c, Apply("rsqrt", 0, variance[c] + settings["epsilon"]))
        parameters, value = affine(channels, c, (x[here] - mean[c]) * r[c])
        parameters |= {"mean": Parameter(mean, "zeros"), "variance": Parameter(variance, "ones")}
        return LayerEquation((x,), parameters, (root, Definition(f, here, value)), hypotheses=(POSITIVE,))


class BatchNormTraining(LayerType):
    """batch_norm with the mean and variance of the activations themselves, over all axes but the channel axis."""

    name = "batch_norm_training"
    roles = frozenset({Role.NORM})
    options = {"epsilon": EPSILON, "axis": Option("integer", 1)}
    parametric = True
    smallest_rank = 2
    input_rule = "a channel axis and at least one other axis"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        return {"epsilon": checked_epsilon(options), "axis": canonical_axis(options["axis"], len(shapes[0]))}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        here, shape = axes(ranks[0])
        channel = settings["axis"]
        x, f = Tensor(Name("x", U), shape), Tensor(Name("f", V), shape)
        c = here[channel]
        inside = tuple(c if k == channel else Index(f"j{k + 1}") for k in range(len(here)))
        bound = tuple((j, n) for k, (j, n) in enumerate(zip(inside, shape, strict=True)) if k != channel)
        statistics = Statistics((c,), (shape[channel],), (c,), bound, inside)
        definitions, value = statistics.normalised(x, here, settings["epsilon"])
        parameters, value = affine((shape[channel],), (c,), value)
        definitions.append(Definition(f, here, value))
        return LayerEquation((x,), parameters, tuple(definitions), hypotheses=positivity(settings["epsilon"]))
