"""What the readings of the abstracts rest on: claims of this project's own, and small examples in exact numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from flint import Ordering, arb, fmpq_mpoly_ctx

from dyadic.physics.dynamics import built
from dyadic.physics.enclosures import Unenclosed, enclosing
from dyadic.physics.energy_rates import flow_claims, rates
from dyadic.physics.hardware.feedback import agreement_claim
from dyadic.physics.held_values import of_the_network
from dyadic.physics.loading import emitted_network
from dyadic.physics.rivals.bench import Bench
from dyadic.physics.rivals.finite_time import identity_claim, zero_divergence
from dyadic.physics.rivals.vector_fields import dyadic_claim
from dyadic.physics.spectrum import triangular_claim
from dyadic.physics.starts import problem
from dyadic.proofs.checker.trust import ARB, FRACTIONS, GRAPH, POLYNOMIALS, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.sentences import any_state, as_held
from dyadic.proofs.trusted import recorded
from dyadic.proofs.verification import verify
from dyadic.symbolic import architecture
from dyadic.symbolic.derivation import Derivation, derive
from dyadic.symbolic.errors import DyadicError

METHODS = (
    "lemma", "variational", "ranks", "instances", "adjoint", "functions", "wiring", "pairing", "identity",
    "nonreciprocity", "tightness", "schedules", "stepsize",
)  # fmt: skip
EXAMPLE = {
    "name": "three-layers",
    "inputs": {"input": {"shape": [3]}},
    "layers": [
        {"name": "first", "type": "dense", "units": 4, "activation": "tanh"},
        {"name": "second", "type": "dense", "units": 3, "activation": "tanh"},
        {"name": "third", "type": "dense", "units": 2, "activation": "tanh"},
    ],
    "cost": {"type": "squared_error"},
}
"""The network on which the claims are made where none is given."""


@dataclass(frozen=True)
class Evidence:
    """Claims by their ids, of one network and in general."""

    derivation: Derivation
    claims: Mapping[str, Claim]

    def of(self, *names: str) -> list[Claim]:
        """Claims by their ids; one that is made of other layers with this network's structure only is open."""
        return [self._of(name) for name in names]

    def _of(self, name: str) -> Claim:
        found = self.claims.get(name) or self.claims[f"{name}:structure"]
        if found.id == name and (found.numbers or {}).get("own", 1):
            return of_the_network(found, self.derivation)
        return replace(found, id=name, verdict=Verdict.UNDECIDED, witness=None, reason=found.statement)

    def filled(self, text: str) -> str:
        """A text with this network's numbers."""
        agreement = f"feedback:agreement, {self.claims['feedback:agreement'].verdict}"
        steps = self.claims["steps"].numbers or {}
        return text.format(
            T=self.derivation.steps, network=self.network, agreement=agreement, start=any_state(steps),
            held=as_held(steps),
        )  # fmt: skip

    @property
    def network(self) -> str:
        """Which network it is."""
        return f"{self.derivation.architecture.name}, L = {self.derivation.L}"


def evidence(derivation: Derivation | None = None) -> Evidence:
    """Everything that a reading may rest on."""
    network = derive(architecture(EXAMPLE)) if derivation is None else derivation
    found = {record["id"]: _claim(record) for record in verify(network, methods=METHODS)["claims"]}
    more: Iterable[Claim] = (
        *flow_claims(network), triangular_claim(network), agreement_claim(), dyadic_claim(), locality_claim(network),
        continuous_claim(), hamiltonian_step_claim(), hamiltonian_flow_claim(), stationary_claim(), symmetry_claim(),
        prior_claim(),
    )  # fmt: skip
    known = found | {claim.id: claim for claim in more}
    asymmetric = known.get("nonreciprocity")
    if asymmetric is None or (asymmetric.numbers or {}).get("own", 1) == 0:
        known |= {claim.id: claim for claim in asymmetry_here(network)}
    return Evidence(network, known)


def _claim(record: Mapping[str, Any]) -> Claim:
    return Claim(
        record["id"], record["statement"], Verdict(record["verdict"]), record["method"], tuple(record["hypotheses"]),
        tuple(record["trusted"]), record["counterexample"], None, record["reason"], numbers=record["numbers"],
    )  # fmt: skip


@recorded
def asymmetry_here(derivation: Derivation) -> list[Claim]:
    """That no potential generates inference, from dF/dx of the network's own code; none if no state shows it.

    A certificate's witness is one layer's, and says nothing of a network of which other layers may have no value there;
    here the whole of F has one.  States are drawn from the domains that functions have: around 0, 1/2 and 3/2.
    """
    try:
        network = emitted_network(derivation)
        bench = Bench(built(network, problem(network, None, None, 1, 0)).sample())
    except DyadicError:  # sizes that are names
        return []
    random = np.random.default_rng(0)
    shapes = {name: bench.updates.network.module.VERTICES[name] for name in bench.vertices}
    lead = (1,) if network.batched else ()
    for centre in (0.0, 0.5, 1.5) * 4:
        state = {name: centre + random.uniform(-0.4, 0.4, (*lead, *shape)) for name, shape in shapes.items()}
        try:
            with enclosing():
                table = bench.balls().jacobian_at(state).tolist()
        except Unenclosed:
            continue
        for i, row in enumerate(table):
            for k in range(i):
                off = row[k] - table[k][i]
                if off > 0 or off < 0:
                    numbers = {"entry_of_dF/dx": [i, k], "minus_that_of_its_transpose": off.str(15, radius=False)}
                    claim = Claim(
                        "nonreciprocity",
                        "the inference flow has no potential: the antisymmetric part of its Jacobian is not zero",
                        Verdict.PROVED, "the Jacobian of the network's own code at a drawn state, in balls",
                        witness=numbers, numbers={"reads": 1, "own": 1},
                    )  # fmt: skip
                    return [claim]
    return []


@recorded
def locality_claim(derivation: Derivation) -> Claim:
    """Every update reads the vertex, its parents, its children and its children's other parents."""
    called(GRAPH)
    network = derivation.architecture
    far: dict[str, Any] | None = None
    for vertex in network.vertices:
        name = vertex.name
        children = {child for child, _ in network.edges_out[name]}
        near = {name, *vertex.inputs, *children}
        near |= {parent for child in children for parent in network.by_name[child].inputs}
        reads = derivation.s_reads(name)
        outside = (derivation.x_reads(name).x | reads.x) - near or reads.s - children
        if outside and far is None:
            far = {"vertex": name, "reads": sorted(outside)}
    return Claim(
        "locality",
        "every update reads its own vertex, its parents, its children, and what these children read: nothing else",
        Verdict.PROVED if far is None else Verdict.REFUTED, "the reads of every update, from the derived equations",
        counterexample=far,
    )  # fmt: skip


@recorded
def continuous_claim() -> Claim:
    """One layer x' = f - x: x(t) - f = e^-t (x(0) - f), which is not 0 at t = 2 L = 2, or at any other time."""
    called(ARB)
    left = (-arb(2)).exp()
    holds = bool(left > 0)
    return Claim(
        "continuous", "in continuous time the relaxation is exact after a finite time",
        Verdict.REFUTED if holds else Verdict.UNDECIDED, "the solution of one layer, in balls", ("tau = 1",),
        counterexample={
            "network": "one layer x' = f - x with f constant", "time": 2, "deviation_at_time_0": 1,
            "deviation": left.str(15), "at_any_time_t": "e^-t, never 0",
        },
        reason="it is approached as t^k e^-t: the flow's Jacobian has the one eigenvalue -1",
    )  # fmt: skip


@recorded
def hamiltonian_step_claim() -> Claim:
    """A, one layer x = 0 = f at rest, C with slope 1: a unit step takes s to s + (s - 1) = 2 s - 1."""
    called(FRACTIONS)
    s, path = Fraction(0), []
    for _ in range(4):
        path.append(s)
        s = s - (-s + 1)  # s' = -dE/dx, E = s (f - x) + C
    holds = path[2] != 1 and path[3] != 1
    return Claim(
        "A:step", "unit Euler steps of the Hamiltonian flow A reach backpropagation's sensitivities",
        Verdict.REFUTED if holds else Verdict.UNDECIDED, "evaluation at a point",
        counterexample={
            "network": "one layer with f = 0, x = 0, dC/dx = 1", "s_after_0_1_2_3_steps": [str(v) for v in path],
            "dC/dx": 1, "each_step": "s - 1 doubles",
        },
    )  # fmt: skip


@recorded
def hamiltonian_flow_claim() -> Claim:
    """A, the same layer: s - dC/dx grows as e^t."""
    called(ARB)
    grown = arb(1).exp()
    return Claim(
        "A:flow", "the Hamiltonian flow A relaxes to backpropagation's sensitivities",
        Verdict.REFUTED if grown > 1 else Verdict.UNDECIDED, "the solution of one layer, in balls",
        counterexample={
            "network": "one layer with f = 0, x = 0, dC/dx = 1", "s_minus_dC/dx_at_time_0": -1,
            "s_minus_dC/dx_at_time_1": (-grown).str(15),
        },
        reason="ds/dt = -dE/dx runs backpropagation's relaxation backward in time",
    )  # fmt: skip


@recorded
def stationary_claim() -> Claim:
    """The rates that A and B give vanish together: dx/dt is the same, ds/dt the opposite."""
    _, _, a_x, a_s = rates("A")
    by_x, by_s, b_x, b_s = rates("B")
    equal = a_x == b_x == by_s and a_s == -b_s == -by_x
    return Claim(
        "stationary", "A and B have the same stationary points, those of E: x = f(x) and s = dC/dx",
        Verdict.PROVED if equal else Verdict.UNDECIDED, "the rates of both constructions, E any cubic polynomial",
        ("E is differentiable",), reason=None if equal else "the rates are other multiples of the gradient of E",
    )  # fmt: skip


@recorded
def symmetry_claim() -> Claim:
    """E(x, s) + E(x, -s) = 2 C: without a cost E is odd in s, and dE/dx at s = 0 is dC/dx alone."""
    called(POLYNOMIALS)
    ring = fmpq_mpoly_ctx.get(["s", "f", "x", "C"], Ordering.lex)
    s, f, x, c = ring.gens()

    def energy(s: Any) -> Any:
        return s * (f - x) + c

    equal = energy(s) + energy(-s) == 2 * c and energy(0 * s) == c
    return Claim(
        "symmetry",
        "without a cost E changes sign when the two copies are exchanged (s -> -s) and s = 0 stays 0; the cost alone "
        "breaks this: ds/dt = dC/dx at s = 0",
        Verdict.PROVED if equal else Verdict.UNDECIDED, "an identity of polynomials", ("C depends on x alone",),
    )  # fmt: skip


def prior_claim() -> Claim:
    """Z-IL (2021) is exact after finitely many steps, on the example network."""
    network = emitted_network(derive(architecture(EXAMPLE)))
    return identity_claim(
        "z-il:exact", "Z-IL, published in 2021, reads backpropagation's gradient after L - 1 steps",
        Bench(built(network, problem(network, None, None, 1, 0))), zero_divergence, ("a chain of layers",),
    )  # fmt: skip


__all__ = ["EXAMPLE", "Evidence", "asymmetry_here", "evidence", "locality_claim"]
