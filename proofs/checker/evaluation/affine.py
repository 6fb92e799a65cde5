"""Whether a network is linear: every update of the relaxation an affine function of x and s together.

That is so if every layer is affine in the activations that it reads, and the gradient of every cost in what it reads:
then no vector-Jacobian product depends on x.  Parameters, inputs and targets do not move.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dyadic.proofs.checker.intake.graph import Graph

Degree = float
"""The degree of an expression in what moves; infinity where it is no polynomial."""
NO_POLYNOMIAL = float("inf")


def is_linear(graph: Graph) -> bool:
    """Whether it is seen from the equations that the network is linear."""
    for name, parents in graph.parents.items():
        layer = graph.layers[graph.content[name]]
        moving = {owner for owner, parent in zip(layer["inputs"], parents, strict=True) if parent in graph.parents}
        if _largest(layer["definitions"], dict.fromkeys((("x", owner) for owner in moving), 1.0)) > 1:
            return False
    for content in graph.cost_contents.values():
        known = {("x", content["input"]): 1.0}
        items = [*content["definitions"], *content["intermediates"]]
        if _degree(content["gradient"]["body"], _degrees(items, known)) > 1:
            return False
    return True


def _largest(items: list[Any], known: dict[tuple[str, str], Degree]) -> Degree:
    found = _degrees(items, known)
    return found[items[-1]["kind"], items[-1]["owner"]]


def _degrees(items: list[Any], known: dict[tuple[str, str], Degree]) -> dict[tuple[str, str], Degree]:
    """The degree of every tensor, those that are defined among them."""
    for item in items:
        known[item["kind"], item["owner"]] = _degree(item["body"], known)
    return known


def _degree(node: Any, known: Mapping[tuple[str, str], Degree]) -> Degree:
    match node:
        case ["entry", str(kind), str(owner), list(indices)]:
            inside = max((_degree(index, known) for index in indices), default=0)
            return NO_POLYNOMIAL if inside else known.get((kind, owner), 0)
        case ["+", *parts]:
            return max(_degree(part, known) for part in parts)
        case ["*", *parts]:
            return sum(_degree(part, known) for part in parts)
        case ["^", base, exponent]:
            own = _degree(base, known)
            return 0 if not own else own * exponent if isinstance(exponent, int) and exponent > 0 else NO_POLYNOMIAL
        case ["sum", _, _, body]:
            return _degree(body, known)
        case ["apply", _, _, argument]:
            return NO_POLYNOMIAL if _degree(argument, known) else 0
        case [str(head), *parts] if head not in ("rational", "size", "index"):
            return NO_POLYNOMIAL if any(_degree(part, known) for part in parts) else 0
    return 0


__all__ = ["is_linear"]
