"""A plain interpreter of definitions: nested loops over Python numbers, nothing shared with codegen.

It reads an equation literally.  The brackets of a product come first, and where one is 0 nothing else of it is
evaluated; an entry outside its tensor's range is an error; of equal maxima the first counts.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import sympy
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
    Same,
    split_guards,
)
from dyadic.symbolic.functions import Z, derivative
from dyadic.symbolic.tensor_names import NameRole


def evaluate(definitions, arrays, sizes):
    """Add the tensors of the definitions, in order, to ``arrays`` ({name: array}); ``sizes`` by symbol."""
    for item in definitions:
        shape = tuple(int(extent.xreplace(sizes)) for extent in item.tensor.shape)
        body = _compile(item.body, arrays, sizes)
        integer = item.tensor.name.role is NameRole.CHOICE
        result = np.zeros(shape, dtype=int if integer else float)
        for position in itertools.product(*map(range, shape)):
            result[position] = body(dict(zip(item.indices, position, strict=True)))
        arrays[item.tensor.name] = result
    return arrays


def _compile(node, arrays, sizes):
    """A function from {index: value} to the node's value."""
    if isinstance(node, Symbol):
        return (lambda at: at[node]) if isinstance(node, Index) else _constant(int(sizes[node]))
    if node.is_number:
        return _constant(int(node) if node.is_Integer else float(node))
    if isinstance(node, Element):
        return _entry(node, arrays, sizes)
    if isinstance(node, Reduction):
        return _reduction(node, arrays, sizes)
    if isinstance(node, Mul):
        return _product(node, arrays, sizes)
    if isinstance(node, Apply):
        function, argument = _function(node.name, node.order), _compile(node.argument, arrays, sizes)
        return lambda at: function(argument(at))
    return _operation(node, [_compile(argument, arrays, sizes) for argument in node.args])


def _constant(value):
    return lambda at: value


def _operation(node, arguments):
    if isinstance(node, Add):
        return lambda at: sum(argument(at) for argument in arguments)
    one, two = arguments
    if isinstance(node, Pow):
        return lambda at: one(at) ** two(at)
    if isinstance(node, Quotient):
        return lambda at: one(at) // two(at)
    if isinstance(node, Remainder):
        return lambda at: one(at) % two(at)
    if isinstance(node, Inside):
        return lambda at: int(0 <= one(at) < two(at))
    if isinstance(node, Divides):
        return lambda at: int(two(at) % one(at) == 0)
    assert isinstance(node, Same), type(node)
    return lambda at: int(one(at) == two(at))


def _entry(node, arrays, sizes):
    name, indices = node.name, [_compile(index, arrays, sizes) for index in node.indices]

    def value(at):
        position, array = tuple(index(at) for index in indices), arrays[name]
        if not all(0 <= p < n for p, n in zip(position, array.shape, strict=True)):
            raise IndexError(f"{node} at {position} is outside {array.shape}")
        return array[position].item()

    return value


def _product(node, arrays, sizes):
    """Brackets first: where one is 0, no other factor is evaluated."""
    guards = [_compile(factor, arrays, sizes) for factor in node.args if isinstance(factor, Bracket)]
    rest = [_compile(factor, arrays, sizes) for factor in node.args if not isinstance(factor, Bracket)]
    return lambda at: math.prod(factor(at) for factor in rest) if all(guard(at) for guard in guards) else 0


def _reduction(node, arrays, sizes):
    guards, inside = split_guards(node.body)
    admitted = [_compile(guard, arrays, sizes) for guard in guards]
    body, extent = _compile(inside, arrays, sizes), int(node.extent.xreplace(sizes))

    def value(at):
        at, terms = dict(at), {}
        for k in range(extent):
            at[node.index] = k
            if all(guard(at) for guard in admitted):
                terms[k] = body(at)
        if node.kind == "sum":
            return sum(terms.values())
        largest = max(terms.values())
        if node.kind == "argmax":
            return min(k for k, term in terms.items() if term == largest)
        if node.kind == "logsumexp":
            return largest + math.log(sum(math.exp(term - largest) for term in terms.values()))
        return largest

    return value


_COMPILED = {}


def _function(name, order):
    if (name, order) not in _COMPILED:
        _COMPILED[name, order] = sympy.lambdify(
            Z, derivative(name, order), [{"nearest": round, "stop_gradient": float}, "math"]
        )
    return _COMPILED[name, order]
