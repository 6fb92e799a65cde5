"""sub, mul, div, maximum, minimum, compare, where, dropout:  entry by entry, over inputs that broadcast as in NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dyadic.symbolic.expressions import Apply, Definition, Element, Expr, Tensor
from dyadic.symbolic.layers.layer_type import (
    Example,
    LayerEquation,
    LayerType,
    Option,
    Role,
    Shape,
    ShapeError,
    broadcast_axes,
    broadcast_entries,
)
from dyadic.symbolic.tensor_names import Name, V, slots


class Arithmetic(LayerType):
    """Every entry of the output is one formula of the entries of the inputs in that place."""

    arity = (2, 2)
    input_rule = "two inputs of one shape, or of shapes that broadcast"
    hypotheses: tuple[str, ...] = ()

    def value(self, entries: Sequence[Element], settings: Mapping[str, Any]) -> Expr:
        """The formula, for one entry of each input."""
        raise NotImplementedError

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        return super().specialise(options, shapes) | broadcast_axes(shapes)

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        inputs, entries, here, shape = broadcast_entries(settings, ranks, slots(len(ranks)))
        definition = Definition(Tensor(Name("f", V), shape), here, self.value(entries, settings))
        return LayerEquation(inputs, {}, (definition,), hypotheses=self.hypotheses)


class Sub(Arithmetic):
    """y[i] = x1[i] - x2[i], broadcast."""

    name = "sub"
    roles = frozenset({Role.AFFINE})

    def value(self, entries: Sequence[Element], settings: Mapping[str, Any]) -> Expr:
        return entries[0] - entries[1]


class Mul(Arithmetic):
    """y[i] = x1[i] x2[i], broadcast."""

    name = "mul"
    roles = frozenset({Role.AFFINE})

    def value(self, entries: Sequence[Element], settings: Mapping[str, Any]) -> Expr:
        return entries[0] * entries[1]


class Div(Arithmetic):
    """y[i] = x1[i] / x2[i], broadcast."""

    name = "div"
    roles = frozenset({Role.AFFINE})
    hypotheses = ("the divisor is not 0",)

    def value(self, entries: Sequence[Element], settings: Mapping[str, Any]) -> Expr:
        return entries[0] / entries[1]


class Maximum(Arithmetic):
    """y[i] = max(x1[i], x2[i]) = x2[i] + relu(x1[i] - x2[i]), broadcast; where they are equal, x2 counts."""

    name = "maximum"
    hypotheses = ("where both inputs are equal the derivative is that of the second",)

    def value(self, entries: Sequence[Element], settings: Mapping[str, Any]) -> Expr:
        return entries[1] + Apply("relu", 0, entries[0] - entries[1])


class Minimum(Arithmetic):
    """y[i] = min(x1[i], x2[i]) = x1[i] - relu(x1[i] - x2[i]), broadcast; where they are equal, x1 counts."""

    name = "minimum"
    hypotheses = ("where both inputs are equal the derivative is that of the first",)

    def value(self, entries: Sequence[Element], settings: Mapping[str, Any]) -> Expr:
        return entries[0] - Apply("relu", 0, entries[0] - entries[1])


_RELATIONS = ("greater", "greater_or_equal", "less", "less_or_equal", "equal", "not_equal")


class Compare(Arithmetic):
    """y[i] = 1 where x1[i] > x2[i] (or >=, <, <=, =, not =: the option relation), else 0, broadcast."""

    name = "compare"
    options = {"relation": Option("choice", choices=_RELATIONS)}
    example = Example(options={"relation": "greater"})
    hypotheses = ("the derivative is 0, by convention also where both inputs are equal",)

    def value(self, entries: Sequence[Element], settings: Mapping[str, Any]) -> Expr:
        relation, (a, b) = settings["relation"], entries
        if relation in ("equal", "not_equal"):
            differ = Apply("sign", 0, a - b) ** 2
            return differ if relation == "not_equal" else 1 - differ
        if relation in ("greater", "less_or_equal"):
            above = Apply("step", 0, a - b)
            return above if relation == "greater" else 1 - above
        below = Apply("step", 0, b - a)
        return below if relation == "less" else 1 - below


class Where(Arithmetic):
    """y[i] = c[i] a[i] + (1 - c[i]) b[i] for a condition c of zeros and ones, broadcast."""

    name = "where"
    roles = frozenset({Role.MASK})
    arity = (3, 3)
    input_rule = "a condition (0 or 1) and two inputs, of one shape or of shapes that broadcast"
    hypotheses = ("every entry of the condition is 0 or 1",)

    def value(self, entries: Sequence[Element], settings: Mapping[str, Any]) -> Expr:
        condition, a, b = entries
        return condition * a + (1 - condition) * b


class Dropout(Arithmetic):
    """y[i] = x[i] mask[i] / (1 - rate), for a given mask of zeros and ones."""

    name = "dropout"
    options = {"rate": Option("number", 0.5)}
    input_rule = "an input and a mask of zeros and ones (an input or constant of its own)"
    hypotheses = ("the mask is given: it does not depend on any activation",)

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        if not 0 <= options["rate"] < 1:
            raise ShapeError(f"rate = {options['rate']} is not in [0, 1)", "give the share of entries that is dropped")
        return super().specialise(options, shapes)

    def value(self, entries: Sequence[Element], settings: Mapping[str, Any]) -> Expr:
        return entries[0] * entries[1] / (1 - settings["rate"])


ARITHMETIC: tuple[type[LayerType], ...] = (Sub, Mul, Div, Maximum, Minimum, Compare, Where, Dropout)
