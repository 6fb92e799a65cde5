"""Nests of one thread as functions of plain C."""

from __future__ import annotations

import re
from dataclasses import replace

from dyadic.codegen import c_gathered
from dyadic.codegen.c_gathered import RIGHT, copied, looped, place
from dyadic.codegen.c_printer import CPrinter, parameters, takes_batch
from dyadic.codegen.loops.contraction import Operand
from dyadic.codegen.loops.gathered import GatheredOperand, gathered_product
from dyadic.codegen.loops.kernel import Kernel
from dyadic.codegen.loops.nest import Array, Nest, Vector
from dyadic.codegen.loops.pieces import apart
from dyadic.codegen.loops.product import SUMS, MatrixProduct, matrix_product
from dyadic.codegen.loops.sequential import sequential
from dyadic.symbolic.errors import UnsupportedEquation

_GUARDED_LOAD = re.compile(r"if \(|\?[^:]*\[")
"""Text that reads an array under a condition."""


class SequentialPrinter(CPrinter):
    """One function that is never inlined, so that whoever calls it gets the same bits."""

    restrict = "restrict"

    def kernel(self, about: str) -> str:
        nest = self.nest
        body = self._body()
        guarded = any(_GUARDED_LOAD.search(line) for line in body)
        head = f"{'GUARDED_KERNEL' if guarded else 'KERNEL'} void {nest.kernel.name}({', '.join(self.arguments())})"
        return "\n".join([f"// {about}", head, "{", *body, "}"])

    def _body(self) -> list[str]:
        kernel = self.nest.kernel
        parts = apart(kernel)
        if len(parts) > 1 and any(matrix_product(part) for part in parts):
            return [line for part in parts for line in self._part(part)]
        product = matrix_product(kernel) or gathered_product(kernel)
        if product is None:
            return [*(f"    {self.declaration(array)}" for array in self.nest.arrays), *self.steps(self.nest.steps, 1)]
        if isinstance(product, MatrixProduct):
            return [f"    {line}" for line in self._matrix_product(product)]
        lines = [f"    {line}" for line in c_gathered.lines(self, product)]
        return lines + (self._epilogue(product.epilogue, (), 1) if product.epilogue is not None else [])

    def _part(self, kernel: Kernel) -> list[str]:
        """A piece of the last axis, one of which is a matrix product."""
        inside = SequentialPrinter(sequential(kernel), self.suffix)._body()
        declares = any(re.match(r" *real[* ]", line) for line in inside)
        return ["    {", *(f"    {line}" for line in inside), "    }"] if declares else inside

    def _matrix_product(self, product: MatrixProduct) -> list[str]:
        """The calls of the matrix product, in loops over the outer axes, and what follows them."""
        rows, columns = (self.whole(extent) for extent in product.extents)
        staged = product.out is None
        out = f"{SUMS}, {columns}" if product.out is None else place(self, product.out).rpartition(", ")[0]
        lines: list[str] = []
        calls: list[str] = []
        for k, term in enumerate(product.terms):
            right = place(self, term.right)
            if term.copied:
                entry, slow, fast = term.copied
                lines += copied(self, GatheredOperand(Operand(entry, (), ()), slow, fast), RIGHT)
                right = f"{RIGHT}, {columns}, 1"
            adds = " || ".join(f"{axis.index.name} != 0" for axis in term.summed) or "0"
            call = f"product({rows}, {columns}, {self.whole(term.depth)}, {place(self, term.left)}, {right}, {out}, "
            call += f"{self.real(product.scale)}, {1 if k else adds});"
            calls += looped(self, term.summed, [call])
        if staged and product.epilogue is not None:
            array = Array(SUMS, (int(product.extents[0] * product.extents[1]),), shared=False)
            calls += self._epilogue(product.epilogue, (array,), 0)
            lines.append(self.declaration(array))
        lines += looped(self, product.outer, calls)
        return lines + (self._epilogue(product.epilogue, (), 0) if product.epilogue is not None and not staged else [])

    def _epilogue(self, kernel: Kernel, arrays: tuple[Array, ...], depth: int) -> list[str]:
        """What is done at each point of a kernel."""
        nest = sequential(kernel)
        printer = SequentialPrinter(replace(nest, arrays=(*nest.arrays, *arrays)), self.suffix)
        return printer.steps(nest.steps, depth)

    def vector(self, step: Vector) -> str:
        raise UnsupportedEquation("one thread moves no packs")

    def barrier(self) -> str:
        raise UnsupportedEquation("one thread waits for nobody")


def wrapper(nest: Nest) -> str:
    """A function of one signature for all kernels: pointers to the arrays in order, and the batch size."""
    names = [f"array[{k}]" for k in range(len(parameters(nest)))] + (["batch"] if takes_batch(nest) else [])
    return f"static void run_{nest.kernel.name}(void** array, int batch) {{ {nest.kernel.name}({', '.join(names)}); }}"


__all__ = ["SequentialPrinter", "wrapper"]
