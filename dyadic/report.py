"""Derivations and certificates as text and JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dyadic.proofs.verification import Notes
from dyadic.symbolic.constructions import action_of_energy, doubled_cost, doubled_state, readable
from dyadic.symbolic.derivation import Derivation, Equation
from dyadic.symbolic.expressions import Definition
from dyadic.symbolic.instantiation import cost_tag
from dyadic.symbolic.latex_printing import LatexPrinter
from dyadic.symbolic.nouns import counted
from dyadic.symbolic.printing import Printer, TextPrinter
from dyadic.symbolic.repeats import RepeatedBlock, blocks

if TYPE_CHECKING:
    from dyadic.proofs.statements import Findings

_SECTIONS = (
    ("inference", "Inference (dE/ds = 0)"),
    ("cost", "Cost"),
    ("sensitivity", "Sensitivities (dE/dx = 0)"),
    ("gradient", "Parameter gradients (dE/dtheta; Wbar stands for dE/dW)"),
)


def derivation_text(derivation: Derivation) -> Iterator[str]:
    """The derivation, line by line."""
    architecture = derivation.architecture
    printer = TextPrinter(architecture.own_names)
    yield f"{architecture.name}: L = {counted(derivation.L, 'layer')} (counted in vertices)"
    yield f"exact after T = {counted(derivation.steps, 'unit step')} of the saddle-point dynamics"
    if derivation.steps != 2 * derivation.L:
        yield f"(T is not 2L = {2 * derivation.L} here)"
    yield from (f"note: {note}" for note in architecture.notes)
    parts = blocks(architecture)
    written = [name for part in parts if part.like is None for name in part.first]  # of repeated blocks the first copy
    if len(written) < len(architecture.vertices):
        yield from _blocks_text(derivation, parts)
    yield ""
    yield f"Energy on the doubled state:  E = sum of the terms below {_cost_text(derivation, printer)}"
    for name in written:
        yield _tagged(derivation.equations[f"E:{name}"], printer)
    yield "  (f is the value of the layer's map: the right-hand side of its inference equation)"
    equations = derivation.equations.of(written)
    shown: set[Definition] = set()  # an intermediate is written out where it is used first
    for role, title in _SECTIONS:
        chosen = [equation for equation in equations if equation.role == role]
        if chosen:
            yield ""
            yield title
            for equation in chosen:
                yield from _equation_text(equation, printer, shown)
    yield ""
    yield "Saddle-point dynamics:  dx/dt = +dE/ds,  ds/dt = +dE/dx;  unit Euler step: every left-hand side"
    yield "above becomes its right-hand side, all at once, evaluated at the old state."
    yield "In a = x + s/2, b = x - s/2:  da/dt = +dE/da,  db/dt = -dE/db."
    yield ""
    yield "Variational principle (one coordinate pair)"
    for construction in (action_of_energy(), doubled_state(), doubled_cost()):
        kind = "energy" if construction.name == "C" else "Lagrangian"
        yield f"  {construction.name}: {kind} {printer(readable(construction.functional))}"
        rates = printer(readable(construction.rate_x)), printer(readable(construction.rate_s))
        yield f"     gives dx/dt = {rates[0]},  ds/dt = {rates[1]}"
    yield "  B gives the saddle-point dynamics; A runs s backward in time; C leaks the cost's gradient into dx/dt."
    yield ""
    yield "Ranks (the step after which a variable is exact at the latest):"
    width = max(map(len, written))
    for name in written:
        x, s = derivation.ranks.x[name], derivation.ranks.s[name]
        yield f"  {name:<{width}}  x: {x:>4}  s: {s:>4}"


def _cost_text(derivation: Derivation, printer: Printer) -> str:
    """The cost as terms with their weights and signs, and the decay."""
    terms = []
    for cost in derivation.architecture.costs:
        name = printer(derivation.equations[cost_tag(cost.owner)].definition.element)
        terms.append((cost.weight, name))
    decay = derivation.architecture.decay
    terms += [(decay / 2, "|theta|^2")] if decay else []
    return " ".join(
        f"{'-' if weight < 0 else '+'} {name if abs(weight) == 1 else f'{abs(weight)} {name}'}"
        for weight, name in terms
    )


def _blocks_text(derivation: Derivation, parts: list[RepeatedBlock]) -> Iterator[str]:
    """The vertices as blocks; a repeated one is written out once below."""
    yield ""
    yield "Blocks in topological order (of those that repeat, the equations of the first copy are written out):"
    for part in parts:
        ends = " ... ".join(dict.fromkeys((part.first[0], part.first[-1])))
        times = f" x {len(part.copies)}, up to {part.copies[-1][-1]}" if len(part.copies) > 1 else ""
        yield f"  {ends}: {len(part.first)} vertices{times}{f', like {part.like}' if part.like else ''}"
        if part.like is None:
            types = " ".join(derivation.layers[name].kind.short for name in part.first)
            yield from textwrap.wrap(types, 110, initial_indent="      ", subsequent_indent="      ")


def _tagged(equation: Equation, printer: Printer) -> str:
    return f"  {printer.equation(equation.definition)}    [{equation.tag} {equation.short}]"


def _equation_text(equation: Equation, printer: Printer, shown: set[Definition]) -> Iterator[str]:
    yield _tagged(equation, printer)
    for item in equation.where:
        if item not in shown:
            yield f"      with {printer.equation(item)}"
            shown.add(item)


def derivation_latex(derivation: Derivation) -> Iterator[str]:
    """The equations as LaTeX (amsmath), one align environment per group."""
    printer = LatexPrinter(derivation.architecture.own_names)
    yield f"% {derivation.architecture.name!a}: L = {derivation.L}, T = {derivation.steps}"
    yield r"\begin{align}"
    equations = list(derivation.equations.values())
    yield from _rows([_row(equation, printer) for equation in equations if equation.role == "energy"])
    yield r"\end{align}"
    for role, title in _SECTIONS:
        rows: list[tuple[str, str | None]] = []
        for equation in equations:
            if equation.role == role:
                rows += [(printer.equation(item, "&="), None) for item in equation.where]
                rows.append(_row(equation, printer))
        if rows:
            yield f"% {title}"
            yield r"\begin{align}"
            yield from _rows(rows)
            yield r"\end{align}"


def _row(equation: Equation, printer: Printer) -> tuple[str, str]:
    return printer.equation(equation.definition, "&="), f"{equation.tag!a} {equation.short}"


def _rows(rows: Sequence[tuple[str, str | None]]) -> Iterator[str]:
    for position, (row, tag) in enumerate(rows):
        end = "" if position == len(rows) - 1 else r" \\"
        yield f"  {row}{end}" + (f"  % {tag}" if tag else "")


def derivation_json(derivation: Derivation) -> dict[str, Any]:
    """The derivation as a JSON-able mapping (format: docs/proofs.md)."""
    named = derivation.architecture.own_names
    text, latex = TextPrinter(named), LatexPrinter(named)

    def written(item: Definition, content: Any) -> dict[str, Any]:
        return {"text": text.equation(item), "latex": latex.equation(item), "definition": content}

    return {
        "architecture": derivation.architecture.name,
        "L": derivation.L,
        "steps": derivation.steps,
        "ranks": {"x": derivation.ranks.x, "s": derivation.ranks.s},
        "equations": [
            {
                "tag": equation.tag,
                "hash": equation.hash,
                "role": equation.role,
                **written(equation.definition, equation.content["definition"]),
                "where": [written(*pair) for pair in zip(equation.where, equation.content["where"], strict=True)],
            }
            for equation in derivation.equations.values()
        ],
    }


def summary_json(certificate: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    """What ``verify --format json`` prints: the certificate without the equations, with times and reasons."""
    return {
        "architecture": certificate["architecture"]["name"],
        "L": certificate["L"],
        "steps": certificate["steps"],
        "verdict": certificate["verdict"],
        "claims": certificate["claims"],
        "compared": certificate.get("compared"),
        "not_run": notes.not_run,
        "seconds": {name: round(seconds, 4) for name, seconds in notes.seconds.items()},
        "hash": certificate["hash"],
    }


def claims_json(derivation: Derivation, found: Findings) -> dict[str, Any]:
    """What ``verify --claims --format json`` prints."""
    return {
        "architecture": derivation.architecture.name,
        "L": derivation.L,
        "steps": derivation.steps,
        "verdict": found.verdict,
        "claims": [
            {**claim.as_dict(), "line": found.lines.get(claim.id) or None, "expected": found.expected.get(claim.id)}
            for claim in found.claims
        ],
        "unreadable": [failure.as_dict() for failure in found.failures],
    }
