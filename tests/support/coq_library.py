"""The compiled Coq library; where it is not kept yet, one process compiles it and the others wait."""

import fcntl
import os
from functools import cache
from pathlib import Path

import pytest
from support.optional import require

from dyadic.proofs.methods import machine
from dyadic.proofs.methods.compiled_library import put_library
from dyadic.proofs.methods.coqc import CoqError, compile_file, find_coqc, has_coquelicot

COQ = Path("proofs/coq")
EVERYTHING = machine.CORE + machine.CALCULUS + machine.EQUATIONS + machine.MEANING


def compiled(tmp_path_factory, names):
    """A folder of the caller's own that holds these files, compiled."""
    require(find_coqc(), "coqc is not installed (apt-get install coq)")
    if not set(names) <= set(machine.CORE):
        require(_coquelicot(), "Coquelicot is not installed (apt-get install libcoq-coquelicot)")
    base = tmp_path_factory.getbasetemp()
    own = tmp_path_factory.mktemp("coq")
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (shared / "coq_library.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        put_library(own, names)
    return own


@cache
def _coquelicot():
    return has_coquelicot()


def committed(names):
    """The committed axioms of every theorem in these files."""
    stated = dict(line.split(": ", 1) for line in (COQ / "assumptions.txt").read_text().splitlines())
    return {theorem: axioms for theorem, axioms in stated.items() if theorem.partition(".")[0] in names}


def refuses(folder, name, old, new):
    """coqc does not accept a file of the development with a mistake in it."""
    text = (COQ / f"{name}.v").read_text()
    assert old in text
    with pytest.raises(CoqError, match="Error"):
        compile_file(folder, "Mutant", text.replace(old, new))
