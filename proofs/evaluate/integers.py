"""Integer expressions of an equation: indices, extents and the conditions in brackets.

With the sizes known an integer expression is  constant + Sum coefficient * index + Sum coefficient * (anything else),
the rest being quotients, remainders and entries of integer tensors.  It is compiled once to that form; the
values of the indices stand in a list of slots that the closures share, so that nothing is rebuilt per term.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from dyadic.proofs.checker.intake.reading import Rejected

Entries = dict[tuple[int, ...], Any]


class IntegerEntries(Entries):
    """The entries of a tensor of integers: these alone may stand in an index.  In a term each is a number of the ring.

    A table of another type holds numbers of the ring, also where these are integers themselves, as residues are.
    """


Count = Callable[[], int]
Test = Callable[[], bool]

DEEPEST = 60
MOST_NODES = 20_000
_BOUNDS: ContextVar[tuple[int, int]] = ContextVar("bounds", default=(2**14, 2**22))
_LARGEST_NUMBER = 2**40


def largest_tensor() -> int:
    """How many entries a tensor may have."""
    return _BOUNDS.get()[0]


def most_terms() -> int:
    """How many nodes an evaluation of one definition may visit."""
    return _BOUNDS.get()[1]


@contextmanager
def enlarged() -> Iterator[None]:
    """Larger tensors and longer evaluations, for one that is worth some seconds."""
    token = _BOUNDS.set((2**16, 2**25))
    try:
        yield
    finally:
        _BOUNDS.reset(token)


class ClosureScope:
    """What the closures of one definition share.

    slots: the indices' current values.  names: the slot of each visible index.  tables: the tensors read, which are
    put there before an evaluation: those of numbers at the positions in ``keys``, those of integers in ``integers``.
    """

    def __init__(self, sizes: Mapping[str, int], where: str, evaluations: int = 1) -> None:
        self.sizes, self.where = sizes, where
        self.slots: list[int] = []
        self.names: dict[str, int] = {}
        self.keys: dict[tuple[str, str], int] = {}
        self.integers: dict[tuple[str, str], int] = {}
        self.tables: list[Entries] = []
        self.repeats, self._terms, self._nodes = evaluations, 0, 0
        self._most_terms = most_terms()

    def reject(self, reason: str) -> Rejected:
        return Rejected(self.where, reason)

    def bind(self, name: str) -> int:
        """A slot for an index; the caller restores ``names`` when its scope ends."""
        self.slots.append(0)
        self.names[name] = len(self.slots) - 1
        return self.names[name]

    def table(self, kind: str, owner: str, integers: bool = False) -> int:
        """The position of a tensor among those read: of one of numbers, or (integers) of one of integers."""
        position = (self.integers if integers else self.keys).setdefault((kind, owner), len(self.tables))
        if position == len(self.tables):
            self.tables.append({})
        return position

    def visit(self, depth: int) -> None:
        """Count a node, and the number of times it will be evaluated."""
        self._nodes += 1
        self._terms += self.repeats
        if depth > DEEPEST:
            raise self.reject("the expression is nested too deeply")
        if self._nodes > MOST_NODES or self._terms > self._most_terms:
            raise self.reject("the expression is too large to evaluate here")


@dataclass
class AffineInteger:
    """constant + Sum coefficient * slot + Sum coefficient * count()."""

    constant: int = 0
    slots: dict[int, int] = field(default_factory=dict)
    others: list[tuple[int, Count, frozenset[int]]] = field(default_factory=list)

    @property
    def reads(self) -> frozenset[int]:
        """The slots that the value depends on."""
        return frozenset(self.slots).union(*(slots for _, _, slots in self.others))

    @property
    def slot(self) -> int | None:
        """The slot of the index that the expression is, if it is one."""
        return (
            next(iter(self.slots))
            if list(self.slots.values()) == [1] and not self.constant | len(self.others)
            else None
        )

    def plus(self, other: AffineInteger, factor: int = 1) -> AffineInteger:
        slots = dict(self.slots)
        for slot, coefficient in other.slots.items():
            slots[slot] = slots.get(slot, 0) + factor * coefficient
        others = [*self.others, *((factor * c, count, slots_) for c, count, slots_ in other.others)]
        return AffineInteger(self.constant + factor * other.constant, {s: c for s, c in slots.items() if c}, others)

    def compiled(self, scope: ClosureScope) -> Count:
        values, constant = scope.slots, self.constant
        pairs = list(self.slots.items())
        if self.others:
            rest = [(c, count) for c, count, _ in self.others]
            if not pairs and not constant and len(rest) == 1 and rest[0][0] == 1:
                return rest[0][1]
            base = AffineInteger(constant, self.slots).compiled(scope)
            return lambda: base() + sum([count() * c for c, count in rest])
        if not pairs:
            return lambda: constant
        if len(pairs) == 1:
            ((slot, factor),) = pairs
            if factor == 1 and not constant:
                return lambda: values[slot]
            return lambda: constant + factor * values[slot]
        if len(pairs) == 2:
            (slot, factor), (other, second) = pairs
            return lambda: constant + factor * values[slot] + second * values[other]
        return lambda: constant + sum(factor * values[slot] for slot, factor in pairs)


def whole(node: Any, scope: ClosureScope, depth: int = 0) -> AffineInteger:
    """An integer expression in JSON."""
    scope.visit(depth)
    if isinstance(node, int) and not isinstance(node, bool) and abs(node) < _LARGEST_NUMBER:
        return AffineInteger(node)
    match node:
        case ["index", str(name)] if name in scope.names:
            return AffineInteger(0, {scope.names[name]: 1})
        case ["size", str(name)] if name in scope.sizes:
            return AffineInteger(scope.sizes[name])
        case ["+", *parts] if parts:
            total = AffineInteger()
            for part in parts:
                total = total.plus(whole(part, scope, depth + 1))
            return total
        case ["*", *parts] if parts:
            product = AffineInteger(1)
            for part in parts:
                product = _times(product, whole(part, scope, depth + 1), scope)
            return product
        case ["quotient" | "remainder" as kind, numerator, divisor]:
            return _division(kind, whole(numerator, scope, depth + 1), whole(divisor, scope, depth + 1), scope)
        case ["entry", str(kind), str(owner), list(indices)]:
            axes = [whole(index, scope, depth + 1) for index in indices]
            place = [axis.compiled(scope) for axis in axes]
            tables, position = scope.tables, scope.table(kind, owner, integers=True)
            reads = frozenset().union(*(axis.reads for axis in axes))
            return AffineInteger(0, {}, [(1, lambda: tables[position][tuple([at() for at in place])], reads)])
    raise scope.reject(f"{node!r:.80} is not an integer expression")


def _times(one: AffineInteger, two: AffineInteger, scope: ClosureScope) -> AffineInteger:
    for left, right in ((one, two), (two, one)):
        if not left.reads and not left.others:
            if abs(left.constant) >= _LARGEST_NUMBER:
                raise scope.reject("a number is too large")
            return AffineInteger().plus(right, left.constant)
    first, second = one.compiled(scope), two.compiled(scope)
    return AffineInteger(0, {}, [(1, lambda: first() * second(), one.reads | two.reads)])


def _division(kind: str, numerator: AffineInteger, divisor: AffineInteger, scope: ClosureScope) -> AffineInteger:
    by = divisor.constant
    if divisor.reads or divisor.others or by <= 0:
        raise scope.reject("a divisor is not a positive number")
    if not numerator.reads and not numerator.others:
        return AffineInteger(numerator.constant // by if kind == "quotient" else numerator.constant % by)
    value = numerator.compiled(scope)
    count: Count = (lambda: value() // by) if kind == "quotient" else (lambda: value() % by)
    return AffineInteger(0, {}, [(1, count, numerator.reads)])


def extent(node: Any, sizes: Mapping[str, int], where: str, least: int = 1) -> int:
    """An extent: an integer expression of the sizes alone."""
    found = whole(node, ClosureScope(sizes, where))
    if found.reads or found.others or not least <= found.constant < 2**31:
        raise Rejected(where, f"{node!r:.80} is not a size")
    return found.constant


@dataclass
class Guard:
    """A bracket.  ``value`` and ``limit`` are there for [0 <= value < limit] with a constant limit."""

    test: Test
    reads: frozenset[int]
    value: AffineInteger | None = None
    limit: int = 0

    def range_of(self, slot: int, scope: ClosureScope) -> Callable[[], tuple[int, int]] | None:
        """The interval of one index in which the condition holds, if it is one: its first value and the end."""
        if self.value is None or self.value.others:
            return None
        step = self.value.slots[slot]
        rest = self.value.plus(AffineInteger(0, {slot: step}), -1).compiled(scope)
        limit = self.limit
        if step > 0:  # -rest <= step k <= limit - 1 - rest
            return lambda: (-(rest() // step), (limit - 1 - rest()) // step + 1)
        return lambda: (-((limit - 1 - rest()) // -step), rest() // -step + 1)


GUARDS = ("inside", "divides", "same", "unless")
"""The heads of brackets in JSON expressions: 0 <= value < end, divisibility, equality, that not all of some hold."""


def is_bracket(node: Any) -> bool:
    """Whether an expression is made of conditions between integers alone."""
    if not isinstance(node, list):
        return isinstance(node, int)
    return node[0] in GUARDS or (node[0] in ("+", "*") and all(map(is_bracket, node[1:])))


def is_guard(node: Any) -> bool:
    """Whether a JSON expression is a bracket or a positive power of one."""
    if isinstance(node, list) and len(node) == 3 and node[0] == "^":
        return isinstance(node[2], int) and node[2] > 0 and is_guard(node[1])
    if isinstance(node, list) and len(node) > 1 and node[0] == "unless":
        return all(map(is_guard, node[1:]))
    return isinstance(node, list) and len(node) == 3 and node[0] in GUARDS


def unless(brackets: list[Any]) -> Any:
    """1 less the product of what is 0 or 1: a bracket, where these are brackets."""
    found = ["unless", *brackets]
    return found if is_guard(found) else ["+", 1, ["*", -1, *brackets]]


def guard(node: Any, scope: ClosureScope, depth: int) -> Guard:
    """A bracket as a test."""
    if node[0] == "^":
        return guard(node[1], scope, depth)
    if node[0] == "unless":
        parts = [guard(child, scope, depth + 1) for child in node[1:]]
        return Guard(lambda: not all(part.test() for part in parts), frozenset().union(*(part.reads for part in parts)))
    one, two = whole(node[1], scope, depth + 1), whole(node[2], scope, depth + 1)
    first, second, reads = one.compiled(scope), two.compiled(scope), one.reads | two.reads
    if node[0] == "same":
        return Guard(lambda: first() == second(), reads)
    if node[0] == "divides":
        by = one.constant
        if one.reads or one.others or by <= 0:
            raise scope.reject("a divisor is not a positive number")
        return Guard(lambda: second() % by == 0, reads)
    if two.reads or two.others:
        return Guard(lambda: 0 <= first() < second(), reads)
    limit = two.constant
    return Guard(lambda: 0 <= first() < limit, reads, one, limit)


def admitted(guards: Iterable[Guard], slot: int, length: int, scope: ClosureScope) -> Callable[[], range | list[int]]:
    """The values of one index that satisfy all brackets, each of which depends on it, as a function of the others."""
    ranges, tests, slots = [], [], scope.slots
    for item in guards:
        interval = item.range_of(slot, scope)
        if interval is None:
            tests.append(item.test)
        else:
            ranges.append(interval)
    everything = range(length)

    def narrowed() -> range:
        first, end = 0, length
        for interval in ranges:
            low, high = interval()
            first, end = max(first, low), min(end, high)
        return range(first, end)

    choose = narrowed if ranges else lambda: everything
    if not tests:
        return choose

    def filtered() -> list[int]:
        found = []
        for slots[slot] in choose():
            if all(test() for test in tests):
                found.append(slots[slot])
        return found

    return filtered
