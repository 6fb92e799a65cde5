"""Docstrings that are shown to users, such as what a layer type computes, also where Python was told to drop them."""

from __future__ import annotations

import sys
from typing import Any


def docstring(of: Any) -> str:
    """That of a module, a class or a function; under ``python -OO`` it is read from the source."""
    found: str | None = of.__doc__
    if found or sys.flags.optimize < 2:
        return found or ""
    import ast
    import inspect
    import textwrap

    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(of)))
    except (OSError, TypeError):  # no source is there
        return ""
    node = tree if inspect.ismodule(of) else tree.body[0]
    return ast.get_docstring(node, clean=False) or ""  # type: ignore[arg-type]  # a class or a function


__all__ = ["docstring"]
