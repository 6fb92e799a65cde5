"""Gradients of a module read from PyTorch, by its emitted code, against PyTorch's own in float64."""

import copy

import numpy as np
import torch
from support.modules import load

import dyadic
from dyadic.codegen import emit


def compare(module, arguments, tolerance=1e-9, **options):
    """Read, derive, emit and run a module, and hold outputs and gradients to PyTorch's; the derivation."""
    module = copy.deepcopy(module).double()
    arguments = tuple(a.double() if a.is_floating_point() else a for a in arguments)
    derivation = dyadic.derive(dyadic.from_torch(copy.deepcopy(module), arguments, **options))
    architecture = derivation.architecture
    code = load(emit(derivation, "numpy").text)
    given = [n.name for n in architecture.inputs if n.role in ("data", "index") and n.name not in architecture.values]
    x = {name: a.numpy() for name, a in zip(given, arguments, strict=True)}
    outputs = module(*arguments)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    sensitivities = [torch.randn_like(output) for output in outputs]
    sum((o * s).sum() for o, s in zip(outputs, sensitivities, strict=True) if o.requires_grad).backward()
    y = {cost.owner: s.numpy() for cost, s in zip(architecture.costs, sensitivities, strict=True)}
    x, y = (table if len(table) > 1 else next(iter(table.values())) for table in (x, y))
    state, (_, gradients) = code.wavefront(code.init(0), x, y), code.gradients(code.init(0), x, y)
    for cost, output in zip(architecture.costs, outputs, strict=True):
        np.testing.assert_allclose(state.x[cost.input], output.detach().numpy(), rtol=tolerance, atol=1e-11)
    wanted = {
        name: np.zeros(p.shape) if p.grad is None else p.grad.numpy()
        for name, p in module.named_parameters() if name in gradients
    }  # fmt: skip
    assert wanted.keys() == gradients.keys()
    assert {name for name, p in module.named_parameters() if p.grad is not None and p.grad.any()} <= gradients.keys()
    largest = max(np.abs(gradient).max() for gradient in wanted.values())
    for name, gradient in wanted.items():
        np.testing.assert_allclose(gradients[name], gradient, rtol=tolerance, atol=tolerance * largest, err_msg=name)
    return derivation
