"""Numbers that depend linearly on labelled unknowns, and systems of equations between them, solved exactly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dyadic.proofs.evaluate.number_rings import Composed, Undetermined
from dyadic.proofs.statements.number_systems.rings import rational_value
from dyadic.proofs.statements.number_systems.work import spend


class NotLinear(Undetermined):
    """A product of unknowns, or a function of one."""


@dataclass(frozen=True)
class Line:
    """constant + Sum coefficient * unknown."""

    constant: Fraction
    parts: dict[str, Fraction]


class LinearRing(Composed):
    """The ring of :class:`Line`, as far as it is one."""

    def number(self, p: int, q: int = 1) -> Line:
        return Line(Fraction(p, q), {})

    def unknown(self, label: str) -> Line:
        return Line(Fraction(0), {label: Fraction(1)})

    def add(self, terms: Sequence[Line]) -> Line:
        parts: dict[str, Fraction] = {}
        for term in terms:
            spend(1 + len(term.parts))
            for label, coefficient in term.parts.items():
                parts[label] = parts.get(label, Fraction(0)) + coefficient
        total = sum((term.constant for term in terms), Fraction(0))
        return Line(total, {label: c for label, c in parts.items() if c})

    def mul(self, factors: Sequence[Line]) -> Line:
        scale = Fraction(1)
        rest = [factor for factor in factors if factor.parts]
        for factor in factors:
            if not factor.parts:
                scale *= factor.constant
        if not rest or not scale:
            return Line(scale, {})
        if len(rest) > 1:
            raise NotLinear("a product of unknowns")
        (one,) = rest
        return Line(one.constant * scale, {label: c * scale for label, c in one.parts.items()})

    def power(self, base: Line, p: int, q: int = 1) -> Line:
        if base.parts or q != 1 or (p < 0 and not base.constant):
            raise NotLinear("a power of an unknown")
        return Line(base.constant**p, {})

    def apply(self, name: str, order: int, argument: Line) -> Line:
        if name == "identity":
            return argument if order == 0 else self.number(1)
        value = None if argument.parts else rational_value(name, order, argument.constant)
        if value is None:
            raise NotLinear("a function of an unknown")
        return Line(value, {})

    def _refuse(self, *arguments: Any) -> Any:
        raise NotLinear("a choice between unknowns")

    logsumexp = largest = argmax = _refuse


def solved(equations: Iterable[Line]) -> dict[str, Line] | None:
    """Unknowns in terms of those that stay free, such that all the lines are 0; None if they cannot all be."""
    ring, found = LinearRing(), dict[str, Line]()
    for line in equations:
        rest = _put(ring, line, found)
        if not rest.parts:
            if rest.constant:
                return None
            continue
        pivot = max(rest.parts)
        scale = -1 / rest.parts[pivot]
        other = {label: c * scale for label, c in rest.parts.items() if label != pivot}
        value = Line(rest.constant * scale, other)
        found = {label: _put(ring, known, {pivot: value}) for label, known in found.items()}
        found[pivot] = value
    return found


def _put(ring: LinearRing, line: Line, known: dict[str, Line]) -> Line:
    """A line with values for some of its unknowns."""
    terms = [Line(line.constant, {})]
    for label, coefficient in line.parts.items():
        terms.append(ring.mul([ring.number(*coefficient.as_integer_ratio()), known.get(label) or ring.unknown(label)]))
    return ring.add(terms)
