"""What brackets of integers say in a claim: ranges before its sides, terms that are left out below a largest value.

A range at the end of an equation stands here as a bracket before each of its sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dyadic.proofs.checker.intake.kinds import is_position
from dyadic.proofs.checker.intake.names import REDUCTIONS
from dyadic.proofs.evaluate.bodies import all_factors, factors_of
from dyadic.proofs.evaluate.integers import GUARDS
from dyadic.proofs.statements.parsing.conditions import LARGEST_INTEGER
from dyadic.proofs.statements.semantics.axis_extents import Extent
from dyadic.proofs.statements.semantics.index_slots import Slot, entries_in, nodes_of

Linear = tuple[list[Any], int]
"""A sum of terms, in order, and a number."""


def claimed_below(slot: Slot, sides: list[Any]) -> int | None:
    """The number below which an index is for which an equation is claimed: a bracket before all of every side.

    Beyond the end of one side alone that side is 0, which is claimed of the others.  A formula alone claims nothing.
    """
    if len(sides) < 2:
        return None
    found = []
    for side in sides:
        ends = [number for terms, number in _ends(side, slot) if not terms]
        if ends:
            found.append(min(ends))
        elif side != 0:
            return None
    return max(found, default=None)


def other_end(slot: Slot, sides: list[Any]) -> tuple[str, str] | None:
    """Of an index on an axis of a named size: that it is said to end elsewhere, unless that is before the axis does."""
    if slot.extent is None or slot.extent.true is not None:
        return None
    terms, number = linear(slot.extent.bound)
    for end in _ends_in_sizes(slot, sides):
        if end[0] != terms or end[1] > number:
            problem = f"{slot.name} stands on an axis of {slot.extent} entries, and its range is said to end elsewhere"
            return problem, f"end it before {slot.extent}, or give sizes as numbers"
    return None


def without_full_ranges(side: Any, slots: Iterable[Slot]) -> Any:
    """A side without the brackets before it that let an index run over all of an axis of a named size, from 0 on."""
    named = [(slot, slot.extent.bound) for slot in slots if slot.extent is not None and slot.extent.true is None]
    left = [factor for factor in factors_of(side) if not any(_is_full(factor, *each) for each in named)]
    if len(left) == len(factors_of(side)):
        return side
    return left[0] if len(left) == 1 else ["*", *left] if left else 1


def stated_ranges(sides: list[Any]) -> tuple[list[Any], dict[str, int]]:
    """The sides of a definition, the first without its range at the end, and that range: where each index ends."""
    match sides:
        case [["*", *brackets, entry], body]:
            found = [end for bracket in brackets if (end := _range(bracket)) is not None]
            if len(found) == len(brackets) and not any(begins or end[0] for _, begins, end in found):
                return [entry, body], {name: number for name, _, (_, number) in found}
    return sides, {}


def linear(node: Any) -> Linear:
    """An integer expression as the terms of a sum, those of sums among them in their place, and a number."""
    if isinstance(node, int):
        return [], node
    if isinstance(node, list) and node[0] == "+":
        parts = [linear(term) for term in node[1:]]
        return [term for terms, _ in parts for term in terms], sum(number for _, number in parts)
    return [node], 0


def _range(bracket: Any) -> tuple[Any, bool, Linear] | None:
    """Of a bracket 0 <= index + number < end: its index, whether it begins later than 0, and before what it ends."""
    match bracket:
        case ["inside", place, end]:
            own, more = linear(place)
            if len(own) == 1 and isinstance(own[0], list) and own[0][0] == "index":
                terms, number = linear(end)
                return own[0][1], more < 0, (terms, number - more)
    return None


def _ends(side: Any, slot: Slot) -> list[Linear]:
    """Before what brackets that stand before a side let an index end."""
    found = map(_range, factors_of(side))
    return [one[2] for one in found if one is not None and one[0] is slot]


def _is_full(bracket: Any, slot: Slot, bound: Any) -> bool:
    """Whether a bracket lets an index run over all of an axis that ends before ``bound``."""
    found = _range(bracket)
    return found is not None and found[0] is slot and found[1:] == (False, linear(bound))


def _ends_in_sizes(slot: Slot, sides: list[Any]) -> list[Linear]:
    """The ends, in sizes of the network, that brackets before all of every side give an index."""
    each = [[end for end in _ends(side, slot) if end[0]] for side in sides if side != 0]
    return [end for end in each[0] if all(end in other for other in each)] if each else []


def ends_before(extent: Extent, end: int) -> bool:
    """Whether an axis is known to end before a number."""
    return extent.true is not None and extent.true < end


def told_of_largest(sides: list[Any]) -> list[str]:
    """What brackets of the author's, no ranges, mean below a largest value or a log-sum-exp, where there are some."""
    below = list(_below_largest(sides))
    found = []
    if any(_is_bracket(factor) and not _is_own_range(factor, slot) for factor, slot in below):
        found.append("where a bracket stands directly below Max, ArgMax or LogSumExp, the term is left out")
    if any(_of_real_numbers(factor) for factor, _ in below):
        found.append("a bracket of real numbers below Max, ArgMax or LogSumExp is a factor, 0 or 1")
    return found


def denied(node: Any) -> list[Any]:
    """The brackets of integers whose product is taken from 1, as in ``1 - [i = j]``: that is itself a bracket."""
    match node:
        case ["+", 1, ["*", -1, *product]] | ["+", ["*", -1, *product], 1]:
            brackets = _factors(["*", *product])
            return brackets if all(map(_is_bracket, brackets)) else []
    return []


def doubted_below_largest(body: Any) -> str:
    """Why it is doubtful, or not settled here, which terms a largest value is taken of; nothing if it is clear."""
    factors = _factors(body)
    if any(map(denied, factors)):
        return "1 less a bracket"
    held = any(is_position(entry[1]) for factor in factors if _is_bracket(factor) for entry in entries_in(factor))
    return "a bracket with the position of a largest value" if held else ""


def _below_largest(sides: list[Any]) -> Iterator[tuple[Any, Slot]]:
    """The factors of what largest values and log-sum-exps are taken of, each with the index that is taken over."""
    for node in nodes_of(sides):
        if node and node[0] in REDUCTIONS and node[0] != "sum":
            for factor in _factors(node[2]):
                yield factor, node[1]


def bound_twice(name: str, body: Any) -> bool:
    """Whether what stands directly below a sum, but for brackets, is another one over the same index."""
    rest = [each for each in factors_of(body) if not _is_bracket(each)]
    return len(rest) == 1 and isinstance(rest[0], list) and rest[0][0] in REDUCTIONS and rest[0][1] == name


def pairs_of(sides: list[Any]) -> list[tuple[Slot, Slot]]:
    """The indices that brackets compare."""
    return [pair for node in nodes_of(sides) if (pair := _compared(node)) is not None]


def _compared(node: Any) -> tuple[Slot, Slot] | None:
    """The two indices that a bracket compares with each other, as they are or by their order."""
    if not node or node[0] not in ("same", "inside", "entry") or (node[0] == "entry" and node[1] != "delta"):
        return None
    parts = node[3] if node[0] == "entry" else node[1:]
    if len(parts) == 2 and node[0] == "inside" and isinstance(parts[1], list) and parts[1][:1] == ["+"]:
        parts = [parts[0], parts[1][1]] if parts[1][2:] == [1] else parts  # i <= k is i < k + 1
    slots = [part[1] for part in parts if isinstance(part, list) and part and part[0] == "index"]
    return (slots[0], slots[1]) if len(parts) == len(slots) == 2 else None


def _is_bracket(node: Any) -> bool:
    return isinstance(node, list) and (node[0] in GUARDS or node[:2] == ["entry", "delta"])


def _of_real_numbers(node: Any) -> bool:
    """Whether a factor is a bracket of real numbers: the step function, or sums and differences of it."""
    match node:
        case ["apply", "step", 0, _]:
            return True
        case ["+", *terms]:
            signed = (term[2] if isinstance(term, list) and term[:2] == ["*", -1] else term for term in terms)
            return all(term == 1 or _of_real_numbers(term) for term in signed)
    return False


def _is_own_range(bracket: Any, slot: Slot) -> bool:
    match bracket:
        case ["inside", ["index", own], end] if own is slot:
            return bool(end == slot.end)
        case ["inside", ["+", ["index", own], *_], end] if own is slot:
            return bool(end == LARGEST_INTEGER)
    return False


def _factors(node: Any) -> list[Any]:
    """The factors of a product, those of products among them in their place; a power of a bracket is that bracket."""
    return [
        one[1] if isinstance(one, list) and one[0] == "^" and _is_bracket(one[1]) else one
        for one in all_factors([node])
    ]
