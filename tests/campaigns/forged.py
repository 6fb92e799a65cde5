"""Forged certificates by name: what is changed in a true one, before everything that can be made to fit is."""

from __future__ import annotations

import copy
import dataclasses
from functools import cache

from support.mutations import body
from support.refit import grafted, refitted

from dyadic.proofs import verify
from dyadic.proofs.certificate import subject
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.expressions import Apply, Element, Inside

PLAIN = {
    "name": "plain",
    "inputs": {"x": {"shape": [12]}},
    "layers": [
        {"name": "h1", "type": "dense", "units": 11, "activation": "tanh"},
        {"name": "h2", "type": "dense", "units": 11, "activation": "gelu"},
        {"name": "join", "type": "add", "inputs": ["h1", "h2"]},
        {"name": "out", "type": "dense", "units": 5},
    ],
    "cost": {"type": "cross_entropy"},
}
MIXED = {
    "name": "mixed",
    "inputs": {"image": {"shape": [2, 6, 6]}, "word": {"shape": [1], "below": 5}},
    "parameters": {"shift": {"shape": [3, 1, 1]}},
    "layers": [
        {"name": "conv", "type": "conv", "inputs": ["image"], "filters": 3, "kernel": [3, 3], "stride": [2, 2]},
        {"name": "shifted", "type": "add", "inputs": ["conv", "shift"]},
        {"name": "pool", "type": "max_pool", "kernel": [2, 2]},
        {"name": "flat", "type": "flatten"},
        {"name": "table", "type": "embedding", "inputs": ["word"], "count": 5, "units": 3},
        {"name": "row", "type": "flatten", "inputs": ["table"]},
        {"name": "out", "type": "sub", "inputs": ["flat", "row"]},
    ],
    "costs": [{"type": "cross_entropy", "target": "index"}, {"type": "huber", "weight": 0.25}],
    "weight_decay": 0.01,
}
TALL = {
    "name": "tall",
    "inputs": {"x": {"shape": [4001, 2001]}},
    "layers": [{"name": "a", "type": "tanh"}, {"name": "b", "type": "scale", "factor": 3}],
    "cost": {"type": "squared_error"},
}
POOL = {
    "name": "pool",
    "inputs": {"x": {"shape": [2, 6]}},
    "layers": [{"name": "a", "type": "tanh"}, {"name": "p", "type": "max_pool", "kernel": [2], "padding": [1]}],
    "cost": {"type": "squared_error"},
}
NAMED = {
    "name": "named",
    "inputs": {"x": {"shape": ["N", "M"]}},
    "layers": [{"name": "a", "type": "tanh"}, {"name": "b", "type": "scale", "factor": 3}],
    "cost": {"type": "squared_error"},
}
MASKED = {
    "name": "masked",
    "inputs": {"x": {"shape": [3]}},
    "constants": {"mask": {"shape": [3], "values": [1, 0, 0.5]}},
    "layers": [
        {"name": "a", "type": "tanh", "inputs": ["x"]},
        {"name": "b", "type": "mul", "inputs": ["a", "mask"]},
        {"name": "c", "type": "dense", "units": 2},
    ],
    "cost": {"type": "squared_error"},
}
BASES = {"masked": MASKED, "plain": PLAIN, "mixed": MIXED, "tall": TALL, "pool": POOL, "named": NAMED, "deep": PLAIN}
FORGERIES = {}
"""Name -> a function that makes the forgery."""


@cache
def base(name):
    """(derivation, true certificate)."""
    derivation = derive(architecture(BASES[name]))
    return derivation, verify(derivation, deep=name == "deep")


def edit(name, on="plain", texts=True):
    """Register a change of the file."""

    def register(change):
        def make():
            forged = copy.deepcopy(base(on)[1])
            change(forged)
            return refitted(forged, texts)

        FORGERIES[name] = make
        return change

    return register


def derived(name, vertex, **changes):
    """Register a wrong derivation of a layer, with all claims as if they had been proved of it."""

    def make():
        derivation, certificate = base("plain")
        layer = derivation.layers[vertex]
        replaced = {key: change(getattr(layer, key)) for key, change in changes.items()}
        wrong = dataclasses.replace(
            derivation, layers=derivation.layers | {vertex: dataclasses.replace(layer, **replaced)}
        )
        return grafted(certificate, subject(wrong, wrong.steps))

    FORGERIES[name] = make


def each(change):
    return lambda items: tuple(body(item, change) for item in items)


def of(name, change):
    return lambda items: items | {name: body(items[name], change)}


# -- wrong equations, instantiated and hashed as a prover would ------------------------------------------------------


def beyond(items):
    """Right up to index 10."""
    return tuple(dataclasses.replace(i, body=i.body * Inside(i.indices[0], 10)) for i in items)


def transposed(e):
    return e.replace(
        lambda n: isinstance(n, Element) and n.name.is_plain("W"), lambda n: Element(n.name, *n.indices[::-1])
    )


def lower(e):
    return e.replace(lambda n: isinstance(n, Apply), lambda n: Apply(n.name, 0, n.argument))


def twice_inside(e):
    return e.replace(lambda n: isinstance(n, Apply), lambda n: Apply(n.name, n.order, 2 * n.argument))


def other_function(e):
    return e.replace(lambda n: isinstance(n, Apply), lambda n: Apply("sin", n.order, n.argument))


def plus_x(e):
    return e + 2 * e.replace(lambda n: isinstance(n, Element) and n.name.kind not in ("x", "s"), lambda n: n * 0)


derived("adjoint: sign", "h2", adjoints=each(lambda e: -e))
derived("adjoint: doubled", "h2", adjoints=each(lambda e: 2 * e))
derived("adjoint: zero", "h2", adjoints=each(lambda e: 0 * e))
derived("adjoint: wrong beyond index 10", "h2", adjoints=beyond)
derived("adjoint: transposed weight", "h2", adjoints=each(transposed))
derived("adjoint: of a sum, one input twice", "join", adjoints=each(lambda e: 2 * e))
derived("adjoint: of the last layer", "out", adjoints=each(lambda e: e / 2))
derived("adjoint: 3 s and -s for the two inputs of a sum", "join", adjoints=lambda a: (
    body(a[0], lambda e: 3 * e), body(a[1], lambda e: -e)))  # fmt: skip
derived("intermediate: value for derivative", "h2", intermediates=each(lower))
derived("intermediate: derivative elsewhere", "h2", intermediates=each(twice_inside))
derived("intermediate: another function", "h1", intermediates=each(other_function))
derived("intermediate: sign", "h1", intermediates=each(lambda e: -e))
derived("gradient: weight doubled", "h2", gradients=of("weight", lambda e: 2 * e))
derived("gradient: bias sign", "out", gradients=of("bias", lambda e: -e))
derived("gradient: weight beyond index 10", "h1", gradients=lambda g: g | {
    "weight": beyond([g["weight"]])[0]})  # fmt: skip
derived("energy: s (f + x)", "h2", energy=lambda item: body(item, plus_x))
derived("energy: doubled", "h1", energy=lambda item: body(item, lambda e: 2 * e))
derived("stationarity: sign", "h2", stationarity=lambda item: body(item, lambda e: -e))


def wrong_cost(name, change):
    def make():
        derivation, certificate = base("plain")
        cost = derivation.costs["cost"]
        wrong = dataclasses.replace(
            derivation, costs={"cost": dataclasses.replace(cost, gradient=body(cost.gradient, change))}
        )
        return grafted(certificate, subject(wrong, wrong.steps))

    FORGERIES[name] = make


wrong_cost("cost: gradient halved", lambda e: e / 2)
wrong_cost("cost: gradient shifted", lambda e: e + 1)


def wrong_terms(name, vertex, change):
    def make():
        derivation, certificate = base("plain")
        wrong = dataclasses.replace(
            derivation, terms=derivation.terms | {vertex: tuple(change(derivation.terms[vertex]))}
        )
        return grafted(certificate, subject(wrong, wrong.steps))

    FORGERIES[name] = make


wrong_terms("terms: one dropped", "h1", lambda t: t[:1])
wrong_terms("terms: one twice", "h1", lambda t: (*t, t[0]))
wrong_terms("terms: order of children and slots", "h2", lambda t: [dataclasses.replace(t[0], slot=0)])


def layer(c, label):
    return next(content for content in c["layers"].values() if content["label"].startswith(label))


def vertex(c, name):
    return next(v for v in c["architecture"]["vertices"] if v["name"] == name)
