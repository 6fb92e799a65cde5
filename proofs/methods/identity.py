"""Polynomial identity testing at reduced sizes, entry by entry, for every layer type.

Proves: x, s and dE/dtheta after the claimed steps from a random state equal backpropagation by automatic
differentiation of the forward equations, for all parameters and all activation functions at the sizes evaluated,
up to a printed probability of error, with one choice of the integers that are looked up, if there are any: the witness
has them, and the claim says so.  Of the entries that maxima take it says with how many choices it was evaluated.  The
evaluation is proofs/evaluate/identity_values.py; the checker repeats it.

Trusts: the evaluator in proofs/evaluate; blake2b as a source of randomness.  Blind to: other sizes, integers
and choices.
"""

from __future__ import annotations

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.checker.intake.shapes import holds_integers
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate import identity_values
from dyadic.proofs.evaluate.drawn_sizes import Instantiation, reduced_sizes
from dyadic.proofs.evaluate.simulate import as_witness
from dyadic.proofs.methods.refutation.counterexample import smallest
from dyadic.proofs.sentences import log10_error, told

MOST_WORK = 40_000_000


def unfit(graph: Graph) -> str | None:
    """Why the network cannot be evaluated entry by entry: no small instance of it fits its shape rules."""
    try:
        found = Instantiation(graph, reduced_sizes(graph))
    except Rejected as error:
        return f"there is no small instance of the network ({error.reason}); pairing evaluates its layers one by one"
    if found.entries * len(graph.parents) > MOST_WORK:
        return "the smallest instance is too large to evaluate entry by entry; pairing evaluates its layers one by one"
    return identity_values.too_high(graph)


def identity_claim(graph: Graph, steps: int) -> Claim:
    """Two runs over two random primes, larger ones where the degree of what is compared asks for that."""
    schedule = identity_values.schedule_for(graph, steps)
    counts = {"steps": steps, "every_step": int(schedule == "synchronous"), "integers": int(holds_integers(graph))}
    runs, bound = identity_values.runs(graph, steps, identity_values.seed_of(graph, "identity"))
    wrong = next((run for run in runs if run.difference), None)
    if wrong is None:
        small = Instantiation(graph, runs[0].sizes)
        if taken := identity_values.choices_of(graph, steps):
            counts["maxima"] = taken
        primes = {"primes": [str(run.prime) for run in runs], "seeds": [run.seed for run in runs]}
        witness = primes | as_witness(graph, small)
        return told("identity", Verdict.PROVED, {}, counts | {"log10_error": log10_error(bound)}, witness=witness)
    numbers = smallest(graph, steps)
    if numbers is None:
        variable, entry, found, wanted = wrong.difference  # type: ignore[misc]
        numbers = {
            "variable": variable, "entry": entry, "claimed": found, "exact": wanted,
            "modulo": str(wrong.prime), "seed": wrong.seed, "sizes": wrong.sizes,
        }  # fmt: skip
    return told("identity", Verdict.REFUTED, {}, counts, counterexample=numbers)
