"""Independent runs on several processor cores."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Result = TypeVar("Result")


def in_parallel(function: Callable[..., Result], jobs: Sequence[tuple[Any, ...]], worthwhile: bool) -> list[Result]:
    """``function(*job)`` for every job, in order; in processes of their own where that is worthwhile and possible.

    The processes are forked, so that the caller's main module is not run again.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if not worthwhile or cores < 2 or "fork" not in multiprocessing.get_all_start_methods():
        return [function(*job) for job in jobs]
    with multiprocessing.get_context("fork").Pool(min(cores, len(jobs))) as pool:
        return pool.starmap(function, jobs)
