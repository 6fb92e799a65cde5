"""An equation is compared as it is written: on the network's side sums, brackets and quotients are used up rightly, and
what is printed holds nothing that is not compared."""

import random
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dyadic.proofs.checker.instantiated.demands import ITSELF
from dyadic.proofs.checker.instantiated.integer_forms import Forms
from dyadic.proofs.checker.instantiated.letters import Letters
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


def value_of_sum(products, value):
    """A sum of products of powers, as the checker holds it; ``value``: of what stands under an exponent."""
    total = 0
    for factors, number in dict(products).items():
        for base, exponent in factors:
            number *= value(base) ** exponent
        total += number
    return total


def value_of_terms(forms, terms, levels):
    """The value of what an expression was read as."""
    return value_of_sum(terms, lambda base: value_of_base(forms, base, levels))


def value_of_base(forms, base, levels):
    head, *rest = base
    if head == "added":
        return value_of_terms(forms, rest[0], levels)
    if head == "entry":
        return entry(*(value_of_integer(forms, place, levels) for place in rest[2]))
    if head in ("sum", "max"):
        extent = value_of_integer(forms, rest[0], levels)
        return (sum if head == "sum" else max)(value_of_terms(forms, rest[2], [*levels, k]) for k in range(extent))
    if head == "bracket" and len(rest) == 3:
        return applied(rest[0], *(value_of_integer(forms, part, levels) for part in rest[1:]))
    ((atom, _),) = rest[0] if head == "bracket" else ((rest[0], 1),)
    return value_of_atom(forms, atom, levels)


def value_of_integer(forms, polynomial, levels):
    return value_of_sum(polynomial, lambda atom: value_of_atom(forms, atom, levels))


def value_of_atom(forms, atom, levels):
    head, *rest = forms.parts(atom)
    if head == "index":
        return levels[rest[0]]
    return applied(head, *(value_of_integer(forms, part, levels) for part in rest))


def read(tree, at_sizes):
    forms = Forms()
    letters = Letters(forms, "tree", ITSELF, [EXTENT], at_sizes)
    return forms, letters.read(tree, {"i": 0}), letters.hidden or forms.lost


@pytest.mark.long
@settings(max_examples=600, deadline=None)
@given(terms(["i"]), st.booleans())
def test_what_was_read_has_the_value_of_what_is_written(tree, at_sizes):
    try:
        forms, found, _ = read(tree, at_sizes)
    except Rejected:
        assume(False)
    for i in range(EXTENT):
        assert value_of_terms(forms, found, [i]) == value(tree, {"i": i}), tree


@settings(max_examples=300, deadline=None)
@given(terms(["i"]))
def test_what_is_printed_is_compared_as_a_whole(tree):
    """Of what is not seen to hide anything every sum, bracket and entry is there, as often as it is written."""
    try:
        _, found, hidden = read(tree, at_sizes=False)
    except Rejected:
        assume(False)
    assume(not hidden)
    assert counted_in_terms(found) == counted_in_tree(tree)


def counted_in_terms(terms):
    """How many brackets and entries outside of indices."""
    total = 0
    for factors, number in dict(terms).items():
        for base, exponent in factors:
            compound = base[0] in ("sum", "max", "added")
            own = counted_in_terms(base[-1]) if compound else int(base[0] in ("bracket", "entry"))
            total += own * exponent * number  # what is added twice
    return total


def counted_in_tree(node):
    if not isinstance(node, list):
        return 0
    if node[0] in ("same", "inside", "divides", "entry"):
        return 1
    return sum(map(counted_in_tree, node))


X = ["entry", "x", "u", [["index", "k"], 0]]
AT = ["index", "i"]


def heads(terms):
    """The heads of all that stands in what was read."""
    found = set()
    for factors, _ in dict(terms).items():
        for base, _ in factors:
            found.add(base[0])
            if base[0] in ("sum", "max", "added"):
                found |= heads(base[-1])
    return found


@pytest.mark.parametrize(
    ("tree", "gone"),
    [
        (["sum", "k", 1, X], {"sum"}),
        (["sum", "k", 2, ["*", ["same", ["index", "k"], 0], X]], {"sum", "bracket"}),
        (["sum", "k", 2, ["*", ["same", ["index", "k"], 2], X]], {"sum", "bracket", "entry"}),
        (["sum", "k", 2, ["*", ["same", AT, ["index", "k"]], X]], {"sum"}),
        (["sum", "k", 6, ["sum", "l", 2, ["*", ["same", ["index", "k"], ["quotient", ["index", "l"], 2]], X]]],
         {"bracket"}),
        (["*", ["inside", ["+", AT, 1], 7], ["entry", "x", "u", [0, 0]]], {"bracket"}),
        (["^", ["*", 8, ["^", ["*", 2, 2], -1]], ["rational", 1, 2]], {"added"}),
    ],
)  # fmt: skip
def test_on_the_side_of_the_network_what_says_nothing_is_gone(tree, gone):
    forms, found, _ = read(tree, at_sizes=True)
    assert not gone & heads(found)
    if tree[0] != "^":
        for i in range(EXTENT):
            assert value_of_terms(forms, found, [i]) == value(tree, {"i": i})


@pytest.mark.parametrize(
    "bracket", [["same", ["*", 2, ["index", "k"]], AT], ["same", ["*", ["index", "k"], ["index", "k"]], ["index", "k"]]]
)
def test_an_index_that_is_not_determined_stays(bracket):
    """There is no k with 2 k = i for an odd i."""
    _, found, _ = read(["sum", "k", 3, ["*", bracket, X]], at_sizes=True)
    assert {"sum", "bracket"} <= heads(found)


def test_a_value_is_not_captured_by_a_sum_within():
    inner = ["sum", "l", 2, ["entry", "x", "u", [["index", "l"], ["index", "k"]]]]
    for value_ in (AT, ["+", AT, 1]):
        tree = ["sum", "k", 3, ["*", ["same", ["index", "k"], value_], inner]]
        forms, found, _ = read(tree, at_sizes=True)
        for i in range(EXTENT):
            assert value_of_terms(forms, found, [i]) == value(tree, {"i": i})


HIDDEN = {
    "a term that cancels": ["+", X0 := ["entry", "x", "u", [0, 0]], ["*", -1, X0], 1],
    "a quotient of equals": ["*", X0, ["^", X0, -1]],
    "an index divided by itself": ["*", AT, ["^", AT, -1]],
    "a sum of nothing": ["+", 1, ["sum", "k", 3, ["+", X, ["*", -1, X]]]],
    "a bracket and 0": ["*", ["+", ["inside", AT, 3], 0], X0],
    "a bracket in a product within": ["*", X0, ["*", 2, ["inside", AT, 3]]],
    "a factor 1": ["*", 1, X0],
    "0 times something": ["*", ["+", 1, -1], X0],
    "equal integers": ["*", ["same", ["entry", "x", "t", [AT]], ["entry", "x", "t", [AT]]], X0],
    "a quotient of 0": ["entry", "x", "u", [["quotient", 0, ["entry", "x", "t", [AT]]], 0]],
    "a root that is squared": ["*", ["^", X0, ["rational", 1, 2]], ["^", X0, ["rational", 1, 2]]],
}


@pytest.mark.parametrize("what", HIDDEN)
def test_what_is_printed_and_not_seen_is_noticed(what):
    assert read(HIDDEN[what], at_sizes=False)[2]


LATE = ["inside", ["index", "k"], 2]
SHOWN = {
    "a power of a bracket": ["^", ["inside", AT, 3], 2],
    "a bracket twice": ["*", ["inside", AT, 3], ["inside", AT, 3], X0],
    "a bracket in a sum": ["*", X0, ["+", ["inside", AT, 3], 1]],
    "a bracket that always holds": ["*", ["inside", AT, EXTENT], X0],
    "a bracket that never holds": ["+", X0, ["*", ["inside", -1, 3], X0]],
    "a sum over one value": ["sum", "k", 1, X],
    "a bracket in a sum over one value": ["*", X0, ["sum", "k", 1, ["inside", AT, 3]]],
    "a power of a product with a bracket": ["^", ["*", ["inside", AT, 3], X0], 2],
    "a power of a power": ["^", ["^", X0, -1], -1],
    "an index inverted twice": ["^", ["^", AT, -1], -1],
    "a square of a root": ["^", ["^", X0, ["rational", 1, 2]], 2],
    "a bracket in a product within, of a maximum": ["max", "k", 3, ["*", 2, ["*", LATE, X]]],
    "a maximum of one": ["max", "k", 1, ["*", ["inside", ["+", -1, AT], 3], X]],
    "a sum of which a bracket picks a term": ["sum", "k", 3, ["*", ["same", ["index", "k"], 0], X]],
}


@pytest.mark.parametrize("what", SHOWN)
def test_what_a_reader_sees_is_there(what):
    """So that it is not the network's equation if that does not hold it too."""
    plain = {
        "a power of a bracket": ["inside", AT, 3], "a bracket twice": ["*", ["inside", AT, 3], X0],
        "a bracket in a sum over one value": ["*", X0, ["inside", AT, 3]],
        "a power of a product with a bracket": ["*", ["^", ["inside", AT, 3], 2], ["^", X0, 2]],
        "a bracket in a sum": ["+", ["*", X0, ["inside", AT, 3]], X0], "an index inverted twice": AT,
        "a bracket in a product within, of a maximum": ["max", "k", 3, ["*", 2, LATE, X]],
        "a maximum of one": ["*", ["inside", ["+", -1, AT], 3], X0],
    }.get(what, X0)  # fmt: skip
    forms = Forms()
    one, two = (Letters(forms, "tree", ITSELF, [EXTENT]).read(tree, {"i": 0}) for tree in (SHOWN[what], plain))
    assert one != two


def test_an_index_that_is_bound_twice_is_refused():
    with pytest.raises(Rejected, match="binds the index"):
        read(["sum", "i", 3, ["entry", "x", "u", [AT, 0]]], at_sizes=False)
