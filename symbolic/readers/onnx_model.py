"""Reading ONNX files (optional extra ``onnx``), of opsets up to the newest that the onnx package knows.

The graph is read node by node into layers of the catalogue.  Weights become inputs of the role "parameter" with their
arrays, running statistics and masks "constant" ones, integer inputs that look up rows "index" ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sympy import Expr, Integer, Symbol

from dyadic.symbolic.errors import DyadicError, SpecError
from dyadic.symbolic.limits import few_axes, few_layers
from dyadic.symbolic.readers.model import MALFORMED, Model, Problem, malformed, refuse
from dyadic.symbolic.readers.onnx_catalogue import OPERATORS
from dyadic.symbolic.readers.onnx_checks import compare_shapes, compare_types, inferred, known_of
from dyadic.symbolic.readers.onnx_evaluation import evaluated
from dyadic.symbolic.readers.onnx_folding import fold
from dyadic.symbolic.readers.onnx_graphs import (
    ArrayNames,
    Scope,
    graphs,
    inside,
    nodes,
    renamed,
    rows_looked_up,
)
from dyadic.symbolic.readers.onnx_node import Known, Node, Unsupported, Value, Variant
from dyadic.symbolic.readers.onnx_prepare import prepared, size_name, with_bodies
from dyadic.symbolic.readers.onnx_schema import DEFAULT_DOMAINS, Schemas, opset_of
from dyadic.symbolic.readers.onnx_tensors import array_of
from dyadic.symbolic.readers.onnx_types import BOOLEAN, FLOAT, KINDS, OTHER, SIGNED, kind_of, results
from dyadic.symbolic.structure import Architecture, InputRole

MOST_ROUNDS = 8
"""How deep operators may be defined by others."""
_CONSTANTS = {"BlackmanWindow", "HammingWindow", "HannWindow", "Range"}
"""Operators that a model computes constants with."""
MOST_NAMED = 4
"""Operands that a message names."""


def read_onnx(path: str | Path, cost: str | None = None, sizes: Mapping[str, int] | None = None) -> Architecture:
    """Read a file.  Raises :class:`DyadicError` with one message for all nodes that are not supported."""
    onnx = _package()
    try:
        proto = onnx.load(str(path))
    except OSError as error:
        raise SpecError(str(path), f"cannot be read ({error.strerror or error})", "check the path") from error
    except Exception as error:  # protobuf's DecodeError, onnx's own checks of external data
        raise SpecError(str(path), f"is not an ONNX model ({str(error)[:200]})", "export the model again") from error
    return from_onnx(proto, str(path), cost, sizes)


def from_onnx(
    proto: Any, where: str = "model", cost: str | None = None, sizes: Mapping[str, int] | None = None
) -> Architecture:
    """Read a model that is in memory (an ``onnx.ModelProto``).  ``sizes``: numbers for sizes that it only names."""
    try:
        return _read(proto, where, cost, sizes or {})
    except SpecError as error:
        place = error.where if error.where.startswith(where) else f"{where}: {error.where}"
        raise SpecError(place, error.problem, error.remedy) from error


def _read(proto: Any, where: str, cost: str | None, sizes: Mapping[str, int]) -> Architecture:
    """Read a model; where an operator, or a variant of it, is not read, onnx's definition of it by others is."""
    onnx = _package()
    if not proto.graph.node:
        raise SpecError(where, "has no nodes: this is no ONNX model, or an empty one", "export the model again")
    proto = prepared(onnx, proto, where, sizes)
    replaced: list[str] = []
    reader: _OnnxReader | None = None
    decided, more = set[str](), set[str]()  # arrays that are parameters for every node, as they are for one
    wanted = {node.op_type for node in nodes(proto.graph)} - OPERATORS.keys() - _CONSTANTS
    for _ in range(MOST_ROUNDS):
        with_functions, found = with_bodies(onnx, proto, wanted)
        if found:
            compare_types(onnx, proto, where)  # a function would not keep apart what its operator does
        elif reader is not None and not more:
            break
        proto = with_functions
        replaced += found
        reader = _OnnxReader(onnx, proto, where, decided)
        if replaced:
            reader.model.note(f"read as onnx defines them by other operators: {', '.join(dict.fromkeys(replaced))}")
        reader.read_nodes()
        wanted = {problem.operator for problem in reader.problems} - _CONSTANTS  # "" where it is no variant
        more = reader.model.read_both_ways()
        decided |= more
    assert reader is not None
    return reader.finished(cost)


def _package() -> Any:
    try:
        import onnx
        import onnx.inliner
        import onnx.reference
        import onnx.shape_inference
        import onnx.version_converter
    except ImportError as error:
        raise DyadicError("reading ONNX files needs the onnx package: pip install 'dyadic-backprop[onnx]'") from error
    return onnx


class _OnnxReader:
    def __init__(self, onnx: Any, proto: Any, where: str, decided: Iterable[str]) -> None:
        self.onnx, self.where = onnx, where
        few_layers(where, len(proto.graph.node))
        self.opset, self.schemas = opset_of(proto), Schemas(onnx, proto)
        self.proto, self.graph = proto, proto.graph
        self.model = Model(proto.graph.name if len(proto.graph.name) < 60 else Path(where).stem, 2, decided)
        self.values: dict[str, Value | None] = {}
        self.kinds: dict[str, str] = {}
        self.problems: list[Problem] = []
        self.runs, self.ending = 0, ""  # of graphs that nodes hold; what their names end with in the one being read
        self.scope: Scope = ()
        self.names = ArrayNames()
        self._every_tensor_has_one_source()
        self.outputs = self._outputs()
        self.nodes = self._needed_nodes()
        self.inferred = inferred(onnx, proto)
        self.shapes, self.types = known_of(self.inferred)
        self.readers = Counter(
            name for node in self.nodes.values() for one in (node, *inside(node)) for name in one.input
        )
        self._initializers()
        self._inputs()

    def read_nodes(self) -> None:
        for position, proto in self.nodes.items():
            self._read(position, proto)

    def finished(self, cost: str | None) -> Architecture:
        refuse(self.where, self.problems, "onnx")
        compare_types(self.onnx, self.proto, self.where)
        compare_shapes(self.inferred, self.where, self.model, self.values)
        for name in self.model.read_both_ways():
            raise SpecError(f"{self.where}: {name!r}", "is read as a parameter and as a number", "export it as two")
        found: list[str] = []
        for name in self.outputs:
            value = self.values.get(name)
            if isinstance(value, str):
                found.append(value)
            else:
                self.model.note(f"the output {name!r} is left out: it depends on no input")
        return self.model.architecture(found, cost)

    # -- the graph -----------------------------------------------------------------------------------------------

    def _every_tensor_has_one_source(self) -> None:
        """Refuse a graph in which a name stands for two tensors, or for none where it is read."""
        made = Counter(tensor.name for tensor in self.graph.initializer)
        made |= Counter(node.name for node in self.graph.input)  # older files list their weights there as well
        for position, node in enumerate(self.graph.node):
            unknown = [name for name in node.input if name and name not in made]
            if unknown and not self.graph.sparse_initializer:
                problem = f"{unknown[0]!r} is no input, no weight and no result of a node before it"
                raise SpecError(f"{self.where}: {self._place(position, node)}", problem, "export the model again")
            made.update(name for name in node.output if name)
        twice = [name for name, count in made.items() if count > 1]
        if twice:
            raise SpecError(f"{self.where}: tensor {twice[0]!r}", "is made twice", "export the model again")

    def _outputs(self) -> list[str]:
        """The names of the outputs that have a derivative."""
        found = []
        for output in self.graph.output:
            kind = KINDS.get(output.type.tensor_type.elem_type, FLOAT)
            if kind == FLOAT or len(self.graph.output) == 1:
                found.append(output.name)
            else:
                self.model.note(f"the output {output.name!r} is left out: it holds integers, which have no derivative")
        return found

    def _needed_nodes(self) -> dict[int, Any]:
        """The nodes that an output needs, in the file's order, which is a topological one; by position."""
        wanted = set(self.outputs)
        found: dict[int, Any] = {}
        for position in range(len(self.graph.node) - 1, -1, -1):
            node = self.graph.node[position]
            if wanted & set(node.output):
                found[position] = node
                wanted |= set(node.input)
                wanted |= {name for inner in inside(node) for name in inner.input}
                wanted |= {output.name for graph in graphs(node) for output in graph.output}
        if len(found) < len(self.graph.node):
            self.model.note(f"{len(self.graph.node) - len(found)} nodes are left out: no output depends on them")
        return dict(reversed(found.items()))

    def _initializers(self) -> None:
        read = {*self.readers, *(out.name for node in self.nodes.values() for g in graphs(node) for out in g.output)}
        for tensor in self.graph.initializer:
            if tensor.name in read:
                self._hold_weight(tensor)
        if self.graph.sparse_initializer:
            raise SpecError(self.where, "holds sparse initializers", "store them densely")

    def _hold_weight(self, tensor: Any) -> None:
        array = array_of(self.onnx, tensor)
        self._hold(tensor.name, array, array.dtype.kind == "f" and bool(np.isfinite(array).all()))  # a mask is none

    def _hold(self, name: str, array: np.ndarray, trained: bool = False) -> None:
        own = self.names.of(self.scope, name.removesuffix(self.ending))
        self.values[name], self.kinds[name] = Known(own, array, trained), kind_of(array)

    def _inputs(self) -> None:
        for node in self.graph.input:
            if node.name in self.values:
                continue  # older files list their weights among the inputs
            tensor = node.type.tensor_type
            if not node.type.HasField("tensor_type") or not tensor.HasField("shape"):
                raise SpecError(f"input {node.name!r}", "is no tensor of a known rank", "export it with a shape")
            few_axes(f"input {node.name!r}", len(tensor.shape.dim))
            shape = tuple(self._extent(node.name, k, dim) for k, dim in enumerate(tensor.shape.dim))
            below = None
            self.kinds[node.name] = KINDS.get(tensor.elem_type, OTHER)
            if self.kinds[node.name] == OTHER:
                raise SpecError(f"input {node.name!r}", "holds no numbers that are read", "give floating-point numbers")
            if self.kinds[node.name] != FLOAT:
                below = rows_looked_up(node.name, self.nodes.values(), self.values, self.shapes)
                if below is None:
                    self.model.note(f"the entries of the input {node.name!r} are used as numbers, not as indices")
            role: InputRole = "data" if below is None else "index"
            self.values[node.name] = self.model.input(node.name, shape, role, below)

    def _extent(self, name: str, axis: int, dim: Any) -> Expr:
        if dim.HasField("dim_value") and dim.dim_value > 0:
            return Integer(dim.dim_value)
        if dim.HasField("dim_value"):
            self.model.note(f"the size {dim.dim_value} of axis {axis} of the input {name!r} is read as an unknown one")
        return Symbol(size_name(name, axis, dim), integer=True, positive=True)

    # -- the nodes -----------------------------------------------------------------------------------------------

    def _read(self, position: int, proto: Any) -> None:
        """Read a node; where that cannot be done the problem is kept, and its results are missing from then on."""
        names = [name for name in proto.output if name]
        if not names:
            raise SpecError(self.where, f"node {position + 1} has no output", "export the model again")
        if proto.op_type == "Constant" and proto.domain in DEFAULT_DOMAINS:
            self._hold(names[0], self._constant(proto))
            return
        self.values.update(dict.fromkeys(names))
        place = self._place(position, proto)
        try:
            made = self._results(proto)
        except Unsupported as error:
            variant = isinstance(error, Variant)
            self.problems.append(Problem(place, str(error), proto.op_type if variant else ""))
        except MALFORMED as error:
            self.problems.append(Problem(place, malformed(error)))
        except SpecError as error:
            self.problems.append(Problem(place, f"{error.where}: {error.problem}"))
        else:
            self.values.update((name, value) for name, value in zip(proto.output, made, strict=False) if value)

    def _results(self, proto: Any) -> Sequence[Value]:
        """What a node makes; nothing where an operand is missing."""
        if proto.domain not in DEFAULT_DOMAINS:
            raise Unsupported(f"is of the domain {proto.domain!r}")
        self._fits_schema(proto)
        if proto.op_type == "CastLike" and isinstance(self.values.get(proto.input[0]), Known):
            proto = self._cast(proto)
        is_read = proto.op_type in OPERATORS
        if any(name and self.values.get(name) is None for name in proto.input):
            if not is_read and proto.op_type != "ConstantOfShape":
                raise Variant("")
            return []
        node = self._node(proto)
        kinds = results(self.schemas.of(proto), proto, self.kinds, node.attributes)
        self.kinds.update(zip(proto.output, kinds, strict=True))
        alone = self.readers[proto.input[0]] == 1 if proto.input else True
        folded = fold(node, proto, alone, self.evaluate)
        if folded:
            return folded
        if not is_read:
            raise Variant("")
        found = OPERATORS[proto.op_type](node)
        node.all_read(self._defaults(proto))
        return found if isinstance(found, list) else [found]

    def _cast(self, proto: Any) -> Any:
        """A constant CastLike as the Cast that it is."""
        like = self.values.get(proto.input[1])
        if isinstance(like, Known) and not like.symbolic:
            type_ = self.onnx.helper.np_dtype_to_tensor_dtype(like.array.dtype)
        else:
            tensor = self.onnx.TensorProto
            usual = {SIGNED: tensor.INT64, BOOLEAN: tensor.BOOL}.get(
                self.kinds.get(proto.input[1], FLOAT), tensor.FLOAT
            )
            type_ = self.types.get(proto.input[1]) or usual
        return self.onnx.helper.make_node("Cast", [proto.input[0]], list(proto.output), proto.name, to=type_)

    def evaluate(self, node: Node, proto: Any, arrays: list[np.ndarray | None]) -> list[Any]:
        return evaluated(self.onnx, self.proto.opset_import, node, proto, arrays)

    def run(self, output: str, key: str, graph: Any, arguments: Sequence[Value]) -> list[Value]:
        """Read a graph that a node holds, with values for its inputs; what it makes is given names of its own."""
        self.runs += 1
        outside = self.scope, self.ending
        self.scope, self.ending = (*self.scope, (output.removesuffix(self.ending), key)), f"/{self.runs}"
        inner = renamed(graph, self.ending)
        for value, argument in zip(inner.input, arguments, strict=True):
            self.values[value.name] = argument
            self.kinds[value.name] = KINDS.get(value.type.tensor_type.elem_type, FLOAT)
        for tensor in inner.initializer:
            self._hold_weight(tensor)
        few_layers(self.where, len(self.model.vertices))
        self.readers.update(name for node in inner.node for name in node.input)
        self.readers.update(output.name for output in inner.output)
        for position, node in enumerate(inner.node):
            self._read(position, node)
        self.scope, self.ending = outside
        found = [self.values.get(output.name) for output in inner.output]
        if any(value is None for value in found):
            raise Unsupported("holds what is not supported")
        return [value for value in found if value is not None]

    def _node(self, proto: Any) -> Node:
        read = self.readers
        return Node(
            self.model,
            proto.op_type,
            proto.name or next(name for name in proto.output if name),
            self.opset,
            {attribute.name: self._attribute(attribute) for attribute in proto.attribute},
            [self.values[name] if name else None for name in proto.input],
            list(proto.output),
            [name in read or name in self.outputs for name in proto.output],
            [self.kinds.get(name, FLOAT) for name in proto.input],
            partial(self.run, next(name for name in proto.output if name)),
        )

    def _fits_schema(self, proto: Any) -> None:
        """Refuse a node with attributes, or numbers of inputs and outputs, that its operator does not have."""
        if problem := self.schemas.misfit(proto):
            raise Unsupported(problem)

    def _defaults(self, proto: Any) -> dict[str, Any]:
        """What the operator's schema gives for the attributes that a node leaves out."""
        attributes = self.schemas.of(proto).attributes
        return {
            name: self._attribute(entry.default_value)
            for name, entry in attributes.items()
            if entry.default_value.type != self.onnx.AttributeProto.UNDEFINED
        }

    def _attribute(self, attribute: Any) -> Any:
        value = self.onnx.helper.get_attribute_value(attribute)
        if isinstance(value, self.onnx.TensorProto):
            return array_of(self.onnx, value)
        if isinstance(value, bytes):
            return value.decode(errors="replace")
        if isinstance(value, Iterator) or hasattr(value, "extend"):
            return [entry.decode(errors="replace") if isinstance(entry, bytes) else entry for entry in value]
        return value

    def _constant(self, proto: Any) -> np.ndarray:
        if len(proto.attribute) != 1:
            problem = f"is a constant with {len(proto.attribute)} values"
            raise SpecError(f"node {proto.output[0]!r}", problem, "export the model again")
        (attribute,) = proto.attribute
        types = {"value_float": np.float32, "value_floats": np.float32, "value_int": np.int64, "value_ints": np.int64}
        if attribute.name != "value" and attribute.name not in types:
            raise SpecError(f"node {proto.output[0]!r}", f"is a constant given as {attribute.name}", "use a tensor")
        try:
            self._fits_schema(proto)
        except Unsupported as error:
            raise SpecError(f"node {proto.output[0]!r}", str(error), "export the model again") from error
        value = self._attribute(attribute)
        return np.asarray(value) if attribute.name == "value" else np.asarray(value, types[attribute.name])

    # -- errors --------------------------------------------------------------------------------------------------

    def _place(self, position: int, proto: Any) -> str:
        label = f" {proto.name!r}" if proto.name else ""
        operands = [name for name in proto.input if name]
        reads = ", ".join(f"{name!r:.60}" for name in operands[:MOST_NAMED]) or "nothing"
        reads += f" and {len(operands) - MOST_NAMED} more" if len(operands) > MOST_NAMED else ""
        return f"node {position + 1} of {len(self.graph.node)}{label} ({proto.op_type}, reading {reads})"


__all__ = ["OPERATORS", "from_onnx", "read_onnx"]
