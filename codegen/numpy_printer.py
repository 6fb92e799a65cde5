"""Index definitions as vectorised NumPy expressions.

Every sub-expression becomes an array whose axes are a subset of the indices in a fixed order (left-hand side
first, then bound indices); operands are aligned by inserting axes, and sums of products become matrix products.
No loop over elements is ever written.  How an entry is read is said in :mod:`dyadic.codegen.numpy_windows`.

Brackets: one that only says where an entry is inside its padded view is dropped; the others are arrays of ones
and zeros, precomputed unless they depend on data.  Where such a product contains a function that may overflow
outside the bracket (exp, a division), its argument is replaced there by a harmless one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sympy import Add, Expr, Mul, Pow, Rational

from dyadic.codegen.exact_numbers import exact_number
from dyadic.codegen.factors import divisions, guarded_factors, pull_out, split_product, vanishes
from dyadic.codegen.log_sums import Apart
from dyadic.codegen.numpy_arrays import (
    ATOM,
    DENSE,
    LOOSE,
    PRODUCT,
    SUM,
    UNARY,
    ArrayCode,
    align,
    computed,
    in_order,
    sum_of,
    sum_out,
    transpose,
    union,
)
from dyadic.codegen.numpy_contract import contract, divided_first, matrix_product, reduce_axes, short
from dyadic.codegen.numpy_guards import Guarded, tame
from dyadic.codegen.numpy_windows import Divisions, EntryPrinter, Support
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
from dyadic.symbolic.functions import FUNCTIONS
from dyadic.symbolic.indices import simplify_bracket
from dyadic.symbolic.printing import signed_terms


class NumpyPrinter:
    """Prints definitions.

    tensors: what the definitions read, for their shapes (needed where indices are not plain); sizes: numbers for the
    sizes in them.  ``support`` collects the support functions and constants that the code uses.
    """

    def __init__(
        self,
        tensors: Iterable[Tensor] = (),
        sizes: Mapping[Expr, Expr] | None = None,
        support: Support | None = None,
    ) -> None:
        self.sizes = dict(sizes or {})
        self.support = support if support is not None else Support()
        self.shapes = {t.name: self._shape(t) for t in tensors}
        self.views: dict[str, str] = {}
        self.batch = next((f"len({variable(t)})" for t in tensors if self._shape(t)[:1] == (BATCH,)), "batch")

    def _shape(self, tensor: Tensor) -> tuple[Expr, ...]:
        return tuple(extent.xreplace(self.sizes) for extent in tensor.shape)

    def statements(self, item: Definition) -> list[tuple[str, str]]:
        """(name, right-hand side) of the assignments that compute a definition, strided views first."""
        known = len(self.views)
        if (mean := divided_first(item, self.sizes)) is not None:
            whole, factor = mean
            code = self.definition(whole)
            name = variable(factor)
            uses = len(re.findall(rf"\b{name}\b", code))
            if uses == 1 and len(self.views) == known:
                code = re.sub(rf"\b{name}\b", f"{name}_mean", code)
                return [(f"{name}_mean", f"{name} / batch"), (variable(item.tensor), code)]
            for view in list(self.views)[known:]:
                del self.views[view]
        code = self.definition(item)
        new = [(name, view) for view, name in list(self.views.items())[known:]]
        return [*new, (variable(item.tensor), code)]

    def definition(self, item: Definition) -> str:
        """The right-hand side of ``tensor = ...`` with the axes of the definition, in its order."""
        self.shapes[item.tensor.name] = shape = self._shape(item.tensor)
        whole, self.ranges = prepare(item, self.shapes, self.sizes)
        order = list(self.ranges)
        self.entries = EntryPrinter(self.support, self.shapes, self.ranges, order, self.views)
        self.divisions: Divisions = ()
        self.guards: tuple[Expr, ...] = ()
        array = self._complete(self._visit(whole.body, order), whole.indices)
        if array.layout != DENSE and array.axes:
            array = ArrayCode(f"np.ascontiguousarray({array.code})", array.axes, ATOM)
        if whole.indices == item.indices:
            return array.code
        sizes = ", ".join("-1" if extent == BATCH else str(extent) for extent in shape)
        return f"{array.at(ATOM)}.reshape({sizes})"

    def _complete(self, array: ArrayCode, wanted: tuple[Index, ...]) -> ArrayCode:
        """All axes of the left-hand side, in its order."""
        if set(array.axes) == set(wanted):
            return transpose(array, wanted)
        array = align(in_order(array, wanted), wanted)
        if not array.axes:
            array = ArrayCode(f"DTYPE({array.code})", (), ATOM)
        shape = ", ".join(self.batch if self.ranges[i] == BATCH else str(self.ranges[i]) for i in wanted)
        return ArrayCode(
            f"np.broadcast_to({array.code}, ({shape}{',' if len(wanted) == 1 else ''}))", wanted, ATOM, LOOSE
        )

    # -- the walk ----------------------------------------------------------------------------------------------

    def _visit(self, node: Expr, order: list[Index]) -> ArrayCode:
        if node.is_number:
            return self._number(node)
        if isinstance(node, Element):
            return in_order(self._entry(node), order)
        if isinstance(node, Apply):
            return self._function(node, order)
        if isinstance(node, Add):
            return self._sum(node, order)
        if isinstance(node, Apart):
            array = self._visit(node.args[0], order)
            return ArrayCode(f"({array.code})", array.axes, ATOM, array.layout)
        if isinstance(node, Mul | Bracket):
            return self._product(node, order)
        if isinstance(node, Pow) and isinstance(node.exp, Rational):
            return self._power(node, order)
        if isinstance(node, Reduction):
            return in_order(self._reduction(node, order), order)
        if isinstance(node, Guarded):
            argument, harmless, *guards = node.args
            mask, array = self._mask(guards, order), self._visit(argument, order)
            return self._where(mask, array, str(harmless) if harmless.is_Integer else "-np.inf", order)
        if node == BATCH:
            return ArrayCode("batch", (), ATOM)
        raise UnsupportedEquation(f"the numpy target cannot print {type(node).__name__}")

    def _number(self, node: Expr) -> ArrayCode:
        """The nearest double, or the number itself where the code is for balls."""
        if node.is_Integer:
            return ArrayCode(repr(int(node)), (), ATOM if node >= 0 else SUM)
        if self.support.exact:
            return ArrayCode(exact_number(node), (), ATOM)
        return ArrayCode(repr(float(node)), (), ATOM if node >= 0 else SUM)

    def _entry(self, node: Element, fill: str = "0") -> ArrayCode:
        return self.entries.entry(node, self.divisions, self.guards, fill)

    def _function(self, node: Apply, order: list[Index]) -> ArrayCode:
        array = self._visit(node.argument, order)
        spelling = FUNCTIONS[node.name].numpy if node.name in FUNCTIONS else None
        if node.order or spelling is None:
            raise UnsupportedEquation(f"the numpy target has no function {node.name}{chr(39) * node.order}")
        self.support.functions.add(node.name)
        return ArrayCode(spelling.call.format(array.code), array.axes, ATOM, computed(array))

    def _sum(self, node: Add, order: list[Index]) -> ArrayCode:
        return sum_of([(sign, self._visit(term, order)) for sign, term in signed_terms(node)], order)

    def _power(self, node: Pow, order: list[Index]) -> ArrayCode:
        if node.exp.is_negative:
            base = self._visit(1 / node, order)
            return ArrayCode(f"1 / {base.at(UNARY)}", base.axes, PRODUCT, computed(base))
        base = self._visit(node.base, order)
        if node.exp == Rational(1, 2):
            return ArrayCode(f"np.sqrt({base.code})", base.axes, ATOM, computed(base))
        exponent = repr(int(node.exp)) if node.exp.is_Integer else f"({node.exp.p} / {node.exp.q})"
        return ArrayCode(f"{base.at(ATOM)} ** {exponent}", base.axes, UNARY, computed(base))

    # -- products and brackets ---------------------------------------------------------------------------------

    def _product(self, node: Expr, order: list[Index]) -> ArrayCode:
        number, factors, restore = self._factors(node)
        bottom = [1 / f for f in factors if isinstance(f, Pow) and f.exp.is_negative]
        top = [f for f in factors if not (isinstance(f, Pow) and f.exp.is_negative)]
        arrays = [self._factor(factor, order) for factor in top]
        below = [self._visit(factor, order) for factor in bottom]
        self.divisions, self.guards = restore
        axes = union([*arrays, *below], order)
        pieces = [align(array, axes).at(UNARY if "@" in array.code else PRODUCT) for array in arrays]
        if number == -1 and pieces:
            pieces[0] = "-" + pieces[0]
        elif number != 1 or not pieces:
            pieces.insert(0, self._visit(number, order).at(PRODUCT))
        code = " * ".join(pieces)
        for array in below:
            code += f" / {align(array, axes).at(UNARY)}"
        if len(arrays) == 1 and not below and number == 1:
            return arrays[0]
        return ArrayCode(code, axes, SUM if number.is_negative else PRODUCT, computed(*arrays, *below))

    def _factors(self, node: Expr) -> tuple[Expr, list[Expr], Any]:
        """The number in front, and the factors in the order of printing: entries, functions, the brackets left over.

        From here on the brackets are known to hold, until the caller restores the third result.
        """
        restore = self.divisions, self.guards
        number, factors, guards = split_product(node, self.ranges)
        self.divisions = (*self.divisions, *divisions(guards))
        self.guards = (*self.guards, *guards)
        return number, guarded_factors(factors, guards, self._vanishes), restore

    def _vanishes(self, factor: Expr, guard: Expr) -> bool:
        """Whether a factor, read from a padded view, is 0 where the bracket is."""
        return vanishes(factor, guard, lambda entry: self.entries.axes(entry, self.divisions)[0])

    def _factor(self, factor: Expr, order: list[Index]) -> ArrayCode:
        return self._ones(factor, order) if isinstance(factor, Bracket) else self._visit(factor, order)

    def _ones(self, guard: Expr, order: list[Index]) -> ArrayCode:
        """A bracket as numbers of the module's type."""
        array = in_order(self.entries.bracket(guard, self.divisions), order)
        code = f"{array.at(ATOM)}.astype(DTYPE)"
        if not guard.has(Element):
            code = self.support.constant("BRACKET", code, str(guard))
            return ArrayCode(code, array.axes, ATOM)
        return ArrayCode(code, array.axes, ATOM, computed(array))

    def _mask(self, guards: Sequence[Expr], order: list[Index]) -> ArrayCode:
        """All brackets as one boolean array."""
        arrays = [in_order(self.entries.bracket(guard, self.divisions), order) for guard in guards]
        axes = union(arrays, order)
        code = " & ".join(align(array, axes).at(ATOM) for array in arrays) if len(arrays) > 1 else arrays[0].code
        if not any(guard.has(Element) for guard in guards):
            return ArrayCode(self.support.constant("MASK", code, " ".join(map(str, guards))), axes, ATOM)
        return ArrayCode(code, axes, SUM, computed(*arrays))

    def _where(self, mask: ArrayCode, array: ArrayCode, other: str, order: list[Index]) -> ArrayCode:
        axes = union([mask, array], order)
        return ArrayCode(
            f"np.where({align(mask, axes).code}, {align(array, axes).code}, {other})", axes, ATOM, computed(mask, array)
        )

    # -- reductions --------------------------------------------------------------------------------------------

    def _reduction(self, node: Reduction, order: list[Index]) -> ArrayCode:
        if node.kind != "sum":
            return self._extremum(node, order)
        bound, body = [node.index], node.body
        while isinstance(body, Reduction) and body.kind == "sum":
            bound.append(body.index)
            body = body.body
        if all(self._whole(factor) for factor in Mul.make_args(body)):
            product = matrix_product(Mul.make_args(body), bound, order, self.support)
            if product is not None:
                return product
        if not isinstance(body, Mul | Bracket):
            array = self._entry(body) if isinstance(body, Element) else self._visit(body, order)
            used = [index for index in bound if index in array.axes]
            result = reduce_axes(array, used, self.ranges, self.support)
            return self._times_extents(result, [index for index in bound if index not in used])
        outer, inner = pull_out(body, bound)
        if outer:
            for index in reversed(bound):
                inner = total(index, self.ranges[index], inner)
            return self._product(Mul(*outer, inner, evaluate=False), order)
        number, factors, restore = self._factors(body)
        if short(bound, self.ranges) and any(isinstance(f, Bracket) and f.has(Element) for f in factors):
            # Such a bracket makes an array with all axes: see sum_out about short ones.
            order = [*bound, *(index for index in order if index not in bound)]
        self.entries.order, usual = order, self.entries.order
        arrays = [self._entry(f) if isinstance(f, Element) else self._factor(f, order) for f in factors]
        self.divisions, self.guards = restore
        self.entries.order = usual
        axes = {index for array in arrays for index in array.axes}
        if not arrays:
            return self._times_extents(self._visit(number, order), bound)
        scattered = self._scattered(factors, arrays, bound, order)
        if scattered is not None:
            factors, arrays, bound = [], [scattered], []
        result = contract(arrays, [i for i in bound if i in axes], order, self.ranges, self.support)
        result = self._times_extents(result, [i for i in bound if i not in axes])
        if number == 1:
            return result
        code = "-" if number == -1 else f"{self._visit(number, order).at(PRODUCT)} * "
        level = SUM if number.is_negative else PRODUCT
        return ArrayCode(f"{code}{result.at(PRODUCT)}", result.axes, level, computed(result))

    def _whole(self, factor: Expr) -> bool:
        """An entry of which the distinct plain indices run through the whole tensor."""
        if not isinstance(factor, Element) or len(set(factor.indices)) < len(factor.indices):
            return False
        if not all(isinstance(index, Index) for index in factor.indices):
            return False
        return all(axis.plain(self.ranges) for axis in self.entries.axes(factor, self.divisions)[0])

    def _scattered(
        self, factors: Sequence[Expr], arrays: Sequence[ArrayCode], bound: Sequence[Index], order: list[Index]
    ) -> ArrayCode | None:
        """``Sum_t Same(p, id[t]) s[t, d]``, p an index of the left-hand side: the rows of s added up by id."""
        for place, same in enumerate(factors):
            if not isinstance(same, Same):
                continue
            row, label = sorted(same.args, key=lambda argument: isinstance(argument, Element))
            rest = [array for k, array in enumerate(arrays) if k != place]
            if not isinstance(row, Index) or row in bound or not isinstance(label, Element):
                continue
            labels = in_order(self.entries.integer(label, self.divisions), order)
            present = {index for array in rest for index in array.axes}
            if row in present or row in labels.axes or not set(labels.axes) <= present:
                continue
            gone = [index for index in bound if index in labels.axes]
            inner = [index for index in bound if index in present and index not in gone]
            lead = [index for index in labels.axes if index not in gone]
            values = contract(rest, inner, order, self.ranges, self.support)
            free = [index for index in order if index in values.axes and index not in labels.axes]
            values = transpose(values, (*lead, *gone, *free))
            labels = transpose(labels, (*lead, *gone))
            self.support.helpers.add("scatter")
            options = f", lead={len(lead)}" if lead else ""
            code = f"_scatter({labels.code}, {values.code}, {self.ranges[row]}{options})"
            return ArrayCode(code, (*lead, row, *free), ATOM)
        return None

    def _times_extents(self, array: ArrayCode, unused: Sequence[Index]) -> ArrayCode:
        """A sum over an index that the body does not use."""
        for index in unused:
            extent = "batch" if self.ranges[index] == BATCH else str(self.ranges[index])
            array = ArrayCode(f"{extent} * {array.at(PRODUCT)}", array.axes, PRODUCT, computed(array))
        return array

    def _extremum(self, node: Reduction, order: list[Index]) -> ArrayCode:
        """max, argmax or logsumexp over the admitted indices: -inf stands where a bracket excludes."""
        guards, body = split_guards(node.body)
        guards = [guard for g in guards if (guard := simplify_bracket(g, self.ranges)) != 1]
        restore = self.divisions, self.guards
        self.divisions = (*self.divisions, *divisions(guards))
        self.guards = (*self.guards, *guards)
        if guards and isinstance(body, Element) and all(self._vanishes(body, guard) for guard in guards):
            array = self._entry(body, fill="-np.inf")
        elif guards:
            array = self._visit(tame(body, guards), order)
            array = self._where(self._mask(guards, order), array, "-np.inf", order)
        else:
            array = self._entry(body) if isinstance(body, Element) else self._visit(body, order)
        self.divisions, self.guards = restore
        if node.index not in array.axes:
            raise UnsupportedEquation(f"the numpy target takes a {node.kind} only over an index that the body uses")
        if node.kind != "logsumexp":
            if node.kind == "argmax":
                return sum_out(array, [node.index], node.kind)
            return reduce_axes(array, [node.index], self.ranges, self.support, node.kind)
        self.support.helpers.add("logsumexp")
        place = array.axes.index(node.index)
        axis = place if place == 0 else place - len(array.axes)
        rest = tuple(index for index in array.axes if index != node.index)
        return ArrayCode(f"_logsumexp({array.code}, axis={axis})", rest, ATOM, computed(array))
