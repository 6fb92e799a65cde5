"""Emission: a derivation's programs poured into a target's template."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import jinja2
import numpy as np

from dyadic import __version__
from dyadic.codegen.program import CostProgram, LayerProgram, Routine, program_key, programs, takes_batch, variable
from dyadic.symbolic.architecture import Architecture, Cost, Vertex
from dyadic.symbolic.costs import COST_OWNER
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.errors import DyadicError
from dyadic.symbolic.expressions import Tensor
from dyadic.symbolic.printing import TextPrinter
from dyadic.symbolic.serialise import digest, to_json

DTYPES = ("float32", "float64")
MOST_WRITTEN = 256
"""Largest number of given numbers that are written into a module."""


class Target(ABC):
    """A target names its template and array module, and says how a routine is called and written."""

    name: str
    template: str
    array_module: str

    def __init__(self, derivation: Derivation, dtype: str) -> None:
        self.derivation, self.dtype = derivation, dtype
        self.programs, self.costs = programs(derivation)

    def program(self, vertex: Vertex) -> LayerProgram:
        """The program that a vertex runs."""
        return self.programs[program_key(self.derivation, vertex)]

    @abstractmethod
    def function(self, base: str, part: str, vertex: Vertex) -> str:
        """Name of the function that a vertex calls for one part of its program."""

    @abstractmethod
    def cost_function(self, program: CostProgram, part: str, cost: Cost) -> str:
        """Name of the function for a cost's ``value`` or ``sensitivity``."""

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
    by_role = {role: [n for n in architecture.inputs if n.role == role] for role in ("data", "index", "constant")}
    context = {
        "title": _inert(f"{architecture.name}: gradients by finite-time relaxation."),
        "version": __version__,
        "target": target.name,
        "dtype": target.dtype,
        "xp": target.array_module,
        "digest": digest(architecture_content(derivation)),
        "example_tag": tagged(derivation, f"s:{architecture.costs[0].input}"),
        "parameters": [(repr(name), _shape(shape)) for name, shape in architecture.parameters.items()],
        "inputs": [(repr(n.name), _shape(n.shape)) for n in architecture.inputs if n.role in ("data", "index")],
        "below": [(repr(n.name), int(n.below or 0)) for n in by_role["index"]],
        "constants": [(repr(n.name), _shape(n.shape)) for n in by_role["constant"]],
        "targets": [(repr(c.owner), _shape(c.target_shape)) for c in architecture.costs],
        "below_targets": [
            (repr(c.owner), int(c.shape[-1])) for c in architecture.costs if c.equation.target_role == "index"
        ],
        "batched": not architecture.explicit_batch,
        "decay": _number(architecture.decay) if architecture.decay else None,
        "stored": bool(stored_arrays(architecture)),
        "written": _written(architecture),
        "vertices": [(repr(vertex.name), _shape(vertex.shape)) for vertex in vertices],
        "depth": derivation.L,
        "steps": derivation.steps,
        "initial": [
            *(row for vertex in vertices for row in _initial(derivation, vertex)),
            *(
                (repr(name), _shape(architecture.shapes[name]), _fan_in(architecture.shapes[name]))
                for name in derivation.shared
            ),
        ],
        "costs": [calls.value(cost) for cost in architecture.costs],
        "forward": [
            {"name": repr(v.name), "call": calls.forward(v), "tag": tagged(derivation, f"x:{v.name}")} for v in vertices
        ],
        "backward": [calls.backward(vertex) for vertex in reversed(vertices)],
        "gradients": [
            *(
                (repr(f"{v.name}.{p}"), calls.part(v, p, "gradient"), tagged(derivation, f"g:{v.name}.{p}"))
                for v in vertices
                for p in target.program(v).gradients
            ),
            *((repr(name), calls.shared(name), tagged(derivation, f"g:{name}")) for name in derivation.shared),
        ],
        **target.context(),
    }
    return _render(target.template, context)


class _Calls:
    """The expressions that the vertex-by-vertex functions of a module consist of."""

    def __init__(self, target: Target) -> None:
        self.target, self.derivation = target, target.derivation
        self.inputs = self.derivation.architecture.by_input

    def forward(self, vertex: Vertex) -> str:
        return self._call(vertex, "", self.target.program(vertex).forward)

    def part(self, vertex: Vertex, parameter: str, part: str) -> str:
        return self._call(vertex, f"{part}_{parameter}", self.target.program(vertex).gradients[parameter])

    def backward(self, vertex: Vertex) -> dict[str, Any]:
        program = self.target.program(vertex)
        costs = self.derivation.architecture.by_cost
        terms = [
            self.sensitivity(costs[t.child]) if t.child in costs else f"to[{t.child!r}, {t.slot}]"
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

    def shared(self, name: str) -> str:
        """The gradient of a shared parameter: the contributions of all layers that read it."""
        found = []
        for term in self.derivation.shared[name]:
            vertex = self.derivation.architecture.by_name[term.child]
            program = self.target.program(vertex)
            found.append(self._call(vertex, adjoint_part(program, term.slot), program.adjoints[term.slot]))
        return " + ".join(found)

    def value(self, cost: Cost) -> dict[str, str]:
        """One term of the loss, with its weight and the hash of its equation."""
        tag = "C" if cost.owner == COST_OWNER else f"C:{cost.owner}"
        return {
            "call": self._cost(cost, "value", "state.x"),
            "weight": f"{_number(cost.weight)} * " if cost.weight != 1 else "",
            "tag": tagged(self.derivation, tag),
        }

    def sensitivity(self, cost: Cost) -> str:
        weight = f"{_number(cost.weight)} * " if cost.weight != 1 else ""
        return f"{weight}{self._cost(cost, 'sensitivity', 'x')}"

    def _cost(self, cost: Cost, part: str, activations: str) -> str:
        program = self.target.costs[cost.owner]
        routine = program.value if part == "value" else program.sensitivity
        name = self.target.cost_function(program, part, cost)
        target = "y" if cost.owner == COST_OWNER else f"y[{cost.owner!r}]"
        source = {"x": f"{activations}[{cost.input!r}]", "y": target}
        return f"{name}({', '.join(source[variable(a)] for a in routine.arguments)})"

    def _call(self, vertex: Vertex, part: str, routine: Routine) -> str:
        program = self.target.program(vertex)
        name = self.target.function(program.name, part, vertex)
        arguments = [self._source(vertex, program, tensor) for tensor in routine.arguments]
        if takes_batch(routine):
            arguments.append("batch")
        return f"{name}({', '.join(arguments)})"

    def _source(self, vertex: Vertex, program: LayerProgram, tensor: Tensor) -> str:
        """Where a vertex finds one argument of its routine."""
        for parameter, known in program.parameters:
            if known == tensor:
                return f"p[{f'{vertex.name}.{parameter}'!r}]"
        if tensor.kind == "x":
            name = vertex.owners[tensor.owner]
            static = name in self.inputs and self.inputs[name].role in ("parameter", "constant")
            return f"p[{name!r}]" if static else f"x[{name!r}]"
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
        [[node.name, node.role, [to_json(extent) for extent in node.shape]] for node in architecture.inputs],
        [equation.hash for equation in derivation.equations.values()],
    ]


def stored_arrays(architecture: Architecture) -> Mapping[str, Any]:
    """The arrays that came with an architecture and go into a file beside the module; none if they are few numbers."""
    entries = sum(np.size(value) for value in architecture.values.values())
    return architecture.values if entries > MOST_WRITTEN else {}


def _written(architecture: Architecture) -> list[tuple[str, str]]:
    """(name, code) of the arrays that stand in the module itself."""
    if stored_arrays(architecture):
        return []
    return [
        (repr(name), f"np.zeros({np.shape(value)})" if not np.any(value) else f"np.array({np.asarray(value).tolist()})")
        for name, value in architecture.values.items()
    ]


def _initial(derivation: Derivation, vertex: Vertex) -> list[tuple[str, str, int | str]]:
    """(name, shape, fan-in or "zeros" or "ones") of a vertex's parameters."""
    rows: list[tuple[str, str, int | str]] = []
    for name, parameter in derivation.layers[vertex.name].equation.parameters.items():
        shape = vertex.parameters[name]
        kind = _fan_in(shape) if parameter.initial == "fan_in" else parameter.initial
        rows.append((repr(f"{vertex.name}.{name}"), _shape(shape), kind))
    return rows


def _fan_in(shape: Sequence[Any]) -> int:
    fan_in = 1
    for extent in shape[1:]:
        fan_in *= int(extent)
    return fan_in


def _number(value: Any) -> str:
    """A rational as code: an integer, or the nearest double."""
    return str(int(value)) if value.is_Integer else repr(float(value))


def _shape(shape: Sequence[Any]) -> str:
    return repr(tuple(int(extent) for extent in shape))


def tagged(derivation: Derivation, tag: str) -> str:
    """``tag hash`` for a comment."""
    return f"{_inert(tag)} {derivation.equations[tag].short}"


def _inert(text: str) -> str:
    """User-given text for a comment or docstring: it cannot end either."""
    return text.replace("\\", "/").replace('"', "'")


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("dyadic.codegen", "templates"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )


def _render(template: str, context: dict[str, Any]) -> str:
    try:
        return _environment().get_template(template).render(context)
    except jinja2.TemplateError as error:
        line = getattr(error, "lineno", None)
        raise DyadicError(f"template {template}{f', line {line}' if line else ''}: {error}") from error
