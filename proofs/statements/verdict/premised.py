"""A claim's expressions over a ring, where its assumptions hold.

Equations among the assumptions are solved for some of the numbers that are drawn; inequalities are told to the ring
that knows signs, and looked after by whoever draws numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Any

from dyadic.proofs.evaluate.number_rings import Ring, Undetermined
from dyadic.proofs.statements.number_systems.closed import Closed
from dyadic.proofs.statements.number_systems.draws import Number
from dyadic.proofs.statements.number_systems.linear_systems import Line, LinearRing, solved
from dyadic.proofs.statements.number_systems.rings import Traced
from dyadic.proofs.statements.semantics.equation import Equalities
from dyadic.proofs.statements.semantics.meaning import Draw, Integers, Meaning
from dyadic.proofs.statements.semantics.premises import Relation
from dyadic.proofs.statements.semantics.scope import ClaimTensors
from dyadic.proofs.statements.verdict.blocks import Setting
from dyadic.symbolic.errors import SpecError


def scope_of(
    claim: Equalities, ring: Ring, draw: Draw, setting: Setting, integers: Integers, watch: bool = False
) -> ClaimTensors:
    """Over a ring in which ``draw`` gives the numbers that are free.  Raises :class:`SpecError`: see ``_given``."""
    given = _given(claim, setting)

    determined: dict[str, str] = {}

    def number(label: str) -> Any:
        line = given.get(label)
        if line is None:
            return draw(label)
        parts = [_times(ring, coefficient, [draw(name)]) for name, coefficient in line.parts.items()]
        value = ring.add([_times(ring, line.constant, []), *parts])
        # A number that follows from others is reported like them.
        if isinstance(value, Traced):
            determined[label] = str(value)
            return Traced(value.value, value.used | {label})
        return value

    found = ClaimTensors(Meaning(claim.vocabulary, ring, number, setting, claim.premises, integers), claim, watch)
    found.determined = determined
    if isinstance(ring, Closed):
        _tell(found, ring)
    return found


_LABELS = 12
"""How many numbers are tried to make one inequality hold."""


def _times(ring: Ring, coefficient: Any, factors: list[Any]) -> Any:
    return ring.mul([ring.number(coefficient.numerator, coefficient.denominator), *factors])


def _given(claim: Equalities, setting: Setting) -> Mapping[str, Line]:
    """The numbers that the equations among the assumptions determine.

    Raises :class:`SpecError` where these are not linear in what is free, or contradict each other.
    """
    if not claim.premises.equations:
        return {}
    if setting.key not in claim.solved:
        ring = LinearRing()
        scope = ClaimTensors(Meaning(claim.vocabulary, ring, ring.unknown, setting, claim.premises, {}), claim)
        lines = []
        for relation in claim.premises.equations:
            try:
                lines += [ring.add([one, ring.mul([ring.number(-1), two])]) for _, one, two in scope.sides(relation)]
            except Undetermined as error:
                raise SpecError(
                    "the claim", f"its assumption {relation.text!r} is not linear in parameters, inputs and targets",
                    "assume something of these, such as W_NAME[i, j] = W_OTHER[j, i] or Sum[i] y[i] = 1",
                ) from error  # fmt: skip
        found = solved(lines)
        if found is None:
            raise SpecError("the claim", "its assumptions contradict each other", "nothing is claimed: drop one")
        claim.solved[setting.key] = found
    return claim.solved[setting.key]


def _tell(scope: ClaimTensors, ring: Closed) -> None:
    """Let a ring know of the inequalities."""
    for relation, _, left, right in _instances(scope):
        difference = ring.add([left, ring.minus(right)])
        if relation.sign == "!=":
            ring.nonzero.append(difference)
        else:
            ring.assume(difference, strict=relation.sign == ">")


def _instances(scope: ClaimTensors) -> Iterator[tuple[Relation, dict[str, int], Any, Any]]:
    for relation in scope.premises.inequalities:
        for index, left, right in scope.sides(relation):
            yield relation, index, left, right


def first_broken(scope: ClaimTensors) -> tuple[Relation, dict[str, int]] | None:
    """An inequality that does not hold for certain at a scope's numbers.  Raises :class:`Undetermined`."""
    for relation, index, left, right in _instances(scope):
        if not _holds(relation.sign, left, right):
            return relation, index
    return None


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

    scope: that at the present numbers.
    """
    left, right = scope.at(relation, index)
    try:
        start = left.about() - right.about()
    except Undetermined:
        return False
    labels = sorted((label for label in left.used | right.used if label in values), key=lambda k: (k[0] != "b", k))
    for label in labels[:_LABELS]:
        before = values[label]
        try:
            values[label] = before + 1
            left, right = make().at(relation, index)
            slope = left.about() - right.about() - start
            for beyond in (1, 2, Fraction(1, 2)) if slope else ():
                values[label] = Fraction(before) + _rounded((beyond - start) / slope)
                if _holds(relation.sign, *make().at(relation, index)):
                    return True
        except Undetermined:
            pass
        values[label] = before
    return False


def _rounded(value: Fraction) -> Fraction:
    """Away from 0, to a number that is pleasant to read."""
    return Fraction(ceil(2 * value) if value > 0 else floor(2 * value), 2)


def _holds(sign: str, left: Any, right: Any) -> bool:
    if sign == "!=":
        return bool(left.differs(right))
    return bool(left.above(right) or (sign == ">=" and left.value == right.value))
