"""The same checks on a real device, where there is one."""

from functools import partial

import numpy as np
import pytest
from support.modules import load, random_state, same_bits
from support.sixteen_bits import nearest16
from support.tf32 import nearest

from dyadic.catalogue import _NUMBER, _cost_network, example_network
from dyadic.codegen import emit
from dyadic.codegen.emulator.module_comparison import differences, finite_draw, worst
from dyadic.symbolic import architecture, derive, read_spec
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.spec import LAYER_TYPES

cupy = pytest.importorskip("cupy", reason="CuPy is not installed")


@pytest.fixture(autouse=True)
def _device():
    try:
        available = cupy.cuda.is_available()
    except Exception as error:
        pytest.skip(f"no CUDA device: {error}")
    if not available:
        pytest.skip("no CUDA device is visible")


TOLERANCES = [("float64", 1e-12), ("float32", 1e-4)]


class OnHost:
    """An emitted module whose results are brought to the host."""

    def __init__(self, module):
        self.module = module

    def gradients(self, *given):
        loss, gradients = self.module.gradients(*given)
        return cupy.asnumpy(loss), {name: cupy.asnumpy(array) for name, array in gradients.items()}

    def wavefront(self, *given):
        return self._host(self.module.wavefront(*given))

    def relax(self, *given, **options):
        return self._host(self.module.relax(*given, **options))

    def _host(self, state):
        return self.module.State(*({n: cupy.asnumpy(a) for n, a in part.items()} for part in (state.x, state.s)))


def held_to_numpy(derivation, dtype, tolerance, batches):
    module = OnHost(load(emit(derivation, "cupy", dtype), "emitted_cupy"))
    reference = load(emit(derivation, "numpy", dtype), "emitted_numpy")
    for batch in batches:
        given = finite_draw(derivation, reference, batch, 0, dtype)
        where, difference = worst(differences(module, reference, given))
        assert difference < tolerance, where


@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES)
@pytest.mark.parametrize("name", ["digits", "lenet", "decoder", "lstm"])
def test_examples(name, dtype, tolerance):
    derivation = derive(read_spec(f"examples/{name}.toml"))
    held_to_numpy(derivation, dtype, tolerance, (1, 7, 8, 100))


@pytest.mark.parametrize("name", [*LAYER_TYPES, *COSTS])
def test_catalogue(name):
    derivation = example_network(name, numeric=True) if name in LAYER_TYPES else _cost_network(name, _NUMBER)
    held_to_numpy(derivation, "float64", 1e-12, (3, 33))


@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES)
@pytest.mark.parametrize("width", [33, 256, 1024])
def test_every_tile(width, dtype, tolerance):
    layers = [{"name": name, "type": "dense", "units": width, "activation": "tanh"} for name in "ab"]
    spec = {"inputs": {"x": {"shape": [width]}}, "layers": layers, "cost": {"type": "squared_error"}}
    held_to_numpy(derive(architecture(spec)), dtype, tolerance, (1, 16, 257))


ROUNDINGS = {
    "tf32": (nearest, 1e-2),
    "float16": (partial(nearest16, form="float16"), 1e-2),
    "bfloat16": (partial(nearest16, form="bfloat16"), 8e-2),
}


@pytest.mark.parametrize("form", ROUNDINGS)
@pytest.mark.parametrize("width", [33, 256, 4096])
def test_tensor_cores_equal_numpy_with_rounded_factors(width, form):
    """One layer with an inference that depends on given numbers alone; gradients near those without rounding."""
    layers = [{"name": "a", "type": "dense", "units": width, "bias": False}]
    spec = {"inputs": {"x": {"shape": [width]}}, "layers": layers, "cost": {"type": "squared_error"}}
    derivation = derive(architecture(spec))
    module = OnHost(load(emit(derivation, "cupy", "float32", tensor_cores=form), "emitted_cupy"))
    reference = load(emit(derivation, "numpy", "float32"), "emitted_numpy")
    given = params, x, _ = finite_draw(derivation, reference, 257, 0, "float32")
    near, tolerance = ROUNDINGS[form]
    wanted = near(x["x"]) @ near(params["a.weight"]).T
    found = module.wavefront(*given).x["a"]
    # Sums of 4096 products in float32, which tensor cores may cut off; without the rounding 1e-4 and more lie between.
    assert np.max(np.abs(found - wanted)) < 3e-5 * np.max(np.abs(wanted))
    assert worst(differences(module, reference, given))[1] < tolerance


@pytest.mark.parametrize("name", ["digits", "decoder", "lstm"])
def test_relaxation_is_bitwise_exact(name):
    derivation = derive(read_spec(f"examples/{name}.toml"))
    emitted = load(emit(derivation, "cupy", "float32"), "emitted_cupy")
    module, given = OnHost(emitted), finite_draw(derivation, load(emit(derivation, "numpy")), 100, 0, "float32")
    exact, relaxed = module.wavefront(*given), module.relax(*given, state=random_state(emitted, 100, 1, "float32"))
    for vertex in emitted.VERTICES:
        assert same_bits(relaxed.x[vertex], exact.x[vertex])
        assert same_bits(relaxed.s[vertex], exact.s[vertex])
