"""What a module may leave in place of its answer, and what it may leave running: one line, in time, and no left-overs.

The modules write at import what the program then reads, and end their process: nothing of that is an answer.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from support.foreign_modules import certified, is_running, written
from support.rounded_chain import derived

import dyadic
from dyadic.physics.given_arrays import Wanted
from dyadic.physics.loading import emitted_network
from dyadic.physics.module_process import ModuleProcess
from dyadic.physics.starts import problem

HEAD = "import json, os, pathlib, sys\nfolder = pathlib.Path(sys.argv[2])\nanswer = folder / 'answer.json'\n"
HEAD += "NAMES = ['PARAMETERS', 'INPUTS', 'TARGETS']\n"
LEFT = {
    "a pipe": "os.mkfifo(answer)",
    "a device": "os.symlink('/dev/zero', answer)",
    "a link": "answer.symlink_to(folder / 'emitted.py')",
    "a folder": "answer.mkdir()",
    "a file without end": "open(answer, 'w').truncate(2**40)",
    "half an object": "answer.write_text('{')",
    "nothing of it": "answer.write_text('{}')",
    "a list": "answer.write_text('[]')",
    "deep lists": "answer.write_text('[' * 100_000)",
    "no text": "answer.write_bytes(b'\\xff\\xfe')",
    "a number as a table": "answer.write_text(json.dumps(dict.fromkeys([*NAMES, 'DTYPE'], 5)))",
    "a number as a shape": "answer.write_text(json.dumps(dict.fromkeys(NAMES, {'a': 5})))",
}
OFTEN = ("a pipe", "a device", "deep lists", "a number as a shape")


def module(folder, text):
    path = folder / "module.py"
    path.write_text(f"{HEAD}{text}\nos._exit(0)\n")
    return path


@pytest.mark.parametrize("left", [one if one in OFTEN else pytest.param(one, marks=pytest.mark.long) for one in LEFT])
def test_what_is_no_answer(left, tmp_path):
    with pytest.raises(dyadic.DyadicError, match=r"module.py: what the module left is no answer"):
        ModuleProcess(module(tmp_path, LEFT[left]), 20.0)


@pytest.mark.parametrize("said", ["'\\x1b[2J PROVED: every gradient'", "{'a': 1}", "'x' * 10**7"])
def test_a_forged_error_is_one_short_line_that_names_the_module(said, tmp_path):
    path = module(tmp_path, f"answer.write_text(json.dumps({{'error': {said}}}))")
    with pytest.raises(dyadic.DyadicError) as raised:
        ModuleProcess(path)
    message = str(raised.value)
    assert message.startswith(f"{path}: ")
    assert message.isprintable()
    assert len(message) < len(str(path)) + 700


@pytest.mark.parametrize(
    "left",
    ["os.mkfifo(answer)", "os.symlink('/dev/zero', answer)", "answer.write_bytes(b'0' * 7)", "answer.mkdir()", ""],
)
def test_gradients_that_are_none(left, tmp_path):
    head = f"{HEAD}answer = folder / 'answer.bin'\n".replace("\n", "; ")
    shapes = "{'b.weight': [3, 2], 'b.bias': [3], 'c.weight': [2, 3], 'c.bias': [2]}"
    end = f"(folder / 'answer.json').write_text(json.dumps({{'shapes': {shapes}}})); os._exit(0)"
    with pytest.raises(dyadic.DyadicError, match="what the module left is no answer"):
        certified(written(tmp_path, f"{head}{left or 'pass'}; {end}"), 20.0)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("raise type('E', (Exception,), {'__str__': lambda self: 1 / 0})()", "an exception that cannot be printed"),
        ("import shutil, sys; shutil.rmtree(sys.argv[2])", "ended its process with status 1, and gave no answer"),
    ],
)
def test_a_module_that_spoils_its_report_gets_no_traceback(line, message, tmp_path, capfd):
    with pytest.raises(dyadic.DyadicError, match=message):
        certified(written(tmp_path, line))
    assert "Traceback" not in capfd.readouterr().err


STANDING_FOR = """
import signal
from pathlib import Path
from dyadic.physics.module_process import ModuleProcess
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})  # as the command does
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print(ModuleProcess(Path(%r), 20.0).DTYPE)
"""


def test_a_module_may_end_what_it_started(tmp_path):
    """The program's mask of signals is not the module's: a process that it terminates ends."""
    path = written(tmp_path, "pass")
    lines = "import subprocess\nhelper = subprocess.Popen(['sleep', '60'])\nhelper.terminate()\nhelper.wait()\n"
    path.write_text(path.read_text() + lines)
    command = [sys.executable, "-c", STANDING_FOR % str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == ("float64\n", 0)


STARTING = """
import subprocess, time
for rest in ({}, {"start_new_session": True}):
    child = subprocess.Popen(["sleep", "300"], **rest)
    open(%r, "a").write(f"{child.pid}\\n")
"""


def started(folder, end=""):
    numbers = folder / "numbers"
    path = written(folder, "pass")
    path.write_text(path.read_text() + STARTING % str(numbers) + end)
    return path, numbers


def gone(numbers):
    for _ in range(100):
        if not any(is_running(int(number)) for number in numbers.read_text().split()):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a session of its own is not found")
@pytest.mark.parametrize("end", ["", "time.sleep(300)"])
def test_nothing_that_a_module_started_goes_on(end, tmp_path):
    """After an answer and after the limit, in the module's session and in sessions of their own."""
    path, numbers = started(tmp_path, end)
    if end:
        with pytest.raises(dyadic.DyadicError, match="did not come back"):
            ModuleProcess(path, 3.0)
    else:
        ModuleProcess(path)
    assert len(numbers.read_text().split()) == 2
    assert gone(numbers)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process is not told")
def test_nothing_goes_on_where_the_program_is_killed(tmp_path):
    path, numbers = started(tmp_path)
    own = f"import os\nopen({str(numbers)!r}, 'a').write(str(os.getpid()))\ntime.sleep(300)\n"
    path.write_text(path.read_text() + own)
    program = subprocess.Popen([sys.executable, "-c", STANDING_FOR % str(path)])
    for _ in range(400):
        if numbers.is_file() and len(numbers.read_text().split()) == 3:
            break
        time.sleep(0.05)
    os.kill(program.pid, signal.SIGKILL)
    program.wait()
    assert len(numbers.read_text().split()) == 3
    assert gone(numbers)


def test_what_is_temporary_is_gone(tmp_path):
    said = tmp_path / "said"
    path = written(tmp_path, "pass")
    left = f"import tempfile\nopen({str(said)!r}, 'w').write(tempfile.mkdtemp())\nwhile True: pass\n"
    path.write_text(path.read_text() + left)
    with pytest.raises(dyadic.DyadicError, match="did not come back"):
        ModuleProcess(path, 2.0)
    assert not Path(said.read_text()).exists()


def test_a_truth_value_is_no_extent(tmp_path):
    """NumPy's reader takes True for 1 in the header of an array."""
    path = tmp_path / "arrays.npz"
    stream = BytesIO()
    np.save(stream, np.zeros((1, 3)))
    header = b"'shape': (1, 3), }   "
    assert header in stream.getvalue()
    with ZipFile(path, "w") as archive:
        archive.writestr("x.npy", stream.getvalue().replace(header, b"'shape': (True, 3), }"))
    with pytest.raises(dyadic.DyadicError, match="x is no array in NumPy's format"):
        Wanted("data", {"x": (None, 3)}, np.float64).taken(path)


def test_a_compilation_that_is_cut_off_leaves_nothing(tmp_path, monkeypatch):
    """The compiler never ends; neither the cache nor the place for what is temporary keeps anything of it."""
    compiler, cache, temporary = tmp_path / "cc", tmp_path / "cache", tmp_path / "temporary"
    compiler.write_text("#!/bin/sh\ncase $1 in --version) echo 1;; *) sleep 300;; esac\n")
    compiler.chmod(0o755)
    temporary.mkdir()
    monkeypatch.setenv("CC", str(compiler))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    derivation = derived()
    path = tmp_path / "module.py"
    path.write_text(dyadic.emit(derivation, "c").text)
    given = problem(emitted_network(derivation), None, None, 1, 0)
    with pytest.raises(dyadic.DyadicError, match="did not come back"):
        dyadic.certify(derivation, ModuleProcess(path, 3.0), *given)
    assert list(cache.rglob("*")) == list(temporary.iterdir()) == []
