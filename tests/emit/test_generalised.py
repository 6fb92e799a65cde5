"""Shared parameters, constants, several costs with weights, weight decay: gradients against autograd."""

import autograd.numpy as anp
import numpy as np
from autograd import grad
from support.modules import load, random_state, relative, same_bits

from dyadic.codegen import emit
from dyadic.proofs import verify
from dyadic.symbolic import architecture, derive

SPEC = {
    "name": "tied",
    "inputs": {"a": {"shape": [4]}, "b": {"shape": [4]}},
    "parameters": {"W": {"shape": [3, 4]}, "offset": {"shape": [3]}},
    "constants": {"mask": {"shape": [3], "values": [1.0, 0.0, 2.0]}},
    "layers": [
        {"name": "p", "type": "dense", "inputs": ["a", "W"], "bias": False, "activation": "tanh"},
        {"name": "q", "type": "dense", "inputs": ["b", "W"], "bias": False, "activation": "sigmoid"},
        {"name": "r", "type": "add", "inputs": ["p", "q", "offset", "mask"]},
        {"name": "t", "type": "dense", "units": 2, "inputs": ["r"]},
    ],
    "costs": [
        {"type": "squared_error", "inputs": ["t"], "weight": 0.5},
        {"type": "squared_error", "inputs": ["r"]},
    ],
    "weight_decay": 0.1,
}


def module_and_data():
    module = load(emit(derive(architecture(SPEC)), "numpy"))
    random = np.random.default_rng(0)
    params = {name: random.normal(size=shape) for name, shape in module.PARAMETERS.items()}
    params["mask"] = np.array([1.0, 0.0, 2.0])
    x = {name: random.normal(size=(5, *shape)) for name, shape in module.INPUTS.items()}
    y = {name: random.normal(size=(5, *shape)) for name, shape in module.TARGETS.items()}
    return module, params, x, y


def test_gradients_are_those_of_autograd():
    module, params, x, y = module_and_data()

    def cost(params):
        p = anp.tanh(x["a"] @ params["W"].T)
        q = 0.5 + 0.5 * anp.tanh(0.5 * (x["b"] @ params["W"].T))
        r = p + q + params["offset"] + params["mask"]
        t = r @ params["t.weight"].T + params["t.bias"]
        each = 0.25 * anp.sum((t - y["cost1"]) ** 2, axis=1) + 0.5 * anp.sum((r - y["cost2"]) ** 2, axis=1)
        return anp.mean(each) + 0.05 * sum(anp.sum(params[name] ** 2) for name in module.PARAMETERS)

    loss, gradients = module.gradients(params, x, y)
    wanted = grad(cost)(params)
    assert set(gradients) == set(module.PARAMETERS) == {"W", "offset", "t.weight", "t.bias"}
    assert relative(loss, cost(params)) < 1e-14
    assert max(relative(gradients[name], wanted[name]) for name in gradients) < 1e-14


def test_relaxation_equals_the_wavefront():
    module, params, x, y = module_and_data()
    exact = module.wavefront(params, x, y)
    late = module.relax(params, x, y, state=random_state(module, 5, 1), steps=module.STEPS - 1)
    relaxed = module.relax(params, x, y, state=random_state(module, 5, 1))
    for name in module.VERTICES:
        assert same_bits(relaxed.x[name], exact.x[name])
        assert same_bits(relaxed.s[name], exact.s[name])
    assert any((late.s[name] != exact.s[name]).any() for name in module.VERTICES)


def test_the_theorem_holds_and_a_forgotten_occurrence_of_a_shared_parameter_is_refuted():
    derivation = derive(architecture(SPEC))
    assert verify(derivation)["verdict"] == "proved"
    derivation.shared["W"] = derivation.shared["W"][:1]
    certificate = verify(derivation)
    assert certificate["verdict"] == "refuted"
    numbers = next(c for c in certificate["claims"] if c["id"] == "steps")["counterexample"]
    assert numbers["variable"] == "dE/d W"
    assert numbers["claimed"] != numbers["exact"]
