"""Every layer type and cost of the catalogue, the examples and imported models as CuPy modules, held to NumPy.

The kernels run on the CPU by emulation; what is shown is the meaning of the emitted text there.
"""

import tomllib

import pytest
from support.emulated import emulated, worst
from support.long_tests import one_in
from support.modules import load, random_state, same_bits

from dyadic.catalogue import _NUMBER, _cost_network, example_network
from dyadic.codegen import emit
from dyadic.codegen.emulator.module_comparison import draw
from dyadic.symbolic import architecture, derive, read_spec
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.spec import LAYER_TYPES

TOLERANCE = {"float64": 1e-12, "float32": 1e-4}


pytestmark = pytest.mark.usefixtures("compiler")


def example(name):
    return example_network(name, numeric=True) if name in LAYER_TYPES else _cost_network(name, _NUMBER)


@pytest.mark.parametrize("name", one_in(8, [*LAYER_TYPES, *COSTS]))
def test_catalogue(name, monkeypatch):
    """Every example is emitted, none refused, and computes what its NumPy module computes."""
    derivation = example(name)
    where, difference = worst(derivation, monkeypatch, order=len(name) % 4)
    assert difference < TOLERANCE["float64"], where


@pytest.mark.parametrize(
    "name", ["conv", "max_pool", "embedding", "layer_norm", "multi_head_attention", "cross_entropy"]
)
def test_single_precision(name, monkeypatch):
    where, difference = worst(example(name), monkeypatch, "float32")
    assert difference < TOLERANCE["float32"], where


@pytest.mark.parametrize(
    ("dtype", "batch"),
    [
        ("float64", 2),
        pytest.param("float64", 9, marks=pytest.mark.long),
        pytest.param("float32", 9, marks=pytest.mark.long),
    ],
)
@pytest.mark.parametrize("name", one_in(4, ["lenet", "decoder", "lstm"]))
def test_examples(name, dtype, batch, monkeypatch):
    """At batch sizes on either side of the one below which contractions take another kernel."""
    derivation = derive(read_spec(f"examples/{name}.toml"))
    where, difference = worst(derivation, monkeypatch, dtype, batch, order=5)
    assert difference < TOLERANCE[dtype], where


@pytest.mark.parametrize("name", ["decoder", "lstm"])
def test_relaxation_is_bitwise_exact(name, monkeypatch):
    derivation = derive(read_spec(f"examples/{name}.toml"))
    module = emulated(derivation, "float64", monkeypatch)
    given = draw(derivation, module, 2, 3)
    exact, relaxed = module.wavefront(*given), module.relax(*given, state=random_state(module, 2, 4))
    assert all(same_bits(relaxed.x[n], exact.x[n]) and same_bits(relaxed.s[n], exact.s[n]) for n in module.VERTICES)


def test_integers_are_checked(monkeypatch):
    module = emulated(derive(read_spec("examples/decoder.toml")), "float64", monkeypatch)
    params, x, y = draw(derive(read_spec("examples/decoder.toml")), module, 2, 3)
    x["tokens"][1, 2] = module.BELOW["tokens"]
    with pytest.raises(ValueError, match="must hold integers from 0 to 49"):
        module.gradients(params, x, y)


@pytest.mark.parametrize("target", ["numpy", "cupy"])
def test_a_sensitivity_that_is_zero_has_the_shape_of_its_batch(target, monkeypatch):
    """Nothing that the adjoint of a floor reads shows the batch size."""
    layers = [{"name": "a", "type": "dense", "units": 4}, {"name": "b", "type": "floor"}]
    spec = {"inputs": {"x": {"shape": [3]}}, "layers": layers, "cost": {"type": "squared_error"}}
    derivation = derive(architecture(spec))
    module = emulated(derivation, "float64", monkeypatch) if target == "cupy" else load(emit(derivation, target))
    given = draw(derivation, module, 5, 3)
    _, gradients = module.gradients(*given)
    assert module.wavefront(*given).s["a"].shape == (5, 4)
    assert not any(gradient.any() for gradient in gradients.values())


PARAMETERS_ONLY = """
parameters.q.shape = [3, 4]
parameters.k.shape = [5, 4]
parameters.v.shape = [5, 6]
inputs.x.shape = [3, 6]
cost.type = "squared_error"
[[layers]]
name = "looked"
type = "attention"
inputs = ["q", "k", "v"]
[[layers]]
name = "joined"
type = "mul"
inputs = ["looked", "x"]
"""


def test_a_layer_that_reads_parameters_only_has_a_result_for_each_sample(monkeypatch):
    derivation = derive(architecture(tomllib.loads(PARAMETERS_ONLY)))
    reference = load(emit(derivation, "numpy", "float64"))
    given = draw(derivation, reference, 2, 3)
    assert reference.wavefront(*given).x["looked"].shape == (2, 3, 6)
    where, difference = worst(derivation, monkeypatch)
    assert difference < TOLERANCE["float64"], where
