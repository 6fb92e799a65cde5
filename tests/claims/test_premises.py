"""Proofs use assumptions and counterexamples respect them; at the solution x and s are those of backpropagation."""

from __future__ import annotations

from fractions import Fraction

import pytest
from support.long_tests import one_row_in

from claims.campaign import _dense as dense
from claims.substitute import expanded
from claims.test_campaign import derivation, judged
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.symbolic import SpecError


class PremisedNetworks:
    """Chains of two and three layers, of sizes that are numbers or names."""

    NETWORKS = {
        "relu": lambda: network(dense("h", 3, "relu"), dense("o", 3, "sigmoid"), inputs={"u": [2]}),
        "chain": lambda: network(dense("a", 3, "tanh"), dense("b", 3, "sigmoid"), dense("o", 2), inputs={"u": [2]}),
        "wide": lambda: network(dense("a", 300, "relu"), dense("o", 2), inputs={"u": [200]}),
        "named": lambda: network(dense("a", "n", "tanh"), dense("o", "m", "relu"), inputs={"u": ["k"]}),
        "classes": lambda: network(dense("a", 4), inputs={"u": [2]}, cost={"type": "cross_entropy"}),
        "decay": lambda: network(dense("a", 3, "tanh"), dense("o", 2), inputs={"u": [2]}, weight_decay=0.5),
    }


ASSUMED = [
    ("relu", ["z_h[i] > 0"], "relu(z_h[i]) = z_h[i]", True),
    ("relu", ["z_h[i] > 0"], "bbar_h[i] = s_h[i]", True),
    ("relu", ["z_h[i] > 0"], "bbar_h[i] = 2 s_h[i]", False),
    ("relu", ["z_h[0] > 0"], "relu(z_h[i]) = z_h[i]", False),
    ("relu", ["z_h[i] >= 0"], "relu(z_h[i]) = z_h[i]", True),
    ("relu", ["z_h[i] >= 0"], "relu'(z_h[i]) = 1", False),
    ("relu", ["z_h[i] < 0"], "f_h[i] = 0 x_u[0]", True),
    ("relu", ["x_h[i] != 0"], "sign(x_h[i])^2 = 1", True),
    ("relu", ["0 < x_h[i] < 1"], "|x_h[i] - 1| + |x_h[i]| = 1", True),
    ("relu", ["0 < x_h[i] < 1"], "|x_h[i] - 1| = x_h[i] - 1", False),
    ("relu", ["x_h[0] > 0", "x_h[1] > x_h[0]"], "max(x_h[0], x_h[1]) + |x_h[1]| = 2 x_h[1]", True),
    ("wide", ["z_a[i] > 0"], "Wbar_a[i, j] = s_a[i] x_u[j]", True),
    ("wide", ["z_a[i] > 0"], "Sum[i] relu(z_a[i]) = Sum[i] z_a[i]", True),
    ("wide", ["z_a[i] > 0"], "Sum[i] relu(z_a[i]) = 0 x_u[0]", False),
    ("named", ["z_o[i] > 0"], "bbar_o[i] = s_o[i]", True),
    ("named", ["z_o[i] > 0"], "bbar_o[i] = s_o[i] z_o[i]", False),
    ("chain", ["W_b[i, j] = W_b[j, i]"], "Sum[i] W_b[i, j] s_b[i] = Sum[i] W_b[j, i] s_b[i]", True),
    ("chain", ["W_b symmetric"], "Sum[i] W_b[i, j] s_b[i] = Sum[i] W_b[j, i] s_b[i]", True),
    ("chain", ["W_b symmetric"], "W_b[0, 1] = W_b[0, 2]", False),
    ("chain", ["b_a[i] = b_b[i]"], "z_a[i] - b_b[i] = Sum[j] W_a[i, j] x_u[j]", True),
    ("chain", ["W_b[i, j] = delta[i, j]", "b_b[i] = 0"], "f_b[i] = sigmoid(x_a[i])", True),
    ("chain", ["W_b[i, j] = delta[i, j]"], "f_b[i] = sigmoid(x_a[i])", False),
    ("classes", ["Sum[i] y[i] = 1"], "dE/dx_a[i] + s_a[i] = exp(x_a[i] - lse) - y[i]", True),
    ("classes", ["Sum[i] y[i] = 2"], "dE/dx_a[i] + s_a[i] = exp(x_a[i] - lse) - y[i]", False),
    ("classes", [], "dE/dx_a[i] + s_a[i] = exp(x_a[i] - lse) - y[i]", False),
    ("classes", ["y one-hot"], "dE/dx_a[i] + s_a[i] = exp(x_a[i] - lse) - y[i]", True),
    ("classes", ["y one-hot"], "Sum[i] y[i]^2 = 1", True),
    ("classes", ["y one-hot"], "C = lse - x_a[0]", False),
    ("classes", ["y one-hot"], "C = Sum[i] y[i] (lse - x_a[i])", True),
    ("classes", ["Sum[i] y[i] = 1"], "Sum[i] y[i]^2 = 1", False),
]  # fmt: skip

SOLUTION = [
    ("chain", "x_a[i] = tanh(z_a[i])", True),
    ("chain", "zbar_b[i] = s_b[i] x_b[i] (1 - x_b[i])", True),
    ("chain", "zbar_a[i] = s_a[i] (1 - x_a[i]^2)", True),
    ("chain", "zbar_a[i] = s_a[i] (1 - x_a[i])", False),
    ("chain", "zbar_b[j] = dC/dx_b[j] sigmoid'(z_b[j])", True),
    ("chain", "s_o[i] = x_o[i] - y[i]", True),
    ("chain", "s_o[i] = Sum[j] W_o[i, j] sigmoid(z_b[j]) + b_o[i] - y[i]", True),
    ("chain", "dC/dW_o[i, j] = (x_o[i] - y[i]) x_b[j]", True),
    ("chain", "dC/dW_b[i, j] = x_b[i] (1 - x_b[i]) x_a[j] Sum[k] W_o[k, i] (x_o[k] - y[k])", True),
    ("chain", "dC/dW_b[i, j] = x_b[i] (1 - x_b[i]) x_a[i] Sum[k] W_o[k, i] (x_o[k] - y[k])", False),
    ("chain", "dC/dW_b[i, j] = x_b[i] (1 - x_b[i]) x_a[j] Sum[k] W_o[i, k] (x_o[k] - y[k])", False),
    ("chain", "dE/dx_a[i] = 0 x_a[i]", True),
    ("chain", "dC/dz_a[i] = zbar_a[i]", True),
    ("chain", "E = C", True),
    ("decay", "dE/dW_a[i, j] = dC/dW_a[i, j] + 1/2 W_a[i, j]", True),
    ("decay", "dE/dW_a[i, j] = dC/dW_a[i, j]", False),
    ("named", "zbar_a[i] = s_a[i] (1 - x_a[i]^2)", True),
    ("named", "dC/dW_a[i, j] = x_u[j] (1 - x_a[i]^2) Sum[k] W_o[k, i] relu'(z_o[k]) (x_o[k] - y[k])", True),
    ("named", "dC/dW_a[i, j] = x_u[j] (1 - x_a[i]) Sum[k] W_o[k, i] relu'(z_o[k]) (x_o[k] - y[k])", False),
]


@pytest.mark.parametrize(("name", "assumptions", "claim", "true"), one_row_in(6, ASSUMED))
def test_assumptions(name, assumptions, claim, true):
    found = judged(derivation(PremisedNetworks, name), claim, assumptions=tuple(assumptions))
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), (found.reason, found.counterexample)
    for text in assumptions:
        assert f"{text} (assumed by the claim)" in found.hypotheses


def test_a_counterexample_respects_what_is_assumed():
    found = judged(
        derivation(PremisedNetworks, "relu"),
        "relu(z_h[i]) + 1 = 2 z_h[i]",
        assumptions=("z_h[i] > 0", "x_u[0] = 2 x_u[1]"),
    )
    values = expanded(found.counterexample["values"])
    assert values["x_u[0]"] == 2 * values["x_u[1]"]
    for i in range(3):
        entries = [values[f"W_h[{i}, {j}]"] * values[f"x_u[{j}]"] for j in range(2)]
        assert sum(entries) + values[f"b_h[{i}]"] > 0


@pytest.mark.parametrize(
    ("assumption", "message"),
    [
        ("Sum[i] y[i]", "is not understood"),
        ("y[i] = 1; y[i] = 2", "contradict each other|does not fit|is not understood"),
        ("f_h[i] = 1", "not linear"),
        ("W_h symmetric", "not square"),
        ("z_h one-hot", "is no target, input or parameter"),
        ("x_h[5] = 1", "does not exist"),
        ("q[i] > 0", "'q' is no quantity"),
    ],
)
def test_an_assumption_that_cannot_be_used_is_refused(assumption, message):
    with pytest.raises(SpecError, match=message):
        judged(derivation(PremisedNetworks, "relu"), "x_o[i] = x_o[i]", assumptions=tuple(assumption.split("; ")))


@pytest.mark.parametrize("assumptions", [("x_h[0] > 1", "x_h[0] < 0"), ("x_h[i]^2 < 0",)])
def test_what_holds_nowhere_shows_nothing(assumptions):
    found = judged(derivation(PremisedNetworks, "relu"), "x_o[i] = x_o[i]", assumptions=assumptions)
    assert found.verdict is Verdict.UNDECIDED
    assert "no numbers were found" in found.reason


@pytest.mark.parametrize(
    ("name", "claim", "true"),
    [pytest.param(*row, marks=[pytest.mark.long] if row[0] == "named" else []) for row in SOLUTION],
)
def test_at_the_solution(name, claim, true):
    found = judged(derivation(PremisedNetworks, name), claim, at="solution")
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), (found.reason, found.counterexample)
    assert any("at the solution" in text for text in found.hypotheses)


def test_a_counterexample_at_the_solution_is_made_of_parameters_and_inputs():
    found = judged(derivation(PremisedNetworks, "chain"), "zbar_a[i] = s_a[i] (1 - x_a[i])", at="solution")
    assert {label.partition("[")[0] for label in found.counterexample["values"]} <= {
        *(f"{kind}_{name}" for kind in "Wb" for name in "abo"), "x_u", "y",
    }  # fmt: skip
    assert all(Fraction(value) is not None for value in found.counterexample["values"].values())


def test_what_holds_at_the_solution_alone_says_so():
    found = judged(derivation(PremisedNetworks, "chain"), "zbar_a[i] = s_a[i] (1 - x_a[i]^2)")
    assert found.verdict is Verdict.REFUTED
    assert found.counterexample["but"].startswith("true at the solution")
    found = judged(derivation(PremisedNetworks, "chain"), "zbar_a[i] = s_a[i] (1 - x_a[i])")
    assert "but" not in found.counterexample


def test_a_chain_speaks_of_where_all_of_it_has_a_value():
    network = derivation(PremisedNetworks, "relu")
    steps = ["x_h[0] + log(x_h[0]) - log(x_h[0])", "x_h[0]", "abs(x_h[0])"]
    for order in (steps, steps[::-1]):
        assert judged(network, *order, kind="chain").verdict is Verdict.PROVED
    assert judged(network, "x_h[0]", "abs(x_h[0])", kind="chain").verdict is Verdict.REFUTED
    found = judged(network, steps[0], "x_h[0]", "2 x_h[0]", kind="chain")
    assert Fraction(found.counterexample["values"]["x_h[0]"]) > 0


@pytest.mark.parametrize("claim", ["floor(exp(x_o[i] - lse)) = 0", "sign(1 - exp(x_o[0] - lse)) = 1"])
def test_named_sizes_are_tried_that_the_architecture_can_have(claim):
    """With one class, which there cannot be, a probability is 1."""
    named = network(dense("o", "v"), inputs={"u": ["n"]}, cost={"type": "cross_entropy"})
    assert judged(named, claim).verdict is not Verdict.REFUTED
    found = judged(named, "exp(x_o[0] - lse) = 1/7")
    assert found.verdict is Verdict.REFUTED
    assert found.counterexample["sizes"]["v"] > 1


def test_named_sizes_fit_what_reads_them():
    sliced = network({"name": "c", "type": "slice", "starts": [2], "sizes": [3]}, dense("o", 2), inputs={"u": ["n"]})
    found = judged(sliced, "Sum[i] x_u[i] = 0")
    assert found.verdict is Verdict.REFUTED
    assert found.counterexample["sizes"]["n"] >= 5
