"""A chain of two layers whose gradients are written out by hand, and its module with a line changed."""

import mpmath
import numpy as np

import dyadic
from dyadic.physics.loading import emitted_network, imported

CHAIN = {
    "name": "chain",
    "inputs": {"a": {"shape": [2]}},
    "layers": [
        {"name": "b", "type": "dense", "units": 3, "activation": "tanh"},
        {"name": "c", "type": "dense", "units": 2},
    ],
    "cost": {"type": "squared_error"},
}


def derived(specification=CHAIN):
    return dyadic.derive(dyadic.architecture(specification))


def by_hand(p, x, y):
    """The chain's gradients in 40 digits."""
    number = lambda array: mpmath.matrix(np.asarray(array, dtype=float).tolist())  # noqa: E731
    W, b, V, c = (number(p[name]) for name in ("b.weight", "b.bias", "c.weight", "c.bias"))
    x, y = number(x[0]), number(y[0])
    h = (W * x + b).apply(mpmath.tanh)
    s = V * h + c - y
    t = (V.T * s).apply(lambda v: v)
    t = mpmath.matrix([t[k] * (1 - h[k] ** 2) for k in range(3)])
    return {"b.weight": t * x.T, "b.bias": t, "c.weight": s * h.T, "c.bias": s}


def changed(derivation, old, new, dtype="float64"):
    """A module of the network whose text somebody has edited."""
    return imported(changed_text(derivation, old, new, dtype))


def changed_text(derivation, old, new, dtype="float64"):
    """The edited text."""
    text = emitted_network(derivation, "numpy", dtype).text
    assert old in text
    return text.replace(old, new)
