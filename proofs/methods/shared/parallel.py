"""Independent runs on several processor cores."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

Result = TypeVar("Result")


def in_parallel(function: Callable[..., Result], jobs: Sequence[tuple[Any, ...]], worthwhile: bool) -> list[Result]:
    """``function(*job)`` for every job, in order; in processes of their own where that is worthwhile and possible.

    The processes are forked, so that the caller's main module is not run again.  Raises :class:`MemoryError` if one of
    them is ended from outside, which is what happens where memory runs out.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if not worthwhile or cores < 2 or "fork" not in multiprocessing.get_all_start_methods():
        return [function(*job) for job in jobs]
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(min(cores, len(jobs)), mp_context=context) as pool:
        try:
            return list(pool.map(function, *zip(*jobs, strict=True)))
        except BrokenProcessPool as error:
            raise MemoryError("a worker process was ended from outside") from error
