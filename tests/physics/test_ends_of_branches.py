"""A chain of one unit each, by hand: branches of nudged states that end in a fold, and what a row then says."""

import numpy as np
import pytest

import dyadic
from dyadic.physics.dynamics import built
from dyadic.physics.loading import emitted_network
from dyadic.physics.rivals.bench import Bench
from dyadic.physics.rivals.descent import Objective, at_rest
from dyadic.physics.rivals.energies import EnergyNetwork
from dyadic.physics.rivals.nudged_states import Correction, followed
from dyadic.physics.rivals.predictive_coding import squared_error
from dyadic.physics.starts import problem


def strong(weight, bias):
    layers = [{"name": "a", "type": "dense", "units": 1}, {"name": "b", "type": "dense", "units": 1}]
    layers[1]["activation"] = "tanh"
    spec = {"inputs": {"x": {"shape": [1]}}, "layers": layers, "cost": {"type": "squared_error"}}
    params = {"a.weight": [[1.0]], "a.bias": [0.0], "b.weight": [[weight]], "b.bias": [bias]}
    return dyadic.derive(dyadic.architecture(spec)), params


def bench_of(derivation, params, data):
    emitted = emitted_network(derivation)
    return Bench(built(emitted, problem(emitted, params, data, None, 0)))


FOLDED = (*strong(6.0, 0.1), {"x": [[0.1]], "y": [[5.0]]})
GHOST = (*strong(6.5, 0.5), {"x": [[-0.5]], "y": [[2.5]]})


def settings(found, method):
    return {one.setting: one.error for one in found.row(method).trial.measurements}


@pytest.mark.parametrize(
    ("beta", "ends"), [(-2.7e-4, False), (-2.9e-4, True), (-0.1, True), (-0.5, True), (0.1, False)]
)
def test_asymmetric_states_end_where_their_equation_folds(beta, ends):
    """With u1 = u10 + j d: tanh(w u1 + b) - t0 - d (1 + j^2) = beta (t0 + d - y), the branch of d from 0 on."""
    weight, bias, x, y = 6.0, 0.1, 0.1, 5.0
    free = np.tanh(weight * x + bias)
    slope = weight * (1 - free**2)
    bench = bench_of(*FOLDED)
    for kind in (float, complex):
        found = followed(bench_complex(bench) if kind is complex else bench, kind(beta), correction(bench))
        if beta < -2.8e-4:
            assert np.isnan(found.u["b"]).all()
            assert found.reason == f"the branch from the free state ends before beta {beta:g}"
            continue
        d, near = 0.0, np.linspace(0, beta, 20001)[1:]
        for nudge in near:
            for _ in range(3):
                bent = np.tanh(weight * (x + slope * d) + bias)
                left = bent - free - d * (1 + slope**2) - nudge * (free + d - y)
                d -= left / (weight * slope * (1 - bent**2) - 1 - slope**2 - nudge)
        assert found.u["b"].item() - free == pytest.approx(d, rel=1e-8)


def bench_complex(bench):
    from dyadic.physics.rivals.complex_numbers import on_complex_numbers

    return Bench(on_complex_numbers(bench.updates))


def correction(bench):
    return Correction(bench.jacobian - bench.jacobian.T)


def test_a_kink_is_no_end():
    """relu units that come to life on the way: the state that unit steps find."""
    layers = [
        {"name": f"l{k}", "type": "dense", "units": n, "activation": a}
        for k, (n, a) in enumerate([(2, "relu"), (1, "identity")])
    ]
    spec = {"inputs": {"x": {"shape": [1]}}, "layers": layers, "cost": {"type": "squared_error"}}
    params = {"l0.weight": [[1.0], [1.0]], "l0.bias": [-0.9, -1.01], "l1.weight": [[0.5, 0.25]], "l1.bias": [0.0]}
    bench = bench_of(dyadic.derive(dyadic.architecture(spec)), params, {"x": [[1.0]], "y": [[3.0]]})

    class Awakened(Correction):
        """A field in which the hidden layer reads the output, with a nudge that brings its silent unit to life."""

        def __call__(self, bench, u, free):
            pre = np.array([[0.1, -0.01]]) + (u["l1"] - free["l1"]) * np.array([[1.0, 1.0]])
            return {"l0": np.maximum(free["l0"], 0) - np.maximum(pre, 0), "l1": 0 * u["l1"]}

    found = followed(bench, 0.5, Awakened(None))
    hidden = np.maximum(np.array([0.1, -0.01]) + found.u["l1"].item() - 0.05, 0)
    assert hidden[1] > 0.01
    assert found.u["l0"].ravel() == pytest.approx(hidden, abs=1e-9)
    assert found.u["l1"].item() == pytest.approx(0.5 * hidden[0] + 0.25 * hidden[1] + 0.5 * (3 - found.u["l1"].item()))


def test_a_minimum_off_the_branch_is_not_said_to_be_on_it():
    """The branch ends between 0.08 and 0.1; descent goes on past 1,040 steps, after which it is stopped."""
    found = settings(dyadic.compare(*GHOST, methods=["pc-nudged"]), "pc-nudged")
    (largest,) = [setting for setting in found if setting.startswith("beta 0.1")]
    assert "descent was not at rest after 1040 steps, slope" in largest
    assert "maybe of another branch: that from the free state was followed to beta 0.0" in largest
    assert "does not come to rest" not in largest
    assert {"beta 0.01", "beta 0.001"} < set(found)


def test_descent_that_overflows_is_said_to():
    layers = [{"name": name, "type": "dense", "units": 1} for name in "ab"]
    spec = {"inputs": {"x": {"shape": [1]}}, "layers": layers, "cost": {"type": "squared_error"}}
    bench = bench_of(dyadic.derive(dyadic.architecture(spec)), GHOST[1], GHOST[2])
    found = at_rest(Objective.of(bench, EnergyNetwork(bench.updates, squared_error)).nudged(0.1), bench.free, 1e6)
    assert found.how.startswith("; descent diverged in ")
    assert found.how.endswith(" steps; the state is Newton's")


def test_an_error_that_grows_does_not_stay():
    """Unit steps of a squared layer overflow for beta 0.1."""
    layers = [
        {"name": "a", "type": "dense", "units": 1},
        {"name": "j", "type": "mul", "inputs": ["a", "a"]},
        {"name": "c", "type": "dense", "units": 1},
    ]
    spec = {"inputs": {"x": {"shape": [1]}}, "layers": layers, "costs": [{"type": "squared_error", "inputs": ["c"]}]}
    params = {"a.weight": [[2.0]], "a.bias": [0.0], "c.weight": [[3.0]], "c.bias": [0.0]}
    derivation = dyadic.derive(dyadic.architecture(spec))
    found = dyadic.compare(derivation, params, {"x": [[1.0]], "y": [[-2.0]]}, methods=["holomorphic"])
    reason = found.row("holomorphic").trial.effort.reason
    assert reason.startswith("unit steps do not settle, ")
    assert "stays" not in reason
