"""A tanh network with random asymmetric weights, on which the methods that came before are compared."""

from itertools import pairwise

import numpy as np

import dyadic
from dyadic.physics.dynamics import built
from dyadic.physics.loading import emitted_network
from dyadic.physics.rivals.bench import Bench
from dyadic.physics.starts import problem

WIDTHS = (4, 5, 3, 2)
WEIGHTS = [f"l{k}.weight" for k in range(3)]


def network(widths=WIDTHS, activation="tanh", cost="squared_error"):
    layers = [
        {"name": f"l{k}", "type": "dense", "units": n, "activation": activation} for k, n in enumerate(widths[1:])
    ]
    spec = {"name": "mlp", "inputs": {"x": {"shape": [widths[0]]}}, "layers": layers, "cost": {"type": cost}}
    return dyadic.derive(dyadic.architecture(spec))


def numbers():
    """Parameters, data and feedback weights in the order in which they were first drawn."""
    random = np.random.default_rng(0)
    w = [random.standard_normal((n, m)) / np.sqrt(m) for m, n in pairwise(WIDTHS)]
    b = [0.1 * random.standard_normal(n) for n in WIDTHS[1:]]
    x, y = random.standard_normal(4), random.standard_normal(2)
    for _ in range(2):  # what came between: states of x and s
        [random.standard_normal(n) for n in WIDTHS[1:]]
    feedback = [random.standard_normal(one.shape) for one in w]
    params = {f"l{k}.weight": w[k] for k in range(3)} | {f"l{k}.bias": b[k] for k in range(3)}
    other = {f"l{k}.weight": feedback[k] for k in range(3)} | {f"l{k}.bias": b[k] for k in range(3)}
    return params, {"x": x[None], "y": y[None]}, other


def bench_of(derivation, params=None, data=None, over=None):
    emitted = emitted_network(derivation)
    return Bench(built(emitted, problem(emitted, params, data, None, 0)), over)
