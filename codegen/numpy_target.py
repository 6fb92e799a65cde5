"""The numpy target: one vectorised function per layer kind."""

from __future__ import annotations

from typing import Any

from codegen.emit import Target, documentation, parts
from codegen.numpy_printer import NumpyPrinter
from codegen.program import CostProgram, Routine, takes_batch, variable
from symbolic.architecture import Cost, Vertex


class NumpyTarget(Target):
    name = "numpy"
    template = "numpy.py.j2"
    array_module = "np"

    def function(self, base: str, part: str, vertex: Vertex | None) -> str:
        return f"{base}_{part}" if part else base

    def cost_function(self, program: CostProgram, part: str, cost: Cost) -> str:
        return self.function(program.name, part, None)

    def context(self) -> dict[str, Any]:
        printer = NumpyPrinter()
        routines = [
            self._routine(self.function(program.name, part, None), routine, part, printer)
            for program in self.programs.values()
            for part, routine in parts(program)
        ]
        for cost in {program.name: program for program in self.costs.values()}.values():
            for part, routine in (("value", cost.value), ("sensitivity", cost.sensitivity)):
                routines.append(self._routine(self.function(cost.name, part, None), routine, part, printer))
        return {"routines": routines, "helpers": printer.helpers, "ready": ""}

    def _routine(self, name: str, routine: Routine, part: str, printer: NumpyPrinter) -> dict[str, Any]:
        results = [variable(tensor) for tensor in routine.outputs]
        tuple_wanted = part in ("", "bars")
        arguments = [variable(tensor) for tensor in routine.arguments]
        return {
            "name": name,
            "doc": documentation(routine),
            "arguments": arguments + (["batch"] if takes_batch(routine) else []),
            "statements": [(variable(item.tensor), printer.definition(item)) for item in routine.definitions],
            "result": f"({', '.join(results)},)" if tuple_wanted and len(results) == 1 else ", ".join(results),
        }
