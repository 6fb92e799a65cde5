"""How far the gradients of any run may be from the exact ones, as bounds that hold over a box of inputs.

Parameters and target are given; every entry of the inputs may lie within a radius of the one that is given.  The
emitted NumPy functions are executed once, on numbers that carry a bound on their error
(:mod:`dyadic.physics.rounded_numbers`).

The bound is of rounded arithmetic that computes what these functions compute, with sums in any order, and with
functions that are off by a few units in the last place.  The run at the given inputs is held against it: an entry that
is further off is refuted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb

from dyadic.physics.certified_run import CertifiedRun, run_of
from dyadic.physics.enclosures import Unenclosed, enclosing
from dyadic.physics.explained_rounding import exact_gradients, said
from dyadic.physics.module_process import AnyModule
from dyadic.physics.number_types import lower, mapped, upper
from dyadic.physics.rounded_numbers import FORMATS
from dyadic.physics.rounding import finite, ran
from dyadic.physics.rounding_model import modelled_gradients
from dyadic.physics.sure_decisions import with_sure_decisions
from dyadic.physics.updates import Array, Updates
from dyadic.proofs.claims import Verdict, overall
from dyadic.proofs.evaluate.reals import Undetermined
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.errors import DyadicError

MOST_ENTRIES = 10_000
"""Of the doubled state; every product takes some microseconds."""
_MORE_BITS = 512


@dataclass(frozen=True)
class PriorBound:
    """A bound on the error of one parameter's gradient, for all inputs in the box.

    largest: a bound from above on every entry of the exact gradient, in magnitude.  error: one on the difference of any
    entry.  entry: where the bound is largest, or the entry of the run that is further off than its own bound.
    computed, exact: that entry of the run, and what it should be.
    """

    parameter: str
    largest: float
    error: float
    entry: tuple[int, ...]
    computed: float
    exact: str
    verdict: Verdict


@dataclass(frozen=True)
class PriorCertificate:
    """Bounds on the rounding errors of every run of a module over a box of inputs.

    run: that at the given inputs.  radius: of the box around them.  reason: why there are no bounds, if there are none.
    """

    run: CertifiedRun
    radius: float
    gradients: tuple[PriorBound, ...]
    reason: str | None = None

    @property
    def verdict(self) -> Verdict:
        """Proved: there is a bound for every gradient, and the run keeps it; refuted: it does not; or undecided."""
        return Verdict.UNDECIDED if self.reason is not None else overall(self.gradients)

    def as_dict(self) -> dict[str, Any]:
        """The certificate as JSON; null stands for what is no finite number."""
        return {
            **self.run.as_dict(), "radius": self.radius, "verdict": str(self.verdict), "reason": self.reason,
            "gradients": {
                one.parameter: {
                    "error_at_most": finite(one.error), "largest_at_most": finite(one.largest),
                    "entry": list(one.entry), "computed": finite(one.computed), "exact": one.exact,
                    "verdict": str(one.verdict),
                }
                for one in self.gradients
            },
        }  # fmt: skip


def prior_bounds(
    derivation: Derivation,
    module: AnyModule,
    params: Mapping[str, Array],
    x: Any,
    y: Any,
    radius: float,
) -> PriorCertificate:
    """Bounds that hold for every input within ``radius`` of x, entry by entry, and the module's run at x beside them.

    module, params, x, y: as for :func:`dyadic.certify`.
    Raises :class:`DyadicError` as that does, and for a radius that is no number from 0 on.
    """
    if not np.isfinite(radius) or radius < 0:
        raise DyadicError(f"the radius is {radius}; give a number from 0 on")
    exact, given, found, dtype = ran(derivation, module, params, x, y)
    run = run_of(Updates(exact, *given), dtype)
    try:
        updates = Updates(with_sure_decisions(exact), *given)
        allowed = modelled_gradients(updates, FORMATS[dtype], radius, MOST_ENTRIES)
        with enclosing(_MORE_BITS):
            at_centre = exact_gradients(updates)
            return PriorCertificate(
                run, radius, tuple(_bound(key, found[key], at_centre[key], allowed[key]) for key in found)
            )
    except (Unenclosed, Undetermined) as error:
        return PriorCertificate(run, radius, (), str(error))


def _bound(name: str, computed: Array, exact: Array, allowed: Array) -> PriorBound:
    errors = mapped(lambda one: upper(one.error), allowed).astype(float)
    largest = max((upper(one.exact) for one in allowed.ravel()), default=0.0)
    if not errors.size:
        return PriorBound(name, 0.0, 0.0, (), 0.0, "0", Verdict.PROVED)
    at = tuple(int(k) for k in np.unravel_index(int(np.argmax(errors)), errors.shape))
    verdict = Verdict.PROVED
    for place in np.ndindex(errors.shape):
        if not np.isfinite(computed[place]) or lower(exact[place] - arb(float(computed[place]))) > errors[place]:
            at, verdict = place, Verdict.REFUTED
            break
    return PriorBound(name, largest, float(errors.max()), at, float(computed[at]), said(exact[at]), verdict)


__all__ = ["PriorBound", "PriorCertificate", "prior_bounds"]
