"""Equations between whole tensors, put into equations between entries: ``W^T s`` is ``Sum[k] W[k, i] s[k]``.

A vector is a column; a column side by side with a column means nothing, and is refused with what could be meant.
Shapes are those of the network; what fits only when transposed is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import Any

from dyadic.proofs.checker.intake.names import REDUCTIONS
from dyadic.proofs.statements.parsing.grammar import CROSS, KRONECKER, has_wholes
from dyadic.proofs.statements.parsing.tokens import Unreadable
from dyadic.proofs.statements.semantics.axis_extents import Extent
from dyadic.proofs.statements.semantics.composed_axes import contracted, kronecker, vectorised
from dyadic.proofs.statements.semantics.vocabulary import Vocabulary, axes_kind, shown_entry
from dyadic.proofs.statements.semantics.whole_tensors import (
    Dimension,
    Index,
    WholeTensor,
    fits,
    number_of,
    number_transposed,
    part_of,
    scaled,
    scaled_along,
    scales,
    shape_kind,
    times,
    transposed,
    what_fits,
    written_range,
)

_LAYOUT = ' (layout = "numerator" transposes derivatives)'
_SCALARS = ("sum", "mean", "norm", "dot", "trace")


@dataclass
class EntryForm:
    """Sides of an equation between entries, and the indices that are free because tensors are equal.

    ranges: of these, where they run over an axis that is none of the network's.
    """

    sides: list[Any]
    free: list[str] = field(default_factory=list)
    ranges: dict[str, Extent] = field(default_factory=dict)
    row: bool = False


def in_entries(sides: Sequence[Any], vocabulary: Vocabulary, transposed: bool = False) -> EntryForm:
    """The sides between entries.  Raises :class:`Unreadable` where shapes do not fit.

    transposed: whether derivatives by a matrix are written in numerator layout.
    """
    if not any(map(has_wholes, sides)):
        return EntryForm(list(sides))
    reader = _Reader(vocabulary, _letters(sides, vocabulary), transposed)
    values = [reader.read(side) for side in sides]
    first = next((value for side, value in zip(sides, values, strict=True) if side != 0), values[0])
    for side, value in zip(sides, values, strict=True):
        if side == 0 or fits(first, value):  # 0 is that of any shape
            continue
        if not first.shape or not value.shape:
            raise Unreadable(*_without_indices(sides, vocabulary))
        hint = _hint(first, value) + (_LAYOUT if _transposed_fits(first, value) and _differentiates(sides) else "")
        raise Unreadable(_position(sides), f"the sides have other shapes: {first} and {value}{hint}")
    names = [next(reader.letters) for _ in first.shape]
    at = [["index", name] for name in names]
    extents = [dimension.root.extent for dimension in first.shape] if reader.composed else []
    ranges = {name: extent for name, extent in zip(names, extents, strict=False) if extent is not None}
    return EntryForm([value.at(at if value.shape else []) for value in values], names, ranges, first.row)


def _transposed_fits(one: WholeTensor, two: WholeTensor) -> bool:
    return len(one.shape) == len(two.shape) == 2 and [*map(str, one.shape)] == [*map(str, two.shape)][::-1]


def _differentiates(node: Any) -> bool:
    """Whether a derivative by a whole tensor is among the sides."""
    if not isinstance(node, list | tuple) or not node:
        return False
    return node[0] == "derivative" or any(map(_differentiates, node))


def _hint(one: WholeTensor, two: WholeTensor) -> str:
    if _transposed_fits(one, two):
        return "; transposed they would fit"
    if len(one.shape) == len(two.shape) == 1 and str(one.shape[0]) == str(two.shape[0]):
        return "; one of them needs ^T"
    return ""


def _first_whole(node: Any) -> Any:
    """The first whole tensor in an expression; None if there is none."""
    if isinstance(node, list | tuple) and node:
        if node[0] == "whole":
            return node
        return next((found for child in node if (found := _first_whole(child)) is not None), None)
    return None


def _position(node: Any) -> int:
    """Where the first whole tensor stands."""
    found = _first_whole(node)
    return -1 if found is None else int(found[3])


def _without_indices(sides: Sequence[Any], vocabulary: Vocabulary) -> tuple[int, str]:
    """Where and why a whole tensor cannot be equal to a number."""
    found = _first_whole(sides)
    if found is None:
        return 0, "one side is a tensor and another a number"
    _, kind, owner, position = found
    rank = len(vocabulary.axes(axes_kind(kind), owner))
    where = "" if vocabulary.latex else " in square brackets"
    return position, f"{shown_entry(kind, owner, ())} needs {rank} indices{where}: the other side is an entry"


def _letters(sides: Sequence[Any], vocabulary: Vocabulary) -> Iterator[str]:
    """Names for indices that nothing else has."""
    used = {*vocabulary.sizes, *vocabulary.tensors, *_names(sides)}
    plain = [letter for letter in "ijkmpqr" + ascii_lowercase if letter not in used]
    yield from dict.fromkeys(plain)
    yield from (f"{letter}{number}" for number in range(1, 1000) for letter in plain)


def _names(node: Any) -> set[str]:
    if not isinstance(node, list | tuple):
        return set()
    own = {node[1]} if len(node) > 1 and node[0] in (*REDUCTIONS, "index", "counted") else set()
    return own.union(*map(_names, node))


class _Reader:
    def __init__(self, vocabulary: Vocabulary, letters: Iterator[str], transposed: bool) -> None:
        self.vocabulary, self.letters, self.transposed = vocabulary, letters, transposed
        self.composed = False  # whether an axis is put together of two

    def read(self, node: Any) -> WholeTensor:
        """An expression as a tensor of whatever shape."""
        if not isinstance(node, list) or not has_wholes(node):
            return WholeTensor((), lambda at: node)
        match node:
            case ["whole", str(kind), str(owner), int(position)]:
                return self._whole(kind, owner, position)
            case ["ones"]:
                return WholeTensor((Dimension(),), lambda at: 1)
            case ["eye"]:
                size = Dimension()
                return WholeTensor((size, size), lambda at: ["entry", "delta", "", list(at)], diagonal=lambda at: 1)
            case ["number", inner]:
                if (value := self.read(inner)).shape:
                    problem = f"an inequality is between numbers, not for {value}: write the tensors' indices"
                    raise Unreadable(_position(inner), problem)
                return value
            case ["spelled", _]:
                raise Unreadable(0, 'letters between quotes belong into einsum("ij,jk->ik", A, B)')
            case ["derivative", inner]:
                value = self.read(inner)
                return transposed(value, _position(node)) if self.transposed else value
            case ["transposed", inner, int(position)]:
                value = self.read(inner)
                if not value.shape:
                    number_transposed(inner, position, self.vocabulary.knows("T"))
                return transposed(value, position)
            case ["+", *terms]:
                return self._sum([self.read(term) for term in terms], _position(node))
            case ["*", *factors]:
                return self._product(["", factor] for factor in factors)
            case ["product", _, *factors]:
                return self._product(factors)
            case ["^", ["call", "norm", int(position), argument, *order], 2] if order in ([], [2]):
                value = self._with_norm(self.read(argument), order, position)
                return self._number("dot", position, [value, value])
            case ["call", "norm", int(position), argument, *order]:
                value = self._with_norm(self.read(argument), order, position)
                return self._number("norm1" if order == [1] else "norm", position, [value])
            case ["^", base, exponent]:
                return self._power(self.read(base), exponent, _position(node))
            case ["apply", name, order, argument]:
                value = self.read(argument)
                return WholeTensor(value.shape, lambda at: ["apply", name, order, value.at(at)], value.row)
            case ["part", inner, part]:
                return part_of(self.read(inner), part)
            case ["subscript", inner, int(position), *indices]:
                return self._entry(self.read(inner), indices, position)
            case ["call", "einsum", int(position), ["spelled", str(text)], *arguments]:
                return contracted(text, [self.read(argument) for argument in arguments], self.letters, position)
            case ["call", str(name), int(position), *arguments]:
                return self._call(name, position, [self.read(argument) for argument in arguments])
        if node[0] in REDUCTIONS:
            kind, name, extent, body = node
            value = self.read(body)
            return WholeTensor(value.shape, lambda at: [kind, name, extent, value.at(at)], value.row)
        raise Unreadable(_position(node), "a whole tensor does not belong here: write its indices")

    def _whole(self, kind: str, owner: str, position: int) -> WholeTensor:
        axes = tuple(Dimension(axis) for axis in self.vocabulary.axes(axes_kind(kind), owner))
        if (kind, owner) in self.vocabulary.integers:
            raise Unreadable(position, f"{shown_entry(kind, owner, ())} holds integers: write its indices")
        return WholeTensor(axes, lambda at: ["entry", kind, owner, list(at)])

    def _entry(self, value: WholeTensor, indices: list[Any], position: int) -> WholeTensor:
        """An entry; along axes without an index, or with a colon for one, all that stands there."""
        if len(indices) > len(value.shape):
            raise Unreadable(position, f"{value} has {len(value.shape)} axes, not {len(indices)}")
        indices = [*indices, *[None] * (len(value.shape) - len(indices))]
        open_axes = tuple(axis for axis, index in zip(value.shape, indices, strict=True) if index is None)

        def entry(at: Sequence[Index]) -> Any:
            rest = iter(at)
            return value.at([next(rest) if index is None else index for index in indices])

        return WholeTensor(open_axes, entry)

    # -- sums and products

    def _sum(self, terms: list[WholeTensor], position: int) -> WholeTensor:
        """Of one shape; a number is added to every entry."""
        shaped = [term for term in terms if term.shape]
        if not shaped:
            return WholeTensor((), lambda at: ["+", *(term.at([]) for term in terms)])
        for term in shaped[1:]:
            if not fits(shaped[0], term):
                hint = _hint(shaped[0], term)
                raise Unreadable(position, f"a sum of other shapes: {shaped[0]} and {term}{hint}")
        shape, row = shaped[0].shape, shaped[0].row
        return WholeTensor(shape, lambda at: ["+", *(term.at(at if term.shape else []) for term in terms)], row)

    def _product(self, factors: Any) -> WholeTensor:
        """From left to right; products of matrices before products entry by entry."""
        total: WholeTensor | None = None
        outer, present = "", WholeTensor((), lambda at: 1)
        position, multiplied, entrywise, spelled = 0, 0, False, False
        read = [(operator, node, self.read(node)) for operator, node in factors]
        while read:
            operator, node, value = read.pop(0)
            position = max(_position(node), position)
            if operator == "" and read and read[0][0] == "" and scales(present, multiplied, value, read[0][2]):
                value = self._matrix_product(value, read.pop(0)[2], "", position)  # A (u^T v)
            entrywise = entrywise or (operator in ("*", ".*") and bool(value.shape and multiplied))
            multiplied, spelled = multiplied + bool(value.shape), spelled or operator == "@"
            if entrywise and spelled:
                raise Unreadable(position, "@ beside .* or * is doubtful: write A .* (B @ C) or (A .* B) @ C")
            if operator in ("*", ".*") and (present.shape or total is not None) and (value.shape or total is not None):
                total = present if total is None else self._entrywise(outer, total, present, position)
                outer, present = operator, value
            elif operator == KRONECKER:
                present = self._kronecker(present, value, position)
            elif operator == "/":
                present = self._divided(present, value, position)
            else:
                present = self._matrix_product(present, value, operator, position)
        return present if total is None else self._entrywise(outer, total, present, position)

    def _entrywise(self, operator: str, one: WholeTensor, two: WholeTensor, position: int) -> WholeTensor:
        if not one.shape or not two.shape:
            return scaled(one, two)
        if operator == "*" and (len(one.shape), len(two.shape)) != (1, 1):
            raise Unreadable(position, f"{one} * {two}: write @ for the product of matrices or .* for that of entries")
        if not fits(one, two):
            raise Unreadable(position, f"a product entry by entry of other shapes: {one} and {two}{_hint(one, two)}")
        return WholeTensor(one.shape, lambda at: times(one.at(at), two.at(at)), one.row)

    def _divided(self, one: WholeTensor, two: WholeTensor, position: int) -> WholeTensor:
        inverse = WholeTensor(two.shape, lambda at: ["^", two.at(at), -1], two.row)
        return scaled(one, inverse) if not two.shape else self._entrywise(".*", one, inverse, position)

    def _matrix_product(self, one: WholeTensor, two: WholeTensor, operator: str, position: int) -> WholeTensor:
        if not one.shape or not two.shape:
            return scaled(one, two)
        if operator == CROSS:
            meant = "a cross between tensors: write .* (\\odot) for the product of entries, @ for that of matrices"
            raise Unreadable(position, meant)
        kinds = shape_kind(one), shape_kind(two)
        if kinds == ("column", "row"):
            return WholeTensor((one.shape[0], two.shape[0]), lambda at: times(one.at(at[:1]), two.at(at[1:])))
        if kinds not in (("matrix", "matrix"), ("matrix", "column"), ("row", "matrix"), ("row", "column")):
            meant = "u^T v, u v^T or u .* v" if "matrix" not in kinds else "the one that is transposed"
            raise Unreadable(position, f"a {kinds[0]} times a {kinds[1]}: write {meant}")
        if operator == "\u00b7" and "matrix" not in kinds:
            raise Unreadable(position, "a product of vectors with a dot: write u^T v or u .* v")
        if not one.shape[-1].joins(two.shape[0]):
            raise Unreadable(position, f"{one} times {two}: {one.shape[-1]} is not {two.shape[0]}{what_fits(one, two)}")
        for diagonal, other, axis in ((one.diagonal, two, 0), (two.diagonal, one, -1)):
            if diagonal is not None:  # a sum of which one term is not 0
                return scaled_along(other, diagonal, axis, (*one.shape[:-1], *two.shape[1:]))
        name, left = next(self.letters), len(one.shape) - 1
        index, inner = ["index", name], one.shape[-1]

        def entry(at: Sequence[Index]) -> Any:
            body = times(one.at([*at[:left], index]), two.at([index, *at[left:]]))
            return ["sum", name, written_range(inner), body]

        return WholeTensor((*one.shape[:-1], *two.shape[1:]), entry, row=kinds == ("row", "matrix"))

    def _kronecker(self, one: WholeTensor, two: WholeTensor, position: int) -> WholeTensor:
        self.composed = True
        return kronecker(one, two, position)

    def _power(self, base: WholeTensor, exponent: Any, position: int) -> WholeTensor:
        if len(base.shape) > 1:
            raise Unreadable(position, "a power of a matrix: write W @ W or W .* W")
        return WholeTensor(base.shape, lambda at: ["^", base.at(at), exponent], base.row)

    # -- functions of whole tensors

    def _call(self, name: str, position: int, arguments: list[WholeTensor]) -> WholeTensor:
        if name == "einsum":
            raise Unreadable(position, 'einsum is written einsum("ij,jk->ik", A, B)')
        wanted = 2 if name in ("dot", "kron") else 1
        if len(arguments) != wanted:
            raise Unreadable(position, f"{name} has {wanted} argument{'s' * (wanted > 1)}")
        one = arguments[0]
        if name == "kron":
            return self._kronecker(one, arguments[1], position)
        if name == "vec":
            self.composed = True
            return vectorised(one, position)
        if name in _SCALARS:
            return self._number(name, position, arguments)
        if name == "diag":
            if len(one.shape) == 2 and one.shape[0].joins(one.shape[1]):  # what stands on the diagonal
                return WholeTensor(one.shape[:1], lambda at: one.at([at[0], at[0]]))
            if len(one.shape) != 1:
                raise Unreadable(position, f"diag is of a vector or a square matrix, not of {one}")
            size = one.shape[0]

            def entry(at: Sequence[Index]) -> Any:
                return times(["entry", "delta", "", list(at)], one.at(at[:1]))

            return WholeTensor((size, size), entry, diagonal=lambda at: one.at([at]))
        return self._softmax(one, position)

    def _with_norm(self, value: WholeTensor, order: list[Any], position: int) -> WholeTensor:
        """The tensor, if it has that norm here: without a number that of all entries."""
        if order not in ([], [1], [2]):
            raise Unreadable(position, "a norm is norm(u), norm(u, 1) or norm(u, 2)")
        if order and len(value.shape) > 1:
            meant = "largest column sum of moduli" if order == [1] else "largest singular value"
            problem = f"the {order[0]}-norm of {value} is its {meant}: of all entries write norm(A), in LaTeX with F"
            raise Unreadable(position, problem)
        return value

    def _number(self, name: str, position: int, arguments: list[WholeTensor]) -> WholeTensor:
        """A sum over all entries, of which kind ever."""
        one = arguments[0]
        if name == "dot" and not fits(one, arguments[1]):
            raise Unreadable(position, f"a scalar product of other shapes: {one} and {arguments[1]}")
        if name == "trace" and (len(one.shape) != 2 or not one.shape[0].joins(one.shape[1])):
            raise Unreadable(position, "the trace is that of a square matrix")
        names = [next(self.letters) for _ in (one.shape[:1] if name == "trace" else one.shape)]
        at = [["index", each] for each in names]

        def entry(_: Sequence[Index]) -> Any:
            body = one.at(at * 2 if name == "trace" else at)
            body = times(body, arguments[1].at(at)) if name == "dot" else body
            body = ["^", body, 2] if name == "norm" else ["apply", "abs", 0, body] if name == "norm1" else body
            for each, size in reversed(list(zip(names, one.shape, strict=False))):
                body = ["sum", each, written_range(size), body]
            if name == "mean":
                count = [["^", number_of(size), -1] for size in one.shape]
                return ["*", *count, body]
            return ["^", body, ["rational", 1, 2]] if name == "norm" else body

        return WholeTensor((), entry)

    def _softmax(self, one: WholeTensor, position: int) -> WholeTensor:
        """Along the last axis."""
        if not one.shape:
            raise Unreadable(position, "softmax is of a vector")
        name, size = next(self.letters), one.shape[-1]

        def entry(at: Sequence[Index]) -> Any:
            body = ["apply", "exp", 0, one.at([*at[:-1], ["index", name]])]
            total = ["sum", name, written_range(size), body]
            return ["*", ["apply", "exp", 0, one.at(at)], ["^", total, -1]]

        return WholeTensor(one.shape, entry, one.row)


__all__ = ["EntryForm", "in_entries"]
