"""What a claim says in a few words, for a line of a list.  The whole sentence is in the certificate."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dyadic.proofs.claims import Claim
from dyadic.proofs.sentences import any_state
from dyadic.symbolic.nouns import counted

Words = Mapping[str, str]
Numbers = Mapping[str, int]

_CONSTRUCTIONS = {
    "A": "the action of s dx/dt - E gives ds/dt = -dE/dx: s runs backward in time",
    "B": "doubling the whole state gives dx/dt = +dE/ds, ds/dt = +dE/dx",
    "C": "C(x + s/2) - C(x - s/2) for the cost leaks its gradient into inference",
    "dyadic": "in a = x + s/2, b = x - s/2: da/dt = +dE/da, db/dt = -dE/db",
}
_STEP_SIZES = {
    "only": "exactness in finite time needs h = tau_v",
    "closed-form": "how a linear network deviates after n steps of size h",
}


def _steps(s: Words, n: Numbers) -> str:
    verb = "is" if n["steps"] == 1 else "are"
    stopped = " with stopped gradients" if n["held"] else ""
    return (
        f"{counted(n['steps'], 'unit step')} from {any_state(n)} {verb} exactly backpropagation{stopped} (L = {n['L']})"
    )


def _sizes(n: Numbers) -> str:
    return "for all sizes" if n["all_sizes"] else "for this network's sizes"


def _error(n: Numbers) -> str:
    return f"; error below 1e{n['log10_error']}" if "log10_error" in n else ""


def _adjoint(s: Words, n: Numbers) -> str:
    if s["content"].startswith("costs."):
        return f"dC/dx is the adjoint of the derivative, {_sizes(n)}"
    return f"adjoint to the derivative, {_sizes(n)}"


def _printed(s: Words, n: Numbers) -> str:
    left_out = f"; {n['left_out']} not read back" if n["left_out"] else ""
    notation = {"latex": "LaTeX"}.get(s["notation"], s["notation"])
    return f"the {notation} of {n['compared']} equations, read back, is them{left_out}"


def _stepsize(s: Words, n: Numbers) -> str:
    return _STEP_SIZES.get(s["part"], f"this network: nilpotent, spectral radius |1 - h|{_error(n)}")


def _flow(s: Words, n: Numbers) -> str:
    if not n["reads"]:
        return "no layer reads another: the flow has a potential"
    of = "" if n["own"] else " of such layers at other sizes or with other constants"
    return f"the inference flow{of} has no potential"


def _too_few(s: Words, n: Numbers) -> str:
    of = "" if n["own"] else " for such layers at other sizes or with other constants"
    return f"{counted(n['steps'], 'step')} {'is' if n['steps'] == 1 else 'are'} not enough{of}"


_SHORT: dict[str, Callable[[Words, Numbers], str]] = {
    "steps": _steps,
    "lemma": lambda s, n: "updates that read only smaller ranks settle rank by rank, on any graph",
    "terms": lambda s, n: "the sensitivity updates hold exactly the terms of dE/dx",
    "ranks": lambda s, n: f"every update reads only smaller ranks; L = {n['L']}, T = {n['T']}",
    "instances": lambda s, n: f"the {n['equations']} equations are their layers' own, as the graph demands",
    "induction": lambda s, n: f"the induction on the rank, step by step: settled after {n['steps']}",
    "adjoint": _adjoint,
    "gradient": lambda s, n: f"adjoint to the derivative, {_sizes(n)}",
    "function": lambda s, n: (
        "the derivative that is emitted is 0, as the program asks"
        if s["name"] == "stop_gradient"
        else "the derivative that is emitted is that of the definition"
    ),
    "wiring": lambda s, n: f"with opaque layers, {counted(n['steps'], 'step')} give backpropagation's terms",
    "pairing": lambda s, n: f"every adjoint against forward mode, modulo primes{_error(n)}",
    "schedules": lambda s, n: f"{n['schedules']} asynchronous schedules and the wavefront reach the same terms",
    "identity": lambda s, n: f"the network against automatic differentiation, modulo primes{_error(n)}",
    "residues": lambda s, n: f"the network at its own sizes against automatic differentiation{_error(n)}",
    "polynomial": lambda s, n: "the network against backpropagation, as polynomials",
    "rational": lambda s, n: "the network against backpropagation, at one rational point",
    "variational": lambda s, n: _CONSTRUCTIONS[s["construction"]],
    "printed": _printed,
    "nonreciprocity": _flow,
    "nonreciprocity:structure": lambda s, n: "the flow of some layers with this structure has no potential",
    "tightness": _too_few,
    "tightness:structure": lambda s, n: f"{n['T']} steps are needed by some layers with this structure",
    "stepsize": _stepsize,
    "machine": lambda s, n: f"any system with these reads is at its fixed point after {n['steps']} steps, in Coq",
    "formal": lambda s, n: (
        f"{n['steps']} steps of these very equations give the cost's derivatives, in Coq"
        + ("" if n["smooth"] else " where the conditions that it lists hold")
    ),
    "open": lambda s, n: f"what the method {s['method']} would show",
}


def short(claim: Claim) -> str:
    """The claim in a few words; its sentence, for a kind that is not known here or lacks what its kind has."""
    try:
        return _SHORT[claim.kind](claim.subject, claim.numbers)
    except KeyError:
        return claim.statement
