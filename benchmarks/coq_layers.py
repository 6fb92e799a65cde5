"""The adjoints of every layer type's and every cost's example before Coq's kernel: CPU seconds, and for which sizes.

    python benchmarks/coq_layers.py [TYPE...]

needs coqc and Coquelicot; prints a table in Markdown, of all types if none is named.  They are proved for all sizes if
Coq accepts the kinds of all layers of the example and of its cost; otherwise at the example's sizes, and the table says
why.
"""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from dyadic.catalogue import example_network
from dyadic.proofs.certificate import subject
from dyadic.proofs.methods import coqc, machine
from dyadic.proofs.methods.compiled_library import put_library
from dyadic.proofs.methods.formal import network_theorem
from dyadic.proofs.methods.formal.kind_instances import ProvedKind, proved_kinds, with_instances
from dyadic.proofs.methods.formal.readback import Different, compare
from dyadic.proofs.methods.formal.script import network
from dyadic.proofs.methods.formal.tensors import Inexpressible
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.spec import LAYER_TYPES


def outcome(folder: Path, derivation: Derivation, kinds: list[ProvedKind]) -> tuple[str, str]:
    """CPU seconds of coqc, and the sizes for which it accepts the adjoints of a network.

    The network's theorem is checked only if they are not proved for all sizes: otherwise it is an instance.
    kinds: those of its layers that are accepted are added.
    """
    content = subject(derivation, derivation.steps + derivation.steps % 2)
    start = _cpu_seconds()
    try:
        written = network(content)
        compare(written.source, written)
        accepted, refused = proved_kinds(folder, written, content)
        kinds += accepted.values()
        if refused:
            network_theorem.check(folder, with_instances(written, accepted))
    except (Inexpressible, Different, coqc.CoqError) as error:
        return "", f"not proved: {_line(error)}"
    reason = _line("; ".join(f"{written.layers[v].layer.place}: {why}" for v, why in refused.items()))
    return f"{_cpu_seconds() - start:.1f}", f"the example's: {reason}" if refused else "all"


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _line(text: object) -> str:
    return " ".join(str(text).split())[:120]


def _cost(name: str) -> Derivation:
    layers = [{"name": "layer", "type": "dense", "units": 3}]
    return derive(architecture({"inputs": {"x": {"shape": [2]}}, "layers": layers, "cost": {"type": name}}))


def main() -> None:
    """Print the table and the numbers of types that are proved."""
    found: list[str] = []
    kinds: list[ProvedKind] = []
    with TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        put_library(folder, machine.FORMAL)
        print("| type | CPU seconds | proved for sizes |\n| --- | --- | --- |")
        for name in sys.argv[1:] or (*sorted(LAYER_TYPES), *(f"cost {name}" for name in sorted(COSTS))):
            make = example_network(name, True) if name in LAYER_TYPES else _cost(name.removeprefix("cost "))
            seconds, sizes = outcome(folder, make, kinds)
            found.append(sizes)
            print(f"| `{name}` | {seconds} | {sizes} |", flush=True)
        affirmed = network_theorem.affirmed(folder, dict(enumerate(kinds)))
    proved = sum(not sizes.startswith("not") for sizes in found)
    print(f"\nof {affirmed} of {len(kinds)} layers Coq names no axiom but those of the real numbers")
    print(f"\n{found.count('all')} of {len(found)} for all sizes, {proved} at the example's or all")


if __name__ == "__main__":
    main()
