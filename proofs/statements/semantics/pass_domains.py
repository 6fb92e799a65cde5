"""Where the passes of a pair have values: what has to be positive, or not 0, and where that is looked at.

A backward pass is right if it returns the derivative wherever the forward pass has a value.  What the outputs ask for
unconditionally says where that is: it may be assumed.  All else (of what is returned, and of what a choice does not
always take) has to follow, from how it is written or from what may be assumed, or is *open*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dyadic.proofs.evaluate.bodies import all_factors
from dyadic.proofs.evaluate.integers import is_guard
from dyadic.proofs.statements.parsing.conditions import index_names, with_indices
from dyadic.proofs.statements.semantics.value_ranges import ValueRanges
from dyadic.symbolic.readers.python_code import CodePair
from dyadic.symbolic.readers.python_code.array_forms import ARRAY, CodeDefinition, Dim, difference, one_minus, plus
from dyadic.symbolic.readers.python_code.partial_values import POWER, WHERE

_MOST_NODES = 60_000
_DEEPEST = 200
Conditions = Callable[[Any], list[Any]]


def _between(node: Any) -> list[Any]:
    return [one_minus(node), plus(1, node)]


NOT_NEGATIVE: Mapping[str, Conditions] = {
    "log": lambda node: [node], "sqrt": lambda node: [node], "rsqrt": lambda node: [node],
    "log1p": lambda node: [plus(1, node)], "acosh": lambda node: [difference(node, 1)],
    "asin": _between, "acos": _between, "atanh": _between,
}  # fmt: skip
"""Of functions that are not defined for all numbers: what must not be negative."""
IMPLIED: Mapping[str, Conditions] = {
    **dict.fromkeys(("asin", "acos", "atanh"), lambda node: [difference(1, ["^", node, 2])]),
    "acosh": lambda node: [plus(node, 1), plus(["^", node, 2], -1)],
}
"""What is not negative either where these functions have a value."""
ENDLESS = ("log", "log1p", "rsqrt", "atanh")
"""Those that have no value where that is 0."""


class TooLong(Exception):
    """The equations are too many to be looked through."""


@dataclass(frozen=True)
class DomainDemand:
    """``argument`` must not be negative, or (zero) not be 0, for all values of the indices at which the guards hold.

    masks, brackets: the guards; what stands beside them is left out where one is 0.
    """

    function: str
    argument: Any
    zero: bool
    masks: tuple[Any, ...]
    brackets: tuple[Any, ...]
    indices: tuple[tuple[str, Dim], ...]
    line: int

    def __str__(self) -> str:
        if self.function == "/":
            return f"what is divided by in line {self.line} is not 0"
        if self.function == "^":
            return f"what is raised to a fractional power in line {self.line} is {'not 0' if self.zero else 'positive'}"
        inside = {"log1p": "above -1", "acosh": "at least 1"}.get(self.function, "positive")
        inside = "between -1 and 1" if NOT_NEGATIVE[self.function] is _between else inside
        return f"what {self.function} is applied to in line {self.line} is {inside}"


class PassDomains:
    """assumed: what every output asks for, unless it always holds.  open: what else is asked for and may not hold.

    looked_through: whether the equations were not too many for that; else all is open.
    """

    def __init__(self, pair: CodePair) -> None:
        self._defined = {item.name: item for item in (*pair.forward, *pair.backward)}
        self.ranges = ValueRanges({name: item.body for name, item in self._defined.items()})
        self.assumed: list[DomainDemand] = []
        self.open: list[DomainDemand] = []
        self.looked_through = True
        if not self.everywhere:
            self._look(pair)

    def _look(self, pair: CodePair) -> None:
        returned = [gradient.array for gradient in pair.gradients if gradient.array]
        try:
            forward = _Search(self._defined, implied=True).of([output for _, output in pair.upstream.values()])
            backward = _Search(self._defined, implied=False).of(returned)
        except TooLong:
            self.looked_through, self.open = False, list(filter(self._doubtful, self._all()))
            return
        forward, backward = (list(filter(self._doubtful, one)) for one in (forward, backward))
        self.assumed = [one for one in forward if not one.masks]
        self.open = [one for one in (*forward, *backward) if not self._is_assumed(one)]

    def _all(self) -> Iterator[DomainDemand]:
        return (one for item in self._defined.values() for one in _asked_in(item.body, item.line))

    @cached_property
    def everywhere(self) -> bool:
        """Whether nothing in any equation has no value anywhere."""
        return not any(
            self._doubtful(one) for item in self._defined.values() for one in _asked_in(item.body, item.line)
        )

    def _doubtful(self, one: DomainDemand) -> bool:
        if one.zero:
            return not self.ranges.thin(one.argument)
        return not self.ranges.of(one.argument).low >= 0

    def _is_assumed(self, one: DomainDemand) -> bool:
        """Whether it is, at other values of the indices, something that may be assumed."""
        return any(
            (given.zero == one.zero) and len(given.brackets) <= len(one.brackets) and _covers(given, one)
            for given in self.assumed
        )

    @property
    def divides(self) -> bool:
        """Whether all that is divided by is 0 at single points at most, or where the forward pass has no value."""
        return not any(one.zero for one in self.open)


def _covers(given: DomainDemand, one: DomainDemand) -> bool:
    found: dict[str, Any] = {}
    ranges, others = dict(given.indices), dict(one.indices)
    pairs = [(given.argument, one.argument), *zip(given.brackets, one.brackets, strict=False)]
    if not all(_matched(pattern, node, set(ranges), found) for pattern, node in pairs):
        return False
    return all(_within(index, ranges[name], others) for name, index in found.items())


def _within(index: Any, dim: Dim, ranges: Mapping[str, Dim]) -> bool:
    """Whether an index is seen to take values below a size alone."""
    if isinstance(index, list) and index[:1] == ["index"]:
        limit = ranges.get(index[1])
        return limit == dim or (isinstance(limit, int) and isinstance(dim, int) and limit <= dim)
    return isinstance(index, int) and (index == 0 or (isinstance(dim, int) and 0 <= index < dim))


def _matched(pattern: Any, node: Any, names: set[str], found: dict[str, Any]) -> bool:
    """Whether an expression is a pattern with something in place of indices."""
    if isinstance(pattern, list) and len(pattern) == 2 and pattern[0] == "index" and pattern[1] in names:
        return bool(found.setdefault(pattern[1], node) == node)
    if not isinstance(pattern, list) or not isinstance(node, list):
        return bool(pattern == node)
    if len(pattern) != len(node):
        return False
    if pattern and pattern[0] in ("sum", "max") and pattern[0] == node[0] and pattern[2] == node[2]:
        return _matched(
            pattern[3], with_indices(node[3], {node[1]: ["index", pattern[1]]}), names - {pattern[1]}, found
        )
    return all(_matched(one, two, names, found) for one, two in zip(pattern, node, strict=True))


def _nothing(node: Any) -> list[Any]:
    return []


def _asked(node: Any, implied: bool = False) -> Iterator[tuple[str, Any, bool]]:
    """What an expression itself asks for: the function, what is not to be negative, or (true) not 0.

    implied: with what is so by itself where that is.
    """
    if node[0] == "^":
        whole = isinstance(node[2], int)
        if not whole:
            yield "^", node[1], False
        if (node[2] if whole else node[2][1]) < 0:
            yield "/" if whole else "^", node[1], True
    if node[0] == "apply" and node[1] in NOT_NEGATIVE:
        for argument in NOT_NEGATIVE[node[1]](node[3]):
            yield node[1], argument, False
            if node[1] in ENDLESS or node[2]:
                yield node[1], argument, True
        for argument in IMPLIED.get(node[1], _nothing)(node[3]) if implied else ():
            yield node[1], argument, False


def _asked_in(body: Any, line: int) -> Iterator[DomainDemand]:
    """All that stands in an expression, whatever it stands beside."""
    stack = [body]
    while stack:
        node = stack.pop()
        if isinstance(node, list) and node:
            yield from (DomainDemand(name, argument, zero, (), (), (), line) for name, argument, zero in _asked(node))
            stack += node[1:]


@dataclass(frozen=True)
class _ReadPlace:
    """An equation that is read at some place: its body there, the ranges of indices, and what guards it."""

    body: Any
    ranges: Mapping[str, Dim]
    masks: tuple[Any, ...]
    brackets: tuple[Any, ...]
    line: int


class _Search:
    """All demands of some arrays, with the equations that they read written out at the places that are read."""

    def __init__(self, defined: Mapping[str, CodeDefinition], implied: bool) -> None:
        self._defined, self._implied = defined, implied
        self._left = _MOST_NODES
        self._found: dict[str, DomainDemand] = {}
        self._seen: set[str] = set()
        self._queue: list[_ReadPlace] = []
        self._bound = 0

    def of(self, names: Sequence[str]) -> list[DomainDemand]:
        for name in names:
            self._read(name, None, _ReadPlace(0, {}, (), (), 0))
        while self._queue:
            look = self._queue.pop()
            self._walk(look.body, look)
        return list(self._found.values())

    def _read(self, name: str, place: list[Any] | None, look: _ReadPlace) -> None:
        """An entry of an array; of all at once where nothing guards it and every index runs over all of its axis."""
        item = self._defined.get(name)
        if item is None:
            return
        whole = place is None or (not look.masks and not look.brackets and _is_all(place, item, look))
        key = repr(name if whole else (name, place, look.masks, look.brackets))
        if key in self._seen or (name in self._seen and not (look.masks or look.brackets)):
            return
        self._seen.add(key)
        if whole:
            ranges = dict(zip(item.indices, item.shape, strict=True))
            self._queue.append(_ReadPlace(item.body, ranges, (), (), item.line))
            return
        body = with_indices(item.body, dict(zip(item.indices, place or [], strict=True)))
        self._queue.append(_ReadPlace(body, look.ranges, look.masks, look.brackets, item.line))

    def _walk(self, node: Any, look: _ReadPlace, depth: int = 0) -> None:
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            raise TooLong
        if not isinstance(node, list) or not node or is_guard(node):
            return
        for function, argument, zero in _asked(node, self._implied and not look.masks):
            self._note(function, argument, zero, look)
        match node:
            case ["entry", str(kind), str(name), list(place)]:
                if kind == ARRAY:
                    self._read(name, place, look)
            case ["*", *children]:
                factors = all_factors(children)
                brackets = tuple(factor for factor in factors if is_guard(factor))
                inner = _ReadPlace(0, look.ranges, look.masks, (*look.brackets, *brackets), look.line)
                for factor in factors:
                    self._walk(factor, inner, depth + 1)
            case [str(head), mask, value] if head == WHERE:
                self._walk(mask, look, depth + 1)
                inner = _ReadPlace(0, look.ranges, (*look.masks, mask), look.brackets, look.line)
                self._walk(value, inner, depth + 1)
            case [str(head), varies, value] if head == POWER:
                masks = look.masks if varies else (*look.masks, 1)  # a value that may be there where this is not
                inner = _ReadPlace(0, look.ranges, masks, look.brackets, look.line)
                self._walk(value, inner, depth + 1)
            case ["sum" | "max", str(name), dim, body]:
                self._bound += 1
                fresh = f"at{self._bound}" if look.ranges.get(name) or look.masks else name
                inner = _ReadPlace(0, {**look.ranges, fresh: dim}, look.masks, look.brackets, look.line)
                self._walk(with_indices(body, {name: ["index", fresh]}), inner, depth + 1)
            case _:
                for child in node[1:]:
                    self._walk(child, look, depth + 1)

    def _note(self, function: str, argument: Any, zero: bool, look: _ReadPlace) -> None:
        read = index_names([argument, *look.masks, *look.brackets])
        indices = tuple((name, dim) for name, dim in look.ranges.items() if name in read)
        found = DomainDemand(function, argument, zero, look.masks, look.brackets, indices, look.line)
        key = repr((argument, zero, look.masks, look.brackets))
        self._found.setdefault(key, found)


def _is_all(place: list[Any], item: CodeDefinition, look: _ReadPlace) -> bool:
    names = [index[1] if isinstance(index, list) and index[:1] == ["index"] else "" for index in place]
    dims = [look.ranges.get(name) for name in names]
    return len(set(names)) == len(names) and dims == list(item.shape)


__all__ = ["ENDLESS", "NOT_NEGATIVE", "DomainDemand", "PassDomains", "TooLong"]
