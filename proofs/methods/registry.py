"""The methods by name: where each is written, what it proves, what it trusts and what it cannot see.

``dyadic explain`` says it in sentences and docs/proofs.md shows the table; a test keeps the two in step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from dyadic.proofs.claims import Claim
from dyadic.proofs.methods import (
    identity,
    induction,
    instances,
    lemma,
    machine,
    pairing,
    polynomial,
    printed,
    ranks,
    rational,
    reciprocity,
    residues,
    schedules,
    stepsize,
    tightness,
    variational,
    wiring,
)
from dyadic.proofs.methods.formal import network_theorem
from dyadic.proofs.methods.shared import layer_kinds
from dyadic.proofs.subject import Subject
from dyadic.symbolic.errors import DyadicError


@dataclass(frozen=True)
class Method:
    """One way of knowing.

    stage: what is shown while it runs.  deep: runs only if asked for (``--deep``, or by name).
    bears: whether the 2L theorem for the architecture stands or falls with its claims.
    needs_graph: it evaluates the network, so there must be one.
    free: its refutations speak of free functions, opaque layers or small sizes, and of the network itself only if
        numbers of its own are found.
    of_steps: it is about the number of steps.  Of fewer than T such a method, if it is free, says nothing: the network
        itself may need no more.
    unfit: why it cannot say anything of this network, or None.
    """

    name: str
    file: str
    stage: str
    run: Callable[[Subject], Iterable[Claim]]
    proves: str
    trusts: str
    blind: str
    deep: bool = False
    bears: bool = True
    needs_graph: bool = True
    free: bool = False
    of_steps: bool = True
    unfit: Callable[[Subject], str | None] = lambda subject: None


_variational = cache(variational.variational_claims)

_ALL = (
    Method(
        "lemma", "proofs/methods/lemma.py", "stabilisation lemma", lambda s: [lemma.lemma_claim()],
        "if updates read only smaller ranks, then after k steps rank <= k is independent of the start, on any graph",
        "the rules of proofs/checker/lemmas/deduction.py; induction over the integers", "the architecture",
        needs_graph=False,
    ),
    Method(
        "variational", "proofs/methods/variational.py", "variational principle", lambda s: _variational(),
        "constructions A and B give the rates stated; C leaks the cost's gradient into dx/dt",
        "polynomials in python-flint", "the network", bears=False, needs_graph=False,
    ),
    Method(
        "ranks", "proofs/methods/ranks.py", "ranks", ranks.rank_claims,
        "the terms are those of dE/dx, this network's updates read only smaller ranks; L; T",
        "the equations' list of entries", "what the equations say", needs_graph=False,
    ),
    Method(
        "induction", "proofs/methods/induction.py", "induction",
        lambda s: [induction.induction_claim(s.network, s.steps)],
        "the induction on the rank written out and checked step by step, and every variable's settling round",
        "a small-model argument; SymPy's substitution", "what the equations say", deep=True, free=True,
    ),
    Method(
        "instances", "proofs/methods/instances.py", "instances", lambda s: [instances.instances_claim(s.network)],
        "every equation of the network, as printed and hashed, is the instance of its layers' equations that the graph "
        "demands", "proofs/checker: its forms of integer expressions",
        "whether the layers' own equations are right",
    ),
    Method(
        "printed", "proofs/methods/printed.py", "printed equations", printed.printed_claims,
        "what is printed of every equation, read back, is that equation: text; LaTeX in the notation of claims, up to "
        "300 equations", "the readers in proofs/statements; the checker's forms of integers",
        "the appendix; whether the equations are right", bears=False,
    ),
    Method(
        "adjoint", "proofs/methods/adjoint", "adjoints", layer_kinds.adjoint_claims,
        "E_v = <s, f - x>, dE_v/ds = f - x, <s, Df v> = <(Df)^T s, v> for every layer kind, input and parameter, for "
        "all sizes", "the rules for sums and derivatives in proofs/checker/core",
        "how layers are connected", needs_graph=False,
    ),
    Method(
        "functions", "proofs/methods/derivatives.py", "activation derivatives", layer_kinds.function_claims,
        "the emitted derivative of an activation is that of its definition",
        "derivation rules in a differential field; polynomial arithmetic", "floating point", needs_graph=False,
    ),
    Method(
        "wiring", "proofs/methods/wiring.py", "wiring", lambda s: [wiring.wiring_claim(s.network, s.steps)],
        "all T steps from free symbols give backpropagation's terms",
        "Python's dictionaries and tuples, of which the opaque terms are made", "what is inside a layer", free=True,
    ),
    Method(
        "pairing", "proofs/methods/pairing.py", "layers modulo primes", lambda s: [pairing.pairing_claim(s.network)],
        "<s, Df v> = <(Df)^T s, v> for every layer kind and cost at small sizes, or where it fails there at those of "
        "the network, for free functions, up to the printed probability",
        "the evaluator in proofs/evaluate; a hash function as randomness",
        "other sizes, integers and choices of the largest entries; how layers are connected",
        free=True, of_steps=False,
    ),
    Method(
        "schedules", "proofs/methods/schedules.py", "schedules",
        lambda s: [schedules.schedules_claim(s.network, s.steps)],
        "synchronous, wavefront and asynchronous schedules (seeds recorded) reach the same terms",
        "Python's dictionaries and tuples, of which the opaque terms are made",
        "what is inside a layer; terms missing in the same way on every schedule",
        deep=True, free=True, unfit=lambda s: schedules.unfit(s.network, s.steps),
    ),
    Method(
        "identity", "proofs/methods/identity.py", "exact evaluation",
        lambda s: [identity.identity_claim(s.network, s.steps)],
        "the relaxation reaches automatic differentiation's values for all parameters and activation functions at "
        "reduced sizes, up to the printed probability",
        "the evaluator in proofs/evaluate; a hash function as randomness",
        "other sizes, integers and choices of the largest entries",
        free=True, unfit=lambda s: identity.unfit(s.network),
    ),
    Method(
        "residues", "proofs/methods/residues.py", "exact evaluation at full size",
        lambda s: [residues.residues_claim(s.network, s.steps)],
        "the relaxation reaches automatic differentiation's values at the network's own sizes, all T steps executed "
        "(beyond the budget: the wavefront), up to the printed probability",
        "python-flint's matrix products, proofs/methods/vectors/algebras.py; a hash function as randomness",
        "wrong definitions: both sides use them",
        deep=True, free=True, unfit=lambda s: residues.unfit(s.network),
    ),
    Method(
        "polynomial", "proofs/methods/polynomial.py", "exact polynomials",
        lambda s: [polynomial.polynomial_claim(s.network, s.steps)],
        "the relaxation reaches backpropagation's values as polynomials, all T steps from free variables, with no "
        "probability of error",
        "python-flint's polynomials; the evaluator in proofs/evaluate",
        "other sizes and integers; networks that are not small",
        deep=True, free=True, unfit=lambda s: polynomial.unfit(s.network, s.steps),
    ),
    Method(
        "rational", "proofs/methods/rational.py", "exact rational evaluation",
        lambda s: [rational.rational_claim(s.network, s.steps)],
        "the relaxation reaches backpropagation's values at one rational point with stand-ins for the activations: "
        "only its refutations prove anything more",
        "python-flint's fractions; the evaluator in proofs/evaluate",
        "what agrees at that point, such as a derivative at another argument of the same sign", deep=True, free=True,
    ),
    Method(
        "stepsize", "proofs/methods/stepsize.py", "step sizes", lambda s: stepsize.stepsize_claims(s.network),
        "only h = tau_v is exact in finite time; how linear networks deviate; nilpotency, spectral radius abs(1 - h)",
        "python-flint; the evaluator in proofs/evaluate", "adjoints that are wrong but read the same variables",
        deep=True, bears=False, unfit=lambda s: stepsize.unfit(s.network),
    ),
    Method(
        "nonreciprocity", "proofs/methods/reciprocity.py", "non-reciprocity",
        lambda s: [reciprocity.reciprocity_claim(s)],
        "no potential generates the inference flow (one Jacobian entry)", "Arb", "the sensitivities", bears=False,
    ),
    Method(
        "tightness", "proofs/methods/tightness.py", "tightness", lambda s: [tightness.tightness_claim(s)],
        "numbers for which T - 1 steps are not enough; else, as another claim, a chain of T reads", "Arb; the lemma",
        "equations that are wrong in the same way at every step", bears=False,
    ),
    Method(
        "machine", "proofs/methods/machine.py", "machine-checked theorem",
        lambda s: [machine.machine_claim(s.network, s.steps)],
        "the 2L theorem for any ranked system, instantiated by this network's rank table, in Coq",
        "Coq's kernel; that the table lists what the updates read", "what the equations say", deep=True, bears=False,
    ),
    Method(
        "formal", "proofs/methods/formal/network_theorem.py", "machine-checked equations",
        lambda s: [
            network_theorem.formal_claim(
                s.content, s.progress, lambda: network_theorem.lacking(s.network, s.derivation.architecture.values)
            )
        ],
        "2L steps of this network's own equations, at its sizes, give the Frechet derivatives of its cost where the "
        "conditions that the claim lists hold, in Coq; the adjoints of the layers that the claim counts for all sizes",
        "Coq's kernel and its virtual machine; the axioms of the real numbers; that the file's equations are these",
        "other sizes of the other layers; the emitted code; floating point", deep=True, bears=False,
    ),
)  # fmt: skip

COQ_METHODS = {"machine", "formal"}
"""Those that need Coq, which --coq adds."""

METHODS: dict[str, Method] = {method.name: method for method in _ALL}


def choose(names: Sequence[str] | None, deep: bool, coq: bool) -> list[Method]:
    """The methods to run, in the registry's order.

    ``names`` None means the default ones; ``deep`` adds the costlier ones but Coq, which ``coq`` adds.
    Raises :class:`DyadicError` for a name that no method has.
    """
    if names is not None and deep:
        raise DyadicError("--methods runs only the ones named, and --deep adds others; leave one of the two out")
    if isinstance(names, str) or not all(isinstance(name, str) for name in names or ()):
        raise DyadicError(f"methods = {names!r:.60}: write a list of names; there are: {', '.join(METHODS)}")
    unknown = [name for name in names or () if name not in METHODS]
    if unknown:
        raise DyadicError(f"no method is called {', '.join(unknown[:5])!r}; there are: {', '.join(METHODS)}")
    wanted = set(names if names is not None else [m.name for m in _ALL if not m.deep])
    if deep:
        wanted |= {method.name for method in _ALL if method.name not in COQ_METHODS}
    if coq:
        wanted |= COQ_METHODS
    return [method for method in _ALL if method.name in wanted]
