"""The arguments of a call, taken by position or by the names that libraries give them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dyadic.symbolic.limits import LARGEST_SIZE
from dyadic.symbolic.readers.python_code.array_forms import (
    Dim,
    FormArray,
    Recorder,
    constant,
    difference,
    plus,
    power_node,
    size_node,
    times,
)
from dyadic.symbolic.readers.python_code.array_layout import axis_of, stacked
from dyadic.symbolic.readers.python_code.file_names import LibraryName
from dyadic.symbolic.readers.python_code.known_floats import is_integer
from dyadic.symbolic.readers.python_code.source_text import NotInSubset, NumbersNeeded

_IGNORED = ("device", "copy", "requires_grad", "order", "precision")
"""What says how numbers are stored, which for real numbers makes no difference, except where a function looks at it."""
_TYPES = ("dtype", "preferred_element_type")
FLOATING = frozenset({
    "float", "float_", "floating", "double", "half", "single", "longdouble", "float16", "float32", "float64",
    "float128", "bfloat16", "f2", "f4", "f8", "dtype",
})  # fmt: skip
"""Types of real numbers, by the last part of their names; ``dtype`` is that of an array of such."""
_REQUIRED = object()


@dataclass(frozen=True)
class SizeName:
    """The size of an axis that has a name, where the code uses it as a number."""

    name: str


@dataclass(frozen=True)
class SizeFormula:
    """A number made of sizes that have names: ``n - 1``, ``2 * n``, ``n / 2``.  whole: whether it is an integer."""

    node: Any
    whole: bool = True


def sized(value: Any) -> bool:
    """Whether a value is a number that is known once the sizes are."""
    return isinstance(value, SizeName | SizeFormula)


def whole_size(value: Any) -> bool:
    """Whether it is such a number that is an integer."""
    return isinstance(value, SizeName) or (isinstance(value, SizeFormula) and value.whole)


def size_formula(operator: type[ast.operator], one: Any, two: Any) -> SizeFormula | None:
    """Arithmetic of numbers and sizes that have names; None where its result has no formula."""
    left, right = (as_array(value).at([]) for value in (one, two))
    whole = all(isinstance(value, int) or whole_size(value) for value in (one, two))
    if operator in (ast.FloorDiv, ast.Mod):
        raise NumbersNeeded
    if operator is ast.Add:
        return SizeFormula(plus(left, right), whole)
    if operator is ast.Sub:
        return SizeFormula(difference(left, right), whole)
    if operator is ast.Mult:
        return SizeFormula(times(left, right), whole)
    if operator is ast.Div and two != 0:
        return SizeFormula(times(left, power_node(right, -1)), False)
    return None


def dimension(value: Any) -> Dim:
    """The size of an axis, as a shape is written in code."""
    if isinstance(value, SizeName):
        return value.name
    if whole_size(value):
        raise NumbersNeeded
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST_SIZE:
        return value
    raise NotInSubset(f"a shape that holds {value if isinstance(value, int) else kind_of(value)}")


def size_value(dim: Dim) -> int | SizeName:
    """What ``x.shape[0]`` is."""
    return SizeName(dim) if isinstance(dim, str) else dim


def as_array(value: Any) -> FormArray:
    """A number or an array as an array."""
    if isinstance(value, FormArray):
        return value
    if isinstance(value, SizeName):
        node = size_node(value.name)
        return FormArray((), lambda at: node, True, whole=True)
    if isinstance(value, SizeFormula):
        formula = value
        return FormArray((), lambda at: formula.node, True, whole=formula.whole)
    if isinstance(value, bool):
        return FormArray((), lambda at: int(value), True, True)
    if isinstance(value, int | Fraction):
        return constant(value)
    raise NotInSubset(f"{kind_of(value)} where an array or a number is read")


def sliced(parts: Sequence[Any]) -> slice:
    """A slice, as ``slice`` and the brackets of a subscript make it."""
    bounds = [None if bound is None else whole_number(bound, "a bound") for bound in parts]
    if len(bounds) == 3 and bounds[2] == 0:
        raise NotInSubset("a slice whose step is 0")
    return slice(*bounds)


def kind_of(value: Any) -> str:
    """A value in words."""
    if value is None:
        return "None"
    names = {str: "a text", tuple: "a tuple", list: "a list", dict: "a dictionary", bool: "a truth value"}
    return names.get(type(value), "something that is no array")


def takes_lists(library: str, name: str, given: list[Any]) -> bool:
    """Whether a function makes an array of a list: all of NumPy's do, and those for it of the others."""
    if library == "torch":
        return name in ("tensor", "as_tensor") and _written_out(given[:1])
    return library in ("numpy", "autograd", "cupy") or (library == "jax" and name in ("array", "asarray"))


def _written_out(value: Any, level: int = 0) -> bool:
    """Whether a list holds nothing but numbers, within at most two others."""
    if isinstance(value, tuple | list):
        return level < 3 and all(_written_out(one, level + 1) for one in value)
    return isinstance(value, int | Fraction) and not isinstance(value, bool)


class CallArguments:
    """What is left of a call's arguments; ``finish`` refuses what nobody took.

    library: whose function or method it is.  lists: whether it
    takes lists for arrays.
    """

    lists = False

    def __init__(self, recorder: Recorder, given: Sequence[Any], named: Mapping[str, Any], library: str) -> None:
        self.recorder, self.library = recorder, library
        self._given, self._named = list(given), dict(named)

    def take(self, *names: str, default: Any = _REQUIRED) -> Any:
        """The next argument by position, or one of some names."""
        for name in names:
            if name in self._named:
                return self._named.pop(name)
        if self._given:
            return self._given.pop(0)
        if default is _REQUIRED:
            raise NotInSubset(f"the argument {names[0] if names else ''} is missing")
        return default

    def keyword(self, *names: str, default: Any = None) -> Any:
        for name in names:
            if name in self._named:
                return self._named.pop(name)
        return default

    def rest(self) -> list[Any]:
        """All that is left by position; of a single tuple or list what it holds."""
        found, self._given = self._given, []
        return list(found[0]) if len(found) == 1 and isinstance(found[0], tuple | list) else found

    def listed(self, *names: str, default: Any = _REQUIRED) -> list[Any]:
        """Sizes or axes: one after the other, in a tuple, or by one of some names."""
        value = self.take(*names, default=default)
        if isinstance(value, tuple | list):
            return list(value)
        found, self._given = self._given, []
        return [value, *found]

    def array(self, *names: str) -> FormArray:
        value = self.take(*names)
        if self.lists and isinstance(value, tuple | list):
            return self.of_list(value)
        return as_array(value)

    def of_list(self, value: Sequence[Any]) -> FormArray:
        """A list of numbers, arrays and lists of one shape as an array."""
        if not value:
            raise NotInSubset("an array of nothing")
        items = [self.of_list(one) if isinstance(one, tuple | list) else as_array(one) for one in value]
        if any(item.shape != items[0].shape for item in items):
            raise NotInSubset("an array made of entries of several shapes")
        return stacked(self.recorder, items, 0)

    def has(self, name: str) -> bool:
        return name in self._named

    def finish(self) -> None:
        for name in _TYPES:
            floating(self._named.pop(name, None))
        left = [name for name in self._named if name not in _IGNORED]
        if left or self._given:
            extra = left[0] if left else "a further one"
            raise NotInSubset(f"the argument {extra}")

    def axes(self, rank: int) -> tuple[list[int], bool]:
        """The axes of a reduction, all of them where none are told, and whether they are kept."""
        axis = self.take("axis", "dim", default=None)
        return self.axes_of(axis, rank), self.kept()

    def axes_of(self, axis: Any, rank: int) -> list[int]:
        """The axes that are told, as the library has it: PyTorch takes none told for all, NumPy and JAX no list."""
        if isinstance(axis, tuple | list) and not axis and self.library == "torch":
            raise NotInSubset("dim=(), which PyTorch takes for all axes,")
        if isinstance(axis, list) and self.library != "torch":
            raise NotInSubset("a list of axes, at which NumPy and JAX stop,")
        return axes_from(axis, rank)

    def kept(self) -> bool:
        """Whether axes of a reduction are kept: told by position in PyTorch alone."""
        told = self.take if self.library == "torch" else self.keyword
        return flag(told("keepdims", "keepdim", default=False), "keepdims")


def type_name(value: Any) -> str:
    """What a type of numbers or a device is called; nothing where it is neither."""
    name = value.name if isinstance(value, LibraryName) else value
    return name if isinstance(name, str) else ""


def floating(value: Any) -> None:
    """Refuses a type of numbers that are not real ones: what is stored in it is cut off, or made 0 or 1."""
    if value is not None and type_name(value).rpartition(".")[2] not in FLOATING:
        said = repr(type_name(value))[:40] if type_name(value) else kind_of(value)
        raise NotInSubset(f"the type {said}, which is none of floating-point numbers,")


def as_list(value: Any) -> list[Any]:
    """What stands in a tuple or list; another value alone."""
    return list(value) if isinstance(value, tuple | list) else [value]


def axes_from(axis: Any, rank: int) -> list[int]:
    if axis is None:
        return list(range(rank))
    chosen = as_list(axis)
    if not all(isinstance(one, int) and not isinstance(one, bool) for one in chosen):
        raise NotInSubset("an axis that is no number")
    found = [axis_of(one, rank) for one in chosen]
    if len(set(found)) < len(found):
        raise NotInSubset("an axis that is named twice")
    return sorted(found)


def flag(value: Any, what: str) -> bool:
    if isinstance(value, bool):
        return value
    raise NotInSubset(f"{what} that is neither True nor False")


def whole_number(value: Any, what: str) -> int:
    """An integer that the code has to know."""
    if whole_size(value):
        raise NumbersNeeded
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise NotInSubset(f"{what} that is no integer")


def exact_number(value: Any, what: str) -> int | Fraction:
    if sized(value):
        raise NumbersNeeded
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        is_integer(value)  # else refused where its last digits would decide that
        return value
    raise NotInSubset(f"{what} that is no number")
