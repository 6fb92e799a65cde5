"""Indices of a claim, each in its slot: where they stand, which are free, and what brackets say of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dyadic.proofs.checker.intake.names import REDUCTIONS
from dyadic.proofs.statements.parsing.conditions import LARGEST_INTEGER
from dyadic.proofs.statements.semantics.axis_extents import Extent


@dataclass
class Slot:
    """One index, free or bound, and its extent once that is known.

    end: the expression before which it ends.  stated: whether its range is written.  apart: free indices whose value
    a sum over it leaves out.
    """

    name: str
    extent: Extent | None = None
    end: Any = None
    stated: bool = False
    apart: tuple[str, ...] = ()


def of_one_length(one: Extent, two: Extent) -> bool:
    """Whether two axes have the same number of entries, or expressions alike where sizes are symbolic."""
    return one.same(two) or (one.true is None and two.true is None and str(one) == str(two))


def defined_entry(side: Any) -> Any:
    """The entry that a first side defines, without where it is claimed, and without the step of a descent."""
    while isinstance(side, list) and side[0] in ("*", "+"):
        side = side[-1 if side[0] == "*" else 1]
    return side


def left_out(name: str, body: Any) -> list[str]:
    """The indices of which a sum over another one leaves out the value, by a bracket before all else in it."""
    match _first_bracket(body):
        case ["+", 1, ["*", -1, ["same", one, two]]]:
            sides = ((one, two), (two, one))
            return [b[1] for a, b in sides if a == ["index", name] and isinstance(b, list) and b[0] == "index"]
    return []


def free_names(node: Any, apart: str = "") -> set[str]:
    """The names of the indices in a marked expression that no sum of it binds.

    apart: outside of sums that leave out the value of this index, or whose range depends on it.
    """
    if not isinstance(node, list) or not node:
        return set()
    if node[0] == "index":
        return {node[1].name}
    if node[0] in REDUCTIONS:
        if apart and (apart in node[1].apart or apart in range_names(node)):
            return set()
        return free_names(node[2], apart) - {node[1].name}
    return set().union(*(free_names(child, apart) for child in (node[3] if node[0] == "entry" else node[1:])))


def range_names(reduction: Any) -> set[str]:
    """The names of the indices on which the range of a marked reduction depends: where it starts and ends."""
    ends = [end for end in (reduction[1].end, _start_of(reduction)) if end is not None]
    return free_names(["+", *ends]) - {reduction[1].name}


def parts_a_range(side: Any, name: str) -> bool:
    """Whether a free index stands only where a range is parted: one sum ends before it and another one starts with it.

    The two together are then what they are whatever the index is: nobody means to sum over it as well.
    """
    sums = [node for node in nodes_of(side) if node and node[0] in REDUCTIONS]
    ends = [node[1].end for node in sums if node[1].end is not None and name in free_names(node[1].end)]
    starts = [start for node in sums if (start := _start_of(node)) is not None]
    read = set[str]().union(*map(free_names, entries_in(side))) if entries_in(side) else set()
    return name not in read and any(end == start for end in ends for start in starts)


def _start_of(node: Any) -> Any:
    """The expression from which on a sum runs, if it is written."""
    match [*node[:2], _first_bracket(node[2])]:
        case [_, slot, ["inside", ["+", ["index", own], ["*", -1, start]], end]] if own is slot:
            return start if end == LARGEST_INTEGER else None
    return None


def _first_bracket(body: Any) -> Any:
    """The first factor of a body that is no number: a range is written before all else below a sum."""
    factors = body[1:] if isinstance(body, list) and body[0] == "*" else [body]
    return next((each for each in factors if isinstance(each, list) and each[0] != "rational"), None)


def is_inequality(sides: list[Any]) -> bool:
    """Whether the sides are those of an inequality: brackets between real numbers, and 1."""
    return sides[1:] == [1] and _of_steps(sides[0])


def _of_steps(node: Any) -> bool:
    match node:
        case ["apply", "step", *_]:
            return True
        case ["*", *factors]:
            return all(factor == -1 or _of_steps(factor) for factor in factors)
        case ["+", *terms]:
            return all(term == 1 or _of_steps(term) for term in terms)
    return False


def nodes_of(nodes: Any) -> list[Any]:
    """Every list in marked expressions, in order."""
    found, stack = [], [nodes]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            found.append(node)
            stack.extend(reversed(node))
    return found


def entries_in(nodes: Any) -> list[Any]:
    """Every entry in marked expressions, in order."""
    return [node for node in nodes_of(nodes) if node and node[0] == "entry"]


def claimed_below(slot: Slot, sides: list[Any]) -> int | None:
    """The number below which an index is for which an equation is claimed: a bracket before all of every side.

    Beyond the end of one side alone that side is 0, which is claimed of the others.  A formula alone claims nothing.
    """
    if len(sides) < 2:
        return None
    found: int | None = None
    for side in sides:
        ends = [end for factor in _leading(side) if (end := _end_of(factor, slot)) is not None]
        if not ends and side != 0:
            return None
        found = max([min(ends), *([] if found is None else [found])]) if ends else found
    return found


Linear = tuple[list[Any], int]
"""A sum of terms, in order, and a number."""


def linear(node: Any) -> Linear:
    """An integer expression as the terms of a sum, those of sums among them in their place, and a number."""
    if isinstance(node, int):
        return [], node
    if isinstance(node, list) and node[0] == "+":
        parts = [linear(term) for term in node[1:]]
        return [term for terms, _ in parts for term in terms], sum(number for _, number in parts)
    return [node], 0


def _end(bracket: Any, slot: Slot) -> Linear | None:
    """Before what a bracket lets an index end."""
    match bracket:
        case ["inside", place, end]:
            own, more = linear(place)
            if len(own) == 1 and isinstance(own[0], list) and own[0][0] == "index" and own[0][1] is slot:
                terms, number = linear(end)
                return terms, number - more
    return None


def _ends_in_sizes(slot: Slot, sides: list[Any]) -> list[Linear]:
    """The ends, in sizes of the network, that brackets before all of every side give an index."""
    found: list[Linear] = []
    for number, side in enumerate(side for side in sides if side != 0):
        ends = [end for factor in _leading(side) if (end := _end(factor, slot)) is not None]
        found = [end for end in ends if end[0] and (not number or end in found)]
    return found


def without_full_ranges(side: Any, slots: Iterable[Slot]) -> Any:
    """A side without the brackets before it that let an index run over all of an axis of a named size, from 0 on."""
    full = [
        bracket
        for slot in slots
        if slot.extent is not None and slot.extent.true is None
        for bracket in _leading(side)
        if _end(bracket, slot) == linear(slot.extent.bound) and linear(bracket[1])[1] >= 0
    ]
    left = [factor for factor in _leading(side) if not any(factor is bracket for bracket in full)]
    return side if not full else left[0] if len(left) == 1 else ["*", *left] if left else 1


def ends_before(extent: Extent, end: int) -> bool:
    return extent.true is not None and extent.true < end


def other_end(slot: Slot, sides: list[Any]) -> tuple[str, str] | None:
    """Of an index on an axis of a named size: that it is said to end elsewhere, unless that is before the axis does."""
    assert slot.extent is not None
    if slot.extent.true is not None:
        return None
    terms, number = linear(slot.extent.bound)
    for end in _ends_in_sizes(slot, sides):
        if end[0] != terms or end[1] > number:
            problem = f"{slot.name} stands on an axis of {slot.extent} entries, and its range is said to end elsewhere"
            return problem, f"end it before {slot.extent}, or give sizes as numbers"
    return None


def is_shortest(extent: Extent | None, lengths: list[Extent]) -> bool:
    numbers = [axis.true for axis in lengths if axis.true is not None]
    return extent is not None and len(numbers) == len(lengths) and extent.true == min(numbers)


def told_of_largest(sides: list[Any]) -> list[str]:
    """What brackets of the author's, no ranges, mean below a largest value or a log-sum-exp, where there are some."""
    below = [
        (factor, node[1])
        for node in nodes_of(sides)
        if node and node[0] in REDUCTIONS and node[0] != "sum"
        for factor in _factors(node[2])
    ]
    found = []
    if any(_is_bracket(factor) and not _is_range(factor, slot) for factor, slot in below):
        found.append("where a bracket stands directly below Max, ArgMax or LogSumExp, the term is left out")
    if any(isinstance(factor, list) and factor[:2] == ["apply", "step"] for factor, _ in below):
        found.append("a bracket of real numbers below Max, ArgMax or LogSumExp is a factor, 0 or 1")
    return found


def unequal_below_largest(sides: list[Any]) -> bool:
    """Whether a bracket with != stands directly below a largest value or a log-sum-exp."""
    reductions = [node for node in nodes_of(sides) if node and node[0] in REDUCTIONS and node[0] != "sum"]
    return any(is_unequal(factor) for node in reductions for factor in _factors(node[2]))


def is_unequal(node: Any) -> bool:
    """Whether an expression is a bracket that two integers differ."""
    return is_otherwise(node) and (node[2][2][0] == "same" or node[2][2][0] == "entry")


def is_otherwise(node: Any) -> bool:
    """Whether an expression is 1 where a bracket of integers is 0: beside it, entries are read everywhere."""
    match node:
        case ["+", 1, ["*", -1, bracket]]:
            return _is_bracket(bracket)
    return False


def _factors(node: Any) -> list[Any]:
    """The factors of a product, those of products and powers among them in their place."""
    if isinstance(node, list) and node[0] == "*":
        return [one for factor in node[1:] for one in _factors(factor)]
    return _factors(node[1]) if isinstance(node, list) and node[0] == "^" else [node]


def bound_twice(name: str, body: Any) -> bool:
    """Whether what stands directly below a sum, but for brackets, is another one over the same index."""
    rest = [each for each in _leading(body) if not _is_bracket(each) and not is_unequal(each)]
    return len(rest) == 1 and isinstance(rest[0], list) and rest[0][0] in REDUCTIONS and rest[0][1] == name


def _is_bracket(node: Any) -> bool:
    return isinstance(node, list) and (node[0] in ("inside", "divides", "same") or node[:2] == ["entry", "delta"])


def _is_range(bracket: Any, slot: Slot) -> bool:
    match bracket:
        case ["inside", ["index", own], end] if own is slot:
            return bool(end == slot.end)
        case ["inside", ["+", ["index", own], *_], end] if own is slot:
            return bool(end == LARGEST_INTEGER)
    return False


def stated_ranges(sides: list[Any]) -> tuple[list[Any], dict[str, int]]:
    """The sides of a definition, the first without its range at the end, and that range: where each index ends."""
    match sides:
        case [["*", *brackets, entry], body]:
            ends = dict(filter(None, map(_plain_end, brackets)))
            if len(ends) == len(brackets):
                return [entry, body], ends
    return sides, {}


def _plain_end(bracket: Any) -> tuple[str, int] | None:
    """The index of a bracket that lets it run from the first entry to one before an end."""
    match bracket:
        case ["inside", ["index", str(name)], int(end)]:
            return name, end
        case ["inside", ["+", ["index", str(name)], 1], int(end)]:  # i <= 4 of an index counted from 1
            return name, end - 1
    return None


def _leading(side: Any) -> list[Any]:
    return side[1:] if isinstance(side, list) and side[0] == "*" else [side]


def _end_of(bracket: Any, slot: Slot) -> int | None:
    found = _end(bracket, slot)
    return None if found is None or found[0] else found[1]


def compared(node: Any) -> tuple[Slot, Slot] | None:
    """The two indices that a bracket compares with each other, as they are or by their order."""
    if not node or node[0] not in ("same", "inside", "entry") or (node[0] == "entry" and node[1] != "delta"):
        return None
    parts = node[3] if node[0] == "entry" else node[1:]
    if len(parts) == 2 and node[0] == "inside" and isinstance(parts[1], list) and parts[1][:1] == ["+"]:
        parts = [parts[0], parts[1][1]] if parts[1][2:] == [1] else parts  # i <= k is i < k + 1
    slots = [part[1] for part in parts if isinstance(part, list) and part and part[0] == "index"]
    return (slots[0], slots[1]) if len(parts) == len(slots) == 2 else None


def pairs_of(sides: list[Any]) -> list[tuple[Slot, Slot]]:
    """The indices that brackets compare."""
    return [pair for node in nodes_of(sides) if (pair := compared(node)) is not None]


def is_known(end: Any) -> bool:
    """Whether the extents of all its indices are known."""
    return all(node[1].extent is not None for node in nodes_of(end) if node and node[0] == "index")


def is_subtracted_index(term: Any) -> bool:
    factors = term[1:] if isinstance(term, list) and term[:1] == ["*"] else []
    return len(factors) == 2 and factors[0] == -1 and isinstance(factors[1], list) and factors[1][:1] == ["index"]
