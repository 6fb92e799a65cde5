"""What targets that write kernels share: a host function for each routine, its arrays, its kernels and their tags."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from sympy import Expr, Integer, Mul, expand

from dyadic.codegen.assembly import Target, documentation, tagged
from dyadic.codegen.c_integers import IntegerPrinter
from dyadic.codegen.c_printer import takes_batch
from dyadic.codegen.function_names import sized_names
from dyadic.codegen.loops.kernel import Kernel
from dyadic.codegen.loops.lower import kernels as lower
from dyadic.codegen.loops.nest import Nest
from dyadic.codegen.loops.place import count
from dyadic.codegen.plan import RoutineCall
from dyadic.codegen.program import BATCH, Routine, variable
from dyadic.codegen.program import takes_batch as is_mean
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.expressions import Definition, Element, Tensor, elements
from dyadic.symbolic.indices import simplify
from dyadic.symbolic.instantiation import cost_tag
from dyadic.symbolic.printing import TextPrinter
from dyadic.symbolic.tensor_names import Name


class KernelTarget(Target):
    """A target says which nests a kernel becomes, and how they are printed and launched.

    one_thread: whether a kernel is run by one thread.
    """

    one_thread = False

    def __init__(self, derivation: Derivation, dtype: str) -> None:
        super().__init__(derivation, dtype)
        self.nests: dict[str, Nest] = {}
        self._written: dict[Kernel, Kernel] = {}  # the kernels of nests before schedules, by themselves without names
        self.launched: dict[str, tuple[tuple[Nest, ...], Tensor | None]] = {}
        self.suffix, self.itemsize = ("f", 4) if dtype == "float32" else ("", 8)

    @abstractmethod
    def variants(self, kernel: Kernel) -> list[Nest]:
        """A kernel under its schedules: the usual one, and one for few samples where there is such."""

    @abstractmethod
    def printed(self, one: Nest, about: str) -> str:
        """The text of a nest; ``about`` is the comment above it."""

    @abstractmethod
    def launches(self, variants: Sequence[Nest]) -> list[str]:
        """The lines of Python that run a kernel."""

    def called(self, call: RoutineCall) -> str:
        base, sizes = self.base(call)
        name = self._sized[base, tuple(sizes.values())]
        return f"{name}_{call.part}" if call.part else name

    def _kernels_called(self, call: RoutineCall) -> str:
        """What its kernels' names begin with: no two parts of a layer define the same tensor, those of a cost may."""
        base, sizes = self.base(call)
        return self.called(call) if call.owner in self.costs else self._sized[base, tuple(sizes.values())]

    @cached_property
    def _sized(self) -> dict[tuple[str, tuple[Expr, ...]], str]:
        return sized_names([self.base(call) for call in self.all_calls])

    @property
    def all_calls(self) -> Iterator[RoutineCall]:
        """Those of the simulation, and those of the gradients where they are others."""
        yield from self.plan.calls
        if self.online is not None:
            yield from self.online.calls

    def lowered(self, name: str, routine: Routine, sizes: Mapping[Expr, Expr]) -> list[Kernel]:
        """A routine as kernels."""
        return lower(name, routine, sizes, self.one_thread)

    def written(self) -> tuple[list[str], list[dict[str, Any]]]:
        """The kernels' texts, and the host functions."""
        kernels: list[str] = []
        routines: dict[str, dict[str, Any]] = {}
        self._tags = self._used_for()
        for call in self.all_calls:
            name = self.called(call)
            if name not in routines:
                routines[name] = self._routine(name, call, kernels)
        return kernels, list(routines.values())

    def most(self) -> int | None:
        """The largest batch of which no kernel has 2^31 elements, those beyond the last block's edge included.

        None where there is no batch axis.
        """
        if self.derivation.architecture.explicit_batch:
            return None
        points = [count(one.kernel.axes) for one in self.nests.values()]
        return (2**31 - 1024) // max((int(n.xreplace({BATCH: 1})) for n in points if n.has(BATCH)), default=1)

    def _used_for(self) -> dict[str, list[str]]:
        """The tags of the equations that each function serves."""
        tags: dict[str, list[str]] = {}
        for call in self.all_calls:
            tags.setdefault(self.called(call), []).extend(self._served(call))
        return tags

    def _served(self, call: RoutineCall) -> list[str]:
        architecture = self.derivation.architecture
        if call.owner in self.costs:
            cost = architecture.by_cost[call.owner]
            return [cost_tag(cost.owner) if call.part == "value" else f"s:{cost.input}"]
        if call.part.startswith("gradient_"):
            return [f"g:{call.owner}.{call.part.removeprefix('gradient_')}"]
        if call.part.startswith("adjoint"):
            slot = int(call.part.rpartition("_")[2]) - 1 if "_" in call.part else 0
            parent = architecture.by_name[call.owner].inputs[slot]
            return [f"s:{parent}" if parent in architecture.by_name else f"g:{parent}"]
        return [] if call.part else [f"x:{call.owner}"]

    def _provenance(self, name: str) -> str:
        """``[x:hidden 870f024a72c2, ...]``: where a kernel's equation stands in the certificate and the appendix."""
        tags = list(dict.fromkeys(self._tags[name]))
        shown = [tagged(self.derivation, tag) for tag in tags[:3]]
        more = [f"and {len(tags) - 3} more"] if len(tags) > 3 else []
        return f"  [{', '.join([*shown, *more])}]" if shown else ""

    def _routine(self, name: str, call: RoutineCall, kernels: list[str]) -> dict[str, Any]:
        routine, part, sizes = call.routine, call.part, self.base(call)[1]
        results = [variable(tensor) for tensor in routine.outputs]
        arguments = [variable(tensor) for tensor in routine.arguments]
        lines: list[str] = []
        copied = _handed_on(routine, sizes)
        into = results[-1] if self.makes and part.startswith("gradient_") else None
        usual: list[Nest] = []
        if copied is not None:
            results = [_reshaped(copied, routine.definitions[0].tensor, sizes)]
        else:
            provenance = self._provenance(name)
            lowered = self.lowered(self._kernels_called(call), routine, sizes)
            written = [self._written.get(replace(one, name="")) if routine.inside else None for one in lowered]
            found = [self.variants(known or one) for known, one in zip(written, lowered, strict=True)]
            if any(takes_batch(variants[0]) for variants in found) and not is_mean(routine):
                lines.append(f"batch = {_batched(routine)}.shape[0]")
            for known, one, variants in zip(written, lowered, found, strict=True):
                self._written.setdefault(replace(one, name=""), one)
                for variant in () if known else variants:
                    self.nests[variant.kernel.name] = variant
                    kernels.append(self.printed(variant, _about(variant, routine) + provenance))
                usual.append(variants[0])
                lines += [*self._allocations(variants[0], routine, sizes, into), *self.launches(variants)]
        self.launched[name] = tuple(usual), copied
        return {
            "name": name,
            "doc": documentation(routine),
            "arguments": arguments + (["batch"] if is_mean(routine) else []),
            "lines": lines,
            "into": into is not None,
            "result": f"({', '.join(results)},)" if part in ("", "bars") and len(results) == 1 else ", ".join(results),
        }

    def _allocations(self, one: Nest, routine: Routine, sizes: Mapping[Expr, Expr], into: str | None) -> Iterator[str]:
        """Arrays for a kernel's results, new ones or ``out``.  into: the result that may be given."""
        defined = {item.tensor.name: item.tensor for item in routine.definitions}
        maker = "make" if self.makes else "_new"
        for written in one.kernel.writes:
            tensor = defined.get(written.name, written)
            name, integers = variable(tensor), tensor.name in one.kernel.integers
            extents = [_number(extent.xreplace(dict(sizes))) for extent in tensor.shape]
            made = f"{maker}({', '.join(extents + (['dtype=np.int32'] if integers else []))})"
            yield f"{name} = {made} if out is None else out" if name == into else f"{name} = {made}"


def _handed_on(routine: Routine, sizes: Mapping[Expr, Expr]) -> Tensor | None:
    """The argument that a routine merely hands on, whole and in the same order in memory: no kernel is needed."""
    item = routine.definitions[0]
    if len(routine.definitions) > 1 or not isinstance(item.body, Element):
        return None
    if any(index.has(Element) for index in item.body.indices):
        return None
    (source,) = (tensor for tensor in routine.arguments if tensor.name == item.body.name)
    own, given = _shape(item.tensor, sizes), _shape(source, sizes)
    if Mul(*own) != Mul(*given):
        return None
    ranges = dict(zip(item.indices, own, strict=True))
    there = _position([index.xreplace(dict(sizes)) for index in item.body.indices], given)
    return source if simplify(expand(there - _position(item.indices, own)), ranges) == 0 else None


def _shape(tensor: Tensor, sizes: Mapping[Expr, Expr]) -> list[Expr]:
    return [extent.xreplace(dict(sizes)) for extent in tensor.shape]


def _position(indices: Sequence[Expr], shape: Sequence[Expr]) -> Expr:
    """Where an entry stands in memory."""
    found: Expr = Integer(0)
    for index, extent in zip(indices, shape, strict=True):
        found = found * extent + index
    return found


def _reshaped(given: Tensor, wanted: Tensor, sizes: Mapping[Expr, Expr]) -> str:
    """A view of an array, in Python."""
    shape = _shape(wanted, sizes)
    name = variable(given)
    if shape == _shape(given, sizes):
        return name
    return f"{name}.reshape({', '.join(_number(extent).replace('batch', f'{name}.shape[0]') for extent in shape)})"


def _batched(routine: Routine) -> str:
    return next(variable(tensor) for tensor in routine.arguments if tensor.shape and tensor.shape[0] == BATCH)


def _about(one: Nest, routine: Routine) -> str:
    """The equations that a kernel evaluates, as derived."""
    own = {tensor.name for tensor in one.kernel.defines}
    pairs = zip(routine.definitions, routine.equations, strict=True)
    printer = TextPrinter()
    found = [equation for item, equation in pairs if item.tensor.name in own]
    read = {entry.name for equation in found for entry in elements(equation.body)}
    return "; ".join(printer.equation(item) for item in dict.fromkeys((*found, *_formed(routine.inside, read))))


def _formed(inside: Sequence[Definition], read: set[Name]) -> Iterator[Definition]:
    """What equations read that is formed in their place, and what that reads."""
    for item in inside:
        if item.tensor.name in read:
            yield item
            yield from _formed(
                [one for one in inside if one is not item], {entry.name for entry in elements(item.body)}
            )


def _number(extent: Expr) -> str:
    """An extent as Python."""
    return IntegerPrinter({}, {})(extent).replace(" / ", " // ")


__all__ = ["KernelTarget"]
