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
    targets = {f"y:{name}": value for name, value in y.items()} if isinstance(y, dict) else {"y:cost": y}
    given = {**params, **x, **{name if name in asked else "y": value for name, value in targets.items()}}
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
    """The largest difference of (loss, gradients) from other ones, relative to the largest entry of an array.

    Arrays whose entries are next to nothing beside those of others are compared on the others' scale.
    """
    pairs = [(found[0], wanted[0]), *((found[1][name], value) for name, value in wanted[1].items())]
    scales = [float(np.abs(np.asarray(value)).max(initial=0)) for _, value in pairs]
    least = 1e-6 * max(scales)
    assert all(np.shape(one) == np.shape(two) for one, two in pairs)
    return max(
        float(np.abs(one - two).max(initial=0)) / max(scale, least)
        for (one, two), scale in zip(pairs, scales, strict=True)
    )
