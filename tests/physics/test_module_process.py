"""Somebody else's module: whatever it does to its process, `certify` says so in time, and not that all is well."""

import json
import time

import pytest
from support.command import run
from support.foreign_modules import certified, is_running, written
from support.rounded_chain import derived

import dyadic
from dyadic.physics.loading import emitted_network, imported
from dyadic.physics.starts import problem


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_outcome_is_that_of_the_imported_module(tmp_path, dtype):
    path = written(tmp_path, "pass", dtype)
    given = problem(emitted_network(derived()), None, None, 3, 0)
    assert certified(path) == dyadic.certify(derived(), imported(path.read_text()), *given)
    assert certified(path).verdict == "proved"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("import os; os._exit(0)", "ended its process with status 0, and gave no answer"),
        ("import os; os._exit(7)", "ended its process with status 7"),
        ("import os; os.kill(os.getpid(), 11)", "was ended by signal 11"),
        ("import ctypes; ctypes.string_at(0)", "was ended by signal 11"),
        ("import os; os.abort()", "was ended by signal 6"),
        ("raise SystemExit(0)", r"computes no gradients \(SystemExit: 0\)"),
        ("raise KeyboardInterrupt", r"computes no gradients \(KeyboardInterrupt: "),
        ("W_bar_c = W_bar_c + 1j", "W_bar_c|c.weight is of type complex128"),
        ("W_bar_c = np.ma.masked_array(W_bar_c, mask=True)", "c.weight is a masked array"),
    ],
)
def test_a_module_that_ends_its_process_is_refused(tmp_path, line, message):
    with pytest.raises(dyadic.DyadicError, match=message):
        certified(written(tmp_path, line))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import os; os._exit(0)", "ended its process with status 0"),
        ("while True: pass", "did not come back within 1 s; --limit SECONDS gives it longer"),
        ("", "is no module that `dyadic emit` wrote"),
        ("PARAMETERS = INPUTS = TARGETS = {'W': [1]}\nDTYPE = gradients = None", "its tensors have other shapes"),
    ],
)
def test_a_file_that_ends_its_process_or_never_ends_is_refused(tmp_path, text, message):
    path = tmp_path / "module.py"
    path.write_text(text)
    with pytest.raises(dyadic.DyadicError, match=message):
        certified(path, 1.0 if "while" in text else 60.0)


@pytest.mark.parametrize(
    ("end", "message", "limit"),
    [
        ("os._exit(0)", "ended its process with status 0", 60.0),
        pytest.param("time.sleep(90)", "did not come back within 10 s", 10.0, marks=pytest.mark.long),
    ],
)
def test_what_a_module_started_ends_with_it(tmp_path, end, message, limit):
    number = tmp_path / "number"
    line = f"import os, time; child = os.fork() or time.sleep(90); open({str(number)!r}, 'w').write(str(child)); "
    with pytest.raises(dyadic.DyadicError, match=message):
        certified(written(tmp_path, line + end), limit)
    for _ in range(100):
        if not is_running(int(number.read_text())):
            return
        time.sleep(0.05)
    pytest.fail("it goes on")


def test_a_module_that_needs_something_says_so_itself(tmp_path):
    for line, told in [
        ("import no_such_library", True),
        ("raise RuntimeError('this module needs CuPy')", True),
        ("1 / 0", False),
    ]:
        with pytest.raises(dyadic.DyadicError, match="computes no gradients") as caught:
            certified(written(tmp_path, line))
        assert ("dyadic emit" not in str(caught.value)) == told, line


def test_an_error_of_the_file_names_the_file(tmp_path):
    path = tmp_path / "module.py"
    path.write_text("x = (\n")
    with pytest.raises(dyadic.DyadicError, match=r"\(module\.py, line 1\)"):
        certified(path, 60.0)


def test_the_command(tmp_path):
    """One line, an exit status that is not 0, and what the module prints never among the JSON."""
    spec = tmp_path / "chain.toml"
    spec.write_text(
        'name = "chain"\n[inputs.a]\nshape = [2]\n[cost]\ntype = "squared_error"\n'
        '[[layers]]\nname = "b"\ntype = "dense"\nunits = 3\nactivation = "tanh"\n'
        '[[layers]]\nname = "c"\ntype = "dense"\nunits = 2\n'
    )
    done = run("certify", spec, "--module", written(tmp_path, "import os; os._exit(0)"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    done = run("certify", spec, "--module", written(tmp_path, "while True: pass"), "--limit", "1.5")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "--limit" in done.stderr
    done = run("certify", spec, "--module", written(tmp_path, "print('said')"), "--format", "json")
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (0, "proved")
    assert done.stderr.count("said") == 1
    done = run("certify", spec, "--limit", "1")
    assert (done.returncode, done.stderr.count("--module")) == (2, 1)
