"""What equations are worth as they are printed: read back and evaluated modulo a prime, at tensors drawn by name."""

from __future__ import annotations

import itertools

from dyadic.proofs.checker.evaluation.equations import Evaluator, Field
from dyadic.proofs.checker.evaluation.prime_numbers import chance
from dyadic.proofs.checker.intake.reading import Rejected

PRIME, MOST_PLACES = 2**61 - 1, 24


def worth(equation, axes, integers, sizes):
    """The values of an equation at a sample of places, or why it has none.

    equation: ((kind, owner, indices, body), [the same of its intermediates]).  axes: the extents of every tensor.
    integers: the tensors whose entries are integers, with a bound.  sizes: numbers for sizes given by name.
    """
    (kind, owner, indices, body), where = equation
    field = Field(PRIME, 7)
    tensors = _PrintedTensors(field, axes, integers, {(k, o): (names, inner) for k, o, names, inner in where}, sizes)
    places = list(itertools.product(*map(range, axes[kind, owner])))
    places = sorted(places, key=lambda place: chance(repr(place)))[:MOST_PLACES]
    found = []
    for place in places:
        try:
            found.append(tensors.value(indices, body, place))
        except (Rejected, RecursionError, KeyError, ValueError) as error:
            return type(error).__name__
    return (kind, owner, found)


class _PrintedTensors(dict):
    def __init__(self, field, axes, integers, where, sizes):
        super().__init__()
        self.field, self.axes, self.integers, self.where, self.sizes = field, axes, integers, where, sizes

    def value(self, indices, body, place):
        run = Evaluator(self.field, self.sizes, "printed")
        run.tensors = self
        return run.value(body, dict(zip(indices, place, strict=True)))

    def __contains__(self, key):
        return key in self.axes

    def get(self, key, default=None):
        return _Entries(self, key) if key in self.axes else default

    def __getitem__(self, key):
        return _Entries(self, key)


class _Entries:
    def __init__(self, tensors, key):
        self.tensors, self.key = tensors, key

    def get(self, place, default=None):
        tensors, axes = self.tensors, self.tensors.axes[self.key]
        if len(place) != len(axes) or not all(0 <= at < n for at, n in zip(place, axes, strict=True)):
            return default
        if (self.key, place) not in tensors.__dict__.setdefault("cache", {}):
            tensors.cache[self.key, place] = self._value(place)
        return tensors.cache[self.key, place]

    def _value(self, place):
        tensors = self.tensors
        if self.key in tensors.where:
            return tensors.value(*tensors.where[self.key], place)
        if self.key in tensors.integers:
            return chance(repr((self.key, place))) % tensors.integers[self.key]
        return tensors.field.unknown("value", *self.key, place), 0
