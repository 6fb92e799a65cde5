"""Of a network of which no update is always defined a state is exhibited, at its own sizes, or nothing is said."""

import json

import pytest

from dyadic.catalogue import example_network
from dyadic.proofs import checker, recheck, verify
from dyadic.proofs.certificate import subject
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.evaluate.defined_states import none_is_found
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.layers import LAYERS


def layers_of(*types, shape):
    layers = [{"name": f"l{k}", **({"type": one} if isinstance(one, str) else one)} for k, one in enumerate(types)]
    return architecture({"inputs": {"x": {"shape": list(shape)}}, "layers": layers, "cost": {"type": "squared_error"}})


ALL_TRUE = [
    {"name": "d", "type": "sub", "inputs": ["x", "x"]},
    {"name": "e", "type": "cos"},
    {"name": "t", "type": "reduce_sum", "axes": [0]},
    {"name": "n", "type": "scale", "factor": -1, "offset": 2.5},
    {"name": "l", "type": "log"},
]
"""The logarithm of 2.5 less the number of entries, whatever they are."""


def outcome_of(derivation):
    certificate = verify(derivation, methods=["lemma", "ranks", "instances", "adjoint"])
    (steps,) = (claim for claim in certificate["claims"] if claim["kind"] == "steps")
    return steps["verdict"], steps["reason"] or ""


@pytest.mark.parametrize("count", [20, 60])
def test_a_long_chain_without_a_state_is_undecided(count):
    verdict, reason = outcome_of(derive(layers_of(*["tanh"] * count, "acosh", shape=(3, 2))))
    assert (verdict, "no state was found" in reason) == ("undecided", True)
    assert outcome_of(derive(layers_of(*["tanh"] * count, "cosh", "acosh", shape=(3, 2))))[0] == "proved"


@pytest.mark.parametrize(
    ("entries_", "verdict"), [(2, "proved"), (3, "undecided"), (64, "undecided"), (10**6, "undecided")]
)
def test_the_sizes_are_the_networks_own(entries_, verdict):
    spec = {"inputs": {"x": {"shape": [entries_]}}, "layers": ALL_TRUE, "cost": {"type": "squared_error"}}
    assert outcome_of(derive(architecture(spec)))[0] == verdict


@pytest.mark.parametrize("factor", [100, 10**6])
def test_parameters_may_be_small_or_0(factor):
    dense, scaled = {"type": "dense", "units": 64}, {"type": "scale", "factor": factor}
    assert outcome_of(derive(layers_of(dense, scaled, "asin", shape=(4, 50))))[0] == "proved"


def test_inputs_may_be_large():
    assert outcome_of(derive(layers_of({"type": "scale", "factor": 0.001}, "acosh", shape=(300,))))[0] == "proved"


def test_two_inputs_may_need_different_numbers():
    layers = [
        {"name": "a", "type": "log", "inputs": ["x"]},
        {"name": "m", "type": "neg", "inputs": ["z"]},
        {"name": "b", "type": "log"},
        {"name": "c", "type": "add", "inputs": ["a", "b"]},
    ]
    spec = {"inputs": {name: {"shape": [2000]} for name in "xz"}, "layers": layers, "cost": {"type": "squared_error"}}
    assert outcome_of(derive(architecture(spec)))[0] == "proved"
    spec["layers"][1] = {"name": "m", "type": "neg", "inputs": ["x"]}
    del spec["inputs"]["z"]
    assert outcome_of(derive(architecture(spec)))[0] == "undecided"


@pytest.mark.parametrize("name", LAYERS)
def test_every_type_has_a_state(name):
    """What is enclosed as a whole encloses what entries are, and where it is finite they are."""
    derivation = example_network(name, numeric=True)
    assert not none_is_found(Graph(subject(derivation, derivation.steps)), derivation.architecture.values)


def test_the_checker_alone_says_that_it_did_not_look():
    certificate = json.loads(json.dumps(verify(derive(layers_of("exp", "log", "tanh", shape=(3,))))))
    alone, looked = checker.check(certificate).lines(), recheck.check(certificate).lines()
    assert any(line.startswith("NOT SEEN") and "from which every update is defined" in line for line in alone)
    assert "if there is a state from which every update is defined" in alone[-1]
    assert not any("NOT SEEN" in line or "if there is a state" in line for line in looked)
    everywhere = json.loads(json.dumps(verify(derive(layers_of("tanh", shape=(3,))))))
    assert not any("NOT SEEN" in line or "if there is a state" in line for line in checker.check(everywhere).lines())
