"""Numbers that are exhibited are of the network itself, or said to be of such layers elsewhere."""

import copy
import json

import pytest
from support.refit import claim_of, refitted

from dyadic.proofs import check as check_all
from dyadic.proofs import verify
from dyadic.proofs.checker import Done, Rejected, check
from dyadic.proofs.checker.evaluation import reciprocity_entry
from dyadic.proofs.checker.intake.existence import own_shapes, own_sizes
from dyadic.proofs.evaluate.network_numbers import own_constants, own_instance
from dyadic.proofs.subject import examine
from dyadic.symbolic import architecture, derive


def network(layers, shape=(3,), constants=None, cost=None, inputs=None):
    spec = {"inputs": inputs or {"x": {"shape": list(shape)}}, "layers": layers}
    spec |= {"constants": constants} if constants else {}
    return derive(architecture(spec | {"cost": cost or {"type": "squared_error"}}))


def graph_of(derivation):
    return examine(derivation, derivation.steps).network


def certificate_of(derivation, **rest):
    return json.loads(json.dumps(verify(derivation, **rest)))


def masked(values, *further):
    layers = [
        {"name": "a", "type": "tanh", "inputs": ["x"]},
        {"name": "b", "type": "mul", "inputs": ["a", "mask"]},
        *further,
    ]
    return network(layers, (2,), {"mask": {"shape": [2], "values": values}})


def pair(first, second, *shape):
    return network([{"name": "a", "type": first}, {"name": "b", "type": second}], shape)


AGAIN = {"name": "e", "type": "mul", "inputs": ["d", "mask"]}
SQUASHED = {
    "softmax over one entry": pair("tanh", "softmax", 3, 1),
    "layer norm over one entry": pair("softplus", "layer_norm", 2, 1),
    "log softmax over one entry": pair("sigmoid", "log_softmax", 4, 1),
    "a mask of zeros": masked([0, 0]),
    "a difference of what a mask of zeros lets through": masked(
        [0, 0], {"name": "d", "type": "sub", "inputs": ["b", "a"]}, AGAIN
    ),
}  # fmt: skip
"""Networks whose last layer does not depend on what it reads, as layers of its kind do elsewhere."""


@pytest.mark.parametrize("name", SQUASHED)
def test_what_layers_do_elsewhere_is_not_said_of_the_network(name):
    derivation = SQUASHED[name]
    certificate = certificate_of(derivation)
    assert certificate["verdict"] == "proved"
    assert check_all(certificate).confirmed
    late = next(c for c in certificate["claims"] if c["kind"].startswith("tightness"))
    assert late["kind"] == "tightness:structure" or late["numbers"]["own"] == 0
    assert "is not said" in late["statement"]
    if len(derivation.architecture.vertices) == 2:  # else another layer has an entry that is not 0
        flow = claim_of(certificate, "nonreciprocity")
        assert flow["numbers"]["own"] == 0
        assert "is not said" in flow["statement"]
        assert reciprocity_entry.find_own(graph_of(derivation), flow["witness"]["constants"]) is None


@pytest.mark.parametrize("name", SQUASHED)
def test_and_fewer_steps_are_not_refuted_by_it(name):
    """Each of these is exact after two steps: what the last layer hands back is always 0."""
    derivation = SQUASHED[name]
    early = claim_of(certificate_of(derivation, steps=1), "steps")
    if early["verdict"] == "refuted":  # by what it hands on from an activation that is not settled
        found = early["counterexample"]
        assert found["steps"] == 1
        assert found["claimed"] != found["exact"]
    for steps in range(2, derivation.steps):
        claim = claim_of(certificate_of(derivation, steps=steps), "steps")
        assert claim["verdict"] == "undecided"
        assert "only numbers of this network itself decide" in claim["reason"]


CUT = network(
    [
        {"name": "b", "type": "tanh", "inputs": ["x"]},
        {"name": "a", "type": "dense", "units": 4, "inputs": ["x"]},
        {"name": "a2", "type": "tanh"},
        {"name": "c", "type": "concat", "axis": 0, "inputs": ["b", "a2"]},
        {"name": "out", "type": "slice", "starts": [0], "sizes": [3]},
    ],
)


def test_positions_are_below_what_an_axis_has_become_at_small_sizes():
    """Convolutions shrink an image further than the bound of the positions that are looked up in it."""
    window = {"type": "conv", "filters": 2, "kernel": [3], "stride": [2], "padding": [1, 1]}
    layers = [{"name": f"c{k}", "inputs": [f"c{k - 1}" if k else "x"], **window} for k in range(3)]
    layers.append({"name": "rows", "type": "gather", "inputs": ["c2", "at"], "axis": 1})
    inputs = {"x": {"shape": [2, 64]}, "at": {"shape": [6], "below": 8}}
    certificate = certificate_of(network(layers, inputs=inputs))
    assert certificate["verdict"] == "proved"
    assert claim_of(certificate, "identity")["witness"]["below"]["at"] < 8
    assert check_all(certificate).confirmed


def test_a_tensor_too_large_for_one_layer_leaves_the_others():
    """What the cheapest layer reads is too large to be evaluated; the flow's asymmetry is seen at another one."""
    layers = [
        {"name": "a", "type": "tanh"},
        {"name": "s", "type": "select", "axis": 0, "position": 3},
        {"name": "b", "type": "tanh"},
    ]
    certificate = certificate_of(network(layers, (120, 1200)), methods=["nonreciprocity"])
    claim = claim_of(certificate, "nonreciprocity")
    assert (claim["verdict"], claim["numbers"]["own"]) == ("proved", 1)


def test_a_slice_that_reads_further_at_reduced_sizes():
    """At 3 and 4 entries the slice reads b alone; cut to 2, b is followed by an entry of the deep chain."""
    certificate = certificate_of(CUT)
    late = next(c for c in certificate["claims"] if c["kind"].startswith("tightness"))
    assert late["kind"] == "tightness:structure" or late["numbers"]["own"] == 0
    assert claim_of(certificate_of(CUT, steps=CUT.steps - 1), "steps")["verdict"] == "undecided"
    assert check_all(certificate).confirmed


# -- the network's own ---------------------------------------------------------------------------------------------

DENSE = {"name": "a", "type": "dense", "units": 40, "activation": "tanh"}
OPEN = {
    "dense": network([DENSE, {"name": "b", "type": "softmax"}], (30,)),
    "named": pair("tanh", "softplus", "N", 3),
    "pool": network([{"name": "a", "type": "tanh"}, {"name": "p", "type": "max_pool", "kernel": [2]}], (2, 6)),
    "logarithm": pair("softplus", "log", 3),
    "mask": masked([0.5, -3], {"name": "c", "type": "dense", "units": 2}),
    "tokens": network(
        [{"name": "t", "type": "embedding", "count": 7, "units": 4}, {"name": "u", "type": "tanh"}],
        inputs={"words": {"shape": [3], "below": 7}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OPEN)
def test_numbers_of_the_network_itself(name):
    derivation = OPEN[name]
    certificate = certificate_of(derivation)
    late, flow = claim_of(certificate, "tightness"), claim_of(certificate, "nonreciprocity")
    # Of one layer alone nothing follows for a network in which another may have no value.
    assert (late["numbers"]["own"], flow["numbers"]["own"]) == (1, int(name != "logarithm"))
    assert late["witness"]["sizes"] == own_sizes(graph_of(derivation))
    own = own_shapes(graph_of(derivation)).numbers(flow["witness"]["row"][2:].partition("[")[0])
    assert flow["witness"]["sizes"] == own or name == "logarithm"
    assert late["numbers"]["constants"] == int(name == "mask") == int("constants that the witness" in late["statement"])
    found = {finding.claim: finding for finding in check_all(certificate).findings}
    assert found["tightness"].done is found["nonreciprocity"].done is Done.COMPUTED
    refuted = claim_of(certificate_of(derivation, steps=1), "steps")
    assert refuted["verdict"] == "refuted"
    assert late["witness"].items() <= refuted["counterexample"].items()
    assert refuted["counterexample"]["about"].startswith("value before is that after ")


def test_where_an_update_has_no_value_on_the_way_the_numbers_are_not_taken():
    """From the zero state the logarithm is taken of 0 at the first step; from a positive one never of such a number."""
    from dyadic.proofs.evaluate import tightness_witness

    graph = graph_of(OPEN["logarithm"])
    witness = claim_of(certificate_of(OPEN["logarithm"]), "tightness")["witness"]
    assert witness["initial_state"] == "drawn"
    zero = tightness_witness.WitnessNumbers(1, "positive", 128, witness["sizes"], "zero")
    assert tightness_witness.evaluate(graph, zero) is None


def test_a_mask_is_stated_exactly_and_no_other_one_passes():
    certificate = certificate_of(masked([0.1, -3]))
    stated = claim_of(certificate, "tightness")["witness"]["constants"]
    assert stated == {"mask": ["3602879701896397/36028797018963968", "-3"]}
    for change in (["1/2", "-3"], ["0", "0"]):
        forged = json.loads(json.dumps(certificate))
        claim_of(forged, "tightness")["witness"]["constants"]["mask"] = change
        with pytest.raises(Rejected, match="is not what the evaluation gives"):
            check_all(refitted(forged))


@pytest.mark.parametrize("kind", ["tightness", "nonreciprocity"])
@pytest.mark.parametrize("key", ["own", "constants"])
def test_of_what_the_numbers_are_follows_from_the_witness(kind, key):
    certificate = certificate_of(masked([0.5, -3]))
    numbers = claim_of(certificate, kind)["numbers"]
    assert numbers[key] == 1
    numbers[key] = 0
    with pytest.raises(Rejected, match=rf"numbers\.{key}"):
        check(refitted(certificate))


@pytest.mark.parametrize("kind", ["tightness", "nonreciprocity"])
def test_numbers_of_elsewhere_are_not_said_of_the_network(kind):
    certificate = certificate_of(masked([0, 0]))
    claim = claim_of(certificate, kind)
    assert claim["numbers"]["own"] == 0
    claim["numbers"]["own"] = 1
    with pytest.raises(Rejected, match=r"numbers\.own"):
        check(refitted(certificate))


def test_constants_that_are_too_many_are_not_stated():
    layers = [{"name": "a", "type": "tanh", "inputs": ["x"]}, {"name": "b", "type": "mul", "inputs": ["a", "mask"]}]
    many = network(layers, (1001,), {"mask": {"shape": [1001], "values": [1.0] * 1001}})
    assert own_constants(graph_of(many), ["mask"], many.architecture.values) is None
    certificate = certificate_of(many)
    assert claim_of(certificate, "tightness")["numbers"] == {"steps": 3, "own": 0, "constants": 0}
    assert check_all(certificate).confirmed


def test_a_constant_without_values_is_any():
    layers = [{"name": "a", "type": "tanh", "inputs": ["x"]}, {"name": "b", "type": "mul", "inputs": ["a", "mask"]}]
    derivation = network(layers, (2,), {"mask": {"shape": [2]}})
    claim = claim_of(certificate_of(derivation), "tightness")
    assert claim["numbers"] == {"steps": 3, "own": 1, "constants": 1}
    assert len(claim["witness"]["constants"]["mask"]) == 2


def test_an_instance_is_the_network():
    graph = graph_of(OPEN["tokens"])
    instance = own_instance(graph)
    assert instance.shapes == {"words": [3], "t": [3, 4], "u": [3, 4]}
    assert instance.below == {"words": 7}


# -- fewer steps -----------------------------------------------------------------------------------------------------

FREE = ("induction", "wiring", "schedules", "identity", "residues", "polynomial", "rational")


@pytest.mark.parametrize("method", FREE)
def test_methods_that_speak_of_others_say_nothing_of_fewer_steps(method):
    derivation = network(
        [{"name": "a", "type": "dense", "units": 2, "activation": "tanh"}, {"name": "b", "type": "dense", "units": 2}]
    )
    (claim, steps) = certificate_of(derivation, steps=3, methods=[method])["claims"]
    assert (claim["id"], claim["verdict"], steps["verdict"]) == (method, "undecided", "undecided")
    assert "only numbers of this network itself decide" in claim["reason"]
    (claim, _) = certificate_of(derivation, steps=4, methods=[method])["claims"]
    assert claim["verdict"] == "proved"


def test_of_fewer_steps_without_tightness_nothing_is_decided():
    derivation = OPEN["dense"]
    claim = claim_of(certificate_of(derivation, steps=2, methods=["lemma", "ranks", "instances", "adjoint"]), "steps")
    assert claim["verdict"] == "undecided"
    assert "was not run" in claim["reason"]


# -- what is evaluated again is bounded ------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"3": 7}, {}, {"3": 1}])
def test_sizes_that_are_neither_the_networks_nor_the_reduced_ones_are_rejected(change):
    certificate = certificate_of(SQUASHED["a mask of zeros"])
    claim = claim_of(certificate, "tightness")
    claim["witness"]["sizes"] = change
    with pytest.raises(Rejected, match="neither the network's own nor the reduced"):
        check_all(refitted(certificate))


def test_positions_that_a_witness_states_are_integers_below_their_bound():
    certificate = certificate_of(OPEN["tokens"])
    for wrong in (["7", "0", "0"], ["1/2", "0", "0"], ["-1", "0", "0"]):
        forged = json.loads(json.dumps(certificate))
        claim = claim_of(forged, "tightness")
        claim["witness"]["constants"], claim["numbers"]["constants"] = {"words": wrong}, 1
        with pytest.raises(Rejected, match="are not integers below 7"):
            check(refitted(forged))


def test_one_layer_says_nothing_of_a_network_whose_others_have_no_value_there():
    """Where the reciprocal root of u has a value, u is positive and the clip of it 0: the flow has a potential."""
    layers = [
        {"name": "u", "type": "tanh", "inputs": ["x"]},
        {"name": "w", "type": "batch_norm", "inputs": ["c", "g", "b", "m", "u"], "epsilon": 0},
        {"name": "v", "type": "clip", "inputs": ["u"], "low": -5, "high": 0},
        {"name": "y", "type": "add", "inputs": ["v", "w"]},
    ]
    zero = {"shape": [1], "values": [0]}
    certificate = verify(derive(architecture({
        "inputs": {"x": {"shape": [1]}}, "constants": {"m": zero, "c": zero}, "layers": layers,
        "parameters": {"g": {"shape": [1]}, "b": {"shape": [1]}}, "cost": {"type": "squared_error"},
    })))  # fmt: skip
    claim = next(claim for claim in certificate["claims"] if claim["kind"] == "nonreciprocity")
    assert claim["numbers"]["own"] == 0
    assert check(certificate).confirmed
    forged = copy.deepcopy(certificate)
    next(claim for claim in forged["claims"] if claim["kind"] == "nonreciprocity")["numbers"]["own"] = 1
    with pytest.raises(Rejected, match="numbers.own"):
        check(refitted(forged))


def test_what_is_enclosed_again_is_said_of_the_network_it_is_of():
    """A mask of zeros lets nothing through: that one step fewer is not enough is shown of other constants."""
    cases = ([0, 0], "Arb of such layers at other sizes or with other constants: s of"), ([1, 2], "Arb: s of")
    for values, words in cases:
        report = check_all(certificate_of(masked(values, {"name": "c", "type": "tanh"})))
        (finding,) = (one for one in report.findings if one.claim == "tightness")
        assert words in finding.detail
