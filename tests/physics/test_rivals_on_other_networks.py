"""The methods on networks of other functions, and with weights at which their own dynamics leaves the way."""

import numpy as np
import pytest
from flint import arb
from support.long_tests import one_in

import dyadic
from dyadic import Verdict
from dyadic.physics.dynamics import built
from dyadic.physics.enclosures import enclosing, in_balls
from dyadic.physics.loading import emitted_network
from dyadic.physics.number_types import Series, Slopes, Undetermined, balls
from dyadic.physics.rivals import compare
from dyadic.physics.rivals.bench import Bench
from dyadic.physics.rivals.nudged_states import Correction, followed, residual, settled
from dyadic.physics.starts import problem
from dyadic.physics.sure_decisions import Decisions

ON_A_FIELD = ["asymep", "vf-ep", "pc-nudged", "feedback-alignment"]


def network(activation, widths=(3, 4, 2)):
    layers = [
        {"name": f"l{k}", "type": "dense", "units": n, "activation": activation} for k, n in enumerate(widths[1:])
    ]
    spec = {"name": "mlp", "inputs": {"x": {"shape": [widths[0]]}}, "layers": layers, "cost": {"type": "squared_error"}}
    return dyadic.derive(dyadic.architecture(spec))


def bench_of(derivation, params=None, data=None):
    emitted = emitted_network(derivation)
    return Bench(built(emitted, problem(emitted, params, data, None, 0)))


def differences(bench):
    """J at the free state by central differences of the field."""
    at = np.array(bench.flat(bench.free))

    def field(vector):
        return np.array(bench.flat(bench.field(bench.units(vector))))

    return np.array([(field(at + 1e-6 * e) - field(at - 1e-6 * e)) / 2e-6 for e in np.eye(len(at))]).T


@pytest.mark.parametrize("activation", one_in(4, ["softplus", "gelu", "elu", "softsign", "mish", "relu"]))
def test_methods_on_a_field_take_any_activation(activation):
    derivation = network(activation)
    bench = bench_of(derivation)
    assert np.abs(bench.jacobian - differences(bench)).max() < 1e-8
    found = dyadic.compare(derivation, methods=ON_A_FIELD)
    assert [row.reason for row in found.rows if row.trial is None] == []
    verdicts = {claim.id: claim.verdict for claim in found.claims}
    assert Verdict.UNDECIDED not in verdicts.values()
    assert (verdicts["vf-ep:limit"] is Verdict.PROVED) == (activation == "relu")  # its hidden layer is silent
    centred = {one.setting: one.error for one in found.row("asymep").trial.measurements}
    assert centred["centred, beta 0.001"] < 1e-5


@pytest.mark.parametrize("activation", ["softplus", "gelu", "elu", "softsign", "mish", "tanh", "selu"])
def test_the_jacobian_in_balls_is_that_of_the_adjoints(activation):
    bench = bench_of(network(activation))
    with enclosing():
        one = bench.balls()
        table = one.jacobian_at(one.free).tolist()
    found = np.array([[float(entry.mid()) for entry in row] for row in table])
    assert np.abs(found - bench.jacobian).max() < 1e-13


def test_one_layer_has_a_symmetric_jacobian():
    """No layer reads another: J = -1, and the uncorrected field's estimate has the right limit."""
    found = compare(network("tanh", (4, 3)), methods=["vf-ep"])
    assert found.row("vf-ep").claims[-1].verdict is Verdict.PROVED
    assert found.row("vf-ep").trial.measurements[-1].error < 1e-5
    assert compare(network("tanh", (4, 3, 2)), methods=["vf-ep"]).row("vf-ep").claims[-1].verdict is Verdict.REFUTED


def test_an_energy_without_a_minimum_says_so():
    found = compare(network("identity", (4, 5, 3, 2)), methods=["ep"], seed=1)
    assert "the energy may have none" in found.row("ep").reason


def test_a_kink_has_no_slope():
    """relu at 0: its value is known, its slope is not."""
    zero = {"x": [[0.0, 0.0, 0.0]], "y": [[0.0, 1.0]]}
    params = {"l0.weight": np.ones((4, 3)), "l0.bias": np.zeros(4), "l1.weight": np.ones((2, 4)), "l1.bias": np.ones(2)}
    bench = bench_of(network("relu"), params, zero)
    with enclosing():
        assert all(float(value) == 1 for value in in_balls(bench.updates).exact().x["l1"].ravel())
    with pytest.raises(Undetermined, match="larger"):
        Decisions.larger(np.array([Slopes(arb(0), {0: arb(1)})], dtype=object), 0)


@pytest.mark.parametrize("name", ["erf", "arcsinh", "arccosh", "arctanh", "arcsin", "arccos", "tan"])
def test_functions_of_slopes_and_series_have_their_derivatives(name):
    from scipy.special import erf

    function, at = (erf if name == "erf" else getattr(np, name)), 1.3 if name == "arccosh" else 0.3
    value, slope = float(function(at)), float(function(at + 1e-6) - function(at - 1e-6)) / 2e-6
    with enclosing():
        (one,) = balls(np.array([at]))
        found = Slopes(one, {0: arb(1)}).composed(name)
        series = Series.of([one, 1]).composed(name)
    assert float(found.value) == pytest.approx(value, abs=1e-14)
    assert float(found.slopes[0]) == pytest.approx(slope, rel=1e-8)
    assert float(abs(Slopes(-one, {0: arb(-1)})).slopes[0]) == 1
    if len(str(series.terms)) > 20:
        assert float(series.coefficient(0)) == pytest.approx(value, abs=1e-14)


# -- nudged states that unit steps do not find -------------------------------------------------------------------------


def steep():
    """Weights at which unit steps from the free state do not settle for beta = 0.5."""
    random = np.random.default_rng(8)
    widths = (5, 4, 4, 3, 2)
    params = {}
    for k in range(4):
        params[f"l{k}.weight"] = 1.6 * random.normal(size=(widths[k + 1], widths[k])) / np.sqrt(widths[k])
    params |= {f"l{k}.bias": 0.3 * random.normal(size=widths[k + 1]) for k in range(4)}
    data = {"x": random.normal(size=(1, 5)), "y": random.normal(size=(1, 2))}
    return bench_of(network("tanh", widths), params, data), params, data


@pytest.mark.long
def test_a_state_that_unit_steps_leave_is_followed_and_said_to_be():
    bench, params, data = steep()
    correction = Correction(bench.jacobian - bench.jacobian.T)
    found = settled(bench, 0.5j, correction)
    assert not found.stepped
    assert max(np.abs(value).max() for value in residual(bench, found.u, 0.5j, correction).values()) < 1e-12
    near = settled(bench, 0.001, correction)
    assert near.stepped
    by_newton = followed(bench, 0.001, correction).u
    assert max(np.abs(near.u[name] - by_newton[name]).max() for name in near.u) < 1e-12
    table = dyadic.compare(bench.derivation, params, data, methods=["holomorphic"]).row("holomorphic").trial
    settings = [one.setting for one in table.measurements]
    assert "N = 2, beta 0.1" in settings
    assert "N = 4, beta 0.5; unit steps do not settle, Newton's method" in settings
    assert all(np.isfinite(one.error) for one in table.measurements)


def test_a_branch_that_ends_is_no_state():
    """u = 0 with F(u) = tanh(0) - u and a cost that runs away: beyond beta = 1 there is no equilibrium near it."""
    bench = bench_of(network("tanh"))

    class Ends(Correction):
        """Makes the residual at least 1, whatever the state."""

        def __call__(self, bench, u, free):
            return {name: 0 * value + np.sign(value) for name, value in u.items()}

    found = followed(bench, 1.0, Ends(None))
    assert all(np.isnan(value).all() for value in found.u.values())


def test_steps_of_the_phases_are_those_of_their_mean():
    """On a linear chain of two layers the mean over eight phases is right after two steps, whatever one phase does."""
    found = compare(network("identity", (1, 2, 1)), seed=3, methods=["holomorphic"]).row("holomorphic").trial.effort
    assert (found.steps, found.updates) == (2, 2 * 8 * 3 * 2 + 2)


def test_a_nudge_without_a_state_leaves_the_errors_of_the_others(monkeypatch):
    from dyadic.physics.rivals import vector_fields

    bench, errors = bench_of(network("tanh")), iter([np.nan, 0.5, 0.25, np.nan, 0.5])
    monkeypatch.setattr(bench, "error", lambda gradient: (next(errors), 0.0))
    found = vector_fields._effort(bench, Correction(None), 3)
    assert found.reason == "the smallest error seen is 2.5e-01, and of some nudges no state was found"
