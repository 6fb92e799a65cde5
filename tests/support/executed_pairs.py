"""Pairs of passes as they are executed, held to differences of the forward pass."""

import numpy as np


def largest_gap(style, text, name, shapes):
    """The largest difference between what a backward pass returns and differences of its forward pass."""
    draw = np.random.default_rng(6)
    arguments = [1.5 * draw.normal(size=shape) for shape in shapes]
    value, gradients = _EXECUTED[style](text, name)
    upstream = [draw.normal(size=np.shape(output)) for output in value(arguments)]
    worst = 0.0
    for position, found in enumerate(gradients(arguments, upstream)):
        wanted = np.zeros(arguments[position].shape)
        for place in np.ndindex(wanted.shape):
            sides = []
            for step in (1e-5, -1e-5):
                moved = [np.array(array) for array in arguments]
                moved[position][place] += step
                sides.append(sum(np.sum(g * out) for g, out in zip(upstream, value(moved), strict=True)))
            wanted[place] = (sides[0] - sides[1]) / 2e-5
        worst = max(worst, np.max(np.abs(wanted - np.broadcast_to(found, wanted.shape))))
    return float(worst)


def _numpy(text, name):
    space = {}
    exec(text, space)
    forward, backward = space[f"{name}_forward"], space[f"{name}_backward"]

    def outputs(arguments):
        found = forward(*[array.copy() for array in arguments])
        return (found[:1], found[1:]) if isinstance(found, tuple) else ((found,), ())

    def gradients(arguments, upstream):
        found = backward(*upstream, *outputs(arguments)[1])
        return found if isinstance(found, tuple) else (found,)

    return lambda arguments: outputs(arguments)[0], gradients


def _torch(text, name):
    import torch

    space = {}
    exec(text, space)

    def value(arguments):
        return (space[name].apply(*map(torch.tensor, arguments)).numpy(),)

    def gradients(arguments, upstream):
        tensors = [torch.tensor(array, requires_grad=True) for array in arguments]
        space[name].apply(*tensors).backward(torch.tensor(upstream[0]))
        return [tensor.grad.numpy() for tensor in tensors]

    return value, gradients


def _jax(text, name):
    import jax

    space = {}
    exec(text, space)

    def value(arguments):
        with jax.enable_x64(True):
            found = space[f"{name}_fwd"](*map(jax.numpy.array, arguments))[0]
            return [np.asarray(one) for one in (found if isinstance(found, tuple) else (found,))]

    def gradients(arguments, upstream):
        with jax.enable_x64(True):
            kept = space[f"{name}_fwd"](*map(jax.numpy.array, arguments))[1]
            given = tuple(map(jax.numpy.array, upstream))
            return [np.asarray(one) for one in space[f"{name}_bwd"](kept, given if len(given) > 1 else given[0])]

    return value, gradients


_EXECUTED = {"numpy": _numpy, "torch": _torch, "jax": _jax}
