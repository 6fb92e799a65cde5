"""The onnx target: the loss and the gradients as one graph of ONNX operators, in the order of the wavefront.

Inputs are the parameters, the network's inputs and the targets; outputs are ``loss``, the activations that the costs
read (``x:logits``) and the gradients (``g:hidden.W``), the last two named by the tags of their equations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sympy import Expr

from dyadic.codegen.assembly import Planned, tagged
from dyadic.codegen.onnx_arrays import BATCH_NUMBER, BATCH_SIZE
from dyadic.codegen.onnx_operations import Operations
from dyadic.codegen.onnx_printer import OnnxPrinter
from dyadic.codegen.plan import RoutineCall, Source, Summand
from dyadic.codegen.program import BATCH, Routine, variable
from dyadic.symbolic.costs import COST_OWNER
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.instantiation import cost_tag
from dyadic.symbolic.structure import Input


class GradientGraph(Operations):
    """All operations of a network, and the equations that each of them serves.

    tags: by value, the equations' tags.  named: by value, the name that its equation gives it.
    """

    def __init__(self, dtype: str) -> None:
        super().__init__(dtype)
        self.tags: dict[str, dict[str, None]] = {}
        self.named: dict[str, str] = {}
        self.serving: tuple[str, ...] = ()

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """The value of an operation, which serves the equations that are evaluated now."""
        output = super().add(operator, *inputs, **attributes)
        self.tags.setdefault(output, {}).update(dict.fromkeys(self.serving))
        return output

    def name(self, value: str, tag: str) -> None:
        """Name what an equation defines by its tag; what has a name keeps it, and serves this equation too."""
        if value in self.tags:
            self.named.setdefault(value, tag)
            self.tags[value][tag] = None


class OnnxTarget(Planned):
    """A network as a graph.

    parameters, constants, inputs and targets: (name, whether integers, shape) of what is given from outside.
    outputs: (name, value) of what the graph computes.
    """

    def __init__(self, derivation: Derivation, dtype: str) -> None:
        super().__init__(derivation, dtype)
        self.graph = GradientGraph(dtype)
        self.recorded: dict[Any, tuple[Operations, tuple[str, ...]]] = {}
        self.values: dict[Source, str] = {}
        self.outputs = self._written()

    # -- what is given -----------------------------------------------------------------------------------------

    def given(self) -> Iterator[tuple[str, bool, tuple[Expr, ...]]]:
        """(name, whether integers, shape) of the parameters, constants, inputs and targets."""
        architecture = self.derivation.architecture
        for name, shape in architecture.parameters.items():
            yield name, False, tuple(shape)
        for node in architecture.inputs:
            if node.role != "parameter":
                yield node.name, node.role == "index", self._shape(node)
        for cost in architecture.costs:
            yield self.target_name(cost.owner), cost.equation.target_role == "index", (*self.lead, *cost.target_shape)

    @property
    def lead(self) -> tuple[Expr, ...]:
        """The batch axis, where the graph adds one."""
        return () if self.derivation.architecture.explicit_batch else (BATCH,)

    def _shape(self, node: Input) -> tuple[Expr, ...]:
        positions = node.role == "index" and node.name in self.derivation.architecture.values
        return tuple(node.shape) if node.role == "constant" or positions else (*self.lead, *node.shape)

    def target_name(self, owner: str) -> str:
        """``y``, or ``y:cost1`` where there are several costs or something else is called y."""
        taken = {*self.derivation.architecture.parameters, *self.derivation.architecture.by_input}
        return f"y:{owner}" if owner != COST_OWNER or "y" in taken else "y"

    def _batch(self) -> dict[str, str]:
        """The number of samples, as an integer and as a number."""
        batched = [name for name, _, shape in self.given() if shape[:1] == (BATCH,)]
        if not batched:
            return {}
        size = self.graph.add("Shape", batched[0], start=0, end=1)
        return {
            BATCH_SIZE: size,
            BATCH_NUMBER: self.graph.cast(self.graph.add("Squeeze", size, self.graph.integers(0))),
        }

    # -- the plan ----------------------------------------------------------------------------------------------

    def _written(self) -> list[tuple[str, str]]:
        """Write the plan down; (name, value) of the outputs."""
        graph, architecture = self.graph, self.derivation.architecture
        graph.serving = tuple(cost_tag(owner) for owner, _ in self.plan.loss)
        self.batch = self._batch()
        for call in self.plan.forward:
            results = self._called(call, [f"x:{call.owner}"])
            for position, value in enumerate(results):
                self.values[Source("value", call.owner, position)] = value
            self.values[Source("activation", call.owner)] = results[-1]
            graph.name(results[-1], f"x:{call.owner}")
        for step in self.plan.backward:
            value = self._sum(step.sensitivity, [f"s:{step.vertex}"])
            self.values[Source("sensitivity", step.vertex)] = value
            graph.name(value, f"s:{step.vertex}")
            if step.bars:
                for position, value in enumerate(self._called(step.bars, self._reading_bars(step.vertex))):
                    self.values[Source("bar", step.vertex, position)] = value
            for slot, call in step.contributions:
                tag = f"s:{architecture.by_name[step.vertex].inputs[slot]}"
                (self.values[Source("contribution", step.vertex, slot)],) = self._called(call, [tag])
        read = dict.fromkeys(cost.input for cost in architecture.costs)
        return [
            ("loss", self._loss()),
            *((f"x:{name}", self.values[Source("activation", name)]) for name in read),
            *((f"g:{name}", self._gradient(name, terms)) for name, terms in self.plan.gradients),
        ]

    def _reading_bars(self, owner: str) -> list[str]:
        """The tags of the equations that read the adjoints of a vertex's intermediates."""
        architecture = self.derivation.architecture
        vertex = architecture.by_name[owner]
        program = self.program(vertex)
        read = [
            f"{'s' if name in architecture.by_name else 'g'}:{name}"
            for slot, name in enumerate(vertex.inputs)
            if self._reads_bars(program.adjoints[slot], program.bars)
        ]
        read += [f"g:{owner}.{name}" for name, one in program.gradients.items() if self._reads_bars(one, program.bars)]
        return [tag for tag in dict.fromkeys(read) if tag in self.derivation.equations]

    @staticmethod
    def _reads_bars(routine: Routine, bars: Routine) -> bool:
        return bool({tensor.name for tensor in routine.arguments} & {tensor.name for tensor in bars.outputs})

    def _loss(self) -> str:
        """The sum of the costs, each a mean over the samples, and the decay."""
        graph = self.graph
        parts = []
        for owner, term in self.plan.loss:
            value = self._sum([term], [cost_tag(owner)])
            parts.append(graph.add("ReduceMean", value, graph.integers(0), keepdims=0) if self.lead else value)
        if decay := self.derivation.architecture.decay:
            for name in self.derivation.architecture.parameters:
                square = graph.add("ReduceSum", graph.add("Mul", name, name), keepdims=0)
                parts.append(graph.add("Mul", graph.real(float(decay / 2)), square))
        return self._added(parts)

    def _gradient(self, name: str, terms: Sequence[Summand]) -> str:
        value = self._sum(terms, [f"g:{name}"])
        if decay := self.derivation.architecture.decay:
            value = self.graph.add("Add", value, self.graph.add("Mul", self.graph.real(float(decay)), name))
        self.graph.name(value, f"g:{name}")
        return value

    def _sum(self, terms: Sequence[Summand], tags: Sequence[str]) -> str:
        self.graph.serving = tuple(tags)
        return self._added([self._term(term, tags) for term in terms])

    def _added(self, values: Sequence[str]) -> str:
        found = values[0]
        for value in values[1:]:
            found = self.graph.add("Add", found, value)
        return found

    def _term(self, term: Summand, tags: Sequence[str]) -> str:
        if isinstance(term.of, RoutineCall):
            (value,) = self._called(term.of, tags)
        else:
            value = self._source(term.of)
        if term.weight == 1:
            return value
        return self.graph.add("Mul", self.graph.real(float(term.weight)), value)

    def _source(self, source: Source) -> str:
        if source.group == "target":
            return self.target_name(source.name or COST_OWNER)
        if source.group == "parameter" or (source.group == "activation" and source not in self.values):
            return source.name
        return self.values[source]

    # -- routines ----------------------------------------------------------------------------------------------

    def _called(self, call: RoutineCall, tags: Iterable[str]) -> list[str]:
        """Add a routine's operations; the values of its results."""
        base, sizes = self.base(call)
        key = base, call.part, tuple(sizes.items())
        if key not in self.recorded:
            self.recorded[key] = _recorded(call.routine, sizes, self.dtype)
        operations, results = self.recorded[key]
        names = [variable(tensor) for tensor in call.routine.arguments]
        self.graph.serving = tuple(tags)
        given = dict(zip(names, map(self._source, call.sources), strict=True))
        found = self.graph.replay(operations, given | self.batch)
        return [found[result] for result in results]

    def documentation(self, value: str) -> str:
        """``tag hash`` of the equations that the operation which makes a value serves."""
        return ", ".join(tagged(self.derivation, tag) for tag in self.graph.tags[value])


def _recorded(routine: Routine, sizes: Mapping[Expr, Expr], dtype: str) -> tuple[Operations, tuple[str, ...]]:
    """A routine's operations, and its results among their values."""
    operations = Operations(dtype)
    printer = OnnxPrinter(operations, routine.arguments, sizes)
    for item in routine.definitions:
        printer.define(item)
    return operations, tuple(printer.values[tensor.name] for tensor in routine.outputs)


__all__ = ["GradientGraph", "OnnxTarget"]
