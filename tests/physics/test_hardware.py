"""Devices that are not ideal: what is predicted of them, and what they do."""

from dataclasses import replace

import numpy as np
import pytest
from flint import arb, arb_mat
from support.updates import updates_of

import dyadic
from dyadic import Verdict
from dyadic.physics.dynamics import RelaxationSetting, built, run
from dyadic.physics.enclosures import StateVector, enclosing, in_balls, middle, step_jacobian
from dyadic.physics.hardware.additive_noise import covariance_claim, noise, one_step, rounding_of, stationary
from dyadic.physics.hardware.feedback import agreement_claim, error_claim, mismatch, mismatched, with_feedback
from dyadic.physics.hardware.readout import gradient_ranks, readout_claim
from dyadic.physics.loading import emitted_network
from dyadic.physics.words import Rules, word

PROVED, REFUTED, UNDECIDED = Verdict.PROVED, Verdict.REFUTED, Verdict.UNDECIDED


def network(widths, activation="tanh", cost="squared_error", bias=True):
    layers = [
        {"name": f"l{k}", "type": "dense", "units": n, "activation": activation, "bias": bias}
        for k, n in enumerate(widths[1:])
    ]
    spec = {"name": "device", "inputs": {"x": {"shape": [widths[0]]}}, "layers": layers, "cost": {"type": cost}}
    return dyadic.derive(dyadic.architecture(spec))


# -- feedback ----------------------------------------------------------------------------------------------------------


def by_hand(updates, weights):
    """s and the gradient of a tanh chain with other weights on the way back."""
    names, p = updates.vertices, updates.params
    x = [updates.inputs["x"]]
    for name in names:
        x.append(np.tanh(x[-1] @ p[f"{name}.weight"].T + p[f"{name}.bias"]))
    s, gradients = {names[-1]: x[-1] - updates.target}, {}
    for k in reversed(range(len(names))):
        delta = s[names[k]] * (1 - x[k + 1] ** 2)
        gradients[f"{names[k]}.weight"] = delta.T @ x[k] / len(delta)
        if k:
            s[names[k - 1]] = delta @ weights[f"{names[k]}.weight"]
    return s, gradients


@pytest.mark.parametrize("name", ["chain", "decoder", "lstm"])
def test_the_error_of_feedback_weights_in_closed_form(name):
    derivation = network((4, 5, 3, 2)) if name == "chain" else dyadic.derive(dyadic.read(f"examples/{name}.toml"))
    updates = updates_of(derivation, batch=2)
    found = mismatch(updates, mismatched(updates, 0.3, 1))
    scale = max(float(np.abs(value).max()) for value in found.found.values())
    assert scale > 1e-3
    assert max(float(np.abs(found.predicted[n] - found.found[n]).max()) for n in found.found) < 1e-13
    assert found.gradient_error > 0.01
    settled = run(mismatched(updates, 0.3, 1), RelaxationSetting(derivation.steps))
    assert settled.settled == derivation.steps
    assert all((settled.final.s[n] == found.state.s[n]).all() for n in found.found)


def test_the_fixed_point_by_hand():
    updates = updates_of(network((4, 5, 3, 2)), batch=2)
    device = mismatched(updates, 0.5, 3)
    s, gradients = by_hand(updates, device.feedback)
    state = device.exact()
    got = device.at(state.x, state.s).gradients()
    assert max(np.abs(state.s[n] - s[n]).max() for n in s) < 1e-14
    assert max(np.abs(got[n] - gradients[n]).max() for n in gradients) < 1e-14


def verdicts(found):
    return {claim.id.removeprefix("feedback:"): claim.verdict for claim in found.claims}


def test_random_feedback_is_refuted_with_numbers():
    updates = updates_of(network((4, 5, 3, 2)))
    found = mismatch(updates, mismatched(updates, 0.3, 1))
    assert verdicts(found) == {
        "fixed-point": PROVED, "error": PROVED, "agreement": PROVED, "converse": PROVED, "device": REFUTED,
    }  # fmt: skip
    numbers = found.claims[-1].counterexample
    assert numbers["backpropagation"] != numbers["device"]
    wanted = updates.network.module.gradients(updates.params, updates.inputs, updates.target)[1]
    place = tuple(numbers["entry"])
    assert float(numbers["backpropagation"].strip("[").split()[0]) == pytest.approx(wanted[numbers["parameter"]][place])


def test_weights_that_agree_on_what_reaches_the_cost():
    """B differs where nothing reaches the cost: in the first layer, and on the directions that s does not have."""
    updates = updates_of(network((4, 5, 3, 2)))
    same = {name: array.copy() for name, array in updates.params.items()}
    same["l0.weight"] += 1
    assert mismatch(updates, with_feedback(updates, same)).claims[-1].verdict is PROVED
    exact = updates.exact()
    delta = (exact.s["l2"] * (1 - exact.x["l2"] ** 2))[0]
    other = np.array([-delta[1], delta[0]])  # orthogonal to what comes from the output
    same["l2.weight"] += np.outer(other, np.arange(1.0, 4.0))
    found = mismatch(updates, with_feedback(updates, same))
    assert max(np.abs(value).max() for value in found.source.values()) < 1e-14
    assert found.gradient_error < 1e-13
    assert found.claims[-1].verdict is REFUTED  # in doubles the direction is orthogonal to rounding only


def test_agreement_in_exact_numbers_is_proved():
    """A linear network of integers that hits its first target: what reaches the first output is 0."""
    derivation = network((2, 2, 2), activation="identity")
    emitted = emitted_network(derivation)
    params = {f"l{k}.weight": [[1.0, 2.0], [3.0, 5.0]] for k in (0, 1)} | {f"l{k}.bias": [0.0, 1.0] for k in (0, 1)}
    updates = built(emitted, (params, [[1.0, 1.0]], [[21.0, 0.0]]))
    assert updates.exact().s["l1"][0, 0] == 0 != updates.exact().s["l1"][0, 1]
    other = {name: array.copy() for name, array in updates.params.items()}
    other["l1.weight"][0] += [3, -7]
    found = mismatch(updates, with_feedback(updates, other))
    assert found.claims[-1].verdict is PROVED
    assert found.gradient_error == 0
    other["l1.weight"][1] += [3, -7]
    assert mismatch(updates, with_feedback(updates, other)).claims[-1].verdict is REFUTED


def test_a_network_that_balls_cannot_hold_is_undecided():
    updates = updates_of(dyadic.derive(dyadic.read("examples/lenet.toml")))
    claim = mismatch(updates, mismatched(updates, 0.1, 0)).claims[-1]
    assert claim.verdict is UNDECIDED
    assert "entries" in claim.reason


def test_rewriting_says_no():
    s, t, c = word("s"), word("t"), word("c")
    rules = Rules({("M", "s"): s - c, ("N", "t"): t - c}, {"K": "K^-1"})
    difference = t - s
    right = difference - difference.after("N")
    assert rules.same(right, s.after("N") - s.after("M"))
    assert not rules.same(right, s.after("M") - s.after("N"))
    assert not rules.same(right, difference.after("N"))
    assert rules.same(c.after("K", "K^-1"), c)
    assert rules.same(c.after("K^-1", "K", "M"), c.after("M"))
    assert not rules.same(c.after("K", "K"), c)
    assert rules.normal(2 * s - s - s).terms == {}
    with pytest.raises(ValueError, match="end"):
        Rules({("a",): word("b"), ("b",): word("a")}).normal(word("a"))
    assert error_claim().verdict is agreement_claim().verdict is PROVED
    assert "the rewriting of words in physics/words.py" in error_claim().trusted


# -- noise -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("h", [1.0, 0.5, 1.4])
def test_the_stationary_covariance_of_a_noisy_linear_network(h):
    updates = updates_of(network((3, 4, 4, 2), activation="identity"))
    random = np.random.default_rng(2)
    factor = random.normal(size=(20, 20)) / 5
    found = noise(updates, RelaxationSetting(0, h=h, seed=4), factor @ factor.T, samples=20_000)
    assert found.worst < 5  # standard deviations of a variance, over 20 entries
    scale = np.sqrt(np.outer(np.diag(found.predicted), np.diag(found.predicted)))
    assert (np.abs(found.found - found.predicted) / scale).max() < 5 / np.sqrt(20_000) * np.sqrt(2)
    assert found.steps == (6 if h == 1 else found.steps)
    other = noise(updates, RelaxationSetting(0, h=h, seed=4), 2 * factor @ factor.T, samples=20_000)
    assert (np.abs(other.found - found.predicted) / scale).max() > 0.5  # the comparison can say no


def test_the_covariance_is_the_solution_of_its_equation():
    updates = updates_of(network((3, 4, 4, 2), activation="identity"))
    ratios = dict.fromkeys(updates.variables, 0.6) | {("s", "l1"): 0.3}
    matrix = one_step(updates, ratios)
    covariance = np.eye(20)
    found = stationary(matrix, covariance)
    assert np.abs(found - (matrix @ found @ matrix.T + covariance)).max() < 1e-12
    unit = one_step(updates, dict.fromkeys(updates.variables, 1.0))
    assert np.abs(np.linalg.matrix_power(unit, 6)).max() < 1e-12
    assert covariance_claim().verdict is PROVED


def exact_step(updates, h, widths):
    """A = 1 - h + h M of a linear chain from its weights, in balls; M holds W, W^T, and the cost's second slope, 1."""
    places = StateVector.of(updates.sample()).places()
    count = max(place.stop for place in places.values())
    step = arb_mat(count, count, [int(i == j) * (1 - arb(h)) for i in range(count) for j in range(count)])
    for k in range(1, len(widths) - 1):
        for (i, j), weight in np.ndenumerate(updates.params[f"l{k}.weight"]):
            step[places["x", f"l{k}"].start + i, places["x", f"l{k - 1}"].start + j] = arb(h) * float(weight)
            step[places["s", f"l{k - 1}"].start + j, places["s", f"l{k}"].start + i] = arb(h) * float(weight)
    last = f"l{len(widths) - 2}"
    for i in range(widths[-1]):
        step[places["s", last].start + i, places["x", last].start + i] = arb(h)
    return step


@pytest.mark.parametrize(("h", "factor"), [(1.9, 8.0), (1.5, 8.0), (0.3, 2.0), (1.0, 30.0)])
def test_how_far_rounding_is_in_the_predicted_variances(h, factor):
    """Against 300 bits, for weights at which they are up to 1e22."""
    widths = (2, 3, 3, 2)
    updates = updates_of(network(widths, activation="identity"))
    updates.params = updates.feedback = {name: factor * array for name, array in updates.params.items()}
    found = noise(updates, RelaxationSetting(0, h=h, seed=1), 1.0, samples=10)
    with enclosing(300):
        power = exact_step(updates, h, widths)
        wanted = arb_mat(np.eye(len(found.predicted)).tolist())
        for _ in range(12):
            wanted, power = wanted + power * wanted * power.transpose(), power * power
        off = [abs(1 - float(found.predicted[i, i]) / wanted[i, i]) for i in range(len(found.predicted))]
        worst = max(float(value.mid()) for value in off)
    assert worst < found.rounding < 1e-9
    assert worst < 1e-13
    wrong = rounding_of(np.eye(2) / 2, np.eye(2), (4 / 3 + 1e-6) * np.eye(2), 1e-16)  # S = 4/3 solves it
    assert np.diag(wrong).min() >= 0.99e-6


@pytest.mark.parametrize("h", [1.0, 1.5])
def test_noise_is_measured_when_its_transient_is_over(h):
    """Powers of a matrix that is not normal grow long before they fall: 27 steps would do by the spectral radius."""
    updates = updates_of(network((3, *[6] * 8), activation=None))
    updates.params = updates.feedback = {name: 2 * array for name, array in updates.params.items()}
    found = noise(updates, RelaxationSetting(0, h=h, seed=4), 1e-4, samples=1000)
    matrix = one_step(updates, dict.fromkeys(updates.variables, h))
    power = np.linalg.matrix_power(matrix, found.steps)
    short = np.diag(power @ found.predicted @ power.T) / np.diag(found.predicted)
    assert short.max() < 1e-3
    assert found.agrees
    assert found.steps == 16 if h == 1 else found.steps > 27
    assert not replace(found, worst=22.4).agrees


def test_noise_without_a_stationary_state_is_refused():
    linear = updates_of(network((3, 4, 2), activation="identity"))
    with pytest.raises(dyadic.DyadicError, match="radius"):
        noise(linear, RelaxationSetting(0, h=2.0), 1.0)
    with pytest.raises(dyadic.DyadicError, match="linear"):
        noise(updates_of(network((3, 4, 2))), RelaxationSetting(0), 1.0)
    with pytest.raises(dyadic.DyadicError, match="symmetric"):
        noise(linear, RelaxationSetting(0), np.triu(np.ones((12, 12))))


# -- early read-out ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["digits", "lenet", "decoder", "lstm", "chain"])
def test_gradients_are_exact_from_the_rank_of_what_they_read_on(name):
    derivation = network((4, 5, 3, 2)) if name == "chain" else dyadic.derive(dyadic.read(f"examples/{name}.toml"))
    ranks = gradient_ranks(derivation)
    found = run(updates_of(derivation, batch=3), RelaxationSetting(derivation.steps, gradients=True))
    assert set(ranks) == set(found.gradients)
    for column, parameter in enumerate(found.gradients):
        late = np.flatnonzero(found.gradient_deviation[:, column] > 0)
        first = late[-1] + 1 if len(late) else 0
        # The first cell's recurrent weights meet a state that is 0, so the last term to settle adds nothing.
        assert first == ranks[parameter] - (parameter == "memory.recurrent"), parameter
    claim = readout_claim(derivation)
    assert claim.verdict is PROVED
    assert max(claim.witness.values()) <= derivation.steps


# -- the Jacobian -----------------------------------------------------------------------------------------------------


def test_the_jacobian_in_balls_is_the_numerical_one():
    updates = updates_of(network((3, 4, 2), activation="sigmoid", cost="cross_entropy"))
    exact = updates.exact()
    with enclosing():
        one = in_balls(updates)
        vector = StateVector.of(one)
        found = middle(step_jacobian(one, vector.flat(one.exact()), np.zeros(len(vector))))
    centre = np.array(vector.flat(exact), dtype=float)

    def step(at):
        return np.array(vector.flat(updates.new(vector.state(at), updates.variables)), dtype=float)

    columns = [(step(centre + 1e-6 * e) - step(centre - 1e-6 * e)) / 2e-6 for e in np.eye(len(centre))]
    assert np.abs(found - np.array(columns).T).max() < 1e-8
