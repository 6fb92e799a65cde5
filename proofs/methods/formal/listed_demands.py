"""What a network's theorem asks of its numbers, as proofs/coq/Demands.v lists it: made here from the file's equations.

Nothing here has to be right: Coq makes the list again, and compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from dyadic.proofs.checker.evaluation.smooth_entries import EVERYWHERE
from dyadic.proofs.methods.formal.coq_terms import FUNCTIONS, RECIPROCAL

Node = Any
"""A word, a tuple for what stands in parentheses, or a list."""
Situated = tuple[list[Node], Node]
"""The sums around a need, outermost first, and the need."""
_ZERO_AWAY, _POSITIVE = {FUNCTIONS.index("relu")}, {FUNCTIONS.index(name) for name in ("sqrt", "rsqrt", "log")}
_EVERYWHERE = {FUNCTIONS.index(name) for name in EVERYWHERE}


def demands(layers: Sequence[Sequence[str]]) -> list[str]:
    """The list of a network as terms of Coq.  layers: the texts of every layer's definitions, the cost's last."""
    return [
        _text(("Demand", str(v), str(j), around, need))
        for v, definitions in enumerate(layers)
        for j, text in enumerate(definitions)
        for around, need in _needs(_parsed(text)[-1])
    ]


def _parsed(text: str) -> list[Node]:
    stack: list[list[Node]] = [[]]
    for word in re.findall(r"[()\[\]]|[^\s()\[\];]+", text):
        if word in "([":
            stack.append([])
        elif word in ")]":
            done = stack.pop()
            stack[-1].append(tuple(done) if word == ")" else done)
        else:
            stack[-1].append(word)
    return stack[0]


def _text(node: Node) -> str:
    if isinstance(node, str):
        return node
    parts = map(_text, node)
    return f"[{'; '.join(parts)}]" if isinstance(node, list) else f"({' '.join(parts)})"


def _needs(e: Node) -> Iterator[Situated]:
    """What ``needs`` of proofs/coq/Demands.v is, in the same order."""
    head, *parts = e
    match head:
        case "Add" | "Mul":
            for part in parts:
                yield from _needs(part)
        case "Apply":
            yield from _needs(parts[2])
            yield from (([], need) for need in _of_function(*parts))
        case "Sum":
            yield from _within([*parts[:2], []], parts[2])
        case "LogSumExp":
            if parts[2] or parts[1] == "0":
                yield [], ("SomeTerm", *parts[:3])
            yield from _within(parts[:3], parts[3])
        case "Maximum":
            yield [], ("LargestOnce", *parts)
            yield from _within(parts[:3], parts[3])
        case "ArgMax" | "IndexIs":
            yield [], "Never"


def _within(head: list[Node], body: Node) -> Iterator[Situated]:
    k, n, guards = head
    for around, need in _needs(body):
        yield [(f"{k},", f"{n},", guards), *around], need


def _of_function(function: str, order: str, argument: Node) -> Iterator[Node]:
    number, first = int(function), order == "0"
    if number == FUNCTIONS.index("exp") or (first and number in _EVERYWHERE):
        return
    if number == RECIPROCAL or (first and number in _ZERO_AWAY):
        yield ("NotZero", argument)
    elif first and number in _POSITIVE:
        yield ("Positive", argument)
    else:
        yield ("HasDerivative", function, order, argument)


__all__ = ["demands"]
