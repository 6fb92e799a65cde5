"""What rounding explains, and what it does not: wrong gradients never pass as proved, in whatever network."""

import numpy as np
import pytest
from support.rounded_chain import CHAIN, changed, derived

import dyadic
from dyadic.physics import explained_rounding, rounding
from dyadic.physics.loading import emitted_network
from dyadic.physics.prior_bounds import prior_bounds
from dyadic.physics.starts import problem
from dyadic.rounding_files import run_bounds
from dyadic.rounding_text import prior_text, rounding_text
from dyadic.terminal import Page

LAST = "    loss = C_cost.sum() / batch"


class Altered:
    """A module whose gradients somebody changes."""

    def __init__(self, module, change):
        self.module, self.change = module, change

    def __getattr__(self, name):
        return getattr(self.module, name)

    def gradients(self, *given):
        loss, found = self.module.gradients(*given)
        return loss, {name: self.change(name, array.copy()) for name, array in found.items()}


def said(found):
    return " ".join(" ".join(rounding_text(found, Page(100, False))).split())


def deep(depth, width=3, **rest):
    layers = [{"name": f"l{k}", "type": "dense", "units": width, "activation": "tanh"} for k in range(depth)]
    return derived({**CHAIN, "inputs": {"x": {"shape": [width]}}, "layers": layers, **rest})


@pytest.fixture(scope="module")
def long_chain():
    """30 layers in float32: balls of its precision allow more than the gradients are."""
    derivation = deep(30)
    module = emitted_network(derivation, "numpy", "float32").module
    random = np.random.default_rng(1)
    p = {name: random.standard_normal(shape).astype("float32") for name, shape in module.PARAMETERS.items()}
    x, y = (random.standard_normal((1, 3)).astype("float32") for _ in range(2))
    return derivation, module, (p, x, y)


@pytest.mark.parametrize("factor", [0, -1, 2, 1.001, 1e6, 1e-3])
def test_a_wrong_gradient_of_a_deep_network_is_not_proved(factor, long_chain):
    derivation, module, given = long_chain
    found = dyadic.certify(derivation, Altered(module, lambda name, g: (factor * g).astype("float32")), *given)
    assert all(one.verdict != "proved" for one in found.gradients)
    assert "PROVED" not in said(found)
    if factor == 0:
        assert any("the bound is larger than the gradient" in (one.reason or "") for one in found.gradients)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("factor", [0, -1, 2, 1.5, 1.0])
def test_a_sum_that_cancels_vouches_for_no_wrong_gradient(dtype, factor):
    """In another order the sum may be off by more than the gradient is; the order that was taken is exact."""
    layers = [{"name": "l", "type": "dense", "units": 1}]
    derivation = derived({**CHAIN, "inputs": {"x": {"shape": [40]}}, "layers": layers})
    module = emitted_network(derivation, "numpy", dtype).module
    x = np.tile([2.0**40, -(2.0**40)] if dtype == "float64" else [2.0**20, -(2.0**20)], 20)[None].astype(dtype)
    p = {"l.weight": np.ones((1, 40), dtype), "l.bias": np.zeros(1, dtype)}
    altered = Altered(module, lambda name, g: (g * factor if name == "l.bias" else g).astype(dtype))
    found = dyadic.certify(derivation, altered, p, x, np.ones((1, 1), dtype))
    assert (found.verdict.value == "proved") == (factor == 1.0)


def test_one_gradient_of_zeros_among_right_ones_is_not_proved(long_chain):
    derivation, module, given = long_chain
    found = dyadic.certify(derivation, Altered(module, lambda name, g: g * (name != "l0.weight")), *given)
    assert [one.parameter for one in found.gradients if one.verdict != "proved"] == ["l0.weight"]
    assert found.verdict == "undecided"
    content = found.as_dict()
    assert run_bounds(content, derivation).bounds[0].verdict == content["gradients"]["l0.weight"]["verdict"]


def test_the_emitted_code_of_a_deep_network_is_proved(long_chain):
    derivation, module, given = long_chain
    found = dyadic.certify(derivation, module, *given)
    assert found.verdict == "proved"
    assert found.relative < 1e-3
    later = changed(derivation, "l0.weight'].T", "l0.weight'].T[:, ::1]", "float32")
    assert dyadic.certify(derivation, later, *given).verdict == "proved"


def wrong(line, samples=3):
    derivation = derived()
    module = changed(derivation, LAST, f"    {line}\n{LAST}")
    return dyadic.certify(derivation, module, *problem(emitted_network(derivation), None, None, samples, 0))


@pytest.mark.parametrize("line", ["W_bar_c += 1.0", "W_bar_c *= np.nan", "W_bar_c[0, 1] = np.inf", "W_bar_c *= 0"])
def test_a_network_too_large_for_the_model_of_rounding_is_refuted(line, monkeypatch):
    monkeypatch.setattr(explained_rounding, "MOST_MODELLED", 1)
    found = wrong(line)
    assert (found.verdict, found.reason) == ("refuted", None)
    assert [one.parameter for one in found.gradients if one.verdict == "refuted"] == ["c.weight"]


@pytest.mark.long
@pytest.mark.parametrize("change", [1.0, np.nan])
def test_a_large_network(change):
    derivation = derived({
        **CHAIN, "inputs": {"x": {"shape": [1, 120, 120]}},
        "layers": [{"name": "c", "type": "conv", "filters": 2, "kernel": [1, 1]}, {"name": "t", "type": "tanh"},
                   {"name": "g", "type": "global_average_pool"}],
    })  # fmt: skip
    network = emitted_network(derivation)
    given = problem(network, None, None, 1, 0)
    assert dyadic.certify(derivation, network.module, *given).verdict == "proved"
    assert dyadic.certify(derivation, Altered(network.module, lambda _, g: g + change), *given).verdict == "refuted"


ONE = {"name": "o", "type": "dense", "units": 1}


@pytest.mark.parametrize(("dtype", "verdict"), [("float64", "refuted"), ("float32", "proved")])
def test_every_type_has_its_own_smallest_number(dtype, verdict):
    """1e-44 in place of 1e-50 (float64), and in place of the nearest number of float32, which 1e-50 has not."""
    derivation = derived({**CHAIN, "inputs": {"x": {"shape": [1]}}, "layers": [ONE]})
    module = emitted_network(derivation, "numpy", dtype).module
    zero = np.zeros((1, 1), dtype)
    p = {"o.weight": np.ones((1, 1), dtype), "o.bias": np.full(1, 1e-50 if dtype == "float64" else 1e-44, dtype)}
    other = Altered(module, lambda name, g: g + dtype_of(dtype, 1e-44) * (name == "o.bias") * (dtype == "float64"))
    assert dyadic.certify(derivation, other, p, zero, zero).verdict == verdict


def dtype_of(dtype, value):
    return np.dtype(dtype).type(value)


RELU = [{"name": "a", "type": "dense", "units": 1}, {"name": "r", "type": "relu"}, ONE]


@pytest.mark.parametrize("bias", [1e-7, 2e-8])
def test_what_balls_of_the_modules_precision_do_not_decide_has_bounds(bias):
    """1.1 x - 1.1 x + a little: 24 bits do not show its sign, 128 do."""
    derivation = derived({**CHAIN, "inputs": {"x": {"shape": [2]}}, "layers": RELU})
    module = emitted_network(derivation, "numpy", "float32").module
    single = lambda *value: np.array(value, "float32")  # noqa: E731
    p = {"a.weight": single([1.1, -1.1]), "a.bias": single(bias), "o.weight": single([2]), "o.bias": single(0)}
    x, y = single([3.3, 3.3]), single([1])
    found = dyadic.certify(derivation, module, p, x, y)
    assert (found.verdict, found.bits) == ("proved", 128)
    zeroed = dyadic.certify(derivation, Altered(module, lambda n, g: g * (n != "a.weight")), p, x, y)
    assert [one.parameter for one in zeroed.gradients if one.verdict != "proved"] == ["a.weight"]


def test_a_gradient_below_what_the_type_holds_has_a_sentence_of_its_own():
    """1 - tanh(20)^2 is 0 in float32, and so is the gradient of the weight, in the code emitted now too."""
    derivation = derived({**CHAIN, "inputs": {"x": {"shape": [1]}}, "layers": [{**ONE, "activation": "tanh"}]})
    module = emitted_network(derivation, "numpy", "float32").module
    one = np.ones((1, 1), "float32")
    found = dyadic.certify(derivation, module, {"o.weight": 20 * one, "o.bias": 0 * one[0]}, one, 0 * one)
    assert (found.verdict, len(found.unrelated)) == ("proved", 2)
    assert "the bound is no smaller than the gradient" in said(found)


def test_numbers_of_16_bits_are_refused():
    with pytest.raises(dyadic.DyadicError, match="of type float16; give one of float32 or float64"):
        wrong("W_bar_c = W_bar_c.astype(np.float16)")


def test_more_samples_than_balls_can_take_are_refused(monkeypatch):
    monkeypatch.setattr(rounding, "MOST_ENCLOSED", 30)
    with pytest.raises(dyadic.DyadicError, match="4 samples of 10 numbers each are too many; give at most 3"):
        wrong("pass", 4)


def test_a_bound_over_a_box_that_is_larger_than_the_gradient_is_said(long_chain):
    derivation, module, given = long_chain
    found = prior_bounds(derivation, module, *given, 0.0)
    text = " ".join(" ".join(prior_text(found, Page(100, False))).split())
    assert found.verdict == "proved"
    assert "nothing is shown of digits where the bound is larger than the gradient: l0.weight, " in text
