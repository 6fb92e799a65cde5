"""What the checker says of a certificate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dyadic.proofs.checker.evaluation.domain import STATE
from dyadic.proofs.checker.intake.reading import shown


class Done(StrEnum):
    """What was done about one claim."""

    REPLAYED = "replayed"  # its proof, step by step, for all sizes
    COMPUTED = "computed"  # from the certificate, with no chance of error
    EVALUATED = "evaluated"  # at numbers, with primes of the checker's own
    STATED = "stated"  # by the prover, and not looked at again
    UNKNOWN = "unknown"  # nothing the checker knows: it does not count


CHECKS: dict[str, tuple[Done, str, str, str]] = {
    "lemma": (
        Done.REPLAYED,
        "its proof, rule by rule",
        "lemmas/stabilisation.py, lemmas/deduction.py",
        "its rules; induction",
    ),
    "variational": (
        Done.REPLAYED,
        "first variation, integration by parts, rates",
        "lemmas/variational_replay.py",
        "its polynomials",
    ),
    "ranks": (Done.COMPUTED, "terms, shapes, ranks, L and T", "intake/graph.py, intake/shapes.py", "its list of reads"),
    "instances": (
        Done.COMPUTED,
        "every printed equation, against the graph",
        "instantiated/equation_instances.py",
        "its forms of integers",
    ),
    "adjoint": (Done.REPLAYED, "every step of the proof, for all sizes", "core/replay.py", "its rules"),
    "gradient": (Done.REPLAYED, "every step of the proof, for all sizes", "core/replay.py", "its rules"),
    "function": (
        Done.REPLAYED,
        "the definition differentiated",
        "differentiation/function_replay.py",
        "its rules",
    ),
    "wiring": (
        Done.COMPUTED,
        "all steps on opaque terms from two states",
        "evaluation/relaxation.py",
        "its dictionaries of opaque terms",
    ),
    "pairing": (
        Done.EVALUATED,
        "forward mode against the adjoints",
        "evaluation/kind_pairing.py",
        "its evaluator; blake2b",
    ),
    "identity": (
        Done.EVALUATED,
        "the network against forward mode",
        "evaluation/simulation.py",
        "its evaluator; blake2b",
    ),
    "residues": (
        Done.EVALUATED,
        "the network at its own sizes against forward mode",
        "evaluation/simulation.py",
        "its evaluator; blake2b",
    ),
    "induction": (Done.COMPUTED, "as for wiring", "evaluation/relaxation.py", "its dictionaries of opaque terms"),
    "schedules": (Done.COMPUTED, "as for wiring", "evaluation/relaxation.py", "its dictionaries of opaque terms"),
    "printed": (Done.STATED, "nothing", "none", "the prover; its readers of equations"),
    "polynomial": (
        Done.EVALUATED,
        "modulo primes, as for identity",
        "evaluation/simulation.py",
        "its evaluator; blake2b",
    ),
    "rational": (
        Done.EVALUATED,
        "at a point of its own, in fractions, against forward mode",
        "evaluation/simulation.py, evaluation/stand_ins.py",
        "its evaluator; Python's generator of random numbers",
    ),
    "nonreciprocity": (
        Done.COMPUTED,
        "a row of the Jacobian enclosed at numbers of its own",
        "evaluation/reciprocity_entry.py",
        "its evaluator; differentiation/integer_intervals.py",
    ),
    "nonreciprocity:structure": (
        Done.COMPUTED,
        "a layer reads another, which does not read it",
        "intake/graph.py",
        "its list of reads",
    ),
    "tightness:structure": (
        Done.COMPUTED,
        "each of the chain reads the next",
        "intake/graph.py",
        "its list of reads",
    ),
    "tightness": (Done.STATED, "nothing; `dyadic check` encloses the numbers again", "none", "the prover; Arb"),
    "stepsize": (
        Done.REPLAYED,
        "two identities of polynomials; this network's by its reads, and in fractions if it is linear",
        "lemmas/step_sizes.py, evaluation/linear_deviation.py",
        "its polynomials; induction; its list of reads",
    ),
    "machine": (Done.STATED, "nothing", "none", "the prover; Coq's kernel"),
    "formal": (Done.STATED, "nothing; `dyadic check --coq` asks Coq again", "none", "the prover; Coq's kernel"),
    "steps": (Done.REPLAYED, "the composition of what it rests on", "confirmation.py", "all of the above"),
}
"""What is done about a claim of each kind at best, by which code, and what has to be trusted then."""


_STATES = "whether there is a state from which every update is defined"


@dataclass(frozen=True)
class Finding:
    """What was done about one claim, and with what.

    claim: its id.  title: the same in the checker's words, with what is the file's in quotes.
    """

    claim: str
    done: Done
    detail: str
    title: str


@dataclass(frozen=True)
class Report:
    """What a certificate that holds is worth.

    open: what ``steps`` rests on and was not verified again, and why; nothing if the certificate is confirmed.
    name, architecture: what the certificate calls its network, and the digest of that.
    own_sizes: the claims that ``steps`` rests on and that were verified at the sizes of this network only.
    hypotheses: those of ``steps``, which the checker has made from the equations itself, and of the theorem in Coq,
        where that was asked for and is accepted.
    looked: whether a state from which every update is defined was looked for, where updates are not defined everywhere;
        what does that needs a library, and is no part of the checker.
    elsewhere: whether such a state was found at other sizes or with other constants only, as the certificate says.
    compared: at how many points the gradients of a program were compared with its own when the network was made of it,
        says the certificate; 0 if they were not, None where there is no such program.
    """

    findings: tuple[Finding, ...]
    open: tuple[str, ...]
    name: str
    architecture: str
    own_sizes: tuple[str, ...] = ()
    hypotheses: tuple[str, ...] = ()
    compared: int | None = None
    looked: bool = False
    elsewhere: bool = False

    def __repr__(self) -> str:
        return f"<Report on {self.name!r}: {self.verdict}, {len(self.findings)} claims, {len(self.open)} open>"

    @property
    def confirmed(self) -> bool:
        """Whether ``steps`` and all that it rests on were verified again."""
        return not self.open

    @property
    def verdict(self) -> str:
        return "CONFIRMED" if self.confirmed else "PARTLY"

    @property
    def about(self) -> str:
        """Of which network this is said: only that has this digest."""
        return f"of the architecture {shown(self.name, 200)}, SHA-256 {self.architecture}"

    def lines(self) -> list[str]:
        """The report as it is printed: the findings, what is assumed and open, of which network, and the outcome."""
        found = [f"{f.done.upper():<10} {f.title}: {f.detail}" for f in self.findings]
        found += [f"ASSUMING   {one}" for one in self.hypotheses]
        found += [f"OPEN       {reason}" for reason in self.open]
        found += [f"NOT SEEN   {_STATES}: {self._seen()}"] if self._of_some_states else []
        found += [] if self.compared is None else [f"NOT SEEN   {self._program()}"]
        counts = [f"{n} {done}" for done in Done if (n := sum(f.done is done for f in self.findings))]
        where = ", at the sizes of this network" if self.own_sizes else ""
        rest = f"steps and all that it rests on were verified again{where}" if self.confirmed else None
        rest = rest or f"{len(self.open)} open"
        rest += f", {_STATES.replace('whether', 'if')}" if self.confirmed and self._of_some_states else ""
        return [*found, self.about, f"{self.verdict}: {rest}; {', '.join(counts)}{self._uncounted()}"]

    @property
    def _of_some_states(self) -> bool:
        """Whether the theorem may be about no state, as far as is known."""
        return (self.elsewhere or not self.looked) and any(one.startswith(STATE) for one in self.hypotheses)

    def _seen(self) -> str:
        """What is known of states from which every update is defined."""
        if not self.looked:
            return "`dyadic check` looks for one"
        return "one was found at other sizes or with other constants, none at its own"

    def _program(self) -> str:
        """How the network and the program that it was made of hang together, of which nothing is in the file."""
        if not self.compared:
            return "the program that the network was made of; its own gradients were not compared with these"
        points = "a random point" if self.compared == 1 else f"{self.compared} random points"
        return f"the program that the network was made of; its own gradients are these at {points}, says the file"

    def _uncounted(self) -> str:
        """What was not looked at again counts neither for nor against the verdict."""
        left = [done for done in (Done.STATED, Done.UNKNOWN) if any(f.done is done for f in self.findings)]
        return f"; what is {' or '.join(left)} does not count" if left else ""
