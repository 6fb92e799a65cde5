"""The doubled energy of one layer type or cost, and everything that follows from it by variation.

For a vertex v with map f_v the energy's term is  E_v = Sum_i s_v[i] (f_v[i] - x_v[i]);  the cost adds C.
All of this is derived once per layer *kind* (type, options and number of axes), for symbolic sizes, and then
only renamed for the vertices of a network.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

from sympy import Expr, Integer

from dyadic.symbolic.costs import COSTS, CostEquation
from dyadic.symbolic.expressions import Definition, Tensor, elements, rename_tensors, total
from dyadic.symbolic.fusion import PartSource, fused_equation
from dyadic.symbolic.layers import LAYERS, LayerEquation, ShapeError
from dyadic.symbolic.layers.layer_type import axes
from dyadic.symbolic.serialise import Json, definition_to_json, digest, to_json
from dyadic.symbolic.tensor_names import Name, Owner, V, slots
from dyadic.symbolic.variation import Gradient, gradient


@dataclass(frozen=True)
class LayerKind:
    """What identifies a layer's equation: sizes play no part.

    ranks: numbers of axes of the activations read.  given: how many of the layer's parameters are further inputs.
    parts, sources: of type "fused" the kinds that it consists of, in order, and what each of them reads.
    """

    type: str
    settings: tuple[tuple[str, Any], ...]
    ranks: tuple[int, ...]
    given: int = 0
    parts: tuple[LayerKind, ...] = ()
    sources: tuple[tuple[PartSource, ...], ...] = ()

    @property
    def short(self) -> str:
        """The type alone, such as ``dense``; of a fused one those of its parts."""
        return "+".join(part.type for part in self.parts) or self.type

    @property
    def label(self) -> str:
        """A short readable name such as ``dense(activation=tanh, bias=True)``."""
        if self.parts:
            return " + ".join(part.label for part in self.parts)
        options = [f"{key}={value}" for key, value in self.settings]
        if len(self.ranks) > 1:
            options.append(f"inputs={len(self.ranks)}")
        if set(self.ranks) != {1}:
            options.append("axes=" + "/".join(map(str, dict.fromkeys(self.ranks))))
        if self.given:
            options.append(f"given={self.given}")
        return f"{self.type}({', '.join(options)})" if options else self.type


@dataclass(frozen=True)
class LayerDerivation:
    """A layer kind's energy term and its variation.

    stationarity: dE_v/ds_v = f_v - x_v, whose zero is inference.
    adjoints: per input slot, the term of dE/dx_u that this vertex contributes (a vector-Jacobian product).
    gradients: per parameter, dE/dtheta.
    intermediates: quantities shared by adjoints and gradients, in order of evaluation.
    """

    kind: LayerKind
    equation: LayerEquation
    energy: Definition
    stationarity: Definition
    intermediates: tuple[Definition, ...]
    adjoints: tuple[Definition, ...]
    gradients: dict[str, Definition]

    @property
    def label(self) -> str:
        return self.kind.label

    @cached_property
    def content(self) -> Json:
        """The derivation as JSON, as the certificate holds it."""
        return layer_to_json(self)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, under which the certificate holds it."""
        return digest(self.content)


@dataclass(frozen=True)
class CostDerivation:
    """A cost and its gradient with respect to the activation it reads."""

    type: str
    equation: CostEquation
    intermediates: tuple[Definition, ...]
    gradient: Definition
    settings: tuple[tuple[str, Any], ...] = ()

    @property
    def label(self) -> str:
        defaults = {key: option.default for key, option in COSTS[self.type].options.items()}
        options = ", ".join(f"{key}={value}" for key, value in self.settings if value != defaults[key])
        return f"{self.type}({options})" if options else self.type


@cache
def derive_layer(kind: LayerKind) -> LayerDerivation:
    """Derive a layer kind; cached, since a network has few kinds and many vertices."""
    return derive_equation(kind, layer_equation(kind))


@cache
def layer_equation(kind: LayerKind) -> LayerEquation:
    """The equation of a kind.  Raises :class:`ShapeError` where there is none."""
    if kind.parts:
        return fused_equation([layer_equation(part) for part in kind.parts], kind.sources)
    equation = LAYERS[kind.type].equation(dict(kind.settings), kind.ranks)
    return with_given_parameters(equation, kind.given)


def with_given_parameters(equation: LayerEquation, count: int) -> LayerEquation:
    """The equation with its first ``count`` parameters turned into further inputs x_u2, x_u3, ..."""
    if count == 0:
        return equation
    names = list(equation.parameters)
    if count > len(names):
        raise ShapeError(f"{count} parameters are given", f"the layer has {', '.join(names) or 'none'}")
    inputs = [*equation.inputs, *(equation.parameters[name].tensor for name in names[:count])]
    owners = slots(len(inputs))
    renamed = {t.name: Name("x", owner) for t, owner in zip(inputs, owners, strict=True)}
    return LayerEquation(
        tuple(Tensor(renamed[t.name], t.shape) for t in inputs),
        {name: p for name, p in equation.parameters.items() if name not in names[:count]},
        tuple(Definition(d.tensor, d.indices, rename_tensors(d.body, renamed)) for d in equation.definitions),
        equation.sizes,
        equation.extents,
        equation.hypotheses,
    )


def derive_equation(kind: LayerKind, equation: LayerEquation) -> LayerDerivation:
    """The energy term of an equation and its variation with respect to s_v, x_u and the parameters.

    Of the equation's definitions those are left out that its value does not read.
    """
    output = equation.output
    equation = replace(equation, definitions=(*needed(output.body, equation.definitions[:-1]), output))
    s = Tensor(Name("s", V), output.tensor.shape)
    x = Tensor(Name("x", V), output.tensor.shape)
    term: Expr = s[output.indices] * (output.element - x[output.indices])
    for index, extent in reversed(output.ranges.items()):
        term = total(index, extent, term)
    energy = Definition(Tensor(Name("E", V), ()), (), term)
    parameters = {name: parameter.tensor for name, parameter in equation.parameters.items()}
    found = gradient((*equation.definitions, energy), (s, *equation.inputs, *parameters.values()))
    return LayerDerivation(
        kind=kind,
        equation=equation,
        energy=energy,
        stationarity=found.results[s],
        intermediates=found.intermediates,
        adjoints=tuple(found.results.get(tensor) or zero(tensor) for tensor in equation.inputs),
        gradients={name: found.results[tensor] for name, tensor in parameters.items()},
    )


def zero(tensor: Tensor) -> Definition:
    """The derivative with respect to a tensor that the functional does not depend on (token indices)."""
    return Definition(Tensor(tensor.name.adjoint, tensor.shape), axes(len(tensor.shape))[0], Integer(0))


@cache
def derive_cost(name: str, rank: int, settings: tuple[tuple[str, Any], ...] = ()) -> CostDerivation:
    """Derive a cost's gradient for an activation with ``rank`` axes."""
    equation = COSTS[name].equation(rank, dict(settings))
    found: Gradient = gradient(equation.definitions, (equation.input,))
    return CostDerivation(name, equation, found.intermediates, found.results[equation.input], settings)


def needed(target: Expr, available: tuple[Definition, ...]) -> list[Definition]:
    """The definitions that an expression needs, directly or through others, in order of evaluation."""
    wanted = {entry.name for entry in elements(target)}
    chosen: list[Definition] = []
    for item in reversed(available):
        if item.tensor.name in wanted:
            chosen.append(item)
            wanted |= {entry.name for entry in elements(item.body)}
    return chosen[::-1]


def reads(target: Expr, available: tuple[Definition, ...]) -> tuple[set[Owner], set[Owner]]:
    """The owners u whose activation x_u an expression reads, and those whose sensitivity s_u, through definitions."""
    bodies = [target, *(item.body for item in needed(target, available))]
    names = {entry.name for body in bodies for entry in elements(body)}
    return {n.owner for n in names if n.is_plain("x")}, {n.owner for n in names if n.is_plain("s")}


def layer_to_json(layer: LayerDerivation) -> Json:
    """A layer kind: its equation and all that was derived from it."""
    equation = layer.equation
    return {
        "label": layer.label,
        "inputs": [str(tensor.name.owner) for tensor in equation.inputs],
        "input_shapes": [[to_json(extent) for extent in tensor.shape] for tensor in equation.inputs],
        "parameters": {
            name: {"kind": p.tensor.name.kind, "shape": [to_json(extent) for extent in p.tensor.shape]}
            for name, p in equation.parameters.items()
        },
        "extents": {str(symbol): to_json(formula) for symbol, formula in equation.extents.items()},
        "definitions": [definition_to_json(item) for item in equation.definitions],
        "energy": definition_to_json(layer.energy),
        "stationarity": definition_to_json(layer.stationarity),
        "intermediates": [definition_to_json(item) for item in layer.intermediates],
        "adjoints": [definition_to_json(item) for item in layer.adjoints],
        "gradients": {name: definition_to_json(item) for name, item in layer.gradients.items()},
    }


def cost_to_json(cost: CostDerivation) -> Json:
    """A cost: its equation and its gradient."""
    return {
        "label": cost.label,
        "input": str(cost.equation.input.name.owner),
        "shape": [to_json(extent) for extent in cost.equation.input.shape],
        "target_shape": [to_json(extent) for extent in cost.equation.target.shape],
        "target_role": cost.equation.target_role,
        "definitions": [definition_to_json(item) for item in cost.equation.definitions],
        "intermediates": [definition_to_json(item) for item in cost.intermediates],
        "gradient": definition_to_json(cost.gradient),
    }


__all__ = [
    "CostDerivation",
    "LayerDerivation",
    "LayerKind",
    "cost_to_json",
    "derive_cost",
    "derive_equation",
    "derive_layer",
    "layer_equation",
    "layer_to_json",
    "needed",
    "reads",
]  # fmt: skip
