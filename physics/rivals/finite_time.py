"""Methods that are exact after finitely many steps: Dyadic Backpropagation, Z-IL, fixed-prediction predictive coding.

Each algorithm is written once, over a :class:`Bench`, and runs on doubles, in balls and modulo a prime, where agreement
with backpropagation is an identity for all parameters and functions, up to the stated probability.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dyadic.physics.dynamics import RelaxationSetting, run
from dyadic.physics.enclosures import Unenclosed, enclosing
from dyadic.physics.gradient_error import NOTHING
from dyadic.physics.hardware.readout import gradient_ranks
from dyadic.physics.rivals.allowance import OutOfTime
from dyadic.physics.rivals.bench import Bench, Units, added
from dyadic.physics.rivals.beta_series import all_zero, nonzero
from dyadic.physics.rivals.method import (
    AFTER_FORWARD,
    Effort,
    Measurement,
    MethodTrial,
    RivalMethod,
    Watch,
    effort,
    in_time,
    measurement,
)
from dyadic.physics.rivals.ring_bench import compared
from dyadic.physics.updates import Array
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.network import Rejected
from dyadic.proofs.evaluate.number_rings import Undetermined
from dyadic.proofs.sentences import log10_error
from dyadic.proofs.trusted import recorded
from dyadic.proofs.verification import verify
from dyadic.symbolic.nouns import counted

Algorithm = Callable[[Bench], Mapping[str, Array]]
"""From a bench to the gradient that the method reads."""
_THESE = "these parameters, inputs and targets: it is no identity of unknown functions"
_MOST_IN_BALLS = 10_000
"""Entries of all activations up to which an algorithm, which makes no matrices, is executed in balls."""


def chain(bench: Bench, own_weights: bool = True) -> str | None:
    """Why the network is no chain of layers that ends in its one cost, or None.

    own_weights: whether no layer may be given its parameters, which others then may share.
    """
    architecture = bench.derivation.architecture
    for vertex in architecture.vertices:
        children = architecture.edges_out[vertex.name]
        given = [name for name in vertex.inputs if name in bench.derivation.shared]
        if len(vertex.inputs) - len(given) != 1:
            count = counted(len(vertex.inputs) - len(given), "array")
            return f"it is stated for chains of layers, and {vertex.name!r} reads {count}"
        if given and own_weights:
            own = "it is stated for layers with weights of their own"
            return f"{own}, and {vertex.name!r} reads {given[0]!r}, which layers may share"
        if len(children) > 1:
            return f"it is stated for chains of layers, and {vertex.name!r} is read {len(children)} times"
    if len(architecture.costs) != 1 or architecture.costs[0].input != architecture.vertices[-1].name:
        return "it is stated for one cost at the end of a chain"
    return None


def exact_after(bench: Bench) -> int:
    """The unit steps of the relaxation after which every gradient that is compared is exact: the ranks of its reads."""
    ranks = gradient_ranks(bench.derivation)
    return max((ranks[name] for name in bench.gradient), default=0)


def zero_divergence(bench: Bench) -> dict[str, Array]:
    """Z-IL: inference of step 1 from the forward state, output at x_L - c; layer l's gradient is read at t = L - l."""
    names, free = bench.vertices, bench.free
    u: Units = {**free, names[-1]: free[names[-1]] - bench.slope(free)[names[-1]]}
    found: dict[str, Array] = {}
    for t in range(len(names)):
        error = added((-1, bench.field(u)))
        layer = names[-1 - t]
        gradient = bench.pairing(u, added((-1, error)))
        found |= {name: value for name, value in gradient.items() if name.startswith(f"{layer}.")}
        moved = bench.pull(u, error)
        u = {name: u[name] - error[name] + moved[name] if name != names[-1] else u[name] for name in names}
    return {name: found[name] for name in bench.gradient}


def fixed_prediction(bench: Bench, steps: int, step: float = 1.0, watch: Watch | None = None) -> dict[str, Array]:
    """Errors relax with Jacobians and predictions of the forward pass: e <- (1 - h) e + h (J^T e - c), from e = -c."""
    free = bench.free
    source = added((-1, bench.slope(free)))
    error: Units = source
    if watch is not None:
        watch.see(0, bench.pairing(free, added((-1, error))))
    for number in range(1, steps + 1):
        new = added((1, bench.pull(free, error)), (1, source))
        error = new if step == 1.0 else added((1 - step, error), (step, new))
        if watch is not None:
            watch.see(number, bench.pairing(free, added((-1, error))))
    return bench.pairing(free, added((-1, error)))


@recorded
def identity_claim(name: str, what: str, bench: Bench, algorithm: Algorithm, hypotheses: tuple[str, ...] = ()) -> Claim:
    """Whether an algorithm is backpropagation on a network, whatever its parameters and functions are.

    Proved by an identity modulo a prime, at reduced sizes, with unknown functions.  A difference there is none of this
    network, whose functions are known: refuted is what differs for certain at the bench's own numbers, and what is
    exactly equal at these is proved of these.
    """
    method = "the algorithm and backpropagation, executed modulo a prime with unknown functions"
    try:
        difference, bound, empty = compared(bench.derivation, algorithm, bench.over)
    except (Rejected, Undetermined, OutOfTime) as error:
        return Claim(name, what, Verdict.UNDECIDED, method, hypotheses, reason=str(error))
    if difference is None and empty:
        return Claim(name, what, Verdict.UNDECIDED, method, hypotheses, reason=NOTHING)
    if difference is None:
        chance = f"random residues do not agree by chance (probability below 1e{log10_error(bound)})"
        return Claim(name, what, Verdict.PROVED, method, (*hypotheses, chance))
    method = "the algorithm and backpropagation, executed in balls at these numbers"
    try:
        with enclosing():
            one = bench.balls(_MOST_IN_BALLS)
            found, wanted = algorithm(one), one.gradient
            off = {key: found[key] - value for key, value in wanted.items()}
            empty = all_zero(wanted)
            if all_zero(off) and not empty:
                return Claim(name, what, Verdict.PROVED, method, (*hypotheses, _THESE))
            place = nonzero(off)
    except (Unenclosed, OutOfTime) as error:
        return Claim(name, what, Verdict.UNDECIDED, method, hypotheses, reason=str(error))
    if place is None:
        reason = "it is no identity of unknown functions, and at these numbers no entry is certainly different"
        reason = NOTHING if empty else reason
        return Claim(name, what, Verdict.UNDECIDED, method, hypotheses, reason=reason)
    parameter, entry, _ = place
    numbers = {
        "parameter": parameter, "entry": list(entry), "method": str(found[parameter][entry]),
        "backpropagation": str(wanted[parameter][entry]),
    }  # fmt: skip
    return Claim(name, what, Verdict.REFUTED, method, hypotheses, (), numbers)


# -- methods -----------------------------------------------------------------------------------------------------------


def _dyadic(bench: Bench) -> MethodTrial | str:
    derivation = bench.derivation
    count, steps = len(bench.vertices), exact_after(bench)
    found = run(bench.updates, RelaxationSetting(steps), "random")
    error = bench.error(bench.pairing(found.final.x, found.final.s))
    record = next(claim for claim in verify(derivation)["claims"] if claim["id"] == "steps")
    claim = Claim(
        "dyadic:exact", record["statement"], Verdict(record["verdict"]), record["method"],
        tuple(record["hypotheses"]), tuple(record["trusted"]), record["counterexample"], reason=record["reason"],
    )  # fmt: skip
    taken = Effort("synchronous", steps, steps * 2 * count, 2 * count)
    return MethodTrial((Measurement(f"{counted(steps, 'step')} from a random state", *error),), taken, (claim,))


def _z_il(bench: Bench) -> MethodTrial | str:
    reason = chain(bench)
    if reason:
        return reason
    count = len(bench.vertices)
    found = Measurement("step 1", *bench.error(zero_divergence(bench)))
    what = "layer l's gradient at t = L - l is backpropagation's"
    claim = identity_claim("z-il:exact", what, bench, zero_divergence, ("a chain of layers", "step 1, forward state"))
    read = {name.partition(".")[0] for name in bench.gradient}
    steps = max(count - 1 - position for position, layer in enumerate(bench.vertices) if layer in read)
    taken = Effort(f"step 1, {AFTER_FORWARD}", steps, count + steps * 2 * count, 2 * count)
    return MethodTrial((found,), taken, (claim,))


def _fixed(bench: Bench) -> MethodTrial | str:
    depth, count = bench.derivation.L - 1, len(bench.vertices)
    measured = (
        measurement(f"step 1, {counted(depth, 'step')}", lambda: bench.error(fixed_prediction(bench, depth))),
        measurement("step 0.1, 400 steps", lambda: bench.error(fixed_prediction(bench, 400, 0.1))),
    )
    what = f"after {counted(depth, 'step')} of size 1 the gradient is backpropagation's"
    exact = identity_claim("fixed-prediction:exact", what, bench, lambda one: fixed_prediction(one, depth))
    wrong = identity_claim(
        "fixed-prediction:smaller", f"after {depth + 20} steps of size 1/2 the gradient is backpropagation's",
        bench,
        lambda one: fixed_prediction(one, depth + 20, 0.5),
    )  # fmt: skip

    def watched() -> Effort:
        watch = Watch(bench)
        fixed_prediction(bench, depth, 1.0, watch)
        return effort("step 1", watch, count, count)

    return MethodTrial(measured, in_time(watched, "step 1", count), (exact, wrong))


METHODS = (
    RivalMethod(
        "dyadic", "Dyadic backpropagation", "arXiv:2602.02281 v1", "this project's own formulas, `dyadic derive`",
        ("doubled state", "steps of size h = tau"), _dyadic,
        (
            ("dx_v/dt = dE/ds_v, ds_v/dt = dE/dx_v, with E = Sum[v] E_v + C",
             r"\dot x^v = \partial E/\partial s^v,\quad \dot s^v = \partial E/\partial x^v,\quad E = \sum_v E^v + C"),
            ("g = dE/dtheta", r"g = \partial E/\partial\theta"),
        ),
    ),
    RivalMethod(
        "z-il", "Z-IL", "arXiv:2103.04689; pcx, example 6",
        "output held at x_L - grad C, which is y for half a squared norm",
        ("a chain of layers", "forward initial state", "read-out of each layer at its own time", "step 1"), _z_il,
        (
            ("e = u - f(u), from u = u0 with u_L = u0_L - c", r"e = u - f(u),\quad u(0) = u_0,\quad u_L = u_{0,L} - c"),
            ("u <- u - e + (dF/du + 1)^T e, but for u_L", r"u \leftarrow u - e + (\partial F/\partial u + 1)^T e"),
            ("g of layer l = -(dF/dtheta)^T e at t = L - l",
             r"g_l = -(\partial F/\partial\theta_l)^T e \quad\text{at } t = L - l"),
        ),
    ),
    RivalMethod(
        "fixed-prediction", "fixed-prediction predictive coding", "Rosenbaum 2022, PLoS ONE 17(3)",
        "output error -grad C", ("Jacobians and predictions frozen at the forward pass",), _fixed,
        (
            ("e <- (1 - h) e + h ((J + 1)^T e - c), J and c at u0, from e = -c",
             r"e \leftarrow (1 - h)\,e + h\,((J + 1)^T e - c),\quad J, c \text{ at } u_0,\quad e(0) = -c"),
            ("g = -(dF/dtheta)^T e", r"g = -(\partial F/\partial\theta)^T e"),
        ),
    ),
)  # fmt: skip

__all__ = ["METHODS", "chain", "exact_after", "fixed_prediction", "identity_claim", "zero_divergence"]
