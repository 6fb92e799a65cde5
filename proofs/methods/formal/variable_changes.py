"""Which terms of a layer's identity cancel, and by which changes of variables: the search for a proof for all sizes.

The factors of two terms are paired, the positions at which they read are set equal, and the equations are solved for
the variables of one term and for those of the other.  What is found is tried with numbers for the sizes; Coq proves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from dyadic.proofs.methods.formal.product_terms import Factor, Node, ProductTerm
from dyadic.proofs.methods.formal.readback import words
from dyadic.proofs.methods.formal.size_trials import SizeTrial, is_change, is_nothing, number

PAIRINGS = 400
"""How many ways to pair the factors of two terms are tried."""
SOLUTIONS = 60


class Unmatched(Exception):
    """Terms that are not seen to cancel; the message says which."""


@dataclass(frozen=True)
class Change:
    """A change of variables from one term to another: ``there`` gives the other's variables, ``back`` the first's.

    picks: which of the other's remaining factors each of the first's is.
    """

    there: tuple[Node, ...]
    back: tuple[Node, ...]
    picks: tuple[int, ...]


@dataclass(frozen=True)
class TermClass:
    """Terms that are equal but for their numbers, which add up to 0: (place, change to the first) of all but the first.

    Places are those among the terms that the classes before have left.  others is None for a term that is nothing.
    """

    first: int
    others: tuple[tuple[int, Change], ...] | None


def classes(terms: Sequence[ProductTerm], trials: Sequence[SizeTrial]) -> list[TermClass]:
    """A partition of the terms into classes that cancel.

    Raises :class:`Unmatched`.
    """
    rest, result = list(terms), []
    while rest:
        first, *others = rest
        found: list[tuple[int, Change]] = []
        total = [number(first, trial) for trial in trials]
        place = 0
        while place < len(others):
            change = change_of_variables(others[place], first, trials)
            if change is None:
                place += 1
            else:
                found.append((place, change))
                total = [a + number(others[place], trial) for a, trial in zip(total, trials, strict=True)]
                del others[place]
        if any(total):
            if not all(is_nothing(first, trial) for trial in trials):
                raise Unmatched(f"{described(first)} is not cancelled")
            result.append(TermClass(0, None))
            others = rest[1:]
        else:
            result.append(TermClass(0, tuple(found)))
        rest = others
    return result


def described(term: ProductTerm) -> str:
    """The tensors whose entries are the term's factors."""
    names = ["d " * factor.is_direction + " ".join(_head(factor.body)) for factor in reversed(term.factors)]
    return f"the term of {', '.join(names)}"


def _head(e: Node) -> tuple[str, ...]:
    return e[1] if e[0] == "Entry" else (e[0], *(part for part in e[1:] if isinstance(part, str)))


def change_of_variables(term: ProductTerm, other: ProductTerm, trials: Sequence[SizeTrial]) -> Change | None:
    """A change of variables between two terms that stands the trials, if one is found."""
    if len(term.factors) != len(other.factors):
        return None
    for picks, pairs in islice(_pairings(term.factors, list(other.factors)), PAIRINGS):
        theres = _solutions([(b, a) for a, b in pairs], other.extents, term.extents)
        backs = _solutions(pairs, term.extents, other.extents)
        for there, back in islice(product(theres, backs), SOLUTIONS):
            if all(is_change(term, other, there, back, pairs, trial) for trial in trials):
                return Change(there, back, picks)
    return None


def _pairings(
    factors: Sequence[Factor], others: list[Factor]
) -> Iterator[tuple[tuple[int, ...], list[tuple[Node, Node]]]]:
    """Ways to pair the factors, and the positions that are the same then."""
    if not factors:
        yield (), []
        return
    for pick, other in enumerate(others):
        pairs: list[tuple[Node, Node]] = []
        if factors[0].is_direction == other.is_direction and _alike(factors[0].body, other.body, pairs):
            for picks, further in _pairings(factors[1:], others[:pick] + others[pick + 1 :]):
                yield (pick, *picks), pairs + further


_BRACKETS = {"Inside": (True, False), "Divides": (False, True), "Same": (True, True)}


def _alike(a: Node, b: Node, pairs: list[tuple[Node, Node]]) -> bool:
    """Whether two expressions differ in their positions only, which are added to the pairs."""
    if not isinstance(a, tuple) or not isinstance(b, tuple) or not a or not b:
        return bool(a == b)
    if len(a) != len(b) or a[0] != b[0]:
        return False
    match a[0]:
        case "Entry":
            if a[1] != b[1]:
                return False
            pairs.extend(zip(a[2], b[2], strict=True))
            return True
        case "Inside" | "Divides" | "Same":
            flags = _BRACKETS[a[0]]
            pairs.extend((x, y) for x, y, is_index in zip(a[1:], b[1:], flags, strict=True) if is_index)
            return all(x == y for x, y, is_index in zip(a[1:], b[1:], flags, strict=True) if not is_index)
        case "IndexIs":
            pairs.append((a[1], b[1]))
            return _alike(a[2], b[2], pairs)
        case "Apply" if a[1] == "0":
            return b[1] == "0" and _alike(a[3], b[3], pairs)
    return all(_alike(x, y, pairs) for x, y in zip(a, b, strict=True))


def _solutions(pairs: Any, unknowns: Sequence[Node], known: Sequence[Node]) -> list[tuple[Node, ...]]:
    """The variables of one term in those of the other, from equations (its position, the other's)."""
    found: dict[int, list[Node]] = {}
    for own, other in pairs:
        if own[0] == "Index" and "Bound" not in words(other):
            candidates = found.setdefault(int(own[1]), [])
            if other not in candidates:
                candidates.append(other)
    for candidates in found.values():
        candidates.sort(key=lambda form: len(str(form)))
    missing = [i for i in range(len(unknowns)) if i not in found]
    for _ in missing:
        for i in [i for i in missing if i not in found]:
            solved = [s for own, other in pairs for s in _solved(own, other, i, found)]
            if solved:
                found[i] = solved
    used = {int(forms[0][1]) for forms in found.values() if forms[0][0] == "Index"}
    for i in missing:
        if i not in found:
            found[i] = _guesses(unknowns[i], known, used)
            used |= {int(form[1]) for form in found[i][:1] if form[0] == "Index"}
    return [tuple(choice) for choice in islice(product(*(found[i][:4] for i in range(len(unknowns)))), 24)]


def _guesses(extent: Node, known: Sequence[Node], used: set[int]) -> list[Node]:
    free = [("Index", str(i)) for i, other in enumerate(known) if other == extent and i not in used]
    return [*free, ("Constant", ("0",))]


def _solved(own: Node, other: Node, i: int, found: Mapping[int, list[Node]]) -> Iterator[Node]:
    """Index i from the equation own = other, if it stands there with the factor 1 or -1 and the rest is known."""
    if "Bound" in words(own) or "Bound" in words(other):
        return
    while own[0] == "Quotient":
        own, other = own[1], ("Times", own[2], other)
    factor, rest = _split(own, i)
    if factor not in (1, -1) or any(int(k) not in found for k in _variables(rest)):
        return
    difference = ("Plus", other, ("Times", ("-1",), _put(rest, {k: forms[0] for k, forms in found.items()})))
    yield difference if factor == 1 else ("Times", ("-1",), difference)


def _split(form: Node, i: int) -> tuple[int | None, Node]:
    """The factor of index i, None if it is no number, and the rest."""
    match form[0]:
        case "Index":
            return (1, ("Constant", ("0",))) if int(form[1]) == i else (0, form)
        case "Plus":
            (a, left), (b, right) = _split(form[1], i), _split(form[2], i)
            return (None if a is None or b is None else a + b), ("Plus", left, right)
        case "Times":
            factor, rest = _split(form[2], i)
            if factor == 0:
                return 0, form
            scale = _literal(form[1])
            return (None if factor is None or scale is None else scale * factor), ("Times", form[1], rest)
    return (None, form) if str(i) in _variables(form) else (0, form)


def _literal(node: Node) -> int | None:
    while isinstance(node, tuple) and len(node) == 1:
        (node,) = node
    try:
        return int(node)
    except (TypeError, ValueError):
        return None


def _variables(form: Node) -> set[str]:
    if isinstance(form, str):
        return set()
    if form[:1] == ("Index",):
        return {form[1]}
    return {name for part in form for name in _variables(part)}


def _put(form: Node, values: Mapping[int, Node]) -> Node:
    if isinstance(form, str):
        return form
    if form[:1] == ("Index",):
        return values[int(form[1])]
    return tuple(_put(part, values) for part in form)
