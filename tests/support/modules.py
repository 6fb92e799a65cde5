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


def any_data(derivation, module, batch, seed, dtype=np.float64, interval=None):
    """Parameters (a model's own where it has some), inputs and targets of any network; integers where wanted."""
    architecture, random = derivation.architecture, np.random.default_rng(seed)

    def draw(shape):
        values = random.uniform(*interval, shape) if interval else random.normal(size=shape) * 0.7
        return values.astype(dtype)

    lead = () if architecture.explicit_batch else (batch,)
    params = {name: draw(shape) for name, shape in module.PARAMETERS.items()}
    params |= {name: np.asarray(value, dtype) for name, value in architecture.values.items()}
    for vertex in architecture.vertices:  # a variance is not negative
        params |= {name: np.abs(params[name]) + 0.1 for name in [f"{vertex.name}.variance"] if name in params}
    below = getattr(module, "BELOW", {})
    x = {
        name: random.integers(0, below[name], (*lead, *shape)) if name in below else draw((*lead, *shape))
        for name, shape in module.INPUTS.items()
    }
    y = {}
    for cost in architecture.costs:
        shape = (*lead, *module.TARGETS[cost.owner])
        if cost.equation.target_role == "index":
            y[cost.owner] = random.integers(0, int(cost.shape[-1]), shape)
        else:
            values = random.random(shape) + 0.1
            y[cost.owner] = (values / values.sum(axis=-1, keepdims=True) if values.ndim else values).astype(dtype)
    return params, x, y if len(y) > 1 else next(iter(y.values()))


def differences(module, reference, given):
    """Relative differences of two modules' loss, gradients, activations and sensitivities, by name.

    A gradient that is zero but for rounding has no digits to compare: magnitudes count as at least a thousandth of the
    largest of their kind.
    """
    loss, gradients = module.gradients(*given)
    wanted_loss, wanted = reference.gradients(*given)
    exact, wanted_state = module.wavefront(*given), reference.wavefront(*given)
    found = {"loss": abs(loss - wanted_loss) / max(abs(wanted_loss), 1e-3)}
    groups = (("g", gradients, wanted), ("x", exact.x, wanted_state.x), ("s", exact.s, wanted_state.s))
    for letter, mine, theirs in groups:
        assert set(mine) == set(theirs)
        largest = max((np.max(np.abs(array), initial=0) for array in theirs.values()), default=0)
        for name, array in theirs.items():
            assert mine[name].shape == array.shape, name
            scale = max(np.max(np.abs(array), initial=0), 1e-3 * largest, 1e-300)
            found[f"{letter}:{name}"] = float(np.max(np.abs(mine[name] - array), initial=0) / scale)
    return found
