"""group_norm:  y[c, i] = G[c] (x[c, i] - mean[g]) rsqrt(variance[g] + epsilon) + b[c]  with  g = floor(c / m).

The m G channels of a sample form G groups; mean and variance are over a group's channels and all further axes.
instance_norm: every channel is a group of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Expr, Integer

from dyadic.symbolic.expressions import Definition, Index, Quotient, Tensor, size
from dyadic.symbolic.layers.conv import checked_groups
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
)
from dyadic.symbolic.layers.normalisation import EPSILON, Statistics, affine, checked_epsilon, positivity
from dyadic.symbolic.tensor_names import Name, U, V


class _ChannelNorm(LayerType):
    """Mean and variance over a group of channels and all axes after the channel axis."""

    parametric = True

    def statistics(
        self,
        settings: Mapping[str, Any],
        lead: tuple[tuple[Index, ...], Shape],
        c: Index,
        bound: tuple[tuple[Index, Expr], ...],
    ) -> tuple[Expr, Statistics]:
        """(number of channels, groups)"""
        raise NotImplementedError

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        lead = batch_axes(settings["lead"])
        d = ranks[0] - len(lead[0]) - 1
        c, i, n, j = Index("c"), indices("i", d), sizes("n", d), indices("j", d)
        channels, statistics = self.statistics(settings, lead, c, tuple(zip(j, n, strict=True)))
        here, shape = (*lead[0], c, *i), (*lead[1], channels, *n)
        x, f = Tensor(Name("x", U), shape), Tensor(Name("f", V), shape)
        definitions, value = statistics.normalised(x, here, settings["epsilon"])
        parameters: dict[str, Parameter] = {}
        if settings["affine"]:
            parameters, value = affine((channels,), (c,), value)
        definitions.append(Definition(f, here, value))
        return LayerEquation((x,), parameters, tuple(definitions), hypotheses=positivity(settings["epsilon"]))


class GroupNorm(_ChannelNorm):
    name = "group_norm"
    roles = frozenset({Role.NORM})
    example = Example([(6, "n")], {"groups": 2})
    options = {
        "groups": Option("integer"),
        "epsilon": EPSILON,
        "affine": Option("flag", True),
        "lead": Option("integer", 0),
    }
    smallest_rank = 1
    input_rule = "a channel axis whose size is a multiple of groups, after the batch axes that lead counts"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        checked = {"groups": checked_groups(options["groups"]), "epsilon": checked_epsilon(options)}
        return super().specialise(options, shapes) | checked | {"lead": batch_rank(options, shapes[0], 1)}

    def statistics(
        self,
        settings: Mapping[str, Any],
        lead: tuple[tuple[Index, ...], Shape],
        c: Index,
        bound: tuple[tuple[Index, Expr], ...],
    ) -> tuple[Expr, Statistics]:
        groups, m, k, g = Integer(settings["groups"]), size("m"), Index("k"), Index("g")
        inside = (*lead[0], m * g + k, *(j for j, _ in bound))
        at = (*lead[0], Quotient(c, m))
        return groups * m, Statistics((*lead[0], g), (*lead[1], groups), at, ((k, m), *bound), inside)


class InstanceNorm(_ChannelNorm):
    """group_norm in which every channel is a group of its own."""

    name = "instance_norm"
    roles = frozenset({Role.NORM})
    options = {"epsilon": EPSILON, "affine": Option("flag", True), "lead": Option("integer", 0)}
    smallest_rank = 2
    input_rule = "a channel axis and at least one further axis, after the batch axes that lead counts"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        lead = batch_rank(options, shapes[0], 2)
        if all(extent == 1 for extent in shapes[0][lead + 1 :]):
            raise ShapeError("each channel has a single entry", "its variance would be 0 whatever the input")
        return super().specialise(options, shapes) | {"epsilon": checked_epsilon(options)}

    def statistics(
        self,
        settings: Mapping[str, Any],
        lead: tuple[tuple[Index, ...], Shape],
        c: Index,
        bound: tuple[tuple[Index, Expr], ...],
    ) -> tuple[Expr, Statistics]:
        m = size("m")
        at = (*lead[0], c)
        return m, Statistics(at, (*lead[1], m), at, bound, (*at, *(j for j, _ in bound)))
