"""The schedules there are, as data, and which one a kernel gets from its sizes."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Mul

from dyadic.codegen.loops.kernel import Kernel
from dyadic.codegen.program import BATCH
from dyadic.symbolic.expressions import Element

ASSUMED_BATCH = 64
"""What a batch size that is not known counts as where a schedule is chosen."""


@dataclass(frozen=True)
class PerElement:
    """One thread for each element."""

    threads: int = 256


@dataclass(frozen=True)
class Together:
    """``lanes`` threads for each element, ``elements`` of them in a block side by side; lanes is a power of 2."""

    lanes: int
    elements: int = 1


Schedule = PerElement | Together


def estimate(extent: Expr) -> int:
    """A number of points, the batch size counted as :data:`ASSUMED_BATCH`."""
    return int(extent.xreplace({BATCH: ASSUMED_BATCH}))


def choose(kernel: Kernel) -> Schedule:
    """Threads share an element's reduction where it is long and the elements are too few to fill the machine."""
    reductions = kernel.accumulators
    if not reductions:
        return PerElement()
    points = estimate(Mul(*(axis.extent for axis in kernel.axes)))
    length = max(estimate(Mul(*(axis.extent for axis in one.axes))) for one in reductions)
    if length < 32 or points >= 65536 or length * 64 < points:
        return PerElement()
    if len(reductions) == 1 and reductions[0].kind != "argmax" and _neighbours(kernel):
        return Together(lanes=16, elements=16)
    return Together(lanes=32 if length < 256 else 128)


def _neighbours(kernel: Kernel) -> bool:
    """Whether neighbouring elements read neighbouring addresses in every load of the reduction that differs."""
    if not kernel.axes:
        return False
    last = kernel.axes[-1].index
    (reduction,) = kernel.accumulators
    found = [entry for entry in reduction.value.atoms(Element) if entry.has(last)]
    return bool(found) and all(entry.indices[-1].has(last) for entry in found)
