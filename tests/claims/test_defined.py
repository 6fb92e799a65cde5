"""Claims that are about nothing, shared parameters under the names that are printed, brackets and fractions."""

from __future__ import annotations

import pytest

from claims.test_campaign import judged
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.symbolic import architecture, derive

PLAIN = network({"name": "a", "type": "dense", "units": 3, "activation": "tanh"}, inputs={"u": [2]})
TIED = derive(
    architecture(
        {
            "inputs": {"u": {"shape": [3]}},
            "parameters": {"M": {"shape": [3, 3]}},
            "layers": [
                {"name": "a", "type": "linear", "inputs": ["u", "M"], "bias": False},
                {"name": "t", "type": "tanh"},
                {"name": "b", "type": "linear", "inputs": ["t", "M"], "bias": False},
            ],
            "cost": {"type": "squared_error"},
        }
    )
)
NOWHERE = [
    "sqrt(-1)^2 = -1", "log(-1) = log(-1)", "exp(log(-x_a[0]^2)) = -x_a[0]^2", "cosh(acosh(-3)) = -3",
    "tanh(atanh(2)) = 2", "sqrt(-x_a[0]^2 - 1)^2 = -x_a[0]^2 - 1", "(1 - 3)^(1/2) (1 - 3)^(1/2) = -2",
    "log(x_a[0]) + log(-x_a[0]) = log(-x_a[0]) + log(x_a[0])",
    "(sin(x_a[0])^2 + cos(x_a[0])^2 - 1)/(sin(x_a[0])^2 + cos(x_a[0])^2 - 1) = 1",
    "1/(tanh'(x_a[0]) - 1 + tanh(x_a[0])^2) = 1/(tanh'(x_a[0]) - 1 + tanh(x_a[0])^2)",
    "1/(exp(x_a[0]) exp(-x_a[0]) - 1) = 1/(exp(x_a[0]) exp(-x_a[0]) - 1)",
    "1/(softplus(x_a[0]) - softplus(-x_a[0]) - x_a[0])^2 = 1/(softplus(x_a[0]) - softplus(-x_a[0]) - x_a[0])^2",
    "log(-exp(x_a[0])) = log(-exp(x_a[0]))", "sqrt(-x_a[0]^2)^2 = -x_a[0]^2", "sqrt(x_a[0] - x_a[0])^2 = 0",
    "cosh(acosh(1 - x_a[0]^2)) = 1 - x_a[0]^2", "sin(asin(1 + x_a[0]^2)) = 1 + x_a[0]^2",
    "(-x_a[0]^2)^(1/4) (-x_a[0]^2)^(3/4) = -x_a[0]^2",
]  # fmt: skip
SOMEWHERE = {
    "cosh(acosh(x_a[0])) = x_a[0]": "z > 1", "tanh(atanh(x_a[0])) = x_a[0]": "-1 < z < 1",
    "exp(log(1 - x_a[0])) = 1 - x_a[0]": "logarithms", "exp(log1p(x_a[0])) = 1 + x_a[0]": "z > -1",
    "tan(x_a[0]) cos(x_a[0]) = sin(x_a[0])": "is not 0", "1/(x_a[0] - 1) = (x_a[0] - 1)^(-1)": "denominator",
    "sqrt(x_a[0])^2 = x_a[0]": "roots",
    "(sin(x_a[0])^2 + cos(x_a[0])^2)/sin(x_a[0])^2 = sin(x_a[0])^(-2)": "denominator",
}  # fmt: skip
BETWEEN = [
    "atanh(x_a[0]) = x_a[0]", "log(1 - x_a[0]^2) = 0", "floor(x_a[0]) = x_a[0]", "sin(2 acos(0) x_a[0]) = 0",
    "relu(x_a[0]) relu(1 - x_a[0]) = 0", "tanh(1000) = 1", "erf(100) = 1",
]  # fmt: skip
SHARED = {
    "dE/dM[i, j] = s_a[i] x_u[j] + s_b[i] x_t[j]": True,
    "Mbar[i, j] = s_b[i] x_t[j]": False,
    "dE/dx_t[j] + s_t[j] = Sum[i] M[i, j] s_b[i]": True,
    "dE/dx_t[j] + s_t[j] = Sum[i] M[j, i] s_b[i]": False,
}
BRACKETS = {
    "Sum[i<3] [1 <= i < 3] x_a[i - 1] = Sum[i<2] x_a[i]": True,
    "Sum[i<3] [0 < i <= 2] x_a[i - 1] = Sum[i<2] x_a[i]": True,
    "Sum[i<3] [0 <= i <= 1] x_a[i] = Sum[i<3] x_a[i]": False,
}


@pytest.mark.parametrize("claim", NOWHERE)
def test_what_is_defined_nowhere_is_not_proved(claim):
    found = judged(PLAIN, claim)
    assert found.verdict is Verdict.UNDECIDED
    assert "no numbers were found" in found.reason


def test_a_layer_that_is_defined_nowhere_shows_nothing():
    for offset, verdict in ((1, Verdict.PROVED), (-1, Verdict.UNDECIDED)):
        layers = [
            {"name": "p", "type": "power", "exponent": 2},
            {"name": "c", "type": "scale", "factor": offset, "offset": offset},
            {"name": "r", "type": "sqrt"},
        ]
        derivation = network(*layers, inputs={"u": [2]})
        assert judged(derivation, "f_r[i] = sqrt(x_c[i])").verdict is Verdict.PROVED
        assert judged(derivation, "sqrt(f_c[i])^2 = f_c[i]").verdict is verdict


@pytest.mark.parametrize("claim", SOMEWHERE)
def test_where_a_function_is_defined_is_a_hypothesis(claim):
    found = judged(PLAIN, claim)
    assert found.verdict is Verdict.PROVED
    assert any(SOMEWHERE[claim] in hypothesis for hypothesis in found.hypotheses)


@pytest.mark.parametrize("claim", BETWEEN)
def test_what_differs_between_the_integers_only_or_by_little_is_refuted(claim):
    assert judged(PLAIN, claim).verdict is Verdict.REFUTED


@pytest.mark.parametrize(("derivation", "claims"), [(TIED, SHARED), (PLAIN, BRACKETS)])
def test_shared_parameters_and_ranges_are_read(derivation, claims):
    for claim, true in claims.items():
        found = judged(derivation, claim)
        assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), claim
        assert not any(name.startswith("x_M") for name in (found.counterexample or {}).get("values", {}))


@pytest.mark.parametrize(
    ("formula", "assumed"),
    [
        ("sin(pi) = 0", ()),
        ("pi x_a[0] = x_a[0] pi", ()),
        ("acosh(1) = 0", ()),
        ("log(2)/2 - log(sqrt(2)) = 0", ()),
        ("x_a[0]/sqrt(2 pi) = x_a[0] (2 pi)^(-1/2)", ()),
        ("log(1 + pi + x_a[0]^2) = log(x_a[0]^2 + pi + 1)", ("the logarithms of the claim are of positive numbers",)),
        ("acos(x_a[0]) + pi = pi + acos(x_a[0])", ("every acos(z) of the claim has -1 < z < 1",)),
    ],
)
def test_nothing_is_assumed_of_a_constant(formula, assumed):
    """That acos(z) has -1 < z < 1 would contradict pi, which is acos(-1)."""
    found = judged(PLAIN, formula)
    assert found.verdict is Verdict.PROVED
    numbers = "nothing of the network is read: a statement about numbers alone"
    assert tuple(text for text in found.hypotheses if text != numbers) == assumed


def test_pi_goes_by_its_name_in_a_counterexample():
    found = judged(PLAIN, "pi x_a[0] = 3 x_a[0]")
    assert set(found.counterexample["functions"]) == {"pi"}
