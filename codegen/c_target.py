"""The c target: kernels in plain C behind a Python extension that is compiled where the module is first used."""

from __future__ import annotations

import string
from collections.abc import Sequence
from math import factorial
from typing import Any

from sympy import Expr, Integer, Mul

from dyadic.codegen.c_functions import helpers
from dyadic.codegen.c_inline import CInliner, LaunchedRoutine
from dyadic.codegen.c_integers import IntegerPrinter
from dyadic.codegen.c_printer import parameters, takes_batch
from dyadic.codegen.kernel_target import KernelTarget
from dyadic.codegen.loops.gathered import gathered_product
from dyadic.codegen.loops.kernel import Kernel
from dyadic.codegen.loops.nest import Nest
from dyadic.codegen.loops.product import ROOM, matrix_product
from dyadic.codegen.loops.sequential import sequential
from dyadic.codegen.plan import RoutineCall, Source
from dyadic.codegen.program import BATCH, variable
from dyadic.codegen.sequential_printer import SequentialPrinter, wrapper
from dyadic.symbolic.costs import COST_OWNER
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.expressions import Element, Tensor

_MATH = (
    "acos", "acosh", "asin", "asinh", "atan", "atanh", "copysign", "cos", "cosh", "erf", "exp", "expm1", "fabs",
    "floor", "fma", "fmax", "fmin", "log", "log1p", "pow", "rint", "sin", "sinh", "sqrt", "tan", "tanh",
)  # fmt: skip
"""Functions of C's library that have another name in single precision."""
_LARGEST = 2**31 - 1


class CTarget(KernelTarget):
    name = "c"
    template = "c.py.j2"
    array_module = "np"
    one_thread = True

    def variants(self, kernel: Kernel) -> list[Nest]:
        return [sequential(kernel)]

    def printed(self, one: Nest, about: str) -> str:
        return SequentialPrinter(one, self.suffix).kernel(about)

    def launches(self, variants: Sequence[Nest]) -> list[str]:
        (one,) = variants
        arrays = ", ".join(variable(tensor) for tensor in parameters(one))
        return [f'_run("{one.kernel.name}", {"batch" if takes_batch(one) else "None"}, {arrays})']

    def context(self) -> dict[str, Any]:
        kernels, routines = self.written()
        architecture = self.derivation.architecture
        nests = list(self.nests.values())
        batched = not architecture.explicit_batch
        inliner, main = self._main()
        integers = any(node.role == "index" for node in architecture.inputs)
        integers |= any(cost.equation.target_role == "index" for cost in architecture.costs)
        arrays = [row for rows in self._given() for row in rows[1]]
        return {
            "kernels": kernels,
            "gathers": ROOM if any(" = gathered[" in kernel for kernel in kernels) else 0,
            "wrappers": [wrapper(one) for one in nests],
            "table": [(one.kernel.name, len(parameters(one))) for one in nests],
            "main": main,
            "helpers": [text.replace(_DEVICE, "INLINE ") for text in helpers("\n".join(kernels), self.suffix)
                        if " rsqrt(" not in text],
            "routines": routines,
            "suffix": self.suffix,
            "real": "float" if self.dtype == "float32" else "double",
            "libm": _MATH,
            "taylor": [repr(1 / factorial(k)) for k in range(8 if self.suffix else 14, 0, -1)],
            "given": [(name, [_row(*one) for one in rows]) for name, rows in self._given()],
            "most_axes": max((len(shape) for _, _, shape in arrays), default=1) or 1,
            "most_arrays": max((len(parameters(one)) for one in nests), default=1),
            "room": IntegerPrinter({}, {})(inliner.room).replace("batch", "(size_t)batch"),
            "largest_batch": (self.most() if batched else None) or _LARGEST,
            "extension": "kernels",
            "checked_first": integers,
            "integers": "np.int32",
            "aligned": False,
            "most": self.most(),
            "ready": "",
        }  # fmt: skip

    def _launched(self, call: RoutineCall) -> LaunchedRoutine:
        sizes = self.base(call)[1]
        tensors = [*call.routine.arguments, *(item.tensor for item in call.routine.definitions)]
        sized = {t.name: Tensor(t.name, tuple(e.xreplace(dict(sizes)) for e in t.shape)) for t in tensors}
        nests, handed = self.launched[self.called(call)]
        return LaunchedRoutine(nests, sized, handed)

    def _main(self) -> tuple[CInliner, list[str]]:
        """The body of the function that goes through the network once."""
        architecture = self.derivation.architecture
        lead = (BATCH,) if not architecture.explicit_batch else ()
        given: dict[Source, str] = {}
        for letter, (_, rows) in zip("pxy", self._given(), strict=False):
            for place, (name, _, _) in enumerate(rows):
                group = {"p": "parameter", "x": "activation", "y": "target"}[letter]
                key = "" if letter == "y" and name == COST_OWNER else name
                given[Source(group, key)] = f"{letter}[{place}]"  # type: ignore[arg-type]
        inliner = CInliner(self.plan, self._launched, given, self.itemsize)
        inliner.taken |= set(self.nests)
        vertices = {v.name: Mul(*lead, *v.shape) for v in architecture.vertices}
        shapes: dict[str, Sequence[Expr]] = dict(architecture.parameters)
        return inliner, inliner.lines(shapes, self.decay, self.tag, vertices)

    def _given(self) -> list[tuple[str, list[tuple[str, bool, tuple[Expr, ...]]]]]:
        """(C name, (name, whether integers, shape)) of the arrays that come from outside, and of the gradients."""
        architecture = self.derivation.architecture
        lead: tuple[Expr, ...] = (BATCH,) if not architecture.explicit_batch else ()
        constants = {n.name: n.shape for n in architecture.inputs if n.role == "constant"}
        inputs = [n for n in architecture.inputs if n.role in ("data", "index")]
        parameters_ = {name: tuple(shape) for name, shape in architecture.parameters.items()}
        return [
            ("PARAMETER_ARRAYS", [(n, False, tuple(s)) for n, s in {**parameters_, **constants}.items()]),
            ("INPUT_ARRAYS", [(n.name, n.role == "index", (*lead, *n.shape)) for n in inputs]),
            ("TARGET_ARRAYS", [(c.owner, c.equation.target_role == "index", (*lead, *_target_shape(c)))
                               for c in architecture.costs]),
            ("GRADIENT_ARRAYS", [(name, False, parameters_[name]) for name, _ in self.plan.gradients]),
        ]  # fmt: skip


def sliding_contractions(derivation: Derivation) -> list[str]:
    """The vertices that contract over windows in plain loops, as depthwise convolutions do: NumPy is faster on a batch.

    Others of that kind are matrix products of gathered operands.
    """
    target = CTarget(derivation, "float64")
    slides: dict[str, bool] = {}
    for call in target.plan.forward:
        name = target.called(call)
        if name not in slides:
            slides[name] = any(map(_slides, target.lowered(name, call.routine, target.base(call)[1])))
    return [call.owner for call in target.plan.forward if slides[target.called(call)]]


def _slides(kernel: Kernel) -> bool:
    """Whether entries of a sum of products are read, in plain loops, at an index summed over plus one that is not."""
    if matrix_product(kernel) is not None or gathered_product(kernel) is not None:
        return False
    own = {axis.index for axis in kernel.axes}
    for total in kernel.accumulators:
        summed, entries = {axis.index for axis in total.axes}, total.value.atoms(Element)
        indices = [index for entry in entries for index in entry.indices]
        if len(entries) > 1 and any(i.free_symbols & summed and i.free_symbols & own for i in indices):
            return True
    return False


_DEVICE = "__device__ __forceinline__ "


def _target_shape(cost: Any) -> tuple[Expr, ...]:
    return tuple(Integer(int(extent)) for extent in cost.target_shape)


def _row(name: str, integer: bool, shape: tuple[Expr, ...]) -> str:
    """One entry of a table in C."""
    extents = ", ".join("ANY" if extent == BATCH else str(int(extent)) for extent in shape) or "0"
    kind = "NPY_INT32" if integer else "REAL"
    return f"{{{_string(name)}, {kind}, {len(shape)}, {{{extents}}}}}"


def _string(text: str) -> str:
    """A string of C in ASCII, whatever the text holds."""
    plain = set(string.ascii_letters + string.digits + " _.-:/")
    return '"' + "".join(chr(b) if chr(b) in plain else f"\\{b:03o}" for b in text.encode()) + '"'
