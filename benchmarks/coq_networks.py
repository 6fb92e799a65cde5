"""Whole networks before Coq's kernel: CPU seconds for the kinds of their layers and for their theorem, and memory.

    python benchmarks/coq_networks.py SPEC...

needs coqc and Coquelicot; prints a table in Markdown.  The library is compiled before, the kinds are compiled anew for
every network.  Memory: the most that one of the processes took, of all networks so far.
"""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from dyadic.commands import derivation_of
from dyadic.proofs.certificate import subject
from dyadic.proofs.methods import machine
from dyadic.proofs.methods.compiled_library import put_library
from dyadic.proofs.methods.formal import network_theorem
from dyadic.proofs.methods.formal.kind_instances import proved_kinds, with_instances
from dyadic.proofs.methods.formal.readback import compare
from dyadic.proofs.methods.formal.script import network


def cpu_seconds() -> float:
    """Of this process and of all that it waited for."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in both)


def row(folder: Path, path: Path) -> str:
    """The row of one network; raises :class:`dyadic.proofs.methods.coqc.CoqError` where Coq refuses it."""
    start = cpu_seconds()
    derivation = derivation_of(path, None, None)
    content = subject(derivation, derivation.steps + derivation.steps % 2)
    written = network(content)
    compare(written.source, written)
    accepted, refused = proved_kinds(folder, written, content)
    kinds = cpu_seconds() - start
    network_theorem.check(folder, with_instances(written, accepted))
    theorem = cpu_seconds() - start - kinds
    names = {proved.name for proved in accepted.values()}
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    own = "; ".join(f"{written.layers[v].layer.place}: {reason}" for v, reason in refused.items()) or "none"
    return (
        f"| {path.stem} | {len(written.layers)} | {len(accepted)} | {len(names)} | {kinds:.1f} | {theorem:.1f} | "
        f"{memory} | {own} |"
    )


def main() -> None:
    """Print the table."""
    print("| network | layers | for all sizes | kinds | seconds, kinds | seconds, theorem | MiB | at its own sizes |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for name in sys.argv[1:]:
        with TemporaryDirectory() as place:
            folder = Path(place)
            put_library(folder, machine.FORMAL)
            os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
            print(row(folder, Path(name)), flush=True)
            del os.environ["XDG_CACHE_HOME"]


if __name__ == "__main__":
    main()
