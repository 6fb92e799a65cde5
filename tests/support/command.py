"""The command line, in a process of its own.

What does not ask about the start of a process is run in one that is forked from a server which has imported the
libraries: to import them takes longer than most commands do.
"""

import os
import subprocess
import sys
import tempfile
from multiprocessing import get_context
from pathlib import Path

COMMAND = [sys.executable, "-m", "dyadic"]
_SERVER = get_context("forkserver")
_SERVER.set_forkserver_preload(
    ["click", "flint", "jinja2", "numpy", "rich", "sympy", "dyadic.results", "dyadic.codegen", "dyadic.process"]
)


def run(*arguments, cwd=None, env=None):
    """``dyadic`` with these arguments; its output as text."""
    words = list(map(str, arguments))
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder) / name for name in ("out", "err")]
        place = words, str(cwd or Path.cwd()), dict(env or os.environ), list(map(str, streams))
        process = _SERVER.Process(target=_become, args=place)
        process.start()
        process.join()
        said = [stream.read_text(encoding="utf-8") for stream in streams]
    return subprocess.CompletedProcess([*COMMAND, *words], process.exitcode, *said)


def _become(words, folder, environment, streams):
    """Become the program."""
    from dyadic import process

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, name in enumerate([os.devnull, *streams]):
        opened = os.open(name, os.O_RDWR | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, "w" if number else "r", encoding="utf-8", closefd=False)  # noqa: SIM115
        for number in range(3)
    )
    sys.argv = ["dyadic", *words]
    process.main()
