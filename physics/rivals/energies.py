"""A method's own energy, varied by the engine that varies the doubled energy, and emitted as NumPy code.

The energy of a network is a sum over its vertices of one term per layer kind, written over the layer's own index
equations: an expression in f_v and the other definitions, x_v, s_v (a multiplier or an error) and what the layer reads.
:func:`dyadic.symbolic.variation.gradient` differentiates it with respect to x_v, s_v, the parents and the parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Expr

from dyadic.codegen.standalone import EmittedFunction, FunctionModule
from dyadic.physics.loading import imported
from dyadic.physics.rivals.allowance import spend
from dyadic.physics.sure_decisions import deciding
from dyadic.physics.updates import Array, Updates
from dyadic.symbolic.energy import derive_layer, needed
from dyadic.symbolic.expressions import Definition, Tensor, rename_tensors, total
from dyadic.symbolic.latex_printing import LatexPrinter
from dyadic.symbolic.layers import LayerEquation
from dyadic.symbolic.printing import TextPrinter
from dyadic.symbolic.structure import Vertex
from dyadic.symbolic.tensor_names import Name, V
from dyadic.symbolic.variation import Gradient, gradient

Term = Callable[[LayerEquation, str | None], Expr]
"""From a layer's equation and its activation to the energy of an entry of its output; the sum is over all entries."""
Rewrite = Callable[[LayerEquation, tuple[str | None, ...]], LayerEquation]
"""Changes a layer's equation first; told the activation of each parent, None for an input."""


@dataclass(frozen=True)
class VariedTerm:
    """One vertex's term of the energy and its derivatives.

    definitions: those of the layer, then the energy E_v.  found: intermediates and results of the variation.
    """

    equation: LayerEquation
    definitions: tuple[Definition, ...]
    found: Gradient

    def derivative(self, tensor: Tensor) -> tuple[Definition, ...]:
        """What the derivative with respect to a tensor needs, itself last; empty where it is 0."""
        if tensor not in self.found.results:
            return ()
        target = self.found.results[tensor]
        return (*needed(target.body, (*self.definitions[:-1], *self.found.intermediates)), target)


def own(equation: LayerEquation, letter: str) -> Tensor:
    """x_v or s_v of a layer, a tensor of its output's shape; x_v has a letter of its own in code, beside x_u."""
    return Tensor(Name({"x": "X", "s": "s"}[letter], V), equation.output.tensor.shape)


def varied(equation: LayerEquation, term: Term, activation: str | None = None) -> VariedTerm:
    """Vary a layer's term of the energy."""
    output = equation.output
    body = term(equation, activation)
    for index, extent in reversed(output.ranges.items()):
        body = total(index, extent, body)
    definitions = (*equation.definitions, Definition(Tensor(Name("E", V), ()), (), body))
    parameters = [parameter.tensor for parameter in equation.parameters.values()]
    found = gradient(definitions, (own(equation, "x"), own(equation, "s"), *equation.inputs, *parameters))
    return VariedTerm(equation, definitions, found)


def same_equation(equation: LayerEquation, parents: tuple[str | None, ...]) -> LayerEquation:
    """The layer's equation as it is."""
    return equation


class EnergyNetwork:
    """The derivatives of a method's energy on a network with given numbers; without the cost, which methods add."""

    def __init__(self, updates: Updates, term: Term, rewrite: Rewrite = same_equation) -> None:
        self.updates = updates
        self.architecture = updates.network.derivation.architecture
        self.terms: dict[str, VariedTerm] = {}
        self._parts: dict[tuple[str, str], EmittedFunction] = {}
        functions = FunctionModule(updates.network.batched)
        made: dict[Any, tuple[VariedTerm, dict[str, EmittedFunction]]] = {}
        for vertex in self.architecture.vertices:
            equation = rewrite(derive_layer(vertex.kind).equation, self._activations(vertex))
            own_activation = activation(vertex)
            key = (equation.definitions, own_activation, tuple(vertex.sizes.items()), self._static(vertex, equation))
            if key not in made:
                found = varied(equation, term, own_activation)
                made[key] = found, self._emit(functions, vertex, found, f"energy{len(made)}")
            self.terms[vertex.name], parts = made[key]
            self._parts |= {(vertex.name, part): function for part, function in parts.items()}
        self.text = functions.text()
        self.module = imported(self.text)

    def _activations(self, vertex: Vertex) -> tuple[str | None, ...]:
        layers = self.architecture.by_name
        return tuple(activation(layers[parent]) if parent in layers else None for parent in vertex.inputs)

    def _static(self, vertex: Vertex, equation: LayerEquation) -> frozenset[Name]:
        inputs = self.architecture.by_input
        found = {p.tensor.name for p in equation.parameters.values()}
        for name, tensor in zip(vertex.inputs, equation.inputs, strict=True):
            if name in inputs and inputs[name].role in ("parameter", "constant"):
                found.add(tensor.name)
        return frozenset(found)

    def _emit(
        self, functions: FunctionModule, vertex: Vertex, term: VariedTerm, prefix: str
    ) -> dict[str, EmittedFunction]:
        """A function for each derivative that is not 0."""
        equation, static = term.equation, self._static(vertex, term.equation)
        parameters = {name: parameter.tensor for name, parameter in equation.parameters.items()}
        known = [*parameters.values(), *equation.inputs, own(equation, "x"), own(equation, "s")]
        wanted: list[tuple[str, Tensor, bool]] = [(letter, own(equation, letter), False) for letter in "xs"]
        wanted += [(f"input {k}", t, t.name in static) for k, t in enumerate(equation.inputs)]
        wanted += [(f"parameter {name}", tensor, True) for name, tensor in parameters.items()]
        found = {}
        for part, tensor, mean in wanted:
            definitions = term.derivative(tensor)
            if definitions:
                name = f"{prefix}_by_{part.replace(' ', '_')}"
                found[part] = functions.add(name, definitions, known, static, vertex.sizes, mean)
        value = term.definitions[-1]
        definitions = (*needed(value.body, term.definitions[:-1]), value)
        found["value"] = functions.add(f"{prefix}_value", definitions, known, static, vertex.sizes)
        return found

    def value(self, x: Mapping[str, Array], s: Mapping[str, Array]) -> float:
        """E, summed over the batch."""
        spend()
        return float(sum(np.sum(self._part(name, "value", x, s)) for name in self.updates.vertices))

    def by_x(self, x: Mapping[str, Array], s: Mapping[str, Array]) -> dict[str, Array]:
        """dE/dx_v of every vertex: its own term and those of its children."""
        spend()
        found = {}
        for name in self.updates.vertices:
            parts = [self._part(name, "x", x, s)]
            for child, slot in self.architecture.edges_out[name]:
                parts.append(self._part(child, f"input {slot}", x, s))
            terms = [part for part in parts if part is not None]
            found[name] = sum(terms[1:], terms[0]) if terms else 0 * x[name]
        return found

    def by_s(self, x: Mapping[str, Array], s: Mapping[str, Array]) -> dict[str, Array]:
        """dE/ds_v of every vertex."""
        spend()
        parts = {name: self._part(name, "s", x, s) for name in self.updates.vertices}
        return {name: 0 * s[name] if part is None else part for name, part in parts.items()}

    def by_parameters(self, x: Mapping[str, Array], s: Mapping[str, Array]) -> dict[str, Array]:
        """dE/dtheta by parameter, a mean over the batch; without weight decay."""
        spend()
        found: dict[str, Array] = {}
        for vertex in self.architecture.vertices:
            for parameter in self.terms[vertex.name].equation.parameters:
                part = self._part(vertex.name, f"parameter {parameter}", x, s)
                key = f"{vertex.name}.{parameter}"
                found[key] = 0 * self.updates.params[key] if part is None else part
        for name in self.updates.network.derivation.shared:
            parts = [self._part(child, f"input {slot}", x, s) for child, slot in self.architecture.edges_out[name]]
            terms = [part for part in parts if part is not None]
            found[name] = sum(terms[1:], terms[0]) if terms else 0 * self.updates.params[name]
        return found

    def _part(self, name: str, part: str, x: Mapping[str, Array], s: Mapping[str, Array]) -> Any:
        function = self._parts.get((name, part))
        if function is None:
            return None
        vertex, equation = self.architecture.by_name[name], self.terms[name].equation
        places: dict[Name, tuple[Mapping[str, Array], str]] = {Name("X", V): (x, name), Name("s", V): (s, name)}
        for tensor, parent in zip(equation.inputs, vertex.inputs, strict=True):
            places[tensor.name] = self._holding(parent, x), parent
        for parameter, known in equation.parameters.items():
            places[known.tensor.name] = self.updates.params, f"{name}.{parameter}"
        arguments = [table[key] for table, key in (places[key] for key in function.arguments)]
        return getattr(self.module, function.name)(*arguments, *([self.updates.batch] if function.batch else []))

    def _holding(self, name: str, x: Mapping[str, Array]) -> Mapping[str, Array]:
        """Where a parent's activation is held."""
        if name in self.updates.inputs:
            return self.updates.inputs
        return self.updates.params if name in self.updates.params else x

    def with_numbers(self, updates: Updates) -> EnergyNetwork:
        """The same energy on other numbers of the same network, as balls, slopes or series."""
        other = object.__new__(EnergyNetwork)
        other.__dict__.update(self.__dict__)
        other.updates, other.module = updates, deciding(self.text)
        return other

    def equations(self, latex: bool = False) -> list[str]:
        """The energy and its derivatives as they were derived, once per layer kind."""
        found: dict[tuple[str, ...], None] = {}
        for term in self.terms.values():
            printer = LatexPrinter(frozenset()) if latex else TextPrinter()
            derived = [term.definitions[-1], *term.found.intermediates, *term.found.results.values()]
            found[tuple(printer.equation(shown(item)) for item in derived)] = None
        return list(dict.fromkeys(line for lines in found for line in lines))


def shown(item: Definition) -> Definition:
    """An equation with x_v under its usual name."""
    hidden, usual = Name("X", V), Name("x", V)
    table = {hidden: usual, hidden.adjoint: usual.adjoint}
    tensor = Tensor(table.get(item.tensor.name, item.tensor.name), item.tensor.shape)
    return Definition(tensor, item.indices, rename_tensors(item.body, table))


def activation(vertex: Vertex) -> str | None:
    """The activation that ends a layer, None where it has none."""
    return dict(vertex.kind.settings).get("activation")


__all__ = ["EnergyNetwork", "Rewrite", "Term", "VariedTerm", "activation", "own", "same_equation", "varied"]
