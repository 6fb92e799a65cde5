"""Constants of libraries and of the head of a file; and what is not read, in words."""

from __future__ import annotations

import ast
from fractions import Fraction
from typing import Any

from dyadic.symbolic.readers.python_code.array_forms import FormArray
from dyadic.symbolic.readers.python_code.file_names import LibraryName
from dyadic.symbolic.readers.python_code.source_text import NotInSubset
from dyadic.symbolic.readers.python_code.stored_arrays import StoredArray

_WITH_CONSTANTS = ("numpy", "math", "torch", "jax.numpy", "autograd.numpy", "cupy", "scipy.constants")


def library_value(library: LibraryName) -> Any:
    """A constant of a library, or the name itself."""
    place, _, name = library.name.rpartition(".")
    if place not in _WITH_CONSTANTS:
        return library
    if name == "pi":
        return StoredArray(FormArray((), lambda at: ["*", 4, ["apply", "atan", 0, 1]], True))
    if name == "tau" and place == "math":
        return StoredArray(FormArray((), lambda at: ["*", 8, ["apply", "atan", 0, 1]], True))
    if name == "e" and place != "scipy.constants":  # there the charge of an electron
        return StoredArray(FormArray((), lambda at: ["apply", "exp", 0, 1], True))
    if name in ("inf", "Inf", "infty", "nan", "NaN"):
        raise NotInSubset("a number that is not finite")
    return library


def is_constant(value: Any) -> bool:
    """Whether a value is a number, a text, or a tuple or dictionary of these."""
    if isinstance(value, tuple | dict):
        items = list(value.values() if isinstance(value, dict) else value)
        return not any(isinstance(item, tuple | dict) for item in items) and all(map(is_constant, items))
    if isinstance(value, StoredArray):
        return not value.array.shape and not value.held
    return isinstance(value, int | Fraction | str)


def node_in_words(node: ast.AST) -> str:
    """An element of the syntax that is not read."""
    known = {
        ast.GeneratorExp: "a generator that is not used up at once", ast.SetComp: "a set", ast.Await: "await",
        ast.Yield: "yield", ast.NamedExpr: "an assignment within",
        ast.Starred: "a star", ast.Set: "a set",
    }  # fmt: skip
    return known.get(type(node), f"this ({type(node).__name__})")


__all__ = ["is_constant", "library_value", "node_in_words"]
