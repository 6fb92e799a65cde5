"""The command line as a user meets it: output, exit status, bad input, pipes and interruption."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support.command import COMMAND, run

from dyadic.codegen.compilers import find_c_compiler, has_device

DIGITS = "examples/digits.toml"


def test_derive():
    done = run("derive", DIGITS)
    assert (done.returncode, done.stderr) == (0, "")
    assert "s_hidden[j] = Sum[i<32] W_hidden2[i, j] zbar_hidden2[i] + s_joined[j]    [s:hidden " in done.stdout
    latex = run("derive", DIGITS, "--format", "latex").stdout
    assert latex.count(r"\begin{align}") == latex.count(r"\end{align}") == 5
    content = json.loads(run("derive", DIGITS, "--format", "json").stdout)
    assert (content["L"], content["steps"], len(content["equations"])) == (4, 8, 19)


def test_verify_and_check(tmp_path):
    path = tmp_path / "certificate.json"
    done = run("verify", DIGITS, "--certificate", path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("PROVED: after 8 unit steps")
    assert "digits-mlp: 23 proved, 0 refuted, 0 undecided; certificate " in done.stdout
    checked = run("check", path)
    assert checked.returncode == 0
    assert checked.stdout.startswith("CONFIRMED: steps and all that it rests on were verified again")
    path.write_text(path.read_text().replace('"steps": 8', '"steps": 7', 1))
    rejected = run("check", path)
    assert (rejected.returncode, rejected.stdout[:8]) == (1, "REJECTED")


@pytest.mark.parametrize("module", ["dyadic", "dyadic.proofs.checker"])
def test_what_is_no_certificate_is_not_rejected(module, tmp_path):
    """As for every other input that cannot be read: a verdict would be about something."""
    texts = ("", "[", "null", "[]", "{}", '{"format": 4}', '{"format": "dyadic-certificate/3"}', '{"a": 1, "a": 1}')
    files = [tmp_path / f"{k}.json" for k in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    for place in (tmp_path, tmp_path / "missing.json", DIGITS, *files):
        command = ["check", str(place)] if module == "dyadic" else [str(place)]
        done = subprocess.run([sys.executable, "-m", module, *command], capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_verify_json():
    content = json.loads(run("verify", DIGITS, "--format", "json").stdout)
    assert {"architecture", "L", "steps", "verdict", "claims"} <= set(content)
    keys = {"id", "kind", "subject", "numbers", "statement", "verdict", "method", "hypotheses", "trusted"}
    assert all(keys <= set(claim) for claim in content["claims"])
    assert set(content["seconds"]) == {claim["id"] for claim in content["claims"]} - {"steps"}
    assert (content["architecture"], content["L"], content["steps"], content["verdict"]) == (
        "digits-mlp",
        4,
        8,
        "proved",
    )


def test_one_step_fewer_is_refuted():
    done = run("verify", DIGITS, "--steps", "7")
    assert done.returncode == 1
    assert done.stdout.startswith("REFUTED: it is not so that after 7 unit steps")
    assert "REFUTED    steps" in done.stdout
    assert "value exact: " in done.stdout  # its counterexample
    assert "sizes: the network's own\n" in done.stdout


@pytest.mark.parametrize("steps", [0, 3, 7])
def test_fewer_steps_are_refuted_by_numbers_of_the_network_itself(steps):
    done = run("verify", DIGITS, "--steps", steps, "--format", "json")
    claims = json.loads(done.stdout)["claims"]
    (refuted,) = (claim for claim in claims if claim["verdict"] == "refuted")
    found = refuted["counterexample"]
    assert refuted["id"] == "steps"
    assert found["sizes"] == {"64": 64, "32": 32, "10": 10}
    assert found["steps"] == 8, "numbers that are off one step before the last are off at any earlier one"
    assert found["value_before"] != found["value_exact"]
    witness = next(claim["witness"] for claim in claims if claim["id"] == "tightness")
    said = f"value before is that after 7 steps: were the state exact after {steps}, it would be so then"
    assert found == (witness if steps == 7 else {"about": said, **witness})


def test_emit(tmp_path):
    for target in ("numpy", "cupy", "c"):
        path = tmp_path / f"{target}.py"
        assert run("emit", DIGITS, "--target", target, "--dtype", "float32", "-o", path).returncode == 0
        named = ("-o", "-") if target == "c" else ()
        assert run("emit", DIGITS, "--target", target, "--dtype", "float32", *named).stdout == path.read_text()


def test_build(tmp_path):
    done = run("build", DIGITS, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    wanted = {
        "derivation.json", "certificate.json", "kernels_c.py", "kernels_cupy.py", "kernels_numpy.py", "appendix.tex",
        "appendix.pdf", "dyadic-appendix.sty", "dyadic.bib",
    }  # fmt: skip
    assert {path.name for path in (tmp_path / "out").iterdir()} == wanted
    compiler = find_c_compiler()
    fastest = f"kernels_c.py, compiled at its first use with {compiler}" if compiler else "kernels_numpy.py"
    assert f"fastest here: {fastest}" in done.stdout or has_device()
    assert run("check", tmp_path / "out" / "certificate.json").returncode == 0


def test_doctor():
    done = run("doctor")
    assert done.returncode == 0
    for thing in ("GPU", "NVRTC", "C compiler", "g++", "coqc", "Coquelicot", "pdflatex"):
        assert thing in done.stdout
    extras = tomllib.loads(Path("pyproject.toml").read_text())["project"]["optional-dependencies"]
    for extra in extras.keys() - {"test"}:
        assert f"extra '{extra}': " in done.stdout


def test_one_equation_from_certificate_to_kernel_to_appendix(tmp_path):
    """The tag and hash of an equation are the same everywhere."""
    run("build", DIGITS, "-o", tmp_path)
    value = json.loads((tmp_path / "certificate.json").read_text())["equations"]["s:hidden"]["hash"]
    assert value in (tmp_path / "derivation.json").read_text()
    for name in ("kernels_numpy.py", "kernels_cupy.py"):
        assert f"s:hidden {value[:12]}" in (tmp_path / name).read_text()
    assert value[:12] in (tmp_path / "appendix.tex").read_text()


SMALL = """
[inputs.x]
shape = [2]
[[layers]]
name = "a"
type = "tanh"
[cost]
type = "squared_error"
"""
SYMBOLIC = """
[inputs.x]
shape = ["m"]
[[layers]]
name = "a"
type = "dense"
units = "n"
[cost]
type = "squared_error"
"""


def test_named_sizes(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(SYMBOLIC)
    assert run("derive", path).returncode == 0
    assert run("verify", path).returncode == 0
    assert run("appendix", path, "-o", tmp_path / "s.pdf").returncode == 0
    for command in (("emit", path, "--target", "numpy"), ("build", path, "-o", tmp_path / "out")):
        done = run(*command)
        assert (done.returncode, done.stdout) == (2, "")
        assert "numbers for the sizes m, n" in done.stderr
    assert not (tmp_path / "out").exists()


BAD = {
    "missing file": (("verify", "missing.toml"), "missing.toml: cannot be read"),
    "directory": (("derive", "examples"), "examples: cannot be read"),
    "unknown command": (("prove", DIGITS), "No such command 'prove'"),
    "unknown option": (("verify", DIGITS, "--fast"), "No such option"),
    "no arguments": (("verify",), "Missing argument 'SPEC'"),
    "unknown target": (("emit", DIGITS, "--target", "cuda"), "is not one of 'cupy', 'numpy', 'c'"),
    "unknown ending": (("appendix", DIGITS, "-o", "a.docx"), "'.docx' is not one of .tex, .pdf"),
    "unwritable folder": (("build", DIGITS, "-o", "/proc/none"), "/proc/none: cannot be written"),
    "unwritable certificate": (("verify", DIGITS, "--certificate", "/proc/none/c.json"), "cannot be written"),
    "folder to standard output": (("build", DIGITS, "-o", "-"), "-: a folder cannot be written to standard output"),
    "figure to standard output": (("figure", DIGITS, "-o", "-"), "'' is not one of"),
    "states to standard output": (("relax", DIGITS, "-o", "-"), "-: "),
    "a page to be checked": (("check", "paper/flagship/appendix.html"), "appendix.html: a page is not checked"),
    "states to an ending": (("relax", DIGITS, "-o", "x.txt"), "x.txt: the ending '.txt' is not .npz"),
    "appendix in no folder": (("appendix", DIGITS, "-o", "/proc/none/a.tex"), "/proc/none/a.tex: cannot be written"),
    "module without a name": (("emit", DIGITS, "--target", "numpy", "-o", "."), "is the name of a folder"),
    "two modules": (("emit", DIGITS, "--target", "numpy", "-o", "a.py", "-o", "b.py"), "--output is given twice"),
    "two targets": (("emit", DIGITS, "--target", "numpy", "--target", "c"), "--target is given twice"),
    "one figure twice": (("figure", DIGITS, "-o", "a.svg", "-o", "tests/../a.svg"), "tests/../a.svg: is given twice"),
    "unwritable appendix": (("appendix", DIGITS, "-o", "/proc/none/a.pdf"), "cannot be written"),
    "module called C": (("emit", DIGITS, "--target", "c", "-o", "k.c"), "k.c: what is written is a module in Python"),
    "module called CUDA": (("emit", DIGITS, "--target", "cupy", "-o", "k.cu"), "give it a name that ends in .py"),
    "module called arrays": (("emit", DIGITS, "--target", "numpy", "-o", "k.npz"), "give it a name that ends in .py"),
    "graph called Python": (
        ("emit", DIGITS, "--target", "onnx", "-o", "k.py"),
        "k.py: what is written is an ONNX graph",
    ),
    "unwritable module": (("emit", DIGITS, "--target", "numpy", "-o", "/proc/none/k.py"), "cannot be written"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    arguments, message = BAD[case]
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_bad_spec_is_one_line(tmp_path):
    path = tmp_path / "net.toml"
    path.write_text(SYMBOLIC.replace("dense", "dens"))
    done = run("verify", path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"dyadic: {path}: layer 'a': type 'dens' is unknown; did you mean 'dense'?")


@pytest.mark.parametrize("command", ["verify", "derive"])
def test_a_certificate_is_no_architecture(command, tmp_path):
    path, own = tmp_path / "net.toml", tmp_path / "c.json"
    path.write_text(SMALL)
    assert run("verify", path, "--certificate", own).returncode == 0
    done = run(command, own)
    assert (done.returncode, done.stderr) == (
        2, f"dyadic: {own}: is a certificate, and no architecture; use `dyadic check {own}`\n",
    )  # fmt: skip
    own.write_text('{"name": "net"}')
    assert "is not TOML" in run(command, own).stderr


def test_nothing_is_left_behind_by_a_refused_output(tmp_path):
    run("appendix", DIGITS, "-o", tmp_path / "a.docx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [
    ("emit", "--target", "numpy", "-o"), ("verify", "--certificate"), ("appendix", "-o"),
])  # fmt: skip
def test_the_input_is_not_written_over(arguments, tmp_path):
    command, *options = arguments
    path, link = tmp_path / "net.tex", tmp_path / "link.tex"
    path.write_text(SMALL)
    link.symlink_to(path)
    for output in (path, link):
        done = run(command, path, *options, output)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "is the input itself" in done.stderr
        assert path.read_text() == SMALL


def test_no_file_of_a_folder_is_written_over_the_input(tmp_path):
    path = tmp_path / "appendix.tex"
    path.write_text(SMALL)
    done = run("build", path, "-o", tmp_path)
    assert (done.returncode, path.read_text()) == (2, SMALL)
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_shown_of_kernels(tmp_path):
    path = tmp_path / "net.toml"
    path.write_text(SMALL)
    done = run("emit", path, "--target", "cupy", "--verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert " 0 wrong, " in done.stdout.splitlines()[-1]
    assert run("emit", path, "--target", "numpy", "--verify").returncode == 2


def test_a_reader_that_goes_away():
    done = subprocess.run(
        f"{sys.executable} -m dyadic derive {DIGITS} | head -1", shell=True, capture_output=True, text=True
    )
    assert done.stdout.startswith("digits-mlp: L = 4")
    assert "Traceback" not in done.stderr


def test_no_progress_in_a_pipe_and_some_on_a_terminal():
    piped = run("verify", DIGITS)
    assert piped.stderr == ""
    import pty

    leader, follower = pty.openpty()
    with subprocess.Popen([*COMMAND, "verify", DIGITS], stdout=subprocess.DEVNULL, stderr=follower) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                part = os.read(leader, 4096)
            except OSError:
                break
            if not part:
                break
            shown += part
        process.wait()
    os.close(leader)
    assert b"verifying" in shown
