"""Small wrong changes of a module's functions, by its syntax tree; each can be put into the running module."""

from __future__ import annotations

import ast
import copy
import hashlib
import importlib
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Mutant:
    """One change: of the ``number``-th node of the function, by an operator.  ``change`` says what, in words."""

    module: str
    function: str
    operator: str
    number: int
    line: int
    change: str

    @property
    def name(self) -> str:
        return f"{self.module.removeprefix('dyadic.')}:{self.line} {self.function} {self.operator}: {self.change}"


Operator = Callable[[ast.AST, list[str]], Iterator[ast.AST]]
"""From a node and the names of its function to the nodes that may stand in its place."""


def _binary(node: ast.AST, names: list[str]) -> Iterator[ast.AST]:
    other = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mod, ast.BitOr: ast.BitAnd}
    if isinstance(node, ast.BinOp) and type(node.op) in other:
        yield ast.BinOp(node.left, other[type(node.op)](), node.right)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Pow):
        yield ast.BinOp(node.right, node.op, node.left)
    if isinstance(node, ast.BinOp):
        yield node.left  # one operand dropped
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand


def _condition(node: ast.AST, names: list[str]) -> Iterator[ast.AST]:
    other = {
        ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
        ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    }  # fmt: skip
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield ast.Compare(node.left, [other[type(node.ops[0])]()], node.comparators)
    if isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        yield node.values[0]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    if isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    if isinstance(node, ast.If | ast.While):
        yield type(node)(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)


def _order(node: ast.AST, names: list[str]) -> Iterator[ast.AST]:
    if isinstance(node, ast.Call) and len(node.args) >= 2 and not _fixed(node):
        yield ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("reversed", "sorted"):
        yield ast.Call(ast.Name("list", ast.Load()), node.args[:1], [])
    if isinstance(node, ast.Tuple | ast.List) and isinstance(node.ctx, ast.Load) and len(node.elts) >= 2:
        yield type(node)(node.elts[::-1], node.ctx)
        yield type(node)(node.elts[:-1], node.ctx)
    if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp) and node.generators[0].ifs:
        wrong = copy.deepcopy(node)
        wrong.generators[0].ifs = []
        yield wrong


def _fixed(node: ast.Call) -> bool:
    """Calls whose arguments are of two types, so that to swap them is an error at once."""
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    return name in ("isinstance", "getattr", "Tensor") or any(isinstance(a, ast.Starred) for a in node.args)


def _number(node: ast.AST, names: list[str]) -> Iterator[ast.AST]:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)
    if isinstance(node, ast.Constant) and node.value in (True, False) and type(node.value) is bool:
        yield ast.Constant(not node.value)
    if isinstance(node, ast.Slice) and node.lower is not None and node.upper is None:
        yield ast.Slice(None, node.lower, node.step)


def _word(node: ast.AST, names: list[str]) -> Iterator[ast.AST]:
    other = {"+": "-", "-": "+", "x": "s", "s": "x", "sum": "max", " ": "", " / ": " ", "u": "v", "bar ": "", "": "y"}
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in other:
        yield ast.Constant(other[node.value])
    if isinstance(node, ast.JoinedStr) and len(node.values) >= 2:
        yield ast.JoinedStr(node.values[:-1])
        yield ast.JoinedStr(node.values[1:])
        holes = [k for k, value in enumerate(node.values) if isinstance(value, ast.FormattedValue)]
        if len(holes) >= 2:
            values = list(node.values)
            values[holes[0]], values[holes[1]] = values[holes[1]], values[holes[0]]
            yield ast.JoinedStr(values)


_SIBLINGS = {
    "definitions": "intermediates", "intermediates": "definitions", "base": "exp", "exp": "base", "body": "extent",
    "extent": "body", "owner": "kind", "kind": "owner", "Add": "Mul", "Mul": "Add", "adjoints": "definitions",
    "p": "q", "q": "p", "Inside": "Same", "Same": "Inside", "Quotient": "Remainder", "Remainder": "Quotient",
    "_terms": "_shared", "_shared": "_terms", "sizes": "owners", "PRODUCT": "SUM", "ATOM": "SUM", "POWER": "SUM",
    "numerator": "divisor", "divisor": "numerator", "value": "extent", "top": "bottom", "bottom": "top",
}  # fmt: skip


def _name(node: ast.AST, names: list[str]) -> Iterator[ast.AST]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        if node.id in _SIBLINGS:
            yield ast.Name(_SIBLINGS[node.id], node.ctx)
        if node.id in names and len(names) > 1:
            yield ast.Name(names[(names.index(node.id) + 1) % len(names)], node.ctx)
    if isinstance(node, ast.Attribute) and node.attr in _SIBLINGS:
        yield ast.Attribute(node.value, _SIBLINGS[node.attr], node.ctx)


def _statement(node: ast.AST, names: list[str]) -> Iterator[ast.AST]:
    if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant):
        yield ast.Pass()
    if isinstance(node, ast.AugAssign | ast.Continue | ast.If):
        yield ast.Pass()
    if isinstance(node, ast.For):
        yield ast.For(node.target, _reversed(node.iter), node.body, node.orelse)


def _reversed(node: ast.expr) -> ast.expr:
    listed = ast.Call(ast.Name("list", ast.Load()), [node], [])
    return ast.Subscript(listed, ast.Slice(None, None, ast.Constant(-1)), ast.Load())


OPERATORS: dict[str, Operator] = {
    "arithmetic": _binary, "condition": _condition, "order": _order, "number": _number, "word": _word, "name": _name,
    "statement": _statement,
}  # fmt: skip


class ModuleSource:
    """A module's text and the functions in it that can be changed while it runs."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.live = importlib.import_module(module)
        self.path = Path(self.live.__file__ or "")
        self.tree = ast.parse(self.path.read_text())

    @cached_property
    def functions(self) -> dict[str, ast.AST]:
        """The outermost functions and methods by their qualified names."""
        found: dict[str, ast.AST] = {}
        for node in self.tree.body:
            prefix, items = (f"{node.name}.", node.body) if isinstance(node, ast.ClassDef) else ("", [node])
            found |= {f"{prefix}{item.name}": item for item in items if isinstance(item, ast.FunctionDef)}
        return found

    def mutants(self) -> Iterator[Mutant]:
        for name, function in self.functions.items():
            for operator in OPERATORS:
                for number, (old, new) in enumerate(_places(function, operator)):
                    change = f"{_text(old)} -> {_text(new)}"
                    yield Mutant(self.module, name, operator, number, getattr(old, "lineno", 0), change)

    def apply(self, mutant: Mutant) -> None:
        """Put the changed function into the running module, behind every reference to it."""
        tree = copy.deepcopy(self.tree)
        changed = ModuleSource.__new__(ModuleSource)
        changed.tree, changed.module = tree, self.module
        function = changed.functions[mutant.function]
        old, new = list(_places(function, mutant.operator))[mutant.number]
        _Replace(old, new).visit(function)
        code = compile(ast.fix_missing_locations(tree), str(self.path), "exec")
        live = _live(self.live, mutant.function)
        live.__code__ = _code(code, mutant.function)


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return ast.copy_location(self.new, node) if node is self.old else self.generic_visit(node)


def _places(function: ast.AST, operator: str) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Each node that an operator changes, with what it becomes; annotations, defaults and docstrings are left alone."""
    arguments = [a.arg for a in function.args.args if a.arg not in ("self", "cls")]
    stored = [n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    names = list(dict.fromkeys([*arguments, *stored]))
    for statement in function.body:
        for node in _inner(statement):
            yield from ((node, new) for new in OPERATORS[operator](node, names) if ast.dump(new) != ast.dump(node))


def _inner(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Raise | ast.Assert):
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "pattern", "ctx", "format_spec"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _inner(child)


def _text(node: ast.AST) -> str:
    try:
        text = ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))
    except (AttributeError, ValueError):
        text = type(node).__name__
    return " ".join(text.split())[:60]


def _live(module: types.ModuleType, name: str) -> Any:
    """The function object, without what wraps it."""
    found: Any = module
    for part in name.split("."):
        found = found.__dict__[part]
    while not isinstance(found, types.FunctionType):
        found = next(
            getattr(found, attribute)
            for attribute in ("__func__", "fget", "func", "__wrapped__")
            if hasattr(found, attribute)
        )
    return found


def _code(code: types.CodeType, name: str) -> types.CodeType:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            if constant.co_qualname == name:
                return constant
            if name.startswith(f"{constant.co_qualname}."):
                return _code(constant, name)
    raise KeyError(name)


def chosen(sources: list[ModuleSource], count: int, seed: int) -> list[Mutant]:
    """About ``count`` mutants, of every module by every operator, in an order that depends only on the seed."""

    def key(mutant: Mutant) -> bytes:
        return hashlib.sha256(f"{seed} {mutant}".encode()).digest()

    found: list[Mutant] = []
    pools: dict[tuple[str, str], list[Mutant]] = {}
    for mutant in sorted((one for source in sources for one in source.mutants()), key=key):
        pools.setdefault((mutant.module, mutant.operator), []).append(mutant)
    whole = sum(len(pool) ** 0.5 for pool in pools.values())
    for pool in pools.values():
        found += pool[: max(1, round(count * len(pool) ** 0.5 / whole))]
    return sorted(found, key=key)
