"""Dual propagation: two states z+ and z- of every layer, whose difference carries the credit.

    a = the pre-activation at the parent's mean,  D = z+ - z- of the child,  g = its adjoint of D
    z+ = sigma(a + p g),   z- = sigma(a - q g),   mean = alpha z+ + (1 - alpha) z-,   p + q = 1
    output: f -+ p, q times beta c,   gradient: -D over beta through the layer, a hidden layer's past its activation

The original has p = alpha and c at the output's own prediction; transposed: p = 1 - alpha, c at the free prediction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from flint import Ordering, ctx, fmpq, fmpq_mpoly_ctx
from sympy import Expr

from dyadic.physics.enclosures import Unenclosed
from dyadic.physics.number_types import Series
from dyadic.physics.rivals.bench import Bench, Units, added
from dyadic.physics.rivals.beta_series import coefficient, coefficients, exactness_claim, order_claim, vanishing
from dyadic.physics.rivals.energies import EnergyNetwork, own
from dyadic.physics.rivals.finite_time import chain
from dyadic.physics.rivals.method import (
    NUDGES,
    Effort,
    MethodTrial,
    RivalMethod,
    Watch,
    effort,
    in_time,
    measurement,
    stays,
)
from dyadic.physics.updates import Array
from dyadic.physics.words import Rules, word
from dyadic.proofs.checker.trust import FRACTIONS, POLYNOMIALS, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.trusted import recorded
from dyadic.symbolic.layers import LayerEquation

BETAS, ALPHAS = (0.1, 0.01, 0.001), (0.5, 0.0)
_MOST_STEPS, _SETTLED = 500, 1e-15


def preactivated(equation: LayerEquation, activation: str | None) -> Expr:
    """<s_v, a_v>: its variation gives the adjoints of the pre-activation alone."""
    before = equation.definitions[-2] if len(equation.definitions) > 1 else equation.output
    return own(equation, "s")[before.indices] * before.element


@dataclass(frozen=True)
class DualForm:
    """One of the two published forms.  transposed: p = 1 - alpha and the cost's slope at the free prediction."""

    transposed: bool
    alpha: float

    @property
    def shares(self) -> tuple[float, float]:
        """(p, q)."""
        return (1 - self.alpha, self.alpha) if self.transposed else (self.alpha, 1 - self.alpha)


def no_layers(bench: Bench) -> str | None:
    """Why the network is no chain of affine layers with elementwise activations, or None."""
    reason = chain(bench)
    if reason:
        return reason
    for vertex in bench.derivation.architecture.vertices:
        definitions = bench.derivation.layers[vertex.name].equation.definitions
        if vertex.kind.short not in ("dense", "linear") or len(definitions) > 2:
            return f"it is stated for affine layers with elementwise activations, and {vertex.name!r} is none"
    return None


class Dual:
    """Sweeps of the equations, on any kind of numbers."""

    def __init__(self, bench: Bench, energy: EnergyNetwork, form: DualForm, beta: Any) -> None:
        self.bench, self.energy, self.form, self.beta = bench, energy, form, beta
        self.plus: Units = dict(bench.free)
        self.minus: Units = dict(bench.free)
        self.names = bench.vertices
        self._slope = bench.slope(bench.free)[self.names[-1]]

    def sweep(self) -> None:
        """Every layer once, from the output to the first."""
        p, q = self.form.shares
        for name in reversed(self.names):
            mean = self.mean()
            frame = self.bench.updates.at(mean, {})
            if name == self.names[-1]:
                centre = frame.f(name)
                slope = self._slope
                if not self.form.transposed:
                    slope = self.bench.updates.at({**mean, name: centre}, {}).cost_slope(name)
                plus, minus = centre - self.beta * p * slope, centre + self.beta * q * slope
            else:
                fed = self._fed_back(name, mean)
                plus, minus = self._activated(name, mean, p * fed), self._activated(name, mean, -q * fed)
            self.plus, self.minus = {**self.plus, name: plus}, {**self.minus, name: minus}

    def mean(self) -> dict[str, Array]:
        return added((self.form.alpha, self.plus), (1 - self.form.alpha, self.minus))

    def _fed_back(self, name: str, mean: Units) -> Array:
        """The child's adjoint of its difference: through its activation for the output, which is nudged after it."""
        child = self.names[self.names.index(name) + 1]
        difference = {child: self.plus[child] - self.minus[child]}
        if child == self.names[-1]:
            return self.bench.updates.at(mean, {**self._zeros(), **difference}).pulled(name)
        return self.energy.by_x(mean, {**self._zeros(), **difference})[name]

    def _zeros(self) -> dict[str, Array]:
        return {name: 0 * value for name, value in self.bench.free.items()}

    def _activated(self, name: str, mean: Units, shift: Array) -> Array:
        """sigma(a + shift) by the layer's own code: a layer is affine before its activation, so its bias takes it."""
        updates = self.bench.updates
        key = f"{name}.bias"
        shifted = {**updates.params, key: updates.params[key] + shift.reshape(updates.params[key].shape)}
        other = updates.converted(lambda array: array)
        other.params = shifted
        return other.at(mean, {}).f(name)

    def gradient(self) -> dict[str, Array]:
        """-D through the layers, over beta: a hidden layer's D stands for its pre-activation's adjoint."""
        mean, last = self.mean(), self.names[-1]
        negative = {name: -1 * (self.plus[name] - self.minus[name]) / self.beta for name in self.names}
        hidden = self.bench.chosen(self.energy.by_parameters(mean, {**negative, last: 0 * negative[last]}))
        output = self.bench.pairing(mean, {**self._zeros(), last: negative[last]})
        return {name: value if not name.startswith(f"{last}.") else output[name] for name, value in hidden.items()}


def settled(bench: Bench, energy: EnergyNetwork, form: DualForm, beta: float, watch: Watch | None = None) -> Dual:
    """Sweeps until nothing moves."""
    dual = Dual(bench, energy, form, beta)
    if watch is not None:
        watch.see(0, dual.gradient())
    for step in range(1, _MOST_STEPS + 1):
        before = dual.plus, dual.minus
        dual.sweep()
        if watch is not None:
            watch.see(step, dual.gradient())
        moved = [
            float(abs(new[n] - old[n]).max())
            for new, old in zip((dual.plus, dual.minus), before, strict=True)
            for n in new
        ]
        if max(moved) <= _SETTLED:
            break
    return dual


def _trial(bench: Bench, transposed: bool) -> MethodTrial | str:
    reason = no_layers(bench) or _without_bias(bench)
    if reason:
        return reason
    energy = EnergyNetwork(bench.updates, preactivated)
    measured = []
    for alpha in ALPHAS:
        for beta in BETAS:
            error = partial(_error, bench, energy, DualForm(transposed, alpha), beta)
            measured.append(measurement(f"alpha {alpha:g}, beta {beta:g}", error))
    label = "dual-transposed" if transposed else "dual"
    claims = []
    for alpha, order in zip(ALPHAS, (2, 1), strict=True):
        form, name = DualForm(transposed, alpha), f"{label} alpha {alpha:g}"
        claims.append(_order(name, form, order))
        affine = _affine(name, form, len(bench.vertices)) if _hidden_are_affine(bench) else None
        if affine is None or affine.verdict is not Verdict.PROVED:
            term = partial(_error_term, bench, energy, form, order)
            affine = exactness_claim(name, order, term, f"alpha {alpha:g}", nothing=partial(vanishing, bench))
        claims.append(affine)
    equations = tuple(energy.equations()), tuple(energy.equations(latex=True))
    taken = in_time(partial(_effort, bench, energy, transposed), "alpha 0.5", 3 * len(bench.vertices))
    return MethodTrial(tuple(measured), taken, tuple(claims), *equations)


def _error(bench: Bench, energy: EnergyNetwork, form: DualForm, beta: float) -> tuple[float, float]:
    return bench.error(settled(bench, energy, form, beta).gradient())


def _effort(bench: Bench, energy: EnergyNetwork, transposed: bool) -> Effort:
    count, errors, form = len(bench.vertices), list[float](), DualForm(transposed, ALPHAS[0])
    for beta in NUDGES:
        watch = Watch(bench)
        settled(bench, energy, form, beta, watch)
        errors.append(watch.last[0])
        if watch.first is not None:
            return effort(f"alpha 0.5, beta {beta:g}", watch, 3 * count, count)
    return Effort("alpha 0.5", None, None, 3 * count, stays(*errors))


def _without_bias(bench: Bench) -> str | None:
    """A hidden layer's pre-activation is shifted through its bias, so each needs one."""
    for vertex in bench.derivation.architecture.vertices[:-1]:
        if f"{vertex.name}.bias" not in bench.updates.params:
            return (
                f"a pre-activation is shifted through the layer's bias, and {vertex.name!r} has none: add one of zeros"
            )
    return None


@recorded
def _order(name: str, form: DualForm, order: int) -> Claim:
    """The first coefficient is backpropagation's; at alpha = 1/2 D is odd in beta, as the equations stay when z+ and z-
    are swapped with beta -> -beta."""
    holds = first_coefficient(form) and (order == 1 or symmetric(form))
    return order_claim(
        name, order, holds, "", ("sigma is analytic at every pre-activation", "C is analytic at the free output")
    )


def _hidden_are_affine(bench: Bench) -> bool:
    """Whether no hidden layer has an activation that bends."""
    *hidden, _ = bench.derivation.architecture.vertices
    layers = bench.derivation.layers
    return all(len(layers[vertex.name].equation.definitions) == 1 for vertex in hidden)


@recorded
def _affine(name: str, form: DualForm, layers: int) -> Claim:
    """z+ = a + p g and z- = a - q g, with -beta c for the output's g: the mean is a + (alpha p - (1 - alpha) q) g.

    Where that factor is 0 every mean is that of the forward pass, and D = (p + q) g is beta times what
    backpropagation hands back there; one layer reads the input alone, whatever its mean is.
    """
    called(FRACTIONS)
    alpha, (p, q) = Fraction(form.alpha), map(Fraction, form.shares)
    holds = p + q == 1 and (layers == 1 or alpha * p == (1 - alpha) * q)
    hypotheses = ("one layer",) if layers == 1 else ("every hidden layer is affine",)
    return Claim(
        f"{name}:exact", f"the estimate is backpropagation's gradient for every beta (alpha {form.alpha:g})",
        Verdict.PROVED if holds else Verdict.UNDECIDED,
        "-D = (p + q) beta times the adjoints at the means, which are those of the forward pass", hypotheses,
        reason=None if holds else "the means are not those of the forward pass",
    )  # fmt: skip


def first_coefficient(form: DualForm) -> bool:
    """-D / beta is d with d = (p + q) c at the output and d = (p + q) T d' below, T = sigma' A^T of the child, from
    sigma(a + p g) - sigma(a - q g) = (p + q) sigma'(a) g + O(beta^2); backpropagation has e = T e' from e = c."""
    total = sum(map(Fraction, form.shares))
    hypothesis = Rules({("d'",): word("e'")})
    return hypothesis.same(total * word("T", "d'"), word("T", "e'")) and hypothesis.same(total * word("c"), word("c"))


def symmetric(form: DualForm) -> bool:
    """Whether swapping z+ and z- with beta -> -beta maps the layer's equations to each other, as polynomials.

    What sigma is applied to: A (alpha z+ + (1 - alpha) z-) +- share G (z+ - z-), with A and G linear, so letters for
    A z+, A z-, G z+, G z- will do; at the output -+ share beta c.
    """
    called(POLYNOMIALS)
    ring = fmpq_mpoly_ctx.get(["az", "aw", "gz", "gw", "bc"], Ordering.lex)
    az, aw, gz, gw, bc = ring.gens()
    alpha, (p, q) = _rational(form.alpha), map(_rational, form.shares)

    def equations(az: Any, aw: Any, gz: Any, gw: Any, bc: Any) -> tuple[Any, ...]:
        mean, fed = alpha * az + (1 - alpha) * aw, gz - gw
        return mean + p * fed, mean - q * fed, mean - p * bc, mean + q * bc

    plus, minus, above, below = equations(az, aw, gz, gw, bc)
    swapped = equations(aw, az, gw, gz, -bc)
    return bool(swapped == (minus, plus, below, above))


def _rational(value: float) -> Any:
    return fmpq(*value.as_integer_ratio())


def _error_term(bench: Bench, energy: EnergyNetwork, form: DualForm, order: int) -> Mapping[str, Array]:
    """The coefficient of beta^order of the estimate, in balls: sweeps on series, which each settle one more power.

    A change of z enters the equations with a factor of D or through the mean, that is of beta: from exact
    coefficients up to beta^k a sweep over all layers, and as many as there are layers, gives those up to beta^(k+1).
    """
    one = bench.balls()
    before, ctx.cap = ctx.cap, order + 2
    try:
        dual = Dual(one, energy.with_numbers(one.updates), form, Series.of([0, 1]))
        for _ in range((order + 2) * (len(bench.vertices) + 1)):
            dual.sweep()
        dual_again = dict(dual.plus)
        dual.sweep()
        moved = [a - b for n in dual_again for a, b in zip(dual.plus[n].ravel(), dual_again[n].ravel(), strict=True)]
        if not all(coefficient(m, k).contains(0) for m in moved for k in range(order + 2)):
            raise Unenclosed("the sweeps on series did not settle")
        dual.beta = 1  # the gradient times beta, whose coefficients are one power higher
        return coefficients(dual.gradient(), order + 1)
    finally:
        ctx.cap = before


_NEEDS = (
    "a chain of affine layers with elementwise activations",
    "two states for each layer",
    "small nudging",
    "convergence",
)
METHODS = (
    RivalMethod(
        "dual", "dual propagation", "arXiv:2302.01228; code Rasmuskh/dualprop_icml_2024, class cnn_dualprop_RAOVR_ff",
        "the cost's slope at the output's own prediction; an output layer with an activation is nudged after it",
        _NEEDS, lambda bench: _trial(bench, False),
    ),
    RivalMethod(
        "dual-transposed", "dual propagation, transposed", "arXiv:2402.08573; same code, class cnn_dualprop_Lagr_ff",
        "alpha and 1 - alpha exchanged in the states, the cost's slope at the free prediction", _NEEDS,
        lambda bench: _trial(bench, True),
    ),
)  # fmt: skip

__all__ = ["METHODS", "Dual", "DualForm", "no_layers", "settled", "symmetric"]
