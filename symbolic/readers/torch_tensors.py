"""What is read of a tensor of PyTorch: its entries, what kind they are, its sizes, where it lies."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np
from sympy import Expr, Integer, Symbol


def kind_of(value: Any) -> str:
    """What a tensor holds: "f64", "f32", "i64", "b8" and so on, by kind and bits; empty for what is no tensor."""
    dtype = getattr(value, "dtype", None)
    if dtype is None or not hasattr(dtype, "is_floating_point"):
        return ""
    if str(dtype) == "torch.bool":
        return "b8"
    letter = "f" if dtype.is_floating_point else "c" if dtype.is_complex else "i"
    return f"{letter}{dtype.itemsize * 8}"


def size_of(extent: Any) -> Expr:
    """An extent: a number, or the name of a dynamic one."""
    if isinstance(extent, int):
        return Integer(extent)
    expression = extent.node.expr
    if not expression.is_Symbol:
        digest = sha256(str(expression).encode()).hexdigest()
        return Symbol(f"size_{digest[:8]}", integer=True, positive=True)
    return Symbol(str(expression), integer=True, positive=True)


def place_of(tensor: Any) -> Any:
    """Where a tensor lies in memory and how: equal for tied weights."""
    return tensor.data_ptr(), tensor.shape, tensor.stride()


def lies_alone(tensor: Any) -> bool:
    """Whether a tensor fills its memory, row after row."""
    if not hasattr(tensor, "is_contiguous") or not all(isinstance(extent, int) for extent in tensor.shape):
        return False
    filled = tensor.untyped_storage().nbytes() == tensor.numel() * tensor.element_size()
    return bool(tensor.is_contiguous() and tensor.storage_offset() == 0 and filled)


def array_of(tensor: Any) -> np.ndarray:
    found = tensor.detach().cpu()
    found = found.float() if str(found.dtype) in ("torch.bfloat16", "torch.float16") else found
    return np.asarray(found.numpy())
