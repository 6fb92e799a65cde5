"""At which sizes a claim is examined: the architecture's own where that is affordable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

from dyadic.proofs.checker.graph import Graph
from dyadic.proofs.evaluate.network import Rejected, whole
from dyadic.proofs.evaluate.sizes import Instantiation, free_symbols, reduced_sizes
from dyadic.proofs.statements.equation import Equalities, Link
from dyadic.proofs.statements.meaning import vertices_read
from dyadic.proofs.statements.ranges import cost
from dyadic.symbolic.errors import SpecError

BUDGET = 100_000
"""Largest number of operations of one evaluation of a claim (each is repeated some ten times)."""
TOTAL = 5_000_000
"""The same for all the claims of a file together."""
LARGEST_TENSOR = 4096


class Budget:
    """What is left of :data:`TOTAL`."""

    def __init__(self) -> None:
        self._left = TOTAL

    def take(self, count: int, where: str) -> None:
        self._left -= count
        if self._left < 0:
            raise SpecError(where, f"the claims up to here take more than {TOTAL} operations", "split the file")


def free_sizes(graph: Graph) -> list[Any]:
    """Every size that nothing else in the architecture determines, once."""
    found = [extent for node in graph.inputs.values() for extent in node["shape"]]
    found += [node["below"] for node in graph.inputs.values() if "below" in node]
    found += [graph.sizes[name][symbol] for name in graph.parents for symbol in free_symbols(graph, name)]
    return list({repr(extent): extent for extent in found}.values())


def true_sizes(graph: Graph) -> Instantiation | None:
    """The architecture's own sizes; None where one is left symbolic or there are too many entries."""
    extents = free_sizes(graph)
    if not all(isinstance(extent, int) for extent in extents):
        return None
    try:
        return Instantiation(graph, {repr(extent): extent for extent in extents})
    except Rejected:
        return None


def choose(claim: Equalities, link: Link, where: str, budget: Budget) -> list[Instantiation] | str:
    """Sizes at which to examine a link so that it holds for the architecture if it holds at all of them.

    The architecture's own where they are known and affordable.  Else two sets of smaller ones, neither smaller than
    the number of index values that one monomial can involve: an equality between expressions in which indices only
    ever select entries is then the same at all sizes, and two sets tell a number from a size.  A string says why
    there are none; :class:`SpecError` if even the smallest sizes are too much.
    """
    graph = claim.vocabulary.graph
    small = Instantiation(graph, reduced_sizes(graph, largest=2))
    if operations(claim, link, small) > BUDGET:
        raise SpecError(where, f"takes more than {BUDGET} operations to evaluate", "split it")
    true = true_sizes(graph)
    if true is not None and _fits(claim, link, true):
        budget.take(operations(claim, link, true), where)
        return [true]
    ranges = [link.ranges, *(let.ranges for let in claim.lets)]
    if not all(r.generic and not r.clashes for r in ranges):
        if any(not isinstance(extent, int) for extent in free_sizes(graph)):
            return "it depends on sizes that are left symbolic"
        return f"its indices or numbers tie it to sizes at which it takes more than {BUDGET} operations"
    least = max(2, 1 + sum(r.slots for r in ranges))
    try:
        found = [Instantiation(graph, reduced_sizes(graph, smallest=k, largest=k + 2)) for k in (least, least + 1)]
    except Rejected as error:
        return f"no smaller sizes fit the layers ({error.reason})"
    if not all(_fits(claim, link, numbers) for numbers in found):
        return f"one evaluation takes more than {BUDGET} operations"
    budget.take(sum(operations(claim, link, numbers) for numbers in found), where)
    return found


def _fits(claim: Equalities, link: Link, numbers: Instantiation) -> bool:
    """Whether the evaluator takes every tensor and the whole is affordable."""
    tensors = [*claim.vocabulary.tensors.values()]
    read = claim.read(link)
    shapes = [[axis.value(numbers) for axis in t.axes] for t in tensors if (t.kind, t.owner) in read]
    shapes += [[e.value(numbers) for e in r.free.values()] for r in (link.ranges, *(let.ranges for let in claim.lets))]
    return max(map(prod, shapes)) <= LARGEST_TENSOR and operations(claim, link, numbers) <= BUDGET


def operations(claim: Equalities, link: Link, numbers: Instantiation) -> int:
    """About how many operations the two sides, the definitions and the terms of the energy take."""
    count = 0
    for ranges, bodies in [(link.ranges, [link.left, link.right]), *((let.ranges, [let.body]) for let in claim.lets)]:
        named = {key: extent.value(numbers) for key, extent in ranges.extents.items()}
        places = prod(extent.value(numbers) for extent in ranges.free.values())
        count += places * sum(cost(body, named) for body in bodies)
    graph = claim.vocabulary.graph
    for name in vertices_read(graph, claim.read(link)):
        data = graph.cost_contents[name] if name in graph.costs else graph.layers[graph.content[name]]
        table = numbers.tables[name]
        for item in data["definitions"]:
            places = prod(whole(extent, table, name) for extent in item["shape"])
            count += 4 * places * cost(item["body"], table)
    return count


def candidates(claim: Equalities, link: Link, chosen: list[Instantiation]) -> Iterator[tuple[Instantiation, bool]]:
    """Sizes to look for a counterexample at, smallest first, and whether they replace the architecture's own.

    Where an index ranges over an axis of another extent, all sizes are made equal: the claim then makes sense.
    """
    ranges = [link.ranges, *(let.ranges for let in claim.lets)]
    clash = any(r.clashes for r in ranges)
    graph = claim.vocabulary.graph
    if all(r.generic for r in ranges):
        free = free_sizes(graph)
        for n in (1, 2, 3):
            found = at(graph, {repr(e): n if clash or not isinstance(e, int) else min(n, e) for e in free})
            if found:
                yield found, True
        if not clash:
            yield Instantiation(graph, reduced_sizes(graph, largest=2)), True
    if not any(r.outside for r in ranges):
        yield from ((numbers, False) for numbers in chosen)


def at(graph: Graph, base: dict[str, int]) -> Instantiation | None:
    """An instance, where the sizes fit the layers and leave a log-sum-exp two terms."""
    try:
        numbers = Instantiation(graph, base)
    except Rejected:
        return None
    single = (1 in numbers.tables[owner].values() for owner in graph.costs if _has_logsumexp(graph, owner))
    return None if any(single) else numbers


def _has_logsumexp(graph: Graph, owner: str) -> bool:
    return "'logsumexp'" in repr(graph.cost_contents[owner])


def smaller(graph: Graph, numbers: Instantiation) -> Iterator[Instantiation]:
    """The same sizes with one of them reduced."""
    for key, value in numbers.base.items():
        for n in range(1, value):
            found = at(graph, {**numbers.base, key: n})
            if found:
                yield found


def smallest(graph: Graph) -> Iterator[Instantiation]:
    """One entry per axis where the layers allow it; then a little more."""
    for n in (1, 2):
        found = at(graph, {repr(extent): n for extent in free_sizes(graph)})
        if found:
            yield found
    yield Instantiation(graph, reduced_sizes(graph, largest=2))


def shown(base: Mapping[str, int]) -> dict[str, int]:
    """Sizes for a report: ``n`` for ['size', 'n']."""
    return {key[10:-2] if key.startswith("['size', '") else key: value for key, value in base.items()}
