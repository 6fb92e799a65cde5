"""A wrong transpose, a product of the wrong kind, a swapped layout: refuted where shapes fit, else named.

All widths are equal, so that no shape gives a slip away that is one of values alone.
"""

from __future__ import annotations

import pytest
from support.long_tests import one_row_in

from claims.campaign import _dense as dense
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements import ClaimsFile, Statement, verify_claims
from dyadic.symbolic import SpecError

SQUARE = network(dense("h1", 3, "tanh"), dense("h2", 3, "tanh"), dense("out", 3, "tanh"), inputs={"image": [3]})
CLASSES = network(
    dense("h1", 3, "relu"), dense("out", 3), inputs={"image": [3]}, cost={"type": "cross_entropy"}
)  # fmt: skip
NAMES = {"a^l": "x", r"\delta^l": "zbar", "z^l": "z", "w^l": "W", "b^l": "b"}

REFUTED = [
    (SQUARE, r"\delta^L = \nabla_a C \odot \sigma(z^L)"),
    (SQUARE, r"\delta^2 = \nabla_a C \odot \sigma'(z^2)"),
    (SQUARE, r"\delta^L = w^L \nabla_a C"),
    (SQUARE, r"\nabla_a C = y - a^L"),
    (SQUARE, r"\nabla_{w^l} C = a^{l-1} (\delta^l)^T"),
    (SQUARE, r"\nabla_{w^l} C = \delta^{l} (a^{l})^T"),
    (SQUARE, r"\delta^l = (w^{l+1} \delta^{l+1}) \odot \sigma'(z^l)"),
    (SQUARE, r"\delta^l = ((w^{l+1})^T \delta^{l}) \odot \sigma'(z^l)"),
    (SQUARE, r"z^l = (w^l)^T a^{l-1} + b^l"),
    (SQUARE, r"z^1_i = z^1_0, \text{ for } i < 2"),
    (SQUARE, r"z^1_i = z^1_0 \quad \text{for } i \le 1"),
    (SQUARE, r"z^1_i = 2 \text{ for } i = 1"),
    (SQUARE, r"\operatorname{tr}(w^2 w^1) = \operatorname{tr}((w^2)^T w^1)"),
    (SQUARE, r"\| a^L - y \| = C"),
    (SQUARE, r"\mathrm{diag}(a^1) w^2 = w^2 \mathrm{diag}(a^1)"),
    (SQUARE, r"(w^2 w^1)^T = (w^2)^T (w^1)^T"),
    (CLASSES, r"\nabla_a C = a^L - y"),
    (CLASSES, r"\nabla_a C = \operatorname{softmax}(a^L) - y"),
]
NAMED = [
    (r"\nabla_{w^l} C = \delta^l \odot a^{l-1}", "other shapes"),
    (r"\delta^l = w^{l+1} \odot \delta^{l+1} \odot \sigma'(z^l)", "entry by entry of other shapes"),
    (r"\delta^l = ((w^{l+1})^T \odot \delta^{l+1}) \sigma'(z^l)", "entry by entry of other shapes"),
    (r"z^l = a^{l-1} w^l + b^l", "a column times a matrix"),
    (r"z^l = (a^{l-1})^T w^l + b^l", "a row of 3 and a column of 3"),
    (r"\langle a^1, a^2 \rangle = a^1 \odot a^2", "the other side is an entry"),
]


def judged(derivation, claim):
    statement = Statement("it", "equal", "it", (claim,), latex=True, at="solution")
    return verify_claims(derivation, ClaimsFile((statement,), {"sigma": "tanh"}, (), NAMES, ()))[0]


@pytest.mark.parametrize(("derivation", "claim"), one_row_in(10, REFUTED), ids=[claim for _, claim in REFUTED])
def test_slips_that_fit_are_refuted(derivation, claim):
    assert judged(derivation, claim).verdict is Verdict.REFUTED


@pytest.mark.parametrize(("claim", "message"), NAMED)
def test_slips_that_do_not_fit_are_named(claim, message):
    with pytest.raises(SpecError, match=message):
        judged(SQUARE, claim)


def test_a_range_in_which_nothing_is_shows_nothing():
    found = judged(SQUARE, r"z^1_i = 0, \text{ for } i < 0")
    assert found.verdict is Verdict.UNDECIDED
