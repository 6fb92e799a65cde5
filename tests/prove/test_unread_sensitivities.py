"""Layers that ignore one of their inputs: its derivative is 0, and the update there reads no sensitivity."""

import dataclasses

import numpy as np
import pytest
from support.command import run
from support.emitted_check import emitted_difference
from support.modules import data, load, random_state, relative
from support.mutations import body, digits, with_layer
from sympy import Integer

from dyadic.codegen import emit
from dyadic.proofs import check, verify
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.expressions import Inside


def attending(*before):
    """Attention to keys and queries that its scale of 0 makes it ignore."""
    layers = [
        *before, {"name": "z", "type": "attention", "inputs": [before[-1]["name"], *("v", "v")], "scale": 0},
    ]  # fmt: skip
    layers.insert(len(before), {"name": "v", "type": "dense", "inputs": ["x"], "units": 2})
    return {"inputs": {"x": {"shape": [3, 2]}}, "layers": layers, "cost": {"type": "squared_error"}}


DENSE = {"name": "q", "type": "dense", "units": 2, "activation": "tanh", "inputs": ["x"]}
P, Q = {"name": "p", "type": "tanh", "inputs": ["x"]}, DENSE | {"inputs": ["p"]}
NETWORKS = {
    "query": (attending(DENSE), 4),
    "query of a chain": (attending(P, Q, DENSE | {"name": "r", "inputs": ["q"]}), 6),
    "first of its own": (attending(P | {"type": "sigmoid"}, Q), 5),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_rank_is_that_of_what_is_read(name):
    spec, steps = NETWORKS[name]
    derivation = derive(architecture(spec))
    ignored = derivation.architecture.by_name["z"].inputs[0]
    assert derivation.s_reads(ignored).s == frozenset()
    assert derivation.ranks.s[ignored] == 1
    assert derivation.steps == steps
    certificate = verify(derivation)
    assert certificate["verdict"] == "proved"
    assert check(certificate).confirmed
    assert verify(derivation, steps=steps - 1)["verdict"] != "proved"


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("target", ["numpy", "c"])
def test_what_is_emitted_is_what_is_derived(name, target):
    """A batch of three: each sample's state is the one it has alone, and gradients are the mean over them."""
    derivation = derive(architecture(NETWORKS[name][0]))
    assert emitted_difference(NETWORKS[name][0]) < 1e-12
    module = load(emit(derivation, target))
    params, x, y = data(module, 3, 0)
    state, (_, gradients) = module.wavefront(params, x, y), module.gradients(params, x, y)
    alone = [load(emit(derivation, "numpy")) for _ in range(3)]
    parts = [({k: v[i : i + 1] for k, v in x.items()}, y[i : i + 1]) for i in range(3)]
    means = [one.gradients(params, *part)[1] for one, part in zip(alone, parts, strict=True)]
    for key, found in gradients.items():
        assert relative(found, sum(each[key] for each in means) / 3) < 1e-12
    for i, (one, part) in enumerate(zip(alone, parts, strict=True)):
        for key, found in one.wavefront(params, *part).s.items():
            assert np.max(np.abs(state.s[key][i] - found[0])) < 1e-12
    started = random_state(module, 3, 1)
    relaxed = module.relax(params, x, y, state=started)
    assert all(np.max(np.abs(relaxed.s[key] - found)) < 1e-12 for key, found in state.s.items())


@pytest.mark.parametrize("target", ["cupy", "onnx"])
def test_it_is_emitted_for_every_target(target):
    for spec, _ in NETWORKS.values():
        assert emit(derive(architecture(spec)), target)


def test_it_is_simulated_and_compared(tmp_path):
    path = tmp_path / "net.toml"
    layers = '[[layers]]\nname = "q"\ntype = "dense"\nunits = 2\ninputs = ["x"]\n[[layers]]\nname = "z"\n'
    layers += 'type = "attention"\ninputs = ["q", "x", "x"]\nscale = 0\n'
    path.write_text(f'[inputs.x]\nshape = [3, 2]\n{layers}[cost]\ntype = "squared_error"\n', encoding="utf-8")
    for command in ("relax", "compare"):
        done = run(command, str(path))
        assert done.returncode == 0, done.stderr


def test_an_adjoint_that_is_zero_at_the_network_s_sizes():
    """A softmax over one entry is constant: an adjoint that reads nothing is true there, and the rank follows it.

    At other sizes it is wrong, so that there is no proof for all of them; it is not refuted.
    """
    layers = [{"name": "first", "type": "tanh"}, {"name": "it", "type": "softmax"}, {"name": "last", "type": "tanh"}]
    spec = {"inputs": {"x": {"shape": [1]}}, "layers": layers, "cost": {"type": "squared_error"}}
    derivation = derive(architecture(spec))
    own = derivation.layers["it"]
    nothing = tuple(body(a, lambda e, a=a: 5 * Inside(a.indices[0] - 1, Integer(9))) for a in own.adjoints)
    derivation = with_layer(derivation, "it", adjoints=nothing)
    assert derivation.ranks.s["first"] == 1
    assert verify(derivation)["verdict"] == "undecided"


def test_an_adjoint_of_zero_where_there_is_a_derivative_is_refuted():
    derivation = digits()
    none = tuple(dataclasses.replace(a, body=Integer(0)) for a in derivation.layers["hidden2"].adjoints)
    certificate = verify(with_layer(derivation, "hidden2", adjoints=none))
    assert certificate["verdict"] == "refuted"
    assert not check(certificate).confirmed
