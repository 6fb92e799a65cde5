"""Index definitions as vectorised NumPy expressions.

Every sub-expression becomes an array whose axes are a subset of the indices in a fixed order (left-hand side
first, then bound indices); operands are aligned by inserting axes, and a sum of a product of two arrays without
common axes becomes a matrix product.  No loop over elements is ever written.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Add, Expr, Integer, Mul, Pow

from codegen.program import BATCH, variable
from symbolic.errors import UnsupportedEquation
from symbolic.expressions import Apply, Definition, Element, Index, Reduction
from symbolic.printing import factor_key, term_key

SUM, PRODUCT, UNARY, ATOM = range(4)


@dataclass(frozen=True)
class Array:
    """Code of an array, the index of each of its axes, and how tightly the code binds."""

    code: str
    axes: tuple[Index, ...]
    level: int

    def at(self, level: int) -> str:
        return self.code if self.level >= level else f"({self.code})"


_CALLS = {
    "tanh": "np.tanh({0})",
    "exp": "np.exp({0})",
    "log": "np.log({0})",
    "relu": "np.maximum({0}, 0)",
    "softplus": "np.logaddexp({0}, 0)",
    "sigmoid": "_sigmoid({0})",
    "erf": "_erf({0})",
    "step": "_step({0})",
}


class NumpyPrinter:
    """Prints one definition; ``helpers`` collects the names of the support functions that the code calls."""

    def __init__(self) -> None:
        self.helpers: set[str] = set()

    def definition(self, item: Definition) -> str:
        """The right-hand side of ``tensor = ...`` with the axes of the definition, in its order."""
        order = [*item.indices]
        array = self._visit(item.body, order)
        if set(array.axes) != set(item.indices):
            raise UnsupportedEquation(f"{variable(item.tensor)}: an axis of the left-hand side is missing on the right")
        return self._transpose(array, item.indices).code

    def _visit(self, node: Expr, order: list[Index]) -> Array:
        if node.is_number:
            return Array(repr(int(node)) if node.is_Integer else repr(float(node)), (), ATOM if node >= 0 else SUM)
        if isinstance(node, Element):
            return self._entry(node, order)
        if isinstance(node, Apply):
            array = self._visit(node.argument, order)
            code = _CALLS[node.name].format(array.code)
            if code.startswith("_"):
                self.helpers.add(node.name)
            return Array(code, array.axes, ATOM)
        if isinstance(node, Add):
            return self._sum(node, order)
        if isinstance(node, Mul):
            return self._product(list(node.args), order)
        if isinstance(node, Pow) and isinstance(node.exp, Integer):
            return self._power(node, order)
        if isinstance(node, Reduction):
            return self._reduction(node, order)
        if node == BATCH:
            return Array("batch", (), ATOM)
        raise UnsupportedEquation(f"the numpy target cannot print {type(node).__name__}")

    def _entry(self, node: Element, order: list[Index]) -> Array:
        if any(index not in order for index in node.indices) or len(set(node.indices)) < len(node.indices):
            raise UnsupportedEquation(f"the numpy target indexes by distinct plain indices only, not {node.indices}")
        array = Array(variable(node), node.indices, ATOM)
        return self._transpose(array, tuple(index for index in order if index in node.indices))

    def _transpose(self, array: Array, axes: tuple[Index, ...]) -> Array:
        if array.axes == axes:
            return array
        if len(axes) == 2:
            return Array(f"{array.at(ATOM)}.T", axes, ATOM)
        places = ", ".join(str(array.axes.index(index)) for index in axes)
        return Array(f"{array.at(ATOM)}.transpose({places})", axes, ATOM)

    def _align(self, array: Array, axes: tuple[Index, ...]) -> Array:
        """Insert axes so that NumPy broadcasts the array against one with ``axes``."""
        if not array.axes or array.axes == axes[len(axes) - len(array.axes) :]:
            return array
        first = axes.index(array.axes[0])
        places = ", ".join(":" if index in array.axes else "None" for index in axes[first:])
        return Array(f"{array.at(ATOM)}[{places}]", axes[first:], ATOM)

    def _union(self, arrays: list[Array], order: list[Index]) -> tuple[Index, ...]:
        return tuple(index for index in order if any(index in array.axes for array in arrays))

    def _sum(self, node: Add, order: list[Index]) -> Array:
        text = ""
        terms = [(t.could_extract_minus_sign(), t) for t in sorted(node.args, key=term_key)]
        arrays = [self._visit(-term if negative else term, order) for negative, term in terms]
        axes = self._union(arrays, order)
        for (negative, _), array in zip(terms, arrays, strict=True):
            piece = self._align(array, axes).at(PRODUCT)
            text += (("-" if negative else "") if not text else (" - " if negative else " + ")) + piece
        return Array(text, axes, SUM)

    def _product(self, factors: list[Expr], order: list[Index]) -> Array:
        number = Mul(*(factor for factor in factors if factor.is_number))
        rest = [factor for factor in factors if not factor.is_number]
        bottom = [1 / f for f in rest if isinstance(f, Pow) and f.exp.is_negative]
        top = sorted((f for f in rest if not (isinstance(f, Pow) and f.exp.is_negative)), key=factor_key)
        arrays = [self._visit(factor, order) for factor in top]
        below = [self._visit(factor, order) for factor in bottom]
        axes = self._union([*arrays, *below], order)
        pieces = [self._align(array, axes).at(UNARY if "@" in array.code else PRODUCT) for array in arrays]
        if number == -1 and pieces:
            pieces[0] = "-" + pieces[0]
        elif number != 1 or not pieces:
            pieces.insert(0, self._visit(number, order).at(PRODUCT))
        code = " * ".join(pieces)
        for array in below:
            code += f" / {self._align(array, axes).at(UNARY)}"
        return Array(code, axes, SUM if number.is_negative else PRODUCT)

    def _power(self, node: Pow, order: list[Index]) -> Array:
        exponent = int(node.exp)
        if exponent < 0:
            base = self._visit(1 / node, order)
            return Array(f"1 / {base.at(UNARY)}", base.axes, PRODUCT)
        base = self._visit(node.base, order)
        return Array(f"{base.at(ATOM)} ** {exponent}", base.axes, UNARY)

    def _reduction(self, node: Reduction, order: list[Index]) -> Array:
        bound, body = [node.index], node.body
        while node.kind == "sum" and isinstance(body, Reduction) and body.kind == "sum":
            bound.append(body.index)
            body = body.body
        inner = [*order, *bound]
        if node.kind == "sum":
            product = self._contraction(body, bound, inner)
            if product is not None:
                return product
        # A bare entry keeps its own order of axes: the sum does not care, and a transpose would be noise.
        bare = isinstance(body, Element)
        array = Array(variable(body), body.indices, ATOM) if bare else self._visit(body, inner)
        if not set(bound) <= set(array.axes):
            raise UnsupportedEquation("the numpy target does not sum over an index that the body does not use")
        places = [array.axes.index(index) for index in bound]
        places = [place if place == 0 else place - len(array.axes) for place in places]
        axes = tuple(index for index in array.axes if index not in bound)
        axis = str(places[0]) if len(places) == 1 else str(tuple(places))
        if node.kind == "logsumexp":
            self.helpers.add("logsumexp")
            return Array(f"_logsumexp({array.code}, axis={axis})", axes, ATOM)
        return Array(f"{array.at(ATOM)}.sum(axis={axis})", axes, ATOM)

    def _contraction(self, body: Expr, bound: list[Index], order: list[Index]) -> Array | None:
        """A matrix product, if the body is a product of two entries that share only the summed indices."""
        factors = [factor for factor in Mul.make_args(body) if not factor.is_number]
        if (
            len(factors) != 2
            or len(factors) != len(Mul.make_args(body))
            or not all(isinstance(f, Element) for f in factors)
        ):
            return None
        shared = set(factors[0].indices) & set(factors[1].indices)
        if shared != set(bound):
            return None
        free = [tuple(i for i in factor.indices if i not in shared) for factor in factors]
        if free[0] and free[1] and order.index(free[0][0]) > order.index(free[1][0]):
            factors.reverse()
            free.reverse()
        left, right = factors
        axes = (*free[0], *free[1])
        if any(len(factor.indices) < 2 for factor in factors):
            return None
        names = variable(left), variable(right)
        if len(bound) == 1 and len(right.indices) == 2 and left.indices[-1] == bound[0]:
            second = names[1] if right.indices[0] == bound[0] else f"{names[1]}.T"
            return Array(f"{names[0]} @ {second}", axes, PRODUCT)
        if len(bound) == 1 and len(left.indices) == len(right.indices) == 2:
            second = names[1] if right.indices[0] == bound[0] else f"{names[1]}.T"
            return Array(f"{names[0]}.T @ {second}", axes, PRODUCT)
        pairs = [[factor.indices.index(index) for index in bound] for factor in factors]
        return Array(f"np.tensordot({names[0]}, {names[1]}, axes=({pairs[0]}, {pairs[1]}))", axes, ATOM)
