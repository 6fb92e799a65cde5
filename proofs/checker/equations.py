"""One layer or cost against its own definitions, modulo a prime, from a certificate's JSON alone.

The pairing  <s, Df v> = <(Df)^T s, v> + <dE/dtheta, w>  with a random direction (v, w): the left side in forward mode
from the definitions (a number is a pair value + slope * epsilon), the right side from the derived adjoints and
gradients, which the left side never looks at.  Every function is an unknown, so that what holds here holds for all
functions.  Nothing in a certificate is executed, and what it may cost to evaluate is bounded.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from proofs.checker.reading import Rejected, need

DEEPEST, MOST_PLACES, MOST_TERMS, MOST_WORK = 60, 4096, 2_000_000, 40_000

Number = tuple[int, int]
"""value + slope * epsilon, modulo the prime."""
Entries = dict[tuple[int, ...], Any]
Tensors = dict[tuple[str, str], Entries]


# -- numbers modulo a prime, with a slope, and unknown functions -----------------------------------------------------


class Field:
    """Integers modulo a prime with slopes; a function value is a pseudo-random residue keyed by its argument.

    What holds here holds for every choice of the functions, but for the chance that two different arguments or two
    different polynomials agree modulo the prime.
    """

    def __init__(self, prime: int, seed: int) -> None:
        self.prime, self.key = prime, seed.to_bytes(32, "big")

    def unknown(self, *key: Any) -> int:
        raw = hashlib.blake2b(repr(key).encode(), key=self.key, digest_size=16).digest()
        return int.from_bytes(raw, "big") % self.prime

    def add(self, terms: Iterable[Number]) -> Number:
        value = slope = 0
        for v, d in terms:
            value, slope = value + v, slope + d
        return value % self.prime, slope % self.prime

    def multiply(self, factors: Iterable[Number]) -> Number:
        value, slope = 1, 0
        for v, d in factors:
            value, slope = value * v % self.prime, (slope * v + value * d) % self.prime
        return value, slope

    def power(self, base: Number, p: int, q: int) -> Number:
        """base^(p/q); a root is an unknown of the base, and its slope follows from the power rule."""
        root = base[0] if q == 1 else self.unknown("root", q, base[0])
        slope = p * pow(q, -1, self.prime) * pow(root, p - q, self.prime) * base[1]
        return pow(root, p, self.prime), slope % self.prime

    def apply(self, name: str, order: int, z: Number) -> Number:
        return self.unknown(name, order, z[0]), self.unknown(name, order + 1, z[0]) * z[1] % self.prime

    def reduce(self, kind: str, terms: Sequence[tuple[int, Number]], where: str) -> Any:
        """log-sum-exp, or any choice among the terms for max (and its position for argmax)."""
        if not terms:
            raise Rejected(where, f"a {kind} over nothing")
        values = [v for _, (v, _) in terms]
        if kind == "logsumexp":
            value = self.unknown("logsumexp", *sorted(values))
            return value, sum(self.unknown("exp", 0, (v - value) % self.prime) * d for _, (v, d) in terms) % self.prime
        position, chosen = terms[self.unknown("choice", *values) % len(terms)]
        return position if kind == "argmax" else chosen


# -- equations -------------------------------------------------------------------------------------------------------


def integer(node: Any, sizes: Mapping[str, int], index: Mapping[str, int], tensors: Tensors, where: str) -> int:
    """An integer expression: a size, an index, arithmetic, or an entry of an integer tensor."""
    match node:
        case int() if not isinstance(node, bool):
            return node
        case ["size", str(name)] if name in sizes:
            return sizes[name]
        case ["index", str(name)] if name in index:
            return index[name]
        case ["+" | "*" as kind, *children] if children:
            parts = [integer(child, sizes, index, tensors, where) for child in children]
            return sum(parts) if kind == "+" else math.prod(parts)
        case ["quotient" | "remainder" as kind, one, two]:
            top, bottom = integer(one, sizes, index, tensors, where), integer(two, sizes, index, tensors, where)
            if bottom > 0:
                return top // bottom if kind == "quotient" else top % bottom
        case ["entry", str(kind), str(owner), list(indices)] if (kind, owner) in tensors:
            place = tuple(integer(i, sizes, index, tensors, where) for i in indices)
            value = tensors[kind, owner].get(place)
            if isinstance(value, int):
                return value
    raise Rejected(where, f"{node!r:.80} is not an integer expression")


def holds(node: Any, sizes: Mapping[str, int], index: Mapping[str, int], tensors: Tensors, where: str) -> bool:
    """A bracket."""
    one, two = (integer(child, sizes, index, tensors, where) for child in node[1:3])
    if node[0] == "inside":
        return 0 <= one < two
    return one == two if node[0] == "same" else one > 0 and two % one == 0


BRACKETS = ("inside", "divides", "same")
REDUCTIONS = ("sum", "logsumexp", "max", "argmax")


class Evaluator:
    """Evaluates the equations of one layer at given sizes over a field; counts what it does."""

    def __init__(self, field: Field, sizes: Mapping[str, int], where: str) -> None:
        self.field, self.sizes, self.where, self.terms = field, dict(sizes), where, 0
        self.tensors: Tensors = {}

    def places(self, shape: Sequence[Any]) -> list[tuple[int, ...]]:
        extents = [integer(extent, self.sizes, {}, {}, self.where) for extent in shape]
        if any(extent < 1 for extent in extents) or math.prod(extents) > MOST_PLACES:
            raise Rejected(self.where, f"a tensor of shape {extents} is empty or too large to evaluate here")
        return list(itertools.product(*(range(extent) for extent in extents)))

    def define(self, item: Any) -> Entries:
        """Evaluate a definition and keep its tensor."""
        names = need(item, "indices", list, self.where)
        key = (need(item, "kind", str, self.where), need(item, "owner", str, self.where))
        body = need(item, "body", (int, list), self.where)
        places = self.places(need(item, "shape", list, self.where))
        self.tensors[key] = {at: self.value(body, dict(zip(names, at, strict=True))) for at in places}
        return self.tensors[key]

    def value(self, node: Any, index: dict[str, int], depth: int = 0) -> Any:
        self.terms += 1
        if depth > DEEPEST or self.terms > MOST_TERMS:
            raise Rejected(self.where, "an expression is too deep or too long to evaluate here")
        match node:
            case int() if not isinstance(node, bool):
                return node % self.field.prime, 0
            case ["rational", int(p), int(q)] if q > 0:
                return p * pow(q, -1, self.field.prime) % self.field.prime, 0
            case ["size", str()]:
                return integer(node, self.sizes, index, {}, self.where), 0
            case ["entry", str(kind), str(owner), list(indices)]:
                place = tuple(integer(i, self.sizes, index, self.tensors, self.where) for i in indices)
                found = self.tensors.get((kind, owner), {}).get(place)
                if not isinstance(found, tuple):
                    raise Rejected(self.where, f"{kind}_{owner}{list(place)} is read and not there")
                return found
            case ["+", *children] if children:
                return self.field.add(self.value(child, index, depth + 1) for child in children)
            case ["*", *children] if children:
                factors = self.factors(node, index)
                return (
                    (0, 0) if factors is None else self.field.multiply(self.value(f, index, depth + 1) for f in factors)
                )
            case ["inside" | "divides" | "same", _, _]:
                return int(holds(node, self.sizes, index, self.tensors, self.where)), 0
            case ["^", base, int(p)] if abs(p) <= 16:
                return self.field.power(self.value(base, index, depth + 1), p, 1)
            case ["^", base, ["rational", int(p), int(q)]] if abs(p) <= 64 and 0 < q <= 64:
                return self.field.power(self.value(base, index, depth + 1), p, q)
            case ["apply", str(name), int(order), argument] if 0 <= order <= 2:
                return self.field.apply(name, order, self.value(argument, index, depth + 1))
            case ["sum" | "logsumexp" | "max" | "argmax" as kind, str(name), extent, body]:
                terms = self.admitted(name, extent, body, index, depth)
                return (
                    self.field.add(v for _, v in terms)
                    if kind == "sum"
                    else self.field.reduce(kind, list(terms), self.where)
                )
        raise Rejected(self.where, f"{node!r:.80} is not an expression")

    def factors(self, node: Any, index: dict[str, int]) -> list[Any] | None:
        """A product's factors without its brackets; None if one of these is 0: then nothing else is looked at."""
        children = node[1:] if isinstance(node, list) and node and node[0] == "*" else [node]
        brackets = [c for c in children if isinstance(c, list) and len(c) == 3 and c[0] in BRACKETS]
        if any(not holds(c, self.sizes, index, self.tensors, self.where) for c in brackets):
            return None
        return [child for child in children if child not in brackets]

    def admitted(
        self, name: str, extent: Any, body: Any, index: dict[str, int], depth: int
    ) -> Iterator[tuple[int, Any]]:
        """The terms of a reduction, where the brackets among the body's factors are 1."""
        for k in range(integer(extent, self.sizes, index, {}, self.where)):
            inner = {**index, name: k}
            factors = self.factors(body, inner)
            if factors is not None:
                yield k, self.field.multiply(self.value(factor, inner, depth + 1) for factor in factors)


# -- one layer or cost: forward mode against the derived adjoints -----------------------------------------------------


def symbols(node: Any) -> set[str]:
    """The named sizes in a part of a certificate."""
    if isinstance(node, list):
        if len(node) == 2 and node[0] == "size" and isinstance(node[1], str):
            return {node[1]}
        return set().union(*map(symbols, node)) if node else set()
    return set().union(*map(symbols, node.values())) if isinstance(node, dict) and node else set()


def small_sizes(layer: Any, seed: int, where: str) -> dict[str, int]:
    """Small sizes at which a layer can be evaluated, drawn with the seed; every output extent is at least 1."""
    extents = layer.get("extents", {})
    free = sorted(symbols(layer) - set(extents))
    for attempt in range(300):
        spread = 3 + attempt // 30
        sizes = {}
        for name in free:
            raw = hashlib.blake2b(repr((name, attempt)).encode(), key=seed.to_bytes(32, "big"), digest_size=8).digest()
            sizes[name] = 1 + int.from_bytes(raw, "big") % spread
        table = dict(sizes)
        for symbol, formula in extents.items():
            table[symbol] = integer(formula, table, {}, {}, where)
        if all(extent > 0 for extent in table.values()) and work(layer, table, where) <= MOST_WORK:
            return sizes
    raise Rejected(where, "no small sizes were found at which it can be evaluated")


def work(layer: Any, sizes: Mapping[str, int], where: str) -> int:
    """The number of terms that an evaluation of all definitions visits."""

    def depth(node: Any) -> int:
        if not isinstance(node, list):
            return 0
        if len(node) == 4 and node[0] in REDUCTIONS:
            return integer(node[2], sizes, {}, {}, where) * (1 + depth(node[3]))
        return 1 + sum(map(depth, node))

    def visit(item: Any) -> int:
        if isinstance(item, dict) and "body" in item:
            shape = [integer(extent, sizes, {}, {}, where) for extent in item.get("shape", [])]
            return math.prod(shape) * (1 + depth(item["body"]))
        return sum(map(visit, item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()))

    return visit(layer)


def positions(node: Any) -> Iterator[tuple[tuple[str, str], tuple[str, str], int]]:
    """(integer tensor, tensor that it indexes, axis) for every entry inside an index."""
    if isinstance(node, list):
        if len(node) == 4 and node[0] == "entry" and isinstance(node[3], list):
            for axis, index in enumerate(node[3]):
                for name in entries(index):
                    yield name, (node[1], node[2]), axis
        for child in node:
            yield from positions(child)


def entries(node: Any) -> set[tuple[str, str]]:
    """(kind, owner) of every tensor entry in an expression, those inside indices included."""
    found: set[tuple[str, str]] = set()
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            if len(item) == 4 and item[0] == "entry":
                found.add((str(item[1]), str(item[2])))
            stack.extend(item)
    return found


def pairing(layer: Any, sizes: Mapping[str, int], prime: int, seed: int, where: str) -> tuple[int, int]:
    """(<s, Df v>, <(Df)^T s, v> + <dE/dtheta, w>) modulo a prime, everything drawn from the seed.

    A cost is a layer with one output and s = 1.
    """
    field = Field(prime, seed)
    run = Evaluator(field, sizes, where)
    is_cost = "gradient" in layer
    for symbol, formula in layer.get("extents", {}).items():
        run.sizes[symbol] = integer(formula, run.sizes, {}, {}, where)
    definitions = need(layer, "definitions", list, where)
    if not definitions:
        raise Rejected(f"{where}.definitions", "are missing")
    read: dict[tuple[str, str], list[Any]] = {}
    if is_cost:
        read["x", need(layer, "input", str, where)] = need(layer, "shape", list, where)
        read["y", "cost"] = need(layer, "target_shape", list, where)
        derived = [need(layer, "gradient", dict, where)]
        wanted = [("x", layer["input"])]
    else:
        inputs = need(layer, "inputs", list, where)
        wanted = [("x", owner) for owner in inputs]
        read |= dict(zip(wanted, need(layer, "input_shapes", list, where), strict=True))
        parameters, gradients = need(layer, "parameters", dict, where), need(layer, "gradients", dict, where)
        if set(parameters) != set(gradients):
            raise Rejected(f"{where}.gradients", "are not one for each parameter")
        kinds = {name: (need(p, "kind", str, where), "v") for name, p in parameters.items()}
        read |= {kinds[name]: need(p, "shape", list, where) for name, p in parameters.items()}
        derived = [*need(layer, "adjoints", list, where), *(gradients[name] for name in kinds)]
        wanted += kinds.values()
        if len(derived) != len(wanted):
            raise Rejected(f"{where}.adjoints", "are not one for each input")
    integers = draw_inputs(run, read, definitions)
    value = {}
    for item in definitions:
        value = run.define(item)
    s = {at: 1 if is_cost else field.unknown("s", at) for at in value}
    forward = sum(s[at] * slope for at, (_, slope) in value.items()) % prime
    moved = {key: run.tensors[key] for key in wanted}
    run.tensors = {
        k: {at: n if isinstance(n, int) else (n[0], 0) for at, n in t.items()} for k, t in run.tensors.items()
    }
    if not is_cost:
        run.tensors["s", "v"] = {at: (n, 0) for at, n in s.items()}
        energy(run, layer, value, s, where)
    for item in need(layer, "intermediates", list, where):
        run.define(item)
    backward = 0
    for key, item in zip(wanted, derived, strict=True):
        if key in integers:
            continue
        found = run.define(item)
        if set(found) != set(moved[key]):
            raise Rejected(where, f"the derivative with respect to {key[0]}_{key[1]} does not have its shape")
        backward += sum(found[at][0] * moved[key][at][1] for at in found)
    return forward, backward % prime


def energy(run: Evaluator, layer: Any, value: Entries, s: dict[tuple[int, ...], int], where: str) -> None:
    """E_v = <s, f - x> and dE_v/ds = f - x, as stated."""
    x = {at: (run.field.unknown("x", at), 0) for at in value}
    run.tensors["x", "v"] = x
    lag = {at: (value[at][0] - x[at][0]) % run.field.prime for at in value}
    stated = run.define(need(layer, "energy", dict, where)).get((), (None,))[0]
    if stated != sum(s[at] * lag[at] for at in lag) % run.field.prime:
        raise Rejected(f"{where}.energy", "is not <s, f - x>")
    if {at: n[0] for at, n in run.define(need(layer, "stationarity", dict, where)).items()} != lag:
        raise Rejected(f"{where}.stationarity", "is not f - x")


def draw_inputs(
    run: Evaluator, read: Mapping[tuple[str, str], list[Any]], definitions: list[Any]
) -> set[tuple[str, str]]:
    """Random entries with random slopes; integers, small enough, for tensors that stand inside an index."""
    bounds: dict[tuple[str, str], int] = {}
    for item in definitions:
        for name, target, axis in positions(need(item, "body", (int, list), run.where)):
            if name in read and target in read:
                extent = integer(read[target][axis], run.sizes, {}, {}, run.where)
                bounds[name] = min(bounds.get(name, extent), extent)
        for name in compared(item["body"]):
            if name in read:
                bounds.setdefault(name, 3)
    for key, shape in read.items():
        for at in run.places(shape):
            drawn = run.field.unknown("value", key, at)
            number = drawn % bounds[key] if key in bounds else (drawn, run.field.unknown("slope", key, at))
            run.tensors.setdefault(key, {})[at] = number
    return set(bounds)


def compared(node: Any) -> set[tuple[str, str]]:
    """Tensors whose entries stand inside a bracket."""
    if not isinstance(node, list) or not node:
        return set()
    if node[0] in BRACKETS:
        return entries(node)
    return set().union(*map(compared, node))
