"""Tests that take long: only with ``--long``."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def often(values: Iterable[Any], is_quick: Callable[[Any], bool]) -> list[Any]:
    """The values of a parameter, of which those that are not quick are left to the long tests."""
    return [value if is_quick(value) else pytest.param(value, marks=pytest.mark.long) for value in values]
