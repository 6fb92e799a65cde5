"""What an attacker does after changing a certificate: every digest, hash and text made to fit again."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

from dyadic.proofs.checker.assumptions import hypotheses
from dyadic.proofs.checker.evaluation.domain import VALUES, hypothesis
from dyadic.proofs.checker.evaluation.smooth_entries import conditions_on_entries
from dyadic.proofs.checker.intake.graph import Graph, certificate_hash, digest
from dyadic.proofs.checker.intake.shapes import network_shapes
from dyadic.proofs.checker.verdicts import _labels, _only_here
from dyadic.proofs.checker.wording import BEARING, ESSENTIAL, METHOD_OF, RULES

BROKEN = (TypeError, ValueError, LookupError, AttributeError, RecursionError, StopIteration)


def refitted(forged: Any, texts: bool = True) -> Any:
    """The certificate with digests, hashes and (texts) sentences that fit what it now says; in place."""
    with contextlib.suppress(*BROKEN):
        _digests(forged)
    with contextlib.suppress(*BROKEN):
        for tag, equation in forged["equations"].items():
            content = {key: value for key, value in equation.items() if key != "hash"}
            equation["hash"] = digest({"tag": tag, **content})
    with contextlib.suppress(*BROKEN):
        retold(forged if texts else {"claims": []})
    with contextlib.suppress(*BROKEN):
        forged["hash"] = certificate_hash(forged)
    return forged


def recounted(forged: Any) -> Any:
    """The certificate with as many printed equations claimed as it now has, where they can be counted; in place."""
    with contextlib.suppress(*BROKEN):
        stated = [item for one in forged["equations"].values() for item in (one["definition"], *one["where"])]
        count = len({json.dumps(item, sort_keys=True) for item in stated})
        for claim in forged["claims"]:
            if claim["kind"] == "printed":
                claim["numbers"]["compared"] = count - claim["numbers"]["left_out"]
    return forged


def _digests(forged: Any) -> None:
    """Layers and costs under the digests of their contents, wherever these stand."""
    moved = {}
    for group in ("layers", "costs"):
        fresh = {key: digest(content) for key, content in forged[group].items()}
        moved |= {f"{group}.{old}": f"{group}.{new}" for old, new in fresh.items()}
        forged[group] = {fresh[key]: content for key, content in forged[group].items()}
    for vertex in forged["architecture"]["vertices"]:
        vertex["layer"] = moved.get(f"layers.{vertex['layer']}", f"layers.{vertex['layer']}").partition(".")[2]
    for cost in forged["architecture"]["costs"].values():
        cost["cost"] = moved.get(f"costs.{cost['cost']}", f"costs.{cost['cost']}").partition(".")[2]
    for claim in forged["claims"]:
        content = claim["subject"].get("content")
        if content in moved:
            claim["subject"]["content"] = moved[content]
        for run in (claim["witness"] or {}).get("runs", ()) if isinstance(claim["witness"], dict) else ():
            if "content" in run:
                run["content"] = moved.get(run["content"], run["content"])
    forged["proofs"] = {moved.get(place, place): proof for place, proof in forged["proofs"].items()}


def retold(forged: Any) -> None:
    """Every sentence made of the data as it now is, where that can be read."""
    labels, contents = {}, {}
    with contextlib.suppress(Exception):
        graph = Graph(forged)
        contents = graph.contents()
        labels = _labels(graph, contents)
    for claim in forged["claims"]:
        with contextlib.suppress(*BROKEN):
            _retell(claim, labels, contents)
            if claim["kind"] == "formal":
                net = forged["architecture"]
                asked = conditions_on_entries(net["vertices"], forged["layers"], net["costs"], forged["costs"])
                claim["hypotheses"] = asked
    with contextlib.suppress(*BROKEN):
        _retell_steps(forged)


def _retell(claim: Any, labels: Any, contents: Any) -> None:
    rule, subject, numbers = RULES[claim["kind"]], claim["subject"], claim["numbers"]
    if claim["kind"] == "steps":
        return
    label = name = ""
    content = None
    if "content" in subject:
        label, name = labels[subject["content"]]
        content = contents[subject["content"]][0]
    else:
        name = next(iter(subject.values()), "")
    claim["id"] = f"{claim['kind']}:{name}" if name else claim["kind"]
    claim["statement"], claim["method"] = rule.say(subject, numbers, label), rule.how(subject, numbers)
    claim["hypotheses"] = hypotheses(claim["kind"], content, subject, numbers)


def _retell_steps(forged: Any) -> None:
    claim = next(claim for claim in forged["claims"] if claim["kind"] == "steps")
    parts = [c for c in forged["claims"] if METHOD_OF.get(c["kind"], c["kind"]) in BEARING]
    others = [n for n in dict.fromkeys(METHOD_OF.get(c["kind"], c["kind"]) for c in parts) if n not in ESSENTIAL]
    method = RULES["steps"].how(claim["subject"], claim["numbers"]) + _only_here(parts)
    claim["statement"] = RULES["steps"].say(claim["subject"], claim["numbers"], "")
    claim["method"] = method + (f", cross-checked by {', '.join(others)}" if others else "")
    assumed = [text for c in parts for text in c["hypotheses"] if not text.startswith(VALUES)]
    with contextlib.suppress(Exception):
        graph = Graph(forged, require_terms=False)
        domain = hypothesis([*graph.layers.values(), *graph.kinds.values()])
        assumed += [*([domain] if domain else []), *network_shapes(graph).hypotheses()]
    claim["hypotheses"] = list(dict.fromkeys(assumed))
    claim["trusted"] = sorted({text for c in parts for text in c["trusted"]})


def claim_of(certificate: Any, name: str) -> Any:
    return next(claim for claim in certificate["claims"] if claim["id"] == name)


def grafted(certificate: Any, subject: Any) -> Any:
    """What a certificate would say of another derivation, had all its claims been proved of that one."""
    forged = copy.deepcopy(certificate)
    old = {vertex["name"]: vertex["layer"] for vertex in forged["architecture"]["vertices"]}
    old_costs = {owner: cost["cost"] for owner, cost in forged["architecture"]["costs"].items()}
    forged |= copy.deepcopy(subject)
    moved = {}
    for vertex in forged["architecture"]["vertices"]:
        moved[f"layers.{old[vertex['name']]}"] = f"layers.{vertex['layer']}"
    for owner, cost in forged["architecture"]["costs"].items():
        moved[f"costs.{old_costs[owner]}"] = f"costs.{cost['cost']}"
    for claim in forged["claims"]:
        if "content" in claim["subject"]:
            claim["subject"]["content"] = moved[claim["subject"]["content"]]
        for run in (claim["witness"] or {}).get("runs", ()):
            if "content" in run:
                run["content"] = moved[run["content"]]
    forged["proofs"] = {moved[place]: proof for place, proof in forged["proofs"].items()}
    return refitted(forged)
