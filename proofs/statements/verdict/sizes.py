"""At which sizes a claim is examined: always such that the outcome holds at the architecture's own.

All entries where that is affordable; else axes in blocks (:mod:`dyadic.proofs.statements.verdict.blocks`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from math import prod
from typing import Any

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.names import REDUCTIONS
from dyadic.proofs.evaluate.drawn_sizes import Instantiation, free_symbols
from dyadic.proofs.evaluate.integers import GUARDS, extent
from dyadic.proofs.evaluate.network import Rejected, entries, whole
from dyadic.proofs.statements.number_systems.work import Exhausted, at_most
from dyadic.proofs.statements.semantics import orthogonality
from dyadic.proofs.statements.semantics.axis_extents import Extent
from dyadic.proofs.statements.semantics.equation import Equalities, Link, OwnQuantity
from dyadic.proofs.statements.semantics.hypotheses import given_read
from dyadic.proofs.statements.semantics.quantities import Sense, quantity
from dyadic.proofs.statements.semantics.reach import vertices_of
from dyadic.proofs.statements.semantics.vocabulary import LET, axes_kind
from dyadic.proofs.statements.verdict.blocks import Setting, claimed_ties, places_in, tied
from dyadic.proofs.statements.verdict.counting import most_indices
from dyadic.proofs.statements.verdict.variables_counted import most_variables
from dyadic.symbolic.errors import SpecError

BUDGET = 100_000
"""Largest number of operations of one evaluation of a claim (each is repeated some ten times)."""
TOTAL = 5_000_000
"""The same for all the claims of a file together."""
LARGEST_TENSOR = 4096
_LEAVES = ("entry", "rational", "size", "index", *GUARDS, "quotient", "remainder")
_TRIED = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 32, 64)
"""Numbers for sizes that the architecture gives by name; the smallest that it can have are examined."""


UNITS = 6
"""How many units of work (number_systems/work.py) are about as long as an operation with all its repetitions."""
_CLAIM = TOTAL // 3
"""How many operations one claim may take for the dearer number systems and the search for numbers."""


class Budget:
    """What is left of a number of operations.  taken: how many of them were no units of work."""

    def __init__(self, total: int = TOTAL) -> None:
        self._total = self._left = total
        self.taken = 0

    def take(self, count: int, where: str) -> None:
        self._left -= count
        self.taken += count
        if self._left < 0:
            raise SpecError(where, f"the claims up to here take more than {self._total} operations", "split the file")

    @contextmanager
    def working(self, where: str) -> Iterator[int]:
        """While work is counted, of which one claim may do the given number of units; it is taken from what is left.

        Raises :class:`Exhausted` where that was too little for the claim, :class:`SpecError` where nothing is left.
        """
        most, last = UNITS * min(_CLAIM, self._left), self._left <= _CLAIM
        meter = None
        try:
            with at_most(most) as meter:
                yield most
        except Exhausted:
            if last:
                self.take(self._left + 1, where)
            raise
        finally:
            if meter is not None:
                self._left = max(self._left - meter.spent // UNITS, 0)

    @contextmanager
    def part(self, total: int) -> Iterator[Budget]:
        """A budget of its own, no larger than what is left, from which it is taken."""
        found = Budget(min(total, self._left))
        try:
            yield found
        finally:
            self._left -= found._total - max(found._left, 0)


def free_sizes(graph: Graph) -> list[Any]:
    """Every size that nothing else in the architecture determines, once."""
    found = [extent for node in graph.inputs.values() for extent in node["shape"]]
    found += [node["below"] for node in graph.inputs.values() if "below" in node]
    found += [graph.sizes[name][symbol] for name in graph.parents for symbol in free_symbols(graph, name)]
    return list({repr(extent): extent for extent in found}.values())


def names(graph: Graph) -> list[str]:
    """The sizes that the architecture leaves symbolic."""
    found: list[str] = []
    stack: list[Any] = free_sizes(graph)
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            found += [node[1]] if node[:1] == ["size"] else []
            stack += node[1:]
    return sorted(set(found))


def choose(claim: Equalities, link: Link, where: str, budget: Budget) -> Setting | str:
    """Sizes at which an agreement holds for the architecture.  A string says why there are none.

    Raises :class:`SpecError` if the claim itself takes too many operations whatever the sizes.
    """
    if _written(claim, link) > BUDGET:
        raise SpecError(where, f"takes more than {BUDGET} operations to evaluate", "split it")
    full = Setting(claim.vocabulary)
    try:
        if _fits(claim, link, full):
            budget.take(operations(claim, link, full), where)
            return full
    except Rejected:
        pass  # sizes left symbolic
    found = _in_blocks(claim, link, most_indices(claim, link).__getitem__)
    if isinstance(found, str) and _fits_at_most(claim, link, full, claim.affordable):
        found = full
    if not isinstance(found, str):
        budget.take(operations(claim, link, found), where)
    return found


def choose_few(claim: Equalities, link: Link) -> Setting | None:
    """Fewer blocks, for an agreement in which every function value is a variable; None if there are no blocks."""
    try:
        if _fits(claim, link, Setting(claim.vocabulary)):
            return None
    except Rejected:
        pass
    found = _in_blocks(claim, link, most_variables(claim, link))
    return None if isinstance(found, str) or not found.blocks else found


def _in_blocks(claim: Equalities, link: Link, count: Callable[[str], int]) -> Setting | str:
    """count: of the indices that a monomial may have, by the key of an extent."""
    extents, ties = _axes(claim, link), _ties(claim, link)
    symbolic = sorted(str(extent) for key, extent in extents.items() if extent.true is None and key in ties)
    if symbolic:
        return f"it depends on the size {symbolic[0]} that is left symbolic, with more than the choice of entries"
    blocks = {
        k: 2 + count(k) for k, e in extents.items() if k not in ties and (e.true is None or e.true > 2 + count(k))
    }
    found = Setting(claim.vocabulary, {}, blocks, drawn=True)
    try:
        if not _fits(claim, link, found):
            return f"one evaluation takes more than {BUDGET} operations, at the sizes to which it is tied"
    except Rejected as error:
        return f"it cannot be evaluated for symbolic sizes ({error.reason})"
    return found


def _written(claim: Equalities, link: Link) -> int:
    """The operations of the claim's own expressions, with two entries for a range that is a size of the network."""
    count = 0
    for ranges, bodies in _expressions(claim, link):
        known = {str(e.true) for e in claim.vocabulary.extents.values()}
        small = {key: 2 if str(e.true) in known else e.true or 2 for key, e in ranges.extents.items()}
        count += prod(small[e.key] for e in ranges.free.values()) * sum(_cost(body, small) for body in bodies)
    return count


def _expressions(claim: Equalities, link: Link) -> list[tuple[Any, list[Any]]]:
    assumed = [(relation.ranges, [relation.left, relation.right]) for relation in claim.premises.relations]
    return [(link.ranges, [link.left, link.right]), *((let.ranges, [let.body]) for let in claim.lets), *assumed]


def _axes(claim: Equalities, link: Link) -> dict[str, Extent]:
    """Every extent that an evaluation meets, by its key."""
    vocabulary, graph = claim.vocabulary, claim.vocabulary.graph
    found: dict[str, Extent] = {}
    for ranges, _ in _expressions(claim, link):
        found |= ranges.extents
    vertices = vertices_of(claim, link)
    owners = {*vertices, *(owner for _, owner in claim.read(link))}
    owners |= {parent for name in vertices for parent in graph.parents.get(name, ())}
    owners |= {graph.costs[name]["input"] for name in vertices if name in graph.costs}
    for kind, owner in vocabulary.tensor_keys():
        if owner in owners:
            found |= {axis.key: axis for axis in vocabulary.axes(kind, owner)}
    for name in vertices:
        sizes = graph.costs[name]["sizes"] if name in graph.costs else graph.sizes[name]
        found |= {e.key: e for symbol in sizes for e in [Extent(["size", symbol], name, sizes)]}
    return found


def _ties(claim: Equalities, link: Link) -> set[str]:
    """Keys of the extents that must have all their entries."""
    vocabulary = claim.vocabulary
    vertices = vertices_of(claim, link)
    found = tied(vocabulary, vertices)
    for ranges, bodies in _expressions(claim, link):
        for body in bodies:
            found |= claimed_ties(body, ranges.free, ranges.extents, vocabulary)
    for key in given_read(claim, link):  # entries that differ cannot be put into blocks of equal ones
        pairs = zip(vocabulary.axes(*key), vocabulary.given[key].uneven, strict=True)
        found |= {axis.key for axis, uneven in pairs if uneven}
    if any(quantity(kind).sense is Sense.SLOPE for kind, _ in claim.read(link)):  # equal entries are not differentiated
        found |= _axes(claim, link).keys()
    for key in (*vocabulary.given_integers, *claim.premises.one_hot, *claim.premises.orthogonal):
        found |= {axis.key for axis in vocabulary.axes(*key)}
    for relation in claim.premises.equations:  # an equation that sums holds of the whole, not of each entry
        sides = [relation.left, relation.right]
        defined = any(kind == LET for side in sides for kind, _ in entries(side))
        if any(map(_reduces, [*sides, *(let.body for let in claim.lets if defined)])):
            found |= {axis.key for key in claim.read(link) for axis in vocabulary.axes(axes_kind(key[0]), key[1])}
    return found


def _reduces(node: Any) -> bool:
    """Whether an expression holds a sum or the like."""
    return isinstance(node, list) and bool(node) and (node[0] in REDUCTIONS or any(map(_reduces, node)))


def _fits_at_most(claim: Equalities, link: Link, setting: Setting, most: int) -> bool:
    """Whether one evaluation is affordable there, at most so many operations."""
    try:
        return _fits(claim, link, setting, most)
    except Rejected:
        return False


def _fits(claim: Equalities, link: Link, setting: Setting, most: int = BUDGET) -> bool:
    """Whether the evaluator takes every tensor and the whole is affordable."""
    shapes = [places_in(setting, claim.vocabulary.axes(axes_kind(k), o)) for k, o in claim.read(link)]
    shapes += [prod(setting.count(e) for e in r.free.values()) for r, _ in _expressions(claim, link)]
    return max(shapes) <= LARGEST_TENSOR and operations(claim, link, setting) <= most


def operations(claim: Equalities, link: Link, setting: Setting) -> int:
    """About how many operations the two sides, the definitions and the terms of the energy take."""
    count = 0
    for ranges, bodies in _expressions(claim, link):
        named = {key: setting.count(extent) for key, extent in ranges.extents.items()}
        places = prod(setting.count(extent) for extent in ranges.free.values())
        count += places * sum(_cost(body, named) for body in bodies)
    for key in claim.premises.orthogonal:
        count += orthogonality.operations(*(setting.count(axis) for axis in claim.vocabulary.axes(*key)))
    graph = claim.vocabulary.graph
    for name in vertices_of(claim, link):
        data = graph.cost_contents[name] if name in graph.costs else graph.layers[graph.content[name]]
        table = setting.table(name)
        for item in data["definitions"]:
            places = prod(whole(extent, table, name) for extent in item["shape"])
            count += 4 * places * _cost(item["body"], table)
        for item in data.get("parameters", {}).values():  # each entry gets a number
            count += prod(whole(extent, table, name) for extent in item["shape"])
    return count


def parts(claim: Equalities, setting: Setting) -> list[Link | OwnQuantity]:
    """All that has to have a value wherever the claim holds, as far as evaluating it is affordable."""
    most = max(BUDGET, claim.affordable)
    links = [link for link in claim.links if operations(claim, link, setting) <= most]
    return [*links, *claim.lets]


def candidates(claim: Equalities, link: Link) -> Iterator[Setting]:
    """Settings in which to look for a counterexample, those with few entries first; each at the network's own sizes.

    Sizes that are left symbolic get numbers, for a claim about all of them.
    """
    extents, ties = _axes(claim, link), _ties(claim, link)
    free = names(claim.vocabulary.graph)
    numbers: list[dict[str, int]] = [{}]
    if free:
        tried = [dict.fromkeys(free, n) for n in _TRIED]
        mixed = [{name: first + k for k, name in enumerate(free)} for first in _TRIED]
        exists = claim.vocabulary.exists
        first = [*islice(filter(exists, tried), 3), *islice(filter(exists, mixed), 2)]
        numbers = [*first, *(values for values in filter(exists, tried) if values not in first)]
    for values in numbers:
        seen = set()
        for count in (2, 3, 4, 2 + max(most_indices(claim, link).values(), default=0)):
            blocks = {k: count for k, e in extents.items() if k not in ties and e.true is not None and e.true > count}
            found = Setting(claim.vocabulary, values, blocks)
            if found.key not in seen and evaluable(claim, link, found):
                yield found
            seen.add(found.key)
        full = Setting(claim.vocabulary, values)
        if full.key not in seen and evaluable(claim, link, full):
            yield full


def evaluable(claim: Equalities, link: Link, setting: Setting) -> bool:
    """Whether a link can be evaluated there, and affordably."""
    return _fits_at_most(claim, link, setting, BUDGET)


def own(graph: Graph) -> Iterator[Instantiation]:
    """The network at its own sizes, if it is not too large; a size that is left symbolic is 1, 2 and 3 in turn."""
    free = free_sizes(graph)
    named = any(not isinstance(extent, int) for extent in free)
    for n in (1, 2, 3) if named else (0,):
        try:
            yield Instantiation(graph, {repr(extent): extent if isinstance(extent, int) else n for extent in free})
        except Rejected:
            continue


def shown(base: Mapping[str, int]) -> dict[str, int]:
    """The sizes that the architecture leaves symbolic, for a report: ``n`` for ['size', 'n']."""
    return {key[10:-2]: value for key, value in base.items() if key.startswith("['size', '")}


def _cost(node: Any, sizes: dict[str, int]) -> int:
    """How many operations one evaluation takes, at most."""
    if not isinstance(node, list) or node[0] in _LEAVES:
        return 1
    if node[0] in REDUCTIONS:
        return 1 + extent(node[2], sizes, "claim", least=0) * _cost(node[3], sizes)
    return 1 + sum(_cost(child, sizes) for child in node[1:])
