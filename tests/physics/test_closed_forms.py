"""Closed forms beside the simulation: deviation, spectrum, energy."""

from dataclasses import replace

import numpy as np
import pytest
from support.updates import updates_of

import dyadic
from dyadic import Verdict
from dyadic.physics.deviation import Prediction, chain_of_reads, path_claim, predicted
from dyadic.physics.dynamics import RelaxationSetting, run, time_constants
from dyadic.physics.energy_rates import energy_rate, flow_claims
from dyadic.physics.flows import Flat
from dyadic.physics.linearity import not_linear
from dyadic.physics.spectrum import spectrum
from dyadic.physics.starts import start
from dyadic.symbolic.energy import derive_equation
from dyadic.symbolic.expressions import Apply


def linear(widths, cost="squared_error", activation="identity", skip=False):
    layers = [
        {"name": f"l{k}", "type": "dense", "units": n, "activation": activation} for k, n in enumerate(widths[1:])
    ]
    if skip:
        layers.append({"name": "sum", "type": "add", "inputs": ["l0", layers[-1]["name"]]})
    spec = {"name": "linear", "inputs": {"x": {"shape": [widths[0]]}}, "layers": layers, "cost": {"type": cost}}
    return dyadic.derive(dyadic.architecture(spec))


def difference(updates, setting, seed=0):
    """The largest difference of any entry of any variable at any step from its prediction."""
    state = start(updates, "random", seed)
    found = predicted(updates, setting, state)
    assert isinstance(found, Prediction), found
    assert found.claim.verdict is Verdict.PROVED
    simulated = run(updates, RelaxationSetting(**{**setting.__dict__, "states": True}), state)
    worst, exact = 0.0, simulated.exact
    for letter, name in updates.variables:
        off = simulated.states[f"{letter}:{name}"] - exact[letter, name]
        assert off.shape == found.deviations[letter, name].shape
        worst = max(worst, float(np.abs(off - found.deviations[letter, name]).max()))
    assert np.abs(found.largest - simulated.deviation).max() <= worst + 1e-15
    return worst


@pytest.mark.parametrize("h", [0.1, 0.5, 0.9, 1, 1.5])
@pytest.mark.parametrize("widths", [(3, 4), (3, 4, 4, 2), (5, 6, 6, 6, 6, 6, 3)], ids=str)
def test_linear_chains_deviate_as_predicted(widths, h):
    derivation = linear(widths)
    updates = updates_of(derivation, batch=2)
    assert difference(updates, RelaxationSetting(60, h=h)) < 1e-10


@pytest.mark.parametrize("h", [0.1, 0.5, 0.9, 1, 1.5])
@pytest.mark.parametrize("widths", [(3, 4), (3, 4, 4, 2), (5, 6, 6, 6, 6, 6, 3)], ids=str)
def test_linear_chains_with_unequal_time_constants(widths, h):
    derivation = linear(widths)
    updates = updates_of(derivation, batch=2)
    constants = {f"{k}:{v}": 1 + 0.3 * j + 0.1 * (k == "s") for j, v in enumerate(updates.vertices) for k in "xs"}
    setting = RelaxationSetting(60, h=h, tau=time_constants(derivation, constants))
    assert difference(updates, setting) < 1e-10


def test_linear_networks_that_are_no_chain():
    derivation = linear((3, 4, 4, 4), skip=True)
    updates = updates_of(derivation)
    assert difference(updates, RelaxationSetting(40, h=0.6)) < 1e-10
    setting = RelaxationSetting(40, tau=time_constants(derivation, {"l1": 2.0}))
    assert "chain" in predicted(updates, setting, updates.exact())


def test_a_prediction_for_another_step_size_is_seen_to_be_wrong():
    """The comparison can say no."""
    updates = updates_of(linear((3, 4, 2)))
    state = start(updates, "random", 0)
    found = predicted(updates, RelaxationSetting(10, h=0.6), state)
    simulated = run(updates, RelaxationSetting(10, h=0.5), state)
    assert np.abs(found.largest - simulated.deviation).max() > 1e-3


@pytest.mark.parametrize(
    ("derivation", "why"),
    [
        (linear((3, 4, 2), activation="tanh"), "the derivative of"),
        (linear((3, 4, 2), activation="relu"), "the derivative of"),
        (linear((3, 4, 2), cost="cross_entropy"), "not affine"),
        (linear((3, 4, 2), cost="huber"), "not affine"),
    ],
)
def test_what_is_not_linear_has_no_closed_form(derivation, why):
    assert why in not_linear(derivation)
    updates = updates_of(derivation)
    assert why in predicted(updates, RelaxationSetting(3), updates.exact())


def test_a_product_of_activations_is_not_linear_and_one_with_an_input_is():
    layers = [{"name": "a", "type": "dense", "units": 3}, {"name": "b", "type": "mul", "inputs": ["a", "a"]}]
    spec = {"inputs": {"x": {"shape": [3]}}, "layers": layers, "cost": {"type": "squared_error"}}
    assert not_linear(dyadic.derive(dyadic.architecture(spec)))
    layers[1]["inputs"] = ["a", "x"]
    assert not_linear(dyadic.derive(dyadic.architecture(spec))) is None


def between(kind, *more):
    """A layer kind between dense ones, and layers that come before the last."""
    layers = [{"name": "a", "type": "dense", "units": 3}, {"name": "b", "type": kind}, *more]
    layers += [{"name": "c", "type": "dense", "units": 2}]
    spec = {"inputs": {"x": {"shape": [3]}}, "layers": layers, "cost": {"type": "squared_error"}}
    return dyadic.derive(dyadic.architecture(spec))


@pytest.mark.parametrize("kind", ["floor", "round", "sign"])
def test_what_has_steps_is_not_linear_though_its_derivative_is_zero(kind):
    assert not_linear(between(kind)) == "'b' has steps in the activation of 'a'"
    onto = {"name": "d", "type": "sub", "inputs": ["a", "b"]}  # its derivative is 1
    assert not_linear(between(kind, onto)) == "'b' has steps in the activation of 'a'"


def test_a_value_held_constant_is_linear_where_it_and_its_derivative_are():
    """f is the identity there and the way back 0: the deviation is that of the closed form, by two simulations."""
    for more in ((), ({"name": "d", "type": "add", "inputs": ["a", "b"]},)):
        derivation = between("stop_gradient", *more)
        assert not_linear(derivation) is None
        updates = updates_of(derivation)
        assert difference(updates, RelaxationSetting(30, h=0.6)) < 1e-10
    product = {"name": "d", "type": "mul", "inputs": ["a", "b"]}
    assert not_linear(between("stop_gradient", product)) == "the derivative of 'd' depends on the activation of 'b'"
    # what is bent stays so, though nothing comes back through it
    held = {"name": "e", "type": "stop_gradient", "inputs": ["b"]}
    assert not_linear(between("tanh", held)) == "the derivative of 'b' depends on the activation of 'a'"


def test_bent_values_inside_a_layer_that_holds_them_constant():
    """tanh(z) held constant in one equation: its derivative is 0, and the value is not affine."""
    derivation = between("tanh")
    kind = derivation.layers["b"].kind
    equation = derivation.layers["b"].equation
    (item,) = equation.definitions
    held = replace(item, body=Apply("stop_gradient", 0, item.body))
    layer = derive_equation(kind, replace(equation, definitions=(held,)))

    class BentAndHeld:
        """The same network with that layer."""

        architecture, costs = derivation.architecture, derivation.costs
        layers = derivation.layers | {"b": layer}

    assert not_linear(BentAndHeld()) == "the derivative of 'b' depends on the activation of 'a'"


def test_a_chain_of_reads():
    assert chain_of_reads(linear((3, 4, 2))) == [("x", "l0"), ("x", "l1"), ("s", "l1"), ("s", "l0")]
    assert chain_of_reads(linear((3, 4, 4), skip=True)) is None
    assert chain_of_reads(linear((3, 4, 2), activation="tanh")) is None
    assert path_claim().verdict is Verdict.PROVED
    assert "python-flint's polynomials" in path_claim().trusted


def jacobian(updates, setting):
    """The Jacobian of one step at a random state, by central differences, in the order of ranks."""
    state = start(updates, "random", 1)
    flat = Flat(updates, state)
    ratio = setting.h / flat.spread(setting.tau)
    at = flat.vector(state)

    def step(vector):
        return (1 - ratio) * vector + ratio * flat.field(vector)

    columns = [(step(at + 1e-6 * e) - step(at - 1e-6 * e)) / 2e-6 for e in np.eye(len(at))]
    ranks = flat.spread({v: float(r) for v, r in run(updates, RelaxationSetting(0)).ranks.items()})
    order = np.argsort(ranks, kind="stable")
    return np.array(columns).T[np.ix_(order, order)], ranks[order]


@pytest.mark.parametrize("h", [1.0, 0.4])
def test_the_spectrum_is_the_diagonal_of_a_triangle(h):
    derivation = linear((3, 4, 2), activation="tanh")
    updates = updates_of(derivation)
    tau = time_constants(derivation, {"l0": 1.0, "l1": 1.0 if h == 1 else 2.0})
    matrix, ranks = jacobian(updates, RelaxationSetting(1, h=h, tau=tau))
    above = np.abs(matrix[ranks[:, None] <= ranks[None, :]])
    assert (np.sort(above)[: -len(matrix)] < 1e-8).all()  # all but the diagonal
    found = spectrum(derivation, h, tau)
    values = np.sort([value for value, count in found.of_the_step for _ in range(count)])
    assert np.abs(np.sort(np.diag(matrix)) - values).max() < 1e-8
    assert sum(count for _, count in found.of_the_step) == 12
    assert found.claim.verdict is Verdict.PROVED
    assert found.behaviour == ("exact in finite time" if h == 1 else "converges geometrically")
    assert found.radius == (0 if h == 1 else pytest.approx(0.8))
    assert spectrum(derivation, 2.5).behaviour == "does not converge"
    assert found.of_the_flow[0] == ((-1.0, 12) if h == 1 else (-1.0, 8))


def test_the_flow_claims():
    derivation = linear((3, 4, 2), activation="tanh")
    claims = {claim.id: claim for claim in flow_claims(derivation)}
    verdicts = {name: claim.verdict for name, claim in claims.items()}
    proved, refuted = Verdict.PROVED, Verdict.REFUTED
    assert verdicts == {
        "energy:B": proved, "energy:A": proved, "symplectic:A": proved, "symplectic:B": refuted, "volume:B": proved,
    }  # fmt: skip
    numbers = claims["symplectic:B"].counterexample
    assert numbers["found"] != numbers["claimed"] == "0"


def test_the_energy_changes_at_the_predicted_rate():
    derivation = linear((3, 4, 2), activation="tanh", cost="huber")
    updates = updates_of(derivation, batch=3)
    state = start(updates, "random", 2)
    small = 1e-5
    flat = Flat(updates, state)
    z = flat.vector(state)
    velocity = flat.field(z) - z
    ahead, behind = (flat.state(z + sign * small * velocity) for sign in (1, -1))
    rate = (updates.at(ahead.x, ahead.s).energy() - updates.at(behind.x, behind.s).energy()) / (2 * small)
    assert np.abs(rate - energy_rate(updates, state)).max() < 1e-6 * np.abs(rate).max()
    backwards = velocity.copy()
    backwards[len(z) // 2 :] *= -1  # A: s runs backward
    ahead, behind = (flat.state(z + sign * small * backwards) for sign in (1, -1))
    rate_a = (updates.at(ahead.x, ahead.s).energy() - updates.at(behind.x, behind.s).energy()) / (2 * small)
    assert np.abs(rate_a).max() < 1e-6 * np.abs(rate).max()
