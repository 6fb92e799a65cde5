"""Conditions on a network's numbers that none meet: of a theorem that has one, nothing is said by proving it.

The maximum of x and x asks that x - x is not 0.  Looked for are arguments that are the same number whatever the tensors
hold, by the rules of polynomials: entries of one tensor at the same place are one letter, and an activation that is 0
throughout is 0 where it is read.  A condition that fails everywhere for another reason is not found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.evaluation.smooth_entries import Need, Situated, needs, places

_MOST_TERMS = 200
_LARGEST_POWER = 8
Polynomial = dict[tuple[str, ...], Fraction]
"""Coefficients by the letters of a monomial, in order."""


def never_met(
    vertices: Sequence[Any], layers: Mapping[str, Any], costs: Mapping[str, Any], kinds: Mapping[str, Any]
) -> str | None:
    """A condition that no numbers meet, in words; None if none is found.

    vertices, layers, costs, kinds: as a certificate holds them.
    """
    zero: set[tuple[str, str]] = set()
    for place, content in places(vertices, layers, costs, kinds):
        inside = set(zero)
        for item in content["definitions"]:
            for need, node in needs(item["body"]):
                argument = node[3] if node[0] == "apply" else node[1]
                if need in (Need.NOT_ZERO, Need.POSITIVE):
                    value = _number(_polynomial(argument, place, inside))
                    if value is not None and (value == 0 or (need is Need.POSITIVE and value < 0)):
                        asked = "not 0" if need is Need.NOT_ZERO else "positive"
                        return f"in {place.name}, what is to be {asked} is {value} whatever it reads"
            if _number(_polynomial(item["body"], place, inside)) == 0:
                inside.add((item["kind"], item["owner"]))
        if content["definitions"] and _number(_polynomial(content["definitions"][-1]["body"], place, inside)) == 0:
            zero.add(("x", place.name))
    return None


def _number(polynomial: Polynomial | None) -> Fraction | None:
    """The number that a polynomial is, if it is one."""
    if polynomial is None or any(letters for letters in polynomial):
        return None
    return polynomial.get((), Fraction(0))


def _polynomial(e: Any, place: Situated, zero: set[tuple[str, str]]) -> Polynomial | None:
    """An expression as a polynomial in letters, of which what is no sum or product is one; None if it is too long."""
    if not isinstance(e, list):
        return _constant(Fraction(e)) if isinstance(e, int) else {(repr(e),): Fraction(1)}
    match e:
        case ["rational", int(p), int(q)] if q:
            return _constant(Fraction(p, q))
        case ["+", *parts]:
            return _sum([_polynomial(part, place, zero) for part in parts])
        case ["*", *parts]:
            return _product([_polynomial(part, place, zero) for part in parts])
        case ["^", base, int(n)] if 0 < n <= _LARGEST_POWER:
            return _product([_polynomial(base, place, zero)] * n)
        case ["entry", kind, owner, _]:
            tensor = _tensor(kind, owner, place)
            return {} if tensor in zero else {(repr(_placed(e, place)),): Fraction(1)}
        case ["sum", *_, body] if _polynomial(body, place, zero) == {}:
            return {}
    return {(repr(_placed(e, place)),): Fraction(1)}


def _tensor(kind: str, owner: str, place: Situated) -> tuple[str, str]:
    return (kind, place.read.get(owner, owner)) if kind == "x" else (kind, owner)


def _placed(e: Any, place: Situated) -> Any:
    """The expression with the names of what a layer reads in place of its own for them."""
    if not isinstance(e, list):
        return e
    if e and e[0] == "entry":
        return ["entry", *_tensor(e[1], e[2], place), _placed(e[3], place)]
    return [_placed(part, place) for part in e]


def _constant(value: Fraction) -> Polynomial:
    return {(): value} if value else {}


def _sum(parts: list[Polynomial | None]) -> Polynomial | None:
    found: Polynomial = {}
    for part in parts:
        if part is None:
            return None
        for letters, factor in part.items():
            found[letters] = found.get(letters, Fraction(0)) + factor
    found = {letters: factor for letters, factor in found.items() if factor}
    return found if len(found) <= _MOST_TERMS else None


def _product(parts: list[Polynomial | None]) -> Polynomial | None:
    if any(part == {} for part in parts):
        return {}
    found: Polynomial | None = _constant(Fraction(1))
    for part in parts:
        if found is None or part is None or len(found) * len(part) > _MOST_TERMS:
            return None
        pairs = [(a, b, f * g) for a, f in found.items() for b, g in part.items()]
        found = _sum([{tuple(sorted((*a, *b))): factor} for a, b, factor in pairs])
    return found


__all__ = ["never_met"]
