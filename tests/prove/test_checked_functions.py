"""The checker's replay of activation derivatives: every function accepted, every changed entry rejected."""

import copy
import json
import random
import subprocess
import sys
from fractions import Fraction

import pytest
from support.long_tests import one_in

from dyadic.proofs.checker.differentiation import definitions
from dyadic.proofs.checker.differentiation.formulas import enclosure
from dyadic.proofs.checker.differentiation.function_replay import check_function
from dyadic.proofs.checker.differentiation.integer_intervals import Enclosure
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.symbolic.functions import FUNCTIONS
from dyadic.symbolic.serialise import function_to_json

ENTRIES = {name: function_to_json(name) for name in FUNCTIONS}
Z = ["z"]


def entry(definition, derivative, value=None, kinks=(), domain=(None, None)):
    return {
        "definition": definition,
        "value": definition if value is None else value,
        "derivative": derivative,
        "kinks": [list(pair) for pair in kinks],
        "domain": list(domain),
    }


def call(name, argument=Z):
    return ["apply", name, 0, argument]


def rejected(name, content):
    try:
        check_function(name, content, f"functions.{name}")
    except Rejected as error:
        return error.field.startswith(f"functions.{name}")
    return False


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_verified_with_the_hypotheses_of_the_deriver(name):
    found = check_function(name, json.loads(json.dumps(ENTRIES[name])), "functions")
    assert found.defined_here
    assert found.hypotheses == FUNCTIONS[name].hypotheses


@pytest.mark.parametrize("key", ["value", "derivative"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_changed_formulas_are_rejected(name, key):
    right, place = ENTRIES[name][key], ["rational", 4 if name == "acosh" else 1, 3]
    for wrong in (
        ["*", -1, right],
        ["*", 2, right],
        ["+", right, ["rational", 1, 10**9]],
        ["+", right, Z],
        ["*", right, call("sigmoid")],
        ["piecewise", [">", Z, place], right, ["+", right, 1]],  # one branch only
        ["piecewise", [">", Z, place], ["*", 3, ["+", 1, right]], right],
        ["piecewise", [">=", Z, place], ["piecewise", ["<=", Z, place], 7, right], right],  # one point only
    ):
        if right == 0 and wrong in (["*", -1, 0], ["*", 2, 0], ["*", 0, call("sigmoid")]):
            continue
        assert rejected(name, {**ENTRIES[name], key: wrong}), wrong


@pytest.mark.parametrize("name", FUNCTIONS)
def test_another_functions_formulas_under_a_known_name_are_rejected(name):
    for other, content in ENTRIES.items():
        same = (ENTRIES[name]["derivative"], ENTRIES[name]["definition"])
        if other != name and same != (content["derivative"], content["definition"]):
            assert rejected(name, content), other


@pytest.mark.parametrize("name", [name for name, f in FUNCTIONS.items() if f.kinks])
def test_other_conventions_at_a_kink_are_rejected(name):
    for kinks in ([], [[point, ["rational", 1, 7]] for point, _ in ENTRIES[name]["kinks"]]):
        assert rejected(name, {**ENTRIES[name], "kinks": kinks})
    half = [{**ENTRIES[name], "derivative": ["piecewise", ["<=", Z, point], ["piecewise", [">=", Z, point],
             ["rational", 1, 2], ENTRIES[name]["derivative"]], ENTRIES[name]["derivative"]]}
            for point, _ in ENTRIES[name]["kinks"]]  # fmt: skip
    assert all(rejected(name, content) for content in half)


@pytest.mark.parametrize("name", ["log", "asin", "acosh"])
def test_another_domain_is_rejected(name):
    assert rejected(name, {**ENTRIES[name], "domain": [None, None]})


@pytest.mark.parametrize("key", ["definition", "value"])
@pytest.mark.parametrize(("name", "end"), [("sqrt", 0), ("asin", -1), ("asin", 1), ("acos", 1), ("acosh", 1)])
def test_another_value_at_an_end_of_the_domain_is_rejected(name, end, key):
    side = "<" if end == 1 and name != "acosh" else ">"
    formula = ["piecewise", [side, Z, end], ENTRIES[name][key], 7]
    assert rejected(name, {**ENTRIES[name], key: formula})
    assert not rejected(name, ENTRIES[name])


def test_what_enclosures_do_not_decide_at_an_end_is_rejected():
    """10^80 e^-1000 - 10^80 e^-1000 is 0, within more than 7; and 10^-150 is not 0, within less than is seen."""
    large = ["*", 10**80, call("exp", -1000)]
    wide, tiny = ["+", 7, large, ["*", -1, large]], ["rational", 1, 10**150]
    for value in (wide, tiny):
        assert rejected(
            "sqrt", {**ENTRIES["sqrt"], "value": ["piecewise", [">", Z, 0], ENTRIES["sqrt"]["value"], value]}
        )


def mutants(node):
    """The node with one number, sign, function or comparison changed, or two operands exchanged."""
    if isinstance(node, int):
        yield from (node + 1, -node)
        return
    for k, part in enumerate(node):
        if isinstance(part, (int, list)) and not (k == 2 and node[0] == "apply"):
            yield from ([*node[:k], changed, *node[k + 1 :]] for changed in mutants(part))
    if node[0] == "apply":
        yield from (["apply", name, *node[2:]] for name in ("exp", "cos", "tanh", "step", "relu", "sign"))
    if node[0] in ("+", "*"):
        yield [{"+": "*", "*": "+"}[node[0]], *node[1:]]
    if node[0] in (">", "<", ">=", "<="):
        yield from ([other, *node[1:]] for other in (">", "<", ">=", "<="))
    if node[0] == "^":
        yield [node[0], node[2], node[1]]


def value(name, key, content, at):
    """By enclosures, which decide nothing in the check: a second opinion on whether a mutant differs."""
    return enclosure(content[key], Enclosure.of(at), name)


@pytest.mark.parametrize("name", one_in(4, FUNCTIONS))
def test_no_mutant_that_differs_in_value_is_accepted(name):
    points = [Fraction(p, 16) for p in (-90, -41, -9, 7, 11, 30, 61)]
    accepted = 0
    for key in ("definition", "value", "derivative"):
        for changed in mutants(ENTRIES[name][key]):
            content = {**ENTRIES[name], key: changed}
            if rejected(name, content):
                continue
            accepted += 1
            low, high = (None if bound is None else Fraction(bound) for bound in content["domain"])
            for at in points:
                if (low is None or low < at) and (high is None or at < high):
                    one, two = value(name, key, content, at), value(name, key, ENTRIES[name], at)
                    assert max(one.low, two.low) <= min(one.high, two.high), (key, changed)
    assert accepted < 12  # 1 > z for z < 1 and the like


def test_functions_that_only_the_certificate_defines():
    bell = call("exp", ["*", -1, ["^", Z, 2]])
    found = check_function("gaussian", entry(bell, ["*", -2, Z, bell]), "functions.gaussian")
    assert not found.defined_here
    assert "as the certificate defines it" in found.statement
    assert rejected("gaussian", entry(bell, ["*", 2, Z, bell]))
    assert rejected("mine", entry(call("mine"), 0))  # a definition of itself says nothing
    hinge = ["piecewise", [">", Z, 1], ["+", Z, -1], 0]
    slope = ["piecewise", [">", Z, 1], 1, 0]
    assert check_function("hinge", entry(hinge, slope, kinks=[(1, 0)]), "f").hypotheses[0].startswith("at z = 1")
    assert rejected("hinge", entry(hinge, slope))  # a kink that is not stated
    assert rejected("hinge", entry(hinge, ["piecewise", [">=", Z, 1], 1, 0], kinks=[(1, 0)]))
    assert rejected("cubic", entry(["^", Z, 3], ["piecewise", [">", Z, 0], ["*", 3, ["^", Z, 2]], ["<", Z, 0],
                    ["*", 3, ["^", Z, 2]], 5], kinks=[(0, 5)]))  # no kink at all  # fmt: skip


def test_vacuous_formulas_are_rejected():
    """What is zero over zero, or has no value at all, is no derivative."""
    nothing = ["+", ["^", ["^", Z, 2], ["rational", 1, 2]], ["*", -1, Z]]  # 0 for z > 0
    for wrong in (
        ["*", nothing, ["^", nothing, -1]],
        ["^", ["+", Z, ["*", -1, Z]], -1],
        call("log", ["+", -1, ["*", -1, ["^", Z, 2]]]),
        ["^", -1, ["rational", 1, 2]],
    ):
        assert rejected("f", entry(Z, ["+", 1, ["*", 0, wrong]]))
        assert rejected("f", entry(["+", Z, ["*", 0, wrong]], 1))


def hostile(rng, depth=0):
    kind = rng.randrange(13)
    if depth > 6 or kind < 2:
        return rng.choice(
            [0, 1, -3, 2**300, 10**500, True, None, "z", 1.5, [], {}, Z, ["z", 1], ["pi"], ["rational", 1, 0]]
        )
    inner = [hostile(rng, depth + 1) for _ in range(rng.randrange(4))]
    heads = ["+", "*", "^", "apply", "piecewise", "rational", "z", ">", rng.choice([3, None, "sum"])]
    head = rng.choice(heads)
    if head == "apply":
        return [
            "apply",
            rng.choice([*definitions.DEFINITIONS, "x", 3]),
            rng.choice([0, 0, 0, 1, -1, False]),
            *inner[:2],
        ]
    if head == "piecewise":
        return ["piecewise", [rng.choice([">", "<=", "?"]), *inner[:2]], *inner, 0]
    if head == "^":
        return [
            "^",
            *inner[:1],
            rng.choice([2, -1, 16, 99, ["rational", 1, 2], ["rational", -3, 2], ["rational", 1, 3]]),
        ]
    return [head, *inner]


def test_nothing_but_rejected_leaves_the_check():
    rng = random.Random(5)
    accepted = 0
    for _ in range(3000):
        name = rng.choice([*FUNCTIONS, "unknown"])
        content = copy.deepcopy(ENTRIES.get(name, ENTRIES["tanh"]))
        key = rng.choice(list(content))
        content[key] = hostile(rng)
        if rng.random() < 0.1:
            del content[rng.choice(list(content))]
        accepted += not rejected(name, content)
    assert accepted < 300
    for content in (None, [], 3, "x", {"definition": Z}):
        assert rejected("tanh", content)


def grown(step, times, start=Z):
    formula = start
    for _ in range(times):
        formula = step(formula)
    return formula


COSTLY = {
    "doubled": lambda: grown(lambda f: ["+", f, f], 60),
    "powers": lambda: grown(lambda f: ["^", f, 16], 20, 3),
    "nested": lambda: grown(lambda f: call("mish", f), 80),
    "deep": lambda: grown(lambda f: ["+", f], 100_000),
    "wide": lambda: ["^", ["+", Z, *(call("exp", ["*", k, ["pi"]]) for k in range(20))], 16],
    "roots": lambda: grown(lambda f: ["^", ["+", f, 2], ["rational", 1, 2]], 40),
}


@pytest.mark.parametrize("name", COSTLY)
def test_what_a_check_may_cost_is_bounded(name):
    assert rejected("tanh", {**ENTRIES["tanh"], "derivative": COSTLY[name]()})
    assert rejected("unknown", entry(COSTLY[name](), 0))


def test_the_check_imports_nothing_of_the_deriver():
    module = "dyadic.proofs.checker.differentiation.function_replay"
    code = f"import sys, {module}\nprint([m for m in sys.modules if 'sym' in m and 'py' != m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
