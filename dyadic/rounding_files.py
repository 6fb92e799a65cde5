"""Bounds on rounding errors for the appendix: from Python, or from the JSON that ``dyadic certify`` printed.

The file is read with suspicion, and its numbers are held against each other; but nothing of it is computed again.
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeGuard

from dyadic.paper.rounding_section import ParameterBound, RunBounds
from dyadic.physics.certified_run import equations_digest
from dyadic.physics.explained_rounding import UNKNOWN
from dyadic.physics.rounded_numbers import FUNCTION_UNITS
from dyadic.proofs.claims import Verdict, overall
from dyadic.symbolic.decimal_bounds import SMALLEST
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.errors import DyadicError, as_written
from dyadic.symbolic.limits import MOST_ENTRIES, regular_file

_AGAIN = "give what `dyadic certify --format json` prints"


def read_bounds(path: Path, derivation: Derivation) -> RunBounds:
    """The bounds in a file.  Raises :class:`DyadicError` where it holds none, or those of other equations."""
    try:
        regular_file(path, smaller=_AGAIN)
        text = path.read_text(encoding="utf-8")
        content = json.loads(text, parse_constant=_no_number, parse_float=_double)
    except (OSError, ValueError, RecursionError) as error:
        raise DyadicError(f"{path}: cannot be read ({str(error)[:200]}); {_AGAIN}") from error
    return replace(run_bounds(content, derivation, str(path)), is_read=True)


def run_bounds(content: Any, derivation: Derivation, where: str = "rounding") -> RunBounds:
    """The bounds in what ``as_dict()`` of a rounding certificate gives.

    where: what errors name.  Raises :class:`DyadicError` for what is no such thing, or is of other equations.
    """
    read = _Fields(where)
    top = read.mapping("", content)
    if read.digest("equations", top) != equations_digest(derivation):
        raise DyadicError(f"{where}: is about other equations; certify this network and {_AGAIN}")
    dtype = read.one_of("dtype", top, ("float32", "float64"))
    samples = top.get("samples")
    if type(samples) is not int or not 1 <= samples <= MOST_ENTRIES:
        raise read.wrong("samples", samples)
    reason = top.get("reason")
    _expect_reason(read, "reason", reason, Verdict.UNDECIDED if reason is not None else Verdict.PROVED)
    radius = read.number("radius", top) if "radius" in top else None
    largest = "largest_at_least" if radius is None else "largest_at_most"
    gradients = read.mapping("gradients", top.get("gradients"))
    wanted = {tag.removeprefix("g:") for tag in derivation.equations if tag.startswith("g:")}
    if set(gradients) != (wanted if reason is None else set()):
        raise read.wrong("gradients", sorted(gradients))
    bounds = []
    for name, one in gradients.items():
        inside = read.mapping(f"gradients.{name}", one)
        verdict = Verdict(read.one_of("verdict", inside, tuple(map(str, Verdict))))
        error = read.number("error_at_most", inside) if inside.get("error_at_most") is not None else None
        if error is None and verdict is Verdict.PROVED:
            raise read.wrong("error_at_most", None)
        _expect_reason(read, f"gradients.{name}.reason", inside.get("reason"), verdict)
        bound = ParameterBound(name, read.number(largest, inside), error, verdict)
        _expect_agreement(read, inside, bound, radius is not None)
        _expect_entry(read, inside, name, derivation.architecture.parameters.get(name))
        bounds.append(bound)
    verdict = Verdict.UNDECIDED if reason else overall(bounds)
    read.one_of("verdict", top, (str(verdict),))
    return RunBounds(dtype, samples, read.digest("arrays", top), radius, reason, tuple(bounds), FUNCTION_UNITS)


def _expect_reason(read: _Fields, field: str, reason: Any, verdict: Verdict) -> None:
    """Refuse a reason that is no text of some length, and one of what is decided."""
    is_reason = isinstance(reason, str) and 0 < len(reason) < 1000
    if not (is_reason if verdict is Verdict.UNDECIDED else reason is None):
        raise read.wrong(field, reason)


def _expect_agreement(read: _Fields, inside: Mapping[str, Any], bound: ParameterBound, over_a_box: bool) -> None:
    """Refuse bounds that are not those of the entry beside them."""
    if bound.error is None and not bound.is_refuted and inside.get("exact") == UNKNOWN:
        _expect_ratio(read, inside, bound)
        return
    exact, unit = read.middle("exact", inside)
    if bound.error is not None and not exact and unit > 3 * Fraction(bound.error):  # a bound is not below the radius
        raise read.wrong("exact", inside.get("exact"))
    if bound.error is None and bound.is_refuted:
        if inside.get("computed") is not None and read.magnitude("computed", inside) is not None:
            raise read.wrong("error_at_most", None)
    elif bound.error is not None and not (over_a_box and bound.is_refuted):  # there it is further off than the bound
        computed, error = read.magnitude("computed", inside), Fraction(bound.error)
        if computed is None or abs(computed - exact) > error + unit:
            raise read.wrong("error_at_most", bound.error)
        largest = Fraction(bound.largest) * (1 + Fraction(1, 2**50)) + 2 * SMALLEST  # it was rounded down
        if abs(exact) > largest + (0 if over_a_box else error) + unit:
            raise read.wrong("largest_at_most" if over_a_box else "largest_at_least", bound.largest)
    if not over_a_box:
        _expect_ratio(read, inside, bound)


def _expect_ratio(read: _Fields, inside: Mapping[str, Any], bound: ParameterBound) -> None:
    """Refuse a relative bound that is not the quotient of the two, up to its rounding."""
    if bound.error is None or (bound.error and not bound.largest):
        if inside.get("relative") is not None:
            raise read.wrong("relative", inside["relative"])
        return
    stated = Fraction(read.number("relative", inside))
    least = Fraction(bound.error) / Fraction(bound.largest) if bound.error else Fraction(0)
    if not least <= stated <= least * (1 + Fraction(1, 2**40)) + 2 * SMALLEST:
        raise read.wrong("relative", inside["relative"])


def _expect_entry(read: _Fields, inside: Mapping[str, Any], name: str, shape: Any) -> None:
    """Refuse a place that the gradient does not have."""
    entry = inside.get("entry")
    if not isinstance(entry, list) or not all(type(k) is int and k >= 0 for k in entry):
        raise read.wrong(f"gradients.{name}.entry", entry)
    if shape is not None and (len(entry) != len(shape) or not all(map(operator.lt, entry, map(int, shape)))):
        raise read.wrong(f"gradients.{name}.entry", entry)


class _Fields:
    """Fields of certain forms; ``where`` begins the errors."""

    def __init__(self, where: str) -> None:
        self.where = where

    def wrong(self, field: str, value: Any) -> DyadicError:
        return DyadicError(f"{self.where}: {field} is {as_written(value)}; {_AGAIN}")

    def mapping(self, field: str, value: Any) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise self.wrong(field or "what it holds", value)
        return value

    def one_of(self, field: str, inside: Mapping[str, Any], choices: tuple[str, ...]) -> str:
        value = inside.get(field)
        if not isinstance(value, str) or value not in choices:
            raise self.wrong(field, value)
        return str(value)

    def digest(self, field: str, inside: Mapping[str, Any]) -> str:
        value = inside.get(field)
        if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{64}", value):
            raise self.wrong(field, value)
        return value

    def number(self, field: str, inside: Mapping[str, Any]) -> float:
        """Finite and not below 0."""
        value = inside.get(field)
        if _is_double(value) and 0 <= value < math.inf:
            return float(value)
        raise self.wrong(field, value)

    def magnitude(self, field: str, inside: Mapping[str, Any]) -> Fraction | None:
        """Finite, of either sign; None where it is null."""
        value = inside.get(field)
        if value is None:
            return None
        if _is_double(value) and math.isfinite(value):
            return Fraction(value)
        raise self.wrong(field, value)

    def middle(self, field: str, inside: Mapping[str, Any]) -> tuple[Fraction, Fraction]:
        """A number as Arb prints it, and how far that may be from it: a unit of the last digit, or the radius.

        Of a ball no more than its radius is printed where no digit of its middle is certain.
        """
        value = inside.get(field)
        text = value if isinstance(value, str) and len(value) < 100 else ""
        if found := re.fullmatch(_BALL, text):
            return Fraction(0), Fraction(found[1])
        if not re.fullmatch(_NUMBER, text):
            raise self.wrong(field, value)
        unit = Fraction(10) ** int(Decimal(text).as_tuple().exponent)
        return Fraction(text), unit if Fraction(text) else Fraction(0)


_NUMBER = r"-?\d+(?:\.\d+)?(?:e[-+]?\d{1,4})?"
_BALL = rf"\[\+/- ({_NUMBER})\]"


def _is_double(value: Any) -> TypeGuard[float]:
    return type(value) is float or (type(value) is int and abs(value) <= 2**53)


def _double(text: str) -> float:
    """The double that a text is; one that is rounded when it is read, such as 1e-400, is none that was printed."""
    value = float(text)
    if not math.isfinite(value) or Decimal(repr(value)) != Decimal(text):
        raise ValueError(f"{text[:40]} is no double")
    return value


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


__all__ = ["read_bounds", "run_bounds"]
