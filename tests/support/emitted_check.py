"""Emitted NumPy code against the literal interpreter, on the same network and numbers."""

from __future__ import annotations

import numpy as np
from support.modules import load
from support.network_check import evaluated, random_arrays

from dyadic.codegen import emit
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.tensor_names import Name


def emitted_difference(spec, seed=0, within=lambda numbers: numbers):
    """Largest difference of any gradient, activation or sensitivity between the emitted module and its equations."""
    network = architecture(spec)
    derivation = derive(network)
    arrays = random_arrays(network, seed, within)
    values = evaluated(derivation, arrays)
    module = load(emit(derivation, "numpy"))
    params = {name: arrays[name] for name in module.PARAMETERS} | {
        node.name: arrays[node.name] for node in network.inputs if node.role == "constant"
    }
    x = {node.name: arrays[node.name][None] for node in network.inputs if node.role in ("data", "index")}
    y = {name: arrays[f"y:{name}"][None] for name in module.TARGETS}
    y = next(iter(y.values())) if len(y) == 1 else y
    _, gradients = module.gradients(params, x, y)
    state = module.wavefront(params, x, y)
    pairs = [(state.x[v.name][0], values[Name("x", v.name)]) for v in network.vertices]
    pairs += [(state.s[v.name][0], values[Name("s", v.name)]) for v in network.vertices]
    for name, found in gradients.items():
        if name in network.by_input:
            pairs.append((found, values[Name("x", name).adjoint]))
        else:
            vertex, _, parameter = name.rpartition(".")
            tensor = derivation.layers[vertex].equation.parameters[parameter].tensor
            pairs.append((found, values[tensor.name.of(vertex).adjoint]))
    return max(float(np.max(np.abs(one - two), initial=0)) for one, two in pairs)
