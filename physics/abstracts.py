"""Both versions of the paper's abstract, sentence by sentence, as claims with verdicts.

arXiv:2602.02281, v1 of February and v2 of May 2026.  The readings are this project's: what a sentence is taken to say
is stated, in the notation of its own derivation, and may be less, or other, than what its author means.  The gist of
each sentence is in our words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dyadic.physics.evidence_of_claims import Evidence, evidence
from dyadic.proofs.claims import Claim, Verdict
from dyadic.symbolic.derivation import Derivation

READING = "our reading of an abstract"
Reading = Callable[[Evidence, str], Claim]
"""From what is known, and the id of the reading, to its claim."""


@dataclass(frozen=True)
class Sentence:
    """A sentence of an abstract.  gist: in our words.  claims: what we read in it."""

    version: str
    number: int
    gist: str
    claims: tuple[Claim, ...]


def rests_on(statement: str, *names: str) -> Reading:
    """A reading that is what other claims say: proved if they all are."""

    def read(known: Evidence, name: str) -> Claim:
        found = known.of(*names)
        missing = [claim for claim in found if claim.verdict is not Verdict.PROVED]
        numbers = {key: value for claim in found for key, value in claim.numbers.items()}
        return Claim(
            name, known.filled(statement), missing[0].verdict if missing else Verdict.PROVED,
            f"{READING}; rests on {', '.join(names)}", _merged(found, "hypotheses"), _merged(found, "trusted"),
            missing[0].counterexample if missing else None, numbers or None, missing[0].reason if missing else None,
        )  # fmt: skip

    return read


def without_potential(statement: str) -> Reading:
    """That inference has no potential: the claim about it is proved either way, and its numbers say which way."""

    def read(known: Evidence, name: str) -> Claim:
        (found,) = known.of("nonreciprocity")
        if found.verdict is not Verdict.PROVED or (found.numbers or {})["reads"]:
            return rests_on(statement, "nonreciprocity")(known, name)
        return Claim(
            name, statement, Verdict.REFUTED, f"{READING}; that is the opposite of nonreciprocity", found.hypotheses,
            found.trusted, {"network": known.network, "says": found.statement}, None,
            "a network in which no layer reads another is at the minimum of the sum of |x_v - f_v|^2 / 2",
        )  # fmt: skip

    return read


def stated_by(statement: str, other: str) -> Reading:
    """A reading that another claim states; its verdict, and its numbers where it is refuted."""

    def read(known: Evidence, name: str) -> Claim:
        (found,) = known.of(other)
        return Claim(
            name, known.filled(statement), found.verdict, f"{READING}; that is {other}", found.hypotheses,
            found.trusted, found.counterexample, None, found.reason,
        )  # fmt: skip

    return read


def refuted_by(statement: str, example: str) -> Reading:
    """A reading about all methods, against one that is proved to be exact."""

    def read(known: Evidence, name: str) -> Claim:
        (found,) = known.of(example)
        if found.verdict is not Verdict.PROVED:
            return Claim(name, statement, Verdict.UNDECIDED, READING, reason=f"{example} is {found.verdict}")
        return Claim(
            name, statement, Verdict.REFUTED, f"{READING}; an example is proved, {example}", found.hypotheses,
            found.trusted, {"example": found.statement}, None,
            "that is how it reads literally, with symmetric weights as J = J^T. The example reads W^T on its way back, "
            "but so does the paper's own dynamics; it is among the methods of `dyadic compare`",
        )  # fmt: skip

    return read


def left_open(statement: str, reason: str) -> Reading:
    """A reading that nothing decides."""

    def read(known: Evidence, name: str) -> Claim:
        return Claim(name, statement, Verdict.UNDECIDED, READING, reason=known.filled(reason))

    return read


_FIRST: tuple[tuple[str, tuple[Reading, ...]], ...] = (
    (
        "backpropagation is usually seen as a symbolic, recursive use of the chain rule",
        (left_open("how backpropagation is usually understood", "it says nothing that could be checked"),),
    ),
    (
        "it emerges exactly as the relaxation of a physical system in finite time",
        (
            rests_on(
                "{T} unit steps of the saddle dynamics from {start} are backpropagation{held} ({network})", "steps"
            ),
        ),
    ),
    (
        "inference as a process in continuous time, and the Lagrangian theory of non-conservative systems, give a "
        "global energy on a doubled state of activations and sensitivities",
        (
            without_potential("the interactions are asymmetric: no potential generates inference"),
            rests_on("doubling the whole state gives the saddle dynamics of E{held} (construction B)", "variational:B"),
            rests_on("doubling the cost alone does not: it leaks into inference (construction C)", "variational:C"),
        ),
    ),
    (
        "the energy's saddle-point dynamics does inference and credit assignment at once, by local interactions",
        (
            rests_on("one dynamics ends in both the activations and the sensitivities", "steps", "wiring"),
            rests_on("every update reads its vertex, parents, children, and what these children read", "locality"),
        ),
    ),
    ("the framework has a name", (left_open("a name", "it says nothing that could be checked"),)),
    (
        "Euler's method with unit steps, the time scale of a layer, is backpropagation in precisely 2L steps, with "
        "nothing approximated",
        (
            rests_on("{T} unit steps from {start} are enough for backpropagation{held} ({network})", "steps"),
            rests_on("and one step fewer is not", "tightness"),
            rests_on("no other step size is exact in finite time: only h = tau", "stepsize:only"),
        ),
    ),
    (
        "unlike earlier energy-based methods it needs no symmetric weights, no asymptotic convergence and no vanishing "
        "perturbation: gradients are exact in finite time",
        (
            rests_on(
                "the theorem assumes none of these: with any weights, from {start}, finitely many steps end in "
                "backpropagation{held}",
                "steps",
            ),
            refuted_by("no earlier method of this kind was exact in finite time without them", "z-il:exact"),
        ),
    ),
    (
        "so backpropagation is the digitally optimised shadow of a continuous relaxation, and exact gradients have a "
        "foundation on analog hardware, where continuous dynamics are native",
        (
            rests_on("the forward and backward pass is one schedule of the relaxation, the wavefront", "schedules"),
            stated_by("the continuous dynamics that analog hardware has is exact in finite time", "continuous"),
        ),
    ),
)
_SECOND: tuple[tuple[str, tuple[Reading, ...]], ...] = (
    (
        "backpropagation is usually a symbolic procedure: a backward pass apart from inference, non-local errors and a "
        "global clock, none of which physics has",
        (left_open("how backpropagation is usually presented, and what physics lacks", "neither is defined"),),
    ),
    (
        "physics-inspired alternatives are approximate, need vanishing perturbations, or symmetric weights",
        (
            refuted_by("every other method has one of these three defects", "z-il:exact"),
            refuted_by("every other method that reads an equilibrium has one of them", "dyadic-ep:exact"),
        ),
    ),
    (
        "exact backpropagation from Hamilton's principle of least action",
        (
            rests_on(
                "the stationary points of the action of s dx/dt - E (construction A) are backpropagation's state{held}",
                "variational:A", "stationary",
            ),
            stated_by("the flow of that action relaxes to it", "A:flow"),
        ),
    ),
    (
        "inference in continuous time and a Lagrangian formalism for non-conservative flows unify inference and "
        "gradients on a doubled phase space with two conjugate fields",
        (
            rests_on("one construction, of the doubled whole state, gives both rates{held} (B)", "variational:B"),
            rests_on("x and s are conjugate under the flow A: it preserves the symplectic form", "symplectic:A"),
            stated_by("x and s are conjugate in that sense under the flow that relaxes, B", "symplectic:B"),
        ),
    ),
    (
        "one global Lagrangian; the loss is a symmetry-breaking perturbation of the forward manifold; credit is the "
        "tension between the conjugate states",
        (
            rests_on("one functional gives the dynamics of all variables", "variational:B"),
            rests_on("the cost alone breaks the exchange of the copies, and moves s away from 0", "symmetry"),
            rests_on("the difference of the two copies, s, is dC/dx{held}, where the dynamics rests", "steps"),
        ),
    ),
    (
        "inference and gradients unfold at once, locally, and need no separate backward circuit",
        (
            rests_on("at once, and locally", "steps", "locality"),
            left_open(
                "no separate backward circuit is needed",
                "a circuit is not defined; the update of s reads the children's weights, transposed, and where a "
                "device has copies of them s is backpropagation's if and only if these agree with W^T on what reaches "
                "the cost ({agreement})",
            ),
        ),
    ),
    (
        "standard backpropagation is exactly the discrete-time projection of this continuous flow",
        (
            rests_on("true of the flow B and unit steps: exact after {T}", "steps"),
            rests_on("of B, and of no step size but h = tau", "stepsize:only"),
            stated_by("true of the flow A: its unit steps reach backpropagation's sensitivities", "A:step"),
        ),
    ),
    (
        "physics and backpropagation share a formalism, so that symplectic geometry, Noether's theorem and path "
        "integrals apply to learning",
        (
            rests_on("A preserves the symplectic form, and E, which has no time in it", "symplectic:A", "energy:A"),
            stated_by("B preserves the symplectic form", "symplectic:B"),
            rests_on(
                "along B, dE/dt = 2 <dE/dx, dE/ds>{held}, and volume shrinks at the rate 2 n", "energy:B", "volume:B"
            ),
            left_open("path-integral methods apply to learning", "an outlook: no statement is made"),
        ),
    ),
    (
        "it points to analog and neuromorphic hardware that learns by its own dynamics",
        (
            left_open(
                "hardware that learns by its own dynamics",
                "an outlook; what devices that are not ideal reach is predicted by `dyadic devices`",
            ),
        ),
    ),
)  # fmt: skip


def abstract_claims(derivation: Derivation | None = None) -> list[Sentence]:
    """Every sentence of both abstracts; ``derivation``: the network on which theorems are instantiated."""
    known = evidence(derivation)
    return [
        Sentence(version, number, gist, _read(known, f"{version}.{number}", readings))
        for version, sentences in (("v1", _FIRST), ("v2", _SECOND))
        for number, (gist, readings) in enumerate(sentences, 1)
    ]


def _read(known: Evidence, name: str, readings: tuple[Reading, ...]) -> tuple[Claim, ...]:
    letters = [""] if len(readings) == 1 else list("abcd")
    return tuple(read(known, name + letter) for read, letter in zip(readings, letters, strict=False))


def _merged(claims: list[Claim], attribute: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for claim in claims for text in getattr(claim, attribute)))


__all__ = [
    "READING",
    "Sentence",
    "abstract_claims",
    "left_open",
    "refuted_by",
    "rests_on",
    "stated_by",
    "without_potential",
]
