"""A right adjoint shown to be right at the very sizes of a network, over two prime fields.

Residues have a logarithm of -1 and a root of every number, so that two sides agree there says nothing unless there are
real numbers at which both have values: some are looked for first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from flint import ctx

from dyadic.proofs.checker.evaluation.kind_pairing import MOST_WORK, work
from dyadic.proofs.checker.evaluation.own_sizes import MOST_TABLES, undecided_by_values
from dyadic.proofs.checker.evaluation.prime_numbers import SHOWN, probability
from dyadic.proofs.checker.intake.graph import digest
from dyadic.proofs.evaluate.identity_values import primes_for, residue_source, small_rational_source
from dyadic.proofs.evaluate.network import Rejected
from dyadic.proofs.evaluate.number_rings import Ball, PrimeField, Undetermined
from dyadic.proofs.evaluate.simulate import Draw
from dyadic.proofs.evaluate.tightness_witness import is_finite
from dyadic.proofs.evaluate.weights import Degree
from dyadic.proofs.methods.refutation.layer_problem import EvaluableLayer, Undefined, both_sides, layer_problem
from dyadic.symbolic.decimal_bounds import text_above
from dyadic.symbolic.energy import LayerDerivation

_SEEDS = 8


def concrete_agreement(layer: LayerDerivation, what: str, used: Sequence[Mapping[str, int]]) -> dict[str, Any] | None:
    """Evaluate every entry over two prime fields at each of the size tables; None if one differs or is too large, and
    with integers or maxima, of which one case of many is drawn.  Functions are unknowns and numbers random residues:
    agreement shows equality for all of them, but for the stated probability."""
    problem, runs, bound = layer_problem(layer, what), [], Fraction(0)
    seed = int(digest([what, problem.content])[:15], 16)  # nobody can fit the equations to it
    tables = [problem.complete(sizes) for sizes in used]
    if undecided_by_values(problem.content) or len(tables) > MOST_TABLES or not _has_values(problem, tables):
        return None
    if any(work(problem.content, table, layer.label) > MOST_WORK for table in tables):
        return None  # the checker could not do it again
    try:
        for sizes in tables:
            chance = Fraction(1)
            for number, prime in enumerate(primes_for(seed)):
                ring = PrimeField(prime, seed + number)
                found, exact, _ = both_sides(problem, sizes, ring, residue_source(prime, seed + number))
                if found != exact:
                    return None
                chance *= _chance_of_error(problem, sizes, ring, sum(map(len, found.values())))
                runs.append({"sizes": sizes, "prime": str(prime), "seed": seed + number})
            bound += chance
    except (Rejected, Undetermined, Undefined):
        return None
    if bound >= Fraction(10) ** SHOWN:
        return None  # an agreement that chance may have made
    return {"runs": runs, "error_probability_below": text_above(bound, 2)}


def _positive(draw: Draw) -> Draw:
    """The same numbers without their signs: most functions that are not defined everywhere are there."""
    return lambda label: abs(draw(label))


def _chance_of_error(problem: EvaluableLayer, sizes: Mapping[str, int], ring: PrimeField, entries: int) -> Fraction:
    """As in :func:`dyadic.proofs.evaluate.identity_values.trials_of`."""
    weights = Degree()
    one, two, _ = both_sides(problem, sizes, weights, lambda label: 1)
    compared = weights.difference(weight for side in (one, two) for table in side.values() for weight in table.values())
    return probability(entries * compared + ring.calls * (ring.calls - 1) // 2 * weights.deepest, ring.prime)


def _has_values(problem: EvaluableLayer, tables: Sequence[Mapping[str, int]]) -> bool:
    """Whether real numbers were found at which what was derived and the derivative have values, at one of the sizes."""
    before, ctx.prec = ctx.prec, 128
    try:
        for seed in range(_SEEDS):
            for sizes in tables:
                draw = small_rational_source(seed)
                try:
                    found, _, _ = both_sides(problem, sizes, Ball(), draw if seed % 2 else _positive(draw))
                except (Undetermined, Rejected, Undefined):
                    continue
                if is_finite(found):
                    return True
    finally:
        ctx.prec = before
    return False
