"""Every layer type's adjoint and gradients before Coq's kernel, at small sizes: accepted, refused, or why not written.

    python benchmarks/coq_layers.py

needs coqc and Coquelicot; one line for each type.
"""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from dyadic.catalogue import LAYER_TYPES, example_network
from dyadic.proofs.certificate import subject
from dyadic.proofs.methods import machine
from dyadic.proofs.methods.formal import network_theorem
from dyadic.proofs.methods.formal.readback import Different, compare
from dyadic.proofs.methods.formal.script import network
from dyadic.proofs.methods.formal.tensors import Inexpressible


def outcome(folder: Path, name: str) -> str:
    """What becomes of the example of one layer type."""
    derivation = example_network(name, True)
    content = subject(derivation, derivation.steps + derivation.steps % 2)
    try:
        written = network(content)
        compare(written.source, written)
    except (Inexpressible, Different) as error:
        return f"not written: {error}"
    head, _, _ = written.source.partition("Lemma network_accepted")
    question = "".join(f"Eval vm_compute in layer_accepted dims layer{v}.\n" for v in range(len(written.ranks)))
    try:
        answer = machine.compile_bounded(folder, "Question", head + question, 60, network_theorem.MEMORY)
    except machine.CoqError as error:
        return f"no answer: {str(error)[:80]}"
    return "refused" if "false" in re.findall(r"= (true|false)", answer) else "accepted"


def main() -> None:
    """Print the table and the number of types accepted."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        machine.compile_library(folder, machine.FORMAL)
        found = {name: outcome(folder, name) for name in sorted(LAYER_TYPES)}
    for name, what in found.items():
        print(f"{name:<24} {what}")
    print(f"{sum(what == 'accepted' for what in found.values())} of {len(found)} accepted")


if __name__ == "__main__":
    main()
