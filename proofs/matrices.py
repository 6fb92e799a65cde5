"""Index equations of whole vectors as matrix operations over a prime field, in both directions.

A definition such as  z[i] = Sum_j W[i, j] x[j] + b[i]  is translated from its JSON form into products of a matrix and
a vector, entry-wise products and function applications; everything else is refused (:class:`NoVectorForm`).  Each
operation also knows how to hand an adjoint to its operands, so that the definitions alone can be differentiated in
reverse, whatever was derived from them.

The same rules run over residues and over bounds on degrees (:class:`Algebra`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from flint import fmpz_mat, nmod, nmod_mat

DRAWN_BITS = 61
"""Values are drawn uniformly from 0 .. 2^61 - 1, a subset of the field (its prime is larger)."""

Key = tuple[str, str]
Value = Any
Environment = dict[Key, Value]


class NoVectorForm(Exception):
    """An equation that is not made of vectors, scalars and products with a matrix."""


class Randomness:
    """A stream of independent values: SHAKE-256 of the seed, read in order."""

    def __init__(self, prime: int, seed: int) -> None:
        self._prime, self._seed, self._block = prime, seed, 0

    def vector(self, size: int) -> list[nmod]:
        return [nmod(value, self._prime) for value in self.draw(size)]

    def matrix(self, rows: int, columns: int) -> nmod_mat:
        # By way of fmpz_mat, which reads a list faster.
        return nmod_mat(fmpz_mat(rows, columns, self.draw(rows * columns)), self._prime)

    def draw(self, count: int) -> list[int]:
        self._block += 1
        text = f"{self._seed} {self._block}".encode()
        raw = np.frombuffer(hashlib.shake_256(text).digest(8 * count), dtype="<u8")
        return (raw & np.uint64(2**DRAWN_BITS - 1)).tolist()


class Unknowns:
    """Functions nothing is known of: a value is drawn when a function is first applied to an argument.

    The key is (function, order of the derivative, argument).  It holds no vertex: tanh is the same function at every
    vertex, and with it tanh(a) = tanh(b) wherever a = b.  The order makes a function and its derivative independent of
    each other, so what holds here holds for any pair of them.  logsumexp is keyed by the multiset of its arguments.
    """

    def __init__(self, randomness: Randomness) -> None:
        self._randomness = randomness
        self._known: dict[tuple[str, int], dict[Any, nmod]] = {}

    def apply(self, name: str, order: int, arguments: list[Any]) -> list[nmod]:
        known = self._known.setdefault((name, order), {})
        values = list(map(known.get, arguments))
        if None in values:
            new = [a for a in dict.fromkeys(arguments) if a not in known]
            known.update(zip(new, self._randomness.vector(len(new)), strict=True))
            return [known[a] for a in arguments]
        return values

    @property
    def calls(self) -> list[int]:
        """How many values each function and derivative was given."""
        return [len(table) for table in self._known.values()]


@dataclass
class Expression:
    """A node: ``kind`` says what it does with its operands.  ``index`` is the axis of a vector, None for a scalar."""

    kind: str
    index: str | None
    operands: list[Expression] = field(default_factory=list)
    data: Any = None


class Translator:
    """JSON bodies to :class:`Expression`; tensors are known by the number of their axes."""

    def __init__(self, axes: Mapping[Key, int]) -> None:
        self.axes = dict(axes)

    def body(self, node: Any, index: str | None) -> Expression:
        """An expression whose value runs along ``index`` (None: a scalar)."""
        match node:
            case int():
                return Expression("constant", None, data=(node, 1))
            case ["rational", int(p), int(q)]:
                return Expression("constant", None, data=(p, q))
            case ["entry", str(kind), str(owner), list(places)]:
                return self._entry((kind, owner), places, index)
            case ["+", *children]:
                return self._joined("add", [self.body(child, index) for child in children])
            case ["*", *children]:
                return self._joined("multiply", [self.body(child, index) for child in children])
            case ["^", base, int(exponent)] if 0 < exponent <= 4:
                return self._joined("multiply", [self.body(base, index)] * exponent)
            case ["apply", str(name), int(order), argument]:
                inner = self.body(argument, index)
                return Expression("apply", inner.index, [inner], (name, order))
            case ["sum", str(bound), extent, body]:
                return self._sum(bound, extent, body, index)
            case ["logsumexp", str(bound), _, body]:
                inner = self.body(body, bound)
                if inner.index != bound:
                    raise NoVectorForm("a logsumexp over something that does not vary")
                return Expression("logsumexp", None, [inner])
        raise NoVectorForm(f"{str(node)[:60]} is neither a vector, a scalar nor a product with a matrix")

    def _entry(self, key: Key, places: list[Any], index: str | None) -> Expression:
        if key not in self.axes or len(places) != self.axes[key] or len(places) > 1:
            raise NoVectorForm(f"the entry {key[0]} of {key[1]} is not one of a vector")
        if not places:
            return Expression("tensor", None, data=key)
        if places[0] != ["index", index]:
            raise NoVectorForm(f"the entry {key[0]} of {key[1]} is not addressed by the index of the equation")
        return Expression("tensor", index, data=key)

    def _joined(self, kind: str, parts: list[Expression]) -> Expression:
        index = next((part.index for part in parts if part.index is not None), None)
        if kind == "add":
            like = next((part for part in parts if part.index is not None), parts[0])
            parts = [p if p.index == index else Expression("spread", index, [p, like]) for p in parts]
        return parts[0] if len(parts) == 1 else Expression(kind, index, parts)

    def _sum(self, bound: str, extent: Any, body: Any, index: str | None) -> Expression:
        """A product with a matrix if one of the factors is an entry with both indices, else a sum of entries."""
        if body[:1] == ["sum"] if isinstance(body, list) else False:
            raise NoVectorForm("a sum over two indices")
        factors = body[1:] if isinstance(body, list) and body[:1] == ["*"] else [body]
        pair = (["index", index], ["index", bound])
        matrices = [f for f in factors if isinstance(f, list) and f[:1] == ["entry"] and len(f[3]) == 2]
        if not matrices:
            inner = self.body(body, bound)
            if inner.index != bound:
                raise NoVectorForm("a sum over something that does not vary")
            return Expression("sum", None, [inner])
        if len(matrices) > 1 or index is None or sorted(map(str, matrices[0][3])) != sorted(map(str, pair)):
            raise NoVectorForm("not a product of one matrix with one vector")
        key = (matrices[0][1], matrices[0][2])
        rest = [f for f in factors if f is not matrices[0]] or [1]
        vector = self._joined("multiply", [self.body(f, bound) for f in rest])
        if vector.index != bound or self.axes.get(key) != 2:
            raise NoVectorForm("not a product of one matrix with one vector")
        return Expression("product", index, [vector], (key, matrices[0][3][0] == pair[1]))


@dataclass(frozen=True)
class Rule:
    """``tensor = expression``; an outer product where the tensor has two axes."""

    key: Key
    axes: int
    left: Expression
    right: Expression | None = None


def rule(translator: Translator, data: Mapping[str, Any]) -> Rule:
    """Translate one definition and make its tensor known."""
    key, indices = (data["kind"], data["owner"]), data["indices"]
    if len(indices) > 2:
        raise NoVectorForm(f"{key[0]} has {len(indices)} axes")
    if len(indices) == 2:
        return _outer(translator, key, indices, data["body"])
    index = indices[0] if indices else None
    left = translator.body(data["body"], index)
    if left.index != index:
        raise NoVectorForm(f"{key[0]} does not vary along its axis")
    translator.axes[key] = len(indices)
    return Rule(key, len(indices), left)


def _outer(translator: Translator, key: Key, indices: list[str], body: Any) -> Rule:
    factors = body[1:] if isinstance(body, list) and body[:1] == ["*"] else [body]
    sides: list[list[Expression]] = [[], []]
    for factor in factors:
        for side, index in zip(sides, indices, strict=True):
            try:
                side.append(translator.body(factor, index))
                break
            except NoVectorForm:
                continue
        else:
            raise NoVectorForm(f"{key[0]} is not an outer product of two vectors")
    left, right = (translator._joined("multiply", side) if side else None for side in sides)
    if left is None or right is None or left.index is None or right.index is None:
        raise NoVectorForm(f"{key[0]} is not an outer product of two vectors")
    return Rule(key, 2, left, right)


class Algebra(Protocol):
    """What vectors, scalars and matrices are: residues, or bounds on degrees."""

    def constant(self, p: int, q: int) -> Value: ...
    def add(self, terms: Sequence[Value]) -> Value: ...
    def multiply(self, factors: Sequence[Value]) -> Value: ...
    def apply(self, name: str, order: int, argument: Value) -> Value: ...
    def total(self, vector: Value) -> Value: ...
    def logsumexp(self, vector: Value) -> Value: ...
    def spread(self, scalar: Value, like: Value) -> Value: ...
    def product(self, matrix: Value, transpose: bool, vector: Value) -> Value: ...
    def outer(self, left: Value, right: Value) -> Value: ...


class Residues:
    """Scalars as ``flint.nmod``, vectors as lists of them, matrices as ``flint.nmod_mat``.

    keep_transposes: a row times a matrix is several times slower than a matrix times a column; a transposed copy of
    every matrix pays where it is used at every step, and doubles the memory.
    """

    def __init__(self, prime: int, unknowns: Unknowns, keep_transposes: bool) -> None:
        self.prime, self.unknowns = prime, unknowns
        self._transposed: dict[int, nmod_mat] | None = {} if keep_transposes else None

    def constant(self, p: int, q: int) -> nmod:
        return nmod(p, self.prime) / q

    def add(self, terms: Sequence[Value]) -> Value:
        result = terms[0]
        for term in terms[1:]:
            # A matrix or a scalar adds by itself.
            result = [a + b for a, b in zip(result, term, strict=True)] if isinstance(result, list) else result + term
        return result

    def multiply(self, factors: Sequence[Value]) -> Value:
        result = factors[0]
        for value in factors[1:]:
            if isinstance(result, list) and isinstance(value, list):
                result = [a * b for a, b in zip(result, value, strict=True)]
            elif isinstance(result, list) or isinstance(value, list):
                vector, scalar = (result, value) if isinstance(result, list) else (value, result)
                result = [a * scalar for a in vector]
            else:
                result = result * value
        return result

    def apply(self, name: str, order: int, argument: Value) -> Value:
        if isinstance(argument, list):
            return self.unknowns.apply(name, order, list(map(int, argument)))
        return self.unknowns.apply(name, order, [int(argument)])[0]

    def total(self, vector: list[nmod]) -> nmod:
        return sum(vector[1:], vector[0])

    def logsumexp(self, vector: list[nmod]) -> nmod:
        return self.unknowns.apply("logsumexp", 0, [tuple(sorted(map(int, vector)))])[0]

    def spread(self, scalar: nmod, like: list[nmod]) -> list[nmod]:
        return [scalar] * len(like)

    def product(self, matrix: nmod_mat, transpose: bool, vector: list[nmod]) -> list[nmod]:
        p, size = self.prime, len(vector)
        if not transpose:
            return (matrix * nmod_mat(size, 1, vector, p)).entries()
        if self._transposed is None:
            return (nmod_mat(1, size, vector, p) * matrix).entries()
        if id(matrix) not in self._transposed:
            self._transposed[id(matrix)] = matrix.transpose()
        return (self._transposed[id(matrix)] * nmod_mat(size, 1, vector, p)).entries()

    def outer(self, left: list[nmod], right: list[nmod]) -> nmod_mat:
        return nmod_mat(len(left), 1, left, self.prime) * nmod_mat(1, len(right), right, self.prime)


class Degrees:
    """A bound on the total degree of every entry, in the values drawn and the function values taken as free.

    ``largest_argument`` is the largest degree of anything a function was applied to.
    """

    def __init__(self) -> None:
        self.largest_argument = 0

    def constant(self, p: int, q: int) -> int:
        return 0

    def add(self, terms: Sequence[int]) -> int:
        return max(terms)

    def multiply(self, factors: Sequence[int]) -> int:
        return sum(factors)

    def apply(self, name: str, order: int, argument: int) -> int:
        self.largest_argument = max(self.largest_argument, argument)
        return 1

    def total(self, vector: int) -> int:
        return vector

    def logsumexp(self, vector: int) -> int:
        return self.apply("logsumexp", 0, vector)

    def spread(self, scalar: int, like: int) -> int:
        return scalar

    def product(self, matrix: int, transpose: bool, vector: int) -> int:
        return matrix + vector

    def outer(self, left: int, right: int) -> int:
        return left + right


def evaluate(item: Rule, tensors: Environment, algebra: Algebra) -> Value:
    """The right-hand side of a rule."""
    left = _value(item.left, tensors, algebra, None)
    return left if item.right is None else algebra.outer(left, _value(item.right, tensors, algebra, None))


def pull(item: Rule, adjoint: Value, tensors: Environment, algebra: Algebra) -> list[tuple[Key, Value]]:
    """What an adjoint of a rule's left-hand side contributes to the adjoints of the tensors it reads."""
    tape: dict[int, Value] = {}
    _value(item.left, tensors, algebra, tape)
    found: list[tuple[Key, Value]] = []
    _pull(item.left, adjoint, tape, tensors, algebra, found)
    return found


def _value(node: Expression, tensors: Environment, algebra: Algebra, tape: dict[int, Value] | None) -> Value:
    if node.kind == "tensor":
        return tensors[node.data]
    if node.kind == "constant":
        result = algebra.constant(*node.data)
    else:
        values = [_value(operand, tensors, algebra, tape) for operand in node.operands]
        match node.kind:
            case "add":
                result = algebra.add(values)
            case "multiply":
                result = algebra.multiply(values)
            case "apply":
                name, order = node.data
                result = algebra.apply(name, order, values[0])
            case "sum":
                result = algebra.total(values[0])
            case "spread":
                result = algebra.spread(*values)
            case "logsumexp":
                result = algebra.logsumexp(values[0])
            case _:
                key, transpose = node.data
                result = algebra.product(tensors[key], transpose, values[0])
    if tape is not None:
        tape[id(node)] = result
    return result


def _pull(
    node: Expression,
    adjoint: Value,
    tape: dict[int, Value],
    tensors: Environment,
    algebra: Algebra,
    found: list[tuple[Key, Value]],
) -> None:
    """Reverse accumulation: the chain rule of every kind of node, written once."""
    if node.kind == "tensor":
        found.append((node.data, adjoint))
        return
    values = [tensors[o.data] if o.kind == "tensor" else tape[id(o)] for o in node.operands]
    shares: list[Value] = []
    match node.kind:
        case "constant":
            return
        case "add":
            shares = [adjoint] * len(values)
        case "multiply":
            for place, operand in enumerate(node.operands):
                share = algebra.multiply([adjoint, *values[:place], *values[place + 1 :]])
                shares.append(algebra.total(share) if operand.index is None and node.index is not None else share)
        case "apply":
            name, order = node.data
            shares = [algebra.multiply([adjoint, algebra.apply(name, order + 1, values[0])])]
        case "sum":
            shares = [algebra.spread(adjoint, values[0])]
        case "spread":  # the second operand only lends its length
            _pull(node.operands[0], algebra.total(adjoint), tape, tensors, algebra, found)
            return
        case "logsumexp":
            minus = algebra.multiply([algebra.constant(-1, 1), tape[id(node)]])
            shifted = algebra.add([values[0], algebra.spread(minus, values[0])])
            shares = [algebra.multiply([adjoint, algebra.apply("exp", 0, shifted)])]
        case _:
            key, transpose = node.data
            pair = (values[0], adjoint) if transpose else (adjoint, values[0])
            found.append((key, algebra.outer(*pair)))
            shares = [algebra.product(tensors[key], not transpose, adjoint)]
    for operand, share in zip(node.operands, shares, strict=True):
        _pull(operand, share, tape, tensors, algebra, found)
