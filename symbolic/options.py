"""Reading options: every value checked for its kind, every error with a place and a remedy."""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Self

from sympy import Expr, Integer, Rational

from dyadic.symbolic.costs import COST_OWNER
from dyadic.symbolic.errors import SpecError, as_written
from dyadic.symbolic.layers import Option
from dyadic.symbolic.limits import LARGEST_SIZE, LONGEST_NAME, MOST_DIGITS, MOST_IN_A_LIST
from dyadic.symbolic.looks import disguised, is_visible, look, shows_nothing
from dyadic.symbolic.structure import extent_of

_SIZE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


def read_options(where: str, options: Mapping[str, Option], entry: Mapping[str, Any]) -> dict[str, Any]:
    """Every option of a layer or cost type, from a table or by default."""
    return {key: _option(where, key, option, entry) for key, option in options.items()}


def _option(where: str, key: str, option: Option, entry: Mapping[str, Any]) -> Any:
    value = entry.get(key)
    if value is None:
        if option.default is None and not option.optional:
            raise SpecError(where, f"{key!r} is missing", f"add {key} = ...")
        value = option.default
        if value is None or option.kind in ("size", "sizes"):
            return value if not isinstance(value, tuple) else tuple(Integer(n) for n in value)
    match option.kind:
        case "size":
            return size_of(where, key, value)
        case "sizes":
            return tuple(size_of(where, key, item) for item in _list(where, key, value))
        case "shape":
            items = _list(where, key, value)
            return tuple(Integer(-1) if item == -1 else size_of(where, key, item) for item in items)
        case "integer":
            return _integer(where, key, value)
        case "integers":
            return tuple(_integer(where, key, item) for item in _list(where, key, value))
        case "number":
            return number(where, key, value)
        case "choice":
            return choice(where, key, value, option.choices)
        case "text":
            if not isinstance(value, str):
                raise SpecError(where, f"{key} must be text, not {as_written(value)}", f'write {key} = "..."')
            return value
    if not isinstance(value, bool):
        raise SpecError(
            where, f"{key} must be true or false, not {as_written(value)}", f"write {key} = true or {key} = false"
        )
    return value


def _list(where: str, key: str, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise SpecError(where, f"{key} must be a list, not {as_written(value)}", f"write {key} = [..., ...]")
    if len(value) > MOST_IN_A_LIST:
        raise SpecError(where, f"{key} has {len(value)} entries", f"at most {MOST_IN_A_LIST} are read")
    return list(value)


def _integer(where: str, key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise SpecError(where, f"{key} must be an integer, not {as_written(value)}", f"write for instance {key} = 1")
    if abs(value) >= 2**31:
        raise SpecError(where, f"{key} = {as_written(value)} is too large", "write an integer of 32 bits")
    return value


def number(where: str, key: str, value: Any) -> Rational:
    """An exact number: a float stands for the decimal fraction that it is written as."""
    if isinstance(value, Rational | Fraction):
        return Rational(value.numerator, value.denominator)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SpecError(where, f"{key} must be a number, not {as_written(value)}", f"write for instance {key} = 0.5")
    return Rational(repr(value))


class WrittenNumber(Fraction):
    """A decimal fraction of a file, exact, and shown in messages as it is written there."""

    __slots__ = ("_text",)
    _text: str

    def __new__(cls, text: str) -> Self:
        found = super().__new__(cls, text)
        found._text = text
        return found

    def __repr__(self) -> str:
        return self._text


def decimal(text: str) -> Fraction | float:
    """A number of a TOML file, not rounded.  Raises :class:`ValueError` where it takes more digits than are read."""
    try:
        _, digits, exponent = Decimal(text).as_tuple()
    except ArithmeticError:
        digits, exponent = (), MOST_DIGITS + 1
    if not isinstance(exponent, int):
        return float(text)  # inf or nan, which are refused with their place
    if max(len(digits) + exponent, len(digits), -exponent) > MOST_DIGITS:
        raise ValueError(f"{text:.20} takes more than {MOST_DIGITS} digits")
    return WrittenNumber(text)


TAKEN_SIZES = ("C", "lse", "lsebar", "pi")
"""What the equations of costs print without the name of a layer, and the number pi: no names of sizes."""
TAKEN_BY_ABSTRACT_COSTS = ("t", "tbar")
"""The same where the cost is abstract."""


def size_of(where: str, key: str, value: Any) -> Expr:
    """A size: a positive integer or a name."""
    if value in TAKEN_SIZES:
        problem = f"{key} holds {as_written(value)}, which stands for something else in the equations"
        raise SpecError(where, problem, f"give the size another name, such as {f'{value}_size'!r}")
    if isinstance(value, Expr):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_SIZE:
        return extent_of(value)
    if isinstance(value, str) and _SIZE_NAME.match(value):
        return extent_of(value)
    if (
        isinstance(value, int | float | Fraction)
        and 0 < value <= LARGEST_SIZE
        and value == int(value)
        and value is not True
    ):
        raise SpecError(where, f"{key} holds {as_written(value)}, which is not an integer", f"write {int(value)}")
    raise SpecError(
        where, f"{key} holds {as_written(value)}, which is not a size",
        f'use a positive integer of at most {LARGEST_SIZE}, or a name such as "n" (letters, digits, underscores)',
    )  # fmt: skip


def choice(where: str, key: str, value: Any, choices: Iterable[str]) -> str:
    """One of several words."""
    names = list(choices)
    if value is None:
        raise SpecError(where, f"{key!r} is missing", f"choose one of {', '.join(names)}")
    if not isinstance(value, str) or value not in names:
        raise SpecError(where, f"{key} {as_written(value)} is unknown", suggest(str(value), names))
    return value


def checked_name(where: str, value: Any) -> str:
    """A name that can be printed."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > LONGEST_NAME:
        remedy = f"use printable text of at most {LONGEST_NAME} characters"
        raise SpecError(where, f"the name {as_written(value, 100)} cannot be used", remedy)
    if not is_visible(value):
        problem = f"the name {value!a} holds characters that are printed as nothing"
        raise SpecError(where, problem, f"write for instance {neutral(value)!r}")
    if found := disguised(value):
        problem = f"the name {value!a} has {unicodedata.name(found)} for a letter that it looks like"
        raise SpecError(where, problem, f"write {look(value)!r}, or use one script in a word")
    if value == COST_OWNER:
        raise SpecError(where, f"the name {value!r} is reserved for the cost", "choose another name")
    return value


NOT_IN_A_NAME = frozenset("[](){},;\"'`")
"""Characters with which the name of a tensor would read like an entry of another one: ``x_a[0]``."""


def tensor_name(where: str, value: Any) -> str:
    """The name of an input or a layer, which stands in the names of tensors."""
    name = checked_name(where, value)
    if found := NOT_IN_A_NAME.intersection(name):
        problem = f"the name {name!r} holds {' '.join(sorted(found))}, with which x_{name} reads like something else"
        raise SpecError(where, problem, f"write for instance {neutral(name)!r}")
    return name


def neutral(name: str) -> str:
    """A name without the characters that it must not hold."""
    plain = "".join("_" if c in NOT_IN_A_NAME or shows_nothing(c) else c for c in name).strip()
    if plain and unicodedata.category(plain[0]).startswith("M"):
        plain = f"_{plain[1:]}"
    return look(plain) if disguised(plain) else plain


def told_apart(where: str, name: str, taken: dict[str, str]) -> None:
    """Refuse a name that looks like another one; ``taken``: the names so far, by their looks."""
    other = taken.setdefault(look(name), name)
    if other != name:
        problem = f"the name {name!a} looks like {other!a}"
        raise SpecError(where, problem, "give them names that can be told apart")


def name_list(where: str, value: Any) -> tuple[str, ...]:
    """The inputs of a layer or cost."""
    if not isinstance(value, list | tuple) or not value or not all(isinstance(item, str) for item in value):
        raise SpecError(where, f"inputs must be a list of names, not {as_written(value)}", 'write inputs = ["..."]')
    return tuple(value)


def known(where: str, table: Mapping[str, Any], keys: Iterable[str]) -> None:
    """Refuse a key that means nothing here."""
    allowed = list(keys)
    for key in table:
        if key not in allowed:
            raise SpecError(where, f"the key {key!r} is unknown", suggest(str(key), allowed))


def suggest(value: str, names: Iterable[str]) -> str:
    """What was perhaps meant, and what there is."""
    candidates = list(names)
    close = difflib.get_close_matches(value, candidates, n=1)
    listed = ", ".join(candidates[:20]) + (", ..." if len(candidates) > 20 else "")
    return f"did you mean {close[0]!r}? (known: {listed})" if close else f"known: {listed}"


def finite(value: Any, path: tuple[str, ...]) -> None:
    """Refuse infinities, NaN and integers of very many digits anywhere in the input."""
    if isinstance(value, int) and abs(value) >= 10**MOST_DIGITS:
        raise SpecError(".".join(path), f"holds an integer of more than {MOST_DIGITS} digits", "use a smaller number")
    if isinstance(value, float) and not math.isfinite(value):
        raise SpecError(".".join(path), f"holds the non-finite number {value}", "use a finite number")
    if isinstance(value, Mapping):
        for key, item in value.items():
            finite(item, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value, 1):
            label = item.get("name") if isinstance(item, Mapping) else None
            finite(item, (*path, str(label if label is not None else position)))
