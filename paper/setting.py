"""The network on paper: its vertices with their ranks, its cost, and what the symbols are."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sympy import Expr, Symbol

from dyadic.paper import theory
from dyadic.paper.architecture_graph import architecture_graph, drawn_blocks
from dyadic.paper.document import (
    Block,
    Cite,
    Code,
    EquationBlock,
    Math,
    OtherLetters,
    Paragraph,
    Picture,
    Span,
    Subscripted,
    Table,
    two_to_a_row,
)
from dyadic.paper.glyphs import Notation, entries
from dyadic.paper.layer_words import KindOnPaper, described, described_cost
from dyadic.paper.meanings import of_the_theory
from dyadic.paper.prose import with_powers
from dyadic.paper.transliteration import plain_name
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.expressions import Apply, Bracket, Definition, Divides, Inside, Reduction, split_guards
from dyadic.symbolic.instantiation import cost_tag
from dyadic.symbolic.structure import Architecture, show
from dyadic.symbolic.tensor_names import NameRole

Cell = tuple[Span, ...]


def introduction(derivation: Derivation, generic: bool = False) -> Paragraph:
    """generic: of any network of these kinds of layers."""
    architecture = derivation.architecture
    count = len(architecture.vertices)
    counted = f"Besides its inputs it has {count} {'vertex' if count == 1 else 'vertices'}. "
    subject: tuple[Span, ...] = ("the network ", Code(architecture.name))
    return Paragraph(
        (
            "This appendix derives backpropagation for ",
            *(("any network of the kinds of layers below",) if generic else subject),
            " as the finite-time relaxation of a physical system, after an idea of Scurria ", Cite("dyadic:scurria"),
            ". The network is a directed acyclic graph; inputs are clamped, and every other vertex ",
            Math("v"), " has an activation ", Math(theory.X), ", parameters ", Math(theory.THETA), " and a map ",
            Math(theory.F), " of its parents' activations. ",
            f"{'' if generic else counted}The depth of a vertex is the "
            "number of vertices, inputs not counted, on the longest path to it, and the largest depth is ",
            Math("L" if generic else ("L", "=", str(derivation.L))),
            ". Indices start at 0, and a sum over ", Math(("j", "<", "m")), " runs from 0 to ",
            Math(("m", "-", "1")), ".",
        )
    )  # fmt: skip


def network_table(derivation: Derivation, aliases: dict[str, str]) -> Table:
    """One row for each vertex, with its ranks."""
    architecture, ranks = derivation.architecture, derivation.ranks
    rows: list[tuple[Cell, ...]] = [
        (
            _named(node.name, aliases),
            (node.role if node.role != "data" else "input",),
            ("",),
            (show(node.shape),),
            ("0",),
            ("",),
        )
        for node in architecture.inputs
    ]
    for vertex in architecture.vertices:
        name = vertex.name
        reads = joined([Code(parent) for parent in vertex.inputs])
        rows.append(
            (
                _named(name, aliases),
                with_powers(described(vertex.kind)),
                tuple(reads),
                (show(vertex.shape),),
                (str(ranks.x[name]),),
                (str(ranks.s[name]),),
            )
        )
    head: tuple[Cell, ...] = (
        ("vertex",),
        ("layer",),
        ("reads",),
        ("shape",),
        ("rank ", Math("x")),
        ("rank ", Math("s")),
    )
    return Table(
        "The network, with the step after which each variable is exact at the latest (its rank).",
        head,
        tuple(rows),
        (17, 14, 17, 10, 9, 9),
    )


def architecture_picture(derivation: Derivation, notation: Notation) -> Picture:
    """The graph, repeated blocks once."""
    several = len(drawn_blocks(derivation.architecture)) > 1
    repeated = " A block that is repeated is drawn once, with how often it stands there." if several else ""
    name = Code(derivation.architecture.name)
    caption: tuple[Span, ...] = ("The architecture of ", name, f", inputs below and outputs above.{repeated}")
    return Picture(architecture_graph(derivation, *notation.state), caption, wide=True)


def plain_kinds_table(kinds: Sequence[KindOnPaper]) -> Table:
    """One row for each kind, of a network that is not named."""
    rows = tuple(((kind.tag,), with_powers(kind.words)) for kind in kinds)
    return Table("Kinds of layers.", (("kind",), ("layer",)), rows, (8, 57))


def costs_of_any_network(derivation: Derivation) -> list[Block]:
    """Every cost with its sizes by name."""
    blocks: list[Block] = []
    labels = {cost.label: cost for cost in derivation.costs.values()}
    start = "The cost, " if len(labels) == 1 else "A term of the cost, "
    for k, derived in enumerate(labels.values(), 1):
        open_ = derived.type == "abstract"
        blocks.append(
            Paragraph(
                (
                    f"{start}{'a differentiable function, left open' if open_ else described_cost(derived)}, is, ",
                    Math("u"), " being the vertex that it reads:",
                )
            )
        )  # fmt: skip
        blocks.append(
            EquationBlock(tuple(derived.equation.definitions), f"C{k if len(labels) > 1 else ''}", 0, derived.type)
        )
    return [*blocks, *_whole_cost(derivation.architecture)]


def kinds_table(kinds: Sequence[KindOnPaper]) -> Table:
    """One row for each kind, with the vertices that are of it."""
    rows = tuple(
        ((kind.tag,), with_powers(kind.words), tuple(_listed(kind.members)), (str(len(kind.members)),))
        for kind in kinds
    )
    return Table(
        "Layer kinds and their instances.", (("kind",), ("layer",), ("vertices",), ("count",)), rows, (8, 18, 30, 9)
    )


def ranks_table(derivation: Derivation, kinds: Sequence[KindOnPaper]) -> Table:
    """The ranks at a large network's first and last vertices."""
    ranks = derivation.ranks
    number = {name: kind.tag for kind in kinds for name in kind.members}
    names = [vertex.name for vertex in derivation.architecture.vertices]
    shown = names if len(names) <= 2 * _ENDS + 1 else [*names[:_ENDS], "", *names[-_ENDS:]]
    left_out = len(names) - 2 * _ENDS
    rows: list[tuple[Cell, ...]] = [
        ((Code(n),), (number[n],), (str(ranks.x[n]),), (str(ranks.s[n]),))
        if n
        else ((f"{left_out} more, in the certificate",), ("",), ("",), ("",))
        for n in shown
    ]
    head: tuple[Cell, ...] = (("vertex",), ("kind",), ("rank ", Math("x")), ("rank ", Math("s")))
    return Table("Ranks: the step after which a variable is exact at the latest.", head, tuple(rows), (20, 8, 9, 9))


_ENDS = 3


def costs(derivation: Derivation) -> list[Block]:
    architecture = derivation.architecture
    blocks: list[Block] = []
    for cost in architecture.costs:
        equation = derivation.equations[cost_tag(cost.owner)]
        weight = f", with weight {cost.weight}" if cost.weight != 1 else ""
        term = "The cost is " if len(architecture.costs) == 1 else "A term of the cost is "
        words = described_cost(derivation.costs[cost.owner])
        name, _, settings = words.partition(", ")
        named = f"{name} ({settings})" if settings else name
        if cost.type == "abstract":
            blocks.append(
                Paragraph(
                    (
                        f"{term}a differentiable function of ", Code(cost.input), " that is left open, ",
                        Math(Apply("outer", 0, Symbol("t"))), f" of its inner product with the target{weight}:",
                    )
                )
            )  # fmt: skip
        else:
            blocks.append(Paragraph((*with_powers(f"{term}{named} of "), Code(cost.input), f"{weight}:")))
        blocks.append(EquationBlock((*equation.where, equation.definition), equation.tag, 0, cost.type))
    return [*blocks, *_whole_cost(architecture)]


def _whole_cost(architecture: Architecture) -> list[Block]:
    """What C is in the theory, where it is more than the one cost that is displayed as C."""
    several, weighted = len(architecture.costs) > 1, any(cost.weight != 1 for cost in architecture.costs)
    if not (several or weighted or architecture.decay):
        return []
    found: list[Span] = ["In the energy, the theorem and the proof ", Math("C"), " is "]
    found.append("the sum of these costs" if several else "this cost")
    if weighted:
        found.append(", each times its weight" if several else " times its weight")
    if architecture.decay:
        found += [", plus the weight decay ", Math((architecture.decay / 2, "|", "theta", Subscripted("||", "", "2")))]
    return [Paragraph((*found, "."))]


def symbols(notation: Notation, lines: Sequence[tuple[str, Definition]], dynamics: bool = True) -> list[Block]:
    """What the letters mean that stand in these equations, each given with its layer type, and in the theory.

    dynamics: whether that derives the energy and the dynamics, with letters of their own.
    """
    letters: list[tuple[str, str]] = [("x", ""), ("s", ""), ("f", ""), ("E", ""), ("C", ""), ("theta", "")]
    names = [
        (notation.types.get(str(element.name.owner), kind), element.name)
        for kind, line in lines
        for element in entries(line)
    ]
    letters += sorted((name.letter, "" if name.letter in "xsfC" else kind) for kind, name in names)
    rows = two_to_a_row(
        [((Math(glyph),), (glyph.meaning,)) for glyph in notation.used(dict.fromkeys(letters), of_the_theory(dynamics))]
    )
    table = Table("Notation.", (("symbol",), ("meaning",), ("symbol",), ("meaning",)), rows, (12, 27, 12, 27))
    roles = {name.role for _, name in names}
    sentences: list[Cell] = [(text,) for role, text in _ACCENTS.items() if role in roles]
    sentences += _marks([line.body for _, line in lines])
    spans = [span for sentence in sentences for span in (" ", *sentence)]
    return [table, Paragraph(tuple(spans[1:]))] if spans else [table]


def _marks(bodies: Sequence[Expr]) -> list[Cell]:
    """What the marks in these formulas mean that not every reader knows."""
    reductions = [node for body in bodies for node in body.atoms(Reduction)]
    said: list[Cell] = []
    if any(body.has(Bracket) for body in bodies):
        i, k, n = Symbol("i"), Symbol("k"), Symbol("n")
        divides: Cell = (" or ", Math(Divides(k, i))) if any(body.has(Divides) for body in bodies) else ()
        restricts = any(node.kind != "sum" and split_guards(node.body)[0] for node in reductions)
        left_out = "; under a maximum or LSE it leaves terms out" if restricts else ""
        rest = f" is 1 where it holds and 0 elsewhere, and what it multiplies is not read where it is 0{left_out}."
        said.append(("A bracket such as ", Math(Inside(i, n)), *divides, rest))
    if any(node.kind == "logsumexp" for node in reductions):
        said.append(("LSE is the logarithm of the sum of the exponentials.",))
    return said


_ACCENTS = {
    NameRole.ADJOINT: "A bar marks an adjoint, the derivative of the cost with respect to what is under it.",
    NameRole.CHOICE: "A hat marks the place at which a maximum is attained.",
}


def names_in_other_letters(notation: Notation) -> list[Block]:
    """Names that are transliterated, announced."""
    if not notation.names:
        return []
    parts: dict[str, str] = {}
    for name, plain in notation.names.items():
        # A number that tells two names apart belongs to the whole of one.
        words = _PARTS.split(name) if plain_name(name) == plain else [name]
        parts |= {word: plain_name(word) if len(words) > 1 else plain for word in words if plain_name(word) != word}
    spans: list[Span] = [
        "Parts of names in other scripts are written in Latin letters here, with their characters in brackets: "
    ]
    for k, (part, plain) in enumerate(parts.items()):
        characters = "".join(character for character in part if plain_name(character) != character)
        spans += ["; " if k else "", Code(plain), " (", OtherLetters(characters), ")"]
    return [Paragraph((*spans, "."))]


_PARTS = re.compile(r"[._\-\s/]+")
"""What stands between the parts of a name; a part is announced once, however many names have it."""


def _named(name: str, aliases: dict[str, str]) -> Cell:
    return (Code(name), f" = {aliases[name]}") if name in aliases else (Code(name),)


def _listed(names: Sequence[str]) -> list[Span]:
    """Names, those that differ by a number that counts up as one: ``blocks.[0..11].norm``."""
    ranges = _counted(names)
    shown = ranges if len(ranges) <= 6 else [*ranges[:3], "", ranges[-1]]
    return joined([Code(name) if name else "..." for name in shown])


def _counted(names: Sequence[str]) -> list[str]:
    """Runs of names whose last but one part or last part counts up, as one name each, where they first stand."""
    families: dict[str, list[int]] = {}
    plain: list[str] = []
    for name in names:
        if (found := _NUMBER.fullmatch(name)) and "{" not in name:
            families.setdefault(f"{found[1]}{{}}{found[3]}", []).append(int(found[2]))
            plain.append(f"{found[1]}{{}}{found[3]}")
        else:
            plain.append(name)
    shown: dict[str, None] = {}
    for name, key in zip(names, plain, strict=True):
        numbers = families.get(key, [])
        counted = len(numbers) > 2 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        shown[key.replace("{}", f"[{numbers[0]}..{numbers[-1]}]") if counted else name] = None
    return list(shown)


_NUMBER = re.compile(r"(.*?[._])(0|[1-9]\d{0,8})((?:[._].*)?)")
"""A name with a number between dots: of a block, as a rule."""


def joined(items: Sequence[Span]) -> list[Span]:
    """Items with commas between them."""
    found: list[Span] = []
    for item in items:
        found += [", ", item] if found else [item]
    return found
