"""The free state of a symmetric network as a verified zero of its energy's slope, and coefficients there, in balls."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx

from dyadic.physics.enclosures import Unenclosed, matrix
from dyadic.physics.number_types import Series, Slopes
from dyadic.physics.rivals.bench import Bench, Units, added
from dyadic.physics.rivals.beta_series import coefficients, expansion
from dyadic.physics.rivals.energies import EnergyNetwork, activation
from dyadic.physics.rivals.resting import Mask, MovingPart, Rests
from dyadic.physics.rivals.verified_zero import verified_zero
from dyadic.physics.updates import Array


class Enclosed:
    """The free state of the symmetric network as a verified zero, and first coefficients there, in balls."""

    def __init__(
        self, bench: Bench, energy: EnergyNetwork, free: Units, rests: Rests | None = None, rest: Mask | None = None
    ) -> None:
        self.whole, self.rests, self.rest = bench.balls(), rests, rest or {}
        self.energy = energy.with_numbers(self.whole.updates)
        self.bench, self.free = self._zero(free, self.rest, self.whole.free)
        numbered = [Slopes(value, {k: arb(1)}) for k, value in enumerate(self.bench.flat(self.free))]
        self.hessian = matrix(self._slope(numbered), self.bench.size)

    def _zero(self, guess: Units, rest: Mask, held: Units, stays: Mask | None = None) -> tuple[Bench, dict[str, Array]]:
        """The verified zero near a guess of what moves, and the bench of that.

        rest: what rests at 0.  stays: what is held as well, at its values in ``held``.
        """
        kept = {name: rest.get(name, np.zeros(value.shape, bool)) for name, value in self.whole.free.items()}
        values = {name: np.where(mask, arb(0), held[name]) for name, mask in kept.items()}
        still = {name: mask | stays[name] for name, mask in kept.items()} if stays else kept
        part = MovingPart(self.whole, still, values)
        start = np.array(part.flat(guess), dtype=float)

        def slope(entries: list[Any]) -> list[Any]:
            return part.flat(self.energy.by_x(_units(part, entries), {}))

        found = _units(part, verified_zero(slope, start) if part.size else [])
        if self.rests is not None:
            self.rests.surely(self.whole, found, kept)
        return part, found

    def _units(self, entries: list[Any]) -> dict[str, Array]:
        return _units(self.bench, entries)

    def _slope(self, entries: list[Any]) -> list[Any]:
        return self.bench.flat(self.energy.by_x(self._units(entries), {}))

    def along(self, direction: list[Any]) -> dict[str, Array]:
        """(d2E/dx dtheta)^T times a direction: the coefficient of e of dE/dtheta at free + e direction."""
        before, ctx.cap = ctx.cap, 2
        try:
            pairs = zip(self.bench.flat(self.free), direction, strict=True)
            u = self._units([Series.of(pair) for pair in pairs])
            return coefficients(self.bench.chosen(self.energy.by_parameters(u, {})), 1)
        finally:
            ctx.cap = before

    def cost_slope(self) -> list[Any]:
        return self.bench.flat(self.bench.slope(self.free))

    def gradient(self) -> dict[str, Array]:
        """dC/dtheta at the minimum."""
        column = arb_mat(self.bench.size, 1, [-arb(value) for value in self.cost_slope()])
        return self.along(list(self.hessian.solve(column).entries()) if self.bench.size else [])

    def coupled(self) -> dict[str, Array]:
        """The limit eta -> 0 of coupled learning: the output moves by -c, the others by what holds them at rest."""
        size, c = self.bench.size, self.cost_slope()
        last = self.bench.vertices[-1]
        output = int(np.asarray(self.free[last]).size)
        if np.any(self.rest.get(last, False)):
            raise Unenclosed("an output unit that is held rests where the energy bends: the limit has two sides")
        hidden, table = size - output, self.hessian.tolist()
        moved = [-arb(value) for value in c[hidden:]]
        right = [-sum((table[i][hidden + k] * moved[k] for k in range(output)), arb(0)) for i in range(hidden)]
        if not hidden:
            return self.along(moved)
        block = arb_mat(hidden, hidden, [table[i][j] for i in range(hidden) for j in range(hidden)])
        return self.along([*block.solve(arb_mat(hidden, 1, right)).entries(), *moved])

    def linear_output(self) -> bool:
        """Whether all of the network is one layer with r(x) = x.

        Then H = 1 and dE/dtheta is affine in x, so that the contrast is -(d2E/dx dtheta)^T c for every eta; and the
        minimum is the forward pass, of whose output dE/dx = x - f, so that this is backpropagation's gradient.
        """
        size = self.bench.size
        (vertex, *more) = self.bench.derivation.architecture.vertices
        unit = arb_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])
        return not more and activation(vertex) in (None, "identity") and bool(self.hessian == unit)

    def error_term(self, order: int) -> dict[str, Array]:
        """The coefficient of beta^order of the estimate: that of beta^(order + 1) of dE/dtheta."""

        def residual(there: Bench, u: Units, beta: Any) -> dict[str, Array]:
            return added((1, self.energy.by_x(u, {})), (beta, there.slope(u)))

        self._left_alone()
        found = expansion(self.bench, residual, self.hessian, order + 1, self.free)
        before, ctx.cap = ctx.cap, order + 2
        try:
            return coefficients(self.bench.chosen(self.energy.by_parameters(found.series(), {})), order + 1)
        finally:
            ctx.cap = before

    def _left_alone(self) -> None:
        """Raises :class:`Unenclosed` where a slope of the cost depends on an output at rest.

        A nudge moves that one on one side of beta = 0 alone, and then there is no power series of the others.
        """
        last = self.bench.vertices[-1]
        for place in np.argwhere(self.rest.get(last, np.zeros(()))):
            u = {**self.free, last: self.free[last].copy()}
            u[last][tuple(place)] = Slopes(arb(0), {0: arb(1)})
            felt = (c.slopes for c in self.bench.flat(self.whole.slope(u)) if isinstance(c, Slopes))
            if any(slope != 0 for slopes in felt for slope in slopes.values()):
                raise Unenclosed(
                    "the cost couples others with an output at rest, which a nudge moves to one side alone"
                )

    def contrast(self, eta: float, guess: Units, rest: Mask) -> dict[str, Array]:
        """(dE/dtheta with the output held at o - eta c - dE/dtheta) / eta.

        guess, rest: the held state, and which units rest in it.
        """
        last = self.bench.vertices[-1]
        held = {**self.free, last: self.free[last] - eta * self.whole.slope(self.free)[last]}
        stays = {name: np.full(value.shape, name == last) for name, value in self.free.items()}
        _, u = self._zero(guess, rest, held, stays)
        ahead, behind = (self.bench.chosen(self.energy.by_parameters(state, {})) for state in (u, self.free))
        return {name: (ahead[name] - behind[name]) / eta for name in ahead}


def _units(bench: Bench, entries: list[Any]) -> dict[str, Array]:
    flat = np.empty(len(entries), dtype=object)
    flat[:] = entries
    return bench.units(flat)


__all__ = ["Enclosed"]
