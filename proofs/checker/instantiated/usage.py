"""What equations read, apply and divide by, also where it cancels: 0 / x has the normal form 0, and no value at 0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dyadic.proofs.checker.evaluation.domain import RESTRICTED
from dyadic.proofs.checker.instantiated.polynomials import Atoms, Polynomial, Used


def within(atoms: Atoms, polynomial: Polynomial) -> Used:
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
            parts = atoms.parts(atom)
            if parts[0] in ("entry", "apply"):
                found.add(parts)
            if exponent < 0 or exponent.denominator > 1:
                found |= {("divisor", atom), *([("divisor", parts[1])] if parts[0] == "base" else [])}
            stack += atoms.monomials(atom)
    return found


def is_total(used: Iterable[tuple[Any, ...]]) -> bool:
    """Whether all of what was used has a value at all arguments, if what is read is there."""
    return all(one[0] == "entry" or (one[0] == "apply" and one[1] not in RESTRICTED) for one in used)


__all__ = ["is_total", "within"]
