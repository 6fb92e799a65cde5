"""Numbers that keep their exact form: polynomials with rational coefficients in function values such as tanh'(1).

A value is a pair: the enclosure in which it is compared, and the form that is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from flint import arb, fmpq

from dyadic.proofs.evaluate.number_rings import Ball, Composed
from dyadic.proofs.evaluate.reals import AT_ZERO

Form = dict[tuple[str, ...], fmpq]
_HIGHEST_POWER = 64


class Number(NamedTuple):
    """ball: a rigorous enclosure.  form: monomials in function values, with their coefficients."""

    ball: arb
    form: Form

    @property
    def text(self) -> str:
        """Such as ``2 tanh'(1) - 1/2``."""
        parts: list[str] = []
        for monomial, coefficient in sorted(self.form.items(), key=lambda item: (-len(item[0]), item[0])):
            size = abs(coefficient)
            term = " ".join([*([] if size == 1 and monomial else [str(size)]), *monomial])
            if parts:
                parts += ["-" if coefficient < 0 else "+", term]
            else:
                parts.append(f"-{term}" if coefficient < 0 else term)
        return " ".join(parts) or "0"

    @property
    def rational(self) -> fmpq | None:
        """The value, if no function value is left in it."""
        if not self.form:
            return fmpq(0)
        return self.form.get(()) if len(self.form) == 1 else None

    def __str__(self) -> str:
        return self.text if self.rational is not None else f"{self.text} = {self.ball.str(12, radius=False)}"


def _one_over(form: Form) -> fmpq | None:
    """exp(-log(n)) for a number n."""
    if len(form) == 1:
        ((monomial, coefficient),) = form.items()
        inner = monomial[0][4:-1] if len(monomial) == 1 and monomial[0].startswith("log(") else ""
        if coefficient == -1 and inner.isdecimal():
            return fmpq(1, int(inner))
    return None


class Written(Composed):
    """The ring of such numbers."""

    def __init__(self) -> None:
        self._ball = Ball()

    def number(self, p: int, q: int = 1) -> Number:
        return Number(arb(p) / q, {(): fmpq(p, q)} if p else {})

    def add(self, terms: Sequence[Number]) -> Number:
        form: Form = {}
        for term in terms:
            for monomial, coefficient in term.form.items():
                form[monomial] = form.get(monomial, fmpq(0)) + coefficient
        return Number(self._ball.add([t.ball for t in terms]), {m: c for m, c in form.items() if c != 0})

    def mul(self, factors: Sequence[Number]) -> Number:
        result = self.number(1)
        for factor in factors:
            form: Form = {}
            for one, a in result.form.items():
                for two, b in factor.form.items():
                    monomial = tuple(sorted((*one, *two)))
                    form[monomial] = form.get(monomial, fmpq(0)) + a * b
            result = Number(result.ball * factor.ball, {m: c for m, c in form.items() if c != 0})
        return result

    def power(self, base: Number, p: int, q: int = 1) -> Number:
        if q == 1 and 0 <= p <= _HIGHEST_POWER:
            return self.mul([base] * p)
        ball, value = self._ball.power(base.ball, p, q), base.rational
        if q == 1 and value is not None and value != 0 and abs(p) <= _HIGHEST_POWER:
            return Number(ball, {(): value**p})
        return Number(ball, {(f"({base.text})^({p}/{q})" if q != 1 else f"({base.text})^{p}",): fmpq(1)})

    def apply(self, name: str, order: int, argument: Number) -> Number:
        ball, value = self._ball.apply(name, order, argument.ball), argument.rational
        exact: fmpq | None = None
        if value is not None and name in ("relu", "identity"):
            slope = fmpq(1) if name == "identity" or value > 0 else fmpq(0)
            exact = slope * value if order == 0 else slope
        elif value is not None and value == 0:
            known = AT_ZERO.get((name, order))
            exact = None if known is None else fmpq(known.numerator, known.denominator)
        elif name == "exp":
            exact = _one_over(argument.form)
        if exact is not None:
            return Number(ball, {(): exact} if exact != 0 else {})
        text = f"{name}{chr(39) * order}({argument.text})"
        return Number(ball, {(text,): fmpq(1)})

    def largest(self, arguments: Sequence[Number]) -> Number:
        return arguments[self.argmax(arguments, range(len(arguments)))]

    def argmax(self, arguments: Sequence[Number], indices: Sequence[int]) -> int:
        return self._ball.argmax([argument.ball for argument in arguments], indices)

    def logsumexp(self, arguments: Sequence[Number]) -> Number:
        if len(arguments) == 1:
            return arguments[0]
        if not any(argument.form for argument in arguments):  # all of them 0
            return Number(self._ball.logsumexp([a.ball for a in arguments]), {(f"log({len(arguments)})",): fmpq(1)})
        text = f"log({' + '.join(f'exp({a.text})' for a in arguments)})"
        return Number(self._ball.logsumexp([a.ball for a in arguments]), {(text,): fmpq(1)})
