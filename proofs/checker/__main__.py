"""``python -m dyadic.proofs.checker FILE [EFFORT]``: exit status 0 confirmed, 1 rejected, 2 usage, 3 in part only.

2 also where the file is not there or holds no certificate: a verdict would be on nothing.

EFFORT, a number from 1: how many times the usual work may be spent on a file.
"""

from __future__ import annotations

import io
import os
import signal
import sys

from dyadic.proofs.checker import NoCertificate, Rejected, check
from dyadic.proofs.checker.intake.source import read

USAGE = "usage: python -m dyadic.proofs.checker FILE [EFFORT]"


def main(arguments: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name may have letters that the terminal has not
    if arguments in (["-h"], ["--help"]):
        print(USAGE)
        return 0
    effort = arguments[1] if len(arguments) == 2 else "1"
    if len(arguments) not in (1, 2) or not effort.isdecimal() or not 0 < int(effort) <= 10_000:
        print(USAGE, file=sys.stderr)
        return 2
    if not os.path.isfile(arguments[0]):  # what is not there says nothing, and is not rejected
        print(f"{arguments[0]}: is no file that can be read", file=sys.stderr)
        return 2
    try:
        report = check(read(arguments[0], int(effort)), int(effort))
    except NoCertificate as error:
        print(f"{arguments[0]}: {error.reason}", file=sys.stderr)
        return 2
    except Rejected as error:
        print(f"REJECTED   {error}")
        return 1
    for line in report.lines():
        print(line)
    return 0 if report.confirmed else 3


def run(arguments: list[str]) -> int:
    """As a program: ended by a signal as others are, and one line where nothing can be written."""
    for name in ("SIGINT", "SIGPIPE"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    try:
        status = main(arguments)
        sys.stdout.flush()
    except OSError as error:
        print(f"standard output: {error.strerror}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left of it
        status = 2
    return status


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
