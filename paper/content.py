"""From a derivation and its certificate to the document tree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dyadic.paper import theory
from dyadic.paper.document import Algorithm, Block, Document, EquationBlock, Math, Paragraph, Section
from dyadic.paper.exactness import proof, result
from dyadic.paper.glyphs import Notation, allocate
from dyadic.paper.layer_words import KindOnPaper, in_words, kinds_on_paper
from dyadic.paper.meanings import Glyph
from dyadic.paper.network_equations import by_kind, by_vertex, functions, lines_of
from dyadic.paper.setting import (
    costs,
    introduction,
    kinds_table,
    names_in_other_letters,
    network_table,
    ranks_table,
    symbols,
)
from dyadic.paper.verification_table import tags_table, verification
from dyadic.symbolic.derivation import Derivation

LARGE = 12
"""Networks with more vertices are shown by layer kind rather than vertex by vertex."""
_LONGEST_SUPERSCRIPT, _LONGEST_NAME = 12, 24
_MOST_TERMS = 6
_MOST_TAGS = 80
"""More equations than this are listed by those of the first vertices and the last."""


def build_document(
    derivation: Derivation, certificate: Mapping[str, Any], chosen: Mapping[str, Glyph] | None = None
) -> Document:
    """The appendix of one architecture.

    certificate: what :func:`dyadic.proofs.verify` returns for this derivation.
    chosen: glyphs for quantities, as :func:`dyadic.paper.glyphs.read_notation` returns them.
    """
    architecture = derivation.architecture
    notation, kinds = allocate(derivation, chosen), kinds_on_paper(derivation)
    large = len(architecture.vertices) > LARGE
    aliases = _aliases(derivation, notation, large)
    equations = by_kind(derivation, kinds) if large else by_vertex(derivation)
    steps = derivation.steps
    return Document(
        title=f"Dyadic backpropagation for {architecture.name}",
        label=re.sub(r"[^A-Za-z0-9]+", "-", architecture.name).strip("-") or "network",
        sections=(
            Section(f"Exactness after {steps} steps", result(derivation, certificate)),
            Section("Setting", _setting(derivation, notation, aliases, kinds, equations, large)),
            Section("From inference to the doubled energy", theory.flow_and_doubling()),
            Section("Stationarity and dynamics", (*theory.stationarity(), *theory.dynamics())),
            Section("The network's equations", (*equations, *functions(kinds), *_energy(derivation, large))),
            Section("Proof", proof(derivation, certificate)),
            Section("What was verified, and how", verification(certificate, in_words(derivation, kinds, large))),
            Section("Algorithms", _algorithms(derivation)),
            Section("Tags and hashes", _tags(derivation)),
        ),
        notation=notation,
        aliases=aliases,
        named=architecture.own_names,
        claims={claim["id"]: claim for claim in certificate["claims"]},
        digest=certificate["hash"],
        hashes={equation.tag: equation.hash for equation in derivation.equations.values()},
    )


def _aliases(derivation: Derivation, notation: Notation, large: bool) -> dict[str, str]:
    """Short names for long ones; of a large network only for those that its equations name."""
    architecture, named = derivation.architecture, derivation.architecture.own_names
    names = [*(node.name for node in architecture.inputs), *(vertex.name for vertex in architecture.vertices)]
    shown = {cost.input for cost in architecture.costs} if large else set(names)

    def is_long(name: str) -> bool:
        return len(notation.plain(name)) > (_LONGEST_NAME if name in named else _LONGEST_SUPERSCRIPT)

    return {name: f"#{k}" for k, name in enumerate(names, 1) if name in shown and is_long(name)}


def _setting(
    derivation: Derivation,
    notation: Notation,
    aliases: dict[str, str],
    kinds: list[KindOnPaper],
    equations: list[Block],
    large: bool,
) -> tuple[Block, ...]:
    blocks: list[Block] = [introduction(derivation)]
    blocks += [kinds_table(kinds), ranks_table(derivation, kinds)] if large else [network_table(derivation, aliases)]
    blocks += costs(derivation)
    if aliases and large:
        blocks.append(
            Paragraph(("In the equations, " + "; ".join(f"{k} is {name}" for name, k in aliases.items()) + ".",))
        )
    blocks += names_in_other_letters(notation)
    blocks += symbols(notation, lines_of([*blocks, *equations]))
    return tuple(blocks)


def _energy(derivation: Derivation, large: bool) -> list[Block]:
    """The terms of the energy; where there are many, the form that all of them have is enough."""
    names = [vertex.name for vertex in derivation.architecture.vertices]
    if large or len(names) > _MOST_TERMS:
        return []
    return [
        Paragraph(("The energy is the sum of the cost and of the terms", )),
        *(EquationBlock((derivation.equations[f"E:{name}"].definition,), f"E:{name}") for name in names),
        Paragraph(("in which ", Math("f"), " stands for the value of the layer's map.")),
    ]  # fmt: skip


def _tags(derivation: Derivation) -> tuple[Block, ...]:
    tags = [(equation.tag, equation.short) for equation in derivation.equations.values()]
    if len(tags) <= _MOST_TAGS:
        return (tags_table(tags),)
    half = _MOST_TAGS // 16
    said = f"Of {len(tags)} equations the first and the last {half}; the certificate holds all."
    return (Paragraph((said,)), tags_table([*tags[:half], *tags[-half:]]))


def _algorithms(derivation: Derivation) -> tuple[Block, ...]:
    x_rule, s_rule = theory.update_rules()
    state = Math(("(", "x", ",", "s", ")"))
    gradient = Math(("partial", "E", "/", "partial", "theta"))
    return (
        Algorithm(
            "Synchronous relaxation",
            (
                (0, ("start from any state ", state)),
                (0, (f"repeat {derivation.steps} times:",)),
                (1, ("at every vertex ", Math("v"), ", from the old state: ", Math(x_rule), " and ", Math(s_rule))),
                (0, ("return ", Math("x"), ", ", Math("s"), " and ", gradient)),
            ),
        ),
        Algorithm(
            "Wavefront: the same result with each variable updated once",
            (
                (0, ("for every vertex, parents first: ", Math(x_rule))),
                (0, ("for every vertex, children first: ", Math(s_rule))),
                (0, ("return ", Math("x"), ", ", Math("s"), " and ", gradient)),
            ),
        ),
    )
