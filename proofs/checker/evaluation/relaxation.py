"""All steps on opaque terms: whether anything still depends on the initial state after them.

With opaque layers an update depends on the initial state exactly if it reads something that does.  An update whose
reads have all lost that dependence loses it in the next step, and executing it again gives the same term.  This shows
for the network at hand what the stabilisation lemma says of every network with its ranks.
"""

from __future__ import annotations

from dyadic.proofs.checker.intake.graph import Graph


def settles(graph: Graph, steps: int) -> str | None:
    """A variable that still depends on the initial state after ``steps`` steps, or None if there is none."""
    reads = {f"{kind}:{name}": graph.reads_of(f"{kind}:{name}") for kind in "xs" for name in graph.parents}
    readers: dict[str, list[str]] = {variable: [] for variable in reads}
    for variable, others in reads.items():
        for other in others:
            readers[other].append(variable)
    waits_for = {variable: len(others) for variable, others in reads.items()}
    ready = [variable for variable, count in waits_for.items() if count == 0]
    for _ in range(steps):
        after = []
        for variable in ready:
            del waits_for[variable]
            for reader in readers[variable]:
                waits_for[reader] -= 1
                if waits_for[reader] == 0:
                    after.append(reader)
        ready = after
    return next(iter(waits_for), None)
