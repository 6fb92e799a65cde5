"""Constants whose values the architecture gives have these values in a claim; those without values are free."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from claims.test_claims import judged
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.semantics.given import GivenArray
from dyadic.symbolic import architecture, derive


def masked(size, values, units=2):
    constants = {"mask": {"shape": [size]} | ({} if values is None else {"values": values})}
    layers = [
        {"name": "d", "type": "dropout", "inputs": ["u", "mask"], "rate": 0.25},
        {"name": "o", "type": "dense", "units": units, "activation": "tanh"},
    ]
    inputs = {"u": {"shape": [size]}}
    cost = {"type": "squared_error"}
    return derive(architecture({"inputs": inputs, "constants": constants, "layers": layers, "cost": cost}))


LSTM = derive(
    architecture(
        {
            "inputs": {"u": {"shape": [2, 2]}},
            "layers": [{"name": "m", "type": "lstm", "units": 2}, {"name": "o", "type": "dense", "units": 1}],
            "cost": {"type": "squared_error"},
        }
    )
)
GIVEN, FREE = masked(4, [1, 0, 1, 0.1]), masked(4, None)
CLAIMS = {
    "mask[1] = 0": True, "mask[1] = 1": False, "mask[3] = 1/10": True, "Sum[i] mask[i] = 2 + 1/10": True,
    "Sum[i] mask[i] = 3": False, "Max[i<4] mask[i] = 1": True, "x_u[1] mask[1] = 0": True, "x_u[i] mask[i] = 0": False,
    "dE/dx_u[1] = 0": True, "dE/dx_u[0] = 0": False, "exp(mask[1]) = mask[0]": True, "mask[i] = mask[i]^2": False,
    "dE/dx_mask[1] = 4/3 s_d[1] x_u[1]": True, "f_d[i] = 4/3 (x_u[i] - [i = 1] x_u[i] - [i = 3] 9/10 x_u[i])": True,
}  # fmt: skip
OF_THE_STATE = {
    "m.initial[i] = 0": True, "m.initial[2] = 1": False, "cell_m.1[i] = sigmoid(z_m.1[i]) tanh(z_m.1[i + 4])": True,
    "m.recurrentbar[i, j] = zbar_m.2[i] x_m.1[j]": True, "m.recurrentbar[i, j] = zbar_m.1[i] x_m.1[j]": False,
    "z_m.1[i] = Sum[j] m.weight[i, j] x_m.x1[j] + m.bias[i] + m.recurrent_bias[i]": True,
}  # fmt: skip


@pytest.mark.parametrize(("network", "claims"), [(GIVEN, CLAIMS), (LSTM, OF_THE_STATE)])
def test_given_values_are_numbers(network, claims):
    for claim, true in claims.items():
        found = judged(claim, network=network)
        assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), claim
        values = (found.counterexample or {}).get("values", {})
        assert not any("mask" in name or "initial" in name for name in values), claim


def test_what_is_not_given_is_free():
    for claim in ("mask[1] = 0", "Sum[i] mask[i] = 2 + 1/10", "dE/dx_u[1] = 0"):
        assert judged(claim, network=FREE).verdict is Verdict.REFUTED
    assert judged("f_d[i] = 4/3 mask[i] x_u[i]", network=FREE).verdict is Verdict.PROVED


def test_a_counterexample_names_the_given_numbers():
    found = judged("mask[0] + mask[3] = 1", network=GIVEN)
    assert found.counterexample["given"] == {"mask[0]": "1", "mask[3]": "1/10"}


def test_entries_that_differ_are_not_put_into_blocks():
    """At a size beyond that of an evaluation with all entries: only entry 7 is 0."""
    size, units = 60, 700
    uneven, even = masked(size, [float(k != 7) for k in range(size)], units), masked(size, [1] * size, units)
    true = "dE/dx_u[j] = [j != 7] 4/3 Sum[i] W_o[i, j] zbar_o[i]"
    assert judged("f_d[i] = 4/3 x_u[i]", network=uneven).verdict is Verdict.REFUTED
    assert judged("f_d[i] = 4/3 x_u[i]", network=even).verdict is Verdict.PROVED
    assert judged("s_d[j] = Sum[i] W_o[i, j] zbar_o[i]", kind="sensitivity", network=uneven).verdict is Verdict.PROVED
    assert judged(true, network=even).verdict is not Verdict.PROVED


def test_what_holds_for_all_constants_holds_at_too_large_a_size():
    size = 5_000
    network = masked(size, [float(k % 3) for k in range(size)])
    assert judged("f_d[i] = 4/3 mask[i] x_u[i]", network=network).verdict is Verdict.PROVED
    assert judged("f_d[i] = 4/3 x_u[i]", network=network).verdict is not Verdict.PROVED


def test_constants_that_are_not_finite_leave_a_claim_open():
    network = masked(2, [1, 0])
    network.architecture.values["mask"] = np.array([float("-inf"), 0])
    found = judged("mask[0] = mask[0]", network=network)
    assert found.verdict is Verdict.UNDECIDED
    assert "not finite" in found.reason


def test_dividing_by_a_given_zero_is_not_proved():
    for claim in ("1/mask[1] = 1/mask[1]", "log(mask[1]) = log(mask[1])", "mask[1]/mask[1] = 1"):
        assert judged(claim, network=GIVEN).verdict is not Verdict.PROVED


def test_steps_are_counted_at_the_given_values():
    """With a mask of zeros the zero state is exact a step earlier than others: no other mask is invented."""
    for claimed in (3, 4):
        found = judged(kind="steps", child="suffice", number=str(claimed), network=masked(2, [0, 0]))
        assert found.verdict is (Verdict.PROVED if claimed == 4 else Verdict.REFUTED)
        if claimed == 3:
            assert "mask" not in str(found.counterexample)


def test_the_number_that_an_entry_is():
    assert GivenArray(np.array([0.1]))[0,] == Fraction(1, 10)
    assert GivenArray(np.array([0.1], "float32"))[0,] == Fraction(float(np.float32(0.1)))
    assert GivenArray(np.array(3))[()] == 3
    assert GivenArray(np.array([[1, 2], [1, 2]])).uneven == (False, True)
    assert GivenArray(np.array([0.5, 3])).weight == (6).bit_length() - 1 + 1
