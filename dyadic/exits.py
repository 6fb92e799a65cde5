"""How the program ends: its exit statuses, and the one line that says what went wrong.

Exit status: 0 everything proved or done; 1 a claim refuted or a certificate rejected; 2 invalid input or usage, or an
output that cannot be written; 3 something undecided; 70 a defect of the program; 130 interrupted (128 + the signal's
number for the others); 141 the reader of a pipe has gone.
"""

from __future__ import annotations

import sys
from contextlib import suppress

from dyadic import scratch
from dyadic.printable import printable

INVALID, DEFECT, CLOSED_PIPE = 2, 70, 141


def say(message: str) -> None:
    """One line on standard error; a place that cannot take it changes nothing."""
    line = printable(" ".join(message.split()))
    with scratch.LOCK, suppress(OSError, ValueError):  # whoever stops the program has the only word
        sys.stderr.write(f"dyadic: {line[:1500]}\n")
        sys.stderr.flush()
