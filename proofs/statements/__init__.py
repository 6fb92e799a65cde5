"""Claims that people make: their own energies, equations, update rules, adjoints, step counts and chains of steps.

parsing/         text and LaTeX, read             semantics/  what is said, over the quantities that the energy defines
number_systems/  in what two sides are compared   verdict/    proved, refuted (with numbers) or undecided
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import chain
from pathlib import Path

from dyadic.proofs.certificate import subject
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.claims import Claim, Verdict, overall
from dyadic.proofs.evaluate.defined_states import sizes_of_a_state
from dyadic.proofs.evaluate.network import Rejected
from dyadic.proofs.evaluate.number_rings import Undetermined
from dyadic.proofs.statements.parsing.claims_file import ClaimsFile, Failure, architecture_of, read_claims
from dyadic.proofs.statements.semantics.author_names import AuthorNames, LayerOutside, author_names
from dyadic.proofs.statements.semantics.equation import DENOMINATOR, NUMERATOR, Equalities, Statement, equalities
from dyadic.proofs.statements.semantics.given import given_values
from dyadic.proofs.statements.semantics.premises import SOLUTION
from dyadic.proofs.statements.semantics.vocabulary import Vocabulary
from dyadic.proofs.statements.verdict.decide import decide
from dyadic.proofs.statements.verdict.sizes import Budget
from dyadic.proofs.statements.verdict.theorem import step_size_claim, steps_claim
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.printing import TextPrinter
from dyadic.symbolic.structure import Architecture

_LEFT = re.compile(r"(?:inference|sensitivity|update|euler-lagrange|gradient)(?: of \d+ steps)?: ([^\[=]+)\[")
_PRINTER = TextPrinter()
_REMARK = 20_000
"""How many operations a look at another reading of a refuted claim may take."""
_THERE = 'true at the solution (at = "solution"), false at some other state'


@dataclass(frozen=True)
class Findings:
    """The claims with their verdicts, and those that could not be read or examined, each in the order of the file.

    expected: the verdicts that the author expects, by the claims' names.  lines: where the claims stand.
    """

    claims: tuple[Claim, ...]
    failures: tuple[Failure, ...] = ()
    expected: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """Of the claims of which nothing is expected: refuted if one is, else unreadable if one is.

        Else "not as expected" if a verdict is another than its author expects, else undecided if a claim is, else
        proved, or "as expected" if something was.
        """
        found = overall(claim for claim in self.claims if claim.id not in self.expected)
        if found is Verdict.REFUTED:
            return found.value
        if self.failures:
            return "unreadable"
        if any(map(self.surprising, self.claims)):
            return "not as expected"
        return "as expected" if self.expected and found is Verdict.PROVED else found.value

    def surprising(self, claim: Claim) -> bool:
        """Whether the author expects another verdict."""
        return claim.verdict.value != self.expected.get(claim.id, claim.verdict.value)


def verify_claims(
    derivation: Derivation, source: str | Path | ClaimsFile, progress: Callable[[str], None] = lambda stage: None
) -> list[Claim]:
    """A verdict on every claim of a file.  Raises :class:`SpecError` where one cannot be read."""
    found = examine_claims(derivation, source, progress)
    if not found.failures:
        return list(found.claims)
    error = found.failures[0].error
    if isinstance(source, ClaimsFile):
        raise error
    raise SpecError(f"{source}: {error.where}", error.problem, error.remedy) from error


def examine_claims(
    derivation: Derivation, source: str | Path | ClaimsFile, progress: Callable[[str], None] = lambda stage: None
) -> Findings:
    """A verdict on every claim that can be read.  Raises :class:`SpecError` where the file itself cannot."""
    claims = source if isinstance(source, ClaimsFile) else read_claims(source)
    graph = Graph(subject(derivation, derivation.steps), require_terms=False)
    try:
        author = author_names(claims.names, claims.layers, graph)
        vocabulary = Vocabulary(graph, claims.functions, author)
    except SpecError as error:
        if isinstance(source, ClaimsFile):
            raise
        raise SpecError(f"{source}: {error.where}", error.problem, error.remedy) from error
    vocabulary.given = given_values(graph, derivation.architecture.values)
    vocabulary.exists = partial(_exists, derivation.architecture)
    vocabulary.states = cache(partial(sizes_of_a_state, graph, derivation.architecture.values))
    budget = Budget()
    found: list[Claim] = []
    failures = list(claims.failures)
    for position, statement in enumerate(claims.statements, 1):
        progress(f"{statement.id} (claim {position} of {len(claims.statements)})")
        start = time.perf_counter()
        try:
            claim = _for_all_layers(statement, vocabulary, graph, budget)
            claim = _with_derived(claim, derivation)
            found.append(replace(claim, seconds=time.perf_counter() - start))
        except SpecError as error:
            failures.append(Failure(statement.id, statement.line, error))
    expected = {statement.id: statement.expected for statement in claims.statements if statement.expected}
    lines = {statement.id: statement.line for statement in claims.statements}
    return Findings(tuple(found), tuple(sorted(failures, key=lambda failure: failure.line)), expected, lines)


def _exists(architecture: Architecture, values: Mapping[str, int]) -> bool:
    """Whether an architecture can have these numbers for its named sizes: a pool of 3 needs an axis of 3."""
    try:
        architecture.with_sizes({name: values[name] for name in architecture.unknown_sizes if name in values})
    except SpecError:
        return False
    return True


def _for_all_layers(statement: Statement, vocabulary: Vocabulary, graph: Graph, budget: Budget) -> Claim:
    """The verdict; of an equation with a layer l, that for every l for which all that it names exists."""
    author = vocabulary.author
    if not any(map(author.speaks_of_l, (*statement.formulas, *statement.definitions, *statement.assumptions))):
        try:
            return _verdict(statement, vocabulary, graph, budget)
        except LayerOutside as error:
            missing = str(error)
            remedy = _without_z(missing, vocabulary.tensors) or _numbered(author.chain)
            raise SpecError(statement.place, f"there is no {missing}", remedy) from error
    found: dict[int, Claim] = {}
    lacking: dict[int, str] = {}
    for layer in author.numbers(vocabulary.tensors):
        here = vocabulary.copy()
        here.author = replace(author, layer=layer)
        try:
            found[layer] = _verdict(statement, here, graph, budget)
        except LayerOutside as error:
            if author.lacks(layer, str(error)):
                lacking[layer] = str(error)
    left_out = ", ".join(f"{author.shown(layer)} for want of {name}" for layer, name in lacking.items())
    if not found:
        why = f": not {left_out}" if left_out else ""
        raise SpecError(statement.place, f"there is no layer l with all that is named{why}", _numbered(author.chain))
    return _together(found, author, left_out)


def _without_z(missing: str, known: Container[str]) -> str:
    """What stands for the z of a textbook, or its derivative, where a layer has no function that z is before."""
    letter, _, owner = missing.partition("_")
    same = {"z": "x", "zbar": "s"}.get(letter)
    if same is None or f"{same}_{owner}" not in known:
        return ""
    return f"{owner} has no {letter} of its own; where a layer applies no function to it, that is {same}_{owner}"


def _numbered(chain: Sequence[str]) -> str:
    if not chain:
        return "see `dyadic derive` for the names that there are"
    return f"the layers are {', '.join(f'{number} = {name}' for number, name in enumerate(chain))}"


def _together(found: dict[int, Claim], author: AuthorNames, left_out: str) -> Claim:
    """Refuted if it is for one layer, else undecided if it is for one, else proved.

    left_out: the layers that do not have all that the claim names, in words.
    """
    worst = overall(found.values())
    layer, claim = next((layer, claim) for layer, claim in found.items() if claim.verdict is worst)
    text = f"for l = {', '.join(map(str, found))} ({author.shown(layer)}: {claim.statement})"
    text = text if len(found) > 1 else f"for {author.shown(layer)}: {claim.statement}"
    text += f"; not for {left_out}" if left_out else ""
    numbers = claim.counterexample and {"layer": author.shown(layer), **claim.counterexample}
    reason = claim.reason and f"for {author.shown(layer)}: {claim.reason}"
    shown = found if worst is Verdict.PROVED else {layer: claim}  # what is said of the others is of no consequence
    of = {number: each.hypotheses for number, each in shown.items()}
    trusted = dict.fromkeys(text for each in found.values() for text in each.trusted if each.verdict is worst)
    return replace(
        claim, statement=text, counterexample=numbers, reason=reason, hypotheses=tuple(_of_layers(of)),
        trusted=tuple(trusted),
    )  # fmt: skip


def _of_layers(of: Mapping[int, Sequence[str]]) -> Iterator[str]:
    """What is assumed for each layer: what is so for all once, the rest with the layers that it is of."""
    for text in dict.fromkeys(chain.from_iterable(of.values())):
        layers = [str(number) for number, texts in of.items() if text in texts]
        yield text if len(layers) == len(of) else f"for l = {', '.join(layers)}: {text}"


def _verdict(statement: Statement, vocabulary: Vocabulary, graph: Graph, budget: Budget) -> Claim:
    if statement.kind == "steps":
        return steps_claim(statement, vocabulary, graph)
    if statement.kind == "step_size":
        return step_size_claim(statement, vocabulary, graph)
    if statement.kind == "adjoint" and statement.child not in (*graph.parents, *graph.costs):
        raise SpecError(statement.place, f"{statement.child!r} is no layer", 'write of = "NAME", or of = "cost"')
    try:
        claim = equalities(statement, vocabulary)
        found = decide(statement, claim, budget)
    except Rejected as error:
        raise SpecError(
            statement.place, f"cannot be evaluated ({error.reason})", "see `dyadic explain claims`"
        ) from error
    if claim.doubtful is not None and found.verdict is not Verdict.REFUTED:
        raise SpecError(statement.place, *claim.doubtful)
    return _otherwise(found, statement, claim, vocabulary, budget)


def _otherwise(found: Claim, statement: Statement, claim: Equalities, vocabulary: Vocabulary, budget: Budget) -> Claim:
    """A refuted claim that holds where backpropagation arrives, or in the other layout, says so."""
    if found.verdict is not Verdict.REFUTED or found.counterexample is None:
        return found
    other = NUMERATOR if statement.layout == DENOMINATOR else DENOMINATOR
    readings = [(replace(statement, layout=other), f'true with derivatives in {other} layout (layout = "{other}")')]
    if statement.at != SOLUTION:
        readings.insert(0, (replace(statement, at=SOLUTION), _THERE))
    for reading, words in readings:
        try:
            other_claim = equalities(reading, vocabulary)
            if reading.layout != statement.layout and other_claim.seed == claim.seed:
                continue  # no derivative by a matrix
            if other_claim.doubtful is not None:
                continue
            with budget.part(_REMARK) as part:
                proved = decide(reading, other_claim, part, search=False).verdict is Verdict.PROVED
            if proved:
                return replace(found, counterexample={"but": words, **found.counterexample})
        except (SpecError, Rejected, Undetermined):
            continue
    return found


def _with_derived(claim: Claim, derivation: Derivation) -> Claim:
    """A refuted equation with the one that the project derives, for comparison."""
    match = _LEFT.match(claim.statement)
    if claim.counterexample is None or match is None:
        return claim
    for equation in derivation.equations.values():
        printed = [_PRINTER.equation(item) for item in (equation.definition, *equation.where)]
        if printed[0].startswith(f"{match[1]}["):
            return replace(claim, counterexample={**claim.counterexample, "derived": "; ".join(printed)})
    return claim


__all__ = [
    "ClaimsFile",
    "Failure",
    "Findings",
    "Statement",
    "architecture_of",
    "examine_claims",
    "read_claims",
    "verify_claims",
]
