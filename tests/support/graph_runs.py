"""Graphs of the onnx target, run by onnx's reference evaluator or by onnxruntime."""

from __future__ import annotations

import numpy as np

import dyadic


def evaluated(derivation, params, x, y, dtype="float64", runtime=None):
    """(loss, gradients by parameter name) of the graph emitted for a network, and the model."""
    import onnx

    emission = dyadic.emit(derivation, "onnx", dtype)
    model = onnx.load_from_string(emission.binary)
    onnx.checker.check_model(model, full_check=True)
    asked = {node.name: node for node in model.graph.input}
    y = y if isinstance(y, dict) else {"y": y}
    given = {**params, **x, **{name if name in asked else f"y:{name}": value for name, value in y.items()}}
    kinds = {name: onnx.helper.tensor_dtype_to_np_dtype(one.type.tensor_type.elem_type) for name, one in asked.items()}
    feeds = {name: np.asarray(value, kinds[name]) for name, value in given.items() if name in asked}
    names = [one.name for one in model.graph.output]
    found = dict(zip(names, (runtime or reference)(model, feeds), strict=True))
    return found.pop("loss"), {n.removeprefix("g:"): v for n, v in found.items() if n.startswith("g:")}, model


def reference(model, feeds):
    """All outputs by onnx's own evaluator."""
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(model).run(None, feeds)


def onnxruntime(model, feeds):
    """All outputs by onnxruntime on the CPU."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, feeds)


def difference(found, wanted):
    """The largest difference of two values, relative to the largest entry."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert found.shape == wanted.shape, (found.shape, wanted.shape)
    return float(np.abs(found - wanted).max(initial=0) / max(np.abs(wanted).max(initial=0), 1e-300))
