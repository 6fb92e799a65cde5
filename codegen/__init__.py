"""What runs: a derivation's equations as code, one standalone module per architecture and dtype.

program.py        batched routines per layer kind, before any target
prepare.py        their definitions with numbers for sizes and affine indices
loops/            kernels, schedules and scheduled nests as data, for the targets that write loops
assembly.py       the vertex-by-vertex part that all targets share    emission.py  its result
index_maps.py     integer index expressions with known sizes, made affine where possible
c_*.py            nests as text of the C family; _target and _inline: a C extension; _gathered: convolutions
cuda_printer.py   the same as CUDA
sequential_printer.py  as functions of plain C    kernel_target.py  what targets with kernels share
numpy_*.py        vectorised NumPy: _target and _printer (the walk), _windows (entries), _contract (sums), _passes
                  and _inline (the gradients in one straight line), _workspace (the same with kept arrays)
onnx_*.py         ONNX graphs: _target (the plan), _printer (the walk), _entries, _arrays, _functions, _operations
                  (nodes as data), _file
factors.py        products taken apart, and contraction_order.py, which are multiplied first: for whole arrays
templates/        skeletons; printers hold the mathematics
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dyadic.codegen.assembly import DTYPES, Target, emit_module, stored_arrays
from dyadic.codegen.c_target import CTarget
from dyadic.codegen.cupy_target import CupyTarget, expect_tensor_cores
from dyadic.codegen.emission import Emission
from dyadic.codegen.numpy_target import NumpyTarget
from dyadic.codegen.onnx_file import emit_onnx
from dyadic.symbolic.derivation import Derivation, expect_derivation
from dyadic.symbolic.errors import DyadicError, expect, expect_one_of

TARGET_TYPES: dict[str, type[Target]] = {"c": CTarget, "cupy": CupyTarget, "numpy": NumpyTarget}
TARGETS = ("cupy", "numpy", "c", "onnx")


def emit(
    derivation: Derivation,
    target: str,
    dtype: str = "float64",
    sizes: Mapping[str, int] | None = None,
    tensor_cores: str | None = None,
) -> Emission:
    """A standalone module; for the target onnx a graph.

    Parameters
    ----------
    target: one of :data:`TARGETS`.  dtype: ``float32`` or ``float64``.
    sizes: numbers for the sizes that the architecture gives by name, positive and below 2^31.
    tensor_cores: of the target cupy in float32: large contractions go there, their factors rounded to ``tf32`` (10 bits
        of fraction), ``float16`` (10, from 2^-14 to 65504) or ``bfloat16`` (7), their products added in float32; the
        module's first lines say which.

    Raises :class:`DyadicError` for a target, dtype, format or size that there is not, a size that is still a name, or
    tensor cores where there are none.
    """
    expect_derivation(derivation)
    expect_one_of("dtype", dtype, DTYPES)
    expect_one_of("target", target, TARGETS)
    expect_tensor_cores(tensor_cores, target, dtype)
    if sizes is not None:
        expect("sizes", sizes, Mapping)
        derivation = _sized(derivation, sizes)
    if target == "onnx":
        return emit_onnx(derivation, dtype)
    made = CupyTarget(derivation, dtype, tensor_cores) if target == "cupy" else TARGET_TYPES[target](derivation, dtype)
    return Emission(emit_module(made), stored_arrays(derivation.architecture))


def _sized(derivation: Derivation, sizes: Mapping[str, int]) -> Derivation:
    """The derivation with numbers for named sizes: the layers' equations hold for all sizes and stay as they are."""
    for name, value in sizes.items():
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**31:
            raise DyadicError(f"size {name} = {value!r}: write a positive integer below 2^31")
    return replace(derivation, architecture=derivation.architecture.with_sizes(sizes))


__all__ = ["DTYPES", "TARGETS", "TARGET_TYPES", "Emission", "emit"]

if __name__ != "dyadic.codegen":  # one module must not exist under two names
    raise ImportError("import dyadic.codegen, not codegen: the folder is a part of the package dyadic")
