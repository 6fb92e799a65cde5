"""Emission: a derivation's programs poured into a target's template."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import jinja2

from codegen.program import CostProgram, LayerProgram, Routine, programs, variable
from symbolic.architecture import Vertex
from symbolic.costs import COST_OWNER
from symbolic.derivation import Derivation
from symbolic.errors import DyadicError
from symbolic.expressions import Tensor
from symbolic.printing import TextPrinter
from symbolic.serialise import digest, to_json

DTYPES = ("float32", "float64")


class Target(ABC):
    """A target names its template and array module, and says how a routine is called and written."""

    name: str
    template: str
    array_module: str

    def __init__(self, derivation: Derivation, dtype: str) -> None:
        self.derivation, self.dtype = derivation, dtype
        self.programs, self.cost = programs(derivation)

    @abstractmethod
    def function(self, base: str, part: str, vertex: Vertex | None) -> str:
        """Name of the function that a vertex (None: the cost) calls for one part of its program."""

    @abstractmethod
    def context(self) -> dict[str, Any]:
        """What the target's own blocks of the template need."""


def emit_module(target: Target) -> str:
    """The text of a standalone module.  Raises :class:`DyadicError` if a size is still a name."""
    derivation, architecture = target.derivation, target.derivation.architecture
    if architecture.unknown_sizes:
        names = ", ".join(architecture.unknown_sizes)
        raise DyadicError(f"{architecture.name}: the sizes {names} are still names; code needs numbers for them")
    calls = _Calls(target)
    vertices = architecture.vertices
    output = architecture.cost.input
    context = {
        "title": _inert(f"{architecture.name}: gradients by finite-time relaxation."),
        "version": _version(),
        "target": target.name,
        "dtype": target.dtype,
        "xp": target.array_module,
        "digest": digest(architecture_content(derivation)),
        "example_tag": tagged(derivation, f"s:{output}"),
        "parameters": [(repr(name), _shape(shape)) for name, shape in architecture.parameters.items()],
        "inputs": [(repr(node.name), _shape(node.shape)) for node in architecture.inputs],
        "target_shape": _shape(architecture.cost.shape),
        "vertices": [(repr(vertex.name), _shape(vertex.shape)) for vertex in vertices],
        "depth": derivation.L,
        "steps": derivation.steps,
        "initial": [row for vertex in vertices for row in _initial(derivation, vertex)],
        "cost_value": calls.cost("value", "state.x"),
        "cost_hash": derivation.hash("C"),
        "forward": [
            {"name": repr(v.name), "call": calls.forward(v), "tag": tagged(derivation, f"x:{v.name}")} for v in vertices
        ],
        "backward": [calls.backward(vertex) for vertex in reversed(vertices)],
        "gradients": [
            (repr(f"{v.name}.{p}"), calls.part(v, p, "gradient"), tagged(derivation, f"g:{v.name}.{p}"))
            for v in vertices
            for p in calls.program(v).gradients
        ],
        **target.context(),
    }
    return _render(target.template, context)


class _Calls:
    """The expressions that the vertex-by-vertex functions of a module consist of."""

    def __init__(self, target: Target) -> None:
        self.target, self.derivation = target, target.derivation
        self.inputs = {node.name for node in self.derivation.architecture.inputs}

    def program(self, vertex: Vertex) -> LayerProgram:
        return self.target.programs[self.derivation.content_of(vertex.name)]

    def forward(self, vertex: Vertex) -> str:
        return self._call(vertex, "", self.program(vertex).forward)

    def part(self, vertex: Vertex, parameter: str, part: str) -> str:
        return self._call(vertex, f"{part}_{parameter}", self.program(vertex).gradients[parameter])

    def backward(self, vertex: Vertex) -> dict[str, Any]:
        program = self.program(vertex)
        terms = [
            self.cost("sensitivity", "x") if t.child == COST_OWNER else f"to[{t.child!r}, {t.slot}]"
            for t in self.derivation.terms[vertex.name]
        ]
        return {
            "name": repr(vertex.name),
            "sum": " + ".join(terms),
            "tag": tagged(self.derivation, f"s:{vertex.name}"),
            "bars": self._call(vertex, "bars", program.bars) if program.bars.definitions else None,
            "contributions": [
                (slot, self._call(vertex, adjoint_part(program, slot), routine))
                for slot, routine in enumerate(program.adjoints)
                if vertex.inputs[slot] not in self.inputs
            ],
        }

    def cost(self, part: str, activations: str) -> str:
        routine = self.target.cost.value if part == "value" else self.target.cost.sensitivity
        name = self.target.function(cost_name(self.target.cost), part, None)
        source = {"x": f"{activations}[{self.derivation.architecture.cost.input!r}]", "y": "y"}
        return f"{name}({', '.join(source[variable(a)] for a in routine.arguments)})"

    def _call(self, vertex: Vertex, part: str, routine: Routine) -> str:
        program = self.program(vertex)
        name = self.target.function(program.name, part, vertex)
        arguments = [self._source(vertex, program, tensor) for tensor in routine.arguments]
        if part.startswith("gradient"):
            arguments.append("batch")
        return f"{name}({', '.join(arguments)})"

    def _source(self, vertex: Vertex, program: LayerProgram, tensor: Tensor) -> str:
        """Where a vertex finds one argument of its routine."""
        for parameter, known in program.parameters:
            if known == tensor:
                return f"p[{f'{vertex.name}.{parameter}'!r}]"
        if tensor.kind == "x":
            return f"x[{vertex.owners[tensor.owner]!r}]"
        if tensor.kind == "s":
            return f"s[{vertex.name!r}]"
        for group, routine in (("v", program.forward), ("bars", program.bars)):
            for position, known in enumerate(routine.outputs):
                if (known.kind, known.owner) == (tensor.kind, tensor.owner):
                    return f"{group}[{vertex.name!r}][{position}]"
        raise DyadicError(f"layer {vertex.name!r}: no source for {tensor.kind}")


def adjoint_part(program: LayerProgram, slot: int) -> str:
    """``adjoint``, or ``adjoint_1``, ``adjoint_2``, ... where there are several inputs."""
    return "adjoint" if len(program.adjoints) == 1 else f"adjoint_{slot + 1}"


def cost_name(program: CostProgram) -> str:
    return program.cost.type


def parts(program: LayerProgram) -> list[tuple[str, Routine]]:
    """Every routine of a layer program with its part name, the empty ones left out."""
    found = [("", program.forward), ("bars", program.bars)]
    found += [(adjoint_part(program, slot), routine) for slot, routine in enumerate(program.adjoints)]
    found += [(f"gradient_{name}", routine) for name, routine in program.gradients.items()]
    return [(part, routine) for part, routine in found if routine.definitions]


def documentation(routine: Routine) -> str:
    """The index equations of a routine, one a line."""
    printer = TextPrinter()
    return "\n    ".join(printer.equation(item) for item in routine.equations)


def architecture_content(derivation: Derivation) -> Any:
    """What the architecture's digest in an emitted module is taken of."""
    architecture = derivation.architecture
    return [
        architecture.name,
        [[node.name, [to_json(extent) for extent in node.shape]] for node in architecture.inputs],
        [[vertex.name, derivation.binding(vertex.name)] for vertex in architecture.vertices],
        derivation.binding(COST_OWNER),
    ]


def _initial(derivation: Derivation, vertex: Vertex) -> list[tuple[str, str, int | None]]:
    rows: list[tuple[str, str, int | None]] = []
    for name, parameter in derivation.layers[vertex.name].equation.parameters.items():
        shape = vertex.parameters[name]
        fan_in = 1
        for extent in shape[1:]:
            fan_in *= int(extent)
        rows.append((repr(f"{vertex.name}.{name}"), _shape(shape), fan_in if parameter.initial == "fan_in" else None))
    return rows


def _shape(shape: Sequence[Any]) -> str:
    return repr(tuple(int(extent) for extent in shape))


def tagged(derivation: Derivation, tag: str) -> str:
    """``tag hash`` for a comment."""
    return f"{_inert(tag)} {derivation.hash(tag)}"


def _inert(text: str) -> str:
    """User-given text for a comment or docstring: it cannot end either."""
    return text.replace("\\", "/").replace('"', "'")


def _version() -> str:
    try:
        return version("dyadic")
    except PackageNotFoundError:
        return "(not installed)"


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("codegen", "templates"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )


def _render(template: str, context: dict[str, Any]) -> str:
    try:
        return _environment().get_template(template).render(context)
    except jinja2.TemplateError as error:
        line = getattr(error, "lineno", None)
        raise DyadicError(f"template {template}{f', line {line}' if line else ''}: {error}") from error
