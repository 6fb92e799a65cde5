"""The same checks on a real device, where there is one."""

import numpy as np
import pytest
from support.modules import data, load, random_state, relative, same_bits

from dyadic.codegen import emit
from dyadic.symbolic import derive, read_spec

cupy = pytest.importorskip("cupy", reason="CuPy is not installed")


@pytest.fixture(autouse=True)
def _device():
    try:
        available = cupy.cuda.is_available()
    except Exception as error:
        pytest.skip(f"no CUDA device: {error}")
    if not available:
        pytest.skip("no CUDA device is visible")


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-4)])
def test_digits(dtype, tolerance):
    derivation = derive(read_spec("examples/digits.toml"))
    module = load(emit(derivation, "cupy", dtype), "emitted_cupy")
    reference = load(emit(derivation, "numpy", dtype), "emitted_numpy")
    params, x, y = data(reference, 100, 0, dtype)
    loss, gradients = module.gradients(params, x, y)
    wanted_loss, wanted = reference.gradients(params, x, y)
    assert relative(np.asarray(loss.get()), wanted_loss) < tolerance
    assert all(relative(gradients[name].get(), wanted[name]) < tolerance for name in wanted)
    exact = module.wavefront(params, x, y)
    relaxed = module.relax(params, x, y, state=random_state(module, 100, 1, dtype))
    for name in module.VERTICES:
        assert same_bits(relaxed.x[name].get(), exact.x[name].get())
        assert same_bits(relaxed.s[name].get(), exact.s[name].get())
