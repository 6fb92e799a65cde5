"""Course code is decided; arrays as indices are read as NumPy reads them; what is no proof is none."""

import numpy as np
import pytest
from passes import course_pairs
from passes.executed import computed_and_read
from support.long_tests import one_row_in

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeError, CodeFile

COURSE = list(course_pairs.pairs())


def examined(tmp_path, text, name="f"):
    path = tmp_path / "f.py"
    path.write_text(text)
    return examine_pair(CodeFile(path, name))


def test_there_are_as_many_right_as_wrong():
    assert sum(pair[2] for pair in COURSE) * 2 == len(COURSE) >= 30


@pytest.mark.parametrize(("style", "name", "right", "text"), one_row_in(4, COURSE))
def test_each_is_decided(tmp_path, style, name, right, text):
    claim = examined(tmp_path, text, name)
    assert claim.verdict is (Verdict.PROVED if right else Verdict.REFUTED), (claim.reason, claim.counterexample)


INDEXED = [
    "x[np.arange(3), [1, 0, 3]]", "x[[0, 2]]", "x[:, [3, 1]]", "x[[0, 1], 1]", "x[1, [0, 3]]", "x[range(3), range(3)]",
    "x[np.arange(3)[:, None], np.arange(4) // 2]", "x[-np.arange(1, 4)]", "x[np.arange(-1, 2)]", "x[np.arange(5) % 3]",
    "np.stack([x, y])[:, [0, 2], 1]", "np.stack([x, y])[[0, 1], :, [2, 3]]", "x[np.arange(3), None]",
    "x[np.tile(np.arange(3), 2), np.repeat(np.arange(2), 3)]", "np.eye(4)[[2, 0, 1]]", "x[2 * np.arange(2), 0]",
    "np.broadcast_arrays(x[:, :1], y)[0]", "x * (np.arange(4) == 2)", "x[np.arange(2).reshape(2, 1) + np.arange(2)]",
]  # fmt: skip
WRITTEN = [
    "z[np.arange(3), [1, 0, 3]] -= 1", "z[[0, 0, 1]] += x", "z[[0, 0, 1]] = x", "np.add.at(z, [0, 0, 1], x)",
    "np.add.at(z, (slice(None), [1, 1]), x[:, :2])", "z[range(3), range(3)] = 0", "z[[2, 0], 1:3] *= 2",
    "np.subtract.at(z, (np.arange(3), [0, 1, 0]), x[:, 0])", "z[np.arange(2)] = y[0]", "np.add.at(z, 1, x[0])",
]  # fmt: skip


@pytest.mark.parametrize("body", [f"return {one}" for one in INDEXED] + [f"{one}\n    return z" for one in WRITTEN])
def test_reads_indices_as_numpy_does(tmp_path, body):
    wanted, found, shape = computed_and_read(tmp_path, "import numpy as np\n\n", f"z = y * 1.0\n    {body}")
    assert shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize(("body", "words"), [
    ("return x[[0, 3]]", "indices from 0 to 3 of an axis of 3"), ("return x[y > 0, [1]]", "an array as an index"),
    ("return x[np.arange(3) * 1.0]", "an array as an index"), ("return x[np.arange(-4, -1)]", "indices from -4"),
    ("return x[t]", "indices from 0 to 4 of an axis of 3"), ("x[None, [3]] = 1\n    return x", "of an axis of 3"),
    ("return x * (np.arange(4) // 2)", "read as numbers"), ("return x // 2", "FloorDiv"),
])  # fmt: skip
def test_refuses_other_indices(tmp_path, body, words):
    path = tmp_path / "f.py"
    path.write_text(
        f'import numpy as np\n\ndef f_forward(x: "3 4", y: "3 4", t: "2 < 5"):\n    {body}\n\n'
        "def f_backward(dz, x, y):\n    return x, y\n"
    )
    with pytest.raises(CodeError, match=words):
        CodeFile(path, "f").pair()


PAIR = "import numpy as np\n\ndef f_forward({given}):\n    {forward}\n\ndef f_backward(g, {taken}):\n    {backward}\n"
SOUND = [  # what only seems to follow from steps and weights that are variables; the first two are wrong where all x are below 0
    ('x: "3"', "h = np.maximum(0, x)\n    return h.max(), x, h", "x, h", "return g * (h == h.max())", Verdict.REFUTED),
    ('x: "3"', "h = np.maximum(0, x)\n    return h.max(), x, h", "x, h",
     "m = h == h.max()\n    return g * m * (x > 0) + m.sum() - 1", Verdict.REFUTED),
    ('x: "3"', "return np.maximum(0, x) * 2, x", "x", "return 2 * g * (x >= 0)", Verdict.PROVED),
    ('x: "3"', "h = np.maximum(0, x)\n    return np.maximum(0, h) * h, h", "h", "return 2 * g * h * (h >= 0)", Verdict.PROVED),
    ('x: "3"', "h = np.maximum(0, x)\n    return h, h", "h", "return g * (h >= 0)", Verdict.REFUTED),
    ('x: "3"', "z = x - x\n    return np.maximum(0, z) + x, z", "z", "return g * (1 + (z >= 0))", Verdict.REFUTED),
    ('x: "3"', "return x.max(), x", "x", "return g * (x == x.max())", Verdict.PROVED),
    ('x: "3"', "return x.max(), x", "x", "return g * (x >= x.mean())", Verdict.REFUTED),
    ('x: "3"', "y = np.stack([x, x])\n    return y.max(0), y", "y", "return g * (y == y.max(0)).sum(0)", Verdict.REFUTED),
]  # fmt: skip


@pytest.mark.parametrize(("given", "forward", "taken", "backward", "verdict"), SOUND)
def test_what_is_flat_or_equal_all_around_is_no_kink(tmp_path, given, forward, taken, backward, verdict):
    claim = examined(tmp_path, PAIR.format(given=given, forward=forward, taken=taken, backward=backward))
    assert claim.verdict is verdict, (claim.reason, claim.counterexample)


def test_a_docstring_tells_which_integers_labels_are(tmp_path):
    text = '''import numpy as np

def f_forward(x, y):
    """Scores of the right classes.

    - x: scores, of shape (N, C)
    - y: labels, of shape (N,), where y[i] is the class of x[i] and 0 <= y[i] < C
    """
    return x[np.arange(len(y)), y], x, y

def f_backward(g, x, y):
    dx = np.zeros_like(x)
    dx[np.arange(len(y)), y] = g
    return dx, None
'''
    assert examined(tmp_path, text).verdict is Verdict.PROVED
