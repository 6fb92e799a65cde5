"""The layers of a network as instances of layers that Coq proves for all sizes.

A kind is compiled once, and kept with the library.  What is proved of it holds for a layer of the network if Coq finds
that the layer is the kind with these sizes and other names of tensors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from dyadic.proofs.methods.compiled_library import Shelf, put_text, shelf_of
from dyadic.proofs.methods.coqc import CoqError
from dyadic.proofs.methods.formal.all_sizes import Kind, kind_of, kind_of_costs, source
from dyadic.proofs.methods.formal.script import Network, WrittenLayer, layer_text
from dyadic.proofs.methods.formal.tensors import Inexpressible
from dyadic.proofs.methods.formal.variable_changes import Unmatched

SECONDS = 300.0
"""For one kind."""
MEMORY = 4 * 2**20
"""In KiB."""


@dataclass(frozen=True)
class ProvedKind:
    """A kind that Coq has accepted, in the compiled file ``name``."""

    name: str
    kind: Kind


def proved_kinds(
    folder: Path, written: Network, certificate: Any, progress: Callable[[str], None] = lambda stage: None
) -> tuple[dict[int, ProvedKind], dict[int, str]]:
    """The layers, by their numbers, whose kind Coq accepts, and why not for the others; the costs come last.

    folder: holds the compiled library, and then the compiled kinds.
    """
    accepted: dict[int, ProvedKind] = {}
    refused: dict[int, str] = {}
    outcomes: dict[Any, tuple[str, str | None]] = {}
    shelf = shelf_of(folder)
    for number, layer in enumerate(written.layers):
        try:
            kind = _kind(written, certificate, number)
        except Inexpressible as error:
            refused[number] = str(error)
            continue
        alike = (layer_text(kind.layer), tuple(kind.sizes), str(kind.shapes))
        if alike not in outcomes:
            stage = f"Coq: {layer.layer.place} for all sizes ({number + 1} of {len(written.layers)})"
            outcomes[alike] = _outcome(folder, kind, shelf, partial(progress, stage))
        name, reason = outcomes[alike]
        if reason is None:
            accepted[number] = ProvedKind(name, kind)
        else:
            refused[number] = reason
    return accepted, refused


def _kind(written: Network, certificate: Any, number: int) -> Kind:
    vertices = certificate["architecture"]["vertices"]
    if number == len(vertices):
        return kind_of_costs(certificate, written.table, written.functions)
    return kind_of(written.layers[number], vertices[number]["sizes"], written.table, written.functions)


def _outcome(folder: Path, kind: Kind, shelf: Shelf | None, tell: Callable[[], None]) -> tuple[str, str | None]:
    """The name of a kind's compiled file, and why Coq does not have it, if so.  tell: called before Coq is."""
    try:
        text = source(kind)
    except (Inexpressible, Unmatched) as error:
        return "", str(error)
    name = f"Kind_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    tell()
    try:
        put_text(folder, name, text, shelf, SECONDS, MEMORY)
    except CoqError as error:
        message = " ".join(str(error).rpartition("Error:")[2].split())[:150]
        return name, f"Coq does not accept the adjoints for all sizes: {message}"
    return name, None


def with_instances(written: Network, accepted: Mapping[int, ProvedKind]) -> Network:
    """The network with these of its layers as instances of kinds that are proved for all sizes."""
    lemmas = {number: _instance(number, written.layers[number], proved) for number, proved in accepted.items()}
    return replace(written, kinds=sorted({proved.name for proved in accepted.values()}), instances=lemmas)


def _instance(number: int, layer: WrittenLayer, proved: ProvedKind) -> str:
    """The lemma that the identity of a layer holds, as an instance of its kind."""
    arguments = "".join(f" ({size})" for size in proved.kind.sizes.values())
    names = {kind: layer.layer.tensors[key] for key, kind in proved.kind.layer.layer.tensors.items()}
    rename = (
        f"fun k => match k with {_cases(names, 'Activation', whole=True)}_ => Datum k end",
        *(f"fun k => match k with {_cases(names, family)}_ => k end" for family in ("Param", "Datum", "Inner")),
    )
    return _INSTANCE.format(
        number=number,
        name=proved.name,
        renaming=" ".join(f"({function})" for function in rename),
        kind=f"({proved.name}.kind{arguments})",
        dims=f"({proved.name}.dims{arguments})",
    )


def _cases(names: Mapping[str, str], family: str, whole: bool = False) -> str:
    found = {}
    for kind, own in names.items():
        head, number = kind.split()
        if head == family:
            found[int(number)] = own if whole else own.split()[1]
    return "".join(f"{number} => {own} | " for number, own in sorted(found.items()))


_INSTANCE = """Definition renaming{number} : renaming := Renaming {renaming}.
Lemma instance{number} : forall F, (forall o z, F 0 o z = exp z) -> pairing_holds F dims layer{number}.
Proof.
  intros F F_exp. replace layer{number} with (renamed_layer renaming{number} {kind}) by (vm_compute; reflexivity).
  apply (instance_holds renaming{number} dims {dims}); [vm_compute; reflexivity|].
  apply {name}.for_all_sizes; [sizes_are_positive .. | exact F_exp].
Qed.
"""

__all__ = ["ProvedKind", "proved_kinds", "with_instances"]
