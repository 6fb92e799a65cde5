"""How a notebook shows equations: typeset by what :func:`use` was given, as lines of text where nothing was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

Typesetter = Callable[[Sequence[Any], Any, str, int], str]
"""Makes a table of equations; of a derivation or of None; with this caption; after which so many more would stand."""

_typesetters: list[Typesetter] = []


def use(typesetter: Typesetter) -> None:
    """Have every notebook show equations by this."""
    _typesetters[:] = [typesetter]


def shown(equations: Sequence[Any], derivation: Any, caption: str, more: int = 0) -> str:
    """The table of these equations as HTML."""
    if _typesetters:
        return _typesetters[0](equations, derivation, caption, more)
    rows = "".join(
        f"<tr><td>{escape(equation.tag)}</td><td>{equation.short}</td><td>{escape(str(equation))}</td></tr>"
        for equation in equations
    )
    rows += f"<tr><td colspan=3>and {more} more</td></tr>" if more > 0 else ""
    head = "<tr><th>tag</th><th>hash</th><th>equation</th></tr>"
    return f"<table><caption>{escape(caption)}</caption>{head}{rows}</table>"
