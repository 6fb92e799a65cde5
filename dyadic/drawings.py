"""The figures of a network: those of its graph, and those of relaxations that are run for them."""

from __future__ import annotations

import numpy as np

from dyadic.paper import DeviationLine, deviation_map, deviation_plot
from dyadic.paper.architecture_graph import architecture_graph
from dyadic.paper.drawing import Drawing
from dyadic.paper.wavefront import wavefront
from dyadic.physics.dynamics import relax
from dyadic.physics.trajectory import Trajectory
from dyadic.symbolic import Derivation, DyadicError

STEPSIZES = (1.0, 0.9, 0.5, 0.25, 1.3)
"""Of a plot of deviations where none are given: the exact one, smaller ones, and one beyond it."""


def drawn(derivation: Derivation, kind: str, stepsizes: tuple[float, ...], seed: int) -> Drawing:
    """The figure of this kind.  Raises :class:`DyadicError` where a relaxation cannot be run or has no deviation."""
    match kind:
        case "wavefront":
            return wavefront(derivation)
        case "architecture":
            return architecture_graph(derivation)
        case "heatmap":
            found = _run(derivation, stepsizes[0] if stepsizes else 1.0, derivation.steps + 1, seed)
            return deviation_map(derivation, dict(zip(_names(found), found.deviation.T.tolist(), strict=True)))
    steps = 2 * derivation.steps + 10
    runs = [_run(derivation, h, steps, seed) for h in dict.fromkeys(stepsizes or STEPSIZES)]
    lines = [DeviationLine(run.h, run.deviation.max(axis=1).tolist()) for run in runs]
    return deviation_plot(derivation.architecture.name, lines)


def _run(derivation: Derivation, h: float, steps: int, seed: int) -> Trajectory:
    with np.errstate(all="ignore"):  # a step beyond 1 may leave the numbers that there are, which is drawn
        found = relax(derivation, steps=steps, h=h, seed=seed)
    if not np.any(found.deviation):
        raise DyadicError("the relaxation starts where it ends: there is no deviation to draw; take another --seed")
    return found


def _names(found: Trajectory) -> list[str]:
    return [f"{letter}:{name}" for letter, name in found.ranks]
