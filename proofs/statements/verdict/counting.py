"""How many indices, and how many integer entries, one monomial of an expression can involve.

Both are read off the expressions, the layers' definitions put in where a claim reads what they define.

The algebra of functions makes products of sums: hard_swish(a) has a^2, exp(log(a) + 3 log(b)) is a b^3, and
sigmoid(log(a) - log(b)) has a + b as its denominator.  So a function is counted by what is known of it
(function_degrees.py), and what stands under logarithms is counted apart (keys that begin with :data:`LOG`), as often as
a function of it could multiply it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from functools import lru_cache
from typing import Any

from dyadic.proofs.checker.intake.kinds import adjoint, is_position, maximum
from dyadic.proofs.checker.intake.names import REDUCTIONS
from dyadic.proofs.evaluate.integers import GUARDS
from dyadic.proofs.statements.semantics.axis_extents import Extent
from dyadic.proofs.statements.semantics.equation import Equalities, Link
from dyadic.proofs.statements.semantics.premises import Relation
from dyadic.proofs.statements.semantics.quantities import Sense, quantity, rate, update
from dyadic.proofs.statements.semantics.vocabulary import FREE, LET, Vocabulary
from dyadic.proofs.statements.verdict.blocks import owner_sizes
from dyadic.proofs.statements.verdict.function_degrees import UNBOUNDED, Count, Counted, CountingRing, multiple

Of = Callable[[str, str], Count]
Key = Callable[[Any], str]
INTEGERS = "integers"
LOG = "log of "
CHAIN, APART, QUOTIENT = "chain of ", "apart of ", "quotient"
"""What is counted beside the indices where functions are variables (variables_counted.py)."""


def indices(node: Any, of: Of, key: Key) -> Count:
    """How many summation indices one monomial holds; fractions are put over a common denominator."""
    if not isinstance(node, list) or node[0] in ("rational", "size", "index", *GUARDS):
        return Counter()
    match node[0]:
        case "entry":
            return of(node[1], node[2])
        case "apply":
            return _applied(node[1], node[2], indices(node[3], of, key), _divides(node[3], of))
        case "^":
            power = abs(node[2]) if isinstance(node[2], int) else max(abs(node[2][1]), node[2][2])
            return multiple(indices(node[1], of, key), power)
        case "*":
            return _product([(child, indices(child, of, key)) for child in node[1:]])
    if node[0] in REDUCTIONS:
        inner = indices(node[3], of, key)
        if node[0] == "logsumexp":  # the logarithm of a sum
            divides = _divides(node[3], of)
            return _applied("log", 0, _applied("exp", 0, inner, divides) + Counter([key(node[2])]), divides)
        many = UNBOUNDED if node[0] == "sum" else 1  # a sum of logarithms is that of a product
        return _plain(inner) + multiple(_logs(inner), many) + Counter([key(node[2])])
    found: Count = Counter()
    divides = _divides(node, of)
    for child in node[1:]:
        inner = indices(child, of, key)
        found = found + inner if divides or _logs(found) or _logs(inner) else found | inner
    return found


def _product(factors: list[tuple[Any, Count]]) -> Count:
    """Of a product.  Where a logarithm is a factor, the others say how often what it is of is a factor of exp of it."""
    found = sum((count for _, count in factors), Counter[str]())
    logs = [count for _, count in factors if _logs(count)]
    often = math.prod(_factor(node) for node, count in factors if not _logs(count)) if len(logs) < 2 else UNBOUNDED
    return _plain(found) + multiple(_logs(found), min(UNBOUNDED, max(1, often)))


def _applied(name: str, order: int, argument: Count, divides: bool) -> Count:
    """Of a function, by what its argument has: what stands under logarithms may be a factor of its value."""
    logs = Counter({one.removeprefix(LOG): number for one, number in _logs(argument).items()})
    whole = _plain(argument)
    found = CountingRing().apply(
        name, order, Counted(top=whole, bottom=whole if divides else Counter(), logs=logs, nested=True)
    )
    return found.whole + Counter({LOG + one: number for one, number in found.logs.items()})


def _factor(node: Any) -> int:
    """How often a factor may multiply what it stands beside: a number as often as it says, others without a bound."""
    match node:
        case int():
            return abs(node)
        case ["rational", int(p), int(q)]:
            return -(-abs(p) // q)
        case ["^", base, int(power)] if power > 0:
            return min(UNBOUNDED, _factor(base)) ** min(power, 10)
        case ["^", ["size", _], power] if (power if isinstance(power, int) else power[1]) < 0:
            return 1
        case [head, *_] if head in GUARDS:
            return 1
    return UNBOUNDED


def _logs(count: Count) -> Count:
    return Counter({one: number for one, number in count.items() if one.startswith(LOG)})


def _plain(count: Count) -> Count:
    return Counter({one: number for one, number in count.items() if not one.startswith(LOG)})


def _divides(node: Any, of: Of) -> bool:
    """Whether an expression may hold a quotient: written out, or in a quantity that it names.

    What is free is no quotient; at the solution an activation or sensitivity is what the layers make it.
    """
    if not isinstance(node, list) or not node:
        return False
    if node[0] == "entry":
        return node[1] not in ("x", "s", "y") or bool(of(node[1], node[2]))
    if node[0] == "apply" and _applied_divides(node[1], node[2]):
        return True
    negative = node[0] == "^" and (node[2] if isinstance(node[2], int) else node[2][1]) < 0
    if negative and isinstance(node[1], list) and node[1][0] in ("size", "rational"):
        return False  # a number, whatever the entries are
    return negative or any(_divides(child, of) for child in node[1:])


@lru_cache(None)
def _applied_divides(name: str, order: int) -> bool:
    """Whether a function divides by what its argument is made of."""
    found = CountingRing().apply(name, order, Counted(top=Counter("z"), logs=Counter("l")))
    return bool(found.bottom["z"])


def integers(node: Any, of: Of, key: Key) -> Count:
    """How many entries of integer tensors one monomial depends on; UNBOUNDED beyond sums and products of them."""

    def number(child: Any) -> int:
        return integers(child, of, key)[INTEGERS]

    return Counter({INTEGERS: _integers(node, of, number)})


def _integers(node: Any, of: Of, number: Callable[[Any], int]) -> int:
    if not isinstance(node, list) or node[0] in ("rational", "size"):
        return 0
    match node[0]:
        case "entry":
            return of(node[1], node[2])[INTEGERS] + sum(map(_integer_entries, node[3]))
        case "^" if isinstance(node[2], int) and node[2] > 0:
            # A power of a bracket is that bracket.
            return number(node[1]) * (1 if node[1][0] in GUARDS else node[2])
        case "*":
            return sum(map(number, node[1:]))
        case "sum":
            return number(node[3])
        case "+":
            return max(map(number, node[1:]), default=0)
    if node[0] in (*GUARDS, "quotient", "remainder", "index"):
        return _integer_entries(node)
    return UNBOUNDED if any(map(number, node[1:])) else 0


def _integer_entries(node: Any) -> int:
    """How many entries stand in an integer expression."""
    if not isinstance(node, list):
        return 0
    children = node[3] if node[0] == "entry" else node[1:]
    return (node[0] == "entry") + sum(map(_integer_entries, children))


class Counts:
    """Either count for every quantity that a claim can name.

    count: of one expression, given that of entries and the keys of extents.  derivative: by how much differentiation
    may multiply it: that of a quotient has twice the factors.
    """

    def __init__(self, claim: Equalities, count: Callable[[Any, Of, Key], Count], derivative: int) -> None:
        self._vocabulary: Vocabulary = claim.vocabulary
        self._lets = {let.name: let for let in claim.lets}
        self._count, self._derivative = count, derivative
        self._solution = claim.vocabulary.solution
        self._terms: dict[str, dict[str, Count]] = {}

    def link(self, link: Link | Relation) -> Count:
        """Of the difference of the two sides."""
        left, right = (self._count(side, self.of, _claimed) for side in (link.left, link.right))
        return left | right if self._count is integers else _joined([left, right])

    def of(self, kind: str, owner: str) -> Count:
        """Of a tensor's entries."""
        graph = self._vocabulary.graph
        if kind == FREE:
            return Counter()
        if quantity(kind).sense is Sense.SLOPE:  # whatever the integers are
            return Counter({INTEGERS: UNBOUNDED} if self._count is integers else {})
        if kind == LET:
            return self._count(self._lets[owner].body, self.of, _claimed)
        if (kind, owner) in self._vocabulary.given_integers:
            return self._count(["index", ["entry", kind, owner, []]], lambda kind, owner: Counter(), _claimed)
        if self._solution and owner in graph.parents and kind in ("x", "s"):
            return _largest(self._inner(owner).values()) if kind == "x" else self._sensitivity(owner)
        if kind in ("x", "s", "y") or (kind, owner) in self._vocabulary.parameters:
            return Counter()
        if kind == "E":
            return self._energy([owner] if owner else [*graph.parents, *graph.costs])
        if (kind, owner) == ("C", ""):
            return self._energy(graph.costs)
        what = quantity(kind)
        if what.sense is Sense.RECEIVED:
            return self._slope(self._term(what.letter))
        if what.sense is Sense.COST or kind in (update("s"), rate("s"), adjoint("x")):
            return self._slope(self._received(owner))
        if kind in (update("x"), rate("x"), adjoint("s")):
            return _largest(self._inner(owner).values())
        if is_position(kind):  # as many as the maximum that it is of
            return self._inner(owner).get(maximum(kind), Counter())
        if what.sense is Sense.ADJOINT:
            return self._slope(self._received(owner) if owner in graph.inputs else self._term(owner))
        return self._inner(owner).get(kind, Counter())

    def _slope(self, count: Count) -> Count:
        chain = Counter({one.removeprefix(CHAIN): number for one, number in count.items() if one.startswith(CHAIN)})
        beside = Counter({one: number for one, number in count.items() if one.startswith((APART, QUOTIENT))})
        return multiple(count - beside + chain, self._derivative) + beside

    def _energy(self, names: Iterable[str]) -> Count:
        """With decay, which squares every entry."""
        names = list(names)
        squares = [
            Counter(axis.key for axis in self._vocabulary.axes(kind, owner))
            for kind, owner in self._vocabulary.parameters | {("x", name) for name in self._vocabulary.graph.shared}
        ]
        own = _largest(map(self._term, names))
        return own if self._count is integers else own | _largest(squares)

    def _received(self, name: str) -> Count:
        graph = self._vocabulary.graph
        readers = [child for child, parents in graph.parents.items() if name in parents]
        readers += [owner for owner, cost in graph.costs.items() if cost["input"] == name]
        if self._count is integers:
            return _largest(map(self._term, readers))
        return _joined(map(self._term, readers))

    def _sensitivity(self, name: str) -> Count:
        """Of a sensitivity at the solution: what every reader's derivative and sensitivity hold."""
        graph = self._vocabulary.graph
        readers = [child for child, parents in graph.parents.items() if name in parents]
        costs = [owner for owner, cost in graph.costs.items() if cost["input"] == name]
        slopes = [
            Counter[str]() if self._hands_on(one) else self._slope(_largest(self._inner(one).values()))
            for one in (*readers, *costs)
        ]
        found = [_joined([count, self.of("s", child)]) for count, child in zip(slopes, readers, strict=False)]
        if self._count is integers:
            return _largest([*found, *slopes[len(readers) :]])
        axes = [Counter(axis.key for axis in self._vocabulary.axes("x", child)) for child in readers]
        return _joined([*found, *axes, *slopes[len(readers) :]])

    def _hands_on(self, name: str) -> bool:
        """Whether a cost is an entry of what it reads: its derivative is a number then."""
        cost = self._vocabulary.graph.cost_contents.get(name)
        return (
            cost is not None and len(cost["definitions"]) == 1 and cost["definitions"][0]["body"][:2] == ["entry", "x"]
        )

    def _term(self, name: str) -> Count:
        """Of a vertex's or a cost's term of the energy."""
        inner = _largest(self._inner(name).values())
        if name in self._vocabulary.graph.costs:
            return inner
        if self._solution:
            inner = _joined([inner, self.of("s", name)])
        if self._count is integers:
            return inner
        return inner + Counter(axis.key for axis in self._vocabulary.axes("x", name))

    def _inner(self, name: str) -> dict[str, Count]:
        """Of every definition of a vertex or cost."""
        if name not in self._terms:
            graph = self._vocabulary.graph
            found: dict[str, Count] = {}
            data = graph.cost_contents[name] if name in graph.costs else graph.layers[graph.content[name]]
            sizes = owner_sizes(graph, name)
            parents = [graph.costs[name]["input"]] if name in graph.costs else graph.parents[name]
            names = dict(zip([data["input"]] if name in graph.costs else data["inputs"], parents, strict=True))

            def read(kind: str, owner: str) -> Count:
                """What a definition reads; at the solution an activation is what the layers before made it."""
                if kind == "x" and owner in names and self._solution:
                    return self.of("x", names[owner])
                return found.get(kind, Counter())

            for item in data["definitions"]:
                found[item["kind"]] = self._count(item["body"], read, lambda e: Extent(e, name, sizes).key)
            self._terms[name] = found
        return self._terms[name]


def _claimed(extent: Any) -> str:
    return str(extent[1])


def _joined(counts: Iterable[Count]) -> Count:
    """Of a product, or of a sum over a common denominator."""
    found, beside = Counter[str](), Counter[str]()
    for count in counts:
        marked = Counter({one: number for one, number in count.items() if one.startswith((APART, QUOTIENT))})
        found, beside = found + (count - marked), beside | marked
    return found + beside


def _largest(counts: Iterable[Mapping[str, int]]) -> Count:
    found: Count = Counter()
    for count in counts:
        found |= Counter(count)
    return found


def most_indices(claim: Equalities, link: Link) -> Count:
    """A bound on the indices, free and bound, that one monomial of a link's difference involves, by extent."""
    free = Counter(extent.key for extent in link.ranges.free.values())
    return free + _plain(Counts(claim, indices, derivative=2).link(link))


def most_integers(claim: Equalities, link: Link) -> int:
    """A bound on the integer entries that one monomial of a link's difference depends on."""
    return Counts(claim, integers, derivative=1).link(link)[INTEGERS]


def assume_integers(claim: Equalities, besides: Container[int]) -> bool:
    """Whether what a claim assumes depends on integers, or may; ``besides``: the ids of relations that do not count."""
    counts = Counts(claim, integers, derivative=1)
    relations = [relation for relation in claim.premises.relations if id(relation) not in besides]
    return any(counts.link(relation)[INTEGERS] > 0 for relation in relations)
