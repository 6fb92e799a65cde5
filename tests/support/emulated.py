"""Emitted CuPy modules on the CPU: a stand-in for CuPy on NumPy arrays, and the comparison with NumPy modules.

Kernels go through the emulation with its strict argument checks: what is tested is the whole emitted module,
launch grids and argument lists included.
"""

import sys
import types

import numpy as np
from support.modules import any_data, differences, load

from dyadic.codegen import emit
from dyadic.codegen.emulator import Kernels


def fake_cupy(order=0):
    """A module object that has what emitted modules use of CuPy; ``order``: order of the threads of a block."""

    class RawModule:
        def __init__(self, code, options=()):
            assert options == ("--std=c++17",)
            self.kernels = Kernels(code)

        def get_function(self, name):
            return lambda grid, block, arguments: self.kernels.launch(name, grid, block, arguments, order)

    def empty(shape, dtype):
        # What a kernel fails to write must show.
        return np.full(shape, np.nan if np.dtype(dtype).kind == "f" else -(2**31), dtype)

    cuda = types.SimpleNamespace(is_available=lambda: True)
    return types.SimpleNamespace(
        RawModule=RawModule,
        cuda=cuda,
        empty=empty,
        zeros=np.zeros,
        asarray=np.asarray,
        ascontiguousarray=np.ascontiguousarray,
    )


def emulated(derivation, dtype, monkeypatch, order=0):
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy(order))
    return load(emit(derivation, "cupy", dtype).text, "emitted_cupy")


INTERVALS = (None, (0.2, 2.0), (0.1, 0.9), (1.1, 2.0))
"""Where to draw inputs from: the first in which all functions of a network have values."""


def worst(derivation, monkeypatch, dtype="float64", batch=3, order=0):
    """The largest difference from the NumPy module, and where it is; NaN, from what was never written, is largest."""
    module = emulated(derivation, dtype, monkeypatch, order)
    reference = load(emit(derivation, "numpy", dtype).text, "emitted_numpy")
    for interval in INTERVALS:
        given = any_data(derivation, reference, batch, 3, dtype, interval)
        with np.errstate(all="ignore"):
            loss, gradients = reference.gradients(*given)
            state = reference.wavefront(*given)
        arrays = [loss, *gradients.values(), *state.x.values(), *state.s.values()]
        if all(np.isfinite(array).all() for array in arrays):
            break
    else:
        raise AssertionError("the NumPy module has no finite values to compare with")
    found = differences(module, reference, given)
    return max(found.items(), key=lambda item: np.nan_to_num(item[1], nan=np.inf))
