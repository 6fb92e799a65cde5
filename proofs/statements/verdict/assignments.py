"""Which values of the integer inputs and targets are examined, and whether that settles the claim for all of them.

All there are, where they are few.  Else: a difference of the sides that is a sum of terms each depending on at most d
of the integers vanishes everywhere if it does wherever at most d of them differ from a first value (inclusion and
exclusion).  And if the integers do nothing but select entries along an axis and be compared, renaming the entries of
that axis changes nothing: of the values that the claim does not name, d + 1 are enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product
from math import comb, prod
from typing import Any

from dyadic.proofs.evaluate.drawn_sizes import position
from dyadic.proofs.statements.semantics.equation import Equalities, Link
from dyadic.proofs.statements.semantics.hypotheses import given_read
from dyadic.proofs.statements.semantics.meaning import one_hot
from dyadic.proofs.statements.semantics.orthogonality import sign_of
from dyadic.proofs.statements.semantics.reach import vertices_of
from dyadic.proofs.statements.semantics.vocabulary import shown_entry
from dyadic.proofs.statements.verdict.blocks import Renaming, Setting, claimed_ties, tied
from dyadic.proofs.statements.verdict.counting import assume_integers, most_integers

MOST = 4_096
"""How many sets of values may be examined."""
_WORK = 3_000_000
"""The same times the operations of one evaluation."""
_SAMPLES, _ALIKE = 16, 8
"""How many sets of values are looked at where there are too many; in the first few all are alike."""


@dataclass(frozen=True)
class Assignments:
    """Sets of values to examine; ``argument``: why they are enough, None if they are not, and how many there are.

    every: whether they are all that there are.
    """

    values: list[dict[str, int]]
    argument: str | None
    total: int = 1
    every: bool = True


def assignments(claim: Equalities, link: Link, setting: Setting, operations: int) -> Assignments:
    """The values of the integers that a link depends on, or what it assumes.

    Where the assumptions depend on integers, so do the numbers that are left: only all values of them are enough.
    """
    below = _read(claim, link, setting)
    hot = _one_hot(claim, setting) | _signs(claim, setting)
    if not below and not hot:
        return Assignments([{}], "")
    stated, plain = _stated(claim, setting)
    given = {label: number for label, number in stated.items() if number < below.get(label, 0)}
    every = bool(hot) or len(given) < len(stated) or assume_integers(claim, plain)
    below |= hot
    choices = {label: [given[label]] if label in given else range(limit) for label, limit in below.items()}
    total, most = prod(map(len, choices.values())), min(MOST, max(_WORK // max(operations, 1), _SAMPLES))
    order = min(most_integers(claim, link), len(below))
    few = _representatives(claim, link, below, order) | {label: [number] for label, number in given.items()}
    count = sum(comb(len(few), k) * (max(map(len, few.values())) - 1) ** k for k in range(order + 1))
    if total <= min(most, count) or (every and total <= most):
        rows = product(*choices.values())
        found = [dict(zip(below, row, strict=True)) for row in rows]
        where = " that the assumptions leave" * bool(given)
        return Assignments(found, f"all {total} values of the integers{where}", total)
    if count <= most and not every:
        found = list(_near_first(few, order))
        words = f"{len(found)} of {total} values of the integers, which settle the others"
        return Assignments(found, words, total, every=False)
    samples = [
        {label: given.get(label, min(k, limit - 1) if k < _ALIKE else position(f"{k} {label}", limit))
         for label, limit in below.items()}
        for k in range(_SAMPLES)
    ]  # fmt: skip
    return Assignments(samples, None, total, every=False)


def _stated(claim: Equalities, setting: Setting) -> tuple[dict[str, int], set[int]]:
    """The integers that assumptions such as ``y[i] = 2`` or ``x_t[0] = 3`` give by themselves, and the ids of these."""
    found: dict[str, int] = {}
    plain: set[int] = set()
    for relation in claim.premises.equations:
        for one, other in ((relation.left, relation.right), (relation.right, relation.left)):
            if not (isinstance(one, list) and one[0] == "entry" and isinstance(other, int) and other >= 0):
                continue
            _, kind, owner, indices = one
            if (kind, owner) not in claim.vocabulary.given_integers:
                continue
            axes = claim.vocabulary.axes(kind, owner)
            names = [index[1] for index in indices if isinstance(index, list) and index[0] == "index"]
            if len(set(names)) < len(names) or len(names) + sum(isinstance(i, int) for i in indices) < len(indices):
                continue
            free = relation.ranges.free
            spans = [
                range(index, index + 1) if isinstance(index, int) else range(setting.count(free[index[1]]))
                for index in indices
            ]
            if all(len(span) <= setting.count(axis) for span, axis in zip(spans, axes, strict=True)):
                labels = [shown_entry(kind, owner, place) for place in product(*spans)]
                if all(found.get(label, other) == other for label in labels):
                    found |= dict.fromkeys(labels, other)
                    plain.add(id(relation))
    return found, plain


def _read(claim: Equalities, link: Link, setting: Setting) -> dict[str, int]:
    """The labels of the integer entries that a link may depend on, with the numbers they are below."""
    vocabulary, graph = claim.vocabulary, claim.vocabulary.graph
    found: dict[str, int] = {}
    vertices = vertices_of(claim, link)
    for kind, owner in vocabulary.given_integers:
        if (kind, owner) in vocabulary.given:
            continue
        used = owner in vertices or any(owner in graph.parents.get(vertex, ()) for vertex in vertices)
        axes = [range(setting.count(axis)) for axis in vocabulary.axes(kind, owner)]
        for indices in [None] if used else list(_named(_bodies(claim, link), kind, owner)):
            spans = axes
            if indices is not None:  # at the place that is named, or anywhere
                spans = [range(i, i + 1) if isinstance(i, int) else r for r, i in zip(axes, indices, strict=True)]
            found |= dict.fromkeys((shown_entry(kind, owner, place) for place in product(*spans)), setting.below(owner))
    return found


def _one_hot(claim: Equalities, setting: Setting) -> dict[str, int]:
    """The integers that say where what is one-hot is 1, along its last axis, with the numbers they are below."""
    found: dict[str, int] = {}
    for kind, owner in sorted(claim.premises.one_hot):
        *rows, last = (setting.count(axis) for axis in claim.vocabulary.axes(kind, owner))
        for place in product(*map(range, rows)):
            found[one_hot(kind, owner, place)] = last
    return found


def _signs(claim: Equalities, setting: Setting) -> dict[str, int]:
    """The integers that say what the determinants of orthogonal matrices are, each below 2."""
    shapes = {key: [setting.count(axis) for axis in claim.vocabulary.axes(*key)] for key in claim.premises.orthogonal}
    return {sign_of(key): 2 for key, (rows, columns) in sorted(shapes.items()) if rows == columns}


def _bodies(claim: Equalities, link: Link) -> list[Any]:
    assumed = [side for relation in claim.premises.relations for side in (relation.left, relation.right)]
    return [link.left, link.right, *(let.body for let in claim.lets), *assumed]


def _named(node: Any, kind: str, owner: str) -> Iterator[list[Any]]:
    """The indices of every entry of a tensor in an expression."""
    if isinstance(node, list):
        if node[:3] == ["entry", kind, owner]:
            yield node[3]
        for child in node:
            yield from _named(child, kind, owner)


def _near_first(values: dict[str, Sequence[int]], order: int) -> Iterator[dict[str, int]]:
    """All values with at most ``order`` of them not the first."""
    first = {label: choice[0] for label, choice in values.items()}
    for count in range(order + 1):
        for chosen in combinations(values, count):
            for row in product(*(values[label][1:] for label in chosen)):
                yield {**first, **dict(zip(chosen, row, strict=True))}


def _representatives(claim: Equalities, link: Link, below: dict[str, int], order: int) -> dict[str, Sequence[int]]:
    """Values enough for each integer; those that no claim's number fixes first."""
    limits = set(below.values())
    fixed = _fixed(claim, link, f"={max(limits)}") if len(limits) == 1 else None
    if fixed is None:
        return {label: range(limit) for label, limit in below.items()}
    every = range(max(limits))
    others = list(islice((value for value in every if value not in fixed), order + 1))
    values = others + sorted(value for value in fixed if value in every)
    return dict.fromkeys(below, values)


def _fixed(claim: Equalities, link: Link, key: str) -> set[int] | None:
    """The numbers with which integers are compared, where the integers do nothing else than select and be compared."""
    vocabulary, renaming = claim.vocabulary, Renaming(key)
    found = tied(vocabulary, vertices_of(claim, link), renaming)
    for given in given_read(claim, link):  # renaming would change what is given
        found |= {key} if given in vocabulary.integers else set()
        pairs = zip(vocabulary.axes(*given), vocabulary.given[given].uneven, strict=True)
        found |= {axis.key for axis, uneven in pairs if uneven}
    parts = [(link.ranges, [link.left, link.right]), *((let.ranges, [let.body]) for let in claim.lets)]
    # What is assumed of the entry 3 makes it another one than the others.
    parts += [(relation.ranges, [relation.left, relation.right]) for relation in claim.premises.relations]
    for ranges, bodies in parts:
        for body in bodies:
            found |= claimed_ties(body, ranges.free, ranges.extents, vocabulary, renaming)
    return None if key in found else renaming.fixed


__all__ = ["Assignments", "assignments"]
