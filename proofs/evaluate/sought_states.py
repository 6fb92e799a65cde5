"""Numbers at which every update of a network has a value, sought step by step.

At exact numbers an argument outside of the domain of a function is moved to its edge, and by how much is added up.
Entries are changed at random, at many scales, and what lacks less is kept: so an argument that has to lie between 5000
and 6000 is met, or twenty determinants that have to be positive, which draws do not.  What is reached is enclosed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from flint import arb

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.evaluate.drawn_sizes import Instantiation
from dyadic.proofs.evaluate.network import Entries, Rejected
from dyadic.proofs.evaluate.network_numbers import Constants
from dyadic.proofs.evaluate.number_rings import Ball, Ring, Undetermined
from dyadic.proofs.evaluate.simulate import Instance, State
from dyadic.proofs.evaluate.tightness_witness import is_finite

_DOMAINS: dict[str, tuple[float, float]] = {
    "log": (0, math.inf), "log1p": (-1, math.inf), "sqrt": (0, math.inf), "rsqrt": (0, math.inf),
    "asin": (-1, 1), "acos": (-1, 1), "acosh": (1, math.inf), "atanh": (-1, 1),
}  # fmt: skip
"""Between which numbers arguments have to lie; those of tan are met by chance."""
_MARGIN = 2.0**-10
"""How far from the edge."""
_WORK = 1_000_000
"""The terms of all evaluations of one search."""
_PATIENCE = 2_000
"""After so many changes without gain the search ends."""
_SCALES = (-8, 12)
"""The exponents of 2 of what is added to entries."""

Cell = tuple[Entries, tuple[int, ...]]


def is_reached(
    graph: Graph,
    sizes: Instantiation,
    constants: Constants,
    ring: Callable[[], Ball],
    is_it: Callable[[Instance], bool],
) -> bool:
    """Whether numbers are reached at which all is defined, at the given sizes and with the given constants.

    ring, is_it: the enclosures, and whether the network is as it should be at what is reached.
    """
    tries = _WORK // (sizes.work + 1)
    each = tries // len(_STARTS)
    return tries > 0 and any(_from(start, graph, sizes, constants, each, ring, is_it) for start in _STARTS)


_STARTS: tuple[Callable[[int, Random], float], ...] = (
    lambda place, chance: (1 + place) / 4,
    lambda place, chance: chance.randrange(-64, 64) / 64,
)
"""The entry at a place of a tensor: increasing, or drawn."""


def _from(
    start: Callable[[int, Random], float],
    graph: Graph,
    sizes: Instantiation,
    constants: Constants,
    tries: int,
    ring: Callable[[], Ball],
    is_it: Callable[[Instance], bool],
) -> bool:
    chance, moving = Random(0), _Moving()
    try:
        instance, tensors = _numbered(graph, moving, sizes, constants)
        for cells in tensors:
            for place, (table, at) in enumerate(cells):
                table[at] = arb(start(place, chance))
        least = moving.lacking_of(instance)
        gained = 0
        for number in range(tries if tensors else 0):
            if least == 0 or number - gained > _PATIENCE:
                break
            changed = _some(tensors, chance)
            before = [table[at] for table, at in changed]
            _change(changed, chance)
            lacking = moving.lacking_of(instance, least)
            if lacking <= least:
                gained = number if lacking < least else gained
                least = lacking
            else:
                for (table, at), value in zip(changed, before, strict=True):
                    table[at] = value
        enclosed, same = _numbered(graph, ring(), sizes, constants)
        for cells, found in zip(same, tensors, strict=True):
            for (table, at), (source, _) in zip(cells, found, strict=True):
                table[at] = source[at]
        return is_it(enclosed)
    except (Undetermined, Rejected):
        return False


def _some(tensors: list[list[Cell]], chance: Random) -> list[Cell]:
    """A whole tensor, or a few of its entries."""
    cells = tensors[chance.randrange(len(tensors))]
    if chance.random() < 0.5:
        return cells
    return chance.sample(cells, min(len(cells), 1 + int(chance.random() * 2)))


def _change(cells: list[Cell], chance: Random) -> None:
    step = math.ldexp(chance.choice((-1, 1)) * (1 + chance.randrange(8) / 8), chance.randint(*_SCALES))
    factor = chance.choice((0, 1, 1, 1, 1, 1))
    for table, at in cells:
        table[at] = table[at] * factor + step


def _numbered(
    graph: Graph, ring: Ring, sizes: Instantiation, constants: Constants
) -> tuple[Instance, list[list[Cell]]]:
    """The network, and the entries of its free tensors."""
    instance = Instance(graph, ring, lambda label: arb(0), sizes.base, constants)
    free = [table for name, table in instance.clamped.items() if name not in constants]
    free += [table for tables in instance.parameters.values() for table in tables.values()]
    free += instance.targets.values()
    cells = [[(table, at) for at, value in table.items() if isinstance(value, arb)] for table in free]
    return instance, [found for found in cells if found]


class _Moving(Ball):
    """Numbers without radius; arguments outside of a domain are moved to its edge."""

    def __init__(self) -> None:
        super().__init__()
        self.lacking, self._most = 0.0, math.inf

    def lacking_of(self, instance: Instance, most: float = math.inf) -> float:
        """By how much all arguments together are outside of their domains; infinity where that is more than most."""
        self.lacking, self._most = 0.0, most
        try:
            return self.lacking if all_is_finite(instance) else math.inf
        except Undetermined:
            return math.inf

    def power(self, base: arb, p: int, q: int = 1) -> arb:
        if q != 1:
            base = self._into(base, 0, math.inf)
        elif p < 0 and abs(base) < _MARGIN:
            self._lacks(_MARGIN)
            base = arb(_MARGIN)
        return super().power(base, p, q).mid()

    def apply(self, name: str, order: int, argument: arb) -> arb:
        if name in _DOMAINS:
            argument = self._into(argument, *_DOMAINS[name])
        return super().apply(name, order, argument.mid()).mid()

    def _into(self, value: arb, low: float, high: float) -> arb:
        if not value.is_finite():
            return value
        near, number = _MARGIN, value.mid()
        if number < low + near:
            self._lacks(float(low + near - number))
            return arb(low + near)
        if number > high - near:
            self._lacks(float(number - (high - near)))
            return arb(high - near)
        return number

    def _lacks(self, more: float) -> None:
        self.lacking += more
        if self.lacking > self._most:
            raise Undetermined("more than before")


def all_is_finite(instance: Instance) -> bool:
    """Whether all activations and sensitivities at the network's own solution are numbers."""
    state: State = {}
    for kind, update, names in (
        ("x", instance.activation, list(instance.layers)),
        ("s", instance.sensitivity, list(reversed(instance.layers))),
    ):
        for name in names:
            state[kind, name] = update(name, state)
            if not is_finite({(kind, name): state[kind, name]}):
                return False
    return True


__all__ = ["all_is_finite", "is_reached"]
