"""Sixty true claims and sixty false ones over twelve architectures: every one is decided, and rightly."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import pytest
from support.long_tests import one_in

from claims.mutations import OPERATORS, written_out
from claims.networks import networks
from claims.substitute import Numbers, expanded
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements import ClaimsFile, Statement, verify_claims
from dyadic.symbolic.expressions import Definition
from dyadic.symbolic.latex_printing import LatexPrinter
from dyadic.symbolic.printing import TextPrinter
from dyadic.symbolic.tensor_names import NameRole

NETWORKS = networks()
KINDS = {
    "inference": "inference",
    "sensitivity": "sensitivity",
    "gradient": "gradient",
    "cost": "energy",
    "energy": "energy",
}
PER_NETWORK = 5


def spread(items, count):
    """``count`` of them, evenly spread."""
    return [items[k * len(items) // count] for k in range(count)]


def statement(name, equation, item, where, latex):
    printer = LatexPrinter() if latex else TextPrinter()
    return Statement(
        name, KINDS[equation.role], name, (printer.equation(item),), tuple(map(printer.equation, where)), latex
    )  # fmt: skip


def true_claims(derivation):
    """As ``dyadic derive`` prints them, in both notations, and with the intermediates put in by hand."""
    found = []
    equations = list(derivation.equations.values())
    for number, equation in enumerate(spread(equations, PER_NETWORK)):
        item = written_out(equation) if number % 3 == 2 else equation.definition
        found.append(statement(f"true {number} {equation.tag}", equation, item, equation.where, number % 2 == 1))
    return found


def false_claims(derivation):
    """(equation, mutated definition, statement, slip): five different slips, each in the first place it applies."""
    found = []
    # Another slip first for each network, so that all of them have their turn.
    start = list(NETWORKS.values()).index(derivation)
    for operator in OPERATORS[start % len(OPERATORS) :] + OPERATORS[: start % len(OPERATORS)]:
        for equation in reversed([one for one in derivation.equations.values() if one.role != "energy"]):
            item = written_out(equation)
            body = operator(item, derivation)
            if body is None or body == item.body:
                continue
            wrong = Definition(item.tensor, item.indices, body)
            if really_false(derivation, equation, wrong):
                where = [one for one in equation.where if one.tensor.name.role is not NameRole.ADJOINT]
                name = f"{operator.__name__} in {equation.tag}"
                found.append((equation, wrong, statement(name, equation, wrong, where, len(found) % 2 == 1), operator))
                break
        if len(found) == PER_NETWORK:
            return found
    raise AssertionError("too few slips apply")


SIZES = {"n": 3, "m": 2}


def really_false(derivation, equation, wrong):
    """At random numbers the mutated equation gives another value, or reads an entry that does not exist."""
    source = random.Random(equation.tag)
    drawn = {}

    def values(label):
        return drawn.setdefault(label, source.uniform(-1, 1))

    numbers = Numbers(values, equation.where, SIZES)
    shape = [numbers.extent(extent) for extent in equation.definition.tensor.shape]
    for place in itertools.product(*map(range, shape)):
        index = dict(zip(equation.definition.indices, place, strict=True))
        other = dict(zip(wrong.indices, place, strict=True))
        if abs(numbers(equation.definition.body, index) - numbers(wrong.body, other)) > 1e-6:
            return True
    return False


@pytest.mark.parametrize("name", NETWORKS)
def test_true_claims_are_proved(name):
    claims = true_claims(NETWORKS[name])
    assert len(claims) == PER_NETWORK
    for claim in verify_claims(NETWORKS[name], ClaimsFile(tuple(claims), {})):
        assert claim.verdict is Verdict.PROVED, (claim.id, claim.statement, claim.counterexample, claim.reason)
        assert claim.counterexample is None


@pytest.mark.parametrize("name", one_in(4, NETWORKS))
def test_false_claims_are_refuted_by_numbers_that_anyone_can_substitute(name):
    cases = false_claims(NETWORKS[name])
    found = verify_claims(NETWORKS[name], ClaimsFile(tuple(case[2] for case in cases), {}))
    assert len(found) == PER_NETWORK
    for claim, (equation, wrong, _, _) in zip(found, cases, strict=True):
        assert claim.verdict is Verdict.REFUTED, (claim.id, claim.statement, claim.reason)
        substitute(claim.counterexample, equation, wrong)


def substitute(numbers, equation, wrong):
    """At the network's own sizes.  Values that are not reported are drawn at random, unless they are said to be 0."""
    if "entry" in numbers:
        return
    source = random.Random(7)
    zero = numbers.get("others") == "all other values are 0"
    given = expanded(numbers.get("values", {}))
    values = lambda label: given.setdefault(label, 0.0 if zero else source.uniform(-1, 1))  # noqa: E731
    floats = Numbers(values, equation.where, {**SIZES, **numbers.get("sizes", {})})
    place = list(numbers.get("at", {}).values())
    left = floats(equation.definition.body, dict(zip(equation.definition.indices, place, strict=True)))
    right = floats(wrong.body, dict(zip(wrong.indices, place, strict=True)))
    assert math.isclose(left, float(Fraction(numbers["left"].rstrip("."))), rel_tol=1e-9, abs_tol=1e-12)
    assert math.isclose(right, float(Fraction(numbers["right"].rstrip("."))), rel_tol=1e-9, abs_tol=1e-12)
    assert abs(left - right) > 1e-9


def test_every_slip_is_among_the_false_claims():
    used = {case[3] for derivation in NETWORKS.values() for case in false_claims(derivation)}
    assert used == set(OPERATORS)
