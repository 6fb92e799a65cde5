"""One scalar function of a certificate: that its value is its definition, and its derivative the derivative of that.

The definition is differentiated here, by rules of the checker's own (tower.py), and compared with the one stated, on
each interval between the points where a case changes.  At such a point either the two sides and their slopes fit, or it
is a kink, and the derivative has there the value that the convention gives it.  What a function of a known name is, the
checker says itself (definitions.py): each stated formula is compared with that, and must have a value wherever that has
one (signs.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from dyadic.proofs.checker.differentiation.definitions import DEFINITIONS, HELD, Described
from dyadic.proofs.checker.differentiation.formulas import Divided, FormulaPlace, Interval, enclosure, number, read
from dyadic.proofs.checker.differentiation.integer_intervals import Enclosure, NoValue
from dyadic.proofs.checker.differentiation.signs import DIVISOR, LOGARITHM, PointSigns, SignDemand, Signs
from dyadic.proofs.checker.differentiation.tower import Ratio, Tower, rational
from dyadic.proofs.checker.intake.reading import Rejected, need

MOST_POINTS = 24


@dataclass(frozen=True)
class Verified:
    """A function whose derivative was shown to be right.

    defined_here: whether the checker knows the function; otherwise the certificate's definition is what it means.
    hypotheses: the conventions and the domain.
    """

    name: str
    defined_here: bool
    hypotheses: tuple[str, ...]

    @property
    def statement(self) -> str:
        """What was shown."""
        source = "" if self.defined_here else ", as the certificate defines it"
        if self.hypotheses and self.hypotheses[0] == HELD:
            return f"{self.name}: the value is passed on, and the derivative is 0 by convention, not that of the value"
        return f"{self.name}{source}: value and derivative are those of the definition, wherever that has them"


@dataclass(frozen=True)
class _Stated:
    """What a certificate says of a function; own: the checker's definition."""

    definition: Any
    value: Any
    derivative: Any
    kinks: dict[Fraction, Fraction]
    domain: Interval
    own: Any


def check_function(name: str, entry: Any, where: str) -> Verified:
    """Check one entry of a certificate's functions.  Raises :class:`Rejected`, and nothing else."""
    try:
        stated = _stated(name, entry, where)
        points = {point for point in stated.kinks if stated.domain.contains(point)}
        intervals = _intervals(stated, points, where)
        choices = [_on(stated, interval, where) for interval in intervals]
        for position, point in enumerate(sorted(points)):
            _at(stated, point, choices[position : position + 2], where)
        for end in (stated.domain.low, stated.domain.high):
            if end is not None:
                _at_end(stated, end, where)
    except RecursionError:
        raise Rejected(where, "the formula is too deep to check") from None
    known = DEFINITIONS.get(name)
    return Verified(name, known is not None, _hypotheses(stated, known))


def _stated(name: str, entry: Any, where: str) -> _Stated:
    formulas = [need(entry, key, (int, list), where) for key in ("definition", "value", "derivative")]
    kinks: dict[Fraction, Fraction] = {}
    for pair in need(entry, "kinks", list, where):
        if not (isinstance(pair, list) and len(pair) == 2) or len(kinks) >= MOST_POINTS:
            raise Rejected(f"{where}.kinks", "are not a few pairs of a point and a value")
        point = number(pair[0], f"{where}.kinks")
        if point in kinks:
            raise Rejected(f"{where}.kinks", f"has the point {point} twice")
        kinks[point] = number(pair[1], f"{where}.kinks")
    bounds = need(entry, "domain", list, where)
    if len(bounds) != 2:
        raise Rejected(f"{where}.domain", "is not a pair of bounds")
    domain = Interval(*(None if bound is None else number(bound, f"{where}.domain") for bound in bounds))
    if domain.low is not None and domain.high is not None and domain.low >= domain.high:
        raise Rejected(f"{where}.domain", "is empty")
    if not all(map(domain.contains, kinks)):
        raise Rejected(f"{where}.kinks", "do not lie in the domain")
    known = DEFINITIONS.get(name)
    _says_what_it_holds(name, formulas, where)
    if known is not None:
        if kinks != {number(point, where): number(value, where) for point, value in known.kinks}:
            raise Rejected(f"{where}.kinks", f"are not those of {name}")
        if domain != Interval(*(None if bound is None else Fraction(bound) for bound in known.domain)):
            raise Rejected(f"{where}.domain", f"is not that of {name}")
    if set(entry) != {"definition", "value", "derivative", "kinks", "domain"}:
        raise Rejected(where, "has fields that are not known")
    definition, value, derivative = formulas
    return _Stated(definition, value, derivative, kinks, domain, definition if known is None else known.definition)


def _says_what_it_holds(name: str, formulas: list[Any], where: str) -> None:
    """Refuse a function that holds values constant and has a name of which no theorem says so."""
    held: set[str] = set()
    seen: set[int] = set()  # a formula of parts that are one object is not walked through as a tree
    stack: list[Any] = [*formulas]
    while stack:
        node = stack.pop()
        if isinstance(node, list) and id(node) not in seen:
            seen.add(id(node))
            stack += node
            name_of = node[1] if len(node) > 1 and node[0] == "apply" else None
            if isinstance(name_of, str) and name_of in DEFINITIONS and DEFINITIONS[name_of].held:
                held.add(name_of)
    if held - {name}:
        raise Rejected(
            where, f"holds values constant by {', '.join(sorted(held - {name}))}, which its name does not say"
        )


def _intervals(stated: _Stated, points: set[Fraction], where: str) -> list[Interval]:
    """The intervals on which no condition changes; the points between them are added to ``points``."""
    while len(points) <= MOST_POINTS:
        ends = [stated.domain.low, *sorted(points), stated.domain.high]
        intervals = [Interval(low, high) for low, high in pairwise(ends)]
        try:
            for interval in intervals:
                tower = Tower(where)
                for formula in (stated.own, stated.definition, stated.value, stated.derivative):
                    read(formula, FormulaPlace(tower, tower.z, interval), where)
        except Divided as found:
            points.add(found.point)
            continue
        return intervals
    raise Rejected(where, f"has more than {MOST_POINTS} points where a case changes")


Choices = dict[str, list[int]]


def _on(stated: _Stated, interval: Interval, where: str) -> Choices:
    """The check on one interval; the cases that hold there."""
    tower, choices = Tower(where), {}
    signs = Signs(tower, interval)

    def formula(name: str) -> Ratio:
        place = FormulaPlace(tower, tower.z, interval)
        found = read(getattr(stated, name), place, where)
        choices[name] = place.chosen
        for demand in place.demands:
            if not signs.holds(demand):
                if name != "own" or demand.kind not in (DIVISOR, LOGARITHM):
                    raise _undefined(name, where, demand)
                signs.assume(demand)  # we speak of the points at which it holds
        return found

    own = formula("own")
    for sample in interval.samples():  # and there are such points
        try:
            enclosure(stated.own, Enclosure.of(sample), where)
        except NoValue as error:
            raise Rejected(f"{where}.definition", f"has no value at {sample}: {error}") from error
    if not tower.equal(own, formula("definition")):
        raise Rejected(f"{where}.definition", "is not seen to be the function of that name")
    if not tower.equal(own, formula("value")):
        raise Rejected(f"{where}.value", "is not seen to be the definition")
    if not tower.equal(tower.slope(own), formula("derivative")):
        raise Rejected(f"{where}.derivative", "is not seen to be the derivative of the definition")
    return choices


def _undefined(name: str, where: str, demand: SignDemand) -> Rejected:
    field = "definition" if name == "own" else name
    what = "not 0" if demand.kind == DIVISOR else "positive"
    reason = f"has {demand.kind} that is not seen to be {what} wherever the function has a value"
    return Rejected(f"{where}.{field}", reason)


def _at(stated: _Stated, point: Fraction, sides: list[Choices], where: str) -> None:
    """The check at a point between two intervals."""
    tower = Tower(where)
    z, signs = rational(*point.as_integer_ratio()), PointSigns(tower)

    def formula(name: str, side: Choices | None = None) -> Ratio:
        place = FormulaPlace(tower, z, None, None if side is None else side[name])
        found = read(getattr(stated, name), place, where)
        for demand in place.demands:
            if not signs.holds(demand):
                raise _undefined(name, where, demand)
        return found

    own, derivative = formula("own"), formula("derivative")
    if not (tower.equal(own, formula("definition")) and tower.equal(own, formula("value"))):
        raise Rejected(f"{where}.value", f"is not seen to be the definition at {point}")
    if point in stated.kinks and derivative.number != stated.kinks[point]:
        raise Rejected(f"{where}.derivative", f"does not have the value at {point} that the convention says")
    joined = all(tower.equal(own, formula("own", side)) for side in sides)
    slopes = [formula("derivative", side) for side in sides]
    if not joined and point not in stated.kinks:
        raise Rejected(f"{where}.definition", f"is not seen to be continuous at {point}, and that is no kink")
    smooth = joined and tower.equal(*slopes)
    if (smooth or point not in stated.kinks) and not all(tower.equal(derivative, slope) for slope in slopes):
        raise Rejected(f"{where}.derivative", f"does not fit both sides at {point}")


def _at_end(stated: _Stated, end: Fraction, where: str) -> None:
    """At an end of the domain the function may have a value, and no derivative, as a root has at 0."""
    z = Enclosure.of(end)
    try:
        own = enclosure(stated.own, z, where)
    except NoValue:
        return
    for name in ("definition", "value"):
        formula = getattr(stated, name)
        if formula == stated.own:
            continue
        try:
            differs = (enclosure(formula, z, where) - own).sign
        except NoValue as error:
            raise Rejected(f"{where}.{name}", f"has no value at {end}, where the function has one: {error}") from error
        if differs or (differs is None and not _same_at(formula, stated.own, end, where)):
            raise Rejected(f"{where}.{name}", f"is not seen to be the function's value at {end}")


def _same_at(one: Any, other: Any, point: Fraction, where: str) -> bool:
    """Whether two formulas that have a value at a point are equal there, as elements of one tower."""
    tower = Tower(where)
    z = rational(*point.as_integer_ratio())
    return tower.equal(*(read(formula, FormulaPlace(tower, z, None), where) for formula in (one, other)))


def _hypotheses(stated: _Stated, known: Described | None) -> tuple[str, ...]:
    """The conventions and the domain, in words."""
    found = []
    if known is not None and known.held:
        found.append(HELD)
    if known is not None and known.jumps:
        found.append(f"between its jumps at {known.jumps} the derivative is 0, and there it is taken as 0")
    if stated.kinks:
        found.append(", ".join(_conventions(stated.kinks)))
    low, high = stated.domain.low, stated.domain.high
    if low is not None or high is not None:
        found.append(f"z > {low}" if high is None else f"z < {high}" if low is None else f"{low} < z < {high}")
    if known is not None and known.poles:
        found.append(f"{known.poles} is not 0")
    return tuple(found) if known is not None else (*found, "away from the jumps of floor and round in it")


def _conventions(kinks: dict[Fraction, Fraction]) -> list[str]:
    parts = []
    for value in dict.fromkeys(kinks.values()):
        points = " and ".join(f"z = {point}" for point, taken in kinks.items() if taken == value)
        shown = str(value) if len(str(value)) < 12 else f"{float(value):.6f}..."
        parts.append(f"at {points} the derivative is taken as {shown}")
    return parts


__all__ = ["Verified", "check_function"]
