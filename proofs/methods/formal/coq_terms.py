"""Index equations of a certificate as terms of proofs/coq/Equations.v, at a layer's sizes.

Four things are written otherwise than in the certificate, with the same value: sums and products of several parts are
nested; x^k is a product and x^-k a derivative of 1/x; x^(k/m) is a derivative of a higher power; a position that is
read from integer data is a sum over the one-hot row of that integer.
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial, floor, prod
from typing import Any

from dyadic.proofs.evaluate.bodies import factors_of
from dyadic.proofs.methods.formal.extents import Size, inverse_power, is_below, natural, number, written
from dyadic.proofs.methods.formal.tensors import Inexpressible, PlacedLayer

FUNCTIONS = (
    "exp", "tanh", "sigmoid", "softplus", "sin", "cos", "relu", "sqrt", "rsqrt", "log", "reciprocal",
    "silu", "gelu_tanh", "erf", "gelu", "expm1", "sinh", "cosh", "log_sigmoid", "mish",
)  # fmt: skip
"""The functions that proofs/coq/Functions.v defines, by number."""
REDUCTIONS = {"logsumexp": "LogSumExp", "max": "Maximum", "argmax": "ArgMax"}
RECIPROCAL = FUNCTIONS.index("reciprocal")
POWERS = 8
"""The largest power that is written out as a product."""


def power_name(exponent: Fraction) -> str:
    """The power as a function; no function of a certificate has such a name."""
    return f"power {exponent}"


def function_number(name: str, applied: list[str]) -> int:
    """The number of a function in Coq: its place in the table, or after the table in order of appearance."""
    if name in FUNCTIONS:
        return FUNCTIONS.index(name)
    return len(FUNCTIONS) + [other for other in applied if other not in FUNCTIONS].index(name)


BRACKETS = ("inside", "divides", "same")


def guarded(body: Any) -> tuple[list[Any], Any]:
    """The brackets that say over which terms a maximum or a log-sum-exp of ``body`` goes, and of what it is taken.

    They are the brackets among its factors, and no others.
    """
    parts = factors_of(body)
    guards = [part for part in parts if isinstance(part, list) and part[0] in BRACKETS]
    rest = [part for part in parts if part not in guards] or [1]
    return guards, rest[0] if len(rest) == 1 else ["*", *rest]


class TermWriter:
    """Writes the equations of one layer; ``functions`` lists, for the whole network, the names that are applied."""

    def __init__(self, layer: PlacedLayer, functions: list[str]) -> None:
        self.layer = layer
        self.functions = functions

    def equation(self, target: str, item: Any) -> str:
        """A definition of the certificate as an equation for the tensor ``target``."""
        expected = self.layer.table.shape(target)
        if [self.layer.size(extent) for extent in item["shape"]] != expected or len(item["indices"]) != len(expected):
            raise Inexpressible(f"the equation of {item['kind']} has another shape than its tensor")
        indices = "; ".join(str(self.layer.index(name)) for name in item["indices"])
        return f"Equation ({target}) [{indices}] {self.expression(item['body'])}"

    def position(self, e: Any) -> str:
        """An index expression."""
        value = self.layer.constant(e)
        if value is not None:
            return f"(Constant {_parenthesised(value)})"
        match e[0]:
            case "index":
                return f"(Index {self.layer.index(e[1])})"
            case "+":
                return self._folded("Plus", [self.position(part) for part in e[1:]])
            case "*":
                constants = [self.layer.constant(part) for part in e[1:]]
                rest = [part for part, known in zip(e[1:], constants, strict=True) if known is None]
                if len(rest) != 1:
                    raise Inexpressible("a product of indices")
                factor = self.layer.size(["*", *(known for known in constants if known is not None)])
                return f"(Times {_parenthesised(factor)} {self.position(rest[0])})"
            case "quotient" | "remainder":
                name = "Quotient" if e[0] == "quotient" else "Remainder"
                divisor = self.layer.size(e[2])
                if is_below(divisor, 1):
                    raise Inexpressible("a division by a number below 1")
                return f"({name} {self.position(e[1])} {written(divisor)})"
        raise Inexpressible(f"the position {e[0]}")

    @staticmethod
    def _folded(name: str, parts: list[str]) -> str:
        result = parts[0]
        for part in parts[1:]:
            result = f"({name} {result} {part})"
        return result

    def expression(self, e: Any) -> str:
        """An expression of real numbers."""
        value = None if isinstance(e, list) and e[0] in ("+", "*") else self.layer.constant(e)
        if value is not None:
            return f"(Number {number(value)})"
        match e[0]:
            case "rational":
                return f"(Number (({e[1]}) # {e[2]}))"
            case "entry":
                return self._entry(e)
            case "+":
                # negative terms last, as the derivative of a logsumexp has them
                parts = sorted(e[1:], key=lambda part: isinstance(part, list) and part[:2] == ["*", -1])
                return self._folded("Add", [self.expression(part) for part in parts])
            case "*":
                # brackets first: a factor 0 ends the work on its product
                parts = sorted(e[1:], key=lambda part: not (isinstance(part, list) and part[0] in BRACKETS))
                *rest, result = [self.expression(part) for part in parts]
                for part in reversed(rest):
                    result = f"(Mul {part} {result})"
                return result
            case "^":
                return self._power(e[1], e[2])
            case "apply":
                return f"(Apply {self._function(e[1])} {e[2]} {self.expression(e[3])})"
            case "sum":
                return f"(Sum {self.layer.index(e[1])} {self._extent(e[2])} {self.expression(e[3])})"
            case "logsumexp" | "max" | "argmax":
                guards, of = guarded(e[3])
                head = f"{REDUCTIONS[e[0]]} {self.layer.index(e[1])} {self._extent(e[2])}"
                return f"({head} [{'; '.join(map(self._guard, guards))}] {self.expression(of)})"
            case "inside" | "divides" | "same":
                return self._bracket(e)
        raise Inexpressible(f"the operation {e[0]}")

    def _extent(self, e: Any) -> str:
        extent = self.layer.size(e)
        if is_below(extent, 0):
            raise Inexpressible("a sum over a negative number of terms")
        return natural(extent)

    def _function(self, name: str) -> int:
        if name not in self.functions:
            self.functions.append(name)
        return function_number(name, self.functions)

    def _power(self, base: Any, exponent: Any) -> str:
        if isinstance(exponent, list) and exponent[0] == "rational":
            return self._rational_power(base, Fraction(exponent[1], exponent[2]))
        if not isinstance(exponent, int) or not 0 < abs(exponent) <= POWERS:
            raise Inexpressible("a power that is no small integer or fraction")
        if exponent > 0:
            return self.expression(["*", *([base] * exponent)]) if exponent > 1 else self.expression(base)
        value = self.layer.constant(base)
        if value is not None:
            if value == 0:
                raise Inexpressible("a division by 0")
            return f"(Number {inverse_power(value, -exponent)})"
        self._function("reciprocal")
        sign = 1 if exponent % 2 else -1
        factor = f"(Number (({sign}) # {factorial(-exponent - 1)}))"
        return f"(Mul {factor} (Apply {RECIPROCAL} {-exponent - 1} {self.expression(base)}))"

    def _rational_power(self, base: Any, exponent: Fraction) -> str:
        """u^r as a multiple of a derivative of u^(r + k), whose exponent lies between POWERS and POWERS + 1."""
        order = POWERS - floor(exponent)
        if exponent.denominator == 1 or not 0 <= order <= 2 * POWERS:
            raise Inexpressible("a power that is no small integer or fraction")
        highest = exponent + order
        factor = 1 / prod((highest - i for i in range(order)), start=Fraction(1))
        written = f"(Apply {self._function(power_name(highest))} {order} {self.expression(base)})"
        return f"(Mul (Number (({factor.numerator}) # {factor.denominator})) {written})"

    def _entry(self, e: Any) -> str:
        _, kind, owner, at = e
        tensor = self.layer.tensor(kind, owner)
        if tensor in self.layer.table.one_hot:
            raise Inexpressible("integers that are read as real numbers")
        return self._read(tensor, at)

    def _read(self, tensor: str, at: list[Any]) -> str:
        shape = self.layer.table.shape(tensor)
        if len(at) != len(shape):
            raise Inexpressible("an entry with another number of positions than its tensor has axes")
        for axis, e in enumerate(at):
            if isinstance(e, list) and e[0] == "entry":
                name = f"row {axis}"
                chosen = self._one_hot(["index", name], e)
                inner = self._read(tensor, [*at[:axis], ["index", name], *at[axis + 1 :]])
                return f"(Sum {self.layer.index(name)} {natural(shape[axis])} (Mul {chosen} {inner}))"
        return f"(Entry ({tensor}) [{'; '.join(self.position(e) for e in at)}])"

    def _one_hot(self, i: Any, e: Any) -> str:
        _, kind, owner, at = e
        tensor = self.layer.tensor(kind, owner)
        if tensor not in self.layer.table.one_hot:
            raise Inexpressible("a position that is no integer of the data")
        if any(isinstance(position, list) and position[0] == "entry" for position in at):
            # the sum over its row would bind the name that i may have
            raise Inexpressible("an integer that is read at a place that is read itself")
        return self._read(tensor, [*at, i])

    def _bracket(self, e: Any) -> str:
        if e[0] == "same":
            for one, other in ((e[1], e[2]), (e[2], e[1])):
                if isinstance(other, list) and other[0] == "entry":
                    tensor = self.layer.tensor(other[1], other[2])
                    if tensor in self.layer.table.one_hot:
                        return self._one_hot(one, other)
                    return f"(IndexIs {self.position(one)} {self.expression(other)})"
        return f"(Bracket {self._guard(e)})"

    def _guard(self, e: Any) -> str:
        """A bracket of positions that are not read from data."""
        first, second = e[1:]
        if e[0] == "same":
            return f"(Same {self.position(first)} {self.position(second)})"
        if e[0] == "inside":
            return f"(Inside {self.position(first)} {_parenthesised(self.layer.size(second))})"
        divisor = self.layer.size(first)
        if is_below(divisor, 1):
            raise Inexpressible("a division by a number below 1")
        return f"(Divides {_parenthesised(divisor)} {self.position(second)})"


def _parenthesised(size: Size) -> str:
    return f"({size})" if isinstance(size, int) else written(size)


__all__ = ["FUNCTIONS", "TermWriter", "function_number", "power_name"]
