"""Claims and verdicts.  A verdict is never a bare boolean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class Verdict(StrEnum):
    """What is known of a claim: never a bare boolean."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Claim:
    """One statement with its verdict.

    hypotheses: what the statement assumes.  trusted: what the method takes on trust.
    counterexample: for a refuted claim, numbers that anyone can substitute.
    witness: data with which the verdict can be checked again.  reason: why a claim is undecided.
    kind, subject, numbers: what is claimed, as data (certificates only; its texts are made of it by sentences.py).
    """

    id: str
    statement: str
    verdict: Verdict
    method: str
    hypotheses: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()
    counterexample: dict[str, Any] | None = None
    witness: dict[str, Any] | None = None
    reason: str | None = None
    seconds: float = 0.0
    kind: str = ""
    subject: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Claim {self.id}: {self.verdict}>"

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "statement": self.statement,
            "verdict": self.verdict.value,
            "method": self.method,
            "seconds": round(self.seconds, 4),
            "hypotheses": list(self.hypotheses),
            "trusted": list(self.trusted),
            "counterexample": self.counterexample,
            "witness": self.witness,
            "reason": self.reason,
        }


class Decided(Protocol):
    """A claim, or what else has a verdict, such as a bound."""

    @property
    def verdict(self) -> Verdict: ...


def overall(found: Iterable[Decided]) -> Verdict:
    """Refuted if any of some claims is, else undecided if any is, else proved."""
    verdicts = {one.verdict for one in found}
    for verdict in (Verdict.REFUTED, Verdict.UNDECIDED):
        if verdict in verdicts:
            return verdict
    return Verdict.PROVED
