"""What equations read, apply and divide by, also where it cancels: 0 / x has the normal form 0, and no value at 0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dyadic.proofs.checker.evaluation.domain import RESTRICTED
from dyadic.proofs.checker.instantiated.polynomials import Atoms, Guards, Polynomial, Use, Used, kinds

BRACKETS, MAXIMA = ("inside", "divides", "same"), ("logsumexp", "max", "argmax")


def within(atoms: Atoms, polynomial: Polynomial) -> Used:
    """What a normal form still has of what was used."""
    found: Used = set()
    seen: set[Any] = set()
    stack: list[tuple[Any, Guards]] = [(monomial, frozenset()) for monomial in polynomial]
    while stack:
        monomial, outer = stack.pop()
        guards = outer.union(atom for atom, _ in monomial if atoms.parts(atom)[0] in BRACKETS)
        if (monomial, guards) in seen:
            continue
        seen.add((monomial, guards))
        for atom, exponent in monomial:
            parts = atoms.parts(atom)
            if parts[0] in ("entry", "apply"):
                found.add((parts, guards))
            under = (atom, *([parts[1]] if parts[0] == "base" else []))
            found |= {((kind, one), guards) for kind in kinds(exponent) for one in under}
            inner = guards.union(*map(bracket_atoms, parts[2])) if parts[0] in MAXIMA else guards
            stack += [(one, inner) for one in atoms.monomials(atom)]
    return found


def bracket_atoms(polynomial: Iterable[Any]) -> Guards:
    """The atoms of a bracket's normal form."""
    return frozenset(atom for monomial, _ in polynomial for atom, _ in monomial)


def beyond(used: Iterable[Use], allowed: Iterable[Use]) -> list[tuple[Any, ...]]:
    """What is used and not among what may be: there it stands under no other guards."""
    known: dict[tuple[Any, ...], list[Guards]] = {}
    for what, guards in allowed:
        known.setdefault(what, []).append(guards)
    return [what for what, guards in used if not any(one <= guards for one in known.get(what, ()))]


def is_total(used: Iterable[tuple[Any, ...]]) -> bool:
    """Whether all of what was used has a value at all arguments, if what is read is there."""
    return all(one[0] == "entry" or (one[0] == "apply" and one[1] not in RESTRICTED) for one in used)


__all__ = ["beyond", "is_total", "within"]
