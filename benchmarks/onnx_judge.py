"""One operator test of the onnx package, judged: values and derivatives against onnx's reference evaluator."""

from __future__ import annotations

import math
import re
import runpy
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

FLOATS = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16}
FIXED = {"OneHot": (1,), "Resize": (1, 2), "Upsample": (1,), "Dropout": (1,), "Range": (0, 1, 2)}
"""Floating-point operands, by operator and position, that files hold as constants."""
SHIFT = 0.02
"""How far inputs are moved, relative to their spread, before derivatives are compared: away from kinks and ties."""
WIDTHS = ((1e-4, 1e-5), (1e-5, 1e-6), (1e-3, 3e-4))
"""Of the differences, in turn until two agree."""
WIDTHS_OF_SINGLE = ((1e-2, 3e-3), (3e-2, 1e-2), (1e-3, 3e-4), (1e-4, 3e-5))
"""The same where the reference evaluator computes in float32, whatever it is given."""


class NegativePosition(Exception):
    """An emitted module refuses positions below 0."""


@dataclass(frozen=True)
class OperatorTest:
    """One test: a model with inputs and the outputs that belong to them, in the graph's order."""

    suite: str
    name: str
    model: ModelProto
    inputs: Sequence[np.ndarray]
    outputs: Sequence[np.ndarray]
    rtol: float = 1e-3


def is_float(value: Any) -> bool:
    return value.type.HasField("tensor_type") and value.type.tensor_type.elem_type in FLOATS


def judge(case: OperatorTest, prove: bool) -> tuple[str, str, bool]:
    """(outcome, reason, whether inputs were made constants)."""
    from dyadic.symbolic.errors import DyadicError

    first = ""
    for bound in (False, True):
        model, fed = made_constant(case) if bound else (case.model, inputs_of(case))
        try:
            return (*compare(case, model, fed, prove), bound)
        except (DyadicError, NegativePosition) as error:
            first = first if bound and len(fed) == len(inputs_of(case)) else str(error)
        except Exception as error:
            return "crashed", f"{type(error).__name__}: {str(error)[:200]}", bound
    return "refused", first, True


def inputs_of(case: OperatorTest) -> dict[str, np.ndarray]:
    weights = {tensor.name for tensor in case.model.graph.initializer}
    names = [value.name for value in case.model.graph.input if value.name not in weights]
    return {name: array for name, array in zip(names, case.inputs, strict=False) if array is not None}


def made_constant(case: OperatorTest) -> tuple[ModelProto, dict[str, np.ndarray]]:
    """The model with what files hold as constants among its initializers, and the inputs that are left."""
    model = ModelProto()
    model.CopyFrom(case.model)
    fixed = {
        name
        for node in model.graph.node
        for slot in FIXED.get(node.op_type, ())
        for name in node.input[slot : slot + 1]
    }
    fed = inputs_of(case)
    for value in list(model.graph.input):
        if value.name in fed and (not is_float(value) or value.name in fixed):
            array = fed.pop(value.name)
            model.graph.input.remove(value)
            model.graph.initializer.append(numpy_helper.from_array(np.asarray(array), value.name))
    return model, fed


class Module:
    """The emitted module of a model, of which every floating-point input is a parameter, so that it has a gradient."""

    def __init__(self, model: ModelProto, prove: bool) -> None:
        import dyadic
        from dyadic.symbolic.readers.onnx_model import from_onnx

        architecture = from_onnx(model, model.graph.name or "model")
        self.names = {node.name: value.name for node in architecture.inputs for value in model.graph.input
                      if node.name == value.name}  # fmt: skip
        inputs = tuple(
            replace(node, role="parameter") if node.role == "data" and node.name in self.names else node
            for node in architecture.inputs
        )
        architecture = replace(architecture, inputs=inputs)
        self.held = architecture.values
        self.costs = {cost.owner: cost.input for cost in architecture.costs}
        self.outputs = outputs_of(architecture, model)
        derivation = dyadic.derive(architecture)
        self.verdict = dyadic.verify(derivation)["verdict"] if prove else "proved"
        self.folder = tempfile.TemporaryDirectory()  # for the arrays that the module loads
        dyadic.emit(derivation, "numpy").write(path := Path(self.folder.name) / "emitted.py")
        self.code: dict[str, Any] = runpy.run_path(str(path))
        self.takes = [*self.code["PARAMETERS"], *self.code.get("CONSTANTS", {})]

    def arguments(self, fed: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Parameters and inputs by name."""
        largest = float(np.finfo(np.float32).max)  # for infinite entries of masks: inputs have to be finite
        finite = {
            name: np.clip(np.asarray(array, float), -largest, largest)
            for name, array in fed.items()
            if array.dtype.kind == "f"
        }
        known = {**self.held, **fed, **finite}
        params = {name: np.asarray(known[name], float) for name in self.takes}
        return params, {name: np.asarray(known[name]) for name in self.code["INPUTS"]}

    def values(self, fed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The outputs by the name that the graph has for them."""
        zeros = {name: np.zeros(shape) for name, shape in self.code["TARGETS"].items()}
        state = self.code["wavefront"](*self.arguments(fed), zeros)
        return {name: state.x[vertex] for name, vertex in self.outputs.items()}

    def gradients(self, fed: Mapping[str, np.ndarray], weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """d (Sum of weights * outputs) by input; ``weights`` by output."""
        y = {name: np.zeros(shape) for name, shape in self.code["TARGETS"].items()}
        for name, vertex in self.outputs.items():
            owner = next(key for key, read in self.costs.items() if read == vertex)
            y[owner] = y[owner] + weights[name]
        return dict(self.code["gradients"](*self.arguments(fed), y)[1])


def outputs_of(architecture: Any, model: ModelProto) -> dict[str, str]:
    """The vertex that each output of the graph is: those that no note calls left out have a cost, in order."""
    left_out = {name for note in architecture.notes for name in re.findall(r"the output '(.*?)' is left out", note)}
    names = [value.name for value in model.graph.output if value.name not in left_out]
    vertices = [cost.input for cost in architecture.costs]
    return dict(zip(names, vertices, strict=True)) if len(names) == len(vertices) else {}


def compare(case: OperatorTest, model: ModelProto, fed: dict[str, np.ndarray], prove: bool) -> tuple[str, str]:
    module = Module(model, prove)
    if module.verdict != "proved":
        return "undecided", f"the verdict is {module.verdict}"
    stated = {
        value.name: np.asarray(array) for value, array in zip(case.model.graph.output, case.outputs, strict=False)
    }
    wanted = {value.name for value in case.model.graph.output if is_float(value)}
    wanted -= {name for name in wanted if stated[name].size == 0}
    if missing := wanted - set(module.outputs):
        return "undecided", f"the outputs {sorted(missing)} are not computed"
    try:
        found = module.values(fed)
    except ValueError as error:
        if "must hold integers from 0" not in str(error):
            raise
        raise NegativePosition("positions that are inputs count from the front") from error
    coarse = is_coarse(model)
    for name in found:
        numbers = ~np.isnan(np.asarray(stated[name], float))  # elsewhere inputs are infinite, or divided by 0
        found[name] = np.where(numbers, found[name], np.nan) if found[name].shape == numbers.shape else found[name]
        if problem := differs(found[name], stated[name], 2e-2 if coarse else case.rtol, 2e-2 if coarse else 1e-5):
            return "wrong", f"value of {name}: {problem}"
    for factor in (1.0, 0.5):  # smaller, where the derivative is too large to be seen in differences
        outcome, reason = derivatives(module, model, fed, factor)
        if outcome != "undecided":
            break
    return outcome, reason


def is_coarse(model: ModelProto) -> bool:
    """Whether a part of a model is computed in half precision."""
    values = (*model.graph.input, *model.graph.output)
    attributes = [attribute for node in model.graph.node for attribute in node.attribute]
    half = any(attribute.i in (10, 16) for attribute in attributes if attribute.name in ("to", "softmax_precision"))
    return half or any(value.type.tensor_type.elem_type in (10, 16) for value in values)


def differs(found: np.ndarray, wanted: np.ndarray, rtol: float, atol: float) -> str:
    if found.shape != wanted.shape:
        return f"shape {found.shape}, not {wanted.shape}"
    largest = float(np.finfo(np.float32).max)  # as an infinity is read
    found, wanted = (np.clip(np.asarray(array, float), -largest, largest) for array in (found, wanted))
    with np.errstate(invalid="ignore"):
        worst = np.max(np.abs(found - wanted) - rtol * np.abs(wanted), initial=0.0)
    if np.allclose(found, wanted, rtol, atol, equal_nan=True):
        return ""
    return f"differs by {worst:.3g}"


def derivatives(module: Module, model: ModelProto, fed: Mapping[str, np.ndarray], factor: float) -> tuple[str, str]:
    """Compare values and directional derivatives near the test's inputs times a factor."""
    random = np.random.default_rng(1)
    twice: Any = in_double(model)
    moved = [name for name in fed if fed[name].dtype.kind == "f" or str(fed[name].dtype) == "bfloat16"]
    spread = {name: _spread(np.asarray(fed[name], float)) for name in moved}
    at = {name: np.asarray(array, float) if name in moved else array for name, array in fed.items()}
    for name in moved:
        usual = np.isfinite(at[name]) & (np.abs(at[name]) < 1e6)
        at[name] = np.where(usual, at[name], random.normal(size=at[name].shape))
        at[name] = factor * at[name] + SHIFT * min(spread[name], 1.0) * random.uniform(-1, 1, at[name].shape)
    names = [output.name for output in model.graph.output]
    widths = WIDTHS

    def reference(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        values = zip(names, twice.run(None, dict(inputs)), strict=True)
        return {name: np.asarray(value, float) for name, value in values if name in module.outputs}

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                wanted = reference(at)
                for least in (0.1, 1.1):  # a function that is not defined below 0, or below 1
                    if any(np.isnan(array).any() for array in wanted.values()):
                        at |= {name: np.abs(at[name]) + least for name in moved}
                        wanted = reference(at)
            except Exception:  # an evaluator that does not take float64
                twice, widths = _as_it_is(model, fed), WIDTHS_OF_SINGLE
                wanted = reference(at)
            if not is_double(reference, at, moved, random):
                widths = WIDTHS_OF_SINGLE
    except Exception as error:
        return "undecided", f"the reference evaluator fails: {type(error).__name__}: {str(error)[:100]}"
    if is_coarse(model):
        widths = WIDTHS_OF_SINGLE
    found, tolerance = module.values(at), 1e-3 if is_coarse(model) else 1e-5
    for name in found:
        if problem := differs(found[name], wanted[name], tolerance, tolerance):
            return "wrong", f"value of {name} near the test's inputs: {problem}"
    factors = {name: random.normal(size=array.shape) for name, array in wanted.items()}
    weights = {name: np.where(np.isfinite(array), factors[name], 0.0) for name, array in wanted.items()}
    mine = module.gradients(at, weights)
    return directional(reference, mine, at, moved, weights, random, widths)


def _spread(array: np.ndarray) -> float:
    finite = array[np.isfinite(array) & (np.abs(array) < 1e6)]
    return max(float(np.ptp(finite)) if finite.size else 0.0, 1e-2)


def _as_it_is(model: ModelProto, fed: Mapping[str, np.ndarray]) -> Any:
    """The reference evaluator of the model, which takes its inputs in their own precision."""

    class Single:
        evaluator = ReferenceEvaluator(model, new_ops=OWN)

        def run(self, names: None, inputs: Mapping[str, np.ndarray]) -> list[Any]:
            own = {name: np.asarray(array).astype(fed[name].dtype) for name, array in inputs.items()}
            return list(self.evaluator.run(names, own))

    return Single()


def is_double(reference: Any, at: Mapping[str, np.ndarray], moved: Sequence[str], random: np.random.Generator) -> bool:
    """Whether outputs change with changes of an input that float32 does not show, if they change with larger ones."""
    here = reference(at)
    for name in moved:
        step = random.normal(size=at[name].shape)
        near, far = (reference({**at, name: at[name] + h * step}) for h in (1e-10, 1e-4))
        if any(np.array_equal(here[key], near[key]) and not np.array_equal(here[key], far[key]) for key in here):
            return False
    return True


def directional(
    reference: Any, mine: Mapping[str, np.ndarray], at: Mapping[str, np.ndarray], moved: Sequence[str],
    weights: Mapping[str, np.ndarray], random: np.random.Generator, widths: Sequence[tuple[float, float]],
) -> tuple[str, str]:  # fmt: skip
    """Compare derivatives in random directions, one input at a time, with central differences of two widths."""
    began = time.perf_counter()
    for count, name in enumerate(moved * 2):
        if count >= len(moved) and time.perf_counter() - began > 1:
            break  # one direction for each of the inputs has to do
        step = random.normal(size=at[name].shape)
        here = float(np.sum(mine[name] * step)) if name in mine else 0.0

        def slope(width: float, name: str = name, step: np.ndarray = step) -> float:
            up, down = (reference({**at, name: at[name] + sign * width * step}) for sign in (1, -1))
            with np.errstate(invalid="ignore"):
                changes = {key: np.where(np.isinf(up[key]), 0, up[key] - down[key]) for key in weights}
            return sum(float(np.sum(weights[key] * changes[key])) / (2 * width) for key in weights)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: list[tuple[float, float]] = []
            for pair in widths:
                found.append((slope(pair[0]), slope(pair[1])))
                if close(*found[-1], 1e-5 if widths is WIDTHS else 1e-3):
                    break
            wide, narrow = min(found, key=lambda two: _apart(*two))  # kinks and rounding ask for opposite widths
        if not close(wide, narrow, 1e-2):
            return "undecided", f"the differences for {name} do not settle: {wide:.6g}, {narrow:.6g}"
        if widths is WIDTHS and close(narrow, here, 1e-3) and not close(narrow, here, 1e-5):
            wide, narrow = map(slope, WIDTHS_OF_SINGLE[0])  # what remains is rounding, or an error as small as that
            if close(wide, here, 1e-4) or close(narrow, here, 1e-4):
                continue
        tolerance = max(1e-5 if widths is WIDTHS else 1e-2, 3 * abs(wide - narrow) / max(1.0, abs(narrow)))
        if not close(narrow, here, tolerance) and not close(wide, here, tolerance):
            return "wrong", f"derivative by {name}: {here:.6g}, not {narrow:.6g}"
    return "right", ""


def _apart(one: float, two: float) -> float:
    """How far two slopes are from each other; infinitely where one is no number."""
    far = abs(one - two) / max(1.0, abs(one), abs(two))
    return math.inf if math.isnan(far) else far


def close(one: float, two: float, relative: float) -> bool:
    return abs(one - two) <= relative * max(1.0, abs(one), abs(two))


class EvaluatedScatter(OpRun):
    """The reference evaluator has the operator only by its newer name."""

    op_domain = ""

    def _run(self, data: np.ndarray, indices: np.ndarray, updates: np.ndarray, axis: int = 0) -> tuple[np.ndarray]:
        found = np.array(data)
        np.put_along_axis(found, indices, updates, axis)
        return (found,)


class EvaluatedErf(OpRun):
    """The reference evaluator's own gives float32."""

    op_domain = ""

    def _run(self, x: np.ndarray) -> tuple[np.ndarray]:
        return (np.vectorize(math.erf, otypes=[x.dtype])(x),)


class EvaluatedLpNormalization(OpRun):
    """The reference evaluator's own leaves out the absolute values."""

    op_domain = ""

    def _run(self, x: np.ndarray, axis: int = -1, p: int = 2) -> tuple[np.ndarray]:
        norm = np.linalg.norm(x, ord=p, axis=axis, keepdims=True)
        return (x / np.where(norm == 0, 1, norm),)


OWN = [
    type(evaluated.__name__.removeprefix("Evaluated"), (evaluated,), {})  # the evaluator looks at their names
    for evaluated in (EvaluatedErf, EvaluatedScatter, EvaluatedLpNormalization)
]


def in_double(model: ModelProto) -> ReferenceEvaluator:
    """The reference evaluator of a model in which every floating-point tensor holds float64."""
    twice = ModelProto()
    twice.CopyFrom(model)
    graphs = [twice.graph, *twice.functions]
    while graphs:
        graph = graphs.pop()
        for value in (*getattr(graph, "input", ()), *getattr(graph, "output", ())):
            if not isinstance(value, str) and is_float(value):
                value.type.tensor_type.elem_type = TensorProto.DOUBLE
        for tensor in getattr(graph, "initializer", ()):
            widen(tensor)
        for node in graph.node:
            for attribute in node.attribute:
                if attribute.name in ("to", "dtype", "stash_type", "softmax_precision") and attribute.i in FLOATS:
                    attribute.i = TensorProto.DOUBLE
                if attribute.HasField("t"):
                    widen(attribute.t)
                if attribute.name == "value_float":
                    number = attribute.f
                    attribute.Clear()
                    attribute.name, attribute.type = "value", onnx.AttributeProto.TENSOR
                    attribute.t.CopyFrom(numpy_helper.from_array(np.array(shortest(number))))
                if attribute.HasField("g"):
                    graphs.append(attribute.g)
            if node.op_type == "ConstantOfShape" and not node.attribute:
                node.attribute.append(helper.make_attribute("value", numpy_helper.from_array(np.zeros(1))))
    return ReferenceEvaluator(twice, new_ops=OWN)


def shortest(number: float) -> float:
    """The shortest decimal that means a float32."""
    return float(str(np.float32(number)))


def widen(tensor: TensorProto) -> None:
    if tensor.data_type in FLOATS:
        tensor.CopyFrom(numpy_helper.from_array(np.asarray(numpy_helper.to_array(tensor), float), tensor.name))
