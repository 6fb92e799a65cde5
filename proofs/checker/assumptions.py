"""What the claims of a kind assume, in the checker's words: made of the equations that a claim speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.core.obligations import HYPOTHESES
from dyadic.proofs.checker.differentiation.definitions import DEFINITIONS
from dyadic.proofs.checker.intake.names import applied, nodes


def conventions(name: str) -> list[str]:
    """What is assumed of a function wherever it is applied: the value at a kink or a jump, the domain."""
    known = DEFINITIONS.get(name)
    if known is None:
        return []
    found = []
    if known.jumps:
        found.append(f"between its jumps at {known.jumps} the derivative is 0, and there it is taken as 0")
    elif known.kinks:
        points: dict[Fraction, list[str]] = {}
        for point, taken in known.kinks:
            points.setdefault(_fraction(taken), []).append(f"z = {_fraction(point)}")
        found.append(
            ", ".join(f"at {' and '.join(at)} the derivative is taken as {_short(n)}" for n, at in points.items())
        )
    low, high = known.domain
    if low is not None or high is not None:
        found.append(f"z > {low}" if high is None else f"z < {high}" if low is None else f"{low} < z < {high}")
    elif known.poles:
        found.append(f"{known.poles} is not 0")
    return [f"{name}: {text}" for text in found]


def has_kinks(name: str) -> bool:
    known = DEFINITIONS.get(name)
    return known is not None and bool(known.kinks or known.jumps)


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
    bodies = [item["body"] for item in content["definitions"]]
    functions = applied(bodies)
    found = list(nodes(bodies))
    exponents = [node[2] for node in found if node[0] == "^"]
    texts = [
        "every activation is differentiable where it is evaluated, or its derivative there is the stated convention"
    ]
    texts += [text for name in sorted(functions) for text in conventions(name)]
    if any((e if isinstance(e, int) else e[1]) < 0 for e in exponents):
        texts.append("no divisor is 0")
    if any(not isinstance(e, int) for e in exponents):
        texts.append("what stands under a root is positive")
    if any(node[0] == "max" for node in found):
        texts.append(
            "where several values are the largest, the derivative goes to the one that argmax takes, whichever that is"
        )
    return texts + [text for name, text in HYPOTHESES.items() if numbers[name]]
