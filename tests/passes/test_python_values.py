"""Generators, any and all, texts, truth values, decimals and seeds are what Python makes of them."""

import pytest
from passes.decided import PROVED, REFUSED, REFUTED, decided, pair_of
from support.long_tests import one_in, one_row_in

EARLY = [
    ("it = reversed([1, 2, 3])\nk = any(v == 3 for v in it)\nreturn x * sum(it), x", "3", "0"),
    ("it = reversed([1, 0, 3])\nk = all(it)\nreturn x * sum(it), x", "1", "0"),
    ("l = []\nk = any(l.append(i) or i > 1 for i in range(5))\nreturn x * len(l), x", "3", "5"),
    ("l = [1, 2, 3, 4]\nk = all(l.pop() > 2 for i in range(4))\nreturn x * len(l), x", "1", "0"),
    ("it = enumerate([5, 6, 7])\nk = any([v == 5 for _, v in it])\nreturn x * len([*it]) + x, x", "1", "3"),
    ("it = zip([1, 2, 3], [4, 5, 6])\nk = any(a for a, b in it if b > 4)\nreturn x * sum(b for _, b in it), x",
     "6", "0"),
    ("y = x * 1\n\ndef bump():\n    y[...] = 2 * y\n    return True\n\nk = any(bump() for _ in range(3))\nreturn y, x",
     "2", "8"),
    ("l = [1, 2, 3]\nreturn x * sum(l.pop() for _ in range(2)) * len(l), x", "5", "15"),
]  # fmt: skip
TRUTHS = [
    ("return x * (~True), x", "-2", "0"),
    ("train = x.ndim == 1\nreturn x * (1 + ~train), x", "-1", "1"),
    ("return x * ~(x.shape[0] > 99), x", "-1", "1"),
    ("return x * ~3, x", "-4", "-3"),
    ("return x * ~np.logical_not(x > 0), x", "x > 0", "x <= 0"),
    ("return x * ~(x > 0), x", "x <= 0", "-1 - (x > 0)"),
    ("d = {'True': 2, '1': 3}\nreturn x * d[f'{+True}'], x", "3", "2"),
    ("return x * (2.0 if range(0) else 5.0), x", "5", "2"),
    ("return x * (2.0 if range(2) and slice(0) else 5.0), x", "2", "5"),
    ("return x * (2.0 if zip([]) else 5.0), x", "2", "5"),
]  # fmt: skip


DECIMALS = [
    ("int(0.29 * 100)", "28", "29"),
    ("(2.0 if 0.1 + 0.2 == 0.3 else 5.0)", "5", "2"),
    ("((0.1 + 0.2 == 0.3) * 3 + 1)", "1", "4"),
    ("(1 // 0.1)", "9", "10"),
    ("(1 % 0.1)", "0.09999999999999995", "0"),
    ("(7.5 % 2 + 7.5 // 2)", "4.5", "3.75"),
    ("(2.0 if 0.1 * 3 > 0.3 else 5.0)", "2", "5"),
    ("(2.0 if 0.1 + 0.2 - 0.3 else 5.0)", "2", "5"),
    ("(2.0 if x.ndim * 0.1 * 3 == 0.3 else 5.0)", "5", "2"),
    ("(2.0 if max(0.3, 0.1 + 0.2) == 0.3 else 5.0)", "5", "2"),
    ("(2.0 if -(0.1 + 0.2) < -0.3 and abs(-0.1 - 0.2) > 0.3 else 5.0)", "2", "5"),
    ("len([0] * int(4.35 * 100))", "434", "435"),
    ("int(float(3) / 2 + 0.5)", "2", "1"),
    ("round(2.5)", "2", "3"),
    ("round(2.675, 2)", "2.67", "2.68"),
    ("sum(divmod(-7, 2))", "-3", "-4"),
    ("(2.0 if bool([]) else 5.0)", "5", "2"),
    ("(2.0 if sum([0.5, 0.25]) == 0.75 else 5.0)", "2", "5"),
    ("(2.0 if (10**16 + 1) / 1 == 10**16 else 5.0)", "2", "5"),
    ("(2.0 if 0.1**2 == 0.01 else 5.0)", "5", "2"),
]  # fmt: skip
DECIMALS = [(f"return x * {value}, x", right, wrong) for value, right, wrong in DECIMALS]
FORM_FEED = [
    ("y = x * 1\nif x.ndim == 2:\n     y = y * 2\n\f    y = y * 3\nreturn y, x", "3", "1"),
    ("return x * len({' ': 2, '\f': 3}), x", "2", "1"),
    ("y = x\f* 2\n\f\nreturn y, x", "2", "1"),
]


@pytest.mark.parametrize(("forward", "right", "wrong"), one_row_in(4, EARLY + TRUTHS + DECIMALS + FORM_FEED))
def test_generators_and_truths(tmp_path, forward, right, wrong):
    assert decided(tmp_path, pair_of(forward, right)) == PROVED
    assert decided(tmp_path, pair_of(forward, wrong)) == REFUTED


@pytest.mark.parametrize(("value", "right", "wrong"), [
    ("(t > 0) + (t > -1)", "(1.0 * (t > 0) + 1.0 * (t > -1))", "((t > 0) | (t > -1))"),
    ("~(t > 0)", "(-1 - 1.0 * (t > 0))", "(t <= 0)"),
    ("((t > 0) * (t > -1) + (t > 0))", "2 * (t > 0)", "(t > 0)"),
    ("~(np.sin(t) > 0)", "(1 - 1.0 * (np.sin(t) > 0))", "(-1 - 1.0 * (np.sin(t) > 0))"),
])  # fmt: skip
def test_truths_of_a_number_of_python_are_integers(tmp_path, value, right, wrong):
    text = "import numpy as np\n\ndef f_forward(x: 'n', t: 'number'):\n    return x * ({}), (x, t)\n\n"
    text += "def f_backward(g, cache):\n    x, t = cache\n    return g * ({}), None\n"
    assert decided(tmp_path, text.format(value, right)) == PROVED
    assert decided(tmp_path, text.format(value, wrong)) == REFUTED


NOT_TOLD = [
    "k = len(i for i in range(4))",
    "k = str(i for i in range(4))",
    "print(l.pop() for i in range(2))",
    "k = 2 if '2.0' == f'{4 / 2}' else 5",
    "k = 2 if '2.0' != str(2.0) else 5",
    "k = 2 if 'h02' == f'h{2:02d}' else 5",
    "k = 2 if None == f'{1.5}' else 5",
    "k = 2 if f'{1.5}' in ('1.5', 'b') else 5",
    "k = 2 if '1.5' in (f'{1.5}', 'b') else 5",
    "k = {'1.5': 2}.get(f'{1.5}', 5)",
    "k = max('b', f'{1.5}')",
    "k = 2 if 'float64' == x.dtype else 5",
    "k = 2 if x.dtype else 5",
    "k = 2 if x.real else 5",
    "k = 2 if np else 5",
    "k = np.float64(0.1) + 0.2 == 0.3",
    "k = np.array([0.1, 0.3]) * 3 > 0.3",
    "k = math.sqrt(2) ** 2 == 2",
    "k = x ** (0.1 * 3 * 10)",
    "k = 2 if sum([0.1] * 10) == 1 else 5",
    "k = 1e300 * 1e300 > 3",
    "k = round(x.sum())",
]  # fmt: skip


@pytest.mark.parametrize("line", one_in(4, NOT_TOLD))
def test_what_is_not_told_is_refused(tmp_path, line):
    assert decided(tmp_path, pair_of(f"l = [1, 2, 3]\n{line}\nreturn x, x", "1")) == REFUSED


def test_the_truth_of_an_object_of_the_file_is_refused(tmp_path):
    text = (
        "import numpy as np\n\nclass f:\n    def __len__(self):\n        return 0\n\n    def forward(self, x: 'n'):\n"
        "        return x * (2.0 if self else 5.0)\n\n    def backward(self, g):\n        return {} * g\n"
    )
    assert decided(tmp_path, text.format(2)) == decided(tmp_path, text.format(5)) == REFUSED
