"""The right-hand sides of equations, compiled to closures over any ring.

A closure adds, multiplies and looks up; nothing is ever handed to ``eval`` or to SymPy.  In a product the brackets
are evaluated first, and if one is 0 nothing else of it is.  A reduction first finds the values of its index that
the brackets admit; what does not depend on the index is taken out of it; each remaining factor then gives the
list of its values (a *row*), and the ring forms the sum of the products of the rows in one call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any, Protocol, runtime_checkable

from dyadic.proofs.evaluate.integers import AffineInteger, ClosureScope, admitted, guard, is_guard, whole
from dyadic.proofs.evaluate.number_rings import Anywhere, Ring

Value = Callable[[], Any]
Indices = range | list[int]
Row = Callable[[Indices], Sequence[Any]]


@runtime_checkable
class Lazy(Protocol):
    """A ring in which a number may be no number, and is left out where it is not taken."""

    def taken(self, mask: Any, value: Any) -> Any:
        """The value where the mask is 1, else 0."""


_HIGHEST_POWER = 2**22
_LARGEST = 2**4096
_LONGEST_SUM = 4096


def compile_body(node: Any, scope: ClosureScope, ring: Ring, depth: int = 0) -> Value:
    """A JSON expression as a function of the scope's slots and tables.  Raises :class:`Rejected`."""
    scope.visit(depth)
    if isinstance(node, int) and not isinstance(node, bool) and abs(node) < _LARGEST:
        return _constant(ring.number(node))
    if not isinstance(node, list) or not node or not isinstance(node[0], str):
        raise scope.reject(f"{node!r:.80} is not an expression")

    def inner(child: Any) -> Value:
        return compile_body(child, scope, ring, depth + 1)

    match node:
        case ["rational", int(p), int(q)] if 0 < q < _LARGEST and abs(p) < _LARGEST:
            return _constant(ring.number(p, q))
        case ["size", str(name)] if name in scope.sizes:
            return _constant(ring.number(scope.sizes[name]))
        case ["quotient" | "remainder" | "index", *_]:
            count = whole(node, scope, depth).compiled(scope)
            return lambda: ring.number(count())
        case ["entry", *_]:
            return TensorEntry(node, scope, depth).value
        case ["+", *children] if children:
            terms, add = [inner(child) for child in children], ring.add
            return lambda: add([term() for term in terms])
        case ["*", *children] if children:
            return _product(children, scope, ring, depth)
        case ["^", base, int(exponent)] if abs(exponent) <= _HIGHEST_POWER:
            return _power(inner(base), exponent, 1, ring)
        case ["^", base, ["rational", int(p), int(q)]] if 0 < q <= _HIGHEST_POWER and abs(p) <= _HIGHEST_POWER:
            return _power(inner(base), p, q, ring)
        case ["apply", str(name), int(order), argument] if 0 <= order <= 2:
            value = inner(argument)
            return lambda: ring.apply(name, order, value())
        case ["where", mask, child] if isinstance(ring, Lazy):
            condition, value = inner(mask), inner(child)
            return lambda: ring.taken(condition(), value())
        case ["sum" | "logsumexp" | "max" | "argmax" as kind, str(name), extent, body]:
            value = _reduction(kind, name, extent, body, scope, ring, depth)
            return value if kind != "argmax" or not depth else _number_of_index(value, ring)
        case _ if is_guard(node):
            condition = guard(node, scope, depth).test
            one, zero = ring.number(1), ring.number(0)
            return lambda: one if condition() else zero
    raise scope.reject(f"{node!r:.80} is not an expression")


def _number_of_index(position: Value, ring: Ring) -> Value:
    """The index of a largest value as a number of the ring, which it is already where it is not known (``Maxima``)."""

    def value() -> Any:
        found = position()
        return ring.number(found) if isinstance(found, int | Anywhere) else found

    return value


def _constant(number: Any) -> Value:
    return lambda: number


def _power(base: Value, p: int, q: int, ring: Ring) -> Value:
    return lambda: ring.power(base(), p, q)


def factors_of(node: Any) -> list[Any]:
    """The factors of a product as it is written; of anything else, itself."""
    return node[1:] if isinstance(node, list) and node[:1] == ["*"] else [node]


def all_factors(children: Sequence[Any]) -> list[Any]:
    """Without products of products: a bracket in brackets guards what stands beside these."""
    found, left = [], [*reversed(children)]
    while left:
        child = left.pop()
        if isinstance(child, list) and child[:1] == ["*"]:
            left += reversed(child[1:])
        else:
            found.append(child)
    return found


def _product(children: Sequence[Any], scope: ClosureScope, ring: Ring, depth: int) -> Value:
    children = all_factors(children)
    tests = [guard(child, scope, depth + 1).test for child in children if is_guard(child)]
    factors = [compile_body(child, scope, ring, depth + 1) for child in children if not is_guard(child)]
    multiply, zero = ring.mul, ring.number(0)
    if not tests and len(factors) == 1:
        return factors[0]
    if not tests and len(factors) == 2:
        one, two = factors
        return lambda: multiply((one(), two()))
    if not tests:
        return lambda: multiply([factor() for factor in factors])

    def guarded() -> Any:
        for test in tests:
            if not test():
                return zero
        return multiply([factor() for factor in factors])

    return guarded


class TensorEntry:
    """A tensor's entry, alone or for a list of values of one index."""

    def __init__(self, node: Any, scope: ClosureScope, depth: int) -> None:
        match node:
            case ["entry", str(kind), str(owner), list(indices)]:
                self.axes = [whole(index, scope, depth + 1) for index in indices]
            case _:
                raise scope.reject(f"{node!r:.80} is not an entry")
        self.scope, self.position = scope, scope.table(kind, owner)
        self.reads = frozenset().union(*(axis.reads for axis in self.axes))

    @property
    def value(self) -> Value:
        tables, position, slots = self.scope.tables, self.position, self.scope.slots
        match [axis.slot for axis in self.axes]:  # the common cases, for speed
            case [int(only)]:
                return lambda: tables[position][(slots[only],)]
            case [int(first), int(second)]:
                return lambda: tables[position][slots[first], slots[second]]
        place = [axis.compiled(self.scope) for axis in self.axes]
        return lambda: tables[position][tuple([at() for at in place])]

    def row(self, slot: int) -> Row:
        tables, position = self.scope.tables, self.position
        axes = [_along(axis, slot, self.scope) for axis in self.axes]
        if len(axes) == 1:
            (only,) = axes
            return lambda steps: list(map(tables[position].__getitem__, zip(only(steps))))
        if len(axes) == 2:
            first, second = axes
            # Not strict: an axis that does not change is repeated without end.
            return lambda steps: list(map(tables[position].__getitem__, zip(first(steps), second(steps), strict=False)))
        return lambda steps: list(map(tables[position].__getitem__, zip(*[axis(steps) for axis in axes], strict=False)))


def _along(axis: AffineInteger, slot: int, scope: ClosureScope) -> Callable[[Indices], Iterable[int]]:
    """The values of one axis' index while the index in ``slot`` takes the given values."""
    if slot not in axis.reads:
        value = axis.compiled(scope)
        return lambda steps: repeat(value())
    if any(slot in reads for _, _, reads in axis.others):
        return _one_by_one(axis.compiled(scope), slot, scope)
    if axis.slot == slot:
        return lambda steps: steps
    factor = axis.slots[slot]
    start = axis.plus(AffineInteger(0, {slot: factor}), -1).compiled(scope)

    def shifted(steps: Indices) -> Iterable[int]:
        first = start()
        return [first + factor * step for step in steps]

    return shifted


def _one_by_one(value: Value, slot: int, scope: ClosureScope) -> Row:
    slots = scope.slots

    def row(steps: Indices) -> list[Any]:
        found = []
        for slots[slot] in steps:
            found.append(value())
        return found

    return row


def _reduction(kind: str, name: str, extent: Any, body: Any, scope: ClosureScope, ring: Ring, depth: int) -> Value:
    length = whole(extent, scope, depth + 1)
    if length.reads or length.others or length.constant < 0:
        raise scope.reject(f"{extent!r:.80} is not the length of a sum")
    if length.constant > _LONGEST_SUM:
        raise scope.reject(f"a sum of {length.constant} terms is too long to evaluate here")
    names, repeats = dict(scope.names), scope.repeats
    slot = scope.bind(name)
    scope.repeats = repeats * max(length.constant, 1)
    children = all_factors([body])
    guards = [guard(child, scope, depth + 1) for child in children if is_guard(child)]
    rest = [child for child in children if not is_guard(child)]
    outer = [item.test for item in guards if slot not in item.reads]
    steps = admitted([item for item in guards if slot in item.reads], slot, length.constant, scope)
    if outer:
        steps = _unless(outer, steps)
    if kind == "sum":
        value = _sum(rest, slot, steps, scope, ring, depth)
    else:
        row = _one_by_one(_product(rest, scope, ring, depth), slot, scope)
        value = _choice(kind, row, steps, scope, ring)
    scope.names, scope.repeats = names, repeats
    return value


def _unless(tests: list[Callable[[], bool]], steps: Callable[[], Indices]) -> Callable[[], Indices]:
    nothing = range(0)
    return lambda: steps() if all(test() for test in tests) else nothing


def _sum(
    factors: list[Any], slot: int, steps: Callable[[], Indices], scope: ClosureScope, ring: Ring, depth: int
) -> Value:
    rows: list[Row] = []
    fixed: list[Value] = []
    for child in factors:
        if isinstance(child, list) and child and child[0] == "entry":
            scope.visit(depth)
            entry = TensorEntry(child, scope, depth)
            if slot in entry.reads:
                rows.append(entry.row(slot))
            else:
                fixed.append(entry.value)
        else:
            value = compile_body(child, scope, ring, depth + 1)
            if _mentions(child, scope, slot):
                rows.append(_one_by_one(value, slot, scope))
            else:
                fixed.append(value)
    zero = ring.number(0)
    if not rows:
        one = ring.number(1)
        rows.append(lambda values: [one] * len(values))

    dot, multiply = ring.dot, ring.mul

    def plain() -> Any:
        values = steps()
        return dot([row(values) for row in rows]) if values else zero

    def scaled() -> Any:
        values = steps()
        if not values:
            return zero
        return multiply([*[factor() for factor in fixed], dot([row(values) for row in rows])])

    return scaled if fixed else plain


def _mentions(node: Any, scope: ClosureScope, slot: int) -> bool:
    """Whether an expression may depend on the index in a slot (by name: a bound index of that name counts)."""
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            if len(item) == 2 and item[0] == "index" and scope.names.get(item[1]) == slot:
                return True
            stack.extend(item)
    return False


def _choice(kind: str, row: Row, steps: Callable[[], Indices], scope: ClosureScope, ring: Ring) -> Value:
    """logsumexp, max and argmax over the admitted values of the index."""

    def value() -> Any:
        chosen = steps()
        if not chosen:
            raise scope.reject(f"a {kind} over nothing")
        values = row(chosen)
        if kind == "logsumexp":
            return ring.logsumexp(values)
        return ring.largest(values) if kind == "max" else ring.argmax(values, chosen)

    return value
