"""The numbers by which code may do something else at some sizes: all that it holds, whatever it does with them.

A number that is kept under a name, in a table or as a default counts as one that stands where it is used.  Left out
are the axes and the like that a call is told, and exponents.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Iterable, Iterator
from math import ceil

from dyadic.symbolic.readers.python_code.file_names import FileNames

_MOST, _LARGEST_EXPONENT = 2**40, 40
"""Of what arithmetic is done with: no sum, product or power of these is long."""
_FOLDED = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Pow: operator.pow}
_OF_AXES = ("axis", "dim", "dims", "axes", "ddof", "correction", "keepdims", "keepdim", "dtype")


def counted_numbers(names: FileNames, nodes: Iterable[ast.AST]) -> set[int]:
    """Those in parts of a file, and in its functions, classes and constants that these use, without their signs."""
    used = names.used(nodes, (names.functions, names.classes, names.constants), _counting)
    return {abs(_integer(node) or 0) for node in used}


def _counting(node: ast.AST) -> Iterator[ast.AST]:
    """An element and all those within it whose integers count."""
    yield node
    match node:
        case ast.keyword(arg=name) if name in _OF_AXES:
            return
        case ast.BinOp(left=left, op=ast.Pow()):
            yield from _counting(left)
            return
    for inner in ast.iter_child_nodes(node):
        yield from _counting(inner)


def _integer(node: ast.AST) -> int | None:
    """The number that an expression is, rounded up, or that two such numbers give by +, -, * or **."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return ceil(value) if abs(value) < _MOST else None
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _FOLDED:
            one, two = _integer(left), _integer(right)
            if one is None or two is None or max(abs(one), abs(two)) >= _MOST:
                return None
            if isinstance(op, ast.Pow) and not 0 <= two <= _LARGEST_EXPONENT:
                return None
            return _FOLDED[type(op)](one, two)
    return None


__all__ = ["counted_numbers"]
