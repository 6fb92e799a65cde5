"""How far the gradients of one run are from the exact ones, as rigorous bounds.

The module computes gradients in float32 or float64.  Its parameters, inputs and target are exact numbers; the emitted
NumPy functions, executed on balls around them (Arb), enclose what exact arithmetic gives; the precision is raised until
the balls are small beside the difference.  The bound holds for this run, and for nothing else.

What the bound says of the module is another question: a gradient is refuted that is further off than rounding explains,
and undecided where rounding may explain anything (:mod:`dyadic.physics.explained_rounding`).
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
from dyadic.physics.enclosures import Unenclosed, enclosing, entries
from dyadic.physics.explained_rounding import (
    Explained,
    differences,
    exact_gradients,
    largest_entry,
    places,
    said,
    with_wide,
)
from dyadic.physics.given_arrays import few_samples
from dyadic.physics.loading import EmittedNetwork, exact_network
from dyadic.physics.module_process import AnyModule
from dyadic.physics.module_runner import NoDoubles, as_doubles, no_gradients
from dyadic.physics.number_types import mapped, upper
from dyadic.physics.rounded_numbers import FORMATS
from dyadic.physics.starts import taken
from dyadic.physics.sure_decisions import with_sure_decisions
from dyadic.physics.updates import Array, Updates
from dyadic.proofs.claims import Verdict, overall
from dyadic.proofs.evaluate.reals import Undetermined
from dyadic.symbolic.derivation import Derivation, expect_derivation
from dyadic.symbolic.errors import DyadicError

PRECISIONS = (128, 256, 512, 1024)
MOST_ENCLOSED = 2**22
"""Numbers that all samples may take together; each is a ball, several times over."""
_SMALL = 2.0**-10
"""A ball is small beside a difference where its radius is below this part of it."""


@dataclass(frozen=True)
class GradientError:
    """How far one parameter's gradient is from the exact one.

    largest: a bound from below on the largest entry of the exact gradient, in magnitude.  error: a bound from above on
    the difference of any entry, infinite where there is none.  entry: the place of the largest difference.
    computed, exact: the two there.  verdict: refuted where the difference is more than rounding explains.
    reason: why it is undecided, where it is.
    """

    parameter: str
    largest: float
    error: float
    entry: tuple[int, ...]
    computed: float
    exact: str
    verdict: Verdict
    reason: str | None = None

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
        """The largest of the relative bounds, of the gradients that are larger than their bounds."""
        return max((one.relative for one in self.gradients if one.relative < 1), default=0.0)

    @property
    def unrelated(self) -> tuple[GradientError, ...]:
        """Gradients whose bounds are no smaller than they: nothing is shown of their digits."""
        return tuple(one for one in self.gradients if not one.relative < 1)

    def as_dict(self) -> dict[str, Any]:
        """The certificate as JSON; null stands for what is no finite number."""
        return {
            **self.run.as_dict(), "bits": self.bits, "verdict": str(self.verdict), "reason": self.reason,
            "gradients": {
                one.parameter: {
                    "error_at_most": finite(one.error), "largest_at_least": one.largest,
                    "relative": finite(one.relative), "entry": list(one.entry),
                    "computed": finite(one.computed), "exact": one.exact, "verdict": str(one.verdict),
                    "reason": one.reason,
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
    if not hasattr(module, "PARAMETERS"):
        raise DyadicError(f"module is of the type {type(module).__name__}: import one that `dyadic emit` wrote")
    if not _of_the_same_network(exact.module, module):
        raise DyadicError(f"the module is not one of {derivation.architecture.name}: its tensors have other shapes")
    dtype = _name_of(getattr(module, "DTYPE", None))
    given = _rounded(exact, params, x, y, dtype)
    updates = Updates(exact, *given)
    few_samples("certify", updates.batch if exact.batched else 1, entries(updates), MOST_ENCLOSED)
    return exact, given, _computed(module, given, exact), dtype


def _name_of(dtype: Any) -> str:
    try:
        name = np.dtype(dtype).name
    except TypeError:
        name = repr(dtype)[:60]
    if dtype is None or name not in FORMATS:
        raise DyadicError(f"the module's type is {name}; give one of {' or '.join(FORMATS)}")
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
        bits, exact, open_because = _enclosed(updates, found)
        explained = Explained(updates, FORMATS[dtype], exact, bits)
        with enclosing(bits):
            errors = tuple(_judged(key, found[key], explained, open_because) for key in exact)
    except Unenclosed as error:
        return _unbounded(updates, dtype, error)
    if errors and all(_has_no_bound(exact[one.parameter]) for one in errors):
        return _unbounded(updates, dtype, errors[0].reason)
    return RoundingCertificate(run_of(updates, dtype), bits, errors)


def _enclosed(updates: Updates, found: Mapping[str, Array]) -> tuple[int, dict[str, Array], str | None]:
    """The bits of balls that are small enough, those of the exact gradients, and what no ball decides, if anything.

    What balls of all precisions leave open is enclosed, so that only the gradients are wide that it matters to.
    """
    failed: Unenclosed | None
    for bits in PRECISIONS:
        failed = None
        try:
            with enclosing(bits):
                exact = exact_gradients(updates)
                if all(_is_small(exact[key], found[key]) for key in exact):
                    return bits, exact, None
        except Unenclosed as error:
            failed = error
    if failed is None:
        return bits, exact, None
    try:
        with enclosing(bits):
            exact = exact_gradients(with_wide(updates))
            return bits, exact, f"balls of {bits} bits do not decide {failed.__cause__ or failed}"
    except Unenclosed:
        raise failed from None


def _is_small(exact: Array, computed: Array) -> bool:
    """Whether balls are small beside the error, or beside what they hold; where a computed entry is no number, any."""
    if _has_no_bound(exact):
        return False
    if not np.isfinite(computed).all():
        return True
    radius = max((upper(ball.rad()) for ball in exact.ravel()), default=0.0)
    worst = max((upper(one) for one in differences(computed, exact).ravel()), default=0.0)
    return radius <= _SMALL * worst or radius <= largest_entry(exact) * 2.0**-100


def _has_no_bound(exact: Array) -> bool:
    return not all(ball.is_finite() for ball in exact.ravel())


def _judged(name: str, computed: Array, explained: Explained, open_because: str | None) -> GradientError:
    """The error of one gradient, and whether rounding explains it.  open_because: what the balls do not decide."""
    exact = explained.exact[name]
    largest, error, reason = 0.0, float("inf"), None
    if _has_no_bound(exact):
        at = places(~mapped(lambda ball: ball.is_finite(), exact).astype(bool))[0]
        reason = f"no ball of {explained.bits} bits bounds the exact gradient of {name} at {list(at)}"
        verdict = Verdict.UNDECIDED
    elif not np.isfinite(computed).all():
        at = places(~np.isfinite(computed))[0]
        reason = explained.no_number(name, at)
        verdict = Verdict.UNDECIDED if reason else Verdict.REFUTED
    else:
        largest, bounds = largest_entry(exact), mapped(upper, differences(computed, exact)).astype(float)
        far = explained.far(name, computed)
        at = max(far.places or np.ndindex(bounds.shape), key=lambda one: bounds[one])
        error = float(bounds.max(initial=0.0))
        if far.places:
            reason = far.reason
        elif open_because is not None and explained.is_wide(name):
            reason = open_because
        else:
            reason = explained.too_much(name, error)
        verdict = Verdict.UNDECIDED if reason else Verdict.REFUTED if far.places else Verdict.PROVED
    return GradientError(name, largest, error, at, float(computed[at]), said(exact[at]), verdict, reason)


def _unbounded(updates: Updates, dtype: str, reason: Any) -> RoundingCertificate:
    return RoundingCertificate(run_of(updates, dtype), 0, (), str(reason))


def finite(value: float) -> float | None:
    """The number; None for what JSON has no number for."""
    return value if np.isfinite(value) else None


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


__all__ = ["GradientError", "RoundingCertificate", "certify", "finite", "ran"]
