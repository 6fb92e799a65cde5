"""What is run with JAX, in a process of its own (the fixture ``in_jax``): emitted modules, and pairs of passes."""

from collections import OrderedDict

import jax
import numpy as np
import pytest
from support.emulated import drawn, emitted, two_layers
from support.executed_pairs import largest_gap

from dyadic.symbolic import architecture, derive


def gradients(target, dtype):
    """Value and gradients of an emitted module by JAX are its own, and what they cannot be is refused."""
    with jax.enable_x64(dtype == "float64"), pytest.MonkeyPatch.context() as monkeypatch:
        module, (params, x, y) = emitted(two_layers(), target, monkeypatch, dtype), drawn(two_layers(), dtype=dtype)
        loss, wanted = module.gradients(params, x, y)
        function = module.jax_function()
        for one in (function, jax.jit(function)):
            assert float(one(params, x, y)) == pytest.approx(float(loss), rel=1e-6)
            value, found = jax.value_and_grad(lambda p, one=one: 3 * one(p, x, y))(params)
            assert float(value) == pytest.approx(3 * float(loss), rel=1e-6)
            assert all(np.array_equal(np.asarray(found[name]), module.DTYPE(3) * wanted[name]) for name in wanted)
        other = params | {"b.bias": params["b.bias"].astype("float16")}
        with pytest.raises(ValueError, match=r"params\['b.bias'\] is float16 of shape \(3,\), expected an array of"):
            jax.grad(function)(other, x, y)
        with pytest.raises(ValueError, match="no derivative in the inputs"):
            jax.grad(lambda z: function(params, {"x": z}, y))(x["x"])


def with_constants():
    """What the parameters hold beside those that are trained has no gradient: here a state before the first step."""
    spec = {
        "inputs": {"x": {"shape": [2, 3]}},
        "layers": [{"name": "r", "type": "rnn", "units": 2}],
        "cost": {"type": "squared_error"},
    }
    derivation = derive(architecture(spec))
    with jax.enable_x64(True), pytest.MonkeyPatch.context() as monkeypatch:
        module, (params, x, y) = emitted(derivation, "numpy", monkeypatch), drawn(derivation)
        assert module.CONSTANTS
        function = module.jax_function()
        found = jax.grad(function)({**params, "unread": np.ones(2)}, x, y)
        ordered = jax.grad(function)(OrderedDict(params), x, y)
        assert isinstance(ordered, OrderedDict)
        _, wanted = module.gradients(params, x, y)
        assert all(np.array_equal(np.asarray(found[name]), wanted[name]) for name in wanted)
        assert not any(np.asarray(found[name]).any() for name in (*module.CONSTANTS, "unread"))


def double_precision():
    with (
        jax.enable_x64(False),
        pytest.MonkeyPatch.context() as monkeypatch,
        pytest.raises(ValueError, match="jax_enable_x64"),
    ):
        emitted(two_layers(), "numpy", monkeypatch).jax_function()


__all__ = ["double_precision", "gradients", "largest_gap", "with_constants"]
