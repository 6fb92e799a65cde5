"""The largest value of an integer expression over the ranges of its indices: how many values a sum may need.

And whether its smallest one is negative: a sum that starts there would be over values that no index has.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from dyadic.proofs.statements.semantics.axis_extents import Extent
from dyadic.proofs.statements.semantics.vocabulary import Vocabulary
from dyadic.symbolic.errors import SpecError


class NoLargest(Exception):
    """An expression of which no largest value is told here."""


def largest_extent(end: Any, vocabulary: Vocabulary) -> Extent:
    """The extent of an index that ends before an expression, whose indices have their slots and extents.

    Raises :class:`NoLargest`, and :class:`SpecError` where the range is empty whatever the indices are.
    """
    found = _largest(end, vocabulary)
    number, sizes = found.pop("", 0), {name: count for name, count in found.items() if count}
    if not sizes:
        if number <= 0:
            raise SpecError("a range", "holds no value: nothing would be compared", "mind where it ends")
        return vocabulary.extent(number)
    if len(sizes) == 1 and not number and set(sizes.values()) == {1}:
        return vocabulary.extent(next(iter(sizes)))
    terms = [["size", name] if count == 1 else ["*", count, ["size", name]] for name, count in sorted(sizes.items())]
    return Extent(["+", *terms, number] if number else ["+", *terms] if len(terms) > 1 else terms[0], free=True)


def starts_below(start: Any, vocabulary: Vocabulary) -> bool:
    """Whether an expression from which on an index runs may be negative; one of sizes is not, if they are large."""
    try:
        found = _largest(_opposite(start), vocabulary)
    except NoLargest:
        return True
    return (found.pop("", 0) > 0 and not any(found.values())) or any(count > 0 for count in found.values())


def _opposite(node: Any) -> Any:
    """The expression with the other sign, written so that its largest value is told."""
    match node:
        case int():
            return -node
        case ["+", *terms]:
            return ["+", *map(_opposite, terms)]
        case ["*", int(count), *rest]:
            return ["*", -count, *rest]
        case ["remainder", *_] | ["quotient", ["index" | "size", _], int()]:
            return 0  # these are not negative
    return ["*", -1, node]


def _largest(node: Any, vocabulary: Vocabulary) -> Counter[str]:
    """A number (under the name "") and multiples of sizes."""
    if isinstance(node, int):
        return Counter({"": node})
    match node:
        case ["size", name] if name in vocabulary.extents:
            return _of_extent(vocabulary.extents[name])
        case ["index", slot]:
            return _plus(_of_extent(slot.extent), Counter({"": -1}))
        case ["+", *terms]:
            total: Counter[str] = Counter()
            for term in terms:
                total = _plus(total, _largest(term, vocabulary))
            return total
        case ["*", *factors]:
            return _multiple(factors, vocabulary)
    raise NoLargest(f"{node[0]} in it" if isinstance(node, list) else "it is no number")


def _multiple(factors: list[Any], vocabulary: Vocabulary) -> Counter[str]:
    count, rest = 1, []
    for factor in factors:
        if isinstance(factor, int):
            count *= factor
        else:
            rest.append(factor)
    if len(rest) > 1:
        raise NoLargest("a product of sizes or indices in it")
    if not rest:
        return Counter({"": count})
    value = _largest(rest[0], vocabulary)
    if count < 0:
        if rest[0][0] == "index":  # the smallest index is 0
            return Counter()
        if rest[0][0] != "size":
            raise NoLargest("a sum with a sign in it")
    return Counter({name: count * number for name, number in value.items()})


def _of_extent(extent: Extent) -> Counter[str]:
    if extent.true is not None:
        return Counter({"": extent.true})
    bound = extent.bound
    if isinstance(bound, list) and bound[:1] == ["size"]:
        return Counter({bound[1]: 1})
    if isinstance(bound, list) and bound[:1] == ["+"] and extent.free:  # an end of its own
        return _sum_of(bound[1:])
    raise NoLargest(f"an axis of {extent} entries")


def _sum_of(terms: list[Any]) -> Counter[str]:
    found: Counter[str] = Counter()
    for term in terms:
        name, count = (
            ("", term) if isinstance(term, int) else (term[1], 1) if term[0] == "size" else (term[2][1], term[1])
        )
        found[name] += count
    return found


def _plus(one: Counter[str], two: Counter[str]) -> Counter[str]:
    return Counter({name: one[name] + two[name] for name in (*one, *two)})


__all__ = ["NoLargest", "largest_extent", "starts_below"]
