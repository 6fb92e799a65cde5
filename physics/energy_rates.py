"""What happens to the energy, to volume and to the symplectic form along the two flows.

B, the saddle flow:       dx/dt = +dE/ds, ds/dt = +dE/dx.      dE/dt = 2 <dE/dx, dE/ds>
A, the Hamiltonian flow:  dx/dt = +dE/ds, ds/dt = -dE/dx.      dE/dt = 0

The rates are those that the constructions A and B of the variational principle give.  At a point only the gradient of E
and its second derivatives enter, and these can be any numbers, a symmetric table for the second: each claim is an
identity of polynomials in them.  dE/dt is a sum over the pairs (x_i, s_i), and an entry (i, j) of a matrix identity
involves the pairs i and j alone, so one or two pairs of coordinates stand for any number of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from flint import Ordering, fmpq_mpoly_ctx

from dyadic.physics.held_values import held_value
from dyadic.physics.updates import Updates, Variable
from dyadic.proofs.checker.trust import GRAPH, POLYNOMIALS, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.methods.shared.trajectories import at_point, variable
from dyadic.proofs.trusted import recorded
from dyadic.symbolic.constructions import action_of_energy, doubled_state, energy_gradient
from dyadic.symbolic.derivation import Derivation

_TWICE = "E is twice continuously differentiable"
_ENERGY = {
    "A": "the Hamiltonian flow A conserves E: dE/dt = 0",
    "B": "along the saddle flow B, dE/dt = 2 <dE/dx, dE/ds>",
}
_PLACES = ("x1", "x2", "s1", "s2")
_TWO_LAYERS = {"E_x1_s1": -1, "E_x2_s2": -1, "E_x1_s2": 1}
"""The second derivatives, all others 0, of the doubled energy of two layers, f1 constant and f2 = x1."""


def flow_claims(derivation: Derivation | None = None) -> list[Claim]:
    """The claims about both flows; with a network also the one about its volume."""
    claims = [energy_claim("B"), energy_claim("A"), symplectic_claim("A"), symplectic_claim("B")]
    return [*claims, volume_claim(derivation)] if derivation is not None else claims


def rates(flow: str) -> tuple[Any, ...]:
    """(dE/dx, dE/ds, dx/dt, ds/dt) of one pair along a flow, for E any cubic polynomial."""
    construction = action_of_energy() if flow == "A" else doubled_state()
    by_s, by_x = energy_gradient()
    x, s = variable("x"), variable("s")
    return tuple(at_point(rate, x, s) for rate in (by_x, by_s, construction.rate_x, construction.rate_s))


def _sign(flow: str) -> int:
    """ds/dt as a multiple of dE/dx."""
    by_x, by_s, rate_x, rate_s = rates(flow)
    signs = [sign for sign in (1, -1) if rate_s == sign * by_x]
    if rate_x != by_s or not signs:
        raise ValueError(f"{flow} is not one of the two flows")
    return signs[0]


@recorded
def energy_claim(flow: str) -> Claim:
    """dE/dt by the chain rule along A or B."""
    by_x, by_s, rate_x, rate_s = rates(flow)
    equal = by_x * rate_x + by_s * rate_s == (0 if flow == "A" else 2) * by_x * by_s
    return Claim(
        f"energy:{flow}", _ENERGY[flow], Verdict.PROVED if equal else Verdict.UNDECIDED,
        "chain rule, as an identity of polynomials, E any cubic polynomial", ("E is differentiable",),
        reason=None if equal else "the identity does not hold",
    )  # fmt: skip


@recorded
def symplectic_claim(flow: str) -> Claim:
    """K^T Omega + Omega K = 0, K the Jacobian of the flow's field, for every symmetric table of second derivatives."""
    names = [f"E_{a}_{b}" for i, a in enumerate(_PLACES) for b in _PLACES[i:]]
    ring = fmpq_mpoly_ctx.get(names, Ordering.lex)
    table: dict[str, Any] = dict(zip(names, ring.gens(), strict=True))
    table |= {f"E_{b}_{a}": table[f"E_{a}_{b}"] for i, a in enumerate(_PLACES) for b in _PLACES[i:]}
    second = [[table[f"E_{a}_{b}"] for b in _PLACES] for a in _PLACES]
    called(POLYNOMIALS)
    sign = _sign(flow)
    field = [*second[2:], *([sign * entry for entry in row] for row in second[:2])]
    omega = [[0, 0, 1, 0], [0, 0, 0, 1], [-1, 0, 0, 0], [0, -1, 0, 0]]
    change = _sum(_product(_transposed(field), omega), _product(omega, field))
    preserved = all(entry == 0 for row in change for entry in row)
    what = f"the flow {flow} preserves the symplectic form sum of dx_i and ds_i"
    method = "the form's change along the flow, entry by entry, as polynomials in the second derivatives of E"
    if preserved:
        return Claim(f"symplectic:{flow}", what, Verdict.PROVED, method, (_TWICE,))
    values = [_TWO_LAYERS.get(name, 0) for name in names]
    found = [(i, j, entry(*values)) for i, row in enumerate(change) for j, entry in enumerate(row) if entry != 0]
    wrong = [(i, j, value) for i, j, value in found if value != 0]
    if not wrong:
        reason = "it is no identity of all energies, and it holds for two layers"
        return Claim(f"symplectic:{flow}", what, Verdict.UNDECIDED, method, (_TWICE,), reason=reason)
    i, j, value = wrong[0]
    numbers = {
        "energy": "s1 (f1 - x1) + s2 (x1 - x2): two layers, f1 constant and f2 = x1",
        "second_derivatives": _TWO_LAYERS, "entry": [_PLACES[i], _PLACES[j]], "found": str(value), "claimed": "0",
    }  # fmt: skip
    return Claim(f"symplectic:{flow}", what, Verdict.REFUTED, method, (_TWICE,), (), numbers)


@recorded
def volume_claim(derivation: Derivation) -> Claim:
    """The saddle flow of a network shrinks volume at the rate 2 n, n the number of entries of all activations."""
    called(GRAPH)
    names = [vertex.name for vertex in derivation.architecture.vertices]
    loops = [n for n in names if n in derivation.x_reads(n).x or n in derivation.s_reads(n).s]
    return Claim(
        "volume:B",
        "phase-space volume shrinks along the network's saddle flow B at the rate 2 n with n entries (tau = 1): the "
        "divergence is the trace of dF/dx twice, and no f_v reads x_v, no update of s_v reads s_v",
        Verdict.REFUTED if loops else Verdict.PROVED, "the reads of every update, from the derived equations",
        (_TWICE,), counterexample={"reads_itself": loops[0]} if loops else None,
    )  # fmt: skip


def energy_rate(updates: Updates, state: Any, tau: Mapping[Variable, float] | None = None) -> Any:
    """The predicted rate of the energy along the saddle flow, of each sample at a state.

    tau dz/dt = f(z) - z for both x and s gives dE/dt = sum over v of (1/tau_x + 1/tau_s) <dE/dx, dE/ds>, which is
    2 <dE/dx, dE/ds> where all time constants are 1.  None where the network holds a value constant: f(z) - z is not
    dE/dx there (:mod:`dyadic.physics.held_values`), and E along the flow has no such rate.
    """
    if held_value(updates.network.derivation) is not None:
        return None
    total: Any = 0.0
    for name, (by_x, by_s) in _slopes(updates, state).items():
        weight = sum(1 / (tau or {}).get((letter, name), 1.0) for letter in "xs")
        product = by_x * by_s
        total = total + weight * (
            product.reshape(len(product), -1).sum(axis=1) if updates.network.batched else product.sum()
        )
    return total


def rate_along_the_flow(updates: Updates, state: Any, tau: Mapping[Variable, float]) -> Any:
    """The same rate by central differences of E along the flow: what a simulation finds, with no formula for it."""
    constants = {(letter, name): tau.get((letter, name), 1.0) for letter in "xs" for name in updates.vertices}
    step = difference_step(updates) * min(constants.values())
    velocity = {}
    for name, (by_x, by_s) in _slopes(updates, state).items():
        velocity["x", name], velocity["s", name] = by_s / constants["x", name], by_x / constants["s", name]
    energies = []
    for sign in (1, -1):
        moved = state.changed({v: state[v] + sign * step * rate for v, rate in velocity.items()})
        energies.append(updates.at(moved.x, moved.s).energy())
    return (energies[0] - energies[1]) / (2 * step)


def difference_step(updates: Updates) -> float:
    """The step of central differences that balances their error, its square, against rounding."""
    return float(np.finfo(updates.network.module.DTYPE).eps) ** (1 / 3)


def _slopes(updates: Updates, state: Any) -> dict[str, tuple[Any, Any]]:
    """What the updates of s and x move by, by vertex: (dE/dx, dE/ds) where no value is held constant."""
    new = updates.new(state, updates.variables)
    return {n: (new["s", n] - state.s[n], new["x", n] - state.x[n]) for n in updates.vertices}


def _transposed(matrix: list[list[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*matrix, strict=True)]


def _product(one: list[list[Any]], two: list[list[Any]]) -> list[list[Any]]:
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in zip(*two, strict=True)] for row in one]


def _sum(one: list[list[Any]], two: list[list[Any]]) -> list[list[Any]]:
    return [[a + b for a, b in zip(r, q, strict=True)] for r, q in zip(one, two, strict=True)]


__all__ = [
    "difference_step",
    "energy_claim",
    "energy_rate",
    "flow_claims",
    "rate_along_the_flow",
    "rates",
    "symplectic_claim",
    "volume_claim",
]
