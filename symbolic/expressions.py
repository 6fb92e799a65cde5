"""Index notation on top of SymPy: tensors, their entries, reductions and definitions.

A *definition* ``z_v[i] = Sum_j W_v[i, j] x_u[j] + b_v[i]`` is the only form of equation in this project.
Expressions are SymPy trees of ``Add``, ``Mul``, ``Pow`` and numbers over three node types of our own.
SymPy's ``Indexed`` and ``Sum`` are not used: an ``Indexed`` needs at least one index (a cost has none), and
``Sum(...).diff`` captures bound indices.  Functions are opaque heads (:class:`Apply`), so nothing is
rewritten behind our back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sympy import Add, Expr, Integer, Mul, Pow, Rational, Symbol, sympify
from sympy.core.symbol import Str

REDUCTIONS = ("sum", "logsumexp")


class Index(Symbol):
    """An integer index, running over 0, ..., size - 1 of the axis or reduction that introduces it."""

    def __new__(cls, name: str) -> Index:
        return Symbol.__new__(cls, name, integer=True)


def size(name: str) -> Expr:
    """A positive integer left symbolic, such as a layer's width."""
    return Symbol(name, integer=True, positive=True)


class Element(Expr):
    """One entry of a tensor: ``Element("W", "hidden", i, j)`` is ``W_hidden[i, j]``; no index: a scalar."""

    is_commutative = True

    def __new__(cls, kind: str | Str, owner: str | Str, *indices: Expr) -> Element:
        return Expr.__new__(cls, _str(kind), _str(owner), *map(sympify, indices))

    @property
    def kind(self) -> str:
        return str(self.args[0].name)

    @property
    def owner(self) -> str:
        return str(self.args[1].name)

    @property
    def indices(self) -> tuple[Expr, ...]:
        return tuple(self.args[2:])


class Apply(Expr):
    """A scalar function, or its derivative of the given order, applied to an argument.

    ``Apply("tanh", 1, z)`` is tanh'(z).  What a name means is said in :mod:`symbolic.functions`.
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


class Reduction(Expr):
    """``Reduction("sum", j, m, body)``: the body reduced over j = 0, ..., m - 1.

    ``logsumexp`` is log(Sum_j exp(body)); it is a node of its own so that its derivative,
    exp(body - logsumexp), and its code are free of overflow.
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
    """A named array: ``kind`` is its letter (x, s, W, ...), ``owner`` the vertex it belongs to."""

    kind: str
    owner: str
    shape: tuple[Expr, ...]

    def __getitem__(self, indices: Expr | tuple[Expr, ...]) -> Element:
        entry = Element(self.kind, self.owner, *(indices if isinstance(indices, tuple) else (indices,)))
        if len(entry.indices) != len(self.shape):
            raise IndexError(f"{self.kind}_{self.owner} has {len(self.shape)} axes, not {len(entry.indices)}")
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
            raise ValueError(f"{self.tensor.kind}_{self.tensor.owner}: stray indices {stray}")

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
    if isinstance(expression, Element):
        return ()
    if isinstance(expression, Apply):
        return (expression.argument,)
    if isinstance(expression, Reduction):
        return (expression.body,)
    return tuple(expression.args)


def elements(expression: Expr) -> list[Element]:
    """The tensor entries that occur in an expression, each once, in order of first occurrence."""
    return list(dict.fromkeys(node for node in walk(expression) if isinstance(node, Element)))


def free_indices(expression: Expr) -> set[Index]:
    """The indices that no reduction inside the expression binds."""
    if isinstance(expression, Reduction):
        return free_indices(expression.body) - {expression.index}
    if isinstance(expression, Element):
        return {symbol for index in expression.indices for symbol in index.free_symbols if isinstance(symbol, Index)}
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


def rename(expression: Expr, owners: Mapping[str, str], sizes: Mapping[Expr, Expr]) -> Expr:
    """The expression with the owners of its tensors and its symbolic sizes replaced, all at once."""
    table: dict[Expr, Expr] = dict(sizes)
    for entry in elements(expression):
        table[entry] = Element(entry.kind, owners.get(entry.owner, entry.owner), *entry.indices)
    return expression.xreplace(table)


def rename_definition(item: Definition, owners: Mapping[str, str], sizes: Mapping[Expr, Expr]) -> Definition:
    """:func:`rename` for both sides of a definition."""
    tensor = Tensor(
        item.tensor.kind,
        owners.get(item.tensor.owner, item.tensor.owner),
        tuple(extent.xreplace(dict(sizes)) for extent in item.tensor.shape),
    )
    return Definition(tensor, item.indices, rename(item.body, owners, sizes))


__all__ = [
    "Add", "Apply", "Definition", "Element", "Expr", "Index", "Integer", "Mul", "Pow", "Rational", "Reduction",
    "Tensor", "all_indices", "children", "elements", "free_indices", "fresh_index", "rename", "rename_definition",
    "size", "total", "walk",
]  # fmt: skip
