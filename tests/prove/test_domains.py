"""The states at which updates are defined: claims name them, and what is printed is defined wherever it has to be."""

import copy
import dataclasses
import json

import pytest
from support.equations import equation, i, n, output
from support.long_tests import one_in, one_row_in
from support.proofs import as_json
from support.refit import refitted
from sympy import Rational

from dyadic.catalogue import example_network
from dyadic.proofs import check, recheck, verify
from dyadic.proofs.checker.differentiation.definitions import DEFINITIONS
from dyadic.proofs.checker.evaluation.domain import RESTRICTED, STATE, VALUES, conditions, hypothesis
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods.adjoint import layer_claims, prove
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.energy import LayerKind, derive_equation
from dyadic.symbolic.expressions import Apply, Definition, Tensor
from dyadic.symbolic.layers import LAYERS
from dyadic.symbolic.tensor_names import U2, Name, U


def network(layers, cost=None, shape=(3,)):
    return derive(
        architecture(
            {"inputs": {"x": {"shape": list(shape)}}, "layers": layers, "cost": cost or {"type": "squared_error"}}
        )
    )


def claims_of(derivation):
    certificate = verify(derivation)
    assert check(certificate)
    return {claim["id"]: claim for claim in certificate["claims"]}


def stated(derivation):
    return hypothesis([*derivation.contents.values(), *derivation.cost_contents.values()])


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ({"type": "log"}, ["what log is applied to is positive"]),
        ({"type": "sqrt"}, ["what sqrt is applied to is not negative", "what sqrt' is applied to is positive"]),
        ({"type": "reciprocal"}, ["no divisor is 0"]),
        ({"type": "batch_norm"}, ["what rsqrt is applied to is positive"]),
    ],
)
def test_the_theorem_names_the_states_at_which_updates_are_defined(layer, words):
    derivation = network([{"name": "a", **layer}, {"name": "b", "type": "tanh"}])
    (found,) = [h for h in claims_of(derivation)["steps"]["hypotheses"] if h.startswith("a state is one from which")]
    assert all(word in found for word in words), found


@pytest.mark.parametrize(
    "layer",
    [
        {"type": "tanh"},
        {"type": "layer_norm"},
        {"type": "softmax"},
        {"type": "dense", "units": 2, "activation": "gelu"},
        {"type": "softplus"},
    ],
)
def test_nothing_is_added_where_every_state_will_do(layer):
    assert stated(network([{"name": "a", **layer}])) is None


X, ONE = ["entry", "x", "u", [["index", "i"]]], ["rational", 1, 2]


def content(body):
    return {"definitions": [{"kind": "f", "owner": "v", "body": body}], "intermediates": [], "adjoints": []}


@pytest.mark.parametrize("name", RESTRICTED)
def test_every_restricted_function_gives_a_condition(name):
    for order in (0, 1, 2):
        assert conditions(content(["+", 1, ["sum", "i", ["size", "m"], ["apply", name, order, X]]]))


@pytest.mark.parametrize(
    ("body", "free"),
    [
        (["^", X, -1], False),
        (["^", X, 2], True),
        (["^", X, ["rational", 1, 2]], False),
        (["^", ["size", "m"], -1], True),
        (["^", ["+", ["^", X, 2], ONE], ["rational", -1, 2]], True),
        (["^", ["+", ["^", X, 2], 0], ["rational", -1, 2]], False),
        (["^", ["+", X, ONE], ["rational", -1, 2]], False),
        (["^", ["^", X, 2], ["rational", 1, 2]], True),
        (["^", ["*", -1, ["^", X, 2]], ["rational", 1, 2]], False),
        (["^", ["sum", "i", ["size", "m"], 1], -1], False),
        (["apply", "log", 0, ["+", 1, ["apply", "exp", 0, X]]], True),
        (["apply", "log", 0, ["+", -1, ["apply", "exp", 0, X]]], False),
        (["^", ["apply", "cosh", 0, X], -1], False),
    ],
)
def test_signs(body, free):
    assert (not conditions(content(body))) == free


# -- the claims about a layer name them too ----------------------------------------------------------------------------


def named(certificate):
    """Whether each claim of a layer or cost, and the theorem, say that they hold where there are values."""
    found = {}
    for claim in certificate["claims"]:
        if claim["kind"] in ("adjoint", "gradient", "steps"):
            start = STATE if claim["kind"] == "steps" else VALUES
            listed = [text for text in claim["hypotheses"] if text.startswith((STATE, VALUES))]
            assert all(text.startswith(start) for text in listed)
            sentence = "update is defined" if claim["kind"] == "steps" else "have values"
            assert bool(listed) == (sentence in claim["statement"]) == (not claim["numbers"]["everywhere"])
            found[claim["id"].partition("(")[0]] = listed
    return found


@pytest.mark.parametrize("name", LAYERS)
def test_the_adjoint_of_every_type_says_where_it_has_values(name):
    """Whenever a logarithm, a division, a root or a function with a domain can go wrong, and never otherwise."""
    derivation = example_network(name, numeric=False)
    layer = derivation.layers["layer"]
    wanted = hypothesis([as_json(layer)], VALUES)
    certificate = verify(derivation, methods=["lemma", "ranks", "instances", "adjoint"])
    claims = [c for c in certificate["claims"] if c["kind"] in ("adjoint", "gradient") and layer.label in c["id"]]
    assert claims
    assert all(([t for t in c["hypotheses"] if t.startswith(VALUES)] or [None]) == [wanted] for c in claims)
    named(certificate)


@pytest.mark.parametrize("name", COSTS)
def test_a_cost_says_where_it_has_values(name):
    derivation = network([{"name": "a", "type": "tanh"}], {"type": name})
    (content,) = derivation.cost_contents.values()
    found = named(verify(derivation))
    assert not found["adjoint:tanh"]
    wanted = hypothesis([content], VALUES)
    assert found[f"adjoint:{name}"] == ([wanted] if wanted else [])
    assert bool(found["steps"]) == bool(wanted)


def test_a_cost_with_a_logarithm():
    """None of the costs can be undefined; one that applies log to what may be negative can."""
    (content,) = network([{"name": "a", "type": "tanh"}]).cost_contents.values()
    content = copy.deepcopy(content)
    content["gradient"]["body"] = ["*", content["gradient"]["body"], ["apply", "log", 0, ["entry", "y", "cost", []]]]
    assert conditions(content) == {"what log is applied to is positive"}


def test_a_derived_equation_may_be_undefined_where_the_layer_is_not():
    """x^(3/2) has a value at 0 and so has its derivative; that of x^(1/2) has none."""
    x = Tensor(Name("x", U), (n,))
    for exponent, positive in ((Rational(1, 2), True), (Rational(3, 2), False)):
        layer = derive_equation(LayerKind("power", (), (1,)), equation([x], [], [output((n,), (i,), x[i] ** exponent)]))
        assert any("is positive" in text for text in conditions(as_json(layer))) is positive


# -- nothing is printed that is undefined where the derivative is not --------------------------------------------------

E2 = ["entry", "x", "u2", [["index", "i"]]]
LOG, ROOT = ["apply", "log", 0, E2], ["^", E2, ["rational", 1, 2]]
SWALLOWED = {
    "the inverse of an inverse": lambda body: replaced(body, ["^", ["^", E2, -1], -1]),
    "the square of a root": lambda body: replaced(body, ["^", ROOT, 2]),
    "a root times itself": lambda body: replaced(body, ["*", ROOT, ROOT]),
    "the sixth power of a cube root, rooted": lambda body: replaced(
        body, ["^", ["^", ["^", E2, ["rational", 1, 3]], 6], ["rational", 1, 2]]
    ),
    "nothing times a logarithm": lambda body: ["+", body, ["*", 0, LOG]],
    "nothing times what holds one": lambda body: ["+", body, ["*", ["*", 0, 1], ["^", ["+", 1, ["^", E2, -1]], 5]]],
    "a logarithm and its negative": lambda body: ["+", body, LOG, ["*", -1, LOG]],
    "a quotient times 1 - 1": lambda body: ["+", body, ["*", ["+", 1, -1], ["^", E2, -1]]],
    "the power 0 of a logarithm": lambda body: ["*", body, ["^", LOG, 0]],
    "the power 0 of a root": lambda body: ["*", body, ["^", ROOT, 0]],
}
HARMLESS = {
    "numbers": lambda body: ["*", body, 2, ["rational", 1, 2]],
    "one over a size": lambda body: ["+", body, ["^", ["size", "n"], -1], ["*", -1, ["^", ["size", "n"], -1]]],
    "nothing times an entry": lambda body: ["+", body, ["*", 0, E2]],
    "the power 0 of an entry": lambda body: ["*", body, ["^", E2, 0]],
    "an entry and its negative": lambda body: ["+", body, E2, ["*", -1, E2]],
}


def replaced(body, other):
    """The body with another expression for x_u2[i]."""
    return other if body == E2 else [replaced(child, other) for child in body] if isinstance(body, list) else body


def product():
    content = as_json(example_network("mul", numeric=False).layers["layer"])
    assert prove(content).is_complete
    assert E2 in content["adjoints"][0]["body"]
    return content


@pytest.mark.parametrize("name", SWALLOWED)
def test_what_is_printed_has_values_wherever_the_derivative_has(name):
    content = product()
    body = content["adjoints"][0]["body"]
    content["adjoints"][0]["body"] = SWALLOWED[name](body)
    outcome = prove(content)
    assert set(outcome.open_) in ({"adjoint:0"}, {"content"}), outcome.open_
    assert conditions(content)


@pytest.mark.parametrize("part", ["energy", "stationarity"])
@pytest.mark.parametrize("name", ["a logarithm and its negative", "nothing times a logarithm"])
def test_so_has_the_energy(part, name):
    content = product()
    item = content[part]
    item["body"] = ["+", item["body"], *SWALLOWED[name](["+", 0, 0])[2:]]
    at = [["index", index] for index in item["indices"]] or [0]
    item["body"] = replaced_at(item["body"], at)
    outcome = prove(content)
    assert set(outcome.open_) & {part, "content"}


def replaced_at(body, at):
    if body == E2:
        return ["entry", "x", "u2", at]
    return [replaced_at(child, at) for child in body] if isinstance(body, list) else body


def test_nor_is_anything_hidden_inside_a_function():
    content = as_json(example_network("silu", numeric=False).layers["layer"])
    assert prove(content).is_complete
    inverse = ["^", ["entry", "x", "u", [["index", "i"]]], -1]

    def hidden(node):
        if isinstance(node, list) and node[:1] == ["apply"]:
            return [*node[:3], ["+", node[3], inverse, ["*", -1, inverse]]]
        return [hidden(child) for child in node] if isinstance(node, list) else node

    for item in (*content["intermediates"], *content["adjoints"]):
        item["body"] = hidden(item["body"])
    assert set(prove(content).open_) == {"adjoint:0"}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_has_values_everywhere_may_cancel(name):
    content = product()
    content["adjoints"][0]["body"] = HARMLESS[name](content["adjoints"][0]["body"])
    outcome = prove(content)
    assert outcome.is_complete, outcome.open_


def test_the_table_of_domains_is_that_of_the_functions():
    """Every function that is not defined everywhere gives a condition, and no other does."""
    partial = {name for name, one in DEFINITIONS.items() if one.domain != (None, None) or one.poles}
    assert set(RESTRICTED) == partial


def logarithms(sign):
    """A product whose first adjoint has one logarithm, in two ways of writing, added and taken away."""
    layer = example_network("mul", numeric=False).layers["layer"]
    item = layer.adjoints[0]
    other = Tensor(Name("x", U2), (n,))[item.indices[0]]
    one = Apply("log", 0, sign * (other**2 + 1) * (other**2 + 2))
    two = Apply("log", 0, sign * other**4 + 3 * sign * other**2 + 2 * sign)
    changed = Definition(item.tensor, item.indices, item.body + one - two)
    return dataclasses.replace(layer, adjoints=(changed, *layer.adjoints[1:]))


def test_what_has_values_nowhere_is_not_shown_by_residues():
    """Modulo a prime the two logarithms agree; only where they have values does that say anything."""
    sizes = [{"n": 2}]
    claim = layer_claims(logarithms(1), used=sizes)[0]
    assert (claim.verdict, bool(claim.witness)) == (Verdict.PROVED, True)
    assert layer_claims(logarithms(-1), used=sizes)[0].verdict is Verdict.UNDECIDED


def layers_of(*types, shape=(3, 2)):
    layers = [{"name": f"l{k}", **({"type": one} if isinstance(one, str) else one)} for k, one in enumerate(types)]
    return architecture({"inputs": {"x": {"shape": list(shape)}}, "layers": layers, "cost": {"type": "squared_error"}})


@pytest.mark.parametrize(
    ("types", "shape"),
    one_row_in(4, [
        (("tanh", "acosh"), (3, 2)),
        (("exp", "neg", "log"), (4,)),
        (("sin", "exp", {"type": "scale", "factor": 1, "offset": 2}, "atanh"), (4,)),
        (({"type": "layer_norm", "epsilon": 0},), (3, 1)),
    ]),
)  # fmt: skip
def test_of_a_network_without_a_state_nothing_is_said(types, shape):
    certificate = verify(derive(layers_of(*types, shape=shape)))
    steps = next(claim for claim in certificate["claims"] if claim["id"] == "steps")
    assert (steps["verdict"], certificate["verdict"]) == ("undecided", "undecided")
    assert steps["reason"].startswith("no state was found from which every update is defined")


def with_constant(values, *layers):
    spec = {"inputs": {"x": {"shape": [3]}}, "constants": {"m": {"shape": [3], "values": values}}}
    return derive(architecture({**spec, "layers": list(layers), "cost": {"type": "squared_error"}}))


OF_CONSTANTS = {
    "a logarithm of numbers below 0": ([-1, -2, -3], [2, 1, 3], {"name": "a", "type": "log", "inputs": ["m"]}),
    "a root of what has their sign": (
        [-1, -2, -3], [1, 1, 2], {"name": "t", "type": "exp", "inputs": ["x"]},
        {"name": "a", "type": "mul", "inputs": ["t", "m"]}, {"name": "r", "type": "sqrt"},
    ),
    "a division by 0": ([0, 1, 1], [1, 2, 1], {"name": "a", "type": "div", "inputs": ["x", "m"]}),
}  # fmt: skip
"""Constants of which there is no state, others of which there are, and layers."""


@pytest.mark.parametrize("what", one_in(6, OF_CONSTANTS))
def test_constants_are_looked_at_with_their_own_values(what):
    nowhere, somewhere, *layers = OF_CONSTANTS[what]
    layers += [{"name": "y", "type": "add", "inputs": [layers[-1]["name"], "x"]}]
    assert verify(with_constant(nowhere, *layers))["verdict"] == "undecided"
    assert verify(with_constant(somewhere, *layers))["verdict"] == "proved"


@pytest.mark.long
@pytest.mark.parametrize(
    ("types", "shape"), one_row_in(4, [(("tanh", "acosh"), (3, 2)), (("exp", "neg", "log"), (4,))])
)
def test_a_theorem_about_nothing_is_not_confirmed(types, shape):
    """Whoever says that it is proved."""
    content = json.loads(json.dumps(verify(derive(layers_of(*types, shape=shape)))))
    (steps,) = (claim for claim in content["claims"] if claim["id"] == "steps")
    steps["verdict"] = "proved"
    steps["reason"] = None
    content["verdict"] = "proved"
    report = recheck.check(refitted(content))
    assert not report.confirmed
    assert any(text.startswith("steps: no state was found") for text in report.open)


def test_numbers_that_nobody_enclosed_show_no_state(monkeypatch):
    """A witness that is only stated, as that of a large network is, may be invented."""
    content = json.loads(json.dumps(verify(derive(layers_of("exp", "log", "tanh", shape=(3,))))))
    (late,) = (claim for claim in content["claims"] if claim["kind"] == "tightness")
    assert late["numbers"]["own"]
    monkeypatch.setattr(recheck, "sizes_of_a_state", lambda *rest: None)  # a network without a state
    assert recheck.check(content).confirmed
    monkeypatch.setattr(recheck, "_affordable", lambda *rest: False)
    assert not recheck.check(content).confirmed


def test_four_entries_of_a_log_softmax_are_not_all_above_minus_one():
    """Two are: there is a state of such layers, and it is said that it has other sizes."""
    types = ("log_softmax", {"type": "clip", "low": -1, "high": 1}, "log1p")
    for entries, elsewhere in ((4, 1), (2, 0)):
        certificate = verify(derive(layers_of(*types, shape=(entries,))))
        (steps,) = (claim for claim in certificate["claims"] if claim["id"] == "steps")
        assert (certificate["verdict"], steps["numbers"]["elsewhere"]) == ("proved", elsewhere)
        assert ("none at its own" in steps["statement"]) == bool(elsewhere)


@pytest.mark.parametrize(
    ("types", "shape"),
    [
        (("tanh", "acos"), (3, 2)),
        (("exp", "log"), (4,)),
        (("cosh", "acosh", {"type": "sub", "inputs": ["l1", "l1"]}), (4,)),
        (({"type": "layer_norm", "epsilon": 0},), (3, 2)),
    ],
)
def test_a_network_with_a_state_is_proved(types, shape):
    assert verify(derive(layers_of(*types, shape=shape)))["verdict"] == "proved"
