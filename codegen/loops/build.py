"""Kernels under their schedules."""

from __future__ import annotations

from dyadic.codegen.loops.kernel import Kernel
from dyadic.codegen.loops.nest import Nest
from dyadic.codegen.loops.place import per_element, together
from dyadic.codegen.loops.schedule import PerElement, Schedule, choose


def nest(kernel: Kernel, schedule: Schedule | None = None) -> Nest:
    """A kernel under a schedule, by default the one chosen for it."""
    schedule = schedule or choose(kernel)
    if isinstance(schedule, PerElement):
        return per_element(kernel, schedule)
    return together(kernel, schedule)
