"""Whose arrays values are, NumPy's, PyTorch's or JAX's, and which types of numbers each library's functions refuse.

What ``x += y`` does to other names of x, and what a method means, depends on the library that made x.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dyadic.symbolic.readers.python_code.file_names import FileNames
from dyadic.symbolic.readers.python_code.library_functions import FIRST_IS_TENSOR, ONLY_TENSORS
from dyadic.symbolic.readers.python_code.source_text import NotInSubset
from dyadic.symbolic.readers.python_code.stored_arrays import StoredArray

NUMPY, TORCH, JAX = "numpy", "torch", "jax"
_MADE_BY = {
    "numpy": NUMPY, "scipy": NUMPY, "autograd": NUMPY, "cupy": NUMPY, "torch": TORCH, "jax": JAX,
}  # fmt: skip
_SPOKEN = {NUMPY: "NumPy", TORCH: "PyTorch", JAX: "JAX"}
_OF_TORCH = {"dim", "dims", "keepdim", "input", "other"}
"""Arguments that only PyTorch calls so."""
_PRODUCTS = frozenset({"matmul", "mm", "bmm", "dot", "einsum", "inner", "outer", "tensordot", "linear", "addmm"})
_NO_COMPARISONS = _PRODUCTS | {
    "sub", "subtract", "mean", "var", "std", "softmax", "log_softmax", "logsumexp", "norm", "pow", "float_power",
    "square", "clamp", "clip", "diff", "trace",
}  # fmt: skip
_NO_INTEGERS = frozenset({
    "mean", "var", "std", "norm", "softmax", "log_softmax", "gelu", "silu", "mish", "elu", "softplus", "leaky_relu",
    "logsigmoid",
})  # fmt: skip
"""What PyTorch does not do with comparisons, or with integers."""
_RANKS = {"mm": (2, 2), "bmm": (3, 3), "dot": (1, 1), "outer": (1, 1), "t": (0, 2), "trace": (2, 2)}
"""The fewest and the most axes of an array that PyTorch's functions take."""
_MANY = 64
_ASK_FOR_AXIS = frozenset({"cumsum", "logsumexp", "flip", "transpose", "softmax", "log_softmax"})
_ONE_AXIS = frozenset({"max", "min", "prod", "cumsum", "softmax", "log_softmax", "diff"})
"""The functions of PyTorch that have no axis unless it is told, and those that take no more than one."""


def maker(root: str) -> str:
    """Whose arrays the functions of a package make; nothing where they are Python's own numbers."""
    return _MADE_BY.get(root, "")


def _named_libraries(names: FileNames, nodes: Iterable[ast.AST]) -> set[str]:
    """Whose functions or types are named in parts of a file, and in the functions of it that these use."""
    used = names.used(nodes, (names.functions, names.classes))
    known = {names.known[node.id] for node in used if isinstance(node, ast.Name) and node.id in names.known}
    return {maker(one.name.partition(".")[0]) for one in known} - {""}


def home_library(names: FileNames, nodes: Iterable[ast.AST]) -> tuple[str, str]:
    """Whose arrays a pair of plain functions works with, and in words what was taken for granted.

    Raises :class:`NotInSubset` where PyTorch's and JAX's functions are both called.
    """
    called = _named_libraries(names, nodes)
    if {TORCH, JAX} <= called:
        raise NotInSubset("a pair that calls functions of PyTorch and of JAX")
    for library in (TORCH, JAX, NUMPY):
        if library in called:
            return library, ""
    imported = {maker(root) for root in names.libraries} - {""}
    if len(imported) == 1:
        return imported.pop(), ""
    others = " or ".join(_SPOKEN[library] for library in (TORCH, JAX) if library in imported)
    return NUMPY, f"arrays are NumPy's, not those of {others}" if others else ""


def common(values: Sequence[StoredArray], home: str) -> str:
    """Whose array an operator makes of some.  Raises :class:`NotInSubset` where two libraries do not go together."""
    found = {library_of(value, home) for value in values} - {""}
    arrays = {library_of(value, home) for value in values if value.array.shape or value.held} - {""}
    if TORCH in found and arrays - {TORCH}:
        raise NotInSubset("an operation between arrays of PyTorch and of another library")
    return next((library for library in (TORCH, JAX, NUMPY) if library in found), "")


def library_of(value: StoredArray, home: str) -> str:
    return value.library or (home if value.array.shape else "")


def check_arguments(
    library: str, name: str, told: tuple[list[Any], dict[str, Any]], arrays: Sequence[StoredArray], home: str
) -> None:
    """Refuse arrays that are another library's than the function's, and types that it does not take.

    told: its arguments by position and by name.  arrays: those among them, within lists too.
    """
    given, named = told
    makers = {library_of(value, home) for value in arrays} - {""}
    if library == NUMPY and makers - {NUMPY}:
        raise NotInSubset(f"a function of NumPy of an array of {_SPOKEN[(makers - {NUMPY}).pop()]}")
    if library == JAX and TORCH in makers:
        raise NotInSubset("a function of JAX of an array of PyTorch")
    if library != TORCH and _OF_TORCH & set(named):
        raise NotInSubset("a name of PyTorch's for an argument, at which other libraries stop,")
    if library == TORCH:
        tensors = [isinstance(value, StoredArray) and library_of(value, home) == TORCH for value in given]
        if makers - {TORCH} or (name in ONLY_TENSORS and not all(tensors)):
            raise NotInSubset(f"{name} of PyTorch of what is no tensor, at which it stops,")
        if name in FIRST_IS_TENSOR and given and not tensors[0]:
            raise NotInSubset(f"{name} of PyTorch of what is no tensor, at which it stops,")
        check_types(name, arrays)
        _check_axes(name, given, named, arrays)
    if library == "" and any(value.array.shape for value in arrays):
        raise NotInSubset("a function of numbers of an array, at which it stops,")
    if name == "reciprocal" and library == NUMPY and any(one.array.truth or one.array.whole for one in arrays):
        raise NotInSubset("the reciprocal of integers, which NumPy cuts off,")


def check_types(name: str, arrays: Sequence[StoredArray]) -> None:
    """Refuse what PyTorch refuses: arithmetic of truth values, means of integers, products of two types."""
    truth, whole = any(one.array.truth for one in arrays), any(one.array.whole for one in arrays)
    mixed = name in _PRODUCTS and whole and not all(one.array.whole for one in arrays)
    if (truth and name in _NO_COMPARISONS) or (whole and name in _NO_INTEGERS) or mixed:
        kind = "comparisons" if truth else "integers"
        raise NotInSubset(f"{name} of {kind}, at which PyTorch stops,")


def _check_axes(name: str, given: Sequence[Any], named: Mapping[str, Any], arrays: Sequence[StoredArray]) -> None:
    """Refuse calls of PyTorch's functions with axes, or of arrays with so many axes, at which it stops."""
    least, most = _RANKS.get(name, (0, _MANY))
    if not all(least <= len(one.array.shape) <= most for one in arrays):
        raise NotInSubset(f"{name} of arrays with so many axes, at which PyTorch stops,")
    told = [*given[1:], *(named[word] for word in ("dim", "axis", "dims") if word in named)]
    if name in _ASK_FOR_AXIS and not told:
        raise NotInSubset(f"{name} without an axis, at which PyTorch stops,")
    if name in _ONE_AXIS and any(isinstance(one, tuple | list) for one in told):
        raise NotInSubset(f"{name} along several axes, at which PyTorch stops,")


def check_lax(given: Sequence[Any]) -> None:
    """The functions of jax.lax take real numbers of one shape and one type."""
    arrays = [value.array for value in given if isinstance(value, StoredArray)]
    if any(isinstance(value, int) for value in given) or any(one.truth or one.whole for one in arrays) or not arrays:
        raise NotInSubset("a function of jax.lax of integers or comparisons")
    if any(one.shape != arrays[0].shape for one in arrays):
        raise NotInSubset("a function of jax.lax of arrays of several shapes")


__all__ = [
    "JAX", "NUMPY", "TORCH", "check_arguments", "check_lax", "check_types", "common", "home_library",
    "library_of", "maker",
]  # fmt: skip
