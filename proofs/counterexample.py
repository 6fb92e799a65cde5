"""Smallest numbers at which a refuted claim fails."""

from __future__ import annotations

from typing import Any

from proofs.checker.graph import Graph
from proofs.evaluate import identity


def smallest(graph: Graph, steps: int) -> dict[str, Any] | None:
    """Numbers for which ``steps`` steps do not give backpropagation."""
    return identity.real_counterexample(graph, steps)
