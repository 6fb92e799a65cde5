"""Polynomial identity testing at reduced sizes, entry by entry, for every layer type.

Proves: x, s and dE/dtheta after the claimed steps from a random state equal backpropagation by automatic
differentiation of the forward equations, for all parameters and all activation functions at the sizes evaluated,
up to a printed probability of error.  The evaluation itself is proofs/evaluate/identity.py, which the checker repeats.

Trusts: the evaluator in proofs/evaluate; blake2b as a source of randomness.  Blind to: other sizes.
"""

from __future__ import annotations

from dyadic.proofs.checker.graph import Graph
from dyadic.proofs.checker.reading import Rejected
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate import identity
from dyadic.proofs.evaluate.sizes import Instantiation, reduced_sizes
from dyadic.proofs.methods.counterexample import smallest

SEED = 20260202
MOST_WORK = 40_000_000


def unfit(graph: Graph) -> str | None:
    """Why the network cannot be evaluated entry by entry: no small instance of it fits its shape rules."""
    try:
        found = Instantiation(graph, reduced_sizes(graph))
    except Rejected as error:
        return f"there is no small instance of the network ({error.reason}); pairing evaluates its layers one by one"
    if found.entries * len(graph.parents) > MOST_WORK:
        return "the smallest instance is too large to evaluate entry by entry; pairing evaluates its layers one by one"
    return None


def identity_claim(graph: Graph, steps: int) -> Claim:
    """Two runs over two random primes."""
    schedule = identity.schedule_for(graph, steps)
    how = f"{steps} synchronous steps from a random state" if schedule == "synchronous" else "the wavefront schedule"
    statement = (
        f"x, s and dE/dtheta after {how} equal backpropagation by automatic differentiation, "
        "at small sizes, for free activations"
    )
    runs = [identity.run(graph, steps, prime, SEED + k) for k, prime in enumerate(identity.primes_for(SEED))]
    witness = {
        "schedule": schedule,
        "sizes": runs[0].sizes,
        "runs": [{"prime": str(r.prime), "seed": r.seed, "residue": r.residue} for r in runs],
    }
    trusted = ("the evaluator in proofs/evaluate", "blake2b as a source of randomness")
    wrong = next((run for run in runs if run.difference), None)
    if wrong is None:
        bound, degree = 1.0, identity.largest_degree(graph, runs[0].sizes)
        for run in runs:
            bound *= float(identity.error_bound(graph, run, degree))
        witness["error_probability_below"] = f"{bound:.1e}"
        return Claim(
            "identity", f"{statement} (probability of error below {bound:.0e})", Verdict.PROVED,
            "polynomial identity testing over two random primes", (), trusted, witness=witness,
        )  # fmt: skip
    numbers = smallest(graph, steps)
    if numbers is None:
        variable, entry, found, wanted = wrong.difference  # type: ignore[misc]
        numbers = {
            "variable": variable, "entry": entry, "claimed": found, "exact": wanted,
            "modulo": str(wrong.prime), "seed": wrong.seed, "sizes": wrong.sizes,
        }  # fmt: skip
    return Claim("identity", statement, Verdict.REFUTED, "exact evaluation", (), trusted, numbers)
