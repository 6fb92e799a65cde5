"""Mistakes in how a network's equations are made from those of its layers' kinds: each is planted in the deriver."""

from __future__ import annotations

import dataclasses

from dyadic.symbolic import architecture, derive, instantiation
from dyadic.symbolic.expressions import Add, Definition, Element, Tensor, rename_definition
from dyadic.symbolic.instantiation import Equation, Equations, SensitivityTerm
from dyadic.symbolic.tensor_names import U1, U2


def network():
    """A shared matrix, a skip, a difference of two parents, two costs with weights, decay; several sizes."""
    layers = [
        {"name": "first", "type": "dense", "units": 3, "activation": "tanh", "inputs": ["u"]},
        {"name": "second", "type": "dense", "units": 3, "activation": "sigmoid", "inputs": ["first"]},
        {"name": "apart", "type": "sub", "inputs": ["first", "second"]},
        {"name": "tied", "type": "matmul", "inputs": ["apart", "w"]},
        {"name": "again", "type": "matmul", "inputs": ["first", "w"]},
        {"name": "both", "type": "mul", "inputs": ["tied", "again"]},
        {"name": "out", "type": "dense", "units": 4, "inputs": ["both"]},
    ]
    costs = [
        {"type": "cross_entropy", "inputs": ["out"], "weight": 2},
        {"type": "squared_error", "inputs": ["second"], "weight": 0.5},
    ]
    return {
        "name": "planted", "inputs": {"u": {"shape": [5, 2]}}, "parameters": {"w": {"shape": [3, 6]}},
        "layers": layers, "costs": costs, "weight_decay": 0.1,
    }  # fmt: skip


def derivation():
    return derive(architecture(network()))


def _definition(item, change):
    return Definition(item.tensor, item.indices, change(item.body))


def _replaced(method, change):
    """A plant that changes the equations that a method makes."""
    original = getattr(Equations, method)

    def wrong(self, *arguments):
        return change(original(self, *arguments))

    return lambda monkeypatch: monkeypatch.setattr(Equations, method, wrong)


def _terms(change):
    """A plant that changes the terms of which sums over children and readers are made."""
    original = Equations._collected

    def wrong(self, tensor, terms):
        return original(self, tensor, change(self, terms))

    return lambda monkeypatch: monkeypatch.setattr(Equations, "_collected", wrong)


def _body(change):
    return lambda equation: dataclasses.replace(equation, definition=_definition(equation.definition, change))


def _negated(body):
    return -body


def _first_term(body):
    return Add.make_args(body)[0]


def _instances(owners=lambda owners: owners, sizes=lambda sizes: sizes):
    """A plant that changes what the names or the sizes of a kind's equation stand for."""

    def wrong(item, table, extents):
        return rename_definition(item, owners(dict(table)), sizes(dict(extents)))

    return lambda monkeypatch: monkeypatch.setattr(instantiation, "rename_definition", wrong)


def _swapped(owners):
    return owners | {U1: owners[U2], U2: owners[U1]} if U2 in owners else owners


def _decay(change):
    def wrong(self, item, own):
        return change(item, self._architecture.decay * Element(own, *item.indices))

    return lambda monkeypatch: monkeypatch.setattr(Equations, "_decayed", wrong)


def _unweighted(monkeypatch):
    original = Equations._term

    def wrong(self, term):
        item, where = original(self, term)
        if term.child not in self._costs:
            return item, where
        weight = self._architecture.by_cost[term.child].weight
        return _definition(item, lambda body: body / weight), where

    monkeypatch.setattr(Equations, "_term", wrong)


def _shifted(equation):
    """The entry before the one that is defined, on the last axis."""
    item = equation.definition
    if not item.indices:
        return equation
    return dataclasses.replace(equation, definition=_definition(item, lambda b: b.xreplace({item.indices[-1]: 0})))


def _other_tensor(equation):
    tensor = equation.definition.tensor
    tensor = Tensor(tensor.name.of("first" if tensor.name.owner != "first" else "second"), tensor.shape)
    item = equation.definition
    return dataclasses.replace(equation, definition=Definition(tensor, item.indices, item.body))


def _wrong_intermediate(equation):
    where = tuple(_definition(item, lambda body: 2 * body) for item in equation.where)
    return Equation(equation.tag, equation.role, equation.definition, where)


def _no_intermediates(equation):
    return Equation(equation.tag, equation.role, equation.definition, ())


def _of_x_negated(body):
    """-x for x."""
    return body.xreplace({entry: -entry for entry in body.atoms(Element) if entry.name.is_plain("x")})


PLANTS = {
    "sign of the decay": _decay(lambda item, decay: _definition(item, lambda body: body - decay)),
    "no decay": _decay(lambda item, decay: item),
    "twice the decay": _decay(lambda item, decay: _definition(item, lambda body: body + 2 * decay)),
    "a cost without its weight": _unweighted,
    "the last child dropped": _terms(lambda self, terms: terms[:-1] or terms),
    "the first child counted twice": _terms(lambda self, terms: (*terms, terms[0])),
    "tying ignored": _terms(lambda self, terms: terms[:1] if terms in self._shared.values() else terms),
    "another slot": _terms(
        lambda self, terms: tuple(
            t
            if t.child in self._costs or len(self._layers[t.child].adjoints) < 2
            else SensitivityTerm(t.child, 1 - t.slot)
            for t in terms
        )
    ),
    "parents swapped": _instances(owners=_swapped),
    "sizes + 1": _instances(sizes=lambda sizes: {symbol: extent + 1 for symbol, extent in sizes.items()}),
    "a negated gradient": _replaced("_gradient", _body(_negated)),
    "a negated shared gradient": _replaced("_shared_gradient", _body(_negated)),
    "a negated sensitivity": _replaced("_sensitivity", _body(_negated)),
    "a sum cut short": _replaced("_sensitivity", _body(_first_term)),
    "a negated map": _replaced("_inference", _body(_negated)),
    "half a map": _replaced("_inference", _body(lambda body: body / 2)),
    "an entry fixed": _replaced("_inference", _shifted),
    "s (f + x)": _replaced("_energy", _body(_of_x_negated)),
    "twice the energy": _replaced("_energy", _body(lambda body: 2 * body)),
    "a negated cost": _replaced("_cost", _body(_negated)),
    "another left-hand side": _replaced("_sensitivity", _other_tensor),
    "a wrong intermediate": _replaced("_gradient", _wrong_intermediate),
    "an intermediate left out": _replaced("_inference", _no_intermediates),
}
