"""Nests of one thread as functions of plain C."""

from __future__ import annotations

from dyadic.codegen import c_gathered
from dyadic.codegen.c_printer import CPrinter, parameters, takes_batch
from dyadic.codegen.loops.gathered import gathered_product
from dyadic.codegen.loops.nest import Nest, Vector
from dyadic.codegen.loops.product import MatrixProduct, matrix_product
from dyadic.codegen.loops.sequential import sequential
from dyadic.symbolic.errors import UnsupportedEquation


class SequentialPrinter(CPrinter):
    """One function that is never inlined, so that whoever calls it gets the same bits."""

    restrict = "restrict"

    def kernel(self, about: str) -> str:
        nest = self.nest
        body = self._body()
        guarded = any(" ? " in line or "if (" in line for line in body)
        head = f"{'GUARDED_KERNEL' if guarded else 'KERNEL'} void {nest.kernel.name}({', '.join(self.arguments())})"
        return "\n".join([f"// {about}", head, "{", *body, "}"])

    def _body(self) -> list[str]:
        kernel = self.nest.kernel
        product = matrix_product(kernel) or gathered_product(kernel)
        if product is None:
            return [*(f"    {self.declaration(array)}" for array in self.nest.arrays), *self.steps(self.nest.steps, 1)]
        if isinstance(product, MatrixProduct):
            called = self._matrix_product(product)
        else:
            called = c_gathered.lines(self, product)
        lines = [f"    {line}" for line in called]
        if product.epilogue is not None:
            rest = SequentialPrinter(sequential(product.epilogue), self.suffix)
            lines += rest.steps(rest.nest.steps, 1)
        return lines

    def _matrix_product(self, product: MatrixProduct) -> list[str]:
        """The call of the matrix product, in loops over the groups."""
        rows, columns, depth = (self.whole(extent) for extent in product.extents)
        left, right, out = (c_gathered.place(self, v) for v in (product.left, product.right, product.out))
        scale = self.real(product.scale)
        call = f"product({rows}, {columns}, {depth}, {left}, {right}, {out.rpartition(', ')[0]}, {scale}, 0);"
        return c_gathered.looped(self, product.groups, [call])

    def vector(self, step: Vector) -> str:
        raise UnsupportedEquation("one thread moves no packs")

    def barrier(self) -> str:
        raise UnsupportedEquation("one thread waits for nobody")


def wrapper(nest: Nest) -> str:
    """A function of one signature for all kernels: pointers to the arrays in order, and the batch size."""
    names = [f"array[{k}]" for k in range(len(parameters(nest)))] + (["batch"] if takes_batch(nest) else [])
    return f"static void run_{nest.kernel.name}(void** array, int batch) {{ {nest.kernel.name}({', '.join(names)}); }}"


__all__ = ["SequentialPrinter", "wrapper"]
