"""Reading programs of torch.export (optional extra ``torch``): .pt2 files, and modules with example inputs.

The exported graph is made free of mutation (``run_decompositions`` with an empty table, which keeps composite operators
such as ``linear`` and ``scaled_dot_product_attention``) and read call by call into layers of the catalogue.
"""

from __future__ import annotations

import operator
import zipfile
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sympy import Expr

from dyadic.symbolic.errors import DyadicError, SpecError
from dyadic.symbolic.readers import (  # noqa: F401 (each registers operators)
    torch_composed,
    torch_linear_maps,
    torch_lookups,
    torch_masks,
    torch_matrices,
    torch_operators,
    torch_ordering,
    torch_powers,
    torch_recurrent,
    torch_scatter,
    torch_shapes,
    torch_strides,
    torch_windows,
)
from dyadic.symbolic.readers.model import MALFORMED, Known, Model, Problem, Unsupported, malformed, refuse
from dyadic.symbolic.readers.stopped_gradients import label, mark_stopped_gradients
from dyadic.symbolic.readers.torch_call import OPERATORS, OperatorCall, Unread
from dyadic.symbolic.readers.torch_package import first_line_of, package, quietly
from dyadic.symbolic.readers.torch_positions import rows_looked_up
from dyadic.symbolic.readers.torch_program import Decomposable, decomposable, decomposed, label_of, origin_of
from dyadic.symbolic.readers.torch_tensors import TensorNames, array_of, kind_of, lies_alone, size_of, tie_again
from dyadic.symbolic.structure import Architecture, InputRole, show


@dataclass(frozen=True)
class ReadModule:
    """A program and what was made of it.

    inputs: for each value that the program is given, in order, the name of the input; None where it is not read.
    outputs: for each value that it returns, the position of its cost; None for what depends on no input.
    """

    architecture: Architecture
    inputs: tuple[str | None, ...]
    outputs: tuple[int | None, ...]

    def with_notes(self, *notes: str) -> ReadModule:
        """The same with more notes."""
        return replace(self, architecture=replace(self.architecture, notes=(*self.architecture.notes, *notes)))


def read_torch(path: str | Path, cost: str | None = None) -> Architecture:
    """Read a .pt2 file.  Raises :class:`DyadicError` with one message for all calls that are not supported.

    The file is loaded by ``torch.export.load``: give it only files that you trust.
    """
    if not zipfile.is_zipfile(path):
        raise SpecError(str(path), "is no exported program (no archive)", "write it with torch.export.save")
    with quietly():
        torch = package()
        try:
            program = torch.export.load(str(path))
        except Exception as error:  # whatever torch raises for what is no archive of its own
            problem = f"is no exported program ({first_line_of(error, str(path))})"
            raise SpecError(str(path), problem, "write it with torch.export.save") from error
        tie_again(program)
        found = from_program(program, Path(path).stem, str(path), cost).with_notes(_FROM_A_FILE)
        return replace(found.architecture, compared=0)


def export_module(
    module: Any, example_input: Any, cost: str | None = None, name: str | None = None, dynamic_shapes: Any = None
) -> ReadModule:
    """Export a module as it computes on an example (a tensor, or a tuple of them), and read the program."""
    arguments = tuple(example_input) if isinstance(example_input, tuple | list) else (example_input,)
    title = name or type(module).__name__
    with quietly():
        torch = package()
        try:
            program = torch.export.export(module, arguments, dynamic_shapes=dynamic_shapes)
        except Exception as error:  # torch.export has no one class of errors
            raise DyadicError(f"{title}: torch.export cannot export it: {first_line_of(error)}") from error
        return from_program(program, title, title, cost)


def from_program(program: Any, name: str, where: str, cost: str | None = None) -> ReadModule:
    """What a ``torch.export.ExportedProgram`` is read as."""
    try:
        mark_stopped_gradients(package(), program, where)
        found = _read_decomposing(program, name, where, cost)
        return found if _is_traced(program) else found.with_notes(_DECOMPOSED)
    except SpecError as error:
        place = error.where if error.where.startswith(where) else f"{where}: {error.where}"
        raise SpecError(place, error.problem, error.remedy) from error


def _is_traced(program: Any) -> bool:
    """Whether a program is as it was traced: not decomposed, so that ``detach`` and ``no_grad`` are in it."""
    return getattr(program, "dialect", "TRAINING") == "TRAINING"


def _read_decomposing(program: Any, name: str, where: str, cost: str | None) -> ReadModule:
    """Read a program; operators without a reader of their own are decomposed by torch's rules, then those in these.

    What cannot be read even so is told as it stands in the program, not in its decomposition.
    """
    wanted: dict[Any, None] = {}
    first, stay = None, set[str]()
    for _ in range(_MOST_ROUNDS):
        try:
            found = _TorchReader(program, name, where, wanted).read(cost)
        except Decomposable as further:
            first = first or further
            stay = {problem.origin for problem in further.problems}
            fresh = [target for target in further.targets if target not in wanted]
            wanted |= dict.fromkeys(fresh)
            if fresh:
                continue
        except SpecError:
            if first is None:
                raise
            stay = set()
        else:
            names = ", ".join(sorted({label_of(target) for target in wanted}))
            return found.with_notes(f"decomposed by torch's own rules: {names}") if wanted else found
        break
    assert first is not None
    refuse(where, [problem for problem in first.problems if problem.origin in stay] or first.problems, "torch")
    raise SpecError(where, "is decomposed without an end", "please report this model")


_MOST_ROUNDS = 6
_DECOMPOSED = "the program was decomposed before it was saved: gradients that no_grad stops are not seen"
_FROM_A_FILE = (
    "not compared with PyTorch's autograd: a file does not hold the module, nor a backward pass of its own, nor a "
    "block under inference_mode, through which gradients are shown here"
)


_LIKE = ("zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full", "new_empty")


class _TorchReader:
    def __init__(self, program: Any, name: str, where: str, wanted: Collection[Any] = ()) -> None:
        self.torch = package()
        self.where = where
        self.traced = _is_traced(program)
        self.program = decomposed(self.torch, program, wanted)
        self.model = Model(name, least=1)
        self.values: dict[Any, Any] = {}
        self.given: list[str | None] = []
        self.problems: list[Problem] = []
        self.final = False  # whether one of them stays, however the program is written
        self.refused: list[Any] = []  # what the calls behind the problems call
        self.names = TensorNames(self.program.state_dict)
        self.model.keep(self.program.graph_signature.parameters)
        graph, kinds = self.program.graph, self.torch.export.graph_signature.OutputKind
        (last,) = (node for node in graph.nodes if node.op == "output")
        specs = zip(self.program.graph_signature.output_specs, last.args[0], strict=True)
        outputs = [(spec.kind, node) for spec, node in specs]
        self.outputs = [node for kind, node in outputs if kind == kinds.USER_OUTPUT]
        if any(kind == kinds.USER_INPUT_MUTATION for kind, _ in outputs):
            self.model.note("what the program writes into its inputs is left out")
        if any(kind == kinds.BUFFER_MUTATION for kind, _ in outputs):
            self.model.note("updates of buffers (running statistics) are left out")
        self.needed = self._needed()
        self.calls = [node for node in graph.nodes if node.op == "call_function" and node in self.needed]
        self.paths = Counter(self._path(node) for node in self.calls if node.target is not operator.getitem)

    def _needed(self) -> set[Any]:
        found: set[Any] = set()
        stack = [node for node in self.outputs if hasattr(node, "all_input_nodes")]
        while stack:
            node = stack.pop()
            if node not in found:
                found.add(node)
                stack += node.all_input_nodes
        return found

    def read(self, cost: str | None) -> ReadModule:
        self._placeholders()
        for position, node in enumerate(self.calls, 1):
            self._read(position, node)
        if self.problems:
            further = [target for target in self.refused if not self.final and decomposable(self.torch, target)]
            raise Decomposable(further, self.problems)
        found = [self.values.get(node) if hasattr(node, "all_input_nodes") else None for node in self.outputs]
        outputs = [self._output(value) for value in found]
        for position, value in enumerate(outputs):
            if value is None:
                self.model.note(f"the output {position} is left out: it depends on no input")
        names = [value for value in outputs if value is not None]
        architecture, places = self.model.architecture(names, cost), iter(range(len(names)))
        return ReadModule(
            architecture, tuple(self.given), tuple(None if value is None else next(places) for value in outputs)
        )

    def _output(self, value: Any) -> str | None:
        """The name of an output; a weight may be one itself, what depends on no weight and no input is none."""
        if isinstance(value, Known) and value.trained:
            return self.model.vertex(value)
        return value if isinstance(value, str) else None

    # -- inputs, parameters, buffers -------------------------------------------------------------------------------

    def _placeholders(self) -> None:
        kinds = self.torch.export.graph_signature.InputKind
        nodes = {node.name: node for node in self.program.graph.nodes if node.op == "placeholder"}
        for spec in self.program.graph_signature.input_specs:
            node = nodes.get(getattr(spec.arg, "name", ""))
            if spec.kind == kinds.USER_INPUT:
                self.given.append(None if node is None else self._input(node))
            elif node in self.needed:
                self.values[node] = self._array(spec, trained=spec.kind == kinds.PARAMETER)

    def _array(self, spec: Any, trained: bool) -> Known:
        program = self.program
        tensor = program.state_dict.get(spec.target, program.constants.get(spec.target))
        if tensor is None:
            raise SpecError(f"tensor {spec.target!r}", "is not in the program", "export the module again")
        name, note = self.names.of(tensor, spec.target)
        if note:
            self.model.note(note)
        return Known(name, array_of(tensor), trained and tensor.is_floating_point())

    def _input(self, node: Any) -> str | None:
        tensor = node.meta.get("val")
        if not isinstance(tensor, self.torch.Tensor):
            return None  # a number: torch.export has put it into the graph
        whole = kind_of(tensor)[0] in "iu"
        below = rows_looked_up(node) if whole else None
        if below is None and whole:
            self.model.note(f"the entries of the input {node.name!r} are used as numbers, not as indices")
        if below is None and kind_of(tensor) == "b8":
            self.model.note(f"the entries of the input {node.name!r} are 0 and 1")
        role: InputRole = "data" if below is None else "index"
        name = self.model.input(node.name, map(size_of, tensor.shape), role, below)
        self.values[node] = name
        return name

    # -- calls -----------------------------------------------------------------------------------------------------

    def _read(self, position: int, node: Any) -> None:
        operator_ = label(node)
        arguments = [self.values.get(each) for each in node.all_input_nodes]
        try:
            if node.target is operator.getitem:
                found = self.values.get(node.args[0])
                self.values[node] = None if found is None else found[node.args[1]]
                if found is not None and self.values[node] is None:
                    raise Unsupported(f"reads result {node.args[1]} of {label(node.args[0])}")
            elif any(value is None for value in arguments):
                if operator_ not in OPERATORS:
                    raise Unsupported("")
                self.values[node] = None  # what it reads is not supported and will be named
            elif self._is_random(node) and operator_ not in OPERATORS:
                raise Unsupported("draws random numbers")
            elif not hasattr(node.target, "_schema") or self._folds(node, arguments):
                self.values[node] = self._folded(node)
            elif operator_ not in OPERATORS:
                raise Unsupported("")
            else:
                call = self._call(node)
                found = OPERATORS[operator_](call)
                call.all_read()
                self.values[node] = found
                self._compare_shape(node)
        except (Unsupported, *MALFORMED) as error:
            reason = str(error) if isinstance(error, Unsupported) else malformed(error)
            self.problems.append(Problem(self._place(position, node), reason, origin=origin_of(node)))
            self.final |= isinstance(error, Unread)
            self.refused.append(node.target)
            self.values[node] = None
        except SpecError as error:
            place = f"{self._place(position, node)}: {error.where}"
            raise SpecError(place, error.problem, error.remedy) from error

    def _folds(self, node: Any, arguments: list[Any]) -> bool:
        """Whether a call can be computed now: it reads no input of the model and no weight."""
        if self._is_random(node):
            return False
        known = [value for value in arguments if not isinstance(value, Expr)]
        like = label(node) in _LIKE
        return all(isinstance(value, Known) and not value.trained for value in known) or like

    def _is_random(self, node: Any) -> bool:
        return self.torch.Tag.nondeterministic_seeded in getattr(node.target, "tags", ())

    def _folded(self, node: Any) -> Any:
        """The result of a call on constants or sizes, computed by torch (or, for sizes, by SymPy)."""

        def concrete(value: Any) -> Any:
            of: Any = value.meta.get("val") if isinstance(value, self.torch.fx.Node) else None
            if isinstance(value, self.torch.fx.Node):
                value = self.values[value]
            if isinstance(value, Known):
                return self.torch.from_numpy(np.array(value.array))
            if isinstance(value, str):  # its shape is asked for, and whether it is real
                whole = isinstance(of, self.torch.Tensor) and not of.dtype.is_floating_point
                like = self.torch.zeros((), dtype=of.dtype if whole else self.torch.float64)
                return like.expand([int(n) for n in self.model.shapes[value]])
            if isinstance(value, Expr) and value.is_Integer:
                return int(value)
            return value

        self._make_room(node)
        map_arg = self.torch.fx.node.map_aggregate
        try:
            found = node.target(*map_arg(node.args, concrete), **map_arg(node.kwargs, concrete))
        except Exception as error:  # whatever the operator raises
            raise Unsupported(f"cannot be evaluated ({str(error)[:100]})") from error
        if isinstance(found, self.torch.Tensor):
            return Known(node.name, array_of(found))
        if isinstance(found, list | tuple):
            return [Known(f"{node.name}.{k}", array_of(part)) for k, part in enumerate(found)]
        return found

    def _make_room(self, node: Any) -> None:
        """Ask for the memory of the tensors that a call makes, whose shapes the program states, before it is run."""
        meta = node.meta.get("val")
        for tensor in meta if isinstance(meta, list | tuple) else [meta]:
            if isinstance(tensor, self.torch.Tensor):
                if not all(isinstance(extent, int) for extent in tensor.shape):
                    raise Unsupported("makes a constant whose size is not known beforehand")
                self.model.room(tensor.shape, tensor.element_size())

    def _call(self, node: Any) -> OperatorCall:
        def read(value: Any) -> Any:
            if isinstance(value, self.torch.fx.Node):
                return self.values[value]
            if isinstance(value, list | tuple):
                return [read(item) for item in value]
            return value

        arguments = {}
        for position, argument in enumerate(node.target._schema.arguments):
            given = node.args[position] if position < len(node.args) else node.kwargs.get(argument.name)
            arguments[argument.name] = (
                argument.default_value if given is None and argument.has_default_value() else read(given)
            )
        wanted = frozenset(
            user.args[1] for user in node.users if user.target is operator.getitem and user in self.needed
        )
        path = self._path(node)
        name = node.name if not path else path if self.paths[path] == 1 else f"{path}.{label(node)}"
        schema = node.target._schema.arguments
        defaults = {entry.name: entry.default_value for entry in schema if entry.has_default_value()}
        kinds = {"": kind_of(node.meta.get("val"))}
        for position, argument in enumerate(schema):
            given = node.args[position] if position < len(node.args) else node.kwargs.get(argument.name)
            several = list(enumerate(given)) if isinstance(given, list | tuple) else []
            for key, one in [(argument.name, given), *((f"{argument.name}.{k}", one) for k, one in several)]:
                if isinstance(one, self.torch.fx.Node):
                    kinds[key] = kind_of(one.meta.get("val"))
        written = label_of(node.meta.get("original_aten", node.target)) == label(node)  # not by a rule of decomposition
        alone = bool(node.all_input_nodes) and lies_alone(node.all_input_nodes[0].meta.get("val"))
        traced = self.traced and written
        return OperatorCall(self.model, label(node), name, arguments, wanted, defaults, kinds, traced, alone)

    @staticmethod
    def _path(node: Any) -> str:
        """The module that a call belongs to, such as ``layer1.0.conv1``; empty for the outermost one."""
        stack = node.meta.get("nn_module_stack") or {}
        return str(next(reversed(stack.values()))[0]).removeprefix("L['self'].") if stack else ""

    def _compare_shape(self, node: Any) -> None:
        """Refuse a call whose shape torch sees differently: it has been read wrongly."""
        meta, found = node.meta.get("val"), self.values[node]
        pairs = [(meta, found)] if isinstance(meta, self.torch.Tensor) else []
        if isinstance(meta, list | tuple) and isinstance(found, list):
            pairs = list(zip(meta, found, strict=False))
        for tensor, value in pairs:
            if not isinstance(value, str) or tensor is None:
                continue
            ours, theirs = self.model.shapes[value], tuple(map(size_of, tensor.shape))
            numbers = zip(ours, theirs, strict=False)
            if len(ours) != len(theirs) or any(n.is_Integer and m.is_Integer and n != m for n, m in numbers):
                problem = f"has the shape {show(ours)} here and {show(theirs)} in PyTorch"
                raise SpecError(f"result of {label(node)}", problem, "please report this model")

    def _place(self, position: int, node: Any) -> str:
        path = self._path(node)
        reads = ", ".join(repr(each.name) for each in node.all_input_nodes) or "nothing"
        inside = f" in {path}" if path else ""
        called = label(node) if "::" in label(node) else f"aten.{label(node)}"
        return f"call {position} of {len(self.calls)} {node.name!r} ({called}{inside}, reading {reads})"


__all__ = ["OPERATORS", "ReadModule", "export_module", "from_program", "read_torch"]
