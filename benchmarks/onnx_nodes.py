"""The operator tests that the ``onnx`` package carries, read, derived, emitted, and held to onnx's reference evaluator.

    python benchmarks/onnx_nodes.py [--only PATTERN] [--seconds N] [--prove] [--details FILE] [--write]

Every test whose inputs and outputs hold floating-point numbers is read as an ONNX file would be.  The emitted float64
NumPy module has to give the values that the test states, and at inputs moved a little from those of the test the values
and the directional derivatives (central differences in float64) of onnx's reference evaluator.  What comes out:

    right      values and derivatives agree
    wrong      they do not
    refused    a message names what is not supported
    crashed    anything else than the project's own errors
    undecided  more than the given seconds, or nothing to compare with: the reference evaluator fails, or the
               differences do not settle

A test hands over as inputs what an exporter writes into the file: axes, shapes, scales.  Where a model is refused as it
stands, its integer and boolean inputs, and the floating-point ones of ``FIXED``, are made constants of the file.
--prove: each network is verified too.  --write: the table goes into docs/readers.md.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import math
import multiprocessing
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

ROOT = Path(__file__).resolve().parent.parent
FLOATS = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16}
FIXED = {"Resize": (1, 2), "Upsample": (1,), "Dropout": (1,), "Range": (0, 1, 2)}
"""Floating-point operands, by operator and position, that files hold as constants."""
FOLDERS = {"pytorch-converted": "pytorch-converted", "pytorch-operator": "pytorch-operator"}
SHIFT = 0.02
"""How far inputs are moved, relative to their spread, before derivatives are compared: away from kinks and ties."""
OUTCOMES = ("right", "wrong", "refused", "crashed", "undecided")


@dataclass(frozen=True)
class Case:
    """One test: a model with inputs and the outputs that belong to them, in the graph's order."""

    suite: str
    name: str
    model: ModelProto
    inputs: Sequence[np.ndarray]
    outputs: Sequence[np.ndarray]
    rtol: float = 1e-3


@dataclass(frozen=True)
class Result:
    suite: str
    name: str
    operator: str
    outcome: str
    reason: str = ""
    bound: bool = False
    """Whether inputs were made constants."""


# -- the tests ------------------------------------------------------------------------------------------------------


def cases() -> Iterator[Case]:
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = collect_testcases(None)
    for test in found:
        if test.model is not None and test.data_sets:
            fed, made = ([_array(value) for value in arrays] for arrays in test.data_sets[0])
            yield Case("node", test.name, test.model, fed, made, rtol=max(test.rtol, 1e-3))
    data = Path(onnx.__file__).parent / "backend/test/data"
    for suite, folder in FOLDERS.items():
        for path in sorted((data / folder).iterdir()):
            model = onnx.load(path / "model.onnx")
            yield Case(suite, path.name, model, *(_arrays(path, kind) for kind in ("input", "output")))


def _array(value: Any) -> Any:
    return numpy_helper.to_array(value) if isinstance(value, TensorProto) else value


def _arrays(path: Path, kind: str) -> list[np.ndarray]:
    found = []
    for k in range(len(list((path / "test_data_set_0").glob(f"{kind}_*.pb")))):
        tensor = TensorProto()
        tensor.ParseFromString((path / f"test_data_set_0/{kind}_{k}.pb").read_bytes())
        found.append(numpy_helper.to_array(tensor))
    return found


def is_float(value: Any) -> bool:
    return value.type.HasField("tensor_type") and value.type.tensor_type.elem_type in FLOATS


def differentiable(case: Case) -> bool:
    """Whether floating-point numbers go in and come out."""
    graph = case.model.graph
    weights = {tensor.name for tensor in graph.initializer}
    fed = any(is_float(value) for value in graph.input if value.name not in weights)
    return fed and any(map(is_float, graph.output))


def operator_of(case: Case) -> str:
    """The operator that a test is of; of a function put in place, that function."""
    if case.suite != "node":
        return case.suite
    kinds = {node.op_type for node in case.model.graph.node}
    if len(kinds) == 1:
        return str(case.model.graph.node[0].op_type)
    wanted = case.name.replace("_", "")
    names = [schema.name for schema in onnx.defs.get_all_schemas_with_history()]
    fitting = [name for name in names if wanted.startswith(f"test{name.lower()}")]
    special = {"sce": "SoftmaxCrossEntropyLoss", "nllloss": "NegativeLogLikelihoodLoss"}
    fitting += [name for key, name in special.items() if wanted.startswith(f"test{key}")]
    return max(fitting, key=len, default=str(case.model.graph.node[0].op_type))


# -- one test -------------------------------------------------------------------------------------------------------


def judge(case: Case, prove: bool) -> tuple[str, str, bool]:
    """(outcome, reason, whether inputs were made constants)."""
    from dyadic.symbolic.errors import DyadicError

    first = ""
    for bound in (False, True):
        model, fed = made_constant(case) if bound else (case.model, inputs_of(case))
        try:
            return (*compare(case, model, fed, prove), bound)
        except DyadicError as error:
            first = first if bound and len(fed) == len(inputs_of(case)) else str(error)
        except Exception as error:
            return "crashed", f"{type(error).__name__}: {str(error)[:200]}", bound
    return "refused", first, True


def inputs_of(case: Case) -> dict[str, np.ndarray]:
    weights = {tensor.name for tensor in case.model.graph.initializer}
    names = [value.name for value in case.model.graph.input if value.name not in weights]
    return {name: array for name, array in zip(names, case.inputs, strict=False) if array is not None}


def made_constant(case: Case) -> tuple[ModelProto, dict[str, np.ndarray]]:
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
        self.code: dict[str, Any] = {"__name__": "emitted"}
        sys.modules["emitted"] = type(sys)("emitted")
        self.code = sys.modules["emitted"].__dict__
        exec(compile(str(dyadic.emit(derivation, "numpy")), "<emitted>", "exec"), self.code)
        self.takes = [*self.code["PARAMETERS"], *self.code.get("CONSTANTS", {})]

    def arguments(self, fed: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Parameters and inputs by name."""
        known = {**self.held, **fed}
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


def compare(case: Case, model: ModelProto, fed: dict[str, np.ndarray], prove: bool) -> tuple[str, str]:
    module = Module(model, prove)
    if module.verdict != "proved":
        return "undecided", f"the verdict is {module.verdict}"
    stated = {
        value.name: np.asarray(array) for value, array in zip(case.model.graph.output, case.outputs, strict=False)
    }
    wanted = {value.name for value in case.model.graph.output if is_float(value)}
    if missing := wanted - set(module.outputs):
        return "undecided", f"the outputs {sorted(missing)} are not computed"
    found = module.values(fed)
    coarse = any(value.type.tensor_type.elem_type in (10, 16) for value in (*model.graph.input, *model.graph.output))
    for name in found:
        if problem := differs(found[name], stated[name], 2e-2 if coarse else case.rtol, 2e-2 if coarse else 1e-5):
            return "wrong", f"value of {name}: {problem}"
    return derivatives(module, model, fed)


def differs(found: np.ndarray, wanted: np.ndarray, rtol: float, atol: float) -> str:
    if found.shape != wanted.shape:
        return f"shape {found.shape}, not {wanted.shape}"
    found, wanted = np.asarray(found, float), np.asarray(wanted, float)
    with np.errstate(invalid="ignore"):
        worst = np.max(np.abs(found - wanted) - rtol * np.abs(wanted), initial=0.0)
    if np.allclose(found, wanted, rtol, atol, equal_nan=True):
        return ""
    return f"differs by {worst:.3g}"


def derivatives(module: Module, model: ModelProto, fed: Mapping[str, np.ndarray]) -> tuple[str, str]:
    """Compare values and directional derivatives near the test's inputs."""
    random = np.random.default_rng(1)
    twice = in_double(model)
    moved = [name for name in fed if fed[name].dtype.kind == "f" or str(fed[name].dtype) == "bfloat16"]
    spread = {name: _spread(np.asarray(fed[name], float)) for name in moved}
    at = {name: np.asarray(array, float) if name in moved else array for name, array in fed.items()}
    for name in moved:
        at[name] = np.where(np.isfinite(at[name]), at[name], 0.5)
        at[name] = at[name] + SHIFT * min(spread[name], 1.0) * random.uniform(-1, 1, at[name].shape)
    names = [output.name for output in model.graph.output]

    def reference(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        values = zip(names, twice.run(None, dict(inputs)), strict=True)
        return {name: np.asarray(value, float) for name, value in values if name in module.outputs}

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wanted = reference(at)
    except Exception as error:
        return "undecided", f"the reference evaluator fails: {type(error).__name__}: {str(error)[:100]}"
    found = module.values(at)
    for name in found:
        if problem := differs(found[name], wanted[name], 1e-5, 1e-6):
            return "wrong", f"value of {name} near the test's inputs: {problem}"
    weights = {name: random.normal(size=array.shape) for name, array in wanted.items()}
    mine = module.gradients(at, weights)
    return directional(reference, mine, at, moved, weights, random)


def _spread(array: np.ndarray) -> float:
    finite = array[np.isfinite(array)]
    return max(float(np.ptp(finite)) if finite.size else 0.0, 1e-2)


def directional(
    reference: Any, mine: Mapping[str, np.ndarray], at: Mapping[str, np.ndarray], moved: Sequence[str],
    weights: Mapping[str, np.ndarray], random: np.random.Generator,
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
                return sum(float(np.sum(weights[key] * (up[key] - down[key]))) / (2 * width) for key in weights)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wide, narrow = slope(1e-4), slope(1e-5)
            if not close(wide, narrow, 1e-3):
                wide, narrow = slope(1e-5), slope(1e-6)
        if not close(wide, narrow, 1e-3):
            return "undecided", f"the differences for {name} do not settle: {wide:.6g}, {narrow:.6g}"
        if not close(narrow, here, 1e-4) and not close(wide, here, 1e-4):
            return "wrong", f"derivative by {name}: {here:.6g}, not {narrow:.6g}"
    return "right", ""


def close(one: float, two: float, relative: float) -> bool:
    return abs(one - two) <= relative * max(1.0, abs(one), abs(two))


class Erf(OpRun):
    """The reference evaluator's own gives float32."""

    op_domain = ""

    def _run(self, x: np.ndarray) -> tuple[np.ndarray]:
        return (np.vectorize(math.erf, otypes=[x.dtype])(x),)


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
    return ReferenceEvaluator(twice, new_ops=[Erf])


def shortest(number: float) -> float:
    """The shortest decimal that means a float32."""
    return float(str(np.float32(number)))


def widen(tensor: TensorProto) -> None:
    if tensor.data_type in FLOATS:
        tensor.CopyFrom(numpy_helper.from_array(np.asarray(numpy_helper.to_array(tensor), float), tensor.name))


# -- all tests ------------------------------------------------------------------------------------------------------


def serve(tests: Sequence[Case], prove: bool, connection: Connection) -> None:
    """Judge the cases whose numbers come in, one after the other."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    while True:
        connection.send(judge(tests[connection.recv()], prove))


def run(tests: Sequence[Case], seconds: float, prove: bool) -> Iterator[Result]:
    """Judge every case in a process that is replaced when one takes longer than the given seconds."""
    import dyadic.codegen
    import dyadic.symbolic.readers.onnx_model  # noqa: F401 (once, before the process is copied)

    context = multiprocessing.get_context("fork")
    worker, connection = None, None
    for number, case in enumerate(tests):
        if worker is None:
            connection, far = context.Pipe()
            worker = context.Process(target=serve, args=(tests, prove, far), daemon=True)
            worker.start()
            far.close()
        try:
            connection.send(number)
            if not connection.poll(seconds):
                raise TimeoutError
            outcome, reason, bound = connection.recv()
        except (TimeoutError, EOFError, ConnectionError) as error:
            outcome = "undecided" if isinstance(error, TimeoutError) else "crashed"
            reason, bound = f"more than {seconds:g} s" if outcome == "undecided" else "the process ended", False
            worker.kill()
            worker.join()
            worker = None
        yield Result(case.suite, case.name, operator_of(case), outcome, reason, bound)
    if worker is not None:
        worker.kill()
        worker.join()


def why(reason: str) -> str:
    """A refusal without what differs from test to test: the operators that it names, else its problem."""
    named = re.findall(r"\((\w+), reading", reason)
    if named:
        return ", ".join(sorted(set(named)))
    return re.sub(r"'[^']*'|\d+", "", reason.partition(": ")[2] or reason)[:60]


def table(results: Sequence[Result]) -> str:
    """The outcome by suite, and what is refused."""
    lines = ["| tests | " + " | ".join(OUTCOMES) + " |", "| --- |" + " ---: |" * len(OUTCOMES)]
    for suite in ("node", *FOLDERS):
        counts = Counter(result.outcome for result in results if result.suite == suite)
        lines.append(f"| {suite} | " + " | ".join(str(counts[outcome]) for outcome in OUTCOMES) + " |")
    everything = Counter(result.outcome for result in results)
    lines.append("| all | " + " | ".join(str(everything[outcome]) for outcome in OUTCOMES) + " |")
    for outcome in ("refused", "undecided"):
        found: dict[str, list[str]] = {}
        for result in results:
            if result.outcome == outcome:
                found.setdefault(result.operator, []).append(result.name)
        if found:
            counted = (f"{name} {len(names)}" for name, names in sorted(found.items()))
            lines += ["", f"{outcome.capitalize()}, by operator: {', '.join(counted)}."]
    return "\n".join(lines)


def write(text: str) -> None:
    """Put the table between its marks in docs/readers.md."""
    path = ROOT / "docs/readers.md"
    begin, end = "<!-- onnx_nodes: begin -->", "<!-- onnx_nodes: end -->"
    page = path.read_text(encoding="utf-8")
    head, _, rest = page.partition(begin)
    path.write_text(f"{head}{begin}\n{text}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="*")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--prove", action="store_true")
    parser.add_argument("--details", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    patterns = arguments.only.split(",")
    everything = list(cases())
    tests = [
        case
        for case in everything
        if differentiable(case) and any(fnmatch.fnmatch(case.name, pattern) for pattern in patterns)
    ]
    begun, results = time.process_time(), []
    for result in run(tests, arguments.seconds, arguments.prove):
        results.append(result)
        if arguments.details:
            with arguments.details.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(asdict(result)) + "\n")
    print(table(results))
    for outcome in ("wrong", "crashed"):
        for result in results:
            if result.outcome == outcome:
                print(f"{outcome}: {result.name}: {result.reason}")
    print(f"{len(tests)} tests, {time.process_time() - begun:.0f} CPU s here and more in the processes that judge")
    if arguments.write:
        write(table(results))


if __name__ == "__main__":
    main()
