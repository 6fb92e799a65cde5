"""``python -m dyadic.proofs.checker FILE [EFFORT]``: exit status 0 confirmed, 1 rejected, 2 usage, 3 in part only.

EFFORT, a number from 1: how many times the usual work may be spent on a file.
"""

from __future__ import annotations

import io
import sys

from dyadic.proofs.checker import Rejected, check
from dyadic.proofs.checker.intake.source import read


def main(arguments: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name may have letters that the terminal has not
    effort = arguments[1] if len(arguments) == 2 else "1"
    if len(arguments) not in (1, 2) or not effort.isdecimal() or not 0 < int(effort) <= 10_000:
        print("usage: python -m dyadic.proofs.checker FILE [EFFORT]", file=sys.stderr)
        return 2
    try:
        report = check(read(arguments[0], int(effort)), int(effort))
    except Rejected as error:
        print(f"REJECTED   {error}")
        return 1
    for line in report.lines():
        print(line)
    return 0 if report.confirmed else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
