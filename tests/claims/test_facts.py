"""Whatever the ring of functions takes to be equal is equal in numbers: below, above and at every kink."""

from __future__ import annotations

import itertools
import random

import pytest
from flint import arb, ctx

from dyadic.proofs.evaluate.identity_values import primes_for
from dyadic.proofs.evaluate.number_rings import Ball, Undetermined
from dyadic.proofs.evaluate.reals import TRUE_FUNCTIONS
from dyadic.proofs.statements.number_systems.atoms import key
from dyadic.proofs.statements.number_systems.closed import Closed

NAMES = [name for name, order in TRUE_FUNCTIONS if order == 0 and name != "outer"]
POINTS = list(itertools.product((0, 1, -1, 2, arb(-5) / 7, 3), (0, 1, arb(3) / 2, -2)))
X, Y = "x", "y"
ARGUMENTS = [
    X, ("*", -1, X), ("*", 2, X), ("^", X, 2), ("^", X, 3), ("+", 1, ("^", X, 2)), ("*", X, Y), ("+", X, Y), 0, 1, 2, 4,
    ("+", 3, X), ("*", ("^", X, 2), ("^", Y, 2)),
    *((name, 0, X) for name in ("exp", "abs", "relu", "log", "sqrt", "softplus", "cos")),
    ("log", 0, ("^", X, 2)), ("sqrt", 0, ("^", X, 2)), ("relu", 0, ("*", -1, X)),
]  # fmt: skip


def around(value):
    yield from (value, ("*", -1, value), ("^", value, 2), ("^", value, -1), ("*", X, value), ("+", X, value))
    yield from ((name, 0, value) for name in ("exp", "log", "abs", "relu", "sqrt"))
    yield ("exp", 0, ("/", value, 2))


def expressions():
    """Every function and derivative of every argument, alone and in a few formulas; and compositions at random."""
    for name, order in TRUE_FUNCTIONS:
        if name != "outer":
            for argument in ARGUMENTS:
                yield from around((name, order, argument))
    source = random.Random(11)
    for _ in range(1_000):
        yield composed(source, 3)


def composed(source, depth):
    if depth == 0 or source.random() < 0.15:
        return source.choice([X, Y, 1, 2, -1])
    choice = source.random()
    if choice < 0.6:
        order = int(source.random() < 0.25)
        name = source.choice(NAMES)
        return (name, order if (name, 1) in TRUE_FUNCTIONS else 0, composed(source, depth - 1))
    if choice < 0.9:
        return (source.choice("+*"), composed(source, depth - 1), composed(source, depth - 1))
    return ("^", composed(source, depth - 1), source.choice([2, -1, -2]))


def evaluated(ring, node, values):
    if isinstance(node, str):
        return values[node]
    if isinstance(node, int):
        return ring.number(node)
    match node:
        case ("+", one, two):
            return ring.add([evaluated(ring, one, values), evaluated(ring, two, values)])
        case ("*", one, two):
            return ring.mul([evaluated(ring, one, values), evaluated(ring, two, values)])
        case ("/", one, number):
            return ring.mul([evaluated(ring, one, values), ring.number(1, number)])
        case ("^", base, exponent):
            found = ring.power(evaluated(ring, base, values), exponent)
        case (name, order, argument):
            found = ring.apply(name, order, evaluated(ring, argument, values))
    if isinstance(found, arb) and not found.is_finite():
        raise Undetermined("not defined")
    return found


def number(node, point):
    """The enclosure at a point; None where the expression is not defined."""
    try:
        return evaluated(Ball(), node, dict(zip((X, Y), map(arb, point), strict=True)))
    except Undetermined:
        return None


@pytest.fixture
def precision():
    before, ctx.prec = ctx.prec, 128
    yield
    ctx.prec = before


@pytest.mark.parametrize("share", [15, pytest.param(3, marks=pytest.mark.long)])
def test_what_is_taken_to_be_equal_is_equal(share, precision):
    """One in ``share`` of the expressions."""
    ring = Closed(primes_for(3)[0], 3)
    values = {X: ring.drawn(123456789), Y: ring.drawn(987654321)}
    groups: dict = {}
    for node in list(dict.fromkeys(expressions()))[::share]:
        try:
            groups.setdefault(key(evaluated(ring, node, values).value), []).append(node)
        except Undetermined:
            continue
    compared = 0
    for group in groups.values():
        for point in POINTS if len(group) > 1 else ():
            found = [(value, node) for node in group if (value := number(node, point)) is not None]
            for (one, left), (two, right) in itertools.pairwise(found):
                assert one.overlaps(two), (point, left, right)
                compared += 1
    assert compared > 10_000 / share
