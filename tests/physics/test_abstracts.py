"""Every sentence of both abstracts has claims, and every claim a verdict and a reason."""

from dataclasses import replace

import numpy as np
import pytest

import dyadic
from dyadic import Verdict
from dyadic.physics.abstracts import READING, abstract_claims, refuted_by, rests_on, stated_by
from dyadic.physics.evidence_of_claims import Evidence, asymmetry_here, evidence, locality_claim
from dyadic.physics.held_values import AS_DEFINED

PROVED, REFUTED, UNDECIDED = Verdict.PROVED, Verdict.REFUTED, Verdict.UNDECIDED
VERDICTS = {
    "v1.1": UNDECIDED, "v1.2": PROVED, "v1.3a": PROVED, "v1.3b": PROVED, "v1.3c": PROVED, "v1.4a": PROVED,
    "v1.4b": PROVED, "v1.5": UNDECIDED, "v1.6a": PROVED, "v1.6b": PROVED, "v1.6c": PROVED, "v1.7a": PROVED,
    "v1.7b": REFUTED, "v1.8a": PROVED, "v1.8b": REFUTED, "v2.1": UNDECIDED, "v2.2a": REFUTED, "v2.2b": REFUTED,
    "v2.3a": PROVED, "v2.3b": REFUTED, "v2.4a": PROVED, "v2.4b": PROVED, "v2.4c": REFUTED, "v2.5a": PROVED,
    "v2.5b": PROVED, "v2.5c": PROVED, "v2.6a": PROVED, "v2.6b": UNDECIDED, "v2.7a": PROVED, "v2.7b": PROVED,
    "v2.7c": REFUTED, "v2.8a": PROVED, "v2.8b": REFUTED, "v2.8c": PROVED, "v2.8d": UNDECIDED, "v2.9": UNDECIDED,
}  # fmt: skip


@pytest.fixture(scope="module")
def known():
    return evidence()


def test_every_sentence_is_read_and_every_reading_has_its_verdict():
    sentences = abstract_claims()
    assert [(one.version, one.number) for one in sentences] == [
        *(("v1", k) for k in range(1, 9)), *(("v2", k) for k in range(1, 10)),
    ]  # fmt: skip
    claims = [claim for one in sentences for claim in one.claims]
    assert {claim.id: claim.verdict for claim in claims} == VERDICTS
    for claim in claims:
        assert READING in claim.method
        assert claim.reason or claim.verdict is not UNDECIDED
        assert claim.counterexample or claim.verdict is not REFUTED
        assert claim.trusted or claim.verdict is not PROVED


def test_on_a_network_of_ones_own():
    digits = dyadic.derive(dyadic.read("examples/digits.toml"))
    claims = {claim.id: claim for one in abstract_claims(digits) for claim in one.claims}
    assert "8 unit steps" in claims["v1.2"].statement
    assert {name: claim.verdict for name, claim in claims.items()} == VERDICTS


@pytest.mark.parametrize(
    ("kinds", "verdict"),
    [
        (("dense", "log", "relu"), PROVED), (("dense", "acosh", "sqrt"), PROVED), (("dense", "asin", "div"), PROVED),
        (("dense", "sign", "floor"), UNDECIDED),
    ],
)  # fmt: skip
def test_layers_that_lack_values_somewhere_have_no_potential_either(kinds, verdict):
    """At some state all have values; a Jacobian that is 0 everywhere shows nothing."""
    layers = [{"name": f"l{k}", "type": kind} for k, kind in enumerate(kinds)]
    layers[0]["units"] = 2
    if kinds[-1] == "div":
        layers[-1]["inputs"] = ["l1", "l0"]
    spec = {"inputs": {"x": {"shape": [2]}}, "layers": layers, "cost": {"type": "squared_error"}}
    known = evidence(dyadic.derive(dyadic.architecture(spec)))
    (found,) = known.of("nonreciprocity")
    assert found.verdict is verdict
    claims = {claim.id: claim for one in abstract_claims(known.derivation) for claim in one.claims}
    assert claims["v1.3a"].verdict is verdict


def test_an_asymmetric_entry_is_that_of_the_jacobian():
    layers = [{"name": "a", "type": "exp"}, {"name": "b", "type": "log", "inputs": ["a"]}]
    spec = {"inputs": {"x": {"shape": [1]}}, "layers": layers, "cost": {"type": "squared_error"}}
    (claim,) = asymmetry_here(dyadic.derive(dyadic.architecture(spec)))
    state = np.random.default_rng(0).uniform(-0.4, 0.4, 2)  # of a, which is what b reads, and of b
    assert state[0] > 0
    assert claim.witness["entry_of_dF/dx"] == [1, 0]
    assert float(claim.witness["minus_that_of_its_transpose"]) == pytest.approx(1 / state[0], rel=1e-14)
    assert asymmetry_here(dyadic.derive(dyadic.architecture({**spec, "layers": layers[:1]}))) == []


def test_what_holds_of_the_structure_alone_is_open_of_the_network():
    """A difference a - a: its Jacobian is 0, and one step fewer is enough."""
    layers = [{"name": "a", "type": "tanh"}, {"name": "d", "type": "sub", "inputs": ["a", "a"]}]
    spec = {"inputs": {"x": {"shape": [3]}}, "layers": layers, "cost": {"type": "squared_error"}}
    claims = {c.id: c for one in abstract_claims(dyadic.derive(dyadic.architecture(spec))) for c in one.claims}
    for name in ("v1.3a", "v1.6b"):
        assert VERDICTS[name] is PROVED
        assert claims[name].verdict is UNDECIDED
        assert "some layers with this network's structure" in claims[name].reason


@pytest.mark.parametrize("sizes", [("4", 1), ("n", "m")])
def test_a_network_in_which_no_layer_reads_another_has_a_potential(sizes):
    """The claim about it is proved, and says the opposite of the sentence."""
    shape, units = sizes
    layers = [{"name": "a", "type": "dense", "units": units}]
    shape = [int(shape)] if shape.isdigit() else [shape]
    spec = {"inputs": {"x": {"shape": shape}}, "layers": layers, "cost": {"type": "squared_error"}}
    claims = {c.id: c for one in abstract_claims(dyadic.derive(dyadic.architecture(spec))) for c in one.claims}
    assert claims["v1.3a"].verdict is REFUTED
    assert "potential" in claims["v1.3a"].counterexample["says"]
    assert claims["v1.2"].verdict is PROVED


def test_the_readings_are_no_stronger_than_the_theorem():
    """A logarithm has no value at some states, and what a program holds constant is not the chain rule's."""
    layers = [
        {"name": "a", "type": "dense", "units": 2},
        {"name": "b", "type": "log"},
        {"name": "c", "type": "stop_gradient", "inputs": ["b"]},
        {"name": "d", "type": "mul", "inputs": ["b", "c"]},
    ]
    spec = {"inputs": {"x": {"shape": [3]}}, "layers": layers, "cost": {"type": "squared_error"}}
    claims = {c.id: c for one in abstract_claims(dyadic.derive(dyadic.architecture(spec))) for c in one.claims}
    for name in ("v1.2", "v1.6a", "v1.7a"):
        assert "from which every update is defined" in claims[name].statement
        assert "backpropagation as the program defines it" in claims[name].statement
    for name in ("v1.3b", "v2.3a", "v2.4a", "v2.5c", "v2.8c"):
        assert "as the program defines it" in claims[name].statement
    for name in ("v1.3b", "v1.3c", "v2.3a", "v2.4a", "v2.5a", "v2.8a", "v2.8c"):
        assert AS_DEFINED in claims[name].hypotheses
    for name in ("v2.4b", "v2.4c", "v2.8a", "v2.8b"):
        assert any("of E's own derivatives" in text for text in claims[name].hypotheses)
    assert AS_DEFINED not in claims["v2.5b"].hypotheses


def test_nothing_is_assumed_of_values_held_constant_where_none_are(known):
    claims = known.of("variational:A", "variational:B", "stationary", "energy:A", "energy:B", "symplectic:A")
    assert not any("constant" in text for claim in claims for text in claim.hypotheses)


def test_a_reading_falls_with_what_it_rests_on(known):
    fallen = replace(known.claims["steps"], verdict=REFUTED, counterexample={"exact": "0"})
    shaken = Evidence(known.derivation, {**known.claims, "steps": fallen})
    assert rests_on("", "wiring", "steps")(shaken, "v").verdict is REFUTED
    assert rests_on("", "wiring", "steps")(known, "v").verdict is PROVED
    unsure = replace(known.claims["z-il:exact"], verdict=UNDECIDED)
    shaken = Evidence(known.derivation, {**known.claims, "z-il:exact": unsure})
    assert refuted_by("", "z-il:exact")(shaken, "v").verdict is UNDECIDED
    assert refuted_by("", "z-il:exact")(known, "v").verdict is REFUTED
    assert stated_by("", "energy:A")(known, "v").verdict is PROVED


def test_locality_is_read_from_the_equations(known):
    assert locality_claim(known.derivation).verdict is PROVED
    lstm = dyadic.derive(dyadic.read("examples/lstm.toml"))
    assert locality_claim(lstm).verdict is PROVED

    class Far:
        """A derivation whose first sensitivity reads the last one."""

        architecture = known.derivation.architecture

        def x_reads(self, name):
            return known.derivation.x_reads(name)

        def s_reads(self, name):
            reads = known.derivation.s_reads(name)
            return replace(reads, s=reads.s | {"third"}) if name == "first" else reads

    claim = locality_claim(Far())
    assert claim.verdict is REFUTED
    assert claim.counterexample == {"vertex": "first", "reads": ["third"]}


def test_the_small_examples_are_what_the_dynamics_does(known):
    """A one-layer network, relaxed by the emitted code in continuous time, and A by hand."""
    import numpy as np

    spec = {
        "inputs": {"u": {"shape": [1]}},
        "layers": [{"name": "a", "type": "dense", "units": 1, "bias": False}],
        "cost": {"type": "squared_error"},
    }
    derivation = dyadic.derive(dyadic.architecture(spec))
    data = {"u": [[1.0]], "y": [[1.0]]}
    start = {"x:a": [[1.0]], "s:a": [[0.0]]}
    found = dyadic.relax(derivation, {"a.weight": [[0.0]]}, data, start=start, solver="DOP853", steps=2)
    wanted = float(known.claims["continuous"].counterexample["deviation"].strip("[").split(" ")[0])
    assert found.deviation[2, 0] == pytest.approx(wanted, abs=1e-9)
    path = [float(value) for value in known.claims["A:step"].counterexample["s_after_0_1_2_3_steps"]]
    assert path == [0, -1, -3, -7]
    assert np.diff([1 - value for value in path[:3]]).tolist() == [1, 2]
