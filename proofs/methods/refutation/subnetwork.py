"""Parts of a network: some of its vertices, with everything else that they read clamped."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.methods.induction import settling_rounds

_MOST = 400
"""Bound on the parts looked at."""


def parts(graph: Graph) -> Iterator[Graph]:
    """Sub-networks, smallest first, each shape of them once; the whole network comes last."""
    seen: set[str] = set()
    for names in _selections(graph):
        signature = _signature(graph, names)
        if signature in seen:
            continue
        seen.add(signature)
        found = restricted(graph, names)
        if found is not None:
            yield found
        if len(seen) >= _MOST:
            break
    yield graph


def _selections(graph: Graph) -> Iterator[list[str]]:
    """A vertex; with a child; with two children; with a child and a grandchild."""
    order = {name: place for place, name in enumerate(graph.parents)}
    children: dict[str, list[str]] = {name: [] for name in graph.parents}
    for name, parents in graph.parents.items():
        for parent in dict.fromkeys(parents):
            if parent in children:
                children[parent].append(name)
    for name in order:
        yield [name]
    for name in order:
        yield from ([name, child] for child in children[name])
    for name in order:
        for child in children[name]:
            further = [*children[child], *(other for other in children[name] if other != child)]
            yield from (sorted({name, child, other}, key=order.__getitem__) for other in further)


def _signature(graph: Graph, names: Sequence[str]) -> str:
    """Equal for parts that compute the same: contents, wiring among themselves, and terms."""
    place = {name: position for position, name in enumerate(names)} | {owner: owner for owner in graph.costs}
    return repr(
        [
            (
                graph.content[name],
                [place.get(parent) for parent in graph.parents[name]],
                sorted(str((place[child], slot)) for child, slot in graph.terms[name] if child in place),
            )
            for name in names
        ]
    )


def restricted(graph: Graph, names: Sequence[str]) -> Graph | None:
    """The vertices named; what else they read is clamped.  None if the shape of that is not known, or no cost fits.

    A cost that reads none of them is put on the last one.
    """
    part = copy.copy(graph)
    kept = set(names)
    part.parents = {name: graph.parents[name] for name in names}
    part.content = {name: graph.content[name] for name in names}
    part.sizes = {name: graph.sizes[name] for name in names}
    part.vertices = [vertex for vertex in graph.vertices if vertex["name"] in kept]
    part.layers = {key: graph.layers[key] for key in part.content.values()}
    part.inputs = {}
    for parent in (p for name in names for p in graph.parents[name] if p not in kept):
        node = graph.inputs.get(parent) or _clamped(graph, parent)
        if node is None:
            return None
        part.inputs[parent] = node
    part.costs = {owner: cost for owner, cost in graph.costs.items() if cost["input"] in kept}
    part.terms = {name: [t for t in graph.terms[name] if t[0] in kept or t[0] in part.costs] for name in names}
    if not part.costs:
        owner = next(iter(graph.costs))
        rank = len(graph.layers[graph.content[names[-1]]]["definitions"][-1]["shape"])
        if len(graph.cost_contents[owner]["shape"]) != rank:
            return None
        part.costs = {owner: {**graph.costs[owner], "input": names[-1]}}
        part.terms[names[-1]] = [*part.terms[names[-1]], [owner, 0]]
    part.cost_contents = {owner: graph.cost_contents[owner] for owner in part.costs}
    part.shared = {
        name: [t for t in terms if t[0] in kept] for name, terms in graph.shared.items() if name in part.inputs
    }
    part._entries, part._owners = {}, {}
    rounds = settling_rounds(part)
    part.rank_x = {name: rounds.get(("x", name), 2 * len(names)) for name in names}
    part.rank_s = {name: rounds.get(("s", name), 2 * len(names)) for name in names}
    return part


def _clamped(graph: Graph, name: str) -> dict[str, Any] | None:
    """A vertex as an input: its shape with the architecture's own extents."""
    sizes = graph.sizes[name]
    shape = graph.layers[graph.content[name]]["definitions"][-1]["shape"]
    if not all(isinstance(e, int) or (e[0] == "size" and e[1] in sizes) for e in shape):
        return None
    return {"shape": [e if isinstance(e, int) else sizes[e[1]] for e in shape], "role": "data"}


def described(graph: Graph) -> list[str]:
    """The network in a line for each vertex and cost, with the terms that its sensitivity is given."""
    lines = [f"input {name} ({node['role']})" for name, node in graph.inputs.items()]
    for name, parents in graph.parents.items():
        terms = " + ".join(f"from {child}" + (f"[{slot}]" if slot else "") for child, slot in graph.terms[name]) or "0"
        lines.append(f"{name} = {graph.layers[graph.content[name]]['label']}({', '.join(parents)});  s_{name}: {terms}")
    lines += [
        f"{owner}: {graph.cost_contents[owner]['label']} of {cost['input']}" for owner, cost in graph.costs.items()
    ]
    return lines
