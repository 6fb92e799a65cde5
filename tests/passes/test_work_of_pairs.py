"""A pair, and the pairs of a file, take an amount of work that is counted; beyond it they are undecided."""

import json

import pytest

from dyadic.code_checks import FILE, check_vjp
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.number_systems.work import at_most
from dyadic.proofs.statements.verdict import pair_verdict
from dyadic.symbolic.readers.python_code import CodeFile

TOWER = 'def f_forward(x: "n d"):\n    y = x\n    for i in range({}):\n        y = {}\n    return y, x\n'
WRONG = "def f_backward(g, x):\n    return g\n"
SMALL = 'def {0}_forward(x: "n d"):\n    return np.tanh(x), x\n'
SMALL += "def {0}_backward(g, x):\n    return g * (1 - np.tanh(x) ** 2)\n"


def written(tmp_path, text):
    path = tmp_path / "f.py"
    path.write_text("import numpy as np\n" + text)
    return path


@pytest.mark.long
@pytest.mark.parametrize("text", [TOWER.format(300, "np.tanh(y) + y"), TOWER.format(50, "np.maximum(y * 2 - 1, -y)")])
def test_a_pair_has_an_end(tmp_path, text):
    """What it takes is counted, and hardly more than it may take; benchmarks measure the time."""
    path = written(tmp_path, text + WRONG)
    with at_most(10**9) as meter:
        found = pair_verdict.examine_pair(CodeFile(path, "f"))
    assert found.verdict in (Verdict.UNDECIDED, Verdict.REFUTED)
    assert 0 < meter.spent < 1.2 * pair_verdict._PAIR


def test_the_work_of_a_pair_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(pair_verdict, "_PAIR", 200)
    path = written(tmp_path, TOWER.format(3, "np.tanh(y) + y") + WRONG)
    found = pair_verdict.examine_pair(CodeFile(path, "f"))
    assert found.verdict is Verdict.UNDECIDED
    assert "more work than one claim may" in found.reason


def test_the_work_of_a_file_is_counted(tmp_path, monkeypatch, capsysbinary):
    """The last pairs of a long file are undecided, and say that it is for this; alone each is decided."""
    path = written(tmp_path, "".join(SMALL.format(f"f{number}") for number in range(6)))
    with at_most(10**9) as meter:
        assert check_vjp(str(path), (), "json", False) == 0
    capsysbinary.readouterr()
    monkeypatch.setattr("dyadic.code_checks.FILE", meter.spent // 2)
    check_vjp(str(path), (), "json", False)
    pairs = json.loads(capsysbinary.readouterr().out)["pairs"]
    assert [pair["id"] for pair in pairs] == [f"f{number}" for number in range(6)]
    assert pairs[0]["verdict"] == "proved"
    assert pairs[-1]["verdict"] == "undecided"
    assert "the pairs before it took all the work that a file may" in pairs[-1]["reason"]
    assert check_vjp(f"{path}:f5", (), "json", False) == 0
    capsysbinary.readouterr()
    monkeypatch.setattr("dyadic.code_checks.FILE", 10)
    assert check_vjp(f"{path}:f5", (), "json", False) == 3
    (alone,) = json.loads(capsysbinary.readouterr().out)["pairs"]
    assert "the pairs before it" not in alone["reason"]
    assert "--size" in alone["reason"]


@pytest.mark.long
def test_a_file_of_many_pairs_has_an_end(tmp_path, capsysbinary):
    path = written(tmp_path, "".join(SMALL.format(f"f{number}") for number in range(500)))
    with at_most(10**9) as meter:
        check_vjp(str(path), (), "json", False)
    assert len(json.loads(capsysbinary.readouterr().out)["pairs"]) == 500
    assert 0 < meter.spent < 1.2 * FILE
