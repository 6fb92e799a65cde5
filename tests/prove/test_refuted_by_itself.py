"""What refutes the theorem are numbers of the network itself: its own functions, sizes, and states that have values."""

import copy
import dataclasses
import json
from fractions import Fraction

import pytest
from support.long_tests import one_in
from support.mutations import body, with_layer
from support.refit import claim_of, refitted
from sympy import Integer, Pow, Rational, pi

from dyadic.proofs import check, verify
from dyadic.proofs.checker import Done
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.claims import Verdict
from dyadic.proofs.evaluate.possible_sizes import numbers_for_names, tables_of
from dyadic.proofs.evaluate.reals import TRUE_FUNCTIONS
from dyadic.proofs.methods.adjoint import layer_claims
from dyadic.proofs.methods.refutation.counterexample import of_the_network
from dyadic.proofs.subject import examine
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.expressions import Apply, Element, Inside
from dyadic.symbolic.tensor_names import Name, U, V


def network(type_, before="softplus", shape=(3,), after=(), **options):
    layers = [{"name": "a", "type": before}, {"name": "it", "type": type_, **options}, *after]
    spec = {"inputs": {"x": {"shape": list(shape)}}, "layers": layers, "cost": {"type": "squared_error"}}
    return derive(architecture(spec))


def with_adjoint(derivation, change, name="it"):
    """Its adjoint as a function of s and x, in place of the derived one."""
    (item,) = derivation.layers[name].adjoints
    (s,) = (e for e in item.body.atoms(Element) if e.name.kind == "s")
    x = Element(Name("x", U), *item.indices)
    return with_layer(derivation, name, adjoints=(body(item, lambda old: change(s, x)),))


def apply(name, z):
    return Apply(name, 0, z)


def verdicts(certificate):
    return {claim["id"]: claim["verdict"] for claim in certificate["claims"]}


OTHER_FORMS = {
    "tanh": ("tanh", lambda s, x: s * (1 - apply("tanh", x) ** 2)),
    "cosh^-2": ("tanh", lambda s, x: s * apply("cosh", x) ** -2),
    "exp": ("exp", lambda s, x: s * (apply("cosh", x) + apply("sinh", x))),
    "sin": ("sin", lambda s, x: s * apply("cos", x)),
    "softplus": ("softplus", lambda s, x: s * (1 + apply("tanh", x / 2)) / 2),
    "1/|x|": ("log", lambda s, x: s / apply("abs", x)),
    "(x^2)^(-1/2)": ("log", lambda s, x: s * Pow(x**2, Rational(-1, 2))),
    "1/|1 + x|": ("log1p", lambda s, x: s / apply("abs", 1 + x)),
    "1/|1 - x^2|": ("atanh", lambda s, x: s / apply("abs", 1 - x**2)),
}
SLIGHTLY = {
    "a part in 10^9": lambda s, x: (1 + Rational(1, 10**9)) * s,
    "the other sign": lambda s, x: -s,
}


@pytest.mark.parametrize("name", one_in(6, OTHER_FORMS))
def test_a_right_adjoint_in_another_form_is_not_refuted(name):
    type_, form = OTHER_FORMS[name]
    certificate = verify(with_adjoint(network(type_), form))
    found = verdicts(certificate)
    assert found["steps"] == found["pairing"] == found["identity"] == certificate["verdict"] == "undecided"
    assert "no numbers of this network itself were found" in claim_of(certificate, "pairing")["reason"]


@pytest.mark.parametrize("how", SLIGHTLY)
@pytest.mark.parametrize("name", one_in(6, OTHER_FORMS))
def test_and_a_wrong_one_is(name, how):
    type_, form = OTHER_FORMS[name]
    certificate = verify(with_adjoint(network(type_), lambda s, x: form(SLIGHTLY[how](s, x), x)))
    steps = claim_of(certificate, "steps")
    assert steps["verdict"] == "refuted"
    numbers = steps["counterexample"]
    own = numbers.get("in_the_network_itself", numbers)
    assert own["sizes"] == {"3": 3}
    assert own["claimed"] != own["exact"]


def test_the_deep_methods_speak_of_free_functions_as_well():
    type_, form = OTHER_FORMS["tanh"]
    right = verify(with_adjoint(network(type_), form), deep=True)
    assert "refuted" not in verdicts(right).values()
    assert claim_of(right, "rational")["verdict"] == claim_of(right, "polynomial")["verdict"] == "undecided"
    wrong = verify(with_adjoint(network(type_), lambda s, x: form(-s, x)), deep=True)
    assert claim_of(wrong, "rational")["verdict"] == claim_of(wrong, "polynomial")["verdict"] == "refuted"


NOTHING_LOST = {
    "an adjoint that nothing reads": ("tanh", "a"),
    "a derivative that is right for all that arrives": ("abs", "it"),
}


@pytest.mark.parametrize("name", NOTHING_LOST)
def test_a_layer_that_is_wrong_where_the_network_never_is(name):
    """The adjoint is refuted; the theorem about this network is true all the same."""
    type_, where = NOTHING_LOST[name]
    change = (lambda s, x: s) if where == "it" else (lambda s, x: -s)
    certificate = verify(with_adjoint(network(type_), change, where))
    found = verdicts(certificate)
    assert [v for k, v in found.items() if k.startswith("adjoint:")].count("refuted") == 1
    assert found["steps"] == "undecided"
    assert claim_of(certificate, "steps")["reason"].startswith("refuted: adjoint:")


# -- where there are values ------------------------------------------------------------------------------------------

DOMAINS = {
    "log": lambda x: x > 0, "log1p": lambda x: x > -1, "sqrt": lambda x: x > 0, "asin": lambda x: abs(x) < 1,
    "atanh": lambda x: abs(x) < 1, "acosh": lambda x: x > 1, "reciprocal": lambda x: x != 0,
}  # fmt: skip


@pytest.mark.parametrize("type_", DOMAINS)
def test_a_counterexample_lies_where_the_layer_has_values(type_):
    derivation = network(type_)
    (item,) = derivation.layers["it"].adjoints
    wrong = dataclasses.replace(derivation.layers["it"], adjoints=(body(item, lambda e: 2 * e),))
    for tables in (None, [{"n": 3}]):
        (claim,) = layer_claims(wrong, tables=tables)
        assert claim.verdict is Verdict.REFUTED
        read = [Fraction(v) for label, v in claim.counterexample["values"].items() if label.startswith("x_u")]
        assert read
        assert all(map(DOMAINS[type_], read))


@pytest.mark.parametrize(("name", "outside"), [("log", -1), ("log", 0), ("log1p", -3), ("atanh", 2), ("acosh", -3)])
def test_a_derivative_has_no_value_where_its_function_has_none(name, outside):
    from flint import arb

    assert not TRUE_FUNCTIONS[name, 1](arb(outside)).is_finite()
    assert TRUE_FUNCTIONS[name, 1](arb("1.5" if name == "acosh" else "0.5")).is_finite()


def test_what_reads_a_tensor_that_is_not_there_is_not_refuted_by_numbers():
    """s (1 - x_v^2) with the layer's own activation: no such equation is read here, but it is not wrong either."""
    derivation = network("tanh")
    (item,) = derivation.layers["it"].adjoints
    own = Element(Name("x", V), *item.indices)
    certificate = verify(with_adjoint(derivation, lambda s, x: s * (1 - own**2)))
    assert "refuted" not in verdicts(certificate).values()


# -- at which sizes --------------------------------------------------------------------------------------------------


def cut(derivation, length, axis=0):
    (item,) = derivation.layers["it"].adjoints
    return with_layer(
        derivation, "it", adjoints=(body(item, lambda e: e * Inside(item.indices[axis], Integer(length))),)
    )


CUTS = {"log": {}, "reduce_max": {"axes": [0]}}


@pytest.mark.parametrize("type_", CUTS)
def test_what_is_wrong_at_other_sizes_only_is_not_refuted(type_):
    found = verdicts(verify(cut(network(type_, **CUTS[type_]), 1000)))
    assert found["steps"] == "undecided"
    assert "refuted" not in found.values()
    assert verdicts(verify(cut(network(type_, **CUTS[type_]), 1)))["steps"] == "refuted"


@pytest.mark.parametrize(("length", "axis", "verdict"), [(12, 1, "undecided"), (11, 1, "refuted"), (7, 0, "refuted")])
def test_of_sizes_that_are_names_there_are_those_that_they_can_be(length, axis, verdict):
    """One axis is 12, the other n: beyond 12 there is nothing on the first."""
    certificate = verify(cut(network("softmax", shape=("n", 12)), length, axis))
    assert claim_of(certificate, "steps")["verdict"] == verdict
    if axis == 0:
        numbers = claim_of(certificate, "steps")["counterexample"]
        assert numbers.get("in_the_network_itself", numbers)["size_names"]["n"] > 7


def test_sizes_that_a_network_can_have():
    derivation = network("softmax", shape=("n", 12))
    graph = examine(derivation, derivation.steps).network
    assert max(numbers["n"] for numbers in numbers_for_names(graph, 50)) > 50
    place = f"layers.{derivation.content_of('it')}"
    assert all(12 in table.values() for table in tables_of(graph, place, 50))
    plain = examine(network("softmax"), 4).network
    assert list(numbers_for_names(plain, 50)) == [{}]


def test_a_right_network_is_not_refuted_and_has_no_such_numbers():
    derivation = network("tanh")
    graph = examine(derivation, derivation.steps).network
    assert of_the_network(graph, graph.steps, {}) is None
    early = of_the_network(graph, graph.steps - 1, {})
    assert (early["steps"], early["claimed"] == early["exact"]) == (3, False)


# -- proofs of a part ------------------------------------------------------------------------------------------------


def dense_with_a_gradient_cut():
    derivation = network("dense", units=3)
    own = derivation.layers["it"]
    item = own.gradients["bias"]
    less = body(item, lambda e: e * Inside(item.indices[0], Integer(3)))
    return with_layer(derivation, "it", gradients={**own.gradients, "bias": less})


def test_a_layer_keeps_the_proofs_of_the_claims_that_have_them():
    certificate = verify(dense_with_a_gradient_cut())
    place = claim_of(certificate, "adjoint:dense(activation=identity, bias=True)")["subject"]["content"]
    assert set(certificate["proofs"][place]) == {"energy", "stationarity", "adjoint:0"}
    report = check(certificate)
    assert report.confirmed
    done = {finding.claim.partition(":")[0]: finding.done for finding in report.findings if ":dense" in finding.claim}
    assert done == {"adjoint": Done.REPLAYED, "gradient": Done.EVALUATED}


@pytest.mark.parametrize("lost", ["energy", "adjoint:0"])
def test_a_proof_of_a_part_of_a_claim_is_none(lost):
    certificate = copy.deepcopy(verify(dense_with_a_gradient_cut()))
    place = claim_of(certificate, "adjoint:dense(activation=identity, bias=True)")["subject"]["content"]
    del certificate["proofs"][place][lost]
    with pytest.raises(Rejected, match="proves a part of what a claim says"):
        check(refitted(certificate))
    del certificate["proofs"][place]
    assert check(refitted(certificate)).verdict == "PARTLY"


def test_what_holds_at_the_network_s_sizes_alone_is_paired_there():
    """A mean over three entries whose adjoint is s / 3, whatever the number of entries."""
    mean = network("reduce_mean", axes=[0], after=[{"name": "last", "type": "tanh"}])

    def thirds(n):
        (item,) = mean.layers["it"].adjoints
        (extent,) = item.tensor.shape
        return with_layer(mean, "it", adjoints=(body(item, lambda e: e.xreplace({extent: Integer(n)})),))

    certificate = verify(thirds(3))
    place = next(c["subject"]["content"] for c in certificate["claims"] if c["id"].startswith("adjoint:reduce_mean"))
    runs = [run for run in claim_of(certificate, "pairing")["witness"]["runs"] if run["content"] == place]
    assert [run["sizes"] for run in runs] == [{"n": 3}, {"n": 3}]
    assert check(certificate).confirmed
    assert verify(thirds(4))["verdict"] == "refuted"


def test_pi_is_refuted_by_no_printing():
    """Nothing is compared with pi; that it is read back as the arc cosine of -1 makes it no other number."""
    derivation = with_adjoint(network("erf"), lambda s, x: 2 * s * apply("exp", -(x**2)) / Pow(pi, Rational(1, 2)))
    found = verify(derivation, methods=["printed", "lemma", "ranks", "instances", "adjoint"])
    assert "refuted" not in verdicts(found).values()
    assert claim_of(found, "printed:latex")["verdict"] == "undecided"


@pytest.mark.parametrize(("field", "value", "said"), [
    ("sizes", {"n": 1}, "are none of the network's"), ("sizes", {"n": 50}, "are none of the network's"),
    ("prime", None, "not modulo 2 primes"),
    ("error_probability_below", "0", "less than these primes leave"),
    ("error_probability_below", "1.0e-999", "less than these primes leave"),
])  # fmt: skip
def test_an_evaluation_that_was_not_made_is_not_confirmed(field, value, said):
    """What is said of the sizes of the network was evaluated at these, over two primes."""
    derivation = network("tanh")
    (item,) = derivation.layers["it"].adjoints
    guarded = body(item, lambda old: old * Inside(item.indices[0], Integer(3)))
    certificate = json.loads(json.dumps(verify(with_layer(derivation, "it", adjoints=(guarded,)))))
    assert check(certificate).confirmed
    (claim,) = (c for c in certificate["claims"] if c["kind"] == "adjoint" and not c["numbers"]["all_sizes"])

    def forge(witness):
        first, second = witness["runs"]
        if field == "sizes":
            first[field] = second[field] = {**first[field], **value}
        elif field == "prime":
            second[field] = first[field]
        else:
            witness[field] = value

    forge(claim_of(certificate, claim["id"])["witness"])
    with pytest.raises(Rejected, match=said):
        check(refitted(certificate))
