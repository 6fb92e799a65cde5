"""Absolute values, maxima, roots and inverse functions: identities that hold case by case, and near misses."""

from __future__ import annotations

import pytest

from claims.campaign import _dense as dense
from claims.test_campaign import derivation, judged
from claims.textbook import network
from dyadic.proofs.claims import Verdict


class SignedNetworks:
    """One to take names from, and pools whose windows overlap."""

    NETWORKS = {
        "small": lambda: network(dense("h", 3, "tanh"), dense("o", 2), inputs={"u": [2]}),
        "pool": lambda: network(
            {"name": "p", "type": "max_pool", "kernel": [2], "stride": [1]}, {"name": "f", "type": "flatten"},
            dense("o", 2), inputs={"u": [1, 4]},
        ),
        "wide pool": lambda: network(
            {"name": "p", "type": "max_pool", "kernel": [5], "stride": [2]}, {"name": "f", "type": "flatten"},
            dense("o", 2), inputs={"u": [1, 9]},
        ),
        "plane": lambda: network(
            {"name": "p", "type": "max_pool", "kernel": [2, 2], "stride": [1, 1]}, {"name": "f", "type": "flatten"},
            dense("o", 2), inputs={"u": [1, 3, 3]},
        ),
    }  # fmt: skip


TRUE = [
    "max(z_h[i], x_h[i]) + min(z_h[i], x_h[i]) = z_h[i] + x_h[i]",
    "max(z_h[i], x_h[i]) = (z_h[i] + x_h[i] + |z_h[i]-x_h[i]|)/2",
    "max(x_h[0], x_h[1], x_h[2]) = max(x_h[2], max(x_h[0], x_h[1]))",
    "min(x_h[0], max(x_h[0], x_h[1])) = x_h[0]",
    "max(2 x_h[0], 2 x_h[1]) = 2 max(x_h[0], x_h[1])",
    "relu(z_h[i]) = max(z_h[i], 0)",
    "abs(x_h[i] z_h[i]) = abs(x_h[i]) abs(z_h[i])",
    "abs(x_h[0] (x_h[1] + x_h[2])) = abs(x_h[1] + x_h[2]) abs(x_h[0])",
    "abs(x_h[i]) = x_h[i] sign(x_h[i])",
    "abs(x_h[i]) / x_h[i] = sign(x_h[i])",
    "sign(x_h[0] x_h[1]) = sign(x_h[0]) sign(x_h[1])",
    "relu(relu(x_h[i])) = relu(x_h[i])",
    "relu(-relu(x_h[i])) = 0",
    "sqrt(x_h[i]^2) = abs(x_h[i])",
    "sqrt(x_h[0]^2 + 2 x_h[0] x_h[1] + x_h[1]^2) = abs(x_h[0] + x_h[1])",
    "sqrt(x_h[0] x_h[1]) = sqrt(x_h[0]) sqrt(x_h[1])",
    "(x_h[i]^2)^(1/3) = abs(x_h[i])^(2/3)",
    "log(x_h[i]^2) = 2 log(abs(x_h[i]))",
    "exp(log(abs(x_h[i]))) = abs(x_h[i])",
    "log(1 - sigmoid(z_h[i])) = -softplus(z_h[i])",
    "log(sigmoid(z_h[i])) = -softplus(-z_h[i])",
    "softplus(z_h[i]) = relu(z_h[i]) + log(1 + exp(-abs(z_h[i])))",
    "y[i] log(sigmoid(x_o[i])) + (1 - y[i]) log(1 - sigmoid(x_o[i])) = y[i] x_o[i] - softplus(x_o[i])",
    "tan(atan(z_h[i])) = z_h[i]",
    "sin(asin(x_h[i])) = x_h[i]",
    "cos(acos(x_h[i])) = x_h[i]",
    "asin(x_h[i]) + acos(x_h[i]) = pi/2",
    "sin(2 atan(x_h[i])) = 2 x_h[i] / (1 + x_h[i]^2)",
    "sinh(asinh(z_h[i])) = z_h[i]",
    "asinh(sinh(z_h[i])) = z_h[i]",
    "tanh(atanh(x_h[i])) = x_h[i]",
    "atanh(tanh(x_h[i])) = x_h[i]",
    "log(exp(z_h[i])) = z_h[i]",
    "exp(log(z_h[i])) = z_h[i]",
    "sin(pi) = 0",
    "cos(pi/12) = (sqrt(6) + sqrt(2))/4",
    "cos(x_h[i] + pi) = -cos(x_h[i])",
    "atan(1) = pi/4",
    "abs(sin(z_h[i])^2) = sin(z_h[i])^2",
    "Max[k] x_h[k] = -Min[k] (-x_h[k])",
    "Max[k] (x_h[k] + y[0]) = Max[k] x_h[k] + y[0]",
]
FALSE = [
    "max(z_h[i], x_h[i]) - min(z_h[i], x_h[i]) = z_h[i] - x_h[i]",
    "max(x_h[0], max(x_h[1], x_h[2])) = max(x_h[0], x_h[1])",
    "max(-x_h[0], -x_h[1]) = -max(x_h[0], x_h[1])",
    "abs(x_h[0] + x_h[1]) = abs(x_h[0]) + abs(x_h[1])",
    "relu(x_h[0] + x_h[1]) = relu(x_h[0]) + relu(x_h[1])",
    "relu(x_h[0] x_h[1]) = relu(x_h[0]) relu(x_h[1])",
    "sign(x_h[i])^2 = 1",
    "sqrt(x_h[i]^2) = x_h[i]",
    "sqrt(x_h[0]^2 + x_h[0] x_h[1] + x_h[1]^2) = abs(x_h[0] + x_h[1])",
    "abs(sin(z_h[i])^2) = -sin(z_h[i])^2",
    "abs(cos(z_h[i])) = cos(z_h[i])",
    "asin(sin(z_h[i])) = z_h[i]",
    "atan(tan(2 z_h[i])) = 2 z_h[i]",
    "acosh(cosh(z_h[i])) = z_h[i]",
    "log(x_h[i]^2) = 2 log(x_h[i]) + 1",
    "log(1 - sigmoid(z_h[i])) = -softplus(-z_h[i])",
    "cos(pi/3) = 1/3",
    "cos(x_h[i] + pi/2) = sin(x_h[i])",
]
POOLS = [
    ("pool", "f_p[0, i] = max(x_u[0, i], x_u[0, i + 1])", True),
    ("pool", "dE/dx_u[0, 0] = s_p[0, 0] [argf_p[0, 0] = 0]", True),
    ("pool", "dE/dx_u[0, 1] = s_p[0, 0] [x_u[0, 1] > x_u[0, 0]] + s_p[0, 1] [x_u[0, 1] >= x_u[0, 2]]", True),
    ("pool", "dE/dx_u[0, 1] = s_p[0, 0] [x_u[0, 1] >= x_u[0, 0]] + s_p[0, 1] [x_u[0, 1] > x_u[0, 2]]", False),
    ("pool", "dE/dx_u[0, 1] = s_p[0, 0] + s_p[0, 1]", False),
    ("pool", "dE/dx_u[0, 1] = s_p[0, 1]", False),
    ("pool", "Sum[i] dE/dx_u[0, i] = Sum[i] s_p[0, i]", True),
    ("pool", "Sum[i] dE/dx_u[0, i]^2 = Sum[i] s_p[0, i]^2", False),
    ("pool", "f_p[0, i] = x_u[0, i]", False),
    ("wide pool", "Sum[i] dE/dx_u[0, i] = Sum[i] s_p[0, i]", True),
    ("wide pool", "dE/dx_u[0, 4] = s_p[0, 0] + s_p[0, 1] + s_p[0, 2]", False),
    ("wide pool", "dE/dx_u[0, 0] = s_p[0, 0] [argf_p[0, 0] = 0]", True),
    ("wide pool", "dE/dx_u[0, 0] = s_p[0, 0] [argf_p[0, 0] = 1]", False),
    ("wide pool", "(dE/dx_u[0, 0]) (dE/dx_u[0, 1]) = 0", True),
    ("wide pool", "(dE/dx_u[0, 1]) (dE/dx_u[0, 5]) = 0", False),
    ("plane", "f_p[0, i, j] = max(x_u[0, i, j], x_u[0, i, j + 1], x_u[0, i + 1, j], x_u[0, i + 1, j + 1])", True),
    ("plane", "Sum[i, j] dE/dx_u[0, i, j] = Sum[i, j] s_p[0, i, j]", True),
    ("plane", "dE/dx_u[0, 1, 1] = Sum[i, j] s_p[0, i, j]", False),
]


@pytest.mark.parametrize("claim", TRUE)
def test_true(claim):
    found = judged(derivation(SignedNetworks, "small"), claim)
    assert found.verdict is Verdict.PROVED, (found.reason, found.counterexample)


@pytest.mark.parametrize("claim", FALSE)
def test_false(claim):
    assert judged(derivation(SignedNetworks, "small"), claim).verdict is Verdict.REFUTED


@pytest.mark.parametrize(("name", "claim", "true"), POOLS)
def test_the_largest_entry_is_any_of_them(name, claim, true):
    """One choice of the largest entries says nothing of the others."""
    found = judged(derivation(SignedNetworks, name), claim)
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), (found.reason, found.counterexample)
