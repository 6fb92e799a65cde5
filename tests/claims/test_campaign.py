"""True claims are proved, false ones refuted with numbers that hold at the network's own sizes; none is left open."""

from __future__ import annotations

import math
from functools import cache

import pytest
from support.long_tests import one_row_in

from claims import campaign, textbook
from claims.second_look import holds_again
from claims.substitute import expanded
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements import ClaimsFile, Statement, verify_claims


@cache
def derivation(table, name):
    return table.NETWORKS[name]()


def judged(network, *formulas, kind="equal", **options):
    statement = Statement("it", kind, "it", formulas, **options)
    return verify_claims(network, ClaimsFile((statement,), {}))[0]


@pytest.mark.parametrize(("name", "claim"), campaign.TRUE)
def test_true_claims_are_proved(name, claim):
    found = judged(derivation(campaign, name), claim)
    assert found.verdict is Verdict.PROVED, (found.reason, found.counterexample)


@pytest.mark.parametrize(("name", "claim", "sides"), one_row_in(8, campaign.FALSE))
def test_false_claims_are_refuted_at_the_own_sizes(name, claim, sides):
    found = judged(derivation(campaign, name), claim)
    assert found.verdict is Verdict.REFUTED, (found.statement, found.reason)
    numbers = found.counterexample
    if sides is not None:
        left, right = sides(values(numbers), *numbers.get("at", {}).values())
        assert close(left, numbers["left"])
        assert close(right, numbers["right"])
        assert abs(left - right) > 1e-9
    else:
        assert set(numbers["sizes"]) == {"k", "m", "n"}


def values(numbers):
    """The value of an entry.  One that is not reported is 0 where that is said, and not to be asked for elsewhere."""
    table = expanded(numbers.get("values", {})) | numbers.get("integers", {})
    others = {0.0} if numbers.get("others") == "all other values are 0" else set()

    def value(name, *place):
        label = f"{name}[{', '.join(map(str, place))}]"
        return table[label] if label in table else min(others)

    return value


def close(number, reported):
    top, _, bottom = reported.rstrip(".").partition("/")
    return math.isclose(number, float(top) / float(bottom or 1), rel_tol=1e-9, abs_tol=1e-12)


def textbook_claim(name, formula):
    _, kind, definitions, _, _ = textbook.CLAIMS[name]
    child = "n" if kind == "adjoint" else None
    return Statement("it", kind, "it", (formula,), definitions=definitions, child=child)


def textbook_verdict(name, statement):
    network = derivation(textbook, textbook.CLAIMS[name][0])
    return verify_claims(network, ClaimsFile((statement,), {}))[0]


@pytest.mark.parametrize("name", textbook.CLAIMS)
def test_the_textbook_is_proved(name):
    found = textbook_verdict(name, textbook_claim(name, textbook.CLAIMS[name][3]))
    assert found.verdict is Verdict.PROVED, (found.reason, found.counterexample)


SLIPS = [(name, slip) for name, claim in textbook.CLAIMS.items() for slip in claim[4]]


@pytest.mark.parametrize(("name", "slip"), one_row_in(8, SLIPS))
def test_slips_in_the_textbook_are_refuted(name, slip):
    statement = textbook_claim(name, textbook.CLAIMS[name][4][slip])
    found = textbook_verdict(name, statement)
    assert found.verdict is Verdict.REFUTED, found.reason
    assert holds_again(derivation(textbook, textbook.CLAIMS[name][0]), statement, found)
