"""Feedback weights where a vertex holds several parameters: B is on the way back from s to s, and nowhere else."""

import numpy as np
import pytest
from support.updates import updates_of

import dyadic
from dyadic import Verdict
from dyadic.physics.hardware.feedback import mismatch, mismatched, with_feedback

DENSE = [{"name": "o", "type": "dense", "units": 2, "activation": "tanh"}]
ATTENTION = {"name": "m", "type": "multi_head_attention", "heads": 2, "causal": True}
CELL = {"name": "m", "type": "gru", "units": 3, "reset": "before"}


def network(layers, shape):
    spec = {"name": "inside", "inputs": {"x": {"shape": shape}}, "layers": layers, "cost": {"type": "squared_error"}}
    return dyadic.derive(dyadic.architecture(spec))


def inside(kind, before=False):
    """An attention or a GRU before a dense layer; with ``before``, behind another one."""
    if kind == "attention":
        first = [{"name": "a", "type": "dense", "units": 4, "activation": "tanh"}] if before else []
        return network([*first, ATTENTION, {"name": "f", "type": "flatten"}, *DENSE], [3, 4])
    first = [{"name": "a", "type": "dense", "units": 3, "activation": "tanh"}] if before else []
    return network([*first, CELL, *DENSE], [2, 4 if before else 3])


def other(updates, *names):
    random = np.random.default_rng(5)
    return with_feedback(
        updates,
        {n: random.standard_normal(v.shape) if n in names else v.copy() for n, v in updates.params.items()},
    )


def test_weights_that_only_parameters_meet_change_nothing():
    """The attention reads the input alone: no s is made with its weights, and its gradient is with the true ones."""
    updates = updates_of(inside("attention"))
    inner = [name for name in updates.params if name.startswith("m.")]
    found = mismatch(updates, other(updates, *inner))
    assert all((value == 0).all() for value in found.source.values())
    assert found.gradient_error == 0
    assert found.claims[-1].id == "feedback:device"
    assert found.claims[-1].verdict is Verdict.PROVED
    found = mismatch(updates, other(updates, "o.weight"))
    assert found.gradient_error > 0.1
    assert found.claims[-1].verdict is Verdict.REFUTED


@pytest.mark.parametrize("kind", ["attention", "gru"])
def test_the_error_is_that_of_s_and_of_nothing_else(kind):
    """(dF/dtheta)^T (s_B - s), by the network's own gradients, which are linear in s; and B does change s here."""
    updates = updates_of(inside(kind, before=True))
    device = mismatched(updates, 0.5, 2)
    found = mismatch(updates, device)
    assert max(np.abs(value).max() for value in found.found.values()) > 1e-3
    exact = updates.exact()
    off = updates.at(exact.x, found.found).gradients()
    got = device.at(found.state.x, found.state.s).gradients()
    wanted = updates.at(exact.x, exact.s).gradients()
    assert max(np.abs(got[n] - wanted[n] - off[n]).max() for n in off) < 1e-14
    assert max(np.abs(found.predicted[n] - found.found[n]).max() for n in found.found) < 1e-14
    again = device.at(exact.x, exact.s).gradients()
    assert all((again[n] == wanted[n]).all() for n in wanted)  # at one s there is one gradient


def test_the_query_by_differences_of_the_energy():
    """dE/dtheta at the state that the device reached, by differences of the energy, which has no way back."""
    updates = updates_of(inside("attention"))
    device = other(updates, "m.output_weight")
    state = device.exact()
    step = 1e-6
    found = device.at(state.x, state.s).gradients()["m.query_weight"]

    def energy(change):
        moved = updates_of(inside("attention"))
        weight = moved.params["m.query_weight"].copy()
        weight[0, 1] += change
        moved.params = moved.feedback = moved.params | {"m.query_weight": weight}
        return float(moved.at(state.x, state.s).energy()[0])

    assert found[0, 1] == pytest.approx((energy(step) - energy(-step)) / (2 * step), rel=1e-6)


def test_a_device_behind_a_value_that_is_held_constant():
    """What reaches the first layer is 0 with any weights; the other layer's gradient is one formula in both."""
    layers = [
        {"name": "a", "type": "dense", "units": 3, "activation": "tanh"},
        {"name": "b", "type": "stop_gradient"},
        {"name": "c", "type": "dense", "units": 3, "activation": "tanh"},
        *DENSE,
    ]
    updates = updates_of(network(layers, [3]))
    assert mismatch(updates, other(updates, "c.weight")).claims[-1].verdict is Verdict.PROVED
    assert mismatch(updates, other(updates, "a.weight", "c.weight")).claims[-1].verdict is Verdict.PROVED
    assert mismatch(updates, other(updates, "o.weight")).claims[-1].verdict is Verdict.REFUTED


SHUT = [
    {"name": "a", "type": "dense", "units": 3, "activation": "relu"},
    {"name": "b", "type": "dense", "units": 3, "activation": "relu"},
    {"name": "o", "type": "dense", "units": 2},
]


def half_shut():
    """Unit 0 of each hidden layer is shut, the others are open."""
    updates = updates_of(network(SHUT, [2]))
    random = np.random.default_rng(2)
    updates.params = {n: abs(random.standard_normal(v.shape)) for n, v in updates.params.items()}
    updates.params |= {f"{n}.bias": np.array([-1e3, 1.0, 1.0]) for n in "ab"}
    updates.inputs = {"x": abs(updates.inputs["x"])}
    updates.feedback = updates.params
    return updates


@pytest.mark.parametrize(
    ("name", "place", "verdict"),
    [
        ("b.weight", np.s_[0, :], Verdict.PROVED),  # into a unit that is shut
        ("b.weight", np.s_[:, 0], Verdict.PROVED),  # out of one: its s is wrong, and goes nowhere
        ("o.weight", np.s_[:, 0], Verdict.PROVED),
        ("b.weight", np.s_[1, 1], Verdict.REFUTED),
        ("o.weight", np.s_[0, 2], Verdict.REFUTED),
    ],
)
def test_weights_that_are_off_at_units_that_are_shut(name, place, verdict):
    updates = half_shut()
    weights = {n: v.copy() for n, v in updates.params.items()}
    weights[name][place] += 0.5
    found = mismatch(updates, with_feedback(updates, weights))
    assert (found.gradient_error == 0) == (verdict is Verdict.PROVED)
    assert found.claims[-1].id == "feedback:device"
    assert found.claims[-1].verdict is verdict


def test_a_slope_that_is_zero_at_one_end_alone_proves_nothing():
    """s_o = 0 with the true weights would hide any B: here it is small, and the slope is not exactly 0."""
    updates = half_shut()
    exact = updates.exact()
    updates.target = exact.x["o"] * (1 + 1e-15)
    weights = {n: v.copy() for n, v in updates.params.items()}
    weights["o.weight"][0, 2] += 1e-30  # less than a double's rounding: the weights are the same
    assert mismatch(updates, with_feedback(updates, weights)).claims[-1].verdict is Verdict.PROVED
    weights["o.weight"][0, 2] += 0.5
    assert mismatch(updates, with_feedback(updates, weights)).claims[-1].verdict is not Verdict.PROVED
