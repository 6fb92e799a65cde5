"""The theorem of exactness for one network: statement, verdict, proof and tightness."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dyadic.paper import theory
from dyadic.paper.document import Block, Code, Math, Paragraph, Picture, Refs, Span, Theorem
from dyadic.paper.glyphs import Notation
from dyadic.paper.prose import differing, number, sentence
from dyadic.paper.setting import joined
from dyadic.paper.wavefront import wavefront
from dyadic.proofs.sentences import any_state
from dyadic.proofs.statements.verdict import sizes
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.expressions import size


def result(
    derivation: Derivation, certificate: Mapping[str, Any], notation: Notation, generic: bool = False
) -> tuple[Block, ...]:
    """What the reader came for: theorem, figure, verdict.  generic: of any network of these kinds of layers."""
    verdict = _verdict(certificate, derivation.architecture.name if generic else "")
    return (
        _theorem(derivation, _steps(certificate), generic, _domain(certificate)),
        _picture(derivation, notation, generic),
        verdict,
    )


def _domain(certificate: Mapping[str, Any]) -> str:
    """Which initial states the theorem is about, where it is not all of them."""
    return any_state(_steps(certificate)["numbers"]).removeprefix("any state")


def _steps(certificate: Mapping[str, Any]) -> Mapping[str, Any]:
    """The claim that the theorem is."""
    unverified = {"verdict": "undecided", "reason": "it was not verified", "numbers": {"everywhere": 1, "held": 0}}
    return next((claim for claim in certificate["claims"] if claim["kind"] == "steps"), unverified)


def _theorem(derivation: Derivation, claim: Mapping[str, Any], generic: bool, domain: str) -> Theorem:
    """claim: that of the steps, by whose verdict it is a theorem or not.  domain: which initial states, if not all."""
    held, proved = claim["numbers"]["held"], claim["verdict"] == "proved"
    program = " as the program defines it, with values held constant where it stops gradients" if held else ""
    steps, update = derivation.steps, theory.update_rules()
    double = steps == 2 * derivation.L
    value = () if generic else ("=", str(steps))
    count: Any = ("T", "=", "2", "L", *value) if double else ("T", *value)
    network: Span = "a network of the kinds of layers below" if generic else Code(derivation.architecture.name)
    ending = " and ends at one that the cost reads" if generic and double else ""
    depth: Any = "L" if generic else ("L", "=", str(derivation.L))
    return Theorem(
        "Theorem" if proved else "Claim",
        (
            Paragraph(
                (
                    "Let all vertices of ", network, ", whose longest path has ", Math(depth),
                    f" vertices{ending}, be updated at once by the unit Euler step ",
                    Math(update[0]), " and ", Math(update[1]),
                    " of the saddle-point dynamics", Refs(("dynamics-x", "dynamics-s")),
                    f". Then from any initial state{domain}, after ", Math(count), " steps, ", Math("x"),
                    " is the feedforward activation, ",
                    Math("s"), " is the sensitivity of backpropagation, and ",
                    Math(("partial", "E", "/", "partial", "theta")),
                    f" is the gradient of the cost{program}. No further step changes anything.",
                )
            ),
        ),
        "exactness in finite time" + ("" if proved else f", {claim['verdict']}"),
        "exactness",
        "steps",
    )  # fmt: skip


def _picture(derivation: Derivation, notation: Notation, generic: bool) -> Picture:
    drawing = wavefront(derivation, *notation.state)
    of = f", here of {derivation.architecture.name}" if generic else ""
    caption = (
        f"The wavefront of exactness{of}. A row is a vertex (in a large network, vertices of neighbouring depths), a "
        "column the state after that many unit steps. Activations become exact from the inputs "
        "upward (solid front), sensitivities from the output back (dashed front)."
    )
    ranks, vertices = derivation.ranks, derivation.architecture.vertices
    return Picture(drawing, (caption,), tuple((v.name, ranks.x[v.name], ranks.s[v.name]) for v in vertices))


def _verdict(certificate: Mapping[str, Any], example: str = "") -> Paragraph:
    """example: the network of which it is, where the theorem is of any network."""
    counts = {
        verdict: sum(c["verdict"] == verdict for c in certificate["claims"])
        for verdict in ("proved", "refuted", "undecided")
    }
    listed = ", ".join(f"{count} {'is' if count == 1 else 'are'} {name}" for name, count in counts.items() if count)
    digest, verdict = certificate["hash"], _steps(certificate)["verdict"]
    beside = ", ".join(claim["id"] for claim in certificate["claims"] if claim["verdict"] == certificate["verdict"])
    but = "" if certificate["verdict"] == verdict else f"; {certificate['verdict']} beside it: {beside}"
    return Paragraph(
        (
            *(("Of the network ", Code(example), " of these kinds, with its sizes: ") if example else ()),
            f"{verdict if example else verdict.capitalize()}{but}. Of the claims on which the theorem rests or which "
            f"follow from it, {listed}; they are listed below with what they trust. The certificate, SHA-256 ",
            Code(" ".join(digest[k : k + 8] for k in range(0, 32, 8))), " (first half), can be checked again with ",
            Code("dyadic check"), ".",
        ),
        "Verdict.",
    )  # fmt: skip


def proof(derivation: Derivation, certificate: Mapping[str, Any], generic: bool = False) -> tuple[Block, ...]:
    ranks, reached = derivation.ranks, {cost.input for cost in derivation.architecture.costs}
    deepest = max((ranks.s[name] for name in reached if ranks.x[name] == derivation.L), default=0)
    remark = (
        "Nothing is assumed of the maps beyond the vector-Jacobian products being those that backpropagation uses; in "
        "particular weights need not be symmetric."
    )
    steps = _steps(certificate)
    domain = any_state({**steps["numbers"], "elsewhere": 0}).removeprefix("any state")
    argument = theory.proof_of_theorem(derivation.L, derivation.steps, deepest, generic, domain)
    blocks: list[Block] = [
        Theorem("Proof", argument, claim="lemma") if steps["verdict"] == "proved" else _without_proof(steps, argument),
        Paragraph((remark,)),
    ]
    if generic:
        return tuple(blocks)
    claims = {claim["id"]: claim for claim in certificate["claims"]}
    for name in ("tightness", "tightness:structure"):
        if claims.get(name, {}).get("witness"):
            blocks.append(_tightness(claims[name], derivation.steps))
    return tuple(blocks)


def _without_proof(claim: Mapping[str, Any], argument: tuple[Paragraph, ...]) -> Theorem:
    """The argument, where it is not known to hold for this network."""
    why = f": {claim['reason']}" if claim["reason"] else ""
    refuted = "Some step of this argument fails, as the claims below show:"
    what = refuted if claim["verdict"] == "refuted" else "It would follow by this argument:"
    start = Paragraph((f"For this network the claim is {claim['verdict']}{why}. {what}",))
    return Theorem("Remark", (start, *argument), "how it would be proved", claim="lemma")


def _tightness(claim: Mapping[str, Any], steps: int) -> Theorem:
    """That one step fewer is not enough, by numbers; or the chain that keeps the structure from allowing fewer."""
    witness = claim["witness"]
    if "chain" in witness:
        listed = (
            witness["chain"] if len(witness["chain"]) <= 6 else [*witness["chain"][:3], "...", witness["chain"][-1]]
        )
        chain = joined([Code(name) if name != "..." else name for name in listed])
        spans: tuple[Span, ...] = (
            *sentence(claim["statement"]),
            ". In the chain ",
            *chain,
            " each variable reads the next.",
        )
    else:
        spans = (
            *_which(claim), f", entry {witness['entry']} of ",
            Math("s"), " at ", Code(witness["variable"].partition(":")[2]), *_two_values(witness, steps),
        )  # fmt: skip
        if not claim["numbers"]["own"]:
            spans = (*spans, " Whether they are enough for this network's own is not said.")
    title = "structure" if "chain" in witness else "tightness"
    return Theorem("Proposition", (Paragraph(spans),), title, claim=claim["id"])


def _which(claim: Mapping[str, Any]) -> tuple[Span, ...]:
    """Of which network the numbers are, and from where they come."""
    numbers, witness = claim["numbers"], claim["witness"]
    start = "the zero state" if witness["initial_state"] == "zero" else "a drawn state"
    drawn = f"from {start}, with the rational parameters that seed {witness['seed']} of the certificate gives"
    if not numbers["own"]:
        layers = "layers of this network's kinds at other sizes or with other constants"
        return (f"{numbers['steps']} steps are not enough for {layers}: {drawn} at reduced sizes",)
    given = " and the constants that it states" if numbers["constants"] else ""
    named = [Math((size(name), "=", str(value))) for name, value in sizes.shown(witness["sizes"]).items()]
    where: tuple[Span, ...] = (" for ", *joined(named), given) if named else (f" at this network's own sizes{given}",)
    return (f"{numbers['steps']} steps are not enough: {drawn}", *where)


def _two_values(witness: Mapping[str, Any], steps: int) -> tuple[Span, ...]:
    """The value after one step fewer and after all of them, with digits until they differ."""
    pair = differing(witness["value_before"], witness["value_exact"])
    difference = Decimal(witness["difference"])
    if not difference:  # no digit of it is certain, only that it is not 0
        bound = Math(number(f"1e{difference.as_tuple().exponent}"))
        said = f" after {steps} steps and, to the digits shown, after {steps - 1}; the two differ by less than "
        return " is ", Math(number(witness["value_exact"])), said, bound, ", and rigorous enclosures exclude 0."
    gap = Math(number(witness["difference"], 3))
    if pair:
        return (
            " is ", Math(pair[0]), f" after {steps - 1} steps and ", Math(pair[1]),
            f" after {steps}; the difference is ",
            gap, " (rigorous enclosures).",
        )  # fmt: skip
    value = Math(number(witness["value_exact"]))
    return (
        " is ",
        value,
        f" after {steps} steps, and differs from that by ",
        gap,
        f" after {steps - 1} (rigorous enclosures).",
    )
