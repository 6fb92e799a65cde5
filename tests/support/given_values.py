"""A small network and arrays for it, of which tests change one value."""

import numpy as np

import dyadic
from dyadic.physics.dynamics import built
from dyadic.physics.given_arrays import Wanted
from dyadic.physics.loading import emitted_network
from dyadic.physics.starts import problem

NET = {
    "name": "two",
    "inputs": {"u": {"shape": [2]}},
    "layers": [
        {"name": "p", "type": "dense", "units": 3, "activation": "tanh"},
        {"name": "q", "type": "dense", "units": 2},
    ],
    "cost": {"type": "squared_error"},
}
WORDS = {
    "name": "words",
    "inputs": {"words": {"shape": [4], "below": 7}},
    "layers": [{"name": "e", "type": "embedding", "count": 7, "units": 3}],
    "cost": {"type": "squared_error"},
}
SHAPES = {"p.weight": (3, 2), "p.bias": (3,), "q.weight": (2, 3), "q.bias": (2,)}
WANTED = Wanted("parameters", SHAPES, "float64")


def network(linear=False):
    layers = [{k: v for k, v in layer.items() if k != "activation"} for layer in NET["layers"]]
    return dyadic.derive(dyadic.architecture({**NET, "layers": layers} if linear else NET))


def weights(**changed):
    random = np.random.default_rng(5)
    return {name: random.normal(size=shape) for name, shape in SHAPES.items()} | {
        name.replace("_", "."): value for name, value in changed.items()
    }


def updates(linear=False, batch=None):
    emitted = emitted_network(network(linear))
    return built(emitted, problem(emitted, None, None, batch, 0))


def stored(path, **changed):
    np.savez(path, **weights(**changed))
    return path


def with_value(value, place=(1, 0)):
    array = np.ones((3, 2), dtype=np.result_type(np.array(value), float))
    array[place] = value
    return array
