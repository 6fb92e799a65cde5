"""The layer types and costs as documentation, written from the code: docs/layers.md and ``dyadic layers``.

    python -m dyadic.catalogue docs/layers.md

Every type is shown by its example (``LayerType.example``): the equation and what is derived from it are those of the
example's kind, for symbolic sizes; a target is listed where it emits the example with numbers for its sizes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dyadic.symbolic.readers.onnx_model
import dyadic.symbolic.readers.torch_export  # noqa: F401 (both register operators)
from dyadic.codegen import emit
from dyadic.files import write_text
from dyadic.option_notes import option_note
from dyadic.symbolic import Derivation, DyadicError, SpecError, architecture, derive
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.expressions import Apply, Definition, Element, Tensor
from dyadic.symbolic.functions import FUNCTIONS, by_cases, closed_form
from dyadic.symbolic.layers import LayerEquation
from dyadic.symbolic.layers.layer_type import Example, Option
from dyadic.symbolic.options import suggest
from dyadic.symbolic.printing import TextPrinter, joined
from dyadic.symbolic.readers.onnx_node import OPERATORS as ONNX
from dyadic.symbolic.readers.operator_table import Registry
from dyadic.symbolic.readers.torch_call import OPERATORS as TORCH
from dyadic.symbolic.spec import LAYER_TYPES
from dyadic.symbolic.unroll import Unrolled

EMITTED = ("numpy", "c", "cupy", "onnx")
OF_MODELS: dict[str, tuple[str, Registry[Any]]] = {"onnx": ("ONNX", ONNX), "torch": ("PyTorch", TORCH)}
"""What can be read besides specifications, by the name that `dyadic layers` has for it."""
_PRINTER = TextPrinter()
_WIDTH = 110
_NUMBERS = {"w": 3}
_NUMBER = 6
"""What the sizes that an example gives by name are in emitted code: ``_NUMBERS``, otherwise ``_NUMBER``."""


@dataclass(frozen=True)
class CatalogueEntry:
    """What is said of one layer type or cost.

    equations: its index equation and shape rule, as text; derived: what the variation gives, as text.
    functions: what the scalar functions in it and their derivatives are.  notes: what each option says.
    operators: those that a reader may make such a layer of, by format.  targets: None where a target emits the
    example, otherwise its reason.
    """

    name: str
    about: str
    inputs: str
    options: tuple[str, ...]
    arrays: tuple[str, ...]
    equations: tuple[str, ...]
    derived: tuple[str, ...]
    hypotheses: tuple[str, ...]
    functions: tuple[str, ...]
    notes: tuple[str, ...]
    operators: Mapping[str, tuple[str, ...]]
    targets: Mapping[str, str | None]


def entry(name: str) -> CatalogueEntry:
    """The entry of a layer type or cost.  Raises :class:`SpecError` for a name that is neither."""
    if name in COSTS:
        return _cost_entry(name)
    if name not in LAYER_TYPES:
        raise SpecError(repr(name), "no layer type and no cost has this name", suggest(name, [*LAYER_TYPES, *COSTS]))
    type_ = LAYER_TYPES[name]
    single = type_.cell.name if isinstance(type_, Unrolled) else name  # an unrolled layer is shown by one cell
    layer = example_network(single, numeric=False).layers["layer"]
    equation = layer.equation
    rule = [f"{_PRINTER(symbol)} = {_PRINTER(formula)}" for symbol, formula in equation.extents.items()]
    return CatalogueEntry(
        name,
        type_.about,
        type_.input_rule,
        tuple(_option(key, option) for key, option in type_.options.items()),
        _arrays(equation),
        (*_aligned(equation.definitions), *(["", *rule] if rule else [])),
        _aligned([*layer.intermediates, *_read(layer.adjoints, type_.index_slots), *layer.gradients.values()]),
        _hypotheses(equation.hypotheses, equation.definitions),
        _functions(equation.definitions),
        tuple(option_note(name, key) for key in type_.options),
        {form: _operators(registry, single) for form, registry in OF_MODELS.values()},
        _targets(example_network(name, numeric=True)),
    )


def _cost_entry(name: str) -> CatalogueEntry:
    cost = COSTS[name]
    (derived,) = _cost_network(name, "n").costs.values()
    equation = derived.equation
    return CatalogueEntry(
        name,
        cost.about,
        cost.size_rule or "any shape",
        tuple(_option(key, option) for key, option in cost.options.items()),
        (_array(equation.input), f"{_array(equation.target)}, the target"),
        _aligned(equation.definitions),
        _aligned([*derived.intermediates, derived.gradient]),
        _hypotheses(equation.hypotheses, equation.definitions),
        _functions(equation.definitions),
        tuple(option_note(name, key) for key in cost.options),
        {},
        _targets(_cost_network(name, _NUMBER)),
    )


# -- the example of a type as a network ---------------------------------------------------------------------------


def example_network(name: str, numeric: bool) -> Derivation:
    """A network of one layer, the example of its type."""
    type_ = LAYER_TYPES[name]
    example: Example = type_.example
    rank = max(type_.smallest_rank, 1)
    shapes = example.shapes or [("n", "m", "k")[:rank]] * type_.arity[0]

    def size(value: Any) -> Any:
        return _NUMBERS.get(value, _NUMBER) if numeric and isinstance(value, str) else value

    options = dict(example.options)
    for key, value in example.options.items():
        kind = type_.options[key].kind
        if kind in ("size", "sizes", "shape"):
            options[key] = size(value) if kind == "size" else [size(one) for one in value]
    inputs = {
        f"x{slot + 1}": {"shape": [size(n) for n in shape]}
        | ({"below": size(example.below)} if slot in type_.index_slots else {})
        for slot, shape in enumerate(shapes)
    }
    layer = {"name": "layer", "type": name, "inputs": list(inputs), **options}
    return derive(architecture({"inputs": inputs, "layers": [layer], "cost": {"type": "abstract"}}))


def _cost_network(name: str, size: int | str) -> Derivation:
    """A network with this cost of a vector."""
    layers = [{"name": "layer", "type": "identity"}]
    return derive(architecture({"inputs": {"x": {"shape": [size]}}, "layers": layers, "cost": {"type": name}}))


def _targets(derivation: Derivation) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for target in EMITTED:
        try:
            emit(derivation, target)
            found[target] = None
        except DyadicError as error:  # it is refused, or a package that the target needs is not there
            found[target] = str(error)
    return found


# -- the parts of an entry ----------------------------------------------------------------------------------------


def _option(key: str, option: Option) -> str:
    kind = " | ".join(option.choices) if option.kind == "choice" else option.kind
    if option.optional:
        return f"{key} ({kind}; optional)"
    if option.default is None:
        return f"{key} ({kind})"
    default = str(option.default).lower() if option.kind == "flag" else str(option.default)
    return f"{key} ({kind}; {default})"


def _array(tensor: Tensor) -> str:
    """A tensor's name as it stands in the equations, and its shape."""
    name = _PRINTER(Element(tensor.name))
    return f"{name} [{', '.join(map(_PRINTER, tensor.shape))}]"


def _arrays(equation: LayerEquation) -> tuple[str, ...]:
    """Inputs, parameters and the value with their shapes."""
    return (
        *map(_array, equation.inputs),
        *(f"{_array(parameter.tensor)}, {name}" for name, parameter in equation.parameters.items()),
        f"{_array(equation.output.tensor)}, the value",
    )


def _aligned(items: Sequence[Definition]) -> tuple[str, ...]:
    """Equations as text, their relation signs below one another, long sums broken between their terms."""
    left = [_PRINTER(item.element) for item in items]
    width = max(map(len, left), default=0)
    lines = []
    for name, item in zip(left, items, strict=True):
        rows = [_PRINTER(item.body)]
        if len(rows[0]) > _WIDTH - width:
            first, *others = _PRINTER.terms(item.body)
            rows = [joined([first]), *(f"  {sign} {term}" for sign, term in others)]
        lines += [f"{name:<{width}} = {rows[0]}", *(f"{'':<{width + 2}}{row}" for row in rows[1:])]
    return tuple(lines)


def _read(adjoints: Sequence[Definition], index_slots: frozenset[int]) -> list[Definition]:
    """The adjoints of the inputs that have one: integers have none."""
    return [item for slot, item in enumerate(adjoints) if slot not in index_slots]


def _hypotheses(stated: Sequence[str], definitions: Sequence[Definition]) -> tuple[str, ...]:
    """What the equation states, and the conventions at the kinks of the functions in it."""
    names = sorted({node.name for item in definitions for node in item.body.atoms(Apply)})
    kinks = [(name, FUNCTIONS[name].kink) for name in names]
    return (*stated, *(f"{name}: {kink}" for name, kink in kinks if kink is not None and kink not in stated))


def _functions(definitions: Sequence[Definition]) -> tuple[str, ...]:
    """The functions that are no primitives, and the derivatives that the adjoint reads."""
    lines = []
    for name in sorted({node.name for item in definitions for node in item.body.atoms(Apply)} - {"outer"}):
        if not FUNCTIONS[name].primitive:
            lines.append(f"{name}(z) = {_PRINTER(closed_form(name, 0))}")
        lines.append(f"{name}'(z) = {_PRINTER(closed_form(name, 1))}")
    return tuple(lines)


def _operators(registry: Registry[Any], type_: str) -> tuple[str, ...]:
    """First those of which such a layer is the usual reading."""
    found = ((types.index(type_), name) for name, types in registry.becomes.items() if type_ in types)
    return tuple(name for _, name in sorted(found))


# -- as text ------------------------------------------------------------------------------------------------------


def overview() -> Iterator[str]:
    """One line for every layer type and cost."""
    for title, types in (("Layer types", LAYER_TYPES), ("Costs", COSTS)):
        yield f"{title} ({len(types)}):"
        width = max(map(len, types))
        yield from (f"  {name:<{width}}  {_plain(type_.about)}" for name, type_ in types.items())


def readable(form: str) -> Iterator[str]:
    """One line for every operator that can be read of a format, with the layers that it may become."""
    name, registry = OF_MODELS[form]
    yield f"Operators of {name} that can be read ({len(registry.becomes)}), and what they may become:"
    width = max(map(len, registry.becomes))
    yield from (f"  {one:<{width}}  {', '.join(types) or '-'}" for one, types in sorted(registry.becomes.items()))


def text(found: CatalogueEntry) -> Iterator[str]:
    """An entry, line by line."""
    yield f"{found.name}: {_plain(found.about)}"
    yield f"  takes    {_plain(found.inputs)}"
    if not found.options:
        yield "  options  none"
    for line, (option, note) in enumerate(zip(found.options, found.notes, strict=True)):
        yield f"  {'' if line else 'options':<7}  {option}: {note}"
    yield f"  arrays   {'; '.join(found.arrays)}"
    for title, lines in (
        ("Equation", found.equations),
        ("Derived from it", found.derived),
        ("Functions", found.functions),
    ):
        if lines:
            yield ""
            yield title
            yield from (f"  {line}".rstrip() for line in lines)
    yield ""
    yield f"Hypotheses: {'; '.join(found.hypotheses) or 'none'}"
    for form, operators in found.operators.items():
        yield f"{form}: {', '.join(operators) or 'nothing is read as this'}"
    for target, refusal in found.targets.items():
        yield f"Target {target}: {refusal or 'emitted'}"


# -- as Markdown --------------------------------------------------------------------------------------------------

_HEAD = """# Layers and costs

Written by `make docs` from the code: do not edit. `dyadic layers NAME` prints an entry in the terminal.

In the equations v is the vertex and u (u1, u2, ...) are its parents, so x_u is an activation read and f_v the value of
the layer's map; `Wbar` stands for dE/dW. A bracket such as `[0 <= e < n]` is 1 where it holds and 0 elsewhere, and
what it multiplies is not read where it is 0; under Max it leaves entries out. s_v is the sensitivity of the vertex.
Equations hold for all sizes; they are shown for one choice of options each. Under *ONNX* and *PyTorch* stand the
operators that a reader may make such a layer of, alone or with others. A target is listed as emitting a layer if it
emits the entry's example with numbers for its sizes.
"""


def markdown() -> str:
    """All entries, with a table in front."""
    layers, costs = [entry(name) for name in LAYER_TYPES], [entry(name) for name in COSTS]
    parts = [_HEAD]
    for title, entries in (("Layers", layers), ("Costs", costs)):
        parts.append(f"## {title}\n\n" + "\n".join(_table(entries)) + "\n")
        parts += ["\n".join(_section(found)) + "\n" for found in entries]
    return "\n".join([*parts, _FUNCTIONS_HEAD, *_function_table(), ""])


_FUNCTIONS_HEAD = """## Scalar functions

What stands in the equations above as `tanh(z)` and the like, also in claims. The definition is what a derivative is
proved from; value and derivative are given as they are emitted and typeset.
"""


def _function_table() -> Iterator[str]:
    head = ["function", "definition", "value", "derivative", "hypotheses", "activation"]
    yield _row(head)
    yield _row(["---"] * len(head))
    for name, function in FUNCTIONS.items():
        forms = (by_cases(name), closed_form(name, 0), closed_form(name, 1))
        hypotheses = _escaped("; ".join(function.hypotheses)) or "none"
        yield _row(
            [
                _code(name),
                *(_code(_PRINTER(form)) for form in forms),
                hypotheses,
                "yes" if function.activation else "no",
            ]
        )


def _table(entries: Sequence[CatalogueEntry]) -> Iterator[str]:
    forms = list(entries[0].operators)
    head = ["type", "in short", *forms, *EMITTED]
    yield _row(head)
    yield _row(["---"] * len(head))
    for found in entries:
        operators = [", ".join(found.operators[form]) for form in forms]
        targets = ["yes" if found.targets[target] is None else "no" for target in EMITTED]
        yield _row([f"[{found.name}](#{found.name})", _escaped(found.about), *map(_escaped, operators), *targets])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _section(found: CatalogueEntry) -> Iterator[str]:
    yield f"### {found.name}\n"
    yield f"{_escaped(found.about)}\n"
    yield f"Takes {_escaped(found.inputs)}. {'Options:' if found.options else 'Options: none.'}\n"
    if found.options:
        pairs = zip(found.options, found.notes, strict=True)
        yield "\n".join(f"* {_code(option)}: {_escaped(note)}" for option, note in pairs) + "\n"
    yield f"Arrays: {'; '.join(map(_code, found.arrays))}.\n"
    yield "```text"
    yield from (*found.equations, "", *found.derived, *(["", *found.functions] if found.functions else []))
    yield "```\n"
    yield f"* Hypotheses: {_escaped('; '.join(found.hypotheses)) or 'none'}"
    for form, operators in found.operators.items():
        yield f"* {form}: {', '.join(map(_code, operators)) or 'none'}"
    for target, refusal in found.targets.items():
        yield f"* Target {target}: {f'refused ({_escaped(refusal)})' if refusal else 'emitted'}"


def _plain(words: str) -> str:
    """Text without the marks of a docstring."""
    return words.replace("``", "")


def _code(words: str) -> str:
    return f"`{words}`"


def _escaped(words: str) -> str:
    """Text in which Markdown reads nothing but letters: an underscore within a word and brackets alone are letters."""
    return re.sub(r"[\\|*<`]|\b_|(?<=\])\(", lambda found: f"\\{found[0]}", words.replace("``", ""))


def main() -> None:
    """``python -m dyadic.catalogue FILE``."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m dyadic.catalogue FILE")
    try:
        write_text(Path(sys.argv[1]), markdown())
    except DyadicError as error:
        sys.exit(f"dyadic: {error}")


if __name__ == "__main__":
    main()
