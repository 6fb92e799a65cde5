"""A slow, literal interpreter of definitions: loops over all indices, one entry at a time.

A product evaluates its brackets first; where one is 0, nothing else of the product is evaluated.  An entry outside its
tensor is an error, never a wrapped-around one.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from sympy import Add, Mul, Pow, Symbol

from dyadic.symbolic.expressions import (
    Apply,
    Bracket,
    Divides,
    Element,
    Index,
    Inside,
    Quotient,
    Reduction,
    Remainder,
    split_guards,
)

FUNCTIONS = {
    "exp": math.exp, "log": math.log, "tanh": math.tanh, "erf": math.erf, "sqrt": math.sqrt, "sin": math.sin,
    "cos": math.cos, "abs": abs, "relu": lambda z: max(z, 0.0), "step": lambda z: float(z > 0),
    "sigmoid": lambda z: 0.5 + 0.5 * math.tanh(0.5 * z), "rsqrt": lambda z: 1 / math.sqrt(z),
}  # fmt: skip


def interpret(item, arrays, sizes):
    """The array that a definition defines; ``arrays`` by (kind, owner), ``sizes`` numbers by symbol."""
    shape = [int(extent.xreplace(sizes)) for extent in item.tensor.shape]
    kind = int if item.tensor.kind.startswith("arg ") else float
    result = np.zeros(shape, dtype=kind)
    body = _compile(item.body.xreplace(sizes), arrays)
    for place in itertools.product(*map(range, shape)):
        result[place] = body(dict(zip(item.indices, place, strict=True)))
    return result


def _compile(node, arrays):
    """The node as a function of the values of the indices."""
    if node.is_number:
        value = int(node) if node.is_Integer else float(node)
        return lambda at: value
    if isinstance(node, Index):
        return lambda at: at[node]
    if isinstance(node, Symbol):
        raise ValueError(f"{node} has no value")
    if isinstance(node, Element):
        array, indices = arrays[node.kind, node.owner], [_compile(index, arrays) for index in node.indices]
        return lambda at: _read(array, tuple(index(at) for index in indices), node)
    if isinstance(node, Reduction):
        return _reduction(node, arrays)
    if isinstance(node, Mul):
        guards, rest = split_guards(node)
        if guards and rest != node:
            tests, value = [_compile(guard, arrays) for guard in guards], _compile(rest, arrays)
            return lambda at: value(at) if all(test(at) for test in tests) else 0
    parts = [_compile(part, arrays) for part in node.args if not isinstance(node, Apply)]
    if isinstance(node, Apply):
        function, argument = FUNCTIONS[node.name], _compile(node.argument, arrays)
        return lambda at: function(argument(at))
    if isinstance(node, Inside):
        return lambda at: int(0 <= parts[0](at) < parts[1](at))
    if isinstance(node, Divides):
        return lambda at: int(parts[1](at) % parts[0](at) == 0)
    if isinstance(node, Bracket):
        return lambda at: int(parts[0](at) == parts[1](at))
    if isinstance(node, Quotient):
        return lambda at: parts[0](at) // parts[1](at)
    if isinstance(node, Remainder):
        return lambda at: parts[0](at) % parts[1](at)
    if isinstance(node, Add):
        return lambda at: sum(part(at) for part in parts)
    if isinstance(node, Mul):
        return lambda at: math.prod(part(at) for part in parts)
    if isinstance(node, Pow):
        return lambda at: float(parts[0](at)) ** parts[1](at)
    raise TypeError(type(node).__name__)


def _read(array, place, node):
    if not all(0 <= index < extent for index, extent in zip(place, array.shape, strict=True)):
        raise IndexError(f"{node} at {place} of {array.shape}")
    return array[place].item()


def _reduction(node, arrays):
    guards, rest = split_guards(node.body)
    tests, body = [_compile(guard, arrays) for guard in guards], _compile(rest, arrays)
    index, extent, kind = node.index, int(node.extent), node.kind

    def value(at):
        admitted = [k for k in range(extent) if all(test({**at, index: k}) for test in tests)]
        values = [body({**at, index: k}) for k in admitted]
        if kind == "sum":
            return math.fsum(values)
        if kind == "logsumexp":
            return math.log(math.fsum(math.exp(v - max(values)) for v in values)) + max(values)
        return max(values) if kind == "max" else admitted[values.index(max(values))]

    return value
