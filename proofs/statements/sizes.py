"""At which sizes a claim is examined: the architecture's own where that is affordable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

from proofs.checker.graph import COST, Graph
from proofs.checker.simulate import reduced_sizes
from proofs.statements.equation import Equalities, Link
from proofs.statements.meaning import vertices_read
from proofs.statements.ranges import cost
from symbolic.errors import SpecError

BUDGET = 100_000
"""Largest number of operations of one evaluation of a claim (each is repeated some ten times)."""
TOTAL = 5_000_000
"""The same for all the claims of a file together."""
Sizes = dict[str, int]


class Budget:
    """What is left of :data:`TOTAL`."""

    def __init__(self) -> None:
        self._left = TOTAL

    def take(self, count: int, where: str) -> None:
        self._left -= count
        if self._left < 0:
            raise SpecError(where, f"the claims up to here take more than {TOTAL} operations", "split the file")


def architecture_extents(graph: Graph) -> list[Any]:
    """Every size that the architecture names, once."""
    tables = [*graph.sizes.values(), graph.cost["sizes"]]
    found = [extent for table in tables for extent in table.values()]
    found += [extent for shape in graph.inputs.values() for extent in shape]
    return list({repr(extent): extent for extent in found}.values())


def true_sizes(graph: Graph) -> Sizes | None:
    """The architecture's own sizes; None where one is left symbolic."""
    extents = architecture_extents(graph)
    return {repr(e): e for e in extents} if all(isinstance(e, int) for e in extents) else None


def choose(claim: Equalities, link: Link, where: str, budget: Budget) -> list[Sizes] | str:
    """Sizes at which to examine a link so that it holds for the architecture if it holds at all of them.

    The architecture's own where they are known and affordable.  Else two sets of smaller ones, neither smaller than
    the number of index values that one monomial can involve: an equality between expressions in which indices only
    ever select entries is then the same at all sizes, and two sets tell a number from a size.  A string says why
    there are none; :class:`SpecError` if even the smallest sizes are too much.
    """
    graph = claim.vocabulary.graph
    if operations(claim, link, dict.fromkeys(map(repr, architecture_extents(graph)), 2)) > BUDGET:
        raise SpecError(where, f"takes more than {BUDGET} operations to evaluate", "split it")
    true = true_sizes(graph)
    if true is not None and operations(claim, link, true) <= BUDGET:
        budget.take(operations(claim, link, true), where)
        return [true]
    ranges = [link.ranges, *(let.ranges for let in claim.lets)]
    if not all(r.generic and not r.clashes for r in ranges):
        if true is None:
            return "it depends on sizes that are left symbolic"
        return f"its indices or numbers tie it to sizes at which it takes more than {BUDGET} operations"
    least = max(2, 1 + sum(r.slots for r in ranges))
    found = [reduced_sizes(graph, smallest=k, largest=k + 2) for k in (least, least + 1)]
    counts = [operations(claim, link, numbers) for numbers in found]
    if max(counts) > BUDGET:
        return f"one evaluation takes more than {BUDGET} operations"
    budget.take(sum(counts), where)
    return found


def operations(claim: Equalities, link: Link, numbers: Sizes) -> int:
    """About how many operations the two sides, the definitions and the terms of the energy take."""
    count = 0
    for let in claim.lets:
        ranges = {key: extent.value(numbers) for key, extent in let.ranges.extents.items()}
        count += prod((e.value(numbers) for e in let.ranges.free.values()), start=1) * cost(let.body, ranges)
    ranges = {key: extent.value(numbers) for key, extent in link.ranges.extents.items()}
    at = prod((e.value(numbers) for e in link.ranges.free.values()), start=1)
    count += at * (cost(link.left, ranges) + cost(link.right, ranges))
    graph = claim.vocabulary.graph
    for name in vertices_read(graph, claim.read(link)):
        data = graph.cost_content if name == COST else graph.layers[graph.content[name]]
        table = graph.cost["sizes"] if name == COST else graph.sizes[name]
        local = {symbol: numbers[repr(extent)] for symbol, extent in table.items()}
        for item in data["definitions"]:
            places = prod((local.get(e[1], 1) if isinstance(e, list) else e for e in item["shape"]), start=1)
            count += 4 * places * cost(item["body"], local)
    return count


def candidates(claim: Equalities, link: Link, chosen: list[Sizes]) -> Iterator[tuple[Sizes, bool]]:
    """Sizes to look for a counterexample at, smallest first, and whether they replace the architecture's own.

    Where an index ranges over an axis of another extent, all sizes are made equal: the claim then makes sense.
    """
    ranges = [link.ranges, *(let.ranges for let in claim.lets)]
    clash = any(r.clashes for r in ranges)
    if all(r.generic for r in ranges):
        graph = claim.vocabulary.graph
        low = least(graph)
        for n in (1, 2, 3):
            if clash:
                yield dict.fromkeys(chosen[0], n), True
            else:
                yield {key: max(low.get(key, 1), min(n, _true(key, n))) for key in chosen[0]}, True
    if not any(r.outside for r in ranges):
        yield from ((numbers, False) for numbers in chosen)


def least(graph: Graph) -> Sizes:
    """Sizes below which the architecture would not be one: two classes for a log-sum-exp."""
    if "logsumexp" not in repr(graph.cost_content):
        return {}
    return {repr(extent): 2 for extent in graph.cost["sizes"].values()}


def smaller(numbers: Sizes, low: Sizes) -> Iterator[Sizes]:
    """The same sizes with one of them reduced."""
    for key, value in numbers.items():
        for n in range(low.get(key, 1), value):
            yield {**numbers, key: n}


def _true(key: str, otherwise: int) -> int:
    return int(key) if key.isdigit() else otherwise


def shown(numbers: Mapping[str, int]) -> dict[str, int]:
    """Sizes for a report: ``n`` for ['size', 'n']."""
    return {key[10:-2] if key.startswith("['size', '") else key: value for key, value in numbers.items()}
