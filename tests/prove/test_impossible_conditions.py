"""A theorem with a hypothesis that no numbers meet says nothing: it is open."""

import pytest
from support.coq_library import EVERYTHING, compiled
from support.coq_networks import certificate
from support.long_tests import one_in

from dyadic.catalogue import example_network
from dyadic.proofs.certificate import subject
from dyadic.proofs.checker.evaluation.impossible_conditions import never_met
from dyadic.proofs.methods.formal import network_theorem
from dyadic.summary import importable
from dyadic.symbolic.layers import LAYERS

TANH = {"name": "first", "type": "tanh"}
DIFFERENCE = {"name": "zero", "type": "sub", "inputs": ["first", "first"]}


def found(content):
    graph = content["architecture"]
    return never_met(graph["vertices"], content["layers"], graph["costs"], content["costs"])


def of(*layers):
    return found(certificate([TANH, *layers], [3], "squared_error"))


@pytest.mark.parametrize(
    ("layers", "reason"),
    [
        ([{"name": "m", "type": "maximum", "inputs": ["first", "first"]}], "in m, what is to be not 0 is 0"),
        ([DIFFERENCE, {"name": "r", "type": "relu"}], "in r, what is to be not 0 is 0"),
        ([DIFFERENCE, {"name": "r", "type": "log"}], "in r, what is to be positive is 0"),
        ([DIFFERENCE, {"name": "d", "type": "div", "inputs": ["first", "zero"]}], "in d, what is to be not 0 is 0"),
        ([DIFFERENCE, {"name": "s", "type": "scale", "factor": 3}, {"name": "r", "type": "relu"}], "in r, "),
    ],
)
def test_a_condition_that_nothing_meets(layers, reason):
    assert of(*layers).startswith(reason)


@pytest.mark.parametrize(
    "layers",
    [
        [{"name": "r", "type": "relu"}, {"name": "m", "type": "maximum", "inputs": ["first", "r"]}],
        [{"name": "d", "type": "add", "inputs": ["first", "first"]}, {"name": "r", "type": "log"}],
        [DIFFERENCE, {"name": "a", "type": "add", "inputs": ["zero", "first"]}, {"name": "r", "type": "relu"}],
    ],
)
def test_conditions_that_some_numbers_meet(layers):
    assert of(*layers) is None


@pytest.mark.parametrize("layer", one_in(8, sorted(LAYERS)))
def test_no_layer_alone_asks_for_what_cannot_be(layer):
    derivation = example_network(layer, True)
    assert found(subject(derivation, derivation.steps)) is None


@pytest.mark.parametrize("type_", ["stop_gradient", "tanh"])
def test_layers_are_counted_whatever_coq_is_asked(type_, monkeypatch):
    """Where there is no coqc, and where the language in Coq has no word for a layer."""
    content = certificate([TANH, {"name": "second", "type": type_}], [3], "squared_error")
    if type_ == "tanh":
        monkeypatch.setattr(network_theorem, "find_coqc", lambda: None)
    claim = network_theorem.formal_claim(content)
    assert (claim.verdict, claim.numbers["parts"], claim.numbers["kinds"]) == ("undecided", 3, 0)
    assert "of its 3 layers, the costs being one, 0 are proved" in claim.statement


@pytest.mark.long
def test_the_claim_is_open(tmp_path_factory):
    compiled(tmp_path_factory, EVERYTHING)
    layers = [TANH, {"name": "m", "type": "maximum", "inputs": ["first", "first"]}]
    claim = network_theorem.formal_claim(certificate(layers, [3], "squared_error"))
    assert claim.verdict == "undecided"
    assert "no numbers meet its hypotheses: in m, what is to be not 0 is 0" in claim.reason


def test_files_of_coq_are_no_modules():
    assert importable("as proofs/claims.py says") == "as dyadic.proofs.claims says"
    assert importable("the readers in proofs/statements/parsing;") == "the readers in dyadic.proofs.statements.parsing;"
    assert importable("what proofs/coq/Functions.v lacks") == "what proofs/coq/Functions.v lacks"
    assert importable("it is in proofs/checker.") == "it is in dyadic.proofs.checker."
