"""Tensors that an ONNX file stores, as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.limits import few_axes


def array_of(onnx: Any, tensor: Any) -> np.ndarray:
    """The numbers of a stored tensor.  Raises :class:`SpecError` where they cannot be had."""
    where = f"tensor {tensor.name!r}"
    few_axes(where, len(tensor.dims))
    if any(size < 0 for size in tensor.dims):  # which NumPy would take for what is left over
        raise SpecError(where, f"its shape is {list(tensor.dims)}", "the file is damaged: export it, or get it, again")
    if tensor.data_type in (onnx.TensorProto.COMPLEX64, onnx.TensorProto.COMPLEX128):
        raise SpecError(where, "holds complex numbers", "only real ones are read")
    if tensor.data_type == onnx.TensorProto.STRING:
        raise SpecError(where, "holds text", "only numbers are read")
    try:
        array = onnx.numpy_helper.to_array(tensor)
        return array if array.dtype.kind in "fiub" else array.astype(np.float32)  # bfloat16 and the like
    except Exception as error:  # whatever onnx meets: data that do not fit dims, an unknown type
        problem = f"its data cannot be read ({str(error)[:120]})"
        raise SpecError(where, problem, "the file is damaged: export it, or get it, again") from error
