"""Values that Python looks at late: iterators that are used up, views of dictionaries, texts that nobody knows."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from dyadic.symbolic.readers.python_code.source_text import NotInSubset, nodes_within


@dataclass(frozen=True)
class LazyItems:
    """What zip, enumerate and reversed give: every item once, as it is when it is asked for."""

    items: Iterator[Any]


@dataclass(frozen=True)
class DictionaryView:
    """What keys, values and items of a dictionary give, which sees what is done to it later."""

    owner: dict[str, Any]
    kind: str

    def entries(self) -> Iterator[Any]:
        try:
            yield from getattr(self.owner, self.kind)()
        except RuntimeError as error:  # its size has changed
            raise NotInSubset("a dictionary that grows while a loop runs over it") from error


class UntoldText:
    """A text whose letters are not known: it may be a message, and decides nothing."""


class Unbound:
    """What a variable of a function holds before it is set, and after it is deleted."""


UNBOUND = Unbound()


def own_variables(body: list[ast.stmt]) -> set[str]:
    """The variables that a function sets somewhere: everywhere in it they are its own."""
    nodes = list(nodes_within(body))
    turned = {id(name) for node in nodes for name in comprehended(node)}
    found = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load) and id(n) not in turned}
    found |= {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler) and n.name}
    return found | {(n.asname or n.name).partition(".")[0] for n in nodes if isinstance(n, ast.alias)}


def comprehended(node: ast.AST) -> list[ast.Name]:
    """The variables of a comprehension, which are those of nothing else."""
    targets = [one.target for one in getattr(node, "generators", [])]
    return [part for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]


_HARMLESS = frozenset({
    "isinstance", "issubclass", "hasattr", "callable", "type", "len", "str", "repr", "float", "int", "bool", "round",
    "format", "abs", "set", "frozenset", "id",
})  # fmt: skip
_HARMLESS_OF_ARRAYS = frozenset({
    "all", "any", "isfinite", "isnan", "isinf", "isclose", "allclose", "array_equal", "shape", "ndim", "size", "dim",
    "issubdtype", "isscalar", "is_tensor", "is_floating_point", "is_contiguous", "item", "tolist", "format", "equal",
    "min", "max", "mean", "sum", "norm",
})  # fmt: skip
"""Functions that change nothing, whatever they are given (but for ``out``)."""


def changes_nothing(node: ast.AST, is_python: Callable[[str], bool], is_foreign: Callable[[ast.expr], bool]) -> bool:
    """Whether an expression may be passed over unread: what it calls is known to leave everything as it is.

    is_python: whether a name is that of Python's own function here.  is_foreign: whether a method may be one that the
    file defines, or that of a module which is not known.
    """
    for part in ast.walk(node):
        if isinstance(part, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom | ast.Lambda):
            return False
        if isinstance(part, ast.Call):
            if any(keyword.arg in (None, "out") for keyword in part.keywords):
                return False
            match part.func:
                case ast.Name(id=name) if name in _HARMLESS and is_python(name):
                    continue
                case ast.Attribute(attr=name) as method if name in _HARMLESS_OF_ARRAYS and len(part.args) < 3:
                    if not is_foreign(method):
                        continue
            return False
    return True


__all__ = [
    "UNBOUND", "DictionaryView", "LazyItems", "Unbound", "UntoldText", "changes_nothing", "comprehended",
    "own_variables",
]  # fmt: skip
