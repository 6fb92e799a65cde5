"""A network's derived equations, evaluated one by one, against PyTorch's autograd on the same network."""

from __future__ import annotations

import numpy as np
from support.interpret import evaluate

from dyadic.symbolic import architecture, derive
from dyadic.symbolic.structure import Architecture
from dyadic.symbolic.tensor_names import Name


def numbers(shape):
    return tuple(map(int, shape))


def positive(numbers):
    """Arrays that lie away from 0 on one side."""
    return np.abs(numbers) + 0.3


def random_arrays(network: Architecture, seed, within=lambda numbers: numbers):
    """Arrays for inputs, parameters and targets by the name a user knows; given constants as they are.

    within: takes normally distributed numbers into the domain of the layers.
    """
    random = np.random.default_rng(seed)

    def draw(shape):
        return within(random.normal(size=shape))

    arrays = {}
    for node in network.inputs:
        if node.role == "index":
            arrays[node.name] = random.integers(int(node.below), size=numbers(node.shape))
        else:
            arrays[node.name] = network.values.get(node.name, draw(numbers(node.shape)))
    for name, shape in network.parameters.items():
        value = random.normal(size=numbers(shape))
        arrays.setdefault(name, positive(value) if name.endswith(".variance") else value)
    for cost in network.costs:
        shape = numbers(cost.target_shape)
        integer = cost.equation.target_role == "index"
        arrays[f"y:{cost.owner}"] = (
            random.integers(int(cost.shape[-1]), size=shape) if integer else random.normal(size=shape)
        )
    return arrays


def evaluated(derivation, arrays):
    """Every quantity of the network's equations by its name: x, s, C and the gradients."""
    network = derivation.architecture
    values = {Name("x", node.name): arrays[node.name] for node in network.inputs}
    values |= {Name("y", cost.owner): arrays[f"y:{cost.owner}"] for cost in network.costs}
    for vertex in network.vertices:
        for name, parameter in derivation.layers[vertex.name].equation.parameters.items():
            values[parameter.tensor.name.of(vertex.name)] = arrays[f"{vertex.name}.{name}"]
    for equation in derivation.equations.values():
        missing = [item for item in equation.where if item.tensor.name not in values]
        evaluate([*missing, equation.definition], values, {})
    return values


def difference(spec, torch_cost, seed=0, within=lambda numbers: numbers, mutate=None):
    """Largest difference from autograd over the cost, all parameters' gradients and the given sensitivities.

    torch_cost: maps {name: tensor} to the cost, the sum over its terms.  Every data input ``x`` must be followed by a
    vertex ``id x`` of type identity, whose sensitivity is the derivative with respect to x.
    """
    import torch

    network = architecture(spec)
    derivation = derive(network)
    if mutate is not None:
        mutate(derivation)
    arrays = random_arrays(network, seed, within)
    values = evaluated(derivation, arrays)
    tensors = {name: torch.tensor(array) for name, array in arrays.items()}
    data = [node.name for node in network.inputs if node.role == "data"]
    wanted = [*data, *network.parameters]
    for name in wanted:
        tensors[name].requires_grad_()
    total = torch_cost(tensors)
    derivatives = torch.autograd.grad(total, [tensors[name] for name in wanted], allow_unused=True)
    decay = float(network.decay)
    worst = abs(total.item() - sum(float(c.weight) * float(values[Name("C", c.owner)]) for c in network.costs))
    for name, theirs in zip(wanted, derivatives, strict=True):
        theirs = np.zeros(arrays[name].shape) if theirs is None else theirs.numpy()
        if name in data:
            mine = values[Name("s", f"id {name}")]
        elif name in network.by_input:
            mine = values[Name("x", name).adjoint]
        else:
            vertex, _, parameter = name.rpartition(".")
            tensor = derivation.layers[vertex].equation.parameters[parameter].tensor
            mine = values[tensor.name.of(vertex).adjoint]
        if name not in data:
            theirs = theirs + decay * arrays[name]
        assert mine.shape == theirs.shape, (name, mine.shape, theirs.shape)
        worst = max(worst, float(np.max(np.abs(mine - theirs), initial=0)))
    return worst


def one_layer(type_, shapes, options, below=None, parameters=()):
    """The specification of one layer between identities and an abstract cost (so that y is its sensitivity).

    below: {slot: extent} of the slots that are integer inputs; parameters: the slots that are shared parameters (a
    scalar always is).
    """
    below = below or {}
    names = [f"x{k}" for k in range(len(shapes))]
    spec = {"inputs": {}, "parameters": {}, "layers": [], "cost": {"type": "abstract", "inputs": ["layer"]}}
    slots = []
    for k, (name, shape) in enumerate(zip(names, shapes, strict=True)):
        parameter = k in parameters or not shape
        group = "parameters" if parameter else "inputs"
        spec[group][name] = {"shape": list(shape)} | ({"below": below[k]} if k in below else {})
        plain = k in below or parameter
        slots.append(name if plain else f"id {name}")
        if not plain:
            spec["layers"].append({"name": f"id {name}", "type": "identity", "inputs": [name]})
    spec["layers"].append({"name": "layer", "type": type_, "inputs": slots, **options})
    return spec
