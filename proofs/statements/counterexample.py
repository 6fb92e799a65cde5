"""The smallest numbers found at which the two sides of a claim differ for certain.

Sizes first (1, 2, 3, each then reduced on its own), then integers: some at which the sides differ, each replaced
by 0, 1, -1 or 2 as long as they still do.  Both sides are rational, or rigorous enclosures that do not meet.
Reported are only the values that the two sides depend on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import ctx

from dyadic.proofs.evaluate.identity import primes_for, residue_source
from dyadic.proofs.evaluate.network import Rejected
from dyadic.proofs.evaluate.rings import Undetermined
from dyadic.proofs.evaluate.sizes import Instantiation
from dyadic.proofs.statements import sizes
from dyadic.proofs.statements.equation import Equalities, Link
from dyadic.proofs.statements.meaning import CHOICES, Meaning, vertices_read
from dyadic.proofs.statements.rings import Closed, Exact, Traced
from dyadic.proofs.statements.scope import Scope
from dyadic.proofs.statements.vocabulary import LET, shown_entry

PRECISION = 256
_TRIES = 40
_OPERATIONS = 500_000
"""About how many operations the search at one set of sizes may take."""
_MOST = 12
"""How many values are written out, zeros among them; of more, only those that are not 0."""
_FIRST = (0, 1, -1, 2)
_OTHERS = (1, 2, -1, 3, -2, 5)
Values = dict[str, int]
_Symmetric = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Point:
    """Both sides at one assignment of the free indices."""

    index: dict[str, int]
    left: Traced
    right: Traced
    scope: Scope

    @property
    def used(self) -> list[str]:
        return sorted(self.left.used | self.right.used)


def search(
    claim: Equalities, link: Link, symmetric: _Symmetric, chosen: list[Instantiation], spend: Callable[[int], None]
) -> dict[str, Any] | None:
    """A counterexample as it is reported; None if none was found.  ``spend`` is told of a search at full sizes."""
    before, ctx.prec = ctx.prec, PRECISION
    try:
        for numbers, replaced in sizes.candidates(claim, link, chosen):
            if not replaced:
                spend(10 * sizes.operations(claim, link, numbers))
            look = _Look(claim, link, symmetric, numbers)
            point = look.first()
            if point is None:
                continue
            if replaced and not link.ranges.clashes:
                look, point = _reduced(look, point)
            return look.report(look.shrunk(point))
    finally:
        ctx.prec = before
    return None


def _reduced(look: _Look, point: Point) -> tuple[_Look, Point]:
    """Fewer entries, one size at a time, as long as the sides still differ."""
    progress = True
    while progress:
        progress = False
        for numbers in sizes.smaller(look.claim.vocabulary.graph, look.numbers):
            other = _Look(look.claim, look.link, look.symmetric, numbers)
            found = other.first()
            if found is not None:
                look, point, progress = other, found, True
                break
    return look, point


class _Look:
    """The search at fixed sizes."""

    def __init__(self, claim: Equalities, link: Link, symmetric: _Symmetric, numbers: Instantiation) -> None:
        self.claim, self.link, self.symmetric, self.numbers = claim, link, symmetric, numbers
        self._values: Values = {}
        self._choice = 0
        self._evaluations = max(10, _OPERATIONS // sizes.operations(claim, link, numbers))

    def first(self) -> Point | None:
        """Some integers at which the sides differ, if a look at residues says that there are any."""
        integers = bool(self.claim.vocabulary.given_integers)
        try:
            for self._choice in CHOICES if integers else CHOICES[:1]:
                index = self._differing_index()
                if index is not None:
                    break
        except (Rejected, Undetermined):
            return None  # the claim makes no sense at these sizes
        if index is None:
            return None
        for seed in range(min(_TRIES, self._evaluations)):
            self._values = _Draws(seed)
            point = self._at(index)
            if point is not None:
                return point
        return None

    def _differing_index(self) -> dict[str, int] | None:
        seed = self.claim.seed
        prime = primes_for(seed)[0]
        ring, residues = Closed(prime, seed), residue_source(prime, seed)
        meaning = Meaning(
            self.claim.vocabulary,
            ring,
            lambda label: ring.drawn(residues(label)),
            self.numbers,
            self.symmetric,
            self._choice,
        )
        return next((i for i, left, right in Scope(meaning, self.claim).sides(self.link) if left != right), None)

    def _at(self, index: dict[str, int], watch: bool = False) -> Point | None:
        """The sides with the values at hand, if they differ for certain."""
        self._evaluations -= 1
        ring = Exact()
        meaning = Meaning(self.claim.vocabulary, ring, self._drawn, self.numbers, self.symmetric, self._choice)
        scope = Scope(meaning, self.claim, watch)
        try:
            left, right = (v if isinstance(v, Traced) else Traced(Fraction(v)) for v in scope.at(self.link, index))
        except Undetermined:
            return None
        return Point(index, left, right, scope) if left.differs(right) else None

    def _drawn(self, label: str) -> Traced:
        return Traced(Fraction(self._values[label]), frozenset({label}))

    def shrunk(self, point: Point) -> Point:
        """Values replaced by 0, many at once and then one by one, and then by 1, -1 or 2, while the sides differ."""
        chunk = len(point.used)
        while chunk > 1:
            chunk = (chunk + 1) // 2
            labels = [label for label in point.used if self._values.get(label)]
            for start in range(0, len(labels), chunk):
                point = self._try(dict.fromkeys(labels[start : start + chunk], 0), point) or point
        changed = True
        while changed:
            changed = False
            for label in point.used:
                present = self._values.get(label, 0)
                smaller = _FIRST[: _FIRST.index(present)] if present in _FIRST else _FIRST
                found = next((p for v in smaller if (p := self._try({label: v}, point))), None)
                if found is not None:
                    point, changed = found, True
        return point

    def _try(self, values: Values, point: Point) -> Point | None:
        """The sides at other values, if they still differ; else the values are put back."""
        if self._evaluations <= 0:
            return None
        before = dict(self._values)
        self._values.update(values)
        found = self._at(point.index)
        if found is None:
            self._values.update({label: before[label] for label in values})
        return found

    def report(self, point: Point) -> dict[str, Any]:
        """All that it takes to check the counterexample by hand."""
        watched = self._at(point.index, watch=True) or point
        ring = watched.scope.ring
        calls: Mapping[str, str] = ring.calls if isinstance(ring, Exact) else {}
        drawn = {label: str(self._values[label]) for label in watched.used if label in self._values}
        zeros = [label for label, value in drawn.items() if value == "0"]
        short = drawn if len(drawn) <= _MOST else {k: v for k, v in drawn.items() if v != "0"}
        own = shown_entry(*self._left(), point.index.values())
        quantities: dict[str, str] = {}
        for kind, owner, place in watched.scope.read:
            name = shown_entry(kind, owner, place)
            if name not in drawn and name != own and kind not in ("x", "s", "y", LET) and len(quantities) < _MOST:
                quantities[name] = str(watched.scope.meaning[kind, owner][place])
        found: dict[str, Any] = {
            "at": dict(point.index),
            "sizes": sizes.shown(self.numbers.base),
            "vertices": sorted(vertices_read(self.claim.vocabulary.graph, self.claim.read(self.link))),
            "values": short,
            "integers": self._integers(watched.scope.meaning),
            "others": f"{len(zeros)} more values, all 0" if len(short) < len(drawn) else "",
            "functions": {label: calls[label] for label in watched.used if label in calls},
            "quantities": quantities,
            "left": str(watched.left),
            "right": str(watched.right),
        }
        return {key: value for key, value in found.items() if value not in ({}, [], "")}

    def _integers(self, meaning: Meaning) -> dict[str, int]:
        """The values of the integer inputs and targets."""
        keys = [key for key in self.claim.vocabulary.given_integers if key in meaning]
        return {shown_entry(*key, place): value for key in keys for place, value in meaning[key].items()}

    def _left(self) -> tuple[str, str]:
        """The quantity that the left side is, if it is a single one: it need not be reported twice."""
        left = self.link.left
        return (left[1], left[2]) if isinstance(left, list) and left[0] == "entry" else ("", "")


class _Draws(dict[str, int]):
    """Small non-zero integers by label; all of them 1 for the first seed."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed

    def __missing__(self, label: str) -> int:
        raw = hashlib.blake2b(f"{self._seed} {label}".encode(), digest_size=4).digest()
        self[label] = _OTHERS[int.from_bytes(raw, "big") % len(_OTHERS)] if self._seed else 1
        return self[label]
