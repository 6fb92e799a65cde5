"""Index equations as NumPy functions of their own, without a network around them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr

from dyadic.codegen.assembly import documentation, rendered
from dyadic.codegen.log_sums import LogSums
from dyadic.codegen.numpy_target import routine_fields
from dyadic.codegen.numpy_windows import Support
from dyadic.codegen.program import Batcher, Routine, make_routine, takes_batch
from dyadic.symbolic.expressions import Definition, Tensor
from dyadic.symbolic.tensor_names import Name
from dyadic.version import __version__


@dataclass(frozen=True)
class EmittedFunction:
    """One emitted function: ``name(*arguments)``, with the batch size as last argument where ``batch`` says so."""

    name: str
    arguments: tuple[Name, ...]
    batch: bool


class FunctionModule:
    """Collects equations and writes them as one module.

    batched: whether arrays have a leading batch axis that the equations do not speak of.
    """

    def __init__(self, batched: bool = True) -> None:
        self._batched = batched
        self._support = Support()
        self._routines: list[dict[str, object]] = []

    def add(
        self, name: str, definitions: Sequence[Definition], known: Sequence[Tensor], static: Collection[Name],
        sizes: Mapping[Expr, Expr], mean: bool = False,
    ) -> EmittedFunction:  # fmt: skip
        """A function of the tensors ``known``, those that are read, whose result is the last definition.

        static: tensors without a batch axis.  sizes: numbers for the equations' sizes.  mean: over the batch.
        """
        batcher = Batcher(set(static), self._batched)
        ready, equations = LogSums(definitions).definitions(definitions, (), result=True)
        *first, last = ready
        own = tuple(batcher.definition(item) for item in first)
        result = (batcher.mean if mean else batcher.definition)(last)
        arguments = [batcher.tensor(tensor) for tensor in known]
        routine = make_routine((*own, result), equations, [result.tensor], arguments)
        fields = routine_fields(routine, "value", sizes, self._support)
        self._routines.append({"name": name, "doc": documentation(routine), **fields})
        return EmittedFunction(name, _keys(routine), takes_batch(routine))

    def text(self) -> str:
        """The module."""
        return rendered(
            "functions.py.j2",
            {
                "version": __version__, "routines": self._routines, "helpers": self._support.helpers,
                "functions": self._support.spellings(), "tables": self._support.listed(),
            },
        )  # fmt: skip


def _keys(routine: Routine) -> tuple[Name, ...]:
    return tuple(tensor.name for tensor in routine.arguments)


__all__ = ["EmittedFunction", "FunctionModule"]
