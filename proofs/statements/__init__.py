"""Claims that people make: their own energies, equations, update rules, adjoints, step counts and chains of steps.

parsing/         text and LaTeX, read             semantics/  what is said, over the quantities that the energy defines
number_systems/  in what two sides are compared   verdict/    proved, refuted (with numbers) or undecided
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from dyadic.proofs.certificate import subject
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.claims import Claim
from dyadic.proofs.evaluate.network import Rejected
from dyadic.proofs.statements.parsing.claims_file import ClaimsFile, read_claims
from dyadic.proofs.statements.semantics.equation import Statement, equalities
from dyadic.proofs.statements.semantics.given import given_values
from dyadic.proofs.statements.semantics.vocabulary import Vocabulary
from dyadic.proofs.statements.verdict.decide import decide
from dyadic.proofs.statements.verdict.sizes import Budget
from dyadic.proofs.statements.verdict.theorem import step_size_claim, steps_claim
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.printing import TextPrinter

_LEFT = re.compile(r"(?:inference|sensitivity|update|euler-lagrange|gradient)(?: of \d+ steps)?: ([^\[=]+)\[")
_PRINTER = TextPrinter()


def verify_claims(
    derivation: Derivation, source: str | Path | ClaimsFile, progress: Callable[[str], None] = lambda stage: None
) -> list[Claim]:
    """A verdict on every claim of a file.  Raises :class:`SpecError` where one cannot be read."""
    if not isinstance(source, ClaimsFile):
        try:
            return verify_claims(derivation, read_claims(source), progress)
        except SpecError as error:
            named = error.where if error.where.startswith(str(source)) else f"{source}: {error.where}"
            raise SpecError(named, error.problem, error.remedy) from error
    claims = source
    graph = Graph(subject(derivation, derivation.steps), require_terms=False)
    vocabulary = Vocabulary(graph, claims.functions)
    vocabulary.given = given_values(graph, derivation.architecture.values)
    found, budget = [], Budget()
    for position, statement in enumerate(claims.statements, 1):
        progress(f"{statement.id} (claim {position} of {len(claims.statements)})")
        start = time.perf_counter()
        claim = _with_derived(_verdict(statement, vocabulary, graph, budget), derivation)
        found.append(replace(claim, seconds=time.perf_counter() - start))
    return found


def _verdict(statement: Statement, vocabulary: Vocabulary, graph: Graph, budget: Budget) -> Claim:
    if statement.kind == "steps":
        return steps_claim(statement, vocabulary, graph)
    if statement.kind == "step_size":
        return step_size_claim(statement, vocabulary, graph)
    if statement.kind == "adjoint" and statement.child not in (*graph.parents, *graph.costs):
        raise SpecError(statement.place, f"{statement.child!r} is no layer", 'write of = "NAME", or of = "cost"')
    try:
        claim = equalities(statement, vocabulary)
        return decide(statement, claim, _symmetric(statement, vocabulary), budget)
    except Rejected as error:
        raise SpecError(
            statement.place, f"cannot be evaluated ({error.reason})", "see `dyadic explain claims`"
        ) from error


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


def _symmetric(statement: Statement, vocabulary: Vocabulary) -> frozenset[tuple[str, str]]:
    found = set()
    for name in statement.symmetric:
        tensor = vocabulary.tensors.get(name)
        if tensor is None or not vocabulary.trained(tensor) or len(tensor.axes) != 2:
            raise SpecError(statement.place, f"{name!r} is no matrix of this network", "name a weight, such as W_NAME")
        if not tensor.axes[0].same(tensor.axes[1]):
            raise SpecError(statement.place, f"{name} is not square, so it cannot be symmetric", "drop the assumption")
        found.add((tensor.kind, tensor.owner))
    return frozenset(found)


__all__ = ["ClaimsFile", "Statement", "read_claims", "verify_claims"]
