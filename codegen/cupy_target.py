"""The cupy target: kernels specialised to every layer's sizes, and host functions that launch them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sympy import Expr

from dyadic.codegen.c_functions import helpers
from dyadic.codegen.c_integers import IntegerPrinter
from dyadic.codegen.c_printer import parameters, takes_batch
from dyadic.codegen.cuda_printer import CudaPrinter
from dyadic.codegen.kernel_target import KernelTarget
from dyadic.codegen.loops.build import FEW, few, nest
from dyadic.codegen.loops.chain import each_score_once
from dyadic.codegen.loops.kernel import Kernel
from dyadic.codegen.loops.nest import Nest, on_tensor_cores
from dyadic.codegen.loops.schedule import stream
from dyadic.codegen.loops.tensor_cores import FORMATS
from dyadic.codegen.online import online_program
from dyadic.codegen.plan import Plan, RoutineCall, make_plan
from dyadic.codegen.program import LayerProgram, program_key, variable
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.errors import DyadicError, expect_one_of
from dyadic.symbolic.structure import Vertex


class CupyTarget(KernelTarget):
    name = "cupy"
    template = "cupy.py.j2"
    array_module = "cp"
    makes = True

    def __init__(self, derivation: Derivation, dtype: str, tensor_cores: str | None = None) -> None:
        """tensor_cores: a format; contractions in float32 go there where a tile for them fits."""
        super().__init__(derivation, dtype)
        self.tensor_cores = tensor_cores
        self._rewritten: dict[tuple[str, frozenset[int]], LayerProgram | None] = {}
        self._fitting: dict[tuple[str, str, tuple[Expr, ...]], bool] = {}
        self.online = self._online_plan()

    def _online_plan(self) -> Plan | None:
        """The plan in which attention is evaluated online, or None where no layer's can be."""
        vertices = self.derivation.architecture.vertices
        found = {vertex.name: program for vertex in vertices if (program := self._without_weights(vertex))}
        if not found:
            return None
        plan = make_plan(self.derivation, self.programs, self.costs, found)
        refused = {call.owner for call in plan.calls if call.owner in found and not self._fits(call)}
        fitting = {name: program for name, program in found.items() if name not in refused}
        if not fitting:
            return None
        return make_plan(self.derivation, self.programs, self.costs, fitting) if refused else plan

    def _without_weights(self, vertex: Vertex) -> LayerProgram | None:
        """The vertex's program with attention online, if it is one; the same object for the same program."""
        key = program_key(self.derivation, vertex)
        if key not in self._rewritten:
            self._rewritten[key] = online_program(self.programs[key])
        return self._rewritten[key]

    def _fits(self, call: RoutineCall) -> bool:
        """Whether no kernel of a call computes scores more often than once for each tile."""
        base, sizes = self.base(call)
        key = (base, call.part, tuple(sizes.values()))
        if key not in self._fitting:
            kernels = self.lowered("kernel", call.routine, sizes)
            self._fitting[key] = all(stream(one, self.itemsize) or each_score_once(one) for one in kernels)
        return self._fitting[key]

    def added(self, terms: Sequence[str], out: str | None) -> str:
        into = f", out={out}" if out else ""
        return f"_sum(make, {', '.join(terms)}{into})"

    def times(self, weight: str, value: str) -> str:
        return f"_times(make, {weight}, {value})"

    def variants(self, kernel: Kernel) -> list[Nest]:
        small = few(kernel, self.itemsize)
        return [nest(kernel, self.itemsize, tensor_cores=self.tensor_cores), *([small] if small else [])]

    def printed(self, one: Nest, about: str) -> str:
        return CudaPrinter(one, self.suffix).kernel(about)

    def launches(self, variants: Sequence[Nest]) -> list[str]:
        if len(variants) == 1:
            return [_launch(variants[0])]
        usual, small = variants
        return [f"if batch < {FEW}:", f"    {_launch(small)}", "else:", f"    {_launch(usual)}"]

    def context(self) -> dict[str, Any]:
        kernels, routines = self.written()
        return {
            "kernels": kernels,
            "infinite": any("INFINITY" in kernel for kernel in kernels),
            "packs": [n for n in (2, 4) if any(f"_pack{n}(" in kernel for kernel in kernels)],
            "copies": any("start_copy<" in kernel for kernel in kernels),
            "kept": FORMATS[self.tensor_cores] if self.tensor_cores else None,
            "ptx": {"float16": "f16", "bfloat16": "bf16"}.get(self.tensor_cores or ""),
            "on_tensor_cores": [name for name, one in self.nests.items() if on_tensor_cores(one)],
            "replaced": self._replaced(),
            "itemsize": self.itemsize,
            "helpers": list(helpers("\n".join(kernels), self.suffix)),
            "routines": routines,
            "suffix": self.suffix,
            "real": "float" if self.dtype == "float32" else "double",
            "integers": "np.int32",
            "aligned": True,
            "most": self.most(),
            "combined": self._combined(),
            "attentions": self._attentions(),
            "ready": "\n    _require_device()",
        }

    def _attentions(self) -> int:
        """In how many layers attention is evaluated online."""
        pairs = zip(self.plan.forward, self.online.forward, strict=True) if self.online else ()
        return sum(call.program != other.program for call, other in pairs)

    def _replaced(self) -> list[str]:
        """The kernels on tensor cores that are not run where attention is evaluated online."""
        if self.online is None:
            return []
        usual, online = (
            {one.kernel.name for call in plan.calls for one in self.launched[self.called(call)][0]}
            for plan in (self.plan, self.online)
        )
        return [name for name, one in self.nests.items() if name in usual - online and on_tensor_cores(one)]

    def _combined(self) -> list[str]:
        """Which functions combine arrays outside the kernels."""
        sums = [step.sensitivity for step in self.plan.backward]
        sums += [terms for _, terms in self.plan.gradients] + [(term,) for _, term in self.plan.loss]
        added = self.decay is not None or any(len(terms) > 1 for terms in sums)
        weighted = self.decay is not None or any(term.weight != 1 for terms in sums for term in terms)
        return [name for name, wanted in (("sum", added), ("times", weighted)) if wanted]


def expect_tensor_cores(form: str | None, target: str, dtype: str) -> None:
    """Raises :class:`DyadicError` where there are none, or none for this format."""
    if form is None:
        return
    expect_one_of("tensor_cores", form, FORMATS)
    if (target, dtype) != ("cupy", "float32"):
        raise DyadicError(f"tensor cores are for the target cupy in float32, not for {target} in {dtype}")


def _launch(one: Nest) -> str:
    arguments = [variable(tensor) for tensor in parameters(one)] + (["np.int32(batch)"] if takes_batch(one) else [])
    launch = f"{_tuple(map(_number, one.grid))}, {_tuple(map(str, one.block))}, {_tuple(arguments)}"
    return f'_kernel("{one.kernel.name}")({launch})'


def _tuple(parts: Iterable[str]) -> str:
    items = list(parts)
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def _number(extent: Expr) -> str:
    """A number of blocks as Python."""
    return IntegerPrinter({}, {})(extent).replace(" / ", " // ")
