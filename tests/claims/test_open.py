"""What stays open and says so, what is no claim, and what a verdict rests on."""

from __future__ import annotations

import pytest

from claims import campaign
from claims.campaign import _dense as dense
from claims.test_campaign import derivation, judged
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.proofs.evaluate import number_rings
from dyadic.proofs.statements.number_systems import closed, known_slopes
from dyadic.proofs.statements.verdict import blocks
from dyadic.proofs.statements.verdict.decide import BLOCKS, DERIVATIVES, FACTS, RANDOM, TRUSTED
from dyadic.symbolic import SpecError


@pytest.mark.parametrize(
    "claim",
    [
        # Far apart, so that no affordable set of values settles it.
        "[x_t[0] = x_t[1]] [x_t[2] = x_t[3]] [x_t[4] = x_t[5]] [x_t[6] = x_t[7]] (1 - [x_t[8] = x_t[8]]) s_e[0, 0]"
        " = 0 s_e[0, 0]",
        "[x_t[0] = 31] [x_t[7] = 13] [x_t[11] = 12] exp([x_t[2] = 1]) [x_t[3] = 9] = 0",
    ],
)
def test_integers_that_were_not_all_examined_leave_a_claim_open(claim):
    found = judged(derivation(campaign, "many words"), claim)
    assert found.verdict is Verdict.UNDECIDED
    assert "the others are open" in found.reason


@pytest.mark.parametrize(
    "claim",
    ["x_a[i] [i = 9] = 7 x_b[i] [i = 9]", "x_a[i] [i = 5] = 0", "Sum[i<2] [i = 7] x_a[i] = 0"],
)
def test_nothing_compared_is_nothing_shown(claim):
    found = judged(derivation(campaign, "square"), claim)
    assert found.verdict is Verdict.UNDECIDED
    assert "nothing compared" in found.reason


@pytest.mark.parametrize("claim", ["x_a[i] / (x_a[i] - x_a[i]) = x_b[i]", "1/(2 - 4/2) = 7", "1/(x_a[0] - x_a[0]) = 7"])
def test_what_has_no_value_anywhere_is_not_refuted_either(claim):
    found = judged(derivation(campaign, "square"), claim)
    assert found.verdict is Verdict.UNDECIDED
    assert "nothing is compared" in found.reason


def test_an_empty_range_is_no_claim():
    with pytest.raises(SpecError, match="nothing would be compared"):
        judged(derivation(campaign, "square"), "Sum[i<0] x_a[i] = 0")


def test_a_statement_about_numbers_alone_says_so():
    found = judged(derivation(campaign, "square"), "rsqrt(2) = 1/sqrt(2)")
    assert found.verdict is Verdict.PROVED
    assert any("numbers alone" in hypothesis for hypothesis in found.hypotheses)


def test_sizes_too_large_and_tied_leave_a_claim_open():
    wide = network(
        {"name": "c", "type": "conv", "filters": 8, "kernel": [5], "activation": "tanh"},
        {"name": "f", "type": "flatten"}, dense("o", 2), inputs={"u": [4, 400]},
    )  # fmt: skip
    found = judged(wide, "bbar_c[k] = Sum[i] zbar_c[k, i]")
    assert found.verdict is Verdict.UNDECIDED
    assert "more than 100000 operations, at the sizes to which it is tied" in found.reason


def test_what_is_trusted_is_what_ran(monkeypatch):
    """The parts that a proof names are called; a proof that does not need one does not name it."""
    called = set()

    def watched(owner, name, part):
        real = getattr(owner, name)

        def call(*arguments, **options):
            called.add(part)
            return real(*arguments, **options)

        monkeypatch.setattr(owner, name, call)

    watched(closed.Closed, "__init__", FACTS)
    watched(number_rings.PrimeField, "__init__", RANDOM)
    watched(blocks.Setting, "weights", BLOCKS)
    watched(known_slopes.KnownSlopes, "by_rule", DERIVATIVES)
    for name, claim in [("four", "x_h[i] = x_h[i]"), ("four", campaign.TRUE[20][1]), ("chain", campaign.TRUE[0][1])]:
        called.clear()
        found = judged(derivation(campaign, name), claim)
        assert found.verdict is Verdict.PROVED
        assert set(TRUSTED) <= set(found.trusted)
        assert set(found.trusted) - set(TRUSTED) == called
    assert not any("checker" in line for line in found.trusted)
