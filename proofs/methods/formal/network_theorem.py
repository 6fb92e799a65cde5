"""The claim that Coq's kernel accepts a network's own equations: 2L steps of them give the derivatives of its cost."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dyadic.proofs.checker.evaluation.impossible_conditions import never_met
from dyadic.proofs.checker.evaluation.smooth_entries import conditions_on_entries
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.trust import COQ, COQ_MACHINE, COQ_REALS, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.defined_states import NOT_FOUND, sizes_of_a_state
from dyadic.proofs.evaluate.smooth_states import meets_conditions
from dyadic.proofs.methods.compiled_library import put_library
from dyadic.proofs.methods.coqc import (
    ABSENT,
    NO_COQUELICOT,
    CoqError,
    axioms,
    compile_file,
    find_coqc,
    has_coquelicot,
    named_axioms,
)
from dyadic.proofs.methods.formal.kind_instances import ProvedKind, proved_kinds, with_instances
from dyadic.proofs.methods.formal.readback import Different, compare, compare_with_kinds
from dyadic.proofs.methods.formal.script import Network, network
from dyadic.proofs.methods.formal.tensors import Inexpressible
from dyadic.proofs.methods.machine import FORMAL
from dyadic.proofs.sentences import told
from dyadic.scratch import temporary_folder

BUDGET = 20_000_000
"""The largest number of terms that the kernel is asked to write out; 4 million took 35 s."""
SECONDS = 600.0
MEMORY = 4 * 2**20
"""In KiB."""
AXIOMS = (
    "ClassicalDedekindReals.sig_not_dec",
    "ClassicalDedekindReals.sig_forall_dec",
    "FunctionalExtensionality.functional_extensionality_dep",
)
"""What the theorem may rest on: the real numbers of Coq's standard library."""
_NAME = "Formal"


def formal_claim(
    certificate: Mapping[str, Any],
    progress: Callable[[str], None] = lambda stage: None,
    state: Callable[[], str | None] = lambda: None,
) -> Claim:
    """Write the network's Coq file, read it back and have coqc check it, within bounds of time and memory.

    The adjoints of a layer are proved for all sizes of its kind where that is possible, otherwise at the network's own.
    progress: called with what Coq is given, as it is.  state: why the theorem may be about no numbers at all, if what
    it asks for was looked for and not found (:func:`lacking`).

    Undecided, with the layer and the reason, where the kernel does not accept it: no refutation follows from that.
    """
    for component in (COQ, COQ_MACHINE, COQ_REALS):
        called(component)
    numbers = {"steps": certificate["steps"], "L": certificate["L"], "smooth": 0, "kinds": 0}
    numbers["parts"] = len(certificate["architecture"]["vertices"]) + 1  # the costs are one
    if find_coqc() is None:
        return _open(certificate, numbers, ABSENT)
    try:
        written = network(certificate)
        numbers["smooth"] = int(written.everywhere and not _asked(certificate))
        compare(written.source, written)
    except (Inexpressible, Different) as error:
        return _open(certificate, numbers, str(error))
    with temporary_folder() as folder:
        accepted: Mapping[int, ProvedKind] = {}
        reason: str | None
        try:
            progress("Coq: proofs/coq, which is compiled once")
            put_library(folder, FORMAL)
            accepted, refused = proved_kinds(folder, written, certificate, progress)
            reason = _too_much(written, refused)
            if reason is None:
                others = f", of {len(refused)} at its own sizes" if refused else ""
                progress(f"Coq: the theorem of {len(written.layers)} layers{others}")
                final = with_instances(written, accepted)
                compare_with_kinds(final.source, final, written.source)
                check(folder, final)
        except Different as error:
            reason = str(error)
        except CoqError as error:
            is_missing = "Coquelicot" in str(error) and not has_coquelicot()
            reason = NO_COQUELICOT if is_missing else str(error)
        if reason is not None:
            return _open(certificate, numbers | {"kinds": affirmed(folder, accepted)}, reason)
    numbers["kinds"] = len(accepted)  # the list of the network's theorem has what they rest on
    if (lacks := state()) is not None:
        return _open(certificate, numbers, f"Coq accepts the equations, but {lacks}")
    if impossible := _asked_in(certificate, never_met):
        return _open(
            certificate, numbers, f"Coq accepts the equations, but no numbers meet its hypotheses: {impossible}"
        )
    return told("formal", Verdict.PROVED, {}, numbers, hypotheses=_asked(certificate))


def lacking(graph: Graph, values: Mapping[str, Any]) -> str | None:
    """Why the theorem may be about nothing; None if numbers were found that it is about, or not looked for.

    values: arrays of the network's constants, by name.
    """
    if sizes_of_a_state(graph, values) is None:
        return NOT_FOUND
    asked = conditions_on_entries(graph.vertices, graph.layers, graph.costs, graph.kinds)
    if asked and meets_conditions(graph, values) is False:
        return "no numbers were found that meet all of its conditions: there may be none"
    return None


def affirmed(folder: Path, accepted: Mapping[int, ProvedKind]) -> int:
    """How many layers are of kinds of which Coq itself says that they rest on nothing but what they may.

    A compiled file alone shows nothing: a coqc that only makes one has proved nothing.
    """
    names = sorted({proved.name for proved in accepted.values()})
    if not names:
        return 0
    try:
        found = named_axioms(folder, [f"{name}.for_all_sizes" for name in names], SECONDS, MEMORY)
    except CoqError:
        return 0
    return sum(set(found[f"{proved.name}.for_all_sizes"]) <= set(AXIOMS) for proved in accepted.values())


def _too_much(written: Network, refused: Mapping[int, str]) -> str | None:
    """Why the layers that are not proved for all sizes are too large to be checked at their own, or None."""
    rest = {number: written.layers[number].work for number in refused}
    if sum(rest.values()) <= BUDGET:
        return None
    most = max(rest, key=lambda number: rest[number])
    return (
        f"{written.layers[most].layer.place}: about {sum(rest.values())} terms are more than the budget of {BUDGET}, "
        f"and for all sizes: {refused[most]}"
    )


def _open(certificate: Mapping[str, Any], numbers: Mapping[str, int], reason: str) -> Claim:
    """Undecided, with the reason and with what was shown nevertheless."""
    said = reason[:500]
    if numbers["kinds"]:
        said += f"; shown is that {numbers['kinds']} of its {numbers['parts']} layers have these adjoints for all sizes"
    return told("formal", Verdict.UNDECIDED, {}, numbers, hypotheses=_asked(certificate), reason=said)


def _asked(certificate: Mapping[str, Any]) -> list[str]:
    """What the theorem asks of the network's numbers, in words."""
    return list(_asked_in(certificate, conditions_on_entries))


def _asked_in(certificate: Mapping[str, Any], read: Callable[..., Any]) -> Any:
    graph = certificate["architecture"]
    return read(graph["vertices"], certificate["layers"], graph["costs"], certificate["costs"])


def check(folder: Path, written: Network) -> None:
    """Have coqc check a network against the library compiled in ``folder``.

    Raises :class:`dyadic.proofs.methods.coqc.CoqError`, naming the layers that are not accepted, or the axioms that
    the theorem rests on besides those it may.
    """
    try:
        answer = compile_file(folder, _NAME, written.source, SECONDS, MEMORY)
    except CoqError as error:
        if "network_accepted" in str(error) or "accepted dims" in str(error):
            raise CoqError(_refusal(folder, written)) from error
        raise
    found = axioms(answer)
    if not found:
        raise CoqError("Coq does not say what the theorem rests on")
    further = [axiom for axiom in found if axiom not in AXIOMS]
    if further:
        raise CoqError(f"the theorem rests on {', '.join(further)}")


def _refusal(folder: Path, written: Network) -> str:
    """Which layers' adjoints are not accepted; if all are, then the ranks or the number of steps are not."""
    refused = [place for place, accepted in accepted_layers(folder, written).items() if not accepted]
    if not refused:
        return f"Coq does not accept the ranks, or that {2 * written.half} steps are enough"
    return "; ".join(f"{written.layers[v].layer.place}: Coq does not accept the adjoints" for v in refused)


def accepted_layers(folder: Path, written: Network, seconds: float = SECONDS) -> dict[int, bool]:
    """For every layer, the cost last, whether Coq accepts its adjoints; ``folder`` holds the compiled library.

    Of an instance of a kind only the form is asked: the rest is proved, and may be too much at the network's own sizes.
    """
    head, _, _ = written.source.partition("Lemma network_accepted")
    questions = "".join(
        f"Eval vm_compute in ({v}, {'well_formed' if v in written.instances else 'layer_accepted dims'} layer{v}).\n"
        for v in range(len(written.layers))
    )
    answer = compile_file(folder, "Question", head + questions, seconds, MEMORY)
    return {int(v): accepted == "true" for v, accepted in re.findall(r"\((\d+), (true|false)\)", answer)}
