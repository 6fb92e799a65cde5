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
        product = matrix_product(self.nest.kernel)
        gathered = gathered_product(self.nest.kernel)
        if product is not None:
            lines = self._matrix_product(product)
        elif gathered is not None:
            lines = c_gathered.lines(self, gathered)
        else:
            return [*(f"    {self.declaration(array)}" for array in self.nest.arrays), *self.steps(self.nest.steps, 1)]
        found = product or gathered
        if found is not None and found.epilogue is not None:
            rest = SequentialPrinter(sequential(found.epilogue), self.suffix)
            lines += rest.steps(rest.nest.steps, 1)
        return lines

    def _matrix_product(self, product: MatrixProduct) -> list[str]:
        """The call of the matrix product, in loops over the groups."""
        rows, columns, depth = (self.whole(extent) for extent in product.extents)
        left, right, out = (c_gathered.place(self, v) for v in (product.left, product.right, product.out))
        scale = self.real(product.scale)
        lines = []
        for level, axis in enumerate(product.groups, 1):
            name = axis.index.name
            lines.append(f"{'    ' * level}for (int {name} = 0; {name} < {self.whole(axis.extent)}; ++{name}) {{")
        indent = "    " * (1 + len(product.groups))
        call = f"product({rows}, {columns}, {depth}, {left}, {right}, {out.rpartition(', ')[0]}, {scale}, 0);"
        lines.append(indent + call)
        return lines + [f"{'    ' * level}}}" for level in range(len(product.groups), 0, -1)]

    def vector(self, step: Vector) -> str:
        raise UnsupportedEquation("one thread moves no packs")

    def barrier(self) -> str:
        raise UnsupportedEquation("one thread waits for nobody")


def wrapper(nest: Nest) -> str:
    """A function of one signature for all kernels: pointers to the arrays in order, and the batch size."""
    names = [f"array[{k}]" for k in range(len(parameters(nest)))] + (["batch"] if takes_batch(nest) else [])
    return f"static void run_{nest.kernel.name}(void** array, int batch) {{ {nest.kernel.name}({', '.join(names)}); }}"


__all__ = ["SequentialPrinter", "wrapper"]
