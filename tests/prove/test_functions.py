"""Scalar functions: every derivative proved, wrong ones refuted, and each true value against another route."""

import pytest
import sympy
from flint import arb

from dyadic.proofs.claims import Verdict
from dyadic.proofs.evaluate.reals import TRUE_FUNCTIONS
from dyadic.proofs.evaluate.rings import Ball, Undetermined
from dyadic.proofs.methods.functions import function_claim
from dyadic.symbolic.functions import FUNCTIONS, Z, closed_form

SMOOTH_AT = ("3/10", "1/2", "7/4", "-2/3", "-5/2")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_derivative_is_proved_and_wrong_ones_refuted(name):
    assert function_claim(name).verdict is Verdict.PROVED
    right = closed_form(name, 1)
    for wrong in (right + Z, 2 * right + 1, right + sympy.Rational(1, 10**9)):
        claim = function_claim(name, wrong)
        if name == "step":  # it has no true derivative to compare with in numbers
            assert claim.verdict is Verdict.UNDECIDED
            continue
        assert claim.verdict is Verdict.REFUTED
        assert claim.counterexample["claimed"] != claim.counterexample["exact"]


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "outer"])
def test_true_values_and_slopes_against_sympy(name):
    """The enclosures that refute with, against SymPy's own evaluation and differentiation of the definition."""
    definition = FUNCTIONS[name].definition
    for order in (0, 1):
        if (name, order) not in TRUE_FUNCTIONS:
            continue
        formula = sympy.diff(definition, Z, order)
        for point in SMOOTH_AT:
            wanted = sympy.N(formula.subs(Z, sympy.Rational(point)), 30)
            if not wanted.is_real:
                continue
            p, q = sympy.Rational(point).as_numer_denom()
            found = Ball().apply(name, order, arb(int(p)) / int(q))
            assert abs(found - arb(str(wanted))) < 1e-14, (name, order, point)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_closed_forms_have_the_values_of_their_definitions(name):
    """The typeset and emitted form, with every primitive written out again."""

    def written_out(node):
        if not node.args:
            return node
        if hasattr(node, "argument"):
            return FUNCTIONS[node.name].definition.xreplace({Z: written_out(node.argument)})
        return node.func(*map(written_out, node.args))

    for order in (0, 1):
        difference = written_out(closed_form(name, order)) - sympy.diff(FUNCTIONS[name].definition, Z, order)
        for point in SMOOTH_AT:
            assert abs(sympy.N(difference.subs(Z, sympy.Rational(point)), 30)) < 1e-20, (name, order, point)


def test_conventions_at_kinks():
    zero = arb(0)
    assert [Ball().apply(name, 1, zero) == 0 for name in ("relu", "abs")] == [True, True]
    assert Ball().apply("elu", 1, zero) == 1
    straddles = arb(0, 1)
    for name in ("relu", "abs", "elu"):
        with pytest.raises(Undetermined):
            Ball().apply(name, 1, straddles)
    with pytest.raises(Undetermined):
        Ball().apply("tanh", 2, zero)
