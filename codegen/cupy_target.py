"""The cupy target: kernels specialised to every layer's sizes, and host functions that launch them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Expr

from dyadic.codegen.assembly import Target, documentation, parts, tagged
from dyadic.codegen.cuda_printer import TILE, Kernel, KernelWriter, device_functions
from dyadic.codegen.program import BATCH, CostProgram, Routine, takes_batch, variable
from dyadic.symbolic.architecture import Cost, Vertex
from dyadic.symbolic.costs import COST_OWNER
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import Element, Tensor


class CupyTarget(Target):
    name = "cupy"
    template = "cupy.py.j2"
    array_module = "cp"

    def __init__(self, derivation: Derivation, dtype: str) -> None:
        super().__init__(derivation, dtype)
        if derivation.architecture.explicit_batch:
            raise UnsupportedEquation(
                "the cupy target adds a batch axis, and this model's tensors have their own; choose the numpy target"
            )
        self.suffix = "f" if dtype == "float32" else ""
        self.functions: set[str] = set()

    def function(self, base: str, part: str, vertex: Vertex) -> str:
        return _sized(base, part, vertex.sizes)

    def cost_function(self, program: CostProgram, part: str, cost: Cost) -> str:
        return _sized(program.name, part, cost.sizes)

    def context(self) -> dict[str, Any]:
        kernels: list[dict[str, Any]] = []
        routines: dict[str, dict[str, Any]] = {}
        self._tags = self._used_for()
        for vertex in self.derivation.architecture.vertices:
            program = self.program(vertex)
            for part, routine in parts(program):
                name = self.function(program.name, part, vertex)
                if name not in routines:
                    routines[name] = self._routine(name, routine, part, vertex.sizes, kernels)
        for cost in self.derivation.architecture.costs:
            cost_program = self.costs[cost.owner]
            for part, routine in (("value", cost_program.value), ("sensitivity", cost_program.sensitivity)):
                name = self.cost_function(cost_program, part, cost)
                if name not in routines:
                    routines[name] = self._routine(name, routine, part, cost.sizes, kernels)
        return {
            "kernels": kernels,
            "routines": list(routines.values()),
            "suffix": self.suffix,
            "tile": TILE,
            "device_functions": device_functions(self.functions, self.suffix),
            "real": "float" if self.dtype == "float32" else "double",
            "ready": "\n    _require_device()",
        }

    def _used_for(self) -> dict[str, list[str]]:
        """The tags of the equations that each function serves."""
        tags: dict[str, list[str]] = {}
        for vertex in self.derivation.architecture.vertices:
            program = self.program(vertex)
            for part, _ in parts(program):
                if part.startswith("gradient_"):
                    served = [f"g:{vertex.name}.{part.removeprefix('gradient_')}"]
                elif part.startswith("adjoint"):
                    slot = int(part.rpartition("_")[2]) - 1 if "_" in part else 0
                    parent = vertex.inputs[slot]
                    served = [f"s:{parent}"] if parent in self.derivation.architecture.by_name else []
                    served += [f"g:{parent}"] if parent in self.derivation.shared else []
                else:
                    served = [f"x:{vertex.name}"] if not part else []
                tags.setdefault(self.function(program.name, part, vertex), []).extend(served)
        for cost in self.derivation.architecture.costs:
            tag = "C" if cost.owner == COST_OWNER else f"C:{cost.owner}"
            for part, own in (("value", tag), ("sensitivity", f"s:{cost.input}")):
                tags.setdefault(self.cost_function(self.costs[cost.owner], part, cost), []).append(own)
        return tags

    def _provenance(self, name: str) -> str:
        """``[x:hidden 870f024a72c2, ...]``: where a kernel's equation stands in the certificate and the appendix."""
        tags = list(dict.fromkeys(self._tags[name]))
        shown = [tagged(self.derivation, tag) for tag in tags[:3]]
        more = [f"and {len(tags) - 3} more"] if len(tags) > 3 else []
        return f"  [{', '.join([*shown, *more])}]" if shown else ""

    def _routine(
        self, name: str, routine: Routine, part: str, sizes: Mapping[Expr, Expr], kernels: list[dict[str, Any]]
    ) -> dict[str, Any]:
        results = [variable(tensor) for tensor in routine.outputs]
        arguments = [variable(tensor) for tensor in routine.arguments]
        gradient = takes_batch(routine)
        lines: list[str] = []
        copied = _copied(routine)
        if copied is not None:
            results = [copied]
        else:
            if not gradient:
                lines.append(f"batch = {_batched(routine)}.shape[0]")
            doc = documentation(routine).replace("\n    ", "; ") + self._provenance(name)
            writer = KernelWriter(sizes, self.suffix)
            for kernel in writer.kernels(name, routine):
                kernels.append({**kernel.context, "skeleton": kernel.skeleton, "about": doc})
                lines += _launch(kernel, sizes)
            self.functions |= writer.functions
        return {
            "name": name,
            "doc": documentation(routine),
            "arguments": arguments + (["batch"] if gradient else []),
            "lines": lines,
            "result": f"({', '.join(results)},)" if part in ("", "bars") and len(results) == 1 else ", ".join(results),
        }


def _sized(base: str, part: str, sizes: Mapping[Expr, Expr]) -> str:
    name = f"{base}_{'x'.join(str(int(extent)) for extent in sizes.values())}"
    return f"{name}_{part}" if part else name


def _copied(routine: Routine) -> str | None:
    """The argument that a routine merely hands on, if that is all it does: no kernel is needed."""
    item = routine.definitions[0]
    plain = len(routine.definitions) == 1 and isinstance(item.body, Element) and item.body.indices == item.indices
    return variable(item.body) if plain else None


def _batched(routine: Routine) -> str:
    for tensor in routine.arguments:
        if tensor.shape and tensor.shape[0] == BATCH:
            return variable(tensor)
    raise UnsupportedEquation("the cupy target needs a batch axis in every routine; choose the numpy target")


def _launch(kernel: Kernel, sizes: Mapping[Expr, Expr]) -> list[str]:
    def shape(tensor: Tensor) -> str:
        return ", ".join("batch" if e == BATCH else str(int(e.xreplace(dict(sizes)))) for e in tensor.shape)

    lines = [f"{variable(tensor)} = _new({shape(tensor)})" for tensor in kernel.writes]
    arguments = ", ".join(variable(tensor) for tensor in (*kernel.reads, *kernel.writes))
    lines.append(f'_kernel("{kernel.name}")({kernel.grid}, {kernel.block}, ({arguments}, np.int32(batch)))')
    return lines
