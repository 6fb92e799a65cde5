"""A routine's definitions as kernels: one iteration space each, reductions as accumulators, brackets as guards.

Consecutive definitions over the same elements share a kernel, the later ones reading the earlier ones' values where
they were computed; a value that nobody reads afterwards is not stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sympy import Add, Expr, Integer, Mul

from dyadic.codegen.loops.chain import with_row_sums
from dyadic.codegen.loops.kernel import Accumulate, Axis, Kernel, Let, Local, Masked, Put, Statement
from dyadic.codegen.loops.split import chunk_length, split
from dyadic.codegen.prepare import prepare
from dyadic.codegen.program import Routine, variable
from dyadic.symbolic.expressions import (
    Apply,
    Bracket,
    Definition,
    Element,
    Index,
    Quotient,
    Reduction,
    Remainder,
    Tensor,
    elements,
    free_indices,
    split_guards,
    walk,
)
from dyadic.symbolic.indices import Ranges, simplify, simplify_bracket
from dyadic.symbolic.tensor_names import Name

RESERVED = frozenset(
    {"across", "batch", "chunk", "column", "column_block", "deep", "down", "element", "factor", "group", "half"}
    | {"highest", "lane", "largest", "left", "left_next", "left_own", "load", "pack", "pack_next", "panel", "part"}
    | {"partial", "place", "power", "real", "right", "right_next", "right_own", "row", "row_block", "score"}
    | {"score_next", "stage", "start", "streamed", "sum", "sums", "term", "total_own", "tx", "ty", "weight", "within"}
)
"""Names that schedules and printers use."""


@dataclass(frozen=True)
class Prepared:
    """A definition with numbers for sizes, and the extents of all its indices."""

    item: Definition
    ranges: dict[Index, Expr]


def kernels(name: str, routine: Routine, sizes: Mapping[Expr, Expr], whole: bool = False) -> list[Kernel]:
    """The launches that evaluate a routine at given sizes, in order; ``name`` and what they define make their names.

    whole: for one thread, which gains nothing from a long sum in parts.
    """
    known = {t.name: _sized(t, sizes) for t in (*routine.arguments, *(item.tensor for item in routine.definitions))}
    shapes = {one: tensor.shape for one, tensor in known.items()}
    letters = {variable(tensor) for tensor in known.values()}
    prepared = [_prepared(item, shapes, sizes, letters) for item in routine.definitions]
    groups: list[list[Prepared]] = []
    for one in prepared:
        if groups and _joins(groups[-1], one):
            groups[-1].append(one)
        else:
            groups.append([one])
    wanted = {tensor.name for tensor in routine.outputs}
    found: list[Kernel] = []
    for position in reversed(range(len(groups))):
        *_, last = groups[position]
        label = f"{name}_{variable(last.item.tensor)}"
        kernel = _kernel(label, groups[position], known, wanted, integer_tensors(routine))
        if kernel.writes:
            found.append(kernel)
            wanted |= {tensor.name for tensor in kernel.reads}
    return found[::-1] if whole else [part for kernel in _launches(found[::-1]) for part in _parts(kernel)]


def _launches(found: Sequence[Kernel]) -> list[Kernel]:
    """The kernels, those of a sum weighted by exponentials over their own sum in one."""
    launches: list[Kernel] = []
    for kernel in found:
        launches.append(kernel)
        if len(launches) > 2 and (merged := with_row_sums(*launches[-3:])) is not None:
            launches[-3:] = [merged]
    return launches


def _parts(kernel: Kernel) -> Sequence[Kernel]:
    length = chunk_length(kernel)
    return (kernel,) if length is None else split(kernel, length)


def integer_tensors(routine: Routine) -> frozenset[Name]:
    """The tensors that hold integers: positions of a largest entry, and what stands in an index or a bracket."""
    found = set()
    for item in routine.definitions:
        if isinstance(item.body, Reduction) and item.body.kind == "argmax":
            found.add(item.tensor.name)
        for node in walk(item.body):
            if isinstance(node, Element | Bracket):
                found |= {entry.name for argument in node.args for entry in argument.atoms(Element)}
    return frozenset(found)


def _sized(tensor: Tensor, sizes: Mapping[Expr, Expr]) -> Tensor:
    return Tensor(tensor.name, tuple(extent.xreplace(dict(sizes)) for extent in tensor.shape))


def _prepared(
    item: Definition, shapes: Mapping[Name, Sequence[Expr]], sizes: Mapping[Expr, Expr], letters: set[str]
) -> Prepared:
    ready, ranges = prepare(item, shapes, sizes)
    table: dict[Expr, Expr] = {}
    for index in ranges:
        if index.name in letters or index.name in RESERVED:
            taken = letters | {other.name for other in ranges} | {str(name) for name in table.values()}
            name = next(n for n in (f"{index.name}{k}" for k in range(1, 99)) if n not in taken)
            table[index] = Index(name)
    renamed = {table.get(index, index): extent for index, extent in ranges.items()}
    indices = tuple(table.get(index, index) for index in ready.indices)
    body = ready.body.xreplace(table) if table else ready.body
    return Prepared(Definition(ready.tensor, indices, body), renamed)


def _joins(group: Sequence[Prepared], one: Prepared) -> bool:
    """Whether a definition can be computed element by element right after a group."""
    first = group[0].item
    if one.item.indices != first.indices or one.item.tensor.shape != first.tensor.shape or heavy(one.item.body):
        return False
    own = {before.item.tensor.name for before in group}
    read = [entry for entry in elements(one.item.body) if entry.name in own]
    return all(entry.indices == one.item.indices for entry in read)


def heavy(body: Expr) -> bool:
    """Whether a sum of products of two entries stands in a body: a contraction, which starts a kernel of its own."""
    for node in walk(body):
        if isinstance(node, Reduction) and node.kind == "sum" and not isinstance(node.body, Reduction):
            _, rest = split_guards(node.body)
            if sum(isinstance(factor, Element) for factor in Mul.make_args(rest)) == 2:
                return True
    return False


def _kernel(
    name: str, group: Sequence[Prepared], known: Mapping[Name, Tensor], wanted: set[Name], integers: frozenset[Name]
) -> Kernel:
    """Reads are in the order of the routine's arguments, then of its definitions."""
    first = group[0]
    axes = tuple(Axis(index, first.ranges[index]) for index in first.item.indices)
    names = LocalNames({variable(tensor) for tensor in known.values()} | {i.name for one in group for i in one.ranges})
    values: dict[Expr, Expr] = {}
    statements: list[Statement] = []
    writes = []
    for one in group:
        lowering = Lowering({axis.index: axis.extent for axis in axes} | one.ranges, names)
        integer = one.item.tensor.name in integers
        value = lowering.expression(_tidy(one.item.body, lowering.ranges).xreplace(values), ())
        local = Local(names.fresh(f"{variable(one.item.tensor)}_value", numbered=False), integer)
        statements += [*lowering.statements, Let(local, value)]
        values[Element(one.item.tensor.name, *one.item.indices)] = local
        if one.item.tensor.name in wanted:
            tensor = one.item.tensor  # with the axes as prepared: digits of indices are axes, row-major the same
            statements.append(Put(Element(tensor.name, *one.item.indices), local))
            writes.append(tensor)
    read = {entry.name for statement in statements for entry in _loads(statement)} - {t.name for t in writes}
    reads = tuple(tensor for one, tensor in known.items() if one in read)
    used = {tensor.name for tensor in (*reads, *writes)}
    defines = tuple(one.item.tensor for one in group)
    return Kernel(name, axes, tuple(without_unread(statements)), reads, tuple(writes), integers & used, defines)


def _loads(statement: Statement) -> Iterable[Element]:
    if isinstance(statement, Accumulate):
        for inner in statement.inner:
            yield from _loads(inner)
        found = [*statement.guards, statement.value]
    else:
        found = [statement.value]
    for expression in found:
        yield from expression.atoms(Element)


def without_unread(statements: Sequence[Statement]) -> list[Statement]:
    """The statements without values that nothing reads."""
    kept: list[Statement] = []
    read: set[Expr] = set()
    for statement in reversed(statements):
        if not isinstance(statement, Put) and statement.local not in read:
            continue
        kept.append(statement)
        read |= _locals(statement)
    return kept[::-1]


def _locals(statement: Statement) -> set[Expr]:
    if isinstance(statement, Accumulate):
        inner = {local for one in statement.inner for local in _locals(one)}
        return inner.union(*(guard.atoms(Local) for guard in statement.guards), statement.value.atoms(Local))
    return set(statement.value.atoms(Local))


def _tidy(node: Expr, ranges: Ranges) -> Expr:
    """Entries and brackets with their integer expressions in normal form."""
    if isinstance(node, Element):
        return Element(node.name, *(_index(index, ranges) for index in node.indices))
    if isinstance(node, Bracket):
        return simplify_bracket(node, ranges)
    if not node.args or not node.has(Element, Bracket):
        return node
    parts = [_tidy(part, ranges) if isinstance(part, Expr) else part for part in node.args]
    return Mul(*parts, evaluate=False) if isinstance(node, Mul) else node.func(*parts)


def _index(index: Expr, ranges: Ranges) -> Expr:
    return simplify(index, ranges) if index.has(Quotient, Remainder, Add, Mul) else index


@dataclass
class LocalNames:
    """Distinct names for the locals of one kernel."""

    taken: set[str]
    used: set[str] = field(default_factory=set)

    def fresh(self, base: str, numbered: bool = True) -> str:
        """``base``, or with the first free number behind it."""
        name, count = base, 1
        while name in self.taken or name in self.used or (numbered and name in RESERVED):
            count += 1
            name = f"{base}{count}"
        self.used.add(name)
        return name


class Lowering:
    """Takes the reductions out of one body; ``statements`` are those to run before its value is formed."""

    def __init__(self, ranges: Ranges, names: LocalNames) -> None:
        self.ranges, self.names = ranges, names
        self.statements: list[Statement] = []

    def expression(self, node: Expr, guards: tuple[Expr, ...]) -> Expr:
        """The node without reductions and brackets, given brackets that hold where it is evaluated."""
        if isinstance(node, Element | Local) or not node.args:
            return node
        if isinstance(node, Bracket):
            return Masked(Integer(1), node)
        if isinstance(node, Reduction):
            return self._reduction(node, guards)
        if isinstance(node, Mul):
            return self._product(Mul.make_args(node), guards)
        if isinstance(node, Apply):
            return Apply(node.name, node.order, self.expression(node.argument, guards))
        return node.func(*(self.expression(part, guards) if isinstance(part, Expr) else part for part in node.args))

    def _product(self, factors: Iterable[Expr], guards: tuple[Expr, ...]) -> Expr:
        flat = [one for factor in factors for one in Mul.make_args(factor)]
        if any(factor == 0 for factor in flat):
            return Integer(0)
        own = [factor for factor in flat if isinstance(factor, Bracket)]
        rest = [factor for factor in flat if not isinstance(factor, Bracket)]
        value = Mul(*(self.expression(factor, (*guards, *own)) for factor in rest), evaluate=False)
        if len(rest) < 2:
            value = Mul(*value.args) if isinstance(value, Mul) else value
        return Masked(value, *own) if own else value

    def _reduction(self, node: Reduction, guards: tuple[Expr, ...]) -> Expr:
        axes, body = [Axis(node.index, self.ranges[node.index])], node.body
        while node.kind == "sum" and isinstance(body, Reduction) and body.kind == "sum":
            axes.append(Axis(body.index, self.ranges[body.index]))
            body = body.body
        own, rest = split_guards(body)
        if any(factor == 0 for factor in Mul.make_args(body)):
            return Integer(0)
        if node.kind == "sum":
            return self._sum(axes, own, rest, guards)
        if node.kind == "logsumexp":
            top = self._accumulate("top", "max", axes, own, rest, guards)
            scaled = self._accumulate("total", "sum", axes, own, rest, guards, top)
            return top + Apply("log", 0, scaled)
        kind = "top" if node.kind == "max" else "position"
        return self._accumulate(kind, node.kind, axes, own, rest, guards)

    def _sum(self, axes: Sequence[Axis], own: Sequence[Expr], rest: Expr, guards: tuple[Expr, ...]) -> Expr:
        """What does not use the summed indices is put in front, and indices that nothing uses become a factor."""
        bound = {axis.index for axis in axes}
        factors = list(Mul.make_args(rest))
        outer = [factor for factor in factors if not free_indices(factor) & bound]
        inner = [factor for factor in factors if free_indices(factor) & bound]
        before = [guard for guard in own if not free_indices(guard) & bound]
        within = [guard for guard in own if free_indices(guard) & bound]
        used = {index for part in (*inner, *within) for index in free_indices(part)}
        count = Mul(*(axis.extent for axis in axes if axis.index not in used))
        axes = [axis for axis in axes if axis.index in used]
        total: Expr = Integer(1)
        if axes:
            product = Mul(*inner, evaluate=False) if len(inner) > 1 else Mul(*inner)
            total = self._accumulate("total", "sum", axes, within, product, (*guards, *before))
        return self._product([*outer, *([count] if count != 1 else []), *before, total], guards)

    def _accumulate(
        self,
        name: str,
        kind: str,
        axes: Sequence[Axis],
        own: Sequence[Expr],
        body: Expr,
        guards: tuple[Expr, ...],
        top: Expr | None = None,
    ) -> Local:
        """One accumulator; with ``top``, of exp(body - top)."""
        inside = Lowering(self.ranges, self.names)
        value = inside.expression(body, (*guards, *own))
        if top is not None:
            value = Apply("exp", 0, value - top)
        local = Local(self.names.fresh(name), kind == "argmax")
        taken = (*guards, *own)
        self.statements.append(Accumulate(local, kind, tuple(axes), taken, tuple(inside.statements), value))
        return local
