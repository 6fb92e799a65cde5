"""Run hostile inputs through the command line, each in a process of its own: ``python tests/hostile/program.py``.

Prints one line of JSON for each: its name, exit status, what it said, what it left behind, CPU seconds, and MiB.  The
processes are forked from one that has imported what is slow to import; ``--slowest`` prints a summary instead.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from hostile.inputs import cases

import dyadic.cli
import dyadic.commands
import dyadic.proofs.verification
import dyadic.symbolic.readers.onnx_model  # noqa: F401
from dyadic import entry

EXAMPLES = Path("examples").resolve()
LONGEST, HANGING = 60, 300
"""CPU seconds, and seconds, after which a process is taken to hang."""


def prepare(folder, case):
    for name, content in case.files.items():
        path = folder / name
        if content is None:
            path.mkdir()
        elif content is ...:
            os.mkfifo(path)
        elif isinstance(content, str) and content.startswith("@"):
            path.write_bytes((EXAMPLES / content[1:]).read_bytes())
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "examples").symlink_to(EXAMPLES)
    (folder / "tmp").mkdir()


def child(folder, arguments):
    """Become the program, in a folder of its own."""
    os.chdir(folder)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder / "tmp")
    for number, name in ((1, "tmp/.stdout"), (2, "tmp/.stderr")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), number)
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST))
    sys.argv = ["dyadic", *arguments]
    entry.main()


def run(name, case):
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        prepare(folder, case)
        before = set(folder.rglob("*"))
        process = os.fork()
        if not process:
            try:
                child(folder, case.arguments)
            finally:
                os._exit(99)
        guard = threading.Timer(HANGING, os.kill, (process, signal.SIGKILL))
        guard.start()
        _, status, used = os.wait4(process, 0)
        guard.cancel()
        said = [(folder / "tmp" / f".{stream}").read_text(errors="replace") for stream in ("stdout", "stderr")]
        left = {path for path in folder.rglob("*") if path.name not in (".stdout", ".stderr")} - before
        return {
            "name": name,
            "status": os.waitstatus_to_exitcode(status),
            "stdout": said[0][:2_000],
            "stderr": said[1][:4_000],
            "left": sorted(str(path.relative_to(folder)) for path in left),
            "seconds": round(used.ru_utime + used.ru_stime, 2),
            "MiB": used.ru_maxrss >> 10,
        }


def main():
    results = []
    for name, case in cases().items():
        results.append(run(name, case))
        if "--slowest" not in sys.argv:
            print(json.dumps(results[-1]), flush=True)
    if "--slowest" in sys.argv:
        worst = {key: max(results, key=lambda result: result[key]) for key in ("seconds", "MiB")}
        print(f"{len(results)} inputs")
        for key, result in worst.items():
            print(f"most {key}: {result[key]} ({result['name']})")


if __name__ == "__main__":
    main()
