"""A claim's expressions over one ring: the network's tensors, the claim's own, and the numbers behind its ranges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from dyadic.proofs.checker.intake.kinds import is_position, maximum
from dyadic.proofs.evaluate.integers import GUARDS, unless
from dyadic.proofs.evaluate.network import Entries, IntegerEntries, RingDefinition, whole
from dyadic.proofs.statements.number_systems.closed import noting
from dyadic.proofs.statements.parsing.conditions import with_indices
from dyadic.proofs.statements.semantics.equation import Equalities, Link, OwnQuantity
from dyadic.proofs.statements.semantics.meaning import Meaning, Place
from dyadic.proofs.statements.semantics.premises import Relation
from dyadic.proofs.statements.semantics.quantities import candidate, chosen
from dyadic.proofs.statements.semantics.ranges import Ranges
from dyadic.proofs.statements.semantics.vocabulary import LET

_INTEGER_PARTS = ("entry", *GUARDS, "quotient", "remainder")


class ClaimTensors(dict[tuple[str, str], Entries]):
    """Tensors of one claim: its own definitions over the network's.

    ``read`` collects what was looked up, ``determined`` the numbers that follow from others by an assumption.
    """

    def __init__(self, meaning: Meaning, claim: Equalities, watch: bool = False) -> None:
        super().__init__()
        self.meaning, self.ring, self.premises = meaning, meaning.ring, claim.premises
        self.read: dict[tuple[str, str, Place], None] = {}
        self.determined: dict[str, str] = {}
        self.nearby: Callable[[int], ClaimTensors] | None = None  # the same at numbers that are moved by very little
        self._lets = {let.name: let for let in claim.lets}
        self._watch, self._divides = watch, claim.divides

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: tuple[str, str]) -> Entries:
        table = self._defined(self._lets[key[1]]) if key[0] == LET else self.meaning[key]
        if self._watch:
            watched = _WatchedIntegers if isinstance(table, IntegerEntries) else _Watched
            table = watched(table, key, self.read)
        self[key] = table
        return table

    def _defined(self, let: OwnQuantity) -> Entries:
        return self._evaluated(let.body, let.ranges, let.indices)

    def _evaluated(self, node: Any, ranges: Ranges, indices: Sequence[str]) -> Entries:
        """The expression at every value of the given indices, through the prover's evaluator."""
        setting, named = self.meaning.setting, self.meaning.vocabulary.extents
        numbers = {key: setting.count(extent) for key, extent in ranges.extents.items()}
        for name in _sizes(node):
            if name not in numbers and name in named:
                numbers[name] = setting.count(named[name])
        shape = [setting.count(ranges.free[name]) for name in indices]
        body = _with_chosen(self._with_sums(setting.weighed(node)))
        content = {"kind": "claim", "owner": "", "indices": list(indices), "shape": shape, "body": body}
        with noting(self.ring, self._divides):
            return RingDefinition(content, numbers, self.ring, "claim").evaluate(self)

    def _with_sums(self, node: Any, depth: int = 0) -> Any:
        """Where the index at which a largest value is attained is more than compared: the sum of which it picks a term.

        It is no integer among formal cases, and then only ``[k = that]`` has a value, for each k.
        """
        if not isinstance(node, list) or not node:
            return node
        if node[0] in _INTEGER_PARTS and node[0] != "unless":  # each of its brackets for itself
            place = _innermost_position(node[3] if node[0] == "entry" else node[1:])
            if place is not None and not _is_compared(node, place):
                index = ["index", f"largest {depth}"]
                body = ["*", ["same", index, place], _put(node, place, index)]
                return self._with_sums(["sum", index[1], self._positions(place), body], depth + 1)
        found = [self._with_sums(child, depth + 1) for child in node]
        return unless(found[1:]) if node[0] == "unless" else found

    def _positions(self, place: Any) -> int:
        """How many values the index of a largest value can have."""
        graph, owner, kind = self.meaning.graph, place[2], maximum(place[1])
        data = graph.cost_contents[owner] if owner in graph.costs else graph.layers[graph.content[owner]]
        extent = next(item["body"][2] for item in data["definitions"] if item["kind"] == kind)
        return whole(extent, self.meaning.setting.table(owner), owner)

    def sides(self, link: Link | Relation) -> Iterator[tuple[dict[str, int], Any, Any]]:
        """Both sides of a link at every value of its free indices."""
        names = list(link.ranges.free)
        left = self._evaluated(link.left, link.ranges, names)
        right = self._evaluated(link.right, link.ranges, names)
        for place, value in left.items():
            yield dict(zip(names, place, strict=True)), value, right[place]

    def evaluate(self, part: Link | OwnQuantity) -> None:
        """A step or a definition of the claim, for nothing but whether it has a value and what it needs for that."""
        if isinstance(part, OwnQuantity):
            self[LET, part.name]
        else:
            for node in (part.left, part.right):
                self._evaluated(node, part.ranges, list(part.ranges.free))

    def at(self, link: Link | Relation, index: Mapping[str, int]) -> tuple[Any, Any]:
        """Both sides at one value of the free indices."""
        one, two = (self._evaluated(with_indices(node, index), link.ranges, ())[()] for node in (link.left, link.right))
        return one, two


class _Watched(dict[Place, Any]):
    """Entries of one tensor that note which of them is looked up."""

    def __init__(self, table: Entries, key: tuple[str, str], log: dict[tuple[str, str, Place], None]) -> None:
        super().__init__()
        self._table, self._key, self._log = table, key, log

    def __missing__(self, place: Place) -> Any:
        value = self._table[place]
        self._log[(*self._key, place)] = None
        return value


class _WatchedIntegers(_Watched, IntegerEntries):
    """The same of a tensor of integers."""


def _with_chosen(node: Any) -> Any:
    """Where an index is compared with the one at which a largest value is attained: whether that is the one, a number.

    (With formal cases it is no integer.)
    """
    if not isinstance(node, list):
        return node
    if node[:1] == ["same"]:
        for one, two in ((node[1], node[2]), (node[2], node[1])):
            if _is_position(one) and not _is_position(two):
                at = [*one[3], two]
                among = ["same", ["entry", candidate(one[1]), one[2], at], 1]
                return ["*", among, ["entry", chosen(one[1]), one[2], at]]
        return node
    found = [_with_chosen(child) for child in node]
    return unless(found[1:]) if node[:1] == ["unless"] else found


def _innermost_position(node: Any) -> Any:
    """The index of a largest value in an integer expression, one in whose own indices there is none; or None."""
    if not isinstance(node, list):
        return None
    found = next((inner for child in node if (inner := _innermost_position(child)) is not None), None)
    return node if found is None and _is_position(node) else found


def _is_compared(node: Any, place: Any) -> bool:
    """Whether it is compared as it is, with what holds no such index."""
    if node[0] != "same":
        return False
    sides = [other for one, other in ((node[1], node[2]), (node[2], node[1])) if one == place]
    return bool(sides) and _innermost_position(sides[0]) is None


def _put(node: Any, old: Any, new: Any) -> Any:
    if node == old:
        return new
    return [_put(child, old, new) for child in node] if isinstance(node, list) else node


def _is_position(node: Any) -> bool:
    return isinstance(node, list) and len(node) == 4 and node[0] == "entry" and is_position(node[1])


def _sizes(node: Any) -> set[str]:
    """The names of the sizes in an expression."""
    if not isinstance(node, list):
        return set()
    if len(node) == 2 and node[0] == "size":
        return {node[1]}
    return set().union(*map(_sizes, node)) if node else set()
