"""The numpy target: one vectorised function per layer kind, and one per sizes where the code depends on these."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from sympy import Expr

from dyadic.codegen.assembly import Target, documentation, number
from dyadic.codegen.numpy_inline import Inliner
from dyadic.codegen.numpy_passes import let_go, shared
from dyadic.codegen.numpy_printer import NumpyPrinter
from dyadic.codegen.numpy_windows import Support
from dyadic.codegen.numpy_workspace import helpers_of, kept
from dyadic.codegen.plan import RoutineCall
from dyadic.codegen.program import Routine, takes_batch, variable
from dyadic.symbolic.derivation import Derivation


class NumpyTarget(Target):
    name = "numpy"
    template = "numpy.py.j2"
    array_module = "np"

    def __init__(self, derivation: Derivation, dtype: str, exact: bool = False) -> None:
        """exact: the layers' functions are for balls, with the equations' own numbers instead of doubles."""
        super().__init__(derivation, dtype)
        self.support = Support(exact=exact)
        self.routines: dict[str, dict[str, Any]] = {}

    def called(self, call: RoutineCall) -> str:
        base, sizes = self.base(call)
        return self.names[_key(base, call.part, sizes)]

    @cached_property
    def names(self) -> dict[Any, str]:
        """The function for each program, part and sizes; every routine is printed to find which are the same."""
        names: dict[Any, str] = {}
        for call in self.plan.calls:
            base, sizes = self.base(call)
            self._add(names, base, call.part, call.routine, sizes)
        return names

    def context(self) -> dict[str, Any]:
        return {
            "straight": self._straight(),
            "routines": list(self.routines.values()),
            "helpers": self.support.helpers,
            "functions": self.support.spellings(),
            "tables": self.support.listed(),
            "integers": None,
            "aligned": False,
            "most": None,
            "ready": "",
        }

    def _straight(self) -> dict[str, Any]:
        """What ``gradients`` computes, in order."""
        architecture = self.derivation.architecture
        taken = {*self.support.constants.values(), *self.routines, "State", "VERTICES", "PARAMETERS", "INPUTS"}
        inliner = Inliner(self.plan, lambda call: self.routines[self.called(call)], taken, number)
        lines, loss, gradients = inliner.lines(self.tag, self.decay, not architecture.explicit_batch)
        places = {value: literal_eval(name) for name, value in gradients}
        into = kept(lines, places)
        text = let_go(lines, [*places, *re.findall(r"\w+", loss)])
        return {"lines": text, "loss": loss, "gradients": gradients, "kept": into, "helpers": helpers_of(into)}

    def _add(self, names: dict[Any, str], base: str, part: str, routine: Routine, sizes: Mapping[Expr, Expr]) -> None:
        """Print a routine for some sizes; equal code is one function, other code gets a number in its name."""
        key = _key(base, part, sizes)
        if key in names:
            return
        fields = routine_fields(routine, part, sizes, self.support)
        name, count = f"{base}_{part}" if part else base, 1
        while self.routines.get(name, fields)["statements"] != fields["statements"]:
            count += 1
            name = f"{base}_size{count}_{part}" if part else f"{base}_size{count}"
        names[key] = name
        self.routines.setdefault(name, {"name": name, "doc": documentation(routine), **fields})


def routine_fields(routine: Routine, part: str, sizes: Mapping[Expr, Expr], support: Support) -> dict[str, Any]:
    """What the template prints of a routine, without its name and documentation."""
    results = [variable(tensor) for tensor in routine.outputs]
    tuple_wanted = part in ("", "bars")
    arguments = [variable(tensor) for tensor in routine.arguments]
    printer = NumpyPrinter(routine.arguments, sizes, support)
    statements = [line for item in routine.definitions for line in printer.statements(item)]
    return {
        "arguments": arguments + (["batch"] if takes_batch(routine) else []),
        "statements": shared(statements, arguments),
        "axes": {variable(item.tensor): bool(item.tensor.shape) for item in routine.definitions},
        "result": f"({', '.join(results)},)" if tuple_wanted and len(results) == 1 else ", ".join(results),
    }


def _key(base: str, part: str, sizes: Mapping[Expr, Expr]) -> Any:
    return base, part, tuple(sizes.items())
