"""Emitted CuPy modules on the CPU, compared with NumPy modules; the modules of all targets by one call."""

import re
import sys

from support.modules import load
from support.optional import require

from dyadic.codegen import emit
from dyadic.codegen.compilers import find_c_compiler
from dyadic.codegen.emulator import EmulationError, find_compiler
from dyadic.codegen.emulator.module_comparison import differences, finite_draw
from dyadic.codegen.emulator.module_comparison import worst as largest
from dyadic.codegen.emulator.stand_in import stand_in
from dyadic.symbolic import architecture, derive


def emulated(derivation, dtype, monkeypatch, order=0):
    monkeypatch.setitem(sys.modules, "cupy", stand_in(order))
    return load(emit(derivation, "cupy", dtype).text, "emitted_cupy")


def emitted(derivation, target, monkeypatch, dtype="float64"):
    """The module of a target, the cupy target's on the CPU; skips where there is no compiler for it."""
    require(target != "c" or find_c_compiler(), "no C compiler")
    require(target != "cupy" or find_compiler(), "no C++ compiler (g++ or clang++)")
    if target == "cupy":
        return emulated(derivation, dtype, monkeypatch)
    return load(emit(derivation, target, dtype), f"emitted_{target}")


def shows(difference):
    """Whether a mistake does, in some order of the threads: by a difference from what is wanted, or by a refusal."""
    found = []
    for order in (0, 1, 5):
        try:
            found.append(not difference(order) < 1e-12)
        except EmulationError:
            found.append(True)
    return any(found)


def kernel_source(text):
    """The CUDA source in an emitted CuPy module."""
    return re.search(r'KERNELS = r"""(.*?)"""', text, re.DOTALL)[1]


def two_layers(cost="squared_error", inner=5):
    layers = [
        {"name": "a", "type": "dense", "units": inner, "activation": "tanh"},
        {"name": "b", "type": "dense", "units": 3},
    ]
    spec = {"inputs": {"x": {"shape": [4]}}, "layers": layers, "cost": {"type": cost}}
    return derive(architecture(spec))


def drawn(derivation, batch=4, dtype="float64"):
    """Parameters, inputs and targets at which the network's value and gradients are finite."""
    return finite_draw(derivation, load(emit(derivation, "numpy", dtype), "reference"), batch, 0, dtype)


def worst(derivation, monkeypatch, dtype="float64", batch=3, order=0):
    """Where the largest difference from the NumPy module is, and how large."""
    module = emulated(derivation, dtype, monkeypatch, order)
    reference = load(emit(derivation, "numpy", dtype), "emitted_numpy")
    given = finite_draw(derivation, reference, batch, 3, dtype)
    return largest(differences(module, reference, given))
