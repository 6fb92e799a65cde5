"""Nests as CUDA C++."""

from __future__ import annotations

from dyadic.codegen.c_printer import CPrinter
from dyadic.codegen.loops.nest import Cell, Commit, Copy, Vector, Wait, WarpProduct


class CudaPrinter(CPrinter):
    """One ``__global__`` function, every size a constant in it but the batch size."""

    restrict = "__restrict__"

    def kernel(self, about: str) -> str:
        nest = self.nest
        lines = [
            f"// {about}",
            f'extern "C" __global__ void {nest.kernel.name}({", ".join(self.arguments())})',
            "{",
            *(f"    {self.declaration(array)}" for array in nest.arrays),
            *self.steps(nest.steps, 1),
            "}",
        ]
        return "\n".join(lines)

    def vector(self, step: Vector) -> str:
        """Several numbers at once: from memory into registers, or from registers into memory."""
        registers = isinstance(step.target, Cell) and not self.arrays[step.target.array].shared
        function = f"{'get' if registers else 'put'}_pack{step.count}"
        return f"{function}(&{self.target(step.target)}, &{self.target(step.source)});"

    def copying(self, step: Copy | Commit | Wait) -> str:
        if isinstance(step, Commit):
            return "commit_copies();"
        if isinstance(step, Wait):
            return f"wait_for_copies<{step.pending}>();"
        operands = f"&{self.target(step.target)}, &{self.target(step.source)}"
        return f"start_copy<{step.count}>({operands}, {self.whole.conditions(step.conditions)});"

    def warp_product(self, step: WarpProduct) -> str:
        """The four sums lie side by side."""
        operands = ", ".join(self.target(cell) for cell in (*step.left, *step.right))
        return f"{step.form}_product(&{self.target(step.sum[0])}, {operands});"

    def barrier(self) -> str:
        return "__syncthreads();"
