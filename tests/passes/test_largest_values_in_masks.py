"""Comparisons with largest values, and other kinks that something is at all along: they excuse nothing."""

import pytest
from passes.near_misses import examined, told_apart

from dyadic.proofs.claims import Verdict

BOTH = {"kept": "x, m"}
"""What both passes know."""


@pytest.mark.parametrize(("forward", "right", "wrong"), [
    ("m = x >= x.max(axis=0)\nreturn x * m, (x, m)", "g * m", "2 * g * m"),
    ("m = x < x.max(axis=1, keepdims=True)\nreturn x * x * m, (x, m)", "2 * g * x * m", "2 * g * x"),
    ("m = x == x.min(axis=1, keepdims=True)\nreturn np.exp(x) * m, (x, m)", "g * np.exp(x) * m", "g * m"),
    ("m = (x != np.amax(x, axis=1, keepdims=True)) * 1.0\nreturn 3 * x * m, (x, m)", "3 * g * m", "3 * g"),
    ("m = x.argmax() if False else x == x.max()\nreturn x * m, (x, m)", "g * m", "-g * m"),
])  # fmt: skip
def test_a_mask_of_the_largest(tmp_path, forward, right, wrong):
    path = tmp_path / "f.py"
    told_apart(path, 'x: "2 3"', forward, right, wrong, **BOTH)
    assert examined(path, 'x: "n d"', forward, f"return {wrong}", **BOTH).verdict is Verdict.REFUTED


def test_the_largest_as_a_label(tmp_path):
    """The derivative of a loss with its own decision as the label, and without the softmax's part."""
    head = "e = np.exp(x)\np = e / e.sum(axis=1, keepdims=True)\nm = (x == x.max(axis=1, keepdims=True)) * 1.0\n"
    forward = head + "return (-m * np.log(p)).sum(), (p, m)"
    told_apart(tmp_path / "f.py", 'x: "2 2"', forward, "g * (p - m)", "-g * m", kept="p, m")


@pytest.mark.parametrize(("forward", "right", "wrong"), [
    ("m = x[0] == x.max()\nreturn x * m, (x, m)", "g * m", "5 * g * m"),  # at a third of all points
    ("m = np.maximum(x, 0) == 0\nreturn x * m, (x, m)", "g * m", "2 * g * m"),
    ("m = np.abs(x) <= -x\nreturn x * m, (x, m)", "g * (x < 0)", "g * (x < 0) * 3"),
    ("m = x == x\nreturn x * m, (x, m)", "g", "g * 0"),
    ("m = np.sqrt(x * x) == x\nreturn x * x * m, (x, m)", "2 * g * x * (x > 0)", "2 * g * x"),
])  # fmt: skip
def test_a_kink_at_which_all_points_nearby_are_excuses_nothing(tmp_path, forward, right, wrong):
    told_apart(tmp_path / "f.py", 'x: "3"', forward, right, wrong, **BOTH)


def test_there_must_be_numbers_at_which_the_passes_have_values(tmp_path):
    """x - max(x) is at most 0: its logarithm is nowhere defined, though that of x - m is for a free number m."""
    path, forward = tmp_path / "f.py", "m = x.max()\nreturn np.log({}), (x, m)"
    nowhere = examined(path, 'x: "3"', forward.format("x - m"), "return g / (x - m)", **BOTH)
    assert nowhere.verdict is Verdict.UNDECIDED
    somewhere = examined(path, 'x: "3"', forward.format("m - x + 1"), "return 0 * g", **BOTH)
    assert somewhere.verdict is Verdict.REFUTED


def test_pairs_of_equal_entries(tmp_path):
    """On the diagonal of x_i - x_j there is always 0, and twice the same entries are always tied."""
    path, signs = tmp_path / "f.py", "np.sign(x[:, None] - x[None, :]).sum(axis=1)"
    forward = "return np.abs(x[:, None] - x[None, :]).sum(), x"
    told_apart(path, 'x: "n"', forward, f"2 * g * {signs}", f"g * {signs}")
    forward = "return np.concatenate([x, x]).max(), x"
    told_apart(path, 'x: "2"', forward, "g * (x == x.max())", "2 * g * (x == x.max())")
