"""A gradient graph as a file: nodes, inputs and outputs in ONNX's own format, checked by onnx."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np
from sympy import Expr

from dyadic.codegen.assembly import emitted_content, positions, require_numbers
from dyadic.codegen.emission import Emission
from dyadic.codegen.onnx_operations import Operation
from dyadic.codegen.onnx_target import OnnxTarget
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.errors import DyadicError
from dyadic.symbolic.serialise import digest
from dyadic.version import __version__

OPSET, FORMAT = 18, 8
"""Versions of the operators and of the file format: the oldest ones that the graphs need."""
LARGEST_FILE = 2**31 - 2**20
"""Bytes that a file of ONNX may have, a limit of its format, less some room for the nodes."""


def emit_onnx(derivation: Derivation, dtype: str) -> Emission:
    """The loss and the gradients as an ONNX model; its text is the graph without the model's own arrays.

    Raises :class:`DyadicError` where onnx is not installed, a size is still a name, an equation has no form in ONNX's
    operators, or the model's arrays do not fit into a file.
    """
    require_numbers(derivation.architecture, dtype)
    onnx = _package()
    target = OnnxTarget(derivation, dtype)
    model = _model(onnx, target)
    try:
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:  # onnx's own errors, and those of its inference
        raise DyadicError(f"{derivation.architecture.name}: onnx refuses the graph: {error}") from error
    text = onnx.printer.to_text(model)
    own = derivation.architecture.values
    given = {name: integer for name, integer, _ in target.given()}
    arrays = {name: np.asarray(own[name], np.int64 if given[name] else dtype) for name in given if name in own}
    if sum(array.nbytes for array in arrays.values()) + model.ByteSize() > LARGEST_FILE:
        raise DyadicError(f"{derivation.architecture.name}: its arrays do not fit into one file of ONNX (2 GiB)")
    model.graph.initializer.extend(onnx.numpy_helper.from_array(array, name) for name, array in arrays.items())
    asked = [one for one in model.graph.input if one.name not in positions(derivation.architecture)]
    del model.graph.input[:]
    model.graph.input.extend(asked)
    return Emission(text, binary=model.SerializeToString())


def _package() -> Any:
    try:
        import onnx
        import onnx.checker
        import onnx.helper
        import onnx.numpy_helper
        import onnx.printer
    except ImportError as error:
        raise DyadicError("the onnx target needs the package onnx: pip install 'dyadic-backprop[onnx]'") from error
    return onnx


def _model(onnx: Any, target: OnnxTarget) -> Any:
    """The model, its inputs without values."""
    architecture = target.derivation.architecture
    kinds = {False: onnx.helper.np_dtype_to_tensor_dtype(np.dtype(target.dtype)), True: onnx.TensorProto.INT64}
    given = list(target.given())
    asked = [name for name, _, _ in given]
    if twice := [name for name, times in Counter(asked).items() if times > 1]:
        raise DyadicError(f"{architecture.name}: an input and a parameter are both called {twice[0]!r}; rename one")
    called = _called([name for name, _ in target.outputs], asked)
    names, nodes = _named(target, asked, called)
    inputs = [onnx.helper.make_tensor_value_info(name, kinds[integer], _shape(s)) for name, integer, s in given]
    shapes = dict(_output_shapes(target))
    outputs = [
        onnx.helper.make_tensor_value_info(called[name], kinds[False], _shape(shapes[name]))
        for name, _ in target.outputs
    ]
    read = {name for one in nodes for name in one.inputs}
    constants = [
        onnx.numpy_helper.from_array(array, names[name])
        for name, array in target.graph.constants.items()
        if name in read
    ]
    made = [_node(onnx, target, one, names) for one in nodes]
    made += [
        onnx.helper.make_node(
            "Identity", [names.get(value, value)], [called[name]], doc_string=_about(target, value, name)
        )
        for name, value in target.outputs
        if names.get(value, value) != called[name]
    ]
    kind = "sums over all entries of the outputs" if architecture.explicit_batch else "means over the batch"
    title = f"{architecture.name}: loss and gradients ({kind}), written by dyadic {__version__}"
    graph = onnx.helper.make_graph(made, "gradients", inputs, outputs, constants, doc_string=title)
    opsets = [onnx.helper.make_opsetid("", OPSET)]
    model = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=FORMAT, producer_name="dyadic")
    model.producer_version = __version__
    facts = {
        "architecture": f"sha256 {digest(emitted_content(target.derivation))}",
        "L": str(target.derivation.L),
        "steps": str(target.derivation.steps),
    }
    onnx.helper.set_model_props(model, facts)
    return model


def _called(outputs: Sequence[str], given: Collection[str]) -> dict[str, str]:
    """What the outputs are called: ``loss`` and so on, or where an input has that name the first free loss_k."""
    taken, found = {*outputs, *given}, {}
    for name in outputs:
        found[name] = _free(name, taken) if name in given else name
        taken.add(found[name])
    return found


def _free(name: str, taken: Collection[str]) -> str:
    """The name itself, or the first name_1, name_2, ... that is not taken."""
    return next(other for k in count() if (other := f"{name}_{k}" if k else name) not in taken)


def _named(
    target: OnnxTarget, given: Sequence[str], called: Mapping[str, str]
) -> tuple[dict[str, str], list[Operation]]:
    """Names for the values of the operations that an output needs, and these operations."""
    needed, kept = {value for _, value in target.outputs}, []
    for one in reversed(target.graph.listed):
        if one.output in needed:
            kept.append(one)
            needed.update(one.inputs)
    taken = {*given, *called.values()}
    own: dict[str, str] = {}
    for name, value in target.outputs:
        if value in target.graph.tags:
            own.setdefault(value, called[name])
    for one in reversed(kept):
        wanted = target.graph.named.get(one.output)
        if one.output not in own and wanted is not None and wanted not in taken:
            own[one.output] = wanted
            taken.add(wanted)
    for name in [*(one.output for one in reversed(kept)), *target.graph.constants]:
        if name not in own:
            own[name] = _free(name, taken)
            taken.add(own[name])
    return own, kept[::-1]


def _node(onnx: Any, target: OnnxTarget, one: Operation, names: Mapping[str, str]) -> Any:
    attributes = dict(one.attributes)
    if one.type == "Cast":
        attributes["to"] = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(attributes["to"]))
    inputs = [names.get(name, name) for name in one.inputs]
    about = target.documentation(one.output)
    return onnx.helper.make_node(one.type, inputs, [names[one.output]], doc_string=about, **attributes)


def _about(target: OnnxTarget, value: str, name: str) -> str:
    """The equation of an output that is another value handed on."""
    if name != "loss" and name in target.derivation.equations:
        return f"{name} {target.derivation.equations[name].short}"
    return target.documentation(value) if value in target.graph.tags else ""


def _output_shapes(target: OnnxTarget) -> list[tuple[str, tuple[Expr, ...]]]:
    architecture = target.derivation.architecture
    lead = target.lead
    found: list[tuple[str, tuple[Expr, ...]]] = [("loss", ())]
    found += [(f"x:{cost.input}", (*lead, *architecture.shapes[cost.input])) for cost in architecture.costs]
    return found + [(f"g:{name}", tuple(shape)) for name, shape in architecture.parameters.items()]


def _shape(shape: Sequence[Expr]) -> list[int | str]:
    return [int(extent) if extent.is_Integer else str(extent) for extent in shape]


__all__ = ["emit_onnx"]
