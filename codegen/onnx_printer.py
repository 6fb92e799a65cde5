"""Index definitions as operations of ONNX, on whole arrays: what numpy_printer does, with values for pieces of code.

Every sub-expression is a value whose axes are a subset of the indices; sums of products become matrix products.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from sympy import Add, Expr, Mul, Pow, Rational

from dyadic.codegen.factors import divisions, guarded_factors, pull_out, split_product, vanishes
from dyadic.codegen.log_sums import Apart
from dyadic.codegen.numpy_guards import Guarded, tame
from dyadic.codegen.numpy_windows import Divisions
from dyadic.codegen.onnx_arrays import BATCH_NUMBER, ArrayOperations, IndexedValue
from dyadic.codegen.onnx_entries import EntryReader
from dyadic.codegen.onnx_functions import applied
from dyadic.codegen.onnx_operations import Operations
from dyadic.codegen.prepare import prepare
from dyadic.codegen.program import BATCH, variable
from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import (
    Apply,
    Bracket,
    Definition,
    Element,
    Index,
    Reduction,
    Same,
    Tensor,
    split_guards,
    total,
)
from dyadic.symbolic.indices import simplify_bracket
from dyadic.symbolic.printing import signed_terms
from dyadic.symbolic.tensor_names import Name

_LARGEST_POWER = 4


class OnnxPrinter:
    """Adds definitions to a list of operations.

    tensors: what the definitions read, by the names that :func:`variable` gives them; sizes: numbers for the sizes.
    """

    def __init__(self, operations: Operations, tensors: Iterable[Tensor], sizes: Mapping[Expr, Expr]) -> None:
        self.operations, self.sizes = operations, dict(sizes)
        self.values: dict[Name, str] = {}
        self.shapes: dict[Name, tuple[Expr, ...]] = {}
        for tensor in tensors:
            self.values[tensor.name], self.shapes[tensor.name] = variable(tensor), self._shape(tensor)

    def _shape(self, tensor: Tensor) -> tuple[Expr, ...]:
        return tuple(extent.xreplace(self.sizes) for extent in tensor.shape)

    def define(self, item: Definition) -> str:
        """The value of a definition, with its axes in their order."""
        self.shapes[item.tensor.name] = shape = self._shape(item.tensor)
        whole, ranges = prepare(item, self.shapes, self.sizes)
        self.arrays = ArrayOperations(self.operations, ranges)
        self.entries = EntryReader(self.arrays, self.values, self.shapes)
        self.divisions: Divisions = ()
        self.guards: tuple[Expr, ...] = ()
        name = self.arrays.completed(self._visit(whole.body), whole.indices).name
        if whole.indices != item.indices:
            name = self.arrays.reshaped(name, shape)
        self.values[item.tensor.name] = name
        return name

    # -- the walk ----------------------------------------------------------------------------------------------

    def _visit(self, node: Expr) -> IndexedValue:
        if node.is_number:
            return self._number(float(node))
        if isinstance(node, Element):
            return self._entry(node)
        if isinstance(node, Apply):
            value = self._visit(node.argument)
            return IndexedValue(applied(self.operations, node.name, node.order, value.name), value.axes)
        if isinstance(node, Add):
            return self._sum(node)
        if isinstance(node, Apart):
            return self._visit(node.args[0])
        if isinstance(node, Mul | Bracket):
            return self._product(node)
        if isinstance(node, Pow) and isinstance(node.exp, Rational):
            return self._power(node)
        if isinstance(node, Reduction):
            return self._reduction(node)
        if isinstance(node, Guarded):
            argument, harmless, *guards = node.args
            other = float(harmless) if harmless.is_Integer else -np.inf
            return self._where(self._mask(guards), self._visit(argument), other)
        if node == BATCH:
            return IndexedValue(BATCH_NUMBER, ())
        raise UnsupportedEquation(f"the onnx target cannot write {type(node).__name__}")

    def _number(self, value: float) -> IndexedValue:
        return IndexedValue(self.operations.real(value), ())

    def _entry(self, node: Element, fill: float = 0.0) -> IndexedValue:
        return self.entries.entry(node, self.divisions, self.guards, fill)

    def _sum(self, node: Add) -> IndexedValue:
        (sign, first), *others = signed_terms(node)
        found = self._visit(first)
        if sign == "-":
            found = IndexedValue(self.operations.add("Neg", found.name), found.axes)
        for sign, term in others:
            found = self.arrays.elementwise("Sub" if sign == "-" else "Add", found, self._visit(term))
        return found

    def _power(self, node: Pow) -> IndexedValue:
        if node.exp.is_negative:
            return self._over(self._number(1.0), self._visit(1 / node))
        base = self._visit(node.base)
        if node.exp == Rational(1, 2):
            return IndexedValue(self.operations.add("Sqrt", base.name), base.axes)
        if node.exp.is_Integer and node.exp <= _LARGEST_POWER:
            return self._times([base] * int(node.exp))
        return self.arrays.elementwise("Pow", base, self._number(float(node.exp)))

    def _times(self, values: Sequence[IndexedValue]) -> IndexedValue:
        found = values[0]
        for value in values[1:]:
            found = self.arrays.elementwise("Mul", found, value)
        return found

    def _over(self, top: IndexedValue, bottom: IndexedValue) -> IndexedValue:
        return self.arrays.elementwise("Div", top, bottom)

    # -- products and brackets ---------------------------------------------------------------------------------

    def _product(self, node: Expr) -> IndexedValue:
        restore = self.divisions, self.guards
        number, factors = self._factors(node)
        bottom = [1 / f for f in factors if isinstance(f, Pow) and f.exp.is_negative]
        top = [self._factor(f) for f in factors if not (isinstance(f, Pow) and f.exp.is_negative)]
        below = [self._visit(factor) for factor in bottom]
        self.divisions, self.guards = restore
        found = self._scaled(number, self._times(top)) if top else self._number(float(number))
        return self._over(found, self._times(below)) if below else found

    def _scaled(self, number: Expr, value: IndexedValue) -> IndexedValue:
        if number == 1:
            return value
        if number == -1:
            return IndexedValue(self.operations.add("Neg", value.name), value.axes)
        return self.arrays.elementwise("Mul", self._number(float(number)), value)

    def _factors(self, node: Expr) -> tuple[Expr, list[Expr]]:
        """The number in front and the other factors.  The brackets are known to hold until the caller restores."""
        number, factors, guards = split_product(node, self.arrays.ranges)
        self.divisions = (*self.divisions, *divisions(guards))
        self.guards = (*self.guards, *guards)
        return number, guarded_factors(factors, guards, self._vanishes)

    def _vanishes(self, factor: Expr, guard: Expr) -> bool:
        return vanishes(factor, guard, lambda entry: self.entries.axes(entry, self.divisions))

    def _factor(self, factor: Expr) -> IndexedValue:
        if not isinstance(factor, Bracket):
            return self._visit(factor)
        truth = self.entries.bracket(factor)
        return IndexedValue(self.operations.cast(truth.name), truth.axes)

    def _mask(self, guards: Sequence[Expr]) -> IndexedValue:
        """All brackets as truth values."""
        found = self.entries.bracket(guards[0])
        for guard in guards[1:]:
            found = self.arrays.elementwise("And", found, self.entries.bracket(guard))
        return found

    def _where(self, mask: IndexedValue, value: IndexedValue, other: float) -> IndexedValue:
        return self.arrays.elementwise("Where", mask, value, self._number(other))

    # -- reductions --------------------------------------------------------------------------------------------

    def _reduction(self, node: Reduction) -> IndexedValue:
        if node.kind != "sum":
            return self._extremum(node)
        bound, body = [node.index], node.body
        while isinstance(body, Reduction) and body.kind == "sum":
            bound.append(body.index)
            body = body.body
        outer, inner = pull_out(body, bound) if isinstance(body, Mul) else ([], body)
        if outer:
            for index in reversed(bound):
                inner = total(index, self.arrays.ranges[index], inner)
            return self._product(Mul(*outer, inner, evaluate=False))
        restore = self.divisions, self.guards
        number, factors = self._factors(body) if isinstance(body, Mul | Bracket) else (Rational(1), [body])
        values = [self._factor(factor) for factor in factors]
        self.divisions, self.guards = restore
        axes = {index for value in values for index in value.axes}
        if not values:
            return self._times_extents(self._number(float(number)), bound)
        found = self._scattered(factors, values, bound)
        if found is None:
            found = self.arrays.contracted(values, [index for index in bound if index in axes])
        return self._times_extents(self._scaled(number, found), [index for index in bound if index not in axes])

    def _times_extents(self, value: IndexedValue, unused: Sequence[Index]) -> IndexedValue:
        """A sum over indices that the body does not use."""
        for index in unused:
            extent = self.arrays.ranges[index]
            count = IndexedValue(BATCH_NUMBER, ()) if extent == BATCH else self._number(float(extent))
            value = self.arrays.elementwise("Mul", count, value)
        return value

    def _scattered(
        self, factors: Sequence[Expr], values: Sequence[IndexedValue], bound: Sequence[Index]
    ) -> IndexedValue | None:
        """``Sum_t Same(p, id[t]) s[t, d]``, p an index of the left-hand side: the rows of s added up by id."""
        for place, same in enumerate(factors):
            if not isinstance(same, Same):
                continue
            row, label = sorted(same.args, key=lambda argument: isinstance(argument, Element))
            if not isinstance(row, Index) or row in bound or not isinstance(label, Element) or len(values) < 2:
                continue
            labels = self.entries.integer(label)
            rest = [value for k, value in enumerate(values) if k != place]
            present = {index for value in rest for index in value.axes}
            if row in present or not set(labels.axes) <= present or not set(labels.axes) <= set(bound):
                continue
            inner = [index for index in bound if index in present and index not in labels.axes]
            summed = self.arrays.contracted(rest, inner)
            free = [index for index in summed.axes if index not in labels.axes]
            summed = self.arrays.transposed(summed, (*labels.axes, *free))
            zeros = self.arrays.completed(self._number(0.0), (row, *free)).name
            where = self.operations.add("Unsqueeze", labels.name, self.operations.integers(-1))
            name = self.operations.add("ScatterND", zeros, where, summed.name, reduction="add")
            return IndexedValue(name, (row, *free))
        return None

    def _extremum(self, node: Reduction) -> IndexedValue:
        """max, argmax or logsumexp over the admitted indices: -inf stands where a bracket excludes."""
        guards, body = split_guards(node.body)
        guards = [guard for g in guards if (guard := simplify_bracket(g, self.arrays.ranges)) != 1]
        restore = self.divisions, self.guards
        self.divisions = (*self.divisions, *divisions(guards))
        self.guards = (*self.guards, *guards)
        if guards and isinstance(body, Element) and all(self._vanishes(body, guard) for guard in guards):
            value = self._entry(body, fill=-np.inf)
        elif guards:
            value = self._where(self._mask(guards), self._visit(tame(body, guards)), -np.inf)
        else:
            value = self._visit(body)
        self.divisions, self.guards = restore
        if node.index not in value.axes:
            raise UnsupportedEquation(f"the onnx target takes a {node.kind} only over an index that the body uses")
        rest = tuple(index for index in value.axes if index != node.index)
        if node.kind == "argmax":
            return IndexedValue(
                self.operations.add("ArgMax", value.name, axis=value.axes.index(node.index), keepdims=0), rest
            )
        largest = self.arrays.reduced("ReduceMax", value, [node.index])
        if node.kind == "max":
            return largest
        shifted = self.arrays.elementwise("Sub", value, largest)
        powers = IndexedValue(self.operations.add("Exp", shifted.name), shifted.axes)
        summed = self.arrays.reduced("ReduceSum", powers, [node.index])
        logarithm = IndexedValue(self.operations.add("Log", summed.name), summed.axes)
        return self.arrays.elementwise("Add", logarithm, largest)


__all__ = ["OnnxPrinter"]
