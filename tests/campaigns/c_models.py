"""Every model of the readers' tests, and the nine that onnx carries, as C modules held to NumPy's in double precision.

    PYTHONPATH=tests python -m campaigns.c_models [NAME ...]

Prints a table: model, largest relative difference and where, CPU seconds of emission.  Exit status 1 above 1e-12.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

import numpy as np

import dyadic
from dyadic.codegen.emulator.module_comparison import differences, finite_draw, worst
from dyadic.physics.loading import emitted_network

TOLERANCE = 1e-12


def exported(name):
    """A small model of PyTorch's, derived."""
    import torch
    from readers.torch_models import MODELS

    torch.manual_seed(0)
    module, arguments = MODELS[name]()
    return dyadic.derive(dyadic.from_torch(module, arguments))


def light_folder():
    import onnx

    return Path(onnx.__file__).parent / "backend/test/data/light"


def light(name):
    """A model that the onnx package carries, derived."""
    return dyadic.derive(dyadic.read(light_folder() / f"{name}.onnx"))


def compared(derivation):
    """Where the C module differs most from the NumPy module, and how much."""
    made, reference = (emitted_network(derivation, target).module for target in ("c", "numpy"))
    params, x, y = finite_draw(derivation, reference, 3, 0)
    return worst(differences(made, reference, (without_ties(params), x, signed(y))))


def signed(y):
    """Sensitivities of both signs: under equal ones the gradient of a softmax is nothing but rounding."""
    random = np.random.default_rng(1)
    parts = y if isinstance(y, dict) else {"": y}
    signed = {n: random.normal(size=part.shape) if part.dtype.kind == "f" else part for n, part in parts.items()}
    return signed if isinstance(y, dict) else signed[""]


def without_ties(params):
    """Random weights for constant ones, with which rounding alone decides which of many equal values is the largest."""
    random = np.random.default_rng(0)
    return {
        name: random.normal(size=value.shape) / np.prod(value.shape[1:]) ** 0.5
        if value.ndim > 1 and np.ptp(value) == 0
        else value
        for name, value in params.items()
    }


def main():
    from readers.torch_models import MODELS

    makers = dict.fromkeys(MODELS, exported) | {path.stem: light for path in sorted(light_folder().glob("*.onnx"))}
    largest = 0.0
    for name in sys.argv[1:] or makers:
        derivation = makers[name](name)
        started = time.process_time()
        dyadic.emit(derivation, "c")
        seconds = time.process_time() - started
        where, difference = compared(derivation)
        largest = max(largest, difference)
        print(f"{name:22} {difference:8.1e}  {where:40} {seconds:5.1f} s", flush=True)
    return int(not largest < TOLERANCE)


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    sys.exit(main())
