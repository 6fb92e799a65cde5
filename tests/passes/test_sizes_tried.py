"""Where code needs numbers for sizes the first line says which, and sizes of 1 and beyond its numbers are tried."""

import json

import pytest

from dyadic.code_checks import check_vjp
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict import pair_verdict
from dyadic.symbolic.readers.python_code import CodeFile

HEAD = "import numpy as np\n\n"
LAG = """def f_forward(x: "n"):
    y = x.copy()
    for t in range(4, x.shape[0]):
        y[t] += 3 * x[t - 4]
    return y, x

def f_backward(g, x):
    dx = g.copy()
    for t in range(4, x.shape[0]):
        dx[t - 4] += 3 * g[t]
    return dx
"""


def pair(forward, backward, shapes="x: 'n'"):
    return f"def f_forward({shapes}):\n    {forward}\n\ndef f_backward(g, cache):\n    {backward}\n"


def examined(tmp_path, text, numbers=None):
    path = tmp_path / "f.py"
    path.write_text(HEAD + text)
    return pair_verdict.examined(CodeFile(path, "f"), numbers)


@pytest.mark.parametrize(("right", "wrong"), [
    (LAG, LAG.replace("dx[t - 4] += 3 * g[t]", "pass")),
    (pair("return 1.0 * np.roll(x, 6), 0", "return np.roll(g, -6)"), pair("return 1.0 * np.roll(x, 6), 0", "return g")),
    (pair("return x * (5 if x.shape[0] > 7 else 2), x", "return g * (5 if cache.shape[0] > 7 else 2)"),
     pair("return x * (5 if x.shape[0] > 7 else 2), x", "return 2 * g")),
    (pair("return x * (5 if len(x) == 1 else 2), x", "return g * (5 if len(cache) == 1 else 2)"),
     pair("return x * (5 if len(x) == 1 else 2), x", "return 2 * g")),
    (pair("return np.squeeze(x[:, None]) * 2, x", "return (2 * g).reshape(cache.shape)"),
     pair("return np.squeeze(x[:, None]) * 2, x", "return 2 * g[:, None][:, 0]")),
    (pair("return (x @ np.ones((3, 1))).squeeze() * 2, x", "return (2 * g).reshape(-1, 1) * np.ones(3)", "x: 'n 3'"),
     pair("return (x @ np.ones((3, 1))).squeeze() * 2, x", "return 2 * g[:, None] * np.ones(3)", "x: 'n 3'")),
])  # fmt: skip
def test_sizes_at_which_code_does_something_else(tmp_path, right, wrong):
    found = examined(tmp_path, right)
    assert found.claim.verdict is Verdict.PROVED, (found.claim.reason, found.claim.counterexample)
    assert found.only_at
    assert "n = 1" in found.only_at
    assert examined(tmp_path, wrong).claim.verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    "limit",
    ["k = 5", "k = 5.0", "k = 4.5", "k = 2 * 3", "k = 2**2", "k = {'n': 5}['n']", "k = (1, 5)[1]", "k = KEPT", ""],
)
def test_numbers_count_wherever_they_are_kept(tmp_path, limit):
    default = "" if limit else ", k=5"
    text = f"KEPT = 5\n\ndef f_forward(x: 'n'{default}):\n    {limit or 'pass'}\n    return x.sum(), x\n\n"
    for more, verdict in (("", Verdict.PROVED), ("2 * ", Verdict.REFUTED)):
        then = f"    {limit or 'k = 5'}\n    d = np.ones_like(x)\n    return g * d if len(x) < k else {more}g * d\n"
        found = examined(tmp_path, f"{text}def f_backward(g, x):\n{then}")
        assert found.claim.verdict is verdict, found.claim.reason


@pytest.mark.parametrize(
    ("number", "said"),
    [("2**30", 2**30), ("(2**39 + 1) * 3", 3 * (2**39 + 1)), (f"{'(' * 40}2{'**20)' * 40}", 2**400)],
)
def test_numbers_are_worked_out_while_they_are_short(tmp_path, number, said):
    """A power of a power of a power has more digits than there is memory."""
    backward = f"if False:\n        y = {number}\n    return np.roll(g, -1)"
    hypotheses = examined(tmp_path, pair("return 1.0 * np.roll(x, 1), 0", backward)).claim.hypotheses
    assert f"the code holds the number {said}, and not all sizes that were tried are larger" in hypotheses


def test_axes_and_exponents_count_for_nothing(tmp_path):
    text = pair("return np.sum(x, axis=-1) * 1.0, x", "return g[..., None] * np.ones_like(cache) ** 12", "x: 'n 2'")
    found = examined(tmp_path, text)
    assert not any("the code holds" in one for one in found.claim.hypotheses)


def test_what_is_not_tried_is_said(tmp_path):
    text = pair("return 1.0 * np.roll(x, 40), 0", "return np.roll(g, -40)")
    found = examined(tmp_path, text)
    assert "the code holds the number 40, and not all sizes that were tried are larger" in found.claim.hypotheses
    assert not any("the code holds" in one for one in examined(tmp_path, LAG).claim.hypotheses)


def test_the_first_line_says_at_which_sizes(tmp_path, capsys):
    path = tmp_path / "f.py"
    path.write_text(HEAD + LAG)
    assert check_vjp(str(path), (), "text", False) == 0
    assert capsys.readouterr().out.startswith("PROVED at n = 1, at n = 2, at n = 3 and at n = 6 only: 1 proved")
    assert check_vjp(str(path), ("n=5",), "json", False) == 0
    assert json.loads(capsys.readouterr().out)["pairs"][0]["only_at"] == ["n = 5"]
    path.write_text(HEAD + pair("return 2 * x, 0", "return 2 * g"))
    assert check_vjp(str(path), (), "text", False) == 0
    assert capsys.readouterr().out.startswith("PROVED: 1 proved")


@pytest.mark.parametrize(("first", "second", "expected"), [
    ("g * w, g * x", "dw, dx", Verdict.PROVED), ("g * x, g * w", "dw, dx", Verdict.REFUTED),
    ("dw, dx", "g * w, g * x", Verdict.PROVED), ("dw, dw", "dx, dw", Verdict.REFUTED),
])  # fmt: skip
def test_the_names_are_those_of_the_return_that_runs(tmp_path, first, second, expected):
    backward = (
        f"x, w, fast = cache\n    dx, dw = g * w, g * x\n    if fast:\n        return {first}\n    return {second}"
    )
    text = pair("return x * w, (x, w, fast)", backward, "x: 'n', w: 'n', fast=True")
    assert examined(tmp_path, text).claim.verdict is expected


def test_a_defect_in_one_pair_leaves_the_others_their_verdicts(tmp_path, capsys, monkeypatch):
    path = tmp_path / "f.py"
    text = pair("return 2 * x, 0", "return 2 * g")
    path.write_text(HEAD + text + text.replace("f_", "h_"))
    real = pair_verdict.examined

    def defective(file, numbers=None):
        if file.name == "f":
            raise KeyError("a mistake")
        return real(file, numbers)

    monkeypatch.setattr("dyadic.code_checks.examined", defective)
    assert check_vjp(str(path), (), "text", False) == 70
    out = capsys.readouterr().out
    assert "PROVED     h" in out
    assert "DEFECT     f: a defect of dyadic" in out
    assert check_vjp(str(path), (), "json", False) == 70
    found = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in found["pairs"]] == ["h"]
    assert list(found["defects"]) == ["f"]
    with pytest.raises(KeyError):
        check_vjp(f"{path}:f", (), "text", False)


@pytest.mark.parametrize(("shift", "expected"), [("i", Verdict.PROVED), ("2 - i", Verdict.REFUTED)])
def test_small_sizes_at_which_the_code_has_no_sense_are_left_out(tmp_path, shift, expected):
    """A part of n - 2 entries is empty, or none at all, at n = 2 and n = 1."""
    text = f"""def f_forward(x: "n", k: "3"):
    y = np.zeros(x.shape[0] - 2)
    for i in range(3):
        y += k[i] * x[i : x.shape[0] - 2 + i]
    return y, (x, k)

def f_backward(g, cache):
    x, k = cache
    dx, dk = np.zeros_like(x), np.zeros_like(k)
    for i in range(3):
        j = {shift}
        dx[j : x.shape[0] - 2 + j] += k[i] * g
        dk[i] = (g * x[i : x.shape[0] - 2 + i]).sum()
    return dx, dk
"""
    found = examined(tmp_path, text)
    assert found.claim.verdict is expected
    assert found.only_at == (("n = 3", "n = 5") if expected is Verdict.PROVED else ())


TRAP = """def f_forward(x: "n d"):
    return x / x.sum(1, keepdims=True), x

def f_backward(g, x):
    s = x.sum(1, keepdims=True)
    c = (g * x).sum(1)
    if c.shape[0] == x.shape[1]:
        return g / s - {} / s ** 2
    return g / s - c[:, None] / s ** 2
"""


def test_equal_sizes_are_tried(tmp_path):
    """An array of n numbers is broadcast along the other axis where that has n entries too."""
    assert examined(tmp_path, TRAP.format("c[None, :]")).claim.verdict is Verdict.REFUTED
    right = examined(tmp_path, TRAP.format("c[:, None]"))
    assert right.claim.verdict is Verdict.PROVED
    assert "n = 2, d = 2" in right.only_at
    given = examined(tmp_path, TRAP.format("c[None, :]"), {"d": 5})
    assert given.claim.verdict is Verdict.REFUTED
