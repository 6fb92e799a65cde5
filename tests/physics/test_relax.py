"""The relaxation run with emitted code: schedules, step sizes, coordinates, continuous time, files."""

import random
import sys
from dataclasses import replace

import numpy as np
import pytest
from support.optional import require
from support.updates import updates_of

import dyadic
from dyadic.codegen.emulator.stand_in import stand_in
from dyadic.physics.dynamics import RelaxationSetting, ranks, run
from dyadic.physics.updates import Updates

CHAIN = {
    "name": "chain",
    "inputs": {"x": {"shape": [3]}},
    "layers": [
        {"name": "a", "type": "dense", "units": 4, "activation": "tanh"},
        {"name": "b", "type": "dense", "units": 3, "activation": "sigmoid"},
        {"name": "out", "type": "dense", "units": 2},
    ],
    "cost": {"type": "squared_error"},
}


def residual(blocks):
    """A residual network of 2 blocks + 2 layers."""
    layers = [{"name": "first", "type": "dense", "units": 6, "activation": "tanh"}]
    for k in range(blocks):
        before = layers[-1]["name"]
        layers += [
            {"name": f"inner{k}", "type": "dense", "units": 6, "activation": "tanh", "inputs": [before]},
            {"name": f"sum{k}", "type": "add", "inputs": [before, f"inner{k}"]},
        ]
    layers.append({"name": "out", "type": "dense", "units": 3})
    return {"name": "residual", "inputs": {"x": {"shape": [4]}}, "layers": layers, "cost": {"type": "huber"}}


def chain():
    return dyadic.derive(dyadic.architecture(CHAIN))


def example(name):
    network = dyadic.architecture(residual(5)) if name == "residual" else dyadic.read(f"examples/{name}.toml")
    return dyadic.derive(network)


@pytest.mark.parametrize(
    "name", ["digits", "residual", pytest.param("lenet", marks=pytest.mark.long), "decoder", "lstm"]
)
def test_every_variable_is_exact_from_its_rank_on(name):
    derivation = example(name)
    updates = updates_of(derivation, batch=100)  # a random state for each of 100 samples
    found = run(updates, RelaxationSetting(derivation.steps + 2))
    assert found.first_exact == ranks(derivation) == dict(found.ranks)
    assert found.settled == derivation.steps
    one = updates.network.module.relax(updates.params, updates.inputs, updates.target)
    for variable in updates.variables:
        assert (found.final[variable] == (one.x if variable[0] == "x" else one.s)[variable[1]]).all()


@pytest.mark.parametrize("name", ["digits", "residual", "lenet", "decoder", "lstm"])
def test_the_gradients_of_the_last_state_are_those_of_backpropagation(name):
    derivation = example(name)
    updates = updates_of(derivation, batch=3)
    loss, wanted = updates.network.module.gradients(updates.params, updates.inputs, updates.target)
    found = run(updates, RelaxationSetting(derivation.steps, gradients=True))
    assert set(found.gradients) == set(wanted)
    assert all((found.gradients[name] == wanted[name]).all() for name in wanted)
    assert found.gradient_deviation[-1].max() == 0 < found.gradient_deviation[0].max()
    if not derivation.architecture.decay:
        assert found.loss == pytest.approx(float(loss), rel=1e-14)


def test_one_step_fewer_is_not_enough():
    found = dyadic.relax(chain(), steps=5)
    assert found.settled is None
    assert [variable for variable, step in found.first_exact.items() if step is None] == [("s", "a")]


@pytest.mark.parametrize("name", ["wavefront", "asynchronous", "blocks"])
def test_other_schedules_settle_within_T_rounds(name):
    derivation = chain()
    found = dyadic.relax(derivation, schedule=name, seed=4)
    assert found.settled is not None
    assert (found.first_exact == dict(found.ranks)) == (name == "wavefront")


@pytest.mark.parametrize("runs", [50, pytest.param(500, marks=pytest.mark.long)])
def test_asynchronous_runs_settle_within_T_rounds(runs):
    late = 0
    for name in ("chain", "residual"):
        derivation = chain() if name == "chain" else example(name)
        updates = updates_of(derivation)
        for seed in range(runs):
            found = run(updates, RelaxationSetting(derivation.steps, schedule="asynchronous", seed=seed))
            assert found.settled is not None, (name, seed)
            late = max(late, found.settled / derivation.steps)
    assert late > 0.5  # not because all of it were easy


def test_blocks_of_one_variable_in_the_order_of_ranks_need_one_round():
    derivation = chain()
    assert dyadic.relax(derivation, schedule="blocks", blocks=6, steps=3).settled == 1
    backwards = [[variable] for variable in reversed(ranks(derivation))]
    assert dyadic.relax(derivation, schedule="blocks", blocks=backwards).settled == derivation.steps == 6


def test_a_variable_updated_from_its_own_round_would_show():
    """The synchronous step reads the old state only: the same group in pieces is another schedule."""
    updates = updates_of(chain())
    whole = run(updates, RelaxationSetting(2)).final
    pieces = run(updates, RelaxationSetting(2, schedule="blocks", blocks=2)).final
    assert any((whole[v] != pieces[v]).any() for v in updates.variables)


def test_the_emitted_module_takes_the_same_steps():
    derivation = chain()
    updates = updates_of(derivation, batch=2)
    found = run(updates, RelaxationSetting(5, h=0.3, states=True), "zero")
    for step in range(6):
        state = updates.network.module.relax(updates.params, updates.inputs, updates.target, steps=step, h=0.3)
        for letter, part in (("x", state.x), ("s", state.s)):
            for name, value in part.items():
                assert (found.states[f"{letter}:{name}"][step] == value).all()


def test_time_constants_by_vertex_and_by_variable():
    derivation = chain()
    exact = dyadic.relax(derivation, h=0.5, tau={"a": 0.5, "b": 0.5, "out": 0.5})
    assert exact.settled == derivation.steps
    slow = dyadic.relax(derivation, tau={"s:a": 2.0})
    assert [variable for variable, step in slow.first_exact.items() if step is None] == [("s", "a")]


def test_dyadic_coordinates_are_the_same_dynamics():
    derivation = chain()
    plain = dyadic.relax(derivation, h=0.7, steps=12, states=True)
    other = dyadic.relax(derivation, h=0.7, steps=12, states=True, coordinates="dyadic")
    assert np.abs(plain.deviation - other.deviation).max() < 1e-14
    for name in ("a", "b", "out"):
        x, s = plain.states[f"x:{name}"], plain.states[f"s:{name}"]
        assert np.abs(other.states[f"a:{name}"] - (x + s / 2)).max() < 1e-14
        assert np.abs(other.states[f"b:{name}"] - (x - s / 2)).max() < 1e-14
    assert dyadic.relax(derivation, coordinates="dyadic").settled == derivation.steps


@pytest.mark.parametrize("solver", ["RK45", "DOP853", "Radau", "BDF", "LSODA"])
def test_continuous_time_approaches_and_never_arrives(solver):
    derivation = chain()
    flow = dyadic.relax(derivation, solver=solver, steps=8, h=2.0)
    assert flow.settled is None
    assert flow.deviation[-1].max() < 1e-3 < flow.deviation[1].max()
    small = dyadic.relax(derivation, steps=4000, h=2.0 * 4 / 4000)  # Euler's method approaches the flow
    assert np.abs(small.deviation[-1] - flow.deviation[4]).max() < 2e-2 * flow.deviation[0].max()


def test_the_energy_is_the_one_that_the_equations_state():
    updates = updates_of(chain(), batch=3)
    random_state = np.random.default_rng(5)
    x = {n: random_state.normal(size=(3, *s)) for n, s in updates.network.module.VERTICES.items()}
    s = {n: random_state.normal(size=(3, *s)) for n, s in updates.network.module.VERTICES.items()}
    p, image, y = updates.params, updates.inputs["x"], updates.target
    a = np.tanh(image @ p["a.weight"].T + p["a.bias"])
    b = 1 / (1 + np.exp(-(x["a"] @ p["b.weight"].T + p["b.bias"])))
    out = x["b"] @ p["out.weight"].T + p["out.bias"]
    wanted = sum((s[n] * (f - x[n])).sum(axis=1) for n, f in (("a", a), ("b", b), ("out", out)))
    wanted = wanted + 0.5 * ((x["out"] - y) ** 2).sum(axis=1)
    assert np.abs(updates.at(x, s).energy() - wanted).max() < 1e-13


def test_feedback_weights_of_its_own():
    updates = updates_of(chain())
    random_weights = np.random.default_rng(1)
    other = {name: random_weights.normal(size=array.shape) for name, array in updates.params.items()}
    device = Updates(updates.network, updates.params, updates.inputs, updates.target, feedback=other)
    exact, wrong = updates.exact(), device.exact()
    assert all((exact.x[n] == wrong.x[n]).all() for n in exact.x)
    assert (exact.s["out"] == wrong.s["out"]).all()
    z = updates.inputs["x"]  # by hand: s_b = B_out^T s_out
    assert np.abs(wrong.s["b"] - wrong.s["out"] @ other["out.weight"]).max() < 1e-14
    slope = wrong.x["b"] * (1 - wrong.x["b"])
    assert np.abs(wrong.s["a"] - (wrong.s["b"] * slope) @ other["b.weight"]).max() < 1e-14
    gradients = device.at(wrong.x, wrong.s).gradients()
    delta = wrong.s["a"] * (1 - wrong.x["a"] ** 2)
    assert np.abs(gradients["a.weight"] - delta.T @ z).max() < 1e-14
    assert run(device, RelaxationSetting(6)).settled == 6


def test_the_trace_in_a_file(tmp_path):
    derivation = chain()
    found = dyadic.relax(derivation, states=True, gradients=True, batch=2)
    found.write(tmp_path / "trace.npz")
    with np.load(tmp_path / "trace.npz", allow_pickle=False) as file:
        assert file["x:a"].shape == (7, 2, 4)
        assert list(file["variables"]) == ["x:a", "x:b", "x:out", "s:out", "s:b", "s:a"]
        assert (file["deviation"] == found.deviation).all()
        assert file["gradient_deviation"].shape == (7, len(file["parameters"]))
        last = {name: file[name][-1] for name in file.files if name[:2] in ("x:", "s:")}
    again = dyadic.relax(derivation, start=last, steps=0, batch=2)
    assert again.settled == 0


def test_parameters_data_and_state_from_files(tmp_path):
    derivation = chain()
    updates = updates_of(derivation, batch=2, seed=9)
    np.savez(tmp_path / "params.npz", **updates.params)
    np.savez(tmp_path / "data.npz", x=updates.inputs["x"], y=updates.target)
    found = dyadic.relax(derivation, tmp_path / "params.npz", tmp_path / "data.npz", start="zero", steps=4)
    wanted = run(updates, RelaxationSetting(4), "zero")
    assert (found.deviation == wanted.deviation).all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"steps": -1}, "not negative"),
        ({"steps": 2.0}, "integer"),
        ({"steps": 10**9}, "fewer"),
        ({"h": 0.0}, "positive"),
        ({"h": float("nan")}, "positive"),
        ({"tau": {"nobody": 1.0}}, "nobody"),
        ({"tau": {"a": 0.0}}, "positive"),
        ({"schedule": "whenever"}, "synchronous"),
        ({"schedule": "blocks", "blocks": 7}, "from 1 to 6"),
        ({"schedule": "blocks", "blocks": [[("x", "a")]]}, "exactly once"),
        ({"solver": "leapfrog"}, "RK45"),
        ({"solver": "RK45", "schedule": "wavefront"}, "continuous time"),
        ({"coordinates": "polar"}, "dyadic"),
        ({"coordinates": "dyadic", "schedule": "asynchronous"}, "together"),
        ({"target": "ptx"}, "c, cupy, numpy"),
        ({"dtype": "float16"}, "float32"),
        ({"start": "warm.npz"}, "warm.npz"),
        ({"params": {"a.weight": np.zeros((4, 3))}}, "lacks"),
        ({"data": {"x": np.zeros((1, 3)), "y": np.zeros((1, 2)), "z": 0}}, "z"),
        ({"data": {"x": np.zeros((1, 5)), "y": np.zeros((1, 2))}}, "shape"),
        ({"start": {f"{k}:{n}": np.zeros((1, 9)) for k in "xs" for n in ("a", "b", "out")}}, "shape"),
    ],
    ids=str,
)
def test_what_cannot_be_run_is_refused(wrong, message):
    with pytest.raises(dyadic.DyadicError, match=message):
        dyadic.relax(chain(), **wrong)


def test_a_file_that_is_no_npz_is_refused(tmp_path):
    (tmp_path / "text.npz").write_text("not an array")
    np.save(tmp_path / "one.npy", np.zeros(3))
    for name in ("text.npz", "one.npy"):
        with pytest.raises(dyadic.DyadicError, match=r"npz|lacks"):
            dyadic.relax(chain(), tmp_path / name)


def test_a_step_size_that_diverges_is_an_experiment_too():
    found = dyadic.relax(chain(), h=3.0, steps=3000)
    assert not np.isfinite(found.deviation[-1]).all()
    assert found.settled is None


def test_the_cupy_target_takes_the_same_steps(monkeypatch):
    from dyadic.codegen.emulator.host import find_compiler

    require(find_compiler(), "a C++ compiler")
    monkeypatch.setitem(sys.modules, "cupy", stand_in())
    derivation = chain()
    found = dyadic.relax(derivation, target="cupy", batch=2)
    assert found.first_exact == dict(found.ranks)
    assert np.abs(found.deviation - dyadic.relax(derivation, batch=2).deviation).max() < 1e-12


def test_a_model_whose_tensors_carry_their_own_batch_axis():
    """No axis is added: the relaxation, the devices and the methods run on the tensors as they are."""
    from dyadic.physics.hardware import mismatch, mismatched, resolution

    own = dict(CHAIN, inputs={"x": {"shape": [2, 3]}})
    derivation = dyadic.derive(replace(dyadic.architecture(own), explicit_batch=True))
    found = dyadic.relax(derivation, seed=2, states=True)
    assert found.first_exact == dict(found.ranks)
    assert found.states["x:a"].shape == (7, 2, 4)
    updates = updates_of(derivation)
    bounds = resolution(updates, 1e-4, devices=20)
    assert bounds.holds
    assert bounds.ratio(bounds.random) < 10
    wrong = mismatch(updates, mismatched(updates, 0.1, 0))
    assert max(np.abs(wrong.predicted[n] - wrong.found[n]).max() for n in wrong.found) < 1e-14
    table = dyadic.compare(derivation, methods=["dyadic", "asymep", "pc-nudged", "fixed-prediction", "lecun"])
    assert [row.reason for row in table.rows if row.trial is None] == []
    assert table.row("lecun").trial.measurements[0].error < 1e-14
    assert table.row("pc-nudged").trial.measurements[2].error < 0.1


def test_a_target_without_its_library_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(dyadic.DyadicError, match="CuPy"):
        dyadic.relax(chain(), target="cupy")


def test_seeds_and_progress():
    derivation = chain()
    told = []
    one = dyadic.relax(derivation, seed=3, progress=lambda step, off: told.append((step, off)))
    two = dyadic.relax(derivation, seed=3)
    assert (one.deviation == two.deviation).all()
    assert (one.deviation != dyadic.relax(derivation, seed=4).deviation).any()
    assert [step for step, _ in told] == [1, 2, 3, 4, 5, 6]
    assert told[-1][1] == 0
    assert random.Random("0 1").random() == random.Random("0 1").random()
