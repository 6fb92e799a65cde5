"""Emitted modules as Python modules, and data for them."""

from __future__ import annotations

import types

import numpy as np


def load(text, name="emitted"):
    """Execute an emitted module or its text (our own output, made in this process)."""
    module = types.ModuleType(name)
    import sys

    sys.modules[name] = module
    exec(compile(str(text), f"<{name}>", "exec"), module.__dict__)
    return module


def data(module, batch, seed, dtype=np.float64):
    """Parameters (biases too), inputs and a target, all random."""
    random = np.random.default_rng(seed)
    params = {k: random.normal(size=s) * 0.7 for k, s in module.PARAMETERS.items()}
    x = {k: random.normal(size=(batch, *s)) for k, s in module.INPUTS.items()}
    (target,) = module.TARGETS.values()
    y = random.random((batch, *target))
    cast = lambda table: {k: v.astype(dtype) for k, v in table.items()}  # noqa: E731
    return cast(params), cast(x), (y / y.sum(axis=-1, keepdims=True)).astype(dtype)


def random_state(module, batch, seed, dtype=np.float64):
    random = np.random.default_rng(seed)
    draw = lambda: {k: random.normal(size=(batch, *s)).astype(dtype) for k, s in module.VERTICES.items()}  # noqa: E731
    return module.State(draw(), draw())


def relative(found, wanted):
    """Largest difference relative to the largest magnitude."""
    scale = max(np.max(np.abs(wanted)), 1e-300)
    return float(np.max(np.abs(found - wanted)) / scale)


def same_bits(one, two):
    """Equal bit for bit: same shape, same type, same bytes."""
    return one.shape == two.shape and one.dtype == two.dtype and one.tobytes() == two.tobytes()
