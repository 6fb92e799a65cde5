"""What each kind of claim says, how it is known and what it may rest on, from the checker's side.

Every text in a certificate must be the one that is made here of the claim's kind, subject and numbers.  The prover
makes it with code of its own (proofs/sentences.py), so a text can say nothing that the data does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dyadic.proofs.checker import trust
from dyadic.proofs.checker.assumptions import is_held, where_smooth

Numbers = Mapping[str, int]
Subject = Mapping[str, str]
Components = tuple[str, ...]


@dataclass(frozen=True)
class ClaimKind:
    """One kind of claim.

    subject, numbers: the keys that it has.  say: its sentence.  how: its method.
    needs: the components that a proved claim with this data rests on.  further: those that it may rest on besides.
    """

    subject: tuple[str, ...]
    numbers: tuple[str, ...]
    say: Callable[[Subject, Numbers, str], str]
    how: Callable[[Subject, Numbers], str]
    needs: Callable[[Subject, Numbers], Components]
    further: Components = ()


def _rule(subject: str, numbers: str, say: Any, how: Any, needs: Any = (), further: Components = ()) -> ClaimKind:
    """say and how: a template over the numbers and the subject, or a function that gives one; so with needs."""

    def filled(template: Any) -> Callable[..., str]:
        def fill(about: Subject, n: Numbers, label: str = "") -> str:
            text: str = template(about, n) if callable(template) else template
            text = text if "log10_error" in n else text.replace(_ERROR, "")
            for key, value in (*about.items(), *n.items(), ("label", label)):
                text = text.replace("{" + key + "}", str(value))
            return text

        return fill

    names = tuple(subject.split())
    components = needs if callable(needs) else lambda about, n: needs
    return ClaimKind(names, tuple(numbers.split()), filled(say), filled(how), components, further)


def _by(key: str, yes: Any, no: Any) -> Callable[[Subject, Numbers], Any]:
    return lambda about, n: yes if n[key] else no


_IF_SMOOTH = (
    ", if no maximum is attained twice, no argument of relu and no divisor is 0, every argument of a root or logarithm "
    "is positive, and any function that proofs/coq/Functions.v lacks is differentiable at its argument; "
    "this counts as proved only where a state that meets all of it was found, or is too much work to look for"
)
_ERROR = " (probability of error below 1e{log10_error})"
_EQUALS = " equal backpropagation by automatic differentiation, at small sizes, for free activations"
_INTEGERS = ", for one choice of the integers that are looked up or compared, which the witness has"
_MAXIMA = ", for {choices} of the entry that each maximum takes"
_OWN = " equal backpropagation by reverse accumulation, for free activations" + _ERROR
_POINT = "At one rational point, with piecewise linear stand-ins for the activations, x, s and dE/dtheta after "
_RANDOM = (trust.EVALUATOR, trust.BLAKE)
_NUMBERS = (trust.ARB, trust.EVALUATOR, trust.BLAKE, trust.FRACTIONS)
"""What finding a counterexample may have called besides."""


def _pairing(about: Subject, n: Numbers) -> str:
    if about["content"].startswith("costs."):
        return 'The cost called "{label}": dC/dx is the adjoint of its derivative' + _sizes(n)
    energy = 'Layers called "{label}": E_v = <s_v, f_v - x_v>, dE_v/ds_v = f_v - x_v, and the vector-Jacobian product '
    return energy + "with respect to each input is the adjoint of the derivative" + _sizes(n)


def _sizes(n: Numbers) -> str:
    sizes = "" if n["all_sizes"] else ", for the sizes of this network"
    return sizes + ("" if n["everywhere"] else ", wherever its equations have values")


def _of_integers(n: Numbers) -> str:
    return _INTEGERS if n["integers"] else ""


def of_maxima(n: Numbers) -> str:
    """With how many choices of the largest entries something was evaluated, in words; empty where there are none."""
    count = n.get("maxima", 0)
    return _MAXIMA.replace("{choices}", "one choice" if count == 1 else f"{count} choices") if count else ""


_TANGENT = _by(
    "all_sizes",
    "steps from the pairing with the tangent equation, for all sizes",
    "exact evaluation over two prime fields at the sizes of this network",
)
_ADJOINT = _by("all_sizes", (trust.RULES,), (trust.RULES, trust.EVALUATOR, trust.BLAKE))
_CONSTRUCTIONS = {
    "A": "the action of s dx/dt - E gives dx/dt = dE/ds and ds/dt = -dE/dx (s runs backward in time)",
    "B": "doubling the whole state gives the saddle-point dynamics dx/dt = +dE/ds, ds/dt = +dE/dx",
    "C": "putting C(x + s/2) - C(x - s/2) for the cost changes dx/dt: the cost's gradient leaks into inference",
    "dyadic": "in a = x + s/2, b = x - s/2 the dynamics are da/dt = +dE/da, db/dt = -dE/db",
}
_VARIATIONAL = {
    "A": "first variation with polynomial trajectories and free coefficients",
    "B": "first variation with polynomial trajectories and free coefficients",
    "C": "evaluation at a point",
    "dyadic": "chain rule on cubic energies with free coefficients",
}
_STEPSIZE = {
    "only": (
        "A variable displaced alone from the fixed point is off by (1 - h / tau_v)^n times as much after n steps: "
        "finite-time exactness needs h = tau_v for every v, and h = 1 where all are 1",
        "induction on n; step as an identity of polynomials, and no zero divisors among the reals",
    ),
    "closed-form": (
        "For a linear network the deviation after n steps of size h is Sum_j binom(n, j) (1 - h)^(n - j) h^j M^j e_0, "
        "for every n",
        "induction on n; Pascal's rule as an identity of polynomials",
    ),
    "network": ("", "exact evaluation over a random prime, with free activations"),
}


def _stepsize(about: Subject, n: Numbers) -> str:
    if about["part"] != "network":
        return _STEPSIZE[about["part"]][0]
    simulated = "; simulated with fractions, it deviates as the closed form says" if n["linear"] else ""
    return (
        "This network: M^T = 0 for T = {T} (a random row of it), so the spectral radius at step h is |1 - h|; "
        "a displaced variable is off by (1 - h)^n d after n steps" + simulated + _ERROR
    )


_OTHER = "layers as this network's at other sizes or with other constants"
_WITH = "with the constants that the witness states"


def _flow(n: Numbers) -> str:
    if not n["reads"]:
        return "No layer reads another: the inference flow's Jacobian is -1, symmetric, and the flow has a potential"
    entry = ": the antisymmetric part of its Jacobian is not zero"
    if not n["own"]:
        flow = f"The inference flow of {_OTHER} has no potential{entry}"
        return f"{flow}. Whether that of this network's own has one is not said"
    return "The inference flow has no potential" + (f", {_WITH}" if n["constants"] else "") + entry


def _too_few(n: Numbers) -> str:
    there = "there are numbers for which a sensitivity is still wrong then"
    if not n["own"]:
        return f" for {_OTHER}: {there}. Whether they are enough for this network's own is not said"
    return f": {_WITH} {there}" if n["constants"] else f": {there}"


def _of_steps(about: Subject, n: Numbers) -> Components:
    if about["part"] != "network":
        return trust.INDUCTION, trust.POLYNOMIALS
    return (*_RANDOM, trust.FRACTIONS) if n["linear"] else _RANDOM


RULES: dict[str, ClaimKind] = {
    "lemma": _rule(
        "", "",
        "Stabilisation lemma: if every update reads only variables of smaller rank, then after k steps every variable "
        "of rank <= k no longer depends on the initial state",
        "induction on k for graphs of any size, its step by natural deduction; not vacuous, and sharp",
        (trust.DEDUCTION, trust.INDUCTION),
    ),
    "variational": _rule(
        "construction", "", lambda about, n: _CONSTRUCTIONS[about["construction"]],
        lambda about, n: _VARIATIONAL[about["construction"]],
        lambda about, n: (trust.SYMPY_NUMBERS if about["construction"] == "C" else trust.POLYNOMIALS,),
        (trust.SYMPY_NUMBERS,),
    ),
    "ranks": _rule(
        "", "L T",
        "Every update reads only variables of smaller rank; L = {L} vertices, largest rank T = {T}",
        "computation from the derived equations", (trust.GRAPH,),
    ),
    "instances": _rule(
        "",
        "equations",
        "Each of the network's {equations} equations is the instance of its layers' equations that the graph demands",
        "instantiation by the checker",
        (trust.INTEGER_FORMS,),
        (trust.CHECKER, trust.BLAKE),
    ),
    "printed": _rule(
        "notation",
        "compared left_out",
        lambda about, n: ("The LaTeX" if about["notation"] == "latex" else "The {notation}")
        + " printed for {compared} equations and intermediates, read back, is the same"
        + ("; {left_out} are in a notation that is not read back" if n["left_out"] else ""),
        "reading back, and comparing letter by letter",
        (trust.READERS, trust.INTEGER_FORMS),
    ),
    "induction": _rule(
        "", "steps",
        "The induction on the rank holds step by step, and following its reads every variable has settled after "
        "{steps} steps, each after as many as its rank",
        "enumeration of every step; propagation through what the updates read",
        (trust.SMALL_MODELS, trust.GRAPH), (trust.SYMPY_NUMBERS,),
    ),
    "adjoint": _rule(
        "content", "all_sizes everywhere positions_inside maxima_nonempty", _pairing, _TANGENT, _ADJOINT, _NUMBERS,
    ),
    "gradient": _rule(
        "content", "all_sizes everywhere positions_inside maxima_nonempty",
        lambda about, n: 'Layers called "{label}": dE/dtheta is the adjoint of the derivative' + _sizes(n),
        _TANGENT, _ADJOINT, _NUMBERS,
    ),
    "function": _rule(
        "name", "",
        lambda about, n: "{name}: the emitted derivative is 0, as the convention asks; it is not that of the value"
        if is_held(about["name"])
        else "{name}: the emitted derivative is the derivative of the definition" + where_smooth(about["name"]),
        "rational functions in a differential field", (trust.DERIVATION_RULES, trust.SYMPY_POLYNOMIALS),
        (trust.POLYNOMIALS,),
    ),
    "wiring": _rule(
        "",
        "steps",
        "With opaque layers, all {steps} synchronous steps from free symbols give the terms of backpropagation at "
        "every vertex",
        "execution on hash-consed terms",
        (trust.TERMS, trust.GRAPH),
    ),
    "pairing": _rule(
        "", "integers maxima log10_error",
        lambda about, n: "Every layer's vector-Jacobian products and gradients, and every cost's gradient, are adjoint "
        "to the derivative of its definitions, for free functions, at small sizes or those of the network"
        + _of_integers(n) + of_maxima(n) + _ERROR,
        "pairing modulo two random primes, in forward mode", _RANDOM, (trust.CHECKER,),
    ),
    "schedules": _rule(
        "", "steps schedules",
        "{steps} synchronous steps, the wavefront and {steps} rounds of {schedules} asynchronous schedules reach the "
        "same terms from free symbols",
        "execution on hash-consed terms", (trust.TERMS, trust.GRAPH),
    ),
    "identity": _rule(
        "", "steps every_step integers maxima log10_error",
        lambda about, n: "x, s and dE/dtheta after "
        + ("{steps} synchronous steps from a random state" if n["every_step"] else "the wavefront schedule")
        + _EQUALS + _of_integers(n) + of_maxima(n) + _ERROR,
        "polynomial identity testing over two random primes", _RANDOM,
    ),
    "residues": _rule(
        "", "steps every_step log10_error",
        lambda about, n: "At its own sizes, x, s and dE/dtheta after "
        + ("all {steps} synchronous steps from a random state" if n["every_step"] else "the wavefront schedule") + _OWN,
        "polynomial identity testing over two random primes, with matrices", (trust.MATRICES, trust.SHAKE),
        (trust.BLAKE, trust.GRAPH),
    ),
    "polynomial": _rule(
        "", "steps integers",
        lambda about, n: "x, s and dE/dtheta after all {steps} synchronous steps from a state of free variables equal "
        "backpropagation, as polynomials, at small sizes, for free activations" + _of_integers(n),
        "exact equality of polynomials", (trust.POLYNOMIALS, trust.EVALUATOR), (trust.BLAKE,),
    ),
    "rational": _rule(
        "", "steps every_step integers",
        lambda about, n: _POINT + ("all {steps} synchronous steps" if n["every_step"] else "the wavefront schedule")
        + " are exactly those of backpropagation" + _of_integers(n),
        "exact rational arithmetic at one point", (trust.FRACTIONS, trust.EVALUATOR), (trust.BLAKE,),
    ),
    "nonreciprocity": _rule(
        "", "reads own constants", lambda about, n: _flow(n),
        _by("reads", "rigorous evaluation of one Jacobian entry", "inspection of the graph"),
        _by("reads", (trust.ARB, trust.EVALUATOR, trust.BLAKE), ()), (trust.CHECKER,),
    ),
    "nonreciprocity:structure": _rule(
        "",
        "",
        "The inference flow of some layers with this network's structure has no potential. Whether that of "
        "this network's own layers has one is not said: no entry of its Jacobian is stated that is not zero",
        "a layer that reads another, which does not read it",
        (),
        (trust.ARB, trust.EVALUATOR, trust.BLAKE, trust.CHECKER, trust.GRAPH),
    ),
    "tightness": _rule(
        "",
        "steps own constants",
        lambda about, n: "{steps} steps are not enough" + _too_few(n),
        "rigorous real enclosures (Arb)",
        (trust.ARB, trust.EVALUATOR, trust.LEMMA),
        (*_NUMBERS, trust.GRAPH),
    ),
    "tightness:structure": _rule(
        "",
        "T",
        lambda about, n: "No bound below {T} steps follows from what reads what: some layers with this network's "
        "structure need {T}. Whether this network's own layers do is not said: no numbers are stated for which "
        + f"{n['T'] - 1} are too few",
        "a chain of reads as long as T, with opaque layers",
        (trust.GRAPH,),
        (*_NUMBERS, trust.LEMMA),
    ),
    "stepsize": _rule(
        "part", "T linear log10_error", _stepsize, lambda about, n: _STEPSIZE[about["part"]][1], _of_steps,
        (trust.GRAPH,),
    ),
    "machine": _rule(
        "", "steps",
        "Machine-checked: any system whose updates read what this network's read is at its unique fixed point after "
        "{steps} synchronous steps from any state",
        "Coq: the stabilisation theorem, instantiated by computation", (trust.COQ, trust.GRAPH),
    ),
    "formal": _rule(
        "", "steps L smooth kinds parts",
        lambda about, n: "Machine-checked: after {steps} steps of this network's own equations, at its sizes, from any "
        "state, every s and all parameter gradients are the Frechet derivatives of its cost"
        + ("" if n["smooth"] else _IF_SMOOTH)
        + "; of its {parts} layers, the costs being one, {kinds} are proved to have these adjoints for all sizes",
        "Coq: printed_backpropagation, its hypotheses checked by computation",
        (trust.COQ, trust.COQ_MACHINE, trust.COQ_REALS, trust.FORMAL_TEXT, trust.FORMAL_SHAPE),
        (trust.ARB, trust.EVALUATOR, trust.BLAKE, trust.SHAKE),
    ),
    "steps": _rule(
        "", "steps L everywhere elsewhere all_sizes held",
        lambda about, n: "After {steps} unit Euler steps of the saddle-point dynamics from any state"
        + ("" if n["everywhere"] else " from which every update is defined")
        + (" (one was found at other sizes or with other constants, none at its own)" if n["elsewhere"] else "")
        + ", x, s and dE/dtheta are exactly those of backpropagation"
        + (" as the program defines it, with values held constant where it stops gradients" if n["held"] else "")
        + " (L = {L} vertices)"
        + ("" if n["all_sizes"] else ", at the sizes of this network"),
        "composition: lemma + ranks + instances + adjoints for all sizes",
    ),
}  # fmt: skip
"""The kinds that are known; a claim of any other kind is listed as not checked."""

METHOD_OF = {"gradient": "adjoint", "function": "functions"}
"""The method that makes the claims of a kind, where it has another name."""
ESSENTIAL = ("lemma", "ranks", "instances", "adjoint")
BEARING = (
    "lemma", "ranks", "induction", "instances", "adjoint", "functions", "wiring", "pairing", "schedules", "identity",
    "residues", "polynomial", "rational",
)  # fmt: skip
"""Methods that the theorem stands or falls with."""
METHODS = (*BEARING, "printed", "variational", "stepsize", "nonreciprocity", "tightness", "machine", "formal")
CHOICES = {"printed": ("text", "latex"), "variational": tuple(_CONSTRUCTIONS), "stepsize": tuple(_STEPSIZE)}
"""What the one entry of a subject can be."""
