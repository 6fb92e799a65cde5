"""Reading ONNX files (optional extra ``onnx``): opsets 7 to the newest that the onnx package knows.

The graph is read node by node into layers of the catalogue.  Weights become inputs of the role "parameter" with their
arrays, running statistics and masks "constant" ones, integer inputs that look up rows "index" ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sympy import Expr, Integer, Symbol

import dyadic.symbolic.readers.onnx_operators
import dyadic.symbolic.readers.onnx_recurrent
import dyadic.symbolic.readers.onnx_shapes  # noqa: F401 (registers operators)
from dyadic.symbolic.errors import DyadicError, SpecError
from dyadic.symbolic.limits import few_axes, few_layers
from dyadic.symbolic.options import TAKEN_BY_ABSTRACT_COSTS, TAKEN_SIZES
from dyadic.symbolic.readers.model import MALFORMED, Model, Problem, malformed, refuse
from dyadic.symbolic.readers.onnx_folding import Result, fold, make_room
from dyadic.symbolic.readers.onnx_node import OPERATORS, Known, Node, Unsupported, Value
from dyadic.symbolic.structure import Architecture, InputRole, show

OLDEST_OPSET = 7
MOST_NAMED = 4
"""Operands that a message names."""
_SHAPE_ENTRIES = 1024
"""Entries up to which an operand may say how large a result is."""
_DEFAULT_DOMAINS = ("", "ai.onnx")


def read_onnx(path: str | Path, cost: str | None = None) -> Architecture:
    """Read a file.  Raises :class:`DyadicError` with one message for all nodes that are not supported."""
    onnx = _package()
    try:
        proto = onnx.load(str(path))
    except OSError as error:
        raise SpecError(str(path), f"cannot be read ({error.strerror or error})", "check the path") from error
    except Exception as error:  # protobuf's DecodeError, onnx's own checks of external data
        raise SpecError(str(path), f"is not an ONNX model ({str(error)[:200]})", "export the model again") from error
    return from_onnx(proto, str(path), cost)


def from_onnx(proto: Any, where: str = "model", cost: str | None = None) -> Architecture:
    """Read a model that is in memory (an ``onnx.ModelProto``)."""
    try:
        return _OnnxReader(proto, where).read(cost)
    except SpecError as error:
        place = error.where if error.where.startswith(where) else f"{where}: {error.where}"
        raise SpecError(place, error.problem, error.remedy) from error


def _package() -> Any:
    try:
        import onnx
        import onnx.inliner
        import onnx.reference
        import onnx.shape_inference
    except ImportError as error:
        raise DyadicError("reading ONNX files needs the onnx package: pip install 'dyadic-backprop[onnx]'") from error
    return onnx


class _OnnxReader:
    def __init__(self, proto: Any, where: str) -> None:
        self.onnx = _package()
        self.where = where
        if not proto.graph.node:
            raise SpecError(where, "has no nodes: this is no ONNX model, or an empty one", "export the model again")
        if proto.functions:
            try:
                proto = self.onnx.inliner.inline_local_functions(proto)
            except Exception as error:  # a function that calls itself, or one that is not there
                problem = f"its functions cannot be put in place ({str(error)[:200]})"
                raise SpecError(where, problem, "export the model again") from error
        few_layers(where, len(proto.graph.node))
        self.opsets = {entry.domain: entry.version for entry in proto.opset_import}
        self.opset = max((self.opsets.get(domain, 0) for domain in _DEFAULT_DOMAINS), default=0)
        newest = self.onnx.defs.onnx_opset_version()
        if not OLDEST_OPSET <= self.opset <= newest:
            remedy = f"opsets {OLDEST_OPSET} to {newest} can be read; convert it with onnx.version_converter"
            raise SpecError(where, f"is of opset {self.opset}", remedy)
        self.proto, self.graph = proto, proto.graph
        self.checked = self.onnx.checker.C.CheckerContext()
        self.checked.ir_version = max(proto.ir_version, 3)
        self.checked.opset_imports = {"" if domain == "ai.onnx" else domain: v for domain, v in self.opsets.items()}
        self.model = Model(proto.graph.name if len(proto.graph.name) < 60 else Path(where).stem)
        self.values: dict[str, Value | None] = {}
        self.problems: list[Problem] = []
        self._every_tensor_has_one_source()
        self.nodes = self._needed_nodes()
        self.readers = Counter(name for node in self.nodes.values() for name in node.input)

    def read(self, cost: str | None) -> Architecture:
        self._initializers()
        self._inputs()
        for position, proto in self.nodes.items():
            self._read(position, proto)
        refuse(self.where, self.problems)
        self._compare_types()
        self._compare_shapes()
        outputs: list[str] = []
        for output in self.graph.output:
            value = self.values.get(output.name)
            if isinstance(value, str):
                outputs.append(value)
            else:
                self.model.note(f"the output {output.name!r} is left out: it depends on no input")
        return self.model.architecture(list(dict.fromkeys(outputs)), cost)

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

    def _needed_nodes(self) -> dict[int, Any]:
        """The nodes that an output needs, in the file's order, which is a topological one; by position."""
        wanted = {output.name for output in self.graph.output}
        found: dict[int, Any] = {}
        for position in range(len(self.graph.node) - 1, -1, -1):
            node = self.graph.node[position]
            if wanted & set(node.output):
                found[position] = node
                wanted |= set(node.input)
        if len(found) < len(self.graph.node):
            self.model.note(f"{len(self.graph.node) - len(found)} nodes are left out: no output depends on them")
        return dict(reversed(found.items()))

    def _initializers(self) -> None:
        read = {name for node in self.nodes.values() for name in node.input}
        for tensor in self.graph.initializer:
            if tensor.name in read:
                array = self._array(tensor)
                trained = array.dtype.kind == "f" and bool(np.isfinite(array).all())  # a mask is no weight
                self.values[tensor.name] = Known(tensor.name, array, trained)
        if self.graph.sparse_initializer:
            raise SpecError(self.where, "holds sparse initializers", "store them densely")

    def _array(self, tensor: Any) -> np.ndarray:
        where = f"tensor {tensor.name!r}"
        few_axes(where, len(tensor.dims))
        if tensor.data_type in (self.onnx.TensorProto.COMPLEX64, self.onnx.TensorProto.COMPLEX128):
            raise SpecError(where, "holds complex numbers", "only real ones are read")
        if tensor.data_type == self.onnx.TensorProto.STRING:
            raise SpecError(where, "holds text", "only numbers are read")
        try:
            array = self.onnx.numpy_helper.to_array(tensor)
            return array if array.dtype.kind in "fiub" else array.astype(np.float32)  # bfloat16 and the like
        except Exception as error:  # whatever onnx meets: data that do not fit dims, an unknown type
            problem = f"its data cannot be read ({str(error)[:120]})"
            raise SpecError(where, problem, "the file is damaged: export it, or get it, again") from error

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
            if tensor.elem_type not in (1, 10, 11, 16):
                below = self._rows_looked_up(node.name)
                if below is None:
                    self.model.note(f"the entries of the input {node.name!r} are used as numbers, not as indices")
            role: InputRole = "data" if below is None else "index"
            self.values[node.name] = self.model.input(node.name, shape, role, below)

    def _extent(self, name: str, axis: int, dim: Any) -> Expr:
        if dim.HasField("dim_value") and dim.dim_value > 0:
            return Integer(dim.dim_value)
        if dim.HasField("dim_value"):
            self.model.note(f"the size {dim.dim_value} of axis {axis} of the input {name!r} is read as an unknown one")
        label = re.sub(r"[^A-Za-z0-9_]", "_", dim.dim_param or f"{name}_{axis}")
        label = f"{label}_size" if label in (*TAKEN_SIZES, *TAKEN_BY_ABSTRACT_COSTS) else label
        return Symbol(label if label[:1].isalpha() else f"n{label}", integer=True, positive=True)

    def _rows_looked_up(self, name: str) -> int | None:
        """The number of rows of the table in which an integer input is looked up; None if it is used otherwise."""
        rows: list[int] = []
        names = [name]
        while names:
            tensor = names.pop()
            for node in self.nodes.values():
                if tensor not in node.input:
                    continue
                if node.op_type == "Gather" and node.input[1] == tensor:
                    table = self.values.get(node.input[0])
                    axis = next((a.i for a in node.attribute if a.name == "axis"), 0)
                    if not isinstance(table, Known):
                        return None
                    rows.append(table.array.shape[axis])
                elif node.op_type == "Identity" or (
                    node.op_type == "Cast" and any(a.name == "to" and a.i in (6, 7) for a in node.attribute)
                ):
                    names.append(node.output[0])
                else:
                    return None
        return min(rows, default=None)

    # -- the nodes -----------------------------------------------------------------------------------------------

    def _read(self, position: int, proto: Any) -> None:
        names = [name for name in proto.output if name]
        problem = None
        missing = [name for name in proto.input if name and self.values.get(name) is None]
        if not names:
            raise SpecError(self.where, f"node {position + 1} has no output", "export the model again")
        if proto.op_type == "Constant" and proto.domain in _DEFAULT_DOMAINS:
            self.values[names[0]] = Known(names[0], self._constant(proto))
            return
        unknown = proto.op_type not in OPERATORS and proto.op_type != "ConstantOfShape"
        node = None if missing else self._node(proto)
        try:
            if proto.domain not in _DEFAULT_DOMAINS:
                raise Unsupported(f"is of the domain {proto.domain!r}")
            if not unknown:
                self._fits_schema(proto)
            folded = node and fold(
                node, proto, self.readers[proto.input[0]] == 1 if proto.input else True, self._evaluate
            )
            if folded:
                self.values.update(zip(proto.output, folded, strict=False))
                return
            if unknown:
                raise Unsupported("")
            if node is not None:
                found = OPERATORS[proto.op_type](node)
                node.all_read(self._defaults(proto))
                self.values.update(zip(proto.output, found if isinstance(found, list) else [found], strict=False))
                return
        except Unsupported as error:
            problem = str(error)
        except MALFORMED as error:
            problem = malformed(error)
        except SpecError as error:
            raise SpecError(
                f"{self.where}: {self._place(position, proto)}", f"{error.where}: {error.problem}", error.remedy
            ) from error
        if problem is not None:
            self.problems.append(Problem(self._place(position, proto), problem))
        self.values.update(dict.fromkeys(names))

    def _node(self, proto: Any) -> Node:
        read = self.readers
        outputs = {output.name for output in self.graph.output}
        return Node(
            self.model,
            proto.op_type,
            proto.name or next(name for name in proto.output if name),
            self.opset,
            {attribute.name: self._attribute(attribute) for attribute in proto.attribute},
            [self.values[name] if name else None for name in proto.input],
            list(proto.output),
            [name in read or name in outputs for name in proto.output],
        )

    def _fits_schema(self, proto: Any) -> None:
        """Refuse a node with attributes, or numbers of inputs and outputs, that its operator does not have."""
        try:
            self.onnx.checker.check_node(proto, self.checked)
        except self.onnx.checker.ValidationError as error:
            raise Unsupported(
                f"is no such operator of opset {self.opset}: {str(error).splitlines()[0][:200]}"
            ) from error

    def _defaults(self, proto: Any) -> dict[str, Any]:
        """What the operator's schema gives for the attributes that a node leaves out."""
        attributes = self.onnx.defs.get_schema(proto.op_type, self.opset, "").attributes
        return {
            name: self._attribute(entry.default_value)
            for name, entry in attributes.items()
            if entry.default_value.type != self.onnx.AttributeProto.UNDEFINED
        }

    def _attribute(self, attribute: Any) -> Any:
        value = self.onnx.helper.get_attribute_value(attribute)
        if isinstance(value, self.onnx.TensorProto):
            return self._array(value)
        if isinstance(value, bytes):
            return value.decode(errors="replace")
        return list(value) if isinstance(value, Iterator) or hasattr(value, "extend") else value

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

    def _evaluate(self, node: Node, proto: Any, arrays: list[np.ndarray | None]) -> list[Any]:
        """Run one node with onnx's reference implementation, if its results are small enough."""
        helper = self.onnx.helper
        named = {name: array for name, array in zip(proto.input, arrays, strict=True) if array is not None}
        inputs = [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
            for name, array in named.items()
        ]
        outputs = [self.onnx.ValueInfoProto(name=n) for n in proto.output if n]
        few = [self.onnx.numpy_helper.from_array(a, n) for n, a in named.items() if a.size <= _SHAPE_ENTRIES]
        stated = helper.make_graph([proto], "node", inputs, outputs, few)
        graph = helper.make_graph([proto], "node", inputs, outputs)
        model = helper.make_model(graph, opset_imports=self.proto.opset_import)
        make_room(node, arrays, self._inferred(helper.make_model(stated, opset_imports=self.proto.opset_import)))
        try:
            return self.onnx.reference.ReferenceEvaluator(model).run(None, named)
        except Exception as error:  # whatever the operator's reference implementation raises
            raise Unsupported(f"cannot be evaluated ({str(error)[:100]})") from error

    def _inferred(self, model: Any) -> list[Result]:
        """The shapes that onnx infers for a model's outputs before anything is computed, and the bytes of an entry."""
        try:
            graph = self.onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
        except Exception as error:  # whatever does not fit
            raise Unsupported(f"cannot be evaluated ({str(error)[:100]})") from error
        found: list[Result] = []
        for tensor in (output.type.tensor_type for output in graph.output):
            known = tensor.HasField("shape") and all(dim.HasField("dim_value") for dim in tensor.shape.dim)
            shape = tuple(dim.dim_value for dim in tensor.shape.dim) if known else None
            found.append((shape, self.onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type).itemsize))
        return found

    def _compare_types(self) -> None:
        """Refuse a model of which a node mixes types that its operator keeps apart: no runtime computes it."""
        try:
            self.onnx.shape_inference.infer_shapes(self.proto, check_type=True)
        except self.onnx.shape_inference.InferenceError as error:
            if found := re.search(
                r"\(op_type:(\w+)[^)]*\): (\w+) (?:has inconsistent|typestr:.*has unsupported) type:? ?([\w()]+)",
                str(error),
            ):
                problem = (
                    f"the operand {found[2]} of {found[1]} has the type {found[3]}, which does not go with the others"
                )
                raise SpecError(self.where, problem, "cast its operands to one type and export it again") from error
        except Exception:  # beyond 2 GiB nothing can be inferred
            return

    def _compare_shapes(self) -> None:
        """Refuse a model for which onnx infers other shapes than the layers have: one of the two reads it wrongly."""
        try:
            graph = self.onnx.shape_inference.infer_shapes(self.proto).graph
        except Exception:  # not all models can be inferred; beyond 2 GiB none
            self.model.note("onnx cannot infer this model's shapes: those of the layers were not compared with them")
            return
        for info in (*graph.value_info, *graph.output):
            value, tensor = self.values.get(info.name), info.type.tensor_type
            if not isinstance(value, str) or not tensor.HasField("shape"):
                continue
            ours, theirs = self.model.shapes[value], [dim.dim_value for dim in tensor.shape.dim]
            pairs = zip(ours, theirs, strict=False)
            if len(ours) != len(theirs) or any(n.is_Integer and m and n != m for n, m in pairs):
                problem = f"has the shape {show(ours)} here and {theirs} according to onnx"
                remedy = "the file states a wrong shape, or the model is read wrongly: then please report it"
                raise SpecError(f"{self.where}: tensor {info.name!r}", problem, remedy)

    # -- errors --------------------------------------------------------------------------------------------------

    def _place(self, position: int, proto: Any) -> str:
        label = f" {proto.name!r}" if proto.name else ""
        operands = [name for name in proto.input if name]
        reads = ", ".join(f"{name!r:.60}" for name in operands[:MOST_NAMED]) or "nothing"
        reads += f" and {len(operands) - MOST_NAMED} more" if len(operands) > MOST_NAMED else ""
        return f"node {position + 1} of {len(self.graph.node)}{label} ({proto.op_type}, reading {reads})"


__all__ = ["OPERATORS", "from_onnx", "read_onnx"]
