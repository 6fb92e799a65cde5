"""What is said of fewer steps than T."""

import itertools

import pytest

from dyadic.proofs import check, verify
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.checker.intake.witness_forms import INITIAL, SIGNS
from dyadic.proofs.evaluate import deviations, tightness_witness
from dyadic.proofs.evaluate.drawn_sizes import reduced_sizes
from dyadic.proofs.evaluate.reals import TRUE_FUNCTIONS
from dyadic.proofs.evaluate.tightness_witness import WitnessNumbers
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
    assert "is not said" in claims["tightness:structure"]["statement"]
    assert "not enough" not in claims["tightness:structure"]["statement"]


@pytest.mark.parametrize("cost", ["cross_entropy", "huber"])
def test_a_cost_of_weight_0_adds_nothing_and_defines_nothing(cost):
    costs = [{"type": "squared_error", "inputs": ["a"]}, {"type": cost, "inputs": ["a"], "weight": 0}]
    spec = {"inputs": {"x": {"shape": [3]}}, "layers": [{"name": "a", "type": "dense", "units": 3}], "costs": costs}
    certificate = verify(derive(architecture(spec)))
    assert certificate["verdict"] == "proved"
    assert check(certificate).confirmed
    assert not certificate["equations"]["s:a"]["where"]


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
    for signs, initial in itertools.product(SIGNS, INITIAL):
        numbers = WitnessNumbers(1, signs, 128, sizes, initial)
        found = tightness_witness.last_deviations(graph, numbers)
        wanted = tightness_witness.differences(graph, numbers)
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
    found = tightness_witness.evaluate(graph, WitnessNumbers(0, "negative", 128, reduced_sizes(graph, largest=2)))
    assert found is not None
    assert int(found.difference.split("e")[1]) < -200
