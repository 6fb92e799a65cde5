"""What is 0 at all points nearby stands at no kink: relu of a negative number, an entry less the largest one."""

import numpy as np
import pytest
from passes.executed import Executed, numbers_of_counterexample
from passes.near_misses import examined, told_apart
from support.long_tests import one_row_in

from dyadic.proofs.claims import Verdict
from dyadic.symbolic.readers.python_code import CodeFile

PAIRS = [
    ('x: "n"', "h = np.maximum(x, 0)\nreturn h, h > 0", "g * c", "np.where(c, g, 0.1 * g)"),
    ('x: "n"', "h = np.maximum(x, 0)\nreturn np.maximum(h, 0), x", "g * (c > 0)", "g"),
    ('x: "n"', "return np.abs(x) - x, x", "g * (np.sign(c) - 1)", "g * np.sign(c)"),
    ('x: "n"', "d = np.maximum(x, 0)\nreturn np.abs(d), x", "g * (c > 0)", "g * np.sign(c)"),
    ('x: "1 3"', "m = x.max(axis=1, keepdims=True)\nreturn m[:, 0], x == m", "g[:, None] * c", "g[:, None] * ~c"),
    ('x: "2 2"', "m = x.max()\nreturn m, x == m", "g * c", "g * c * 2"),
    ('x: "n"', "return np.abs(x[:, None] - x[None, :]).sum() / 2, x",
     "g * np.sign(c[:, None] - c[None, :]).sum(axis=1)", "2 * g * np.sign(c[:, None] - c[None, :]).sum(axis=1)"),
    ('x: "n"', "return np.clip(x, -1, 2), x", "g * ((c >= -1) & (c <= 2))", "g * ((c >= -1) | (c <= 2))"),
    ('x: "n"', "return np.where(x > 0, x**2, 0), x", "2 * g * np.maximum(c, 0)", "2 * g * c"),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "forward", "right", "wrong"), one_row_in(4, PAIRS))
def test_decided(tmp_path, inputs, forward, right, wrong):
    path = tmp_path / "f.py"
    claim = told_apart(path, inputs, forward, right, wrong, kept="c")
    numbers = {name: int(n) for name, n in claim.counterexample.get("sizes", {}).items()}
    pair = CodeFile(path, "f").pair(numbers or {"n": 2})
    arguments, upstream = numbers_of_counterexample(pair, claim.counterexample)
    place = tuple(map(int, claim.counterexample["gradient"].partition("[")[2].rstrip("]").split(",")))
    executed = Executed(path, "f")
    found = np.broadcast_to(executed.gradients(arguments, upstream)[0], arguments[0].shape)[place]
    assert abs(found - executed.slope(arguments, upstream, 0, place)) > 1e-4


def test_a_tie_is_no_counterexample(tmp_path):
    """Where two entries happen to be the largest there is no derivative; amax of PyTorch shares the gradient there."""
    forward = "m = x.max(axis=1, keepdims=True)\nreturn m[:, 0], x == m"
    shared = "c = c * 1.0\nreturn g[:, None] * c / c.sum(axis=1, keepdims=True)"
    assert examined(tmp_path / "f.py", 'x: "1 3"', forward, shared, kept="c").verdict is not Verdict.REFUTED
