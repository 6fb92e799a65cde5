"""Integers in claims and in what they assume: as indices, in brackets and as numbers, for all of their values.

The truth is found by trying: every value of the target and every triple of a few numbers for what it selects from.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest

from claims.campaign import _dense as dense
from claims.test_campaign import derivation, judged
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.symbolic import SpecError

_TRIED = (0, 1, -1, 2, Fraction(1, 2))


class IntegerNetworks:
    """Scores of three classes by the number of the target, by a one-hot target, and a table read at tokens."""

    NETWORKS = {
        "number": lambda: network(dense("o", 3), inputs={"u": [2]}, cost={"type": "cross_entropy", "target": "index"}),
        "one-hot": lambda: network(dense("o", 3), inputs={"u": [2]}, cost={"type": "cross_entropy"}),
        "rows": lambda: network(
            {"name": "e", "type": "embedding", "count": 3, "units": 2},
            {"name": "m", "type": "reduce_max", "axes": [1], "keep": False},
            inputs={"t": {"shape": [2], "below": 3}},
        ),
        "tokens": lambda: network(
            {"name": "e", "type": "embedding", "count": 200, "units": 2}, inputs={"t": {"shape": [3], "below": 200}}
        ),
        "square": lambda: network({"name": "o", "type": "linear", "units": 3}, inputs={"u": [3]}),
        "many": lambda: network(dense("o", 200), inputs={"u": [2]}, cost={"type": "cross_entropy", "target": "index"}),
    }


ASSUMED = {
    "x_o[y] = 1": lambda x, y: x[y] == 1,
    "x_o[y] > 0": lambda x, y: x[y] > 0,
    "x_o[y] != 0": lambda x, y: x[y] != 0,
    "x_o[y] >= x_o[i]": lambda x, y: x[y] == max(x),
    "x_o[i] = [i = y]": lambda x, y: all(v == (i == y) for i, v in enumerate(x)),
    "x_o[0] = y": lambda x, y: x[0] == y,
    "y = 2": lambda x, y: y == 2,
    "y != 1": lambda x, y: y != 1,
    "y < 2": lambda x, y: y < 2,
    "x_o[0] = [y = 1]": lambda x, y: x[0] == (y == 1),
    "x_o[2] = x_o[y]": lambda x, y: x[2] == x[y],
}
CLAIMED = {
    "x_o[0] = 1": lambda x, y: x[0] == 1,
    "x_o[2] = 1": lambda x, y: x[2] == 1,
    "x_o[y] = 1": lambda x, y: x[y] == 1,
    "[y = 2] (x_o[2] - 1) = 0": lambda x, y: y != 2 or x[2] == 1,
    "[y = 0] (x_o[0] - 1) = 0": lambda x, y: y != 0 or x[0] == 1,
    "[y = 1] = 0": lambda x, y: y != 1,
    "y^2 = 2 y": lambda x, y: y * y == 2 * y,
    "floor(y/2) = [y = 2]": lambda x, y: True,
    "floor(y/2) = 0": lambda x, y: y < 2,
    "relu(x_o[0]) = x_o[0]": lambda x, y: x[0] >= 0,
    "[x_o[y] > 0] = 1": lambda x, y: x[y] > 0,
    "Sum[i] x_o[i] = 1": lambda x, y: sum(x) == 1,
    "x_o[0]^2 = x_o[0]": lambda x, y: x[0] ** 2 == x[0],
    "abs(x_o[0] - y) = 0": lambda x, y: x[0] == y,
}


def _states():
    for y in range(3):
        for x in product(_TRIED, repeat=3):
            yield x, y


_AS_ONE_HOT = {
    "x_o[y]": "(Sum[k] y[k] x_o[k])", "y = 2": "y[2] = 1", "y != 1": "y[1] = 0", "y = 1": "y[1] = 1",
    "y = 0": "y[0] = 1", "y < 2": "y[2] = 0", "[i = y]": "y[i]",
}  # fmt: skip


def _one_hot(text):
    """The like for a one-hot target, by its entries; None where the number itself is used."""
    for old, new in _AS_ONE_HOT.items():
        text = text.replace(old, new)
    return None if "y)" in text or "y^" in text or "y/" in text or text.endswith("= y") else text


def _holds_as_found(found, claim, assumed, true):
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), (assumed, found)
    if true:
        return
    numbers = {**dict.fromkeys(("x_o[0]", "x_o[1]", "x_o[2]"), 0), **found.counterexample.get("values", {})}
    integers = found.counterexample["integers"]
    y = integers["y"] if "y" in integers else next(i for i in range(3) if integers[f"y[{i}]"])
    state = [Fraction(numbers[f"x_o[{i}]"]) for i in range(3)], y
    assert ASSUMED[assumed](*state), found.counterexample
    assert not CLAIMED[claim](*state), found.counterexample


@pytest.mark.parametrize("network", ["number", "one-hot"])
@pytest.mark.parametrize("claim", CLAIMED)
def test_the_verdict_is_that_of_all_integers(claim, network):
    put = _one_hot if network == "one-hot" else str
    examined = decided = 0
    for assumed, allows in ASSUMED.items():
        if put(assumed) is None or put(claim) is None:
            continue
        true = all(CLAIMED[claim](*state) for state in _states() if allows(*state))
        hot = ("y one-hot",) if network == "one-hot" else ()
        found = judged(derivation(IntegerNetworks, network), put(claim), assumptions=(*hot, put(assumed)))
        examined += 1
        if found.verdict is not Verdict.UNDECIDED:
            _holds_as_found(found, claim, assumed, true)
            decided += 1
    assert decided >= examined - 1


@pytest.mark.parametrize("assumptions", [("y = 7",), ("y = 1/2",), ("y = 0", "y = 1"), ("y < 0",), ("y > 1", "y < 2")])
def test_what_no_integer_fulfils_claims_nothing(assumptions):
    with pytest.raises(SpecError, match="contradict each other"):
        judged(derivation(IntegerNetworks, "number"), "x_o[0] = x_o[0]", assumptions=assumptions)


@pytest.mark.long
def test_an_assumption_about_one_entry_makes_it_another_than_the_rest():
    """Of 200 values few are looked at, since the others are like them: but not the one that is spoken of."""
    many = derivation(IntegerNetworks, "many")
    for entry in (77,):
        found = judged(many, "x_o[y] [x_o[y] = 5] = 0", assumptions=(f"x_o[{entry}] = 5", "x_o[i] <= 5"))
        assert found.verdict is not Verdict.PROVED
    found = judged(many, "relu(x_o[y]) = x_o[y]", assumptions=("x_o[y] >= 0",))
    assert found.verdict is Verdict.PROVED
    found = judged(many, "relu(x_o[77]) = x_o[77]", assumptions=("x_o[y] >= 0",))
    assert found.verdict is not Verdict.PROVED


def test_too_many_integers_for_an_assumption_leave_it_open():
    tokens = network(
        {"name": "e", "type": "embedding", "inputs": ["t", "table"]},
        {"name": "o", "type": "dense", "units": 2},
        inputs={"t": {"shape": [9], "below": 50}}, parameters={"table": {"shape": [50, 2]}},
    )  # fmt: skip
    found = judged(tokens, "table[x_t[8], 0] = table[x_t[8], 0]", assumptions=("table[x_t[i], 0] = 0",))
    assert found.verdict is Verdict.UNDECIDED


POSITIONS = {
    "argf_m[0] = argf_m[1]": False,
    "2 argf_m[0] = argf_m[0] + argf_m[1]": False,
    "W_e[0, argf_m[0]] = Max[c<2] W_e[0, c]": False,
    "x_e[0, argf_m[0]] = Max[c<2] x_e[0, c]": True,
    "f_m[0] = x_e[0, argf_m[0] + 0]": True,
    "f_m[i] = x_e[i, 1 - argf_m[i]]": False,
    "Sum[c<2] [c = 1 - argf_m[0]] x_e[0, c] = x_e[0, 0] + x_e[0, 1] - f_m[0]": True,
    "Sum[c<2] [c = argf_m[0] - 1] x_e[0, c] = 0": False,
    "[argf_m[0] = argf_m[1]] = 1": False,
    "Sum[c<2] [c != argf_m[0]] x_e[0, c] = x_e[0, 0] + x_e[0, 1] - f_m[0]": True,
    "Sum[c<2] [c != argf_m[0]] x_e[0, c] = x_e[0, 1]": False,
    "Sum[c<2] (1 - [c = argf_m[0]] [c > 0]) x_e[0, c] = x_e[0, 0] + x_e[0, 1] (1 - argf_m[0])": True,
    "Sum[c<2] [c != 1 - argf_m[0]] x_e[0, c] = f_m[0]": True,
    "Sum[c<2] [c != 1 - argf_m[0]] x_e[0, c] = x_e[0, argf_m[1]]": False,
}


@pytest.mark.parametrize("claim", POSITIONS)
def test_the_place_of_a_largest_value_depends_on_the_integers_that_it_reads(claim):
    found = judged(derivation(IntegerNetworks, "rows"), claim, at="solution")
    assert found.verdict is (Verdict.PROVED if POSITIONS[claim] else Verdict.REFUTED), found


@pytest.mark.parametrize(
    "assumption", ["argf_m[0] > 0", "argf_m[0] != 0", "1 <= argf_m[0]", "ArgMax[c<2] x_e[0, c] > 0"]
)
def test_the_place_of_a_largest_value_can_be_assumed(assumption):
    rows = derivation(IntegerNetworks, "rows")
    assert judged(rows, "argf_m[0] = 0", assumptions=(assumption,), at="solution").verdict is not Verdict.PROVED
    assert judged(rows, "argf_m[0] = 1", assumptions=(assumption,), at="solution").verdict is not Verdict.REFUTED


@pytest.mark.parametrize(
    ("claim", "true"),
    [("W_o[0, 1] = W_o[1, 0]", True), ("Sum[i] W_o[i, j] = 1", True),
     ("Sum[k] W_o[i, k] W_o[k, j] = [i = j]", True), ("W_o[0, 0] = 1", False), ("W_o[0, 1] = 0", False)],
)  # fmt: skip
def test_a_matrix_that_is_symmetric_and_one_hot_is_both(claim, true):
    found = judged(derivation(IntegerNetworks, "square"), claim, assumptions=("W_o symmetric", "W_o one-hot"))
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), found
    if not true:
        rows = found.counterexample["integers"]
        assert all(rows[f"W_o[{i}, {j}]"] == rows[f"W_o[{j}, {i}]"] for i in range(3) for j in range(3))


OTHERS = [
    ((), "1/y = 1", False), ((), "x_o[0]/y = x_o[0]", False), ((), "y/y = 1", True), ((), "log(y - 1) = 1", False),
    ((), "1/(y - 1) = y - 1", True), (("x_o[0]^2 + 1 - y < 0",), "y = 1", False),
    (("x_o[0]^2 + 1 - y < 0",), "y = 0", False),
]  # fmt: skip


@pytest.mark.parametrize(("assumptions", "claim", "true"), OTHERS)
def test_integers_at_which_there_is_no_value_say_nothing_of_the_others(assumptions, claim, true):
    found = judged(derivation(IntegerNetworks, "number"), claim, assumptions=assumptions)
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), found


@pytest.mark.long
def test_integers_that_are_given_leave_the_others():
    tokens = derivation(IntegerNetworks, "tokens")
    given = ("x_t[0] = 137",)
    assert judged(tokens, "f_e[0, c] = W_e[137, c]", assumptions=given).verdict is Verdict.PROVED
    assert judged(tokens, "f_e[1, c] = W_e[137, c]", assumptions=given).verdict is Verdict.REFUTED
    assert judged(tokens, "[x_t[1] = x_t[0]] f_e[1, c] = 0", assumptions=given).verdict is not Verdict.PROVED
    assert judged(tokens, "(x_t[0] - x_t[1]) (x_t[1] - x_t[2]) = 0").verdict is Verdict.REFUTED
    found = judged(tokens, "x_e[0, 0] = 1", assumptions=("x_t[0] + x_t[1] = 399",))
    assert found.verdict is Verdict.UNDECIDED
    assert "none of the integers that were tried" in found.reason


CHAINS = [
    (("[y >= 1]", "1", "y/y"), True), (("1", "y/y", "[y >= 1]"), True),
    (("y", "1", "1 + 0/(y (y - 2))"), True), (("2", "2 + 0/(y (y - 1))", "y"), True),
    (("y", "1", "1 + 0/y"), False), (("y + 1", "2 y", "2 y + 0/(y - 2)"), False),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "true"), CHAINS)
def test_a_chain_speaks_of_the_integers_at_which_all_of_it_has_a_value(steps, true):
    found = judged(derivation(IntegerNetworks, "number"), *steps, kind="chain")
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), found


def test_a_definition_that_is_not_used_is_no_part_of_a_claim():
    number = derivation(IntegerNetworks, "number")
    assert judged(number, "x_o[0] = abs(x_o[0])", definitions=("q = sqrt(x_o[0])",)).verdict is Verdict.REFUTED
    used = judged(number, "x_o[0] + q = abs(x_o[0]) + q", definitions=("q = sqrt(x_o[0])",))
    assert used.verdict is not Verdict.REFUTED


def test_where_a_padded_maximum_stands_is_read_inside():
    pooled = network(
        {"name": "p", "type": "max_pool", "kernel": [2], "padding": [1]}, inputs={"u": [1, 3]}
    )  # fmt: skip
    assert judged(pooled, "f_p[c, i] = x_u[c, 2 i + argf_p[c, i] - 1]").verdict is not Verdict.REFUTED
    assert judged(pooled, "f_p[c, i] = x_u[c, 2 i - argf_p[c, i]]").verdict is not Verdict.PROVED
