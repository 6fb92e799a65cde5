"""When variables become exact, beside their ranks: never later, and where earlier, why.

The rank is the step from which a variable no longer depends on the initial state, whatever that state is.  From one
state it may have its value before: because it starts there, because what it reads has, or because its update gives the
same value of others (0 behind a closed relu, a saturated function, or by chance).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from dyadic.physics.dynamics import RelaxationSetting, ranks, run
from dyadic.physics.trajectory import Trajectory
from dyadic.physics.updates import Updates, Variable
from dyadic.symbolic.derivation import Derivation

STARTED, READS, SAME = (
    "which start there",
    "as what they read was",
    "whose updates give the same of values that are still off (saturated, 0, or equal by chance or rounding)",
)
"""Why a variable is exact before its rank."""


@dataclass(frozen=True)
class Settling:
    """First exact steps of one relaxation beside the ranks, of the variables that had the steps for it.

    at_rank, late: variables.  early: by reason, those that were exact before their rank.
    """

    at_rank: tuple[Variable, ...]
    late: tuple[Variable, ...]
    early: Mapping[str, tuple[Variable, ...]]

    @property
    def judged(self) -> int:
        """How many variables had the steps for it."""
        return len(self.at_rank) + len(self.late) + sum(map(len, self.early.values()))


def in_unit_steps(found: Trajectory | RelaxationSetting, constants: Mapping[Variable, float]) -> bool:
    """Whether every step is Euler's of size h = tau, which is exact in finite time."""
    return found.solver == "euler" and all(found.h == constant for constant in constants.values())


def settling(derivation: Derivation, found: Trajectory) -> Settling | None:
    """First exact steps beside ranks; None where the ranks predict nothing."""
    if not in_unit_steps(found, found.tau) or found.schedule not in ("synchronous", "wavefront"):
        return None
    first = found.first_exact
    at_rank, late = list[Variable](), list[Variable]()
    early: dict[str, tuple[Variable, ...]] = {}
    for variable, rank in found.ranks.items():
        step = first[variable]
        if rank > found.steps:
            continue
        if step is None or step > rank:
            late.append(variable)
        elif step == rank:
            at_rank.append(variable)
        else:
            reason = _reason(derivation, first, variable, step)
            early[reason] = (*early.get(reason, ()), variable)
    return Settling(tuple(at_rank), tuple(late), early)


def _reason(derivation: Derivation, first: Mapping[Variable, int | None], variable: Variable, step: int) -> str:
    if step == 0:
        return STARTED
    letter, name = variable
    reads = derivation.x_reads(name) if letter == "x" else derivation.s_reads(name)
    read = [first["x", n] for n in reads.x if ("x", n) in first] + [first["s", n] for n in reads.s]
    return READS if all(one is not None and one < step for one in read) else SAME


def latest_exact(
    updates: Updates, setting: RelaxationSetting, states: int, progress: Callable[[int], None] = lambda count: None
) -> dict[Variable, int | None]:
    """Of each variable the largest first exact step from so many random states; None where it was not exact in time.

    setting: of all runs; their seeds are the ones after its own.  progress: told how many are done.
    """
    table = ranks(updates.network.derivation)
    found: dict[Variable, int | None] = dict.fromkeys(table, 0)
    for number in range(1, states + 1):
        first = run(updates, replace(setting, seed=setting.seed + number, states=False), "random").first_exact
        for variable, before in found.items():
            step = first[variable]
            found[variable] = None if step is None or before is None else max(before, step)
        progress(number)
    return found


__all__ = ["READS", "SAME", "STARTED", "Settling", "in_unit_steps", "latest_exact", "settling"]
