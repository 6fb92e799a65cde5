"""Twelve networks: skips, fan-out, several inputs, every activation, both costs, awkward names, a named size."""

from __future__ import annotations

from dyadic.symbolic import architecture, derive


def _dense(name, units, activation="identity", inputs=None, bias=True):
    layer = {"name": name, "type": "dense", "units": units, "activation": activation, "bias": bias}
    return layer | ({"inputs": inputs} if inputs else {})


def _network(name, layers, cost="squared_error", **inputs):
    shapes = {key: {"shape": shape} for key, shape in (inputs or {"u": [3]}).items()}
    return derive(architecture({"name": name, "inputs": shapes, "layers": layers, "cost": {"type": cost}}))


def networks():
    """The derivations, by name."""
    found = [
        _network("linear", [_dense("a", 2), _dense("b", 2)]),
        _network("tanh-chain", [_dense("a", 4, "tanh"), _dense("b", 4, "tanh"), _dense("c", 2)]),
        _network("classifier", [_dense("a", 4, "relu"), _dense("out", 3)], "cross_entropy"),
        _network(
            "skip",
            [
                _dense("a", 3, "tanh"),
                _dense("b", 3, "tanh"),
                {"name": "sum", "type": "add", "inputs": ["a", "b"]},
                _dense("out", 2),
            ],
        ),
        _network(
            "twice",
            [_dense("a", 3, "sigmoid"), {"name": "double", "type": "add", "inputs": ["a", "a"]}, _dense("out", 2)],
        ),
        _network(
            "two-inputs",
            [
                _dense("left", 3, "silu", ["p"]),
                _dense("right", 3, "gelu", ["q"]),
                {"name": "sum", "type": "add", "inputs": ["left", "right"]},
                _dense("out", 2, "softplus"),
            ],
            p=[2],
            q=[4],
        ),
        _network("activations", [_dense("a", 3), {"name": "t", "type": "tanh"}, {"name": "g", "type": "gelu"}]),
        _network(
            "fan-out",
            [
                _dense("a", 3, "tanh"),
                _dense("b", 3, "sigmoid", ["a"]),
                _dense("c", 3, "softplus", ["a"]),
                {"name": "sum", "type": "add", "inputs": ["a", "b", "c"]},
                _dense("out", 3, "tanh"),
            ],
            "cross_entropy",
        ),
        _network("sequence", [_dense("a", 3, "tanh"), _dense("b", 2)], u=[2, 4]),
        _network("awkward names", [_dense("my layer", 3, "tanh"), _dense("x_1", 3, "tanh"), _dense("b", 2)]),
        _network("named size", [_dense("a", "n", "tanh"), _dense("b", "n", "silu"), _dense("c", 2)], u=["m"]),
        _network("deep", [_dense(f"l{k}", 2 + k % 3, "tanh", bias=k % 2 == 0) for k in range(10)]),
    ]
    return {derivation.architecture.name: derivation for derivation in found}
