"""Rational enclosures: every function's value is inside, by another library; nothing is enclosed that has no value."""

import random
from fractions import Fraction

import pytest
from flint import arb, ctx, fmpq

from dyadic.proofs.checker.differentiation.definitions import DEFINITIONS, ELEMENTARY
from dyadic.proofs.checker.differentiation.integer_intervals import BITS, ENCLOSED, ONE, Enclosure, NoValue, pi
from dyadic.proofs.checker.evaluation.enclosed_numbers import NOTHING, EnclosedNumbers
from dyadic.proofs.checker.intake.effort import limited
from dyadic.proofs.checker.intake.reading import Costly
from dyadic.proofs.evaluate.reals import TRUE_FUNCTIONS

TRUE = {
    "exp": arb.exp, "log": arb.log, "sqrt": arb.sqrt, "erf": arb.erf, "sin": arb.sin, "cos": arb.cos,
    "asin": arb.asin, "acos": arb.acos, "atan": arb.atan, "floor": arb.floor,
    "round": lambda x: (x + arb(1) / 2).floor(), "stop_gradient": lambda x: x,
}  # fmt: skip
SCALES = (Fraction(1, 2**40), Fraction(1, 100), Fraction(1, 2), Fraction(1), Fraction(3), Fraction(10), Fraction(60))


@pytest.fixture(autouse=True)
def precision():
    before, ctx.prec = ctx.prec, 400
    yield
    ctx.prec = before


def ball(number):
    return arb(fmpq(number.numerator, number.denominator))


def contains(found, true):
    """Unless the other library is certain that the value lies outside."""
    return not true < ball(Fraction(found.low, ONE)) and not true > ball(Fraction(found.high, ONE))


def inside(name, x):
    """A number in the function's domain."""
    if name in ("log", "sqrt"):
        return abs(x) + Fraction(1, 10**6)
    return max(min(x, Fraction(1)), Fraction(-1)) if name in ("asin", "acos") else x


def test_the_elementary_functions_are_these():
    assert set(ENCLOSED) == set(TRUE) == set(ELEMENTARY)


@pytest.mark.parametrize("name", ENCLOSED)
def test_true_values_are_enclosed(name):
    rng, narrow = random.Random(name), 0
    for _ in range(150):
        x = inside(name, Fraction(rng.randint(-(10**9), 10**9), 10**9) * rng.choice(SCALES))
        width = rng.choice((Fraction(0), Fraction(1, 2**30), Fraction(1, 2**8)))
        try:
            found = ENCLOSED[name](Enclosure.of(x).widened(int(width * ONE)))
        except NoValue:
            assert name in ("exp", "sin", "cos", "floor", "round") or width
            continue
        for at in (x, x - width, x + width, x + width / 3):
            if at == inside(name, at) or name not in ("log", "sqrt", "asin", "acos"):
                assert contains(found, TRUE[name](ball(at))), (x, width)
        narrow += width == 0 and found.high - found.low < ONE >> 40
    assert narrow > 20


def test_arithmetic_is_rounded_outwards():
    rng = random.Random(2)
    for _ in range(300):
        a, b = (Fraction(rng.randint(-(10**6), 10**6), rng.randint(1, 10**6)) for _ in range(2))
        one, two = Enclosure.of(a), Enclosure.of(b)
        cases = [(one + two, a + b), (one - two, a - b), (one * two, a * b), (one.power(3), a**3)]
        cases += [(two.inverse(), 1 / b), (two.power(-2), b**-2)] if b else []
        for found, exact in cases:
            assert Fraction(found.low, ONE) <= exact <= Fraction(found.high, ONE)
            assert found.high - found.low <= 64 * (1 + abs(exact) ** 2)


def test_signs_are_certain_or_not():
    assert (Enclosure.of(3).sign, Enclosure.of(-3).sign, Enclosure.of(0).sign) == (1, -1, 0)
    assert Enclosure.of(0).widened(1).sign is None
    assert Enclosure.of(Fraction(1, 2**400)).sign is None


NOWHERE = {
    "log": (0, -1, Fraction(-1, 2**90)), "sqrt": (-1,), "asin": (2, -2), "acos": (Fraction(5, 4),), "exp": (501, 10**9),
    "sin": (1000,), "cos": (-1000,),
}  # fmt: skip


@pytest.mark.parametrize("name", NOWHERE)
def test_outside_there_is_no_value(name):
    for at in NOWHERE[name]:
        with pytest.raises(NoValue):
            ENCLOSED[name](Enclosure.of(at))


def test_no_value_where_it_is_not_certain():
    wide, half = Enclosure.of(0).widened(ONE >> 3), Enclosure.of(Fraction(5, 2))
    refused = [wide.inverse, lambda: wide.power(-1), lambda: ENCLOSED["floor"](wide), lambda: ENCLOSED["log"](wide)]
    refused.append(lambda: ENCLOSED["round"](half))  # to even, or up
    for one in refused:
        with pytest.raises(NoValue):
            one()
    with pytest.raises(NoValue):
        Enclosure.of(2**900).power(3)
    assert ENCLOSED["exp"](Enclosure.of(-(10**6))) == Enclosure(0, 1)


def test_pi():
    assert contains(pi(), arb.pi())
    assert pi().high - pi().low < ONE >> (BITS - 20)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_values_and_slopes_of_every_function(name):
    """By the chain rule over the checker's definitions, against another library's derivatives."""
    low, high = (None if bound is None else Fraction(bound) for bound in DEFINITIONS[name].domain)
    tried = 0
    for eighths in (-41, -13, -3, 1, 3, 7, 12, 20, 45):
        z = Fraction(eighths, 8)
        if (low is not None and z <= low) or (high is not None and z >= high):
            continue
        try:
            value, slope = EnclosedNumbers(0).apply(name, 0, (Enclosure.of(z), Enclosure.of(1)))
        except NoValue:
            continue
        tried += 1
        assert contains(value, TRUE_FUNCTIONS[name, 0](ball(z)))
        # Of what is held constant by convention the slope is that of its value here.
        assert contains(slope, arb(1) if DEFINITIONS[name].held else TRUE_FUNCTIONS[name, 1](ball(z)))
    assert tried >= 3


def test_a_kink_has_no_slope_there():
    for name in ("relu", "abs", "hard_sigmoid"):
        with pytest.raises(NoValue):
            EnclosedNumbers(0).apply(name, 0, (Enclosure.of(-3 if name == "hard_sigmoid" else 0), Enclosure.of(1)))
    with pytest.raises(NoValue):
        EnclosedNumbers(0).apply("tanh", 1, (Enclosure.of(1), NOTHING))


def test_reductions():
    numbers = EnclosedNumbers(0)
    terms = [(k, (Enclosure.of(Fraction(v)), Enclosure.of(d))) for k, (v, d) in enumerate([(1, 1), (3, 5), (2, 7)])]
    assert numbers.reduce("max", terms, "") == terms[1][1]
    assert numbers.reduce("argmax", terms, "") == 1
    value, slope = numbers.reduce("logsumexp", terms, "")
    total = arb(1).exp() + arb(2).exp() + arb(3).exp()
    assert contains(value, total.log())
    assert contains(slope, (arb(1).exp() + 5 * arb(3).exp() + 7 * arb(2).exp()) / total)
    with pytest.raises(NoValue):
        numbers.reduce("max", [terms[0], (5, terms[0][1])], "")


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 64, 100, -1, -5])
def test_a_power_holds_the_number(n):
    for number in (Fraction(3, 7), Fraction(-5, 3), Fraction(1)):
        found, exact = Enclosure.of(number).power(n), number**n
        assert Fraction(found.low, ONE) <= exact <= Fraction(found.high, ONE)
        assert found.high - found.low < ONE >> 60


def test_a_power_costs_as_many_products_as_its_exponent_has_bits():
    """An exponent that a loop would never reach the end of."""
    assert Enclosure.of(Fraction(1, 2)).power(2**80).high <= 1
    assert Enclosure.of(-1).power(2**80 + 1) == Enclosure.of(-1)
    with pytest.raises(NoValue):
        Enclosure.of(Fraction(3, 2)).power(2**80)


def test_the_work_of_a_power_is_counted():
    with pytest.raises(Costly), limited(1000):
        Enclosure.of(1).power(2**80)
