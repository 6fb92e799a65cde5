"""Feedback weights B in place of W^T: what the device reaches, and how wrong its gradient is.

J is the Jacobian of f at the activations, J_B the same with B for the weights, c = grad C; both are strictly triangular
in the order of the graph, so I - J^T and I - J_B^T are invertible.

    s = c + J^T s,      s_B = c + J_B^T s_B,      s_B - s = (I - J_B^T)^-1 (J_B - J)^T s

and dE/dtheta is linear in the sensitivities, so the gradient's error is (dF/dtheta)^T (s_B - s).  Here dF/dtheta holds
the true weights: those of a vertex with several parameters, such as an attention, pass through one another inside it,
and B stands for W on the way from s to s alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dyadic.codegen.plan import RoutineCall, Source
from dyadic.physics.enclosures import Unenclosed, enclosing, in_balls, small_enough
from dyadic.physics.given_numbers import not_negative, whole
from dyadic.physics.gradient_error import NOTHING, gradient_error
from dyadic.physics.held_values import as_defined
from dyadic.physics.number_types import Slopes, lower, upper
from dyadic.physics.spectrum import triangular_claim
from dyadic.physics.starts import Source as Arrays
from dyadic.physics.starts import parameters
from dyadic.physics.trajectory import on_host
from dyadic.physics.updates import Array, DoubledState, Frame, Updates
from dyadic.physics.words import Rules, word
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.trusted import recorded
from dyadic.symbolic.decimal_bounds import in_full, text_above
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.errors import DyadicError

_METHOD = "words in linear maps, rewritten by the equations that define s and s_B"
_ALONG = "the gradient's slope along the way from W to B, which is exactly 0, in balls"
_LINEAR = "dE/dtheta is linear in the sensitivities, as E is"
_TRUE_INSIDE = "B stands for W on the way from s to s alone: dF/dtheta holds the true weights, inside a vertex too"
_INVERTIBLE = "I - J_B^T is invertible: J_B is strictly triangular in the order of the graph"
_ASSUMED = _INVERTIBLE, _LINEAR, _TRUE_INSIDE


@dataclass(frozen=True)
class Mismatch:
    """What feedback weights of its own do to a device; arrays of one batch.

    state: the device's fixed point.  source: (J_B - J)^T s by vertex, what B gets wrong of what reaches the cost.
    predicted: s_B - s by the closed form, found: s_B - s of the device.
    gradient_error: |g_B - g| / |g| over all parameters.  cosine: of the angle between both gradients.
    """

    state: DoubledState
    source: dict[str, Array]
    predicted: dict[str, Array]
    found: dict[str, Array]
    gradient_error: float
    cosine: float
    claims: tuple[Claim, ...]


def mismatch(true: Updates, device: Updates) -> Mismatch:
    """Compare a device, whose ``feedback`` differs, with backpropagation on the same parameters and data."""
    exact, reached = true.exact(), device.exact()
    source, predicted = _closed_form(device, exact)
    found = {name: reached.s[name] - exact.s[name] for name in exact.s}
    wanted = _flat(true.at(exact.x, exact.s).gradients())
    got = _flat(device.at(reached.x, reached.s).gradients())
    error, cosine = gradient_error(got, wanted)
    derivation = true.network.derivation
    claims = as_defined((*general_claims(derivation), device_claim(true, device)), derivation)
    return Mismatch(reached, source, predicted, found, error, cosine, claims)


def _closed_form(device: Updates, exact: DoubledState) -> tuple[dict[str, Array], dict[str, Array]]:
    """(J_B - J)^T s, and (I - J_B^T)^-1 of it by substitution backwards, both by the emitted adjoints.

    The update of s_v is affine in the sensitivities, c + J_B^T s, so differences of updates give J_B^T alone.
    """
    at_exact = device.at(exact.x, exact.s)
    source = {name: at_exact.back(name) - exact.s[name] for name in exact.s}  # c + J_B^T s - (c + J^T s)
    zero = device.at(exact.x, {name: 0 * value for name, value in exact.s.items()})
    grown: dict[str, Array] = {}
    frame = device.at(exact.x, grown)
    for name in reversed(device.vertices):
        grown[name] = source[name] + (frame.back(name) - zero.back(name))
    return source, grown


def _flat(gradients: dict[str, Array]) -> Array:
    return np.concatenate([on_host(value).ravel() for value in gradients.values()])


def general_claims(derivation: Derivation) -> list[Claim]:
    """The fixed point, the error in closed form, and when it is zero: for all weights W and B."""
    reached = triangular_claim(derivation)
    fixed = Claim(
        "feedback:fixed-point",
        f"a device with feedback weights B is at s_B = (I - J_B^T)^-1 grad C after {derivation.steps} unit steps from "
        "any state",
        reached.verdict, "the stabilisation lemma: its updates read what those of the network read",
        ("h = tau",), reached.trusted, reached.counterexample,
    )  # fmt: skip
    return [fixed, error_claim(), agreement_claim(), converse_claim()]


@recorded
def error_claim() -> Claim:
    """The closed form of the sensitivities' error."""
    holds = _identity()
    return Claim(
        "feedback:error",
        "s_B - s = (I - J_B^T)^-1 (J_B - J)^T s, and the gradient is wrong by (dF/dtheta)^T (s_B - s)",
        Verdict.PROVED if holds else Verdict.UNDECIDED, _METHOD, _ASSUMED, reason=_reason(holds),
    )  # fmt: skip


@recorded
def agreement_claim() -> Claim:
    """Both directions are the identity: an invertible map takes s_B - s to (J_B - J)^T s."""
    holds = _identity()
    return Claim(
        "feedback:agreement",
        "s_B = s if and only if B agrees with W^T on what reaches the cost: (J_B - J)^T s = 0; then the gradient is "
        "backpropagation's",
        Verdict.PROVED if holds else Verdict.UNDECIDED, _METHOD, _ASSUMED, reason=_reason(holds),
    )  # fmt: skip


def _identity() -> bool:
    """(I - J_B^T)(s_B - s) = (J_B - J)^T s, by the rules J^T s -> s - c and J_B^T s_B -> s_B - c."""
    s, s_b, c = word("s"), word("s_B"), word("c")
    rules = Rules({("J^T", "s"): s - c, ("J_B^T", "s_B"): s_b - c})
    difference = s_b - s
    return rules.same(difference - difference.after("J_B^T"), s.after("J_B^T") - s.after("J^T"))


def _reason(holds: bool) -> str | None:
    return None if holds else "the two sides have different normal forms"


@recorded
def converse_claim() -> Claim:
    """The gradient may be right although s_B is not: where dF/dtheta is 0, nothing of s shows in it."""
    w, v, b, x0, y = 2, 3, 5, 0, -1
    x1 = w * x0 + 1
    s2 = v * x1 - y
    s, s_b = [v * s2, s2], [b * s2, s2]
    gradients = [[state[0] * x0, state[1] * x1] for state in (s, s_b)]
    holds = gradients[0] == gradients[1] and s != s_b
    return Claim(
        "feedback:converse",
        "the gradient may be backpropagation's although s_B is not s: in x1 = w x0 + 1, x2 = v x1 with x0 = 0 it is, "
        "whatever stands for v on the way back",
        Verdict.PROVED if holds else Verdict.UNDECIDED, "evaluation at a point",
        witness={
            "network": "x1 = w x0 + 1, x2 = v x1, C = (x2 - y)^2 / 2", "w": w, "v": v, "B_for_v": b, "x0": x0, "y": y,
            "s": s, "s_B": s_b, "gradient": gradients[0], "gradient_of_the_device": gradients[1],
        },
        reason=None if holds else "the example is none",
    )  # fmt: skip


@recorded
def device_claim(true: Updates, device: Updates, over: Collection[str] | None = None) -> Claim:
    """Whether this device's gradient is backpropagation's, for one sample of this network, in balls.

    over: the parameters whose gradients are compared; None: all of them.
    """
    what = "this device's gradient is that of backpropagation (first sample)"
    hypotheses = ("the parameters, feedback weights and data are these doubles",)
    method = "enclosure of both gradients in balls"
    if len(_unchanged(true, device)) == len(true.vertices):
        return Claim("feedback:device", what, Verdict.PROVED, "the weights that the way back reads are W's", hypotheses)
    try:
        small_enough(true)
        with enclosing():
            (x, wanted), (y, found) = (_reached(in_balls(updates)) for updates in (true, device))
            empty = _nothing(*(g for name, g in x.gradients(decayed=False).items() if over is None or name in over))
            unchanged = _unchanged(true, device, lambda name, k: _nothing(x.handed(name)[k], y.handed(name)[k]))
    except Unenclosed as error:
        return Claim("feedback:device", what, Verdict.UNDECIDED, method, hypotheses, reason=str(error))
    same = {
        name
        for name, terms in true.network.plan.gradients
        if all(isinstance(term.of, RoutineCall) and term.of.owner in unchanged for term in terms)
    }
    largest = 0.0
    for name, array in wanted.items():
        if name in same:  # one formula of the same numbers, whose balls have a radius
            continue
        if over is not None and name not in over:
            continue
        for place in np.ndindex(array.shape):
            off = found[name][place] - array[place]
            largest = max(largest, 0.0 if off == 0 else upper(off))
            if lower(off) > 0:
                numbers = {
                    "parameter": name, "entry": list(place), "backpropagation": str(array[place]),
                    "device": str(found[name][place]),
                }  # fmt: skip
                return Claim("feedback:device", what, Verdict.REFUTED, method, hypotheses, (), numbers)
    if empty:
        return Claim("feedback:device", what, Verdict.UNDECIDED, method, hypotheses, reason=NOTHING)
    if largest == 0:
        return Claim("feedback:device", what, Verdict.PROVED, method, hypotheses)
    if _unmoved(device):
        return Claim("feedback:device", what, Verdict.PROVED, _ALONG, hypotheses)
    reason = f"the difference is at most {text_above(largest, 2)}, and may be 0"
    return Claim("feedback:device", what, Verdict.UNDECIDED, method, hypotheses, reason=reason)


def _unmoved(device: Updates) -> bool:
    """Whether the gradient's slope in t is exactly 0 with W + t (B - W) for feedback, in all of 0 <= t <= 1.

    It is where all that differs is multiplied by 0, as into and out of units that a relu has shut.
    """
    try:
        with enclosing():
            path = in_balls(device)
            path.feedback = {name: _between(path.params[name], end) for name, end in path.feedback.items()}
            _, gradients = _reached(path)
    except Unenclosed:
        return False
    entries = (entry for array in gradients.values() for entry in array.ravel())
    return all(slope == 0 for entry in entries if isinstance(entry, Slopes) for slope in entry.slopes.values())


def _between(start: Array, end: Array) -> Array:
    """The balls that hold all weights from one to the other, with the slope of each where they differ."""
    found = np.empty(start.shape, dtype=object)
    for place in np.ndindex(start.shape):
        w, b = start[place], end[place]
        found[place] = w if w == b else Slopes(w.union(b), {0: b - w})
    return found


def _unchanged(true: Updates, device: Updates, nothing: Callable[[str, int], bool] = lambda name, k: False) -> set[str]:
    """The vertices whose s is made of the same numbers by the same formulas, whatever else B changes.

    nothing: whether a term of a vertex's s is 0 in both, as behind a value that is held constant.
    """
    changed = {name for name, weights in true.params.items() if not bool((weights == device.feedback[name]).all())}
    found: set[str] = set()
    for name in reversed(true.vertices):
        terms = [term.of for term in true.backward[name].sensitivity]
        if all(
            isinstance(of, RoutineCall)  # of a cost, which has no weights
            or (of.name in found and not _read(true, of) & changed)
            or nothing(name, k)
            for k, of in enumerate(terms)
        ):
            found.add(name)
    return found


def _read(updates: Updates, contribution: Source) -> set[str]:
    """The parameters that an adjoint is computed with, in its own routine and in the one of its intermediates."""
    calls = [updates.contributions[contribution.name, contribution.position]]
    inside = updates.backward[contribution.name].bars
    if inside is not None and any(source.group == "bar" for source in calls[0].sources):
        calls.append(inside)
    return {source.name for call in calls for source in call.sources if source.group == "parameter"}


def _nothing(*arrays: Array) -> bool:
    return all(entry == 0 for array in arrays for entry in np.ravel(array))


def _reached(updates: Updates) -> tuple[Frame, dict[str, Array]]:
    """The fixed point, and the gradients there."""
    state = updates.exact()
    frame = updates.at(state.x, state.s)
    return frame, {name: np.asarray(value) for name, value in frame.gradients().items()}


def mismatched(updates: Updates, relative: float, seed: int) -> Updates:
    """A device whose every feedback weight is off by ``relative`` times a standard normal number, as a factor.

    Raises :class:`DyadicError` for a number that is negative or not finite, or so large that the way back overflows.
    """
    relative, random = not_negative("mismatch", relative), np.random.default_rng(whole("seed", seed))
    xp, dtype = updates.network.arrays, updates.network.module.DTYPE
    with np.errstate(all="ignore"):
        weights = {
            name: array * xp.asarray(1 + relative * random.standard_normal(array.shape), dtype=dtype)
            for name, array in updates.params.items()
        }
    return _reaching(with_feedback(updates, weights), f"mismatch = {in_full(relative)}")


def with_feedback(updates: Updates, weights: dict[str, Array]) -> Updates:
    """The same network and data with feedback weights of its own.

    Raises :class:`DyadicError` for a network without parameters.
    """
    if not updates.params:
        name = updates.network.derivation.architecture.name
        raise DyadicError(f"{name} has no parameters: there are no feedback weights that could differ from them")
    given = updates.inputs, updates.target
    return Updates(updates.network, updates.params, *given, feedback=weights)


def read(updates: Updates, source: Arrays) -> Updates:
    """A device whose feedback weights are those of an .npz file or a mapping, named as the parameters.

    Raises :class:`DyadicError` where these are not the finite arrays that are needed, or the way back overflows.
    """
    weights = parameters(updates.network, "feedback weights").taken(source)
    where = str(source) if isinstance(source, str | Path) else "feedback weights"
    return _reaching(with_feedback(updates, weights), where)


def _reaching(device: Updates, where: str) -> Updates:
    """The device, if what it reaches is finite."""
    with np.errstate(all="ignore"):
        state = device.exact()
        arrays = {f"s:{name}": value for name, value in state.s.items()}
        arrays |= {f"the gradient of {n}": g for n, g in device.at(state.x, state.s).gradients().items()}
    for name, array in arrays.items():
        if not np.isfinite(on_host(array)).all():
            raise DyadicError(f"{where}: {name} is not finite with such feedback weights; give smaller ones")
    return device


__all__ = ["Mismatch", "device_claim", "general_claims", "mismatch", "mismatched", "read", "with_feedback"]
