"""Numbers that meet what the theorem in Coq asks are found, or a theorem about none is not called proved."""

import pytest
from support.long_tests import one_in

from dyadic.catalogue import example_network
from dyadic.proofs.certificate import subject
from dyadic.proofs.checker.evaluation.smooth_entries import conditions_on_entries
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.evaluate import smooth_states
from dyadic.proofs.evaluate.smooth_states import meets_conditions
from dyadic.proofs.methods.formal.network_theorem import lacking
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


def test_what_is_too_large_is_not_looked_at(monkeypatch):
    monkeypatch.setattr(smooth_states, "MUCH_WORK", 3)
    graph = graph_of(PADDED, "relu")
    assert meets_conditions(graph, {}) is None
    assert lacking(graph, {}) is None
