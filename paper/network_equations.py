"""The network's own equations on paper: vertex by vertex, or of a large network once for each layer kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dyadic.paper.document import Block, Display, EquationBlock, Math, Paragraph, Span, Subscripted
from dyadic.paper.layer_words import KindOnPaper, described_cost, name_of
from dyadic.paper.prose import sentence, with_powers
from dyadic.paper.symbols import ELEMENTARY
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.expressions import Apply, Definition, Tensor, rename_tensors
from dyadic.symbolic.functions import FUNCTIONS, Z, by_cases, closed_form
from dyadic.symbolic.instantiation import cost_tag
from dyadic.symbolic.tensor_names import Name, NameRole


def by_vertex(derivation: Derivation) -> list[Block]:
    """Every equation, each intermediate at the first that uses it."""
    blocks: list[Block] = []
    shown: set[Definition] = set()
    titles = {
        "inference": "Inference, in topological order:",
        "sensitivity": "Sensitivities, from the output backward:",
        "gradient": "Parameter gradients:",
    }
    for cost in derivation.architecture.costs:
        shown |= set(derivation.equations[cost_tag(cost.owner)].where)
    for role, title in titles.items():
        chosen = [equation for equation in derivation.equations.values() if equation.role == role]
        if not chosen:
            continue
        blocks.append(Paragraph((title,)))
        for equation in chosen:
            lines = (*(item for item in equation.where if item not in shown), equation.definition)
            gradient = equation.role == "gradient"
            blocks.append(EquationBlock(lines, equation.tag, int(gradient), _type(derivation, equation.tag)))
            shown |= set(equation.where)
    return blocks


def _type(derivation: Derivation, tag: str) -> str:
    vertex = derivation.architecture.by_name.get(tag.partition(":")[2].partition(".")[0])
    return vertex.kind.type if vertex else ""


def by_kind(derivation: Derivation, kinds: Sequence[KindOnPaper]) -> list[Block]:
    """Map, adjoints and gradients of every kind.  What a vertex reads is theta where it is a parameter."""
    tables = {kind.tag: _parameters(derivation, kind) for kind in kinds}
    architecture = derivation.architecture
    weight = ", times the cost's weight," if any(cost.weight != 1 for cost in architecture.costs) else ""
    said: tuple[Span, ...] = (
        "Vertices of one kind have the same equations, which are written once. In them ", Math("v"),
        " is the vertex and ", Math("u"), " its parents; the adjoint of a parent's activation, with a bar, "
        "is what the vertex contributes to that parent's sensitivity; this is the sum over the children, plus "
        f"the cost's gradient{weight} at an output. A letter that bounds a sum or a bracket is the size of an axis.",
    )  # fmt: skip
    if any(tables.values()):
        said += (
            " A parent that is a parameter is ", Math(Subscripted("theta", "", "u")),
            ", and its adjoint is what the vertex contributes to the parameter's gradient.",
        )  # fmt: skip
    if architecture.decay:
        said += (
            " What vertices contribute to a parameter's gradient is printed; the whole gradient is their sum and that "
            "of the weight decay, ", Math((architecture.decay, "theta")), ".",
        )  # fmt: skip
    blocks: list[Block] = [Paragraph(said)]
    for kind in kinds:
        layer = kind.layer
        blocks.append(Paragraph((f"{kind.tag}, ", *with_powers(kind.words), ":"), claim=f"adjoint:{layer.label}"))
        lines = (*layer.equation.definitions, *layer.intermediates, *layer.adjoints, *layer.gradients.values())
        shown = tuple(_renamed(line, tables[kind.tag]) for line in dict.fromkeys(lines))
        blocks.append(EquationBlock(shown, kind.tag, len(layer.gradients), layer.kind.type))
    return [*blocks, *_gradients_of_costs(derivation, ", without its weight" if weight else "")]


def _gradients_of_costs(derivation: Derivation, lacking: str) -> list[Block]:
    """Of every cost once; several have names, and tags of their own."""
    labels = {cost.label: cost for cost in derivation.costs.values()}
    several = len(labels) > 1
    blocks: list[Block] = []
    for k, derived in enumerate(labels.values(), 1):
        cost = f"The gradient of {described_cost(derived)}" if several else "The cost's gradient"
        blocks.append(Paragraph((f"{cost}{lacking}, ", Math("u"), " being the vertex that it reads:")))
        lines = (*derived.intermediates, derived.gradient)
        blocks.append(EquationBlock(lines, f"dC{k}" if several else "dC", 0, derived.type))
    return blocks


def _parameters(derivation: Derivation, kind: KindOnPaper) -> dict[Name, Name]:
    """The names of a kind's parents that are parameters at every vertex of it, with theta for x."""
    architecture = derivation.architecture
    trained = {node.name for node in architecture.inputs if node.role == "parameter"}
    owners = [architecture.by_name[name].owners for name in kind.members]
    slots = [owner for owner in owners[0] if all(found[owner] in trained for found in owners)]
    return {
        Name("x", owner, role): Name("theta", owner, role)
        for owner in slots
        for role in (NameRole.PLAIN, NameRole.ADJOINT)
    }


def _renamed(line: Definition, table: Mapping[Name, Name]) -> Definition:
    tensor = Tensor(table.get(line.tensor.name, line.tensor.name), line.tensor.shape)
    return Definition(tensor, line.indices, rename_tensors(line.body, table)) if table else line


def functions(derivation: Derivation, kinds: Sequence[KindOnPaper]) -> list[Block]:
    """The functions in the equations of layers and costs, with their derivatives; a cost left open has none."""
    layers = [kind.layer for kind in kinds]
    costs = [cost for cost in derivation.costs.values() if cost.type != "abstract"]
    bodies = [item.body for layer in layers for item in layer.equation.definitions]
    bodies += [item.body for cost in costs for item in cost.equation.definitions]
    used = {node.name for body in bodies for node in body.atoms(Apply)}
    names = sorted((used | _within(used)) - ELEMENTARY - {"exp"})
    blocks: list[Block] = []
    for name in names:
        formula = by_cases(name)
        if formula != Apply(name, 0, Z):  # tanh(z) = tanh(z) says nothing
            blocks.append(Display((Apply(name, 0, Z), "=", formula)))
        if name in used:
            blocks.append(Display((Apply(name, 1, Z), "=", closed_form(name, 1))))
    hypotheses = [(name, FUNCTIONS[name].hypotheses) for name in sorted(used) if FUNCTIONS[name].hypotheses]
    if blocks:
        blocks.insert(
            0,
            Paragraph(
                (
                    "Functions and their derivatives, derived from the definitions, of an argument ",
                    Math(Z),
                    ":",
                )
            ),
        )
    if hypotheses:
        said = "; ".join(f"{name_of(name)}: {', '.join(texts)}" for name, texts in hypotheses)
        blocks.append(
            Paragraph((*sentence(f"Conventions and hypotheses: {said}."), " Here ", Math(Z), " is the argument."))
        )
    return blocks


def _within(names: set[str]) -> set[str]:
    """The functions of which the definitions and derivatives shown are made, theirs included."""
    found: set[str] = set()
    fresh = {
        node.name for name in names for form in (by_cases(name), closed_form(name, 1)) for node in form.atoms(Apply)
    }
    while fresh - found:
        found |= fresh
        fresh = {node.name for name in fresh for node in by_cases(name).atoms(Apply)}
    return found


def lines_of(blocks: Sequence[Block]) -> list[tuple[str, Definition]]:
    """The equations of these blocks, each with its layer type."""
    return [(block.kind, line) for block in blocks if isinstance(block, EquationBlock) for line in block.lines]
