"""Where an axis has one entry its deviations from the mean are 0, and so is n - 1: what divides by them returns nan."""

import pytest
from passes.decided import PROVED, REFUTED
from support.long_tests import one_in

from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeFile

TEXT = """import numpy as np


def f_forward({shapes}):
    return {value}, x


def f_backward(g, x):
    {before}
    return {slope}
"""
NO_NUMBER_AT_ONE = [
    ("x: 'n'", "x ** 3 * 5", "n = len(x)", "15 * g * x ** 2 * (n - 2) / (n - 2)"),
    ("x: 'n'", "2 * x", "n = len(g)", "2 * g * (n - 1) / (n - 1)"),
    ("x: 'n'", "2 * x", "n = len(g)", "2 * g * np.log(n) / np.log(n)"),
    (
        "x: 'n d'",
        "((x - x.mean(1, keepdims=True)) ** 2).sum(1)",
        "c = x - x.mean(1, keepdims=True); s = (c ** 2).sum(1, keepdims=True)",
        "2 * c * s / s * g[:, None]",
    ),
    (
        "x: 'n d'",
        "np.log(np.exp(x).sum(1))",
        "e = np.exp(x); rest = e.sum(1, keepdims=True) - e",
        "g[:, None] * e / e.sum(1, keepdims=True) * rest / rest",
    ),
]
SILENT = [
    ("x: 'n d'", "np.std(x, axis=0)", "s = np.std(x, axis=0)", "(x - x.mean(0)) / (len(x) * s) * g", "n = 1"),
    ("x: 'n'", "x.var(ddof=1)", "n = len(x)", "2 * g * (x - x.mean()) / (n - 1)", "n = 1"),
]
FOR_ALL = [
    ("x: 'n'", "2 * x", "n = len(g)", "2 * g * (n + 1) / (n + 1)"),
    ("x: 'n d'", "np.log(np.exp(x).sum(1))", "e = np.exp(x)", "g[:, None] * e / e.sum(1, keepdims=True)"),
]


def examined(tmp_path, shapes, value, before, slope):
    path = tmp_path / "f.py"
    path.write_text(TEXT.format(shapes=shapes, value=value, before=before, slope=slope))
    return examine_pair(CodeFile(path, "f"))


@pytest.mark.parametrize("case", one_in(2, NO_NUMBER_AT_ONE))
def test_no_number_is_returned_at_one_size(tmp_path, case):
    claim = examined(tmp_path, *case)
    assert claim.verdict is REFUTED
    assert "n = 1" in claim.statement or "n = 2" in claim.statement


@pytest.mark.parametrize("case", SILENT)
def test_neither_has_a_value_at_a_size_of_one(tmp_path, case):
    *case, words = case
    claim = examined(tmp_path, *case)
    assert claim.verdict is PROVED
    assert any(f"somewhere at {words} too" in one for one in claim.hypotheses)


@pytest.mark.parametrize("case", FOR_ALL)
def test_nothing_special_at_a_size_of_one(tmp_path, case):
    claim = examined(tmp_path, *case)
    assert claim.verdict is PROVED
    assert not any("somewhere at" in one for one in claim.hypotheses)
