"""Damaged, absurd and harmful inputs at every door: refused with status 2 and one line, nothing left behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.optional import needed

needed("onnx")
from hostile.inputs import cases  # noqa: E402

CASES = cases()


@pytest.fixture(scope="module")
def results():
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("program.py"))], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows = map(json.loads, done.stdout.splitlines())
    return {row["name"]: row for row in rows}


def test_there_are_enough_of_them_at_every_door():
    assert len(CASES) >= 200
    for door in ("toml", "onnx", "pt2", "certificate", "claims", "place", "option"):
        assert sum(name.startswith(door) for name in CASES) >= 9


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_with_one_message(name, results):
    result = results[name]
    assert (result["status"], result["stdout"]) == (2, ""), result
    said = result["stderr"]
    assert said.count("\n") == 1, result
    assert said.startswith("dyadic: "), result
    assert len(said) < 2_000
    assert "Traceback" not in said
    assert "defect" not in said, result


@pytest.mark.parametrize("name", CASES)
def test_it_leaves_nothing_behind_and_takes_little(name, results):
    assert results[name]["left"] == []
    assert results[name]["MiB"] < 1024
