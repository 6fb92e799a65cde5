"""Every command with streams that are closed, full, or of another encoding, and with assertions switched off."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from support.long_tests import one_in

PROGRAM = [sys.executable, "-m", "dyadic"]
NETWORK = "examples/claims/network.toml"
PLAIN = {
    "version": (["--version"], 0),
    "help": (["--help"], 0),
    "derive": (["derive", NETWORK], 0),
    "derive json": (["derive", NETWORK, "--format", "json"], 0),
    "verify": (["verify", NETWORK], 0),
    "verify too few": (["verify", NETWORK, "--steps", "1"], 1),
    "methods": (["explain"], 0),
    "claims": (["verify", NETWORK, "--claims", "examples/claims/right.toml"], 0),
    "check": (["check", "@certificate"], 0),
    "emit": (["emit", NETWORK, "--target", "numpy"], 0),
    "emit to a file": (["emit", NETWORK, "--target", "cupy", "-o", "@out.py"], 0),
    "appendix": (["appendix", NETWORK, "-o", "@out.tex"], 0),
    "build": (["build", NETWORK, "-o", "@out"], 0),
    "layers": (["layers"], 0),
    "doctor": (["doctor"], 0),
    "a mistake": (["derive", "missing.toml"], 2),
}
FEW = ("help", "verify too few", "check", "a mistake")
SAYS_NOTHING = {"emit to a file", "appendix", "a mistake"}
"""Commands that write nothing to standard output."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    path = tmp_path_factory.mktemp("certificate") / "c.json"
    subprocess.run([*PROGRAM, "verify", NETWORK, "--certificate", path], check=True, capture_output=True)
    return path


def run(name, tmp_path, certificate, redirection="", python=(), **environment):
    """A command in a shell, with a redirection."""
    arguments, usual = PLAIN[name]
    words = [str(certificate) if word == "@certificate" else word.replace("@", f"{tmp_path}/") for word in arguments]
    done = subprocess.run(
        ["sh", "-c", f'"$@" {redirection}', "sh", sys.executable, *python, "-m", "dyadic", *words],
        capture_output=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip
    errors = done.stderr.decode(errors="replace")
    assert "Traceback" not in errors
    assert "Exception ignored" not in errors
    assert "defect" not in errors
    return done, errors, usual


@pytest.mark.parametrize("name", one_in(8, PLAIN))
def test_standard_output_closed(name, tmp_path, certificate):
    """As a full device: what cannot be said has not been decided, and a code that is lost has not been emitted."""
    done, errors, usual = run(name, tmp_path, certificate, ">&-")
    assert (done.returncode, errors.count("\n")) == ((usual, usual == 2) if name in SAYS_NOTHING else (2, 1)), errors


@pytest.mark.parametrize("name", FEW)
def test_standard_error_closed(name, tmp_path, certificate):
    done, _, usual = run(name, tmp_path, certificate, "2>&-")
    assert done.returncode == usual


@pytest.mark.parametrize("name", one_in(6, [*PLAIN][1:] + [*PLAIN][:1]))
def test_a_full_device(name, tmp_path, certificate):
    """Nothing could be said, so nothing was decided: never the status of a verdict."""
    done, errors, usual = run(name, tmp_path, certificate, "> /dev/full")
    assert (done.returncode, errors.count("\n")) == ((usual, usual == 2) if name in SAYS_NOTHING else (2, 1)), errors


@pytest.mark.parametrize("name", FEW)
def test_a_full_device_for_errors(name, tmp_path, certificate):
    done, _, usual = run(name, tmp_path, certificate, "2> /dev/full")
    assert done.returncode == usual


@pytest.mark.parametrize("name", one_in(8, [*FEW, "derive", "claims", "methods", "layers", "doctor"]))
@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_an_encoding_that_lacks_characters(name, encoding, tmp_path, certificate):
    done, errors, usual = run(name, tmp_path, certificate, PYTHONIOENCODING=encoding)
    assert done.returncode == usual, errors


@pytest.mark.parametrize("name", ["derive", "verify", "layers", "doctor"])
def test_the_c_locale(name, tmp_path, certificate):
    done, errors, usual = run(
        name, tmp_path, certificate, LC_ALL="C", LANG="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0"
    )
    assert done.returncode == usual, errors


@pytest.mark.parametrize("name", one_in(6, [*PLAIN][2:] + [*PLAIN][:2]))
def test_without_assertions(name, tmp_path, certificate):
    """``python -O`` computes the same."""
    done, errors, usual = run(name, tmp_path, certificate, python=("-O",))
    assert done.returncode == usual, errors


@pytest.mark.parametrize("name", one_in(6, sorted(PLAIN.keys() - SAYS_NOTHING)))
def test_a_reader_that_has_gone(name, tmp_path, certificate):
    """Silent, with the status that a shell gives to a process that SIGPIPE ended."""
    reader, writer = os.pipe()
    os.close(reader)
    arguments, _ = PLAIN[name]
    words = [str(certificate) if word == "@certificate" else word.replace("@", f"{tmp_path}/") for word in arguments]
    done = subprocess.run([sys.executable, "-m", "dyadic", *words], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_json_is_json_in_every_encoding(tmp_path, certificate):
    done, _, _ = run("derive json", tmp_path, certificate, PYTHONIOENCODING="ascii")
    assert json.loads(done.stdout)["L"] == 4


@pytest.mark.long
def test_a_name_that_the_encoding_lacks(tmp_path):
    """Refused where the text would say something else: code, and equations in text or LaTeX; escaped in JSON."""
    path = tmp_path / "net.toml"
    layer = '[[layers]]\nname = "\u03b2"\ntype = "dense"\nunits = 2\n'
    text = f'[inputs."\u03b1"]\nshape = [3]\n{layer}[cost]\ntype = "squared_error"\n'
    path.write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    commands = {
        "emit": ["emit", path, "--target", "numpy"],
        "text": ["derive", path],
        "latex": ["derive", path, "--format", "latex"],
        "json": ["derive", path, "--format", "json"],
    }
    done = {
        name: subprocess.run([*PROGRAM, *command], capture_output=True, env=environment, check=False)
        for name, command in commands.items()
    }
    for name in ("emit", "text", "latex"):
        assert (done[name].returncode, done[name].stdout) == (2, b""), name
        assert done[name].stderr.startswith(b"dyadic: standard output cannot hold '\\u03b"), name
        assert done[name].stderr.count(b"\n") == 1
    assert done["json"].returncode == 0
    assert "x:\u03b2" in [equation["tag"] for equation in json.loads(done["json"].stdout)["equations"]]
