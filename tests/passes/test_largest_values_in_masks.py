"""Comparisons with largest values, and other kinks that something is at all along: they excuse nothing."""

import pytest

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeFile

PROVED, REFUTED, UNDECIDED = Verdict.PROVED, Verdict.REFUTED, Verdict.UNDECIDED


def verdict(tmp_path, shape, forward, returned):
    path = tmp_path / "f.py"
    path.write_text(
        f"import numpy as np\ndef f_forward(x: '{shape}'):\n    {forward}\n\n"
        f"def f_backward(g, cache):\n    x, m = cache\n    return {returned}\n"
    )
    return examine_pair(CodeFile(path, "f"))


@pytest.mark.parametrize(("forward", "right", "wrong"), [
    ("m = x >= x.max(axis=0)\n    return x * m, (x, m)", "g * m", "2 * g * m"),
    ("m = x < x.max(axis=1, keepdims=True)\n    return x * x * m, (x, m)", "2 * g * x * m", "2 * g * x"),
    ("m = x == x.min(axis=1, keepdims=True)\n    return np.exp(x) * m, (x, m)", "g * np.exp(x) * m", "g * m"),
    ("m = (x != np.amax(x, axis=1, keepdims=True)) * 1.0\n    return 3 * x * m, (x, m)", "3 * g * m", "3 * g"),
    ("m = x.argmax() if False else x == x.max()\n    return x * m, (x, m)", "g * m", "-g * m"),
])  # fmt: skip
def test_a_mask_of_the_largest(tmp_path, forward, right, wrong):
    assert verdict(tmp_path, "2 3", forward, right).verdict is PROVED
    assert verdict(tmp_path, "2 3", forward, wrong).verdict is REFUTED
    assert verdict(tmp_path, "n d", forward, wrong).verdict is REFUTED


def test_the_largest_as_a_label(tmp_path):
    """The derivative of a loss with its own decision as the label, with and without the softmax."""
    head = (
        "e = np.exp(x)\n    p = e / e.sum(axis=1, keepdims=True)\n    m = (x == x.max(axis=1, keepdims=True)) * 1.0\n"
    )
    forward = head + "    return (-m * np.log(p)).sum(), (x, (p, m))"
    assert verdict(tmp_path, "2 2", forward, "g * (m[0] - m[1])").verdict is PROVED
    assert verdict(tmp_path, "2 2", forward, "-g * m[1]").verdict is REFUTED


@pytest.mark.parametrize(("forward", "right", "wrong"), [
    ("m = x[0] == x.max()\n    return x * m, (x, m)", "g * m", "5 * g * m"),  # at a third of all points
    ("m = np.maximum(x, 0) == 0\n    return x * m, (x, m)", "g * m", "2 * g * m"),
    ("m = np.abs(x) <= -x\n    return x * m, (x, m)", "g * (x < 0)", "g * (x < 0) * 3"),
    ("m = x == x\n    return x * m, (x, m)", "g", "g * 0"),
    ("m = np.sqrt(x * x) == x\n    return x * x * m, (x, m)", "2 * g * x * (x > 0)", "2 * g * x"),
])  # fmt: skip
def test_a_kink_at_which_all_points_nearby_are_excuses_nothing(tmp_path, forward, right, wrong):
    assert verdict(tmp_path, "3", forward, right).verdict is PROVED
    assert verdict(tmp_path, "3", forward, wrong).verdict is REFUTED


def test_there_must_be_numbers_at_which_the_passes_have_values(tmp_path):
    """x - max(x) is at most 0: its logarithm is nowhere defined, though that of x - m is for a free number m."""
    forward = "m = x.max()\n    return np.log({}), (x, m)"
    assert verdict(tmp_path, "3", forward.format("x - m"), "g / (x - m)").verdict is UNDECIDED
    assert verdict(tmp_path, "3", forward.format("m - x + 1") + "\n", "0 * g").verdict is REFUTED


def test_pairs_of_equal_entries(tmp_path):
    """On the diagonal of x_i - x_j there is always 0, and twice the same entries are always tied."""
    forward = "return np.abs(x[:, None] - x[None, :]).sum(), (x, 0)"
    signs = "np.sign(x[:, None] - x[None, :]).sum(axis=1)"
    assert verdict(tmp_path, "n", forward, f"2 * g * {signs}").verdict is PROVED
    assert verdict(tmp_path, "n", forward, f"g * {signs}").verdict is REFUTED
    forward = "return np.concatenate([x, x]).max(), (x, 0)"
    assert verdict(tmp_path, "2", forward, "g * (x == x.max())").verdict is PROVED
    assert verdict(tmp_path, "2", forward, "2 * g * (x == x.max())").verdict is REFUTED
