"""The verdict on a claimed equality.

Both sides are evaluated at residues modulo two random primes, all x, s, parameters, inputs, targets free and every
function an unknown one; if they differ, once more with the functions' own algebra; if they still differ, integers
are searched at which they differ for certain.  No equality is ever decided by rearranging expressions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.evaluation.prime_numbers import SHOWN
from dyadic.proofs.checker.intake.kinds import is_position
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.network import Outside
from dyadic.proofs.statements.number_systems.work import Exhausted, at_most
from dyadic.proofs.statements.semantics.equation import Equalities, Link, Statement
from dyadic.proofs.statements.semantics.hypotheses import always_defined, given_read, hypotheses_of
from dyadic.proofs.statements.verdict import sizes, small_counterexample
from dyadic.proofs.statements.verdict.assignments import Assignments, assignments
from dyadic.proofs.statements.verdict.blocks import Setting
from dyadic.proofs.statements.verdict.defined import defined_somewhere
from dyadic.proofs.statements.verdict.premised import possible
from dyadic.proofs.statements.verdict.trial import FEW, FREE, LONG, OWN, SHORT, SLOPES, Kinds, LinkOutcome, LinkTrial
from dyadic.symbolic.decimal_bounds import text_above
from dyadic.symbolic.errors import SpecError

_EXACT = "exact evaluation of both sides at the network's own sizes"
_READERS = "the readers of claims in proofs/statements"
TRUSTED = ("the evaluator in proofs/evaluate", _READERS)
RANDOM = "blake2b as a source of randomness"
REFLECTIONS = "that an orthogonal matrix is a product of reflections (proofs/statements/semantics/orthogonality.py)"
BLOCKS = "that an axis may be put into blocks of equal entries (proofs/statements/verdict/blocks.py)"
FACTS = "the relations between functions in proofs/statements/number_systems/function_facts.py"
DERIVATIVES = "the derivatives of functions in proofs/statements/number_systems/known_slopes.py"
ARB = "Arb's enclosures of functions"

_NUMBERS = "nothing of the network is read: a statement about numbers alone"
_NOWHERE = "one side divides by an expression that is 0 whatever the values are, so that nothing is compared"
_PART = 3
"""The longest forms, and the search for numbers, may each take the work of one claim divided by this."""
_NO_NUMBERS = "no numbers were found at which they are"


@dataclass
class _Shown:
    """What has been shown of a claim so far, for its report."""

    methods: set[str]
    bound: Fraction
    examined: Setting | None = None
    integers: str = ""

    def trusted(self) -> tuple[str, ...]:
        blocks = (BLOCKS,) if self.examined is not None and self.examined.blocks else ()
        facts = [text for method, text in ((OWN, FACTS), (SLOPES, DERIVATIVES)) if method in self.methods]
        return (*TRUSTED, RANDOM, *facts, *blocks)


def decide(
    statement: Statement,
    claim: Equalities,
    budget: sizes.Budget,
    search: bool = True,
    most: int = sizes.BUDGET,
    kinds: Kinds = SHORT,
) -> Claim:
    """Examine the links of a claim in order; the first wrong one refutes it.

    search: whether to look for numbers where the sides differ.  most: operations of one evaluation with the functions'
    own algebra.  kinds: the number systems that are tried; longer forms only after all the short ones.
    """
    try:
        with budget.working(statement.place) as units:
            return _decided(statement, claim, budget, search, most, units, kinds)
    except Exhausted:
        hypotheses, reason = hypotheses_of(statement, claim), "it takes more work than one claim may"
        return Claim(statement.id, describe(statement, claim), Verdict.UNDECIDED, OWN, hypotheses, reason=reason)


def _decided(
    statement: Statement,
    claim: Equalities,
    budget: sizes.Budget,
    search: bool,
    most: int,
    units: int,
    kinds: Kinds,
) -> Claim:
    """units: of work that the claim may take (number_systems/work.py)."""
    hypotheses = hypotheses_of(statement, claim)
    text = describe(statement, claim)

    def undecided(reason: str) -> Claim:
        return Claim(statement.id, text, Verdict.UNDECIDED, OWN, hypotheses, reason=reason)

    def refuted(link: Link, found: dict[str, Any]) -> Claim:
        if len(claim.links) > 1:
            found = {"where": link.label, "wrong": link.text, **found}
        trusted = (*TRUSTED, ARB) if "functions" in found else TRUSTED
        return Claim(statement.id, text, Verdict.REFUTED, _EXACT, hypotheses, trusted, counterexample=found)

    def numbers(link: Link, chosen: Setting | None, at: list[dict[str, int]]) -> dict[str, Any] | None:
        try:
            return small_counterexample.search(claim, link, chosen, at, units // _PART) if search else None
        except Exhausted:
            given_up.append("not all numbers were tried, for that takes more work than one claim may")
            return None

    def longer(link: Link, chosen: Setting, at: list[dict[str, int]]) -> tuple[LinkOutcome, list[dict[str, int]]]:
        try:
            with at_most(units // _PART):
                return trial.run(link, chosen, at, LONG)
        except Exhausted:
            given_up.append("the functions' algebra takes more work than one claim may")
            return LinkOutcome(None), at

    given_up: list[str] = []

    trial = LinkTrial(claim, statement.place)
    shown = _Shown(set(), Fraction(0))
    for link in claim.links:
        if link.ranges.outside:
            return refuted(link, {"entry": link.ranges.outside})
        given = given_read(claim, link)
        endless = sorted(owner for kind, owner in given if not claim.vocabulary.given[kind, owner].finite)
        if endless:
            return undecided(f"{link.label} reads the constant {endless[0]}, of which some values are not finite")
        few = trial.with_few_blocks(link, budget)
        chosen = few or sizes.choose(claim, link, statement.place, budget)
        if isinstance(chosen, Setting) and not few and sizes.operations(claim, link, chosen) > most:
            return undecided(f"{link.label}: one evaluation takes more than {most} operations")
        if isinstance(chosen, str):
            found = numbers(link, None, [{}])
            if found is None and given and always_defined(claim):
                whatever = _decided(statement, _with_free_constants(claim), budget, search, most, units, kinds)
                if whatever.verdict is Verdict.PROVED:
                    return whatever
            if found:
                return refuted(link, found)
            return undecided(f"{link.label}: {chosen}{trial.at_small_sizes(link, budget) if search else ''}")
        values = assignments(claim, link, chosen, sizes.operations(claim, link, chosen))
        values = _allowed(claim, chosen, values)
        allowed = values.values
        values = trial.valued(chosen, values) if allowed else values
        if allowed and not values.values:
            return undecided(f"{link.label}: {_NOWHERE}")
        if not values.values:
            return undecided(
                f"{link.label}: none of the integers that were tried fulfil the assumptions; the others are open"
            )
        budget.take(len(values.values) * sizes.operations(claim, link, chosen), statement.place)
        try:
            outcome, at = trial.run(link, chosen, values.values, FEW if few else kinds)
            if outcome.method is None:
                found = numbers(link, None if chosen.drawn else chosen, at)
                if found:
                    return refuted(link, found)
                if trial.shortened and kinds is SHORT:  # few of these claims are true: numbers come first
                    outcome, at = longer(link, chosen, values.values)
        except Outside as error:
            if any(is_position(kind) for kind, _ in claim.read(link)):  # the largest value may never be at that one
                return undecided(f"{link.label} {error.reason}, at a position that a largest value may not have")
            return refuted(link, {"entry": error.reason})
        if outcome.method is not None and outcome.nowhere == len(values.values):
            return undecided(f"{link.label}: {_NOWHERE}")
        if outcome.method is not None and outcome.nowhere and not values.every:
            return undecided(f"{link.label}: at some of the integers a side has no value, and not all were examined")
        if outcome.method is None:
            words = "; ".join(given_up) or "no numbers were found at which it fails"
            return undecided(f"{link.label} was not proved, and {words}")
        if not outcome.compared:
            return undecided(f"{link.label} compares no entries: nothing is claimed")
        reads = [key for key in claim.read(link, assumed=False) if key[0] != "delta"]
        if reads and not trial.read:
            return undecided(f"{link.label}: every bracket is 0, so that nothing is read and nothing compared")
        if not defined_somewhere(claim, link, values.values):
            return undecided(f"{link.label} holds wherever both sides are defined, but {_NO_NUMBERS}")
        if not reads and _NUMBERS not in hypotheses:
            hypotheses = (*hypotheses, _NUMBERS)
        if values.argument is None:
            words = f"{len(values.values)} of the {values.total} values of the integer inputs and targets agree"
            return undecided(f"{link.label}: {words}; the others are open")
        shown.methods.add(outcome.method)
        shown.bound += outcome.bound
        shown.examined, shown.integers = chosen, values.argument or shown.integers
    if shown.bound >= Fraction(10) ** SHOWN:
        return undecided(f"it agrees, but the probability of an agreement by chance is not below 1e{SHOWN}")
    method = next(method for method in (OWN, SLOPES, FREE) if method in shown.methods)
    trusted = (
        *shown.trusted(),
        *((REFLECTIONS,) if claim.premises.orthogonal else ()),
        *((ARB,) if trial.enclosed else ()),
    )
    witness = {"sizes": _examined(shown.examined)} | ({"integers": shown.integers} if shown.integers else {})
    text = f"{text} (probability of error below {text_above(shown.bound, 1)})"
    return Claim(statement.id, text, Verdict.PROVED, method, hypotheses, trusted, witness=witness)


def _allowed(claim: Equalities, setting: Setting, values: Assignments) -> Assignments:
    """Without those at which the assumptions cannot hold.  Raises :class:`SpecError` where none are left."""
    left = [integers for integers in values.values if possible(claim, setting, integers)]
    if not left and values.argument is not None:
        raise SpecError("the claim", "its assumptions contradict each other", "nothing is claimed: drop one")
    argument = values.argument
    if argument and len(left) < len(values.values):
        argument += f", of which the assumptions allow {len(left)}"
    return replace(values, values=left, argument=argument)


def _with_free_constants(claim: Equalities) -> Equalities:
    """For all values of the constants, those that are given among them; only where both sides are always defined."""
    vocabulary = claim.vocabulary.copy()
    vocabulary.given = {}
    return replace(claim, vocabulary=vocabulary)


def _examined(setting: Setting | None) -> dict[str, str] | str:
    """At which sizes: the axes in blocks, by their number of entries."""
    if setting is None or not setting.blocks:
        return "all entries at the network's own sizes"
    names = {extent.key: str(extent) for extent in setting.vocabulary.extents.values()}
    return {names.get(key, key): f"{count} blocks of free multiplicity" for key, count in setting.blocks.items()}


def describe(statement: Statement, claim: Equalities) -> str:
    """A claim in one line, with the definitions that it uses, and what it says of names that mean something already."""
    defined = "; ".join(let.text for let in claim.lets if let.text)
    links = [link for link in claim.links if not link.label.startswith("the definition")]
    name = statement.kind.replace("_", "-")
    text = f"{name}: {links[0].text}" if len(links) == 1 else f"{name} of {len(links)} steps: {links[0].text} = ..."
    text += f", where {defined}" if defined else ""
    checked = [link.text for link in claim.links if link not in links]
    return f"{text}; checked too: {'; '.join(checked)}" if checked else text
