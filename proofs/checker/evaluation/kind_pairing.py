"""One layer or cost against its own definitions: forward mode on one side, the derived adjoints on the other.

    <s, Df v> = <(Df)^T s, v> + <dE/dtheta, w>

with a random direction (v, w).  The left side comes from the definitions alone (equations.py), the right side from the
derived adjoints and gradients.  A cost is a layer with one output and s = 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.evaluation.degrees import Degrees, trials_of_chance
from dyadic.proofs.checker.evaluation.equations import (
    BRACKETS,
    AnyPosition,
    Entries,
    Evaluator,
    Field,
    entries,
    integer,
)
from dyadic.proofs.checker.evaluation.maxima import has_values
from dyadic.proofs.checker.evaluation.prime_numbers import chance, probability
from dyadic.proofs.checker.intake.effort import spend
from dyadic.proofs.checker.intake.names import REDUCTIONS, nodes, sizes_of
from dyadic.proofs.checker.intake.reading import Costly, Rejected, need, tensor

FAIR_WORK, MOST_WORK, MOST_MEASURED = 40_000, 1_000_000, 1_000_000


def small_sizes(layer: Any, seed: int, where: str, own: Mapping[str, Any] | None = None) -> dict[str, int]:
    """Small sizes at which a layer can be evaluated, drawn with the seed: no tensor is empty, no maximum over nothing.

    own: the sizes that the layer has in a network, of which some are taken where small ones do not do.
    """
    extents = layer.get("extents", {})
    free = sorted(sizes_of(layer) - set(extents))
    cheapest: tuple[int, dict[str, int]] | None = None
    tried: set[tuple[int, ...]] = set()
    length = sum(1 for _ in nodes(layer))
    for attempt in range(400):
        spend(2 * length, where)
        # Sizes of 2, 3 and 4 show most; where an equation needs others, some of the sizes are made larger.
        sizes = {}
        for name in free:
            drawn = chance(repr((name, attempt)), seed)
            large = attempt >= 40 and drawn % 3 == 0
            sizes[name] = (4 + drawn // 3 % (2 + attempt // 40)) if large else (1 + (attempt < 80)) + drawn // 3 % 3
            actual = (own or {}).get(name)
            if attempt >= 40 and drawn % 3 == 1 and isinstance(actual, int):
                sizes[name] = actual
        if tuple(sizes.values()) in tried:
            continue
        tried.add(tuple(sizes.values()))
        table = completed(extents, sizes, where)
        if all(extent > 0 for extent in table.values()) and has_values(layer, table, where):
            cost = work(layer, table, where)
            if cheapest is None or cost < cheapest[0]:
                cheapest = cost, sizes
            if cost <= FAIR_WORK or len(tried) * length > MOST_MEASURED:
                break
    if cheapest is None or cheapest[0] > MOST_WORK:
        raise Costly(where, "no small sizes were found at which it can be evaluated")
    return cheapest[1]


def completed(extents: Mapping[str, Any], sizes: Mapping[str, int], where: str) -> dict[str, int]:
    """The sizes together with the extents that follow from them by the shape rule."""
    table = dict(sizes)
    for symbol, formula in extents.items():
        table[symbol] = integer(formula, table, {}, {}, where)
    return table


def possible_sizes(content: Any, sizes: Mapping[str, int], where: str) -> dict[str, int]:
    """The sizes of a layer or cost that are given, with those that follow; rejected where it cannot have them."""
    extents = content.get("extents", {})
    if sizes_of(content) - set(extents) != set(sizes):
        raise Rejected(where, "are not those of the equation")
    table = completed(extents, sizes, where)
    if any(extent < 1 for extent in table.values()):
        raise Rejected(where, "make an extent that is not positive")
    return table


def work(layer: Any, sizes: Mapping[str, int], where: str) -> int:
    """The number of terms that an evaluation of all definitions visits."""

    def depth(node: Any) -> int:
        if not isinstance(node, list):
            return 0
        if len(node) == 4 and node[0] in REDUCTIONS:
            return integer(node[2], sizes, {}, {}, where) * (1 + depth(node[3]))
        return 1 + sum(map(depth, node))

    def visit(item: Any) -> int:
        if isinstance(item, dict) and "body" in item:
            shape = [integer(extent, sizes, {}, {}, where) for extent in item.get("shape", [])]
            return math.prod(shape) * (1 + depth(item["body"]))
        return sum(map(visit, item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()))

    return visit(layer)


def positions(node: Any) -> Iterator[tuple[tuple[str, str], tuple[str, str], int]]:
    """(integer tensor, tensor that it indexes, axis) for every entry inside an index."""
    if isinstance(node, list):
        if len(node) == 4 and node[0] == "entry" and isinstance(node[3], list):
            for axis, index in enumerate(node[3]):
                for name in entries(index):
                    yield name, (node[1], node[2]), axis
        for child in node:
            yield from positions(child)


class KindEquations:
    """The parts of a layer's or cost's content that are evaluated; a cost is a layer with one output and s = 1."""

    def __init__(self, content: Any, where: str) -> None:
        self.is_cost = isinstance(content, dict) and "gradient" in content
        self.content, self.where = content, where
        self.extents = {} if self.is_cost else need(content, "extents", dict, where)
        self.definitions = need(content, "definitions", list, where)
        self.intermediates = need(content, "intermediates", list, where)
        if not self.definitions:
            raise Rejected(f"{where}.definitions", "are missing")
        self.read: dict[tuple[str, str], list[Any]] = {}
        if self.is_cost:
            self.wanted = [("x", need(content, "input", str, where))]
            self.read[self.wanted[0]] = need(content, "shape", list, where)
            self.read["y", "cost"] = need(content, "target_shape", list, where)
            self.derived = [need(content, "gradient", dict, where)]
            return
        owners, shapes = need(content, "inputs", list, where), need(content, "input_shapes", list, where)
        parameters, gradients = need(content, "parameters", dict, where), need(content, "gradients", dict, where)
        adjoints = need(content, "adjoints", list, where)
        if set(parameters) != set(gradients):
            raise Rejected(f"{where}.gradients", "are not one for each parameter")
        if not len(owners) == len(shapes) == len(adjoints):
            raise Rejected(f"{where}.adjoints", "are not one for each input")
        self.wanted = [("x", owner) for owner in owners]
        self.read |= dict(zip(self.wanted, shapes, strict=True))
        for parameter in parameters.values():
            key = (need(parameter, "kind", str, where), "v")
            self.wanted.append(key)
            self.read[key] = need(parameter, "shape", list, where)
        self.derived = [*adjoints, *(gradients[name] for name in parameters)]


def pairing(
    equations: KindEquations, field: Any, sizes: Mapping[str, int], seed: int, integers: Integers
) -> tuple[Any, Any]:
    """(<s, Df v>, <(Df)^T s, v> + <dE/dtheta, w>) over a field, everything drawn from it; the values count.

    seed, integers: see :func:`draw_inputs`.  Raises :class:`Rejected` where an equation cannot be evaluated, or the
    stated energy is not <s, f - x>.
    """
    where = equations.where
    run = Evaluator(field, completed(equations.extents, sizes, where), where)
    looked_up = draw_inputs(run, equations, seed, integers)
    value: Entries = {}
    for item in equations.definitions:
        value = run.define(item)
    s = {at: field.number(1) if equations.is_cost else field.constant(field.draw("s", at)) for at in value}
    forward = field.add(field.multiply([s[at], field.slope(value[at])]) for at in value)
    moved = {key: run.tensors[key] for key in equations.wanted}
    run.tensors = {
        key: {at: n if isinstance(n, int | AnyPosition) else field.constant(n) for at, n in table.items()}
        for key, table in run.tensors.items()
    }
    if not equations.is_cost:
        run.tensors["s", "v"] = s
        last = equations.definitions[-1]
        energy(run, equations.content, run.tensors[last["kind"], last["owner"]], s, where)
    for item in equations.intermediates:
        run.define(item)
    terms = []
    for key, item in zip(equations.wanted, equations.derived, strict=True):
        found = run.define(item)
        if set(found) != set(run.tensors[key]):
            raise Rejected(where, f"the derivative with respect to {tensor(*key)} does not have its shape")
        for at, number in found.items():
            # Nothing moves with integers, so forward mode has no part in this: what is derived for them must be 0.
            slope = field.draw("direction", key, at) if key in looked_up else field.slope(moved[key][at])
            terms.append(field.multiply([field.constant(number), field.constant(slope)]))
    return forward, field.add(terms)


def energy(run: Evaluator, layer: Any, value: Entries, s: Entries, where: str) -> None:
    """E_v = <s, f - x> and dE_v/ds = f - x, as stated."""
    field = run.field
    x = {at: field.constant(field.draw("x", at)) for at in value}
    run.tensors["x", "v"] = x
    lag = {at: field.add([value[at], field.multiply([field.number(-1), x[at]])]) for at in value}
    stated = run.define(need(layer, "energy", dict, where))
    if isinstance(field, Degrees):  # bounds on degrees: two forms of one polynomial need not share them
        return
    if stated != {(): field.add(field.multiply([s[at], lag[at]]) for at in lag)}:
        raise Rejected(f"{where}.energy", "is not <s, f - x>")
    if run.define(need(layer, "stationarity", dict, where)) != lag:
        raise Rejected(f"{where}.stationarity", "is not f - x")


Integers = Mapping[str, Sequence[int]]
"""The entries of integer tensors in order, by kind and owner such as ``x u1``."""


def draw_inputs(run: Evaluator, equations: KindEquations, seed: int, integers: Integers) -> set[tuple[str, str]]:
    """Random entries with random slopes; integers, small enough, for tensors that stand inside an index.

    seed: of the integers, where they are not given.
    """
    bounds: dict[tuple[str, str], int] = {}
    for item in equations.definitions:
        body = need(item, "body", (int, list), run.where)
        for name, target, axis in positions(body):
            if name in equations.read and target in equations.read:
                extent = integer(equations.read[target][axis], run.sizes, {}, {}, run.where)
                bounds[name] = min(bounds.get(name, extent), extent)
        for name in compared(body):
            if name in equations.read:
                bounds.setdefault(name, 3)
    for key, shape in equations.read.items():
        places = run.places(shape)
        if key in bounds:
            given = integers.get(" ".join(key), [chance(repr((key, at)), seed) % bounds[key] for at in places])
            if len(given) != len(places) or not all(0 <= n < bounds[key] for n in given):
                raise Rejected(run.where, "is given integers that are not one for each entry, below their bound")
            run.tensors[key] = dict(zip(places, given, strict=True))
            continue
        drawn = {at: run.field.draw(key, at) for at in places}
        moves = key in equations.wanted  # a target stays where it is
        run.tensors[key] = drawn if moves else {at: run.field.constant(number) for at, number in drawn.items()}
    return set(bounds)


def compared(node: Any) -> set[tuple[str, str]]:
    """Tensors whose entries stand inside a bracket."""
    if not isinstance(node, list) or not node:
        return set()
    if node[0] in BRACKETS:
        return entries(node)
    return set().union(*map(compared, node))


# -- one run ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PairingOutcome:
    """Both sides of the pairing modulo a prime at some sizes; trials: the weight of what vanishes if they agree."""

    prime: int
    sizes: dict[str, int]
    forward: int
    backward: int
    trials: int

    @property
    def bound(self) -> Fraction:
        """The probability, at most, that they agree by chance."""
        return probability(self.trials, self.prime)


def evaluate(
    content: Any,
    where: str,
    prime: int,
    seed: int,
    sizes: Mapping[str, int],
    most: int = MOST_WORK,
    integers: Integers | None = None,
    choice: int | None = None,
) -> PairingOutcome:
    """Run the pairing once at the given sizes.  Raises :class:`Costly` where they are too large."""
    equations = KindEquations(content, where)
    chosen = {name: n for name, n in sizes.items() if name not in equations.extents}
    table = possible_sizes(content, chosen, f"{where}.sizes")
    if work(content, table, where) > most:
        raise Costly(where, "its sizes are too large to evaluate here")
    given, degrees = integers or {}, Degrees()
    field = Field(prime, seed, choice)
    forward, backward = pairing(equations, field, chosen, seed, given)
    trials = trials_of_chance(*pairing(equations, degrees, chosen, seed, given), degrees, field.pairs)
    return PairingOutcome(prime, chosen, forward[0], backward[0], trials)
