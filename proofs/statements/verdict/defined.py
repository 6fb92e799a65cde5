"""Numbers at which both sides of a claim are defined: an identity that holds nowhere else would be one of nothing.

Residues have a logarithm of -1 and a square root of every number; that two sides agree there says nothing of real
numbers if there are none at which they have a value.  Where they have one in a neighbourhood, it is not one of a point.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from flint import ctx

from dyadic.proofs.evaluate.network import Rejected
from dyadic.proofs.evaluate.number_rings import Undetermined
from dyadic.proofs.statements.number_systems.draws import Distinct, Draws
from dyadic.proofs.statements.number_systems.rings import Neighbourhood
from dyadic.proofs.statements.semantics.equation import Equalities, Link
from dyadic.proofs.statements.semantics.hypotheses import always_defined
from dyadic.proofs.statements.semantics.meaning import Integers
from dyadic.proofs.statements.semantics.scope import ClaimTensors
from dyadic.proofs.statements.verdict import sizes
from dyadic.proofs.statements.verdict.blocks import Setting
from dyadic.proofs.statements.verdict.premised import scope_of, settle
from dyadic.proofs.statements.verdict.small_counterexample import PRECISION, number

_SIZES = 3
_SEEDS = 30
_INTEGERS = 4
_OPERATIONS = 500_000
_MENDS = 100


def defined_somewhere(claim: Equalities, link: Link, integers: list[dict[str, int]]) -> bool:
    """Whether numbers were found at which both sides have a value and the assumptions hold, or none are needed.

    integers: values of the integer inputs and targets, of which the first few are tried.
    """
    if always_defined(claim) and not claim.premises.relations:
        return True
    before, ctx.prec = ctx.prec, PRECISION
    try:
        for setting in islice(sizes.candidates(claim, link), _SIZES):
            tries = max(2, _OPERATIONS // max(sizes.operations(claim, link, setting), 1))
            for draws in islice(_draws(), tries):
                for given in integers[:_INTEGERS]:
                    if _defined(claim, link, setting, given, draws):
                        return True
    finally:
        ctx.prec = before
    return False


def _draws() -> Iterator[Draws]:
    """Positive ones, all ones, halves, twos, zeros, and then drawn: where most functions are defined."""
    yield Distinct()
    yield from (Draws(0, False), Draws(0, False, broken=True), Draws(1, False, broken=True), Draws(1, False))
    for seed in range(2, _SEEDS):
        yield Draws(seed, False, broken=seed % 2 == 1)


def _defined(claim: Equalities, link: Link, setting: Setting, given: Integers, draws: Draws) -> bool:
    def make() -> ClaimTensors:
        return scope_of(claim, Neighbourhood(), lambda label: number(draws, label), setting, given)

    try:
        return settle(make, draws, _MENDS) and sum(1 for _ in make().sides(link)) > 0
    except (Rejected, Undetermined):
        return False
