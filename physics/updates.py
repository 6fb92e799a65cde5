"""The update of every variable of the doubled state, by emitted code.

A variable is ("x", vertex) or ("s", vertex).  Its update reads the parents, the children and itself, and nothing else:

    x_v <- f_v(x_pa(v)),      s_v <- sum over children c of (D_v f_c(x_pa(c)))^T s_c + dC/dx_v(x).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from dyadic.codegen.plan import RoutineCall, Source, Summand
from dyadic.physics.loading import EmittedNetwork
from dyadic.proofs.evaluate.reals import Undetermined

Variable = tuple[str, str]
"""("x" or "s", the vertex's name)."""
Array = Any


@dataclass(frozen=True)
class DoubledState:
    """Activations x and sensitivities s by vertex; arrays have a leading batch axis where the network adds one."""

    x: Mapping[str, Array]
    s: Mapping[str, Array]

    def __getitem__(self, variable: Variable) -> Array:
        letter, name = variable
        return self.x[name] if letter == "x" else self.s[name]

    def changed(self, new: Mapping[Variable, Array]) -> DoubledState:
        """The state with other values for some variables."""
        x = {name: new.get(("x", name), value) for name, value in self.x.items()}
        return DoubledState(x, {name: new.get(("s", name), value) for name, value in self.s.items()})


class Updates:
    """The updates of a network with given parameters, inputs and target.

    feedback: parameters that the way back, from s to s, uses in place of ``params`` (all of them), for devices whose
        feedback path has weights of its own; the parameters' gradients read the true ones, inside a vertex too.
    Raises ValueError, from the emitted code, for arrays that are missing or of another shape.
    """

    def __init__(
        self,
        network: EmittedNetwork,
        params: Mapping[str, Array],
        x: Any,
        y: Any,
        feedback: Mapping[str, Array] | None = None,
    ) -> None:
        self.network, plan = network, network.plan
        self.number: Callable[[Any], Any] = float
        self.params, self.inputs, self.target, self.batch = network.module._checked(params, x, y)
        self.feedback = self.params if feedback is None else network.module._checked(feedback, x, y)[0]
        self.forward = {call.owner: call for call in plan.forward}
        self.backward = {step.vertex: step for step in plan.backward}
        self.contributions = {(step.vertex, slot): call for step in plan.backward for slot, call in step.contributions}
        self.vertices = list(network.module.VERTICES)
        self.variables: list[Variable] = [(letter, name) for letter in "xs" for name in self.vertices]

    def converted(self, convert: Callable[[Array], Array], number: Callable[[Any], Any] = float) -> Updates:
        """The same network with other numbers: every parameter, input and target put through a function.

        number: what the costs' weights and the weight decay become, which are rationals.

        The emitted NumPy code computes with whatever objects its arrays hold (:mod:`dyadic.physics.number_types`).
        """
        other = copy(self)
        other.number = number
        other.params = {name: convert(array) for name, array in self.params.items()}
        other.inputs = {name: convert(array) for name, array in self.inputs.items()}
        own = self.feedback is not self.params
        other.feedback = {name: convert(array) for name, array in self.feedback.items()} if own else other.params
        several = isinstance(self.target, dict)
        other.target = {n: convert(a) for n, a in self.target.items()} if several else convert(self.target)
        return other

    def samples(self, chosen: Any) -> Updates:
        """Some samples of the batch, by an index of its axis: a slice, or an array of numbers that may repeat."""
        if not self.network.batched:
            return self
        other = copy(self)
        other.inputs = {name: array[chosen] for name, array in self.inputs.items()}
        several = isinstance(self.target, dict)
        other.target = {n: a[chosen] for n, a in self.target.items()} if several else self.target[chosen]
        other.batch = len(next(iter(other.inputs.values())))
        return other

    def sample(self, number: int = 0) -> Updates:
        """One sample of the batch."""
        return self.samples(slice(number, number + 1))

    def at(self, x: Mapping[str, Array], s: Mapping[str, Array]) -> Frame:
        """A frame in which updates, energy and gradients are read off a state."""
        return Frame(self, x, s)

    def new(self, state: DoubledState, variables: Iterable[Variable]) -> dict[Variable, Array]:
        """The updates of some variables, all from ``state``."""
        frame = self.at(state.x, state.s)
        return {(letter, name): frame.f(name) if letter == "x" else frame.back(name) for letter, name in variables}

    def exact(self) -> DoubledState:
        """The fixed point: activations forward, then sensitivities backward (with ``feedback``, if it is given)."""
        x: dict[str, Array] = {}
        s: dict[str, Array] = {}
        frame = self.at(x, s)
        for name in self.vertices:
            x[name] = frame.f(name)
        for name in reversed(self.vertices):
            s[name] = frame.back(name)
        return DoubledState(x, s)


class Frame:
    """What can be computed at a state; shared parts are computed once.

    x, s: read when a value is first needed, so that they may grow while the frame is used.
    """

    def __init__(self, updates: Updates, x: Mapping[str, Array], s: Mapping[str, Array]) -> None:
        self.updates, self.x, self.s = updates, x, s
        self._values: dict[str, tuple[Array, ...]] = {}
        self._bars: dict[tuple[str, bool], tuple[Array, ...]] = {}

    def f(self, name: str) -> Array:
        """f_v at the parents' activations."""
        return self._forward(name)[-1]

    def back(self, name: str) -> Array:
        """The sum of the terms of dE/dx_v but for -s_v."""
        terms = self.handed(name)
        return sum(terms[1:], terms[0])

    def handed(self, name: str) -> list[Array]:
        """What children and costs hand to a vertex, in the order of its ``sensitivity`` terms."""
        return [self._term(term) for term in self.updates.backward[name].sensitivity]

    def pulled(self, name: str) -> Array:
        """The sum over the children of their adjoints, without the cost: J^T s at a vertex, J the Jacobian of f."""
        terms = self.updates.backward[name].sensitivity
        found = [self._term(term) for term in terms if not isinstance(term.of, RoutineCall)]
        return sum(found[1:], found[0]) if found else 0 * self.x[name]

    def cost_slope(self, name: str) -> Array:
        """dC/dx_v, 0 where no cost reads the vertex."""
        terms = self.updates.backward[name].sensitivity
        found = [self._term(term) for term in terms if isinstance(term.of, RoutineCall)]
        return sum(found[1:], found[0]) if found else 0 * self.x[name]

    def cost(self) -> Array:
        """C of each sample; without weight decay, which does not depend on the state."""
        terms = [self._term(term) for _, term in self.updates.network.plan.loss]
        return sum(terms[1:], terms[0])

    def energy(self) -> Array:
        """E = sum over v of <s_v, f_v - x_v> + C, of each sample."""
        total = self.cost()
        for name in self.updates.vertices:
            total = total + self._inner(self.s[name], self.f(name) - self.x[name])
        return total

    def gradients(self, decayed: bool = True) -> dict[str, Array]:
        """dE/dtheta by parameter, means over the batch; with the cost's weight decay unless ``decayed`` is False."""
        rational = self.updates.network.derivation.architecture.decay
        decay = self.updates.number(rational) if decayed and rational else None
        found = {}
        for name, terms in self.updates.network.plan.gradients:
            parts = [self._term(term) for term in terms]
            total = sum(parts[1:], parts[0])
            found[name] = total if decay is None else total + decay * self.updates.params[name]
        return found

    def _inner(self, one: Array, two: Array) -> Array:
        product = one * two
        return product.reshape(len(product), -1).sum(axis=1) if self.updates.network.batched else product.sum()

    def _forward(self, name: str) -> tuple[Array, ...]:
        if name not in self._values:
            self._values[name] = self._call(self.updates.forward[name], self.updates.params)
        return self._values[name]

    def _term(self, term: Summand) -> Array:
        if isinstance(term.of, RoutineCall):
            value = self._call(term.of, self.updates.params)
        else:
            value = self._call(self.updates.contributions[term.of.name, term.of.position], self.updates.feedback)
        return value if term.weight == 1 else self.updates.number(term.weight) * value

    def _call(self, call: RoutineCall, params: Mapping[str, Array]) -> Any:
        arguments = [self._source(source, params) for source in call.sources]
        if call.batch:
            arguments.append(self.updates.batch)
        try:
            return self.updates.network.called(call, arguments)
        except Undetermined as error:
            raise Undetermined(f"{error}, in {call.owner}") from error

    def _source(self, source: Source, params: Mapping[str, Array]) -> Array:
        name = source.name
        match source.group:
            case "parameter":
                return params[name]
            case "activation":
                return self.updates.inputs[name] if name in self.updates.inputs else self.x[name]
            case "sensitivity":
                return self.s[name]
            case "value":
                return self._forward(name)[source.position]
            case "bar":
                return self._bar(name, params)[source.position]
            case "target":
                return self.updates.target[name] if name else self.updates.target
        raise KeyError(source.group)

    def _bar(self, name: str, params: Mapping[str, Array]) -> tuple[Array, ...]:
        """The adjoints inside a vertex: with the feedback weights for its parents, with its own for its parameters."""
        key = name, params is self.updates.feedback
        if key not in self._bars:
            call = self.updates.backward[name].bars
            if call is None:
                raise KeyError(name)
            self._bars[key] = self._call(call, params)
        return self._bars[key]


__all__ = ["Array", "DoubledState", "Frame", "Updates", "Variable"]
