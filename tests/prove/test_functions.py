"""Scalar functions: every derivative proved, wrong ones refuted, and each true value against another route."""

import dataclasses
import json

import pytest
import sympy
from flint import arb
from support import mutations
from support.refit import refitted

from dyadic.catalogue import example_network
from dyadic.proofs import check, verify
from dyadic.proofs.claims import Verdict
from dyadic.proofs.evaluate.deviations import Deviated, Deviating
from dyadic.proofs.evaluate.number_rings import Ball, Undetermined
from dyadic.proofs.evaluate.reals import AT_ZERO, TRUE_FUNCTIONS
from dyadic.proofs.methods.derivatives import function_claim
from dyadic.proofs.methods.shared import layer_kinds
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.energy import derive_equation
from dyadic.symbolic.expressions import Apply
from dyadic.symbolic.functions import FUNCTIONS, Z, closed_form, derivative
from dyadic.symbolic.layers import LAYERS

SMOOTH_AT = ("3/10", "1/2", "7/4", "-2/3", "-5/2")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_derivative_is_proved_and_wrong_ones_refuted(name):
    assert function_claim(name).verdict is Verdict.PROVED
    right = closed_form(name, 1)
    for wrong in (right + Z, 2 * right + 1, right + sympy.Rational(1, 10**9), right + Apply("step", 0, 2 * Z - 1)):
        claim = function_claim(name, wrong)
        assert claim.verdict is Verdict.REFUTED
        assert claim.counterexample["claimed"] != claim.counterexample["exact"]


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "outer"])
def test_true_values_and_slopes_against_sympy(name):
    """The enclosures that refute with, against SymPy's own evaluation and differentiation of the definition."""
    for order in (0, 1):
        assert (name, order) in TRUE_FUNCTIONS
        formula = derivative(name, order)
        for point in SMOOTH_AT:
            wanted = sympy.N(formula.subs(Z, sympy.Rational(point)), 30)
            low, high = FUNCTIONS[name].domain
            if not (low is None or sympy.Rational(point) > low) or not (high is None or sympy.Rational(point) < high):
                continue
            p, q = sympy.Rational(point).as_numer_denom()
            found = Ball().apply(name, order, arb(int(p)) / int(q))
            assert abs(found - arb(str(wanted))) < 1e-14 * (1 + abs(float(wanted))), (name, order, point)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_closed_forms_have_the_values_of_their_definitions(name):
    """The typeset and emitted form, with every primitive written out again."""

    def written_out(node, at):
        if not node.args:
            return at if node == Z else node
        if hasattr(node, "argument"):
            return FUNCTIONS[node.name].definition.subs(Z, written_out(node.argument, at))
        return node.func(*(written_out(part, at) for part in node.args))

    for order in (0, 1, 2):
        for point in SMOOTH_AT if name != "acosh" else ("3/2", "7/4", "9/2"):
            at = sympy.Rational(point)
            difference = written_out(closed_form(name, order), at) - derivative(name, order).subs(Z, at)
            assert abs(sympy.N(difference, 30)) < 1e-20, (name, order, point)


def kinked():
    return [(name, point, taken) for name, function in FUNCTIONS.items() for point, taken in function.kinks]


@pytest.mark.parametrize(("name", "point", "taken"), kinked())
def test_conventions_at_kinks(name, point, taken):
    at = arb(int(point))
    assert Ball().apply(name, 1, at).overlaps(arb(int(taken.p)) / int(taken.q))
    if name not in ("step", "sign"):  # their derivative is 0 everywhere
        with pytest.raises(Undetermined):
            Ball().apply(name, 1, at + arb(0, 1))
    right = closed_form(name, 1)
    elsewhere = Apply("step", 0, Z - point) + Apply("step", 0, point - Z)  # 1, but 0 at the point
    assert function_claim(name, right * elsewhere + (taken + 1) * (1 - elsewhere)).verdict is not Verdict.PROVED
    assert function_claim(name, right * elsewhere + taken * (1 - elsewhere)).verdict is Verdict.PROVED


def test_one_value_wrong_where_there_is_no_kink():
    elsewhere = Apply("step", 0, Z) + Apply("step", 0, -Z)
    for name in ("elu", "softsign", "tanh", "exp"):
        assert function_claim(name, closed_form(name, 1) * elsewhere).verdict is not Verdict.PROVED


def test_second_derivatives_are_not_known_as_enclosures():
    with pytest.raises(Undetermined):
        Ball().apply("tanh", 2, arb(0))


@pytest.mark.parametrize(
    ("name", "at"), [("log", -1), ("sqrt", -1), ("asin", 2), ("acos", -2), ("acosh", 0), ("atanh", 1), ("log1p", -2)]
)
def test_outside_of_the_domain_nothing_is_determined(name, at):
    for order in (0, 1):
        found = Ball().apply(name, order, arb(at))
        assert not found.is_finite() or (name, order) in {("log", 1), ("log1p", 1), ("sqrt", 1)}


@pytest.mark.parametrize(("name", "order"), AT_ZERO)
def test_exact_values_at_zero(name, order):
    value = AT_ZERO[name, order]
    found = Ball().apply(name, order, arb(0)) - arb(value.numerator) / value.denominator
    assert found.contains(0)
    assert found.rad() < 1e-12


def test_nearest_integers():
    known = ((arb(5) / 2, 2), (arb(7) / 2, 4), (arb(-1) / 2, 0), (arb(27) / 10, 3))
    assert all(Ball().apply("round", 0, z) == n for z, n in known)
    both = Ball().apply("round", 0, arb(5, 1e-3) / 2)
    assert both.contains(2)
    assert both.contains(3)


@pytest.mark.parametrize(("name", "order"), TRUE_FUNCTIONS)
def test_every_function_takes_numbers_with_deviations(name, order):
    """An enclosure's own methods must not be called on another kind of number: that is the end of the process."""
    here, there = (arb(p) / 4 for p in ((6, 7) if name == "acosh" else (1, 3)))
    found = Deviating().apply(name, order, Deviated(here, there - here))
    change = Ball().apply(name, order, there) - Ball().apply(name, order, here)
    assert found.value.overlaps(Ball().apply(name, order, here))
    assert found.deviation.overlaps(change)
    assert found.deviation.is_finite()


def test_no_equation_applies_a_second_derivative():
    """The deriver differentiates once; so nothing that is claimed rests on what a second derivative is."""
    for name in LAYERS:
        assert layer_kinds.applied(example_network(name, numeric=False), least=2) == []
    for name in COSTS:
        derivation = derive(architecture({"inputs": {"x": {"shape": [2]}}, "layers": [{"name": "a", "type": "tanh"}],
                                          "cost": {"type": name}}))  # fmt: skip
        assert layer_kinds.applied(derivation, least=2) == []


def test_a_layer_that_applies_a_derivative_has_an_open_claim():
    """Its adjoint applies the second one: whatever that is said to be, nothing is proved or confirmed of it."""
    derivation = mutations.digits()
    layer = derivation.layers["hidden2"]
    primed = mutations.applications(lambda n: Apply(n.name, 1, n.argument))
    definitions = tuple(mutations.body(item, primed) for item in layer.equation.definitions)
    derived = derive_equation(layer.kind, dataclasses.replace(layer.equation, definitions=definitions))
    changed = dataclasses.replace(derivation, layers=derivation.layers | {"hidden2": derived})
    assert layer_kinds.applied(changed, least=2) == ["tanh"]
    shown = verify(changed, methods=["lemma", "ranks", "instances", "adjoint", "functions"])
    certificate = json.loads(json.dumps(shown))
    claims = {claim["id"]: claim for claim in certificate["claims"]}
    assert claims["function:tanh"]["verdict"] == claims["steps"]["verdict"] == "undecided"
    assert claims["adjoint:" + derived.label]["verdict"] == "proved"
    for claim in (claims["function:tanh"], claims["steps"]):
        claim |= {"verdict": "proved", "reason": None}
    certificate["verdict"] = "proved"
    report = check(refitted(certificate))
    assert not report.confirmed
    assert "second derivative" in " ".join(report.open)
