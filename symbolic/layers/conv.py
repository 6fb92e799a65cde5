"""conv:  y[c, i] = sigma( Sum_k Sum_u W[c, k, u] x[k, s i + d u - p] + b[c] ),  over one, two or three axes.

With G groups, channel c of q G reads the m channels of its own group: x[m floor(c / q) + k, ...].
This is the cross-correlation that PyTorch and ONNX call Conv.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Integer, Mul

from dyadic.symbolic.expressions import Apply, Definition, Expr, Index, Quotient, Tensor, size
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
    batch_axes,
    batch_rank,
    indices,
    sizes,
    sum_over,
)
from dyadic.symbolic.layers.windows import WINDOW_OPTIONS, kernel_indices, window_settings, windows
from dyadic.symbolic.tensor_names import Name, U, V


class Conv(LayerType):
    name = "conv"
    roles = frozenset({Role.PRODUCT})
    example = Example([(4, "n")], {"filters": 6, "kernel": ["w"], "stride": [2], "padding": [1], "groups": 2})
    options = {
        "filters": Option("size", optional=True),
        "kernel": Option("sizes", optional=True),
        **WINDOW_OPTIONS,
        "groups": Option("integer", 1),
        "bias": Option("flag", True),
        "activation": Option("choice", "identity", ACTIVATIONS),
        "lead": Option("integer", 0),
    }
    parametric = True
    smallest_rank = 2
    input_rule = "a channel axis and one to three further axes, channels and filters being multiples of groups"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        lead = batch_rank(options, shapes[0], 2)
        chosen = {
            **group_settings(options["groups"]),
            "bias": options["bias"],
            "activation": options["activation"],
            "lead": lead,
        }
        return window_settings(options, len(shapes[0]) - lead - 1) | chosen

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        lead, lead_sizes = batch_axes(settings["lead"])
        d = ranks[0] - len(lead) - 1
        c, k, u, i = Index("c"), Index("k"), kernel_indices(d), indices("i", d)
        m, q, w, n, o = size("m"), size("q"), sizes("w", d), sizes("n", d), sizes("o", d)
        groups = group_count(settings)
        sliding = windows(settings, w, n)

        x = Tensor(Name("x", U), (*lead_sizes, groups * m, *n))
        W = Tensor(Name("W", V), (groups * q, m, *w))
        b = Tensor(Name("b", V), (groups * q,))
        channel = m * Quotient(c, q) + k if groups != 1 else k
        entry = x[
            (*lead, channel, *(one.position(*at) for one, at in zip(sliding, zip(i, u, strict=True), strict=True)))
        ]
        guards = [one.guard(*at) for one, at in zip(sliding, zip(i, u, strict=True), strict=True)]
        value = sum_over([(k, m), *zip(u, w, strict=True)], W[(c, k, *u)] * Mul(*guards) * entry)
        parameters = {"weight": Parameter(W, "fan_in")}
        if settings["bias"]:
            parameters["bias"] = Parameter(b, "zeros")
            value = value + b[c]
        here, shape = (*lead, c, *i), (*lead_sizes, groups * q, *o)
        return LayerEquation(
            (x,),
            parameters,
            activated(settings["activation"], here, shape, value),
            {"groups": groups, "filters": groups * q, "kernel": w},
            {extent: one.count for extent, one in zip(o, sliding, strict=True)},
        )


def activated(name: str, here: tuple[Index, ...], shape: Shape, value: Expr) -> tuple[Definition, ...]:
    """f = value, or z = value and f = sigma(z)."""
    f = Tensor(Name("f", V), shape)
    if name == "identity":
        return (Definition(f, here, value),)
    z = Tensor(Name("z", V), shape)
    return Definition(z, here, value), Definition(f, here, Apply(name, 0, z[here]))


def checked_groups(groups: int) -> int:
    """A number of groups."""
    if groups < 1:
        raise ShapeError(f"groups = {groups} makes no sense", "groups is a positive integer")
    return groups


def group_settings(groups: int) -> dict[str, Any]:
    """Whether there are groups is a setting; how many is a size."""
    return {"grouped": checked_groups(groups) > 1}


def group_count(settings: Mapping[str, Any]) -> Expr:
    """The number of groups in an equation: the size g, or 1."""
    return size("g") if settings["grouped"] else Integer(1)
