"""What is printed is what is verified: a wrong equation of the network is refuted, by prover and checker."""

import copy
import json
import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import plants
from support.long_tests import one_in
from support.refit import recounted, refitted

from dyadic.files import json_text
from dyadic.proofs import verify
from dyadic.proofs.checker import Done, check
from dyadic.proofs.checker.instantiated import equation_instances
from dyadic.proofs.checker.instantiated.demands import ITSELF
from dyadic.proofs.checker.instantiated.integer_forms import Forms
from dyadic.proofs.checker.instantiated.letters import Letters
from dyadic.proofs.checker.intake.graph import Graph, certificate_hash, digest
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.subject import examine
from dyadic.symbolic import architecture, derive, read_spec
from dyadic.symbolic.serialise import definition_to_json


@pytest.fixture(scope="module")
def certificate():
    return verify(plants.derivation())


def test_the_right_equations_are_proved(certificate):
    claim = next(claim for claim in certificate["claims"] if claim["id"] == "instances")
    assert (certificate["verdict"], claim["verdict"]) == ("proved", "proved")
    assert claim["numbers"]["equations"] == len(certificate["equations"])
    assert next(found for found in check(certificate).findings if found.claim == "instances").done == Done.COMPUTED


@pytest.mark.parametrize("plant", one_in(4, plants.PLANTS))
def test_a_planted_mistake_is_refuted_and_its_certificate_rejected(plant, monkeypatch, certificate):
    plants.PLANTS[plant](monkeypatch)
    wrong = verify(plants.derivation(), methods=["lemma", "ranks", "instances", "adjoint"])
    claims = {claim["id"]: claim for claim in wrong["claims"]}
    assert claims["instances"]["verdict"] == claims["steps"]["verdict"] == wrong["verdict"] == "refuted"
    found = claims["instances"]["counterexample"]
    assert found["tag"] in wrong["equations"]
    assert wrong["equations"][found["tag"]]["hash"] != certificate["equations"][found["tag"]]["hash"]
    if "entry" in found:
        assert found["claimed"] != found["exact"]
    else:
        assert plant in ("another left-hand side", "an intermediate left out", "sizes + 1")
    # The prover's claims replaced by those of the right network, as a forger would.
    forged = {**copy.deepcopy(wrong), "claims": copy.deepcopy(certificate["claims"]), "verdict": "proved"}
    with pytest.raises(Rejected, match=r"equations\."):
        check(refitted(recounted(forged)))


def stated(certificate, tag, change):
    """The certificate with a change to one equation, and hashes that fit."""
    forged = copy.deepcopy(certificate)
    equation = forged["equations"][tag]
    change(equation)
    return refitted(recounted(forged))


CHANGES = {
    "body": (lambda e: e["definition"].update(body=0), "definition"),
    "shape": (lambda e: e["definition"]["shape"].append(1), "definition.indices"),
    "extent": (lambda e: e["definition"]["shape"].__setitem__(0, 7), "definition"),
    "index repeated": (lambda e: e["definition"].update(indices=["i", "i"]), "definition.indices"),
    "index stray": (lambda e: e["definition"].update(body=["index", "stray"]), "definition.body"),
    "owner": (lambda e: e["definition"].update(owner="second"), "definition"),
    "kind": (lambda e: e["definition"].update(kind="x"), "definition"),
    "no definition": (lambda e: e.update(definition={}), "definition.kind"),
    "where missing": (lambda e: e.update(where=[]), "definition"),
    "where twice": (lambda e: e["where"].append(e["where"][0]), r"where\[\d\]"),
    "where reversed": (lambda e: e["where"].reverse(), "where"),
    "where foreign": (lambda e: e["where"][0].update(kind="unheard"), r"where\[0\]"),
    "where no mapping": (lambda e: e["where"].append(3), r"where\[\d\]"),
    "where body": (lambda e: e["where"][-1].update(body=["*", 2, e["where"][-1]["body"]]), r"where\[\d\]"),
    "reads another": (
        lambda e: e["definition"].update(body=["entry", "W", "out", [0, 0]]), "definition",
    ),
    "reads nothing known": (lambda e: e["definition"].update(body=["entry", "Q", "out", []]), "definition"),
    "reads outside": (lambda e: e["definition"].update(body=["entry", "s", "second", [9, 9]]), "definition"),
    "not an expression": (lambda e: e["definition"].update(body=["__import__", "os"]), "definition.body"),
    "a power without end": (lambda e: e["definition"].update(body=["^", 3, 10**9]), "definition.body"),
    "boolean": (lambda e: e["definition"].update(body=["+", True, 1]), "definition.body"),
    "division by zero": (lambda e: e["definition"].update(body=["^", 0, -1]), "definition.body"),
    "very deep": (lambda e: e["definition"].update(body=deep(500)), "definition.body"),
    "multiplied out": (lambda e: e["definition"].update(body=many()), "definition"),
}  # fmt: skip


def deep(levels):
    body = 1
    for _ in range(levels):
        body = ["apply", "tanh", 0, body]
    return body


def many():
    factor = ["+", *(["entry", "x", "first", [k % 5, k % 3]] for k in range(15))]
    return ["*", *[factor] * 12]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_equation_is_rejected_with_its_place(change, certificate):
    edit, place = CHANGES[change]
    with pytest.raises(Rejected) as error:
        check(stated(certificate, "s:first", edit))
    assert error.match(rf"equations\.s:first\.{place}")


def test_a_tag_that_is_missing_or_not_of_the_network_is_rejected(certificate):
    for change in (lambda e: e.pop("E:first"), lambda e: e.update({"x:other": e["x:first"]})):
        forged = copy.deepcopy(certificate)
        change(forged["equations"])
        with pytest.raises(Rejected, match=r"equations\.(E:first|x:other)"):
            check({**forged, "hash": certificate_hash(forged)})


def test_sizes_that_do_not_fit_are_rejected(certificate):
    forged = copy.deepcopy(certificate)
    forged["architecture"]["vertices"][0]["sizes"]["n"] = 7919
    with pytest.raises(Rejected, match="does not have the shape .* that the equation reads"):
        check({**forged, "hash": certificate_hash(forged)})


# -- other ways of writing an equation -----------------------------------------------------------------------------


def rewritten(certificate, tag, change):
    """What instances says where one equation's body is replaced by what ``change`` makes of it."""

    def edit(equation):
        equation["definition"]["body"] = change(equation["definition"]["body"])

    return equation_instances.examine(Graph(stated(certificate, tag, edit)))


@pytest.mark.parametrize(
    "change",
    [
        lambda body: ["*", 2, ["rational", 1, 2], body],
        lambda body: ["*", body, ["^", ["^", 12, ["rational", 1, 2]], 2], ["rational", 1, 12]],
        lambda body: ["+", *reversed(body[1:])],
    ],
)
def test_order_and_arithmetic_with_numbers_change_nothing(certificate, change):
    outcome = rewritten(certificate, "s:first", change)
    assert (outcome.differences, outcome.undecided) == ([], [])


@pytest.mark.parametrize(
    "change",
    [
        lambda body, index: ["*", ["same", 3, 3], body],
        lambda body, index: ["sum", "another", 1, body],
        lambda body, index: ["*", ["inside", ["*", index, index], 16], body],  # which is 1 for every i here
        lambda body, index: ["+", body, ["sum", "another", 2, ["*", ["same", ["index", "another"], 2], 7]]],
        lambda body, index: ["^", ["^", body, 2], ["rational", 1, 2]],
    ],
)
def test_what_has_its_values_and_is_written_otherwise_is_not_accepted(certificate, change):
    index = ["index", certificate["equations"]["x:out"]["definition"]["indices"][-1]]
    outcome = rewritten(certificate, "x:out", lambda body: change(body, index))
    assert outcome.undecided or outcome.differences


def test_another_value_is_shown_at_an_entry(certificate):
    """[i i < 9] is not 1 at one of the entries."""
    index = ["index", certificate["equations"]["x:out"]["definition"]["indices"][-1]]
    outcome = rewritten(certificate, "x:out", lambda body: ["*", ["inside", ["*", index, index], 9], body])
    assert outcome.differences[0].entry[-1] == 3


def test_a_difference_is_found_where_sizes_are_names():
    spec = {
        "inputs": {"x": {"shape": ["m"]}}, "layers": [{"name": "a", "type": "dense", "units": "n"}],
        "cost": {"type": "squared_error"},
    }  # fmt: skip
    subject = examine(derive(architecture(spec)), 2)
    assert not equation_instances.examine(subject.graph).undecided
    for extent, outcome in ((["size", "n"], "undecided"), (3, "differences")):
        content = copy.deepcopy(subject.content)
        item = content["equations"]["x:a"]["definition"]
        item["body"] = ["*", ["inside", ["index", item["indices"][0]], extent], item["body"]]
        content["equations"]["x:a"]["hash"] = digest(
            {"tag": "x:a", **{k: content["equations"]["x:a"][k] for k in ("definition", "where")}}
        )
        found = equation_instances.examine(Graph(content))
        assert getattr(found, outcome), extent


NUMBER = st.integers(-3, 3)
LEAVES = st.one_of(
    NUMBER,
    st.sampled_from([["index", "i"], ["size", "n"], ["entry", "x", "u", [["index", "i"]]], ["entry", "y", "u", []]]),
    st.tuples(st.just("rational"), NUMBER, st.integers(1, 4)).map(list),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["+", "*"]), inner, inner).map(list),
        st.tuples(st.just("^"), inner, st.integers(1, 3)).map(list),
        st.tuples(st.just("apply"), st.just("f"), st.integers(0, 2), inner).map(list),
        st.tuples(st.just("sum"), st.just("k"), st.integers(1, 3), inner).map(list),
        st.tuples(st.just("same"), st.just(["index", "i"]), NUMBER).map(list),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(TREES, TREES, st.integers(0, 2**32))
def test_what_is_written_alike_has_equal_values(one, two, seed):
    """Checked on pairs that a random rewriting or nothing relates."""
    from dyadic.proofs.checker.evaluation.equations import Evaluator, Field

    if random.Random(seed).random() < 0.7:
        two = shuffled(one, random.Random(seed))
    forms = Forms()
    try:
        same = letters(forms, one) == letters(forms, two)
    except Rejected:
        return
    if not same:
        return
    for i in range(3):
        values = []
        for body in (one, two):
            run = Evaluator(Field(2**61 - 1, 5), {"n": 4}, "test")
            run.tensors = {
                ("x", "u"): {(k,): (run.field.unknown(k), 0) for k in range(3)},
                ("y", "u"): {(): (run.field.unknown("y"), 0)},
            }
            values.append(run.value(numeric(body), {"i": i}))
        assert values[0] == values[1], (one, two)


def letters(forms, body):
    return Letters(forms, "body", ITSELF, [None]).read(body, {"i": 0})


def numeric(body):
    """An index as a number of its own: ``i`` is the sum of i ones, which the evaluator knows only inside indices."""
    if isinstance(body, list):
        if body == ["index", "i"]:
            return ["sum", "q", ["index", "i"], 1]
        if body[0] in ("same", "entry", "size"):
            return body
        return [numeric(child) for child in body]
    return body


def shuffled(body, source):
    """The same value in other words."""
    if not isinstance(body, list) or body[0] in ("index", "size", "entry", "rational", "same"):
        return body
    if body[0] == "sum":
        return ["sum", source.choice("kl"), body[2], shuffled(body[3], source)]
    parts = [shuffled(child, source) if isinstance(child, list) else child for child in body[1:]]
    if body[0] in ("+", "*"):
        source.shuffle(parts)
        if body[0] == "*" and isinstance(parts[0], list) and parts[0][0] == "+" and source.random() < 0.5:
            return ["+", *(["*", term, parts[1]] for term in parts[0][1:])]
    return [body[0], *parts]


# -- the object ----------------------------------------------------------------------------------------------------


def test_there_is_one_object_for_each_equation():
    derivation = plants.derivation()
    assert derivation.equations is derivation.equations
    for tag, equation in derivation.equations.items():
        assert equation.tag == tag
        assert derivation.equations[tag] is equation
        assert equation.content["definition"] == definition_to_json(equation.definition)
        assert equation.hash == digest({"tag": tag, **equation.content})
        assert equation.short == equation.hash[:12]
    with pytest.raises(TypeError):
        derivation.equations["x:first"] = derivation.equations["x:out"]
    with pytest.raises(KeyError):
        derivation.equations["x:nothing"]


def test_equations_are_made_when_they_are_asked_for(monkeypatch):
    made = []
    original = plants.Equations._inference
    monkeypatch.setattr(plants.Equations, "_inference", lambda self, name: made.append(name) or original(self, name))
    derivation = derive(read_spec("examples/digits.toml"))
    assert len(derivation.equations) == 19
    assert made == []
    assert derivation.equations["x:joined"].role == "inference"
    assert made == ["joined"]


@pytest.mark.parametrize("arguments", [["derive"], ["verify", "--methods", "lemma,ranks,instances,adjoint"]])
def test_nothing_depends_on_asserts(arguments):
    command, *options = arguments
    script = "import sys; from dyadic.entry import main; main()"
    done = subprocess.run(
        [sys.executable, "-O", "-c", script, command, "examples/digits.toml", *options],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_the_certificate_holds_every_equation(certificate):
    derivation = plants.derivation()
    content = json.loads(json_text(certificate))
    assert content == certificate
    for odd in ({}, [], [{}], {"": []}, [{"a": [1, [{"b": None}]]}, 2, '\n\u2211"'], {"a": {"b": {}}}):
        assert json.loads(json_text(odd)) == odd
    assert list(content["equations"]) == list(derivation.equations)
    for tag, equation in derivation.equations.items():
        assert content["equations"][tag] == {"hash": equation.hash, **equation.content}
