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
from dyadic.codegen.loops.kernel import Kernel
from dyadic.codegen.loops.nest import Nest, on_tensor_cores
from dyadic.codegen.loops.tensor_cores import FORMATS
from dyadic.codegen.program import variable
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.errors import DyadicError, expect_one_of


class CupyTarget(KernelTarget):
    name = "cupy"
    template = "cupy.py.j2"
    array_module = "cp"
    makes = True

    def __init__(self, derivation: Derivation, dtype: str, tensor_cores: str | None = None) -> None:
        """tensor_cores: a format; contractions in float32 go there where a tile for them fits."""
        super().__init__(derivation, dtype)
        self.tensor_cores = tensor_cores

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
            "itemsize": self.itemsize,
            "helpers": list(helpers("\n".join(kernels), self.suffix)),
            "routines": routines,
            "suffix": self.suffix,
            "real": "float" if self.dtype == "float32" else "double",
            "integers": "np.int32",
            "aligned": True,
            "most": self.most(),
            "combined": self._combined(),
            "ready": "\n    _require_device()",
        }

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
