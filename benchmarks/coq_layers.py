"""The theorem of every layer type's and every cost's example before Coq's kernel: seconds, or why it is not proved.

    python benchmarks/coq_layers.py

needs coqc and Coquelicot; prints a table in Markdown.  The sizes are those of the examples in the catalogue: nothing is
said here of others.
"""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from dyadic.catalogue import example_network
from dyadic.proofs.certificate import subject
from dyadic.proofs.methods import coqc, machine
from dyadic.proofs.methods.compiled_library import put_library
from dyadic.proofs.methods.formal import network_theorem
from dyadic.proofs.methods.formal.readback import Different, compare
from dyadic.proofs.methods.formal.script import network
from dyadic.proofs.methods.formal.tensors import Inexpressible
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.spec import LAYER_TYPES


def outcome(folder: Path, derivation: Derivation) -> tuple[bool, str]:
    """Whether Coq accepts the theorem of a network, and the row's last cell."""
    content = subject(derivation, derivation.steps + derivation.steps % 2)
    start = time.perf_counter()
    try:
        written = network(content)
        compare(written.source, written)
        network_theorem.check(folder, written)
    except (Inexpressible, Different, coqc.CoqError) as error:
        return False, str(error)[:100]
    return True, f"{time.perf_counter() - start:.1f} s"


def _cost(name: str) -> Derivation:
    layers = [{"name": "layer", "type": "dense", "units": 3}]
    return derive(architecture({"inputs": {"x": {"shape": [2]}}, "layers": layers, "cost": {"type": name}}))


def main() -> None:
    """Print the table and the numbers of types proved."""
    proved = 0
    with TemporaryDirectory() as place:
        folder = Path(place)
        put_library(folder, machine.FORMAL)
        print("| type | proved at the example's sizes, in |\n| --- | --- |")
        for name in (*sorted(LAYER_TYPES), *(f"cost {name}" for name in sorted(COSTS))):
            make = example_network(name, True) if name in LAYER_TYPES else _cost(name.removeprefix("cost "))
            accepted, cell = outcome(folder, make)
            proved += accepted
            print(f"| `{name}` | {cell if accepted else f'no: {cell}'} |", flush=True)
    print(f"\n{proved} of {len(LAYER_TYPES) + len(COSTS)} proved")


if __name__ == "__main__":
    main()
