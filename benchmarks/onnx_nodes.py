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
--prove: each network is verified too.  --details: a file that every result is appended to; what it holds is not run
again.  --write: the table goes into docs/readers.md.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import multiprocessing
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper
from onnx_judge import OperatorTest, is_float, judge
from tables import put

FOLDERS = ("pytorch-converted", "pytorch-operator")
OUTCOMES = ("right", "wrong", "refused", "crashed", "undecided")


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


def cases() -> Iterator[OperatorTest]:
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = collect_testcases(None)
    for test in found:
        if test.model is not None and test.data_sets:
            fed, made = ([_array(value) for value in arrays] for arrays in test.data_sets[0])
            yield OperatorTest("node", test.name, test.model, fed, made, rtol=max(test.rtol, 1e-3))
    data = Path(onnx.__file__).parent / "backend/test/data"
    for suite in FOLDERS:
        for path in sorted((data / suite).iterdir()):
            model = onnx.load(path / "model.onnx")
            yield OperatorTest(suite, path.name, model, *(_arrays(path, kind) for kind in ("input", "output")))


def _array(value: Any) -> Any:
    return numpy_helper.to_array(value) if isinstance(value, TensorProto) else value


def _arrays(path: Path, kind: str) -> list[np.ndarray]:
    found = []
    for k in range(len(list((path / "test_data_set_0").glob(f"{kind}_*.pb")))):
        tensor = TensorProto()
        tensor.ParseFromString((path / f"test_data_set_0/{kind}_{k}.pb").read_bytes())
        found.append(numpy_helper.to_array(tensor))
    return found


def differentiable(case: OperatorTest) -> bool:
    """Whether floating-point numbers go in and come out."""
    graph = case.model.graph
    weights = {tensor.name for tensor in graph.initializer}
    fed = any(is_float(value) for value in graph.input if value.name not in weights)
    return fed and any(map(is_float, graph.output))


def operator_of(case: OperatorTest) -> str:
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


# -- all tests ------------------------------------------------------------------------------------------------------


def serve(tests: Sequence[OperatorTest], prove: bool, connection: Connection, near: Connection) -> None:
    """Judge the cases whose numbers come in, one after the other, until nobody asks; ``near``: the asker's end."""
    near.close()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    while True:
        try:
            number = connection.recv()
        except EOFError:
            return
        connection.send(judge(tests[number], prove))


def run(tests: Sequence[OperatorTest], seconds: float, prove: bool) -> Iterator[Result]:
    """Judge every case in a process that is replaced when one takes longer than the given seconds."""
    import dyadic.codegen
    import dyadic.symbolic.readers.onnx_model  # noqa: F401 (once, before the process is copied)

    context = multiprocessing.get_context("fork")
    worker, connection = None, None
    for number, case in enumerate(tests):
        if worker is None:
            connection, far = context.Pipe()
            worker = context.Process(target=serve, args=(tests, prove, far, connection), daemon=True)
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
    lines = arguments.details.read_text().splitlines() if arguments.details and arguments.details.exists() else []
    held = {(result.suite, result.name): result for result in (Result(**json.loads(line)) for line in lines)}
    results = [held[case.suite, case.name] for case in tests if (case.suite, case.name) in held]
    missing, begun = [case for case in tests if (case.suite, case.name) not in held], time.process_time()
    for result in run(missing, arguments.seconds, arguments.prove):
        results.append(result)
        if arguments.details:
            with arguments.details.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(asdict(result)) + "\n")
    print(table(results))
    for outcome in ("wrong", "crashed"):
        for result in results:
            if result.outcome == outcome:
                print(f"{outcome}: {result.name}: {result.reason}")
    spent = f"{time.process_time() - begun:.0f} CPU s here and more in the processes that judge"
    print(f"{len(missing)} of {len(tests)} tests run, {spent}")
    if arguments.write:
        put("onnx_nodes", table(results))


if __name__ == "__main__":
    main()
