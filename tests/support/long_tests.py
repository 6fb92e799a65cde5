"""Tests that take long: only with ``--long``."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def often(values: Iterable[Any], is_quick: Callable[[Any], bool]) -> list[Any]:
    """The values of a parameter, of which those that are not quick are left to the long tests."""
    return [value if is_quick(value) else pytest.param(value, marks=pytest.mark.long) for value in values]


def one_in(every: int, values: Iterable[Any]) -> list[Any]:
    """The values of a parameter, of which all but the first of each so many are left to the long tests."""
    return one_row_in(every, [(value,) for value in values])


def one_row_in(every: int, rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    """The same of several parameters together."""
    return [pytest.param(*row, marks=[pytest.mark.long] if k % every else []) for k, row in enumerate(rows)]
