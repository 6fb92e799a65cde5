"""Index definitions as CUDA C kernels, specialised to their sizes; only the batch size is left open.

Two skeletons (templates/kernels.cu.j2) hold the loops: ``contraction`` for a sum of a product of two tensors
that share only the summed indices (tiled through shared memory), and ``pointwise`` for the rest (one thread per
output element, sums as serial loops).  This file holds the mathematics: offsets, expressions, loads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Add, Expr, Integer, Mul, Pow

from dyadic.codegen.program import BATCH, SAMPLE, Routine, variable
from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import Apply, Bracket, Definition, Element, Index, Reduction, Tensor, elements
from dyadic.symbolic.functions import FUNCTIONS
from dyadic.symbolic.printing import factor_key, term_key

TILE = 16
THREADS = 256
SUM, PRODUCT, ATOM = range(3)


def device_functions(names: set[str], suffix: str) -> list[str]:
    """The lines that define the scalar functions which CUDA does not have, in the order of their table."""
    used = (function.cuda for name, function in FUNCTIONS.items() if name in names)
    return [spelling.helper.replace("$", suffix) for spelling in used if spelling is not None and spelling.helper]


@dataclass(frozen=True)
class Kernel:
    """One launch: ``context`` fills the skeleton, ``reads`` and ``writes`` are its array arguments in order."""

    name: str
    skeleton: str
    reads: tuple[Tensor, ...]
    writes: tuple[Tensor, ...]
    context: dict[str, Any]
    grid: str
    block: str


class KernelWriter:
    """Writes the kernels of one routine at given sizes.

    sizes: the equation's symbolic sizes, as numbers.  suffix: ``f`` for float literals, empty for double.
    ``functions`` collects the scalar functions that the kernels call.
    """

    def __init__(self, sizes: Mapping[Expr, Expr], suffix: str) -> None:
        self.sizes, self.suffix = dict(sizes), suffix
        self.shapes: dict[tuple[str, str], tuple[Expr, ...]] = {}
        self.functions: set[str] = set()
        self.loops = 0

    def kernels(self, name: str, routine: Routine) -> list[Kernel]:
        """The launches that evaluate a routine: consecutive definitions over the same elements share one."""
        for tensor in (*routine.arguments, *(item.tensor for item in routine.definitions)):
            self.shapes[tensor.kind, tensor.owner] = tuple(extent.xreplace(self.sizes) for extent in tensor.shape)
        groups: list[list[Definition]] = []
        for item in routine.definitions:
            if groups and self._joins(groups[-1], item):
                groups[-1].append(item)
            else:
                groups.append([item])
        known = {(t.kind, t.owner): t for t in (*routine.arguments, *(item.tensor for item in routine.definitions))}
        found = []
        for position, group in enumerate(groups):
            own = {(item.tensor.kind, item.tensor.owner) for item in group}
            read = {(e.kind, e.owner): None for item in group for e in elements(item.body)}
            reads = tuple(known[key] for key in known if key in read and key not in own)
            writes = tuple(item.tensor for item in group)
            label = name if len(groups) == 1 else f"{name}_{position + 1}"
            found.append(self._kernel(label, group, reads, writes))
        return found

    def _joins(self, group: list[Definition], item: Definition) -> bool:
        """Whether a definition can be computed element by element right after a group."""
        first = group[0]
        if item.indices != first.indices or self._contraction(item) is not None:
            return False
        own = {(one.tensor.kind, one.tensor.owner) for one in group}
        inner = [e for e in elements(item.body) if (e.kind, e.owner) in own]
        return all(e.indices == item.indices for e in inner)

    def _kernel(
        self, name: str, group: list[Definition], reads: tuple[Tensor, ...], writes: tuple[Tensor, ...]
    ) -> Kernel:
        found = self._contraction(group[0])
        arguments = [f"const real* __restrict__ {variable(t)}" for t in reads]
        arguments += [f"real* __restrict__ {variable(t)}" for t in writes]
        context: dict[str, Any] = {"name": name, "arguments": ", ".join([*arguments, "const int batch"])}
        if found is None:
            indices = group[0].indices
            context |= {
                "count": self._count([group[0].ranges[index] for index in indices]),
                "unravel": self._unravel("element", indices, group[0].ranges),
                "statements": self._statements(group, {}),
            }
            return Kernel(name, "pointwise", reads, writes, context, f"(({context['count']} + 255) // 256,)", "(256,)")
        summed, left, right, rows, columns, inner = found
        ranges = {**group[0].ranges, **inner}
        marker = Element("sum", "", *group[0].indices)
        rest = Definition(group[0].tensor, group[0].indices, group[0].body.xreplace({summed: marker}))
        depth = self._count(list(inner.values()))
        context |= {
            "rows": self._count([ranges[i] for i in rows]),
            "columns": self._count([ranges[i] for i in columns]),
            "depth": depth,
            "left": self._load(left, rows, list(inner), ranges, "row"),
            "right": self._load(right, columns, list(inner), ranges, "column"),
            "unravel": self._unravel("row", rows, ranges) + self._unravel("column", columns, ranges),
            "statements": self._statements([rest, *group[1:]], {marker: "sum"}),
        }
        grid = f"(({context['rows']} + {TILE - 1}) // {TILE}, ({context['columns']} + {TILE - 1}) // {TILE})"
        return Kernel(name, "contraction", reads, writes, context, grid, f"({TILE}, {TILE})")

    def _contraction(
        self, item: Definition
    ) -> tuple[Reduction, Element, Element, list[Index], list[Index], dict[Index, Expr]] | None:
        """(sum, left, right, row indices, column indices, summed indices) if the body has exactly one such sum."""
        sums = [
            part for term in Add.make_args(item.body) for part in Mul.make_args(term) if isinstance(part, Reduction)
        ]
        if len(sums) != 1 or sums[0].kind != "sum":
            return None
        inner: dict[Index, Expr] = {}
        body: Expr = sums[0]
        while isinstance(body, Reduction) and body.kind == "sum":
            inner[body.index] = body.extent
            body = body.body
        factors: tuple[Any, ...] = body.args if isinstance(body, Mul) else ()
        if len(factors) != 2 or not all(isinstance(factor, Element) for factor in factors):
            return None
        free = [[i for i in factor.indices if i not in inner] for factor in factors]
        if not free[0] or not free[1] or any(not set(inner) <= set(factor.indices) for factor in factors):
            return None
        if set(free[0]) & set(free[1]) or set(free[0]) | set(free[1]) != set(item.indices):
            return None
        if free[1][0] == item.indices[0]:
            factors, free = factors[::-1], free[::-1]
        return sums[0], factors[0], factors[1], free[0], free[1], inner

    # -- offsets and loads ---------------------------------------------------------------------------------------

    def _extent(self, extent: Expr) -> str:
        return "batch" if extent == BATCH else str(int(extent.xreplace(self.sizes)))

    def _count(self, extents: Sequence[Expr]) -> str:
        return " * ".join(self._extent(extent) for extent in extents) or "1"

    def _unravel(self, source: str, indices: Sequence[Index], ranges: Mapping[Index, Expr]) -> list[str]:
        """Statements that take a flat position apart; the first index is the slowest."""
        if len(indices) == 1:
            return [f"const int {indices[0].name} = {source};"]
        lines, rest = [], source
        for position in range(len(indices) - 1, 0, -1):
            extent = self._extent(ranges[indices[position]])
            lines.append(f"const int {indices[position].name} = {rest} % {extent};")
            rest = f"{rest} / {extent}"
        return [*lines, f"const int {indices[0].name} = {rest};"]

    def offset(self, node: Element) -> str:
        """``array[row-major offset]``; products that contain the batch index are formed in 64 bits."""
        shape = self.shapes[node.kind, node.owner]
        if any(not isinstance(index, Index) for index in node.indices):
            what = f"{variable(node)}{list(node.indices)}"
            raise UnsupportedEquation(
                f"the cupy target has only plain indices yet, not {what}; choose the numpy target"
            )
        text = ""
        for index, extent in zip(node.indices, shape, strict=True):
            name = index.name
            if not text:
                text = f"(size_t){name}" if len(shape) > 1 and index == SAMPLE else name
            else:
                text = f"{f'({text})' if ' + ' in text else text} * {self._extent(extent)} + {name}"
        return f"{variable(node)}[{text or '0'}]"

    def _load(
        self, node: Element, free: Sequence[Index], inner: list[Index], ranges: Mapping[Index, Expr], side: str
    ) -> dict[str, Any]:
        """How a tile of one operand is read: neighbouring threads read neighbouring addresses."""
        along_depth = node.indices[-1] in inner
        return {
            "along_depth": along_depth,
            "unravel": self._unravel(side, free, ranges) + self._unravel("k", inner, ranges),
            "value": self.offset(node),
        }

    # -- expressions ---------------------------------------------------------------------------------------------

    def _statements(self, group: Sequence[Definition], known: Mapping[Expr, str]) -> list[str]:
        """Compute each definition into a constant of its own name, then store it."""
        names = dict(known)
        lines: list[str] = []
        for item in group:
            before: list[str] = []
            value = self._print(item.body, names, before, SUM)
            local = f"{variable(item.tensor)}_value"
            lines += [*before, f"const real {local} = {value};", f"{self.offset(item.element)} = {local};"]
            names[item.element] = local
        return lines

    def _print(self, node: Expr, names: Mapping[Expr, str], before: list[str], level: int) -> str:
        text, own = self._visit(node, names, before)
        return text if own >= level else f"({text})"

    def _visit(self, node: Expr, names: Mapping[Expr, str], before: list[str]) -> tuple[str, int]:
        if node in names:
            return names[node], ATOM
        if node.is_number:
            return f"{float(node)!r}{self.suffix}", ATOM if node >= 0 else SUM
        if isinstance(node, Element):
            return self.offset(node), ATOM
        if isinstance(node, Apply):
            spelling = FUNCTIONS[node.name].cuda if node.name in FUNCTIONS else None
            if spelling is None or node.order:
                raise UnsupportedEquation(f"the cupy target has no {node.name} yet; choose the numpy target")
            self.functions.add(node.name)
            return spelling.call.format(self._print(node.argument, names, before, SUM)), ATOM
        if isinstance(node, Add):
            text = ""
            for term in sorted(node.args, key=term_key):
                negative = term.could_extract_minus_sign()
                piece = self._print(-term if negative else term, names, before, PRODUCT)
                text += (("-" if negative else "") if not text else (" - " if negative else " + ")) + piece
            return text, SUM
        if isinstance(node, Mul):
            number = Mul(*(factor for factor in node.args if factor.is_number))
            rest = sorted((factor for factor in node.args if not factor.is_number), key=factor_key)
            top = [f for f in rest if not (isinstance(f, Pow) and f.exp.is_negative)]
            pieces = [self._print(factor, names, before, ATOM) for factor in top]
            if number != 1 or not pieces:
                pieces.insert(0, self._print(number, names, before, ATOM))
            text = " * ".join(pieces)
            for factor in rest:
                if factor not in top:
                    text += f" / {self._print(1 / factor, names, before, ATOM)}"
            return text, PRODUCT
        if isinstance(node, Pow) and isinstance(node.exp, Integer):
            exponent = abs(int(node.exp))
            text = " * ".join([self._print(node.base, names, before, ATOM)] * exponent)
            return (text, PRODUCT) if node.exp > 0 else (f"1.0{self.suffix} / ({text})", PRODUCT)
        if isinstance(node, Reduction):
            return self._loop(node, names, before), ATOM
        if node == BATCH:
            return "(real)batch", ATOM
        if isinstance(node, Bracket):
            raise UnsupportedEquation(
                "the cupy target has no conditions on indices (padding, strides, masks) yet; choose the numpy target"
            )
        raise UnsupportedEquation(f"the cupy target cannot print {type(node).__name__}; choose the numpy target")

    def _loop(self, node: Reduction, names: Mapping[Expr, str], before: list[str]) -> str:
        """A reduction as a serial loop in front of the statement that uses it."""
        if node.kind not in ("sum", "logsumexp"):
            raise UnsupportedEquation(f"the cupy target has no {node.kind} yet; choose the numpy target")
        self.loops += 1
        result = f"{'total' if node.kind == 'sum' else 'lse'}{self.loops}"
        inner: list[str] = []
        value = self._print(node.body, names, inner, SUM)
        index, extent = node.index.name, self._extent(node.extent)
        head = f"for (int {index} = 0; {index} < {extent}; ++{index}) {{"
        body = [f"    {line}" for line in inner]
        if node.kind == "sum":
            before += [f"real {result} = 0.0{self.suffix};", head, *body, f"    {result} += {value};", "}"]
            return result
        # log sum exp with the largest term taken out, so that nothing overflows.
        top, rest = f"top{self.loops}", f"rest{self.loops}"
        if inner:
            raise UnsupportedEquation("the cupy target has no reduction inside a log-sum-exp")
        first = self._print(node.body.xreplace({node.index: Index("0")}), names, inner, SUM)
        before += [
            f"real {top} = {first};",
            head, f"    {top} = fmax({top}, {value});", "}",
            f"real {rest} = 0.0{self.suffix};",
            head, f"    {rest} += exp({value} - {top});", "}",
            f"const real {result} = {top} + log({rest});",
        ]  # fmt: skip
        return result
