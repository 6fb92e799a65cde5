"""The figures of a network: those of its graph, and those of relaxations that are run for them."""

from __future__ import annotations

import numpy as np

from dyadic.paper import DeviationLine, deviation_map, deviation_plot, stacked
from dyadic.paper.architecture_graph import architecture_graph
from dyadic.paper.drawing import Drawing
from dyadic.paper.wavefront import wavefront
from dyadic.physics.deviation import Prediction
from dyadic.physics.dynamics import relax
from dyadic.physics.settling import in_unit_steps
from dyadic.physics.trajectory import Trajectory
from dyadic.symbolic import Derivation, DyadicError
from dyadic.symbolic.decimal_bounds import in_full

STEPSIZES = (1.0, 0.9, 0.5, 0.25, 1.3)
"""Of a plot of deviations where none are given: the exact one, smaller ones, and one beyond it."""

_MOST_COLUMNS = 200
"""Steps of which a map has a column each; of longer relaxations the plot alone is drawn."""


def drawn(derivation: Derivation, kind: str, stepsizes: tuple[float, ...], seed: int) -> Drawing:
    """The figure of this kind.  Raises :class:`DyadicError` where a relaxation cannot be run or has no deviation."""
    match kind:
        case "wavefront":
            return wavefront(derivation)
        case "architecture":
            return architecture_graph(derivation)
        case "heatmap":
            found = _run(derivation, stepsizes[0] if stepsizes else 1.0, derivation.steps + 1, seed)
            return deviation_map(derivation, _by_variable(found))
    steps = 2 * derivation.steps + 10
    runs = [_run(derivation, h, steps, seed) for h in dict.fromkeys(stepsizes or STEPSIZES)]
    lines = [DeviationLine(run.h, run.deviation.max(axis=1).tolist()) for run in runs]
    return deviation_plot(derivation.architecture.name, lines)


def relaxation_drawing(derivation: Derivation, found: Trajectory, prediction: Prediction | str) -> Drawing:
    """How one relaxation settles: variables against steps, and below the largest deviation, beside the predicted one.

    Raises :class:`DyadicError` where it started where it ended, so that there is nothing to draw.
    """
    _some_deviation(found)
    largest = found.deviation.max(axis=1)
    line = DeviationLine(
        found.h, np.where(largest <= found.floor, 0.0, largest).tolist(),
        [] if isinstance(prediction, str) else prediction.largest.max(axis=1).tolist(), _called(found),
        "exactly 0" if in_unit_steps(found, found.tau) and not found.floor else "0 but for rounding",
    )  # fmt: skip
    plot = deviation_plot(found.name, [line])
    return plot if found.steps > _MOST_COLUMNS else stacked(deviation_map(derivation, _by_variable(found)), plot)


def _called(found: Trajectory) -> str:
    """The step size, and what else is not as usual: continuous time, the order of updates."""
    if found.solver != "euler":
        return f"{found.solver}, read every {in_full(found.h)}"
    return f"h = {in_full(found.h)}" + ("" if found.schedule == "synchronous" else f", {found.schedule}")


def _run(derivation: Derivation, h: float, steps: int, seed: int) -> Trajectory:
    with np.errstate(all="ignore"):  # a step beyond 1 may leave the numbers that there are, which is drawn
        found = relax(derivation, steps=steps, h=h, seed=seed)
    _some_deviation(found)
    return found


def _some_deviation(found: Trajectory) -> None:
    if not np.any(found.deviation > found.floor):
        raise DyadicError("the relaxation starts where it ends: there is no deviation to draw; take another start")


def _by_variable(found: Trajectory) -> dict[str, list[float]]:
    """What counts as exact is 0."""
    shown = np.where(found.deviation <= found.floor, 0.0, found.deviation)
    return {f"{letter}:{name}": column for (letter, name), column in zip(found.ranks, shown.T.tolist(), strict=True)}
