"""Nests as CUDA C++."""

from __future__ import annotations

from dyadic.codegen.c_printer import CPrinter, parameters
from dyadic.codegen.loops.nest import Array, Cell, Vector
from dyadic.codegen.program import variable
from dyadic.symbolic.expressions import Tensor


class CudaPrinter(CPrinter):
    """One ``__global__`` function, every size a constant in it but the batch size."""

    def kernel(self, about: str) -> str:
        nest = self.nest
        arguments = [self._argument(tensor) for tensor in parameters(nest)]
        arguments += ["const int batch"] if self.takes_batch else []
        lines = [
            f"// {about}",
            f'extern "C" __global__ void {nest.kernel.name}({", ".join(arguments)})',
            "{",
            *(f"    {self.declaration(array)}" for array in nest.arrays),
            *self.steps(nest.steps, 1),
            "}",
        ]
        return "\n".join(lines)

    def _argument(self, tensor: Tensor) -> str:
        type_ = "int" if tensor.name in self.integers else "real"
        const = "" if tensor in self.nest.kernel.writes else "const "
        return f"{const}{type_}* __restrict__ {variable(tensor)}"

    def vector(self, step: Vector) -> str:
        """Several numbers at once: from memory into registers, or from registers into memory."""
        registers = isinstance(step.target, Cell) and not self.arrays[step.target.array].shared
        function = f"{'get' if registers else 'put'}_pack{step.count}"
        return f"{function}(&{self.target(step.target)}, &{self.target(step.source)});"

    def barrier(self) -> str:
        return "__syncthreads();"

    def declaration(self, array: Array) -> str:
        extents = [*array.shape[:-1], array.shape[-1] + array.padding]
        type_ = "int" if array.integer else "real"
        return f"{'__shared__ ' if array.shared else ''}{type_} {array.name}{''.join(f'[{e}]' for e in extents)};"
