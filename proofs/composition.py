"""The theorem for one architecture, composed of what the methods have shown.

It rests on the stabilisation lemma, on this architecture's ranks and terms, on its equations being the instances that
the graph demands, and on the adjoint of every layer kind.
The other methods that bear on it are cross-checks: one left undecided leaves it undecided.

What refutes it are numbers of this very network: its own functions, sizes and constants, and states at which every
update has a value.  Most methods speak of something else, of free functions, small sizes or layers at any input: an
adjoint s (1 - tanh(x)^2) is right, though not for every function of that name.  Where one of them refutes, such numbers
are looked for; where there are none the theorem is undecided, and so are cross-checks that are about free functions.
An equation that is not the instance that the graph demands refutes it as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from dyadic.proofs.checker.evaluation.domain import VALUES, hypothesis
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.defined_states import NOT_FOUND, sizes_of_a_state
from dyadic.proofs.methods.refutation.counterexample import of_the_network
from dyadic.proofs.methods.registry import METHODS
from dyadic.proofs.methods.shared.layer_kinds import applied
from dyadic.proofs.sentences import told
from dyadic.proofs.subject import Subject
from dyadic.symbolic.functions import FUNCTIONS

ESSENTIAL = ("lemma", "ranks", "instances", "adjoint")
METHOD_OF = {"terms": "ranks", "gradient": "adjoint", "function": "functions"}
"""The method that makes the claims of a kind, where it has another name."""
_AS_WRITTEN = ("instances",)
"""Kinds of claims about what is printed, which a network's numbers are not evaluated from."""
Role = Literal["theorem", "rests", "checks", "beside"]
"""The theorem itself, what it rests on, what cross-checks it, and what stands beside it."""


def role(method: str) -> Role:
    """What the claims of a method are to the theorem; ``steps`` is the theorem."""
    if method == "steps":
        return "theorem"
    if method in ESSENTIAL:
        return "rests"
    return "checks" if method in METHODS and METHODS[method].bears else "beside"


def own_difference(subject: Subject, shown: Mapping[str, Sequence[Claim]]) -> dict[str, Any] | None:
    """Numbers of the network itself at which it is wrong; looked for only where some method has found it doubtful."""
    doubtful = [claim for claims in shown.values() for claim in claims if _is_doubtful(claim)]
    if not doubtful or subject.graph is None:
        return None
    return of_the_network(subject.graph, subject.steps, subject.derivation.architecture.values)


def _is_doubtful(claim: Claim) -> bool:
    if claim.verdict is Verdict.UNDECIDED:
        return claim.kind in ("adjoint", "gradient")
    return claim.verdict is Verdict.REFUTED and METHODS[METHOD_OF.get(claim.kind, claim.kind)].bears


def without_free_refutations(shown: dict[str, list[Claim]], own: dict[str, Any] | None) -> dict[str, list[Claim]]:
    """The claims, those that only free functions or opaque layers refute undecided: the network's own may be right.

    own: what :func:`own_difference` gives.
    """
    if own is not None:
        return shown
    return {name: [_undecided(c) for c in found] if METHODS[name].free else found for name, found in shown.items()}


def _undecided(claim: Claim) -> Claim:
    if claim.verdict is not Verdict.REFUTED:
        return claim
    reason = f"free functions, or other sizes, tell the two sides apart, but {_NO_NUMBERS}"
    found = told(claim.kind, Verdict.UNDECIDED, claim.subject, claim.numbers, reason=reason)
    return replace(found, trusted=claim.trusted)


_NO_NUMBERS = "no numbers of this network itself were found that do"


def steps_claim(subject: Subject, shown: Mapping[str, Sequence[Claim]], own: dict[str, Any] | None = None) -> Claim:
    """``shown``: the claims by the name of the method that made them.  own: what :func:`own_difference` gives."""
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
    if own is not None:
        # The smallest part that is wrong is the easiest to check by hand; the network itself stands beside it.
        part = next((part.counterexample for part in refuted if "network" in (part.counterexample or {})), None)
        return claim(Verdict.REFUTED, counterexample=own if part is None else {**part, "in_the_network_itself": own})
    if written := [part for part in refuted if part.kind in _AS_WRITTEN or subject.graph is None]:
        return claim(Verdict.REFUTED, counterexample=written[0].counterexample)
    if steps < derivation.steps:
        late = next(iter(shown.get("tightness", ())), None)
        numbers_of_it = _too_few(subject, late, all(part.verdict is Verdict.PROVED for part in parts))
        if numbers_of_it is not None:
            return claim(Verdict.REFUTED, counterexample=numbers_of_it)
        return claim(Verdict.UNDECIDED, reason=_undecided_below(derivation.steps, late))
    wrong = f"refuted: {', '.join(part.id for part in refuted)}, but {_NO_NUMBERS}" if refuted else ""
    open_ = [part.id for part in parts if part.verdict is Verdict.UNDECIDED]
    lacking = [name for name in ESSENTIAL if not shown.get(name)]
    reasons = [f"open: {', '.join(open_)}"] * bool(open_) + [f"methods not run: {', '.join(lacking)}"] * bool(lacking)
    if reasons or wrong:
        return claim(Verdict.UNDECIDED, reason="; ".join([wrong] * bool(wrong) + reasons))
    witnesses = [part.numbers["own"] for part in shown.get("tightness", ()) if part.kind == "tightness"]
    known = domain is None or any(witnesses)
    sizes = "own" if known else sizes_of_a_state(subject.network, derivation.architecture.values)
    if sizes is None:
        return claim(Verdict.UNDECIDED, reason=NOT_FOUND)
    numbers["elsewhere"] = int(sizes == "other")
    return claim(Verdict.PROVED)


def _too_few(subject: Subject, late: Claim | None, is_right: bool) -> dict[str, Any] | None:
    """Numbers of the network itself that show fewer steps than T to be too few, if any are found.

    late: what was found of one step fewer.  is_right: its equations are those of backpropagation, as far as is known,
    so that a state that is exact after some steps is so after more.
    """
    steps, enough = subject.steps, subject.derivation.steps
    if late is None:
        return None  # the method that looks for them was not run
    if not (is_right and late.kind == "tightness" and late.verdict is Verdict.PROVED and late.numbers["own"]):
        graph, values = subject.graph, subject.derivation.architecture.values
        return None if graph is None else of_the_network(graph, steps, values)
    witness = late.witness or {}
    why = f"value before is that after {enough - 1} steps: were the state exact after {steps}, it would be so then"
    return witness if steps == enough - 1 else {"about": why, **witness}


def _undecided_below(steps: int, late: Claim | None) -> str:
    """Why nothing is known of fewer steps.  late: what was found of one step fewer."""
    text = f"with fewer steps than T = {steps} only numbers of this network itself decide: "
    if late is None:
        return text + "the method tightness, which looks for them, was not run"
    if late.kind == "tightness":
        return text + "those found are of its layers at other sizes or with other constants"
    return text + "none were found: it may need no more steps, as where a derivative is 0 everywhere"
