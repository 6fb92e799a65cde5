"""True claims are proved and the slips in them refuted; none is left open, none cannot be read."""

from __future__ import annotations

import pytest
from support.long_tests import one_in

from claims.author import statement_of, verdict_on
from claims.near_misses import PAIRS, SlippedNetworks
from claims.second_look import holds_again
from claims.test_campaign import derivation
from dyadic.proofs.claims import Verdict

IDS = [f"{number} {name} {slip}" for number, (name, _, _, _, slip) in enumerate(PAIRS)]


def test_there_are_as_many_of_each():
    assert len(PAIRS) == 75
    assert len({name for name, *_ in PAIRS}) == len(SlippedNetworks.NETWORKS) == 12
    slips = {"sign", "factor", "index", "range", "cost", "term", "shared", "argument", "kink"}
    assert {pair[4] for pair in PAIRS} == slips


@pytest.mark.parametrize("number", one_in(6, range(len(PAIRS))), ids=IDS)
def test_a_slip_is_refuted_and_what_it_is_a_slip_in_is_proved(number):
    name, options, true, false, _ = PAIRS[number]
    network = derivation(SlippedNetworks, name)
    right = verdict_on(network, statement_of(true, **options))
    assert right.verdict is Verdict.PROVED, (right.reason, right.counterexample)
    statement = statement_of(false, **options)
    wrong = verdict_on(network, statement)
    assert wrong.verdict is Verdict.REFUTED, wrong.reason
    assert holds_again(network, statement, wrong)
