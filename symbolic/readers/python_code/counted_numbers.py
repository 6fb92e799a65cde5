"""The integers by which code may do something else at some sizes: what it compares with, shifts by or counts to."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from dyadic.symbolic.readers.python_code.file_names import FileNames

_OF_AXES = ("axis", "dim", "dims", "axes", "ddof", "correction", "keepdims", "keepdim", "dtype")
_SHIFTS = (ast.Add, ast.Sub, ast.Mod, ast.FloorDiv)


def largest_number(names: FileNames, nodes: Iterable[ast.AST]) -> int:
    """The largest of them in parts of a file, and in its functions, classes and constants that these use; 0: none."""
    stack, seen, most = list(nodes), set[str](), 0
    while stack:
        for node in ast.walk(stack.pop()):
            most = max([most, *(abs(value) for part in _counting(node) for value in _integers(part))])
            name = node.id if isinstance(node, ast.Name) else ""
            if name and name not in seen:
                seen.add(name)
                stack += [table[name] for table in (names.functions, names.classes) if name in table]
                if name in names.constants:
                    most = max([most, *map(abs, _integers(names.constants[name]))])
    return most


def _counting(node: ast.AST) -> list[ast.AST]:
    """The parts of an element whose integers count."""
    match node:
        case ast.Compare(left=left, comparators=others):
            return [left, *others]
        case ast.Subscript(slice=inner):
            return [inner]
        case ast.Call(args=args, keywords=keywords):
            return [*args, *(keyword.value for keyword in keywords if keyword.arg not in _OF_AXES)]
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _SHIFTS):
            return [left, right]
    return []


def _integers(node: ast.AST) -> Iterator[int]:
    """The integers that an expression is, or is a tuple, a slice or the negative of."""
    match node:
        case ast.Constant(value=value) if isinstance(value, int) and not isinstance(value, bool):
            yield value
        case ast.UnaryOp(operand=inner):
            yield from _integers(inner)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _integers(part)
        case ast.Slice(lower=lower, upper=upper, step=step):
            for bound in (lower, upper, step):
                yield from _integers(bound) if bound is not None else ()


__all__ = ["largest_number"]
