"""What runs: a derivation's equations as code, one standalone module per architecture and dtype.

program.py        batched routines per layer kind, before any target
prepare.py        their definitions with numbers for sizes and affine indices
loops/            kernels, schedules and scheduled nests as data, for the targets that write loops
c_*.py            nests as text of the C family; cuda_printer.py: as CUDA
assembly.py       the vertex-by-vertex part that all targets share    emission.py  its result
index_maps.py     integer index expressions with known sizes, made affine where possible
numpy_*.py        vectorised NumPy: _target and _printer (the walk), _windows (entries), _contract (sums)
templates/        skeletons; printers hold the mathematics
"""

from __future__ import annotations

from dyadic.codegen.assembly import DTYPES, Target, emit_module, stored_arrays
from dyadic.codegen.cupy_target import CupyTarget
from dyadic.codegen.emission import Emission
from dyadic.codegen.numpy_target import NumpyTarget
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.errors import DyadicError

_TARGETS: dict[str, type[Target]] = {"cupy": CupyTarget, "numpy": NumpyTarget}
TARGETS = ("cupy", "numpy", "c")


def emit(derivation: Derivation, target: str, dtype: str = "float64") -> Emission:
    """A standalone module for a target (see :data:`TARGETS`) and dtype (float32 or float64)."""
    if dtype not in DTYPES:
        raise DyadicError(f"dtype {dtype!r} is unknown; choose one of {', '.join(DTYPES)}")
    if target == "c":
        raise DyadicError("there is no C target yet; choose numpy or cupy")
    if target not in _TARGETS:
        raise DyadicError(f"target {target!r} is unknown; choose one of {', '.join(TARGETS)}")
    return Emission(emit_module(_TARGETS[target](derivation, dtype)), stored_arrays(derivation.architecture))


__all__ = ["DTYPES", "TARGETS", "Emission", "emit"]

if __name__ != "dyadic.codegen":  # one module must not exist under two names
    raise ImportError("import dyadic.codegen, not codegen: the folder is a part of the package dyadic")
