"""Replays a proof, for all sizes, of every equation derived for one layer kind or cost.

A proof is data (JSON).  For each :mod:`obligation <dyadic.proofs.checker.core.obligations>` it says by which rules
(rules.py) the terms of either side are rewritten; then the two sides have to consist of the same terms.

    {"energy": PAIR, "stationarity": PAIR, "adjoint:0": PAIR, ..., "gradient:weight": PAIR, ...}
    PAIR = {"left": [STEPS, ...], "right": [STEPS, ...]}       one list of steps for each term, in order
    STEPS = [[RULE, argument, ...], ...]                       applied in order; after "empty" nothing is left
            or ["factor", k, [STEPS, ...]]                     rewrites the terms inside the k-th factor

Nothing is searched for, and no text is compared: rules check their side conditions, and equal terms are equal data.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from dyadic.proofs.checker.core.facts import Facts, Given
from dyadic.proofs.checker.core.forms import Form, Refused
from dyadic.proofs.checker.core.obligations import Content, Obligation, claim_of
from dyadic.proofs.checker.core.partiality import covered, partial
from dyadic.proofs.checker.core.rules import RULES, Place, given
from dyadic.proofs.checker.core.terms import Term, collected, inner_terms, merged, with_inner
from dyadic.proofs.checker.intake.effort import spend
from dyadic.proofs.checker.intake.reading import Rejected, shown

MOST_STEPS, MOST_WORK, MOST_DEPTH = 20_000, 3_000_000, 12


@dataclass(frozen=True)
class Replayed:
    """A proof that was replayed.

    steps: applications of rules.  hypotheses: what it rests on, by name.  shown: the kinds of claims of which it proves
    every obligation.
    """

    steps: int
    hypotheses: tuple[str, ...]
    shown: frozenset[str]


def replay(content: Any, proof: Any, where: str, names: Collection[str] | None = None) -> Replayed:
    """Replay the proof of a layer's or cost's content.  Raises :class:`Rejected` for anything that is no proof.

    names: the obligations that it is the proof of; all of the content's if there are none given.
    """
    try:
        return _replay(content, proof, where, names)
    except Refused as error:
        raise Rejected(where, str(error)) from error
    except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RecursionError, MemoryError) as error:
        raise Rejected(where, f"cannot be read as a proof ({type(error).__name__})") from error


def _replay(content: Any, proof: Any, where: str, names: Collection[str] | None) -> Replayed:
    subject = Content(content, where)
    wanted = subject.names if names is None else [name for name in subject.names if name in names]
    if not isinstance(proof, dict) or set(proof) != set(wanted):
        raise Rejected(where, "is not a proof of each of " + ", ".join(wanted)[:300])
    steps = 0
    for name in wanted:
        run = Replay(subject.facts, f"{where}.{name}")
        steps += run.pair(subject.obligation(name), proof[name])
    open_ = {claim_of(name) for name in subject.names if name not in wanted}
    return Replayed(steps, tuple(subject.hypotheses), frozenset(map(claim_of, wanted)) - open_)


class Replay:
    """Replays the proof of one obligation, within bounds on what that costs."""

    def __init__(self, facts: Facts, where: str) -> None:
        self.facts, self.where = facts, where
        self.steps, self.work = 0, 0

    def pair(self, obligation: Obligation, proof: Any) -> int:
        """The number of steps, if the proof shows that the two sides are equal."""
        if not isinstance(proof, dict) or set(proof) != {"left", "right"}:
            raise Rejected(self.where, "is not a proof of two sides")
        place = Place(self.facts, Given())
        left = self.terms(obligation.left, proof["left"], place)
        right = self.terms(obligation.right, proof["right"], place)
        if collected(left) != collected(right):
            raise Rejected(self.where, "the two sides do not have the same terms")
        if not covered(partial(right, self.facts), partial(left, self.facts)):
            raise Rejected(self.where, "what is printed applies, divides by or takes a root of something that cancels")
        return self.steps

    def terms(self, terms: tuple[Term, ...], steps: Any, place: Place) -> list[Term]:
        """The terms, each rewritten by its own steps; those over an empty index set are left out."""
        if not isinstance(steps, list) or len(steps) != len(terms):
            raise Rejected(self.where, "has not one list of steps for each term")
        found = (self.term(term, own, place) for term, own in zip(terms, steps, strict=True))
        return [term for term in found if term is not None]

    def term(self, term: Term, steps: Any, place: Place) -> Term | None:
        if not isinstance(steps, list) or place.depth > MOST_DEPTH:
            raise Rejected(self.where, "has steps that are no list, or too deep")
        left: Term | None = term
        for step in steps:
            if left is None or not isinstance(step, list) or not step or not isinstance(step[0], str):
                raise Rejected(self.where, "has a step that is none, or one after the last")
            self._spend(left)
            left = self.step(left, step, place)
        return left

    def step(self, term: Term, step: list[Any], place: Place) -> Term | None:
        """One rule, applied."""
        name, *arguments = step
        if name == "factor":
            return self._factor(term, arguments, place)
        if name not in RULES:
            raise Rejected(self.where, f"names a rule that does not exist: {shown(name)}")
        rule, kinds = RULES[name]
        if len(kinds) != len(arguments):
            raise Rejected(self.where, f"gives {name} a wrong number of arguments")
        try:
            return rule(term, place, *(_read(kind, a) for kind, a in zip(kinds, arguments, strict=True)))
        except Refused as error:
            raise Rejected(self.where, f"step {self.steps}, {name}: {error}") from error

    def _factor(self, term: Term, arguments: list[Any], place: Place) -> Term:
        """Lemma: equal sums may stand for each other inside a factor, wherever the term's conditions hold."""
        if len(arguments) != 2:
            raise Rejected(self.where, "gives factor a wrong number of arguments")
        position = _read("n", arguments[0])
        if position >= len(term.factors):
            raise Rejected(self.where, "names a factor that does not exist")
        factor, exponent = term.factors[position]
        inside = Place(self.facts, given(term, place), place.depth + 1)
        changed = with_inner(factor, self.terms(inner_terms(factor), arguments[1], inside))
        powers = (*term.factors[:position], (changed, exponent), *term.factors[position + 1 :])
        return replace(term, factors=merged(powers))

    def _spend(self, term: Term) -> None:
        self.steps += 1
        work = 1 + sum(1 + form.weight for form in term.forms())
        self.work += work
        spend(4 * work, self.where)
        if self.steps > MOST_STEPS or self.work > MOST_WORK:
            raise Rejected(self.where, "takes more steps than are replayed here")


def _read(kind: str, argument: Any) -> Any:
    """An argument of a step: a position, a small integer, a divisor, an extent or a permutation."""
    match kind, argument:
        case "n" | "i", int() if not isinstance(argument, bool) and (0 if kind == "n" else -64) <= argument <= 10_000:
            return argument
        case "d" | "f", [int(c), *names] if all(isinstance(name, str) for name in names) and len(names) <= 8:
            if not isinstance(c, bool) and 0 < c < 2**64:
                return Form({tuple(sorted(names)): c})
        case "p", list() if all(isinstance(k, int) and not isinstance(k, bool) for k in argument):
            return argument
    raise Refused("an argument is not what the rule takes")
