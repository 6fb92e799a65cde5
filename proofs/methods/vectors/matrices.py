"""Index equations of whole vectors as matrix operations over a prime field, in both directions.

A definition such as  z[i] = Sum_j W[i, j] x[j] + b[i]  is translated from its JSON form into products of a matrix and
a vector, entry-wise products and function applications; everything else is refused (:class:`NoVectorForm`).  Each
operation also knows how to hand an adjoint to its operands, so that the definitions alone can be differentiated in
reverse, whatever was derived from them.

The same rules run over residues and over bounds on degrees (proofs/methods/vectors/algebras.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dyadic.proofs.evaluate.bodies import factors_of
from dyadic.proofs.methods.vectors.algebras import Algebra, Value

Key = tuple[str, str]
Environment = dict[Key, Value]


class NoVectorForm(Exception):
    """An equation that is not made of vectors, scalars and products with a matrix."""


@dataclass
class Expression:
    """A node: ``kind`` says what it does with its operands.  ``index`` is the axis of a vector, None for a scalar."""

    kind: str
    index: str | None
    operands: list[Expression] = field(default_factory=list)
    data: Any = None


class Translator:
    """JSON bodies to :class:`Expression`.

    shapes: of the tensors that are known.  extents: of the indices in scope; an index runs over the whole axis that it
    addresses, or there is no vector form.
    """

    def __init__(self, shapes: Mapping[Key, Sequence[Any]]) -> None:
        self.shapes: dict[Key, Sequence[Any]] = dict(shapes)
        self.extents: dict[str, Any] = {}

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
            case ["logsumexp", str(bound), extent, body]:
                self.extents[bound] = extent
                inner = self.body(body, bound)
                if inner.index != bound:
                    raise NoVectorForm("a logsumexp over something that does not vary")
                return Expression("logsumexp", None, [inner])
        raise NoVectorForm(f"{str(node)[:60]} is neither a vector, a scalar nor a product with a matrix")

    def _entry(self, key: Key, places: list[Any], index: str | None) -> Expression:
        if key not in self.shapes or len(places) != len(self.shapes[key]) or len(places) > 1:
            raise NoVectorForm(f"the entry {key[0]} of {key[1]} is not one of a vector")
        if not places:
            return Expression("tensor", None, data=key)
        if places[0] != ["index", index]:
            raise NoVectorForm(f"the entry {key[0]} of {key[1]} is not addressed by the index of the equation")
        self._whole(key, places)
        return Expression("tensor", index, data=key)

    def _whole(self, key: Key, places: Sequence[Any]) -> None:
        if [self.extents[name] for _, name in places] != list(self.shapes[key]):
            raise NoVectorForm(f"not all entries {key[0]} of {key[1]} are read")

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
        self.extents[bound] = extent
        factors = factors_of(body)
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
        if vector.index != bound or len(self.shapes.get(key, ())) != 2:
            raise NoVectorForm("not a product of one matrix with one vector")
        self._whole(key, matrices[0][3])
        return Expression("product", index, [vector], (key, matrices[0][3][0] == pair[1]))


@dataclass(frozen=True)
class VectorRule:
    """``tensor = expression``; an outer product where the tensor has two axes."""

    key: Key
    axes: int
    left: Expression
    right: Expression | None = None


def rule(translator: Translator, data: Mapping[str, Any]) -> VectorRule:
    """Translate one definition and make its tensor known."""
    key, indices = (data["kind"], data["owner"]), data["indices"]
    if len(indices) > 2:
        raise NoVectorForm(f"{key[0]} has {len(indices)} axes")
    translator.extents = dict(zip(indices, data["shape"], strict=True))
    if len(indices) == 2:
        return _outer(translator, key, indices, data["body"])
    index = indices[0] if indices else None
    left = translator.body(data["body"], index)
    if left.index != index:
        raise NoVectorForm(f"{key[0]} does not vary along its axis")
    translator.shapes[key] = data["shape"]
    return VectorRule(key, len(indices), left)


def _outer(translator: Translator, key: Key, indices: list[str], body: Any) -> VectorRule:
    factors = factors_of(body)
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
    return VectorRule(key, 2, left, right)


def evaluate(item: VectorRule, tensors: Environment, algebra: Algebra) -> Value:
    """The right-hand side of a rule."""
    left = _value(item.left, tensors, algebra, None)
    return left if item.right is None else algebra.outer(left, _value(item.right, tensors, algebra, None))


def pull(item: VectorRule, adjoint: Value, tensors: Environment, algebra: Algebra) -> list[tuple[Key, Value]]:
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
