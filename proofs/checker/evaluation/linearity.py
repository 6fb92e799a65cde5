"""Whether a network is linear: layers are affine in the activations of others, the costs' gradients in their own.

Then an adjoint does not depend on activations, and the unit step is an affine map of the whole state.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from dyadic.proofs.checker.intake.graph import Graph

Degrees = dict[tuple[str, str], float]


def is_linear(graph: Graph) -> bool:
    """Clamped inputs and parameters are constants; no function, root or maximum is taken of what moves."""
    for name, parents in graph.parents.items():
        layer = graph.layers[graph.content[name]]
        moving: Degrees = {
            ("x", owner): float(parent in graph.parents) for owner, parent in zip(layer["inputs"], parents, strict=True)
        }
        if _last(layer["definitions"], moving) > 1:
            return False
    for content in graph.cost_contents.values():
        moving = {("x", content["input"]): 1.0}
        if _last([*content["definitions"], *content["intermediates"], content["gradient"]], moving) > 1:
            return False
    return True


def _last(items: list[Any], moving: Degrees) -> float:
    """The degree of the last of some definitions."""
    found = dict(moving)
    degree = 0.0
    for item in items:
        degree = found[item["kind"], item["owner"]] = degree_of(item["body"], found)
    return degree


def degree_of(node: Any, known: Mapping[tuple[str, str], float]) -> float:
    """A bound on the degree in what moves; infinite where something else than a polynomial is made of it."""
    if not isinstance(node, list):
        return 0.0
    match node:
        case ["entry", kind, owner, _]:
            return known.get((kind, owner), 0.0)
        case ["+", *parts]:
            return max(degree_of(part, known) for part in parts)
        case ["*", *parts]:
            return sum(degree_of(part, known) for part in parts)
        case ["^", base, power]:
            inner = degree_of(base, known)
            return inner * power if isinstance(power, int) and power >= 0 else inf if inner else 0.0
        case ["apply", _, _, argument]:
            return inf if degree_of(argument, known) else 0.0
        case ["sum", _, _, body]:
            return degree_of(body, known)
        case ["max" | "argmax" | "logsumexp", _, _, body]:
            return inf if degree_of(body, known) else 0.0
    return 0.0


__all__ = ["degree_of", "is_linear"]
