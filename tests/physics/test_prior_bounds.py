"""Bounds on rounding errors that hold over a box of inputs: random runs lie within them, wrong ones do not."""

import json

import mpmath
import numpy as np
import pytest
from support.command import run
from support.rounded_chain import CHAIN, by_hand, changed, derived

import dyadic
from dyadic.catalogue import example_network
from dyadic.physics.enclosures import enclosing
from dyadic.physics.explained_rounding import exact_gradients
from dyadic.physics.loading import emitted_network
from dyadic.physics.number_types import balls, lower, mapped
from dyadic.physics.prior_bounds import prior_bounds
from dyadic.physics.starts import problem
from dyadic.physics.sure_decisions import with_sure_decisions
from dyadic.physics.updates import Updates
from dyadic.symbolic.layers import LAYERS


def bounded(derivation, module, radius=0.01, samples=1, seed=0):
    return prior_bounds(derivation, module, *problem(emitted_network(derivation), None, None, samples, seed), radius)


def given(dtype, seed=0):
    """The chain, its parameters and one sample, as numbers of a type."""
    derivation = derived()
    network = emitted_network(derivation, "numpy", dtype)
    p, x, y = problem(emitted_network(derivation), None, None, 1, seed)
    p = {name: np.asarray(array, dtype=dtype) for name, array in p.items()}
    (x,) = x.values() if isinstance(x, dict) else (x,)
    (y,) = y.values() if isinstance(y, dict) else (y,)
    return derivation, network.module, p, np.asarray(x, dtype=dtype), np.asarray(y, dtype=dtype)


@pytest.mark.long
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_random_runs_lie_within_the_bounds(dtype):
    """Of 1,000 runs, each against mpmath in 60 digits: one bound for all inputs of a box."""
    random = np.random.default_rng(3)
    closest = 0.0
    with mpmath.workdps(60):
        for seed in range(20):
            derivation, module, p, x, y = given(dtype, seed)
            found = prior_bounds(derivation, module, p, x, y, 0.125)
            assert found.verdict == "proved"
            for _ in range(50):
                inside = (x + random.uniform(-0.124, 0.124, x.shape)).astype(dtype)
                exact = by_hand(p, inside, y)
                gradients = module.gradients(p, inside, y)[1]
                for one in found.gradients:
                    rows = np.asarray(gradients[one.parameter], dtype=float)
                    rows = rows.reshape(exact[one.parameter].rows, -1)
                    for i, k in np.ndindex(rows.shape):
                        off = abs(mpmath.mpf(float(rows[i, k])) - exact[one.parameter][i, k])
                        assert off <= one.error
                        assert abs(exact[one.parameter][i, k]) <= one.largest
                        closest = max(closest, float(off / one.error))
    assert closest > 0.01


@pytest.mark.long
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("layer", sorted(LAYERS))
def test_runs_of_every_layer_type_lie_within_the_bounds(layer, dtype):
    """Where there are bounds: rounding, jumps and maxima that a box does not decide have none, and say so."""
    derivation = example_network(layer, True)
    network = emitted_network(derivation, "numpy", dtype)
    p, x, y = problem(emitted_network(derivation), None, None, 2, 0)
    radius = 2.0**-20
    found = prior_bounds(derivation, network.module, p, x, y, radius)
    assert found.verdict != "refuted"
    if found.reason is not None:
        assert found.reason
        return
    random = np.random.default_rng(1)
    sure = with_sure_decisions(emitted_network(derivation))
    for _ in range(3):
        moved = {name: _moved(array, radius, dtype, random) for name, array in x.items()}
        rounded = {name: np.asarray(array).astype(dtype) for name, array in p.items()}
        gradients = network.module.gradients(rounded, moved, y)[1]
        with enclosing(256):
            exact = exact_gradients(Updates(sure, rounded, moved, y))
            for one in found.gradients:
                computed = balls(np.asarray(gradients[one.parameter], dtype=float))
                off = mapped(lower, exact[one.parameter] - computed)
                assert np.all(off.astype(float) <= one.error)


def _moved(array, radius, dtype, random):
    if np.asarray(array).dtype.kind in "iu":
        return array
    return (np.asarray(array, dtype=dtype) + random.uniform(-radius, radius, np.shape(array)) / 2).astype(dtype)


def test_a_wider_box_has_a_larger_bound():
    derivation = derived()
    module = emitted_network(derivation).module
    narrow, wide = (bounded(derivation, module, radius) for radius in (0.0, 0.5))
    assert narrow.verdict == wide.verdict == "proved"
    for one, other in zip(narrow.gradients, wide.gradients, strict=True):
        assert 0 < one.error < other.error
        assert one.largest < other.largest


def test_one_wrong_entry_is_refuted_by_name():
    derivation = derived()
    line = "    loss = C_cost.sum() / batch"
    assert bounded(derivation, changed(derivation, line, f"    W_bar_c[1, 2] *= 1 + 1e-17\n{line}")).verdict == "proved"
    found = bounded(derivation, changed(derivation, line, f"    W_bar_c[1, 2] += 1e-12\n{line}"))
    assert found.verdict == "refuted"
    (one,) = [one for one in found.gradients if one.verdict == "refuted"]
    assert (one.parameter, one.entry) == ("c.weight", (1, 2))


def test_a_kink_inside_of_the_box_is_undecided():
    derivation = derived({**CHAIN, "layers": [{**CHAIN["layers"][0], "activation": "relu"}, CHAIN["layers"][1]]})
    module = emitted_network(derivation).module
    assert bounded(derivation, module, 0.0).verdict == "proved"
    found = bounded(derivation, module, 10.0)
    assert (found.verdict, found.gradients) == ("undecided", ())
    assert "which of two numbers is larger" in found.reason


def test_masked_entries_have_bounds():
    """A padded maximum starts from -inf, which no rounding changes."""
    derivation = example_network("max_pool", True)
    assert bounded(derivation, emitted_network(derivation).module, 2.0**-30).verdict == "proved"


@pytest.mark.parametrize("radius", [-1.0, float("nan"), float("inf")])
def test_a_radius_that_is_none(radius):
    with pytest.raises(dyadic.DyadicError, match="give a number from 0 on"):
        bounded(derived(), emitted_network(derived()).module, radius)


def test_the_command():
    done = run("certify", "examples/digits.toml", "--a-priori", "0.01", "--format", "json")
    content = json.loads(done.stdout)
    assert (done.returncode, content["verdict"], content["radius"]) == (0, "proved", 0.01)
    assert 0 < max(one["error_at_most"] for one in content["gradients"].values()) < 1e-10
    done = run("certify", "examples/digits.toml", "--a-priori", "0.01", "--dtype", "float32")
    assert done.returncode == 0
    assert done.stdout.startswith("PROVED: for every input within 0.01 of this one")
