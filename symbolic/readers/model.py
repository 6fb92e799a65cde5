"""A model while it is read: layers are added one by one and bound to the shapes of their inputs at once."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from sympy import Expr, Integer

from dyadic.symbolic.costs import COST_OWNER, COSTS
from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.layers import LAYERS
from dyadic.symbolic.layers.layer_type import Shape
from dyadic.symbolic.limits import LARGEST_COMPUTED, LONGEST_NAME, MOST_COMPUTED
from dyadic.symbolic.looks import look
from dyadic.symbolic.options import choice, known, neutral, read_options
from dyadic.symbolic.readers.positions import Layout, numbers, read_instead
from dyadic.symbolic.structure import (
    Architecture,
    Cost,
    IndependentLayer,
    Input,
    InputRole,
    Vertex,
    make_cost,
    make_vertex,
)

_RESERVED = re.compile(rf"{COST_OWNER}\d*\Z")
_LOWEST = float(np.finfo(np.float32).min)


@dataclass(frozen=True)
class Known:
    """A value that depends on no input of the model.

    array: numbers, or (of dtype object) integer expressions of the model's sizes.
    trained: it is a weight of the file: if a layer reads it, it is a parameter, otherwise a constant.
    """

    name: str
    array: np.ndarray
    trained: bool = False

    @property
    def symbolic(self) -> bool:
        return bool(self.array.dtype == object)


Value = str | Known
"""The name of a vertex or input of the architecture, or something known beforehand."""


class Unsupported(Exception):
    """A node that cannot be read; the message says why."""


MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading a node raises whose operands or attributes are not of the form that its operator asks for."""


def malformed(error: Exception) -> str:
    return f"is not of the form that is read: {type(error).__name__}: {str(error)[:100]}"


@dataclass(frozen=True)
class Problem:
    """A node that cannot be read, its place in the graph and, where that is known, its operator.

    origin: the name of the call that it comes from, in a program whose calls were decomposed.
    """

    place: str
    reason: str
    operator: str = ""
    origin: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.reason else self.place


def refuse(where: str, problems: Sequence[Problem], form: Literal["onnx", "torch"]) -> None:
    """One message for everything that is not supported; nothing where all is.  form: what kind of model it is."""
    if problems:
        first, *others = problems
        message = f"{first.place} is not supported" + (f" ({first.reason})" if first.reason else "")
        if others:
            message += "; neither is " + "; nor ".join(map(str, others))
        remedy = f"export the model without these (`dyadic layers {form}` lists the operators that can be read)"
        raise SpecError(where, message, remedy)


class Model:
    """What a reader has found so far.

    notes: what was left out or changed on the way, in words.
    values: arrays of the parameters, constants and constant indices.
    given: what was made once and is read again, by what it is.
    arrays: the known values that already are inputs, with the names of these, by the names that they had: two calls in
        one module of PyTorch, or two nodes of an ONNX file, may be called the same.
    kept: what the names of weights that are not read yet look like: nothing else may take them.
    layouts: positions that were laid out anew, which are no vertices (:mod:`dyadic.symbolic.readers.positions`).
    computed: bytes of the constants that the file does not hold, but says how to make.
    infinite: whether a constant held an infinity.
    decided: names of known arrays that are parameters, whoever reads them; found by reading the model once before.
    by_value: names of those whose numbers went into a layer; in_parts: of those that became several parameters.
    distinct: computed positions of which no two are equal, with the axis along which they differ.
    least: how many entries a weight has at least; a file that does not tell weights from constants has 2, for a single
        number is a constant more often than not.
    """

    def __init__(self, name: str, least: int = 2, decided: Iterable[str] = ()) -> None:
        self.decided = frozenset(decided)
        self.by_value: set[str] = set()
        self.in_parts: set[str] = set()
        self.least = least
        self.name = self._printable(name) or "model"
        self.inputs: dict[str, Input] = {}
        self.vertices: dict[str, Vertex] = {}
        self.shapes: dict[str, Shape] = {}
        self.looks: set[str] = set()
        self.kept: set[str] = set()
        self.values: dict[str, np.ndarray] = {}
        self.notes: list[str] = []
        self.given: dict[str, str] = {}
        self.arrays: dict[str, list[tuple[np.ndarray, bool, str]]] = {}
        self.layouts: dict[str, Layout] = {}
        self.computed = 0
        self.infinite = False
        self.distinct: dict[str, int] = {}

    def fresh(self, wanted: str) -> str:
        """A name that no input or layer has yet, and no weight will have, as close to the wanted one as possible."""
        stem = self._printable(wanted) or "layer"
        if _RESERVED.match(stem):
            stem += "_"
        name, count = stem, 1
        while look(name) in self.looks or look(name) in self.kept:
            count += 1
            name = f"{stem}.{count}"
        return name

    @staticmethod
    def _printable(name: str) -> str:
        return neutral(name.strip()[: LONGEST_NAME - 30])

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def room(self, shape: Iterable[Any], itemsize: int, largest: int = LARGEST_COMPUTED) -> None:
        """Ask for the memory of a constant before it is made: a few bytes of a file can ask for any amount.

        Raises :class:`Unsupported` where it, or all of them together, would take more than is given.
        """
        wanted = math.prod(map(int, shape)) * itemsize
        self.computed += wanted
        if wanted > largest:
            raise Unsupported(f"makes a constant of {wanted:.3g} bytes; at most {largest >> 20} MiB are made")
        if self.computed > MOST_COMPUTED:
            raise Unsupported(f"makes constants of more than {MOST_COMPUTED >> 20} MiB together with those before it")

    def keep(self, names: Iterable[str]) -> None:
        """Let no constant and no layer take the names of weights that are read later."""
        self.kept = {look(self._printable(name)) for name in names}

    def input(self, wanted: str, shape: Iterable[Any], role: InputRole = "data", below: Any = None) -> str:
        """A clamped vertex; returns the name that it was given."""
        extents = tuple(map(_extent, shape))
        node = Input(self.fresh(wanted), extents, role, None if below is None else _extent(below))
        self.inputs[node.name] = node
        self.shapes[node.name] = extents
        self.looks.add(look(node.name))
        return node.name

    def array(self, wanted: str, value: np.ndarray, role: InputRole, below: int | None = None) -> str:
        """A clamped vertex that comes with its array.

        An infinity in a constant (a mask) is replaced by the float32 number nearest to it: added to a score it has
        the same effect, and 0 times it is 0.
        """
        if not np.isfinite(value).all():
            if role != "constant" or np.isnan(value).any():
                found = "NaN" if np.isnan(value).any() else "an infinity"
                raise SpecError(f"{role} {wanted!r}", f"holds {found}", f"a {role} must hold numbers")
            self.infinite = True
            self.note(f"infinities in the constant {wanted!r} are read as {-_LOWEST:.1e} with their sign")
            value = np.clip(value.astype(np.promote_types(value.dtype, np.float32)), _LOWEST, -_LOWEST)
        name = self.input(wanted, value.shape, role, below)
        self.values[name] = value
        return name

    def vertex(self, value: Value, trained: bool | None = None) -> str:
        """The vertex or input that a value is; a known value becomes an input of the architecture.

        trained: whether it then is a parameter; by default if it is a weight of enough entries.  What one layer
        reads as a weight and another as a constant is a parameter.
        """
        if isinstance(value, str):
            return value
        if value.symbolic:
            raise Unsupported("computes with sizes that are only names: give numbers with --size")
        if trained is None:
            trained = value.trained and value.array.size >= self.least
        name = self._known(value.name, value.array, value.trained)
        if name is None:
            array = value.array if value.array.dtype.kind == "f" else _as_numbers(value.array)
            if value.trained:
                self.kept.discard(look(self._printable(value.name)))
            name = self.array(value.name, array, "parameter" if trained else "constant")
            self.arrays.setdefault(value.name, []).append((value.array, value.trained, name))
        elif trained:
            if not np.isfinite(value.array).all():
                raise SpecError(f"parameter {name!r}", "holds an infinity", "a parameter must hold numbers")
            self.inputs[name] = replace(self.inputs[name], role="parameter")
        return name

    def numbers_of(self, value: Value | None) -> np.ndarray | None:
        """The numbers of a known value; None where it is not known, or is a parameter, which has to be a vertex."""
        if not isinstance(value, Known) or value.name in self.decided:
            return None
        if value.array.dtype.kind == "f":
            self.by_value.add(value.name)
        return value.array

    def read_both_ways(self) -> set[str]:
        """Names of arrays that one layer reads as a parameter and another by value: its gradient would lack a part."""
        roles = {key: self.inputs[name].role for key, found in self.arrays.items() for *_, name in found}
        return {name for name in self.by_value if roles.get(name) == "parameter"} | self.in_parts

    def indices(self, name: str, positions: np.ndarray, below: int) -> str:
        """A known array of positions as an input of the role "index"."""
        key = f"index below {below} {name}"
        found = self._known(key, positions, False)
        if found is None:
            found = self.array(name, positions, "index", below)
            self.arrays.setdefault(key, []).append((positions, False, found))
        return found

    def _known(self, key: str, array: np.ndarray, trained: bool) -> str | None:
        """The input that an array with this name already is; a constant of equal entries is no weight of the model."""
        for other, is_trained, name in self.arrays.get(key, ()):
            if is_trained != trained:
                continue
            if other is array or (other.dtype == array.dtype and np.array_equal(other, array)):
                return name
        return None

    def layer(self, wanted: str, type_: str, inputs: Sequence[str], **options: Any) -> str:
        """A vertex; returns the name that it was given.  Raises :class:`SpecError` where the shapes do not fit.

        Layers that move positions, or compute with them, become what positions.py says.
        """
        instead = read_instead(self, wanted, type_, inputs, options)
        if instead is not None:
            return instead
        try:
            vertex = self._vertex(self.fresh(wanted), type_, inputs, options)
        except IndependentLayer as error:
            return self._constant(wanted, error, self.shapes[inputs[0]])
        self.vertices[vertex.name] = vertex
        return self._shaped(vertex)

    def _constant(self, wanted: str, error: IndependentLayer, shape: Shape) -> str:
        """A layer that gives one number whatever it reads (0 times x), as a constant: gradients through it are 0."""
        if not error.value.is_number or not all(extent.is_Integer for extent in shape):
            raise error
        self.room(shape, 8)
        self.note("what does not depend on what it reads, such as 0 times x, is a constant: its gradient is 0")
        return self.array(wanted, np.full(tuple(map(int, shape)), float(error.value)), "constant")

    def _vertex(self, name: str, type_: str, inputs: Sequence[str], options: Mapping[str, Any]) -> Vertex:
        layer, where = LAYERS[type_], f"layer {name!r}"
        known(where, options, layer.options)
        return make_vertex(name, type_, read_options(where, layer.options, options), self.shapes, tuple(inputs))

    def _shaped(self, vertex: Vertex) -> str:
        self.shapes[vertex.name] = vertex.shape
        self.looks.add(look(vertex.name))
        return vertex.name

    def laid_out(self, wanted: str, layout: Layout) -> str:
        """Positions laid out anew; returns the name that they were given."""
        name = self._shaped(self._vertex(self.fresh(wanted), layout.type, layout.parts, layout.options))
        self.layouts[name] = layout
        return name

    def is_position(self, name: str) -> bool:
        """Whether a name stands for positions: an input of the role "index", or what was laid out of such."""
        return name in self.layouts or (name in self.inputs and self.inputs[name].role == "index")

    def count(self, name: str) -> Expr:
        """What positions are below."""
        if name in self.layouts:
            return max((self.count(part) for part in self.layouts[name].parts), key=int)
        below = self.inputs[name].below
        return Integer(1) if below is None else below

    def architecture(self, outputs: Sequence[str], cost: str | None = None) -> Architecture:
        """The finished architecture: a cost on each output, also of one vertex, and nothing that no output needs."""
        if not outputs:
            raise SpecError(self.name, "has no output that depends on an input", "give a model that computes something")
        outputs = [numbers(self, name) for name in outputs]
        outputs = [
            self.layer(f"{name}.output", "identity", [name]) if name in self.inputs or name in outputs[:k] else name
            for k, name in enumerate(outputs)
        ]
        wanted = self._ancestors(outputs)
        for node in self.inputs.values():
            if node.name not in wanted and node.role in ("data", "index") and node.name not in self.values:
                self.note(f"the input {node.name!r} is left out: no output depends on it")
        return Architecture(
            self.name,
            tuple(node for node in self.inputs.values() if node.name in wanted),
            tuple(vertex for vertex in self.vertices.values() if vertex.name in wanted),
            self._costs(outputs, cost or "abstract"),
            explicit_batch=True,
            values={name: value for name, value in self.values.items() if name in wanted},
            notes=tuple(self.notes),
        )

    def _costs(self, outputs: Sequence[str], cost: str) -> tuple[Cost, ...]:
        choice("cost", "type", cost, COSTS)
        settings = read_options("cost", COSTS[cost].options, {})
        one = len(outputs) == 1
        owners = [COST_OWNER if one else f"{COST_OWNER}{k}" for k in range(1, len(outputs) + 1)]
        return tuple(
            make_cost(cost, output, self.shapes[output], settings, owner)
            for output, owner in zip(outputs, owners, strict=True)
        )

    def _ancestors(self, outputs: Iterable[str]) -> set[str]:
        found: set[str] = set()
        stack = list(outputs)
        while stack:
            name = stack.pop()
            if name not in found:
                found.add(name)
                stack += self.vertices[name].inputs if name in self.vertices else ()
        return found


def _as_numbers(array: np.ndarray) -> np.ndarray:
    """Integers and truth values in the shortest type that holds them."""
    short = array.astype(np.float32)
    return short if (short == array).all() else array.astype(np.float64)


def _extent(value: Any) -> Expr:
    return Integer(int(value)) if isinstance(value, int | np.integer) else value


def short(value: Any) -> Any:
    """A float32 attribute as the shortest decimal that means it, so that 1e-5 stays 1e-5."""
    return float(str(np.float32(value))) if isinstance(value, float) else value


def options_of(**options: Any) -> Mapping[str, Any]:
    """Options without those that are None."""
    return {key: value for key, value in options.items() if value is not None}
