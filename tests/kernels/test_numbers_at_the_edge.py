"""Networks without finite values, ill-conditioned ones, large powers, numbers that a type has not."""

import numpy as np
import pytest
from support.emulated import emulated
from support.modules import load
from support.optional import require
from sympy import Rational

import dyadic
from dyadic.codegen import evidence
from dyadic.codegen.emulator import find_compiler
from dyadic.codegen.emulator.module_comparison import Nudged


def network(*layers, shape=(6,)):
    spec = {"inputs": {"x": {"shape": list(shape)}}, "layers": list(layers), "cost": {"type": "squared_error"}}
    return dyadic.derive(dyadic.architecture(spec))


def of_module(derivation, dtype="float64"):
    require(find_compiler(), "no C++ compiler (g++ or clang++)")
    return [trial for trial in evidence.evidence(derivation, dtype) if trial.method == "emulation"]


def test_without_finite_values_nothing_is_shown():
    layers = {"name": "a", "type": "scale", "offset": 100}, {"name": "b", "type": "acos"}
    (trial,) = of_module(network(*layers))
    assert trial.outcome == "not shown"
    assert "no finite values" in trial.detail


ILL = (
    {"name": "a", "type": "dense", "units": 8},
    {"name": "b", "type": "scale", "factor": 100000},
    {"name": "c", "type": "sin"},
)


def test_where_rounding_is_enlarged_nothing_is_shown():
    """Sums in another order change the last digits, of which the sine of large numbers makes many."""
    (trial,) = of_module(network(*ILL, shape=(32,)))
    assert trial.outcome == "not shown"
    assert "the last digits of its inputs" in trial.detail


def test_zeros_are_equal():
    """A gradient that is 0 throughout, in single precision."""
    (trial,) = of_module(network({"name": "h", "type": "linear", "units": 1}, {"name": "g", "type": "sign"}), "float32")
    assert trial.outcome == "shown"


def test_where_lost_digits_decide_nothing_is_shown():
    """The sign of a sum of probabilities less 1."""
    layers = (
        {"name": "p", "type": "softmax"},
        {"name": "t", "type": "reduce_sum", "axes": [0]},
        {"name": "d", "type": "scale", "offset": -1},
        {"name": "s", "type": "sign"},
    )
    (trial,) = of_module(network(*layers, shape=(7,)))
    assert trial.outcome != "wrong"


def test_there_a_large_mistake_is_wrong(monkeypatch):
    whole = evidence.emit_module

    def altered(target):
        text = whole(target)
        return text.replace("100000.0 *", "100001.0 *") if target.name == "cupy" else text

    monkeypatch.setattr(evidence, "emit_module", altered)
    (trial,) = of_module(network(*ILL, shape=(32,)))
    assert trial.outcome == "wrong"


def test_the_next_numbers_differ_in_their_last_digit():
    class Handed:
        def gradients(self, *given):
            return given

    given = ({"w": np.ones(50)}, {"i": np.arange(3)}, np.float32([1, 2]))
    params, x, y = Nudged(Handed(), 0).gradients(*given)
    assert set(params["w"]) == {np.nextafter(1, 0), np.nextafter(1, 2)}
    assert np.array_equal(x["i"], np.arange(3))
    assert y.dtype == np.float32
    assert (y != given[2]).all()


@pytest.mark.parametrize("exponent", [2, 16, 17, 40])
def test_powers(exponent, monkeypatch):
    derivation = network({"name": "a", "type": "power", "exponent": exponent}, shape=(4,))
    x, y = np.array([[-1.5, 0.5, 2, -0.1]]), np.ones((1, 4))
    wanted = x**exponent
    for module in (load(dyadic.emit(derivation, "c").text, "in_c"), emulated(derivation, "float64", monkeypatch)):
        np.testing.assert_allclose(np.asarray(module.wavefront({}, x, y).x["a"]), wanted, rtol=1e-14)


@pytest.mark.parametrize("target", ["c", "cupy"])
def test_the_text_of_a_large_power_is_short(target):
    text = dyadic.emit(network({"name": "a", "type": "power", "exponent": 10**6}), target).text
    assert max(map(len, text.splitlines())) < 400


@pytest.mark.parametrize("target", ["numpy", "c", "cupy", "onnx"])
@pytest.mark.parametrize("number", [Rational(10) ** 40, Rational(1, 10**60)])
def test_a_number_that_a_type_has_not_is_refused(target, number):
    derivation = network({"name": "a", "type": "scale", "factor": number})
    with pytest.raises(dyadic.DyadicError, match=r"scale: factor = 1.00E.* has no value in float32"):
        dyadic.emit(derivation, target, "float32")
    assert dyadic.emit(derivation, target).text
