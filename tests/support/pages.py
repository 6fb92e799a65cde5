"""A page of the documentation: its blocks of code are run, in a folder, as whoever reads it would run them."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from support.command import run

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.S | re.M)
PICTURE = re.compile(r"!\[[^\]]+\]\(([^)\s]+\.svg)\)")
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    "PYTHONPATH": str(Path.cwd()),
}


def blocks(page):
    """(language, text) of every block of code."""
    return BLOCK.findall(page.read_text())


def pictures(page):
    """The files of the pictures that a page shows, which its own commands draw."""
    return [page.parent / name for name in PICTURE.findall(page.read_text())]


def run_page(page, folder):
    """Run every block, in order; a block that begins with a comment of a file's name is that file."""
    for language, text in blocks(page):
        named = re.match(r"# ([\w.]+\.\w+)\n", text)
        if named:
            (folder / named[1]).write_text(text.removeprefix(named[0]))
        elif language == "console":
            run_console(text, folder)
        elif language == "python":
            command = [sys.executable, "-c", text]
            done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=ENVIRONMENT, check=False)
            assert done.returncode == 0, done.stderr
        else:
            assert language == "yaml", f"{language}: a block that nothing runs"


def run_console(text, folder):
    """Every command; the lines under it stand in its output, in their order, and `...` for what is between."""
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _, wanted = part.partition("\n")
        done = _done(command, folder)
        assert done.returncode == (1 if wanted.startswith("REFUTED") else 0), (command, done.stdout, done.stderr)
        place = 0
        for line in wanted.splitlines():
            expected = line.removesuffix("...").rstrip()
            if expected:
                assert expected in done.stdout[place:], (command, line, done.stdout)
                place = done.stdout.index(expected, place) + len(expected)


def _done(command, folder):
    """A command that needs no shell runs as support/command.py has it."""
    if re.match(r"dyadic [^|<>;&$*`]*$", command):
        return run(*shlex.split(command)[1:], cwd=folder, env=ENVIRONMENT)
    return subprocess.run(command, shell=True, capture_output=True, text=True, cwd=folder, env=ENVIRONMENT, check=False)
