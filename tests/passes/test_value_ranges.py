"""Between which numbers values lie: never told too narrowly, and 0 at single points only where that is certain."""

import random
from fractions import Fraction
from itertools import combinations
from math import inf

import pytest

from dyadic.proofs.statements.semantics.value_ranges import ValueRange, ValueRanges

ENDS = (-inf, Fraction(-3), Fraction(-1), Fraction(0), Fraction(1), Fraction(2), inf)
X, Y = (["entry", "array", name, []] for name in "xy")


def applied(name, node):
    return ["apply", name, 0, node]


def holds(value, found):
    return not (
        value < found.low
        or value > found.high
        or (value == found.low and found.open[0])
        or (value == found.high and found.open[1])
    )


def test_arithmetic_of_ranges_holds_that_of_numbers():
    draw, seen = random.Random(1), 0
    ranges = [
        ValueRange(*ends, (draw.random() < 0.5, draw.random() < 0.5))
        for ends in combinations(ENDS, 2)
        for _ in range(4)
    ]
    bodies = {"one": ["^", ["entry", "", "a", []], 3], "two": ["^", ["entry", "", "a", []], -2]}
    for one in ranges:
        for two in ranges:
            x, y = (Fraction(draw.randint(int(max(r.low, -9) * 4), int(min(r.high, 9) * 4)), 4) for r in (one, two))
            if not (holds(x, one) and holds(y, two)):
                continue
            seen += 1
            assert holds(x * y, one * two)
            assert holds(x + y, one + two)
            assert holds(x * x, one.square)
            assert not x or holds(1 / x, one.inverse)
            known = ValueRanges(bodies)
            known._known = {"a": one}
            assert holds(x**3, known.of(bodies["one"]))
            assert not x or holds(x**-2, known.of(bodies["two"]))
    assert seen > 1_000


@pytest.mark.parametrize(("node", "low", "high"), [
    (["+", ["^", X, 2], 1], 1, inf), (["*", X, X], 0, inf), (["*", X, Y], -inf, inf),
    (["^", ["+", 1, applied("exp", X)], -1], 0, 1),
    (["+", 1, ["*", -1, ["^", ["+", 1, applied("exp", X)], -1]]], 0, 1),
    (["sum", "k", 3, ["^", X, 2]], 0, inf), (["max", "k", 3, applied("relu", X)], 0, inf),
    (["+", 1, ["*", -1, applied("relu", ["+", 1, ["*", -1, applied("relu", X)]])]], 0, 1),
    (["where", applied("step", X), ["+", 1, ["^", X, 2]]], 0, inf), (applied("log", X), -inf, inf),
])  # fmt: skip
def test_of_expressions(node, low, high):
    found = ValueRanges({}).of(node)
    assert (found.low, found.high) == (low, high)


NOTHING = ["+", Y, ["*", -1, Y]]


@pytest.mark.parametrize(("node", "expected"), [
    (X, True), (["+", X, ["^", X, 2]], True), (applied("abs", X), True), (["max", "k", 3, applied("abs", X)], True),
    (applied("relu", X), False), (applied("step", X), False), (["+", applied("abs", X), ["*", -1, X]], False),
    (["+", applied("relu", X), ["*", NOTHING, NOTHING]], False), (["max", "k", 3, NOTHING], False),
    (["+", ["where", applied("step", X), X], ["where", ["+", 1, ["*", -1, applied("step", X)]], NOTHING]], False),
    (["+", ["where", applied("step", X), X], ["where", ["+", 1, ["*", -1, applied("step", X)]], ["*", 2, X]]], True),
    (["+", ["^", ["^", X, 2], ["rational", 1, 2]], ["*", -1, X]], False),
    (["+", applied("elu", X), ["*", -1, X]], False),
    (["+", applied("relu", X), 1], True), (["sum", "k", 3, applied("relu", X)], False),
    (applied("sin", ["*", ["pi"], applied("step", X)]), False),
])  # fmt: skip
def test_what_is_zero_at_single_points_only(node, expected):
    assert ValueRanges({}).thin(node) is expected
    assert ValueRanges({"t": node}).thin(["entry", "array", "t", []]) is expected
