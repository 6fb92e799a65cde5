"""The compiled Coq library, once for all processes that share a run of the tests."""

import fcntl
import os
import shutil

from support.optional import require

from dyadic.proofs.methods import machine

EVERYTHING = machine.CORE + machine.CALCULUS + machine.EQUATIONS


def compiled(tmp_path_factory, names):
    """A folder of the caller's own that holds these files, compiled; each file is compiled by the first who asks."""
    require(machine.find_coqc(), "coqc is not installed (apt-get install coq)")
    if not set(names) <= set(machine.CORE):
        require(machine.has_coquelicot(), "Coquelicot is not installed (apt-get install libcoq-coquelicot)")
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "coq_library"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in (name for name in EVERYTHING if name in names and not (shared / f"{name}.vo").exists()):
            machine.compile_library(shared, [name])
    own = tmp_path_factory.mktemp("coq")
    for name in names:
        shutil.copy(shared / f"{name}.vo", own)
    return own
