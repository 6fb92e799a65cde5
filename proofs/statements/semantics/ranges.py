"""What every index of a claim ranges over, and where an entry would stand outside its tensor.

A range that is not written is told from axes on which the index stands.  Expressions leave here with ranges that the
evaluator understands (``["size", key]``), and with what decides at which sizes a claim may be examined.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from dyadic.proofs.checker.intake.names import REDUCTIONS
from dyadic.proofs.evaluate.integers import GUARDS
from dyadic.proofs.statements.parsing.tokens import Unreadable
from dyadic.proofs.statements.semantics.axis_extents import Extent
from dyadic.proofs.statements.semantics.claimed_ranges import (
    bound_twice,
    claimed_below,
    denied,
    doubted_below_largest,
    ends_before,
    other_end,
    pairs_of,
    told_of_largest,
    without_full_ranges,
)
from dyadic.proofs.statements.semantics.index_slots import (
    Slot,
    defined_entry,
    entries_in,
    free_names,
    is_inequality,
    is_known,
    is_shortest,
    is_subtracted_index,
    left_out,
    nodes_of,
    of_one_length,
    parts_a_range,
    range_names,
    start_of,
)
from dyadic.proofs.statements.semantics.own_energy import known_ranges, written_out
from dyadic.proofs.statements.semantics.range_ends import NoLargest, largest_extent, starts_below
from dyadic.proofs.statements.semantics.vocabulary import Vocabulary, axes_kind, shown_entry
from dyadic.symbolic.errors import SpecError


@dataclass
class Ranges:
    """What was found out about one equation.

    free: the extent of every free index.  outside: an entry that is read and does not exist, in words.
    extents: every extent that an index has, by key.  doubtful: why the range of an index is, and what to write; what
    is refuted for the shortest one is wrong for any.  told: which of several lengths was taken, in words.
    """

    free: dict[str, Extent] = field(default_factory=dict)
    outside: str | None = None
    extents: dict[str, Extent] = field(default_factory=dict)
    doubtful: tuple[str, str] | None = None
    told: list[str] = field(default_factory=list)


def elaborate(
    sides: list[Any],
    vocabulary: Vocabulary,
    where: str,
    known: Mapping[str, Extent] | None = None,
    defines: bool = False,
    shortest: bool = False,
    elsewhere: Collection[str] = (),
) -> tuple[list[Any], Ranges]:
    """The sides with resolved ranges.  Raises :class:`SpecError` where a range cannot be told.

    known: ranges of free indices that are told already.  defines: whether the first side is what the equation defines:
    its axes are the ranges of the indices that stand on it.  shortest: whether an index on axes of different lengths
    gets the shortest range, which is then said to be doubtful.  elsewhere: free indices of a side that is not given.
    """
    work = _Elaboration(vocabulary)
    work.preset = dict(known or {})
    told = set(work.preset)
    try:
        for side in sides:
            work.preset |= known_ranges(side, vocabulary)
        sides = [written_out(side, vocabulary) for side in sides]
    except Unreadable as error:
        raise SpecError(where, error.problem, "see `dyadic explain claims`") from error
    marked = [work.mark(side, {}) for side in sides]
    for name in sorted(work.twice):
        raise SpecError(where, f"{name} is bound twice, by a sum directly below a sum", "write one range and a bracket")
    if work.doubted:
        raise SpecError(where, f"{work.doubted} below Max, ArgMax or LogSumExp is doubtful", "use another bracket")
    for name in sorted(work.ambiguous):
        raise SpecError(where, f"{name} is a size of this network, not an index", "give the index another name")
    for name in sorted((work.ending | work.apart) - {*(known or {}), *elsewhere}):
        if (doubt := _one_sum_or_two(name, marked, work)) is not None:
            raise SpecError(where, *doubt)
    own = defined_entry(marked[0]) if defines else marked[0]
    if isinstance(own, list) and own[0] == "entry":
        work.infer([own])
        work.own = free_names(own)
    told |= work.own if defines else set()
    work.infer(marked)
    if defines and not work.guarded:
        work.check(marked, told)
    if not work.ranges.outside and (torn := work.torn(marked, told, shortest)) is not None:
        raise SpecError(where, *torn)
    try:
        work.end()
    except NoLargest as error:
        raise SpecError(
            where, f"where a range ends cannot be told: {error}", "write sums of indices and sizes"
        ) from None
    work.infer(marked)
    work.by_letters()
    for name, slot in work.free.items():
        end = claimed_below(slot, marked)
        if end is not None and (slot.extent is None or (name not in work.preset and ends_before(slot.extent, end))):
            slot.extent = vocabulary.extent(max(end, 0))
        if (doubt := other_end(slot, marked)) is not None:
            raise SpecError(where, *doubt)
        if slot.extent is None:
            problem = f"{name} is no size of this network, and as an index its range cannot be told"
            raise SpecError(where, problem, f"write a number, or its range at the end: {_for(vocabulary, name, '< 5')}")
    marked = [without_full_ranges(side, work.free.values()) for side in marked]
    work.infer(marked)  # what is compared with a free index
    for slot, extent, other in work.handed:
        if slot.extent is extent and claimed_below(slot, marked) is None:
            work.ranges.told.append(f"{slot.name} runs over {extent} entries, as {other} does")
    work.ranges.told += told_of_largest(marked)
    for slot in work.bound:
        if slot.extent is None:
            raise SpecError(
                where,
                f"the range of the index {slot.name} cannot be told",
                f"write {_sum(vocabulary, slot.name, '<5')}",
            )
    for node in nodes_of(marked):
        start = start_of(node) if node and node[0] in REDUCTIONS else None
        if start is not None and starts_below(start, vocabulary):
            problem = f"the range of {node[1].name} starts before {vocabulary.first} for some values of other indices"
            raise SpecError(where, problem, "start it with a value that there always is")
    work.check(marked)
    found = work.ranges
    if work.guarded:  # where a bracket is 0 nothing beside it is read: only an evaluation tells
        found.outside = None
    found.free = {name: slot.extent for name, slot in work.free.items() if slot.extent is not None}
    found.extents = {slot.extent.key: slot.extent for slot in [*work.free.values(), *work.bound] if slot.extent}
    named = (vocabulary.extents.get(node[1]) for node in nodes_of(marked) if len(node) == 2 and node[0] == "size")
    found.extents |= {extent.key: extent for extent in named if extent is not None}
    return [_resolved(side) for side in marked], found


def _sum(vocabulary: Vocabulary, name: str, within: str = "") -> str:
    """A sum in the notation of the claim, for a message."""
    within = within.replace("<=", r"\le") if vocabulary.latex else within
    return rf"\sum_{{{name}{within}}}" if vocabulary.latex else f"Sum[{name}{within}]"


def _for(vocabulary: Vocabulary, name: str, within: str) -> str:
    """The range of a free index in the notation of the claim, for a message."""
    found = f"{name} {within.strip()}"
    return r"\text{for } " + found.replace("<=", r"\le") if vocabulary.latex else f"for {found}"


def _one_sum_or_two(name: str, marked: list[Any], work: _Elaboration) -> tuple[str, str] | None:
    """Why a free index may be meant to be summed over too, and what to write; None where it is clear that it is free.

    It is where the index stands on both sides, and on one of them outside of the sums whose ranges depend on it.
    """
    sides = [side for side in marked if name in free_names(side)]
    parted = any(parts_a_range(side, name) for side in sides)
    bound, restricted = _sum(work.vocabulary, name), _for(work.vocabulary, name, "< 5")
    remedy = f"write {bound} before it if it is summed over, else its range at the end: {restricted}"
    outside = any(name in free_names(side, name) for side in sides)
    if name in work.ending and len(sides) < 2 and not parted and not (outside and is_inequality(marked)):
        return f"the range of a sum depends on {name}, which stands on one side of the equation only", remedy
    read = any(name in free_names(entry) for entry in entries_in(sides))
    if outside or not (name in work.apart or (read and not parted)):
        return None
    what = f"what is not {name}" if name in work.apart else f"a range that depends on {name}"
    return f"a sum over {what} reads {name}, which stands nowhere else: one sum or two?", remedy


class _Elaboration:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.free: dict[str, Slot] = {}
        self.preset: dict[str, Extent] = {}
        self.bound: list[Slot] = []
        self.ranges = Ranges()
        self.handed: list[tuple[Slot, Extent | None, str]] = []  # an index, its range, and from which one it has that
        self.own: set[str] = set()  # free indices of the one entry that the first side is
        self.guarded = False
        self.ambiguous: set[str] = set()
        self.doubted = ""
        self.ending: set[str] = set()  # free indices on which the range of a sum depends
        self.twice: set[str] = set()  # indices that a sum directly below a sum binds again
        self.apart: set[str] = set()  # free indices of which a sum leaves out the value

    def mark(self, node: Any, scope: dict[str, Slot]) -> Any:
        """The expression with every index name replaced by its slot."""
        if not isinstance(node, list) or node[0] == "rational":
            return node
        if node[0] == "size":  # where a sum binds the name it is the sum's index
            return ["index", scope[node[1]]] if node[1] in scope else node
        if node[0] == "^":
            return ["^", self.mark(node[1], scope), node[2]]
        if node[0] == "apply":
            return [*node[:3], self.mark(node[3], scope)]
        if node[0] == "index":
            slot = scope.get(node[1]) or self.free.setdefault(node[1], Slot(node[1], self.preset.get(node[1])))
            return ["index", slot]
        if node[0] in REDUCTIONS:
            kind, name, written, body = node
            self.doubted = self.doubted or (doubted_below_largest(body) if kind != "sum" else "")
            self.twice |= {name} if bound_twice(name, body) else set()
            slot = Slot(name, stated=written is not None, apart=tuple(set(left_out(name, body)) - scope.keys()))
            if isinstance(written, list):
                slot.end = self.mark(written, scope)
            elif written is not None:
                slot.extent = self.vocabulary.extent(written)
            self.bound.append(slot)
            self.apart |= set(slot.apart)
            found = [kind, slot, self.mark(body, {**scope, name: slot})]
            self.ending |= range_names(found) - scope.keys()
            return found
        if node[0] == "entry":
            self.guarded = self.guarded or node[1] == "delta"
            for index in node[3]:
                if isinstance(index, list) and index[0] == "size" and index[1] not in scope:
                    self.ambiguous.add(index[1])
            return [*node[:3], [self.mark(index, scope) for index in node[3]]]
        if brackets := denied(node):
            node = ["unless", *brackets]
        self.guarded = self.guarded or node[0] in GUARDS
        return [node[0], *(self.mark(child, scope) for child in node[1:])]

    def infer(self, sides: list[Any]) -> None:
        for entry in entries_in(sides):
            for index, extent in zip(entry[3], self._axes(entry), strict=False):
                slot = self._alone(index, extent)
                if slot is not None and slot.extent is None:
                    slot.extent = extent
        pairs = pairs_of(sides)
        changed = True
        while changed:  # delta[i, j] and [i < j] hand a range from one index to the other
            changed = False
            for one, two in pairs:
                if (one.extent is None) != (two.extent is None):
                    last, other = (one, two) if one.extent is None else (two, one)
                    last.extent = other.extent
                    self.handed.append((last, other.extent, other.name))
                    changed = True

    def by_letters(self) -> None:
        """The ranges that indices have by their letters, where the author's names tell these and nothing else does."""
        known = self.vocabulary.letter_extents
        for slot in [*self.free.values(), *self.bound]:
            if slot.extent is None and slot.end is None and slot.name in known:
                slot.extent = known[slot.name]
                self.ranges.told.append(f"{slot.name} runs over {slot.extent} entries, as in the names")

    def torn(self, sides: list[Any], told: set[str], shortest: bool) -> tuple[str, str] | None:
        """Of an index without a stated range on axes of different lengths: that it is one, and what to write.

        told: free indices whose range is told.  shortest: whether it gets the shortest range.

        With a longer one entries that do not exist are read, and where no bracket stands before them that is wrong.
        """
        axes: dict[int, list[Extent]] = {}
        for entry in entries_in(sides):
            for index, axis in zip(entry[3], self._axes(entry), strict=False):
                if (slot := self._alone(index, axis)) is not None:
                    axes.setdefault(id(slot), []).append(axis)
        beside: dict[int, list[Extent]] = {}  # an index on no axis runs over the range of one that it is compared with
        for one, two in pairs_of(sides):
            for slot, other in ((one, two), (two, one)):
                if other.extent is not None and id(slot) not in axes:
                    beside.setdefault(id(slot), []).append(other.extent)
        for slot in [*self.free.values(), *self.bound]:
            is_free = self.free.get(slot.name) is slot
            if slot.stated or (is_free and slot.name in told):
                continue
            own = [slot.extent] if slot.extent is not None else []
            lengths = [*own, *axes.get(id(slot), beside.get(id(slot), []))]
            differing = next((axis for axis in lengths if not of_one_length(lengths[0], axis)), None)
            if differing is None:
                continue
            if is_free and (end := claimed_below(slot, sides)) is not None:
                slot.extent = self.vocabulary.extent(max(end, 0))
                continue
            numbers = [axis.true for axis in (lengths[0], differing) if axis.true is not None]
            sign, write = "<=" if self.vocabulary.first else "<", _for if is_free else _sum
            ends = sorted(set(numbers)) if self.guarded else [min(numbers, default=3)]
            remedy = " or ".join(write(self.vocabulary, slot.name, f" {sign} {end}") for end in ends or [3])
            if is_free and shortest and slot.name in self.own and is_shortest(slot.extent, lengths):
                self.ranges.told.append(f"{slot.name} runs over the {slot.extent} entries of its axis on the left side")
                continue
            of = f"the range of {slot.name} is doubtful: it stands on axes of {lengths[0]} and of {differing} entries"
            found = of, f"state its range, as in {remedy}"
            if not (shortest and (is_free or not self.guarded) and all(axis.true is not None for axis in lengths)):
                return found
            slot.extent = min(lengths, key=lambda axis: axis.true or 0)
            self.ranges.doubtful = self.ranges.doubtful or found
        return None

    def end(self) -> None:
        """Tell the extents of ranges that end before an expression: its largest value.  Raises :class:`NoLargest`."""
        open_ones = [slot for slot in self.bound if slot.end is not None]
        while open_ones:
            known = [slot for slot in open_ones if is_known(slot.end)]
            if not known:
                return
            for slot in known:
                slot.extent = largest_extent(slot.end, self.vocabulary)
            open_ones = [slot for slot in open_ones if slot not in known]

    def _alone(self, index: Any, axis: Extent) -> Slot | None:
        """The index that runs over the whole of an axis: i, or backwards as in n - 1 - i."""
        match index:
            case ["index", slot]:
                return slot
            case ["+", *terms]:
                slots = [term[2][1] for term in terms if is_subtracted_index(term)]
                rest = [term for term in terms if not is_subtracted_index(term)]
                number = sum(term for term in rest if isinstance(term, int))
                sizes = [term[1] for term in rest if isinstance(term, list) and term[0] == "size"]
                extents = [self.vocabulary.extents[name] for name in sizes if name in self.vocabulary.extents]
                plain = len(rest) == len(extents) + sum(isinstance(term, int) for term in rest)
                if len(slots) != 1 or not plain:
                    return None
                if len(extents) == 1 and number == -1 and extents[0].same(axis):
                    return slots[0]
                return slots[0] if not extents and number + 1 == axis.true else None
        return None

    def check(self, sides: list[Any], names: set[str] | None = None) -> None:
        """Compare every index with the axis it stands on; names: of free indices, where only these are meant."""
        for entry in entries_in(sides):
            for position, (index, axis) in enumerate(zip(entry[3], self._axes(entry), strict=False)):
                shown = shown_entry(entry[1], entry[2], [_shown(i) for i in entry[3]])
                if isinstance(index, int):
                    if index < 0 or (axis.true is not None and index >= axis.true):
                        self._outside(f"{shown} does not exist: axis {position + 1} has {axis} entries")
                elif index[0] == "index":
                    extent = index[1].extent
                    if names is not None and (
                        index[1].name not in names or index[1] is not self.free.get(index[1].name)
                    ):
                        continue
                    if extent.true is not None and axis.true is not None and extent.true > axis.true:
                        self._outside(
                            f"{shown} does not exist for {index[1].name} = {axis.true}: "
                            f"axis {position + 1} has {axis} entries, {index[1].name} runs over {extent}"
                        )

    def _outside(self, message: str) -> None:
        self.ranges.outside = self.ranges.outside or message

    def _axes(self, entry: Any) -> tuple[Extent, ...]:
        kind, owner = entry[1:3]
        return () if kind == "delta" else self.vocabulary.axes(axes_kind(kind), owner)


def _shown(node: Any) -> str:
    """An index as text."""
    if not isinstance(node, list):
        return str(node)
    match node[0]:
        case "index":
            return str(node[1].name)
        case "size":
            return str(node[1])
        case "entry":
            return shown_entry(node[1], node[2], [_shown(index) for index in node[3]])
        case "+":
            return " + ".join(map(_shown, node[1:]))
        case "*":
            return " ".join(map(_shown, node[1:]))
    return f"{node[0]}({', '.join(map(_shown, node[1:]))})"


def _resolved(node: Any) -> Any:
    """The marked expression in the evaluator's form; ranges become named sizes, delta a bracket."""
    if not isinstance(node, list):
        return node
    if node[0] == "index":
        return ["index", node[1].name]
    if node[0] in REDUCTIONS:
        return [node[0], node[1].name, ["size", node[1].extent.key], _resolved(node[2])]
    if node[0] == "entry" and node[1] == "delta":
        return ["same", *map(_resolved, node[3])]
    if node[0] == "entry":
        return [*node[:3], [_resolved(index) for index in node[3]]]
    return [node[0], *(_resolved(child) for child in node[1:])]
