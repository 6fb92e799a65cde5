"""What may have no value or is not there is read, applied and divided by only where the network's equation does it."""

import copy

import pytest
from support.refit import recounted, refitted
from sympy import Rational

import dyadic
from dyadic.proofs.checker import check
from dyadic.proofs.checker.core.facts import Facts
from dyadic.proofs.checker.core.forms import Form
from dyadic.proofs.checker.core.partiality import covered, partial
from dyadic.proofs.checker.core.terms import Call, Entry, Term, Var, Within
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.reading import Rejected

REJECTED = r"equations\..* (that cancels|the network's equation)"


def certificate(*layers, cost="squared_error", shape=(5,)):
    specification = {
        "name": "guards", "inputs": {"in": {"shape": list(shape)}}, "cost": {"type": cost},
        "layers": [{"name": f"l{k}", **layer} for k, layer in enumerate(layers)],
    }  # fmt: skip
    return dict(dyadic.verify(dyadic.derive(dyadic.architecture(specification))))


def changed(found, tag, change):
    forged = copy.deepcopy(found)
    item = forged["equations"][tag]["definition"]
    item["body"] = change(item["body"])
    return refitted(recounted(forged))


def everywhere(node, change):
    """The expression with a change to each of its parts, innermost first; None leaves a part as it is."""
    if not isinstance(node, list):
        return node
    node = [everywhere(child, change) for child in node]
    return change(node) or node


def rooted(node):
    """(a^(1/2))^(2 n) for a^n: the same number where a is positive."""
    if node[0] == "^" and isinstance(node[2], int) and node[2] < 0:
        return ["^", ["^", node[1], ["rational", 1, 2]], 2 * node[2]]
    return None


@pytest.fixture(scope="module")
def inverse():
    return certificate({"type": "neg"}, {"type": "reciprocal"})


@pytest.mark.parametrize("tag", ["x:l1", "s:l0"])
def test_who_divides_takes_no_roots_by_that(tag, inverse):
    assert check(inverse).confirmed
    forged = changed(inverse, tag, lambda body: everywhere(body, rooted))
    assert forged["equations"][tag] != inverse["equations"][tag]
    with pytest.raises(Rejected, match=REJECTED):
        check(forged)


def test_who_takes_roots_divides_by_nothing():
    rooted_layer = certificate({"type": "softplus"}, {"type": "sqrt"})
    root = ["apply", "sqrt", 0, ["entry", "x", "l0", [["index", "i"]]]]
    for extra in (["^", ["entry", "x", "l0", [["index", "i"]]], -1], ["apply", "rsqrt", 0, root[3]]):
        with pytest.raises(Rejected, match=REJECTED):
            check(changed(rooted_layer, "x:l1", lambda body, extra=extra: ["+", body, extra, ["*", -1, extra]]))


@pytest.fixture(scope="module")
def padded():
    return certificate({"type": "tanh"}, {"type": "pad", "padding": [1, 2]})


def test_a_bracket_beside_one_read_excuses_no_other(padded):
    assert check(padded).confirmed
    body = padded["equations"]["x:l1"]["definition"]["body"]
    (bare,) = [part for part in body[1:] if part[0] == "entry"]
    (bracket,) = [part for part in body[1:] if part[0] == "inside"]
    other = ["inside", ["+", bracket[1], 1], bracket[2]]
    for guards in ([], [other], [["inside", bracket[1], ["+", bracket[2], 1]]]):
        wrong = (
            ["+", body, ["*", *guards, bare], ["*", -1, *guards, bare]]
            if guards
            else ["+", body, bare, ["*", -1, bare]]
        )
        with pytest.raises(Rejected, match=REJECTED):
            check(changed(padded, "x:l1", lambda _, wrong=wrong: wrong))
    for other in (["+", body, body, ["*", -1, body]], ["*", bracket, body], ["*", ["*", bracket, 1], ["*", 1, bare]]):
        with pytest.raises(Rejected, match=REJECTED):  # the same values, and written otherwise
            check(changed(padded, "x:l1", lambda _, other=other: other))


def test_what_is_never_there_is_not_printed(padded):
    never = ["*", ["inside", 7, 3], ["entry", "x", "l0", [["+", ["index", "i"], 90]]]]
    with pytest.raises(Rejected, match=REJECTED):
        check(changed(padded, "x:l1", lambda body: ["+", body, never]))


def test_a_gradient_that_reads_the_cost_reads_what_the_cost_reads():
    """C - C in the gradient: its value does not depend on x, and the printed equation reads it all the same."""
    found = certificate({"type": "neg"}, {"type": "neg"}, cost="squared_error")
    forged = copy.deepcopy(found)
    (content,) = forged["costs"].values()
    cost = ["entry", content["definitions"][-1]["kind"], content["definitions"][-1]["owner"], []]
    index = content["gradient"]["indices"][0]
    content["gradient"]["body"] = ["+", ["entry", "y", "cost", [["index", index]]], cost, ["*", -1, cost]]
    graph = Graph(refitted(recounted(forged)), require_terms=False)
    assert graph.term_reads("cost", 0) == ({"l1"}, set())


# -- the core ----------------------------------------------------------------------------------------------------------


def test_a_power_is_covered_by_one_under_fewer_conditions_alone():
    v = Form.of(Var(0, 0))
    logarithm = (Call("log", 0, (Term(factors=((Entry("x", "u", (v,)), Rational(1)),)),)), Rational(1))
    one, two = Within(v - 2, Form.of("n") - 2), Within(v - 1, Form.of("n"))
    uses = {name: partial([Term(conditions=conditions, factors=(logarithm,))], Facts())
            for name, conditions in {"none": (), "one": (one,), "two": (two,), "both": (one, two)}.items()}  # fmt: skip
    for stated, shown, right in (
        ("none", "none", True), ("one", "one", True), ("both", "one", True), ("one", "none", True),
        ("none", "one", False), ("two", "one", False), ("one", "both", False),
    ):  # fmt: skip
        assert covered(uses[stated], uses[shown]) is right, (stated, shown)
