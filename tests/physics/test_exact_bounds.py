"""Bounds are about the equations' own numbers, and about the run that was given."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from support.optional import needed
from support.rounded_chain import CHAIN, changed, derived

import dyadic
from dyadic.physics.explained_rounding import said
from dyadic.physics.loading import emitted_network, imported
from dyadic.physics.module_process import ModuleProcess
from dyadic.physics.prior_bounds import prior_bounds
from dyadic.physics.starts import problem


def one_weight(layers, cost, **rest):
    specification = {"name": "one", "inputs": {"x": {"shape": [1]}}, "layers": layers, "cost": cost, **rest}
    return derived(specification)


DENSE = {"name": "o", "type": "dense", "units": 1}


@pytest.mark.parametrize(
    ("layers", "cost", "rest", "exact"),
    [
        ([DENSE], {"type": "huber", "delta": 0.7}, {}, Fraction(7, 10)),
        ([DENSE], {"type": "squared_error", "weight": 0.3}, {}, Fraction(3, 10)),
        ([DENSE], {"type": "squared_error"}, {"weight_decay": 0.001}, 1 + Fraction(1, 1000)),
        ([{"name": "s", "type": "scale", "factor": 0.1}, DENSE], {"type": "squared_error"}, {}, Fraction(1, 100)),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_constants_that_are_no_doubles_are_exact(layers, cost, rest, exact, dtype):
    """W = 1, b = 0, x = 1, y = 0: the gradient of the weight is a rational that is known."""
    derivation = one_weight(layers, cost, **rest)
    module = emitted_network(derivation, "numpy", dtype).module
    p = {"o.weight": np.ones((1, 1), dtype), "o.bias": np.zeros(1, dtype)}
    x, y = np.ones((1, 1), dtype), np.zeros((1, 1), dtype)
    computed = Fraction(float(module.gradients(p, x, y)[1]["o.weight"][0, 0]))
    found = dyadic.certify(derivation, module, p, x, y)
    bound = Fraction(next(one.error for one in found.gradients if one.parameter == "o.weight"))
    assert found.verdict == "proved"
    assert 0 < abs(computed - exact) <= bound <= abs(computed - exact) * Fraction(1001, 1000)


def test_roots_and_pi_are_exact():
    """The derivative of erf at 0 is 2 / sqrt(pi)."""
    mpmath = needed("mpmath")
    derivation = one_weight([{"name": "e", "type": "erf"}, DENSE], {"type": "squared_error"})
    network = emitted_network(derivation)
    given = problem(network, None, None, 1, 0)
    found = dyadic.certify(derivation, network.module, *given)
    with mpmath.workdps(40):
        h = mpmath.erf(float(given[1]["x"][0, 0]) if isinstance(given[1], dict) else float(given[1][0, 0]))
        w, b = (mpmath.mpf(float(given[0][name].ravel()[0])) for name in ("o.weight", "o.bias"))
        exact = (w * h + b - float(np.ravel(given[2])[0])) * h
        (one,) = [one for one in found.gradients if one.parameter == "o.weight"]
        assert abs(exact - one.computed) <= one.error


def ran(line):
    derivation = derived(CHAIN)
    module = changed(derivation, "    loss = C_cost.sum() / batch", f"    {line}; loss = C_cost.sum() / batch")
    return dyadic.certify(derivation, module, *problem(emitted_network(derivation), None, None, 3, 0))


def test_a_module_that_writes_into_its_arguments_is_held_against_what_it_was_given():
    derivation = derived(CHAIN)
    text = emitted_network(derivation).text + (
        "\n\n_true = gradients\n\n\ndef gradients(params, x, y):\n"
        "    for array in x.values():\n        array /= 2\n    return _true(params, x, y)\n"
    )
    given = problem(emitted_network(derivation), None, None, 3, 0)
    assert dyadic.certify(derivation, imported(text), *given).verdict == "refuted"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("W_bar_c = W_bar_c + 1j", "W_bar_c|c.weight is of type complex128"),
        ("W_bar_c = np.ma.masked_array(W_bar_c, mask=True)", "c.weight is a masked array"),
        ("W_bar_c = W_bar_c.astype(object)", "c.weight is of type object"),
        ("raise SystemExit(0)", r"computes no gradients \(SystemExit: 0\)"),
        ("raise GeneratorExit", r"computes no gradients \(GeneratorExit: "),
        ("raise type('Own', (BaseException,), {})", r"computes no gradients \(Own: "),
    ],
)
def test_what_a_module_may_not_give_is_refused(line, message):
    with pytest.raises(dyadic.DyadicError, match=message):
        ran(line)


@pytest.mark.parametrize("raised", ["SystemExit(0)", "GeneratorExit", "BaseException('so')"])
def test_a_file_that_raises_anything_is_refused(tmp_path, raised):
    path = tmp_path / "module.py"
    path.write_text(f"raise {raised}")
    with pytest.raises(dyadic.DyadicError, match="cannot be imported"):
        ModuleProcess(path)


def test_a_module_whose_shapes_cannot_be_compared_is_of_another_network():
    derivation = derived(CHAIN)
    module = imported(emitted_network(derivation).text)
    module.PARAMETERS = {name: np.array(shape) for name, shape in module.PARAMETERS.items()}
    with pytest.raises(dyadic.DyadicError, match="its tensors have other shapes"):
        dyadic.certify(derivation, module, *problem(emitted_network(derivation), None, None, 3, 0))


def test_a_number_of_which_no_digit_is_certain_is_shown_as_a_ball():
    assert said(arb(0, 1e-30)) == "[+/- 1.01e-30]"
    assert said(arb(3) / 4) == "0.75000000000000000000"


def test_a_gradient_that_is_exactly_0_has_no_error():
    derivation = one_weight([DENSE], {"type": "squared_error"})
    module = emitted_network(derivation).module
    p = {"o.weight": np.zeros((1, 1)), "o.bias": np.zeros(1)}
    found = dyadic.certify(derivation, module, p, np.zeros((1, 1)), np.zeros((1, 1)))
    assert [(one.error, one.relative) for one in found.gradients] == [(0.0, 0.0)] * 2
    assert (found.verdict, found.bits) == ("proved", 128)


SQUARED = [{"name": "m", "type": "mul", "inputs": ["x", "x"]}, {"name": "s", "type": "scale", "factor": 1e20}, DENSE]


def of_one_number(layers, x, y, dtype="float32"):
    derivation = one_weight(layers, {"type": "squared_error"})
    module = emitted_network(derivation, "numpy", dtype).module
    p = {"o.weight": np.ones((1, 1), dtype), "o.bias": np.zeros(1, dtype)}
    return dyadic.certify(derivation, module, p, np.full((1, 1), x, dtype), np.full((1, 1), y, dtype))


def test_a_number_that_becomes_too_small_on_the_way_refutes_nothing():
    """x^2 is 0 in float32, and 1e20 times it would not be."""
    found = of_one_number(SQUARED, 1e-24, -1.0)
    assert found.verdict == "proved"
    (one,) = [one for one in found.gradients if one.parameter == "o.weight"]
    assert (one.computed, 1e-28 < one.error < 1.01e-28) == (0.0, True)


@pytest.mark.parametrize(
    ("layer", "x", "reason"), [("sqrt", -1.0, "exact gradient"), ("exp", 101.0, "too large for float32")]
)
def test_what_has_no_value_or_a_too_large_one_is_undecided(layer, x, reason):
    found = of_one_number([{"name": "m", "type": layer}, DENSE], x, 0.0)
    assert found.verdict == "undecided"
    assert reason in (found.reason or found.gradients[0].reason)


def test_a_square_over_a_box_around_0_has_a_bound():
    derivation = one_weight([{"name": "m", "type": "power", "exponent": 2}, DENSE], {"type": "squared_error"})
    module = emitted_network(derivation).module
    p = {"o.weight": np.ones((1, 1)), "o.bias": np.zeros(1)}
    found = prior_bounds(derivation, module, p, np.zeros((1, 1)), np.ones((1, 1)), 0.1)
    assert found.verdict == "proved", found.reason
    assert all(one.largest < 1.1 for one in found.gradients)
