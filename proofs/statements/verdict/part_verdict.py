"""The verdict on a backward pass in code, by arguments at the same kinks: is what it returns the derivative?

Sizes that have a name are kept as names where that can be: the verdict is then for all of them.  Else they get numbers,
twice different ones, and the verdict says which.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.network import Rejected
from dyadic.proofs.statements.number_systems.work import Exhausted, at_most, spend
from dyadic.proofs.statements.semantics.equation import Statement
from dyadic.proofs.statements.semantics.pass_domains import DomainDemand, PassDomains
from dyadic.proofs.statements.semantics.passes import FORWARD, PassEquations
from dyadic.proofs.statements.verdict import sizes
from dyadic.proofs.statements.verdict.below_floats import seen_by_no_float
from dyadic.proofs.statements.verdict.blocks import Setting
from dyadic.proofs.statements.verdict.decide import ARB, TRUSTED, decide
from dyadic.proofs.statements.verdict.defined import defined_somewhere
from dyadic.proofs.statements.verdict.numpy_search import numpy_counterexample
from dyadic.proofs.statements.verdict.special_sizes import special_sizes
from dyadic.proofs.statements.verdict.trial import QUICK, SHORT, Kinds
from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.readers.python_code import CodeFile, CodePair, NumbersNeeded
from dyadic.symbolic.readers.python_code.array_forms import UNNAMED

READER = "the reader of Python code in symbolic/readers/python_code"
REAL = "numbers are real: nothing is said of rounding, of overflow or of the types of arrays"
_SMOOTH = (
    "no argument of a function with a kink (relu, abs, max, a comparison) is at the kink in the forward pass, "
    "unless it is so at all points nearby"
)
_LARGEST = "nothing of largest values: it holds with any numbers in their place"
_MADE_UP = re.compile(rf"{UNNAMED}|uninitialised|output\d*\Z")
"""Names of outputs that the code does not have."""
_FIRST, _SECOND = (2, 3, 4, 5, 6, 7, 8, 9, 10), (3, 2, 5, 4, 7, 6, 9, 8, 11)
_FOR_ALL, _AT_NUMBERS, _TWICE = 45_000, 500_000, 2_500
"""Operations of one evaluation up to which all sizes are tried at once, numbers, and numbers a second time."""
_ALONE = 3
"""How many sizes are tried as 1 beside others."""
_BEYOND, _MOST_BEYOND = 20_000, 20
"""The same for sizes beyond the numbers in the code, and the largest of these numbers."""
_TOTAL = 20_000_000
_SMALLER = 100_000
"""Units of work that a search for smaller numbers may take where some are known."""
_PER_UNIT = 2
"""How many operations, at residues without functions, are a unit of work for the pairs of a file."""
_AS_NUMPY = "exact evaluation of both passes as NumPy evaluates them"
_OWNED = re.compile(rf"_{re.escape(FORWARD)}(?=\[|\b|\Z)")


@dataclass(frozen=True)
class ExaminedPart:
    """tried: the numbers for sizes, in words, for which alone it is proved; none where it is for all."""

    claim: Claim
    tried: tuple[str, ...] = ()


def examine_part(file: CodeFile, numbers: Mapping[str, int] | None = None) -> ExaminedPart:
    """The verdict by the arguments that the file is asked for.  numbers: for sizes, besides those that the file gives.

    Raises :class:`SpecError` for code that is not in the subset.
    """
    unknown = sorted(set(numbers or {}) - set(file.sizes))
    if unknown:
        named = ", ".join(file.sizes) or "none"
        raise SpecError(file.source.path, f"has no size named {unknown[0]}", f"sizes that have a name: {named}")
    given = {name: number for name, number in file.numbers.items() if name in file.sizes} | dict(numbers or {})
    examination = _Examination(file, given)
    found = examination.verdict()
    with suppress(Exhausted):  # what comes next is told by the meter
        spend(examination.budget.taken // _PER_UNIT)
    tried = examination.tried if found.verdict is Verdict.PROVED else []
    return ExaminedPart(found, tuple(_at(numbers).removeprefix(" at ") for numbers in tried))


class _Examination:
    def __init__(self, file: CodeFile, given: Mapping[str, int]) -> None:
        self.file, self.given = file, given
        self.budget = sizes.Budget(_TOTAL)
        self.left = [size for size in file.sizes if size not in given]
        self.tried: list[dict[str, int]] = []
        self.seen: list[dict[str, int]] = []

    def verdict(self) -> Claim:
        for kinds in (QUICK, SHORT) if self.left else ():
            proved = self._for_all_sizes(kinds)
            if proved is not None:
                self.tried = [dict(self.given)] if self.given else []
                return self._nowhere_else(proved)
            wrong = self._seen_at_once(self._readable_numbers[0])
            if wrong is not None:
                return wrong
        first, *others = self._readable_numbers
        found = self._at(first)
        if found.verdict is not Verdict.PROVED:
            return found
        self.tried = [first] if first else []
        for numbers in others if self._affordable(first, _TWICE) else ():
            again = self._at(numbers)
            if again.verdict is not Verdict.PROVED:
                return again
            self.tried.append(numbers)
        for numbers in self._further():
            again_or_none = self._if_it_runs(numbers)
            if again_or_none is not None and again_or_none.verdict is Verdict.REFUTED:
                return again_or_none
            if again_or_none is not None and again_or_none.verdict is Verdict.PROVED:
                self.tried.append(numbers)
        self.tried.sort(key=lambda numbers: [*numbers.values()])
        sizes_tried = ", and".join(map(_at, self.tried))
        found = replace(found, statement=found.statement.replace(_at(first), sizes_tried) if first else found.statement)
        return replace(found, hypotheses=(*found.hypotheses, *self._not_beyond()))

    def _nowhere_else(self, proved: Claim) -> Claim:
        """What is proved for all sizes, after a look at those at which the passes may have no values at all."""
        silent: list[str] = []
        usual = dict(zip(self.left, _FIRST, strict=False))
        for words, numbers in special_sizes(self.left, usual, self.given, self.file.numbers_written):
            found = self._if_it_runs(numbers)
            if found is not None and found.verdict is Verdict.REFUTED:
                return found
            if found is None or found.verdict is Verdict.UNDECIDED:
                silent.append(words)
        if not silent:
            return proved
        text = f"both passes have values somewhere at {', and at '.join(silent)} too, which was not seen"
        return replace(proved, hypotheses=(*proved.hypotheses, text))

    def _further(self) -> Iterator[dict[str, int]]:
        """Sizes of 1, all or one of them; equal ones; and sizes beyond all numbers of the code.

        There it may do something else.
        """
        if not self.left:
            return
        yield {**self.given, **dict.fromkeys(self.left, 1)}
        if len({**self.given, **self.tried[0]}) > 1:
            yield {**self.given, **dict.fromkeys(self.left, self._usual)}
        for name in self.left[:_ALONE] if len(self.left) > 1 else ():
            yield {**self.tried[0], name: 1}
        most = self.file.largest_number
        if most >= self._largest_tried():
            beyond = {**self.given, **self.file.numbers_beyond(self.left)}
            if most <= _MOST_BEYOND and self._affordable(beyond, _BEYOND):
                yield beyond

    @property
    def _usual(self) -> int:
        """A number for all sizes: that of one that is given, or a small one."""
        return next((number for number in self.given.values() if number > 1), _FIRST[0])

    def _largest_tried(self) -> int:
        """The smallest of the numbers up to which the sizes were tried."""
        return min((max(numbers[name] for numbers in self.tried) for name in self.left), default=0)

    def _not_beyond(self) -> list[str]:
        most = self.file.largest_number
        if not self.left or most < self._largest_tried():
            return []
        return [f"the code holds the number {most}, and not all sizes that were tried are larger"]

    def _if_it_runs(self, numbers: dict[str, int]) -> Claim | None:
        """The verdict at these numbers, at which the forward pass may have no sense."""
        try:
            return self._at(numbers)
        except SpecError:
            return None

    def _affordable(self, numbers: Mapping[str, int], most: int) -> bool:
        """Whether no equation takes more operations than that, at these sizes or, of named ones, for all of them."""
        claim = PassEquations(self.file.pair(numbers), smooth=False).equalities()
        for link in claim.links:
            usual = sizes.choose(claim, link, self.file.source.path, self.budget)
            tried = [one for one in (usual, sizes.choose_few(claim, link)) if isinstance(one, Setting)]
            if tried and min(sizes.operations(claim, link, one) for one in tried) > most:
                return False
        return True

    @cached_property
    def _readable_numbers(self) -> list[dict[str, int]]:
        """Small sizes, or where the passes have no sense at these, as a part n - 2 of n = 2, larger ones."""
        small = list(self._numbers())
        found = [numbers for numbers in small if self._readable(numbers)]
        beyond = {**self.given, **self.file.numbers_beyond(self.left)}
        return found or ([beyond] if self.left and self._readable(beyond) else small[:1])

    def _readable(self, numbers: dict[str, int]) -> bool:
        try:
            self.file.pair(numbers)
        except SpecError:
            return False
        return True

    def _numbers(self) -> Iterator[dict[str, int]]:
        for choice in (_FIRST, _SECOND) if self.left else ((),):
            free = [number for number in choice if number not in self.given.values()]
            more = range(max(_FIRST) + 3, max(_FIRST) + 3 + len(self.left))
            yield {**self.given, **dict(zip(self.left, [*free, *more], strict=False))}

    def _seen_at_once(self, numbers: dict[str, int]) -> Claim | None:
        """That it is wrong, where a few points show it: then the dearer proofs need not be tried.  Looked for once."""
        if numbers in self.seen or not self._readable(numbers):
            return None
        self.seen.append(numbers)
        pair = self.file.pair(numbers)
        wrong = None if _stopped(pair) else numpy_counterexample(pair, briefly=True)
        if wrong is None:
            return None
        with at_most(_SMALLER):
            found = self._decided(pair, numbers, smooth=bool(pair.kinks), search=True, kinds=QUICK)
        return found if found.verdict is Verdict.REFUTED else _refuted(found, wrong, numbers)

    def _for_all_sizes(self, kinds: Kinds) -> Claim | None:
        try:
            pair = self.file.pair(self.given)
        except NumbersNeeded:
            return None
        wrong = _stopped(pair)
        if wrong is not None:
            return self._claim(pair, wrong, self.given)
        if not self._affordable(self.given, _FOR_ALL):
            return None
        for found in self._proofs_in(self.given, kinds):
            if found.verdict is Verdict.PROVED:
                return found if not self._open(pair) else None
        return None

    def _at(self, numbers: dict[str, int]) -> Claim:
        """The verdict at these numbers."""
        pair = self.file.pair(numbers)
        wrong = _stopped(pair)
        if wrong is not None:
            return self._claim(pair, wrong, numbers)
        for kinds in (QUICK, SHORT):
            for found in self._proofs_in(numbers, kinds):
                if found.verdict is Verdict.PROVED:
                    open_ = self._open(pair)
                    return found if not open_ else self._elsewhere(pair, numbers, _undecided(found, open_))
            seen = self._seen_at_once(numbers)
            if seen is not None:
                return seen
        found = self._decided(pair, numbers, smooth=bool(pair.kinks), search=True)
        return self._elsewhere(pair, numbers, found) if found.verdict is Verdict.UNDECIDED else found

    def _elsewhere(self, pair: CodePair, numbers: Mapping[str, int], found: Claim) -> Claim:
        """The verdict after a look where not all that stands in the passes has a value, as NumPy computes it."""
        if PassDomains(pair).everywhere:
            return found
        wrong = numpy_counterexample(pair)
        if wrong is None:
            return found
        return _refuted(found, wrong, numbers)

    def _open(self, pair: CodePair) -> DomainDemand | None:
        """What has to hold for all to have a value wherever the forward pass has one, and was not shown to."""
        domains = PassDomains(pair)
        return next((one for one in domains.open if not self._follows(pair, domains, one)), None)

    def _follows(self, pair: CodePair, domains: PassDomains, one: DomainDemand) -> bool:
        """Whether a demand holds wherever the forward pass has a value and a derivative."""
        if not domains.looked_through:
            return False
        most = _FOR_ALL if pair.sizes else _AT_NUMBERS
        statement = Statement(pair.name, "equal", self.file.source.path)
        equations = PassEquations(pair, bool(pair.kinks), domains, assumes=True)
        for constant in (True, False) if one.zero else (False,):
            try:
                claim = replace(equations.followed(one, constant), affordable=most)
                for kinds in (QUICK, SHORT):
                    if decide(statement, claim, self.budget, False, most, kinds).verdict is Verdict.PROVED:
                        return True
            except Rejected:
                continue
        return False

    def _proofs_in(self, numbers: Mapping[str, int], kinds: Kinds) -> Iterator[Claim]:
        """What may prove it: as it stands; away from kinks; with free numbers in place of largest values.

        Numbers in which a function is a variable come first: they are the quickest, however many cases there are.
        """
        pair = self.file.pair(numbers)
        instead = self.file.pair(numbers, instead=True)
        if instead.freed and self._has_points(pair):
            # A free number need not be near the others, as the largest of them is: nothing is assumed of it.
            apart = replace(instead, kinks=instead.kinks_apart)
            yield self._decided(apart, numbers, smooth=bool(apart.kinks), kinds=kinds)
        yield self._decided(pair, numbers, smooth=False, kinds=kinds)
        if pair.kinks:
            yield self._decided(pair, numbers, smooth=True, kinds=kinds)
        if kinds is SHORT and PassDomains(pair).assumed:
            yield self._decided(pair, numbers, smooth=bool(pair.kinks), kinds=kinds, assumes=True)

    def _has_points(self, pair: CodePair) -> bool:
        """Whether there are numbers at which both passes have values, with the largest values as they are."""
        claim = PassEquations(replace(pair, kinks=pair.kinks_apart), smooth=True).equalities()
        return all(defined_somewhere(claim, link, [{}]) for link in claim.links)

    def _decided(
        self, pair: CodePair, numbers: Mapping[str, int], smooth: bool, search: bool = False, kinds: Kinds = SHORT,
        assumes: bool = False,
    ) -> Claim:  # fmt: skip
        most = _FOR_ALL if pair.sizes else _AT_NUMBERS
        statement = Statement(pair.name, "equal", self.file.source.path)
        try:
            claim = replace(PassEquations(pair, smooth, PassDomains(pair), assumes).equalities(), affordable=most)
            found = decide(statement, claim, self.budget, search, most, kinds)
        except Rejected as error:
            reason = f"it cannot be evaluated ({error.reason})"
            found = Claim(pair.name, "", Verdict.UNDECIDED, "", reason=reason)
        return self._claim(pair, found, numbers, smooth)

    def _claim(self, pair: CodePair, found: Claim, numbers: Mapping[str, int], smooth: bool = False) -> Claim:
        """The verdict in the code's terms."""
        bound = re.search(r" \(probability of error below [^()]*\)", found.statement)
        smooth_text = [_SMOOTH] if smooth else []
        freed = [_LARGEST] if pair.freed and found.verdict is Verdict.PROVED else []
        trusted = (*found.trusted, READER) if found.trusted else ()
        return replace(
            found,
            statement=_statement(pair, numbers) + (bound[0] if bound else ""),
            hypotheses=(REAL, *smooth_text, *freed, *found.hypotheses, *pair.remarks),
            trusted=trusted,
            counterexample=found.counterexample and _shown(pair, found.counterexample),
        )


def _refuted(found: Claim, wrong: dict[str, Any], numbers: Mapping[str, int]) -> Claim:
    """The verdict from numbers at which both passes were evaluated."""
    hypotheses = [text for text in found.hypotheses if text != _SMOOTH]
    return replace(
        found, verdict=Verdict.REFUTED, method=_AS_NUMPY, hypotheses=tuple(hypotheses), reason=None,
        trusted=(*TRUSTED, ARB, READER), counterexample=wrong | ({"sizes": dict(numbers)} if numbers else {}),
    )  # fmt: skip


def _undecided(found: Claim, one: DomainDemand) -> Claim:
    reason = f"it is right where {one}, which is not shown to be so wherever the forward pass has a value"
    return replace(found, verdict=Verdict.UNDECIDED, reason=reason, trusted=(), witness=None)


def _statement(pair: CodePair, numbers: Mapping[str, int]) -> str:
    names = [output.partition(".")[0] for _, output in pair.upstream.values()]  # of a variable that was set again
    if len(set(names)) < len(names) or any(map(_MADE_UP.match, names)):
        names = [f"output {number}" for number in range(1, len(names) + 1)] if len(names) > 1 else ["the output"]
    pairing = " + ".join(f"sum({upstream} * {name})" for upstream, name in zip(pair.upstream, names, strict=True))
    arguments = ", ".join(gradient.argument for gradient in pair.gradients)
    text = f"the backward pass of {pair.name} returns the derivatives of {pairing} by {arguments}"
    if pair.sizes:
        text += f" for all sizes {', '.join(pair.sizes)}"
    return text + _at(numbers)


def _at(numbers: Mapping[str, int]) -> str:
    at = ", ".join(f"{name} = {number}" for name, number in numbers.items())
    return f" at {at}" if at else ""


def _stopped(pair: CodePair) -> Claim | None:
    """Where the backward pass stops, or returns what has not the shape of its argument."""
    wrong = next((gradient for gradient in pair.gradients if gradient.wrong), None)
    if wrong is None:
        return None
    words = {"shapes": wrong.wrong}
    return Claim(pair.name, "", Verdict.REFUTED, "the shapes of arrays", (), TRUSTED, counterexample=words)


def _shown(pair: CodePair, found: Mapping[str, Any]) -> dict[str, Any]:
    """A counterexample in the code's terms."""
    if "shapes" in found:
        return dict(found)
    argument = found["where"].removeprefix("the gradient by ") if "where" in found else pair.gradients[0].argument
    place = ", ".join(map(str, found.get("at", {}).values()))
    shown: dict[str, Any] = {"gradient": f"by {argument}[{place}]" if place else f"by {argument}"}
    for key in ("sizes", "values", "integers", "others", "functions", "quantities", "entry"):
        if key in found:
            shown[key] = _renamed(found[key])
    shown.get("values", {}).pop("y_value", None)
    if "left" in found:
        shown["derivative of the forward pass"] = found["left"]
        shown["returned by the backward pass"] = found["right"]
        shown |= seen_by_no_float(str(found["left"]), str(found["right"]))
    return shown


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {_renamed(key): item for key, item in value.items()}
    return _OWNED.sub("", value) if isinstance(value, str) else value


__all__ = ["ExaminedPart", "examine_part"]
