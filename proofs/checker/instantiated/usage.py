"""What equations read, apply and divide by, also where it cancels: 0 / x has the normal form 0, and no value at 0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dyadic.proofs.checker.evaluation.domain import RESTRICTED

if TYPE_CHECKING:
    from dyadic.proofs.checker.instantiated.normal_form import Forms, Polynomial

Used = set[tuple[Any, ...]]
"""Entries and functions as atoms; ("divisor", atom or key) for what stands under a root or a negative power."""
_POSITIVE = ("size", "pi", "prime")


class Usage:
    """Collects what is used while expressions are brought to their normal forms."""

    def __init__(self) -> None:
        self._used: Used = set()

    def add(self, atom: tuple[Any, ...]) -> None:
        self._used.add(atom)

    @contextmanager
    def watched(self) -> Iterator[Used]:
        """What is used meanwhile."""
        before, self._used = self._used, set()
        try:
            yield self._used
        finally:
            self._used = before

    def divides_by(self, forms: Forms, base: Polynomial) -> None:
        """A negative power or a root of a polynomial was taken, or of each of the factors of one term."""
        if len(base) == 1:
            (monomial,) = base
            self._used |= {("divisor", atom) for atom, _ in monomial if forms.parts(atom)[0] not in _POSITIVE}
        else:
            self._used.add(("divisor", frozenset(base.items())))


def within(forms: Forms, polynomial: Polynomial) -> Used:
    """What a normal form still has of what was used."""
    found: Used = set()
    seen: set[Any] = set()
    stack: list[Any] = list(polynomial)
    while stack:
        monomial = stack.pop()
        if monomial in seen:
            continue
        seen.add(monomial)
        for atom, exponent in monomial:
            parts = forms.parts(atom)
            if parts[0] in ("entry", "apply"):
                found.add(parts)
            if exponent < 0 or exponent.denominator > 1:
                found |= {("divisor", atom), *([("divisor", parts[1])] if parts[0] == "base" else [])}
            stack += forms.monomials(atom)
    return found


def is_total(used: Iterable[tuple[Any, ...]]) -> bool:
    """Whether all of what was used has a value at all arguments, if what is read is there."""
    return all(one[0] == "entry" or (one[0] == "apply" and one[1] not in RESTRICTED) for one in used)


__all__ = ["Usage", "Used", "is_total", "within"]
