"""All steps on opaque terms: two runs from two states of free symbols end in the same terms, and stay there.

Terms are hash-consed, so that equality is equality of integers.  This shows for the network at hand what the
stabilisation lemma says of every network with its ranks.
"""

from __future__ import annotations

from typing import Any

from dyadic.proofs.checker.graph import Graph

MOST_UPDATES = 1_000_000
"""Variables times steps, beyond which the ranks alone are relied on."""


def settles(graph: Graph, steps: int) -> str | None:
    """A variable that still depends on the initial state after ``steps`` steps, or None if there is none."""
    table: dict[tuple[Any, ...], int] = {}

    def term(*parts: Any) -> int:
        return table.setdefault(parts, len(table))

    reads = {
        name: [(child, slot, graph.term_reads(child, slot)) for child, slot in graph.terms[name]]
        for name in graph.parents
    }

    def run(label: str) -> dict[str, int]:
        clamped = {f"x:{name}": term("input", name) for name in graph.inputs}
        state = clamped | {f"{kind}:{name}": term(label, kind, name) for kind in "xs" for name in graph.parents}
        for _ in range(steps):
            after = dict(clamped)
            for name, parents in graph.parents.items():
                after[f"x:{name}"] = term("f", name, *(state[f"x:{parent}"] for parent in parents))
                after[f"s:{name}"] = term(
                    "sum",
                    *(
                        term(child, slot, *(state[f"x:{v}"] for v in sorted(x)), *(state[f"s:{v}"] for v in sorted(s)))
                        for child, slot, (x, s) in reads[name]
                    ),
                )
            state = after
        return state

    one, two = run("one start"), run("another start")
    return next((variable for variable in one if one[variable] != two[variable]), None)
