"""Claims that are kept for later runs keep the components that were called when they were made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import ParamSpec, TypeVar

from dyadic.proofs.checker.trust import Called, recording
from dyadic.proofs.claims import Claim

Arguments = ParamSpec("Arguments")
Found = TypeVar("Found", Claim, list[Claim])


def recorded(function: Callable[Arguments, Found]) -> Callable[Arguments, Found]:
    """The function, its claims' lists of what is trusted replaced by what it called; to go beneath a cache."""

    @wraps(function)
    def run(*arguments: Arguments.args, **options: Arguments.kwargs) -> Found:
        with recording() as called:
            found = function(*arguments, **options)
        trusted = Called(sorted(called))
        if isinstance(found, Claim):
            return replace(found, trusted=trusted)
        return [replace(claim, trusted=trusted) for claim in found]

    return run
