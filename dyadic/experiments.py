"""What the commands about the physics do; the result is the exit status."""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from dyadic.commands import _derivation, _numbers, _print
from dyadic.files import reserved
from dyadic.symbolic.errors import DyadicError
from dyadic.symbolic.granularity import Granularity
from dyadic.terminal import page, progress


def relax(
    spec: Path, cost: str | None, granularity: Granularity | None, sizes: tuple[str, ...], output: Path | None,
    params: Path | None, data: Path | None, start: str, batch: int, seed: int, target: str, dtype: str,
    tau: tuple[str, ...], stepsize: float, **options: Any,
) -> int:  # fmt: skip
    from dyadic.physics.deviation import predicted
    from dyadic.physics.dynamics import Setting, built, run, time_constants
    from dyadic.physics.loading import emitted_network
    from dyadic.physics.spectrum import spectrum
    from dyadic.physics.starts import problem
    from dyadic.physics.starts import start as started
    from dyadic.relaxation_text import contradicted, relaxation_text

    with nullcontext() if output is None else reserved(output, spec) as write:
        derivation = _derivation(spec, cost, granularity, _numbers(sizes))
        network = emitted_network(derivation, target, dtype)
        updates = built(network, problem(network, params, data, batch, seed))
        constants = time_constants(derivation, _named_numbers("--tau", tau))
        steps = derivation.steps if options["steps"] is None else options["steps"]
        options |= {"steps": steps, "h": stepsize, "tau": constants, "seed": seed, "states": output is not None}
        setting = Setting(**options)
        state = started(updates, start, seed)
        with progress("relaxing") as show:
            clock = _Clock(steps, show)
            found = run(updates, setting, state, clock)
        prediction = predicted(updates, setting, state)
        if write is not None:
            write(found.stored())
    _print(relaxation_text(found, spectrum(derivation, stepsize, constants), prediction, page(sys.stdout), start))
    return 1 if contradicted(found) else 0


class _Clock:
    """Shows the step and the deviation, ten times a second at most."""

    def __init__(self, steps: int, show: Any) -> None:
        self.steps, self.show, self.next = steps, show, 0.0

    def __call__(self, step: int, deviation: float) -> None:
        now = time.monotonic()
        if now >= self.next:
            self.show(f"relaxing: step {step} of {self.steps}, deviation {deviation:.1e}")
            self.next = now + 0.1


def _named_numbers(option: str, given: tuple[str, ...]) -> dict[str, float]:
    found = {}
    for text in given:
        name, equals, value = text.rpartition("=")
        try:
            found[name] = float(value)
        except ValueError:
            equals = ""
        if not equals:
            raise DyadicError(f"{option} {text[:60]}: write NAME=NUMBER")
    return found


__all__ = ["relax"]
