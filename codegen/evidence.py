"""What can be shown of emitted kernels without a GPU, kernel by kernel; ``dyadic emit --verify`` prints it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Expr

from dyadic.codegen.assembly import emit_module
from dyadic.codegen.cubin import CompileError, compile_cubin, find_nvrtc
from dyadic.codegen.cupy_target import CupyTarget
from dyadic.codegen.emulator import EmulationError, find_compiler
from dyadic.codegen.emulator.double_text import in_double
from dyadic.codegen.emulator.module_comparison import Nudged, differences, finite_draw, worst
from dyadic.codegen.emulator.stand_in import loaded
from dyadic.codegen.loops.build import plain
from dyadic.codegen.loops.kernel import Accumulate, Statement
from dyadic.codegen.loops.nest import Nest, on_tensor_cores
from dyadic.codegen.loops.nest_machine import Fault, check
from dyadic.codegen.loops.place import count
from dyadic.codegen.loops.tensor_cores import FORMATS, Format
from dyadic.codegen.loops.wellformed import KernelError, distinct_names, verify
from dyadic.codegen.numpy_target import NumpyTarget
from dyadic.codegen.program import BATCH
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.structure import Architecture

ARCHS = ("sm_80", "sm_90", "sm_100", "sm_120")
LAST = "not executed on a GPU, speed not measured"
_ORDERS = (0, 1, 5)
_MOST = {"schedule": 200_000, "module": 3_000_000}
"""Points of the kernels' loops up to which a schedule and a whole module are run here."""
TOLERANCE = {"float64": 1e-12, "float32": 1e-4}
_ENLARGED = 64
"""More than the tolerance is no verdict up to so many times what changed last digits of the inputs do: sums in another
order make some more of such changes."""
_APART = 0.5
"""Nor is it one where single and double precision differ by so much: a sign of what is 0 but for rounding."""
ROUNDINGS = 20
"""For float32 with factors rounded for tensor cores, against NumPy without: so many rounding errors.  A network may
enlarge them, so that more is no verdict; that is left to double precision, where products are exact."""


@dataclass(frozen=True)
class Trial:
    """One thing that was tried.  outcome: "shown", "wrong" or "not shown" (with the reason in ``detail``)."""

    subject: str
    method: str
    outcome: str
    detail: str = ""


@dataclass(frozen=True)
class _Batches:
    """For which batch sizes kernels are specified, and at which they are run.

    own: the sizes in words, where the model has a batch axis of its own (or none): then there is nothing to choose.
    The module's batch sizes lie on either side of the one below which contractions take their kernels for few samples.
    """

    own: str | None = None

    @property
    def of_schedules(self) -> tuple[int, ...]:
        return (1,) if self.own else (1, 3)

    @property
    def of_modules(self) -> tuple[int, ...]:
        return (1,) if self.own else (3, 17)

    @property
    def specified(self) -> str:
        return self.own or "every batch size"

    def run(self, batches: tuple[int, ...]) -> str:
        return self.own or f"at batch sizes {' and '.join(map(str, batches))}"


def _batches(architecture: Architecture) -> _Batches:
    if not architecture.explicit_batch:
        return _Batches()
    sizes = ", ".join(f"{name} = {size}" for name, size in architecture.given_sizes)
    return _Batches(f"at the sizes given ({sizes}) alone" if sizes else "at the model's own sizes alone")


def evidence(derivation: Derivation, dtype: str, tensor_cores: str | None = None) -> Iterator[Trial]:
    """All that is shown of a network's CuPy module, and all that is not."""
    target = CupyTarget(derivation, dtype, tensor_cores)
    text, batches = emit_module(target), _batches(derivation.architecture)
    for name, one in target.nests.items():
        yield _specified(name, one, batches)
        yield _scheduled(name, one, target.itemsize, batches)
    yield from _compiled(text, list(target.nests))
    points = sum(_points(one, max(batches.of_modules)) for one in target.nests.values())
    if tensor_cores and any(on_tensor_cores(one) for one in target.nests.values()):
        yield _emulated(in_double(text), derivation, "float64", points, "in double precision without rounding, ")
        yield _emulated(text, derivation, dtype, points, _rounding(tensor_cores), FORMATS[tensor_cores])
    else:
        yield _emulated(text, derivation, dtype, points)


def _specified(name: str, one: Nest, batches: _Batches) -> Trial:
    """Each output stored once and each read in bounds, for all batch sizes that there are."""
    try:
        verify(one.kernel)
        distinct_names(one)
    except KernelError as error:
        return Trial(name, "specification", "wrong", str(error))
    return Trial(name, "specification", "shown", batches.specified)


def _scheduled(name: str, one: Nest, itemsize: int, batches: _Batches) -> Trial:
    """The nest run with every access checked: written once, in bounds, no race, values as in the plainest schedule."""
    points = _points(one, max(batches.of_schedules))
    if points > _MOST["schedule"]:
        return Trial(name, "schedule", "not shown", f"{points} points are too many to run here")
    for batch in batches.of_schedules:
        try:
            check(one, plain(one.kernel, itemsize), batch)
        except Fault as error:
            where = "" if batches.own else f"batch {batch}: "
            return Trial(name, "schedule", "wrong", f"{where}{error}")
    return Trial(name, "schedule", "shown", f"run {batches.run(batches.of_schedules)}")


def _compiled(text: str, names: list[str]) -> Iterator[Trial]:
    """Machine code for every architecture, and what it needs."""
    found = re.search(r'KERNELS = r"""(.*?)"""', text, re.S)
    source = found[1] if found else ""
    for arch in ARCHS:
        if find_nvrtc() is None:
            yield Trial("module", arch, "not shown", "NVRTC is not installed: pip install 'dyadic-backprop[verify]'")
            continue
        try:
            kernels = compile_cubin(source, arch).kernels
        except CompileError as error:
            yield Trial("module", arch, "wrong", str(error))
            continue
        for name in names:
            used = kernels[name]
            detail = f"{used.registers} registers, {used.shared} bytes shared, {used.spills} bytes spilled"
            yield Trial(name, arch, "wrong" if used.spills else "shown", detail)


def _emulated(
    text: str, derivation: Derivation, dtype: str, points: int, how: str = "", rounding: Format | None = None
) -> Trial:
    """The whole module on the CPU against the NumPy module, in several orders of the threads.

    how: the beginning of what is said.  rounding: the format that the module rounds factors to, and NumPy does not.
    """
    if find_compiler() is None:
        return Trial("module", "emulation", "not shown", "no C++ compiler (g++ or clang++) was found")
    if points > _MOST["module"]:
        return Trial("module", "emulation", "not shown", f"{points} points are too many to run here")
    reference, batches = loaded(emit_module(NumpyTarget(derivation, dtype))), _batches(derivation.architecture)
    try:
        draws = [finite_draw(derivation, reference, batch, 0, np.dtype(dtype)) for batch in batches.of_modules]
    except ValueError as error:
        return Trial("module", "emulation", "not shown", f"{how}{error}")
    try:
        modules = [loaded(text, order) for order in _ORDERS]
        where, difference = worst(*(differences(module, reference, given) for module in modules for given in draws))
    except (EmulationError, ValueError) as error:
        return Trial("module", "emulation", "wrong", f"{how}{error}")
    run = batches.run(batches.of_modules)
    detail = f"{how}{difference:.1e} from NumPy ({where}) {run}, in {len(_ORDERS)} orders of the threads"
    if rounding:
        sound = np.isfinite(difference) or rounding.narrow  # what is too large for a narrow format is infinite
        near = difference < ROUNDINGS * rounding.unit
        outcome = "shown" if near else "not shown" if sound else "wrong"
        return Trial("module", "emulation", outcome, detail)
    if difference < TOLERANCE[dtype]:
        return Trial("module", "emulation", "shown", detail)
    other = loaded(emit_module(NumpyTarget(derivation, "float32" if dtype == "float64" else "float64")))
    lost = _lost_digits(difference, reference, other, draws)
    return Trial("module", "emulation", "not shown" if lost else "wrong", f"{detail}; {lost}" if lost else detail)


def _lost_digits(difference: float, reference: Any, other: Any, draws: Sequence[Any]) -> str:
    """Why a difference is no verdict: the network makes as much of last digits; empty if it does not.

    other: the reference in the other precision.
    """
    _, enlarged = worst(*(differences(Nudged(reference, k), reference, given) for given in draws for k in range(3)))
    if difference <= _ENLARGED * enlarged:
        return f"the network makes {enlarged:.1e} of the last digits of its inputs"
    _, apart = worst(*(differences(other, reference, given) for given in draws))
    if not apart < _APART:
        return f"NumPy in float32 and in float64 differ by {apart:.1e}: digits that are lost decide"
    return ""


def _rounding(form: str) -> str:
    return f"with factors rounded to {form} (by up to 2^-{FORMATS[form].fraction + 1} each), "


def _points(one: Nest, batch: int) -> int:
    """Points of a kernel's loops, the reductions' included."""

    def number(extent: Expr) -> int:
        return int(extent.xreplace({BATCH: batch}))

    def longest(statements: Sequence[Statement]) -> int:
        sums = [item for item in statements if isinstance(item, Accumulate)]
        return max((number(count(item.axes)) * longest(item.inner) for item in sums), default=1)

    return number(count(one.kernel.axes)) * longest(one.kernel.statements)


def report(findings: list[Trial]) -> Iterator[str]:
    """As text, a kernel after another; what is not shown, and in the end what never is."""
    subjects = dict.fromkeys(finding.subject for finding in findings)
    for subject in subjects:
        yield subject
        for finding in (one for one in findings if one.subject == subject):
            yield f"  {finding.outcome.upper():<9}  {finding.method:<13}  {finding.detail}".rstrip()
    wrong = sum(finding.outcome == "wrong" for finding in findings)
    missing = sum(finding.outcome == "not shown" for finding in findings)
    yield f"{len(findings) - wrong - missing} shown, {wrong} wrong, {missing} not shown; {LAST}"
