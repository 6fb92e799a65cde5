"""Wrong derivations of examples/digits.toml (and wrong graphs), each with one mistake that its name states."""

from __future__ import annotations

import dataclasses

from dyadic.proofs.subject import examine
from dyadic.symbolic import architecture, derive, read_spec
from dyadic.symbolic.energy import derive_equation
from dyadic.symbolic.expressions import Apply, Definition

DIGITS = "examples/digits.toml"


def digits():
    return derive(read_spec(DIGITS))


def with_layer(derivation, name, **changes):
    layer = dataclasses.replace(derivation.layers[name], **changes)
    return dataclasses.replace(derivation, layers=derivation.layers | {name: layer})


def body(item, change):
    return Definition(item.tensor, item.indices, change(item.body))


def applications(change):
    """Rewrite every function application in an expression."""
    return lambda e: e.replace(lambda n: isinstance(n, Apply), change)


def flipped_sign():
    """The adjoint of hidden2 has the wrong sign."""
    derivation = digits()
    adjoints = tuple(body(a, lambda e: -e) for a in derivation.layers["hidden2"].adjoints)
    return examine(with_layer(derivation, "hidden2", adjoints=adjoints), derivation.steps)


def derivative_elsewhere():
    """tanh'(2 z) for tanh'(z) in hidden2."""
    derivation = digits()
    twice = applications(lambda n: Apply(n.name, n.order, 2 * n.argument))
    intermediates = tuple(body(b, twice) for b in derivation.layers["hidden2"].intermediates)
    return examine(with_layer(derivation, "hidden2", intermediates=intermediates), derivation.steps)


def wrong_definition():
    """hidden2 applies the sigmoid, and everything else follows from that."""
    derivation = digits()
    layer = derivation.layers["hidden2"]
    other = applications(lambda n: Apply("sigmoid", n.order, n.argument))
    definitions = tuple(body(item, other) for item in layer.equation.definitions)
    derived = derive_equation(layer.kind, dataclasses.replace(layer.equation, definitions=definitions))
    return examine(dataclasses.replace(derivation, layers=derivation.layers | {"hidden2": derived}), derivation.steps)


def constant_layer():
    """Two layers, of which the second does not depend on the first."""
    layers = [{"name": name, "type": "dense", "units": 2, "activation": "tanh"} for name in ("first", "second")]
    derivation = derive(
        architecture({"inputs": {"x": {"shape": [2]}}, "layers": layers, "cost": {"type": "squared_error"}})
    )
    layer = derivation.layers["second"]
    definitions = (*layer.equation.definitions[:-1], body(layer.equation.definitions[-1], lambda e: e * 0))
    equation = dataclasses.replace(layer.equation, definitions=definitions)
    return examine(with_layer(derivation, "second", equation=equation), derivation.steps)


def zero_cost_gradient():
    """dC/dx is said to be zero."""
    derivation = digits()
    costs = {
        owner: dataclasses.replace(cost, gradient=body(cost.gradient, lambda e: e * 0))
        for owner, cost in derivation.costs.items()
    }
    return examine(dataclasses.replace(derivation, costs=costs), derivation.steps)


def difference():
    """No mistake, but a layer a - a, by which nothing depends on what lies before it."""
    layers = [{"name": "a", "type": "tanh"}, {"name": "d", "type": "sub", "inputs": ["a", "a"]}]
    spec = {"inputs": {"x": {"shape": [2]}}, "layers": layers, "cost": {"type": "squared_error"}}
    derivation = derive(architecture(spec))
    return examine(derivation, derivation.steps)


def dropped_skip():
    """The sensitivity of hidden lacks the term of its skip connection."""
    derivation = digits()
    terms = derivation.terms | {"hidden": derivation.terms["hidden"][:1]}
    return examine(dataclasses.replace(derivation, terms=terms), derivation.steps)


def self_reading():
    """The sensitivity of hidden2 reads itself: a cycle."""
    subject = examine(digits(), digits().steps)
    subject.network.terms["hidden2"] = [*subject.network.terms["hidden2"], ["hidden2", 0]]
    return subject


def one_step_short():
    return examine(digits(), digits().steps - 1)


def right():
    return examine(digits(), digits().steps)
