"""The saddle-point dynamics run with emitted code: dx/dt = dE/ds / tau, ds/dt = dE/dx / tau, from any state.

A step of size h takes a variable z with update f and time constant tau to (1 - h/tau) z + (h/tau) f; at h = tau that
is f itself, bit by bit.  Formulas: docs/howto/experiment.md, and theory.py of the appendix.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dyadic.physics import flows
from dyadic.physics.energy_rates import difference_step, energy_rate, rate_along_the_flow
from dyadic.physics.given_numbers import positive, whole
from dyadic.physics.held_values import held_value
from dyadic.physics.loading import EmittedNetwork, emitted_network
from dyadic.physics.orders import Schedule, schedule
from dyadic.physics.starts import Source, problem, start
from dyadic.physics.trajectory import MOST_RATES, EnergyRates, Trajectory, on_host
from dyadic.physics.updates import Array, DoubledState, Updates, Variable
from dyadic.symbolic.decimal_bounds import in_full
from dyadic.symbolic.derivation import Derivation, expect_derivation
from dyadic.symbolic.errors import DyadicError

COORDINATES = ("xs", "dyadic")
MOST_NUMBERS = 2**27
"""Largest number of numbers that a trajectory may hold (1 GiB)."""

Progress = Callable[[int, float], None]
"""Told the number of the step and the largest deviation."""
Disturbance = Callable[[int, Variable, Array], Array]
"""What a device makes of a variable's new value, at a step counted from 1."""


@dataclass(frozen=True)
class RelaxationSetting:
    """How a relaxation is run; see :func:`relax`."""

    steps: int
    h: float = 1.0
    tau: Mapping[Variable, float] = field(default_factory=dict)
    schedule: str = "synchronous"
    blocks: int | Sequence[Sequence[Variable]] | None = None
    solver: str = "euler"
    coordinates: str = "xs"
    seed: int = 0
    states: bool = False
    gradients: bool = False


def relax(
    derivation: Derivation,
    params: Source | None = None,
    data: Source | None = None,
    *,
    steps: int | None = None,
    h: float = 1.0,
    tau: Mapping[str, float] | None = None,
    start: Source | DoubledState = "random",
    schedule: str = "synchronous",
    blocks: int | Sequence[Sequence[Variable]] | None = None,
    solver: str = "euler",
    coordinates: str = "xs",
    batch: int | None = None,
    seed: int = 0,
    target: str = "numpy",
    dtype: str = "float64",
    states: bool = False,
    gradients: bool = False,
    progress: Progress = lambda step, deviation: None,
) -> Trajectory:
    """Relax a network from a state, and hold every step against backpropagation on the same numbers.

    Parameters
    ----------
    params, data: arrays by name, or an .npz file of them (docs/howto/experiment.md); drawn with ``seed`` where None.
    steps: how many, by default T, after which unit steps are exact.  h: the size of one.
    tau: time constants by vertex, or by variable (``x:NAME``, ``s:NAME``); 1 where none is given.
    start: ``zero``, ``random``, or a state as arrays ``x:NAME``, ``s:NAME`` or a file of them.
    schedule: ``synchronous``, ``wavefront``, ``asynchronous`` (orders drawn with ``seed``) or ``blocks``.
    blocks: of the schedule ``blocks``: into how many the variables are cut, by default 2, or the blocks themselves.
    solver: ``euler``, or a method of SciPy's ``solve_ivp`` for the flow in continuous time, read every ``h``.
    coordinates: ``xs``, or ``dyadic`` for a = x + s/2, b = x - s/2.
    batch: how many samples are drawn, by default 1.  target: ``numpy`` or ``cupy``.  dtype: ``float32`` or ``float64``.
    states: keep every state.  gradients: also follow the deviation of dE/dtheta.
    progress: called after every step.

    Raises :class:`DyadicError` for a setting that there is not or that has no effect, and arrays that do not fit.
    """
    expect_derivation(derivation)
    chosen = derivation.steps if steps is None else steps
    constants = time_constants(derivation, {} if tau is None else tau)
    setting = RelaxationSetting(chosen, h, constants, schedule, blocks, solver, coordinates, seed, states, gradients)
    checked(setting)
    if not callable(progress):
        raise DyadicError(
            f"progress: a {type(progress).__name__} cannot be called; give a function of step and deviation"
        )
    network = emitted_network(derivation, target, dtype)
    return run(built(network, problem(network, params, data, batch, seed)), setting, start, progress)


def built(network: EmittedNetwork, given: tuple[Any, Any, Any], feedback: Mapping[str, Array] | None = None) -> Updates:
    """The updates for parameters and data.  Raises :class:`DyadicError` where these do not fit the network."""
    try:
        return Updates(network, *given, feedback=feedback)
    except (ValueError, TypeError) as error:
        raise DyadicError(str(error)) from error


def time_constants(derivation: Derivation, given: Mapping[str, float]) -> dict[Variable, float]:
    """Time constants by variable from those by vertex or variable."""
    names = [vertex.name for vertex in derivation.architecture.vertices]
    if not isinstance(given, Mapping):
        raise DyadicError(f"tau: is a {type(given).__name__}; give time constants by name")
    found: dict[Variable, float] = {}
    for key, value in given.items():
        letter, colon, name = str(key).partition(":")
        chosen = [(letter, name)] if colon and letter in ("x", "s") else [("x", str(key)), ("s", str(key))]
        if any(variable[1] not in names for variable in chosen):
            raise DyadicError(f"tau: there is no vertex {str(key)[:60]!r}; the vertices are {', '.join(names[:8])}")
        for variable in chosen:
            if variable in found:
                raise DyadicError(f"tau: that of {':'.join(variable)} is given twice; give one")
        found |= dict.fromkeys(chosen, positive(f"tau: {key}", value))
    return {(letter, name): found.get((letter, name), 1.0) for letter in "xs" for name in names}


def ranks(derivation: Derivation) -> dict[Variable, int]:
    """After how many unit steps each variable has settled: activations forward, then sensitivities backward."""
    table = derivation.ranks
    forward: dict[Variable, int] = {("x", name): rank for name, rank in table.x.items()}
    return forward | {("s", name): table.s[name] for name in reversed(table.x)}


def run(
    updates: Updates,
    setting: RelaxationSetting,
    how: Source | DoubledState = "random",
    progress: Progress = lambda step, deviation: None,
    disturbance: Disturbance | None = None,
) -> Trajectory:
    """Relax from a state; ``disturbance`` is what a device that is not ideal makes of every new value."""
    _check(updates, setting)
    state = start(updates, how, setting.seed)
    table = ranks(updates.network.derivation)
    order = schedule(setting.schedule, table, setting.seed, 2 if setting.blocks is None else setting.blocks)
    with np.errstate(all="ignore"):  # a step size that diverges is an experiment, too
        if setting.solver == "euler":
            rows = _euler(updates, setting, order, state, disturbance)
        else:
            rows = flows.solved(updates, setting.steps, setting.h, setting.tau, setting.solver, state)
        return _recorded(updates, setting, table, rows, progress)


def checked(setting: RelaxationSetting) -> None:
    """Refuse a setting that cannot be run, or of which a part would have no effect, before anything is computed."""
    steps, h = whole("steps", setting.steps), positive("step size h", setting.h)
    whole("seed", setting.seed)
    if setting.coordinates not in COORDINATES:
        raise DyadicError(f"coordinates {setting.coordinates!r} are unknown; choose {' or '.join(COORDINATES)}")
    if setting.solver != "euler" and (setting.schedule != "synchronous" or setting.coordinates != "xs"):
        raise DyadicError("continuous time has no order of updates and is solved in x and s: leave both as they are")
    if setting.blocks is not None and setting.schedule != "blocks":
        raise DyadicError(
            "blocks go with the schedule blocks, and another is chosen: choose that one, or leave blocks out"
        )
    if not math.isfinite(h * steps):
        raise DyadicError(
            f"step size h = {in_full(h)}: {steps} steps of that size are no finite time; take a smaller one"
        )
    for variable, constant in setting.tau.items():
        ratio = h / positive(f"tau: {':'.join(variable)}", constant)
        if not (math.isfinite(ratio) and math.isfinite(1 / constant) and 1 - ratio != 1):
            raise DyadicError(
                f"h / tau = {in_full(h)} / {in_full(constant)} of {':'.join(variable)}: is lost beside 1, or "
                "overflows, in floating point; take numbers that are closer to each other"
            )


def _check(updates: Updates, setting: RelaxationSetting) -> None:
    checked(setting)
    steps = setting.steps
    entries = sum(int(np.prod(shape)) for shape in updates.network.module.VERTICES.values()) * 2 * (updates.batch or 1)
    if (steps + 1) * (entries if setting.states else len(updates.variables)) > MOST_NUMBERS:
        raise DyadicError(f"{steps} steps are more numbers than {MOST_NUMBERS}; take fewer, or a smaller batch")


def _euler(
    updates: Updates, setting: RelaxationSetting, order: Schedule, state: DoubledState, disturbance: Disturbance | None
) -> Any:
    """The states after 0, 1, 2, ... steps."""
    advance = _dyadic_step if setting.coordinates == "dyadic" else _step
    yield state
    for step in range(1, setting.steps + 1):
        for group in order(step):
            new = advance(updates, setting, state, group)
            if disturbance is not None:
                new = {variable: disturbance(step, variable, value) for variable, value in new.items()}
            state = state.changed(new)
        yield state


def _step(
    updates: Updates, setting: RelaxationSetting, state: DoubledState, group: Sequence[Variable]
) -> dict[Variable, Array]:
    """New values for a group of variables, all from the old state."""
    return {
        variable: mixed(state[variable], value, setting.h / setting.tau.get(variable, 1.0))
        for variable, value in updates.new(state, group).items()
    }


def mixed(old: Array, new: Array, ratio: float) -> Array:
    """(1 - ratio) old + ratio new; at ratio 1 the new value bit by bit (the sum would turn -0.0 into 0.0)."""
    return new if ratio == 1.0 else (1 - ratio) * old + ratio * new


def _dyadic_step(
    updates: Updates, setting: RelaxationSetting, state: DoubledState, group: Sequence[Variable]
) -> dict[Variable, Array]:
    """The same step taken by a = x + s/2 and b = x - s/2: da/dt = dE/da, db/dt = -dE/db.

    With x = (a + b)/2 and s = a - b the chain rule gives dE/da = dE/ds + dE/dx / 2 and -dE/db = dE/ds - dE/dx / 2.
    """
    new = updates.new(state, group)
    vertices = [name for letter, name in group if letter == "x" and ("s", name) in new]
    if 2 * len(vertices) != len(group) or any(
        setting.tau.get(("x", name), 1.0) != setting.tau.get(("s", name), 1.0) for name in vertices
    ):
        raise DyadicError("a and b of a vertex move together: choose the synchronous schedule and one tau for x and s")
    found: dict[Variable, Array] = {}
    for name in vertices:
        ratio = setting.h / setting.tau.get(("x", name), 1.0)
        x, s, f, g = state.x[name], state.s[name], new["x", name], new["s", name]
        a = mixed(x + s / 2, f + g / 2, ratio)
        b = mixed(x - s / 2, f - g / 2, ratio)
        found["x", name], found["s", name] = (a + b) / 2, a - b
    return found


def _recorded(
    updates: Updates, setting: RelaxationSetting, table: Mapping[Variable, int], rows: Any, progress: Progress
) -> Trajectory:
    exact = updates.exact()
    wanted = updates.at(exact.x, exact.s).gradients() if setting.gradients else {}
    energy = np.empty(setting.steps + 1)
    deviation = np.empty((setting.steps + 1, len(table)))
    off = np.empty((setting.steps + 1, len(wanted))) if setting.gradients else None
    kept: dict[str, list[Array]] = {}
    every, rated = -(-(setting.steps + 1) // MOST_RATES), list[tuple[int, float]]()
    by_formula: list[float] = []
    state = exact
    for step, state in enumerate(rows):
        frame = updates.at(state.x, state.s)
        energy[step] = float(frame.energy().mean())
        if step % every == 0:
            rated.append((step, float(rate_along_the_flow(updates, state, setting.tau).mean())))
            if (rate := energy_rate(updates, state, setting.tau)) is not None:
                by_formula.append(float(rate.mean()))
        deviation[step] = [_off(state[variable], exact[variable]) for variable in table]
        if off is not None:
            found = frame.gradients()
            off[step] = [_off(found[name], wanted[name]) for name in wanted]
        if setting.states:
            for name, value in _named(state, setting.coordinates):
                kept.setdefault(name, []).append(on_host(value))
        if step:
            progress(step, float(deviation[step].max()))
    frame = updates.at(state.x, state.s)
    return Trajectory(
        updates.network.derivation.architecture.name, setting.schedule, setting.solver, setting.h,
        {variable: setting.tau.get(variable, 1.0) for variable in table}, table,
        setting.h * np.arange(setting.steps + 1), energy, deviation, off, _floor(updates, setting, exact),
        _rates(updates, rated, by_formula), exact, state,
        float(frame.cost().mean()), frame.gradients(), {name: np.stack(values) for name, values in kept.items()},
    )  # fmt: skip


def _rates(updates: Updates, rated: list[tuple[int, float]], by_formula: list[float]) -> EnergyRates:
    rows, found = (np.array(column) for column in zip(*rated, strict=True))
    held = held_value(updates.network.derivation)
    predicted = np.array(by_formula) if held is None else None
    return EnergyRates(rows, predicted, found, difference_step(updates), held[0] if held else None)


def _named(state: DoubledState, coordinates: str) -> list[tuple[str, Array]]:
    if coordinates == "xs":
        return [(f"{letter}:{name}", state[letter, name]) for letter in "xs" for name in state.x]
    upper = [(f"a:{name}", state.x[name] + state.s[name] / 2) for name in state.x]
    return upper + [(f"b:{name}", state.x[name] - state.s[name] / 2) for name in state.x]


def _off(found: Array, wanted: Array) -> float:
    return float(abs(found - wanted).max()) if found.size else 0.0


def _floor(updates: Updates, setting: RelaxationSetting, exact: DoubledState) -> float:
    """What counts as exact: nothing but the value itself, unless the coordinates round on their own."""
    if setting.coordinates == "xs":
        return 0.0
    scale = max(float(abs(exact[variable]).max()) for variable in updates.variables)
    return 64 * float(np.finfo(updates.network.module.DTYPE).eps) * max(1.0, scale)


__all__ = [
    "COORDINATES", "MOST_NUMBERS", "Disturbance", "Progress", "RelaxationSetting", "built", "checked", "mixed", "ranks",
    "relax", "run", "time_constants",
]  # fmt: skip
