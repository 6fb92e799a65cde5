"""What the commands about the physics do; the result is the exit status."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

from dyadic.commands import EXIT, derivation_of, names_of, numbers_of, print_lines
from dyadic.files import expect_apart, reserved
from dyadic.option_values import real_number
from dyadic.proofs.claims import Verdict
from dyadic.symbolic.decimal_bounds import in_full
from dyadic.symbolic.errors import DyadicError
from dyadic.symbolic.granularity import Granularity
from dyadic.terminal import page, progress


def relax(
    spec: Path, cost: str | None, granularity: Granularity | None, sizes: tuple[str, ...], output: Path | None,
    figure: Path | None, params: Path | None, data: Path | None, start: str, batch: int | None, seed: int | None,
    target: str, dtype: str, tau: tuple[str, ...], stepsize: float, starts: int | None, **options: Any,
) -> int:  # fmt: skip
    from dyadic.physics.deviation import predicted
    from dyadic.physics.dynamics import RelaxationSetting, built, checked, run, time_constants
    from dyadic.physics.loading import emitted_network
    from dyadic.physics.settling import in_unit_steps, latest_exact, settling
    from dyadic.physics.spectrum import spectrum
    from dyadic.physics.starts import problem
    from dyadic.physics.starts import start as started
    from dyadic.relaxation_text import ManyStarts, late_of_many, relaxation_text

    drawn = params is None or data is None or start == "random" or starts or options["schedule"] == "asynchronous"
    _refuse_idle((seed is not None and not drawn, _NOTHING_DRAWN), (batch is not None and data is not None, _OWN_BATCH))
    taus, numbers, seed = _named_numbers("--tau", tau), numbers_of(sizes), seed or 0
    read = (spec, params, data, None if start in ("zero", "random") else Path(start))
    if figure is not None:
        _expect_figure(figure, output)
    _expect_archive(output)
    with _reserved(output, *read) as write, _reserved(figure, *read, output) as write_figure:
        derivation = derivation_of(spec, cost, granularity, numbers)
        constants = time_constants(derivation, taus)
        steps = derivation.steps if options["steps"] is None else options["steps"]
        options |= {"steps": steps, "h": stepsize, "tau": constants, "seed": seed, "states": output is not None}
        setting = RelaxationSetting(**options)
        checked(setting)
        if starts and not (in_unit_steps(setting, constants) and setting.schedule in ("synchronous", "wavefront")):
            raise DyadicError("--starts goes with steps of size h = tau, synchronous or wavefront: these have ranks")
        network = emitted_network(derivation, target, dtype)
        updates = built(network, problem(network, params, data, batch, seed))
        state = started(updates, start, seed)
        with progress("relaxing") as show:
            clock = _Clock(steps, show)
            found = run(updates, setting, state, clock)
            many = None
            if starts:
                tell = lambda count: show(f"relaxing: from state {count} of {starts}")  # noqa: E731
                many = ManyStarts(starts, latest_exact(updates, setting, starts, tell))
        prediction = predicted(updates, setting, state)
        if write_figure is not None and figure is not None:
            from dyadic.drawings import relaxation_drawing
            from dyadic.paper import figure_file

            write_figure(figure_file(relaxation_drawing(derivation, found, prediction), figure))
        if write is not None:
            write(found.stored())
    settled = settling(derivation, found)
    values = spectrum(derivation, stepsize, constants, setting.schedule, setting.solver)
    print_lines(relaxation_text(found, settled, values, prediction, page(sys.stdout), start, many))
    return 1 if (settled and settled.late) or (many and late_of_many(found, many)) else 0


def devices(
    spec: Path, cost: str | None, granularity: Granularity | None, sizes: tuple[str, ...], params: Path | None,
    data: Path | None, seed: int | None, mismatch: float | None, feedback: Path | None, noise: float | None,
    resolution: float | None, count: int | None, stepsize: float | None,
) -> int:  # fmt: skip
    from dyadic import device_text as text
    from dyadic.physics import hardware as device
    from dyadic.physics.dynamics import RelaxationSetting, built
    from dyadic.physics.loading import emitted_network
    from dyadic.physics.starts import problem

    if mismatch is not None and feedback is not None:
        raise DyadicError("--mismatch draws feedback weights and --feedback reads them: give one of the two")
    _refuse_idle(*_idle_of_devices(params, data, seed, mismatch, feedback, noise, resolution, count, stepsize))
    seed, count, stepsize = seed or 0, 1000 if count is None else count, 1.0 if stepsize is None else stepsize
    if noise is not None and not 0 < noise * noise < float("inf"):
        raise DyadicError(f"--noise {in_full(noise)}: its square is no number that can be computed with; give another")
    derivation, paper = derivation_of(spec, cost, granularity, numbers_of(sizes)), page(sys.stdout)
    network = emitted_network(derivation)
    updates = built(network, problem(network, params, data, None, seed))
    title = f"{derivation.architecture.name}: devices that are not ideal, {derivation.steps} unit steps"
    status, lines = 0, [title, ""]
    made = None if feedback is None else device.read(updates, feedback)
    with progress("simulating devices"):
        if mismatch is not None:
            made = device.mismatched(updates, mismatch, seed)
        if made is not None:
            how = str(feedback) if mismatch is None else f"off by {in_full(mismatch)}, relative"
            lines += [*text.mismatch_text(device.mismatch(updates, made), how, paper), ""]
        if noise is not None:
            found = device.noise(updates, RelaxationSetting(0, h=stepsize, seed=seed), noise * noise, count)
            status = status if found.agrees else 1
            lines += [
                *text.noise_text(found, f"standard deviation {in_full(noise)} of every entry at every step", paper),
                "",
            ]
        if resolution is not None:
            limits = device.resolution(updates, resolution, count, seed)
            lines += [*text.resolution_text(limits, paper), ""]
            status = 1 if limits.bound is not None and not limits.holds else status
        ranks = device.gradient_ranks(derivation)
        lines += text.readout_text(ranks, derivation.steps, device.readout_claim(derivation), paper)
    print_lines(lines)  # all of it or nothing: no refusal comes after a result
    return status


def _idle_of_devices(
    params: Path | None, data: Path | None, seed: int | None, mismatch: float | None, feedback: Path | None,
    noise: float | None, resolution: float | None, count: int | None, stepsize: float | None,
) -> tuple[tuple[bool, str], ...]:  # fmt: skip
    """What changes nothing of the devices that are described."""
    imperfect = any(option is not None for option in (mismatch, feedback, noise, resolution))
    drawn = params is None or data is None or any(option is not None for option in (mismatch, noise, resolution))
    return (
        (not imperfect, "no device is described: give --mismatch or --feedback, --noise or --resolution"),
        (count is not None and noise is None and resolution is None, "--count goes with --noise or --resolution"),
        (stepsize is not None and noise is None, "--stepsize goes with --noise; all others take unit steps"),
        (seed is not None and not drawn, _NOTHING_DRAWN),
    )


def compare(
    spec: Path, cost: str | None, granularity: Granularity | None, sizes: tuple[str, ...], params: Path | None,
    data: Path | None, seed: int | None, methods: str | None, over: str | None, feedback: Path | None, equations: bool,
    limit: float | None, outputs: tuple[Path, ...],
) -> int:  # fmt: skip
    from dyadic.comparison_text import comparison_text
    from dyadic.physics.rivals import METHODS
    from dyadic.physics.rivals import compare as side_by_side
    from dyadic.physics.rivals.allowance import SECONDS

    for output in outputs:
        if output.suffix not in _TABLES:
            raise DyadicError(f"{output}: the ending {output.suffix!r} is not one of {', '.join(_TABLES)}")
    expect_apart(outputs)
    chosen = names_of("--methods", methods)
    _refuse_idle((seed is not None and params is not None and data is not None, _NOTHING_DRAWN))
    unknown = set(chosen or ()) - {method.id for method in METHODS}
    if unknown:
        known = ", ".join(method.id for method in METHODS)
        raise DyadicError(f"there is no method {', '.join(sorted(unknown))}; there are: {known}")
    read = [path for path in (spec, params, data, feedback) if path is not None]
    with ExitStack() as stack:
        writers = {output: stack.enter_context(reserved(output, *read)) for output in outputs}
        derivation = derivation_of(spec, cost, granularity, numbers_of(sizes))
        with progress("comparing") as show:
            found = side_by_side(
                derivation,
                params,
                data,
                seed=seed or 0,
                methods=chosen,
                over=names_of("--over", over),
                feedback=feedback,
                limit=SECONDS if limit is None else limit,
                progress=lambda doing: show(f"comparing: {doing}"),
            )
        for output, write in writers.items():
            write(getattr(found, _TABLES[output.suffix])().encode())
    return print_lines(comparison_text(found, page(sys.stdout), equations))


def certify(
    spec: Path, cost: str | None, granularity: Granularity | None, sizes: tuple[str, ...], dtype: str | None,
    module: Path | None, target: str | None, params: Path | None, data: Path | None, batch: int | None,
    seed: int | None, form: str, radius: float | None, limit: float | None,
) -> int:  # fmt: skip
    from dyadic.physics.loading import emitted_network
    from dyadic.physics.module_process import SECONDS, ModuleProcess
    from dyadic.physics.prior_bounds import prior_bounds
    from dyadic.physics.rounding import certify as bounds
    from dyadic.physics.starts import problem
    from dyadic.rounding_text import prior_text, rounding_text

    _refuse_idle(
        (
            module is not None and (dtype or target),
            "--dtype and --target are of the module emitted now; --module has its own",
        ),
        (seed is not None and params is not None and data is not None, _NOTHING_DRAWN),
        (batch is not None and data is not None, _OWN_BATCH),
        (limit is not None and module is None, "--limit is of the program that --module names, and none is given"),
    )
    derivation = derivation_of(spec, cost, granularity, numbers_of(sizes))
    exact = emitted_network(derivation)
    arrays = problem(exact, params, data, batch, seed or 0)
    run: ModuleType | ModuleProcess
    if module is not None:
        with progress("importing the module"):
            run = ModuleProcess(module, limit or SECONDS)
    elif (target or "numpy", dtype or "float64") == ("numpy", "float64"):
        run = exact.module
    else:
        run = emitted_network(derivation, target or "numpy", dtype or "float64").module
    with progress("enclosing"):
        if radius is not None:
            prior = prior_bounds(derivation, run, *arrays, radius)
            return _shown(prior.as_dict(), prior_text(prior, page(sys.stdout)), form, prior.verdict)
        found = bounds(derivation, run, *arrays)
    return _shown(found.as_dict(), rounding_text(found, page(sys.stdout)), form, found.verdict)


def _shown(content: dict[str, Any], text: Iterable[str], form: str, verdict: Verdict) -> int:
    print_lines([json.dumps(content, indent=1)] if form == "json" else text)
    return EXIT[verdict]


def paper_claims(
    spec: Path | None, cost: str | None, granularity: Granularity | None, sizes: tuple[str, ...], verbose: bool
) -> int:
    from dyadic.abstracts_text import abstracts_text
    from dyadic.physics.abstracts import abstract_claims

    if spec is None and (cost or granularity or sizes):
        raise DyadicError("--cost, --granularity and --size say how SPEC is read, and none is given")
    derivation = None if spec is None else derivation_of(spec, cost, granularity, numbers_of(sizes))
    with progress("verifying"):
        found = abstract_claims(derivation)
    return print_lines(abstracts_text(found, page(sys.stdout), verbose))


_NOTHING_DRAWN = "--seed is of what is drawn, and nothing is: all is read from files; leave it out"
_OWN_BATCH = "--batch is how many samples are drawn, and --data has its own; leave one of the two out"
_TABLES = {".csv": "to_csv", ".tex": "to_latex", ".html": "to_html"}


def _expect_archive(output: Path | None) -> None:
    """Refuse an ending that says something else than NumPy's archive; a device has none."""
    if output is not None and output.suffix not in ("", ".npz"):
        raise DyadicError(f"{output}: the ending {output.suffix!r} is not .npz, which is what is written")


def _expect_figure(figure: Path, output: Path | None) -> None:
    """Refuse an ending that no figure has, and the place of the other output."""
    from dyadic.paper import figure_format

    figure_format(figure)
    if output is not None and figure.resolve() == output.resolve():
        raise DyadicError(f"{figure}: --output and --figure are written there, one over the other; choose two places")


def _reserved(output: Path | None, *read: Path | None) -> AbstractContextManager[Callable[[bytes], None] | None]:
    """A place for what is written, if anything is."""
    return nullcontext() if output is None else reserved(output, *read)


def _refuse_idle(*cases: tuple[Any, str]) -> None:
    """Refuse options that change nothing beside the others: whoever gave them expected that they would."""
    for idle, message in cases:
        if idle:
            raise DyadicError(message)


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
    """Positive numbers by name."""
    found: dict[str, float] = {}
    for text in given:
        name, equals, value = text.rpartition("=")
        number = real_number(value)
        if not equals or number is None or number <= 0:
            raise DyadicError(f"{option} {text[:60]}: write NAME=NUMBER with a positive number")
        if name in found:
            raise DyadicError(f"{option}: {name[:60]} is given twice")
        found[name] = number
    return found


__all__ = ["certify", "compare", "devices", "paper_claims", "relax"]
