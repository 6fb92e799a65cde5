"""How many indices, and how many integer entries, one monomial of an expression can involve.

Both are read off the expressions, the layers' definitions put in where a claim reads what they define.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from dyadic.proofs.statements.equation import Equalities, Link
from dyadic.proofs.statements.vocabulary import LET, Vocabulary

_REDUCTIONS = ("sum", "logsumexp", "max", "argmax")
_GUARDS = ("inside", "divides", "same")
UNBOUNDED = 1_000
Of = Callable[[str, str], int]


def indices(node: Any, of: Of) -> int:
    """How many summation indices one monomial holds; fractions are put over a common denominator."""
    if not isinstance(node, list) or node[0] in ("rational", "size", "index", *_GUARDS):
        return 0
    match node[0]:
        case "entry":
            return of(node[1], node[2])
        case "apply":
            return indices(node[3], of)
        case "^":
            power = node[2] if isinstance(node[2], int) else max(abs(node[2][1]), node[2][2])
            return abs(power) * indices(node[1], of)
        case "*":
            return sum(indices(child, of) for child in node[1:])
    if node[0] in _REDUCTIONS:
        return 1 + indices(node[3], of)
    inner = [indices(child, of) for child in node[1:]]
    return sum(inner) if _divides(node) else max(inner, default=0)


def _divides(node: Any) -> bool:
    """Whether an expression holds a quotient."""
    if not isinstance(node, list) or node[0] == "entry":
        return False
    negative = node[0] == "^" and (node[2] if isinstance(node[2], int) else node[2][1]) < 0
    return negative or any(_divides(child) for child in node[1:])


def integers(node: Any, of: Of) -> int:
    """How many entries of integer tensors one monomial depends on; UNBOUNDED beyond sums and products of them."""
    if not isinstance(node, list) or node[0] in ("rational", "size"):
        return 0
    match node[0]:
        case "entry":
            return of(node[1], node[2]) + sum(map(_integer_entries, node[3]))
        case "^" if isinstance(node[2], int) and node[2] > 0:
            # A power of a bracket is that bracket.
            return integers(node[1], of) * (1 if node[1][0] in _GUARDS else node[2])
        case "*":
            return sum(integers(child, of) for child in node[1:])
        case "sum":
            return integers(node[3], of)
        case "+":
            return max((integers(child, of) for child in node[1:]), default=0)
    if node[0] in (*_GUARDS, "quotient", "remainder", "index"):
        return _integer_entries(node)
    return UNBOUNDED if any(integers(child, of) for child in node[1:]) else 0


def _integer_entries(node: Any) -> int:
    """How many entries stand in an integer expression."""
    if not isinstance(node, list):
        return 0
    children = node[3] if node[0] == "entry" else node[1:]
    return (node[0] == "entry") + sum(map(_integer_entries, children))


class Counts:
    """Either count for every quantity that a claim can name.  ``count``: of one expression, given that of entries."""

    def __init__(self, claim: Equalities, count: Callable[[Any, Of], int], derivative: int) -> None:
        self._vocabulary: Vocabulary = claim.vocabulary
        self._lets = {let.name: let for let in claim.lets}
        self._count, self._derivative = count, derivative
        self._terms: dict[str, dict[str, int]] = {}

    def link(self, link: Link) -> int:
        """Of the difference of the two sides."""
        return self._count(["+", link.left, link.right], self.of)

    def of(self, kind: str, owner: str) -> int:
        """Of a tensor's entries."""
        graph = self._vocabulary.graph
        if kind == LET:
            return self._count(self._lets[owner].body, self.of)
        if (kind, owner) in self._vocabulary.given_integers:
            return self._count(["index", ["entry", kind, owner, []]], lambda kind, owner: 0)
        if kind in ("x", "s", "y", "weight", "size", "delta") or (kind, owner) in self._vocabulary.parameters:
            return 0
        if kind == "E":
            names: Iterable[str] = [owner] if owner else [*graph.parents, *graph.costs]
            return max((self._term(name) for name in names), default=0) + 2  # decay squares an entry of two axes
        if kind.startswith("from "):
            return self._derivative * self._term(kind[5:])
        if kind.startswith(("update s", "rate s", "cost ")) or kind == "bar x":
            return self._derivative * self._received(owner)
        if kind in ("update x", "rate x", "bar s"):
            return max(self._inner(owner).values(), default=0)
        if kind.startswith("bar "):
            return self._derivative * (self._received(owner) if owner in graph.inputs else self._term(owner))
        return self._inner(owner).get(kind, 0)

    def _received(self, name: str) -> int:
        graph = self._vocabulary.graph
        readers = [child for child, parents in graph.parents.items() if name in parents]
        readers += [owner for owner, cost in graph.costs.items() if cost["input"] == name]
        return sum(self._term(reader) for reader in readers)

    def _term(self, name: str) -> int:
        """Of a vertex's or a cost's term of the energy."""
        cost = name in self._vocabulary.graph.costs
        axes = () if cost else self._vocabulary.axes("x", name)
        return len(axes) + max(self._inner(name).values(), default=0)

    def _inner(self, name: str) -> dict[str, int]:
        """Of every definition of a vertex or cost."""
        if name not in self._terms:
            graph = self._vocabulary.graph
            found: dict[str, int] = {}
            data = graph.cost_contents[name] if name in graph.costs else graph.layers[graph.content[name]]
            for item in data["definitions"]:
                found[item["kind"]] = self._count(item["body"], lambda kind, owner: found.get(kind, 0))
            self._terms[name] = found
        return self._terms[name]


def most_indices(claim: Equalities, link: Link) -> int:
    """A bound on the indices, free and bound, that one monomial of a link's difference involves."""
    return len(link.ranges.free) + Counts(claim, indices, derivative=2).link(link)


def most_integers(claim: Equalities, link: Link) -> int:
    """A bound on the integer entries that one monomial of a link's difference depends on."""
    return Counts(claim, integers, derivative=1).link(link)
