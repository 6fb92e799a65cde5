"""Devices of finite resolution: bounds that hold for all of them, and devices that come near."""

import numpy as np
import pytest
from flint import arb
from support.updates import updates_of

import dyadic
from dyadic import Verdict
from dyadic.physics.dynamics import RelaxationSetting, built, run
from dyadic.physics.enclosures import Unenclosed, enclosing
from dyadic.physics.hardware import resolution_bounds
from dyadic.physics.hardware.finite_resolution import bounded, resolution
from dyadic.physics.loading import emitted_network
from dyadic.physics.number_types import Slopes
from dyadic.physics.sure_decisions import Decisions
from dyadic.physics.wide_decisions import JUMP, WideDecisions

PROVED, UNDECIDED = Verdict.PROVED, Verdict.UNDECIDED


def network(widths, activation="tanh", cost="squared_error"):
    layers = [
        {"name": f"l{k}", "type": "dense", "units": n, "activation": activation} for k, n in enumerate(widths[1:])
    ]
    spec = {"name": "device", "inputs": {"x": {"shape": [widths[0]]}}, "layers": layers, "cost": {"type": cost}}
    return dyadic.derive(dyadic.architecture(spec))


@pytest.mark.parametrize("tolerance", [1e-6, 1e-3, 1e-2])
@pytest.mark.parametrize("activation", ["tanh", "identity"])
def test_a_thousand_devices_lie_within_the_bound_and_near_it(tolerance, activation):
    found = resolution(updates_of(network((4, 5, 3, 2), activation)), tolerance)
    assert found.claim.verdict is PROVED
    assert found.devices == 1000
    assert found.holds
    assert 1 <= found.ratio(found.found) <= found.ratio(found.random) < 3
    assert found.ratio(found.found) < 1.2


def test_a_wider_network_and_another_cost():
    updates = updates_of(network((8, 12, 12, 5), cost="cross_entropy"))
    found = resolution(updates, 1e-3, devices=300)
    assert found.holds
    assert found.ratio(found.random) < 3
    assert found.ratio(found.found) < 1.2
    assert resolution(updates, 1e-3, devices=5).holds


def test_devices_beyond_the_tolerance_are_outside():
    """The bound can be left: it is not infinite."""
    updates = updates_of(network((4, 5, 3, 2)))
    bound, _ = bounded(updates, 1e-3)
    wide = resolution(updates, 2e-3)
    assert any((wide.random.states[v] > bound.states[v]).any() for v in bound.states)
    assert any((wide.random.gradients[n] > bound.gradients[n]).any() for n in bound.gradients)


def test_rounding_to_a_grid_is_a_device_of_half_its_pitch():
    updates = updates_of(network((4, 5, 3, 2)))
    bound, _ = bounded(updates, 2.0**-9)
    grid = lambda step, variable, value: np.round(value * 2**8) / 2**8  # noqa: E731
    many = updates.samples([0] * 50)
    found = run(many, RelaxationSetting(6), "random", disturbance=grid)
    for variable in updates.variables:
        off = np.abs(found.final[variable] - found.exact[variable]).max(axis=0)
        assert (off <= bound.states[variable]).all()


def test_what_cannot_be_bounded_is_undecided():
    bound, claim = bounded(updates_of(network((4, 5, 3, 2), "softsign")), 10.0)
    assert bound is None
    assert claim.verdict is UNDECIDED
    assert "not finite" in claim.reason
    _, claim = bounded(updates_of(network((4, 3), activation="identity")), 1e308)
    assert "too large" in claim.reason


@pytest.mark.long
@pytest.mark.parametrize("widths", [(8, *[16] * 6), (8, *[32] * 3)])
def test_the_bound_is_nearly_reached(widths):
    """Random signs come within 3 to 4 of it, and the worst signs nearly reach it: no bound could be much closer."""
    found = resolution(updates_of(network(widths)), 1e-3, 1000)
    assert found.holds
    assert found.ratio(found.random) <= 4
    assert found.ratio(found.found) <= 1.5


# -- kinks -------------------------------------------------------------------------------------------------------------


def near_a_kink(activation):
    """Behind a layer that is the identity or nearly: a unit at the kink, one near it, one closed and one open."""
    params = {
        "l0.weight": np.eye(2), "l0.bias": np.full(2, 0.1),
        "l1.weight": np.array([[1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, 1.0]]),
        "l1.bias": np.array([0.0, 0.001, 0, 0]),
        "l2.weight": np.array([[1.0, 2, 3, 4], [-2, 1, 1, 0.5]]), "l2.bias": np.zeros(2),
    }  # fmt: skip
    given = params, np.array([[0.5, 0.5]]), np.array([[1.0, 2.0]])
    return built(emitted_network(network((2, 2, 4, 2), activation)), given)


@pytest.mark.parametrize("activation", ["relu", "hard_sigmoid", "elu", "softsign"])
def test_a_kink_within_the_tolerance_is_bounded(activation):
    updates = near_a_kink(activation)
    found = resolution(updates, 0.01, 400)
    assert found.claim.verdict is PROVED
    assert found.holds
    assert found.ratio(found.found) < 4
    assert (found.bound.jumps > 0) == (activation == "relu")


def test_a_jump_is_counted_in_full_and_happens():
    """The sensitivity of what a relu reads jumps by W^T s, which no tolerance makes small."""
    updates = near_a_kink("relu")
    for tolerance in (1e-2, 1e-3, 1e-5):
        found = resolution(updates, tolerance, 400)
        assert found.holds
        assert found.random.states["s", "l0"].max() > 0.5
        assert found.bound.states["s", "l0"].max() < 2 * found.random.states["s", "l0"].max()
    assert found.bound.states["x", "l2"].max() < 1e-3


def test_without_the_jump_devices_would_lie_outside(monkeypatch):
    updates = near_a_kink("relu")
    distance = resolution_bounds._distance

    def without(*arguments):
        found, jumps = distance(*arguments)
        return found, 0 * jumps

    monkeypatch.setattr(resolution_bounds, "_distance", without)
    assert not resolution(updates, 1e-3, 400).holds


def pooled():
    """A maximum of two equal entries."""
    spec = {
        "name": "pooled", "inputs": {"x": {"shape": [1, 4, 4]}},
        "layers": [
            {"name": "c", "type": "conv", "filters": 2, "kernel": [1, 1]},
            {"name": "p", "type": "max_pool", "kernel": [2, 2]},
            {"name": "f", "type": "flatten"},
            {"name": "o", "type": "dense", "units": 3},
        ],
        "cost": {"type": "cross_entropy"},
    }  # fmt: skip
    return dyadic.derive(dyadic.architecture(spec))


@pytest.mark.parametrize("boxes", [False, True])
def test_a_tie_of_a_maximum_is_bounded(boxes, monkeypatch):
    derivation = pooled()
    given = updates_of(derivation).params, np.full((1, 1, 4, 4), 0.5), np.array([[0.0, 1.0, 0.0]])
    updates = built(emitted_network(derivation), given)
    if boxes:
        monkeypatch.setattr(resolution_bounds, "MOST_ENTRIES", 10)
    found = resolution(updates, 1e-3, 300)
    assert found.claim.verdict is PROVED
    assert found.bound.by_boxes == boxes
    assert found.holds
    off = found.random.states["s", "c"].max()
    assert off > 0.05  # the place of the largest moves
    assert off <= found.bound.states["s", "c"].max() < 1.6 * off  # the ball of a product of two in [0, 1] is [-0.5, 1]


def test_a_near_tie_of_logits_is_no_obstacle():
    """What a softmax subtracts first is of no consequence but for the bound: a ball of it is not cancelled."""
    updates = updates_of(network((3, 4, 3), cost="cross_entropy"))
    updates.params = updates.feedback = updates.params | {"l1.weight": np.zeros((3, 4)), "l1.bias": np.zeros(3)}
    found = resolution(updates, 1e-3, 200)
    assert found.claim.verdict is PROVED
    assert found.holds
    assert found.bound.jumps == 0
    assert found.ratio(found.found) < 1.8


def test_boxes_hold_devices_and_are_loose(monkeypatch):
    updates = updates_of(network((4, 6, 5, 3), cost="cross_entropy"))
    tight = resolution(updates, 1e-3, 300)
    monkeypatch.setattr(resolution_bounds, "MOST_ENTRIES", 10)
    loose = resolution(updates, 1e-3, 300)
    assert loose.bound.by_boxes
    assert loose.holds
    assert loose.steered is None
    assert "in balls, each inflated" in loose.claim.method
    assert all((loose.bound.states[v] > 0.999 * tight.bound.states[v]).all() for v in loose.bound.states)
    wide = resolution(updates, 5e-3, 300)
    assert any((wide.random.states[v] > loose.bound.states[v]).any() for v in loose.bound.states)  # it can be left


def stepping(kind):
    """A layer whose function moves in steps alone, between two that are dense."""
    layers = [
        {"name": "a", "type": "dense", "units": 3},
        {"name": "b", "type": kind},
        {"name": "c", "type": "dense", "units": 2},
    ]
    spec = {"name": kind, "inputs": {"x": {"shape": [3]}}, "layers": layers, "cost": {"type": "squared_error"}}
    return dyadic.derive(dyadic.architecture(spec))


@pytest.mark.parametrize("kind", ["floor", "round", "sign"])
@pytest.mark.parametrize("tolerance", [1e-3, 0.3])
def test_functions_that_step_are_bounded(kind, tolerance):
    """Where no step is within the tolerance nothing of x passes; where one is, it is counted."""
    found = resolution(updates_of(stepping(kind)), tolerance, 200)
    assert found.claim.verdict is PROVED
    assert found.holds
    assert (found.bound.jumps > 0) == (found.bound.states["x", "b"].max() >= 1) == (tolerance > 0.1 and kind != "sign")


@pytest.mark.parametrize(
    ("function", "value", "wanted"),
    [("whole", 1.5, 1), ("rounded", 1.4, 1), ("rounded", 2.02, 2), ("rounded", 1.98, 2), ("sign", -0.3, -1)],
)
def test_a_certain_step_is_a_constant_for_slopes(function, value, wanted):
    with enclosing():
        for number in (Slopes(arb(value, 0.05), {0: arb(1)}), arb(value, 0.05)):
            for decisions in (Decisions, WideDecisions):
                (found,) = getattr(decisions, function)(np.array([number], dtype=object))
                assert isinstance(found, arb)
                assert found == wanted


@pytest.mark.parametrize(("function", "value"), [("whole", 1), ("rounded", 0.5), ("sign", 0)])
def test_a_step_has_no_slope(function, value):
    exact = Slopes(arb(value), {0: arb(1)})
    with pytest.raises(Unenclosed), enclosing():
        getattr(Decisions, function)(np.array([exact], dtype=object))
    with pytest.raises(Unenclosed), enclosing():
        getattr(Decisions, function)(np.array([arb(value, 0.1)], dtype=object))


def test_increments_across_kinks_hold_those_of_the_function():
    """g(c + d) - g(c) = slopes d + jump, for random d in the box, of each function that decides."""
    random = np.random.default_rng(2)
    functions = {
        "relu": (lambda z: WideDecisions.larger(z, 0), lambda z: np.maximum(z, 0)),
        "step": (lambda z: 3 * WideDecisions.compared(">", z, 0), lambda z: 3.0 * (z > 0)),
        "where": (
            lambda z: WideDecisions.where(WideDecisions.compared(">", z, 0.0), z * z + 1, 2 * z),
            lambda z: np.where(z > 0, z * z + 1, 2 * z),
        ),
        "clip": (lambda z: WideDecisions.clipped(z, -0.1, 0.05), lambda z: np.clip(z, -0.1, 0.05)),
        "abs": (WideDecisions.magnitude, np.abs),
        "floor": (lambda z: WideDecisions.whole(3 * z), lambda z: np.floor(3 * z)),
        "round": (lambda z: WideDecisions.rounded(5 * z), lambda z: np.round(5 * z)),
        "sign": (WideDecisions.sign, np.sign),
    }
    with enclosing():
        for wide, plain in functions.values():
            for centre in (0.0, 0.05, -0.1, 0.3, -0.4):
                box = np.array([Slopes(arb(centre, 0.2), {0: arb(1)})], dtype=object)
                (found,) = wide(box)
                slopes = getattr(found, "slopes", {})
                for d in random.uniform(-0.2, 0.2, 20):
                    change = float(plain(np.array(centre + d)) - plain(np.array(centre)))
                    enclosed = slopes.get(0, arb(0)) * arb(d) + slopes.get(JUMP, arb(0)) + arb(0, 1e-12)
                    assert enclosed.contains(arb(change))
