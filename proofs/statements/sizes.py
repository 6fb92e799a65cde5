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

BUDGET = 300_000
"""Largest number of operations of one evaluation of a claim (each is repeated some ten times)."""
Sizes = dict[str, int]


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


def choose(claim: Equalities, link: Link) -> Sizes | str:
    """Sizes at which the claim holds if and only if it holds for the architecture; else the reason why there are none.

    An equality between expressions in which indices only ever select entries holds at all sizes if it holds at
    sizes no smaller than the number of index values that one monomial can involve.
    """
    graph = claim.vocabulary.graph
    true = true_sizes(graph)
    if true is not None and operations(claim, link, true) <= BUDGET:
        return true
    generic = not link.ranges.clashes and link.ranges.generic
    if not generic or not all(let.ranges.generic and not let.ranges.clashes for let in claim.lets):
        if true is None:
            return "it depends on sizes that are left symbolic"
        return f"its indices tie it to sizes at which one evaluation takes more than {BUDGET} operations"
    slots = link.ranges.slots + sum(let.ranges.slots for let in claim.lets)
    least = max(2, slots + 1)
    numbers = reduced_sizes(graph, smallest=least, largest=least + 2)
    if operations(claim, link, numbers) > BUDGET:
        return f"one evaluation takes more than {BUDGET} operations"
    return numbers


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


def candidates(claim: Equalities, link: Link, chosen: Sizes) -> Iterator[tuple[Sizes, bool]]:
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
                yield dict.fromkeys(chosen, n), True
            else:
                yield {key: max(low.get(key, 1), min(n, _true(key, n))) for key in chosen}, True
    if not any(r.outside for r in ranges):
        yield chosen, False


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
