"""Default arguments that Python makes once: what one call changes in them the next one finds changed."""

import pytest
from passes.near_misses import examined, told_apart

from dyadic.symbolic.readers.python_code.source_text import CodeError

NUMPY = "import numpy as np\n\n\n"


@pytest.mark.parametrize(
    ("default", "body"),
    [
        ("np.ones(1)", "w *= 2\n    return v * w"),
        ("[]", "w.append(v)\n    return sum(w)"),
        ("{}", "w['n'] = w.get('n', 0) + 1\n    return v * w['n']"),
        ("(1, [2])", "w[1][0] += 1\n    return v * w[1][0]"),
    ],
)
def test_a_default_that_a_call_may_change_is_refused(tmp_path, default, body):
    head = f"{NUMPY}def scaled(v, w={default}):\n    {body}"
    with pytest.raises(CodeError, match="w has a default that a call may change"):
        examined(tmp_path / "f.py", 'x: "n"', "return scaled(x) + scaled(x), x", "return 4 * g", head=head)


@pytest.mark.parametrize(("default", "value"), [("2", 2), ("-2.5", -2.5), ("(2, 3)[0]", 2), ("None or 2", 2)])
def test_others_are_read(tmp_path, default, value):
    head = f"{NUMPY}def scaled(v, w={default}):\n    return v * w"
    right, wrong = f"{2 * value} * g", f"{value} * g"
    told_apart(tmp_path / "f.py", 'x: "n"', "return scaled(x) + scaled(x), x", right, wrong, head=head)


def test_entries_at_reversed_numbers_are_no_reversed_indices(tmp_path):
    forward = "y = x[::-1].copy()\ny[0] = 3 * y[0]\nreturn y, x"
    backward = "d = g[::-1].copy()\nd[-1] *= {}\nreturn d"
    for factor, proved in ((3, True), (2, False)):
        claim = examined(tmp_path / "f.py", 'x: "n"', forward, backward.format(factor))
        assert (claim.verdict == "proved") == proved
