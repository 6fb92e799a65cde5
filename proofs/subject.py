"""What the methods look at: a derivation, the number of steps claimed of it, and its graph as the checker reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dyadic.proofs import certificate
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.shapes import network_shapes
from dyadic.proofs.evaluate.network import Rejected
from dyadic.symbolic.derivation import Derivation

Progress = Callable[[str], None]
"""Is told what is done now."""


@dataclass(frozen=True)
class Subject:
    """content: the part of the certificate that says what is claimed.

    graph: the checker's view of it; None where it is not even a graph.  refusal: why the checker does not accept it.
    progress: is told what a long method is at.
    A wrong set of terms is refused, but leaves a graph: the other methods then look at what it computes.
    """

    derivation: Derivation
    steps: int
    content: dict[str, Any]
    graph: Graph | None
    refusal: Rejected | None
    progress: Progress = lambda stage: None

    @cached_property
    def restrictions(self) -> tuple[str, ...]:
        """Which sizes have to be at least 1, where not every number for the names in them makes them so."""
        try:
            return () if self.graph is None else tuple(network_shapes(self.graph).hypotheses())
        except Rejected:
            return ()  # shapes that do not fit; what evaluates them says so

    @property
    def network(self) -> Graph:
        """The graph, for methods that run only where there is one."""
        assert self.graph is not None
        return self.graph


def examine(derivation: Derivation, steps: int, progress: Progress = lambda stage: None) -> Subject:
    """Read a derivation the way the checker reads a certificate."""
    content = certificate.subject(derivation, steps)
    try:
        return Subject(derivation, steps, content, Graph(content), None, progress)
    except Rejected as error:
        loose = Graph(content, require_terms=False) if error.field.startswith(("terms.", "shared.")) else None
        return Subject(derivation, steps, content, loose, error, progress)
