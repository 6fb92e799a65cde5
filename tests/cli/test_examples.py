"""The example networks are proved, and what is emitted for them is exact after T steps."""

from pathlib import Path

import numpy as np
import pytest
from support.modules import load, same_bits

from dyadic.codegen import emit
from dyadic.proofs import verify
from dyadic.symbolic import derive, read_spec

EXAMPLES = sorted(Path("examples").glob("*.toml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples(path):
    derivation = derive(read_spec(path))
    assert verify(derivation)["verdict"] == "proved"
    module = load(emit(derivation, "numpy"))
    random = np.random.default_rng(0)
    below = {**getattr(module, "BELOW", {}), "cost": 10 if path.stem == "lenet" else 50}

    def drawn(name, shape, integers):
        shape = (3, *shape)
        return random.integers(0, below[name], shape) if integers else random.normal(size=shape)

    params = module.init(0)
    x = {name: drawn(name, shape, name in getattr(module, "BELOW", {})) for name, shape in module.INPUTS.items()}
    index = derivation.costs["cost"].equation.target_role == "index"
    y = drawn("cost", module.TARGETS["cost"], index)
    loss, gradients = module.gradients(params, x, y)
    assert np.isfinite(loss)
    assert set(gradients) == set(module.PARAMETERS)
    exact, late = module.wavefront(params, x, y), module.relax(params, x, y, steps=module.STEPS - 1)
    relaxed = module.relax(params, x, y)
    for name in module.VERTICES:
        assert same_bits(relaxed.x[name], exact.x[name])
        assert same_bits(relaxed.s[name], exact.s[name])
    assert any((late.s[name] != exact.s[name]).any() for name in module.VERTICES)
