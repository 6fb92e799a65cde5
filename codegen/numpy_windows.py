"""How an entry with index expressions is read: as a strided view of a padded array, or through index arrays.

``x[k, 2*i + u - 1]`` is the view ``_windows(x, {2: (-1, (n, 2), (3, 1))})``: the second axis replaced by one axis per
index, starting at -1, with the number of steps and the step of each index; where it leads outside, x is padded.
Beside Divides(s, e) an entry s[Quotient(e, s)] is the entry at e of s spread out with zeros between its values.
What is not affine (quotients that no split of an index removes, token ids) goes through integer index arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sympy import Add, Expr, Integer, Mul, expand

from dyadic.codegen.index_maps import Affine, affine
from dyadic.codegen.numpy_arrays import (
    ATOM,
    DENSE,
    LOOSE,
    ORDERED,
    PRODUCT,
    SUM,
    UNARY,
    ArrayCode,
    align,
    computed,
    in_order,
    sum_of,
    union,
)
from dyadic.codegen.program import BATCH, variable
from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import Divides, Element, Index, Inside, Quotient, Remainder
from dyadic.symbolic.functions import FUNCTIONS, Spelling
from dyadic.symbolic.indices import Ranges, bounds, divisible, is_inside, numeric, simplify
from dyadic.symbolic.printing import signed_terms, whole_term_key
from dyadic.symbolic.tensor_names import Name

Divisions = Sequence[tuple[int, Expr]]  # (d, e) where d is known to divide e


@dataclass
class Support:
    """What the emitted module needs beside its routines.

    helpers: names of support functions.  functions: names of the scalar functions called.  constants: name by code, and
    a comment by name.
    """

    helpers: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    constants: dict[str, str] = field(default_factory=dict)
    exact: bool = False
    comments: dict[str, str] = field(default_factory=dict)

    def constant(self, prefix: str, code: str, comment: str) -> str:
        if code not in self.constants:
            name = f"_{prefix}_{1 + sum(known.startswith(f'_{prefix}_') for known in self.constants.values())}"
            self.constants[code] = name
            self.comments[name] = comment
        return self.constants[code]

    def spellings(self) -> list[Spelling]:
        """How the scalar functions are called, in the order of their table."""
        used = (function for name, function in FUNCTIONS.items() if name in self.functions)
        return [function.numpy for function in used if function.numpy is not None]

    def listed(self) -> list[tuple[str, str, str]]:
        """(name, code, comment) of each constant."""
        return [(name, code, self.comments[name]) for code, name in self.constants.items()]


@dataclass(frozen=True)
class ReadAxis:
    """One axis of an array as an entry reads it.

    extent: of the array as stored.  index: what the entry says.  gap: the axis is spread out, with gap - 1 zeros
    between its values, and the entry is the one at ``position`` = gap * index.
    """

    extent: Expr
    index: Expr
    position: Expr
    gap: int = 1

    @property
    def map(self) -> Affine | None:
        return affine(self.position)

    def plain(self, ranges: Ranges) -> bool:
        return self.gap == 1 and isinstance(self.index, Index) and ranges[self.index] == self.extent

    def vanishes_unless(self, guard: Expr) -> bool:
        """Whether an entry that is padded with zeros is 0 wherever the bracket is."""
        if self.map is None:
            return False
        if isinstance(guard, Divides):
            return guard.args[0] == self.gap and divisible(self.gap, guard.args[1], [(self.gap, self.position)])
        if not isinstance(guard, Inside):
            return False
        value, extent = guard.args
        if expand(value - self.index) == 0:
            return extent == self.extent
        inner = self.gap * (self.extent - 1)
        return expand(value - self.position) == 0 and bool(inner < extent) and bool(extent <= inner + self.gap)


def read_axes(
    entry: Element, shape: Sequence[Expr], ranges: Ranges, divisions: Divisions
) -> tuple[list[ReadAxis], bool]:
    """The axes as the entry reads them, after merging and splitting stored axes, and whether that was needed."""
    axes = []
    for extent, index in zip(shape, entry.indices, strict=True):
        index = simplify(index, ranges)
        axes.append(_spread(extent, index, divisions) or ReadAxis(extent, index, index))
    count = len(axes)
    merged = _merge(axes, ranges)
    final = [part for axis in merged for part in _unflatten(axis, ranges)]
    return final, len(merged) < count or len(final) > len(merged)


def entry_axes(
    entry: Element, shapes: Mapping[Name, Sequence[Expr]], ranges: Ranges, divisions: Divisions
) -> tuple[list[ReadAxis], bool]:
    """:func:`read_axes` where the tensor's shape is known, or need not be: where all its indices are plain."""
    shape = shapes.get(entry.name)
    if shape is not None:
        return read_axes(entry, shape, ranges, divisions)
    if all(isinstance(index, Index) for index in entry.indices):
        return [ReadAxis(ranges[index], index, index) for index in entry.indices], False
    raise UnsupportedEquation(f"{variable(entry)}: its shape is not known here")


def _spread(extent: Expr, index: Expr, divisions: Divisions) -> ReadAxis | None:
    """``e' + Quotient(e, d)`` beside Divides(d, e): position d e' + e of the axis spread by d."""
    quotients = [term for term in Add.make_args(index) if isinstance(term, Quotient)]
    if len(quotients) != 1:
        return None
    numerator, divisor = quotients[0].args
    position = expand(divisor * (index - quotients[0]) + numerator)
    if affine(position) is None or not divisible(int(divisor), position, divisions):
        return None
    return ReadAxis(extent, index, position, int(divisor))


def _merge(axes: list[ReadAxis], ranges: Ranges) -> list[ReadAxis]:
    """Neighbouring axes as one, where that makes the index affine: x[Quotient(i, 3), Remainder(i, 3)] is flat x[i]."""
    for place, axis in enumerate(axes):
        if axis.map is not None:
            continue
        for width in range(2, len(axes) + 1):
            for first in range(max(0, place - width + 1), min(place, len(axes) - width) + 1):
                run = axes[first : first + width]
                if any(a.gap > 1 or not a.extent.is_Integer or not is_inside(a.index, a.extent, ranges) for a in run):
                    continue
                flat: Expr = Integer(0)
                for part in run:
                    flat = flat * part.extent + part.index
                flat = simplify(expand(flat), ranges)
                if affine(flat) is not None:
                    one = ReadAxis(Mul(*(a.extent for a in run)), flat, flat)
                    return _merge([*axes[:first], one, *axes[first + width :]], ranges)
    return axes


def _unflatten(axis: ReadAxis, ranges: Ranges) -> list[ReadAxis]:
    """An axis whose index runs once through all of it, digit by digit, as one axis per digit."""
    form = axis.map
    if form is None or axis.gap > 1 or form.start or len(form.steps) < 2:
        return [axis]
    digits = sorted(form.steps, key=lambda item: -item[1])
    expected = 1
    for index, step in reversed(digits):
        if step != expected or not ranges[index].is_Integer:
            return [axis]
        expected *= int(ranges[index])
    return [ReadAxis(ranges[i], i, i) for i, _ in digits] if expected == axis.extent else [axis]


def _longest_last(form: Affine | None, ranges: Ranges) -> list[tuple[Index, int]]:
    """The steps of an axis in the order of the view's axes: the last one is the one to copy along."""
    steps = form.steps if form else ()
    return sorted(steps, key=lambda item: int(ranges[item[0]]) if ranges[item[0]].is_Integer else 0)


class EntryPrinter:
    """Prints entries, integer expressions and brackets of one definition.

    views: strided views by their code, each with a name of its own; the caller assigns the names.
    """

    def __init__(
        self,
        support: Support,
        shapes: Mapping[Name, Sequence[Expr]],
        ranges: Ranges,
        order: list[Index],
        views: dict[str, str],
    ) -> None:
        self.support, self.shapes, self.ranges, self.order, self.views = support, shapes, ranges, order, views

    def axes(self, entry: Element, divisions: Divisions) -> tuple[list[ReadAxis], bool]:
        return entry_axes(entry, self.shapes, self.ranges, divisions)

    def entry(
        self, node: Element, divisions: Divisions = (), guards: Iterable[Expr] = (), fill: str = "0"
    ) -> ArrayCode:
        """The entry for all values of its indices, the axes in the order of the array's own."""
        axes, reshaped = self.axes(node, divisions)
        code = variable(node)
        if reshaped:
            shape = ", ".join("-1" if axis.extent == BATCH else str(axis.extent) for axis in axes)
            code = f"{code}.reshape({shape})"
        return self._diagonal(self._read(code, variable(node), axes, guards, fill))

    def _read(self, code: str, name: str, axes: list[ReadAxis], guards: Iterable[Expr], fill: str) -> ArrayCode:
        """A strided view, and index arrays for the axes that are not affine or share an index with one that is not."""
        loose = {index for axis in axes if axis.map is None for index in axis.index.free_symbols}
        tables = {
            place: Index(f"table{place}")
            for place, axis in enumerate(axes)
            if axis.map is None or loose & axis.index.free_symbols
        }
        stored = [ReadAxis(a.extent, tables[k], tables[k]) if k in tables else a for k, a in enumerate(axes)]
        extents = {index: axes[place].extent for place, index in tables.items()}
        base = self._strided(code, name, stored, fill, {**self.ranges, **extents})
        if not tables:
            return base
        found = {index: self._table(axes[place], f"{name}.shape[{place}]", guards) for place, index in tables.items()}
        shared = union(found.values(), self.order)
        pieces = [align(found[index], shared).code if index in found else ":" for index in base.axes]
        while pieces[-1] == ":":
            pieces.pop()
        places = [place for place, index in enumerate(base.axes) if index in found]
        others = [index for index in base.axes if index not in found]
        # NumPy puts the axes of the index arrays where these stand, or first if slices stand between them.
        first = places[0] if places[-1] - places[0] == len(places) - 1 else 0
        return ArrayCode(
            f"{base.at(ATOM)}[{', '.join(pieces)}]", (*others[:first], *shared, *others[first:]), ATOM, LOOSE
        )

    def _table(self, axis: ReadAxis, length: str, guards: Iterable[Expr]) -> ArrayCode:
        """The index array of one axis; positions that a bracket excludes are moved inside."""
        if isinstance(axis.index, Index) and not self.ranges[axis.index].is_Integer:
            return ArrayCode(f"np.arange({length})", (axis.index,), ATOM)
        table = self.integer(axis.index)
        sure = is_inside(axis.index, axis.extent, self.ranges)
        if isinstance(axis.index, Element):
            sure = not any(isinstance(guard, Inside) and guard.args[0] == axis.index for guard in guards)
        if not sure:
            table = ArrayCode(f"np.clip({table.code}, 0, {axis.extent - 1})", table.axes, ATOM, table.layout)
        if axis.index.has(Element) or not table.axes:
            return table
        return ArrayCode(self.support.constant("INDEX", table.code, str(axis.index)), table.axes, ATOM)

    def _strided(self, code: str, name: str, axes: list[ReadAxis], fill: str, ranges: Ranges) -> ArrayCode:
        """Plain axes, slices of them, or a strided view: no element is copied unless x is padded."""
        slices = [self._slice(axis, ranges) for axis in axes]
        steps = [_longest_last(axis.map, ranges) for axis in axes]
        indices = tuple(index for pairs in steps for index, _ in pairs)
        if all(piece is not None for piece in slices):
            pieces = [piece for piece in slices if piece is not None]
            while pieces and pieces[-1] == ":":
                pieces.pop()
            layout = LOOSE if any("-" in piece for piece in pieces) else ORDERED if pieces else DENSE
            return ArrayCode(f"{code}[{', '.join(pieces)}]" if pieces else code, indices, ATOM, layout)
        table, gaps = [], []
        for place, axis in enumerate(axes):
            if axis.plain(ranges) or axis.map is None:
                continue
            pairs = [f"({ranges[index]}, {step})" for index, step in steps[place]]
            table.append(f"{place}: ({', '.join([str(axis.map.start), *pairs])}{'' if pairs else ','})")
            if axis.gap > 1:
                gaps.append(f"{place}: {axis.gap}")
        self.support.helpers.add("windows")
        options = f", spread={{{', '.join(gaps)}}}" if gaps else ""
        options += f", fill={fill}" if fill != "0" else ""
        view = f"_windows({code}, {{{', '.join(table)}}}{options})"
        if view not in self.views:
            count = sum(known.startswith(f"{name}_windows") for known in self.views.values())
            self.views[view] = f"{name}_windows{count + 1 if count else ''}"
        return ArrayCode(self.views[view], indices, ATOM, LOOSE)

    def _slice(self, axis: ReadAxis, ranges: Ranges) -> str | None:
        """The axis as a basic slice, if it is one that stays inside."""
        if axis.plain(ranges):
            return ":"
        form = axis.map
        if form is None or axis.gap > 1 or len(form.steps) > 1 or not is_inside(axis.index, axis.extent, ranges):
            return None
        if not form.steps:
            return str(form.start)
        ((index, step),) = form.steps
        stop = form.start + step * (int(ranges[index]) - 1) + (1 if step > 0 else -1)
        start = str(form.start) if form.start else ""
        end = "" if stop < 0 or stop == axis.extent else str(stop)
        if step < 0:
            start = "" if form.start == axis.extent - 1 else str(form.start)
        return f"{start}:{end}" + (f":{step}" if step != 1 else "")

    def _diagonal(self, array: ArrayCode) -> ArrayCode:
        """One axis for each index: an index that stands in several axes takes the diagonal, a view."""
        axes = tuple(dict.fromkeys(array.axes))
        if len(axes) == len(array.axes):
            return array
        letters = {index: chr(ord("a") + place) for place, index in enumerate(axes)}
        spec = "".join(letters[i] for i in array.axes) + "->" + "".join(letters[i] for i in axes)
        return ArrayCode(f'np.einsum("{spec}", {array.code})', axes, ATOM, LOOSE)

    # -- integers and brackets ---------------------------------------------------------------------------------

    def integer(self, node: Expr, divisions: Divisions = ()) -> ArrayCode:
        """An integer expression as an integer array over its indices, the axes sorted."""
        if node.is_Integer:
            return ArrayCode(str(node), (), ATOM if node >= 0 else SUM)
        if isinstance(node, Index):
            if not self.ranges[node].is_Integer:
                raise UnsupportedEquation(f"the range of {node} is not a number, so it can only be an index by itself")
            return ArrayCode(f"np.arange({self.ranges[node]})", (node,), ATOM)
        if isinstance(node, Element):
            return in_order(self.entry(node, divisions), self.order)
        parts = [self.integer(argument, divisions) for argument in node.args]
        axes = union(parts, self.order)
        if isinstance(node, Quotient | Remainder):
            sign = "//" if isinstance(node, Quotient) else "%"
            return ArrayCode(
                f"{align(parts[0], axes).at(UNARY)} {sign} {parts[1].at(ATOM)}", axes, PRODUCT, computed(*parts)
            )
        if isinstance(node, Mul):
            return ArrayCode(
                " * ".join(align(part, axes).at(PRODUCT) for part in parts), axes, PRODUCT, computed(*parts)
            )
        if isinstance(node, Add):
            return self._integer_sum(node, divisions)
        raise UnsupportedEquation(f"{type(node).__name__} is not an integer expression")

    def _integer_sum(self, node: Add, divisions: Divisions) -> ArrayCode:
        terms = [(sign, self.integer(term, divisions)) for sign, term in signed_terms(node, whole_term_key)]
        return sum_of(terms, self.order)

    def bracket(self, guard: Expr, divisions: Divisions = ()) -> ArrayCode:
        """A boolean array (its level is that of a comparison: bracket it beside any operator)."""
        if isinstance(guard, Inside):
            value, extent = guard.args
            array, limits = self.integer(value, divisions), numeric(bounds(value, self.ranges))
            if limits and limits[0] >= 0:
                return ArrayCode(f"{array.code} < {extent}", array.axes, SUM, computed(array))
            if limits and limits[1] < extent:
                return ArrayCode(f"{array.code} >= 0", array.axes, SUM, computed(array))
            self.support.helpers.add("inside")
            return ArrayCode(f"_inside({array.code}, {extent})", array.axes, ATOM, computed(array))
        if isinstance(guard, Divides):
            array = self.integer(guard.args[1], divisions)
            return ArrayCode(f"{array.at(ATOM)} % {guard.args[0]} == 0", array.axes, SUM, computed(array))
        parts = [self.integer(argument, divisions) for argument in guard.args]
        axes = union(parts, self.order)
        one, two = (align(part, axes).code for part in parts)
        return ArrayCode(f"{one} == {two}", axes, SUM, computed(*parts))
