"""Rounding errors of one run: bounds that hold, and modules that are refused or left undecided."""

import json
import math
import shutil
from dataclasses import replace

import mpmath
import numpy as np
import pytest
from support.command import run
from support.long_tests import one_in
from support.optional import require
from support.rounded_chain import CHAIN, by_hand, changed, derived

import dyadic
from dyadic.catalogue import example_network
from dyadic.physics import rounding
from dyadic.physics.loading import emitted_network
from dyadic.physics.starts import problem
from dyadic.physics.sure_decisions import with_sure_decisions
from dyadic.symbolic.layers import LAYERS


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("layer", one_in(8, sorted(LAYERS)))
def test_every_layer_type_has_bounds(layer, dtype):
    derivation = example_network(layer, True)
    network = emitted_network(derivation, "numpy", dtype)
    found = dyadic.certify(derivation, network.module, *problem(network, None, None, 2, 0))
    assert found.verdict == "proved", found.reason
    most = 1e-4 if dtype == "float32" else 1e-12
    assert all(one.error <= most * max(1.0, one.largest) for one in found.gradients)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_random_runs_lie_within_their_bounds(dtype):
    """Against mpmath: the true error is at most the bound, and the bound at most a little above the largest error."""
    derivation = derived()
    network = emitted_network(derivation, "numpy", dtype)
    in_balls = with_sure_decisions(emitted_network(derivation))
    random = np.random.default_rng(7)
    shapes = {"b.weight": (3, 2), "b.bias": (3,), "c.weight": (2, 3), "c.bias": (2,)}
    with mpmath.workdps(60):
        for _ in range(500):
            p = {name: random.normal(size=shape).astype(dtype) for name, shape in shapes.items()}
            x, y = random.normal(size=(1, 2)).astype(dtype), random.normal(size=(1, 2)).astype(dtype)
            given = rounding._rounded(in_balls, p, x, y, dtype)
            gradients = network.module.gradients(p, x, y)[1]
            computed = {name: np.asarray(g, dtype=float) for name, g in gradients.items()}
            found = rounding._certificate(in_balls, given, computed, dtype)
            assert found.verdict == "proved"
            exact = by_hand(p, x, y)
            for one in found.gradients:
                rows = computed[one.parameter].reshape(exact[one.parameter].rows, -1)
                worst = max(
                    abs(mpmath.mpf(float(rows[i, k])) - exact[one.parameter][i, k]) for i, k in np.ndindex(rows.shape)
                )
                assert worst <= one.error <= float(worst) * (1 + 1e-9) + 1e-300


def certified(derivation, module, seed=0):
    return dyadic.certify(derivation, module, *problem(emitted_network(derivation), None, None, 3, seed))


def test_one_wrong_entry_is_refuted_by_name():
    derivation = derived()
    wrong = changed(
        derivation, "    loss = C_cost.sum() / batch", "    W_bar_c[1, 2] *= 1 + 1e-13\n    loss = C_cost.mean()"
    )  # fmt: skip
    found = certified(derivation, wrong)
    assert found.verdict == "refuted"
    (one,) = [one for one in found.gradients if one.verdict == "refuted"]
    assert (one.parameter, one.entry) == ("c.weight", (1, 2))
    assert math.isclose(one.error / abs(one.computed), 1e-13, rel_tol=1e-2)


def test_a_gradient_that_is_no_number_is_refuted():
    derivation = derived()
    wrong = changed(derivation, "    loss = C_cost.sum() / batch", "    W_bar_c *= np.nan\n    loss = C_cost.mean()")
    assert certified(derivation, wrong).verdict == "refuted"


def test_another_order_of_summation_has_another_bound_that_holds():
    derivation = derived({**CHAIN, "inputs": {"a": {"shape": [50]}}})
    other = changed(
        derivation, "x['a'] @ p['b.weight'].T", "(x['a'][:, None, ::-1] * p['b.weight'][:, ::-1]).sum(axis=-1)"
    )
    plain, found = certified(derivation, emitted_network(derivation).module), certified(derivation, other)
    assert plain.verdict == found.verdict == "proved"
    assert [one.error for one in plain.gradients] != [one.error for one in found.gradients]


def test_single_precision_inside_of_a_double_module_is_seen():
    derivation = derived()
    mixed = changed(derivation, "np.tanh(z_b, out=z_b)", "np.tanh(z_b.astype(np.float32)).astype(z_b.dtype)")
    found = certified(derivation, mixed)
    assert found.verdict == "refuted"
    assert 1e-9 < found.relative < 1e-5


def test_a_kink_that_no_ball_decides_is_undecided():
    """relu of tanh(a) - tanh(a), which is 0: no precision shows on which side."""
    specification = {
        **CHAIN,
        "layers": [
            {"name": "b", "type": "dense", "units": 2, "activation": "tanh"},
            {"name": "c", "type": "dense", "units": 1, "activation": "relu"},
            {"name": "d", "type": "dense", "units": 2},
        ],
    }
    derivation = derived(specification)
    module = emitted_network(derivation).module
    p = module.init(0)
    p["b.weight"][:] = p["b.weight"][0]
    p["c.weight"][:] = [[1.0, -1.0]]
    x, y = np.ones((1, 2)), np.ones((1, 2))
    found = dyadic.certify(derivation, module, p, x, y)
    assert (found.verdict, found.reason) == ("undecided", None)
    verdicts = {one.parameter: str(one.verdict) for one in found.gradients}
    assert [name for name, verdict in verdicts.items() if verdict == "proved"] == ["d.weight", "d.bias"]
    assert "do not decide which of two numbers is larger, at entry [0, 0], in c" in found.gradients[0].reason
    p["c.bias"][:] = 2.0**-30
    assert dyadic.certify(derivation, module, p, x, y).verdict == "proved"


def test_a_module_of_another_network_is_refused():
    other = derived({**CHAIN, "inputs": {"a": {"shape": [4]}}})
    with pytest.raises(dyadic.DyadicError, match="is not one of chain"):
        certified(derived(), emitted_network(other).module)


@pytest.mark.long
def test_the_command(tmp_path):
    spec = "examples/digits.toml"
    done = run("certify", spec, "--batch", 4, "--format", "json")
    content = json.loads(done.stdout)
    assert (done.returncode, content["verdict"], content["samples"]) == (0, "proved", 4)
    assert 0 < max(one["relative"] for one in content["gradients"].values()) < 1e-14
    module = tmp_path / "module.py"
    run("emit", spec, "--target", "numpy", "-o", module)
    done = run("certify", spec, "--module", module, "--batch", 4)
    assert (done.returncode, done.stdout.split(":")[0]) == (0, "PROVED")
    module.write_text(module.read_text().replace("(1 - x_hidden ** 2)", "(1 - x_hidden)"))
    done = run("certify", spec, "--module", module, "--batch", 4)
    assert (done.returncode, done.stdout.split(":")[0]) == (1, "REFUTED")
    for bad, message in (
        ("", "is no module"),
        ("1 +", "cannot be imported"),
        ("raise ValueError('x')", "ValueError: x"),
    ):
        module.write_text(bad)
        done = run("certify", spec, "--module", module)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert message in done.stderr


@pytest.mark.parametrize(
    "line", ["np.maximum.reduce([z, z])", "list(map(np.sign, [z]))", "np.minimum(z, z)", "z.min(axis=0)"]
)
def test_emitted_code_that_would_decide_unseen_is_undecided(line, monkeypatch):
    derivation = derived()
    deciding = lambda text: text.replace("f = np.tanh(z)", f"{line}; f = np.tanh(z)")  # noqa: E731
    monkeypatch.setattr(
        rounding, "with_sure_decisions", lambda one: with_sure_decisions(replace(one, text=deciding(one.text)))
    )
    found = certified(derivation, emitted_network(derivation).module)
    assert (found.verdict, found.gradients, found.run.samples) == ("undecided", (), 3)


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_every_target_that_runs_here(target):
    derivation = derived()
    if target == "c":
        require(shutil.which("cc"), "no C compiler")
    network = emitted_network(derivation, target, "float32")
    assert 0 < certified(derivation, network.module).relative < 1e-5
