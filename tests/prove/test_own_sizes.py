"""An adjoint that holds at a network's sizes only: both sides say so, and both by values modulo primes of their own."""

import copy
import dataclasses
from fractions import Fraction

import pytest
from campaigns.forged import FORGERIES, base, edit, layer
from campaigns.forgeries import outcome
from support.mutations import body
from support.refit import claim_of, refitted

from dyadic.proofs import check, verify
from dyadic.proofs.checker import Done, layer_checks, network_checks
from dyadic.proofs.checker.evaluation import own_sizes
from dyadic.proofs.checker.evaluation.kind_pairing import small_sizes
from dyadic.proofs.checker.evaluation.prime_numbers import primes
from dyadic.proofs.checker.intake.effort import spend
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.checker.wording import RULES
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.expressions import Inside

METHODS = ["lemma", "ranks", "wiring", "instances", "adjoint", "functions", "pairing"]


def cut(type_, size, shape=(6,), also=None, **options):
    """A network of that layer between two others, whose adjoint and gradients are 0 beyond a first index.

    also: the type of another one behind it of which the same is so, unless it is tanh.
    """
    layers = [
        {"name": "before", "type": "tanh"}, {"name": "it", "type": type_, **options},
        {"name": "after", "type": "scale", "factor": 3},
    ]  # fmt: skip
    if also is not None:
        layers.insert(2, {"name": "also", "type": also})
    spec = {"inputs": {"x": {"shape": list(shape)}}, "layers": layers, "cost": {"type": "squared_error"}}
    derivation = derive(architecture(spec))

    def less(item):
        return body(item, lambda e: e * Inside(item.indices[0], size)) if item.indices else item

    def wrong(own):
        gradients = {k: less(v) for k, v in own.gradients.items()}
        return dataclasses.replace(own, adjoints=tuple(map(less, own.adjoints)), gradients=gradients)

    names = ["it"] if also in (None, "tanh") else ["it", "also"]
    changed = {name: wrong(derivation.layers[name]) for name in names}
    return dataclasses.replace(derivation, layers=derivation.layers | changed)


SMOOTH = {
    "dense": {"units": 6}, "rms_norm": {}, "softmax": {}, "layer_norm": {}, "gelu": {}, "highway": {}, "prelu": {},
}  # fmt: skip


@pytest.mark.parametrize("type_", SMOOTH)
def test_what_holds_at_the_network_s_sizes_is_said_to_hold_there(type_):
    certificate = verify(cut(type_, 6, **SMOOTH[type_]))
    claims = {claim["id"]: claim for claim in certificate["claims"]}
    here = [name for name, claim in claims.items() if claim["numbers"].get("all_sizes") == 0]
    steps = claims["steps"]
    assert any(name.startswith(f"adjoint:{type_}") for name in here)
    assert certificate["verdict"] == "proved"
    assert steps["statement"].endswith(", at the sizes of this network")
    listed = "; ".join(name for name in here if name != "steps")
    assert f"but at the sizes of this network, by evaluation modulo primes: {listed}" in steps["method"]
    report = check(certificate)
    assert report.confirmed
    assert set(report.own_sizes) == set(here) - {"steps"}
    assert "steps and all that it rests on were verified again, at the sizes of this network; " in report.lines()[-1]
    done = {finding.claim: finding for finding in report.findings}
    assert {done[name].done for name in here} == {Done.EVALUATED}
    assert "at the sizes of this network and no others, 2 primes; error below 1e-" in done[here[0]].detail


@pytest.mark.parametrize("type_", SMOOTH)
def test_what_does_not_hold_there_is_refuted(type_):
    certificate = verify(cut(type_, 5, **SMOOTH[type_]))
    assert certificate["verdict"] == "refuted"
    assert not check(certificate).confirmed


def test_where_nothing_is_cut_it_is_for_all_sizes():
    certificate = copy.deepcopy(base("plain")[1])
    assert claim_of(certificate, "steps")["numbers"]["all_sizes"] == 1
    assert "sizes of this network" not in claim_of(certificate, "steps")["statement"]
    assert check(certificate).own_sizes == ()


SHOWN_BY_NO_VALUES = {
    "the largest of several values": ("reduce_max", {"axes": [-1]}, (6, 3)),
    "logarithms": ("log", {}, (6,)),
    "a root": ("power", {"exponent": 0.5}, (6,)),
}


@pytest.mark.parametrize("name", SHOWN_BY_NO_VALUES)
def test_where_values_show_nothing_neither_side_claims_it(name):
    type_, options, shape = SHOWN_BY_NO_VALUES[name]
    certificate = verify(cut(type_, 6, shape, **options))
    assert certificate["verdict"] != "proved"
    assert check(certificate).verdict == "PARTLY"


def tables_of(certificate, place):
    """The sizes with which the network of a certificate uses a layer."""
    return [v["sizes"] for v in certificate["architecture"]["vertices"] if f"layers.{v['layer']}" == place]


def claimed_here(on, label):
    """A true certificate that claims an adjoint at its own sizes only, and has no proof of it."""
    forged = copy.deepcopy(base(on)[1])
    content = layer(forged, label)
    place = next(f"layers.{key}" for key, one in forged["layers"].items() if one is content)
    del forged["proofs"][place]
    for claim in forged["claims"]:
        if claim["subject"].get("content") == place:
            claim["numbers"] |= {"all_sizes": 0}
            tables = [one for one in tables_of(forged, place) if all(isinstance(n, int) for n in one.values())]
            runs = [
                {"sizes": sizes, "prime": str(prime), "seed": 1}
                for sizes in tables or [small_sizes(content, 0, place)]
                for prime in primes(1)
            ]
            claim["witness"] = {"runs": runs, "error_probability_below": "1.0e-12"}
            claim["trusted"] = sorted(RULES[claim["kind"]].needs(claim["subject"], claim["numbers"]))
    claim_of(forged, "steps")["numbers"]["all_sizes"] = 0
    return forged


@pytest.mark.parametrize(
    ("on", "label", "why"),
    [
        ("mixed", "max_pool", "it takes the largest of several values"),
        ("mixed", "embedding", "it reads integers"),
        ("named", "scale", "the network's sizes are not all numbers"),
        ("tall", "scale", "too large"),
    ],
)
def test_the_checker_takes_no_one_s_word_for_it(on, label, why):
    report = check(refitted(claimed_here(on, label)))
    assert report.verdict == "PARTLY"
    (detail,) = [f.detail for f in report.findings if f.claim.startswith(f"adjoint:{label}")]
    assert why in detail
    said = "there is no proof for all sizes, and at the sizes of this network: "
    assert any(said in text and why in text.partition(said)[2] for text in report.open)


def test_a_true_claim_is_not_rejected_for_what_it_costs(monkeypatch):
    """However little may be spent on values: what is left open then is said, and nothing is rejected."""
    certificate = verify(cut("dense", 6, units=6))
    certificate["claims"] = [c for c in certificate["claims"] if c["kind"] != "pairing"]
    for work in (10, 1000, 30_000):
        monkeypatch.setattr(layer_checks, "EVALUATING", work)
        monkeypatch.setattr(network_checks, "EVALUATING", work)
        assert check(refitted(copy.deepcopy(certificate))).verdict in ("PARTLY", "CONFIRMED")


def test_layers_at_their_own_sizes_share_what_may_be_spent(monkeypatch):
    """Of two layers that are shown by values each would be cheap enough, and both are not."""
    certificate = verify(cut("dense", 6, also="softmax", units=6))
    assert check(certificate).confirmed

    def costing(*_):
        spend(6, "here")
        return Fraction(1, 10**30)

    monkeypatch.setattr(layer_checks, "at_own_sizes", costing)
    monkeypatch.setattr(layer_checks, "EVALUATING", 10)
    report = check(certificate)
    assert report.verdict == "PARTLY"
    assert len(report.own_sizes) == 2  # adjoint and gradient of the first of them
    assert any("checking it takes more work than is spent here" in text for text in report.open)


def test_sizes_are_named_only_where_something_was_evaluated_at_them():
    """Without pairing no sizes are recorded, and of a layer that holds here alone none but the network's are tried."""
    certificate = verify(cut("dense", 6, units=6), methods=["lemma", "ranks", "instances", "adjoint", "functions"])
    report = check(certificate)
    assert report.confirmed
    assert not any("it has none" in finding.detail for finding in report.findings)
    done = {finding.claim: finding.detail for finding in report.findings}
    assert all("evaluated at sizes" in done[name] for name in done if name.startswith("adjoint:tanh"))


@pytest.mark.parametrize(("also", "count"), [("softmax", 2), ("tanh", 1)])
def test_other_sizes_are_said_of_those_that_were_evaluated_there(also, count):
    report = check(verify(cut("dense", 6, also=also, units=6), methods=METHODS))
    (detail,) = [f.detail for f in report.findings if f.claim == "pairing"]
    assert f"at the sizes recorded, and but for {count}, of which nothing is claimed there, at others" in detail


def test_more_sizes_than_are_evaluated(monkeypatch):
    assert check(refitted(claimed_here("plain", "dense(activation=tanh"))).confirmed
    monkeypatch.setattr(own_sizes, "MOST_TABLES", 0)
    assert check(refitted(claimed_here("plain", "dense(activation=tanh"))).verdict == "PARTLY"


def test_a_theorem_that_forgets_to_say_so_is_rejected():
    forged = claimed_here("plain", "dense(activation=tanh")
    claim_of(forged, "steps")["numbers"]["all_sizes"] = 1
    with pytest.raises(Rejected, match=r"numbers\.all_sizes: is 1, but the network's is 0"):
        check(refitted(forged))


@pytest.mark.parametrize("sizes", [{}, {"zz": 3}, {"n": 3}])
def test_sizes_that_the_layer_cannot_have(sizes):
    forged = claimed_here("plain", "dense(activation=tanh")
    next(c for c in forged["claims"] if c["kind"] == "gradient" and c["witness"])["witness"]["runs"][1]["sizes"] = sizes
    with pytest.raises(Rejected, match=r"witness\.runs\[1\]\.sizes: are not those of the equation"):
        check(refitted(forged))


@edit("sizes: an adjoint that is wrong at the network's own, said to hold there")
def _(c):
    made = claimed_here("plain", "dense(activation=gelu")
    c.clear()
    c.update(made)
    item = layer(c, "dense(activation=gelu")["adjoints"][0]
    item["body"] = ["*", item["body"], ["inside", ["index", item["indices"][0]], 10]]


@edit("sizes: values at the network's own that are said to rest on maxima over something")
def _(c):
    changed_claim(c, lambda claim: claim["numbers"].update(maxima_nonempty=1))


@edit("sizes: values at the network's own that are said to rest on positions inside a tensor")
def _(c):
    changed_claim(c, lambda claim: claim["numbers"].update(positions_inside=1))


@edit("sizes: values at the network's own that may mislead for certain")
def _(c):
    changed_claim(c, lambda claim: claim["witness"].update(error_probability_below="7e+500"))


def changed_claim(c, change):
    """A true certificate that claims an adjoint at its own sizes only, and something else of that claim."""
    made = claimed_here("plain", "dense(activation=gelu")
    c.clear()
    c.update(made)
    change(next(one for one in c["claims"] if one["kind"] == "adjoint" and not one["numbers"]["all_sizes"]))


def test_a_wrong_adjoint_is_found_by_other_primes():
    name = "sizes: an adjoint that is wrong at the network's own, said to hold there"
    assert name in FORGERIES
    assert outcome(name)[0] == "REJECTED"
