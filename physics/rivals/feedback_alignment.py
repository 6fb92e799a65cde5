"""Feedback alignment: fixed random weights B in place of W^T on the way back (hardware/feedback.py)."""

from __future__ import annotations

import numpy as np

from dyadic.physics.hardware.feedback import device_claim, general_claims, with_feedback
from dyadic.physics.rivals.bench import Bench
from dyadic.physics.rivals.finite_time import exact_after
from dyadic.physics.rivals.method import Effort, Measurement, MethodTrial, RivalMethod, stays
from dyadic.physics.updates import Array

SEED = 0


def drawn(bench: Bench) -> dict[str, Array]:
    """Standard normal feedback weights of every parameter's shape, divided by the root of their number of inputs."""
    random = np.random.default_rng(SEED)
    return {
        name: random.standard_normal(array.shape) / max(1, int(np.prod(array.shape[1:]))) ** 0.5
        for name, array in bench.updates.params.items()
    }


def _aligned(bench: Bench) -> MethodTrial | str:
    weights = drawn(bench) if bench.feedback is None else dict(bench.feedback)
    device = with_feedback(bench.updates, weights)
    state = device.exact()
    error = bench.error(bench.chosen(device.at(state.x, state.s).gradients(decayed=False)))
    count, steps = len(bench.vertices), exact_after(bench)
    setting = f"B drawn with seed {SEED}" if bench.feedback is None else "B as given"
    taken = Effort(setting, None, None, 2 * count, f"exact for other weights: {stays(error[0])}")
    if error[0] == 0:
        taken = Effort(setting, steps, steps * 2 * count, 2 * count)
    claims = (*general_claims(bench.derivation)[:3], device_claim(bench.updates, device))
    return MethodTrial((Measurement(setting, *error),), taken, claims)


METHODS = (
    RivalMethod(
        "feedback-alignment", "feedback alignment", "Lillicrap et al. 2016, Nat. Commun. 7, 13276",
        "s = (1 - J_B^T)^-1 grad C", ("random feedback weights",), _aligned,
        (
            ("s = c + J_B^T s, J_B as the Jacobian of f with B for the weights",
             r"s = c + J_B^T s,\quad J_B \text{ the Jacobian of } f \text{ with } B \text{ for the weights}"),
            ("g = (dF/dtheta)^T s", r"g = (\partial F/\partial\theta)^T s"),
        ),
    ),
)  # fmt: skip

__all__ = ["METHODS", "drawn"]
