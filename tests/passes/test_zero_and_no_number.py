"""0 / 0 and 0 times what is no number are no number, though what is written as 0 could be left out."""

import pytest
from passes.decided import PROVED, REFUTED, decided, pair_of
from support.long_tests import one_in

NO_NUMBER = [
    "0 / (x - x)",
    "np.zeros_like(x) / np.zeros_like(x)",
    "(0 * x) / (x * 0)",
    "0 * x / 0.0",
    "0 * x / (len(x) - 1)",
    "np.where(x > 0, 0, 0) / (x - x)",
    "np.zeros_like(x) / np.log(x)",
    "np.dot(np.zeros_like(x), np.sqrt(x))",
    "np.zeros((1, len(x))) @ np.log(x)",
    "np.einsum('i,i->', np.zeros_like(x), np.sqrt(x))",
]
NUMBERS = [
    "0 / 3",
    "0 * x / 2.5",
    "np.zeros_like(x) / x",
    "np.zeros_like(x) / (1 + x ** 2)",
    "np.dot(np.zeros_like(x), x)",
    "np.zeros((1, len(x))) @ np.exp(x)",
    "np.einsum('i,i->', np.zeros_like(x), np.tanh(x))",
]


@pytest.mark.parametrize("term", one_in(3, NO_NUMBER))
def test_nan_is_returned(tmp_path, term):
    assert decided(tmp_path, pair_of("return 2 * x, x", f"2 + {term}")) is REFUTED


@pytest.mark.parametrize("term", one_in(3, NUMBERS))
def test_a_number_is_returned(tmp_path, term):
    assert decided(tmp_path, pair_of("return 2 * x, x", f"2 + {term}")) is PROVED


def test_nan_at_one_size(tmp_path):
    text = pair_of("return 0 * x, x", "(len(x) - 1) / (len(x) - 1) * 0", head="# dyadic: n = 1")
    assert decided(tmp_path, text) is not PROVED
