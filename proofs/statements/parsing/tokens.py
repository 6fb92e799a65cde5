"""What both notations are read into before the grammar sees it, and the limits that hold for every claim."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dyadic.symbolic.errors import SpecError, pointed_at

DEEPEST = 40
LONGEST_INDEX = 9
_LARGEST_POWER_OF_TEN = 40


def quoted(text: str) -> str:
    """What was written, for a message: backslashes as they are, what cannot be printed escaped."""
    return repr(text).replace("\\\\", "\\")


class Unreadable(Exception):
    """A formula that is not in the documented notation; ``position`` counts characters from 0."""

    def __init__(self, position: int, problem: str) -> None:
        super().__init__(problem)
        self.position, self.problem = position, problem


def doubtful_argument(name: str, position: int) -> Unreadable:
    """For a function without brackets before more than one symbol: of log x y and log x^2 each has two readings."""
    problem = f"what {name} is of is doubtful: write {name}(x y) or {name}(x) y, {name}(x^2) or {name}(x)^2"
    return Unreadable(position, problem)


@dataclass(frozen=True)
class Limits:
    """Of a formula: its characters, its symbols, the digits of a number, the integers of an exponent."""

    text: int = 20_000
    tokens: int = 5_000
    digits: int = 40
    exponent: int = 16


CLAIMED = Limits()
"""What a person may write."""
PRINTED = Limits(5_000_000, 500_000, 2_500, 2**22)
"""What is printed of a network that was read: its numbers may have a thousand digits, as 1e-308 does."""


@dataclass(frozen=True)
class Token:
    """kind: number, atom, function, extremum, call, reduction, operator, transposed, subscript, where or end.

    value: a Fraction; an expression as nested lists; (name, order); max, min or a name; a :class:`ReductionHead`; the
    operator; indices; brackets that are 1 where the equation is claimed.
    """

    kind: str
    value: Any
    position: int


@dataclass(frozen=True)
class ReductionHead:
    """The head of a sum or the like: what is made, its index, its extent (None: the axis') and where it starts.

    Both are counted from 0; where one of them is an expression (a list), as the claim counts, and the extent is the
    number before which the index ends.  start None: from the first value.  conditions: what is said beside the range.
    among: whether it is one of several parts between commas.
    """

    kind: str
    index: str
    extent: int | str | list[Any] | None
    start: int | list[Any] | None = 0
    conditions: tuple[Condition, ...] = ()
    among: bool = False

    @property
    def is_composed(self) -> bool:
        """Whether the start or the end is an expression."""
        endless = self.extent is None and self.start != 0
        return endless or isinstance(self.extent, list) or not isinstance(self.start, int)


@dataclass(frozen=True)
class Condition:
    """A bracket that is stated with the ranges of a sum.

    head: that of a sum which it may mean as well, over an index without a range of its own (:mod:`.conditional_sums`).
    certain: whether it is a condition whatever stands elsewhere.
    """

    bracket: Any
    position: int
    head: ReductionHead | None = None
    certain: bool = False


PI = ["apply", "acos", 0, -1]
"""The number pi."""


class FormulaError(SpecError):
    """A formula that cannot be read."""

    def __init__(self, where: str, source: str, error: Unreadable) -> None:
        near = source[max(0, error.position - 15) : error.position + 25].replace("\n", " ")
        problem = f"{error.problem} (at character {error.position + 1}, near {quoted(near)})"
        super().__init__(where, problem, "see `dyadic explain claims`")
        start = source.rfind("\n", 0, error.position) + 1
        self.pointed = pointed_at(source[start:].partition("\n")[0], error.position - start)


def refuse(where: str, source: str, error: Unreadable) -> SpecError:
    """The one message for a formula that cannot be read: where, what, and the text nearby."""
    return FormulaError(where, source, error)


def read_number(written: str, at: int, most: int) -> Fraction:
    """A decimal number, exactly; most: how many digits it may have."""
    digits, _, exponent = written.lower().partition("e")
    if len(digits) > most or len(exponent) > 4 or abs(int(exponent or 0)) > _LARGEST_POWER_OF_TEN:
        raise Unreadable(at, f"the number has more than {most} digits")
    return Fraction(written)
