"""A stand-in for CuPy on NumPy arrays, so that an emitted module's own host code runs on the CPU.

Kernels go through the emulation with its strict argument checks: what is tested is the whole emitted module,
launch grids and argument lists included.
"""

import types

import numpy as np

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
        return np.full(shape, np.nan, dtype)  # what a kernel fails to write must show

    cuda = types.SimpleNamespace(is_available=lambda: True)
    return types.SimpleNamespace(
        RawModule=RawModule,
        cuda=cuda,
        empty=empty,
        zeros=np.zeros,
        asarray=np.asarray,
        ascontiguousarray=np.ascontiguousarray,
    )
