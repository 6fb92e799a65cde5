"""The largest of several numbers and where it stands: which one it is, is never settled by a choice made by chance."""

from __future__ import annotations

import pytest

from claims.test_campaign import judged
from claims.textbook import network
from dyadic.proofs.claims import Verdict

DENSE = {"name": "a", "type": "dense", "units": 3, "activation": "tanh"}
PLAIN = network(DENSE, inputs={"u": [2]})
POOL = network({"name": "q", "type": "max_pool", "kernel": [2], "stride": [1]}, inputs={"u": [1, 4]})
# For {j} and {i} the two orders of 0 and 1: a choice by chance makes one of them true.
FALSE = [
    "Max[k<2] x_a[k] + x_a[{j}] = 2 x_a[{j}]", "Sum[i<2] Max[k<2] (x_a[k] x_a[i]) = (x_a[0] + x_a[1]) x_a[{j}]",
    "Max[k<3] x_a[k] = Max[k<2] x_a[k] + 0 x_a[{j}]", "Max[k<2] (x_a[k] - x_a[{j}]) = 0",
    "exp(Max[k<2] x_a[k]) = exp(x_a[{j}])", "Max[i<2] Max[k<2] (x_a[k] + x_a[i]) = 2 x_a[{j}]",
    "Sum[i<2] Max[k<2] (x_a[k] [k = i]) = x_a[{j}] + relu(x_a[{i}])", "(Max[k<2] x_a[k])^2 = x_a[{j}]^2",
    "Max[k<2] (-x_a[k]) = -x_a[{j}]", "Max[k<2] x_a[k] + Max[k<2] (-x_a[k]) = x_a[{j}] - x_a[{i}]",
    "Sum[k<2] [k = ArgMax[m<2] x_a[m]] x_a[k] = x_a[{j}]", "max(x_a[0], x_a[1]) = x_a[{j}]",
    "min(x_a[0], x_a[1]) = x_a[{j}]", "Max[k<2] abs(x_a[k]) = abs(x_a[{j}])", "ArgMax[m<2] x_a[m] = {j}",
    "Max[k<2] relu(x_a[k]) = relu(x_a[{j}])", "ArgMax[m<2] x_a[m] = ArgMax[m<2] (-x_a[m])",
    "2 ArgMax[m<2] x_a[m] = {j} + {j}", "exp(ArgMax[m<2] x_a[m]) = exp({j})", "ArgMax[m<2] x_a[m] x_a[0] = {j} x_a[0]",
]  # fmt: skip
TRUE = [
    "Sum[k<2] [k = ArgMax[m<2] x_a[m]] x_a[k] = Max[k<2] x_a[k]", "ArgMax[m<2] x_a[m] = ArgMax[m<2] (2 x_a[m])",
    "Max[k<2] (x_a[k] + x_a[2]) = x_a[2] + Max[k<2] x_a[k]", "abs(ArgMax[m<2] x_a[m]) = ArgMax[m<2] x_a[m]",
    "1/(ArgMax[m<2] x_a[m] + 1) = (1 + ArgMax[m<2] x_a[m])^(-1)",
]  # fmt: skip
MANY = network({**DENSE, "units": 6}, inputs={"u": [2]})
OF_MANY = {
    "Max[i<6] x_a[i] = Max[i<6] x_a[5 - i]": True,
    "Max[i<6] (2 x_a[i] + 3) = 2 Max[i<6] x_a[5 - i] + 3": True,
    "ArgMax[i<6] (3 x_a[i] + 1) = ArgMax[i<6] x_a[i]": True,
    "Max[i<6] (-2 x_a[i]) = -2 Max[i<6] x_a[i]": False,
    "Max[i<6] (2 x_a[i] + 3) = 2 Max[i<6] x_a[i] + 2": False,
    "ArgMax[i<6] x_a[5 - i] = 5 - ArgMax[i<6] x_a[i]": False,  # where two are equal
    "ArgMax[i<6] (-x_a[i]) = ArgMax[i<6] x_a[i]": False,
    "Sum[k<6] [k = ArgMax[i<6] (-2 x_a[i])] x_a[k] = Max[i<6] x_a[i]": False,
}
POOLED = [
    "f_q[0, {j}] = x_u[0, {j}]", "f_q[0, {j}] = x_u[0, {j} + 1]",
    "Sum[p] f_q[0, p] = x_u[0, {j}] + x_u[0, 1] + x_u[0, 2]",
    "argf_q[0, 0] = {j}", "s_q[0, 0] [{j} = argf_q[0, 0]] = s_q[0, 0]", "f_q[0, {j}] = f_q[0, {i}]",
    "dE/dx_u[0, {j}] = s_q[0, {j}]", "dE/dx_u[0, 0] = {j} s_q[0, 0]", "exp(f_q[0, 1]) = exp(x_u[0, 1 + {j}])",
]  # fmt: skip
NOWHERE = [
    "1/(Max[k<2] x_a[k] - x_a[{j}]) = 1/(Max[k<2] x_a[k] - x_a[{j}])", "1/(Max[k<2] x_a[k] - x_a[{j}]) = x_a[0]",
]  # fmt: skip


@pytest.mark.parametrize(("derivation", "claims"), [(PLAIN, FALSE), (POOL, POOLED)])
def test_no_choice_makes_a_false_claim_true(derivation, claims):
    for claim in claims:
        for j in (0, 1):
            found = judged(derivation, claim.format(j=j, i=1 - j))
            assert found.verdict is Verdict.REFUTED, claim
            assert found.counterexample["left"] != found.counterexample["right"]


@pytest.mark.parametrize("claim", TRUE)
def test_what_holds_for_every_choice_is_proved(claim):
    assert judged(PLAIN, claim).verdict is Verdict.PROVED


@pytest.mark.parametrize("claim", NOWHERE)
def test_what_is_zero_for_one_choice_only_is_not_said_to_be_zero_always(claim):
    for j in (0, 1):
        assert "undefined" not in (judged(PLAIN, claim.format(j=j)).counterexample or {})
        assert judged(PLAIN, claim.format(j=j)).verdict is not Verdict.PROVED


@pytest.mark.parametrize(("claim", "true"), OF_MANY.items())
def test_of_many_the_largest_is_the_same_in_any_order_and_at_any_scale(claim, true):
    assert judged(MANY, claim).verdict is (Verdict.PROVED if true else Verdict.REFUTED)
