"""A method ends in time: what it has found stands, and what it has not says where it was stopped."""

import time

import numpy as np
import pytest
from support.updates import updates_of

import dyadic
from dyadic.physics.rivals import METHODS, compare
from dyadic.physics.rivals.allowance import OutOfTime, allowed, spend
from dyadic.physics.rivals.bench import LARGEST, Bench
from dyadic.physics.rivals.branch import on_branch
from dyadic.physics.rivals.descent import Objective
from dyadic.physics.rivals.energies import EnergyNetwork
from dyadic.physics.rivals.predictive_coding import squared_error


def network(widths=(4, 2), activation="tanh"):
    layers = [{"name": f"l{k}", "type": "dense", "units": n, "activation": activation} for k, n in enumerate(widths)]
    spec = {"inputs": {"x": {"shape": [3]}}, "layers": layers, "cost": {"type": "squared_error"}}
    return dyadic.derive(dyadic.architecture(spec))


def test_time_is_asked_for_by_what_runs_and_said_where_it_was():
    spend(doing="nothing is limited here")
    with allowed(60):
        spend(doing="quick")
    seen = []

    def work():
        spend(doing="sweeps")
        for number in range(10**9):
            spend(f"number {number}".format)

    with allowed(0.2, seen.append), pytest.raises(OutOfTime, match=r"^stopped after 0\.2 s: sweeps, number \d+$"):
        work()
    assert any(text.startswith("sweeps, number") for text in seen)
    with allowed(60):
        spend()  # an allowance that is over is over with its block


@pytest.mark.parametrize("method", [method.id for method in METHODS])
def test_every_method_ends_when_its_time_is_over(method):
    derivation = network()
    began = time.thread_time()
    found = compare(derivation, methods=[method], limit=1e-9)
    assert time.thread_time() - began < 10
    row = found.rows[0]
    text = " ".join(" ".join(line) for line in found.lines())
    assert row.tried
    if method not in ("dyadic", "dyadic-ep", "feedback-alignment", "lecun"):  # few steps and no search
        assert "stopped after 1e-09 s" in text
    wrong = [c.id for c in row.claims if c.verdict == "refuted" and not c.counterexample]
    assert not wrong


def followed_to(derivation, beta):
    bench = Bench(updates_of(derivation))
    nudged = Objective.of(bench, EnergyNetwork(bench.updates, squared_error)).nudged
    return bench, *on_branch(nudged, (0.0, bench.free), beta)


@pytest.mark.parametrize("widths", [(4, 2), (150, 150, 120)], ids=["small", "large"])
def test_the_branch_of_a_linear_network_is_that_of_its_quadratic_energy(widths):
    """(J^T J + beta P) (u - u0) = -beta c with P = 1 at the output, by linear algebra."""
    beta = 0.3
    bench, found, reached = followed_to(network(widths, "identity"), beta)
    assert reached == beta
    assert (bench.size > LARGEST) == (len(widths) == 3)
    jacobian, last = bench.jacobian, np.zeros(bench.size)
    last[-widths[-1] :] = 1
    c = np.array(bench.flat(bench.slope(bench.free)))
    moved = np.linalg.solve(jacobian.T @ jacobian + beta * np.diag(last), -beta * c)
    assert np.abs(np.array(bench.flat(found.u)) - bench.flat(bench.free) - moved).max() < 1e-9 * np.abs(moved).max()


def test_there_is_no_branch_where_the_energy_is_not_convex():
    """-beta C of a squared error is as strong as the energy where J^T J + beta P is singular: the branch ends there."""
    bench, found, reached = followed_to(network((4, 2), "identity"), -3.0)
    inverse = np.linalg.inv(bench.jacobian.T @ bench.jacobian)[-2:, -2:]
    assert found is None
    assert 0 < reached + 1 / np.linalg.eigvalsh(inverse).max() < 0.03


def test_what_was_found_in_time_stands():
    """PC-ALM, which has more to do: its readings before the end, and one where it was stopped."""
    derivation = network()
    whole = compare(derivation, methods=["pc-alm"]).rows[0].trial
    cut = compare(derivation, methods=["pc-alm"], limit=0.3).rows[0].trial
    assert "stopped" not in " ".join(one.setting for one in whole.measurements)
    *before, last = cut.measurements
    assert "; stopped after 0.3 s: step" in last.setting
    assert before == list(whole.measurements[: len(before)])
    assert np.isfinite(last.error)


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), "60", None], ids=str)
def test_what_is_no_limit(wrong):
    with pytest.raises(dyadic.DyadicError, match="limit = .*: write a positive number"):
        compare(network(), methods=["dyadic"], limit=wrong)


def test_a_nudge_that_should_be_smaller_is_not_said_to_leave_an_error():
    """An error that falls with beta stays at nothing: it is that of the smallest nudge tried."""
    derivation, random, params = network((4, 4, 2), "identity"), np.random.default_rng(1), {}
    for k, (before, after) in enumerate(((3, 4), (4, 4), (4, 2))):
        params |= {f"l{k}.weight": 30 * random.normal(size=(after, before)), f"l{k}.bias": random.normal(size=after)}
    found = compare(derivation, params, methods=["pc-nudged"], limit=5).rows[0].trial
    assert found.effort.steps is None
    assert "for the smallest nudge that was tried, beta 1e-08" in found.effort.reason
    assert found.claims[0].verdict == "proved"


def test_descent_that_ends_on_the_way_says_where(monkeypatch):
    monkeypatch.setattr("dyadic.physics.rivals.descent.MOST_STEPS", 40)
    found = compare(network(), methods=["pc-nudged"]).rows[0].trial
    assert found.effort.steps is None
    assert "after 40 steps of descent" in found.effort.reason
    assert found.effort.reason.endswith("at the minimum")
    assert all(np.isfinite(one.error) for one in found.measurements)
