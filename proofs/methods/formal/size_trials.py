"""A change of variables between two terms, tried with numbers for the sizes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

from dyadic.proofs.methods.formal.extents import OPERATIONS
from dyadic.proofs.methods.formal.product_terms import Node, ProductTerm
from dyadic.proofs.methods.formal.readback import words

POINTS = 1500
"""At how many points of a term's box a change of variables is tried."""
Sizes = Mapping[str, int]
Vector = Sequence[int]


@dataclass(frozen=True)
class SizeTrial:
    """Numbers for the sizes, and with them the shapes of the tensors."""

    sizes: Sizes
    shapes: Mapping[tuple[str, str], Sequence[int]]


def number(term: ProductTerm, trial: SizeTrial) -> Fraction:
    """The product of the term's numbers."""
    return prod((rational(node, trial.sizes) for node in term.numbers), start=Fraction(1))


def rational(node: Node, sizes: Sizes) -> Fraction:
    """A number of Coq's rationals."""
    if isinstance(node, tuple) and len(node) == 3 and node[1] == "#":
        return Fraction(integer(node[0], sizes), integer(node[2], sizes))
    if isinstance(node, tuple) and len(node) == 1:
        return rational(node[0], sizes)
    return Fraction(integer(node, sizes))


def integer(node: Node, sizes: Sizes) -> int:
    """An integer that is made of sizes."""
    while isinstance(node, tuple) and len(node) == 1:
        (node,) = node
    if isinstance(node, str):
        return sizes[node] if node in sizes else int(node)
    head, *parts = node
    values = [integer(part, sizes) for part in parts]
    if head in OPERATIONS:
        return OPERATIONS[head](*values)
    (value,) = values
    return max(value, 0)


def _evaluator(form: Node, sizes: Sizes) -> Callable[[Vector], int]:
    match form[0]:
        case "Index":
            k = int(form[1])
            return lambda x: x[k]
        case "Constant":
            c = integer(form[1], sizes)
            return lambda x: c
        case "Plus":
            a, b = _evaluator(form[1], sizes), _evaluator(form[2], sizes)
            return lambda x: a(x) + b(x)
        case "Times":
            factor, of = integer(form[1], sizes), _evaluator(form[2], sizes)
            return lambda x: factor * of(x)
        case "Quotient":
            of, divisor = _evaluator(form[1], sizes), integer(form[2], sizes)
            return lambda x: of(x) // divisor
    of, divisor = _evaluator(form[1], sizes), integer(form[2], sizes)
    return lambda x: of(x) % divisor


def _condition(guard: Node, sizes: Sizes) -> Callable[[Vector], bool]:
    match guard[0]:
        case "Inside":
            a, n = _evaluator(guard[1], sizes), integer(guard[2], sizes)
            return lambda x: 0 <= a(x) < n
        case "Divides":
            d, a = integer(guard[1], sizes), _evaluator(guard[2], sizes)
            return lambda x: a(x) % d == 0
    a, b = _evaluator(guard[1], sizes), _evaluator(guard[2], sizes)
    return lambda x: a(x) == b(x)


def _points(extents: Sequence[Node], sizes: Sizes) -> Iterator[tuple[int, ...]]:
    lengths = [integer(extent, sizes) for extent in extents]
    if prod(lengths) <= POINTS:
        yield from product(*map(range, lengths))
    else:
        rng = random.Random(0)
        for _ in range(POINTS):
            yield tuple(rng.randrange(n) for n in lengths)


def _holds(conditions: Sequence[Callable[[Vector], bool]], x: Vector) -> bool:
    return all(condition(x) for condition in conditions)


def is_change(
    term: ProductTerm, other: ProductTerm, there: Sequence[Node], back: Sequence[Node], pairs: Any, trial: SizeTrial
) -> bool:
    """Whether it is a change of variables where the terms' guards hold and their entries are read inside.

    pairs: positions of the one and of the other that then have to be the same.
    """
    sizes = trial.sizes
    images, origins = ([_evaluator(form, sizes) for form in forms] for forms in (there, back))
    same = [tuple(_evaluator(form, sizes) for form in pair) for pair in pairs if "Bound" not in words(pair)]
    own_guards, other_guards = (_guards(t, sizes) for t in (term, other))
    own, others = (guards + _reads(t, trial) for guards, t in ((own_guards, term), (other_guards, other)))
    lengths, other_lengths = ([integer(n, sizes) for n in t.extents] for t in (term, other))
    for x in _points(term.extents, sizes):
        if _holds(own, x):
            y = _values(images, x)
            if not (_is_inside(y, other_lengths) and _values(origins, y) == x and _holds(other_guards, y)):
                return False
            if any(a(x) != b(y) for a, b in same):
                return False
    for y in _points(other.extents, sizes):
        if _holds(others, y):
            x = _values(origins, y)
            if not (_is_inside(x, lengths) and _values(images, x) == y and _holds(own, x)):
                return False
    return True


def is_nothing(term: ProductTerm, trial: SizeTrial) -> bool:
    """Whether the term's guards hold nowhere where its entries are read inside."""
    conditions = _guards(term, trial.sizes) + _reads(term, trial)
    return not any(_holds(conditions, x) for x in _points(term.extents, trial.sizes))


def _values(forms: Sequence[Callable[[Vector], int]], x: Vector) -> tuple[int, ...]:
    return tuple(form(x) for form in forms)


def _is_inside(x: Vector, lengths: Sequence[int]) -> bool:
    return all(0 <= v < n for v, n in zip(x, lengths, strict=True))


def _guards(term: ProductTerm, sizes: Sizes) -> list[Callable[[Vector], bool]]:
    return [_condition(guard, sizes) for guard in term.guards]


def _reads(term: ProductTerm, trial: SizeTrial) -> list[Callable[[Vector], bool]]:
    """That the entries among the factors lie inside their tensors."""
    return [
        _condition(("Inside", position, str(extent)), trial.sizes)
        for factor in term.factors
        if factor.body[0] == "Entry"
        for position, extent in zip(factor.body[2], trial.shapes[factor.body[1]], strict=True)
    ]
