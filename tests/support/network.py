"""A whole network by the plain interpreter: activations, sensitivities and gradients, vertex by vertex."""

from __future__ import annotations

import numpy as np
from support.interpret import evaluate

from dyadic.symbolic.tensor_names import Name, V


def forward(architecture, inputs):
    """Every activation, by name; ``inputs`` are the arrays of the data and index inputs."""
    from dyadic.symbolic.energy import derive_layer

    found = {name: np.asarray(array) for name, array in (*architecture.values.items(), *inputs.items())}
    for vertex in architecture.vertices:
        equation = derive_layer(vertex.kind).equation
        arrays = {t.name: found[u] for t, u in zip(equation.inputs, vertex.inputs, strict=True)}
        evaluate(equation.definitions, arrays, dict(vertex.sizes))
        found[vertex.name] = arrays[equation.output.tensor.name]
    return found


def gradients(derivation, inputs, sensitivities):
    """dC/dtheta of every shared parameter, for given sensitivities dC/dx of vertices (the cost's own part)."""
    architecture = derivation.architecture
    x = forward(architecture, inputs)
    s = {name: np.zeros(array.shape) for name, array in x.items()}
    for name, value in sensitivities.items():
        s[name] = s[name] + value
    for vertex in reversed(architecture.vertices):
        layer = derivation.layers[vertex.name]
        tensors = layer.equation.inputs
        arrays = {t.name: x[u] for t, u in zip(tensors, vertex.inputs, strict=True)}
        arrays[Name("s", V)] = s[vertex.name]
        evaluate([*layer.equation.definitions, *layer.intermediates], arrays, dict(vertex.sizes))
        for tensor, parent, item in zip(tensors, vertex.inputs, layer.adjoints, strict=True):
            if parent in architecture.by_input and architecture.by_input[parent].role != "parameter":
                continue
            evaluate([item], arrays, dict(vertex.sizes))
            s[parent] = s[parent] + arrays[tensor.name.adjoint]
    return {name: s[name] for name in derivation.shared}
