"""From a derivation and its certificate to the document tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dyadic.paper import theory
from dyadic.paper.document import Algorithm, Block, Document, EquationBlock, Math, Paragraph, Section
from dyadic.paper.exactness import proof, result
from dyadic.paper.glyphs import Notation, allocate
from dyadic.paper.labels import label_of
from dyadic.paper.layer_words import KindOnPaper, in_words, kinds_on_paper
from dyadic.paper.meanings import Glyph, of_the_theory
from dyadic.paper.network_equations import by_kind, by_vertex, functions, lines_of
from dyadic.paper.rounding_section import RunBounds, rounding_section
from dyadic.paper.setting import (
    architecture_picture,
    costs,
    costs_of_any_network,
    introduction,
    kinds_table,
    names_in_other_letters,
    network_table,
    plain_kinds_table,
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


SECTIONS = ("result", "setting", "energy", "dynamics", "equations", "proof", "verification", "algorithms", "hashes")
"""What an appendix consists of, in order."""
DETAILS = {"full": SECTIONS, "short": ("result", "setting", "equations", "verification")}
"""What it consists of where its sections are not listed; a short one has the equations once for each layer kind."""
OF_ANY_NETWORK = ("energy", "dynamics", "algorithms")
"""What a document on several networks says once."""


def build_document(
    derivation: Derivation,
    certificate: Mapping[str, Any],
    chosen: Mapping[str, Glyph] | None = None,
    sections: Sequence[str] | None = None,
    detail: str = "full",
    generic: bool = False,
    rounding: RunBounds | None = None,
) -> Document:
    """The appendix of one architecture.

    certificate: what :func:`dyadic.proofs.verify` returns for this derivation.
    chosen: glyphs for quantities, as :func:`dyadic.paper.glyphs.read_notation` returns them.
    sections: which of :data:`SECTIONS`, by default those of the ``detail``.
    generic: sizes and the depth L by name, of any network of these kinds of layers; the certificate is of this one.
    rounding: bounds on the rounding errors of a run, which get a section after those.
    """
    architecture = derivation.architecture
    notation, kinds = allocate(derivation, chosen), kinds_on_paper(derivation)
    by_kinds = generic or detail == "short" or len(architecture.vertices) > LARGE
    aliases = {} if generic else _aliases(derivation, notation, by_kinds)
    equations = by_kind(derivation, kinds) if by_kinds else by_vertex(derivation)
    network = (*equations, *functions(derivation, kinds), *_energy(derivation, by_kinds))
    double = derivation.steps == 2 * derivation.L
    wanted = DETAILS[detail] if sections is None else sections
    derives = "energy" in wanted or "dynamics" in wanted
    letters = notation.bases(lines_of([*network, *costs(derivation)])) | of_the_theory(derives).keys()
    # The author's own sizes stand in tables too, by the names that they have.
    notation = replace(notation, elsewhere=frozenset(letters - set(architecture.unknown_sizes)))
    steps = ("2L" if double else "T") if generic else str(derivation.steps)
    written: dict[str, tuple[str, Callable[[], tuple[Block, ...]]]] = {
        "result": (f"Exactness after {steps} steps", lambda: result(derivation, certificate, notation, generic)),
        "setting": (
            "Setting",
            lambda: (
                _generic_setting(derivation, notation, kinds, equations, derives)
                if generic
                else _setting(derivation, notation, aliases, kinds, equations, by_kinds, derives)
            ),
        ),
        "energy": ("From inference to the doubled energy", theory.flow_and_doubling),
        "dynamics": ("Stationarity and dynamics", lambda: (*theory.stationarity(), *theory.dynamics())),
        "equations": ("The network's equations", lambda: network),
        "proof": ("Proof", lambda: proof(derivation, certificate, generic)),
        "verification": (
            "What was verified, and how",
            lambda: verification(certificate, in_words(derivation, kinds, by_kinds), rounding is not None),
        ),
        "algorithms": ("Algorithms", lambda: _algorithms(steps)),
        "hashes": ("Tags and hashes", lambda: _tags(derivation)),
    }
    shown = [name for name in SECTIONS if name in wanted and not (generic and name == "hashes")]
    parts = [Section(written[name][0], written[name][1](), name) for name in shown]
    if rounding is not None:
        parts.insert(shown.index("hashes") if "hashes" in shown else len(shown), rounding_section(rounding))
    return Document(
        title=f"Dyadic backpropagation for {architecture.name}",
        label=label_of(architecture.name),
        sections=tuple(parts),
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
    derives: bool,
) -> tuple[Block, ...]:
    """derives: whether the appendix derives the energy or the dynamics."""
    blocks: list[Block] = [introduction(derivation)]
    if large:
        if len(derivation.architecture.vertices) > LARGE:
            blocks.append(architecture_picture(derivation, notation))
        blocks += [kinds_table(kinds), ranks_table(derivation, kinds)]
    else:
        blocks.append(network_table(derivation, aliases))
    blocks += costs(derivation)
    if aliases and large:
        blocks.append(
            Paragraph(("In the equations, " + "; ".join(f"{k} is {name}" for name, k in aliases.items()) + ".",))
        )
    blocks += names_in_other_letters(notation)
    blocks += symbols(notation, lines_of([*blocks, *equations]), derives)
    return tuple(blocks)


def _generic_setting(
    derivation: Derivation, notation: Notation, kinds: list[KindOnPaper], equations: list[Block], derives: bool
) -> tuple[Block, ...]:
    blocks: list[Block] = [introduction(derivation, generic=True), plain_kinds_table(kinds)]
    blocks += costs_of_any_network(derivation)
    return (*blocks, *symbols(notation, lines_of([*blocks, *equations]), derives))


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


def _algorithms(steps: str) -> tuple[Block, ...]:
    x_rule, s_rule = theory.update_rules()
    state = Math(("(", "x", ",", "s", ")"))
    gradient = Math(("partial", "E", "/", "partial", "theta"))
    return (
        Algorithm(
            "Synchronous relaxation",
            (
                (0, ("start from a state ", state)),
                (0, ("repeat ", Math(("2", "L") if steps == "2L" else steps), " times:")),
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
