"""The spectrum of one step, and of the flow: known from the ranks alone.

No update reads a variable of the same or a larger rank, itself included, so the Jacobian of the step is triangular in
the order of ranks, and its eigenvalues are those of its diagonal: 1 - h / tau_v for every entry of every variable v.
In continuous time they are -1 / tau_v.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from dyadic.physics.dynamics import ranks
from dyadic.physics.updates import Variable
from dyadic.proofs.checker.trust import GRAPH, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.trusted import recorded
from dyadic.symbolic.derivation import Derivation


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues with their multiplicities, by falling magnitude.

    of_the_step: of the Jacobian of a step of size h.  of_the_flow: of that of the flow, per unit of time.
    radius: the largest magnitude of an eigenvalue of the step; 0 where the step is nilpotent.
    """

    of_the_step: tuple[tuple[float, int], ...]
    of_the_flow: tuple[tuple[float, int], ...]
    claim: Claim

    @property
    def radius(self) -> float:
        return max(abs(value) for value, _ in self.of_the_step)

    @property
    def behaviour(self) -> str:
        """What the eigenvalues say of the steps."""
        if self.radius == 0:
            return "exact in finite time"
        return "converges geometrically" if self.radius < 1 else "does not converge"


def spectrum(derivation: Derivation, h: float = 1.0, tau: Mapping[Variable, float] | None = None) -> Spectrum:
    """The spectrum for a step size and time constants (1 where none is given); sizes must be numbers."""
    sizes = {vertex.name: int(prod(vertex.shape)) for vertex in derivation.architecture.vertices}
    table = ranks(derivation)
    step: dict[float, int] = {}
    flow: dict[float, int] = {}
    for variable in table:
        constant = (tau or {}).get(variable, 1.0)
        for found, value in ((step, 1 - h / constant), (flow, -1 / constant)):
            found[value] = found.get(value, 0) + sizes[variable[1]]
    return Spectrum(_sorted(step), _sorted(flow), triangular_claim(derivation))


def _sorted(found: Mapping[float, int]) -> tuple[tuple[float, int], ...]:
    return tuple(sorted(found.items(), key=lambda item: (-abs(item[0]), -item[0])))


@recorded
def triangular_claim(derivation: Derivation) -> Claim:
    """That every update reads variables of smaller rank only, from the derived equations."""
    called(GRAPH)
    table = ranks(derivation)
    inputs = {node.name for node in derivation.architecture.inputs}
    wrong = None
    for (letter, name), rank in table.items():
        read = derivation.x_reads(name) if letter == "x" else derivation.s_reads(name)
        variables: list[Variable] = [("x", n) for n in read.x - inputs]
        variables += [("s", n) for n in read.s]
        late = [variable for variable in variables if table[variable] >= rank]
        if late and wrong is None:
            wrong = {"variable": f"{letter}:{name}", "rank": rank, "reads": f"{late[0][0]}:{late[0][1]}"}
    return Claim(
        "spectrum",
        "The Jacobian of a step is triangular in the order of ranks, with 1 - h/tau_v on its diagonal: these are its "
        "eigenvalues, and it is nilpotent if and only if h = tau_v for every v",
        Verdict.PROVED if wrong is None else Verdict.REFUTED, "the reads of every update, from the derived equations",
        ("every update is differentiable where it is evaluated",), counterexample=wrong,
    )  # fmt: skip


__all__ = ["Spectrum", "spectrum", "triangular_claim"]
