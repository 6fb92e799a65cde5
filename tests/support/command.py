"""The command line, in a process of its own."""

import subprocess
import sys

COMMAND = [sys.executable, "-m", "dyadic"]


def run(*arguments, **options):
    """``dyadic`` with these arguments; its output as text."""
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, **options)
