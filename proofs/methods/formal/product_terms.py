"""The terms of proofs/coq/Terms.v, made here in the same order, so that a proof can name them by their places.

Nothing here has to be right for a theorem to hold: Coq makes the terms again, and checks what is said of them.
Expressions are read from the Coq text, as tuples of a head and its parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

Node = Any
"""A word, or a tuple of nodes."""
Place = Mapping[str, Node]
"""Where the variables of an expression stand in a term: the index that each of them is."""
ABSENT: Node = ("Constant", ("0",))


@dataclass(frozen=True)
class ParsedEquation:
    """One equation of a layer, read."""

    target: tuple[str, str]
    indices: tuple[str, ...]
    body: Node


@dataclass(frozen=True)
class Factor:
    """An expression, or an entry of the direction; its indices are those of the term."""

    is_direction: bool
    body: Node


@dataclass(frozen=True)
class ProductTerm:
    """numbers, the lengths of its sums, guards, factors: the latter two with the newest first."""

    numbers: tuple[Node, ...]
    extents: tuple[Node, ...]
    guards: tuple[Node, ...]
    factors: tuple[Factor, ...]


@dataclass(frozen=True)
class ReadLayer:
    """A layer's equations, read; shapes: of every tensor."""

    is_cost: bool
    inner: tuple[ParsedEquation, ...]
    positions: tuple[ParsedEquation, ...]
    printed: tuple[ParsedEquation, ...]
    shapes: Mapping[tuple[str, str], tuple[Node, ...]]

    def position(self, target: tuple[str, str]) -> int | None:
        """Which of the positions is that of the maximum ``target``."""
        (maximum,) = (d for d in self.inner if d.target == target)
        wanted = ("ArgMax", *maximum.body[1:])
        found = [n for n, c in enumerate(self.positions) if c.body == wanted and c.indices == maximum.indices]
        return found[0] if found else None


def parsed(text: str) -> Node:
    """The first term of a Coq text."""
    stack: list[list[Node]] = [[]]
    for word in re.findall(r"[()\[\]]|[^\s()\[\];]+", text):
        if word in "([":
            stack.append([])
        elif word in ")]":
            done = tuple(stack.pop())
            stack[-1].append(done)
        else:
            stack[-1].append(word)
    return tuple(stack[0])


def read_equation(text: str) -> ParsedEquation:
    """``Equation (Inner 0) [0; 1] (body)``."""
    _, target, indices, body = parsed(text)
    return ParsedEquation(target, indices, body)


def pairing_terms(layer: ReadLayer) -> list[ProductTerm]:
    """What ``pairing_terms`` of proofs/coq/AllSizes.v is."""
    forward = [term for d in layer.inner for term in _tangent_terms(layer, d)]
    return forward + [term for d in layer.printed for term in _printed_terms(layer, d)]


def _places(d: ParsedEquation) -> dict[str, Node]:
    return {name: ("Index", str(place)) for place, name in reversed(list(enumerate(d.indices)))}


def _entry(tensor: tuple[str, str], d: ParsedEquation) -> Node:
    return ("Entry", tensor, tuple(("Index", name) for name in d.indices))


def _start(layer: ReadLayer, d: ParsedEquation, numbers: tuple[Node, ...], factors: tuple[Factor, ...]) -> ProductTerm:
    return ProductTerm(numbers, layer.shapes[d.target], (), factors)


def _tangent_terms(layer: ReadLayer, d: ParsedEquation) -> list[ProductTerm]:
    place = _places(d)
    sensitivity = ("Sensitivity", d.target[1])
    is_one = layer.is_cost and d.target == layer.inner[-1].target
    factors = () if is_one else (Factor(False, at_place(_entry(sensitivity, d), place)),)
    start = _start(layer, d, (), factors)
    if d.body[0] not in ("LogSumExp", "Maximum"):
        return list(tangent_expanded(d.body, place, start))
    head, k, n, guards, a = d.body
    inner = {**place, k: ("Index", str(len(d.indices)))}
    if head == "LogSumExp":
        shifted = ("Add", a, ("Mul", ("Number", ("-1",)), _entry(d.target, d)))
        factor: Node = ("Apply", "0", "0", shifted)
    else:
        chosen = layer.position(d.target)
        if chosen is None:
            return []
        factor = ("IndexIs", ("Index", k), _entry(layer.positions[chosen].target, d))
    start = replace(start, extents=(*start.extents, n))
    for guard in reversed(guards):
        start = replace(start, guards=(at_place(guard, inner), *start.guards))
    last = Factor(False, at_place(factor, inner))
    return [replace(term, factors=(last, *term.factors)) for term in tangent_expanded(a, inner, start)]


def _printed_terms(layer: ReadLayer, d: ParsedEquation) -> Iterator[ProductTerm]:
    family, number = d.target
    moved = ("Inner", number) if family == "Sensitivity" else d.target
    place = _places(d)
    direction = Factor(True, at_place(_entry(moved, d), place))
    yield from expanded(d.body, place, _start(layer, d, (("-1",),), (direction,)))


def expanded(e: Node, place: Place, term: ProductTerm) -> Iterator[ProductTerm]:
    """The term times an expression."""
    head, *parts = e
    match head:
        case "Number":
            yield replace(term, numbers=(parts[0], *term.numbers))
        case "Add":
            for part in parts:
                yield from expanded(part, place, term)
        case "Mul":
            for first in expanded(parts[0], place, term):
                yield from expanded(parts[1], place, first)
        case "Sum":
            yield from expanded(parts[2], *_summed(parts, place, term))
        case "Bracket":
            yield replace(term, guards=(at_place(parts[0], place), *term.guards))
        case _:
            yield _times(term, Factor(False, at_place(e, place)))


def tangent_expanded(e: Node, place: Place, term: ProductTerm) -> Iterator[ProductTerm]:
    """The term times the tangent of an expression."""
    head, *parts = e
    match head:
        case "Entry":
            if parts[0][0] != "Datum":
                yield _times(term, Factor(True, at_place(e, place)))
        case "Add":
            for part in parts:
                yield from tangent_expanded(part, place, term)
        case "Mul":
            for first in tangent_expanded(parts[0], place, term):
                yield from expanded(parts[1], place, first)
            for first in expanded(parts[0], place, term):
                yield from tangent_expanded(parts[1], place, first)
        case "Apply":
            function, order, argument = parts
            derivative = ("Apply", function, str(int(order) + 1), argument)
            for inner in tangent_expanded(argument, place, term):
                yield _times(inner, Factor(False, at_place(derivative, place)))
        case "Sum":
            yield from tangent_expanded(parts[2], *_summed(parts, place, term))


def _times(term: ProductTerm, factor: Factor) -> ProductTerm:
    return replace(term, factors=(factor, *term.factors))


def _summed(parts: list[Node], place: Place, term: ProductTerm) -> tuple[Place, ProductTerm]:
    inner = {**place, parts[0]: ("Index", str(len(term.extents)))}
    return inner, replace(term, extents=(*term.extents, parts[1]))


def at_place(e: Node, place: Place, depth: int = 0) -> Node:
    """An expression or bracket with its variables as the term's; those that it binds itself by their depth."""
    if not isinstance(e, tuple) or not e:
        return e
    head, *parts = e
    if head == "Index":
        return place.get(parts[0], ABSENT)
    if head == "Entry":
        return (head, parts[0], tuple(at_place(i, place, depth) for i in parts[1]))
    if head in ("Sum", "LogSumExp", "Maximum", "ArgMax"):
        k, n, *rest = parts
        inner = {**place, k: ("Bound", str(depth))}
        return (head, n, *(_inside(part, inner, depth + 1) for part in rest))
    return (head, *(at_place(part, place, depth) for part in parts))


def _inside(part: Node, place: Place, depth: int) -> Node:
    is_list = not part or isinstance(part[0], tuple)
    return tuple(at_place(g, place, depth) for g in part) if is_list else at_place(part, place, depth)
