"""What `relax` says of first exact steps, of rounding and of spectra holds of the run that it is said of."""

import numpy as np
import pytest
from support.updates import updates_of

import dyadic
from dyadic import cli
from dyadic.physics.dynamics import RelaxationSetting, run, time_constants
from dyadic.physics.settling import READS, SAME, STARTED, latest_exact, settling
from dyadic.physics.spectrum import spectrum

NET = """
[inputs.x]
shape = [4]
[[layers]]
name = "a"
type = "dense"
units = 6
activation = "tanh"
[[layers]]
name = "b"
type = "dense"
units = 3
activation = "relu"
[[layers]]
name = "c"
type = "dense"
units = 2
[cost]
type = "squared_error"
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.toml").write_text(NET)
    return tmp_path


def said(capsys, *arguments):
    assert cli.run(["relax", "net.toml", "--seed", "2", *arguments]) == 0
    return " ".join(capsys.readouterr().out.split())


def closed():
    """Every unit of the second layer is closed: s of the first is 0 from the first step on, whatever else is."""
    derivation = dyadic.derive(dyadic.read("net.toml"))
    updates = updates_of(derivation)
    params = {**updates.params, "b.bias": updates.params["b.bias"] - 100.0}
    updates.params = updates.feedback = params
    return derivation, updates


def test_earlier_than_the_rank_is_said_with_its_reason(place):
    derivation, updates = closed()
    found = settling(derivation, run(updates, RelaxationSetting(6), "random"))
    assert not found.late
    assert found.judged == 6
    early = {variable: reason for reason, variables in found.early.items() for variable in variables}
    assert early[("s", "a")] == SAME
    exact = run(updates, RelaxationSetting(6), updates.exact())
    assert set(settling(derivation, exact).early) == {STARTED}
    state = updates.exact()
    off = state.changed({("x", "b"): state.x["b"] + 1.0, ("x", "c"): state.x["c"] + 1.0})
    early = settling(derivation, run(updates, RelaxationSetting(6), off)).early
    assert ("x", "a") in early[STARTED]
    assert ("x", "b") in early[READS]


def test_it_is_not_said_to_be_the_rank(place, capsys):
    exact = dyadic.relax(dyadic.derive(dyadic.read("net.toml")), seed=2, states=True)
    np.savez("exact.npz", **{name: array[-1] for name, array in exact.states.items()})
    text = said(capsys, "--start", "exact.npz")
    assert "= rank" not in text
    assert "never later than the rank, for the 6 variables that had the steps for it; at the rank for 0" in text
    assert "earlier for 6, which start there" in text


def test_the_rank_is_the_largest_over_many_states(place, capsys):
    text = said(capsys, "--starts", "10")
    assert "from 10 random states: no first exact step is later than the rank" in text
    assert "the latest one is the rank for 6 of 6 variables" in text
    _, updates = closed()
    latest = latest_exact(updates, RelaxationSetting(6), 5)
    assert latest[("x", "a")] == 1
    assert latest[("s", "a")] < 6


def test_many_states_want_steps_that_have_ranks(place):
    for options in (["--stepsize", "0.5"], ["--solver", "BDF"], ["--schedule", "asynchronous"]):
        with pytest.raises(dyadic.DyadicError, match="--starts goes with steps of size h = tau"):
            cli.run(["relax", "net.toml", "--starts", "3", *options])


def test_rounding_is_not_called_exact(place, capsys):
    one = NET[: NET.index('[[layers]]\nname = "b"')] + NET[NET.index("[cost]") :]
    (place / "net.toml").write_text(one.replace("units = 6", "units = 1").replace('activation = "tanh"', ""))
    text = said(capsys, "--stepsize", "0.5", "--steps", "300")
    assert "exact from step" not in text
    assert "by rounding: exact in finite time are steps h = tau alone" in text
    text = said(capsys, "--coordinates", "dyadic", "--stepsize", "0.7", "--steps", "300")
    assert "exact from" not in text
    assert "within rounding" in text
    assert "exact from step 2 on" in said(capsys)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (["--solver", "RK45"], "eigenvalues of the flow in continuous time: -1 (22 times): approached exponentially"),
        (["--solver", "BDF", "--stepsize", "2"], "-1 (22 times): approached exponentially, never reached"),
        (["--schedule", "wavefront", "--stepsize", "0.5"], "sweep: 0.5 (22 times); spectral radius 0.5: nothing moves"),
        (
            ["--schedule", "asynchronous", "--stepsize", "0.5"],
            "a round: 0.5 (22 times); spectral radius 0.5: conv",
        ),
    ],
)
def test_the_spectrum_is_that_of_what_is_run(place, capsys, options, wanted):
    text = said(capsys, *options, "--steps", "12")
    assert wanted in text
    assert "eigenvalues of a step" not in text
    assert "PROVED spectrum:" in text


@pytest.mark.parametrize("options", [["--solver", "RK45"], ["--stepsize", "0.5"]])
def test_what_starts_exact_is_not_said_to_be_never_reached(place, capsys, options):
    exact = dyadic.relax(dyadic.derive(dyadic.read("net.toml")), seed=2).exact
    states = {"x": exact.x, "s": exact.s}
    np.savez("exact.npz", **{f"{letter}:{name}": a for letter in "xs" for name, a in states[letter].items()})
    wanted = [f": from other starts {how}" for how in ("approached", "converges")]
    arguments = ["--steps", "3", *options]
    text = said(capsys, *arguments)
    assert not any(one in text for one in wanted)
    text = said(capsys, *arguments, "--start", "exact.npz")
    assert "exact from step 0 on" in text
    assert any(one in text for one in wanted)


@pytest.mark.parametrize("schedule", ["asynchronous", "blocks", "wavefront"])
def test_the_jacobian_of_a_round_has_these_eigenvalues(place, schedule):
    derivation = dyadic.derive(dyadic.read("net.toml"))
    updates = updates_of(derivation)
    tau = time_constants(derivation, {"a": 2.0, "s:b": 1.5})
    steps = derivation.steps if schedule == "wavefront" else 1
    setting = RelaxationSetting(steps, h=0.8, tau=tau, schedule=schedule)
    exact = updates.exact()
    columns = []
    for variable in updates.variables:
        for place_ in range(exact[variable].size):
            unit = np.zeros(exact[variable].size)
            unit[place_] = 1e-6
            ends = [
                run(updates, setting, exact.changed({variable: exact[variable] + sign * unit.reshape(1, -1)})).final
                for sign in (1, -1)
            ]
            columns.append(np.concatenate([((ends[0][v] - ends[1][v]) / 2e-6).ravel() for v in updates.variables]))
    values = np.sort(np.linalg.eigvals(np.array(columns).T).real)
    found = spectrum(derivation, 0.8, tau, schedule)
    wanted = np.sort([value for value, count in found.of_the_step for _ in range(count)])
    # triangular matrices with equal diagonal entries have ill-conditioned eigenvalues: their sums of powers do not
    for power in (1, 2, 3):
        assert (values**power).sum() == pytest.approx((wanted**power).sum(), abs=1e-5)


@pytest.mark.parametrize("options", [{}, {"tau": {"a": 3.0, "s:c": 0.5}, "h": 0.25}, {"solver": "RK45"}])
def test_the_rate_of_the_energy_stands_beside_it(place, options):
    derivation = dyadic.derive(dyadic.read("net.toml"))
    found = dyadic.relax(derivation, seed=3, steps=100, **options)
    rates = found.energy_rates
    assert len(rates.rows) <= 64
    assert rates.off < 1e-7
    assert rates.predicted[0] != 0
    if "solver" not in options:
        return
    fine = dyadic.relax(derivation, seed=3, steps=100, h=1e-3, solver="DOP853")
    change = np.diff(fine.energy[[0, 2]])[0] / 2e-3
    assert change == pytest.approx(np.mean(fine.energy_rates.predicted[:2]), rel=2e-2)
    assert np.array_equal(fine.arrays()["energy_rate"], fine.energy_rates.predicted)
