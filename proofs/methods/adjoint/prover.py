"""Finds the proof, for all sizes, of what was derived for a layer kind or cost, from its JSON content."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dyadic.proofs.checker.forms import Refused
from dyadic.proofs.checker.obligations import READS_INSIDE, Content, Obligation
from dyadic.proofs.checker.reading import Rejected
from dyadic.proofs.checker.terms import collected
from dyadic.proofs.methods.adjoint.search import rewritten

Pair = dict[str, Any]


@dataclass(frozen=True)
class Proof:
    """pairs: the proof found of each obligation, for proofs/checker/replay.py.  open_: the reasons where none was.

    hypotheses: what the proofs rest on, by name, for each obligation proved.
    """

    pairs: dict[str, Pair]
    open_: dict[str, str]
    hypotheses: dict[str, tuple[str, ...]]

    @property
    def is_complete(self) -> bool:
        """Whether every obligation has its proof."""
        return not self.open_

    def reason(self, name: str) -> str | None:
        """Why an obligation has no proof; None if it has one."""
        return None if name in self.pairs else self.open_.get(name) or self.open_.get("content", "not looked for")


def prove(content: Any, names: Iterable[str] | None = None) -> Proof:
    """Look for the proofs of a content's obligations (all, or the ones named)."""
    try:
        subject = Content(content, "content")
    except (Refused, Rejected) as error:
        return Proof({}, dict.fromkeys(names or ("content",), str(error)), {})
    pairs: dict[str, Pair] = {}
    open_: dict[str, str] = {}
    hypotheses: dict[str, tuple[str, ...]] = {}
    for name in subject.names if names is None else names:
        try:
            obligation = subject.obligation(name)
            found = _pair(subject, obligation)
        except Refused as error:
            open_[name] = str(error)
            continue
        if found is None:
            open_[name] = "the two sides have different normal forms"
            continue
        pairs[name] = found
        inside = [READS_INSIDE] if obligation.outside or "reads_inside" in found else []
        hypotheses[name] = (*subject.hypotheses, *inside)
    return Proof(pairs, open_, hypotheses)


def _pair(subject: Content, obligation: Obligation) -> Pair | None:
    """The steps that bring both sides to the same terms."""
    if collected(obligation.left) == collected(obligation.right):
        return {"left": [[] for _ in obligation.left], "right": [[] for _ in obligation.right]}
    right, backward = rewritten(obligation.right, subject.facts)
    left, forward = rewritten(obligation.left, subject.facts)
    wanted = collected(right)
    if collected(left) == wanted:
        return {"left": forward, "right": backward}
    if obligation.direction is not None:
        left, forward = rewritten(obligation.read_inside, subject.facts)
        if collected(left) == wanted:
            return {"left": forward, "right": backward, "reads_inside": True}
    return None
