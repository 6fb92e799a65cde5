"""A mask of -1e9 leaves weights that are not 0 and that no float has: the report of such a difference says so."""

import pytest

import dyadic

CODE = """import numpy as np

def weights_forward(s):
    # dyadic: s: (n, n)
    m = np.tril(np.ones(s.shape))
    z = np.where(m == 0, {mask}, s)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    a = e / e.sum(axis=1, keepdims=True)
    return a, a

def weights_backward(g, a):
    return {mistake}a * (g - (g * a).sum(axis=1, keepdims=True))
"""


@pytest.mark.parametrize(
    ("mask", "mistake", "unseen"), [("-1e9", "", True), ("-30.0", "", False), ("-1e9", "2 * ", False)]
)
def test_a_difference_that_no_float_has_is_told(mask, mistake, unseen, tmp_path):
    (tmp_path / "mask.py").write_text(CODE.format(mask=mask, mistake=mistake))
    claim = dyadic.check_vjp(tmp_path / "mask.py", "weights")
    assert claim.verdict == "refuted"
    assert ("note" in claim.counterexample) == unseen
