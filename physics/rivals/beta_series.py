"""The power series in beta of a nudged equilibrium, and what it says of a gradient estimate's order.

For a residual R(u, beta) with R(u0, 0) = 0 and K = dR/du there invertible, the implicit function theorem gives
u(beta) = u0 + sum over k of beta^k w_k.  The coefficient of beta^k in R is K w_k + (terms of w_1, ..., w_{k-1}), so w_k
follows by one linear solve; here in balls, on the emitted code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx

from dyadic.physics.enclosures import Unenclosed, enclosing
from dyadic.physics.gradient_error import NOTHING
from dyadic.physics.number_types import Series, lower
from dyadic.physics.rivals.allowance import OutOfTime
from dyadic.physics.rivals.bench import Bench, Units
from dyadic.physics.updates import Array
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.trusted import recorded

Residual = Callable[[Bench, Units, Any], Mapping[str, Array]]
"""R(u, beta) on a bench whose numbers are series."""
SMOOTH = "F and C are analytic near u0"
SERIES = "power series in beta; the first coefficient in words, which powers stay by the estimate's symmetry"


class BetaSeries:
    """u(beta) = u0 + sum of beta^k w_k, with coefficients in balls."""

    def __init__(self, bench: Bench, coefficients: list[list[arb]]) -> None:
        self.bench, self.coefficients = bench, coefficients

    def term(self, k: int) -> dict[str, Array]:
        """w_k by vertex; u0 for k = 0."""
        found = np.empty(len(self.coefficients), dtype=object)
        for place, series in enumerate(self.coefficients):
            found[place] = series[k]
        return self.bench.units(found)

    def series(self) -> dict[str, Array]:
        """u(beta) by vertex."""
        found = np.empty(len(self.coefficients), dtype=object)
        for place, series in enumerate(self.coefficients):
            found[place] = Series.of(series)
        return self.bench.units(found)


def expansion(bench: Bench, residual: Residual, slope: arb_mat, order: int, centre: Units | None = None) -> BetaSeries:
    """The coefficients up to w_order.  bench: in balls; slope: K in balls; centre: u0 where it is not the free state.

    Within :func:`enclosing`.
    """
    before, ctx.cap = ctx.cap, order + 1
    try:
        start = bench.flat(bench.free if centre is None else centre)
        found = [[value, *[arb(0)] * order] for value in map(arb, start)]
        known = BetaSeries(bench, found)
        for k in range(1, order + 1):
            values = bench.flat(residual(bench, known.series(), Series.of([0, 1])))
            right = arb_mat(len(values), 1, [-coefficient(value, k) for value in values])
            for place, entry in enumerate(slope.solve(right).entries()):
                found[place][k] = entry
        return known
    finally:
        ctx.cap = before


def coefficient(value: Any, k: int) -> arb:
    """The coefficient of beta^k of a series, or of a number, which has that of beta^0 alone."""
    return value.coefficient(k) if isinstance(value, Series) else arb(value if k == 0 else 0)


def coefficients(gradient: Mapping[str, Array], k: int) -> dict[str, Array]:
    """The coefficient of beta^k of a gradient of series."""
    found = {}
    for name, array in gradient.items():
        values = np.asarray(array)
        found[name] = np.empty(values.shape, dtype=object)
        for place in np.ndindex(values.shape):
            found[name][place] = coefficient(values[place], k)
    return found


def all_zero(gradient: Mapping[str, Array]) -> bool:
    """Whether every entry is 0, a ball without a radius."""
    return all(entry == 0 for array in gradient.values() for entry in np.ravel(array))


def vanishing(bench: Bench) -> bool:
    """Whether all of backpropagation's gradient that is compared is exactly 0, in balls; within :func:`enclosing`."""
    return all_zero(bench.balls().gradient)


def nonzero(gradient: Mapping[str, Array]) -> tuple[str, tuple[int, ...], Any] | None:
    """(parameter, entry, ball) of an entry that is certainly not 0, that of the largest magnitude; or None."""
    best, size = None, 0.0
    for name, array in gradient.items():
        for place in np.ndindex(array.shape):
            magnitude = lower(array[place])
            if magnitude > size:
                best, size = (name, place, array[place]), magnitude
    return best


def order_claim(name: str, order: int, holds: bool, what: str = "", hypotheses: tuple[str, ...] = (SMOOTH,)) -> Claim:
    """That an estimate is backpropagation's gradient up to O(beta^order)."""
    power = "beta" if order == 1 else f"beta^{order}"
    statement = what or f"the estimate is backpropagation's gradient + O({power})"
    reason = None if holds else "the first coefficient is another word"
    verdict = Verdict.PROVED if holds else Verdict.UNDECIDED
    return Claim(f"{name}:order", statement, verdict, SERIES, hypotheses, reason=reason)


def exactness_claim(
    name: str, order: int, found: Callable[[], Mapping[str, Array]], setting: str = "",
    of: str = "backpropagation's gradient", smooth: str = SMOOTH, straight: Callable[[], bool] = lambda: False,
    nothing: Callable[[], bool] = lambda: False,
) -> Claim:  # fmt: skip
    """Whether the estimate is exact for every small beta, by the coefficient of beta^order of its error, in balls.

    found: computes that coefficient; within :func:`enclosing`.  straight: whether the residual is affine in u and beta,
    so that u(beta) - u0 is beta w_1 and all further coefficients are 0.  nothing: whether every gradient that is
    compared is 0, as in :func:`vanishing`; within :func:`enclosing`.  An estimate that is not 0 then is refuted all the
    same; one that may be 0 shows nothing.
    """

    @recorded
    def claim() -> Claim:
        where = f" ({setting})" if setting else ""
        what = f"the estimate is {of} for every small beta{where}"
        if straight():
            method = "every f_v is affine in its parents and grad C constant, so u(beta) = u0 + beta w_1"
            return Claim(f"{name}:exact", what, Verdict.PROVED, method, (smooth,))
        method = f"the coefficient of beta^{order} of the error, enclosed in balls"
        try:
            with enclosing():
                place, empty = nonzero(found()), nothing()
        except (Unenclosed, OutOfTime) as error:
            return Claim(f"{name}:exact", what, Verdict.UNDECIDED, method, (smooth,), reason=str(error))
        if place is None:
            reason = NOTHING if empty else f"the coefficient of beta^{order} may be 0 here"
            return Claim(f"{name}:exact", what, Verdict.UNDECIDED, method, (smooth,), reason=reason)
        parameter, entry, value = place
        numbers = {"parameter": parameter, "entry": list(entry), f"coefficient_of_beta^{order}": str(value)}
        return Claim(f"{name}:exact", what, Verdict.REFUTED, method, (smooth,), (), numbers)

    return claim()


def limit_claim(
    name: str, what: str, found: Callable[[], tuple[Mapping[str, Array], Mapping[str, Array]]], method: str,
    of: str = "backpropagation", same: Callable[[], bool] = lambda: False, smooth: str = SMOOTH,
) -> Claim:  # fmt: skip
    """Whether two gradients of balls are equal; found: (the method's, the one that is wanted: ``of``).

    same: whether they are known to be one and the same formula.  Both are called within :func:`enclosing`.  Where all
    that is compared is exactly 0, nothing is shown.
    """

    @recorded
    def claim() -> Claim:
        try:
            with enclosing():
                mine, wanted = found()
                empty = all_zero(wanted)
                if same() and not empty:
                    return Claim(name, what, Verdict.PROVED, f"{method}; here both are one formula", (smooth,))
                off = {key: mine[key] - wanted[key] for key in wanted}
                if all_zero(off) and not empty:
                    return Claim(name, what, Verdict.PROVED, method, (smooth,))
                place = nonzero(off)
        except (Unenclosed, OutOfTime) as error:
            return Claim(name, what, Verdict.UNDECIDED, method, (smooth,), reason=str(error))
        if place is None:
            reason = NOTHING if empty else "no entry is certainly different here"
            return Claim(name, what, Verdict.UNDECIDED, method, (smooth,), reason=reason)
        parameter, entry, _ = place
        numbers = {
            "parameter": parameter, "entry": list(entry), of: str(wanted[parameter][entry]),
            "method": str(mine[parameter][entry]),
        }  # fmt: skip
        return Claim(name, what, Verdict.REFUTED, method, (smooth,), (), numbers)

    return claim()


__all__ = [
    "SERIES", "SMOOTH", "BetaSeries", "all_zero", "coefficient", "coefficients", "exactness_claim", "expansion",
    "limit_claim", "nonzero", "order_claim", "vanishing",
]  # fmt: skip
