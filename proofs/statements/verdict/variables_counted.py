"""How many indices a monomial involves where every function value is a number of its own.

A value f(z), or a root of z, is then a variable like an entry, and has no more indices than are free in it, however
many z is made of.  What z is made of counts in two other ways:

* two values are taken to be one where their arguments agree: for that there must be as many blocks as the difference
  of two arguments has indices (APART);
* a derivative goes through a value into its argument, and from there into what stands in it (CHAIN).

What known_slopes.py writes with the argument itself, z step(z) for relu(z) or 1/z for log'(z), counts as the argument.

A quotient by what is no sum (a root, a size, an entry) is a function of the entries that its indices select.  One by a
sum is put over a common denominator.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from dyadic.proofs.evaluate.integers import GUARDS
from dyadic.proofs.statements.semantics.equation import Equalities, Link
from dyadic.proofs.statements.verdict.counting import APART, CHAIN, QUOTIENT, Counts
from dyadic.proofs.statements.verdict.function_degrees import UNBOUNDED, Count, multiple

ANY = "any"
_CARRIED = ("identity", "relu", "abs", "silu", "log")
_MARKS = (CHAIN, APART, QUOTIENT)


def variables(node: Any, of: Callable[[str, str], Count], key: Callable[[Any], str]) -> Count:
    """The indices of an expression, with the counts beside them under keys of their own."""
    if not isinstance(node, list) or node[0] in ("rational", "size", "index", *GUARDS):
        return Counter()
    match node[0]:
        case "entry":
            return of(node[1], node[2])
        case "apply":
            inner = variables(node[3], of, key)
            return _value(node[3], inner) + (_plain(inner) if node[1] in _CARRIED else Counter()) + Counter(
                {QUOTIENT: int(node[1] == "log" and bool(_plain(inner)))}
            )  # fmt: skip
        case "^" if not isinstance(node[2], int):
            return _value(node[1], variables(node[1], of, key))
        case "^":
            base = variables(node[1], of, key)
            found = multiple(_plain(base) + _under(CHAIN, base), abs(node[2])) + _under(APART, base)
            return found + Counter({QUOTIENT: int(base[QUOTIENT] or (node[2] < 0 and bool(_plain(base))))})
        case "*":
            return _beside([variables(child, of, key) for child in node[1:]], together=True)
        case "logsumexp":  # a function of a whole sum
            return Counter({key(node[2]): UNBOUNDED})
        case "sum" | "max" | "argmax":
            return variables(node[3], of, key) + Counter([key(node[2])])
    parts = [variables(child, of, key) for child in node[1:]]
    return _beside(parts, together=any(part[QUOTIENT] for part in parts))


def _value(argument: Any, inner: Count) -> Count:
    """Of a function's value."""
    plain, free = _plain(inner), len(_names(argument))
    found = Counter({CHAIN + one: number for one, number in plain.items()})
    found += _under(CHAIN, inner)
    apart = Counter({APART + one: 2 * (number + free) for one, number in plain.items()}) | Counter(
        {APART + ANY: 2 * free}
    )
    return found + (apart | _under(APART, inner))


def _names(node: Any) -> set[str]:
    """The indices that an expression names, bound ones too."""
    if not isinstance(node, list):
        return set()
    if node[:1] == ["index"] and len(node) == 2 and isinstance(node[1], str):
        return {node[1]}
    return set().union(*map(_names, node))


def _beside(parts: list[Count], together: bool) -> Count:
    """Of a product or a sum; together: whether the indices of all parts are in one monomial."""
    found: Count = Counter()
    quotient = Counter({QUOTIENT: max((part[QUOTIENT] for part in parts), default=0)})
    for part in parts:
        plain = _plain(found) + _plain(part) if together else _plain(found) | _plain(part)
        found = plain + _under(CHAIN, found) + _under(CHAIN, part) + (_under(APART, found) | _under(APART, part))
    return found + quotient


def _under(mark: str, count: Count) -> Count:
    return Counter({one: number for one, number in count.items() if one.startswith(mark)})


def _plain(count: Count) -> Count:
    return Counter({one: number for one, number in count.items() if not one.startswith(_MARKS)})


def most_variables(claim: Equalities, link: Link) -> Callable[[str], int]:
    """A bound on the blocks that an axis needs, by the key of its extent, where function values are variables."""
    free = Counter(extent.key for extent in link.ranges.free.values())
    count = Counts(claim, variables, derivative=2).link(link)
    whole = free + _plain(count)
    return lambda one: max(whole[one], count[APART + one] + free[one], count[APART + ANY] + free[one])


__all__ = ["most_variables"]
