"""Everything that can be shown again from a certificate: what the checker does, and what needs a library or Coq.

proofs/checker shows the theorem again with code of its own.  Here the prover's evaluator, which imports nothing of the
deriver, encloses the numbers of tightness again, by Arb, and, if asked to, Coq checks the network's own equations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dyadic.proofs import checker
from dyadic.proofs.checker import Done, Finding, Rejected, Report
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.reading import shown
from dyadic.proofs.checker.intake.witness_forms import edge_of
from dyadic.proofs.claims import Verdict
from dyadic.proofs.evaluate import network_numbers, tightness_witness
from dyadic.proofs.evaluate.defined_states import NOT_FOUND, sizes_of_a_state
from dyadic.proofs.evaluate.drawn_sizes import reduced_sizes
from dyadic.proofs.evaluate.integers import enlarged
from dyadic.proofs.evaluate.tightness_witness import WitnessNumbers
from dyadic.proofs.methods.formal.network_theorem import formal_claim, lacking
from dyadic.proofs.methods.reciprocity import again


def check(
    certificate: Any,
    architecture: Mapping[str, Any] | None = None,
    effort: int = 1,
    coq: bool = False,
    values: Mapping[str, Any] | None = None,
) -> Report:
    """Verify a certificate again.  Raises :class:`Rejected`, naming the field, if any part does not hold.

    architecture: that of which it has to speak, as a certificate holds it, under whatever name.
    effort: how many times the usual work may be spent.
    coq: also have Coq check the network's own equations.
    values: the arrays that the inputs of that architecture have in its file, by name.
    """
    report = checker.check(certificate, effort)
    if architecture is not None:
        for part in (name for name in architecture if name != "name"):
            one, two = certificate["architecture"].get(part), architecture[part]
            if one != two if part != "vertices" else _by_name(one) != _by_name(two):
                raise Rejected(f"architecture.{part}", f"differs from that of {shown(architecture['name'])}")
    graph = Graph(certificate)
    found = {finding.claim: finding for finding in report.findings}
    for position, claim in enumerate(certificate["claims"]):
        if claim["verdict"] != "proved":
            continue
        _expect_constants(claim.get("witness") or {}, values or {}, f"claims[{position}].witness")
        if claim["kind"] == "tightness":
            done, detail = _tightness(graph, claim, f"claims[{position}].witness", effort)
            found[claim["id"]] = replace(found[claim["id"]], done=done, detail=detail)
        elif claim["kind"] == "nonreciprocity" and claim["witness"]:
            _reciprocity(graph, claim["witness"], f"claims[{position}].witness")
    still_open = _of_nothing(graph, certificate["claims"], found, values or {}, architecture is not None)
    if still_open:
        found["steps"] = replace(found["steps"], done=Done.STATED, detail="it may say something of nothing")
    assumed = report.hypotheses
    if coq:
        found["formal"], unaccepted, asked = _formal(certificate, lambda: lacking(graph, values or {}))
        still_open += unaccepted
        assumed += asked
    findings, still_open = tuple(found.values()), (*report.open, *still_open)
    return replace(report, findings=findings, open=still_open, hypotheses=assumed, looked=True)


def _by_name(vertices: Any) -> dict[str, Any]:
    """Any order in which each vertex reads those before it is that of the same network."""
    return {vertex["name"]: vertex for vertex in vertices}


def _of_nothing(
    graph: Graph, claims: Any, found: Mapping[str, Finding], values: Mapping[str, Any], has_values: bool
) -> tuple[str, ...]:
    """Why the theorem may be about no state at all, though it is said to be proved; numbers only stated show none.

    has_values: whether the values of the network's constants are at hand.  Raises :class:`Rejected` where a state is
    said to be found at other sizes than those at which one is.
    """
    proved = [claim for claim in claims if claim["verdict"] == "proved"]
    steps = next((claim for claim in proved if claim["kind"] == "steps"), None)
    own = [claim for claim in proved if claim["kind"] == "tightness" and claim["numbers"]["own"]]
    if steps is None or any(found[claim["id"]].done is Done.COMPUTED for claim in own):
        return ()
    sizes, stated = sizes_of_a_state(graph, values), "other" if steps["numbers"]["elsewhere"] else "own"
    if sizes is None:
        return (f"steps: {NOT_FOUND}",)
    alike = has_values or all(node["role"] not in ("constant", "index") for node in graph.inputs.values())
    if sizes != stated and alike and not own:
        which = f"the certificate says: at {stated} sizes"
        raise Rejected("claims.steps.numbers.elsewhere", f"a state was found at {sizes} sizes; {which}")
    if sizes == "other" and stated == "own":
        return ("steps: a state from which every update is defined was found again at other sizes only",)
    return ()


def _expect_constants(witness: Mapping[str, Any], values: Mapping[str, Any], where: str) -> None:
    """The constants that a witness states have the values of the file, where it has them."""
    stated = network_numbers.read(witness.get("constants", {}))
    for name in stated.keys() & values.keys():
        if stated[name] != network_numbers.entries(values[name]):
            raise Rejected(f"{where}.constants", f"of {shown(name)} are not those of the specification")


def _formal(certificate: Any, state: Callable[[], str | None]) -> tuple[Finding, tuple[str, ...], tuple[str, ...]]:
    """What Coq says of the network's own equations, what that leaves open, and what its theorem asks of the network's
    numbers; whatever the certificate claims."""
    claim = formal_claim(certificate, state=state)
    reason = _falls_short(certificate, claim.numbers) if claim.verdict is Verdict.PROVED else claim.reason
    if reason is None:
        return Finding("formal", Done.COMPUTED, claim.statement, "formal"), (), tuple(claim.hypotheses)
    return Finding("formal", Done.STATED, f"not accepted again: {reason}", "formal"), (f"formal: {reason}",), ()


def _falls_short(certificate: Any, accepted: Mapping[str, int]) -> str | None:
    """Why what Coq accepts is less than what the certificate claims; None if it is not."""
    for position, claim in enumerate(certificate["claims"]):
        if (claim["kind"], claim["verdict"]) == ("formal", "proved"):
            stated = claim["numbers"]
            if {**stated, "kinds": 0} != {**accepted, "kinds": 0}:
                raise Rejected(f"claims[{position}].numbers", "is not what Coq accepts")
            if stated["kinds"] > accepted["kinds"]:  # a slow machine ends proofs that take long
                return f"{accepted['kinds']} layers are proved for all sizes here, not {stated['kinds']}"
    return None


def _reciprocity(graph: Graph, witness: Any, where: str) -> None:
    """The checker has found an entry of its own; the one that is stated is enclosed again."""
    child, parent = edge_of(witness)
    if again(graph, parent, child, witness) != witness:
        raise Rejected(where, "is not what the evaluation gives")


def _affordable(graph: Graph, own: int, effort: int) -> bool:
    """Whether the numbers can be enclosed again: at a network's own sizes, or at the prover's small ones."""
    if not own:
        return tightness_witness.affordable(graph)
    instance = network_numbers.own_instance(graph)
    return instance is not None and 2 * instance.work <= tightness_witness.MUCH_WORK * effort


def _tightness(graph: Graph, claim: Any, where: str, effort: int) -> tuple[Done, str]:
    """What was done about the claim, and its result."""
    with enlarged():
        return _enclosed(graph, claim, where, effort)


def _enclosed(graph: Graph, claim: Any, where: str, effort: int) -> tuple[Done, str]:
    witness = claim["witness"]
    if not _affordable(graph, claim["numbers"]["own"], effort):
        return Done.STATED, "not enclosed again: that is too much work"
    if not claim["numbers"]["own"] and witness["sizes"] != reduced_sizes(graph, largest=2):
        raise Rejected(f"{where}.sizes", "are neither the network's own nor the reduced ones")
    if witness["precision"] not in tightness_witness.PRECISIONS:
        raise Rejected(f"{where}.precision", "is out of range")
    drawn = {key: witness[key] for key in ("seed", "signs", "precision", "sizes")}
    numbers = WitnessNumbers(
        **drawn, initial=witness["initial_state"], constants=network_numbers.read(witness["constants"])
    )
    found = tightness_witness.evaluate(graph, numbers)
    if found is None or found.as_dict() != witness:
        raise Rejected(where, "is not what the evaluation gives")
    value = f"s of {found.vertex!r} is {found.exact} after {found.steps} steps"
    whose = "" if claim["numbers"]["own"] else " of such layers at other sizes or with other constants"
    return (
        Done.COMPUTED,
        f"enclosed again by Arb{whose}: {value}, and off by {found.difference} after {found.steps - 1}",
    )
