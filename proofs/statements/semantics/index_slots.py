"""Indices of a claim, each in its slot: where they stand, which are free, and what the ranges of sums read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dyadic.proofs.checker.intake.names import REDUCTIONS
from dyadic.proofs.evaluate.bodies import factors_of
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
        case ["unless", ["same", one, two]]:
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
    ends = [end for end in (reduction[1].end, start_of(reduction)) if end is not None]
    return free_names(["+", *ends]) - {reduction[1].name}


def parts_a_range(side: Any, name: str) -> bool:
    """Whether a free index stands only where a range is parted: one sum ends before it and another one starts with it.

    The two together are then what they are whatever the index is: nobody means to sum over it as well.
    """
    sums = [node for node in nodes_of(side) if node and node[0] in REDUCTIONS]
    ends = [node[1].end for node in sums if node[1].end is not None and name in free_names(node[1].end)]
    starts = [start for node in sums if (start := start_of(node)) is not None]
    read = set[str]().union(*map(free_names, entries_in(side))) if entries_in(side) else set()
    return name not in read and any(end == start for end in ends for start in starts)


def start_of(node: Any) -> Any:
    """The expression from which on a sum runs, if it is written."""
    match [*node[:2], _first_bracket(node[2])]:
        case [_, slot, ["inside", ["+", ["index", own], ["*", -1, start]], end]] if own is slot:
            return start if end == LARGEST_INTEGER else None
    return None


def _first_bracket(body: Any) -> Any:
    """The first factor of a body that is no number: a range is written before all else below a sum."""
    return next((each for each in factors_of(body) if isinstance(each, list) and each[0] != "rational"), None)


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


def is_shortest(extent: Extent | None, lengths: list[Extent]) -> bool:
    numbers = [axis.true for axis in lengths if axis.true is not None]
    return extent is not None and len(numbers) == len(lengths) and extent.true == min(numbers)


def is_known(end: Any) -> bool:
    """Whether the extents of all its indices are known."""
    return all(node[1].extent is not None for node in nodes_of(end) if node and node[0] == "index")


def is_subtracted_index(term: Any) -> bool:
    factors = term[1:] if isinstance(term, list) and term[:1] == ["*"] else []
    return len(factors) == 2 and factors[0] == -1 and isinstance(factors[1], list) and factors[1][:1] == ["index"]
