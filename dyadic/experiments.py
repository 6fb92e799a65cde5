"""What the commands about the physics do; the result is the exit status."""

from __future__ import annotations

import json
import sys
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from dyadic.commands import _derivation, _numbers, _print
from dyadic.files import reserved
from dyadic.proofs.claims import Verdict
from dyadic.symbolic.errors import DyadicError
from dyadic.symbolic.granularity import Granularity
from dyadic.terminal import page, progress


def relax(
    spec: Path, cost: str | None, granularity: Granularity | None, sizes: tuple[str, ...], output: Path | None,
    params: Path | None, data: Path | None, start: str, batch: int, seed: int, target: str, dtype: str,
    tau: tuple[str, ...], stepsize: float, **options: Any,
) -> int:  # fmt: skip
    from dyadic.physics.deviation import predicted
    from dyadic.physics.dynamics import RelaxationSetting, built, run, time_constants
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
        setting = RelaxationSetting(**options)
        state = started(updates, start, seed)
        with progress("relaxing") as show:
            clock = _Clock(steps, show)
            found = run(updates, setting, state, clock)
        prediction = predicted(updates, setting, state)
        if write is not None:
            write(found.stored())
    _print(relaxation_text(found, spectrum(derivation, stepsize, constants), prediction, page(sys.stdout), start))
    return 1 if contradicted(found) else 0


def devices(
    spec: Path, cost: str | None, granularity: Granularity | None, sizes: tuple[str, ...], params: Path | None,
    data: Path | None, seed: int, mismatch: float | None, feedback: Path | None, noise: float | None,
    resolution: float | None, count: int, stepsize: float,
) -> int:  # fmt: skip
    from dyadic import device_text as text
    from dyadic.physics import hardware as device
    from dyadic.physics.dynamics import RelaxationSetting, built
    from dyadic.physics.loading import emitted_network
    from dyadic.physics.starts import problem

    if mismatch is not None and feedback is not None:
        raise DyadicError("--mismatch draws feedback weights and --feedback reads them: give one of the two")
    derivation, paper = _derivation(spec, cost, granularity, _numbers(sizes)), page(sys.stdout)
    network = emitted_network(derivation)
    updates = built(network, problem(network, params, data, 1, seed))
    status = 0
    with progress("simulating devices"):
        _print([f"{derivation.architecture.name}: devices that are not ideal, {derivation.steps} unit steps", ""])
        if mismatch is not None or feedback is not None:
            how = f"off by {mismatch:g}, relative" if mismatch is not None else str(feedback)
            made = (
                device.mismatched(updates, mismatch, seed) if mismatch is not None else device.read(updates, feedback)
            )
            _print([*text.mismatch_text(device.mismatch(updates, made), how, paper), ""])
        if noise is not None:
            found = device.noise(updates, RelaxationSetting(0, h=stepsize, seed=seed), noise**2, count)
            _print([*text.noise_text(found, f"standard deviation {noise:g} of every entry at every step", paper), ""])
        if resolution is not None:
            limits = device.resolution(updates, resolution, count, seed)
            _print([*text.resolution_text(limits, paper), ""])
            status = 1 if limits.bound is not None and not limits.holds else status
        ranks = device.gradient_ranks(derivation)
        _print(text.readout_text(ranks, derivation.steps, device.readout_claim(derivation), paper))
    return status


def compare(
    spec: Path, cost: str | None, granularity: Granularity | None, sizes: tuple[str, ...], params: Path | None,
    data: Path | None, seed: int, methods: str | None, equations: bool, output: Path | None,
) -> int:  # fmt: skip
    from dyadic.comparison_text import comparison_text
    from dyadic.physics.rivals import METHODS
    from dyadic.physics.rivals import compare as side_by_side

    if output is not None and output.suffix not in _TABLES:
        raise DyadicError(f"{output}: the ending {output.suffix!r} is not one of {', '.join(_TABLES)}")
    chosen = None if methods is None else [name.strip() for name in methods.split(",")]
    unknown = set(chosen or ()) - {method.id for method in METHODS}
    if unknown:
        known = ", ".join(method.id for method in METHODS)
        raise DyadicError(f"there is no method {', '.join(sorted(unknown))}; there are: {known}")
    with nullcontext() if output is None else reserved(output, spec) as write:
        derivation = _derivation(spec, cost, granularity, _numbers(sizes))
        with progress("comparing") as show:
            found = side_by_side(
                derivation, params, data, seed=seed, methods=chosen, progress=lambda name: show(f"comparing: {name}")
            )
        if write is not None:
            write(getattr(found, _TABLES[output.suffix])().encode() if output else b"")
    return _print(comparison_text(found, page(sys.stdout), equations))


def certify(
    spec: Path, cost: str | None, granularity: Granularity | None, sizes: tuple[str, ...], dtype: str,
    module: Path | None, target: str, params: Path | None, data: Path | None, batch: int, seed: int, form: str,
) -> int:  # fmt: skip
    from dyadic.physics.loading import emitted_network, executed
    from dyadic.physics.rounding import certify as bounds
    from dyadic.physics.starts import problem
    from dyadic.rounding_text import rounding_text

    derivation = _derivation(spec, cost, granularity, _numbers(sizes))
    network = emitted_network(derivation, target, dtype)
    if module is not None:
        network = replace(network, module=executed(module))
    arrays = problem(emitted_network(derivation), params, data, batch, seed)
    with progress("enclosing"):
        found = bounds(derivation, network.module, *arrays)
    if form == "json":
        _print([json.dumps(found.as_dict(), indent=1)])
    else:
        _print(rounding_text(found, page(sys.stdout)))
    return {Verdict.PROVED: 0, Verdict.REFUTED: 1, Verdict.UNDECIDED: 3}[found.verdict]


def paper_claims(
    spec: Path | None, cost: str | None, granularity: Granularity | None, sizes: tuple[str, ...], verbose: bool
) -> int:
    from dyadic.abstracts_text import abstracts_text
    from dyadic.physics.abstracts import abstract_claims

    if spec is None and (cost or granularity or sizes):
        raise DyadicError("--cost, --granularity and --size say how SPEC is read, and none is given")
    derivation = None if spec is None else _derivation(spec, cost, granularity, _numbers(sizes))
    with progress("verifying"):
        found = abstract_claims(derivation)
    return _print(abstracts_text(found, page(sys.stdout), verbose))


_TABLES = {".csv": "to_csv", ".tex": "to_latex", ".html": "to_html"}


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


__all__ = ["certify", "compare", "devices", "paper_claims", "relax"]
