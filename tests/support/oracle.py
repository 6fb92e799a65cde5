"""An independent second opinion: the network written straight from its graph, differentiated by autograd.

Nothing here uses an equation that the project derives; only the graph, the layer types and their options.
"""

from __future__ import annotations

import autograd.numpy as anp
import numpy as np
from autograd import grad
from autograd.scipy.special import erf, logsumexp


def hard_sigmoid(z):
    return anp.where(z <= -3, 0.0, anp.where(z >= 3, 1.0, z / 6 + 0.5))


def elu(z):
    return anp.where(z > 0, z, anp.expm1(anp.where(z > 0, 0.0, z)))


ACTIVATIONS = {
    "identity": lambda z: z,
    "tanh": anp.tanh,
    "sigmoid": lambda z: 0.5 * (anp.tanh(z / 2) + 1),
    "relu": lambda z: anp.where(z > 0, z, 0.0),
    "softplus": lambda z: anp.logaddexp(0.0, z),
    "gelu": lambda z: 0.5 * z * (1 + erf(z / anp.sqrt(2.0))),
    "gelu_tanh": lambda z: 0.5 * z * (1 + anp.tanh(anp.sqrt(2 / anp.pi) * (z + 0.044715 * z**3))),
    "silu": lambda z: z * 0.5 * (anp.tanh(z / 2) + 1),
    "log_sigmoid": lambda z: -anp.logaddexp(0.0, -z),
    "mish": lambda z: z * anp.tanh(anp.logaddexp(0.0, z)),
    "hard_sigmoid": hard_sigmoid,
    "hard_swish": lambda z: z * hard_sigmoid(z),
    "softsign": lambda z: anp.where(z > 0, z / (1 + z), z / (1 - z)),
    "elu": elu,
    "celu": elu,
    "selu": lambda z: 1.0507009873554805 * anp.where(z > 0, z, 1.6732632423543772 * elu(z)),
}


def forward(architecture, params, x, shift):
    """Activations by name; ``shift`` is added to each, so that its gradient is the sensitivity."""
    values = dict(x)
    for vertex in architecture.vertices:
        settings = dict(vertex.kind.settings)
        inputs = [values[name] for name in vertex.inputs]
        if vertex.kind.type == "dense":
            z = anp.dot(inputs[0], params[f"{vertex.name}.weight"].T)
            if settings["bias"]:
                z = z + params[f"{vertex.name}.bias"]
            value = ACTIVATIONS[settings["activation"]](z)
        elif vertex.kind.type == "add":
            value = sum(inputs[1:], inputs[0])
        else:
            value = ACTIVATIONS[vertex.kind.type](inputs[0])
        values[vertex.name] = value + shift[vertex.name]
    return values


def losses(architecture, params, x, y, shift):
    """The cost of each sample."""
    (cost,) = architecture.costs
    output = forward(architecture, params, x, shift)[cost.input]
    axes = tuple(range(1, output.ndim))
    if cost.type == "squared_error":
        return 0.5 * anp.sum((output - y) ** 2, axis=axes)
    return anp.sum(y * (logsumexp(output, axis=1, keepdims=True) - output), axis=1)


def reference(architecture, params, x, y):
    """(loss, gradients by parameter, activations, sensitivities per sample) in float64."""
    batch = y.shape[0]
    zero = {v.name: anp.zeros((batch, *map(int, v.shape))) for v in architecture.vertices}

    def mean_loss(p, shift):
        return anp.mean(losses(architecture, p, x, y, shift))

    with np.errstate(
        over="ignore"
    ):  # autograd divides by cosh(z)^2, which may overflow; the quotient is then 0, rightly
        gradients = grad(lambda p: mean_loss(p, zero))(params) if params else {}
        sensitivities = grad(lambda shift: mean_loss(params, shift))(zero)
    values = forward(architecture, params, x, zero)
    return (
        mean_loss(params, zero),
        gradients,
        {v.name: values[v.name] for v in architecture.vertices},
        {name: s * batch for name, s in sensitivities.items()},
    )
