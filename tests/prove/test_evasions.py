"""What an adversary would lean on: remainders of remainders, known primes, what cancels, odd letters, great cost."""

import copy
import dataclasses
import json
import os
import random
import subprocess
import sys
from math import prod

import pytest
from campaigns.forged import base
from support.refit import refitted
from sympy import Integer

from dyadic.catalogue import example_network
from dyadic.proofs.checker import Rejected, check
from dyadic.proofs.checker.core.facts import Facts
from dyadic.proofs.checker.core.forms import Floor, Form
from dyadic.proofs.checker.evaluation.prime_numbers import primes
from dyadic.proofs.checker.instantiated import entrywise, polynomials
from dyadic.proofs.checker.instantiated.equation_instances import examine
from dyadic.proofs.checker.intake.form import LABEL, SHAPE
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods.adjoint import layer_claims
from dyadic.symbolic.expressions import Element, Same
from dyadic.symbolic.layers import LAYERS
from dyadic.symbolic.tensor_names import Name, U


def size(name):
    return Form.of(name)


def chained():
    """o = floor(a / 2) and p = floor(b / a): the second remainder is bounded by what contains the first."""
    facts = Facts()
    facts.learn("o", Form.of(Floor(size("a"), Form.of(2))))
    facts.learn("p", Form.of(Floor(size("b"), size("a").replace(facts.table))))
    return facts


def value(form, sizes):
    found = form.replace({name: Form.of(n) for name, n in sizes.items()})
    assert found.number is not None
    return found.number


def test_what_is_never_negative_is_so_at_all_small_sizes():
    facts = chained()
    assert set(facts.remainders) == {"o'", "p'"}
    places = [{"o": a // 2, "p": b // a, "o'": a % 2, "p'": b % a} for a in range(2, 9) for b in range(1, 40) if b >= a]
    draw, shown = random.Random(8), 0
    for _ in range(1500):
        terms = {(): draw.randint(-2, 2), ("o", "p"): draw.randint(0, 1)}
        form = Form(terms | {(name,): draw.randint(-2, 2) for name in ("o", "p", "o'", "p'")})
        if facts.never_negative(form):
            shown += 1
            assert min(value(form, place) for place in places) >= 0, form
    assert shown > 50


def test_a_remainder_by_what_has_a_remainder_is_not_turned_round_twice():
    facts = chained()
    wrong = size("o") * 2 - size("o'") - size("p'")  # -1 for a = 3 and b = 5
    assert value(wrong, {"o": 1, "o'": 1, "p'": 2}) == -1
    assert not facts.never_negative(wrong)
    assert facts.never_negative(size("o") * 2 + size("o'") - 1 - size("p'"))  # d - 1 - r
    assert facts.never_negative(Form.of(1) - size("o'"))


# -- printed equations -----------------------------------------------------------------------------------------------


def changed(tag, change):
    forged = copy.deepcopy(base("plain")[1])
    item = forged["equations"][tag]["definition"]
    item["body"] = change(item["body"])
    return refitted(forged)


def test_other_primes_find_what_is_a_multiple_of_known_ones():
    forged = Graph(changed("x:join", lambda body: ["+", body, ["*", *primes(7), ["entry", "x", "h1", [0]]]]))
    assert not examine(forged, seed=7).differences
    assert examine(forged, seed=8).differences
    assert examine(forged).differences


X = ["entry", "x", "h1", [["index", "i"]]]
HARMLESS = {
    "reordered": lambda body: ["+", *reversed(body[1:])],
    "a factor and its inverse, of a number": lambda body: ["*", 2, body, ["^", 2, -1]],
}
HARMFUL = {
    "more of what is read, and its negative": lambda body: ["+", body, X, ["*", -1, X]],
    "another entry": lambda body: ["+", body, ["*", 0, ["entry", "x", "h1", [0]]]],
    "an inverse": lambda body: ["+", body, ["*", 0, ["^", X, -2]]],
    "an inverse of a sum": lambda body: ["*", body, ["^", ["+", X, 1], -1], ["+", X, 1]],
    "a root": lambda body: ["+", body, ["*", 0, ["^", X, ["rational", 1, 2]]]],
    "a function": lambda body: ["+", body, ["*", 0, ["apply", "acosh", 0, 0]]],
}


@pytest.mark.parametrize("name", HARMLESS)
def test_another_way_to_write_an_equation_is_confirmed(name):
    assert check(changed("x:join", HARMLESS[name])).confirmed


@pytest.mark.parametrize("name", HARMFUL)
def test_what_cancels_but_may_have_no_value_is_rejected(name):
    with pytest.raises(
        Rejected,
        match=r"equations\.x:join.* (that cancels|equation (does|has) not|may have no value|a product with 0)",
    ):
        check(changed("x:join", HARMFUL[name]))


def test_agreement_at_some_integers_is_not_enough():
    forged = copy.deepcopy(base("mixed")[1])
    item = forged["equations"]["x:table"]["definition"]
    item["body"] = ["*", item["body"], ["inside", ["entry", "x", "word", [0]], 5]]  # true of every word
    refitted(forged)
    assert "not all integers are tried" in str(examine(Graph(forged)).undecided[0])
    with pytest.raises(Rejected, match="not all integers"):
        check(forged)


WRONG_FOR = {"one word": ((0, 5),), "three words together": ((0, 5), (1, 2), (2, 6))}


@pytest.mark.parametrize("name", WRONG_FOR)
def test_a_gradient_that_is_wrong_for_some_integers_only_is_not_proved(name):
    layer = example_network("embedding", numeric=False).layers["layer"]
    gradient = layer.gradients["weight"]
    extra = prod(Same(Element(Name("x", U), Integer(at)), Integer(word)) for at, word in WRONG_FOR[name])
    wrong = dataclasses.replace(
        layer, gradients={"weight": dataclasses.replace(gradient, body=gradient.body * (1 + extra))}
    )
    sizes = {"n": 5, "q": 7, "m": 3}
    assert layer_claims(layer, used=[sizes])[1].verdict is Verdict.PROVED
    assert layer_claims(wrong, used=[sizes])[1].verdict is not Verdict.PROVED


# -- what a normal form need not show ---------------------------------------------------------------------------------

AT, NOWHERE = ["index", "i"], ["inside", -1, 1]
X0, X99 = ["entry", "x", "h1", [0]], ["entry", "x", "h1", [99]]


def read_at(place):
    return lambda body: ["+", body, ["entry", "x", "h1", [place]], ["*", -1, X]]


def beside(term):
    return lambda body: ["+", body, term]


def always(bracket):
    """Times a bracket that is said to be [2 | i] + 1 - [2 | i]."""
    return lambda body: ["*", body, ["+", 1, bracket, ["*", -1, ["divides", 2, AT]]]]


UNSEEN = {
    "a real number that is divided": always(["divides", 2, ["+", ["*", 2, X0], AT]]),
    "a product of real numbers that is divided": always(["divides", 3, ["+", ["*", 3, X0, X0], AT]]),
    "a real number that is compared": beside(["*", ["same", X0, 3], ["same", 2, 3]]),
    "a real number as an index": beside(["*", NOWHERE, ["entry", "x", "h1", [X0]]]),
    "a division by an index": read_at(["+", AT, ["quotient", 0, AT]]),
    "a remainder by an index": read_at(["+", AT, ["remainder", 0, AT]]),
    "a division by less than an index": read_at(["+", AT, ["quotient", 0, ["+", AT, -1]]]),
    "a division by 0": read_at(["+", AT, ["quotient", 0, 0]]),
    "a division by a negative number": always(["divides", -2, AT]),
    "a range of an index": beside(["sum", "k", ["quotient", 5, ["+", 1, AT]], ["*", NOWHERE, ["index", "k"]]]),
    "a range that is read": beside(["sum", "k", X99, ["*", NOWHERE, ["index", "k"]]]),
    "a range of nothing": beside(["sum", "k", 0, ["*", X99, ["index", "k"]]]),
    "a negative range": beside(["sum", "k", -4, ["*", X99, ["index", "k"]]]),
    "a bracket that is added to": beside(["*", X99, ["+", ["same", 0, 1], ["*", -1, ["same", 2, 3]]]]),
    "a bracket that is raised": beside(["*", X99, ["^", ["inside", AT, 0], 2]]),
    "a bracket that is summed": beside(
        ["*", X99, ["sum", "k", 2, ["*", ["same", ["index", "k"], 5], ["same", AT, 99]]]]
    ),
    "a sum that picks nothing, of what has no value": beside(
        ["sum", "k", 4, ["*", ["same", ["index", "k"], 0], ["+", ["same", ["index", "k"], 1], ["same", 1, 2]],
                         ["^", X, -1]]]
    ),
    "a sum of brackets that is raised": beside(
        ["*", X99, ["^", ["sum", "k", 2, ["*", ["same", ["index", "k"], 1], ["same", AT, 99]]], 2]]
    ),
    "a sum of which a bracket picks a term": lambda body: [
        "sum", "k", 4, ["*", ["same", ["index", "k"], 2], ["+", body, ["*", -1, X], X]]
    ],
    "a power 0": lambda body: ["*", body, ["^", X, 0]],
    "a power 1": lambda body: ["^", body, 1],
    "an index for nothing": beside(["sum", "k", 3, ["*", 0, X]]),
    "an index with the name of another": lambda body: ["sum", "i", 1, body],
}  # fmt: skip


@pytest.mark.parametrize("name", UNSEEN)
def test_what_a_form_need_not_show_is_rejected(name):
    with pytest.raises(Rejected, match=r"^equations\.x:join"):
        check(changed("x:join", UNSEEN[name]))


# -- bounds on what a file can ask for ---------------------------------------------------------------------------------


def test_the_cost_of_all_comparisons_together_is_bounded(monkeypatch):
    slow = changed("x:join", lambda body: ["sum", "q", 300, ["*", ["inside", ["index", "q"], 1], body]])
    assert "is written otherwise" in str(examine(Graph(slow)).undecided[0])
    monkeypatch.setattr(entrywise, "MOST_TOTAL", 5_000)
    assert "too deep or too long" in str(examine(Graph(slow)).undecided[0])


def test_the_products_of_all_normal_forms_together_are_bounded(monkeypatch):
    monkeypatch.setattr(polynomials, "MOST_PRODUCTS", 3)
    with pytest.raises(Rejected, match="products of terms"):
        examine(Graph(base("mixed")[1]))


def test_a_shape_is_a_short_expression():
    SHAPE([["+", *range(1, 100)]], "shape")
    with pytest.raises(Rejected, match="too long"):
        SHAPE([["+", *range(1, 5000)]], "shape")


def test_sizes_with_many_terms_are_not_multiplied_out():
    forged = copy.deepcopy(base("plain")[1])
    many = ["+", *(["size", f"q{k}"] for k in range(60))]
    forged["architecture"]["inputs"]["x"]["shape"] = [["+", 12, ["*", many, many]]]
    with pytest.raises(Rejected, match="too large a size"):
        check(refitted(forged))


# -- names and letters -------------------------------------------------------------------------------------------------


def test_every_label_of_the_catalogue_is_one():
    labels = {example_network(name, numeric=False).layers["layer"].label for name in LAYERS}
    for label in (*labels, " + ".join(sorted(labels)[:3])):
        LABEL(label, label)


@pytest.mark.parametrize("label", ["dense, exact", "P = NP", "dense(a=1) and more", "dense(a=1, exact, b=2)", "A(b=1)"])
def test_a_sentence_is_no_label(label):
    with pytest.raises(Rejected):
        LABEL(label, "label")


@pytest.mark.parametrize("program", ["dyadic.proofs.checker", "dyadic check"])
def test_letters_that_cannot_be_printed_are_no_defect(program, tmp_path):
    command = [sys.executable, "-m", *program.split()]
    odd = json.dumps(base("plain")[1]).replace('"join"', '"j\\u00f6in"').replace(":join", ":j\\u00f6in")
    odd = odd.replace("F_join[", "F_j\\u00f6in[")
    named = refitted(json.loads(odd))
    for content, status in ((base("plain")[1] | {"\ud800": 1}, 1), (named, 0)):
        path = tmp_path / "certificate.json"
        path.write_text(json.dumps(content))
        done = subprocess.run(
            [*command, str(path)], capture_output=True, text=True, env=os.environ | {"PYTHONIOENCODING": "ascii"}
        )
        assert (done.returncode, done.stderr) == (status, "")
        assert done.stdout.isascii()
