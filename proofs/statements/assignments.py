"""Which values of the integer inputs and targets are examined, and whether that settles the claim for all of them.

All there are, where they are few.  Else: a difference of the sides that is a sum of terms each depending on at most d
of the integers vanishes everywhere if it does wherever at most d of them differ from 0 (inclusion and exclusion).
And if the integers do nothing but select entries along an axis and be compared, renaming the entries of that axis
changes nothing, so that d of them need no more values than 0, 1, ..., d.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product
from math import comb, prod

from dyadic.proofs.evaluate.sizes import position
from dyadic.proofs.statements.blocks import Setting, claimed_ties, tied
from dyadic.proofs.statements.counting import UNBOUNDED, most_integers
from dyadic.proofs.statements.equation import Equalities, Link
from dyadic.proofs.statements.meaning import vertices_read
from dyadic.proofs.statements.vocabulary import Vocabulary, shown_entry

MOST = 4_096
"""How many sets of values may be examined."""
_WORK = 3_000_000
"""The same times the operations of one evaluation."""
_SAMPLES = 16


@dataclass(frozen=True)
class Assignments:
    """Sets of values to examine; ``argument``: why they are enough, None if they are not, and how many there are."""

    values: list[dict[str, int]]
    argument: str | None
    total: int = 1


def assignments(claim: Equalities, link: Link, setting: Setting, operations: int) -> Assignments:
    """The values of the integers that a link depends on."""
    below = _read(claim, link, setting)
    if not below:
        return Assignments([{}], "")
    total, most = prod(below.values()), min(MOST, max(_WORK // max(operations, 1), _SAMPLES))
    if total <= most:
        rows = product(*(range(limit) for limit in below.values()))
        return Assignments(
            [dict(zip(below, row, strict=True)) for row in rows], f"all {total} values of the integers", total
        )
    order = most_integers(claim, link)
    if order < UNBOUNDED:
        keys = {f"={limit}" for limit in below.values()}
        values = order + 1 if _only_compared(claim, link, keys) else max(below.values())
        few = {label: min(limit, values) for label, limit in below.items()}
        if sum(comb(len(few), k) * (max(few.values()) - 1) ** k for k in range(order + 1)) <= most:
            found = list(_near_zero(few, order))
            words = (
                f"{len(found)} of {total} values of the integers, which settle the others (at most {order} at a time)"
            )
            return Assignments(found, words, total)
    samples = [{label: k if k < limit else position(f"{k} {label}", limit) for label, limit in below.items()}
               for k in range(_SAMPLES)]  # fmt: skip
    return Assignments(samples, None, total)


def _read(claim: Equalities, link: Link, setting: Setting) -> dict[str, int]:
    """The labels of the integer entries that a link may depend on, with the numbers they are below."""
    vocabulary, graph, found = claim.vocabulary, claim.vocabulary.graph, {}
    read = claim.read(link)
    vertices = vertices_read(graph, read)
    for kind, owner in vocabulary.given_integers:
        used = owner in vertices or any(owner in graph.parents.get(vertex, ()) for vertex in vertices)
        if (kind, owner) in read or used:
            axes = vocabulary.axes(kind, owner)
            for place in product(*(range(setting.count(axis)) for axis in axes)):
                found[shown_entry(kind, owner, place)] = setting.below(owner)
    return found


def _near_zero(below: dict[str, int], order: int) -> Iterator[dict[str, int]]:
    """All values with at most ``order`` of them not 0."""
    for count in range(min(order, len(below)) + 1):
        for chosen in combinations(below, count):
            for row in product(*(range(1, below[label]) for label in chosen)):
                yield dict(zip(chosen, row, strict=True))


def _only_compared(claim: Equalities, link: Link, keys: set[str]) -> bool:
    """Whether the integers only select entries along axes that nothing else distinguishes the entries of."""
    vocabulary: Vocabulary = claim.vocabulary
    vertices = vertices_read(vocabulary.graph, claim.read(link))
    found = tied(vocabulary, vertices, renaming=True)
    for ranges, bodies in [(link.ranges, [link.left, link.right]), *((let.ranges, [let.body]) for let in claim.lets)]:
        for body in bodies:
            found |= claimed_ties(body, ranges.free, ranges.extents, vocabulary, renaming=True)
    return not found & keys


__all__ = ["Assignments", "assignments"]
