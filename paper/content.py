"""From a derivation and its certificate to the document tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from dyadic.paper import theory
from dyadic.paper.document import (
    Algorithm,
    Block,
    Cite,
    Code,
    Display,
    Document,
    EquationBlock,
    Math,
    Paragraph,
    Section,
    Span,
    Table,
    Theorem,
)
from dyadic.symbolic.derivation import Derivation, Equation
from dyadic.symbolic.energy import LayerDerivation
from dyadic.symbolic.expressions import Apply, Definition
from dyadic.symbolic.functions import FUNCTIONS, Z, by_cases, closed_form
from dyadic.symbolic.instantiation import cost_tag
from dyadic.symbolic.structure import show

LARGE = 24
"""Networks with more vertices are shown by layer kind rather than vertex by vertex."""
_LONGEST_SUPERSCRIPT, _LONGEST_NAME = 12, 24


def build_document(derivation: Derivation, certificate: Mapping[str, Any]) -> Document:
    """The appendix of one architecture.

    certificate: what :func:`dyadic.proofs.verify` returns for this derivation.
    """
    architecture = derivation.architecture
    large = len(architecture.vertices) > LARGE
    # The equations of a large network are written by kind, without names of vertices but those that a cost reads.
    names = [*(node.name for node in architecture.inputs), *(vertex.name for vertex in architecture.vertices)]
    shown = {cost.input for cost in architecture.costs} if large else set(names)
    named = architecture.own_names
    aliases = {
        name: f"({k})"
        for k, name in enumerate(names)
        if name in shown and len(name) > (_LONGEST_NAME if name in named else _LONGEST_SUPERSCRIPT)
    }
    return Document(
        title=f"Dyadic backpropagation for {architecture.name}",
        label=re.sub(r"[^A-Za-z0-9]+", "-", architecture.name).strip("-") or "network",
        sections=(
            Section("Setting", _setting(derivation, aliases, large)),
            Section("From inference to the doubled energy", _energy(derivation, large)),
            Section("Euler-Lagrange equations", _equations(derivation, large)),
            Section("Saddle-point dynamics", theory.dynamics()),
            Section(f"Exactness after {derivation.steps} steps", _theorem(derivation, certificate, large)),
            Section("Algorithms", _algorithms(derivation)),
            Section("What was verified, and how", _verification(derivation, certificate, large)),
        ),
        aliases=aliases,
        named=named,
    )


def _setting(derivation: Derivation, aliases: dict[str, str], large: bool) -> tuple[Block, ...]:
    architecture = derivation.architecture
    blocks: list[Block] = [
        Paragraph(
            (
                "This appendix derives backpropagation for the network ", Code(architecture.name),
                " as the finite-time relaxation of a physical system, after an idea of Scurria ", Cite("dyadic:scurria"),
                ". The network is a directed acyclic graph of vertices; inputs are clamped, and every other vertex ",
                Math("v"), " has an activation ", Math(theory.X), ", parameters ", Math(theory.THETA), " and a map ",
                Math(theory.F), " of its parents' activations. ",
                f"There are {len(architecture.vertices)} vertices, and the longest path from an input has ",
                Math(("L", "=", str(derivation.L))),
                " vertices: every row of the table below counts as a layer. Indices start at 0, and a sum over ",
                Math("j < m"), " runs over 0 to ", Math("m - 1"), ".",
            )
        )
    ]  # fmt: skip
    if large:
        rows = [
            (_code(label), _code(_listed(members)), _text(str(len(members))))
            for label, members in _groups(derivation).items()
        ]
        blocks.append(Table("Layer kinds", ("kind", "vertices", "count"), tuple(rows), (5, 6, 2)))
    else:
        rows4 = [
            (_code(node.name), _text("input"), _text(""), _text(show(node.shape)), _text("0"))
            for node in architecture.inputs
        ]
        for vertex in architecture.vertices:
            parents = ", ".join(vertex.inputs)
            depth = str(architecture.depth[vertex.name])
            rows4.append(
                (
                    _code(vertex.name),
                    _code(derivation.layers[vertex.name].label),
                    _code(parents),
                    _text(show(vertex.shape)),
                    _text(depth),
                )
            )
        blocks.append(
            Table("The network", ("vertex", "layer", "reads", "shape", "depth"), tuple(rows4), (13, 14, 13, 8, 8))
        )
    for cost, equation in ((c, derivation.equations[cost_tag(c.owner)]) for c in architecture.costs):
        weight = f", with weight {cost.weight}" if cost.weight != 1 else ""
        term = "The cost is " if len(architecture.costs) == 1 else "A term of the cost is "
        blocks.append(
            Paragraph((term, Code(derivation.costs[cost.owner].label), " of ", Code(cost.input), f"{weight}:"))
        )
        blocks.append(_equation(equation))
    if aliases:
        listed = "; ".join(f"{number} is {name}" for name, number in aliases.items())
        blocks.append(Paragraph((f"In the equations, {listed}.",)))
    return tuple(blocks)


def _energy(derivation: Derivation, large: bool) -> tuple[Block, ...]:
    blocks: list[Block] = list(theory.flow_and_doubling())
    if large:
        blocks.append(Paragraph(("For a vertex of each kind the term of the energy is",)))
        blocks += [EquationBlock((*layer.equation.definitions, layer.energy)) for layer in _kinds(derivation)]
    else:
        blocks.append(Paragraph(("For this network the energy is the sum of the cost and of the terms",)))
        names = [vertex.name for vertex in derivation.architecture.vertices]
        blocks.append(EquationBlock(tuple(derivation.equations[f"E:{name}"].definition for name in names)))
        blocks.append(Paragraph(("in which ", Math("f"), " stands for the value of the layer's map.")))
    return tuple(blocks)


def _equations(derivation: Derivation, large: bool) -> tuple[Block, ...]:
    blocks: list[Block] = list(theory.stationarity())
    if large:
        blocks.append(
            Paragraph(
                (
                    "By layer kind, with ", Math("v"), " the vertex and ", Math("u"), " its parents, the contribution "
                    "of the vertex to the sensitivity of each parent (written as the adjoint of that parent's "
                    "activation; the sensitivity is the sum over the children, plus the cost's gradient at the "
                    "output) and the parameter gradients are as follows.",
                )
            )
        )  # fmt: skip
        for layer in _kinds(derivation):
            blocks.append(Paragraph((), lead=layer.label))
            blocks.append(EquationBlock((*layer.intermediates, *layer.adjoints)))
            blocks += [EquationBlock((item,), gradient=True) for item in layer.gradients.values()]
        for derived in {cost.label: cost for cost in derivation.costs.values()}.values():
            blocks.append(Paragraph((), lead=derived.label))
            blocks.append(EquationBlock((*derived.intermediates, derived.gradient)))
    else:
        blocks += _vertex_equations(derivation)
    blocks += _functions(derivation)
    return tuple(blocks)


def _vertex_equations(derivation: Derivation) -> list[Block]:
    blocks: list[Block] = []
    shown: set[Definition] = set()
    titles = {
        "inference": "Inference. For this network, in topological order:",
        "sensitivity": "Sensitivities, from the output backward:",
        "gradient": "Parameter gradients:",
    }
    equations = derivation.equations.values()
    for role, title in titles.items():
        chosen = [equation for equation in equations if equation.role == role]
        if not chosen:
            continue
        blocks.append(Paragraph((title,)))
        for equation in chosen:
            blocks.append(_equation(equation, shown))
            shown |= set(equation.where)
    return blocks


def _equation(equation: Equation, shown: Iterable[Definition] = ()) -> EquationBlock:
    known = set(shown)
    lines = (*(item for item in equation.where if item not in known), equation.definition)
    return EquationBlock(lines, equation.tag, equation.short, equation.role == "gradient")


def _functions(derivation: Derivation) -> list[Block]:
    bodies = [item.body for layer in _kinds(derivation) for item in layer.equation.definitions]
    used = {node.name for body in bodies for node in body.atoms(Apply)}
    if not used:
        return []
    blocks: list[Block] = [Paragraph(("Activations and their derivatives, derived from the definitions:",))]
    for name in sorted(used | _within(used)):
        formula = by_cases(name)
        if formula != Apply(name, 0, Z):  # tanh(z) = tanh(z) says nothing
            blocks.append(Display((Apply(name, 0, Z), "=", formula)))
        if name in used:
            blocks.append(Display((Apply(name, 1, Z), "=", closed_form(name, 1))))
            if FUNCTIONS[name].hypotheses:
                blocks.append(Paragraph((f"where {'; '.join(FUNCTIONS[name].hypotheses)}.",)))
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


def _theorem(derivation: Derivation, certificate: Mapping[str, Any], large: bool) -> tuple[Block, ...]:
    claims = {claim["id"]: claim for claim in certificate["claims"]}
    steps, update = derivation.steps, theory.update_rules()
    double = " (twice the number of layers)" if steps == 2 * derivation.L else ""
    blocks: list[Block] = [
        Theorem(
            "Theorem",
            (
                Paragraph(
                    (
                        "Let all vertices be updated at once by the unit Euler step of the saddle-point dynamics, ",
                        Math(update[0]), " and ", Math(update[1]), ". From any initial state, after ",
                        Math(("T", "=", str(steps))), f" steps{double} ", Math("x"), " is the feedforward activation, ",
                        Math("s"), " is the sensitivity of backpropagation, and ", Math(theory.partial("E", "theta")),
                        " is the gradient of the cost. No further step changes anything.",
                    )
                ),
                Paragraph(
                    (
                        "Nothing is assumed of the maps beyond the vector-Jacobian products being those that "
                        "backpropagation uses; in particular weights need not be symmetric.",
                    )
                ),
            ),
            "exactness in finite time",
        ),
        Theorem("Proof", theory.proof_of_theorem()),
    ]  # fmt: skip
    for name in ("tightness", "tightness:structure"):
        if claims.get(name, {}).get("witness"):
            blocks.append(_tightness(claims[name], steps))
    blocks.append(_rank_table(derivation, large))
    return tuple(blocks)


def _tightness(claim: Mapping[str, Any], steps: int) -> Theorem:
    """That one step fewer is not enough, by numbers; or the chain that keeps the structure from allowing fewer."""
    witness = claim["witness"]
    if "chain" in witness:
        spans: tuple[Span, ...] = (
            f"{claim['statement']}. In the chain ", Code(_listed(witness["chain"])), " each variable reads the next.",
        )  # fmt: skip
    else:
        spans = (
            f"{steps - 1} steps are not enough: from the zero state, with the rational parameters that "
            f"seed {witness['seed']} of the certificate gives at reduced sizes, entry {witness['entry']} of ",
            Math("s"), " at ", Code(witness["variable"].partition(":")[2]),
            f" is {witness['value_before']} after {steps - 1} steps and "
            f"{witness['value_exact']} after {steps} (difference {witness['difference']}, rigorous enclosures).",
        )  # fmt: skip
    return Theorem("Proposition", (Paragraph(spans),), "structure" if "chain" in witness else "tightness")


def _rank_table(derivation: Derivation, large: bool) -> Table:
    names = [vertex.name for vertex in derivation.architecture.vertices]
    rows = [(_code(n), _text(str(derivation.ranks.x[n])), _text(str(derivation.ranks.s[n]))) for n in names]
    if large:
        left = len(rows) - 12
        rows = [*rows[:6], (_text(f"{left} vertices left out"), _text("..."), _text("...")), *rows[-6:]]
    caption = "Ranks: the step after which a variable is exact"
    return Table(caption, ("vertex", "rank of x", "rank of s"), tuple(rows), (6, 3, 3))


def _algorithms(derivation: Derivation) -> tuple[Block, ...]:
    x_rule, s_rule = theory.update_rules()
    at_once: tuple[Span, ...] = (
        "at every vertex ",
        Math("v"),
        ", from the old state: ",
        Math(x_rule),
        " and ",
        Math(s_rule),
    )
    return (
        Algorithm(
            "Synchronous relaxation",
            (
                (0, ("start from any state ", Math("(x, s)"))),
                (0, (f"repeat {derivation.steps} times:",)),
                (1, at_once),
                (0, ("return ", Math("x"), ", ", Math("s"), " and ", Math(theory.partial("E", "theta")))),
            ),
        ),
        Algorithm(
            "Wavefront: the same result with each variable updated once",
            (
                (0, ("for every vertex, parents first: ", Math(x_rule))),
                (0, ("for every vertex, children first: ", Math(s_rule))),
                (0, ("return ", Math("x"), ", ", Math("s"), " and ", Math(theory.partial("E", "theta")))),
            ),
        ),
    )


def _verification(derivation: Derivation, certificate: Mapping[str, Any], large: bool) -> tuple[Block, ...]:
    claims = certificate["claims"]
    trusted = "; ".join(dict.fromkeys(text for claim in claims for text in claim["trusted"]))
    assumed = "; ".join(dict.fromkeys(text for claim in claims for text in claim["hypotheses"]))
    blocks: list[Block] = [
        Paragraph(
            (
                f"Overall verdict: {certificate['verdict']}. The certificate, SHA-256 ", Code(" ".join(certificate["hash"][k : k + 8] for k in range(0, 32, 8))),
                " (first half), can be checked again with ", Code("dyadic check"), ".",
            )
        ),
        *(_claim(claim) for claim in claims),
        Paragraph((f"{assumed}.",), lead="Hypotheses."),
        Paragraph((f"{trusted}.",), lead="Trusted."),
        Paragraph(
            ("Nothing is claimed here about floating-point arithmetic or about the speed of any code.",), lead="Not shown."
        ),
    ]  # fmt: skip
    if not large:
        tags = [(_code(e.tag), _code(e.short)) for e in derivation.equations.values()]
        caption = "Tags and hashes of the equations, as in the certificate and in emitted code"
        blocks.append(Table(caption, ("equation", "hash"), tuple(tags), (5, 4)))
    return tuple(blocks)


def _claim(claim: Mapping[str, Any]) -> Paragraph:
    statement = claim["statement"].removeprefix(f"{claim['id'].partition(':')[2]}: ")  # which the id says already
    spans: list[Span] = [Code(claim["id"]), f". {statement[:1].upper()}{statement[1:]}. By {claim['method']}."]
    if claim["reason"]:
        spans.append(f" Open because {claim['reason']}.")
    if claim["counterexample"]:
        spans.append(" A counterexample is in the certificate.")
    return Paragraph(tuple(spans), lead=claim["verdict"].capitalize())


def _kinds(derivation: Derivation) -> list[LayerDerivation]:
    found: dict[str, LayerDerivation] = {}
    for vertex in derivation.architecture.vertices:
        found.setdefault(derivation.content_of(vertex.name), derivation.layers[vertex.name])
    return list(found.values())


def _groups(derivation: Derivation) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for vertex in derivation.architecture.vertices:
        groups.setdefault(derivation.layers[vertex.name].label, []).append(vertex.name)
    return groups


def _listed(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 6 else f"{', '.join(names[:3])}, ..., {names[-1]}"


def _text(text: str) -> tuple[Span, ...]:
    return (text,)


def _code(text: str) -> tuple[Span, ...]:
    return (Code(text),)
