"""One layer against PyTorch: its value, its adjoints and its parameter gradients, all read from the derivation."""

from __future__ import annotations

import numpy as np
from support.interpret import evaluate

from dyadic.symbolic import architecture, derive
from dyadic.symbolic.tensor_names import Name, V


def network(type_, shapes, options, roles=None):
    """A network of one layer, read from a list of input shapes."""
    groups = {"inputs": {}, "parameters": {}}
    names = [f"x{k}" for k in range(len(shapes))]
    for k, (name, shape) in enumerate(zip(names, shapes, strict=True)):
        groups["parameters" if k in (roles or ()) else "inputs"][name] = {"shape": list(shape)}
    layer = {"name": "layer", "type": type_, "inputs": names, **options}
    return architecture({**groups, "layers": [layer], "cost": {"type": "abstract"}})


def compare(type_, shapes, options, torch_function, seed=0, mutate=None, parameters=(), draw=None):
    """Largest difference between what is derived and PyTorch's autograd, over the value and every derivative.

    torch_function: maps the activations, then the layer's parameters, to its value.  mutate: changes the
    derivation's adjoints before they are evaluated.  parameters: the input slots that are shared parameters.
    """
    import torch

    derivation = derive(network(type_, shapes, options, parameters))
    vertex, layer = derivation.architecture.by_name["layer"], derivation.layers["layer"]
    random = np.random.default_rng(seed)
    draw = draw or random.normal
    arrays = {t.name: draw(size=shape) for t, shape in zip(layer.equation.inputs, shapes, strict=True)}
    for name, shape in vertex.parameters.items():
        tensor = layer.equation.parameters[name].tensor
        value = random.normal(size=tuple(map(int, shape)))
        arrays[tensor.name] = np.abs(value) + 0.1 if name == "variance" else value
    read = [torch.tensor(array, dtype=torch.float64, requires_grad=True) for array in arrays.values()]
    wanted = torch_function(*read)
    assert tuple(wanted.shape) == tuple(map(int, vertex.shape)), (wanted.shape, vertex.shape)
    s = random.normal(size=tuple(wanted.shape))
    derivatives = torch.autograd.grad((wanted * torch.tensor(s)).sum(), read)

    arrays[Name("s", V)] = s
    adjoints = [mutate(item) for item in layer.adjoints] if mutate else list(layer.adjoints)
    targets = [*adjoints, *layer.gradients.values()]
    evaluate([*layer.equation.definitions, *layer.intermediates, *targets], arrays, dict(vertex.sizes))
    found = [arrays[item.tensor.name] for item in (layer.equation.output, *targets)]
    pairs = zip(found, [wanted.detach(), *derivatives], strict=True)
    return max((float(np.max(np.abs(mine - theirs.numpy()), initial=0)) for mine, theirs in pairs), default=0)
