"""The certificate's graph: structure, hashes and ranks, checked without evaluating an equation."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from dyadic.proofs.checker.evaluation.equations import entries
from dyadic.proofs.checker.intake.effort import spend
from dyadic.proofs.checker.intake.form import FORMAT, ROLES
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.checker.intake.reading import need as field
from dyadic.proofs.checker.trust import GRAPH, called

COST = "cost"


def _beyond(terms: Sequence[Any], others: Sequence[Any], most: int = 8) -> str:
    """The first few terms that are not among others."""
    known = set(map(str, others))
    found = [term for term in terms if str(term) not in known]
    return f"{found[:most]}{f' and {len(found) - most} more' if len(found) > most else ''}"


def digest(content: Any, pieces: int = 0) -> str:
    """SHA-256 of the canonical JSON text (sorted keys, no spaces, ASCII).

    pieces: the depth to which tables are written one entry after the other, so that the text is never there as a whole.
    """
    found = hashlib.sha256()
    for text in _canonical(content, pieces):
        found.update(text.encode())
    return found.hexdigest()


def _canonical(content: Any, pieces: int) -> Iterator[str]:
    if not pieces or not isinstance(content, dict):
        yield json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return
    for position, key in enumerate(sorted(content)):
        yield f"{',' if position else '{'}{json.dumps(key)}:"
        yield from _canonical(content[key], pieces - 1)
    yield "}" if content else "{}"


def architecture_hash(certificate: dict[str, Any]) -> str:
    """Digest of which network a certificate speaks of, whatever it is called; layers stand there by their digests."""
    return digest({key: value for key, value in certificate["architecture"].items() if key != "name"})


def certificate_hash(certificate: dict[str, Any]) -> str:
    """Digest of a certificate without its own hash."""
    return digest({key: value for key, value in certificate.items() if key != "hash"}, pieces=2)


class Graph:
    """The parts of a certificate that say what is claimed of which network.

    Raises :class:`Rejected` if the graph is not a directed acyclic one in topological order, if a sensitivity's
    terms are not exactly the places where the energy contains its activation, or if a hash is wrong.
    ``require_terms`` False leaves out the terms, to evaluate a wrong set of them for a counterexample.
    """

    def __init__(self, certificate: Any, require_terms: bool = True) -> None:
        if field(certificate, "format", str, "certificate") != FORMAT:
            raise Rejected("certificate.format", f"is not {FORMAT}")
        network = field(certificate, "architecture", dict, "certificate")
        self.name: str = field(network, "name", str, "architecture")
        self.inputs: dict[str, dict[str, Any]] = field(network, "inputs", dict, "architecture")
        self.vertices: list[dict[str, Any]] = field(network, "vertices", list, "architecture")
        self.costs: dict[str, dict[str, Any]] = field(network, "costs", dict, "architecture")
        self.decay: Any = field(network, "decay", (int, list), "architecture")
        self.layers: dict[str, Any] = field(certificate, "layers", dict, "certificate")
        self.kinds: dict[str, dict[str, Any]] = field(certificate, "costs", dict, "certificate")
        self.terms: dict[str, Any] = field(certificate, "terms", dict, "certificate")
        self.shared: dict[str, Any] = field(certificate, "shared", dict, "certificate")
        self.equations: dict[str, Any] = field(certificate, "equations", dict, "certificate")
        ranks = field(certificate, "ranks", dict, "certificate")
        self.rank_x: dict[str, int] = field(ranks, "x", dict, "ranks")
        self.rank_s: dict[str, int] = field(ranks, "s", dict, "ranks")
        self.L: int = field(certificate, "L", int, "certificate")
        self.steps: int = field(certificate, "steps", int, "certificate")
        self._entries: dict[tuple[str, int], set[tuple[str, str]]] = {}
        self._owners: dict[str, dict[str, str]] = {}
        self._structure()
        if require_terms:
            self._terms()
        self._hashes()

    def _structure(self) -> None:
        self.parents: dict[str, list[str]] = {}
        self.content: dict[str, str] = {}
        self.sizes: dict[str, dict[str, Any]] = {}
        for name, node in self.inputs.items():
            field(node, "shape", list, f"architecture.inputs.{name}")
            if field(node, "role", str, f"architecture.inputs.{name}") not in ROLES:
                raise Rejected(f"architecture.inputs.{name}.role", f"is not one of {', '.join(ROLES)}")
        known = set(self.inputs)
        for position, vertex in enumerate(self.vertices):
            where = f"architecture.vertices[{position}]"
            name, parents = field(vertex, "name", str, where), field(vertex, "inputs", list, where)
            content = field(vertex, "layer", str, where)
            if name in known or name in self.costs:
                raise Rejected(f"{where}.name", f"{name!r} is used twice or reserved")
            if content not in self.layers:
                raise Rejected(f"{where}.layer", "names no layer of this certificate")
            if not parents or any(parent not in known for parent in parents):
                raise Rejected(f"{where}.inputs", f"{name!r} reads a vertex that does not stand before it")
            if len(parents) != len(field(self.layers[content], "inputs", list, f"layers[{content[:12]}]")):
                raise Rejected(f"{where}.inputs", "does not fit the layer's equation")
            known.add(name)
            self.parents[name], self.content[name] = parents, content
            self.sizes[name] = field(vertex, "sizes", dict, where)
        self.cost_contents: dict[str, dict[str, Any]] = {}
        for owner, cost in self.costs.items():
            where = f"architecture.costs.{owner}"
            if field(cost, "cost", str, where) not in self.kinds:
                raise Rejected(f"{where}.cost", "names no cost of this certificate")
            self.cost_contents[owner] = self.kinds[cost["cost"]]
            if field(cost, "input", str, where) not in self.parents:
                raise Rejected(f"{where}.input", "is not a vertex")
        if set(self.content.values()) != set(self.layers):
            raise Rejected("layers", "hold one that no vertex has")
        if not self.costs or {cost["cost"] for cost in self.costs.values()} != set(self.kinds):
            raise Rejected("costs", "hold one that the architecture does not have")
        for group, table in (("layers", self.layers), ("costs", self.kinds)):
            for content, data in table.items():
                if digest(data) != content:
                    raise Rejected(f"{group}.{content}", "its content does not have this digest")

    def _terms(self) -> None:
        """dE/dx_v has one term for each place where the energy contains x_v besides -<s_v, x_v>.

        The same holds for dE/dtheta of a shared parameter, an input of the role "parameter".
        """
        wanted: dict[str, list[list[Any]]] = {name: [] for name in self.parents}
        trained: dict[str, list[list[Any]]] = {n: [] for n, node in self.inputs.items() if node["role"] == "parameter"}
        for child, parents in self.parents.items():
            for slot, parent in enumerate(parents):
                for table in (wanted, trained):
                    if parent in table:
                        table[parent].append([child, slot])
        for owner, cost in self.costs.items():
            wanted[cost["input"]].append([owner, 0])
        for group, table, stated_table in (("terms", wanted, self.terms), ("shared", trained, self.shared)):
            for name, expected in table.items():
                stated = field(stated_table, name, list, group)
                if sorted(map(str, stated)) != sorted(map(str, expected)):
                    missing, extra = _beyond(expected, stated), _beyond(stated, expected)
                    reason = f"the energy has the terms {missing} not stated here; extra: {extra}"
                    raise Rejected(f"{group}.{name}", reason)
            if set(stated_table) != set(table):
                raise Rejected(group, "name something that the architecture does not have")

    def _hashes(self) -> None:
        """There is an equation for every tag that the network has, under the hash of what it says."""
        tags = list(self.tags())
        wanted = set(tags)
        if len(wanted) < len(tags):
            twice = next(tag for tag, times in Counter(tags).items() if times > 1)
            raise Rejected(f"equations.{twice}", "is the tag of two equations")
        for tag in sorted(wanted | set(self.equations)):
            where = f"equations.{tag}"
            if tag not in wanted:
                raise Rejected(where, "is no equation of this network")
            stated = field(self.equations, tag, dict, "equations")
            content = {key: field(stated, key, kind, where) for key, kind in (("definition", dict), ("where", list))}
            if set(stated) != {"hash", *content}:
                raise Rejected(where, "has fields that an equation does not have")
            if field(stated, "hash", str, where) != digest({"tag": tag, **content}):
                raise Rejected(f"{where}.hash", "is not the hash of the equation in this certificate")

    def tags(self) -> Iterator[str]:
        """The tag of every equation that the network has."""
        for name in self.parents:
            yield from (f"x:{name}", f"s:{name}", f"E:{name}")
            for parameter in field(self.layers[self.content[name]], "gradients", dict, "layers"):
                yield f"g:{name}.{parameter}"
        yield from (f"g:{name}" for name in self.shared)
        yield from ("C" if owner == COST else f"C:{owner}" for owner in self.costs)

    def reads(self, name: str) -> tuple[set[str], set[str]]:
        """Activations and sensitivities that the update of s at a vertex reads."""
        each = [self.term_reads(child, slot) for child, slot in self.terms[name]]
        return set().union(*(x for x, _ in each)), set().union(*(s for _, s in each))

    def term_reads(self, child: str, slot: int) -> tuple[set[str], set[str]]:
        """The same for one term of the update."""
        called(GRAPH)
        is_cost = child in self.costs
        data = self.cost_contents[child] if is_cost else self.layers[self.content[child]]
        if child not in self._owners:
            if is_cost:
                self._owners[child] = {data["input"]: self.costs[child]["input"]}
            else:
                self._owners[child] = {"v": child, **dict(zip(data["inputs"], self.parents[child], strict=True))}
        owners, key = self._owners[child], (self.content.get(child, child), slot)
        if key not in self._entries:
            target = data["gradient"] if is_cost else data["adjoints"][slot]
            available = [*data["definitions"], *data["intermediates"]]
            wanted = entries(target["body"])
            spend(len(available), "terms")
            for item in reversed(available):
                if (item["kind"], item["owner"]) in wanted:
                    read = entries(item["body"])
                    spend(len(read), "terms")
                    wanted |= read
            self._entries[key] = wanted
        wanted = self._entries[key]
        spend(2 + len(wanted), "terms")
        stray = sorted({owner for kind, owner in wanted if kind in ("x", "s")} - set(owners))
        if stray:
            where = f"costs.{child}" if is_cost else f"layers[{key[0][:12]}]"
            raise Rejected(where, f"reads a tensor of {stray[0]!r}, which stands for nothing here")
        return (
            {owners[owner] for kind, owner in wanted if kind == "x"},
            {owners[owner] for kind, owner in wanted if kind == "s"},
        )

    def check_ranks(self) -> None:
        """Every update reads only variables of smaller rank; L is the depth and ``steps`` the largest rank.

        These are the hypotheses of the stabilisation lemma for this network.
        """
        rank_x: dict[str, int] = dict.fromkeys(self.inputs, 0)
        for name, parents in self.parents.items():
            rank = field(self.rank_x, name, int, "ranks.x")
            needed = 1 + max(rank_x[parent] for parent in parents)
            if rank != needed:
                raise Rejected(f"ranks.x.{name}", f"is {rank}, but what x of {name!r} reads makes it {needed}")
            rank_x[name] = rank
        for name in reversed(self.parents):
            x, s = self.reads(name)
            rank = field(self.rank_s, name, int, "ranks.s")
            below = [0, *(rank_x[other] for other in x), *(self.rank_s[other] for other in s)]
            if rank != 1 + max(below):
                raise Rejected(f"ranks.s.{name}", f"is {rank}, but what s of {name!r} reads makes it {1 + max(below)}")
        if set(self.rank_x) != set(self.parents) or set(self.rank_s) != set(self.parents):
            raise Rejected("ranks", "name a vertex that the architecture does not have")
        if max(self.rank_x.values()) != self.L:
            raise Rejected("certificate.L", f"is {self.L}, the largest depth is {max(self.rank_x.values())}")

    @property
    def largest_rank(self) -> int:
        return max(*self.rank_x.values(), *self.rank_s.values())

    def reads_of(self, variable: str) -> set[str]:
        """The variables (``x:NAME``, ``s:NAME``) that the update of one of them reads; inputs are clamped."""
        kind, _, name = variable.partition(":")
        if kind == "x":
            return {f"x:{parent}" for parent in self.parents[name] if parent in self.parents}
        x, s = self.reads(name)
        return {f"x:{other}" for other in x if other in self.parents} | {f"s:{other}" for other in s}

    def layer_edges(self) -> list[tuple[str, str]]:
        """(parent, child) for every layer and every other one that it reads, in order, each once."""
        edges = ((u, v) for v, parents in self.parents.items() for u in parents if u in self.parents)
        return list(dict.fromkeys(edges))

    def longest_chain(self) -> list[str]:
        """A variable of the largest rank, one that it reads of the rank below, and so on down to rank 1."""
        rank = {f"x:{n}": r for n, r in self.rank_x.items()} | {f"s:{n}": r for n, r in self.rank_s.items()}
        chain = [next(variable for variable, r in rank.items() if r == self.largest_rank)]
        while rank[chain[-1]] > 1:
            chain.append(min(v for v in self.reads_of(chain[-1]) if rank[v] == rank[chain[-1]] - 1))
        return chain

    def contents(self) -> dict[str, tuple[Any, dict[str, Any]]]:
        """Every layer and cost by its place in the certificate, with the sizes that it has somewhere in the network."""
        used = {self.content[name]: self.sizes[name] for name in reversed(self.parents)}
        found = {f"layers.{key}": (content, used.get(key, {})) for key, content in self.layers.items()}
        used = {cost["cost"]: cost["sizes"] for cost in reversed(self.costs.values())}
        return found | {f"costs.{key}": (content, used.get(key, {})) for key, content in self.kinds.items()}
