"""What is read of a tensor of PyTorch: its entries, what kind they are, its sizes, where it lies."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy as np
from sympy import Expr, Integer, Symbol


def kind_of(value: Any) -> str:
    """What a tensor holds: "f64", "f32", "i64", "u8", "b8" and so on, by kind and bits; empty for what is no tensor."""
    dtype = getattr(value, "dtype", None)
    if dtype is None or not hasattr(dtype, "is_floating_point"):
        return ""
    if str(dtype) == "torch.bool":
        return "b8"
    whole = "u" if str(dtype).startswith("torch.uint") else "i"
    letter = "f" if dtype.is_floating_point else "c" if dtype.is_complex else whole
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
    """Where a tensor lies in memory and how."""
    return tensor.data_ptr(), tensor.shape, tensor.stride()


class TensorNames:
    """The first name of each tensor, so that tied weights are one, and of what lies at each place in memory."""

    def __init__(self, tensors: Mapping[str, Any]) -> None:
        self._names: dict[int, str] = {}
        self._places: dict[Any, str] = {}
        for name, tensor in tensors.items():
            self._names.setdefault(id(tensor), name)
            self._places.setdefault(place_of(tensor), name)

    def of(self, tensor: Any, name: str) -> tuple[str, str]:
        """The name under which a tensor is read, and what has to be said of it."""
        first = self._names.get(id(tensor), name)
        if first != name:
            return first, f"{name} is {first}: one parameter"
        beside = self._places.get(place_of(tensor), name) if tensor.numel() else name
        return name, "" if beside == name else f"{name} lies where {beside} does, but is a tensor of its own"


def tie_again(program: Any) -> None:
    """Make what was one parameter one again, in place: a file keeps only where a tensor lies.

    A buffer, or a frozen parameter, may lie where a parameter does.  It is none: PyTorch has no gradient for it.
    """
    parameters = set(program.graph_signature.parameters)
    found: dict[Any, Any] = {}
    for key, tensor in program.state_dict.items():
        if key in parameters and tensor.numel():
            program.state_dict[key] = found.setdefault((place_of(tensor), tensor.requires_grad), tensor)


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
