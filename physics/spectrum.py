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

MOTIONS = ("step", "round", "sweep", "flow")


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues with their multiplicities, by falling magnitude.

    of: what moves, one of :data:`MOTIONS`: a synchronous step, a round of groups one after the other, the one sweep of
    the wavefront, or the flow in continuous time.
    of_the_step: of the Jacobian of a step of size h (a round, a sweep).  of_the_flow: of the flow's, per unit of time.
    radius: the largest magnitude of an eigenvalue of the step; 0 where the step is nilpotent.
    """

    of: str
    of_the_step: tuple[tuple[float, int], ...]
    of_the_flow: tuple[tuple[float, int], ...]
    claim: Claim

    @property
    def radius(self) -> float:
        return max(abs(value) for value, _ in self.of_the_step)

    @property
    def shown(self) -> tuple[tuple[float, int], ...]:
        """The eigenvalues of what moves."""
        return self.of_the_flow if self.of == "flow" else self.of_the_step

    @property
    def behaviour(self) -> str:
        """What the eigenvalues say of what moves."""
        if self.of == "flow":
            return "approached exponentially, never reached in finite time"
        if self.radius == 0:
            return "exact in finite time"
        if self.of == "sweep":
            return "nothing moves after it, and what is off then stays off"
        return "converges geometrically" if self.radius < 1 else "does not converge"


def spectrum(
    derivation: Derivation, h: float = 1.0, tau: Mapping[Variable, float] | None = None,
    schedule: str = "synchronous", solver: str = "euler",
) -> Spectrum:  # fmt: skip
    """The spectrum for a step size and time constants (1 where none is given); sizes must be numbers."""
    sizes = {vertex.name: int(prod(vertex.shape)) for vertex in derivation.architecture.vertices}
    table = ranks(derivation)
    step: dict[float, int] = {}
    flow: dict[float, int] = {}
    for variable in table:
        constant = (tau or {}).get(variable, 1.0)
        for found, value in ((step, 1 - h / constant), (flow, -1 / constant)):
            found[value] = found.get(value, 0) + sizes[variable[1]]
    motion = "flow" if solver != "euler" else {"synchronous": "step", "wavefront": "sweep"}.get(schedule, "round")
    return Spectrum(motion, _sorted(step), _sorted(flow), triangular_claim(derivation, motion))


def _sorted(found: Mapping[float, int]) -> tuple[tuple[float, int], ...]:
    return tuple(sorted(found.items(), key=lambda item: (-abs(item[0]), -item[0])))


_SAID = {
    "step": (
        "spectrum",
        "The Jacobian of a step is triangular in the order of ranks, with 1 - h/tau_v on its diagonal: these are its "
        "eigenvalues, and it is nilpotent if and only if h = tau_v for every v",
    ),
    "round": (
        "spectrum:round",
        "Each group of a round has a Jacobian that is triangular in the order of ranks, with 1 - h/tau_v on its "
        "diagonal where v is in the group, else 1; so has the round, their product, with 1 - h/tau_v for every v",
    ),
    "sweep": (
        "spectrum:sweep",
        "In the wavefront's sweep every v moves once, at the step of its rank: the Jacobian of all of it is triangular "
        "in the order of ranks, with 1 - h/tau_v on its diagonal",
    ),
    "flow": (
        "spectrum:flow",
        "The Jacobian of the flow is triangular in the order of ranks, with -1/tau_v on its diagonal: these are its "
        "eigenvalues, all of them negative",
    ),
}


@recorded
def triangular_claim(derivation: Derivation, motion: str = "step") -> Claim:
    """That every update reads variables of smaller rank only, from the derived equations, and what it means."""
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
        *_SAID[motion],
        Verdict.PROVED if wrong is None else Verdict.REFUTED, "the reads of every update, from the derived equations",
        ("every update is differentiable where it is evaluated",), counterexample=wrong,
    )  # fmt: skip


__all__ = ["MOTIONS", "Spectrum", "spectrum", "triangular_claim"]
