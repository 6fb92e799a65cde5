"""What is being checked, and what was found so far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dyadic.proofs.checker.findings import Done, Finding, Report
from dyadic.proofs.checker.intake.existence import check_existence
from dyadic.proofs.checker.intake.graph import Graph, architecture_hash
from dyadic.proofs.checker.intake.looks_alike import check_looks
from dyadic.proofs.checker.intake.names import check_names
from dyadic.proofs.checker.intake.shapes import check_positions, check_roles, network_shapes
from dyadic.proofs.checker.verdicts import Claims


class Examination:
    """A certificate whose form, names, graph, shapes, ranks and texts hold.  Raises :class:`Rejected` for any other.

    found: the findings so far, by claim.  open: what ``steps`` rests on and was not verified again, and why.
    own_sizes: the claims that were verified at the sizes of this network only.
    users: the vertices and costs by the place of their equations.  effort: how many times the usual work is allowed.
    """

    def __init__(self, certificate: Any, effort: int) -> None:
        self.effort = effort
        for group in ("layers", "costs"):
            for key, content in certificate[group].items():
                check_names(content, f"{group}.{key}")
        graph = self.graph = Graph(certificate)
        check_looks([("architecture.name", [graph.name])])
        groups = {"inputs": list(graph.inputs), "vertices": list(graph.parents), "costs": list(graph.costs)}
        check_looks((f"architecture.{group}", names) for group, names in groups.items())
        check_roles(graph)
        self.shapes = network_shapes(graph)
        check_positions(graph, self.shapes)
        check_existence(graph)
        graph.check_ranks()
        self.certificate = certificate
        self.claims = Claims(certificate, graph, self.shapes)
        self.users: dict[str, list[str]] = {}
        for name, key in graph.content.items():
            self.users.setdefault(f"layers.{key}", []).append(name)
        for owner, cost in graph.costs.items():
            self.users.setdefault(f"costs.{cost['cost']}", []).append(owner)
        self.found: dict[str, Finding] = {}
        self.own_sizes: list[str] = []
        count = len(self.claims.unknown)
        counted = "a claim is" if count == 1 else f"{count} claims are"
        self.open = [f"{counted} of no kind that is known here"] if count else []

    def say(self, claim: Any, done: Done, detail: str) -> None:
        """What was done about a claim."""
        self.found[claim["id"]] = Finding(claim["id"], done, detail, self.claims.titles[claim["id"]])

    def tables(self, place: str) -> list[dict[str, int] | None]:
        """The sizes with which the network uses a layer or cost, each once; None for those that are no numbers."""
        found: dict[Any, dict[str, int] | None] = {}
        for name in self.users[place]:
            numbers = self.shapes.numbers(name)
            found[None if numbers is None else tuple(sorted(numbers.items()))] = numbers
        return list(found.values())

    def known_tables(self, place: str) -> list[dict[str, int]]:
        """Those of them that are numbers."""
        return [table for table in self.tables(place) if table is not None]

    def report(self) -> Report:
        """Every claim in the order of the file; nothing is said for those of a kind that is not known."""
        about = self.graph.name, architecture_hash(self.certificate)
        steps = self.claims.known["steps"]
        assumed = tuple(steps["hypotheses"]) if steps["verdict"] == "proved" else ()
        return Report(
            tuple(self._all()), tuple(dict.fromkeys(self.open)), *about, tuple(self.own_sizes), assumed,
            self.certificate.get("compared"), elsewhere=bool(steps["numbers"]["elsewhere"]),
        )  # fmt: skip

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
