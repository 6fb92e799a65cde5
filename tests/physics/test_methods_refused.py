"""The parts of the comparison of methods must be able to say no: identities, zeros, energies, series and slopes."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from support.rival_bench import bench_of, network, numbers

import dyadic
from dyadic import Verdict
from dyadic.physics.enclosures import Unenclosed, enclosing
from dyadic.physics.gradient_error import NOTHING
from dyadic.physics.number_types import Series, Slopes, balls
from dyadic.physics.rivals import compare
from dyadic.physics.rivals.bench import added
from dyadic.physics.rivals.dual_propagation import DualForm, symmetric
from dyadic.physics.rivals.dual_propagation import first_coefficient as dual_coefficient
from dyadic.physics.rivals.energies import EnergyNetwork
from dyadic.physics.rivals.finite_time import fixed_prediction, identity_claim, zero_divergence
from dyadic.physics.rivals.lagrangians import constrained
from dyadic.physics.rivals.method import Measurement
from dyadic.physics.rivals.predictive_coding import squared_error
from dyadic.physics.rivals.symmetric_energy import hopfield, symmetric_layer
from dyadic.physics.rivals.vector_fields import first_coefficient, roots_of_unity
from dyadic.physics.rivals.verified_zero import verified_zero

PROVED, REFUTED, UNDECIDED = Verdict.PROVED, Verdict.REFUTED, Verdict.UNDECIDED


def test_first_coefficients():
    assert first_coefficient(symmetric=False, corrected=True)
    assert first_coefficient(symmetric=True, corrected=False)
    assert not first_coefficient(symmetric=False, corrected=False)
    assert all(roots_of_unity(points) for points in range(1, 13))
    assert dual_coefficient(DualForm(False, 0.25))
    assert not dual_coefficient(SimpleNamespace(shares=(0.5, 0.25)))
    assert symmetric(DualForm(False, 0.5))
    assert symmetric(DualForm(True, 0.5))
    assert not symmetric(DualForm(False, 0.0))
    assert not symmetric(DualForm(True, 0.25))


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_identities_modulo_a_prime(activation):
    bench = bench_of(network((3, 8, 8, 8, 2), activation, "cross_entropy"))
    assert identity_claim("z-il", "", bench, zero_divergence).verdict is PROVED
    assert identity_claim("fixed", "", bench, lambda one: fixed_prediction(one, 3)).verdict is PROVED
    early = identity_claim("fixed", "", bench, lambda one: fixed_prediction(one, 2))
    assert early.verdict is REFUTED
    assert early.counterexample["backpropagation"] != early.counterexample["method"]
    assert identity_claim("fixed", "", bench, lambda one: fixed_prediction(one, 3, 0.75)).verdict is REFUTED

    def negated(one):
        return {name: -1 * value for name, value in zero_divergence(one).items()}

    def frozen(one):
        """Z-IL without moving: every layer's error is read where it was at the start."""
        names, free = one.vertices, one.free
        u = {**free, names[-1]: free[names[-1]] - one.slope(free)[names[-1]]}
        return one.pairing(u, added((1, one.field(u))))

    for wrong in (negated, frozen):
        assert identity_claim("z-il", "", bench, wrong).verdict is REFUTED


@pytest.mark.long
def test_fixed_predictions_on_networks_that_are_no_chain():
    for name in ("digits", "lenet", "decoder", "lstm"):
        bench = bench_of(dyadic.derive(dyadic.read(f"examples/{name}.toml")))
        depth = bench.derivation.L - 1
        assert identity_claim("f", "", bench, lambda one, k=depth: fixed_prediction(one, k)).verdict is PROVED
        late = identity_claim("f", "", bench, lambda one, k=depth - 1: fixed_prediction(one, k))
        assert late.verdict is (PROVED if name == "lstm" else REFUTED)  # its deepest vertices have no parameters


@pytest.mark.parametrize("kind", ["stop_gradient", "floor", "sign"])
def test_a_derivative_that_is_zero_is_no_unknown(kind):
    """Behind a step, or a value that is held constant, nothing reaches the first layer, whatever the step's size."""
    layers = [
        {"name": "a", "type": "dense", "units": 3},
        {"name": "b", "type": kind},
        {"name": "c", "type": "dense", "units": 2},
    ]
    spec = {"name": kind, "inputs": {"x": {"shape": [3]}}, "layers": layers, "cost": {"type": "squared_error"}}
    bench = bench_of(dyadic.derive(dyadic.architecture(spec)))
    assert identity_claim("f", "", bench, lambda one: fixed_prediction(one, 22, 0.5)).verdict is PROVED
    assert identity_claim("f", "", bench, lambda one: fixed_prediction(one, 0, 0.5)).verdict is PROVED
    bench = bench_of(bench.derivation, over=["a.weight"])
    nothing = identity_claim("f", "", bench, lambda one: fixed_prediction(one, 22))
    assert (nothing.verdict, nothing.reason) == (UNDECIDED, NOTHING)  # it is 0 whatever the numbers are
    spec["layers"].insert(1, {"name": "d", "type": "dense", "units": 3})
    spec["layers"].append({"name": "e", "type": "dense", "units": 2})
    bench = bench_of(dyadic.derive(dyadic.architecture(spec)))
    wrong = identity_claim("f", "", bench, lambda one: fixed_prediction(one, 22, 0.5))
    assert wrong.verdict is REFUTED
    assert wrong.counterexample["parameter"].startswith("c.")
    assert wrong.counterexample["method"] != wrong.counterexample["backpropagation"]


def test_what_differs_for_unknown_functions_alone_is_open_or_of_these_numbers():
    """Units that are dead at these numbers hide a difference that the ring, whose derivatives are unknown, shows."""
    negative = {n: -abs(v) for n, v in positive((3, 4, 4, 4, 2)).items()}
    dead = bench_of(network((3, 4, 4, 4, 2), "relu"), negative)
    claim = identity_claim("f", "", dead, lambda one: fixed_prediction(one, 2))
    assert (claim.verdict, claim.reason) == (UNDECIDED, NOTHING)  # every gradient is 0 to the last digit
    last = bench_of(network((3, 4, 4, 4, 2), "relu"), negative | {"l3.bias": np.ones(2)})
    claim = identity_claim("f", "", last, lambda one: fixed_prediction(one, 2))
    assert claim.verdict is PROVED  # that of the last bias is not
    assert any("these parameters" in hypothesis for hypothesis in claim.hypotheses)
    spec = {
        "inputs": {"x": {"shape": [3]}}, "cost": {"type": "cross_entropy"},
        "layers": [
            {"name": name, "type": "dense", "units": 3, "activation": activation}
            for name, activation in (("l0", "relu"), ("l1", "relu"), ("l2", "identity"))
        ],
    }  # fmt: skip
    params = {name: -abs(value) for name, value in positive((3, 3, 3, 3)).items()}
    rounded = bench_of(dyadic.derive(dyadic.architecture(spec)), params)
    claim = identity_claim("f", "", rounded, lambda one: fixed_prediction(one, 0))
    assert claim.verdict is UNDECIDED  # the softmax is known in balls alone
    assert "unknown functions" in claim.reason
    alive = bench_of(network((3, 4, 4, 4, 2), "relu"), positive((3, 4, 4, 4, 2)), {"x": [[1, 2, 3]], "y": [[0, 1]]})
    assert identity_claim("f", "", alive, lambda one: fixed_prediction(one, 2)).verdict is REFUTED


def positive(widths):
    """Parameters of ones."""
    weights = {f"l{k}.weight": np.ones((n, m)) for k, (m, n) in enumerate(pairwise(widths))}
    return weights | {f"l{k}.bias": np.ones(n) for k, n in enumerate(widths[1:])}


def exactness(derivation, *methods):
    return {
        claim.id: claim.verdict
        for claim in compare(derivation, methods=methods).claims
        if claim.id.endswith(("exact", "feedforward"))
    }


def test_an_error_coefficient_that_is_zero_is_not_refuted():
    """Of a network that is affine in its state, with a cost whose slope is constant at first, it is known to be 0."""
    assert set(exactness(network((4, 2), "tanh", "hinge"), "asymep").values()) == {PROVED}
    assert set(exactness(network(activation="identity", cost="hinge"), "asymep").values()) == {PROVED}
    assert set(exactness(network(activation="identity", cost="abstract"), "asymep").values()) == {UNDECIDED}
    assert set(exactness(network(activation="identity"), "asymep").values()) == {REFUTED}
    assert set(exactness(network(cost="abstract"), "asymep").values()) == {REFUTED}
    assert set(exactness(network((4, 3, 2), "relu", "hinge"), "asymep").values()) <= {UNDECIDED}


def test_dual_propagation_on_affine_hidden_layers():
    """Exact where the means are those of the forward pass: at alpha = 1/2, and with exchanged shares at every alpha."""
    linear = exactness(network(activation="identity"), "dual", "dual-transposed")
    assert linear == {
        "dual alpha 0.5:exact": PROVED, "dual alpha 0:exact": REFUTED,
        "dual-transposed alpha 0.5:exact": PROVED, "dual-transposed alpha 0:exact": PROVED,
    }  # fmt: skip
    bent = exactness(network(), "dual", "dual-transposed")
    assert set(bent.values()) == {REFUTED}


def test_one_linear_layer_has_one_gradient():
    assert exactness(network((4, 2), "identity"), "ep")["ep:feedforward"] is PROVED
    assert exactness(network((4, 2), "tanh"), "ep")["ep:feedforward"] is REFUTED


@pytest.mark.long
def test_gradients_of_weights_that_are_zero_are_the_same_exactly():
    """Nothing is rounded there, so their difference is a ball around 0 without a radius; with one weight it is not."""
    names = ("pc:exact", "ep:feedforward", "coupled:exact")
    derivation = network((3, 4, 2))
    zero = {name: 0 * array for name, array in positive((3, 4, 2)).items()}
    for params, verdict in ((zero, PROVED), (zero | {"l1.weight": np.full((2, 4), 0.25)}, REFUTED)):
        found = compare(derivation, params, methods=["pc", "ep", "coupled"])
        claims = {claim.id: claim.verdict for claim in found.claims}
        assert {name: claims[name] for name in names} == dict.fromkeys(names, verdict)


def test_krawczyk():
    with enclosing():
        (zero,) = verified_zero(lambda v: [v[0] * v[0] - 2], np.array([1.4]))
        assert (zero * zero - 2).contains(0)
        assert float(zero.rad()) < 1e-12
        with pytest.raises((Unenclosed, ZeroDivisionError, np.linalg.LinAlgError)):
            verified_zero(lambda v: [v[0] * v[0] + 1], np.array([0.5]))
        with pytest.raises((Unenclosed, ZeroDivisionError, np.linalg.LinAlgError)):
            verified_zero(lambda v: [v[0] * v[0]], np.array([0.1]))


@pytest.mark.parametrize("term", [squared_error, constrained(2), hopfield])
def test_a_methods_energy_is_varied_by_the_engine(term):
    """Every derivative against differences of the energy, computed by hand."""
    params, data, _ = numbers()
    bench = bench_of(network(), params, data)
    energy = EnergyNetwork(bench.updates, term, *([symmetric_layer] if term is hopfield else []))
    random = np.random.default_rng(1)
    x = {name: random.normal(size=value.shape) for name, value in bench.free.items()}
    s = {name: random.normal(size=value.shape) for name, value in bench.free.items()}

    def by_hand(x, s, p):
        total, below = 0.0, data["x"]
        for k, name in enumerate(bench.vertices):
            rated = below if k == 0 or term is not hopfield else np.tanh(below)
            a = rated @ p[f"{name}.weight"].T + p[f"{name}.bias"]
            off = x[name] - np.tanh(a)
            if term is hopfield:
                total += (x[name] ** 2 / 2 - np.tanh(x[name]) * a).sum()
            else:
                total += (off**2 / 2).sum() if term is squared_error else (s[name] * off + off**2).sum()
            below = x[name]
        return total

    def slope(table, name, place):
        values = []
        for sign in (1, -1):
            changed = {key: array.copy() for key, array in table.items()}
            changed[name][place] += sign * 1e-6
            given = {"x": x, "s": s, "p": params} | {kind: changed for kind, t in kinds.items() if t is table}
            values.append(by_hand(given["x"], given["s"], given["p"]))
        return (values[0] - values[1]) / 2e-6

    kinds = {"x": x, "s": s, "p": params}
    by_x, by_s, by_p = energy.by_x(x, s), energy.by_s(x, s), energy.by_parameters(x, s)
    for name in bench.vertices:
        for place in np.ndindex(x[name].shape):
            assert by_x[name][place] == pytest.approx(slope(x, name, place), abs=1e-8)
            assert by_s[name][place] == pytest.approx(slope(s, name, place), abs=1e-8)
    for name in params:
        place = (0,) * params[name].ndim
        assert by_p[name][place] == pytest.approx(slope(params, name, place), abs=1e-8)
    assert any("E_v" in line for line in energy.equations())
    assert all("\\" in line or "=" in line for line in energy.equations(latex=True))


def test_series_and_slopes_are_derivatives():
    from flint import ctx

    with enclosing():
        before, ctx.cap = ctx.cap, 4
        try:
            t = Series.of([0.3, 1])
            found = [float(np.tanh(np.array([t], dtype=object) * 2)[0].coefficient(k)) for k in range(4)]
        finally:
            ctx.cap = before
        tanh = np.tanh(0.6)
        first = 1 - tanh**2
        wanted = [tanh, 2 * first, -4 * tanh * first, 8 * first * (3 * tanh**2 - 1) / 3]
        assert found == pytest.approx(wanted, abs=1e-14)
        (one,) = balls(np.array([0.3]))
        slope = (np.exp(np.array([Slopes(one, {0: 1 + 0 * one})], dtype=object)) / 3)[0].slopes[0]
        assert float(slope) == pytest.approx(np.exp(0.3) / 3)


def test_a_measurement_without_an_estimate_shows_no_number():
    assert Measurement("", float("nan"), float("nan")).shown(".2e") == ("-", "-")
    assert Measurement("", float("inf"), 1.0).shown(".2e") == ("-", "1.0000")
    assert Measurement("", 0.5, -1.0).shown(".2e") == ("5.00e-01", "-1.0000")


def test_the_gradient_at_the_minimum_is_no_difference():
    """Of one linear layer the contrast is that gradient, to the rounding of doubles."""
    measured = compare(network((4, 2), "identity"), methods=["coupled", "chl"]).rows
    assert max(one.error for row in measured for one in row.trial.measurements) < 1e-12
