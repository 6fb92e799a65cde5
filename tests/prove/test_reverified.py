"""What the checker shows again of the claims beside the theorem, with numbers of its own; and where it says no."""

import copy
import json
from fractions import Fraction

import pytest
from campaigns.forged import base
from support import mutations
from support.refit import claim_of, refitted

from dyadic.catalogue import example_network
from dyadic.proofs import verify
from dyadic.proofs.checker import Done, Rejected, check
from dyadic.proofs.checker.evaluation import linear_deviation, reciprocity_entry, simulation
from dyadic.proofs.checker.evaluation.affine import is_linear
from dyadic.proofs.checker.evaluation.simulation import NetworkInstance, Small
from dyadic.proofs.checker.evaluation.stand_ins import DividesByZero, StandIns
from dyadic.proofs.checker.findings import CHECKS
from dyadic.proofs.checker.intake.reading import Costly
from dyadic.proofs.checker.intake.witnesses import small_instance
from dyadic.proofs.checker.lemmas import step_sizes
from dyadic.proofs.checker.lemmas.free_polynomials import add, atom
from dyadic.proofs.checker.wording import RULES
from dyadic.proofs.claims import Verdict
from dyadic.proofs.evaluate.drawn_sizes import Instantiation, reduced_sizes
from dyadic.proofs.evaluate.simulate import as_witness
from dyadic.proofs.methods import reciprocity, stepsize
from dyadic.proofs.subject import examine
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.layers import LAYERS


def network(*layers, cost="squared_error", shape=(3,)):
    spec = {"inputs": {"x": {"shape": list(shape)}}, "layers": list(layers), "cost": {"type": cost}}
    return derive(architecture(spec))


def graph_of(derivation):
    return examine(derivation, derivation.steps).network


def small_of(graph):
    witness = as_witness(graph, Instantiation(graph, reduced_sizes(graph)))
    return small_instance(graph, "stepsize", {"prime": str(2**61 + 15), "seed": 0} | witness, "witness")


def dense(name, **rest):
    return {"name": name, "type": "dense", "units": 3} | rest


LINEAR = network(dense("a"), dense("b"), {"name": "c", "type": "add", "inputs": ["a", "b"]})
BILINEAR = network(dense("a"), dense("b", inputs=["x"]), {"name": "m", "type": "mul", "inputs": ["a", "b"]})
SELF = network({"name": "a", "type": "tanh"}, {"name": "d", "type": "sub", "inputs": ["a", "a"]})


@pytest.mark.parametrize("derivation", [LINEAR, BILINEAR, mutations.digits()], ids=["linear", "bilinear", "digits"])
def test_every_kind_of_claim_is_shown_again_as_documented(derivation):
    certificate = json.loads(json.dumps(verify(derivation, deep=True)))
    assert certificate["verdict"] == "proved"
    kinds = {claim["id"]: (claim["kind"], claim["subject"]) for claim in certificate["claims"]}
    report = check(certificate)
    assert report.confirmed
    for finding in report.findings:
        kind, subject = kinds[finding.claim]
        wanted = Done.COMPUTED if subject.get("part") == "network" else CHECKS[kind][0]
        assert finding.done is wanted, finding
    assert {kinds[f.claim][0] for f in report.findings if f.done is Done.STATED} == {"printed", "tightness"}


# -- in fractions ------------------------------------------------------------------------------------------------------

WRONG = ("flipped_sign", "dropped_skip", "self_reading")


def at_a_point(graph, steps, seed):
    one = NetworkInstance(graph, small_of(graph), StandIns(seed), seed)
    return simulation.compared(one, steps, True, "")


def at_points(graph, steps):
    for seed in range(5):
        at_a_point(graph, steps, seed)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_network_is_wrong_at_a_rational_point(name):
    subject = getattr(mutations, name)()
    with pytest.raises(Rejected):
        at_points(subject.network, subject.steps)


def test_a_right_network_is_right_at_rational_points():
    for derivation in (LINEAR, BILINEAR, SELF, mutations.digits()):
        for seed in range(3):
            assert at_a_point(graph_of(derivation), derivation.steps, seed) > 3


def test_too_few_steps_are_too_few_at_a_rational_point():
    with pytest.raises(Rejected, match="after 3 steps"):
        at_points(graph_of(LINEAR), 3)


def test_stand_ins():
    numbers = StandIns(1)
    for z in (Fraction(3, 2), Fraction(-2)):
        value, slope = numbers.apply("tanh", 0, (z, Fraction(5)))
        assert slope == 5 * numbers.apply("tanh", 1, (z, Fraction(0)))[0]
        assert value == z * slope / 5
    assert numbers.apply("relu", 0, (Fraction(-2), Fraction(1))) == (0, 0)
    assert numbers.power((Fraction(2), Fraction(1)), -2, 1) == (Fraction(1, 4), Fraction(-1, 4))
    with pytest.raises(DividesByZero):
        numbers.power((Fraction(0), Fraction(1)), -1, 1)
    with pytest.raises(Costly):
        numbers.power((Fraction(3), Fraction(1)), 60_000, 1)
    assert numbers.draw("delta", 1)[0].numerator.bit_length() > 40


# -- the flow has no potential -----------------------------------------------------------------------------------------


def test_what_is_read_in_two_places_is_one_activation():
    """a - a does not move with a: that each place alone moves it shows nothing."""
    assert reciprocity_entry.find(graph_of(SELF)) is reciprocity_entry.find_own(graph_of(SELF), {}) is None
    assert reciprocity.reciprocity_claim(examine(SELF, SELF.steps)).id == "nonreciprocity:structure"
    twice = network({"name": "a", "type": "tanh"}, {"name": "d", "type": "mul", "inputs": ["a", "a"]})
    assert reciprocity_entry.find(graph_of(twice)) is not None
    assert reciprocity_entry.find_own(graph_of(twice), {}) is not None
    claim = reciprocity.reciprocity_claim(examine(twice, twice.steps))
    assert (claim.verdict, claim.numbers["own"]) == (Verdict.PROVED, 1)


@pytest.mark.parametrize("own", [0, 1])
def test_a_potential_that_is_denied_stays_stated(own):
    certificate = json.loads(json.dumps(verify(SELF)))
    assert check(certificate).confirmed
    true = json.loads(json.dumps(claim_of(base("plain")[1], "nonreciprocity")))
    (own_size,) = graph_of(SELF).sizes["d"].items()
    edge = {"row": "F_d[0]", "column": "x_a[0]", "sizes": dict([own_size]) if own else {own_size[0]: 2}}
    claim = claim_of(certificate, "nonreciprocity:structure")
    claim |= true | {"witness": true["witness"] | edge, "numbers": true["numbers"] | {"own": own}}
    claim["statement"] = RULES["nonreciprocity"].say({}, claim["numbers"], "")
    report = check(refitted(certificate))
    (finding,) = (f for f in report.findings if f.claim == "nonreciprocity")
    assert finding.done is Done.STATED
    assert "no row was found" in finding.detail


CURVED = network({"name": "a", "type": "tanh"}, {"name": "b", "type": "softplus"})


@pytest.mark.parametrize("change", [{"entry": "1"}, {"seed": 7}, {"row": "F_b[77]"}, {"column": "x_a[99]"}])
def test_the_entry_that_is_stated_is_enclosed_again(change):
    from dyadic.proofs.recheck import check as check_all

    certificate = json.loads(json.dumps(verify(CURVED)))
    assert check_all(certificate).confirmed
    claim_of(certificate, "nonreciprocity")["witness"] |= change
    with pytest.raises(Rejected, match="is not what the evaluation gives"):
        check_all(refitted(certificate))


@pytest.mark.parametrize("edge", [{"reads": "a", "read": "d"}, {"reads": "d", "read": "u"}, {"reads": "d"}, None])
def test_of_the_structure_an_edge_is_told_that_is_there(edge):
    certificate = json.loads(json.dumps(verify(SELF)))
    claim_of(certificate, "nonreciprocity:structure")["witness"] = edge
    with pytest.raises(Rejected, match="first layer that reads another"):
        check(refitted(certificate))


@pytest.mark.parametrize("name", ["floor", "round", "sign", "tanh", "sqrt", "log", "gelu", "erf", "asin"])
def test_true_functions_are_enclosed(name):
    """Where the derivative is 0 everywhere no entry is found; elsewhere one is, also beyond where z < 0 is allowed."""
    graph = graph_of(network({"name": "a", "type": "sigmoid"}, {"name": "b", "type": name}))
    found = [reciprocity_entry.find(graph), reciprocity_entry.find_own(graph, {})]
    assert (found == [None, None]) == (name in ("floor", "round", "sign"))


# -- other step sizes --------------------------------------------------------------------------------------------------


def test_the_two_identities():
    assert all(map(step_sizes.holds, step_sizes.PARTS))


@pytest.mark.parametrize("part", step_sizes.PARTS)
def test_a_wrong_identity_is_none(monkeypatch, part):
    left, right = step_sizes._IDENTITIES[part]()
    monkeypatch.setitem(step_sizes._IDENTITIES, part, lambda: (left, add(right, atom("h"))))
    assert not step_sizes.holds(part)
    certificate = json.loads(json.dumps(verify(LINEAR, methods=["lemma", "ranks", "instances", "adjoint", "stepsize"])))
    (finding,) = (f for f in check(certificate).findings if f.claim == f"stepsize:{part}")
    assert finding.done is Done.STATED


def test_a_product_of_activations_is_not_linear():
    """Nothing is refuted of it: the closed form is one of linear networks."""
    claim = stepsize.network_claim(graph_of(BILINEAR))
    assert (claim.verdict, claim.numbers["linear"]) == (Verdict.PROVED, 0)
    claim = stepsize.network_claim(graph_of(LINEAR))
    assert (claim.verdict, claim.numbers["linear"]) == (Verdict.PROVED, 1)


def test_the_closed_form_is_compared():
    assert linear_deviation.check(graph_of(LINEAR), small_of(graph_of(LINEAR)), 3, "w") == LINEAR.steps + 2
    with pytest.raises(Rejected, match="is wrong after"):
        linear_deviation.check(graph_of(BILINEAR), small_of(graph_of(BILINEAR)), 3, "w")


def test_linear_is_what_the_equations_say():
    certificate = json.loads(json.dumps(verify(BILINEAR, methods=["stepsize"])))
    claim = claim_of(certificate, "stepsize:network")
    claim["numbers"]["linear"] = 1
    with pytest.raises(Rejected, match="numbers.linear: is 1, but the network's is 0"):
        check(refitted(certificate))


def affine(graph):
    """Whether the one layer's value has no second difference along a line, at random residues."""
    small = small_of(graph)
    values = []
    for k in range(3):

        class Shifted(simulation.Field):
            def draw(self, *key, k=k):
                value, slope = super().draw(*key)
                moves = key[:2] == ("input", "x1") or key[0] == "input"
                return ((value + k * slope) % self.prime, 0) if moves else (value, 0)

        one = NetworkInstance(graph, small, Shifted(2**61 - 1, 5), 5)
        x = one.wavefront()[0]
        values.append([value for table in x.values() for value, _ in table.values()])
    return all((a - 2 * b + c) % (2**61 - 1) == 0 for a, b, c in zip(*values, strict=True))


@pytest.mark.parametrize("name", LAYERS)
def test_linear_layers_have_no_second_difference(name):
    """A layer after one that is linear: only if its own equation is affine in what it reads."""
    derivation = example_network(name, numeric=True)
    try:
        graph = graph_of(derivation)
        found = affine(graph)
    except Rejected:
        pytest.skip("no small instance")
    between = is_linear(_between(graph))
    assert found or not between


def _between(graph):
    """The same graph whose inputs move: as if a layer stood before them."""
    graph.parents = {name: [] for name in graph.inputs} | graph.parents
    graph.layers = {**graph.layers, "given": {"inputs": [], "definitions": [{"kind": "f", "owner": "v", "body": 0}]}}
    graph.content = {**dict.fromkeys(graph.inputs, "given"), **graph.content}
    return graph


# -- integers ----------------------------------------------------------------------------------------------------------

CHOICE = ", for one choice of the integers that are looked up or compared, which the witness has"


@pytest.mark.parametrize("name", ["plain", "mixed"])
def test_evaluations_say_that_integers_were_chosen(name):
    certificate = base(name)[1]
    for kind in ("pairing", "identity"):
        claim = claim_of(certificate, kind)
        assert (CHOICE in claim["statement"]) == (name == "mixed") == bool(claim["numbers"]["integers"])
    recorded = claim_of(certificate, "identity")["witness"]["integers"]
    assert set(recorded) == ({"word", "cost1"} if name == "mixed" else set())
    runs = claim_of(certificate, "pairing")["witness"]["runs"]
    assert any(run["integers"] for run in runs) == (name == "mixed")


def test_a_costly_claim_in_exact_numbers_says_so_too():
    spec = {"inputs": {"x": {"shape": [2]}}, "layers": [dense("a", units=2)],
            "cost": {"type": "cross_entropy", "target": "index"}}  # fmt: skip
    certificate = json.loads(json.dumps(verify(derive(architecture(spec)), deep=True)))
    claims = {claim["id"]: claim for claim in certificate["claims"]}
    assert all(CHOICE in claims[kind]["statement"] for kind in ("pairing", "identity", "rational"))
    report = check(certificate)
    assert report.confirmed
    assert "with the integers recorded and with others" in next(
        f.detail for f in report.findings if f.claim == "identity"
    )


INTEGERS = {
    "one too many": lambda given: [*given, 0],
    "one too few": lambda given: given[1:],
    "too large": lambda given: [99, *given[1:]],
    "negative": lambda given: [-1, *given[1:]],
    "no integer": lambda given: ["0", *given[1:]],
}


@pytest.mark.parametrize("what", INTEGERS)
@pytest.mark.parametrize("kind", ["pairing", "identity"])
def test_recorded_integers_have_to_fit(kind, what):
    forged = copy.deepcopy(base("mixed")[1])
    witness = claim_of(forged, kind)["witness"]
    tables = [run["integers"] for run in witness["runs"]] if kind == "pairing" else [witness["integers"]]
    for table in tables:
        for name in table:
            table[name] = INTEGERS[what](table[name])
    with pytest.raises(Rejected):
        check(refitted(forged))


def test_other_integers_than_those_recorded_are_looked_at():
    """A certificate cannot choose the only integers for which it is right."""
    cost = {"type": "cross_entropy", "target": "index"}
    spec = {"inputs": {"x": {"shape": [2]}}, "layers": [dense("a", units=7)], "cost": cost}
    graph = graph_of(derive(architecture(spec)))
    small = small_of(graph)

    def drawn(one):
        return {str(NetworkInstance(graph, one, StandIns(1), seed).targets) for seed in range(20)}

    assert set(small.integers) == {"cost"}
    assert len(drawn(Small(small.inputs, small.targets, small.tables, small.below))) > 1
    assert len(drawn(small)) == 1
