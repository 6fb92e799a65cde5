"""The theorem for one architecture, composed of what the methods have shown.

It rests on the stabilisation lemma, on this architecture's ranks and terms, on its equations being the instances that
the graph demands, and on the adjoint of every layer kind.
The other methods that bear on it are cross-checks: a refutation by any of them refutes it, and one left undecided
leaves it undecided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from dyadic.proofs.checker.evaluation.domain import VALUES, hypothesis
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.defined_states import NOT_FOUND, sizes_of_a_state
from dyadic.proofs.methods.registry import METHODS
from dyadic.proofs.methods.shared.layer_kinds import applied
from dyadic.proofs.sentences import told
from dyadic.proofs.subject import Subject
from dyadic.symbolic.functions import FUNCTIONS

ESSENTIAL = ("lemma", "ranks", "instances", "adjoint")
METHOD_OF = {"terms": "ranks", "gradient": "adjoint", "function": "functions"}
"""The method that makes the claims of a kind, where it has another name."""
Role = Literal["theorem", "rests", "checks", "beside"]
"""The theorem itself, what it rests on, what cross-checks it, and what stands beside it."""


def role(method: str) -> Role:
    """What the claims of a method are to the theorem; ``steps`` is the theorem."""
    if method == "steps":
        return "theorem"
    if method in ESSENTIAL:
        return "rests"
    return "checks" if method in METHODS and METHODS[method].bears else "beside"


def steps_claim(subject: Subject, shown: Mapping[str, Sequence[Claim]]) -> Claim:
    """``shown``: the claims by the name of the method that made them."""
    derivation, steps = subject.derivation, subject.steps
    bearing = [name for name, claims in shown.items() if METHODS[name].bears and claims]
    parts = [claim for name in bearing for claim in shown[name]]
    domain = hypothesis([*derivation.contents.values(), *derivation.cost_contents.values()])
    assumed = [text for part in parts for text in part.hypotheses if not text.startswith(VALUES)]
    hypotheses = tuple(dict.fromkeys([*assumed, *([domain] if domain else []), *subject.restrictions]))
    trusted = tuple(sorted({text for part in parts for text in part.trusted}))
    checks = [name for name in bearing if name not in ESSENTIAL]
    here = [part.id for part in parts if part.kind in ("adjoint", "gradient") and not part.numbers["all_sizes"]]
    listed = "; ".join([*here[:3], f"and {len(here) - 3} others"] if len(here) > 4 else here)
    only_here = f", but at the sizes of this network, by evaluation modulo primes: {listed}" if here else ""
    numbers = {"steps": steps, "L": derivation.L, "everywhere": int(domain is None), "elsewhere": 0}
    numbers["all_sizes"] = int(not here)
    numbers["held"] = int(any(FUNCTIONS[name].held for name in applied(derivation)))

    def claim(verdict: Verdict, **rest: Any) -> Claim:
        found = told("steps", verdict, {}, numbers, hypotheses=hypotheses, **rest)
        method = found.method + only_here + (f", cross-checked by {', '.join(checks)}" if checks else "")
        return replace(found, method=method, trusted=trusted)

    refuted = [part for part in parts if part.verdict is Verdict.REFUTED]
    if refuted:
        found = [part.counterexample or {} for part in refuted]
        # The smallest first: of a sub-network, else of a layer, else whatever there is.
        counterexamples = [c for key in ("network", "claimed") for c in found if key in c] + found
        return claim(Verdict.REFUTED, counterexample=counterexamples[0])
    if steps < derivation.steps:
        late = next(iter(shown.get("tightness", ())), None)
        # Of the network itself: a state that is exact earlier would stay so, and be exact after T - 1 steps.
        if late and late.kind == "tightness" and late.verdict is Verdict.PROVED and late.numbers["own"]:
            return claim(Verdict.REFUTED, counterexample=late.witness)
        return claim(Verdict.UNDECIDED, reason=_undecided_below(derivation.steps, late))
    open_ = [part.id for part in parts if part.verdict is Verdict.UNDECIDED]
    lacking = [name for name in ESSENTIAL if not shown.get(name)]
    reasons = [f"open: {', '.join(open_)}"] * bool(open_) + [f"methods not run: {', '.join(lacking)}"] * bool(lacking)
    if reasons:
        return claim(Verdict.UNDECIDED, reason="; ".join(reasons))
    witnesses = [part.numbers["own"] for part in shown.get("tightness", ()) if part.kind == "tightness"]
    known = domain is None or any(witnesses)
    sizes = "own" if known else sizes_of_a_state(subject.network, derivation.architecture.values)
    if sizes is None:
        return claim(Verdict.UNDECIDED, reason=NOT_FOUND)
    numbers["elsewhere"] = int(sizes == "other")
    return claim(Verdict.PROVED)


def _undecided_below(steps: int, late: Claim | None) -> str:
    """Why nothing is known of fewer steps.  late: what was found of one step fewer."""
    text = f"with fewer steps than T = {steps} only numbers of this network itself decide, and "
    if late is None:
        return text + "the method tightness, which looks for them, was not run"
    if late.kind == "tightness":
        return text + "those found are of its layers at other sizes or with other constants"
    return text + "none were found: it may need no more steps, as where a derivative is 0 everywhere"
