"""The variational constructions: what the prover shows, and what the checker replays from its data."""

import copy
import dataclasses
import json
import subprocess
import sys

import pytest
import sympy

from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.checker.lemmas.variational_replay import check_variational
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods import variational
from dyadic.symbolic.constructions import (
    ENERGY,
    S,
    T,
    X,
    action_of_energy,
    doubled_cost,
    doubled_state,
    energy_gradient,
)


@pytest.fixture(scope="module")
def data():
    """The witness of every claim, as it comes out of a file."""
    return {claim.id: json.loads(json.dumps(claim.witness)) for claim in variational.variational_claims()}


def test_all_are_proved_and_replayed(data):
    assert {claim.verdict for claim in variational.variational_claims()} == {Verdict.PROVED}
    for name, item in data.items():
        assert check_variational(item, name)


def test_wrong_constructions_are_refuted():
    a, b, c = action_of_energy(), doubled_state(), doubled_cost()
    taken_for_saddle = dataclasses.replace(a, name="B", functional=b.functional, varied=b.varied)
    refuted = variational.construction_claim(taken_for_saddle, 1)
    assert refuted.verdict is Verdict.REFUTED
    assert refuted.counterexample["found"] != refuted.counterexample["stated"]
    f = sympy.Symbol("f", real=True)
    assert variational.cost_claim(dataclasses.replace(c, rate_x=f - X)).verdict is Verdict.REFUTED
    by_s, by_x = energy_gradient()
    for wrong in ((by_s, -by_x), (2 * by_s, by_x), (by_x, by_s)):
        assert variational.dyadic_claim(wrong).verdict is Verdict.REFUTED


@pytest.mark.parametrize("extra", [lambda b: b.varied[0], lambda b: b.varied[0] * (b.varied[1].diff(T) + 1)])
def test_another_functional_is_not_proved(extra):
    b = doubled_state()
    claim = variational.construction_claim(dataclasses.replace(b, functional=b.functional + extra(b)), 1)
    assert claim.verdict is Verdict.UNDECIDED


def test_a_functional_that_cannot_be_read_is_undecided():
    b = doubled_state()
    claim = variational.construction_claim(dataclasses.replace(b, functional=sympy.sin(b.functional)), 1)
    assert claim.verdict is Verdict.UNDECIDED
    assert "polynomial" in claim.reason


def test_a_counterexample_can_be_substituted():
    """The numbers, put into E = Sum e_ij x^i s^j by SymPy, give the two values stated."""
    a, b = action_of_energy(), doubled_state()
    numbers = variational.construction_claim(
        dataclasses.replace(a, name="B", functional=b.functional, varied=b.varied), 1
    ).counterexample
    values = {name: sympy.Rational(value) for name, value in numbers["values"].items()}
    x, s = values["x"], values["s"]
    energy = sum(values[f"e{i}{j}"] * X**i * S**j for i in range(4) for j in range(4 - i) if f"e{i}{j}" in values)
    assert a.rate_s.subs(ENERGY(X, S), energy).doit().subs({X: x, S: s}) == sympy.Rational(numbers["found"])
    assert energy.diff(X).subs({X: x, S: s}) == sympy.Rational(numbers["stated"])


# -- the checker must say no -----------------------------------------------------------------------------------------

LEAVES = ("construction", "functional", "rate_x", "rate_s", "x", "s", "leak", "cost")


def _mutants(node):
    """Every way to change one integer, name or operator of nested lists, or to drop one of a list's members."""
    if isinstance(node, list):
        for place, child in enumerate(node):
            for other in _mutants(child):
                yield [*node[:place], other, *node[place + 1 :]]
            if len(node) > 2:
                yield [*node[:place], *node[place + 1 :]]
    elif isinstance(node, int):
        yield node + 1
        yield -node - 3
    else:
        yield from {"+": ["*"], "*": ["+"], "x": ["s"], "s": ["x"], "E": ["C"], "path": ["rate"]}.get(node, ["q"])


def _same_value(one, two):
    """Whether two lists denote the same polynomial, decided by SymPy: such a mutant says the same thing."""

    def read(node):
        if isinstance(node, int):
            return sympy.Integer(node)
        head, *rest = node
        if head == "rational":
            return sympy.Rational(*rest)
        if head in ("symbol", "path", "rate"):
            return sympy.Symbol(f"{head} {rest[0]}")
        if head in "+*":
            return (sympy.Add if head == "+" else sympy.Mul)(*map(read, rest))
        name, orders, arguments = rest
        return sympy.Function(f"{name} {orders}")(*(sympy.expand(read(argument)) for argument in arguments))

    try:
        return sympy.expand(read(one) - read(two)) == 0
    except (TypeError, ValueError, AttributeError, ZeroDivisionError):
        return False


@pytest.mark.parametrize("key", ["functional", "rate_x", "rate_s", "leak", "cost", "construction"])
def test_every_single_change_is_rejected(data, key):
    tried = 0
    for name, item in data.items():
        for mutant in _mutants(item[key]) if key in item else ():
            if key in ("functional", "rate_x", "rate_s") and _same_value(mutant, item[key]):
                continue
            tried += 1
            with pytest.raises(Rejected, match=name):
                check_variational({**item, key: mutant}, name)
    assert tried


@pytest.mark.parametrize(
    "value",
    [None, True, 1.5, "x", [], [[]], ["+"], ["symbol"], ["rational", 1, 0], ["rational", True, 2], 2**64, {},
     ["function", "E", [0, 3], [1, 1]], ["function", "E", [0], [1]], ["path", "x"], ["symbol", "q"]],
)  # fmt: skip
@pytest.mark.parametrize("key", ["functional", "rate_x", "rate_s"])
def test_what_cannot_be_read_is_rejected(data, key, value):
    for name, item in data.items():
        if key in item:
            with pytest.raises(Rejected, match=f"{name}.{key}"):
                check_variational({**item, key: value}, name)


def test_what_nobody_reads_is_rejected(data):
    for name, item in data.items():
        with pytest.raises(Rejected, match="does not have the entries"):
            check_variational({**item, "remark": "for every E, differentiable or not"}, name)


@pytest.mark.parametrize("key", LEAVES)
def test_what_is_missing_is_rejected(data, key):
    for name, item in data.items():
        if key in item:
            with pytest.raises(Rejected, match=key):
                check_variational({k: v for k, v in item.items() if k != key}, name)


def test_large_expressions_are_refused_at_once(data):
    deep, item = 1, copy.deepcopy(data["variational:A"])
    for _ in range(5000):
        deep = ["+", deep]
    two = ["+", ["symbol", "x"], ["symbol", "s"], ["symbol", "f"], 1]
    for bad in (deep, ["*", *[two] * 300], ["+", *[1] * 5000]):
        with pytest.raises(Rejected, match="rate_x"):
            check_variational({**item, "rate_x": bad}, "w")


def test_imports_nothing_of_the_rest():
    code = (
        "import sys, dyadic.proofs.checker.lemmas.variational_replay;"
        "print([m for m in sys.modules if m.split('.')[0] in ('sympy', 'numpy', 'flint', 'z3')])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
