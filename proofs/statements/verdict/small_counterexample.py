"""Small numbers at which the two sides of a claim differ for certain, at the network's own sizes.

Few entries first: all that are not written out are equal (0, if that will do), which ``Setting`` of blocks.py evaluates
exactly.  Then integers, or else fractions: some at which the sides differ, each replaced by 0, 1, -1 or 2 as long as
they still do.  Both sides are rational, or rigorous enclosures that do not meet.  Reported are only the values that the
two sides depend on.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import islice
from typing import Any

from flint import ctx

from dyadic.proofs.checker.intake.kinds import position
from dyadic.proofs.evaluate.identity_values import primes_for, residue_source
from dyadic.proofs.evaluate.network import Entries, Rejected
from dyadic.proofs.evaluate.number_rings import Undetermined
from dyadic.proofs.statements.number_systems.closed import Brief, Closed
from dyadic.proofs.statements.number_systems.draws import Draws, Number, near
from dyadic.proofs.statements.number_systems.rings import Exact, Traced
from dyadic.proofs.statements.number_systems.work import Exhausted, at_most, spend
from dyadic.proofs.statements.semantics.equation import Equalities, Link, OwnQuantity
from dyadic.proofs.statements.semantics.hypotheses import always_defined
from dyadic.proofs.statements.semantics.meaning import Integers, Meaning
from dyadic.proofs.statements.semantics.orthogonality import is_reflection
from dyadic.proofs.statements.semantics.quantities import Sense, quantity
from dyadic.proofs.statements.semantics.reach import vertices_of
from dyadic.proofs.statements.semantics.scope import ClaimTensors
from dyadic.proofs.statements.semantics.vocabulary import LET, shown_entry
from dyadic.proofs.statements.verdict import sizes
from dyadic.proofs.statements.verdict.blocks import Setting
from dyadic.proofs.statements.verdict.premised import first_broken, labels_assumed, possible, scope_of, settle

PRECISION = 256
_FINEST = 20_000
"""Bits for numbers that differ by little; only where nothing is drawn, so that one evaluation is enough."""
_TRIES = 40
_PLACES = 3
_BROKEN = 12
"""How many times fractions are tried."""
_INTEGERS = 12
"""At how many values of the integers numbers are looked for."""
_MENDS = 60
"""How many times numbers are changed so that an assumption holds."""
_OPERATIONS = 500_000
"""About how many operations the search at one set of sizes may take."""
_EVALUATION = 50
"""Units of work of an evaluation, besides its operations."""
_LEAST = 25
"""How many evaluations are made at least."""
_NAMED = {"acos(-1)": "pi"}
_MOST = 12
"""How many values are written out, zeros among them; of more, only those that are not 0."""
_LONG = 200_000
"""Units of work (number_systems/work.py) that long forms are worth where numbers are looked for."""
_FIRST = (0, 1, -1, 2)
Values = dict[str, Number]


def number(values: Values, label: str) -> Traced:
    """The value of an entry."""
    return Traced(Fraction(values[label]), frozenset({label}))


@dataclass(frozen=True)
class Point:
    """Both sides at one assignment of the free indices."""

    index: dict[str, int]
    left: Traced
    right: Traced
    scope: ClaimTensors

    @property
    def used(self) -> set[str]:
        return set(self.left.used | self.right.used)


def search(
    claim: Equalities,
    link: Link,
    chosen: Setting | None,
    integers: list[dict[str, int]],
    units: int,
) -> dict[str, Any] | None:
    """A counterexample as it is reported; None if none was found.

    chosen: where the sides were seen to differ, to be looked at last.  integers: values of the integer entries to try.
    units: of work (number_systems/work.py).  Raises :class:`Exhausted` if nothing was found with these.
    """
    before, ctx.prec = ctx.prec, PRECISION
    try:
        settings = [*sizes.candidates(claim, link), *([chosen] if chosen is not None else [])]
        looks = [
            _Look(claim, link, setting, given)
            for setting in {setting.key: setting for setting in settings}.values()
            for given in integers[:_INTEGERS]
        ]
        with at_most(units):
            found = _point(looks)
        return None if found is None else found[0].report(found[1])
    finally:
        ctx.prec = before


def _point(looks: list[_Look]) -> tuple[_Look, Point] | None:
    """Numbers at which the sides differ, as small as can be."""
    for zero in (True, False):
        for look in looks:
            point = look.first(zero) if zero or look.setting.blocks else None
            if point is not None:
                return look, look.shrunk(point)
    return None


class _Look:
    """The search at fixed sizes and integers."""

    def __init__(self, claim: Equalities, link: Link, setting: Setting, integers: Integers) -> None:
        self.claim, self.link, self.setting = claim, link, setting
        self._values: Values = {}
        self._given = integers
        self._evaluations = max(_LEAST, _OPERATIONS // sizes.operations(claim, link, setting))

    def first(self, zero: bool) -> Point | None:
        """Some numbers at which the sides differ, if a look at residues says that there are any.

        zero: whether the entries of blocks that stand for several are to be 0.
        """
        try:
            if not possible(self.claim, self.setting, self._given):
                return None
            places = self._differing_places()
        except (Rejected, Undetermined):
            return None  # the claim makes no sense at these sizes
        if not places:
            return None
        whole, broken = min(_TRIES, self._evaluations * 3 // 4), min(_BROKEN, self._evaluations // 8)
        draws = [Draws(seed, zero) for seed in range(whole)]
        draws += [Draws(seed, zero, broken=True) for seed in range(broken)]
        draws += near([self.link.left, self.link.right, *(let.body for let in self.claim.lets)], zero, whole)
        for turn, self._values in enumerate(draws):
            if not settle(self._scope, self._values, min(_MENDS, self._evaluations)):
                continue
            point = self._at(places[turn % len(places)])
            if point is not None and self._has_values():
                return point
        return None if self._values else self._closest(places[0])

    def _has_values(self) -> bool:
        """Whether all of the claim has a value here: elsewhere it claims nothing."""
        if not self._partial:
            return True
        scope = self._scope()
        try:
            for part in self._partial:
                scope.evaluate(part)
        except (Undetermined, Rejected):
            return False
        return True

    @cached_property
    def _partial(self) -> list[Link | OwnQuantity]:
        """What may have no value somewhere: all of the claim, or nothing."""
        return [] if always_defined(self.claim) else sizes.parts(self.claim, self.setting)

    def _closest(self, index: dict[str, int]) -> Point | None:
        """Where nothing is drawn: the sides once more, with enclosures as narrow as can be."""
        ctx.prec = _FINEST
        point = self._at(index)
        if point is None or not self._has_values():
            ctx.prec = PRECISION
            return None
        return point

    def _scope(self, watch: bool = False) -> ClaimTensors:
        """The claim's expressions at the values at hand."""
        return scope_of(self.claim, Exact(), self._drawn, self.setting, self._given, watch)

    def _differing_places(self) -> list[dict[str, int]]:
        """The first few values of the free indices at which residues differ: at some of them no numbers might."""
        found, shortened = self._differing_in(Brief)
        if found and shortened:
            with suppress(Exhausted), at_most(_LONG):
                found, _ = self._differing_in(Closed)
        return found

    def _differing_in(self, kind: type[Closed]) -> tuple[list[dict[str, int]], bool]:
        """These places in one number system, and whether longer forms than its own might tell more."""
        seed = self.claim.seed
        prime = primes_for(seed)[0]
        ring, residues = kind(prime, seed), residue_source(prime, seed)
        scope = scope_of(self.claim, ring, lambda label: ring.drawn(residues(label)), self.setting, self._given)
        sides = scope.sides(self.link)
        found = list(islice((i for i, left, right in sides if not ring.agree(left, right)), _PLACES))
        return found, ring.shortened

    def _at(self, index: dict[str, int], watch: bool = False) -> Point | None:
        """The sides with the values at hand, if they differ for certain."""
        self._evaluations -= 1
        spend(_EVALUATION)
        scope = self._scope(watch)
        try:
            if first_broken(scope) is not None:
                return None
            left, right = (v if isinstance(v, Traced) else Traced(Fraction(v)) for v in scope.at(self.link, index))
        except Undetermined:
            return None
        return Point(index, left, right, scope) if left.differs(right) else None

    def _drawn(self, label: str) -> Traced:
        return number(self._values, label)

    def shrunk(self, point: Point) -> Point:
        """Values replaced by 0, many at once and then one by one, and then by 1, -1 or 2, while the sides differ."""
        chunk = len(point.used)
        while chunk > 1:
            chunk = (chunk + 1) // 2
            labels = [label for label in sorted(point.used) if self._values.get(label)]
            for start in range(0, len(labels), chunk):
                point = self._try(dict.fromkeys(labels[start : start + chunk], 0), point) or point
        changed = True
        while changed:
            changed = False
            for label in sorted(point.used):
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
        found = None
        try:
            found = self._at(point.index)
            found = found if found is not None and self._has_values() else None
        except Exhausted:  # these numbers are small enough
            found, self._evaluations = None, 0
        if found is None:
            self._values.update({label: before[label] for label in values})
        return found

    def report(self, point: Point) -> dict[str, Any]:
        """All that it takes to check the counterexample by hand."""
        zero = self._others_zero(point)
        watched = self._at(point.index, watch=True) or point
        ring = watched.scope.ring
        calls: Mapping[str, str] = ring.calls if isinstance(ring, Exact) else {}
        used = watched.used | labels_assumed(watched.scope) | self._orthogonal(watched.scope)
        known = {**{label: str(value) for label, value in self._values.items()}, **watched.scope.determined}
        known = {label: value for label, value in known.items() if not is_reflection(label)}
        drawn = {label: value for label, value in known.items() if label in used or not zero}
        listed = drawn
        if zero:
            listed = {label: value for label, value in drawn.items() if value != "0" or ".." not in label}
        if zero and len(listed) > _MOST:
            listed = {label: value for label, value in listed.items() if value != "0"}
        own = shown_entry(*self._left(), point.index.values())
        quantities: dict[str, str] = {}
        for kind, owner, place in watched.scope.read:
            if kind in ("weight", "size") or (kind, owner) in self.claim.vocabulary.parameters:
                continue
            what = quantity(kind)
            if what.sense is Sense.CANDIDATE:
                continue
            if what.sense is Sense.CHOICE:  # a bracket in which the index of a largest value stands
                kind, place = position(what.letter), place[:-1]
            name = shown_entry(kind, owner, place)
            if name not in drawn and name != own and kind not in ("x", "s", "y", LET) and len(quantities) < _MOST:
                quantities[name] = str(watched.scope.meaning[kind, owner][place])
        found: dict[str, Any] = {
            "at": dict(point.index),
            "sizes": dict(self.setting.values),
            "vertices": sorted(vertices_of(self.claim, self.link)),
            "values": {self.claim.vocabulary.shown(label): value for label, value in sorted(listed.items())},
            "given": self._constants(watched.scope),
            "integers": self._integers(watched.scope.meaning),
            "others": "all other values are 0" if zero and watched.scope.read else "",
            "functions": {_NAMED.get(one, one): calls[one] for one in sorted(watched.used) if one in calls},
            "quantities": quantities,
            "left": str(watched.left),
            "right": str(watched.right),
        }
        return {key: value for key, value in found.items() if value not in ({}, [], "")}

    def _orthogonal(self, scope: ClaimTensors) -> set[str]:
        """The entries of all matrices that are assumed to be orthogonal, which no zeros are."""
        return {
            shown_entry(*key, place) for key in self.claim.premises.orthogonal for place in self._matrix(scope, key)
        }

    def _matrix(self, scope: ClaimTensors, key: tuple[str, str]) -> Entries:
        """One of them; where nothing reads it, so that its numbers are all 0, any other one will do."""
        while True:
            other = scope if key in scope.meaning else self._scope()
            try:
                table = other.meaning[key]
            except Undetermined:  # the reflections are drawn one after the other
                missing = {label: 1 for label, value in self._values.items() if is_reflection(label) and not value}
                if not missing:
                    raise
                self._values.update(missing)
                continue
            scope.determined.update(other.determined)
            return table

    def _others_zero(self, point: Point) -> bool:
        """Whether the sides still differ with all values 0 that the two do not depend on; if so they are."""
        before = self._values
        self._values = Draws(1, True)
        self._values.update({label: before[label] for label in point.used if label in before})
        if self._at(point.index) is not None:
            return True
        self._values = before
        return False

    def _constants(self, scope: ClaimTensors) -> dict[str, str]:
        """The first of the numbers that the architecture gives and the claim names."""
        given, shown = self.claim.vocabulary.given, self.claim.vocabulary.shown
        read = [(kind, owner, place) for kind, owner, place in scope.read if (kind, owner) in given]
        return {shown(shown_entry(*each)): str(given[each[:2]][each[2]]) for each in read[:_MOST]}

    def _integers(self, meaning: Meaning) -> dict[str, int]:
        """The values of the integer inputs and targets, and of what is one-hot."""
        keys, shown = self.claim.vocabulary.given_integers, self.claim.vocabulary.shown
        read = [key for key in keys if key in meaning]
        found = {shown(shown_entry(*key, place)): value for key in read for place, value in meaning[key].items()}
        for key in sorted(self.claim.premises.one_hot):
            found |= {shown_entry(*key, place): int(value.value) for place, value in meaning[key].items()}
        return found

    def _left(self) -> tuple[str, str]:
        """The quantity that the left side is, if it is a single one: it need not be reported twice."""
        left = self.link.left
        return (left[1], left[2]) if isinstance(left, list) and left[0] == "entry" else ("", "")
