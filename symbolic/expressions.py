"""Index notation on top of SymPy: tensors, their entries, reductions and definitions.

A *definition* ``z_v[i] = Sum_j W_v[i, j] x_u[j] + b_v[i]`` is the only form of equation in this project.
Expressions are SymPy trees of ``Add``, ``Mul``, ``Pow``, numbers and sizes over node types of our own:
:class:`Element`, :class:`Apply`, :class:`Reduction` and the brackets :class:`Inside`, :class:`Divides` and
:class:`Same`, which are 1 where their condition holds and 0 elsewhere.  An index of an entry is an integer
expression: affine in indices and sizes, with :class:`Quotient` and :class:`Remainder`, and entries of integer
tensors.  An entry may stand outside its tensor's range only beside a bracket that is 0 there.

SymPy's ``Indexed`` and ``Sum`` are not used: an ``Indexed`` needs at least one index (a cost has none), and
``Sum(...).diff`` captures bound indices.  Functions are opaque heads (:class:`Apply`), so nothing is rewritten
behind our back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sympy import Add, Expr, Integer, Mul, Pow, Rational, Symbol, preorder_traversal, sympify
from sympy.core.symbol import Str

from dyadic.symbolic.tensor_names import Name, Owner

REDUCTIONS = ("sum", "logsumexp", "max", "argmax")


class Index(Symbol):
    """An integer index, running over 0, ..., size - 1 of the axis or reduction that introduces it."""

    def __new__(cls, name: str, integer: bool = True) -> Index:
        # SymPy makes a copy with the assumptions of the original.
        return Symbol.__new__(cls, name, integer=True)


class Rate(Symbol):
    """The rate of change of the trajectory of that name, for display."""


def size(name: str) -> Expr:
    """A positive integer left symbolic, such as a layer's width."""
    return Symbol(name, integer=True, positive=True)


class Element(Expr):
    """One entry of a tensor: ``Element(Name("W", "hidden"), i, j)`` is ``W_hidden[i, j]``; no index: a scalar."""

    is_commutative = True

    def __new__(cls, name: Name, *indices: Expr) -> Element:
        return Expr.__new__(cls, name, *map(sympify, indices))

    @property
    def name(self) -> Name:
        return self.args[0]

    @property
    def indices(self) -> tuple[Expr, ...]:
        return tuple(self.args[1:])


class Apply(Expr):
    """A scalar function, or its derivative of the given order, applied to an argument.

    ``Apply("tanh", 1, z)`` is tanh'(z).  What a name means is said in :mod:`dyadic.symbolic.functions`.
    """

    is_commutative = True

    def __new__(cls, name: str | Str, order: int | Integer, argument: Expr) -> Apply:
        return Expr.__new__(cls, _str(name), Integer(order), sympify(argument))

    @property
    def name(self) -> str:
        return str(self.args[0].name)

    @property
    def order(self) -> int:
        return int(self.args[1])

    @property
    def argument(self) -> Expr:
        return self.args[2]


class Quotient(Expr):
    """``Quotient(e, d)``: e divided by a positive d and rounded down, an integer."""

    is_commutative = True
    is_integer = True

    def __new__(cls, numerator: Expr, divisor: Expr) -> Expr:
        numerator, divisor = sympify(numerator), sympify(divisor)
        if divisor == 1 or numerator == 0:
            return numerator
        if numerator.is_Integer and divisor.is_Integer:
            return Integer(int(numerator) // int(divisor))
        return Expr.__new__(cls, numerator, divisor)


class Remainder(Expr):
    """``Remainder(e, d)``: what is left of e after division by a positive d, in 0, ..., d - 1."""

    is_commutative = True
    is_integer = True

    def __new__(cls, numerator: Expr, divisor: Expr) -> Expr:
        numerator, divisor = sympify(numerator), sympify(divisor)
        if divisor == 1 or numerator == 0:
            return Integer(0)
        if numerator.is_Integer and divisor.is_Integer:
            return Integer(int(numerator) % int(divisor))
        return Expr.__new__(cls, numerator, divisor)


class Bracket(Expr):
    """A condition on integers as a number (Iverson's bracket): 1 where it holds, 0 where it does not."""

    is_commutative = True


class Inside(Bracket):
    """``Inside(e, n)``: [0 <= e < n]."""

    def __new__(cls, value: Expr, extent: Expr) -> Expr:
        value, extent = sympify(value), sympify(extent)
        if value.is_Integer and extent.is_Integer:
            return Integer(int(0 <= int(value) < int(extent)))
        return Expr.__new__(cls, value, extent)


class Divides(Bracket):
    """``Divides(d, e)``: [d divides e]."""

    def __new__(cls, divisor: Expr, value: Expr) -> Expr:
        divisor, value = sympify(divisor), sympify(value)
        if divisor == 1 or value == 0:
            return Integer(1)
        if value.is_Integer and divisor.is_Integer:
            return Integer(int(int(value) % int(divisor) == 0))
        return Expr.__new__(cls, divisor, value)


class Same(Bracket):
    """``Same(a, b)``: [a = b]."""

    def __new__(cls, one: Expr, two: Expr) -> Expr:
        one, two = sympify(one), sympify(two)
        if one == two:
            return Integer(1)
        if one.is_Integer and two.is_Integer:
            return Integer(0)
        return Expr.__new__(cls, one, two)


class Reduction(Expr):
    """``Reduction("sum", j, m, body)``: the body reduced over j = 0, ..., m - 1.

    A bracket among the body's factors restricts the reduction to where it is 1.  ``logsumexp`` is
    log(Sum_j exp(body)); it is a node of its own so that its derivative, exp(body - logsumexp), and its code are
    free of overflow.  ``max`` is the largest body, ``argmax`` the first index at which it is attained.
    """

    is_commutative = True

    def __new__(cls, kind: str | Str, index: Index, extent: Expr, body: Expr) -> Reduction:
        if str(kind) not in REDUCTIONS:
            raise ValueError(f"unknown reduction {kind}")
        return Expr.__new__(cls, _str(kind), index, sympify(extent), sympify(body))

    @property
    def kind(self) -> str:
        return str(self.args[0].name)

    @property
    def index(self) -> Index:
        return self.args[1]

    @property
    def extent(self) -> Expr:
        return self.args[2]

    @property
    def body(self) -> Expr:
        return self.args[3]


def _str(name: str | Str) -> Str:
    return name if isinstance(name, Str) else Str(name)


def total(index: Index, extent: Expr, body: Expr) -> Expr:
    """Sum_index body."""
    return Reduction("sum", index, extent, body)


@dataclass(frozen=True)
class Tensor:
    """A named array: ``Tensor(Name("x", "hidden"), (n, m))``."""

    name: Name
    shape: tuple[Expr, ...]

    def __getitem__(self, indices: Expr | tuple[Expr, ...]) -> Element:
        entry = Element(self.name, *(indices if isinstance(indices, tuple) else (indices,)))
        if len(entry.indices) != len(self.shape):
            raise IndexError(f"{self.name} has {len(self.shape)} axes, not {len(entry.indices)}")
        return entry


@dataclass(frozen=True)
class Definition:
    """``tensor[indices] = body``; an index of the body that is neither in ``indices`` nor bound is an error."""

    tensor: Tensor
    indices: tuple[Index, ...]
    body: Expr

    def __post_init__(self) -> None:
        stray = free_indices(self.body) - set(self.indices)
        if stray or len(self.indices) != len(self.tensor.shape):
            raise ValueError(f"{self.tensor.name}: stray indices {stray}")

    @property
    def element(self) -> Element:
        return self.tensor[self.indices]

    @property
    def ranges(self) -> dict[Index, Expr]:
        """Extent of every index on the left-hand side."""
        return dict(zip(self.indices, self.tensor.shape, strict=True))


def walk(expression: Expr) -> Iterator[Expr]:
    """Every node of an expression, parents first, names left out."""
    yield expression
    for child in children(expression):
        yield from walk(child)


def children(expression: Expr) -> tuple[Expr, ...]:
    """The sub-expressions of a node that denote real numbers (not indices, extents or names)."""
    if isinstance(expression, Element | Bracket):
        return ()
    if isinstance(expression, Apply):
        return (expression.argument,)
    if isinstance(expression, Reduction):
        return (expression.body,)
    return tuple(expression.args)


def elements(expression: Expr) -> list[Element]:
    """The tensor entries that occur in an expression, each once, in order of first occurrence.

    Entries of integer tensors that stand in an index or in a bracket are among them.
    """
    found: dict[Element, None] = {}
    for node in walk(expression):
        if isinstance(node, Element):
            found[node] = None
        if isinstance(node, Element | Bracket):
            for argument in node.args:
                if argument.args and argument.has(Element):
                    inner = [e for e in preorder_traversal(argument) if isinstance(e, Element)]
                    found.update(dict.fromkeys(inner))
    return list(found)


def split_guards(body: Expr) -> tuple[list[Expr], Expr]:
    """The brackets among an expression's factors, and the product of the rest."""
    guards = [factor for factor in Mul.make_args(body) if isinstance(factor, Bracket)]
    if not guards:
        return [], body
    return guards, Mul(*(factor for factor in Mul.make_args(body) if not isinstance(factor, Bracket)))


def free_indices(expression: Expr) -> set[Index]:
    """The indices that no reduction inside the expression binds."""
    if isinstance(expression, Reduction):
        return free_indices(expression.body) - {expression.index}
    if isinstance(expression, Element | Bracket):
        return {symbol for symbol in expression.free_symbols if isinstance(symbol, Index)}
    return {index for child in children(expression) for index in free_indices(child)}


def all_indices(expression: Expr) -> set[Index]:
    """Free and bound indices: the names a fresh one must avoid."""
    return set(expression.atoms(Index))


def fresh_index(taken: set[Index]) -> Index:
    """The first of i, j, k, l, p, q, r, u, i1, j1, ... that is not taken."""
    round_ = 0
    while True:
        for letter in "ijklpqru":
            candidate = Index(letter + (str(round_) if round_ else ""))
            if candidate not in taken:
                return candidate
        round_ += 1


def apart_from_sizes(item: Definition) -> Definition:
    """The definition with those indices renamed that have the name of a size that stands in it.

    For display only: ``Sum[j<j] x[j]`` with a size that the user calls j means nothing to a reader.
    """
    sizes = {symbol.name for symbol in (item.body.free_symbols | _symbols(item.tensor.shape)) - all_indices(item.body)}
    indices = all_indices(item.body) | set(item.indices)
    clashing = sorted((index for index in indices if index.name in sizes), key=lambda index: index.name)
    taken, table = indices | {Index(name) for name in sizes}, {}
    for index in clashing:
        table[index] = fresh_index(taken)
        taken.add(table[index])
    if not table:
        return item
    left = tuple(table.get(index, index) for index in item.indices)
    return Definition(item.tensor, left, _rename(item.body, {}, table))


def _symbols(shape: tuple[Expr, ...]) -> set[Expr]:
    return {symbol for extent in shape for symbol in extent.free_symbols}


def rename(expression: Expr, owners: Mapping[Owner, Owner], sizes: Mapping[Expr, Expr]) -> Expr:
    """The expression with the owners of its tensors and its symbolic sizes replaced, all at once."""
    return _rename(expression, owners, dict(sizes))


def _rename(node: Expr, owners: Mapping[Owner, Owner], sizes: dict[Expr, Expr]) -> Expr:
    if isinstance(node, Symbol):
        return sizes.get(node, node)
    if isinstance(node, Element):
        indices = (_rename(index, owners, sizes) for index in node.indices)
        return Element(_owned(node.name, owners), *indices)
    if not node.args:
        return node
    return node.func(*(_rename(a, owners, sizes) if isinstance(a, Expr) else a for a in node.args))


def _owned(name: Name, owners: Mapping[Owner, Owner]) -> Name:
    return name.of(owners[name.owner]) if name.owner in owners else name


def same_tree(one: Expr, two: Expr) -> bool:
    """Whether two expressions are the same but for the names of bound indices and the order of terms and factors."""
    return _plain(one) == _plain(two)


def _plain(node: Expr, depth: int = 0) -> Expr:
    """The expression with bound indices named by how deep they stand, and products and sums in SymPy's order."""
    if isinstance(node, Reduction):
        index = Index(f"_{depth}")
        return Reduction(node.kind, index, node.extent, _plain(node.body, depth + 1).xreplace({node.index: index}))
    if not node.args or isinstance(node, Element):
        return node
    return node.func(*(_plain(part, depth) if isinstance(part, Expr) else part for part in node.args))


def rename_tensors(node: Expr, table: Mapping[Name, Name]) -> Expr:
    """The expression with the names of its tensors replaced."""
    if isinstance(node, Element):
        return Element(table.get(node.name, node.name), *(rename_tensors(index, table) for index in node.indices))
    if not node.args:
        return node
    return node.func(*(rename_tensors(a, table) if isinstance(a, Expr) else a for a in node.args))


def rename_definition(item: Definition, owners: Mapping[Owner, Owner], sizes: Mapping[Expr, Expr]) -> Definition:
    """:func:`rename` for both sides of a definition."""
    shape = tuple(extent.xreplace(dict(sizes)) for extent in item.tensor.shape)
    tensor = Tensor(_owned(item.tensor.name, owners), shape)
    return Definition(tensor, item.indices, rename(item.body, owners, sizes))


__all__ = [
    "Add", "Apply", "Bracket", "Definition", "Divides", "Element", "Expr", "Index", "Inside", "Integer", "Mul", "Pow",
    "Quotient", "Rate", "Rational", "Reduction", "Remainder", "Same", "Tensor", "all_indices", "apart_from_sizes",
    "children", "elements", "free_indices", "fresh_index", "rename", "rename_definition", "same_tree", "size",
    "split_guards", "total", "walk",
]  # fmt: skip
