"""Maxima modulo a prime: how many choices of the largest entries a claim is for, and what they find."""

import copy
import json
from pathlib import Path

import pytest
from support.refit import claim_of, refitted

from dyadic.proofs import check, verify
from dyadic.proofs.checker import Done, Rejected
from dyadic.proofs.checker import check as checked_alone
from dyadic.proofs.checker.evaluation import maxima
from dyadic.proofs.checker.evaluation.equations import Field
from dyadic.proofs.checker.evaluation.simulation import Simulation
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.witnesses import small_instance
from dyadic.proofs.claims import Verdict
from dyadic.proofs.evaluate import maximum_choices
from dyadic.proofs.evaluate.number_rings import PrimeField
from dyadic.proofs.methods.identity import identity_claim
from dyadic.proofs.methods.pairing import pairing_claim
from dyadic.symbolic import architecture, derive

PRIME = 2**61 + 15
WORDS = "of the entry that each maximum takes"


def certificate_of(*layers, shape=(5,), methods=None, deep=False, **rest):
    spec = {"inputs": {"x": {"shape": list(shape)}}, "layers": list(layers), "cost": {"type": "squared_error"}} | rest
    return json.loads(json.dumps(verify(derive(architecture(spec)), methods=methods, deep=deep)))


SCALE = {"name": "k", "type": "scale", "factor": 3}
LARGEST = {"name": "m", "type": "reduce_max", "keep": True}
POOL = {"name": "p", "type": "max_pool", "kernel": [3], "padding": [1]}
NETWORKS = {
    "reduced": certificate_of(SCALE, LARGEST),
    "pooled": certificate_of(SCALE, POOL, {"name": "t", "type": "tanh"}, shape=(2, 7)),
    "twice": certificate_of(LARGEST | {"axes": [0]}, SCALE, LARGEST | {"name": "n", "axes": [1]}, shape=(3, 4)),
}
FIRST = {
    "reduced": certificate_of(LARGEST, SCALE),
    "pooled": certificate_of(POOL | {"kernel": [2], "padding": [0]}, {"name": "t", "type": "tanh"}, shape=(2, 6)),
    "along an axis": certificate_of(LARGEST | {"axes": [1]}, SCALE, shape=(3, 4)),
}
"""The maximum is taken first, so that no printed equation has its adjoint."""
PLAIN = certificate_of(SCALE)


def wrong_at(certificate, place):
    """The adjoint of every layer with a maximum, twice as large wherever its maximum is at the given place."""
    forged = copy.deepcopy(certificate)
    for content in forged["layers"].values():
        taken = next((item for item in content["intermediates"] if item["kind"].startswith("arg ")), None)
        if taken is not None:
            body = content["adjoints"][0]["body"]
            read = _reading(body, taken["kind"])
            content["adjoints"][0]["body"] = _beside(body, read, ["+", 1, ["same", read, place]])
    forged["proofs"] = {}
    return forged


def _reading(node, kind):
    if isinstance(node, list):
        if node[:2] == ["entry", kind]:
            return node
        for child in node:
            if (found := _reading(child, kind)) is not None:
                return found
    return None


def _beside(node, read, factor):
    """The expression with a further factor in the product that reads a position."""
    if not isinstance(node, list) or _reading(node, read[1]) is None:
        return node
    if node[0] == "*":
        return [*node, factor]
    return [_beside(child, read, factor) for child in node]


# -- what is wrong at one place is found, always ---------------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("name", FIRST)
def test_an_adjoint_that_is_wrong_at_one_entry_is_found_by_both(name, place):
    forged = refitted(wrong_at(FIRST[name], place))
    assert pairing_claim(Graph(forged)).verdict is Verdict.REFUTED
    for _ in range(4):
        with pytest.raises(Rejected, match="the derived adjoints give"):
            checked_alone(copy.deepcopy(forged))


def largest_of_network(name):
    """A graph whose own layers are right, and whose relaxation takes adjoints that are wrong at the last entry."""
    certificate = NETWORKS[name]
    last = claim_of(certificate, "identity")["numbers"]["maxima"] - 2
    return Graph(refitted(wrong_at(certificate, last))), certificate


@pytest.mark.parametrize("name", ["reduced", "pooled"])
def test_the_network_is_found_wrong_by_both(name):
    graph, certificate = largest_of_network(name)
    assert identity_claim(graph, graph.steps).verdict is Verdict.REFUTED
    witness, count = (claim_of(certificate, "identity")[key] for key in ("witness", "numbers"))
    small = small_instance(graph, "identity", witness, "witness")
    for seed in range(4):
        with pytest.raises(Rejected, match="not the derivative"):
            Simulation(graph, small, graph.steps, count["maxima"]).run(PRIME, seed)


def test_one_choice_does_not_find_it():
    """So that the tests above say no because of the further choices."""
    graph, certificate = largest_of_network("reduced")
    small = small_instance(graph, "identity", claim_of(certificate, "identity")["witness"], "witness")
    missed = 0
    for seed in range(20):
        try:
            Simulation(graph, small, graph.steps).run(PRIME, seed)
            missed += 1
        except Rejected:
            continue
    assert 0 < missed < 20


@pytest.mark.parametrize("count", [1, 2, 5])
def test_choices_take_every_entry(count):
    values = [7, 5, 9, 8][: max(count - 1, 1)]
    terms = list(enumerate((value, 0) for value in values))
    for rules, taken in (
        (maxima.choices(count), lambda c: Field(PRIME, 1, c).reduce("argmax", terms, "")),
        (maximum_choices.choices(count), lambda c: PrimeField(PRIME, 1, c).argmax(values, range(len(values)))),
    ):
        listed = list(rules)
        assert (len(listed), listed[0]) == (count, None)
        assert {taken(choice) for choice in listed[1:]} == set(range(count - 1))


@pytest.mark.parametrize("module", [maxima, maximum_choices])
def test_the_choices_are_those_that_work_allows(module):
    assert [module.choice_count(4, 10, most) for most in (0, 9, 25, 50, 10**9)] == [1, 1, 2, 5, 5]
    assert module.choice_count(10**6, 1, 10**9) == module.MOST_CHOICES


# -- what is said ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("kind", ["pairing", "identity"])
def test_a_claim_says_for_how_many_choices_it_is(name, kind):
    claim = claim_of(NETWORKS[name], kind)
    assert claim["numbers"]["maxima"] >= 3
    assert f", for {claim['numbers']['maxima']} choices {WORDS} (probability" in claim["statement"]
    report = check(copy.deepcopy(NETWORKS[name]))
    (finding,) = (f for f in report.findings if f.claim == kind)
    assert report.confirmed
    assert finding.done is Done.EVALUATED
    assert f"for {claim['numbers']['maxima']} choices {WORDS}" in finding.detail


def test_without_maxima_nothing_is_said_of_them():
    for kind in ("pairing", "identity"):
        claim = claim_of(PLAIN, kind)
        assert "maxima" not in claim["numbers"]
        assert WORDS not in claim["statement"]
    assert not any(WORDS in finding.detail for finding in check(copy.deepcopy(PLAIN)).findings)


@pytest.mark.parametrize("kind", ["pairing", "identity"])
@pytest.mark.parametrize("count", [None, 0, -1, 6, 18, 1000])
def test_another_number_of_choices_is_not_believed(kind, count):
    forged = copy.deepcopy(NETWORKS["reduced"])
    numbers = claim_of(forged, kind)["numbers"]
    numbers.pop("maxima")
    if count is not None:
        numbers["maxima"] = count
    with pytest.raises(Rejected, match=r"numbers(\.maxima: is|: does not have the entries)"):
        checked_alone(refitted(forged))


@pytest.mark.parametrize("kind", ["pairing", "identity"])
def test_choices_of_a_network_without_maxima_are_not_believed(kind):
    forged = copy.deepcopy(PLAIN)
    claim_of(forged, kind)["numbers"]["maxima"] = 1
    with pytest.raises(Rejected, match="numbers: does not have the entries"):
        checked_alone(refitted(forged))


def test_one_choice_is_one_choice():
    forged = copy.deepcopy(NETWORKS["reduced"])
    claim = claim_of(forged, "pairing")
    claim["numbers"]["maxima"] = 1
    assert f"for one choice {WORDS}" in claim_of(refitted(forged), "pairing")["statement"]
    assert checked_alone(forged).confirmed


def test_methods_without_choices_prove_nothing_of_maxima():
    """A claim of residues has no number of choices: of a network with maxima there can be none."""
    forged, true = copy.deepcopy(NETWORKS["reduced"]), copy.deepcopy(DEEP)
    claim = claim_of(true, "residues")
    claim["numbers"]["steps"] = claim_of(forged, "identity")["numbers"]["steps"]
    forged["claims"].insert(-1, claim)
    with pytest.raises(Rejected, match="is proved, of a network with maxima"):
        checked_alone(refitted(forged))


def test_the_documentation_says_it():
    page = " ".join(Path("docs/proofs.md").read_text().split())
    assert f"for 5 choices {WORDS}" in page
    assert f"at most {maxima.MOST_CHOICES} choices" in page
    assert maxima.MOST_CHOICES == maximum_choices.MOST_CHOICES


# -- tokens and tables -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("below", "count"), [(5, 6), (10, 16), (2, 3), (6, 6), (3, 64)])
def test_tokens_stay_below_a_reduced_table(below, count):
    layers = [{"name": "e", "type": "embedding", "units": 2, "count": count}]
    found = certificate_of(*layers, inputs={"t": {"shape": [3], "below": below}}, methods=["identity"])
    claim = claim_of(found, "identity")
    assert (claim["verdict"], claim["reason"]) == ("proved", None)
    table = claim["witness"]["sizes"]["e"]
    assert 1 <= claim["witness"]["below"]["t"] <= min(below, table["q"])


# -- what is recorded ------------------------------------------------------------------------------------------------

PRIMES = {
    "small": "4", "small prime": "7", "nothing": "0", "even": str(2**61), "composite": "3193167425589177847",
    "square": str((2**31 - 1) ** 2), "of two primes": str((2**61 + 15) * (2**61 - 1)), "too large": str(2**521 - 1),
    "padded": "0" + str(PRIME),
}  # fmt: skip
DEEP = certificate_of({"name": "d", "type": "dense", "units": 2}, shape=(3,), deep=True)


@pytest.mark.parametrize("what", PRIMES)
@pytest.mark.parametrize("kind", ["pairing", "identity", "residues", "stepsize:network"])
def test_recorded_primes_are_primes(kind, what):
    forged = copy.deepcopy(DEEP)
    witness = claim_of(forged, kind)["witness"]
    if "primes" in witness:
        witness["primes"][-1] = PRIMES[what]
    else:
        (witness["runs"][-1] if "runs" in witness else witness)["prime"] = PRIMES[what]
    with pytest.raises(Rejected, match=r"witness\.(runs\[\d+\]\.)?prime"):
        checked_alone(refitted(forged))


SIZES = {
    "none": {}, "one more": {"q": 3}, "another": {"zz": 2}, "too large": {"zz": 10**7}, "not positive": {"zz": 0},
}  # fmt: skip


@pytest.mark.parametrize("what", SIZES)
def test_recorded_sizes_are_possible(what):
    forged = copy.deepcopy(DEEP)
    run = next(run for run in claim_of(forged, "pairing")["witness"]["runs"] if len(run["sizes"]) > 1)
    run["sizes"] = run["sizes"] | SIZES[what] if what == "one more" else SIZES[what]
    with pytest.raises(Rejected, match=r"witness\.runs\[\d+\]\.sizes"):
        checked_alone(refitted(forged))


def test_extents_that_would_be_empty_are_not_possible():
    forged = certificate_of({"name": "c", "type": "conv", "filters": 2, "kernel": [3]}, shape=(1, 6))
    runs = claim_of(forged, "pairing")["witness"]["runs"]
    content = next(place for place in (run["content"] for run in runs) if place.startswith("layers."))
    kernel = next(
        e["shape"][-1][1] for e in forged["layers"][content[7:]]["parameters"].values() if len(e["shape"]) > 1
    )
    next(run for run in runs if run["content"] == content)["sizes"][kernel] = 1000
    with pytest.raises(Rejected, match=r"sizes: make an extent that is not positive"):
        checked_alone(refitted(forged))
