"""Straight-line NumPy statements made cheaper: equal subexpressions once, powers as products, functions in place.

A statement is (name, code); every name is assigned once, and no code has a side effect.  Values stay the same to the
last bit, powers excepted, which are products of their base wherever they stand.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import numpy as np

Statement = tuple[str, str]
LARGEST_POWER = 6
"""Powers from 3 up to this one are products: NumPy's own power takes 40 times as long as two products."""
_VIEWS = {"reshape", "transpose", "swapaxes", "arange", "broadcast_to", "_windows"}


def shared(statements: Sequence[Statement], taken: Collection[str] = ()) -> list[Statement]:
    """The statements with every subexpression that occurs twice evaluated once, under a name of its own."""
    trees = [(name, _tree(code)) for name, code in statements]
    sharing = _Sharing({name for name, _ in statements} | set(taken))
    for _, tree in trees:
        sharing.count(tree)
    result: list[Statement] = []
    for (name, tree), (_, code) in zip(trees, statements, strict=True):
        known = len(sharing.statements)
        before = ast.dump(tree)
        found = sharing.visited(tree)
        result += sharing.statements[known:]
        result.append((name, code if ast.dump(found) == before else ast.unparse(found)))
        if sharing.worth_naming(tree):
            sharing.names.setdefault(before, name)
    return result


def in_place(statements: Sequence[Statement], kept: Collection[str], axes: Mapping[str, bool]) -> list[Statement]:
    """``f = np.tanh(z)`` as ``f = np.tanh(z, out=z)`` where z is an array made for it that nothing else reads.

    Without axes z would be a number of NumPy's, into which nothing can be written.
    kept: names that are read afterwards.  axes: whether a name has axes, where that is known.
    """
    trees = {name: _tree(code) for name, code in statements}
    uses = Counter(node.id for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.Name))
    found = []
    for name, code in statements:
        source = _argument(trees[name])
        fresh = source in trees and isinstance(trees[source], ast.BinOp)
        if source and fresh and uses[source] == 1 and source not in kept and _has_axes(ast.Name(source), trees, axes):
            code = f"{code[:-1]}, out={source})"
        found.append((name, code))
    return found


def _has_axes(tree: ast.expr, trees: Mapping[str, ast.expr], known: Mapping[str, bool]) -> bool:
    """Whether a value surely is an array with axes: as something that it is made of entry by entry is."""
    match tree:
        case ast.Name(name):
            return known[name] if name in known else name in trees and _has_axes(trees[name], trees, known)
        case ast.BinOp(left, operator, right) if not isinstance(operator, ast.MatMult):
            return any(_has_axes(side, trees, known) for side in (left, right))
        case ast.UnaryOp(_, operand):
            return _has_axes(operand, trees, known)
        case ast.Call(ast.Attribute(ast.Name("np"), name), arguments) if isinstance(getattr(np, name, None), np.ufunc):
            return any(_has_axes(part, trees, known) for part in arguments)
    return False


def let_go(lines: Sequence[tuple[str, str, str]], kept: Collection[str]) -> list[str]:
    """Statements (name, code, comment) as lines, with a ``del`` behind each vertex's last one of what nobody reads on.

    The memory then serves the next vertex, while it is still in the cache.  kept: names that are read afterwards.
    """
    last = {word: k for k, (_, code, _) in enumerate(lines) for word in re.findall(r"(?<![\w.'])[A-Za-z_]\w*", code)}
    others = {*kept, *(source for _, code, _ in lines for source in re.findall(r"\bout=(\w+)", code))}
    ends: dict[int, list[str]] = {}
    for name, _, _ in lines:
        if name in last and name not in others:  # of an array that another name goes on with nothing is let go
            ends.setdefault(last[name], []).append(name)
    text: list[str] = []
    waiting: list[str] = []
    for k, (name, code, comment) in enumerate(lines):
        text.append(f"{name} = {code}" + (f"  # {comment}" if comment else ""))
        waiting += ends.get(k, [])
        if waiting and comment.startswith(("x:", "s:")):
            text.append(f"del {', '.join(waiting)}")
            waiting = []
    return text


def renamed(code: str, names: Mapping[str, str]) -> str:
    """The code with other expressions for some of its names."""
    table = {name: _tree(value) for name, value in names.items() if name != value}
    return ast.unparse(_Renaming(table).visit(_tree(code)))


def _tree(code: str) -> ast.expr:
    return ast.parse(code, mode="eval").body


def _argument(tree: ast.expr) -> str | None:
    """The name to which the tree applies an elementwise function of NumPy whose other arguments are numbers."""
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Attribute) or tree.keywords:
        return None
    names = [part.id for part in tree.args if isinstance(part, ast.Name)]
    others = [part for part in tree.args if not isinstance(part, ast.Name)]
    function = getattr(np, tree.func.attr, None) if ast.unparse(tree.func.value) == "np" else None
    if len(names) != 1 or not isinstance(function, np.ufunc) or function.nin != len(tree.args):
        return None
    return names[0] if all(isinstance(part, ast.Constant) for part in others) else None


class _Renaming(ast.NodeTransformer):
    def __init__(self, table: Mapping[str, ast.expr]) -> None:
        self.table = table

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.table.get(node.id, node)


class _Sharing:
    """names: of the values at hand, by the dump of their trees; statements: those that were put in front."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self.counts: Counter[str] = Counter()
        self.names: dict[str, str] = {}
        self.statements: list[Statement] = []

    def count(self, tree: ast.AST) -> None:
        """Occurrences; what stands inside a repeated subexpression counts once."""
        if self.worth_naming(tree):
            key = ast.dump(tree)
            self.counts[key] += 1
            if self.counts[key] > 1:
                return
            if _small_power(tree):
                self.counts[ast.dump(tree.left)] += 1  # type: ignore[attr-defined]
        for part in ast.iter_child_nodes(tree):
            self.count(part)

    def worth_naming(self, tree: ast.AST) -> bool:
        """Whether evaluating the tree computes with the entries of an array."""
        if isinstance(tree, ast.Call):
            function = tree.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            return name not in _VIEWS
        if not isinstance(tree, ast.BinOp | ast.Compare):
            return False
        return any(isinstance(node, ast.Name) and node.id != "batch" for node in ast.walk(tree))

    def visited(self, tree: ast.expr) -> ast.expr:
        """The tree with names for the subexpressions that are at hand; a statement's own tree gets no new name."""
        found = self.names.get(ast.dump(tree)) if self.worth_naming(tree) else None
        return ast.Name(found) if found else _Inside(self).generic_visit_of(tree)

    def part(self, tree: ast.expr) -> ast.expr:
        """A subexpression, named if it occurs again."""
        key = ast.dump(tree)
        if key in self.names:
            return ast.Name(self.names[key])
        again = self.counts[key] > 1 and self.worth_naming(tree)
        result = _Inside(self).generic_visit_of(tree)
        if not again:
            return result
        self.names[key] = name = self._fresh(tree)
        self.statements.append((name, ast.unparse(result)))
        return ast.Name(name)

    def product(self, tree: ast.BinOp) -> ast.expr:
        """A small power as a product of names."""
        base = self.part(tree.left)
        if not isinstance(base, ast.Name):
            name = self._fresh(tree.left)
            self.statements.append((name, ast.unparse(base)))
            self.names[ast.dump(tree.left)] = name
            base = ast.Name(name)
        assert isinstance(tree.right, ast.Constant)
        return _tree(" * ".join([base.id] * int(str(tree.right.value))))

    def _fresh(self, tree: ast.expr) -> str:
        base = {ast.Add: "sum", ast.Sub: "difference", ast.Mult: "product", ast.Div: "ratio", ast.Pow: "power"}
        word = base.get(type(tree.op), "part") if isinstance(tree, ast.BinOp) else "part"
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Attribute):
            word = tree.func.attr
        name = next(name for k in range(1, 10**6) if (name := f"{word}{k}") not in self.taken)
        self.taken.add(name)
        return name


class _Inside(ast.NodeTransformer):
    """Takes the parts of one tree through :class:`_Sharing`."""

    def __init__(self, sharing: _Sharing) -> None:
        self.sharing = sharing

    def generic_visit_of(self, tree: ast.expr) -> ast.expr:
        if _small_power(tree):
            return self.sharing.product(tree)  # type: ignore[arg-type]
        copied: ast.expr = type(tree)(**dict(ast.iter_fields(tree)))
        self.generic_visit(copied)
        return copied

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr) and not isinstance(node, ast.Name | ast.Constant | ast.Slice | ast.Attribute):
            return self.sharing.part(node)
        return self.generic_visit(node)


def _small_power(tree: ast.AST) -> bool:
    return (
        isinstance(tree, ast.BinOp)
        and isinstance(tree.op, ast.Pow)
        and isinstance(tree.right, ast.Constant)
        and isinstance(tree.right.value, int)
        and 3 <= tree.right.value <= LARGEST_POWER
    )
