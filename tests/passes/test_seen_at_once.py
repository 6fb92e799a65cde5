"""Pairs that a few points show to be wrong: they are refuted before what is dear is tried."""

import pytest
from passes.executed import Executed, numbers_of_counterexample
from support.long_tests import one_row_in

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.number_systems.work import at_most
from dyadic.proofs.statements.verdict.numpy_search import numpy_counterexample
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeFile

CLIPPED = "h = np.clip(x, 0, 1)\n    return x * (h == 0) + 3 * x * (h > 0), x"
NONE_ABOVE = "k = (x > 0).sum()\n    return np.where(k == 0, 2 * x, x), x"
LEAKY = (
    "h = np.tanh(x - x.mean(0))\n    return np.where(h > 0, h, 0.2 * h), h",
    "g = np.where(c > 0, g, 0.2 * g) * (1 - c ** 2)\n    return g - g.mean(0)",
    "g = np.where(c > 0, g, 0.2 * g) * c * (1 - c)\n    return g - g.mean(0)",
)
PAIRS = [  # forward pass, a right and a wrong backward pass of the cache c
    (CLIPPED, "return g * np.where(c > 0, 3, 1)", "return 3 * g * (c > 0)"),
    (NONE_ABOVE, "return g * np.where((c > 0).sum() == 0, 2, 1)", "return g"),
    LEAKY,
]
UNITS = 1_000_000
"""Of work: the first of these took five times as many, and was undecided."""


def of(tmp_path, forward, backward):
    path = tmp_path / "f.py"
    path.write_text(
        f"import numpy as np\ndef f_forward(x: 'n d'):\n    {forward}\n\ndef f_backward(g, c):\n    {backward}\n"
    )
    return CodeFile(path, "f")


@pytest.mark.parametrize(("forward", "right", "wrong"), one_row_in(3, PAIRS))
def test_a_few_points_show_what_is_wrong(tmp_path, forward, right, wrong):
    sizes = {"n": 2, "d": 3}
    assert numpy_counterexample(of(tmp_path, forward, right).pair(sizes), briefly=True) is None
    file = of(tmp_path, forward, wrong)
    assert numpy_counterexample(file.pair(sizes), briefly=True) is not None
    with at_most(UNITS) as meter:
        found = examine_pair(file)
    assert found.verdict is Verdict.REFUTED, found.reason
    assert meter.spent < UNITS
    pair, (head, _, place) = file.pair(sizes), found.counterexample["gradient"].partition("[")
    values, upstream = numbers_of_counterexample(pair, found.counterexample)
    at = tuple(map(int, place.removesuffix("]").split(", ")))
    executed = Executed(tmp_path / "f.py", "f")
    slope, returned = executed.slope(values, upstream, 0, at), executed.gradients(values, upstream)[0][at]
    assert head == "by x"
    assert abs(slope - returned) > 1e-3


def test_what_is_0_all_around_is_at_no_kink(tmp_path):
    """At x = 0 the clipped value is at its kink, and nothing is told of it; below, where it stays 0, something is."""
    wrong_at_a_kink_alone = of(tmp_path, CLIPPED, "return g * np.where(c > 0, 3, 1) + 5 * g * (c == 0)")
    assert numpy_counterexample(wrong_at_a_kink_alone.pair({"n": 1, "d": 2})) is None
