"""What a claim says, made of its data: kind, subject and numbers.

The sentence, the method and the hypotheses of a certificate's claims are functions of the data, written here for the
prover and once more in proofs/checker/wording.py for the checker, which compares.  So no text of a certificate can say
more than its data, and the data is what is checked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.evaluation.domain import VALUES, hypothesis
from dyadic.proofs.checker.evaluation.prime_numbers import SHOWN
from dyadic.proofs.claims import Claim, Verdict
from dyadic.symbolic.expressions import Apply, Definition, Reduction, walk
from dyadic.symbolic.functions import FUNCTIONS

DIFFERENTIABLE = (
    "every activation is differentiable where it is evaluated, or its derivative there is the stated convention"
)
READING = {
    "positions_inside": "entries of an integer tensor that is an index lie in the range of the axis that they index",
    "maxima_nonempty": "every maximum is taken over at least one term",
}
"""What the proof of an adjoint may rest on besides the equation, by name."""
TIES = "where several values are the largest, the derivative goes to the one that argmax takes, whichever that is"
RULED = "sizes are those that the shape rule admits: given or following, each is at least 1"
RANKS = "ranks are at least 1"
SMOOTH = "E is differentiable"
LOWER = "updates read only smaller ranks"


def told(
    kind: str,
    verdict: Verdict,
    subject: Mapping[str, str] | None = None,
    numbers: Mapping[str, int] | None = None,
    *,
    name: str = "",
    label: str = "",
    hypotheses: Sequence[str] = (),
    counterexample: dict[str, Any] | None = None,
    witness: dict[str, Any] | None = None,
    reason: str | None = None,
) -> Claim:
    """A claim with its sentence.

    name: what its id adds to the kind.  label: of the layer or cost that it speaks of.  What would be proved but for a
    probability of error that is not small is undecided.
    """
    about, counts = dict(subject or {}), dict(numbers or {})
    if verdict is Verdict.PROVED and counts.get("log10_error", SHOWN) > SHOWN:
        verdict, witness = Verdict.UNDECIDED, None
        reason = f"it agrees, but the probability of an agreement by chance is not below 1e{SHOWN}"
        del counts["log10_error"]
    statement, method = _sentence(kind, about, counts, label)
    if verdict is Verdict.REFUTED and kind in _REFUTING:
        method = _REFUTING[kind]
    return Claim(
        f"{kind}:{name}" if name else kind, statement, verdict, method, tuple(hypotheses), (), counterexample, witness,
        reason, kind=kind, subject=about, numbers=counts,
    )  # fmt: skip


def log10_error(bound: Fraction | float) -> int:
    """The smallest e with bound < 10^e, at least -99."""
    exact = Fraction(bound)
    return next((e for e in range(-99, 0) if exact < Fraction(10) ** e), len(str(math.floor(exact))))


def undecided(method: str, reason: str) -> Claim:
    """The claim of a method that had nothing to say, under the method's name."""
    return Claim(
        method, f"What the method {method} would show is open", Verdict.UNDECIDED, "none", reason=reason,
        kind="open", subject={"method": method},
    )  # fmt: skip


def assumed(
    equations: Iterable[Definition], content: Mapping[str, Any], reading: Iterable[str] = ()
) -> tuple[str, ...]:
    """The hypotheses of an adjoint: from a layer's or cost's equations, those that were derived among them.

    content: the same as a certificate holds them.  reading: names in :data:`READING`.
    """
    found = [node for item in equations for node in walk(item.body)]
    names = sorted({node.name for node in found if isinstance(node, Apply)})
    texts = [DIFFERENTIABLE, *(text for name in names for text in conventions(name))]
    domain = hypothesis([content], VALUES)
    texts += [domain] if domain else []
    if any(isinstance(node, Reduction) and node.kind == "max" for node in found):
        texts.append(TIES)
    if content.get("extents"):
        texts.append(RULED)
    return (*texts, *(text for name, text in READING.items() if name in set(reading)))


def conventions(name: str) -> tuple[str, ...]:
    """What is assumed of a function wherever it is applied: the value of its derivative at a kink."""
    kink = FUNCTIONS[name].kink
    return () if kink is None else (f"{name}: {kink}",)


def these_sizes(n: Mapping[str, int]) -> str:
    """Of which sizes the theorem speaks."""
    return "" if n["all_sizes"] else ", at the sizes of this network"


def as_held(n: Mapping[str, int]) -> str:
    """Of which gradient the theorem speaks where the program stops gradients."""
    return " as the program defines it, with values held constant where it stops gradients" if n["held"] else ""


_IF_SMOOTH = (
    ", if no maximum is attained twice, no argument of relu and no divisor is 0, every argument of a root or logarithm "
    "is positive, and any function that proofs/coq/Functions.v lacks is differentiable at its argument; "
    "this counts as proved only where a state that meets all of it was found, or is too much work to look for"
)
_REFUTING = {
    "adjoint": "rigorous evaluation",
    "gradient": "rigorous evaluation",
    "function": "rigorous evaluation",
    "identity": "exact evaluation",
}
_CONSTRUCTIONS = {
    "A": "the action of s dx/dt - E gives dx/dt = dE/ds and ds/dt = -dE/dx (s runs backward in time)",
    "B": "doubling the whole state gives the saddle-point dynamics dx/dt = +dE/ds, ds/dt = +dE/dx",
    "C": "putting C(x + s/2) - C(x - s/2) for the cost changes dx/dt: the cost's gradient leaks into inference",
    "dyadic": "in a = x + s/2, b = x - s/2 the dynamics are da/dt = +dE/da, db/dt = -dE/db",
}


def _sentence(kind: str, subject: Mapping[str, str], n: Mapping[str, int], label: str) -> tuple[str, str]:
    """(statement, method)."""
    if kind in ("adjoint", "gradient", "function", "variational"):
        return _general(kind, subject, n, label)
    if kind == "printed":
        extent = f"; {n['left_out']} are in a notation that is not read back" if n["left_out"] else ""
        notation = {"latex": "LaTeX"}.get(subject["notation"], subject["notation"])
        text = f"The {notation} printed for {n['compared']} equations and intermediates, read back, is the same{extent}"
        return text, "reading back, and comparing letter by letter"
    if kind == "stepsize":
        return _stepsize(subject["part"], n)
    return _of_network(kind, n)


def _general(kind: str, subject: Mapping[str, str], n: Mapping[str, int], label: str) -> tuple[str, str]:
    if kind == "variational":
        methods = {"C": "evaluation at a point", "dyadic": "chain rule on cubic energies with free coefficients"}
        usual = "first variation with polynomial trajectories and free coefficients"
        return _CONSTRUCTIONS[subject["construction"]], methods.get(subject["construction"], usual)
    if kind == "function":
        name = subject["name"]
        if FUNCTIONS[name].held:
            text = f"{name}: the emitted derivative is 0, as the convention asks; it is not that of the value"
            return text, "rational functions in a differential field"
        away = " away from the kink" if FUNCTIONS[name].kink else ""
        within = f", where {FUNCTIONS[name].defined}" if FUNCTIONS[name].defined else ""
        text = f"{name}: the emitted derivative is the derivative of the definition{away}{within}"
        return text, "rational functions in a differential field"
    text = f'Layers called "{label}": dE/dtheta is the adjoint of the derivative'
    if kind == "adjoint":
        text = (
            f'Layers called "{label}": E_v = <s_v, f_v - x_v>, dE_v/ds_v = f_v - x_v, and the vector-Jacobian product '
            "with respect to each input is the adjoint of the derivative"
        )
    if subject["content"].startswith("costs."):
        text = f'The cost called "{label}": dC/dx is the adjoint of its derivative'
    values = "" if n["everywhere"] else ", wherever its equations have values"
    if n["all_sizes"]:
        return text + values, "steps from the pairing with the tangent equation, for all sizes"
    method = "exact evaluation over two prime fields at the sizes of this network"
    return f"{text}, for the sizes of this network{values}", method


def _stepsize(part: str, n: Mapping[str, int]) -> tuple[str, str]:
    if part == "only":
        return (
            "A variable displaced alone from the fixed point is off by (1 - h / tau_v)^n times as much after n steps: "
            "finite-time exactness needs h = tau_v for every v, and h = 1 where all are 1",
            "induction on n; step as an identity of polynomials, and no zero divisors among the reals",
        )
    if part == "closed-form":
        return (
            "For a linear network the deviation after n steps of size h is "
            "Sum_j binom(n, j) (1 - h)^(n - j) h^j M^j e_0, for every n",
            "induction on n; Pascal's rule as an identity of polynomials",
        )
    simulated = "; simulated with fractions, it deviates as the closed form says" if n["linear"] else ""
    return (
        f"This network: M^T = 0 for T = {n['T']} (a random row of it), so the spectral radius at step h is "
        f"|1 - h|; a displaced variable is off by (1 - h)^n d after n steps{simulated}{_error(n)}",
        "exact evaluation over a random prime, with free activations",
    )


def _error(n: Mapping[str, int]) -> str:
    return f" (probability of error below 1e{n['log10_error']})" if "log10_error" in n else ""


def any_state(n: Mapping[str, int]) -> str:
    """From where the steps start: everywhere is 0 where some update has no value at some states.

    elsewhere is 1 where none was found at the network's own sizes, but one at small ones.
    """
    start = "any state" if n["everywhere"] else "any state from which every update is defined"
    return f"{start} ({_SEEN_ELSEWHERE})" if n.get("elsewhere") else start


def _integers(n: Mapping[str, int]) -> str:
    """What is said of integer inputs and targets: an evaluation has one choice of many."""
    text = ", for one choice of the integers that are looked up or compared, which the witness has"
    return text if n["integers"] else ""


def _choices(n: Mapping[str, int]) -> str:
    """The same of the entries that maxima take, of which any may be the largest."""
    if "maxima" not in n:
        return ""
    count = "one choice" if n["maxima"] == 1 else f"{n['maxima']} choices"
    return f", for {count} of the entry that each maximum takes"


def _schedule(n: Mapping[str, int], where: str = "") -> str:
    return f"{n['steps']} synchronous steps{where}" if n["every_step"] else "the wavefront schedule"


_SEEN_ELSEWHERE = "one was found at other sizes or with other constants, none at its own"
_ELSEWHERE = "layers as this network's at other sizes or with other constants"


def _without_potential(n: Mapping[str, int]) -> str:
    """Of the network's own layers, or of such layers elsewhere, where one may depend on what it does not here."""
    part = "the antisymmetric part of its Jacobian is not zero"
    if n["own"]:
        given = ", with the constants that the witness states" if n["constants"] else ""
        return f"The inference flow has no potential{given}: {part}"
    text = f"The inference flow of {_ELSEWHERE} has no potential: {part}."
    return f"{text} Whether that of this network's own has one is not said"


def _still_wrong(n: Mapping[str, int]) -> str:
    """The same of the steps that are too few."""
    numbers = "there are numbers for which a sensitivity is still wrong then"
    if n["own"]:
        given = "with the constants that the witness states " if n["constants"] else ""
        return f"{n['steps']} steps are not enough: {given}{numbers}"
    text = f"{n['steps']} steps are not enough for {_ELSEWHERE}: {numbers}."
    return f"{text} Whether they are enough for this network's own is not said"


def _of_network(kind: str, n: Mapping[str, int]) -> tuple[str, str]:
    steps = n.get("steps")
    match kind:
        case "lemma":
            return (
                "Stabilisation lemma: if every update reads only variables of smaller rank, then after k steps every "
                "variable of rank <= k no longer depends on the initial state",
                "induction on k for graphs of any size, its step by natural deduction; not vacuous, and sharp",
            )
        case "terms":
            text = "The sensitivity updates contain exactly the terms of dE/dx"
            return text, "comparison with the energy's occurrences of x"
        case "ranks":
            text = (
                f"Every update reads only variables of smaller rank; L = {n['L']} vertices, largest rank T = {n['T']}"
            )
            return text, "computation from the derived equations"
        case "instances":
            text = (
                f"Each of the network's {n['equations']} equations is the instance of its layers' equations that the "
                "graph demands"
            )
            return text, "instantiation by the checker"
        case "induction":
            text = (
                f"The induction on the rank holds step by step, and following its reads every variable has settled "
                f"after {steps} steps, each after as many as its rank"
            )
            return text, "enumeration of every step; propagation through what the updates read"
        case "wiring":
            text = (
                f"With opaque layers, all {steps} synchronous steps from free symbols give the terms of "
                "backpropagation at every vertex"
            )
            return text, "execution on hash-consed terms"
        case "pairing":
            text = (
                "Every layer's vector-Jacobian products and gradients, and every cost's gradient, are adjoint to the "
                "derivative of its definitions, for free functions, at small sizes or those of the network"
            )
            return f"{text}{_integers(n)}{_choices(n)}{_error(n)}", "pairing modulo two random primes, in forward mode"
        case "schedules":
            text = (
                f"{steps} synchronous steps, the wavefront and {steps} rounds of {n['schedules']} asynchronous "
                "schedules reach the same terms from free symbols"
            )
            return text, "execution on hash-consed terms"
        case "identity":
            text = (
                f"x, s and dE/dtheta after {_schedule(n, ' from a random state')} equal backpropagation by automatic "
                "differentiation, at small sizes, for free activations"
            )
            return f"{text}{_integers(n)}{_choices(n)}{_error(n)}", "polynomial identity testing over two random primes"
        case "residues":
            how = f"all {_schedule(n, ' from a random state')}" if n["every_step"] else _schedule(n)
            text = (
                f"At its own sizes, x, s and dE/dtheta after {how} equal backpropagation by reverse accumulation, "
                "for free activations"
            )
            return f"{text}{_error(n)}", "polynomial identity testing over two random primes, with matrices"
        case "polynomial":
            text = (
                f"x, s and dE/dtheta after all {steps} synchronous steps from a state of free variables equal "
                "backpropagation, as polynomials, at small sizes, for free activations"
            )
            return text + _integers(n), "exact equality of polynomials"
        case "rational":
            how = f"all {_schedule(n)}" if n["every_step"] else _schedule(n)
            text = (
                "At one rational point, with piecewise linear stand-ins for the activations, x, s and dE/dtheta after "
                f"{how} are exactly those of backpropagation"
            )
            return text + _integers(n), "exact rational arithmetic at one point"
        case "nonreciprocity" if not n["reads"]:
            return (
                "No layer reads another: the inference flow's Jacobian is -1, symmetric, and the flow has a potential",
                "inspection of the graph",
            )
        case "nonreciprocity":
            return _without_potential(n), "rigorous evaluation of one Jacobian entry"
        case "nonreciprocity:structure":
            text = (
                "The inference flow of some layers with this network's structure has no potential. Whether that of "
                "this network's own layers has one is not said: no entry of its Jacobian is stated that is not zero"
            )
            return text, "a layer that reads another, which does not read it"
        case "tightness":
            return _still_wrong(n), "rigorous real enclosures (Arb)"
        case "tightness:structure":
            text = (
                f"No bound below {n['T']} steps follows from what reads what: some layers with this network's "
                f"structure need {n['T']}. Whether this network's own layers do is not said: no numbers are stated "
                f"for which {n['T'] - 1} are too few"
            )
            return text, "a chain of reads as long as T, with opaque layers"
        case "machine":
            text = (
                f"Machine-checked: any system whose updates read what this network's read is at its unique fixed point "
                f"after {steps} synchronous steps from any state"
            )
            return text, "Coq: the stabilisation theorem, instantiated by computation"
        case "formal":
            text = (
                f"Machine-checked: after {steps} steps of this network's own equations, at its sizes, from any state, "
                "every s and all parameter gradients are the Frechet derivatives of its cost"
                + ("" if n["smooth"] else _IF_SMOOTH)
                + f"; of its {n['parts']} layers, the costs being one, {n['kinds']} are proved to have these adjoints "
                "for all sizes"
            )
            return text, "Coq: printed_backpropagation, its hypotheses checked by computation"
        case "steps":
            text = (
                f"After {steps} unit Euler steps of the saddle-point dynamics from {any_state(n)}, x, s and dE/dtheta "
                f"are exactly those of backpropagation{as_held(n)} (L = {n['L']} vertices){these_sizes(n)}"
            )
            return text, "composition: lemma + ranks + instances + adjoints for all sizes"
    raise KeyError(kind)


__all__ = ["any_state", "as_held", "assumed", "conventions", "log10_error", "these_sizes", "told", "undecided"]
