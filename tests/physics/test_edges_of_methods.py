"""The methods where a gradient is 0, where a nudge has no minimum, on complex numbers, with weights that are shared."""

import numpy as np
import pytest
import sympy
from flint import acb, ctx
from support.long_tests import one_in
from support.rival_bench import bench_of, network

import dyadic
from dyadic import Verdict
from dyadic.physics.energy_rates import symplectic_claim
from dyadic.physics.gradient_error import NOTHING, error_by_parts, gradient_error
from dyadic.physics.rivals import compare, descent, phases
from dyadic.physics.rivals.bench import added, largest
from dyadic.physics.rivals.complex_numbers import log_of_sum
from dyadic.physics.rivals.descent import NotAtRest, Objective, at_rest, at_rest_or_nowhere, positive_solution
from dyadic.physics.rivals.field_estimates import centred
from dyadic.physics.rivals.method import Measurement
from dyadic.physics.rivals.nudged_states import Correction
from dyadic.physics.rivals.symmetric_energy import minimum, nudged

PROVED, REFUTED, UNDECIDED = Verdict.PROVED, Verdict.REFUTED, Verdict.UNDECIDED
AFFINE = {"dual alpha 0.5:exact", "dual-transposed alpha 0.5:exact", "dual-transposed alpha 0:exact"}
"""Shown of every network whose hidden layers are affine, whatever its numbers are."""
NUDGED = ["asymep", "vf-ep", "holomorphic", "dual", "dual-transposed", "pc", "pc-nudged"]


def verdicts(found):
    return {claim.id: claim.verdict for claim in found.claims if not claim.id.endswith(":order")}


def powers_of_two(widths, seed=0):
    """Weights at which a linear network, and one of relu, is evaluated without rounding."""
    random = np.random.default_rng(seed)
    return {
        f"l{k}.{part}": random.integers(-8, 9, size=shape) / 4
        for k in range(len(widths) - 1)
        for part, shape in (("weight", (widths[k + 1], widths[k])), ("bias", (widths[k + 1],)))
    }


@pytest.mark.parametrize("activation", ["identity", "relu"])
def test_a_target_that_is_met_shows_nothing_of_any_nudged_estimate(activation):
    widths = (2, 3, 2)
    derivation, params = network(widths, activation), powers_of_two(widths)
    params["l0.bias"] += 2.125  # no relu at its kink
    params["l1.bias"] += 4.0625
    data = {"x": np.array([[0.5, -0.25]]), "y": np.zeros((1, 2))}
    data["y"] = bench_of(derivation, params, data).free["l1"]
    found = verdicts(compare(derivation, params, data, methods=NUDGED))
    assert {name for name, verdict in found.items() if verdict is PROVED} <= AFFINE
    assert set(found.values()) <= {PROVED, UNDECIDED}
    assert len(found) > 6
    data["y"] = data["y"] + 2.0**-30
    missed = verdicts(compare(derivation, params, data, methods=NUDGED))
    assert missed["pc nudged:exact"] is missed["vf-ep:limit"] is REFUTED


def test_a_minimum_that_is_exact_is_known_to_be():
    """Zero weights: the free state is 0 to the last digit, and a target of 0 is met there."""
    derivation = network((2, 3, 2))
    params = {name: 0 * array for name, array in powers_of_two((2, 3, 2)).items()}
    data = {"x": np.ones((1, 2)), "y": np.zeros((1, 2))}
    methods = ["ep", "coupled", "chl"]
    met = compare(derivation, params, data, methods=methods)
    assert set(verdicts(met).values()) == {UNDECIDED}
    assert all(claim.reason == NOTHING for claim in met.claims if not claim.id.endswith(":order"))
    missed = verdicts(compare(derivation, params, {**data, "y": np.full((1, 2), 0.5)}, methods=methods))
    assert missed["ep centred:exact"] is REFUTED


def test_no_error_is_relative_to_a_gradient_of_0():
    error, cosine = gradient_error(np.full(3, 1e-17), np.zeros(3))
    assert np.isinf(error)
    assert np.isnan(cosine)
    assert Measurement("N = 4", error, cosine).shown(".2e") == ("-", "-")
    found = compare(
        network((1, 1, 1), "identity"),
        {"l0.weight": [[1.0]], "l0.bias": [0.0], "l1.weight": [[1.0]], "l1.bias": [0.0]},
        {"x": [[1.0]], "y": [[1.0]]}, methods=["holomorphic"],
    )  # fmt: skip
    assert {one.shown(".2e")[1] for one in found.row("holomorphic").trial.measurements} <= {"-", "1.0000"}
    assert "e+2" not in found.to_csv()


def test_errors_by_parts_are_those_of_the_whole():
    random = np.random.default_rng(3)
    parts = [random.normal(size=n) for n in (1, 5000, 0, 13000, 4096)]
    others = [part + 1e-3 * random.normal(size=part.size) for part in parts]
    whole, other = np.concatenate(parts), np.concatenate(others)
    error, cosine = error_by_parts(others, parts)
    assert error == pytest.approx(np.linalg.norm(other - whole) / np.linalg.norm(whole), rel=1e-12)
    assert cosine == pytest.approx(whole @ other / np.linalg.norm(whole) / np.linalg.norm(other), rel=1e-12)
    assert gradient_error(1e200 * other, 1e200 * whole) == pytest.approx((error, cosine))


# -- minima ------------------------------------------------------------------------------------------------------------


def test_one_nudge_without_a_minimum_leaves_the_others():
    """A hinge whose kink is crossed at beta = 0.1: the minimum lies at the kink."""
    params = {"l0.weight": [[1.0]], "l0.bias": [0.0], "l1.weight": [[1.0]], "l1.bias": [-0.05]}
    derivation = network((1, 1, 1), "identity", "hinge")
    row = compare(derivation, params, {"x": [[1.0]], "y": [[1.0]]}, methods=["pc-nudged"]).row("pc-nudged")
    errors = [one.error for one in row.trial.measurements]
    assert np.isnan(errors[0])
    assert "came to rest" in row.trial.measurements[0].setting
    assert errors[1] < 0.1
    assert errors[2] < 0.01
    assert row.trial.effort.steps is not None
    assert all(claim.verdict is not Verdict.UNDECIDED for claim in row.claims)


def test_a_device_is_compared_over_the_parameters_asked_for():
    """An input of 0: the weights' gradient is 0 whatever the way back, the bias's is not."""
    derivation, params = network((2, 3, 2)), powers_of_two((2, 3, 2))
    data = {"x": np.zeros((1, 2)), "y": np.ones((1, 2))}
    for over, verdict in ((["l0.weight"], UNDECIDED), (["l0.bias"], REFUTED), (None, REFUTED)):
        found = compare(derivation, params, data, methods=["feedback-alignment"], over=over)
        assert verdicts(found)["feedback:device"] is verdict


def test_a_saddle_is_said_to_be_one():
    bench = bench_of(network((1, 2)))
    bent = Objective(
        bench, lambda u: float((u["l0"][0, 0] ** 2 - u["l0"][0, 1] ** 2) / 2),
        lambda u: {"l0": u["l0"] * np.array([[1, -1]])},
    )  # fmt: skip
    with pytest.raises(NotAtRest, match="saddle, of a curvature of -1.0e"):
        at_rest(bent, {"l0": np.array([[0.5, 0.0]])})
    found = at_rest_or_nowhere(bent, {"l0": np.array([[0.5, 0.0]])})
    assert np.isnan(found.u["l0"]).all()
    assert "saddle" in found.how
    bowl = Objective(bench, lambda u: float((u["l0"] ** 2).sum() / 2), lambda u: u)
    assert largest(at_rest(bowl, {"l0": np.array([[0.5, 0.0]])}).u) < 1e-14


def test_the_gradient_of_the_minimum_needs_no_matrix():
    bench = bench_of(network())
    found = minimum(bench)
    by_products = found._by_differences()
    assert largest(added((1, by_products), (-1, found.gradient))) < 1e-8
    matrix = np.array([[2.0, 1, 0], [1, 3, 1], [0, 1, 4]])
    assert positive_solution(lambda v: matrix @ v, np.array([1.0, 2, 3])) == pytest.approx(
        np.linalg.solve(matrix, [1, 2, 3])
    )
    assert not positive_solution(lambda v: matrix @ v, np.zeros(3)).any()


def test_large_networks_come_to_the_same_minimum_without_a_matrix(monkeypatch):
    bench = bench_of(network())
    one = minimum(bench)
    up = nudged(one, 0.1)
    monkeypatch.setattr(descent, "LARGEST", 3)
    two = minimum(bench)
    assert two.steps < one.steps / 2
    assert largest(added((1, one.free), (-1, two.free))) < 1e-10
    assert largest(added((1, nudged(two, 0.1).u), (-1, up.u))) < 1e-10
    monkeypatch.setattr(descent, "positive_solution", lambda times, right, part: None)  # then whole descent
    three = minimum(bench)
    assert three.steps == one.steps
    assert largest(added((1, one.free), (-1, three.free))) < 1e-10
    matrix = np.diag([2.0, -1, 3])
    assert positive_solution(lambda v: matrix @ v, np.ones(3)) is None


def test_large_networks_are_looked_at_every_few_steps(monkeypatch):
    found = compare(network(), methods=["pc-nudged"]).rows[0].trial.effort
    monkeypatch.setattr(phases, "LARGEST", 3)
    other = compare(network(), methods=["pc-nudged"]).rows[0].trial.effort
    assert 0 <= other.steps - found.steps < 10
    assert other.steps % 10 == 0
    assert other.setting == f"{found.setting}, looked at every 10 steps"


# -- complex numbers, shared weights -----------------------------------------------------------------------------------


def test_the_log_of_a_sum_on_complex_numbers():
    random = np.random.default_rng(2)
    one = 20 * random.normal(size=40) + 1j * random.uniform(-1, 1, size=40)
    two = 20 * random.normal(size=40)
    before, ctx.prec = ctx.prec, 200
    try:
        wanted = [complex((acb(complex(a)).exp() + acb(float(b)).exp()).log()) for a, b in zip(one, two, strict=True)]
    finally:
        ctx.prec = before
    assert np.abs(log_of_sum(one, two) - wanted).max() < 1e-13
    assert log_of_sum(one.real, two) == pytest.approx(np.logaddexp(one.real, two))
    assert log_of_sum(np.array([800 + 0.5j]), 0)[0] == 800 + 0.5j


@pytest.mark.parametrize("activation", one_in(6, ["softplus", "mish", "log_sigmoid"]))
def test_analytic_functions_of_every_layer_run_on_complex_numbers(activation):
    """Two opposite phases are the centred estimate, whose states are real."""
    derivation = network((2, 3, 2, 2), activation)
    bench = bench_of(derivation)
    found = {one.setting: one.error for one in compare(derivation, methods=["holomorphic"]).rows[0].trial.measurements}
    error, _ = bench.error(centred(bench, 0.1, Correction(bench.jacobian - bench.jacobian.T)).gradient)
    assert found["N = 2, beta 0.1"] == pytest.approx(error, rel=1e-9)
    assert found["N = 8, beta 0.1"] < 1e-6


def test_layers_that_share_weights():
    spec = {
        "inputs": {"x": {"shape": [3]}}, "parameters": {"W": {"shape": [3, 3]}},
        "layers": [
            {"name": "a", "type": "matmul", "inputs": ["x", "W"]}, {"name": "q", "type": "tanh"},
            {"name": "b", "type": "matmul", "inputs": ["q", "W"]},
        ],
        "cost": {"type": "squared_error"},
    }  # fmt: skip
    random = np.random.default_rng(6)
    w, x, y = random.normal(size=(3, 3)), random.normal(size=3), random.normal(size=3)
    derivation = dyadic.derive(dyadic.architecture(spec))
    found = compare(derivation, {"W": w}, {"x": x[None], "y": y[None]}, methods=["ep", "chl", "dual", "z-il", "pc"])
    for row in found.rows:
        assert ("'a' reads 'W', which layers may share" in row.reason) == (row.method.id != "pc"), row.method.id
    # The minimum with the output at y, by hand: a = x W, q = tanh a, b = q W.
    a, q = x @ w, np.tanh(x @ w)
    for _ in range(20_000):
        off = (a - x @ w, q - np.tanh(a), y - q @ w)
        a, q = a - 0.05 * (off[0] - (1 - np.tanh(a) ** 2) * off[1]), q - 0.05 * (off[1] - w @ off[2])
    by_hand = -np.outer(x, a - x @ w) - np.outer(q, y - q @ w)
    bench = bench_of(derivation, {"W": w}, {"x": x[None], "y": y[None]})
    assert found.row("pc").trial.measurements[0].error == pytest.approx(bench.error({"W": by_hand})[0], rel=1e-6)
    spec["layers"] = spec["layers"][:1]
    one = compare(dyadic.derive(dyadic.architecture(spec)), {"W": w}, {"x": x[None], "y": y[None]}, methods=["pc"])
    assert one.claims[0].verdict is PROVED


def test_a_refuted_conservation_is_of_an_energy_that_a_network_has():
    numbers = symplectic_claim("B").counterexample
    x1, x2, s1, s2, f1 = names = sympy.symbols("x1 x2 s1 s2 f1")
    energy = s1 * (f1 - x1) + s2 * (x1 - x2)
    places = dict(zip(("x1", "x2", "s1", "s2"), names[:4], strict=True))
    second = {f"E_{a}_{b}": energy.diff(u, v) for a, u in places.items() for b, v in places.items()}
    stated = numbers["second_derivatives"]
    assert all(second[name] == value for name, value in stated.items())
    assert sum(abs(value) for value in second.values()) == 2 * len(stated)
    field = sympy.Matrix([energy.diff(s1), energy.diff(s2), energy.diff(x1), energy.diff(x2)]).jacobian(
        [x1, x2, s1, s2]
    )
    omega = sympy.Matrix([[0, 0, 1, 0], [0, 0, 0, 1], [-1, 0, 0, 0], [0, -1, 0, 0]])
    change = field.T * omega + omega * field
    row, column = (list(places).index(name) for name in numbers["entry"])
    assert change[row, column] == int(numbers["found"]) != 0
