"""Additive noise: the stationary covariance of a linear network, and how close a run of noisy steps comes to it.

A step with noise q of covariance Q, independent of everything before: e' = A e + q, A = 1 - h/tau + (h/tau) M.  Then

    S' = A S A^T + Q,     S = sum over k of A^k Q (A^T)^k

and the sum is finite for unit steps, where A = M is nilpotent: S is stationary after T steps.  Otherwise it converges
if and only if |1 - h/tau_v| < 1 for every v (the spectrum).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dyadic.physics.dynamics import MOST_NUMBERS, RelaxationSetting, checked, run
from dyadic.physics.enclosures import StateVector
from dyadic.physics.hardware.simulated import above_rounding, few_runs
from dyadic.physics.linearity import not_linear
from dyadic.physics.spectrum import spectrum
from dyadic.physics.trajectory import on_host
from dyadic.physics.updates import Array, DoubledState, Updates, Variable
from dyadic.physics.words import Rules, word
from dyadic.proofs.checker.trust import INDUCTION, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.trusted import recorded
from dyadic.symbolic.decimal_bounds import in_full
from dyadic.symbolic.errors import DyadicError

MOST_DEVIATIONS = 8.0
"""Standard deviations of its estimate that a variance may be off; chance goes so far once in many thousand networks."""
_CONVERGED = 1e-17
_FAR = 2.0**40
_MOST_STEPS = 10**5
_MISSING = 1e-2
"""How much of a standard deviation of its estimate a variance may be short of the stationary one."""


@dataclass(frozen=True)
class Noise:
    """The stationary state of a noisy linear network, one sample.

    vector: the order of the entries.  predicted: the covariance in closed form, [entry, entry].
    found: the covariance over ``samples`` runs of ``steps`` noisy steps.
    worst: the largest difference of a variance, in standard deviations of its estimate from that many samples.
    rounding: part of itself by which a predicted variance may be wrong, as it was computed in floating point.
    """

    vector: StateVector
    predicted: Array
    found: Array
    samples: int
    steps: int
    worst: float
    rounding: float
    claim: Claim

    @property
    def agrees(self) -> bool:
        """Whether no variance is further off than chance explains."""
        return self.worst <= MOST_DEVIATIONS


def one_step(updates: Updates, ratios: Mapping[Variable, float]) -> Array:
    """A, the matrix of a step of a linear network: each entry displaced from 0 in a sample of its own.

    The rates are affine, so any displacement will do: by a large power of 2 the constants of the rates round nothing.
    """
    vector = StateVector.of(updates.sample())
    count = len(vector)
    # The first sample is not displaced.
    displaced = _FAR * np.eye(count + 1, count, -1)
    parts, many = {}, updates.samples([0] * (count + 1))
    for variable, place in vector.places().items():
        shape = vector.shapes[variable][1:] if updates.network.batched else vector.shapes[variable]
        parts[variable] = displaced[:, place].reshape(count + 1, *shape)
    new = many.new(_state(updates, parts), many.variables)
    moved = np.concatenate([on_host(new[v]).reshape(count + 1, -1) for v in vector.shapes], axis=1).astype(float)
    ratio = np.concatenate([np.full(place.stop - place.start, ratios[v]) for v, place in vector.places().items()])
    return (np.diag(1 - ratio) + ratio * (moved[1:] - moved[0]) / _FAR).T


def stationary(matrix: Array, covariance: Array) -> Array:
    """Sum over k of A^k Q (A^T)^k, its terms doubled in number until nothing is added.

    S_{2n} = S_n + A^n S_n (A^T)^n.  The spectral radius of the matrix must be below 1.
    """
    found, power = covariance, matrix
    for _ in range(64):
        more = power @ found @ power.T
        found, power = found + more, power @ power
        if np.abs(more).max() <= _CONVERGED * np.abs(found).max():
            return found
    raise DyadicError("the noise has no stationary covariance: the steps do not converge")


def rounding_of(matrix: Array, covariance: Array, found: Array, unit: float) -> Array:
    """How far the computed S may be from the true one, entry by entry, by the equation that it must solve.

    With R = A S A^T + Q - S the true one is off by sum over k of A^k R (A^T)^k.  R is computed, with what rounding it
    and the entries of A may be wrong by, ``unit`` of each; absolute values all through, so that nothing cancels.
    """
    size, absolute = len(matrix), np.abs(matrix)
    left = np.abs(matrix @ found @ matrix.T + covariance - found)
    terms = absolute @ np.abs(found) @ absolute.T + np.abs(covariance) + np.abs(found)
    return stationary(absolute, left + 4 * (size + 2) * unit * terms)


def stationary_after(matrix: Array, covariance: Array, samples: int) -> int | None:
    """After how many steps from the fixed point the variances are stationary, as far as so many samples can tell.

    S - S_n = A^n S (A^T)^n exactly, so the powers of A are asked, not its spectral radius: of a matrix that is not
    normal they grow long before they fall.  None for more than :data:`_MOST_STEPS`.
    """
    wanted = _MISSING * np.sqrt(2 / samples) * np.diag(covariance)

    def stands(power: Array) -> bool:
        # Rounding in S is relative to its largest entry; what is below that cannot be asked for.
        left = np.diag(power @ covariance @ power.T)
        return bool((left <= np.maximum(wanted, 1e-15 * np.abs(covariance).max())).all())

    powers = [matrix]
    while not stands(powers[-1]):
        if 2 ** len(powers) > 2 * _MOST_STEPS:
            return None
        powers.append(powers[-1] @ powers[-1])
    steps, reached = 0, np.eye(len(matrix))
    for k in reversed(range(len(powers) - 1)):  # the largest number of steps that is not enough, bit by bit
        further = powers[k] @ reached
        if not stands(further):
            steps, reached = steps + 2**k, further
    return steps + 1 if steps < _MOST_STEPS else None


def noise(updates: Updates, setting: RelaxationSetting, covariance: Array | float, samples: int = 2000) -> Noise:
    """Predict the stationary covariance of one sample's doubled state, and measure it.

    covariance: Q over the entries in the order of :class:`StateVector`, or the variance of independent noise.
    samples: how many runs are made at once.
    Raises :class:`DyadicError` for a network that is not linear, steps that do not converge, or noise that arithmetic
    cannot tell from its own rounding.
    """
    checked(setting)
    derivation = updates.network.derivation
    reason = not_linear(derivation)
    if reason is not None:
        raise DyadicError(f"the stationary covariance is that of a linear network: {reason}")
    if not updates.network.batched:
        raise DyadicError("noise is measured over a batch, and the tensors of this model carry an axis of their own")
    spread = spectrum(derivation, setting.h, setting.tau)
    if spread.radius >= 1:
        raise DyadicError(f"the noise has no stationary covariance: the spectral radius is {spread.radius:g}")
    ratios = {variable: setting.h / setting.tau.get(variable, 1.0) for variable in updates.variables}
    vector = StateVector.of(updates.sample())
    few_runs("count of runs", samples, len(vector))
    full = _covariance(covariance, len(vector))
    above_rounding(updates, "the noise's standard deviation", float(np.sqrt(np.diag(full).max())))
    with np.errstate(all="ignore"):
        matrix = one_step(updates, ratios)
        predicted = stationary(matrix, full)
    if not np.isfinite(predicted).all():
        raise DyadicError("the noise is so large that its stationary covariance overflows; give less")
    steps = derivation.steps if spread.radius == 0 else stationary_after(matrix, predicted, samples)
    if steps is None:
        problem = f"step size h = {in_full(setting.h)}: the noise is not stationary after {_MOST_STEPS} steps"
        raise DyadicError(f"{problem}; take a larger step, or one further from 2")
    with np.errstate(all="ignore"):
        unsure = np.diag(rounding_of(matrix, full, predicted, float(np.finfo(updates.network.module.DTYPE).eps)))
        rounding = float((unsure / np.maximum(np.diag(predicted), 1e-300)).max())
    found = _measured(updates, setting, full, vector, samples, steps)
    deviation = np.sqrt(2 / samples) * np.diag(predicted)
    off = np.abs(np.diag(found) - np.diag(predicted))
    worst = float((off / np.maximum(deviation, 1e-300)).max())
    return Noise(vector, predicted, found, samples, steps, worst, rounding, covariance_claim())


def _covariance(given: Array | float, count: int) -> Array:
    """Q as a matrix."""
    if count * count > MOST_NUMBERS:
        raise DyadicError(
            f"the covariance of {count} entries is more than {MOST_NUMBERS} numbers; give a smaller network"
        )
    try:
        matrix = np.asarray(given)
    except ValueError:  # rows of several lengths
        matrix = np.asarray(None)
    if matrix.dtype.kind not in "iuf":
        raise DyadicError("covariance: give a variance, or a matrix of real numbers")
    full = np.diag(np.full(count, float(matrix))) if matrix.ndim == 0 else matrix.astype(float)
    if full.shape != (count, count) or not np.isfinite(full).all() or np.abs(full - full.T).max() > 0:
        raise DyadicError(f"covariance: give a finite variance, or a symmetric matrix of {count} rows")
    if np.linalg.eigvalsh(full).min() < -1e-12:
        raise DyadicError("covariance: is negative in some direction; give variances that are not")
    return full


def _measured(
    updates: Updates, setting: RelaxationSetting, covariance: Array, vector: StateVector, samples: int, steps: int
) -> Array:
    """The covariance about the fixed point over many runs, the noise drawn afresh at every step."""
    many = updates.samples([0] * samples)
    random = np.random.default_rng(setting.seed)
    values, axes = np.linalg.eigh(covariance)
    factor = axes * np.sqrt(np.maximum(values, 0))
    places = vector.places()
    drawn: dict[str, Any] = {}
    xp, dtype = updates.network.arrays, updates.network.module.DTYPE

    def disturbed(step: int, variable: Variable, value: Array) -> Array:
        if drawn.get("step") != step:
            drawn.update(step=step, noise=random.standard_normal((samples, len(vector))) @ factor.T)
        return value + xp.asarray(drawn["noise"][:, places[variable]].reshape(value.shape), dtype=dtype)

    plain = RelaxationSetting(steps, setting.h, setting.tau, seed=setting.seed)
    found = run(many, plain, many.exact(), disturbance=disturbed)
    off = np.concatenate([on_host(found.final[v] - found.exact[v]).reshape(samples, -1) for v in vector.shapes], axis=1)
    return off.T @ off / samples


def _state(updates: Updates, parts: Mapping[Variable, Array]) -> DoubledState:
    xp, dtype = updates.network.arrays, updates.network.module.DTYPE
    placed = {variable: xp.asarray(array, dtype=dtype) for variable, array in parts.items()}
    return DoubledState(*({n: placed[letter, n] for n in updates.vertices} for letter in "xs"))


@recorded
def covariance_claim() -> Claim:
    """S_n - A S_n A^T = Q - A^n Q (A^T)^n for S_n = sum over k < n of A^k Q (A^T)^k, by induction on n.

    With P = A^n Q (A^T)^n and S_{n+1} = S_n + P the step is S + P - A (S + P) A^T = Q - A P A^T, where the hypothesis
    says A S A^T = S - Q + P.  What is left, P, tends to 0 (and is 0 for n = T, A nilpotent), so that S = A S A^T + Q;
    two solutions differ by a D = A^n D (A^T)^n for every n, which is 0.
    """
    called(INDUCTION)
    s, p, q = word("S"), word("P"), word("Q")
    rules = Rules({("A", "S", "A^T"): s - q + p})
    moved = word("A", "S", "A^T") + word("A", "P", "A^T")
    equal = rules.same(s + p - moved, q - word("A", "P", "A^T"))
    return Claim(
        "noise:covariance",
        "the covariance about the fixed point is stationary at sum over k of A^k Q (A^T)^k, after T unit steps exactly",
        Verdict.PROVED if equal else Verdict.UNDECIDED, "induction on the number of terms, its step in words",
        ("the dynamics is linear", "the noise has mean 0 and covariance Q, and is independent of what was before it",
         "|1 - h/tau_v| < 1 for every v"),
        reason=None if equal else "the two sides have different normal forms",
    )  # fmt: skip


__all__ = ["MOST_DEVIATIONS", "Noise", "covariance_claim", "noise", "one_step", "stationary", "stationary_after"]
