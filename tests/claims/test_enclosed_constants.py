"""Claims about constants that are no fractions: their signs, floors and order are read off rigorous enclosures."""

from __future__ import annotations

import pytest

from claims import campaign
from claims.test_campaign import derivation, judged
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.decide import ARB

TRUE = [
    "sqrt(2) > 1.41", "exp(1) > 2.718281828459045", "exp(sqrt(2)) < 4.113251", "floor(sqrt(10)) = 3",
    "floor(exp(1)) = 2", "floor(-sqrt(2)) = -2", "floor(sqrt(2)^2) = 2", "round(exp(1)) = 3",
    "sign(sqrt(2) - 1.41421356) = 1", "abs(1 - sqrt(2)) = sqrt(2) - 1", "relu(1 - sqrt(2)) = 0", "1 - sin(1) > 0.15",
    "log(2) > 0.69", "erf(1) > 0.8", "4 atan(1) < 3.1416", "relu((1 - sqrt(2)) abs(x_a[i])) = 0",
    "Max[i<5] (i mod 3) = 2", "ArgMax[i<6] (i mod 3) = 2", "Max[i<3] sqrt(i) = sqrt(2)", "exp(10)^16 = exp(160)",
    "exp(100)^16 x_a[i] = exp(1600) x_a[i]", "round(exp(1) - 2.71828182845904523536 + 1/2) = 1",
    "floor(exp(4 atan(1) sqrt(163))) = 262537412640768743",
    "floor(sqrt(999999999999999999999999999999999999999)) = 31622776601683793319", "round(sqrt(2)^2 + 1/2) = 2",
    "round(sqrt(2) sqrt(8) - 1/2) = 4", "floor(sqrt(2)^2 + 1/2) = 2", "round(-sqrt(2)^2 - 1/2) = -2",
]  # fmt: skip
FALSE = [
    "sqrt(2) > 1.4142135623730951", "exp(1) < 2.718281828459045", "floor(sqrt(10)) = 4", "floor(exp(1)) = 3",
    "floor(-sqrt(2)) = -1", "round(exp(1)) = 2", "sign(sqrt(2) - 1.41421357) = 1", "abs(1 - sqrt(2)) = 1 - sqrt(2)",
    "relu(sqrt(2) - 1) = 0", "relu((sqrt(2) - 1) abs(x_a[i])) = 0", "Max[i<5] (i mod 3) = 1",
    "ArgMax[i<6] (i mod 3) = 5", "Max[i<6] (sqrt(2) (i - 2)^2) = 4 sqrt(2)", "exp(10)^16 = exp(161)",
    "floor(sqrt(2)^2 + x_a[i]) = 3 + floor(x_a[i])", "round(exp(1) - 2.71828182845904523537 + 1/2) = 1",
    "floor(exp(4 atan(1) sqrt(163))) = 262537412640768744",
]  # fmt: skip


@pytest.mark.parametrize("claim", TRUE)
def test_what_is_so_is_proved(claim):
    found = judged(derivation(campaign, "square"), claim)
    assert found.verdict is Verdict.PROVED, (found.reason, found.counterexample)


@pytest.mark.parametrize("claim", FALSE)
def test_what_is_not_so_is_refuted(claim):
    assert judged(derivation(campaign, "square"), claim).verdict is Verdict.REFUTED


@pytest.mark.parametrize("claim", ["floor(log(-2)) = 1", "relu(log(1 - sqrt(2))) = 0", "sqrt(1 - sqrt(2)) > 0"])
def test_of_what_has_no_value_nothing_is_proved(claim):
    assert judged(derivation(campaign, "square"), claim).verdict is Verdict.UNDECIDED


def test_what_enclosures_tell_is_trusted_by_name():
    network = derivation(campaign, "square")
    assert ARB in judged(network, "sqrt(2) > 1.41").trusted
    assert ARB not in judged(network, "tanh(x_a[i])^2 + tanh'(x_a[i]) = 1").trusted


def test_numbers_are_tried_beside_those_of_the_claim_and_large_ones():
    network = derivation(campaign, "square")
    for claim in (
        "relu(x_a[i] - 10^12) = 0", "[tanh(x_a[i]) > 1/2] = [x_a[i] > 1/2]",
        "Sum[i] Sum[j] (exp(x_a[i]) - exp(x_a[j]))^2 = 0", "hard_swish(x_a[i] + 10^6) = relu(x_a[i] + 10^6)",
    ):  # fmt: skip
        assert judged(network, claim).verdict is Verdict.REFUTED, claim
