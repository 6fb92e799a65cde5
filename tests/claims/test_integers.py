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


def test_an_assumption_about_one_entry_makes_it_another_than_the_rest():
    """Of 200 values few are looked at, since the others are like them: but not the one that is spoken of."""
    many = derivation(IntegerNetworks, "many")
    for entry in (0, 77, 199):
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
