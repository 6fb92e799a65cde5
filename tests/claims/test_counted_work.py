"""What claims take is counted: wide layers are quick, and what takes too much ends, always at the same step."""

from __future__ import annotations

import pytest

from claims.test_campaign import judged
from claims.textbook import network
from dyadic.proofs import statements
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.number_systems.work import Exhausted, at_most, spend
from dyadic.proofs.statements.verdict import sizes
from dyadic.symbolic import SpecError

WIDE = network(
    {"name": "a", "type": "dense", "units": 40, "activation": "tanh"},
    {"name": "b", "type": "dense", "units": 30, "activation": "sigmoid"},
    {"name": "c", "type": "dense", "units": 9, "activation": "relu"}, inputs={"u": [50]},
)  # fmt: skip
ADDITION = "tanh(zbar_b[i] + s_b[i]) (1 + tanh(zbar_b[i]) tanh(s_b[i])) = tanh(zbar_b[i]) + tanh(s_b[i])"
UNEQUAL = "30 Sum[i] s_b[i]^2 = (Sum[i] s_b[i])^2"


def test_no_more_than_an_outer_meter_has_left():
    with at_most(10) as outer:
        spend(8)
        with pytest.raises(Exhausted), at_most(100):
            spend(8)
        assert outer.left < 0
        with pytest.raises(Exhausted):
            spend(1)


def test_without_a_meter_nothing_is_counted():
    spend(10**9)


def _units(monkeypatch, claim, verdict, **options):
    """The work that a claim takes."""
    budget = sizes.Budget()
    monkeypatch.setattr(statements, "Budget", lambda: budget)
    assert judged(WIDE, claim, **options).verdict is verdict
    return sizes.TOTAL - budget._left


def test_wide_layers_are_quick_and_the_count_is_the_same_each_time(monkeypatch):
    first = _units(monkeypatch, ADDITION, Verdict.PROVED)
    assert first == _units(monkeypatch, ADDITION, Verdict.PROVED)
    assert first < sizes.TOTAL // 40
    assert _units(monkeypatch, UNEQUAL, Verdict.REFUTED, at="solution") < sizes.TOTAL // 40


def test_a_claim_that_takes_too_much_is_undecided_and_says_so(monkeypatch):
    monkeypatch.setattr(sizes, "_CLAIM", 50)
    found = judged(WIDE, ADDITION)
    assert found.verdict is Verdict.UNDECIDED
    assert "work" in found.reason


def test_a_file_that_takes_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(statements, "Budget", lambda: sizes.Budget(20_000))
    with pytest.raises(SpecError, match="take more than 20000 operations"):
        judged(WIDE, ADDITION)
