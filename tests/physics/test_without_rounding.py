"""Whether a device is outside a bound is decided without the simulation's own rounding."""

import numpy as np
import pytest
from flint import arb
from support.updates import updates_of

import dyadic
from dyadic.device_text import resolution_text
from dyadic.physics.enclosures import enclosing
from dyadic.physics.hardware import finite_resolution
from dyadic.physics.hardware.finite_resolution import bounded, resolution
from dyadic.physics.hardware.without_rounding import LargestErrors, WithoutRounding
from dyadic.physics.number_types import Slopes
from dyadic.terminal import Page

DENSE = [{"name": "o", "type": "dense", "units": 2, "activation": "tanh"}]
ATTENTION = [{"name": "m", "type": "multi_head_attention", "heads": 2}, {"name": "f", "type": "flatten"}]


def updates_for(layers, shape):
    spec = {"name": "device", "inputs": {"x": {"shape": shape}}, "layers": layers, "cost": {"type": "squared_error"}}
    return updates_of(dyadic.derive(dyadic.architecture(spec)))


def test_a_gradient_that_is_zero_identically():
    """A softmax does not see a shift of the keys: doubles have a gradient of their rounding there, beyond any bound."""
    updates = updates_for([*ATTENTION, *DENSE], [2, 4])
    one, exact = updates.sample(), updates.exact()
    rounded = one.at(exact.x, exact.s).gradients()["m.key_bias"]
    found = resolution(updates, 0.01, 20)
    assert found.bound.gradients["m.key_bias"].max() < 1e-30
    assert np.abs(rounded).max() > 1e-30
    assert found.holds
    assert found.found.hidden == 0
    assert (found.random.gradients["m.key_bias"] == 0).all()
    assert (found.random.gradients["m.query_bias"] > 0).all()


def test_a_device_that_takes_its_steps_in_balls_is_the_one_in_doubles(monkeypatch):
    """The same pushes lead to the same errors: signs are drawn once for a step and a variable."""
    updates = updates_for([{"name": "p", "type": "dense", "units": 3, "activation": "tanh"}, *DENSE], [3])
    plain = resolution(updates, 1e-3, 3)
    monkeypatch.setattr(LargestErrors, "within", lambda one, states, gradients: False)
    monkeypatch.setattr(WithoutRounding, "reached", lambda one, state: None)
    again = resolution(updates, 1e-3, 3)
    for name, array in again.random.gradients.items():
        assert array == pytest.approx(plain.random.gradients[name], rel=1e-9)
    for variable, array in again.random.states.items():
        assert array == pytest.approx(plain.random.states[variable], rel=1e-9)
    assert not again.holds


def test_what_the_simulation_adds_is_not_the_devices(monkeypatch):
    """Rounding on the way that is larger than the tolerance leaves room for: the way is gone again."""
    updates = updates_for([{"name": "p", "type": "dense", "units": 3, "activation": "tanh"}, *DENSE], [3])
    run = finite_resolution.run

    def rounded(*given, **more):
        found = run(*given, **more)
        for values in (found.final.x, found.final.s):
            for array in values.values():
                array += 1e-2
        return found

    monkeypatch.setattr(finite_resolution, "run", rounded)
    assert resolution(updates, 1e-3, 3).holds
    monkeypatch.setattr(WithoutRounding, "again", lambda one, push: None)
    hidden = resolution(updates, 1e-3, 3)
    assert hidden.holds
    assert hidden.random.hidden == 3
    assert "but for" in " ".join(resolution_text(hidden, Page()))


def test_devices_outside_are_found_outside(monkeypatch):
    """Of twice the tolerance: in doubles, and in balls all the way."""
    updates = updates_for([{"name": "p", "type": "dense", "units": 3, "activation": "tanh"}, *DENSE], [3])
    bound, _ = bounded(updates, 1e-3)
    monkeypatch.setattr(finite_resolution, "bounded", lambda *given: (bound, bounded(updates, 1e-3)[1]))
    found = resolution(updates, 2e-3, 10)
    assert not found.holds
    assert "NOT all within" in " ".join(resolution_text(found, Page()))


@pytest.mark.parametrize("radius", [0.0, 1e-9, 1.0, 30.0, 1000.0])
def test_tanh_on_wide_balls(radius):
    """Arb's own has no value on the widest; ours holds value and slope at every point, and hardly more."""
    for middle in (-800.0, -3.0, 0.0, 0.25, 20.0):
        with enclosing():
            found = Slopes(arb(middle, radius), {0: arb(1)}).composed("tanh")
            assert found.value.is_finite()
            for part in np.linspace(-1, 1, 41):
                point = arb(middle) + arb(float(part)) * arb(radius)
                assert found.value.overlaps(point.tanh())
                assert found.slopes[0].overlaps(1 - point.tanh() ** 2)
            assert found.value.rad() <= 1.001
            assert found.slopes[0].rad() <= 0.501 or radius == 0
            assert not found.value.overlaps(arb(2))


@pytest.mark.parametrize(("scale", "tolerance", "most"), [(1000, 0.01, 1.01), (1, 0.5, 10)])
def test_saturated_devices_and_coarse_ones_are_bounded(scale, tolerance, most):
    updates = updates_for([{"name": "p", "type": "dense", "units": 3, "activation": "tanh"}, *DENSE], [3])
    updates.params = updates.feedback = {name: scale * array for name, array in updates.params.items()}
    found = resolution(updates, tolerance, 50)
    assert found.claim.verdict is dyadic.Verdict.PROVED
    assert found.holds
    assert found.ratio(found.found) < most
