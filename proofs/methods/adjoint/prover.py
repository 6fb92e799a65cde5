"""Finds the proof, for all sizes, of what was derived for a layer kind or cost, from its JSON content.

A proof counts as found only when the checker's own replay.py has accepted it: a mistake of the search leaves a claim
undecided, and finding a proof costs at least what replaying it does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dyadic.proofs.checker.core.forms import Refused
from dyadic.proofs.checker.core.obligations import Content, Obligation, claim_of
from dyadic.proofs.checker.core.replay import replay
from dyadic.proofs.checker.core.terms import collected
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.methods.adjoint.search import rewritten

Pair = dict[str, Any]


@dataclass(frozen=True)
class Proof:
    """pairs: the proof found of each obligation, for the kernel's replay.py.  open_: the reasons where none was.

    hypotheses: what the proofs rest on, by name.
    """

    pairs: dict[str, Pair]
    open_: dict[str, str]
    hypotheses: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every obligation has its proof."""
        return not self.open_

    def of_claims(self, content: Any) -> Proof:
        """The proofs of those claims alone of which every obligation has one."""
        open_ = set(map(claim_of, self.open_))
        kept = {name: pair for name, pair in self.pairs.items() if claim_of(name) not in open_}
        return self if len(kept) == len(self.pairs) else _accepted(content, kept, self.open_)

    def reason(self, name: str) -> str | None:
        """Why an obligation has no proof, or its claim lacks another one; None if it has one."""
        if name in self.pairs:
            return None
        beside = (reason for other, reason in self.open_.items() if claim_of(other) == claim_of(name))
        return self.open_.get(name) or self.open_.get("content") or next(beside, "not looked for")


def prove(content: Any, names: Iterable[str] | None = None) -> Proof:
    """Look for the proofs of a content's obligations (all, or the ones named)."""
    try:
        subject = Content(content, "content")
    except (Refused, Rejected) as error:
        return Proof({}, dict.fromkeys(names or ("content",), str(error)), ())
    pairs: dict[str, Pair] = {}
    open_: dict[str, str] = {}
    for name in subject.names if names is None else names:
        try:
            found = _pair(subject, subject.obligation(name))
        except Refused as error:
            open_[name] = str(error)
            continue
        if found is None:
            open_[name] = "the two sides have different normal forms"
            continue
        pairs[name] = found
    return _accepted(content, pairs, open_)


def _accepted(content: Any, pairs: dict[str, Pair], open_: dict[str, str]) -> Proof:
    """What the checker's core replays, all at once; where it refuses, one after the other."""
    try:
        return Proof(pairs, open_, replay(content, pairs, "content", pairs).hypotheses)
    except Rejected as error:
        if len(pairs) == 1:
            return Proof({}, open_ | dict.fromkeys(pairs, f"its proof is not accepted: {error}"), ())
    each = [_accepted(content, {name: pair}, {}) for name, pair in pairs.items()]
    return Proof(
        {name: pair for one in each for name, pair in one.pairs.items()},
        {**open_, **{name: reason for one in each for name, reason in one.open_.items()}},
        tuple(dict.fromkeys(text for one in each for text in one.hypotheses)),
    )


def _pair(subject: Content, obligation: Obligation) -> Pair | None:
    """The steps that bring both sides to the same terms."""
    if collected(obligation.left) == collected(obligation.right):
        return {"left": [[] for _ in obligation.left], "right": [[] for _ in obligation.right]}
    for bounded in (False, True):
        right, backward = rewritten(obligation.right, subject.facts, bounded)
        left, forward = rewritten(obligation.left, subject.facts, bounded)
        if collected(left) == collected(right):
            return {"left": forward, "right": backward}
    return None
