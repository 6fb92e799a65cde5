"""What is being checked, and what was found so far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dyadic.proofs.checker.findings import Done, Finding, Report
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.names import check_names
from dyadic.proofs.checker.intake.shapes import Shapes, check_positions, check_roles
from dyadic.proofs.checker.verdicts import Claims


class Examination:
    """A certificate whose form, names, graph, shapes, ranks and texts hold.  Raises :class:`Rejected` for any other.

    found: the findings so far, by claim.  open: what ``steps`` rests on and was not verified again, and why.
    users: the vertices and costs by the place of their equations.  effort: how many times the usual work is allowed.
    """

    def __init__(self, certificate: Any, effort: int) -> None:
        self.effort = effort
        for group in ("layers", "costs"):
            for key, content in certificate[group].items():
                check_names(content, f"{group}.{key}")
        graph = self.graph = Graph(certificate)
        check_roles(graph)
        inputs = {name: node["shape"] for name, node in graph.inputs.items()}
        sizes = graph.sizes | {owner: cost["sizes"] for owner, cost in graph.costs.items()}
        self.shapes = Shapes(graph, inputs, sizes, "architecture")
        check_positions(graph, self.shapes)
        graph.check_ranks()
        self.certificate = certificate
        self.claims = Claims(certificate, graph)
        self.users: dict[str, list[str]] = {}
        for name, key in graph.content.items():
            self.users.setdefault(f"layers.{key}", []).append(name)
        for owner, cost in graph.costs.items():
            self.users.setdefault(f"costs.{cost['cost']}", []).append(owner)
        self.found: dict[str, Finding] = {}
        self.open = [f"{self.claims.titles[name]} is not one that is known here" for name in self.claims.unknown]

    def say(self, claim: Any, done: Done, detail: str) -> None:
        """What was done about a claim."""
        self.found[claim["id"]] = Finding(claim["id"], done, detail, self.claims.titles[claim["id"]])

    def report(self) -> Report:
        """Every claim in the order of the file; nothing is said for those of a kind that is not known."""
        return Report(tuple(self._all()), tuple(dict.fromkeys(self.open)))

    def _all(self) -> Iterator[Finding]:
        for claim in self.certificate["claims"]:
            name, title = claim["id"], self.claims.titles[claim["id"]]
            if name in self.claims.unknown:
                yield Finding(name, Done.UNKNOWN, "no kind of claim that is known here; it does not count", title)
            elif name in self.found:
                yield self.found[name]
            elif claim["verdict"] == "proved":
                yield Finding(name, Done.STATED, "proved, says the prover; not checked here", title)
            else:
                yield Finding(name, Done.STATED, f"{claim['verdict']}, says the prover", title)
