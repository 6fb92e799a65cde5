"""Brackets in brackets, odd functions, and what is said of a claim that is open for a size with a name."""

import pytest

from claims.campaign import _dense as dense
from claims.test_campaign import judged
from claims.textbook import network
from dyadic.proofs.claims import Verdict

FIVE = network(dense("h", 5, "tanh"), inputs={"u": [5]})
NAMED = network(dense("h", "n", "tanh"), inputs={"u": ["n"]})


@pytest.mark.parametrize(
    ("claim", "true"),
    [
        ("Sum[i<5] ([0 <= i - 1 < 5] [0 <= i - 2 < 5]) x_h[i-2] = x_h[0] + x_h[1] + x_h[2]", True),
        ("Sum[i<5] 2 ([0 <= i - 1 < 5] ([0 <= i - 2 < 5] x_h[i-2])) = 2 (x_h[0] + x_h[1] + x_h[2])", True),
        ("Sum[i<5] ([0 <= i - 1 < 5] [0 <= i < 5]) x_h[i-2] = x_h[0] + x_h[1] + x_h[2]", False),
        ("asinh(-x_h[i]) = -asinh(x_h[i])", True),
        ("asinh(x_h[i] - x_h[j]) = -asinh(x_h[j] - x_h[i])", True),
        ("asinh(-x_h[i]) = asinh(x_h[i])", False),
        ("asinh(-2 x_h[i]) = -2 asinh(x_h[i])", False),
        ("sinh(asinh(-x_h[i])) = -x_h[i]", True),
    ],
)
def test_claims(claim, true):
    assert judged(FIVE, claim).verdict is (Verdict.PROVED if true else Verdict.REFUTED)


def test_where_an_open_claim_holds():
    found = judged(NAMED, "Sum[j<n-1] x_h[j] = (Sum[j] x_h[j]) - x_h[n-1]")
    assert found.verdict is Verdict.UNDECIDED
    assert "it holds where n is 2, 3, 4, 5, 8" in found.reason
    assert judged(NAMED, "Sum[j<n-1] x_h[j] = Sum[j] x_h[j]").verdict is Verdict.REFUTED
