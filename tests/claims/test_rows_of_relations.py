"""Rows of relations, and a cross between tensors: what is doubtful is refused, never read as something else."""

import pytest

import dyadic
from claims.test_premises import judged
from dyadic import Verdict
from dyadic.symbolic.errors import SpecError

SPEC = {
    "inputs": {"u": {"shape": [3]}},
    "layers": [{"name": "h", "type": "dense", "units": 3, "activation": "tanh"}],
    "cost": {"type": "squared_error"},
}


def verdict(claim):
    return judged(dyadic.derive(dyadic.architecture(SPEC)), claim).verdict


@pytest.mark.parametrize(
    "claim",
    [
        "x_u[0] > x_u[0] = x_u[0]",
        "x_u[0] != x_u[0] = x_u[0]",
        "0 < 1 = 1",
        "1 <= 1 = 1 < 2",
        "x_u[0] = x_u[0] <= x_u[0]",
    ],
)
def test_equalities_and_inequalities_in_one_row_are_refused(claim):
    with pytest.raises(SpecError, match=r"in one row|stands alone"):
        verdict(claim)


def test_rows_of_one_kind_are_read():
    assert verdict("1 < 2 <= 2 < 3") is Verdict.PROVED
    assert verdict("1 < 2 < 2") is Verdict.REFUTED
    assert verdict("x_u[0] = x_u[0] + 0 = 0 + x_u[0]") is Verdict.PROVED


def test_a_cross_is_a_product_of_numbers_alone():
    assert verdict("2 \u00d7 x_u[0] = x_u[0] + x_u[0]") is Verdict.PROVED
    for claim in ("x_u \u00d7 x_h = x_h \u00d7 x_u", "W_h \u00d7 x_u = W_h @ x_u"):
        with pytest.raises(SpecError, match="a cross between tensors"):
            verdict(claim)
