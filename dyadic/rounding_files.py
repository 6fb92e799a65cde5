"""Bounds on rounding errors for the appendix: from Python, or from the JSON that ``dyadic certify`` printed.

The file is read with suspicion, but says only what is in it: nothing of it is computed again.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dyadic.paper.rounding_section import ParameterBound, RunBounds
from dyadic.physics.certified_run import equations_digest
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.errors import DyadicError, as_written
from dyadic.symbolic.limits import regular_file

_AGAIN = "give what `dyadic certify --format json` prints"


def read_bounds(path: Path, derivation: Derivation) -> RunBounds:
    """The bounds in a file.  Raises :class:`DyadicError` where it holds none, or those of other equations."""
    try:
        regular_file(path, smaller=_AGAIN)
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_constant)
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
    if type(samples) is not int or samples < 1:
        raise read.wrong("samples", samples)
    reason = top.get("reason")
    if reason is not None and (not isinstance(reason, str) or not 0 < len(reason) < 1000):
        raise read.wrong("reason", reason)
    radius = read.number("radius", top) if "radius" in top else None
    largest = "largest_at_least" if radius is None else "largest_at_most"
    gradients = read.mapping("gradients", top.get("gradients"))
    wanted = {tag.removeprefix("g:") for tag in derivation.equations if tag.startswith("g:")}
    if set(gradients) != (wanted if reason is None else set()):
        raise read.wrong("gradients", sorted(gradients))
    bounds = []
    for name, one in gradients.items():
        inside = read.mapping(f"gradients.{name}", one)
        verdict = read.one_of("verdict", inside, ("proved", "refuted"))
        error = read.number("error_at_most", inside) if inside.get("error_at_most") is not None else None
        if error is None and verdict != "refuted":
            raise read.wrong("error_at_most", None)
        bounds.append(ParameterBound(name, read.number(largest, inside), error, verdict == "refuted"))
    verdict = "undecided" if reason else "refuted" if any(one.is_refuted for one in bounds) else "proved"
    read.one_of("verdict", top, (verdict,))
    return RunBounds(dtype, samples, read.digest("arrays", top), radius, reason, tuple(bounds))


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
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise self.wrong(field, value)
        return float(value)


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no number")


__all__ = ["read_bounds", "run_bounds"]
