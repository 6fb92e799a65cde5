"""A bench over any ring, for algorithms that must be backpropagation whatever the parameters and functions are.

The network is evaluated by proofs/evaluate at reduced sizes, every function value an unknown of its own.  An algorithm
written over a :class:`Bench` runs unchanged; two runs that agree modulo a prime agree as rational functions of all that
is drawn, up to the stated probability (Schwartz-Zippel).  Two that differ may agree for the functions that there are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import S

from dyadic.physics.rivals.bench import Bench, Units
from dyadic.physics.updates import Array
from dyadic.proofs.certificate import subject
from dyadic.proofs.checker.evaluation.prime_numbers import probability
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.evaluate.identity_values import primes_for, residue_source, seed_of
from dyadic.proofs.evaluate.number_rings import PrimeField, Ring
from dyadic.proofs.evaluate.simulate import Draw, Instance, State, reduced_sizes
from dyadic.proofs.evaluate.weights import Degree
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.functions import FUNCTIONS


class RingNumber:
    """An element of a ring, for arrays of objects; a number stands for its exact value in the ring."""

    __slots__ = ("ring", "value")

    def __init__(self, ring: Ring, value: Any) -> None:
        self.ring, self.value = ring, value

    def _of(self, number: Any) -> Any:
        if isinstance(number, RingNumber):
            return number.value
        exact = Fraction(float(number))
        return self.ring.number(exact.numerator, exact.denominator)

    def __add__(self, other: Any) -> RingNumber:
        if isinstance(other, np.ndarray):
            return NotImplemented
        return RingNumber(self.ring, self.ring.add([self.value, self._of(other)]))

    def __mul__(self, other: Any) -> RingNumber:
        if isinstance(other, np.ndarray):
            return NotImplemented
        return RingNumber(self.ring, self.ring.mul([self.value, self._of(other)]))

    def __neg__(self) -> RingNumber:
        return self * -1

    def __sub__(self, other: Any) -> RingNumber:
        return self + (-1 * other)

    __radd__, __rmul__ = __add__, __mul__


class FlatPrimeField(PrimeField):
    """A field that knows which derivatives are 0 everywhere: of a step, and of a value that is held constant."""

    def apply(self, name: str, order: int, argument: int) -> int:
        known = FUNCTIONS.get(name)
        if order and known is not None and known.derivative is S.Zero:
            return 0
        return super().apply(name, order, argument)


class RingBench(Bench):
    """A network over a ring, its parameters, inputs and targets drawn."""

    def __init__(self, derivation: Derivation, ring: Ring, draw: Draw, over: Collection[str] | None = None) -> None:
        self.ring, self.over, self.feedback = ring, over, None
        graph = Graph(subject(derivation, derivation.steps))
        self.instance = Instance(graph, ring, draw, reduced_sizes(graph))
        self.instance.decay = None
        self.__dict__["vertices"] = list(graph.parents)
        state = self.instance.wavefront()
        self.__dict__["free"] = {name: self._array(state["x", name]) for name in graph.parents}
        self.__dict__["sensitivities"] = {name: self._array(state["s", name]) for name in graph.parents}

    def field(self, u: Units) -> dict[str, Array]:
        state = self._state(u)
        return {name: self._array(self.instance.activation(name, state)) - u[name] for name in self.vertices}

    def pull(self, u: Units, s: Units) -> dict[str, Array]:
        state, graph = self._state(u, s), self.instance.graph
        found = {}
        for name in self.vertices:
            terms = [(child, slot) for child, slot in graph.terms[name] if child not in self.instance.costs]
            parts = [
                self._array(self.instance.layers[child].contribution(slot, self.instance.tensors(child, state)))
                for child, slot in terms
            ]
            found[name] = sum(parts[1:], parts[0]) if parts else 0 * self.free[name]
        return found

    def slope(self, u: Units) -> dict[str, Array]:
        state, instance = self._state(u), self.instance
        found = {name: 0 * self.free[name] for name in self.vertices}
        for owner, cost in instance.graph.costs.items():
            tensors = {("x", instance.costs[owner].owner): state["x", cost["input"]]}
            tensors["y", "cost"] = instance.targets[owner]
            weight = RingNumber(self.ring, instance.weights[owner])
            part = self._array(instance.costs[owner].sensitivity(tensors))
            found[cost["input"]] = found[cost["input"]] + weight * part
        return found

    def pairing(self, u: Units, s: Units) -> dict[str, Array]:
        found = self.instance.gradients(self._state(u, s))
        return self.chosen(
            {f"{name}.{part}" if part else name: self._array(table) for (name, part), table in found.items()}
        )

    def _array(self, entries: Mapping[tuple[int, ...], Any]) -> Array:
        shape = tuple(1 + max(place[axis] for place in entries) for axis in range(len(next(iter(entries)))))
        found = np.empty(shape, dtype=object)
        for place, value in entries.items():
            found[place] = RingNumber(self.ring, value)
        return found

    def _state(self, u: Units, s: Units | None = None) -> State:
        parts = [("x", u)] + ([("s", s)] if s is not None else [])
        return {
            (letter, name): {place: units[name][place].value for place in np.ndindex(units[name].shape)}
            for letter, units in parts
            for name in self.vertices
        }


def compared(
    derivation: Derivation, algorithm: Callable[[Bench], Mapping[str, Array]], over: Collection[str] | None = None
) -> tuple[tuple[str, tuple[int, ...]] | None, Fraction, bool]:
    """An algorithm's gradient and backpropagation's modulo a prime, of all parameters or of some.

    Returns the first difference (parameter, entry) or None, a bound on the probability of an agreement by chance, and
    whether backpropagation's gradient is 0 throughout, so that an agreement shows nothing.
    """
    seed = seed_of(Graph(subject(derivation, derivation.steps)), "compare")
    prime = primes_for(seed)[0]
    ring = FlatPrimeField(prime, seed)
    one = RingBench(derivation, ring, residue_source(prime, seed), over)
    found, wanted = algorithm(one), one.gradient
    weights = Degree()
    bounds = RingBench(derivation, weights, lambda label: 1, over)
    tables = (algorithm(bounds), bounds.gradient)
    largest = weights.difference(
        number.value for table in tables for array in table.values() for number in array.ravel()
    )
    entries = sum(array.size for array in wanted.values())
    bound = probability(entries * largest + ring.calls * (ring.calls - 1) // 2 * weights.deepest, prime)
    for name, array in wanted.items():
        for place in np.ndindex(array.shape):
            if found[name][place].value != array[place].value:
                return (name, place), bound, False
    return None, bound, all(number.value == 0 for array in wanted.values() for number in array.ravel())


__all__ = ["FlatPrimeField", "RingBench", "RingNumber", "compared"]
