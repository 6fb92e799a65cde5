"""A claim's expressions over one ring: the network's tensors, the claim's own, and the numbers behind its ranges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from proofs.checker.network import Entries, compile_body
from proofs.statements.equation import Equalities, Let, Link
from proofs.statements.meaning import Meaning, Place
from proofs.statements.ranges import Ranges
from proofs.statements.vocabulary import LET, Extent


class Scope(dict[tuple[str, str], Entries]):
    """Tensors of one claim: its own definitions over the network's.  ``read`` collects what was looked up."""

    def __init__(self, meaning: Meaning, claim: Equalities, watch: bool = False) -> None:
        super().__init__()
        self.meaning, self.ring = meaning, meaning.ring
        self.read: dict[tuple[str, str, Place], None] = {}
        self._lets = {let.name: let for let in claim.lets}
        self._watch = watch

    def __missing__(self, key: tuple[str, str]) -> Entries:
        table = self._defined(self._lets[key[1]]) if key[0] == LET else self.meaning[key]
        self[key] = _Watched(table, key, self.read) if self._watch and key[0] != "delta" else table
        return self[key]

    def _defined(self, let: Let) -> Entries:
        body = self.closure(let.body, let.ranges)
        extents = [range(let.ranges.free[name].value(self.meaning.sizes)) for name in let.indices]
        return {place: body(dict(zip(let.indices, place, strict=True))) for place in product(*extents)}

    def closure(self, node: Any, ranges: Ranges) -> Any:
        """The expression as a function of the indices' values."""
        sizes = {**_named(self.meaning.sizes), **{k: e.value(self.meaning.sizes) for k, e in ranges.extents.items()}}
        compiled = compile_body(node, sizes, self.ring, "claim")
        numbers = {f"#{k}": k for k in _numbers(node)}
        return lambda index: compiled(self, {**numbers, **index})

    def sides(self, link: Link) -> Iterator[tuple[dict[str, int], Any, Any]]:
        """Both sides of a link at every value of its free indices."""
        left, right = self.closure(link.left, link.ranges), self.closure(link.right, link.ranges)
        for index in places(link.ranges.free, self.meaning.sizes):
            yield index, left(index), right(index)


class _Watched(dict[Place, Any]):
    """Entries of one tensor that note which of them is looked up."""

    def __init__(self, table: Entries, key: tuple[str, str], log: dict[tuple[str, str, Place], None]) -> None:
        super().__init__()
        self._table, self._key, self._log = table, key, log

    def __missing__(self, place: Place) -> Any:
        self._log[(*self._key, place)] = None
        return self._table[place]


def places(free: Mapping[str, Extent], sizes: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """Every assignment of the free indices."""
    for place in product(*(range(extent.value(sizes)) for extent in free.values())):
        yield dict(zip(free, place, strict=True))


def _named(sizes: Mapping[str, int]) -> dict[str, int]:
    """The sizes that have a name, by it: ``['size', 'n']`` as n."""
    return {key[10:-2]: value for key, value in sizes.items() if key.startswith("['size', '")}


def _numbers(node: Any) -> set[int]:
    """The numbers that stand as indices."""
    found: set[int] = set()
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            if len(item) == 2 and item[0] == "index" and item[1][0] == "#":
                found.add(int(item[1][1:]))
            stack.extend(item)
    return found
