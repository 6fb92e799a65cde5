"""Tests that take long: only with ``--long``."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def _later(value: Any) -> Any:
    return pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.long)


def often(values: Iterable[Any], is_quick: Callable[[Any], bool]) -> list[Any]:
    """The values of a parameter, of which those that are not quick are left to the long tests.

    A tuple is the values of several parameters.
    """
    return [value if is_quick(value) else _later(value) for value in values]


def one_in(every: int, values: Iterable[Any]) -> list[Any]:
    """The values of a parameter, of which all but the first of each so many are left to the long tests."""
    kept = list(values)
    return [kept[k] if k % every == 0 else _later(kept[k]) for k in range(len(kept))]
