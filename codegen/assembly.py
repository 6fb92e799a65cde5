"""Emission: a derivation's programs poured into a target's template."""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import jinja2
import numpy as np
from sympy import Expr, Rational

from dyadic.codegen.plan import Backward, Plan, RoutineCall, Source, Summand, make_plan
from dyadic.codegen.program import LayerProgram, Routine, program_key, programs
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.errors import DyadicError
from dyadic.symbolic.instantiation import cost_tag
from dyadic.symbolic.printing import TextPrinter
from dyadic.symbolic.serialise import digest, to_json
from dyadic.symbolic.structure import Architecture, Input, Vertex
from dyadic.version import __version__

DTYPES = ("float32", "float64")
MOST_WRITTEN = 256
"""Largest number of given numbers that are written into a module."""


class Planned:
    """A derived network with its programs and its plan, before any text."""

    def __init__(self, derivation: Derivation, dtype: str) -> None:
        self.derivation, self.dtype = derivation, dtype
        self.programs, self.costs = programs(derivation)
        self.plan = make_plan(derivation, self.programs, self.costs)

    def base(self, call: RoutineCall) -> tuple[str, Mapping[Expr, Expr]]:
        """The name of the program that a call runs a part of, and the sizes it is run at."""
        architecture = self.derivation.architecture
        owners = architecture.by_cost if call.owner in self.costs else architecture.by_name
        return call.program, owners[call.owner].sizes

    def program(self, vertex: Vertex) -> LayerProgram:
        """The program that a vertex runs."""
        return self.programs[program_key(self.derivation, vertex)]

    def tag(self, letter: str, owner: str) -> str:
        """``tag hash`` of an equation, for a comment."""
        return tagged(self.derivation, cost_tag(owner) if letter == "C" else f"{letter}:{owner}")


class Target(Planned, ABC):
    """A target that writes a module names its template and array module, and says how a routine is called and written.

    makes: whether the emitted functions are given what makes their arrays, and gradients where they go.
    online: the plan of a loss with its gradients, where it differs from the one that the simulation follows.
    tensor_cores: the format in which contractions may go there, if that was asked for.
    """

    name: str
    template: str
    array_module: str
    makes = False
    online: Plan | None = None
    tensor_cores: str | None = None

    @property
    def decay(self) -> str | None:
        """The weight decay as code, if there is one."""
        decay = self.derivation.architecture.decay
        return number(decay) if decay else None

    @abstractmethod
    def called(self, call: RoutineCall) -> str:
        """Name of the function that a call is to."""

    def added(self, terms: Sequence[str], out: str | None) -> str:
        """The sum of two or more arrays as code.  out: the array to put it in, where there may be such."""
        return " + ".join(terms)

    def times(self, weight: str, value: str) -> str:
        """A number times an array as code."""
        return f"{weight} * {value}"

    @abstractmethod
    def context(self) -> dict[str, Any]:
        """What the target's own blocks of the template need."""


def emit_module(target: Target) -> str:
    """The text of a standalone module.  Raises :class:`DyadicError` if a size is still a name."""
    derivation, architecture = target.derivation, target.derivation.architecture
    require_numbers(architecture, target.dtype)
    text, plan = _Text(target), target.plan
    online = target.online or plan
    vertices = architecture.vertices
    by_role = {role: [n for n in architecture.inputs if n.role == role] for role in ("data", "index", "constant")}
    context = {
        "title": _inert(f"{architecture.name}: gradients by finite-time relaxation."),
        "version": __version__,
        "target": target.name,
        "dtype": target.dtype,
        "form": target.tensor_cores,
        "command": _command(target),
        "xp": target.array_module,
        "digest": digest(emitted_content(derivation)),
        "example_tag": tagged(derivation, f"s:{architecture.costs[0].input}"),
        "parameters": [(repr(name), _shape(shape)) for name, shape in architecture.parameters.items()],
        "inputs": [(repr(n.name), _shape(n.shape)) for n in asked_for(architecture)],
        "below": [(repr(n.name), int(n.below or 0)) for n in by_role["index"] if n.name not in architecture.values],
        "bound": [repr(name) for name in positions(architecture)],
        "constants": [(repr(n.name), _shape(n.shape)) for n in by_role["constant"]],
        "targets": [(repr(c.owner), _shape(c.target_shape)) for c in architecture.costs],
        "below_targets": [
            (repr(c.owner), int(c.shape[-1])) for c in architecture.costs if c.equation.target_role == "index"
        ],
        "outputs": _outputs(architecture),
        "batched": not architecture.explicit_batch,
        "decay": target.decay,
        "stored": bool(stored_arrays(architecture)),
        "written": _written(architecture, with_positions=False),
        "written_positions": _written(architecture, with_positions=True),
        "vertices": [(repr(vertex.name), _shape(vertex.shape)) for vertex in vertices],
        "depth": derivation.L,
        "steps": derivation.steps,
        "initial": [
            *(row for vertex in vertices for row in _initial(derivation, vertex)),
            *(
                (repr(name), _shape(architecture.shapes[name]), _fan_in(architecture.shapes[name]))
                for name in derivation.shared
                if name not in architecture.values
            ),
        ],
        "costs": [
            {
                "call": text.term(term, "state.x"),
                "here": text.term(term, "known"),
                "tag": tagged(derivation, cost_tag(owner)),
            }
            for owner, term in plan.loss
        ],
        "forward": [
            {
                "name": repr(call.owner),
                "call": _either(text.call(call), text.call(other)),
                "tag": tagged(derivation, f"x:{call.owner}"),
            }
            for call, other in zip(plan.forward, online.forward, strict=True)
        ],
        "backward": [text.backward(step, other) for step, other in zip(plan.backward, online.backward, strict=True)],
        "gradients": [
            (
                repr(name),
                _either(text.gradient(name, terms), text.gradient(name, others)),
                tagged(derivation, f"g:{name}"),
            )
            for (name, terms), (_, others) in zip(plan.gradients, online.gradients, strict=True)
        ],
        "makes": target.makes,
        "online": target.online is not None,
        **target.context(),
    }
    return rendered(target.template, context)


def _command(target: Target) -> str:
    """The command line that writes the module again: with every option that has changed it, in its folder."""
    architecture = target.derivation.architecture
    path, *options = architecture.reading or ("SPEC",)
    if path != _inert(path) or not path.isprintable() or path.startswith("-"):
        path = "SPEC"  # a docstring cannot hold that name
    words = [path, "--target", target.name, "--dtype", target.dtype, *options]
    words += ["--tensor-cores", target.tensor_cores] if target.tensor_cores else []
    words += [word for name, size in architecture.given_sizes for word in ("--size", _inert(f"{name}={size}"))]
    words += ["-o", "FILE.py"] if stored_arrays(architecture) else []  # standard output does not hold the arrays
    return f"dyadic emit {shlex.join(words)}"


def require_numbers(architecture: Architecture, dtype: str) -> None:
    """Raises :class:`DyadicError` if a size is still a name, or a number too large for the type, or lost in it as 0."""
    if architecture.unknown_sizes:
        names = ", ".join(architecture.unknown_sizes)
        raise DyadicError(
            f"{architecture.name}: code needs numbers for the sizes {names}; give --size NAME=NUMBER for each"
        )

    kinds, given = list(dict.fromkeys(vertex.kind for vertex in architecture.vertices)), [("decay", architecture.decay)]
    for kind in kinds:
        kinds += kind.parts
        given += [(f"{kind.type}: {key}", value) for key, value in kind.settings]
    for name, value in [*given, *(("weight of a cost", cost.weight) for cost in architecture.costs)]:
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Rational) and not _fits(one, np.finfo(dtype)):
                raise DyadicError(f"{architecture.name}: {name} = {one.evalf(3)} has no value in {dtype}")


def _fits(number: Rational, limits: Any) -> bool:
    try:
        with np.errstate(all="ignore"):
            value = limits.dtype.type(float(number))
    except OverflowError:
        return False
    return bool(np.isfinite(value) and (value != 0 or number == 0))


class _Text:
    """The calls of a plan as Python."""

    def __init__(self, target: Target) -> None:
        self.target, self.derivation = target, target.derivation

    def call(self, call: RoutineCall, x: str = "x", out: str | None = None) -> str:
        """``name(arguments)``; x: the name of the activations here; out: where the result may go."""
        arguments = [_source(source, x) for source in call.sources] + (["batch"] if call.batch else [])
        if self.target.makes:
            arguments += ["make", *([out] if out and call.part.startswith("gradient_") else [])]
        return f"{self.target.called(call)}({', '.join(arguments)})"

    def term(self, term: Summand, x: str = "x") -> str:
        value = self.call(term.of, x) if isinstance(term.of, RoutineCall) else _source(term.of, x)
        return value if term.weight == 1 else self.target.times(number(term.weight), value)

    def sum(self, terms: Sequence[Summand], further: Sequence[str] = (), out: str | None = None) -> str:
        parts = [*map(self.term, terms), *further]
        return parts[0] if len(parts) == 1 else self.target.added(parts, out)

    def gradient(self, name: str, terms: Sequence[Summand]) -> str:
        """The gradient of a parameter, with what the decay adds to it."""
        decay, (first, *others) = self.target.decay, terms
        out = f"out.get({name!r})"
        if decay is None and not others and isinstance(first.of, RoutineCall) and first.weight == 1:
            return self.call(first.of, out=out)
        return self.sum(terms, [self.target.times(decay, f"p[{name!r}]")] if decay else (), out)

    def backward(self, step: Backward, online: Backward) -> dict[str, Any]:
        """online: the same vertex where its equations are evaluated online."""
        bars, others = (self.call(one.bars) if one.bars else None for one in (step, online))
        pairs = zip(step.contributions, online.contributions, strict=True)
        return {
            "name": repr(step.vertex),
            "sum": self.sum(step.sensitivity),
            "tag": tagged(self.derivation, f"s:{step.vertex}"),
            "bars": bars,
            "bars_online": _either(bars, others) if bars and others else bars,
            "contributions": [(slot, _either(self.call(call), self.call(other))) for (slot, call), (_, other) in pairs],
        }


def _either(usual: str, online: str) -> str:
    """A call, or two of which an argument of the emitted function chooses one."""
    return usual if usual == online else f"{online} if online else {usual}"


def _source(source: Source, x: str) -> str:
    """Where the emitted functions hold an array."""
    name = repr(source.name)
    match source.group:
        case "parameter":
            return f"p[{name}]"
        case "activation":
            return f"{x}[{name}]"
        case "sensitivity":
            return f"s[{name}]"
        case "value":
            return f"v[{name}][{source.position}]"
        case "bar":
            return f"bars[{name}][{source.position}]"
        case "contribution":
            return f"to[{name}, {source.position}]"
        case "target":
            return f"y[{name}]" if source.name else "y"


def documentation(routine: Routine) -> str:
    """The index equations of a routine, one a line."""
    printer = TextPrinter()
    lines = [printer.equation(item) for item in routine.equations]
    if routine.inside:
        lines += ["formed where they are read and stored nowhere:", *map(printer.equation, routine.inside)]
    return "\n    ".join(lines)


def emitted_content(derivation: Derivation) -> Any:
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


def asked_for(architecture: Architecture) -> list[Input]:
    """The inputs that a caller of the module gives: not the positions that came with the model."""
    bound = positions(architecture)
    return [n for n in architecture.inputs if n.role in ("data", "index") and n.name not in bound]


def _outputs(architecture: Architecture) -> list[tuple[str, str]]:
    """(vertex, cost) of what another program differentiates further: where all costs are abstract and of weight 1."""
    costs = architecture.costs
    if any(cost.type != "abstract" or cost.weight != 1 for cost in costs) or architecture.decay:
        return []
    return [(repr(cost.input), repr(cost.owner)) for cost in costs]


def positions(architecture: Architecture) -> list[str]:
    """The integer inputs that came with the model, in order."""
    return [n.name for n in architecture.inputs if n.role == "index" and n.name in architecture.values]


def _written(architecture: Architecture, with_positions: bool) -> list[tuple[str, str]]:
    """(name, code) of the arrays that stand in the module itself: positions, or the others."""
    known = set(positions(architecture))
    if stored_arrays(architecture):
        return []
    return [
        (repr(name), f"np.zeros({np.shape(value)})" if not np.any(value) else f"np.array({np.asarray(value).tolist()})")
        for name, value in architecture.values.items()
        if (name in known) is with_positions
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


def number(value: Any) -> str:
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


def rendered(template: str, context: dict[str, Any]) -> str:
    """A template of this package with a context put in.  Raises :class:`DyadicError` where it does not fit."""
    try:
        return _environment().get_template(template).render(context)
    except jinja2.TemplateError as error:
        line = getattr(error, "lineno", None)
        raise DyadicError(f"template {template}{f', line {line}' if line else ''}: {error}") from error
