"""Ranges that end before an expression: of sizes, of numbers that have names, and of other indices."""

from __future__ import annotations

import pytest

from claims.author import as_echoed, judged
from claims.campaign import _dense as dense
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.symbolic import SpecError

FIVE = network(dense("h", 5, "tanh"), dense("o", 2), inputs={"u": [3]})
NAMED = network(dense("h", "n", "tanh"), dense("o", "m"), inputs={"u": ["k"]})
_N = {"names": {"n": "5"}}
_COUNTED = {**_N, "first": 1}
_TEX = {**_COUNTED, "latex": True}

CLAIMS = [
    (FIVE, _N, "Sum[i<n-1] x_h[i] + x_h[n-1] = Sum[i] x_h[i]", True),
    (FIVE, _N, "Sum[i<n-1] x_h[i] + x_h[n-2] = Sum[i] x_h[i]", False),
    (FIVE, _N, "Sum[i<n+1] x_h[i] = Sum[i] x_h[i]", False),
    (FIVE, _N, "Sum[1<=i<=n-1] x_h[i] + x_h[0] = Sum[i] x_h[i]", True),
    (FIVE, _N, "Sum[1<=i<n-1] x_h[i] + x_h[0] = Sum[i] x_h[i]", False),
    (FIVE, _N, "Sum[i=0..n-2] x_h[i] + x_h[n-1] = Sum[i] x_h[i]", True),
    (FIVE, _COUNTED, "Sum[i=1..n-1] x_h[i] + x_h[n] = Sum[i] x_h[i]", True),
    (FIVE, _COUNTED, "Sum[i=1..n-1] x_h[i] + x_h[1] = Sum[i] x_h[i]", False),
    (FIVE, {}, "Sum[j<=i] x_h[j] - Sum[j<i] x_h[j] = x_h[i]", True),
    (FIVE, {}, "Sum[j<=i] x_h[j] - Sum[j<i] x_h[j] = x_h[i] + [i = 4] x_h[i]", False),
    (FIVE, {}, "Sum[j<=i+1] x_h[j] = Sum[j<=i] x_h[j] + x_h[i]", False),
    (FIVE, {}, "Sum[i] Sum[j<=i] x_h[i] x_h[j] = Sum[j] Sum[i>=j] x_h[i] x_h[j]", True),
    (FIVE, {}, "Sum[i] Sum[j<=i] x_h[i] x_h[j] = Sum[j] Sum[i>j] x_h[i] x_h[j]", False),
    (FIVE, {}, "(Sum[i] x_h[i])^2 = Sum[i] x_h[i]^2 + 2 Sum[j] Sum[i<j] x_h[i] x_h[j]", True),
    (FIVE, {}, "(Sum[i] x_h[i])^2 = Sum[i] x_h[i]^2 + Sum[j] Sum[i<j] x_h[i] x_h[j]", False),
    (FIVE, {}, "Max[j<=i] x_h[j] = x_h[i]", False),
    (FIVE, _TEX, r"\sum_{i=1}^{n-1} (x^h_{i+1} - x^h_i) = x^h_n - x^h_1", True),
    (FIVE, _TEX, r"\sum_{i=1}^{n-1} (x^h_{i+1} - x^h_i) = x^h_{n-1} - x^h_1", False),
    (FIVE, _TEX, r"\sum_{i=1}^{n} (x^h_{i+1} - x^h_i) = x^h_n - x^h_1", False),
    (FIVE, _TEX, r"2 \sum_{i=1}^{n} \sum_{j=i+1}^{n} x^h_i x^h_j = (\sum_i x^h_i)^2 - \sum_i (x^h_i)^2", True),
    (FIVE, _TEX, r"2 \sum_{i=1}^{n} \sum_{j=i}^{n} x^h_i x^h_j = (\sum_i x^h_i)^2 - \sum_i (x^h_i)^2", False),
    (FIVE, _TEX, r"\sum_{j \le i} x^h_j = \sum_{j=1}^{i} x^h_j \text{for } i \le 5", True),
    (FIVE, _TEX, r"\sum_{j < i} x^h_j = \sum_{j=1}^{i} x^h_j \text{for } i \le 5", False),
    (NAMED, {}, "Sum[i<n-1] x_h[i] = Sum[i] x_h[i]", False),
    (NAMED, {}, "Sum[i<n-1] 1 = n", False),
    (NAMED, {}, "Sum[i<m] x_h[i] = Sum[i<n] x_h[i]", False),
]  # fmt: skip


@pytest.mark.parametrize(("derivation", "options", "claim", "true"), CLAIMS)
def test_ranges_with_arithmetic(derivation, options, claim, true):
    found = judged(derivation, claim, **options)
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), (found.reason, found.counterexample)


def bracketed(end, body, low=0):
    return f"[i < {end}] {body}" if not low else f"[{low} <= i <= {end - 1}] {body}"


@pytest.mark.parametrize("body", ["x_h[i + 1]", "W_o[j, i + 1]", "x_h[i] z_h[i + 1]"])
@pytest.mark.parametrize(("one", "two"), [(3, 2), (2, 3), (3, 3), (1, 4), (4, 1)])
def test_a_bracket_before_every_side_is_no_range_of_the_others(one, two, body):
    """Beyond the end of one side the other one has to be 0, and is not."""
    for low in (0, 1):
        found = judged(FIVE, f"{bracketed(one + low, body, low)} = {bracketed(two + low, body, low)}")
        assert found.verdict is (Verdict.PROVED if one == two else Verdict.REFUTED), (low, found.reason)


@pytest.mark.parametrize(
    ("claim", "true"),
    [
        ("[i < 3] [i < 2] x_h[i + 1] = [i < 2] x_h[i + 1]", True),
        ("[i < 2] x_h[i + 1] = [i < 3] [i < 2] x_h[i + 1]", True),
        ("[i < 2] x_h[i + 1] - [i < 2] x_h[i + 1] = [i < 3] (x_h[i + 1] - x_h[i + 1])", None),
        ("0 = [i < 2] (x_h[i + 1] - x_h[i + 1])", True),
        ("0 = [i < 2] x_h[i + 1]", False),
        ("[1 <= i <= 3] x_h[i - 1] = [1 <= i <= 2] x_h[i - 1]", False),
        ("[i < 2] x_h[i] x_o[1] = [i < 1] x_h[i] x_o[1]", False),
    ],
)
def test_brackets_before_every_side(claim, true):
    if true is None:
        with pytest.raises(SpecError):
            judged(FIVE, claim)
    else:
        found = judged(FIVE, claim)
        assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), found.reason


@pytest.mark.parametrize(
    ("definition", "claim", "true"),
    [
        ("v[i] = x_h[i + 1] for i < 2", "v[i] = x_h[i + 1]", True),
        ("v[i] = x_h[i + 1] for i < 2", "v[2] = x_h[3]", False),
        ("v[i] = [i < 2] x_h[i + 1] for i < 4", "v[i] = x_h[i + 1]", False),
        ("v[i] = [i < 2] x_h[i + 1] for i < 4", "v[i] = [i < 2] x_h[i + 1]", True),
        ("v[i, j] = x_h[i + j] for i < 3, j < 2", "v[2, 1] = x_h[3]", True),
        ("v[i, j] = x_h[i + j] for i < 3, j < 2", "v[2, 1] = x_h[2]", False),
        ("v[i] = i for i < 6", "Sum[i] v[i] = 15", True),
        ("v[i] = [i < 2] x_h[i + 1]", "[i < 3] x_h[i + 1] = v[i]", None),
        ("v[i] = x_h[i] for 1 <= i < 3", "v[1] = x_h[1]", None),
        ("v[i] = x_h[i] for i <= 3", "v[4] = x_h[4]", False),
    ],
)
def test_the_range_of_what_is_defined_is_stated(definition, claim, true):
    """A bracket in its formula says where that is 0, not how many entries it has."""
    if true is None:
        with pytest.raises(SpecError):
            judged(FIVE, claim, definitions=(definition,))
    else:
        found = judged(FIVE, claim, definitions=(definition,))
        assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), found.reason


@pytest.mark.parametrize(
    ("claim", "true"),
    [
        ("[i < 5] x_h[i] + [i = 5] = [i < 5] x_h[i] for i < 6", False),
        ("[i < 5] x_h[i] + [i = 6] = [i < 5] x_h[i] for i < 6", True),
        ("[i < 5] x_h[i] = [i < 5] x_h[i] for i < 6", True),
        ("x_h[i] = x_h[i] for i < 6", False),
        ("[0 <= i - 10 < 5] x_h[i] = 7 [0 <= i - 10 < 5] z_h[i]", False),
        ("Sum[i<2] delta[i, k] = 1 for k < 6", False),
        ("Sum[i<2] delta[i, k] = [k < 2] for k < 6", True),
        ("Sum[i<2] [i < k] = k for k < 6", False),
        ("Sum[p<j] x_h[p] = [j < 5] Sum[p<j] x_h[p] for j < 6", False),
        ("Sum[p<j] x_h[p] = [j < 6] Sum[p<j] x_h[p] for j < 6", True),
        ("Sum[j<=i] 1 = i + 1 for i < 4", True),
        ("Sum[j<=i] 1 = i + [i != 3] for i < 4", False),
    ],
)
def test_a_range_beyond_an_axis_is_compared_to_its_end(claim, true):
    found = judged(FIVE, claim)
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), found.reason


def test_a_range_that_is_had_from_another_index_is_told():
    found = judged(FIVE, "Sum[p<j] x_h[p] = [j < 5] Sum[p<j] x_h[p]")
    assert found.verdict is Verdict.PROVED
    assert "j runs over 5 entries, as p does" in found.hypotheses
    assert judged(FIVE, "Sum[p<j] x_h[p] = [j < 5] Sum[p<j] x_h[p] for j < 5").hypotheses == ()


def test_the_range_of_an_assumption_stands_before_it():
    with pytest.raises(SpecError, match="an assumption has no range at its end"):
        judged(FIVE, "x_h[0] = 0", assumptions=("x_h[i] = 0 for i < 2",))
    assert judged(FIVE, "x_h[0] = 0", assumptions=("[i < 2] x_h[i] = 0",)).verdict is Verdict.PROVED


@pytest.mark.parametrize("end", ["n + 1", "m", "2 n"])
def test_a_range_that_ends_where_a_named_axis_need_not_is_asked_for(end):
    with pytest.raises(SpecError, match="its range is said to end elsewhere"):
        judged(NAMED, f"[i < n] x_h[i] + [i = n] = [i < n] x_h[i] for i < {end}")
    assert judged(NAMED, "x_h[i] = x_h[i] for i < n - 1").verdict is not Verdict.REFUTED


@pytest.mark.parametrize(
    ("claim", "options", "verdict"),
    [
        ("zbar_h[j] = s_h[j] tanh'(z_h[j]) for j < n", {}, Verdict.PROVED),
        ("zbar_h[j] = s_h[j] tanh'(z_h[j]) for j <= n - 1", {}, Verdict.PROVED),
        ("zbar_h[j] = s_h[j] tanh'(z_h[j]) for 1 <= j <= n", {"first": 1}, Verdict.PROVED),
        ("zbar_h[j] = s_h[j] for j <= n", {"first": 1}, Verdict.REFUTED),
        ("x_h[i] = x_h[i] + [i = 0] for i < n", {}, Verdict.REFUTED),
        ("x_h[i] = x_h[i] + [i = 0] for 1 <= i < n", {}, Verdict.UNDECIDED),  # true
        ("x_h[i] = x_h[i] + [i = 1] for 2 <= i <= n", {"first": 1}, Verdict.UNDECIDED),  # true
    ],
)
def test_a_range_over_all_of_a_named_axis_is_none(claim, options, verdict):
    found = judged(NAMED, claim, **options)
    assert found.verdict is verdict, found.reason


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        ("Max[k<5] [k < 2] x_h[k] = Max[k<2] x_h[k]", True),
        ("Max[j<=i] x_h[j] = Max[j<i + 1] x_h[j]", False),
        ("Sum[j] [j < 3] x_h[j] = Sum[j<3] x_h[j]", False),
    ],
)
def test_a_bracket_below_a_largest_value_says_what_it_is_taken_over(claim, told):
    found = judged(FIVE, claim)
    assert found.verdict is Verdict.PROVED
    assert told == any("the term is left out" in text for text in found.hypotheses)


@pytest.mark.parametrize(
    ("claim", "true"), [("x_h[3] = 0", True), ("x_h[2] = 0", True), ("x_h[1] = 0", False), ("x_h[4] = 0", False)]
)
def test_what_is_assumed_is_assumed_as_far_as_its_longest_bracket(claim, true):
    found = judged(FIVE, claim, assumptions=("[i < 3] x_h[i + 1] = [i < 1] x_h[i + 1]",))
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), found.reason


@pytest.mark.parametrize("claim", ["Sum[i<n-1] x_h[i] + x_h[n-1] = Sum[i] x_h[i]", "Sum[i<n-1] 1 = n - 1"])
def test_for_all_sizes_such_a_range_is_not_proved(claim):
    """Its end is tied to the size of an axis, of which the argument for blocks says nothing."""
    found = judged(NAMED, claim)
    assert found.verdict is Verdict.UNDECIDED
    assert "['" not in found.reason


@pytest.mark.parametrize(
    ("options", "claim", "message"),
    [
        ({}, "[i < 3] = 1", "its range cannot be told"),
        ({}, "[i < 3] + [i < 2] = 1 + [i < 2]", "its range cannot be told"),
        ({}, "C = Sum[i<j] x_h[i] x_h[j]", "depends on j, which stands on one side"),
        ({}, "1 = Sum[j<=i] x_h[j] W_h[i, 0]", "depends on i, which stands on one side"),
        (_N, "Sum[i<n-5] x_h[i] = 0", "holds no value"),
        (_N, "Sum[i=1..n-1] x_h[i] = 0", "indices start from 0 here"),
        (_COUNTED, "Sum[i=0..n-1] x_h[i] = 0", "there is no index 0"),
        (_N, "Sum[n<3] x_h[n] = 0", "n is a number here"),
        ({}, "Sum[j<i i] x_h[j] = x_h[i]", "product of sizes or indices"),
        ({}, "Sum[j<i<k<2] x_h[j] = x_h[i]", "a range is written"),
        ({}, "Sum[j+1<i] x_h[j] = x_h[i]", "a range is written"),
    ],
)
def test_ranges_that_are_refused(options, claim, message):
    with pytest.raises(SpecError, match=message):
        judged(FIVE, claim, **options)


def test_what_is_echoed_is_read_again():
    echoed = "Sum[j<i + 1] x_h[j] - Sum[j<i] x_h[j] = x_h[i]"
    for each in ("Sum[j<=i] x_h[j] - Sum[j<i] x_h[j] = x_h[i]", echoed):
        found = judged(FIVE, each)
        assert found.verdict is Verdict.PROVED
        assert found.statement.startswith(f"equal: {echoed} (")


@pytest.mark.parametrize(
    "claim",
    ["floor((2 * i - 3) / 2) x_h[i] = (i - 2) x_h[i]", "((i + 3) mod 2) x_h[i] = ((i + 1) mod 2) x_h[i]"],
)
def test_what_is_echoed_of_quotients_is_read_again(claim):
    found = judged(FIVE, claim)
    assert found.verdict is Verdict.PROVED, found.counterexample
    assert judged(FIVE, as_echoed(found)).verdict is Verdict.PROVED, as_echoed(found)


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        ("Max[i<2] [x_h[i] > 0] x_h[i] = Max[i<2] relu(x_h[i])", "a bracket of real numbers below Max"),
        ("Max[i<4] x_h[i] ([i > 2] x_h[i]) = x_h[3]^2", "the term is left out"),
    ],
)
def test_brackets_within_products_below_a_largest_value_are_told(claim, told):
    found = judged(FIVE, claim)
    assert found.verdict is Verdict.PROVED
    assert any(told in text for text in found.hypotheses)


@pytest.mark.parametrize(
    ("latex", "claim", "true"),
    [
        (True, r"\sum_{j \ne i} x^{\text{h}}_j = \sum_{j} x^{\text{h}}_j - x^{\text{h}}_i", True),
        (True, r"\sum_{j \ne i} x^{\text{h}}_j = \sum_{j} x^{\text{h}}_j + x^{\text{h}}_i", False),
        (False, "Sum[i] x_h[i] Sum[i] x_h[i] = (Sum[i] x_h[i])^2", True),
        (False, "Sum[i] Sum[j] W_o[j, i] = Sum[j] Sum[i] W_o[j, i]", True),
    ],
)
def test_what_is_not_doubtful_is_decided(latex, claim, true):
    found = judged(FIVE, claim, latex=latex)
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), found.reason
