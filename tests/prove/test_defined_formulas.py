"""A stated value or derivative is that of the function wherever that has one: near 0, far out, and at a point."""

from fractions import Fraction

import pytest
from campaigns import forged_functions
from campaigns.forgeries import outcome
from hypothesis import given
from hypothesis import strategies as st

from dyadic.proofs.checker.differentiation.formulas import FormulaPlace, Interval, read
from dyadic.proofs.checker.differentiation.function_replay import check_function
from dyadic.proofs.checker.differentiation.signs import Signs, sign_between
from dyadic.proofs.checker.differentiation.tower import Tower
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.symbolic.functions import FUNCTIONS
from dyadic.symbolic.serialise import function_to_json

Z = ["z"]
HALF = ["rational", 1, 2]


def plus(*terms):
    return ["+", *terms]


def times(*factors):
    return ["*", *factors]


def minus(term):
    return times(-1, term)


def over(top, bottom):
    return times(top, ["^", bottom, -1])


def root(argument):
    return ["^", argument, HALF]


def call(name, argument=Z):
    return ["apply", name, 0, argument]


def refusal(name, **changes):
    """What a changed entry is rejected for; None if it is accepted."""
    try:
        check_function(name, function_to_json(name) | changes, "functions")
    except Rejected as error:
        return error.field
    return None


def far(point, scale=1):
    """(r - w, r + w) for r = |w|, w = scale (z - point): zero divisors, each 0 on one side of the point."""
    w = times(scale, plus(Z, -point))
    r = root(["^", w, 2])
    return plus(r, minus(w)), plus(r, w)


@pytest.mark.parametrize("name", ["atan", "gelu", "silu", "sin", "cosh", "sqrt", "log1p"])
@pytest.mark.parametrize("point", [50, 1000, ["rational", 7, 2]])
def test_another_value_far_out_is_found(name, point):
    """Hidden behind a definition that is 0/0 there, or in the value itself."""
    shift = ["rational", -7, 2] if isinstance(point, list) else -point
    w = plus(Z, shift)
    r = root(["^", w, 2])
    below, above = plus(r, minus(w)), plus(r, w)
    own = function_to_json(name)
    hidden = over(times(own["definition"], below), below)
    wrong = plus(own["value"], times(3, above))
    assert refusal(name, definition=hidden, value=wrong)
    assert refusal(name, definition=hidden)
    assert refusal(name, value=wrong)
    assert refusal(name, derivative=plus(own["derivative"], times(3, above)))


NINTH = call("asin", times(["rational", 1, 9], Z))
GAP = plus(call("exp"), minus(call("exp", times(2, Z))))
UNDEFINED = {
    "a pole at no point that anyone would try": over(*[plus(Z, ["rational", -77, 10])] * 2),
    "two poles": over(*[plus(["^", Z, 2], -90)] * 2),
    "nothing beyond a point": over(far(400)[0], far(400)[0]),
    "nothing before a point": over(far(-400)[1], far(-400)[1]),
    "a logarithm of negative numbers": plus(1, call("log", plus(Z, 30)), minus(call("log", plus(Z, 30)))),
    "a root of negative numbers": plus(1, root(plus(30, Z)), minus(root(plus(30, Z)))),
    "an arc of large numbers": plus(1, NINTH, minus(NINTH)),
    "a logarithm of a root of 0": plus(1, times(0, call("log", root(["^", plus(Z, -9), 2])))),
    "a sine that is 0 at times": over(call("sin"), call("sin")),
    "a difference of exponentials": over(GAP, GAP),
}


@pytest.mark.parametrize("name", ["tanh", "softplus", "identity"])
@pytest.mark.parametrize("what", UNDEFINED)
def test_a_formula_without_a_value_somewhere_is_found(name, what):
    own = function_to_json(name)
    for key in ("definition", "value", "derivative"):
        assert refusal(name, **{key: times(own[key], UNDEFINED[what])}) == f"functions.{key}"


HARMLESS = {
    "a positive polynomial": plus(["^", Z, 4], times(-3, ["^", Z, 2]), 3),
    "a sum of squares and exponentials": plus(1, ["^", plus(Z, -5), 2], call("exp", minus(Z))),
    "a root of what is positive": root(plus(1, ["^", Z, 2])),
    "an exponential": call("exp", ["^", Z, 3]),
}


@pytest.mark.parametrize("what", HARMLESS)
def test_a_divisor_that_has_no_zero_is_accepted(what):
    factor = over(HARMLESS[what], HARMLESS[what])
    own = function_to_json("tanh")
    assert refusal("tanh", value=times(own["value"], factor), derivative=times(own["derivative"], factor)) is None


def test_what_the_definition_itself_excludes_is_no_fault():
    """tan is not defined where the cosine is 0: its derivative may divide by any power of it, and by nothing else."""
    own = function_to_json("tan")
    for power in (-1, -2, -3):
        factor = times(["^", call("cos"), power], ["^", call("cos"), -power])
        assert refusal("tan", derivative=times(own["derivative"], factor)) is None
    assert refusal("tan", derivative=times(own["derivative"], over(call("sin"), call("sin")))) == "functions.derivative"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_said_to_be_right_wherever_it_has_a_value(name):
    found = check_function(name, function_to_json(name), "functions")
    shown = "value and derivative are those of the definition, wherever that has them"
    if FUNCTIONS[name].held:
        shown = "the value is passed on, and the derivative is 0 by convention, not that of the value"
    assert found.statement == f"{name}: {shown}"


# -- signs -----------------------------------------------------------------------------------------------------------

NUMBERS = st.fractions(min_value=-6, max_value=6, max_denominator=3)


@given(
    st.lists(NUMBERS, max_size=4), NUMBERS, st.one_of(st.none(), NUMBERS), st.one_of(st.none(), NUMBERS), st.booleans()
)
def test_signs_of_polynomials_between_two_points(roots, factor, low, high, without_roots):
    """Against the roots that the polynomial was made of; a factor z^2 + 1 has none."""
    if factor == 0 or (low is not None and high is not None and low >= high):
        return
    coefficients = [factor]
    for zero in roots:
        longer = [Fraction(0), *coefficients]
        coefficients = [a - zero * b for a, b in zip(longer, [*coefficients, Fraction(0)], strict=True)]
    if without_roots:
        padded = [*coefficients, Fraction(0), Fraction(0)]
        coefficients = [a + b for a, b in zip(padded, [Fraction(0), Fraction(0), *coefficients], strict=True)]
    interval = Interval(low, high)
    found = sign_between(coefficients, interval)
    if any(interval.contains(zero) for zero in roots):
        assert found == 0
    else:
        at = interval.samples()[0]
        value = sum(c * at**k for k, c in enumerate(coefficients))
        assert found == (1 if value > 0 else -1)


def test_a_polynomial_of_many_terms_is_not_looked_at():
    assert sign_between([Fraction(1)] + [Fraction(0)] * 39 + [Fraction(1)], Interval(None, None)) == 0
    assert sign_between([], Interval(None, None)) == 0


def test_no_sign_is_given_to_what_has_both():
    for formula in (
        call("sin"),
        plus(call("exp"), -1),
        plus(call("log", plus(1, ["^", Z, 2])), -1),
        Z,
        plus(Z, ["pi"]),
    ):
        tower = Tower("f")
        element = read(formula, FormulaPlace(tower, tower.z, Interval(None, None)), "f")
        assert Signs(tower, Interval(None, None)).sign(element.above) == 0
        assert not Signs(tower, Interval(None, None)).not_zero(element.above)


@pytest.mark.parametrize("name", forged_functions.NAMES)
def test_no_certificate_with_such_a_formula_is_confirmed(name):
    found, place = outcome(name)
    assert found == "REJECTED"
    assert place.startswith("functions.")
