"""What the theorem in Coq asks of a network's numbers, in words: of which entries, and when nothing."""

import re
from dataclasses import replace

import pytest
from support.coq_networks import NETWORKS, certificate

from dyadic.catalogue import example_network
from dyadic.proofs.certificate import subject
from dyadic.proofs.checker.evaluation import smooth_entries
from dyadic.proofs.checker.evaluation.smooth_entries import EVERYWHERE, conditions_on_entries
from dyadic.proofs.methods.formal.coq_terms import FUNCTIONS
from dyadic.proofs.methods.formal.readback import Different, compare, compare_with_kinds
from dyadic.proofs.methods.formal.script import network


def conditions(content):
    graph = content["architecture"]
    return conditions_on_entries(graph["vertices"], content["layers"], graph["costs"], content["costs"])


def of(layers, shape=(3,)):
    return conditions(certificate(layers, list(shape), "squared_error"))


def test_the_functions_that_ask_for_nothing_are_in_the_table():
    assert set(FUNCTIONS) > EVERYWHERE


def test_entries_are_named():
    layers = [
        {"name": "first", "type": "tanh"},
        {"name": "second", "type": "relu"},
        {"name": "third", "type": "dense", "units": 2, "activation": "relu"},
        {"name": "last", "type": "log", "inputs": ["third"]},
    ]
    assert of(layers) == [
        "for Coq, what relu is applied to is not 0: every entry of first, z of third",
        "for Coq, what log is applied to is positive: every entry of third",
    ]


def test_what_an_equation_makes_evident_is_told_apart():
    assert of([{"name": "norm", "type": "layer_norm"}]) == [
        "for Coq, what rsqrt is applied to is positive, as the equation makes evident: (1/100000 + v of norm) in norm"
    ]


def test_maxima_and_parts():
    (text,) = conditions(certificate(*NETWORKS["masked"]))[1:]
    assert text.startswith(
        "for Coq, there is a term, wherever a log-sum-exp goes over a part: logsumexp_j (a of attention)[h, i, j]"
    )
    (text,) = conditions(certificate(*NETWORKS["convolution"]))
    assert text.startswith("for Coq, one term alone is the largest, wherever a maximum is taken: max_")
    assert text.endswith(" in pool")


def test_a_hostile_name_stands_in_quotes():
    content = certificate([{"name": "a", "type": "relu"}], [3], "squared_error")
    name = 'x: and nothing else is asked"'
    content["architecture"]["vertices"][0]["inputs"] = [name]
    assert conditions(content) == [f"for Coq, what relu is applied to is not 0: every entry of {name!r}"]


@pytest.mark.parametrize("name", [*NETWORKS])
def test_nothing_is_asked_where_coq_asks_nothing(name):
    content = certificate(*NETWORKS[name])
    assert network(content).everywhere == (not conditions(content))


@pytest.mark.parametrize("name", ["abs", "gelu", "max_pool", "softmax", "rms_norm", "lrn", "sqrt", "tanh", "silu"])
def test_nothing_is_asked_of_a_type_of_which_coq_asks_nothing(name):
    derivation = example_network(name, True)
    content = subject(derivation, derivation.steps + derivation.steps % 2)
    assert network(content).everywhere == (not conditions(content))


@pytest.mark.parametrize("name", ["residual", "masked", "convolution"])
def test_what_the_file_asks_is_read_back(name):
    """A demand that is missing, another one, and one of another equation."""
    written = network(certificate(*NETWORKS[name]))
    compare(written.source, written)
    first = written.asked[0]
    other = {"Positive": "NotZero", "LargestOnce": "SomeTerm"}
    changed = [first.replace(*pair) for pair in other.items()] + [re.sub(r"Demand (\d+) \d", r"Demand \1 9", first)]
    changed += [first.replace("(2)", "(3)", 1), re.sub(r"# \d+", "# 7", first)]
    wrong = [one for one in changed if one != first]
    assert len(wrong) >= 3
    for asked in ([], *([one, *written.asked[1:]] for one in wrong)):
        with pytest.raises(Different, match="what the theorem asks of its numbers does not read back"):
            compare(replace(written, asked=asked).source, written)
        with pytest.raises(Different, match="asks something else"):
            compare_with_kinds(replace(written, asked=asked).source, written, written.source)
    compare_with_kinds(written.source, written, written.source)


def test_words_that_leave_something_out_are_noticed(monkeypatch):
    """Coq asks of every function that it does not know to be differentiable everywhere."""
    monkeypatch.setattr(smooth_entries, "EVERYWHERE", smooth_entries.EVERYWHERE | {"relu"})
    written = network(certificate([{"name": "a", "type": "relu"}], [3], "squared_error"))
    with pytest.raises(Different, match="a: what the theorem asks"):
        compare(written.source, written)


def test_a_theorem_about_nothing_is_not_read_back():
    written = network(certificate(*NETWORKS["dense"]))
    with pytest.raises(Different, match="the theorem would be about nothing"):
        compare(replace(written, asked=["(Demand 0 0 [] Never)"]).source, written)
