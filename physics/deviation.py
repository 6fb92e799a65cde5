"""How far a linear network is from its fixed point after n steps of any size, in closed form.

With M the Jacobian of the unit step and e_n the deviation after n steps:

* equal ratios r = h / tau:   e_n = sum over j of binom(n, j) (1 - r)^(n - j) r^j M^j e_0  (theory: other step sizes);
* a chain of reads v_0 <- v_1 <- ... <- v_T with ratios d_k = h / tau_k:  what starts at v_i arrives at v_j as
  d_{i+1} ... d_j H_{n-(j-i)}(1 - d_i, ..., 1 - d_j) M_{j,j-1} ... M_{i+1,i} e_0(v_i), H_m the complete homogeneous
  symmetric polynomial of degree m, the sum of all monomials of that degree.

M^j e_0 is read off unit steps of the emitted code, which is exact up to rounding since the dynamics is linear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from math import comb

import numpy as np
from flint import Ordering, arb, fmpq_mpoly_ctx

from dyadic.physics.dynamics import MOST_NUMBERS, RelaxationSetting, ranks
from dyadic.physics.linearity import not_linear
from dyadic.physics.trajectory import on_host
from dyadic.physics.updates import Array, DoubledState, Updates, Variable
from dyadic.proofs.checker.trust import INDUCTION, POLYNOMIALS, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.methods.stepsize import closed_form_claim
from dyadic.proofs.trusted import recorded
from dyadic.symbolic.derivation import Derivation

Deviations = Mapping[Variable, Array]
"""Of each variable its deviation after 0, 1, ..., n steps, [row, ...]."""


@dataclass(frozen=True)
class Prediction:
    """The predicted deviation of every variable after 0, 1, ..., n steps.

    deviations: [row, ...] by variable.  claim: that the closed form is right, and why.
    """

    deviations: Deviations
    claim: Claim

    @cached_property
    def largest(self) -> Array:
        """[row, variable], the largest absolute entry, in the order of a trajectory's ``deviation``."""
        return np.stack(
            [np.abs(rows).reshape(len(rows), -1).max(axis=1, initial=0) for rows in self.deviations.values()], axis=1
        )


def predicted(updates: Updates, setting: RelaxationSetting, state: DoubledState) -> Prediction | str:
    """The closed form for a linear network from a state, or the reason why there is none."""
    derivation = updates.network.derivation
    reason = not_linear(derivation)
    if reason is not None:
        return f"no closed form: {reason}"
    if setting.solver != "euler" or setting.schedule != "synchronous":
        return "no closed form: it is that of synchronous Euler steps"
    table = ranks(derivation)
    if (setting.steps + 1) * (_entries(state) + 64 * len(table) + len(table) ** 2) > MOST_NUMBERS:
        return f"no closed form: it is computed up to {MOST_NUMBERS} numbers, and {setting.steps} steps are more"
    ratios = {variable: setting.h / setting.tau.get(variable, 1.0) for variable in table}
    exact = updates.exact()
    start = {variable: state[variable] - exact[variable] for variable in table}
    equal = len(set(ratios.values())) == 1
    order = None if equal else chain_of_reads(derivation)
    if not equal and order is None:
        return "no closed form: with unequal ratios h / tau it is that of a chain in which each reads one other"
    with np.errstate(all="ignore"):  # steps that diverge are an experiment, too
        if order is None:
            found = _equal(updates, setting.steps, next(iter(ratios.values())), state, exact)
        else:
            found = _paths(updates, setting.steps, ratios, order, start, exact)
        return Prediction({v: found[v] for v in table}, closed_form_claim() if equal else path_claim())


def chain_of_reads(derivation: Derivation) -> list[Variable] | None:
    """The variables in order of rank, if each of rank k + 1 reads that of rank k and no other."""
    inputs = {node.name for node in derivation.architecture.inputs}
    table = ranks(derivation)
    order = sorted(table, key=lambda variable: table[variable])
    if list(map(table.__getitem__, order)) != list(range(1, len(order) + 1)):
        return None
    for before, variable in zip([None, *order], order, strict=False):
        letter, name = variable
        read = derivation.x_reads(name) if letter == "x" else derivation.s_reads(name)
        found = {("x", n) for n in read.x - inputs} | {("s", n) for n in read.s}
        if found != ({before} if before else set()):
            return None
    return order


def _equal(updates: Updates, steps: int, ratio: float, state: DoubledState, exact: DoubledState) -> Deviations:
    variables = updates.variables
    powers: dict[Variable, list[Array]] = {v: [on_host(state[v] - exact[v])] for v in variables}
    for _ in range(min(steps, updates.network.derivation.steps - 1)):  # after T unit steps nothing is left
        state = state.changed(updates.new(state, variables))
        for v in variables:
            powers[v].append(on_host(state[v] - exact[v]))
    count = len(powers[variables[0]])
    weights = np.array([[_binomial(n, j, ratio) if j <= n else 0.0 for j in range(count)] for n in range(steps + 1)])
    return {v: _weighted(weights, moved) for v, moved in powers.items()}


def _weighted(weights: Array, arrays: list[Array]) -> Array:
    """[row, ...]: in every row the sum of the arrays, each times its number in that row of the weights."""
    flat = np.stack([np.asarray(array, dtype=float).ravel() for array in arrays])
    return (weights @ flat).reshape(len(weights), *arrays[0].shape)


def _binomial(n: int, j: int, ratio: float) -> float:
    """binom(n, j) (1 - ratio)^(n - j) ratio^j; infinite where a double cannot hold it."""
    try:
        return comb(n, j) * (1 - ratio) ** (n - j) * ratio**j
    except OverflowError:  # one of the factors, if not the product
        return float(arb(comb(n, j)) * arb(1 - ratio) ** (n - j) * arb(ratio) ** j)


def _entries(state: DoubledState) -> int:
    """The number of entries of all variables and samples."""
    return sum(int(array.size) for part in (state.x, state.s) for array in part.values())


def _paths(
    updates: Updates, steps: int, ratios: Mapping[Variable, float], order: list[Variable], start: Deviations,
    exact: DoubledState,
) -> Deviations:  # fmt: skip
    arriving: dict[Variable, list[tuple[Array, Array]]] = {variable: [] for variable in order}
    for i, source in enumerate(order):
        moved, product = start[source], 1.0
        weight = (1 - ratios[source]) ** np.arange(steps + 1.0)  # H_m(1 - d_i)
        arriving[source].append((weight, on_host(moved)))
        for before, variable in zip(order[i:], order[i + 1 :], strict=False):
            shifted = exact.changed({before: exact[before] + moved})
            moved = updates.new(shifted, [variable])[variable] - exact[variable]
            product *= ratios[variable]
            weight = _with_one_more(weight, 1 - ratios[variable])
            distance = order.index(variable) - i
            delayed = np.concatenate([np.zeros(distance), product * weight])[: steps + 1]
            arriving[variable].append((delayed, on_host(moved)))
    return {
        v: _weighted(np.stack([weight for weight, _ in arrived], axis=1), [moved for _, moved in arrived])
        for v, arrived in arriving.items()
    }


def _with_one_more(symmetric: Array, last: float) -> Array:
    """H_m of some numbers and one more, for m = 0, 1, ...: H_m(.., c) = H_m(..) + c H_{m-1}(.., c)."""
    found = symmetric.copy()
    for m in range(1, len(found)):
        found[m] += last * found[m - 1]
    return found


@cache
@recorded
def path_claim() -> Claim:
    """The formula for chains satisfies the recursion of the step, whatever the degree and the number of variables.

    e_j(n + 1) = (1 - d_j) e_j(n) + d_j M e_{j-1}(n).  The monomials of degree m in c_i, ..., c_j are those without c_j
    and c_j times those of degree m - 1: H_m(..c_j) = H_m(..c_{j-1}) + c_j H_{m-1}(..c_j).  Put in, both sides agree.
    """
    ring = fmpq_mpoly_ctx.get(["d", "product", "shorter", "before"], Ordering.lex)
    d, product, shorter, before = ring.gens()
    # shorter = H_m(c_i, ..., c_{j-1}), before = H_{m-1}(c_i, ..., c_j), product = d_{i+1} ... d_{j-1}, c_j = 1 - d
    longer = shorter + (1 - d) * before
    equal = bool((1 - d) * (product * d * before) + d * (product * shorter) == product * d * longer)
    called(POLYNOMIALS)
    called(INDUCTION)
    return Claim(
        "deviation:paths",
        "In a linear chain with time constants of its own the deviation after n steps is the sum over where it started "
        "of the product of the ratios h/tau times a complete homogeneous symmetric polynomial in the numbers 1 - h/tau",
        Verdict.PROVED if equal else Verdict.UNDECIDED, "induction on n, its step as an identity of polynomials",
        ("the dynamics is linear", "every variable reads one other"),
        reason=None if equal else "the identity does not hold",
    )  # fmt: skip


__all__ = ["Deviations", "Prediction", "chain_of_reads", "path_claim", "predicted"]
