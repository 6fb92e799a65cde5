"""Arrays as their entries: a shape, and an expression of the indices (nested lists, as a certificate writes them).

A tensor is read as ["entry", "array", NAME, indices].  What an operation makes is put together when it is asked for an
entry; what is read more than once gets a name first, and an equation (:class:`Recorder`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from dyadic.symbolic.readers.python_code.source_text import NotInSubset, NumbersNeeded, ShapesDoNotFit

Dim = int | str
"""The size of an axis: a number, or a name."""
Index = Any
"""An integer, or an integer expression as nested lists."""
Shape = tuple[Dim, ...]
ARRAY = "array"
"""The kind under which an entry of any array of the code stands."""
UNNAMED = "unnamed"
"""What an array is called that the code gives no name."""
MOST_DEFINITIONS = 400
_LARGEST_BODY = 4_000
_MOST_NODES = 60_000
_FREE_INDICES = 16
_TIE = "tie"


@dataclass(frozen=True)
class FormArray:
    """plain: reading an entry of it costs no more than one of a tensor.  truth: its entries are 0 or 1, as a mask.

    whole: its entries are integers, and numbers that are written into it are cut off.  counts: the entries as integer
    expressions, which may stand in an index; None where they are not known as such.
    """

    shape: Shape
    at: Callable[[Sequence[Index]], Any]
    plain: bool = False
    truth: bool = False
    whole: bool = False
    counts: Callable[[Sequence[Index]], Index] | None = None

    def __str__(self) -> str:
        return shown_shape(self.shape)

    def moved(self, shape: Shape, place: Callable[[Sequence[Index]], Sequence[Index]]) -> FormArray:
        """The same entries in other places: ``place`` says where each was, and what they are stays as it is."""
        entry, counts = self.at, self.counts
        moved = None if counts is None else lambda at: counts(place(at))
        return replace(self, shape=shape, at=lambda at: entry(place(at)), counts=moved)

    def holds(self, value: FormArray) -> bool:
        """Whether numbers of another array can be written into this one as they are, with nothing cut off."""
        return value.truth or (not self.truth and (value.whole or not self.whole))


def shown_shape(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


@dataclass(frozen=True)
class CodeDefinition:
    """``name[indices] = body``, made in a line of the code.

    rational: of what must not be 0, that it is a quotient of polynomials of the arguments, so that it is 0 at single
    points or everywhere.
    """

    name: str
    indices: tuple[str, ...]
    shape: Shape
    body: Any
    line: int
    rational: bool = False


@dataclass
class Recorder:
    """The equations that code amounts to, in order.

    taken: names that stand for something else.  below: of arrays that hold integers, what these are below.  kinks:
    what must not be 0 where there is to be a derivative.  instead: whether the largest of several numbers is replaced
    by a free number; which is what of it, ``freed``.  random: numbers that the code draws, or finds in memory.
    """

    taken: set[str]
    sizes: frozenset[str] = frozenset()
    below: dict[str, Dim] = field(default_factory=dict)
    instead: bool = False
    definitions: list[CodeDefinition] = field(default_factory=list)
    kinks: list[CodeDefinition] = field(default_factory=list)
    freed: dict[str, Shape] = field(default_factory=dict)
    random: dict[str, Shape] = field(default_factory=dict)
    differentiated: bool = True
    line: int = 0
    _made: dict[str, str] = field(default_factory=dict)
    _freed: dict[str, Any] = field(default_factory=dict)
    _bound: int = 0
    _nodes: int = 0

    def bound(self) -> str:
        """A name for an index that an expression binds; names of sizes are left out."""
        while True:
            self._bound += 1
            if f"k{self._bound}" not in self.sizes:
                return f"k{self._bound}"

    def _indices(self, count: int) -> tuple[str, ...]:
        found = (f"i{number}" for number in range(1, 10 * _FREE_INDICES) if f"i{number}" not in self.sizes)
        return tuple(next(found) for _ in range(count))

    def equation(self, array: FormArray, name: str) -> CodeDefinition:
        """The entries of an array as an equation, which is not recorded."""
        if len(array.shape) > _FREE_INDICES:
            raise NotInSubset(f"an array of {len(array.shape)} axes")
        indices = self._indices(len(array.shape))
        self._bound = 0
        body = array.at([["index", index] for index in indices])
        size = _count(body)
        self._nodes += size
        if size > _LARGEST_BODY or self._nodes > _MOST_NODES:
            raise NotInSubset("the equations that this amounts to are too long")
        return CodeDefinition(name, indices, array.shape, body, self.line)

    def named(self, array: FormArray, wanted: str = "") -> FormArray:
        """The array under a name of its own, unless it costs nothing to read."""
        return array if array.plain or array.counts is not None else self.stored(array, wanted)

    def stored(self, array: FormArray, wanted: str, again: bool = True) -> FormArray:
        """The array under a name, its own or (again) that of the array that it is."""
        found = self.equation(array, self._fresh(wanted or UNNAMED))
        place = [["index", index] for index in found.indices]
        if isinstance(found.body, list) and found.body[:2] == ["entry", ARRAY] and found.body[3] == place and again:
            return tensor(found.body[2], array.shape, array.truth, array.whole)  # it is another array as it is
        key = repr((found.shape, found.body))
        if key not in self._made:
            if len(self.definitions) >= MOST_DEFINITIONS:
                raise NotInSubset(f"more than {MOST_DEFINITIONS} equations")
            self.taken.add(found.name)
            self.definitions.append(found)
            self._made[key] = found.name
        return tensor(self._made[key], array.shape, array.truth, array.whole)

    def _fresh(self, wanted: str) -> str:
        name, count = wanted, 1
        while name in self.taken:
            count += 1
            name = f"{wanted}.{count}"
        return name

    def parts(self, body: Any) -> Iterator[list[Any]]:
        """An expression's parts and those of the equations that it reads; a free number stands for its own."""
        known = {definition.name: definition.body for definition in self.definitions} | self._freed
        stack, seen = [body], set[str]()
        while stack:
            node = stack.pop()
            if not isinstance(node, list):
                continue
            yield node
            if node[:2] == ["entry", ARRAY] and node[2] not in seen:
                seen.add(node[2])
                stack.append(known.get(node[2]))
            stack.extend(node[1:])

    def read_by(self, body: Any) -> set[str]:
        """The tensors without an equation on which an expression depends."""
        known = {definition.name for definition in self.definitions} | set(self._freed)
        return {node[2] for node in self.parts(body) if node[:2] == ["entry", ARRAY]} - known

    def body_of(self, name: str) -> Any:
        """What the equation of a name says, or what a free number stands for; None for numbers that are given."""
        found = {definition.name: definition.body for definition in self.definitions} | self._freed
        return found.get(name)

    def of_largest(self, kink: CodeDefinition) -> bool:
        """Whether a kink is a tie of largest values, or depends on one, or on the number in its place."""
        return kink.name == _TIE or any(node[:1] == ["max"] for node in self.parts(kink.body))

    def drawn(self, wanted: str, shape: Shape) -> FormArray:
        """Numbers of which nothing is known."""
        name = self._fresh(wanted)
        self.taken.add(name)
        self.random[name] = shape
        return tensor(name, shape)

    def smooth(self, array: FormArray) -> None:
        """A function with a kink at 0 is applied to it: a derivative is claimed only where it is not 0."""
        if self.differentiated:
            self._excluded(self.equation(self.named(array), "kink"))

    def _excluded(self, kink: CodeDefinition) -> None:
        nodes = [node for node in self.parts(kink.body) if node]
        freed = any(node[:2] == ["entry", ARRAY] and node[2] in self._freed for node in nodes)
        other = (node[0] in ("apply", "max") or (node[0] == "^" and not isinstance(node[2], int)) for node in nodes)
        self.kinks.append(replace(kink, rational=not freed and not any(other)))

    def largest(self, array: FormArray, axis: int) -> FormArray:
        """The largest value along an axis, or a free number in its place."""
        array = self.named(array)
        extent, shape = array.shape[axis], (*array.shape[:axis], *array.shape[axis + 1 :])

        def value(at: Sequence[Index]) -> Any:
            index = self.bound()
            return ["max", index, extent, array.at([*at[:axis], ["index", index], *at[axis:]])]

        found = FormArray(shape, value, whole=array.whole)
        if not self.instead:
            if self.differentiated:
                self._excluded(self.equation(_apart(array, axis), _TIE))
            return found
        body = self.equation(found, "").body
        key = repr((shape, body))
        if key not in self._made:
            name = self._fresh("max")
            self.taken.add(name)
            self.freed[name] = shape
            self._freed[name] = body
            self._made[key] = name
        return tensor(self._made[key], shape, whole=array.whole)


def _apart(array: FormArray, axis: int) -> FormArray:
    """The differences along an axis, with 1 for that of an entry and itself."""

    def apart(at: Sequence[Index]) -> Any:
        one, two = at[axis], at[-1]
        other = [*at[:axis], two, *at[axis + 1 : -1]]
        return ["+", array.at(at[:-1]), times(-1, array.at(other)), ["same", one, two]]

    return FormArray((*array.shape, array.shape[axis]), apart)


def _count(node: Any) -> int:
    count, stack = 0, [node]
    while stack:
        item = stack.pop()
        count += 1
        if isinstance(item, list):
            stack.extend(item)
        if count > _LARGEST_BODY:
            break
    return count


def integers(name: str, shape: Shape) -> FormArray:
    """The array of integers, which may stand in indices, that has a name."""
    found = tensor(name, shape, whole=True)
    return replace(found, counts=found.at)


def tensor(name: str, shape: Shape, truth: bool = False, whole: bool = False) -> FormArray:
    """The array that has a name."""
    return FormArray(shape, lambda at: ["entry", ARRAY, name, list(at)], True, truth, whole)


def number_node(value: int | Fraction) -> Any:
    value = Fraction(value)
    return value.numerator if value.denominator == 1 else ["rational", value.numerator, value.denominator]


def constant(value: int | Fraction, shape: Shape = ()) -> FormArray:
    node, whole = number_node(value), isinstance(value, int)
    return FormArray(shape, lambda at: node, True, whole=whole, counts=(lambda at: node) if whole else None)


def inside(index: Index, count: Dim) -> Any:
    """1 where 0 <= index < count, else 0."""
    return int(0 <= index < count) if isinstance(index, int) and isinstance(count, int) else ["inside", index, count]


def same(one: Index, two: Index) -> Any:
    """1 where two integers are equal, else 0."""
    return int(one == two) if isinstance(one, int) and isinstance(two, int) else ["same", one, two]


def size_node(dim: Dim) -> Any:
    return dim if isinstance(dim, int) else ["size", dim]


def plus(*terms: Any) -> Any:
    left = [term for term in terms if term != 0]
    return left[0] if len(left) == 1 else ["+", *left] if left else 0


def times(*factors: Any) -> Any:
    """A product without products in it: a bracket guards what stands beside it, not what stands further out."""
    factors = tuple(
        part
        for factor in factors
        for part in (factor[1:] if isinstance(factor, list) and factor[:1] == ["*"] else [factor])
    )
    if any(factor == 0 for factor in factors if isinstance(factor, int)):
        return 0
    left = [factor for factor in factors if factor != 1 or not isinstance(factor, int)]
    return left[0] if len(left) == 1 else ["*", *left] if left else 1


def difference(one: Any, two: Any) -> Any:
    return plus(one, times(-1, two))


def one_minus(node: Any) -> Any:
    return difference(1, node)


def either(mask: Any, one: Any, two: Any) -> Any:
    """One thing where a mask is 1, another one where it is 0."""
    return plus(times(mask, one), times(one_minus(mask), two))


def power_node(base: Any, exponent: int | Fraction) -> Any:
    value = Fraction(exponent)
    if value == 1:
        return base
    if value.denominator == 1:
        return ["^", base, value.numerator]
    return ["^", base, ["rational", value.numerator, value.denominator]]


def broadcast_shape(*shapes: Shape) -> Shape:
    """The shape of what is made of arrays entry by entry."""
    rank = max(map(len, shapes))
    found: list[Dim] = [1] * rank
    for shape in shapes:
        for position, dim in enumerate(shape, rank - len(shape)):
            if found[position] == 1:
                found[position] = dim
            elif dim not in (1, found[position]):
                words = " and ".join(map(shown_shape, shapes))
                raise ShapesDoNotFit(f"arrays of the shapes {words} cannot be broadcast together")
    return tuple(found)


def broadcast(array: FormArray, shape: Shape) -> FormArray:
    """The array repeated along the axes that it lacks, or along which it has one entry."""
    if broadcast_shape(array.shape, shape) != shape:
        raise ShapesDoNotFit(f"an array of the shape {array} cannot be broadcast to {shown_shape(shape)}")
    lacking = len(shape) - len(array.shape)

    def place(at: Sequence[Index]) -> list[Index]:
        return [0 if dim == 1 else i for i, dim in zip(at[lacking:], array.shape, strict=True)]

    return array.moved(shape, place)


def whole_numbers(arrays: Sequence[FormArray]) -> bool:
    """Whether sums and products of them are integers."""
    return all(array.whole or array.truth for array in arrays)


def entrywise(
    recorder: Recorder, function: Callable[..., Any], *arrays: FormArray, truth: bool = False, real: bool = False
) -> FormArray:
    """A function of the entries; what is repeated on the way gets a name, so that it is computed once.

    real: whether it makes real numbers of integers.
    """
    shape = broadcast_shape(*(array.shape for array in arrays))
    same = [broadcast(array if array.shape == shape else recorder.named(array), shape) for array in arrays]
    whole = not truth and not real and whole_numbers(arrays)
    return FormArray(shape, lambda at: function(*(array.at(at) for array in same)), truth=truth, whole=whole)


def summed(recorder: Recorder, array: FormArray, axes: Sequence[int], keep: bool) -> FormArray:
    """The sum over some axes, which are kept with one entry or left out."""
    shape = tuple(1 if axis in axes else dim for axis, dim in enumerate(array.shape) if keep or axis not in axes)

    def total(at: Sequence[Index]) -> Any:
        rest, names = list(at), {axis: recorder.bound() for axis in axes}
        full = []
        for axis in range(len(array.shape)):
            if axis not in axes:
                full.append(rest.pop(0))
                continue
            full.append(["index", names[axis]])
            if keep:
                rest.pop(0)
        node = array.at(full)
        for axis in reversed(axes):
            node = ["sum", names[axis], array.shape[axis], node]
        return node

    return FormArray(shape, total, whole=whole_numbers([array]))


def counted(dims: Sequence[Dim]) -> Any:
    """How many entries some axes have together."""
    return times(*map(size_node, dims))


def number_of(dim: Dim) -> int:
    """The size of an axis, where it is a number."""
    if isinstance(dim, str):
        raise NumbersNeeded
    return dim
