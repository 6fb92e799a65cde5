"""What a bound on rounding errors is about: constants that are doubles, and modules that do more than compute."""

import types

import numpy as np
import pytest
from support.command import run

import dyadic
from dyadic.physics.loading import emitted_network
from dyadic.physics.rounding import rounded_constants
from dyadic.physics.starts import problem
from dyadic.symbolic.errors import DyadicError


def derived(delta=None, activation="tanh"):
    cost = {"type": "squared_error"} if delta is None else {"type": "huber", "delta": delta}
    layers = [{"name": "o", "type": "dense", "units": 2, "activation": activation}]
    return dyadic.derive(dyadic.architecture({"inputs": {"x": {"shape": [3]}}, "layers": layers, "cost": cost}))


def certified(derivation, change=lambda *given: None, back=lambda gradients: gradients):
    module = emitted_network(derivation).module

    def gradients(p, x, y):
        change(p, x, y)
        loss, found = module.gradients(p, x, y)
        return loss, back(found)

    other = types.SimpleNamespace(**{**vars(module), "gradients": gradients})
    return dyadic.certify(derivation, other, *problem(emitted_network(derivation), None, None, 2, 0))


def test_constants_that_are_no_doubles_are_named():
    assert certified(derived(delta=0.7)).constants == ("0.7",)
    assert certified(derived(delta=0.75)).constants == ()
    assert "0.7071067811865476" in certified(derived(activation="gelu")).constants
    assert rounded_constants("def init(): return 0.1\ndef f(x): return x + 0.25 + 1e-05 + 3") == ("1e-05",)


def test_the_command_says_of_which_network_the_exact_gradients_are(tmp_path):
    layer = 'name = "o"\ntype = "dense"\nunits = 1\n'
    text = f'[inputs.x]\nshape = [1]\n[[layers]]\n{layer}[cost]\ntype = "huber"\ndelta = {{}}\n'
    for delta, said in ((0.7, True), (0.5, False)):
        (tmp_path / "net.toml").write_text(text.format(delta))
        done = run("certify", tmp_path / "net.toml")
        assert done.returncode == 0
        assert ("with doubles in the place of its constants (0.7)" in " ".join(done.stdout.split())) == said


def test_a_module_that_changes_what_it_is_given_is_held_to_what_it_was_given():
    def halved(p, x, y):
        x["x"] /= 2

    assert certified(derived(), halved).verdict == "refuted"


@pytest.mark.parametrize(
    "odd",
    [
        lambda a: a + 1j,
        lambda a: np.ma.masked_array(a, mask=a > 0),
        lambda a: a.astype(object),
        lambda a: a.astype(str),
    ],
)
def test_gradients_that_are_no_real_numbers_are_refused(odd):
    with pytest.raises(DyadicError, match="no array of real numbers"):
        certified(derived(), back=lambda found: {**found, "o.weight": odd(found["o.weight"])})


def test_a_module_that_leaves_is_refused():
    def leaving(*given):
        raise SystemExit(0)

    with pytest.raises(DyadicError, match="computes no gradients"):
        certified(derived(), leaving)


def test_what_is_exactly_0_is_off_by_0():
    derivation = derived(activation="identity")
    network = emitted_network(derivation)
    p, x, y = problem(network, None, None, 2, 0)
    zero = lambda arrays: {name: 0 * array for name, array in arrays.items()}  # noqa: E731
    target = zero(y) if isinstance(y, dict) else 0 * y
    found = dyadic.certify(derivation, network.module, zero(p), zero(x) if isinstance(x, dict) else 0 * x, target)
    assert found.verdict == "proved"
    assert found.relative == 0
