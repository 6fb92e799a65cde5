"""Signals at random moments of every command: each must end the program with status 130 and one line.

    python tests/doors/campaign.py [--signals 100] [--seed 0] [COMMAND ...]

For every command the time of a whole run is measured first; then it is started again and again and interrupted at a
random moment of it.  A run that had ended before the signal came is repeated.  Printed for every command: how many
runs ended as they should, and the longest time from the signal to the end.  Before Python has come to the program's
first instruction it answers a signal itself: those runs are counted on their own ("Python starting"), and so are those
whose whole work was done when the signal came ("over").
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

PROGRAM = [sys.executable, "-m", "dyadic"]
CHAIN = 400
HANG = 120
"""Seconds after which a process is taken to hang; no limit that a busy machine could reach."""


def chain(layers):
    """A chain of dense layers as TOML."""
    rows = "".join(
        f'[[layers]]\nname = "l{k}"\ntype = "dense"\nunits = 4\nactivation = "tanh"\n' for k in range(layers)
    )
    return f'[inputs.x]\nshape = [4]\n{rows}[cost]\ntype = "squared_error"\n'


def prepare(folder):
    """The files that the commands read."""
    (folder / "chain.toml").write_text(chain(CHAIN))
    (folder / "deep.toml").write_text(chain(3000))
    subprocess.run(
        [*PROGRAM, "verify", "examples/digits.toml", "--certificate", str(folder / "certificate.json")],
        check=True, capture_output=True,
    )  # fmt: skip


def commands(folder):
    digits, chained, own = "examples/digits.toml", str(folder / "chain.toml"), "examples/claims/network.toml"
    out = folder / "out"
    return {
        "help": ["--help"],
        "derive": ["derive", digits],
        "verify": ["verify", digits, "--certificate", str(out / "c.json")],
        "verify a chain": ["verify", chained],
        "verify deeply": ["verify", "examples/lenet.toml", "--deep"],
        "verify with Coq": ["verify", digits, "--coq"],
        "verify claims": ["verify", own, "--claims", "examples/claims/right.toml"],
        "check": ["check", str(folder / "certificate.json")],
        "emit": ["emit", chained, "--target", "numpy", "-o", str(out / "m.py")],
        "appendix": ["appendix", digits, "-o", str(out / "a.pdf")],
        "build": ["build", digits, "-o", str(out / "built")],
        "build 3000 layers": ["build", str(folder / "deep.toml"), "-o", str(out / "built")],
        "layers": ["layers", "conv"],
        "doctor": ["doctor"],
        "relax": ["relax", digits, "--steps", "20000"],
    }


def start(arguments, scratch):
    """A process whose signals are not those that this one was started with."""
    return subprocess.Popen(
        [*PROGRAM, *arguments],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "TMPDIR": str(scratch)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip


def interrupt(arguments, delay, folder):
    """(status, standard error, seconds from the signal to the end, what is left) of one run; None if it was over."""
    scratch, out = folder / "scratch", folder / "out"
    for place in (scratch, out):
        place.mkdir(exist_ok=True)
    process = start(arguments, scratch)
    with suppress(subprocess.TimeoutExpired):
        process.wait(delay)
    if process.poll() is not None:
        process.communicate()
        clean(out)
        return None
    process.send_signal(signal.SIGINT)
    sent = time.monotonic()
    try:
        errors = process.communicate(timeout=HANG)[1]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        errors = process.communicate()[1] + "HANG"
    seconds = time.monotonic() - sent
    left = [str(path) for place in (scratch, out) for path in sorted(place.iterdir())] + members(process.pid)
    clean(scratch), clean(out)
    return process.returncode, errors, seconds, left


def members(session):
    """Processes of a session that are still there, as text; they are ended."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(f"process {entry.name}")
                os.kill(int(entry.name), signal.SIGKILL)
    return found


def clean(folder):
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def is_right(status, errors, left):
    return status == 130 and errors == "dyadic: interrupted\n" and not left


def before_the_program(status, errors):
    """Whether the signal came while Python was starting, before dyadic/entry.py had blocked it."""
    if status == -signal.SIGINT and not errors:
        return True
    return "KeyboardInterrupt" in errors and "/dyadic/cli.py" not in errors and "/dyadic/commands.py" not in errors


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--signals", type=int, default=100)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("names", nargs="*", metavar="COMMAND")
    chosen = options.parse_args()
    moments = random.Random(chosen.seed)
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        for title, arguments in commands(folder).items():
            if chosen.names and title not in chosen.names:
                continue
            (folder / "out").mkdir(exist_ok=True), (folder / "scratch").mkdir(exist_ok=True)
            whole = time.monotonic()
            process = start(arguments, folder / "scratch")
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
            process.communicate()
            whole, usual = time.monotonic() - whole, process.returncode
            clean(folder / "out"), clean(folder / "scratch")
            right, early, over, slowest, wrong = 0, 0, 0, 0.0, []
            while right + len(wrong) < chosen.signals:
                found = interrupt(arguments, moments.uniform(0, whole), folder)
                if found is None:
                    continue
                status, errors, seconds, left = found
                if before_the_program(status, errors):
                    early += 1
                    continue
                if status == usual and not errors:
                    over += 1
                    continue
                slowest = max(slowest, seconds)
                if is_right(status, errors, left):
                    right += 1
                else:
                    wrong.append((status, errors[-300:], left))
            failures += len(wrong)
            print(
                f"{title:<20} {right}/{chosen.signals} right, slowest {slowest:.2f} s, whole run {whole:.1f} s, "
                f"{early} Python starting, {over} over", flush=True,
            )  # fmt: skip
            for each in wrong[:3]:
                print("   ", each)
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
