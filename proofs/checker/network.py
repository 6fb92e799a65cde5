"""A network as a certificate describes it: read with suspicion, then evaluated in any ring.

The equations come as JSON (nested lists, see docs/proofs.md).  They are compiled to closures that only
add, multiply and look up; nothing is ever handed to ``eval`` or to SymPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Any

from proofs.checker.rings import Ring

Index = dict[str, int]
Entries = dict[tuple[int, ...], Any]
Tensors = dict[tuple[str, str], Entries]
Closure = Callable[[Tensors, Index], Any]

_DEEPEST = 60
_LARGEST_TENSOR = 4096


class Rejected(Exception):
    """A certificate that does not hold; ``field`` is the part at fault."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


def field(table: Any, key: str, kind: type | tuple[type, ...], where: str) -> Any:
    """``table[key]`` if it is there and of the right type."""
    if not isinstance(table, dict) or key not in table:
        raise Rejected(f"{where}.{key}", "is missing")
    value = table[key]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise Rejected(f"{where}.{key}", f"has the wrong type ({type(value).__name__})")
    return value


class Definition:
    """``tensor[indices] = body`` over a ring, with the axes' sizes resolved."""

    def __init__(self, data: Any, sizes: Mapping[str, int], ring: Ring, where: str) -> None:
        self.key = (field(data, "kind", str, where), field(data, "owner", str, where))
        self.indices: list[str] = field(data, "indices", list, where)
        shape = [whole(extent, sizes, where) for extent in field(data, "shape", list, where)]
        if len(shape) != len(self.indices) or not all(isinstance(name, str) for name in self.indices):
            raise Rejected(f"{where}.indices", "do not fit the shape")
        self.places = places(shape, where)
        self.body = compile_body(field(data, "body", (int, list), where), sizes, ring, f"{where}.body")

    def evaluate(self, tensors: Tensors) -> Entries:
        names, body = self.indices, self.body
        return {place: body(tensors, dict(zip(names, place, strict=True))) for place in self.places}


def places(shape: Iterable[int], where: str) -> list[tuple[int, ...]]:
    """All index tuples of a shape, refused beyond a few thousand."""
    sizes, count = list(shape), 1
    for extent in sizes:
        count *= extent
    if count > _LARGEST_TENSOR:
        raise Rejected(where, "a tensor is too large to evaluate here")
    return list(product(*(range(extent) for extent in sizes)))


def whole(node: Any, sizes: Mapping[str, int], where: str) -> int:
    """An extent: a positive number, a named size, or an integer expression of these."""
    value = _integer(node, sizes, where, 0)
    if not 0 < value < 2**31:
        raise Rejected(where, f"{value} is not a size")
    return value


def _integer(node: Any, sizes: Mapping[str, int], where: str, depth: int) -> int:
    if isinstance(node, int) and not isinstance(node, bool):
        return node
    if isinstance(node, list) and depth < _DEEPEST and node:
        if len(node) == 2 and node[0] == "size" and node[1] in sizes:
            return sizes[node[1]]
        if node[0] in ("+", "*", "quotient", "remainder") and len(node) > 2:
            parts = [_integer(child, sizes, where, depth + 1) for child in node[1:]]
            if node[0] == "+":
                return sum(parts)
            if node[0] == "*":
                return math.prod(parts)
            if len(parts) == 2 and parts[1] > 0:
                return parts[0] // parts[1] if node[0] == "quotient" else parts[0] % parts[1]
    raise Rejected(where, f"{node!r:.80} is not a size")


def compile_body(node: Any, sizes: Mapping[str, int], ring: Ring, where: str, depth: int = 0) -> Closure:
    """A JSON expression as a function of the tensors and the indices' values."""
    if depth > _DEEPEST:
        raise Rejected(where, "the expression is nested too deeply")
    if isinstance(node, int) and not isinstance(node, bool):
        constant = ring.number(node)
        return lambda tensors, index: constant
    if not isinstance(node, list) or not node or not isinstance(node[0], str):
        raise Rejected(where, f"{node!r:.80} is not an expression")

    def inner(child: Any) -> Closure:
        return compile_body(child, sizes, ring, where, depth + 1)

    match node:
        case ["rational", int(p), int(q)] if q > 0:
            fraction = ring.number(p, q)
            return lambda tensors, index: fraction
        case ["entry", str(kind), str(owner), list(indices)]:
            key, names = (kind, owner), [_index_name(item, where) for item in indices]
            return lambda tensors, index: tensors[key][tuple(index[name] for name in names)]
        case ["+", *children] if children:
            terms = [inner(child) for child in children]
            return lambda tensors, index: ring.add([term(tensors, index) for term in terms])
        case ["*", *children] if children:
            factors = [inner(child) for child in children]
            return lambda tensors, index: ring.mul([factor(tensors, index) for factor in factors])
        case ["^", base, int(exponent)] if abs(exponent) <= 16:
            root = inner(base)
            return lambda tensors, index: ring.power(root(tensors, index), exponent)
        case ["apply", str(name), int(order), argument] if 0 <= order <= 2:
            value = inner(argument)
            return lambda tensors, index: ring.apply(name, order, value(tensors, index))
        case ["sum" | "logsumexp" as kind, str(name), extent, body]:
            steps, term = range(whole(extent, sizes, where)), inner(body)
            if len(steps) > _LARGEST_TENSOR:
                raise Rejected(where, "a sum is too long to evaluate here")
            reduce = ring.add if kind == "sum" else ring.logsumexp
            return lambda tensors, index: reduce([term(tensors, {**index, name: k}) for k in steps])
    raise Rejected(where, f"{node!r:.80} is not an expression")


def _index_name(node: Any, where: str) -> str:
    if isinstance(node, list) and len(node) == 2 and node[0] == "index" and isinstance(node[1], str):
        return node[1]
    raise Rejected(where, f"{node!r:.80} is not an index")


def entries(node: Any) -> set[tuple[str, str]]:
    """(kind, owner) of every tensor entry in a JSON expression."""
    found: set[tuple[str, str]] = set()
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, list) and item:
            if item[0] == "entry" and len(item) == 4:
                found.add((str(item[1]), str(item[2])))
            else:
                stack.extend(item[1:])
    return found


class Layer:
    """One layer derivation bound to concrete sizes and a ring."""

    def __init__(self, data: Any, sizes: Mapping[str, int], ring: Ring, where: str) -> None:
        def read(key: str) -> list[Definition]:
            items = field(data, key, list, where)
            return [Definition(item, sizes, ring, f"{where}.{key}[{k}]") for k, item in enumerate(items)]

        self.owners: list[str] = field(data, "inputs", list, where)
        self.definitions, self.intermediates, self.adjoints = (
            read("definitions"),
            read("intermediates"),
            read("adjoints"),
        )
        if not self.definitions or len(self.adjoints) != len(self.owners):
            raise Rejected(where, "needs a definition and one adjoint per input")
        gradients = field(data, "gradients", dict, where)
        self.gradients = {n: Definition(g, sizes, ring, f"{where}.gradients.{n}") for n, g in gradients.items()}
        self.parameters = {
            name: (field(p, "kind", str, where), [whole(e, sizes, where) for e in field(p, "shape", list, where)])
            for name, p in field(data, "parameters", dict, where).items()
        }

    def forward(self, tensors: Tensors) -> Entries:
        """Evaluate the definitions into ``tensors`` and return the vertex's value f_v."""
        for item in self.definitions:
            tensors[item.key] = item.evaluate(tensors)
        return tensors[self.definitions[-1].key]

    def backward(self, tensors: Tensors) -> list[Entries]:
        """After :meth:`forward`, with s_v in ``tensors``: the contribution to each parent's sensitivity."""
        for item in self.intermediates:
            tensors[item.key] = item.evaluate(tensors)
        return [item.evaluate(tensors) for item in self.adjoints]


class CostLayer:
    """The cost bound to concrete sizes and a ring."""

    def __init__(self, data: Any, sizes: Mapping[str, int], ring: Ring, where: str) -> None:
        def read(items: list[Any], key: str) -> list[Definition]:
            return [Definition(item, sizes, ring, f"{where}.{key}[{k}]") for k, item in enumerate(items)]

        self.owner: str = field(data, "input", str, where)
        self.definitions = read(field(data, "definitions", list, where), "definitions")
        self.intermediates = read(field(data, "intermediates", list, where), "intermediates")
        self.gradient = read([field(data, "gradient", dict, where)], "gradient")[0]
        if not self.definitions or self.definitions[-1].indices:
            raise Rejected(where, "the cost must be a scalar")

    def value(self, tensors: Tensors) -> Any:
        for item in self.definitions:
            tensors[item.key] = item.evaluate(tensors)
        return tensors[self.definitions[-1].key][()]

    def sensitivity(self, tensors: Tensors) -> Entries:
        self.value(tensors)
        for item in self.intermediates:
            tensors[item.key] = item.evaluate(tensors)
        return self.gradient.evaluate(tensors)
