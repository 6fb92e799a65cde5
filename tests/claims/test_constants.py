"""Claims that turn on a number: at which a bracket holds, beyond which a kink lies, or at which a function is known."""

from __future__ import annotations

from fractions import Fraction

import pytest

from claims import campaign
from claims.test_campaign import derivation, judged
from dyadic.proofs.claims import Verdict

FALSE = {
    "[x_a[0] = 40] = 0": lambda x: x[0] == 40,
    "relu(x_a[0] - 1000) = 0": lambda x: x[0] > 1000,
    "[x_a[0] = 1/7] [x_a[1] = 2/3] = 0": lambda x: (x[0], x[1]) == (Fraction(1, 7), Fraction(2, 3)),
    "[floor(x_a[0]) = 9] = 0": lambda x: 9 <= x[0] < 10,
    "[x_a[0] = x_a[1]] [x_a[1] = 3] = 0": lambda x: x[0] == x[1] == 3,
    "2 = 2 [x_a[1] != 1/3]": lambda x: x[1] == Fraction(1, 3),
    "abs(x_a[0] + 77) = x_a[0] + 77": lambda x: x[0] < -77,
    "round(x_a[0] + 1) = round(x_a[0]) + 1": lambda x: round(x[0] + 1) != round(x[0]) + 1,
}


@pytest.mark.parametrize("claim", FALSE)
def test_numbers_of_the_claim_are_tried(claim):
    found = judged(derivation(campaign, "square"), claim)
    assert found.verdict is Verdict.REFUTED, found.reason
    values = found.counterexample["values"]
    assert FALSE[claim]([Fraction(values.get(f"x_a[{i}]", 0)) for i in range(2)])


TRUE = [
    "round(1/2) = 0", "round(3/2) = 2", "round(5/2) = 2", "round(-1/2) = 0", "floor(-1/2) = -1", "floor(7/2) = 3",
    "floor(x_a[i] + 1) = floor(x_a[i]) + 1", "floor(x_a[i] - 5/2) = floor(x_a[i] + 1/2) - 3",
    "round(x_a[i] - 4) = round(x_a[i]) - 4", "Sum[i<4] (i - 2 floor(i/2)) x_a[i] = x_a[1] + x_a[3]",
]  # fmt: skip


@pytest.mark.parametrize("claim", TRUE)
def test_what_a_staircase_is_at_a_number_is_known(claim):
    assert judged(derivation(campaign, "square"), claim).verdict is Verdict.PROVED


@pytest.mark.parametrize("claim", ["round(1/2) = 1", "round(-3/2) = -1", "floor(7/2) = 4", "floor(-1/2) = 0"])
def test_and_what_it_is_not(claim):
    found = judged(derivation(campaign, "square"), claim)
    assert found.verdict is Verdict.REFUTED
    assert "..." not in found.counterexample["left"] + found.counterexample["right"]  # they are known exactly


def test_an_assumption_that_holds_between_close_numbers_is_met():
    close = ("x_a[0] > 0", "x_a[0] < 1/1000")
    found = judged(derivation(campaign, "square"), "x_a[0] = 1/2000", assumptions=close)
    assert found.verdict is Verdict.REFUTED
    assert 0 < Fraction(found.counterexample["values"]["x_a[0]"]) < Fraction(1, 1000)
