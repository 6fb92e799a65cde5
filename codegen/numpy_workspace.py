"""Straight-line NumPy statements whose results go into arrays that are kept between calls.

``z = x @ W.T + b`` becomes ``z = _kept(w, 1, np.add, _kept(w, 0, np.matmul, x, W.T), b)``: the first call with a
dictionary w makes the arrays, the next ones write into them.  Values stay the same to the last bit.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from itertools import count

import numpy as np

Statement = tuple[str, str, str]
"""Name, code, comment."""
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.MatMult: "matmul",
}  # fmt: skip
_REDUCTIONS = {"sum": "add.reduce", "max": "maximum.reduce", "argmax": "argmax"}
_FRESH = {"_outer", "_where", "_converted"}
"""Helpers of the module that take ``out`` and never hand an argument on."""


def kept(statements: Sequence[Statement], results: Mapping[str, str]) -> list[Statement]:
    """The statements with a place for what each operation makes.

    results: the parameter whose gradient a statement's name is; its place is the parameter's name.
    """
    places = _Places()
    return [(name, places.statement(code, results.get(name)), comment) for name, code, comment in statements]


def helpers_of(statements: Sequence[Statement]) -> Collection[str]:
    """The helpers that kept statements call beyond those of the others."""
    code = " ".join(text for _, text, _ in statements)
    return {name for name in ("_where", "_converted") if f"{name}," in code}


class _Places(ast.NodeTransformer):
    """Numbers the operations of one function."""

    def __init__(self) -> None:
        self.numbers = count()

    def statement(self, code: str, place: str | None) -> str:
        tree = ast.parse(code, mode="eval").body
        found: ast.expr = self.visit(tree)
        if place is not None and _is_kept(found):
            found.args[1] = ast.Constant(place)  # type: ignore[attr-defined]
        return ast.unparse(found)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        return ast.Subscript(self.visit(node.value), node.slice, node.ctx)

    def visit_Tuple(self, node: ast.Tuple) -> ast.expr:
        return node  # axes and extents

    def visit_List(self, node: ast.List) -> ast.expr:
        return node

    def visit_Dict(self, node: ast.Dict) -> ast.expr:
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        inner: ast.expr = self.visit(node.operand)
        if not isinstance(node.op, ast.USub) or isinstance(inner, ast.Constant):
            return ast.UnaryOp(node.op, inner)
        return self._kept("np.negative", [inner])

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant) and node.right.value == 2:
            return self._kept("np.square", [left])
        operator = _OPERATORS.get(type(node.op))
        if operator is None or not _of_arrays(node):
            return ast.BinOp(left, node.op, right)
        return self._kept(f"np.{operator}", [left, right])

    def visit_Call(self, node: ast.Call) -> ast.expr:
        function = node.func
        arguments = [self.visit(argument) for argument in node.args]
        if isinstance(function, ast.Name):
            if function.id in _FRESH and not node.keywords:
                return self._kept(function.id, arguments)
            return ast.Call(function, arguments, node.keywords)
        assert isinstance(function, ast.Attribute)
        if isinstance(function.value, ast.Name) and function.value.id == "np":
            return self._of_numpy(node, function.attr, arguments)
        owner: ast.expr = self.visit(function.value)
        if function.attr in _REDUCTIONS and not node.args:
            return self._kept(f"np.{_REDUCTIONS[function.attr]}", [owner], node.keywords)
        if function.attr == "astype":
            return self._kept("_converted", [owner])
        return ast.Call(ast.Attribute(owner, function.attr), node.args, node.keywords)

    def _of_numpy(self, node: ast.Call, name: str, arguments: list[ast.expr]) -> ast.expr:
        """Elementwise functions have a place, unless they work in place already."""
        if name == "where":
            return self._kept("_where", arguments)
        elementwise = isinstance(getattr(np, name, None), np.ufunc) and not node.keywords
        return self._kept(f"np.{name}", arguments) if elementwise else ast.Call(node.func, arguments, node.keywords)

    def _kept(self, function: str, arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword] = ()) -> ast.Call:
        place = ast.Constant(next(self.numbers))
        return ast.Call(ast.Name("_kept"), [ast.Name("w"), place, ast.Name(function), *arguments], list(keywords))


def _is_kept(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == "_kept"


def _of_arrays(node: ast.expr) -> bool:
    """Whether an operation may be one of arrays, not of the batch size and numbers alone."""
    return any(isinstance(part, ast.Name) and part.id not in ("batch", "len", "np") for part in ast.walk(node))


__all__ = ["helpers_of", "kept"]
