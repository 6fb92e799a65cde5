"""How far the gradients of one run are from the exact ones, as rigorous bounds.

The module computes gradients in float32 or float64.  Its parameters, inputs and target are exact numbers; the emitted
NumPy functions, executed on balls around them (Arb), enclose what exact arithmetic gives; the precision is raised until
the balls are small beside the difference.  The bound holds for this run, and for nothing else.

A gradient that is further from the exact one than rounding explains is refuted: further than :data:`SLACK` times what
balls of the module's own precision allow, whose radii grow by half a unit in the last place at every operation, and
further than the model of rounding allows (:mod:`dyadic.physics.rounding_model`), which knows of numbers that are too
small.  Where the model says nothing, as some number may be too large, the run is undecided.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from flint import arb

from dyadic.physics.certified_run import CertifiedRun, run_of
from dyadic.physics.enclosures import Unenclosed, enclosing
from dyadic.physics.loading import EmittedNetwork, exact_network
from dyadic.physics.module_process import AnyModule
from dyadic.physics.module_runner import NoDoubles, as_doubles, no_gradients
from dyadic.physics.number_types import balls, lower, mapped, ratio, upper
from dyadic.physics.rounded_numbers import FORMATS
from dyadic.physics.rounding_model import modelled_gradients
from dyadic.physics.starts import taken
from dyadic.physics.sure_decisions import with_sure_decisions
from dyadic.physics.updates import Array, Updates
from dyadic.proofs.claims import Verdict, overall
from dyadic.proofs.evaluate.reals import Undetermined
from dyadic.symbolic.derivation import Derivation, expect_derivation
from dyadic.symbolic.errors import DyadicError

PRECISIONS = (128, 256, 512, 1024)
SLACK = 16
"""Sums may be taken in another order, and functions be off by a few units in the last place."""
_SMALL = 2.0**-10
"""A ball is small beside a difference where its radius is below this part of it."""
_SMALLEST = 2.0**-149
"""The smallest number of float32, below which everything is 0."""
MOST_MODELLED = 50_000
"""Entries of the doubled state of a sample, up to which what looks wrong is held against the model of rounding."""
_BITS = {"float32": 24, "float64": 53}


@dataclass(frozen=True)
class GradientError:
    """How far one parameter's gradient is from the exact one.

    largest: a bound from below on the largest entry of the exact gradient, in magnitude.  error: a bound from above on
    the difference of any entry.  entry: the place of the largest difference.  computed, exact: the two there.
    verdict: refuted where the difference is more than rounding explains.
    """

    parameter: str
    largest: float
    error: float
    entry: tuple[int, ...]
    computed: float
    exact: str
    verdict: Verdict

    @property
    def relative(self) -> float:
        """The bound relative to the largest entry; infinite where all of the gradient may be 0 and the error is not."""
        if self.error == 0:
            return 0.0
        return upper(arb(self.error) / arb(self.largest)) if self.largest else float("inf")


@dataclass(frozen=True)
class RoundingCertificate:
    """Bounds on the rounding errors of one run of an emitted module.

    bits: of the balls.  reason: why there are no bounds, if there are none.
    """

    run: CertifiedRun
    bits: int
    gradients: tuple[GradientError, ...]
    reason: str | None = None

    @property
    def verdict(self) -> Verdict:
        """Proved: every gradient has a bound that rounding explains; refuted: one is further off; or undecided."""
        return Verdict.UNDECIDED if self.reason is not None else overall(self.gradients)

    @property
    def relative(self) -> float:
        """The largest of the relative bounds, of the gradients that have one."""
        return max((one.relative for one in self.gradients if np.isfinite(one.relative)), default=0.0)

    @property
    def unrelated(self) -> tuple[GradientError, ...]:
        """Gradients that may be 0 as a whole, with an error that is not: no bound is relative to them."""
        return tuple(one for one in self.gradients if not np.isfinite(one.relative))

    def as_dict(self) -> dict[str, Any]:
        """The certificate as JSON; null stands for what is no finite number."""
        return {
            **self.run.as_dict(), "bits": self.bits, "verdict": str(self.verdict), "reason": self.reason,
            "gradients": {
                one.parameter: {
                    "error_at_most": finite(one.error), "largest_at_least": one.largest,
                    "relative": finite(one.relative), "entry": list(one.entry),
                    "computed": finite(one.computed), "exact": one.exact, "verdict": str(one.verdict),
                }
                for one in self.gradients
            },
        }  # fmt: skip


def certify(
    derivation: Derivation, module: AnyModule, params: Mapping[str, Array], x: Any, y: Any
) -> RoundingCertificate:
    """Run ``module`` once and enclose how far its gradients are from those of the derivation's equations.

    module: a module that was emitted for the derivation, of any target that runs here and of either type.
    params, x, y: what its ``gradients`` takes; rounded to its type first, and exact from then on.
    Raises :class:`DyadicError` for a module of another network or one that gives no gradients, and for arrays that are
    not the finite ones of the right shapes.
    """
    exact, given, found, dtype = ran(derivation, module, params, x, y)
    try:
        return _certificate(with_sure_decisions(exact), given, found, dtype)
    except Undetermined as error:
        return _unbounded(Updates(exact, *given), dtype, error)


def ran(
    derivation: Derivation, module: AnyModule, params: Mapping[str, Array], x: Any, y: Any
) -> tuple[EmittedNetwork, tuple[Any, Any, Any], dict[str, Array], str]:
    """(the network with its exact numbers, for balls, what the module is given, its gradients, its type).

    Raises :class:`DyadicError` as :func:`certify` does.
    """
    expect_derivation(derivation)
    exact = exact_network(derivation)
    if not _of_the_same_network(exact.module, module):
        raise DyadicError(f"the module is not one of {derivation.architecture.name}: its tensors have other shapes")
    dtype = _name_of(getattr(module, "DTYPE", None))
    given = _rounded(exact, params, x, y, dtype)
    return exact, given, _computed(module, given, exact), dtype


def _name_of(dtype: Any) -> str:
    try:
        name = np.dtype(dtype).name
    except TypeError:
        name = repr(dtype)[:60]
    if dtype is None or name not in _BITS:
        raise DyadicError(f"the module's type is {name}; give one of {' or '.join(_BITS)}")
    return name


def _computed(module: AnyModule, given: Any, exact: EmittedNetwork) -> dict[str, Array]:
    """The gradients of the module, which is somebody else's program and may do anything."""
    try:
        with np.errstate(all="ignore"):
            gradients = module.gradients(*deepcopy(given))[1]  # it may write into what it is given
            found = {name: as_doubles(name, gradients[name]) for name in exact.module.PARAMETERS}
    except NoDoubles as error:
        raise DyadicError(str(error)) from error
    except (DyadicError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise DyadicError(no_gradients(error)) from error
    for name, shape in exact.module.PARAMETERS.items():
        if found[name].shape != shape:
            raise DyadicError(f"the module's gradient of {name} has shape {found[name].shape}, not {shape}")
    return found


def _certificate(network: EmittedNetwork, given: Any, found: Mapping[str, Array], dtype: str) -> RoundingCertificate:
    updates = Updates(network, *given)
    try:
        with enclosing(_BITS[dtype]):
            allowed = {key: mapped(_allowed, value).astype(float) for key, value in exact_gradients(updates).items()}
        bits, errors = _errors(updates, found, allowed)
        if any(one.verdict is Verdict.REFUTED for one in errors):  # unless numbers too small or too large explain it
            model = modelled_gradients(updates, FORMATS[dtype], 0.0, MOST_MODELLED)
            most = {key: mapped(lambda one: upper(one.error), value).astype(float) for key, value in model.items()}
            bits, errors = _errors(updates, found, {key: np.maximum(most[key], allowed[key]) for key in allowed})
        return RoundingCertificate(run_of(updates, dtype), bits, errors)
    except Unenclosed as error:
        return _unbounded(updates, dtype, error)


def _allowed(ball: Any) -> float:
    """What rounding explains where nothing is too small, from a ball of the module's own precision."""
    return SLACK * (upper(ball.rad()) + _SMALLEST)


def _errors(updates: Updates, found: Any, allowed: Any) -> tuple[int, tuple[GradientError, ...]]:
    """The bits of balls that are small enough, and the error of every gradient."""
    for bits in PRECISIONS:
        with enclosing(bits):
            exact = exact_gradients(updates)
            if missing := [(key, at) for key, value in exact.items() if (at := _place_of(value, _is_no_number))]:
                continue
            errors = [_error(key, found[key], value, allowed[key]) for key, value in exact.items()]
        if all(small for _, small in errors):
            break
    if missing:
        name, (place,) = missing[0]
        raise Unenclosed(f"no ball of {bits} bits bounds the exact gradient of {name} at {list(place)}")
    return bits, tuple(error for error, _ in errors)


def _place_of(array: Array, holds: Any) -> list[tuple[int, ...]]:
    """The first place where something holds, or nothing."""
    return [at for at in np.ndindex(array.shape) if holds(array[at])][:1]


def _is_no_number(ball: Any) -> bool:
    return not ball.is_finite()


def _unbounded(updates: Updates, dtype: str, reason: Exception) -> RoundingCertificate:
    return RoundingCertificate(run_of(updates, dtype), 0, (), str(reason))


def exact_gradients(updates: Updates) -> dict[str, Array]:
    """The gradients, as balls that hold the exact ones."""
    inside = updates.converted(balls, ratio)
    state = inside.exact()
    return {name: mapped(arb, value) for name, value in inside.at(state.x, state.s).gradients().items()}


def _error(name: str, computed: Array, exact: Array, allowed: Array) -> tuple[GradientError, bool]:
    """The error of one gradient, and whether its balls are small beside it."""
    if not np.isfinite(computed).all():
        place = tuple(int(k) for k in np.argwhere(~np.isfinite(computed))[0])
        return GradientError(name, 0.0, float("inf"), place, float(computed[place]), said(exact[place]),
                             Verdict.REFUTED), True  # fmt: skip
    differences = mapped(abs, exact - balls(computed))
    bounds = mapped(upper, differences).astype(float)
    place = tuple(int(k) for k in np.unravel_index(int(np.argmax(bounds)), bounds.shape))
    worst = float(bounds[place])
    far = [at for at in np.ndindex(bounds.shape) if lower(differences[at]) > allowed[at]]
    at = max(far, key=lambda one: bounds[one]) if far else place
    largest = max(map(lower, exact.ravel()), default=0.0)
    radius = max((upper(ball.rad()) for ball in exact.ravel()), default=0.0)
    error = GradientError(name, largest, worst, at, float(computed[at]), said(exact[at]),
                          Verdict.REFUTED if far else Verdict.PROVED)  # fmt: skip
    return error, radius <= _SMALL * worst or radius <= largest * 2.0**-100


def finite(value: float) -> float | None:
    """The number; None for what JSON has no number for."""
    return value if np.isfinite(value) else None


def said(ball: Any) -> str:
    """The middle of a ball in 20 digits; the ball itself where it holds no digit for certain."""
    middle = str(ball.str(20, radius=False))
    return str(ball.str(3)) if middle.startswith("0e") else middle


def _rounded(network: EmittedNetwork, params: Any, x: Any, y: Any, dtype: str) -> tuple[Any, Any, Any]:
    """Parameters, inputs and target of the shapes that are wanted, rounded to a type; integers stay."""
    try:
        p, inputs, target, _ = network.module._checked(*taken(network, params, x, y, dtype))
    except ValueError as error:  # integers out of their range
        raise DyadicError(str(error)) from error
    return p, inputs, target


def _of_the_same_network(one: ModuleType, two: AnyModule) -> bool:
    """two: somebody else's, of which anything may have these names."""
    try:
        return all(bool(getattr(one, name) == getattr(two, name, None)) for name in ("PARAMETERS", "INPUTS", "TARGETS"))
    except Exception:  # such as arrays in place of shapes
        return False


__all__ = ["GradientError", "RoundingCertificate", "certify", "exact_gradients", "finite", "ran", "said"]
