"""The normal form has the value of what it was made from: sums, brackets and quotients are used up rightly."""

import random
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dyadic.proofs.checker.instantiated.normal_form import Forms
from dyadic.proofs.checker.intake.reading import Rejected

EXTENT = 6
NUMBERS = st.integers(-4, 4)


def integers(names):
    """Integer expressions in these indices."""
    return st.recursive(
        st.one_of(NUMBERS, st.sampled_from([["index", name] for name in names])),
        lambda inner: st.one_of(
            st.tuples(st.just("+"), inner, inner).map(list),
            st.tuples(st.just("*"), NUMBERS, inner).map(list),
            st.tuples(st.sampled_from(["quotient", "remainder"]), inner, st.integers(1, 6)).map(list),
        ),
        max_leaves=5,
    )


def brackets(names):
    inner = integers(names)
    return st.one_of(
        st.tuples(st.just("same"), inner, inner).map(list),
        st.tuples(st.just("same"), st.sampled_from([["index", name] for name in names]), inner).map(list),
        st.tuples(st.just("inside"), inner, st.integers(1, 6)).map(list),
        st.tuples(st.just("divides"), st.integers(1, 4), inner).map(list),
    )


def terms(names):
    """Products of brackets and entries, some of them within sums."""
    entry = st.builds(lambda one, two: ["entry", "x", "u", [one, two]], integers(names), integers(names))
    plain = st.builds(lambda guards, e: ["*", *guards, e], st.lists(brackets(names), max_size=2), entry)
    if len(names) > 3:
        return plain
    name = "klm"[len(names) - 1]
    inside = terms([*names, name])
    total = st.builds(lambda n, body: ["sum", name, n, body], st.integers(1, 4), inside)
    largest = st.builds(lambda n, body: ["max", name, n, body], st.integers(1, 4), entry)
    return st.one_of(plain, total, st.builds(lambda *two: ["+", *two], total, total), largest)


def entry(*place):
    """A tensor without ends, so that a bracket that is 0 needs to protect nothing."""
    return Fraction(random.Random(repr(tuple(map(int, place)))).randint(-50, 50))


def value(node, at):
    """An expression as the certificate writes it, read literally."""
    if isinstance(node, int):
        return node
    head, *rest = node
    if head == "index":
        return at[rest[0]]
    if head == "entry":
        return entry(*(value(index, at) for index in rest[2]))
    if head in ("sum", "max"):
        name, extent, body = rest
        return (sum if head == "sum" else max)(value(body, {**at, name: k}) for k in range(extent))
    if head in ("+", "*"):
        values = [value(child, at) for child in rest]
        result = values[0]
        for other in values[1:]:
            result = result + other if head == "+" else result * other
        return result
    return applied(head, *(value(child, at) for child in rest))


def applied(head, one, two):
    return {
        "quotient": lambda: one // two, "remainder": lambda: one % two, "same": lambda: int(one == two),
        "inside": lambda: int(0 <= one < two), "divides": lambda: int(two % one == 0),
    }[head]()  # fmt: skip


def value_of_form(forms, polynomial, levels):
    return sum(number * value_of_monomial(forms, monomial, levels) for monomial, number in dict(polynomial).items())


def value_of_monomial(forms, monomial, levels):
    result = 1
    for atom, exponent in monomial:
        head, *rest = forms.parts(atom)
        if head == "index":
            own = levels[rest[0]]
        elif head == "entry":
            own = entry(*(value_of_form(forms, place, levels) for place in rest[2]))
        elif head == "sum":
            extent = value_of_form(forms, rest[0], levels)
            own = sum(value_of_monomial(forms, rest[1], [*levels, k]) for k in range(extent))
        elif head == "max":
            extent = value_of_form(forms, rest[0], levels)
            own = max(value_of_form(forms, rest[2], [*levels, k]) for k in range(extent))
        else:
            own = applied(head, *(value_of_form(forms, part, levels) for part in rest))
        result *= own**exponent
    return result


def heads(forms, polynomial):
    """The heads of all atoms of a form."""
    found, pending = set(), [atom for monomial in polynomial for atom, _ in monomial]
    while pending:
        head, *rest = forms.parts(pending.pop())
        found.add(head)
        keys = rest[2] if head == "entry" else [k for k in rest if isinstance(k, frozenset)]
        pending += [atom for k in keys for monomial, _ in k for atom, _ in monomial]
        pending += [atom for atom, _ in rest[1]] if head == "sum" else []
    return found


@settings(max_examples=600, deadline=None)
@given(terms(["i"]))
def test_a_form_has_the_value_of_what_was_read(tree):
    forms = Forms()
    try:
        form = forms.of(tree, {"i": 0}, "tree", extents=[{(): EXTENT}])
    except Rejected:
        assume(False)
    for i in range(EXTENT):
        assert value_of_form(forms, form, [i]) == value(tree, {"i": i}), tree


X = ["entry", "x", "u", [["index", "k"], 0]]


@pytest.mark.parametrize(
    ("tree", "gone"),
    [
        (["sum", "k", 1, X], {"sum"}),
        (["sum", "k", 2, ["*", ["same", ["index", "k"], 0], X]], {"sum", "same", "inside"}),
        (["sum", "k", 2, ["*", ["same", ["index", "k"], 2], X]], {"sum", "same", "entry"}),
        (["sum", "k", 2, ["*", ["same", ["index", "i"], ["index", "k"]], X]], {"sum", "same"}),
        (["sum", "k", 6, ["sum", "l", 2, ["*", ["same", ["index", "k"], ["quotient", ["index", "l"], 2]], X]]],
         {"same", "quotient", "inside"}),
        (["*", ["inside", ["+", ["index", "i"], 1], 7], ["entry", "x", "u", [0, 0]]], {"inside"}),
        (["entry", "x", "u", [["quotient", ["+", ["*", 8, ["index", "i"]], 3], 4], 0]], {"quotient"}),
    ],
)  # fmt: skip
def test_what_says_nothing_is_gone(tree, gone):
    forms = Forms()
    form = forms.of(tree, {"i": 0}, "tree", extents=[{(): EXTENT}])
    assert not gone & heads(forms, form)
    for i in range(EXTENT):
        assert value_of_form(forms, form, [i]) == value(tree, {"i": i})


@pytest.mark.parametrize(
    "bracket",
    [
        ["same", ["*", 2, ["index", "k"]], ["index", "i"]],  # no k for an odd i
        ["same", ["index", "k"], ["rational", 1, 2]],
        ["same", ["*", ["index", "k"], ["index", "k"]], ["index", "k"]],
        ["same", ["index", "k"], ["^", ["size", "n"], -1]],
        ["same", ["index", "k"], ["apply", "exp", 0, ["index", "i"]]],
    ],
)
def test_an_index_that_is_not_determined_by_integers_stays(bracket):
    """[k = 1/2] is 0 for every k, and [0 <= 1/2 < 3] is 1."""
    forms = Forms()
    form = forms.of(["sum", "k", 3, ["*", bracket, X]], {"i": 0}, "tree", extents=[{(): EXTENT}])
    assert {"sum", "same"} <= heads(forms, form)
