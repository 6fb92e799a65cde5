"""Functions that Python has itself, and the subset knows."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from math import fsum
from typing import Any, Protocol

from dyadic.symbolic.readers.python_code.array_forms import FormArray
from dyadic.symbolic.readers.python_code.call_arguments import (
    SizeName,
    size_value,
    sized,
    sliced,
    whole_number,
    whole_size,
)
from dyadic.symbolic.readers.python_code.known_floats import KnownFloat, as_python, magnitude, rounded
from dyadic.symbolic.readers.python_code.known_values import is_number
from dyadic.symbolic.readers.python_code.lazy_values import DictionaryView, LazyItems, UntoldText
from dyadic.symbolic.readers.python_code.source_text import NotInSubset, NumbersNeeded, ShapesDoNotFit
from dyadic.symbolic.readers.python_code.stored_arrays import SizeRange, StoredArray

MOST_TURNS = 1_000
"""Turns of a loop."""


class Caller(Protocol):
    """What these functions ask of the reader that meets a call of them."""

    def listed(self, value: Any) -> list[Any]: ...
    def iterated(self, value: Any) -> Iterator[Any]: ...
    def operation(self, operator: type[ast.operator], one: Any, two: Any) -> Any: ...
    def truth(self, value: Any) -> bool: ...
    def absolute(self, value: Any) -> Any: ...
    def number_of(self, array: FormArray) -> StoredArray: ...


def _length(calls: Caller, given: list[Any]) -> Any:
    (value,) = given
    if isinstance(value, StoredArray):
        if not value.array.shape:
            raise NotInSubset("the length of a number")
        return size_value(value.array.shape[0])
    if isinstance(value, DictionaryView):
        return len(value.owner)
    if isinstance(value, tuple | list | dict | str):
        return len(value)
    raise NotInSubset("the length of this")


def _range(calls: Caller, given: list[Any]) -> range | SizeRange:
    if len(given) == 1 and isinstance(given[0], SizeName):
        return SizeRange(given[0].name)
    bounds = [whole_number(bound, "a bound of a loop") for bound in given]
    if len(bounds) == 3 and not bounds[2]:
        raise NotInSubset("this range")
    found = range(*bounds)
    if len(found) > MOST_TURNS:
        raise NotInSubset(f"a loop of more than {MOST_TURNS} turns")
    return found


def _number(calls: Caller, given: list[Any]) -> Any:
    (value,) = given
    if isinstance(value, str):
        infinite = value.strip().lstrip("+-").lower() in ("inf", "infinity", "nan")
        raise NotInSubset("a number that is not finite" if infinite else "a number from a text")
    if isinstance(value, StoredArray):
        return calls.number_of(replace(value.array, truth=False, whole=False))
    return KnownFloat(value, float(value)) if isinstance(value, int) else value


def _int(calls: Caller, given: list[Any]) -> Any:
    (value,) = given
    if isinstance(value, int | Fraction):
        return int(as_python(value))
    if whole_size(value):
        return value
    if sized(value):
        raise NumbersNeeded
    raise NotInSubset("an integer from this")


def _sum(calls: Caller, given: list[Any]) -> Any:
    total: Any = 0
    values = calls.listed(given[0])
    for value in values:
        total = calls.operation(ast.Add, total, value)
    if isinstance(total, KnownFloat):  # how it is rounded depends on the version of Python
        floats = list(map(as_python, values))
        return total if total.computed == fsum(floats) else KnownFloat(total, None)
    return total


def _rounded(calls: Caller, given: list[Any]) -> Any:
    value, digits = given[0], given[1] if len(given) > 1 else None
    if sized(value):
        raise NumbersNeeded
    if not is_number(value):
        raise NotInSubset("round of what is no number that is known")
    return rounded(value, None if digits is None else whole_number(digits, "a number of digits"))


def _extreme(name: str) -> Callable[[Caller, list[Any]], Any]:
    def builtin(calls: Caller, given: list[Any]) -> Any:
        values = calls.listed(given[0]) if len(given) == 1 else given
        if any(map(sized, values)):
            raise NumbersNeeded
        numbers = all(isinstance(value, int | Fraction) for value in values)
        if not values or not (numbers or all(isinstance(value, str) for value in values)):
            raise NotInSubset(f"{name} of arrays or what has no order (write np.{name}imum or np.{name})")
        found = max if name == "max" else min
        return found(values, key=as_python) if numbers else found(values)

    return builtin


def _text(calls: Caller, given: list[Any]) -> str | UntoldText:
    (value,) = given
    return str(value) if isinstance(value, str | int | None.__class__) else UntoldText()


def _appended(calls: Caller, owner: list[Any], given: list[Any]) -> None:
    (value,) = given
    owner.append(value)


def _extended(calls: Caller, owner: list[Any], given: list[Any]) -> None:
    (values,) = given
    owner.extend(calls.listed(values))


def _inserted(calls: Caller, owner: list[Any], given: list[Any]) -> None:
    place, value = given
    owner.insert(whole_number(place, "an index"), value)


def _popped(calls: Caller, owner: list[Any], given: list[Any]) -> Any:
    place = whole_number(given[0], "an index") if given else -1
    if not -len(owner) <= place < len(owner):
        raise NotInSubset(f"the index {place} of {len(owner)} entries")
    return owner.pop(place)


def _turned(calls: Caller, owner: list[Any], given: list[Any]) -> None:
    owner.reverse()


def _bounded(
    method: Callable[[Caller, list[Any], list[Any]], Any], least: int, most: int
) -> Callable[[Caller, list[Any], list[Any]], Any]:
    def checked(calls: Caller, owner: list[Any], given: list[Any]) -> Any:
        if not least <= len(given) <= most:
            raise NotInSubset(f"this method of {len(given)} arguments")
        found = method(calls, owner, given)
        if len(owner) > MOST_TURNS:
            raise NotInSubset(f"a list of more than {MOST_TURNS} entries")
        return found

    return checked


LIST_METHODS = {
    "append": _bounded(_appended, 1, 1), "extend": _bounded(_extended, 1, 1), "insert": _bounded(_inserted, 2, 2),
    "pop": _bounded(_popped, 0, 1), "reverse": _bounded(_turned, 0, 0),
}  # fmt: skip


def _reversed(calls: Caller, given: list[Any]) -> LazyItems:
    (value,) = given
    if isinstance(value, SizeRange):
        raise NumbersNeeded
    if isinstance(value, LazyItems | dict | DictionaryView):
        raise NotInSubset("this from the end on")
    return LazyItems(reversed(value if isinstance(value, list | range) else calls.listed(value)))


def zipped(calls: Caller, given: list[Any], strict: bool) -> LazyItems:
    """``zip(*given, strict=strict)``."""
    iterators = [calls.iterated(value) for value in given]

    def rows() -> Iterator[Any]:
        try:
            yield from zip(*iterators, strict=strict)
        except ValueError as error:
            raise ShapesDoNotFit("zip of what has other lengths") from error

    return LazyItems(rows())


_MANY = 100
USE_UP = ("sum", "max", "min", "tuple", "list", "any", "all")
"""What asks a generator for its items at once; any and all for as many as they need."""
COUNTS = {
    "range": (1, 3), "slice": (1, 3), "max": (1, _MANY), "min": (1, _MANY), "tuple": (0, 1), "list": (0, 1),
    "dict": (0, 0), "pow": (2, 2), "zip": (0, _MANY), "print": (0, _MANY),
    "enumerate": (1, 2), "round": (1, 2), "divmod": (2, 2),
}  # fmt: skip
"""The fewest and the most arguments, where it is not one: what a further one would mean is not known here."""
BUILTINS: dict[str, Callable[[Caller, list[Any]], Any]] = {
    "len": _length,
    "str": _text,
    "range": _range,
    "slice": lambda calls, given: sliced(given),
    "float": _number,
    "int": _int,
    "abs": lambda calls, given: magnitude(given[0]) if is_number(given[0]) else calls.absolute(given[0]),
    "bool": lambda calls, given: calls.truth(given[0]),
    "round": _rounded,
    "divmod": lambda calls, given: (calls.operation(ast.FloorDiv, *given), calls.operation(ast.Mod, *given)),
    "sum": _sum,
    "max": _extreme("max"),
    "min": _extreme("min"),
    "tuple": lambda calls, given: tuple(calls.listed(given[0])) if given else (),
    "list": lambda calls, given: calls.listed(given[0]) if given else [],
    "dict": lambda calls, given: {},
    "enumerate": lambda calls, given: LazyItems(
        enumerate(calls.iterated(given[0]), *[whole_number(first, "a number to begin with") for first in given[1:]])
    ),
    "reversed": _reversed,
    "print": lambda calls, given: None,
    "pow": lambda calls, given: calls.operation(ast.Pow, *given),
    "all": lambda calls, given: all(map(calls.truth, calls.iterated(given[0]))),
    "any": lambda calls, given: any(map(calls.truth, calls.iterated(given[0]))),
}

__all__ = ["BUILTINS", "COUNTS", "LIST_METHODS", "MOST_TURNS", "USE_UP", "Caller", "zipped"]
