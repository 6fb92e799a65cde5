"""reshape:  the same entries in row-major order under another shape;  flatten:  the last axes as one.

The axes of the two shapes are aligned in groups of equal products.  A group keeps one axis as it is, merges several

    y[i] = x[floor(floor(i / n3) / n2), floor(i / n3) mod n2, i mod n3],

splits one,  y[i, j, k] = x[i n2 n3 + j n3 + k],  or merges into a named intermediate that is then split.
Axes of size 1 come and go freely.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Expr, Integer, Mul, cancel

from dyadic.symbolic.expressions import Definition, Quotient, Remainder, Tensor
from dyadic.symbolic.layers.layer_type import (
    Example,
    LayerEquation,
    LayerType,
    Option,
    Shape,
    ShapeError,
    axes,
    canonical_axis,
    indices,
    sizes,
)
from dyadic.symbolic.tensor_names import Name, U, V

AxisGroup = tuple[tuple[int, ...], tuple[int, ...]]  # axes of the input, and axes of the result with as many entries


class Reshape(LayerType):
    """The same entries in row-major order under another shape."""

    name = "reshape"
    example = Example([("n", 6)], {"shape": ["n", 2, 3]})
    options = {"shape": Option("shape")}
    input_rule = "an input with as many entries as the given shape, in which -1 may stand for one size"

    def complete(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> Mapping[str, Any]:
        wanted = options["shape"]
        if -1 not in wanted:
            return options
        missing = ratio(Mul(*shapes[0]), Mul(*(n for n in wanted if n != -1)))
        if wanted.count(-1) > 1 or not _whole(missing):
            raise ShapeError(f"no size follows for -1 in {list(wanted)}", "only one may be open, and it must be whole")
        return {**options, "shape": tuple(missing if n == -1 else n for n in wanted)}

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        """groups: the aligned axes.  numbers: for a group that merges and splits, its sizes if all are known, since the
        equality of the two products can then be seen from the equation."""
        (have,), want = shapes, options["shape"]
        groups = aligned(have, want)
        numbers = []
        for before, after in groups:
            known = (*(have[k] for k in before), *(want[k] for k in after))
            both = len(before) > 1 and len(after) > 1
            numbers.append(known if both and all(n.is_Integer for n in known) else ())
        return {"groups": groups, "numbers": tuple(numbers), "rank": len(want)}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        have, want, option = ([Integer(1)] * count for count in (ranks[0], settings["rank"], settings["rank"]))
        n, o = sizes("n", len(have)), sizes("o", len(want))
        for (before, after), numbers in zip(settings["groups"], settings["numbers"], strict=True):
            for position, k in enumerate(before):
                have[k] = numbers[position] if numbers else n[k]
            for position, k in enumerate(after):
                want[k] = option[k] = numbers[len(before) + position] if numbers else o[k]
            if len(before) == 1:
                have[before[0]] = Mul(*(want[k] for k in after))
            elif len(after) == 1:
                want[after[0]] = Mul(*(have[k] for k in before))
        x = Tensor(Name("x", U), tuple(have))
        return LayerEquation((x,), {}, index_maps(settings["groups"], x, tuple(want)), {"shape": tuple(option)})


class Flatten(LayerType):
    """reshape of all axes from ``axis`` on into one."""

    name = "flatten"
    example = Example([("n", "m")])
    options = {"axis": Option("integer", 0)}
    input_rule = "any shape; the axes before axis stay, the others become one"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        rank = len(shapes[0])
        return {"axis": rank if options["axis"] == rank else canonical_axis(options["axis"], rank)}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        axis, n = settings["axis"], sizes("n", ranks[0])
        groups: tuple[AxisGroup, ...] = tuple(((k,), (k,)) for k in range(axis))
        if axis < ranks[0]:
            groups = (*groups, (tuple(range(axis, ranks[0])), (axis,)))
        x = Tensor(Name("x", U), n)
        return LayerEquation((x,), {}, index_maps(groups, x, (*n[:axis], Mul(*n[axis:]))))


def index_maps(groups: Sequence[AxisGroup], x: Tensor, shape: Shape) -> tuple[Definition, ...]:
    """y[i] = x[..], by way of a tensor t with one axis per group where a group both merges and splits."""
    here = axes(len(shape))[0]
    flat = tuple(_flat([here[k] for k in after], [shape[k] for k in after]) for _, after in groups)
    f = Tensor(Name("f", V), shape)
    if not any(len(before) > 1 and len(after) > 1 for before, after in groups):
        return (Definition(f, here, x[_entry(groups, x.shape, flat)]),)
    t = Tensor(Name("t", V), tuple(Mul(*(shape[k] for k in after)) for _, after in groups))
    p = indices("p", len(groups))
    return Definition(t, p, x[_entry(groups, x.shape, p)]), Definition(f, here, t[flat])


def _entry(groups: Sequence[AxisGroup], extents: Shape, flat: Sequence[Expr]) -> tuple[Expr, ...]:
    """The input's indices from one row-major position per group; 0 along an axis of size 1 in no group."""
    found = [Integer(0)] * len(extents)
    for (before, _), position in zip(groups, flat, strict=True):
        for k in reversed(before[1:]):
            found[k], position = Remainder(position, extents[k]), Quotient(position, extents[k])
        found[before[0]] = position
    return tuple(found)


def _flat(here: Sequence[Expr], extents: Sequence[Expr]) -> Expr:
    """The row-major position of indices."""
    position: Expr = Integer(0)
    for index, extent in zip(here, extents, strict=True):
        position = position * extent + index
    return position.expand()


def aligned(have: Shape, want: Shape) -> tuple[AxisGroup, ...]:
    """The finest groups of consecutive axes with equal products; axes of size 1 are in no group."""
    left = [k for k, n in enumerate(have) if n != 1]
    right = [k for k, n in enumerate(want) if n != 1]
    groups: list[AxisGroup] = []
    while left and right:
        before, after = [left.pop(0)], [right.pop(0)]
        while (excess := ratio(Mul(*(have[k] for k in before)), Mul(*(want[k] for k in after)))) != 1:
            # Widen the side whose product is smaller, or both where symbols leave that open.
            smaller, larger = (excess < 1, excess > 1) if excess.is_number else (_whole(1 / excess), _whole(excess))
            if (not larger and not left) or (not smaller and not right):
                raise ShapeError("the numbers of entries differ, or names of sizes do not show that they agree")
            if not larger:
                before.append(left.pop(0))
            if not smaller:
                after.append(right.pop(0))
        groups.append((tuple(before), tuple(after)))
    if left or right:
        raise ShapeError("the numbers of entries differ, or names of sizes do not show that they agree")
    return tuple(groups)


def ratio(one: Expr, two: Expr) -> Expr:
    """one / two, with common factors cancelled."""
    return one / two if (one / two).is_number else cancel(one / two)


def _whole(value: Expr) -> bool:
    """Whether a ratio of sizes is a size: nothing is left to divide by."""
    return bool(value.is_Integer if value.is_number else value.as_numer_denom()[1] == 1)
