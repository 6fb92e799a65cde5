"""What is said of fewer steps than T, and of the states at which the updates are defined."""

import pytest

from dyadic.proofs import check, verify
from dyadic.proofs.checker.evaluation.domain import RESTRICTED, conditions, hypothesis
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.evaluate import deviations, tightness_witness
from dyadic.proofs.evaluate.drawn_sizes import reduced_sizes
from dyadic.proofs.evaluate.reals import TRUE_FUNCTIONS
from dyadic.proofs.subject import examine
from dyadic.symbolic import architecture, derive


def network(layers, cost=None, shape=(3,)):
    return derive(
        architecture(
            {"inputs": {"x": {"shape": list(shape)}}, "layers": layers, "cost": cost or {"type": "squared_error"}}
        )
    )


def graph_of(derivation):
    return examine(derivation, derivation.steps).network


def claims_of(derivation):
    certificate = verify(derivation)
    assert check(certificate)
    return {claim["id"]: claim for claim in certificate["claims"]}


DIFFERENCE = [{"name": "a", "type": "tanh"}, {"name": "d", "type": "sub", "inputs": ["a", "a"]}]


@pytest.mark.parametrize(
    "derivation",
    [
        network(DIFFERENCE),
        network([{"name": "a", "type": "tanh"}, {"name": "b", "type": "tanh"}], {"type": "squared_error", "weight": 0}),
        network([{"name": "a", "type": "scale", "factor": 1, "offset": 0}, *DIFFERENCE[1:]]),
    ],
)
def test_where_fewer_steps_are_enough_nothing_is_said_of_the_network(derivation):
    claims = claims_of(derivation)
    assert "tightness" not in claims
    assert claims["tightness:structure"]["verdict"] == "proved"
    assert "is not known" in claims["tightness:structure"]["statement"]
    assert "not enough" not in claims["tightness:structure"]["statement"]


def test_a_forged_chain_is_rejected():
    from dyadic.proofs.checker.intake.graph import certificate_hash

    certificate = verify(network(DIFFERENCE))
    for claim in certificate["claims"]:
        if claim["id"] == "tightness:structure":
            claim["witness"]["chain"][0] = "x:a"
    certificate["hash"] = certificate_hash(certificate)
    with pytest.raises(Rejected, match="is not a chain of reads"):
        check(certificate)


# -- deviations --------------------------------------------------------------------------------------------------

LAYERS = {
    "tanh": {"type": "dense", "units": 3, "activation": "tanh"},
    "gelu": {"type": "dense", "units": 3, "activation": "gelu"},
    "norm": {"type": "layer_norm"},
    "softmax": {"type": "softmax"},
    "softplus": {"type": "softplus"},
}


@pytest.mark.parametrize("layer", LAYERS)
def test_deviations_are_the_differences_of_two_evaluations(layer):
    """At a precision at which the differences of two evaluations are known too, the enclosures meet."""
    graph = graph_of(network([{"name": f"l{k}", **LAYERS[layer]} for k in range(3)]))
    sizes = reduced_sizes(graph, largest=2)
    for signs in tightness_witness.SIGNS:
        found = tightness_witness.last_deviations(graph, tightness_witness.draw_with(1, signs), sizes)
        wanted = tightness_witness._differences(graph, tightness_witness.draw_with(1, signs), sizes)
        compared = 0
        for key, table in wanted.items() if found else ():
            for place, value in table.items():
                assert found[key][place].value.overlaps(value.value)
                assert found[key][place].deviation.overlaps(value.deviation), (key, place)
                compared += 1
        assert compared


@pytest.mark.parametrize(("name", "order"), sorted(TRUE_FUNCTIONS))
def test_a_function_of_a_deviated_number_is_that_of_both_runs(name, order):
    from flint import arb

    ring, tried = deviations.Deviating(), 0
    for value, deviation in (
        (1.5, 0.25),
        (2, -0.5),
        (0.5, 0.25),
        (0.75, -0.5),
        (0.25, 2**-80),
        (-0.5, 0.25),
        (-0.5, 1.5),
    ):
        v, d = arb(value), arb(deviation)
        try:
            found = ring.apply(name, order, deviations.Deviated(v, d))
            wanted = TRUE_FUNCTIONS[name, order](v + d) - TRUE_FUNCTIONS[name, order](v)
        except deviations.Undetermined:
            continue
        if wanted.is_finite():
            tried += 1
            assert found.deviation.overlaps(wanted)
    assert tried >= 2


def test_depth_costs_no_digits():
    """The deviation in a chain of 400 contracting layers is far below the working precision of 128 bits."""
    graph = graph_of(network([{"name": f"l{k}", "type": "sigmoid"} for k in range(400)]))
    found = tightness_witness.evaluate(graph, 0, "negative", 128)
    assert found is not None
    assert int(found.difference.split("e")[1]) < -200


# -- domains -----------------------------------------------------------------------------------------------------


def stated(derivation):
    return hypothesis([*derivation.contents.values(), *derivation.cost_contents.values()])


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ({"type": "log"}, ["what log is applied to is positive"]),
        ({"type": "sqrt"}, ["what sqrt is applied to is not negative", "what sqrt' is applied to is positive"]),
        ({"type": "reciprocal"}, ["no divisor is 0"]),
        ({"type": "batch_norm"}, ["what rsqrt is applied to is positive"]),
    ],
)
def test_the_theorem_names_the_states_at_which_updates_are_defined(layer, words):
    derivation = network([{"name": "a", **layer}, {"name": "b", "type": "tanh"}])
    (found,) = [h for h in claims_of(derivation)["steps"]["hypotheses"] if h.startswith("a state is one from which")]
    assert all(word in found for word in words), found


@pytest.mark.parametrize(
    "layer",
    [
        {"type": "tanh"},
        {"type": "layer_norm"},
        {"type": "softmax"},
        {"type": "dense", "units": 2, "activation": "gelu"},
        {"type": "softplus"},
    ],
)
def test_nothing_is_added_where_every_state_will_do(layer):
    assert stated(network([{"name": "a", **layer}])) is None


X, ONE = ["entry", "x", "u", [["index", "i"]]], ["rational", 1, 2]


def content(body):
    return {"definitions": [{"kind": "f", "owner": "v", "body": body}], "intermediates": [], "adjoints": []}


@pytest.mark.parametrize("name", RESTRICTED)
def test_every_restricted_function_gives_a_condition(name):
    for order in (0, 1, 2):
        assert conditions(content(["+", 1, ["sum", "i", ["size", "m"], ["apply", name, order, X]]]))


@pytest.mark.parametrize(
    ("body", "free"),
    [
        (["^", X, -1], False),
        (["^", X, 2], True),
        (["^", X, ["rational", 1, 2]], False),
        (["^", ["size", "m"], -1], True),
        (["^", ["+", ["^", X, 2], ONE], ["rational", -1, 2]], True),
        (["^", ["+", ["^", X, 2], 0], ["rational", -1, 2]], False),
        (["^", ["+", X, ONE], ["rational", -1, 2]], False),
        (["^", ["^", X, 2], ["rational", 1, 2]], True),
        (["^", ["*", -1, ["^", X, 2]], ["rational", 1, 2]], False),
        (["^", ["sum", "i", ["size", "m"], 1], -1], False),
        (["apply", "log", 0, ["+", 1, ["apply", "exp", 0, X]]], True),
        (["apply", "log", 0, ["+", -1, ["apply", "exp", 0, X]]], False),
        (["^", ["apply", "cosh", 0, X], -1], False),
    ],
)
def test_signs(body, free):
    assert (not conditions(content(body))) == free
