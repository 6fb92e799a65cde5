"""A claim's expressions over a ring, where its assumptions hold.

Equations among the assumptions are solved for some of the numbers that are drawn, at given values of the integers
(with another target index ``x_o[y] = 1`` is another equation); inequalities are told to the ring that knows signs, and
looked after by whoever draws numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from hashlib import blake2b
from math import ceil, floor
from typing import Any

from dyadic.proofs.evaluate.network import Rejected
from dyadic.proofs.evaluate.number_rings import Ring, Undetermined
from dyadic.proofs.statements.number_systems.closed import Closed
from dyadic.proofs.statements.number_systems.draws import Number
from dyadic.proofs.statements.number_systems.known_slopes import KnownSteps
from dyadic.proofs.statements.number_systems.linear_systems import Line, LinearRing, solved
from dyadic.proofs.statements.number_systems.rings import Exact, Traced, traced
from dyadic.proofs.statements.semantics.equation import Equalities
from dyadic.proofs.statements.semantics.meaning import Draw, Integers, Meaning, one_hot
from dyadic.proofs.statements.semantics.premises import APART, Relation
from dyadic.proofs.statements.semantics.scope import ClaimTensors
from dyadic.proofs.statements.verdict.blocks import Setting
from dyadic.symbolic.errors import SpecError


def scope_of(
    claim: Equalities, ring: Ring, draw: Draw, setting: Setting, integers: Integers, watch: bool = False
) -> ClaimTensors:
    """Over a ring in which ``draw`` gives the numbers that are free.

    Raises :class:`Contradiction` where no numbers fulfil the assumptions, and :class:`SpecError`: see ``_given``.
    """
    given = _given(claim, setting, integers)

    determined: dict[str, str] = {}

    def number(label: str) -> Any:
        line = given.get(label)
        if line is None:
            return draw(label)
        parts = [_times(ring, coefficient, [draw(name)]) for name, coefficient in line.parts.items()]
        value = ring.add([_times(ring, line.constant, []), *parts])
        return follows(label, value)

    def follows(label: str, value: Any) -> Any:
        """A number that follows from others is reported like them."""
        if isinstance(value, Traced):
            determined[label] = str(value)
            return Traced(value.value, value.used | {label})
        return value

    meaning = Meaning(claim.vocabulary, ring, number, setting, claim.premises, integers)
    meaning.follows = follows
    found = ClaimTensors(meaning, claim, watch)
    found.determined = determined
    if isinstance(ring, Exact) and not setting.blocks:  # in a block entries are equal that need not be
        found.nearby = lambda turn: scope_of(
            claim, ring, lambda label: _moved(ring, draw, label, turn), setting, integers
        )
    if isinstance(ring, Closed):
        ring.narrowing = claim.defined is None
        _tell(found, ring)
    if isinstance(ring, KnownSteps) and not setting.blocks:  # in a block entries are equal, and largest together
        _tell_apart(found, ring)
    return found


_NEARBY, _FAR = 2, 2**64
"""At how many points nearby it is seen whether two numbers stay equal, and one over their distance."""
_HALF = Fraction(1, 2)
_BEYOND = (Fraction(1), Fraction(2), _HALF, Fraction(1, 16), Fraction(1, 2048))
_LABELS = 12
"""How many numbers are tried to make one inequality hold."""


def _moved(ring: Ring, draw: Draw, label: str, turn: int) -> Any:
    """A drawn number, moved by very little in a direction of its own."""
    raw = blake2b(f"{turn} {label}".encode(), digest_size=4).digest()
    return ring.add([draw(label), ring.number(2 * int.from_bytes(raw, "big") - 2**32 + 1, _FAR * 2**32)])


def _times(ring: Ring, coefficient: Any, factors: list[Any]) -> Any:
    return ring.mul([ring.number(coefficient.numerator, coefficient.denominator), *factors])


class Contradiction(Undetermined):
    """No numbers fulfil the assumptions at the integers at hand."""


def possible(claim: Equalities, setting: Setting, integers: Integers) -> bool:
    """Whether assumptions may hold at given integers: False only where they cannot, whatever the numbers are."""
    if not _symmetric(claim, setting, integers):
        return False
    try:
        given = _given(claim, setting, integers)
    except Contradiction:
        return False
    if not claim.premises.inequalities:
        return True
    ring = LinearRing()

    def number(label: str) -> Line:
        return given.get(label) or ring.unknown(label)

    scope = ClaimTensors(Meaning(claim.vocabulary, ring, number, setting, claim.premises, integers), claim)
    for relation in claim.premises.inequalities:
        try:
            for _, left, right in scope.sides(relation):
                difference = ring.add([left, ring.mul([ring.number(-1), right])])
                if not difference.parts and not _true(relation.sign, difference.constant):
                    return False
        except (Undetermined, Rejected):
            continue  # no linear function of what is free
    return True


def _symmetric(claim: Equalities, setting: Setting, integers: Integers) -> bool:
    """Whether a matrix that is assumed to be symmetric and one-hot is both."""
    for kind, owner in claim.premises.symmetric & claim.premises.one_hot:
        count = setting.count(claim.vocabulary.axes(kind, owner)[0])
        ones = [integers.get(one_hot(kind, owner, (row,)), 0) for row in range(count)]
        if any(ones[one] != row for row, one in enumerate(ones)):
            return False
    return True


def _true(sign: str, difference: Fraction) -> bool:
    return sign == APART or difference > 0 or (difference != 0 if sign == "!=" else difference == 0 and sign == ">=")


def _given(claim: Equalities, setting: Setting, integers: Integers) -> Mapping[str, Line]:
    """The numbers that the equations among the assumptions determine, at given values of the integers.

    Raises :class:`SpecError` where these are not linear in what is free, :class:`Contradiction` where they cannot hold.
    """
    if not claim.premises.equations:
        return {}
    key = (setting.key, tuple(sorted(integers.items())))
    if key not in claim.solved:
        claim.solved[key] = _solved(claim, setting, integers)
    found = claim.solved[key]
    if found is None:
        raise Contradiction("the assumptions contradict each other")
    return found


def _solved(claim: Equalities, setting: Setting, integers: Integers) -> dict[str, Line] | None:
    """None where the equations contradict each other."""
    ring = LinearRing()
    scope = ClaimTensors(Meaning(claim.vocabulary, ring, ring.unknown, setting, claim.premises, integers), claim)
    lines: list[Line] = []
    for relation in claim.premises.equations:
        try:
            lines += [ring.add([one, ring.mul([ring.number(-1), two])]) for _, one, two in scope.sides(relation)]
        except Undetermined as error:
            raise SpecError(
                "the claim", f"its assumption {relation.text!r} is not linear in parameters, inputs and targets",
                "assume something of these, such as W_NAME[i, j] = W_OTHER[j, i] or Sum[i] y[i] = 1",
            ) from error  # fmt: skip
    return solved(lines)


def _tell(scope: ClaimTensors, ring: Closed) -> None:
    """Let a ring know of the inequalities."""
    for relation, _, left, right in _instances(scope):
        difference = ring.add([left, ring.minus(right)])
        if relation.sign == "!=":
            ring.nonzero.append(difference)
        elif relation.sign == APART:
            ring.apart.append(difference)
        else:
            ring.assume(difference, strict=relation.sign == ">")


def _tell_apart(scope: ClaimTensors, ring: Any) -> None:
    """Let a ring know which numbers are nowhere 0: rational functions that are apart from 0 and not 0 everywhere."""
    for relation in scope.premises.inequalities:
        if relation.sign == APART and relation.rational:
            for _, left, right in scope.sides(relation):
                ring.never_zero(ring.add([left, ring.mul([-1, right])]))


def _instances(scope: ClaimTensors) -> Iterator[tuple[Relation, dict[str, int], Any, Any]]:
    exact = isinstance(scope.ring, Exact)
    for relation in scope.premises.inequalities:
        for index, left, right in scope.sides(relation):
            yield (relation, index, traced(left), traced(right)) if exact else (relation, index, left, right)


def labels_assumed(scope: ClaimTensors) -> set[str]:
    """The numbers on which it depends, over exact numbers, whether the assumptions hold."""
    sides = [side for relation in scope.premises.relations for _, *pair in scope.sides(relation) for side in pair]
    return {label for side in sides if isinstance(side, Traced) for label in side.used}


def first_broken(scope: ClaimTensors) -> tuple[Relation, dict[str, int]] | None:
    """An inequality that does not hold for certain at a scope's numbers.  Raises :class:`Undetermined`."""
    for relation, index, left, right in _instances(scope):
        if not _holds(relation.sign, left, right) and not _stay_equal(scope, relation, index):
            return relation, index
    return None


def _stay_equal(scope: ClaimTensors, relation: Relation, index: dict[str, int]) -> bool:
    """Whether the sides of a relation are the same number here and nearby, so that they are no further apart there."""
    if relation.sign != APART or scope.nearby is None:
        return False
    for turn in range(_NEARBY + 1):
        at = scope if not turn else scope.nearby(turn)
        left, right = map(traced, at.at(relation, index))
        if not isinstance(left.value, Fraction) or left.value != right.value:
            return False
    return True


def settle(make: Callable[[], ClaimTensors], values: dict[str, Number], tries: int) -> bool:
    """Change drawn numbers until the inequalities hold, one after the other; whether that came to an end.

    make: a scope at the present numbers.
    """
    for _ in range(tries):
        scope = make()
        try:
            broken = first_broken(scope)
        except Undetermined:
            return False
        if broken is None:
            return True
        if not _mended(make, scope, values, *broken):
            return False
    return False


def _mended(
    make: Callable[[], ClaimTensors], scope: ClaimTensors, values: dict[str, Number], relation: Relation,
    index: dict[str, int],
) -> bool:  # fmt: skip
    """Whether an inequality holds after a change of one number, by as much as takes one side beyond the other.

    By so much, if that can be, that no other inequality is broken by it.  scope: that at the present numbers.
    """
    left, right = map(traced, scope.at(relation, index))
    try:
        start = left.about() - right.about()
    except Undetermined:
        return False
    labels = sorted((label for label in left.used | right.used if label in values), key=lambda k: (k[0] != "b", k))
    for label in labels[:_LABELS]:
        before, first = values[label], None
        try:
            values[label] = before + 1
            left, right = map(traced, make().at(relation, index))
            slope = left.about() - right.about() - start
            for beyond in _BEYOND if slope else ():
                values[label] = Fraction(before) + _rounded((beyond - start) / slope, beyond)
                changed = make()
                held = _holds(relation.sign, *map(traced, changed.at(relation, index)))
                if held or _stay_equal(changed, relation, index):
                    first = values[label] if first is None else first
                    if first_broken(changed) is None:
                        return True
        except Undetermined:
            pass
        values[label] = before if first is None else first
        if first is not None:
            return True
    return False


def _rounded(value: Fraction, beyond: Fraction) -> Fraction:
    """Away from 0, to a number that is pleasant to read, unless little is asked for."""
    if beyond < _HALF:
        return value
    return Fraction(ceil(2 * value) if value > 0 else floor(2 * value), 2)


def _holds(sign: str, left: Any, right: Any) -> bool:
    if sign in ("!=", APART):
        return bool(left.differs(right))
    return bool(left.above(right) or (sign == ">=" and left.value == right.value))
