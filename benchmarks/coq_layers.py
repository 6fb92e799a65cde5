"""Every layer type's adjoint and gradients before Coq's kernel, at small sizes: accepted, refused, or why not written.

    python benchmarks/coq_layers.py

needs coqc and Coquelicot; one line for each type.
"""

from __future__ import annotations

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
    try:
        accepted = network_theorem.accepted_layers(folder, written, seconds=60)
    except machine.CoqError as error:
        return f"no answer: {str(error)[:80]}"
    return "accepted" if all(accepted[v] for v in range(len(written.ranks))) else "refused"


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
