"""Numbers that meet what the theorem in Coq asks are found, or a theorem about none is not called proved."""

from copy import deepcopy

import pytest
from support.long_tests import one_in

from dyadic.catalogue import example_network
from dyadic.proofs.certificate import subject
from dyadic.proofs.checker.evaluation.smooth_entries import asks_beside_a_bracket, conditions_on_entries
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.evaluate import smooth_states
from dyadic.proofs.evaluate.smooth_states import meets_conditions
from dyadic.proofs.methods.formal.network_theorem import lacking
from dyadic.proofs.methods.formal.readback import Different, compare
from dyadic.proofs.methods.formal.script import network
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.layers import LAYERS


def graph_of(*layers, shape=(4,)):
    described = [{"name": f"l{k}", **({"type": one} if isinstance(one, str) else one)} for k, one in enumerate(layers)]
    spec = {"inputs": {"x": {"shape": list(shape)}}, "layers": described, "cost": {"type": "squared_error"}}
    derivation = derive(architecture(spec))
    return Graph(subject(derivation, derivation.steps))


PADDED = {"type": "pad", "padding": [1, 0]}
POOL = {"type": "max_pool", "kernel": [2], "stride": [2]}
IMAGE = (1, 4)
NOWHERE = {
    "a rectifier of a padded 0": ((PADDED, "relu"), (4,)),
    "a copy beside itself": (("tanh", "identity", {"type": "maximum", "inputs": ["l0", "l1"]}), (4,)),
    "the largest of two copies": (
        ("tanh", {"type": "stack", "inputs": ["l0", "l0"]}, {"type": "reduce_max", "axes": [0]}),
        (4,),
    ),
    "windows of one number": (({"type": "upsample", "factors": [2]}, POOL), IMAGE),
    "what is below 0 twice": (("relu", "neg", "relu", "abs"), (4,)),
}
SOMEWHERE = {
    "a rectifier": (("relu",), (4,)),
    "a rectifier, then padding": (("relu", PADDED), (4,)),
    "windows": ((POOL,), IMAGE),
    "a logarithm of what is above 1": (({"type": "scale", "offset": -1}, "log"), (4,)),
    "between 5 and 6": (
        ({"type": "scale", "offset": -5}, "sqrt", {"type": "scale", "factor": -1, "offset": 1}, "log"),
        (2,),
    ),
}


@pytest.mark.parametrize("name", NOWHERE)
def test_conditions_that_nothing_meets(name):
    graph = graph_of(*NOWHERE[name][0], shape=NOWHERE[name][1])
    assert meets_conditions(graph, {}) is False
    assert "no numbers were found that meet all of its conditions" in lacking(graph, {})


@pytest.mark.parametrize("name", SOMEWHERE)
def test_conditions_that_are_met(name):
    graph = graph_of(*SOMEWHERE[name][0], shape=SOMEWHERE[name][1])
    assert meets_conditions(graph, {}) is True
    assert lacking(graph, {}) is None


@pytest.mark.parametrize("name", one_in(8, LAYERS))
def test_every_layer_of_the_catalogue_has_such_numbers(name):
    derivation = example_network(name, True)
    graph = Graph(subject(derivation, derivation.steps))
    if conditions_on_entries(graph.vertices, graph.layers, graph.costs, graph.kinds):
        assert meets_conditions(graph, derivation.architecture.values) is True


READ = ["entry", "x", "u", [["+", -1, ["index", "i"]]]]
INSIDE = ["inside", ["+", -1, ["index", "i"]], ["size", "n"]]


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        (["*", ["apply", "relu", 0, READ], INSIDE], True),
        (["*", 2, INSIDE, ["+", 1, ["^", READ, -1]]], True),
        (["sum", "i", ["size", "n"], ["*", ["max", "k", 3, READ], INSIDE]], True),
        (["+", 1, ["*", INSIDE, ["logsumexp", "k", 3, ["*", INSIDE, READ]]]], True),
        (["max", "i", ["size", "n"], ["+", 1, ["*", INSIDE, ["apply", "log", 0, READ]]]], True),
        (["*", ["apply", "tanh", 0, READ], INSIDE], False),
        (["*", READ, INSIDE, ["^", ["+", 1, INSIDE], -1]], False),
        (["apply", "relu", 0, ["*", READ, INSIDE]], False),
        (["max", "i", ["size", "n"], ["*", INSIDE, ["apply", "log", 0, READ]]], False),
        (["*", ["apply", "relu", 0, READ], READ], False),
    ],
    ids=str,
)
def test_what_is_asked_beside_a_bracket_is_asked_in_coq_where_it_is_0_too(body, asks):
    assert asks_beside_a_bracket(body) is asks


def test_a_theorem_that_asks_for_more_than_is_said_is_none():
    """A padded relu as one equation: in Coq it is applied to the 0 that is read outside, so that no numbers are met."""
    derivation = derive(architecture({"inputs": {"x": {"shape": [3]}}, "layers": [{"name": "padded", **PADDED}],
                                      "cost": {"type": "squared_error"}}))  # fmt: skip
    content = deepcopy(subject(derivation, derivation.steps))
    compare(network(content).source, network(content))
    (layer,) = content["layers"].values()
    layer["definitions"][0]["body"] = ["*", ["apply", "relu", 0, READ], INSIDE]
    with pytest.raises(Different, match="padded: beside a bracket Coq asks for more than is said"):
        compare(network(content).source, network(content))


def test_what_is_too_large_is_not_looked_at(monkeypatch):
    monkeypatch.setattr(smooth_states, "MUCH_WORK", 3)
    graph = graph_of(PADDED, "relu")
    assert meets_conditions(graph, {}) is None
    assert lacking(graph, {}) is None
