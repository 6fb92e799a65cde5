"""A long sum with few results, in two kernels: partial sums over chunks of its first axis, then their sum.

The order of additions is fixed by the sizes, so results are the same in every run; nothing is added atomically.
"""

from __future__ import annotations

from sympy import Expr, Integer

from dyadic.codegen.loops.kernel import Accumulate, Axis, Kernel, Let, Local, Put
from dyadic.codegen.loops.place import ceiling, count
from dyadic.codegen.loops.schedule import PROCESSORS, estimate
from dyadic.symbolic.expressions import Element, Index, Inside, Tensor
from dyadic.symbolic.tensor_names import Name, V

CHUNK, WITHIN = Index("chunk"), Index("within")
PART = "part"
"""Kind of the tensor of partial sums."""
_LONG, _FEW = 2048, 4096


def chunk_length(kernel: Kernel) -> int | None:
    """How many points of a sum's first axis make a chunk, or None if the sum is best left whole."""
    if len(kernel.accumulators) != 1 or not isinstance(kernel.statements[0], Accumulate) or not kernel.axes:
        return None
    total = kernel.statements[0]
    points, length = estimate(count(kernel.axes)), estimate(count(total.axes))
    if total.kind != "sum" or total.inner or length < _LONG or points > _FEW or length < 4 * points:
        return None
    first = estimate(total.axes[0].extent)
    parts = min(first, max(2, PROCESSORS * 64 // max(points, 64)), length // 256)
    return -(-first // parts) if parts > 1 else None


def split(kernel: Kernel, length: int) -> tuple[Kernel, Kernel]:
    """Partial sums over ``length`` points of the first axis each, and the kernel that adds them up."""
    total, *rest = kernel.statements
    assert isinstance(total, Accumulate)
    first, *others = total.axes
    chunks = ceiling(first.extent, length)
    position: Expr = CHUNK * length + WITHIN
    exact = first.extent.is_Integer and int(first.extent) % length == 0
    inside = () if exact else (Inside(position, first.extent),)
    table = {first.index: position}
    local = Local("part_value")
    tensor = Tensor(Name(PART, V), (chunks, *(axis.extent for axis in kernel.axes)))
    sums = Accumulate(
        total.local,
        "sum",
        (Axis(WITHIN, Integer(length)), *others),
        (*inside, *(guard.xreplace(table) for guard in total.guards)),
        (),
        total.value.xreplace(table),
    )
    axes = (Axis(CHUNK, chunks), *kernel.axes)
    entry = Element(Name(PART, V), *(axis.index for axis in axes))
    read = {e.name for e in total.value.atoms(Element)} | {
        e.name for guard in total.guards for e in guard.atoms(Element)
    }
    reads = tuple(t for t in kernel.reads if t.name in read)
    partial = Kernel(
        f"{kernel.name}_parts",
        axes,
        (sums, Let(local, total.local), Put(entry, local)),
        reads,
        (tensor,),
        kernel.integers & read,
        kernel.defines,
    )
    later = {e.name for statement in rest for e in _loads(statement)}
    whole = Accumulate(total.local, "sum", (Axis(CHUNK, chunks),), (), (), entry)
    reads = (*(t for t in kernel.reads if t.name in later), tensor)
    final = Kernel(kernel.name, kernel.axes, (whole, *rest), reads, kernel.writes, kernel.integers, kernel.defines)
    return partial, final


def _loads(statement: object) -> set[Element]:
    return statement.value.atoms(Element) if isinstance(statement, Let | Put) else set()


__all__ = ["PART", "chunk_length", "split"]
