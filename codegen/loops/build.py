"""Kernels under their schedules."""

from __future__ import annotations

from dataclasses import replace

from dyadic.codegen.loops.contraction import contraction
from dyadic.codegen.loops.kernel import Kernel
from dyadic.codegen.loops.nest import Nest
from dyadic.codegen.loops.place import per_element, together
from dyadic.codegen.loops.schedule import PerElement, Schedule, Streamed, Tiled, Together, choose, untiled
from dyadic.codegen.loops.streams import streamed
from dyadic.codegen.loops.tiles import tiled
from dyadic.codegen.loops.warp_tiles import warp_tiled
from dyadic.codegen.program import BATCH

FEW = 8
"""Batches of fewer samples than this leave most of a tile idle: their contractions take another kernel."""


def nest(kernel: Kernel, itemsize: int, schedule: Schedule | None = None, tensor_cores: str | None = None) -> Nest:
    """A kernel under a schedule, by default the one chosen for it.

    itemsize: bytes of a number.  tensor_cores: the format that the factors of contractions there are rounded to.
    """
    schedule = schedule or choose(kernel, itemsize, tensor_cores)
    if isinstance(schedule, PerElement):
        return per_element(kernel, schedule)
    if isinstance(schedule, Together):
        return together(kernel, schedule)
    if isinstance(schedule, Streamed):
        return streamed(kernel, schedule)
    return tiled(kernel, schedule) if isinstance(schedule, Tiled) else warp_tiled(kernel, schedule)


def plain(kernel: Kernel, itemsize: int) -> list[Nest]:
    """What a kernel says, without any schedule to speak of: one thread for each element, part by part."""
    return [nest(part, itemsize, PerElement(32)) for part in kernel.parts]


def few(kernel: Kernel, itemsize: int) -> Nest | None:
    """The nest for fewer than ``FEW`` samples, where a tile's rows (or columns) are the samples and nothing else."""
    found = contraction(kernel)
    if found is None or not isinstance(choose(kernel, itemsize), Tiled):
        return None
    if all([axis.extent for axis in side.axes] != [BATCH] for side in (found.rows, found.columns)):
        return None
    return nest(replace(kernel, name=f"{kernel.name}_few"), itemsize, untiled(kernel, FEW // 2))
