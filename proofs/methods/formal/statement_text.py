"""The rest of a Coq file read back: that its layers make up its network, and that its theorem says what it should.

The reader of equations (:mod:`dyadic.proofs.methods.formal.readback`) calls this.  What a theorem is proved by may be
anything: Coq checks it, and lists what it rests on.  But it lists no hypothesis of a section, and does not know what
the statement should be.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_FORBIDDEN = re.compile(
    r"\b(Axiom|Axioms|Parameter|Parameters|Conjecture|Admitted|Hypothesis|Hypotheses|Variable|Variables|Context|Notation"
    r"|Infix|Section|Module|Coercion|Canonical|Instance|Hint|Unset|Set)\b"
)
"""What no sentence before the statement may be."""


def difference(source: str, layers: int, parameters: int, half: int, is_asked: bool) -> str | None:
    """What is not as it should be, if anything is.

    layers: how many, the costs being the last.  parameters: how many tensors.  half: of the number of steps.
    is_asked: whether the theorem asks anything of the numbers.
    """
    text = " ".join(re.sub(r"\(\*.*?\*\)", " ", source, flags=re.S).split())
    head, found, rest = text.partition(" Section Statement. ")
    if not found or _FORBIDDEN.search(head):
        return "something stands before the statement that should not"
    n = layers - 1
    for sentence in (*_made_of(n), *_layers(n)):
        if head.count(sentence) != 1:
            return f"the file does not say once: {sentence}"
    statement, _, proof = rest.partition(" Proof. ")
    asked = _ASKED.format(arguments=f"dims {n} {parameters} layers cost_layer data theta") if is_asked else ""
    if statement != " ".join(_STATEMENT.format(n=n, P=parameters, L=half, asked=asked).split()):
        return "the theorem's statement does not read back"
    _, found, end = proof.partition(" Qed. ")
    if not found or end != "End Statement. Print Assumptions this_network.":
        return "something stands after the theorem"
    return None


def definitions(source: str) -> tuple[str, str]:
    """The parts of a file that hold the shapes and the layers, and what the theorem asks of numbers."""
    layers = source.partition("\nDefinition dims ")[2].partition("\nDefinition cost_layer ")[0]
    return layers, source.partition("\nDefinition asked ")[2].partition("\nLemma asked_is_all ")[0]


def _made_of(n: int) -> Sequence[str]:
    names = "; ".join(f"layer{v}" for v in range(n))
    return (
        f"Definition cost_layer : layer := layer{n}.",
        f"Definition layers (v : nat) : layer := nth v [{names}] cost_layer.",
    )


def _layers(n: int) -> Sequence[str]:
    """That the costs alone are told to be such."""
    return [f"Definition layer{v} : layer := Layer {'true' if v == n else 'false'} [" for v in range(n + 1)]


_ASKED = "Hypothesis asked_is_met : forall c, In c asked -> demand_met others {arguments} c."
_STATEMENT = """
Variable others : functions. Variable data : nat -> Z -> R. Variable theta : Theta dims {P}.
Notation F := (standard_functions others).
Notation f := (vertex_map F dims {P} layers data).
Notation cost := (cost F dims {n} {P} cost_layer data).
Notation run := (printed_run F dims {n} {P} layers cost_layer data theta).
Notation gradient := (printed_gradient F dims {n} {P} layers cost_layer data theta).
{asked}
Theorem this_network : forall start, let z := run (2 * {L}) start in
(forall v, v < {n} -> fst z v = f v (feedforward f theta v)) /\\
(forall v, v < {n} -> filterdiff (fun y => cost (feedforward_with f theta v y {n}))
(locally (fst z v)) (pair dims (snd z v))) /\\
filterdiff (feedforward_cost f cost) (locally theta) (pair_parameters dims {P} (gradient z)).
"""

__all__ = ["definitions", "difference"]
