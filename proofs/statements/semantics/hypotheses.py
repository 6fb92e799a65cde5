"""What a claim assumes, in words: where it holds, what it states, and where its own expressions are defined."""

from __future__ import annotations

from typing import Any

from dyadic.proofs.checker.assumptions import is_held
from dyadic.proofs.checker.differentiation.definitions import HELD
from dyadic.proofs.checker.evaluation.domain import conditions
from dyadic.proofs.checker.intake.kinds import adjoint
from dyadic.proofs.checker.intake.names import applied
from dyadic.proofs.statements.semantics.equation import Equalities, Link, Statement
from dyadic.proofs.statements.semantics.premises import SOLUTION
from dyadic.proofs.statements.semantics.reach import vertices_of
from dyadic.symbolic.functions import FUNCTIONS

NOT_ZERO = "no denominator of the claim is 0"
_LOGARITHMS = "the logarithms of the claim are of positive numbers"
_SOLUTION = "x is the feedforward activation and s the sensitivity of backpropagation (at the solution)"
_FROM_ZERO = "what is shown here counts indices from 0, the claim counts them from 1"
_OF_VALUES = ("inference", "energy")
"""Kinds of claims that no derivative is in, unless they write one themselves."""
_ROOTS = "the roots of the claim are of positive numbers"


def hypotheses_of(statement: Statement, claim: Equalities) -> tuple[str, ...]:
    """In words, each once."""
    where = [_SOLUTION, *_at_rest(claim)] if statement.at == SOLUTION else []
    where += [_FROM_ZERO] * bool(statement.first)
    defined = claim.defined if claim.defined is not None else (*domains_of(claim), *domains_of_layers(claim))
    return (*where, *claim.premises.texts, *defined, *held_of(statement, claim))


def _at_rest(claim: Equalities) -> list[str]:
    """The derivatives of the energy that are 0 at the solution: an author may have meant the sensitivity."""
    read = set().union(*(claim.read(link) for link in claim.links))
    owners = sorted(owner for kind, owner in read if kind == adjoint("x") and owner in claim.vocabulary.graph.parents)
    return [f"dE/dx_{owner} is 0 there (the sensitivity is s_{owner})" for owner in owners]


def held_of(statement: Statement, claim: Equalities) -> tuple[str, ...]:
    """Which values the program holds constant, in a claim that may be about derivatives."""
    own = [*(side for link in claim.links for side in (link.left, link.right)), *(let.body for let in claim.lets)]
    read = [] if statement.kind in _OF_VALUES else _contents(claim)
    return tuple(f"{name}: {HELD}" for name in sorted(applied(read) | applied(own, 1)) if is_held(name))


def _contents(claim: Equalities) -> list[Any]:
    """The layers and costs that the claim reads."""
    graph = claim.vocabulary.graph
    read = sorted(set().union(*(vertices_of(claim, link) for link in claim.links)))
    return [graph.cost_contents[n] if n in graph.costs else graph.layers[graph.content[n]] for n in read]


def domains_of_layers(claim: Equalities) -> tuple[str, ...]:
    """Where the terms of the energy that the claim reads are defined, if not everywhere."""
    found = sorted({condition for content in _contents(claim) for condition in conditions(content)})
    return (f"what the claim reads of the network is defined: {'; '.join(found)}",) if found else ()


def always_defined(claim: Equalities) -> bool:
    """Whether all of a claim, and what it reads of the network, has a value whatever the numbers are.

    That of a constant such as log(-1) is not taken for granted, and is looked for where numbers are.
    """
    return not (_domains(claim, constants=True) or domains_of_layers(claim))


def given_read(claim: Equalities, link: Link) -> set[tuple[str, str]]:
    """The constants with given values that a link reads, itself or in the terms of the energy that it reads."""
    graph, read = claim.vocabulary.graph, claim.read(link)
    owners = {owner for _, owner in read}
    owners |= {parent for vertex in vertices_of(claim, link) for parent in graph.parents.get(vertex, ())}
    return {key for key in claim.vocabulary.given if key[1] in owners}


def domains_of(claim: Equalities) -> tuple[str, ...]:
    """Where the claim's own expressions are defined, in words; empty if that is everywhere.

    Of a constant, such as pi = acos(-1), nothing is assumed: it has a value or none.
    """
    return _domains(claim, constants=False)


def _domains(claim: Equalities, constants: bool) -> tuple[str, ...]:
    found: list[str] = []
    nodes: list[Any] = [side for link in claim.links for side in (link.left, link.right)]
    nodes += [let.body for let in claim.lets]
    while nodes:
        node = nodes.pop()
        if not isinstance(node, list) or (not constants and _is_constant(node)):
            continue
        nodes += node
        if node[:1] == ["^"]:
            power = node[2] if isinstance(node[2], int) else node[2][1]
            found += [NOT_ZERO] if power < 0 else []
            found += [_ROOTS] if not isinstance(node[2], int) else []
        if node[:1] == ["apply"]:
            found += _domain(node[1])
    return tuple(dict.fromkeys(found))


def _is_constant(node: Any) -> bool:
    """Whether an expression is made of numbers alone."""
    if not isinstance(node, list):
        return isinstance(node, int)
    match node:
        case ["+" | "*" | "^" | "rational", *parts] | ["apply", _, _, *parts]:
            return all(map(_is_constant, parts))
    return False


def _domain(name: str) -> list[str]:
    """Where a function is defined, if it is not everywhere."""
    if name in ("sqrt", "rsqrt"):
        return [_ROOTS]
    condition = FUNCTIONS[name].defined if name in FUNCTIONS else None
    if name == "log" or condition is None:
        return [_LOGARITHMS] if name == "log" else []
    return [f"every {name}(z) of the claim has {condition}"]
