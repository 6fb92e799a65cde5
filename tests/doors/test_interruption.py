"""Ctrl-C: status 130, one line, nothing left behind, wherever the program is; see campaign.py for many signals.

No clock decides here: the signal is sent when the program has come to a certain place, which it shows by a file that it
has opened, a process that it has started or a line that it has written.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest
from doors.campaign import HANG, chain, is_right, members
from support.long_tests import often

from dyadic import scratch

AT = """
import os, sys, threading
sys.argv = ["dyadic", *{arguments!r}]

def watch(event, arguments):
    if event == "import" and arguments[0] == {module!r}:
        sys.stdout.write("HERE\\n"), sys.stdout.flush()

sys.addaudithook(watch)
from dyadic.entry import main
main()
"""


def _as_from_a_terminal():
    """Signals that whoever runs the tests ignores, as nohup does, are not ignored here."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def start(arguments, folder, program=None, module=None):
    command = ["-m", "dyadic", *map(str, arguments)] if program is None else [
        "-c", program.format(arguments=[*map(str, arguments)], module=module)]  # fmt: skip
    (folder / "scratch").mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "TMPDIR": str(folder / "scratch")},
        preexec_fn=_as_from_a_terminal,
    )  # fmt: skip


def end(process, folder, number=signal.SIGINT):
    process.send_signal(number)
    _, errors = process.communicate(timeout=HANG)
    return process.returncode, errors, [*map(str, (folder / "scratch").iterdir()), *members(process.pid)]


METHODS = "dyadic.proofs.methods.registry"


@pytest.mark.parametrize(
    "module", often(["click", "sympy", "numpy", "flint", METHODS, "typst"], {"click", "sympy"}.__contains__)
)
def test_during_the_imports(module, tmp_path):
    process = start(["build", "examples/digits.toml", "-o", tmp_path / "out"], tmp_path, AT, module)
    assert process.stdout.readline() == "HERE\n"
    assert is_right(*end(process, tmp_path))
    assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["scratch"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("module", ["dyadic.process", "dyadic.scratch", "signal", "threading", "pathlib"])
def test_from_the_first_import_on(module, number, tmp_path):
    """Also while the little is imported that ends the program; -S, as site may have imported some of it before."""
    program = AT.format(arguments=["derive", "examples/digits.toml"], module=module)
    program = program.replace("import os, sys, threading", "import sys")
    program = program.replace("sys.stdout.flush()", "sys.stdout.flush(), sys.stdin.readline()")
    program = f"import sys; sys.path[:] = {sys.path!r}\n" + program
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", program],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=_as_from_a_terminal,
    )  # fmt: skip
    assert process.stdout.readline() == "HERE\n"
    process.send_signal(number)
    _, errors = process.communicate("\n", timeout=HANG)
    assert (process.returncode, errors.count("\n")) == (128 + number, 1), errors


def test_a_build_of_3000_layers_while_it_works(tmp_path):
    """The place of the folder is held by then, and nothing of it stays."""
    network = tmp_path / "deep.toml"
    network.write_text(chain(3000))
    process = start(["build", network, "-o", tmp_path / "a/b/out"], tmp_path, AT, "dyadic.codegen.numpy_target")
    assert process.stdout.readline() == "HERE\n"
    assert any(path.name.startswith(".out.") for path in (tmp_path / "a/b").iterdir())
    assert is_right(*end(process, tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {"deep.toml", "scratch"}


@pytest.mark.parametrize("number", often([signal.SIGTERM, signal.SIGHUP], lambda number: number == signal.SIGTERM))
def test_other_signals_leave_nothing_either(number, tmp_path):
    process = start(["verify", "examples/digits.toml", "--certificate", tmp_path / "c.json"], tmp_path, AT, METHODS)
    assert process.stdout.readline() == "HERE\n"
    status, errors, left = end(process, tmp_path, number)
    assert (status, errors.count("\n"), left) == (128 + number, 1, [])
    assert [path.name for path in tmp_path.iterdir()] == ["scratch"]


WORKERS = """
import os, sys
import dyadic.commands
from dyadic import entry, scratch
from dyadic.proofs.methods.shared.parallel import in_parallel

def work(number):
    sys.stdout.write("HERE\\n"), sys.stdout.flush()
    while True:
        pass

def command(**options):
    with scratch.temporary_folder():
        in_parallel(work, [(1,), (2,)], True)

os.sched_getaffinity = lambda process: {0, 1}
dyadic.commands.layers = command
sys.argv = ["dyadic", "layers"]
entry.main()
"""
SWALLOWING = """
import sys
from dyadic import process
process.watch_signals()
class Deaf:
    def __del__(self):
        try:
            sum(range(10**5))
        except BaseException:
            pass
sys.stdout.write("HERE\\n"), sys.stdout.flush()
while True:
    try:
        Deaf()
    except BaseException:
        pass
"""
COMPILED = """
import hashlib, sys
from dyadic import process
process.watch_signals()
sys.stdout.write("HERE\\n"), sys.stdout.flush()
hashlib.pbkdf2_hmac("sha256", b"word", b"salt", 2**31 - 1)  # half an hour in one call of compiled code
"""


@pytest.mark.parametrize("program", [WORKERS, SWALLOWING, COMPILED], ids=["workers", "swallowing", "compiled"])
def test_what_swallows_an_exception_does_not_swallow_a_signal(program, tmp_path):
    """Worker processes, code that catches everything, and one long call of compiled code."""
    process = start([], tmp_path, program.replace("{", "{{").replace("}", "}}"))
    assert process.stdout.readline() == "HERE\n"
    assert is_right(*end(process, tmp_path))


def test_an_ignored_signal_stays_ignored(tmp_path):
    """As under nohup, or in the background of a script."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dyadic", "derive", "examples/digits.toml"], stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )  # fmt: skip
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=HANG)
    assert process.returncode == 0
    assert output.startswith("digits-mlp")


def test_a_file_that_was_removed_is_not_made_again(tmp_path):
    output = scratch.Output(tmp_path / "a.pdf")
    writer = threading.Thread(target=output.write, args=(b"whole",))
    with scratch.LOCK:  # as whoever stops the program
        scratch.remove_all()
        writer.start()
        writer.join(0.5)
        assert list(tmp_path.iterdir()) == []
    writer.join()
    assert (tmp_path / "a.pdf").read_bytes() == b"whole"


STARTING = """
import subprocess
from dyadic.process import watch_signals

watch_signals()
print("HERE", flush=True)
while True:
    subprocess.run(["sleep", "60"])
"""


def test_no_process_is_started_while_the_program_ends(tmp_path):
    """A thread whose child is killed goes on, here to start the next one."""
    for _ in range(5):
        process = start([], tmp_path, STARTING)
        assert process.stdout.readline() == "HERE\n"
        status, errors, left = end(process, tmp_path)
        assert is_right(status, errors, left), (status, errors, left)
