"""Sizes and integers of a certificate are those of some network: of what no network has, anything would be true."""

import copy
import itertools
import json

import pytest
from campaigns import forged_sizes
from campaigns.forged import base, layer
from campaigns.forgeries import outcome
from hypothesis import given, settings
from hypothesis import strategies as st
from support.refit import refitted

from dyadic.proofs import verify
from dyadic.proofs.checker import Rejected, check, confirmation
from dyadic.proofs.checker.evaluation.equations import integer
from dyadic.proofs.checker.intake.existence import check_existence
from dyadic.proofs.checker.intake.shapes import Named, evaluate, least, network_shapes, unguarded, written
from dyadic.proofs.methods.adjoint import prove
from dyadic.proofs.subject import examine
from dyadic.symbolic import architecture, derive


@pytest.mark.parametrize("name", forged_sizes.NAMES)
def test_what_no_network_has_is_rejected(name):
    assert outcome(name)[0] == "REJECTED"


@pytest.mark.parametrize("below", [0, -1, ["*", 5, -1]])
def test_integers_that_are_below_nothing(below):
    forged = copy.deepcopy(base("mixed")[1])
    forged["architecture"]["inputs"]["word"]["below"] = below
    with pytest.raises(Rejected, match=r"^architecture.inputs.word.below: is a size of"):
        check(refitted(forged))


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyError, AssertionError, RecursionError])
def test_whatever_goes_wrong_in_the_checker_is_a_rejection(error, monkeypatch):
    def astray(certificate, effort):
        raise error("of a kind that nobody thought of")

    monkeypatch.setattr(confirmation, "examined", astray)
    with pytest.raises(Rejected, match=f"^certificate: cannot be checked here .{error.__name__}"):
        check(base("plain")[1])


# -- sizes that are names ----------------------------------------------------------------------------------------------


def with_names(*layers, shape=("c", "h", "w")):
    layers = [{"name": f"l{k}", **one} for k, one in enumerate(layers)]
    return {"inputs": {"x": {"shape": list(shape)}}, "layers": layers, "cost": {"type": "squared_error"}}


CONV = {"type": "conv", "filters": 2, "kernel": [3, 5]}
POOL = {"type": "max_pool", "kernel": [2, 2], "stride": [2, 2]}


def test_which_sizes_have_to_be_at_least_1_is_a_hypothesis():
    certificate = verify(derive(architecture(with_names(CONV, POOL, CONV))))
    (steps,) = [claim for claim in certificate["claims"] if claim["id"] == "steps"]
    (text,) = [text for text in steps["hypotheses"] if text.startswith("these sizes")]
    assert text.partition(": ")[2].split(", ") == [
        "floor((h - 4) / 2) + 1", "floor((h - 4) / 2) - 1", "floor((w - 6) / 2) + 1", "floor((w - 6) / 2) - 3",
        "h - 2", "w - 4",
    ]  # fmt: skip
    assert check(certificate).confirmed
    forged = copy.deepcopy(certificate)
    next(claim for claim in forged["claims"] if claim["id"] == "steps")["hypotheses"].remove(text)
    with pytest.raises(Rejected, match=r"hypotheses: is not what the claim's data makes"):
        check(refitted(forged, texts=False))


def test_where_all_numbers_will_do_there_is_no_such_hypothesis():
    certificate = verify(derive(architecture(with_names({"type": "tanh"}, {"type": "flatten"}))))
    assert not [t for claim in certificate["claims"] for t in claim["hypotheses"] if t.startswith("these sizes")]
    assert check(certificate).confirmed


def test_numbers_are_found_at_which_every_size_is_at_least_1():
    graph = examine(derive(architecture(with_names(CONV, POOL, CONV, POOL, CONV))), 1).network
    numbers = check_existence(graph)
    assert set(numbers) == {"c", "h", "w"}
    assert network_shapes(graph, numbers).restrictions == {}
    with pytest.raises(Rejected, match="is a size of"):
        network_shapes(graph, dict.fromkeys(numbers, 4))


@pytest.mark.parametrize(
    ("shape", "layers"),
    [
        ([1, 3], [{"type": "max_pool", "kernel": [2], "stride": [1], "padding": [1], "dilation": [3]}]),
        (["c", 13], [{"type": "max_pool", "kernel": [3], "stride": [2], "padding": [1], "dilation": [5]}]),
        ([2, 4], [{"type": "pad", "padding": [-1, -1]}]),
        (["c", "n"], [{"type": "pad", "padding": [-3, -2]}, {"type": "tanh"}, {"type": "pad", "padding": [-4, 1]}]),
        (["c", 9], [{"type": "conv", "filters": 1, "kernel": [2], "dilation": [6]}]),
    ],
)
def test_a_layer_that_has_values_at_few_small_sizes_is_evaluated_there(shape, layers):
    certificate = verify(derive(architecture(with_names({"type": "tanh"}, *layers, shape=shape))))
    assert certificate["verdict"] == "proved", [c for c in certificate["claims"] if c["verdict"] == "undecided"]
    assert check(certificate).confirmed


def test_a_proof_says_of_which_sizes_it_speaks():
    report = check(verify(derive(architecture(with_names(CONV, {"type": "tanh"})))))
    details = {finding.claim.partition("(")[0]: finding.detail for finding in report.findings}
    assert "for all sizes that the shape rule admits (o1 = n1 - w1 + 1, o2 = n2 - w2 + 1); " in details["adjoint:conv"]
    assert "for all sizes; " in details["adjoint:tanh"]


NODES = st.recursive(
    st.one_of(st.integers(-4, 9), st.sampled_from([["size", "a"], ["size", "b"]])),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: ["+", *parts]),
        st.lists(inner, min_size=2, max_size=2).map(lambda parts: ["*", *parts]),
        st.tuples(st.sampled_from(["quotient", "remainder"]), inner, st.integers(1, 5)).map(list),
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(NODES)
def test_what_is_said_to_be_the_least_is_not_undercut(node):
    bound = least(node)
    for a, b in itertools.product(range(1, 7), repeat=2):
        if bound is not None:
            assert integer(node, {"a": a, "b": b}, {}, {}, "node") >= bound


def test_extents_are_written_as_people_write_them():
    node = ["+", ["quotient", ["+", ["size", "n"], -3], 2], ["*", -2, ["size", "a"], ["size", "b"]], 1]
    assert written(evaluate(node, Named(), "")) == "-2 a b + floor((n - 3) / 2) + 1"
    assert written(evaluate(["+", 1, -1], Named(), "")) == "0"


def test_a_proof_under_a_rule_that_fixes_a_size_says_so():
    """The adjoint is wrong beyond index 11, which no size has that the rule admits; nor has the network."""
    forged = copy.deepcopy(base("plain")[1])
    forged["claims"] = [claim for claim in forged["claims"] if claim["kind"] not in ("identity", "pairing")]
    content = layer(forged, "add")
    content["extents"] = {"n": 11}
    for adjoint in content["adjoints"]:
        adjoint["body"] = ["*", ["inside", ["index", adjoint["indices"][0]], 11], adjoint["body"]]
    refitted(forged)
    place = next(f"layers.{key}" for key, one in forged["layers"].items() if one["label"].startswith("add"))
    forged["proofs"][place] = prove(forged["layers"][place.partition(".")[2]]).pairs
    report = check(refitted(forged))
    (detail,) = [finding.detail for finding in report.findings if finding.claim.startswith("adjoint:add")]
    assert ", for all sizes that the shape rule admits (n = 11); " in detail
    claim = next(claim for claim in forged["claims"] if claim["subject"].get("content") == place)
    assert "sizes are those that the shape rule admits: given or following, each is at least 1" in claim["hypotheses"]


def test_what_guards_an_index_stands_in_the_same_definition():
    word = ["entry", "x", "u", [["index", "i"]]]
    row = ["entry", "W", "v", [word, ["index", "j"]]]
    known = {("x", "u"): [3], ("W", "v"): [5, 2]}
    assert list(unguarded(row, known)) == [(word, 5)]
    assert list(unguarded(["*", ["inside", word, 5], row], known)) == []
    assert list(unguarded(["*", ["inside", ["entry", "x", "u", [["index", "j"]]], 5], row], known)) == [(word, 5)]


@pytest.mark.parametrize("start", [3, 70_000, 3_000_000, 2_000_000_000])
def test_sizes_that_exist_are_found_however_large(start):
    layers = [{"name": "a", "type": "slice", "starts": [start], "sizes": [2]}]
    network = architecture({"inputs": {"x": {"shape": ["n"]}}, "layers": layers, "cost": {"type": "squared_error"}})
    written_ = verify(derive(network), methods=["ranks", "instances"])
    assert all(claim["verdict"] == "proved" for claim in written_["claims"] if claim["kind"] != "steps")
    assert check(json.loads(json.dumps(written_))).verdict == "PARTLY"  # and it is not rejected


def test_at_how_many_of_its_own_sizes_a_layer_was_evaluated():
    """One of the two vertices of a kind has sizes that are names."""
    layers = [
        {"name": "a", "type": "tanh", "inputs": ["x"]}, {"name": "b", "type": "tanh", "inputs": ["y"]},
        {"name": "c", "type": "concat", "axis": 0, "inputs": ["a", "b"]},
    ]  # fmt: skip
    inputs = {"x": {"shape": ["n"]}, "y": {"shape": [3]}}
    network = architecture({"inputs": inputs, "layers": layers, "cost": {"type": "squared_error"}})
    report = check(json.loads(json.dumps(verify(derive(network)))))
    said = {finding.claim: finding.detail for finding in report.findings}
    assert said["adjoint:tanh"].endswith(" and at 1 of the 2 sizes that the network has")
