"""What the claims of a kind assume, in the checker's words: made of the equations that a claim speaks of.

Where a claim has no value is told by the equations themselves (evaluation/domain.py), all of them: those that were
derived may be undefined where the layer's own are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.core.obligations import HYPOTHESES
from dyadic.proofs.checker.differentiation.definitions import DEFINITIONS, HELD
from dyadic.proofs.checker.evaluation.domain import VALUES, equations, hypothesis
from dyadic.proofs.checker.intake.names import applied, nodes
from dyadic.proofs.checker.intake.shapes import rule_text

RULED = "sizes are those that the shape rule admits: given or following, each is at least 1"


def conventions(name: str) -> list[str]:
    """What is assumed of a function wherever it is applied: the value of its derivative at a kink or a jump."""
    known = DEFINITIONS.get(name)
    if known is None:
        return []
    found = []
    if known.held:
        found.append(HELD)
    elif known.jumps:
        found.append(f"between its jumps at {known.jumps} the derivative is 0, and there it is taken as 0")
    elif known.kinks:
        points: dict[Fraction, list[str]] = {}
        for point, taken in known.kinks:
            points.setdefault(_fraction(taken), []).append(f"z = {_fraction(point)}")
        found.append(
            ", ".join(f"at {' and '.join(at)} the derivative is taken as {_short(n)}" for n, at in points.items())
        )
    return [f"{name}: {text}" for text in found]


def is_held(name: str) -> bool:
    """Whether a function's value is held constant in every derivative."""
    return name in DEFINITIONS and DEFINITIONS[name].held


def where_smooth(name: str) -> str:
    """For which z a function is differentiable, as it stands at the end of a sentence."""
    known = DEFINITIONS.get(name)
    if known is None:
        return ""
    away, (low, high) = " away from the kink" if known.kinks or known.jumps else "", known.domain
    if low is not None or high is not None:
        within = f"z > {low}" if high is None else f"z < {high}" if low is None else f"{low} < z < {high}"
        return f"{away}, where {within}"
    return f"{away}, where {known.poles} is not 0" if known.poles else away


def _fraction(node: Any) -> Fraction:
    return Fraction(node) if isinstance(node, int) else Fraction(node[1], node[2])


def _short(number: Fraction) -> str:
    return str(number) if len(str(number)) < 12 else f"{float(number):.6f}..."


def hypotheses(kind: str, content: Any, subject: Mapping[str, str], numbers: Mapping[str, int]) -> list[str]:
    """What a claim of a kind assumes; content: of the layer or cost that it speaks of."""
    if kind in ("adjoint", "gradient"):
        return _of_equations(content, numbers)
    if kind == "function":
        return conventions(subject["name"])
    if kind in ("lemma", "induction"):
        return ["ranks are at least 1"]
    if kind == "variational":
        return ["E is differentiable"]
    return ["updates read only smaller ranks"] if kind == "stepsize" and subject["part"] == "only" else []


def _of_equations(content: Any, numbers: Mapping[str, int]) -> list[str]:
    bodies = [item["body"] for item in equations(content)]
    texts = [
        "every activation is differentiable where it is evaluated, or its derivative there is the stated convention"
    ]
    texts += [text for name in sorted(applied(bodies)) for text in conventions(name)]
    domain = hypothesis([content], VALUES)
    texts += [domain] if domain else []
    if any(node[0] == "max" for node in nodes(bodies)):
        texts.append(
            "where several values are the largest, the derivative goes to the one that argmax takes, whichever that is"
        )
    if content.get("extents"):
        texts.append(RULED)
    return texts + [text for name, text in HYPOTHESES.items() if numbers[name]]


def for_all_sizes(content: Any) -> str:
    """Of which sizes a proof speaks that was replayed."""
    rule = rule_text(content)
    return f"for all sizes that the shape rule admits ({rule})" if rule else "for all sizes"
