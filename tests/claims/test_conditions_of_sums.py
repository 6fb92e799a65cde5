"""Brackets that two integers differ or that not all of some hold, and what is said of an index beside its range."""

from __future__ import annotations

import pytest

from claims.author import as_echoed, judged
from claims.test_ranges import FIVE, NAMED
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.symbolic import SpecError

NOT_EQUAL = [
    ("Sum[j<6] [j != 5] x_h[j] = Sum[j] x_h[j]", True),
    ("Sum[j<6] [j != 4] x_h[j] = Sum[j<4] x_h[j]", False),
    ("Sum[i<5] [i != 0] x_h[i - 1] = x_h[0] + x_h[1] + x_h[2] + x_h[3]", True),
    ("(1 - [i < 1]) x_h[i - 1] = [i > 0] x_h[i - 1] for i < 5", True),
    ("(1 - [i < 1]) x_h[i - 1] = x_h[i - 1] for i < 5", False),
    ("(1 - [i = 0] [i < 3]) x_h[i - 1] = [i != 0] x_h[i - 1] for i < 5", True),
    ("(1 - [i = 0] [i < 3]) x_h[i] = [i != 3] x_h[i]", False),
    ("Sum[i<4] [i != 1] 1/(i - 1) = 1/2", True),
    ("Max[i<4] (-[i != 2]) = -1", True),
    ("Max[i<4] (-[i != 2]) = 0", False),
    ("ArgMax[i<2] [i != 0] x_h[i] = 1", True),
    ("LogSumExp[k<5] [k != 3] x_h[k] = log(exp(LogSumExp[k<5] x_h[k]) - exp(x_h[3]))", True),
    ("LogSumExp[k<5] [k != 3] x_h[k] = log(exp(LogSumExp[k<5] x_h[k]) - exp(x_h[3]) + 1)", False),
]


@pytest.mark.parametrize(("claim", "true"), NOT_EQUAL)
def test_what_stands_beside_a_bracket_that_two_integers_differ_is_read_where_they_do(claim, true):
    found = judged(FIVE, claim)
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED)
    assert judged(FIVE, as_echoed(found)).verdict is found.verdict


_PAIRS = "x_h[0] x_h[1] + x_h[0] x_h[2] + x_h[1] x_h[2]"
CONDITIONS = [
    ("Sum[j<5, j != i] x_h[j] = Sum[j] x_h[j] - x_h[i]", True),
    ("Sum[j<5, j != i] x_h[j] = 5 Sum[j] x_h[j] - 5 x_h[i]", False),
    ("Sum[j != i, j<5] x_h[j] = Sum[j] x_h[j] - x_h[i]", True),
    ("Sum[i<3, i<2] x_h[i] = x_h[0] + x_h[1]", True),
    ("Sum[i<3, j<3, i != j] x_h[i] x_h[j] = (Sum[i<3] x_h[i])^2 - Sum[i<3] x_h[i]^2", True),
    ("Sum[i<3, j<3, i != j] x_h[i] x_h[j] = (Sum[i<3] x_h[i])^2", False),
    (f"Sum[i<j, j<3] x_h[i] x_h[j] = {_PAIRS}", True),
    (f"Sum[i<j, i<3, j<3] x_h[i] x_h[j] = {_PAIRS}", True),
    (f"Sum[i<3, j<3, i<j] x_h[i] x_h[j] = {_PAIRS}", True),
    (f"Sum[i<3, j<3, i<=j] x_h[i] x_h[j] = {_PAIRS}", False),
    ("Sum[i<2, j<3, i + j < 2] x_h[i] = 2 x_h[0] + x_h[1]", True),
    ("Sum[j<4, (j mod 2) = 1] x_h[j] = x_h[1] + x_h[3]", True),
    ("Sum[j<4, 2 | j] x_h[j] = x_h[1] + x_h[3]", False),
    ("Max[i, i != 3] x_h[i] = Max[i<5] [i != 3] x_h[i]", True),
    ("Max[i, i != 3] x_h[i] = Max[i] x_h[i]", False),
]


@pytest.mark.parametrize(("claim", "true"), CONDITIONS)
def test_what_is_said_of_an_index_beside_its_range_is_a_condition(claim, true):
    found = judged(FIVE, claim)
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED)
    assert judged(FIVE, as_echoed(found)).verdict is found.verdict


def test_cases_may_end_as_sentences_do():
    cases = r"\begin{cases} x^h_i, & z^h_i > 0, \\ 0, & \text{otherwise.} \end{cases}"
    assert judged(FIVE, rf"x^h_i [z^h_i > 0] = {cases}", latex=True).verdict is Verdict.PROVED


def test_one_upper_end_is_that_of_all_indices_before_it():
    claim = r"\sum_{i,j=0}^{4} x^{\text{h}}_i x^{\text{h}}_j = (\sum_i x^{\text{h}}_i)^2"
    assert judged(FIVE, claim, latex=True).verdict is Verdict.PROVED


@pytest.mark.parametrize(
    ("latex", "claim", "message"),
    [
        (False, "Max[i<3] (1 - [i = 2]) x_h[i] = 1", "1 less a bracket below Max"),
        (False, "Max[i<3] (1 - delta[i, 2]) x_h[i] = 1", "1 less a bracket below Max"),
        (False, "Sum[i<3, i] x_h[i] = 0", "i is bound twice"),
        (False, "Sum[i<3] Sum[i<2] x_h[i] = 0", "i is bound twice"),
        (False, "Sum[j, i<3] W_o[i, j] = 1", "whether the range of i is that of j too is doubtful"),
        (True, r"\sum_{i,j<3} x^{\text{h}}_i x^{\text{h}}_j = 1", "whether the range of j"),
        (False, "Max[i<3, j<3, i != j] x_h[i] = 1", "conditions on several indices belong below a sum"),
        (False, "Sum[i<j, j<i] x_h[i] = 1", "depend on each other"),
        (False, "Sum[k<3] x_h[k] Sum[j<2, 1<=k<3] x_h[j] = 1", "k is bound twice"),
        (False, "LogSumExp[k<4, 1<=p<3] x_h[k] = x_h[p] for 1 <= p < 3", "p has a range here and is summed over"),
        (False, "Sum[0 = 0, 1 = 1] x_h[0] = 1", "a range is written"),
        (False, "Sum[i<3, i<j] x_h[i] x_h[j] = 1", "one sum or two"),
        (False, "Sum[i<3, i + j < 3] x_h[i] x_h[j] = 1", "one sum or two"),
        (True, r"\sum_{i<j, i<3} x^{\text{h}}_i x^{\text{h}}_j = 1", "one sum or two"),
        (False, "Sum[i<2] Sum[i - 1 <= j < 2] 1 = 4", "starts before 0"),
        (True, r"\sum_{i-1 \le j \le i} j = 2 i - 1 \text{ for } i < 4", "starts before 0"),
    ],
)
def test_what_may_be_meant_otherwise_is_asked_for(latex, claim, message):
    with pytest.raises(SpecError, match=message):
        judged(FIVE, claim, latex=latex)


OUTSIDE = [
    ("Sum[j<3] x_h[j] Sum[i<3, j != i] x_h[i] = (Sum[i<3] x_h[i])^2 - Sum[i<3] x_h[i]^2", True),
    ("Sum[j<3] x_h[j] Sum[i<3, j != i] x_h[i] = 2 (Sum[i<3] x_h[i])^2", False),
    ("Sum[i<3, p != i] x_h[i] = Sum[i<3] x_h[i] - x_h[p] for p < 3", True),
    ("Sum[i<3, p < i] x_h[i] = Sum[i<3] [i > p] x_h[i] for p < 3", True),
    ("x_h[i] Sum[j<5, i != j] x_h[j] = x_h[i] (Sum[j] x_h[j] - x_h[i])", True),
    ("Max[k<4, p != k] x_h[k] = Max[k<4] [k != p] x_h[k] for p < 3", True),
    ("LogSumExp[k<4, p < k] 0 x_h[0] = log(3 - p) for p < 3", True),
    ("Min[i<3, i != 1] x_h[i] = -max(-x_h[0], -x_h[2])", True),
    ("Sum[i<3, j<i] x_h[i] x_h[j] = x_h[0] x_h[1] + x_h[0] x_h[2] + x_h[1] x_h[2]", True),
    ("Sum[k<3, i, j != i] W_o[0, i] W_o[0, j] = 3 (Sum[i] W_o[0, i])^2 - 3 Sum[i] W_o[0, i]^2", True),
    ("Sum[i<3] Sum[2 - i <= j < 3] x_h[j] = x_h[0] + 2 x_h[1] + 3 x_h[2]", True),
]


@pytest.mark.parametrize(("claim", "true"), OUTSIDE)
def test_a_condition_with_an_index_of_outside_is_no_sum_over_it(claim, true):
    found = judged(FIVE, claim)
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), found.statement
    assert judged(FIVE, as_echoed(found)).verdict is found.verdict


def test_neither_is_one_with_an_index_of_the_left_side_or_of_a_definition():
    inner = "Sum[j<5, i != j] W_o[i, j] x_h[j] + W_o[i, i] x_h[i] + b_o[i] for i < 2"
    assert judged(FIVE, f"x_o[i] = {inner}", "inference").verdict is Verdict.PROVED
    defined = {"definitions": ("r[i] = Sum[j<5, i != j] x_h[j] for i < 5",)}
    assert judged(FIVE, "r[2] = Sum[j] x_h[j] - x_h[2]", **defined).verdict is Verdict.PROVED
    assert judged(FIVE, "r[2] = Sum[j] x_h[j]", **defined).verdict is Verdict.REFUTED


def test_nor_in_an_assumption():
    assumed = {"assumptions": ("Sum[j<5, p != j] x_h[j] = x_h[p] - x_h[0]",)}
    assert judged(FIVE, "Sum[j] x_h[j] = 2 x_h[2] - x_h[0]", **assumed).verdict is Verdict.PROVED
    with pytest.raises(SpecError, match="one sum or two"):
        judged(FIVE, "x_h[0] = 0", assumptions=("Sum[j<5, j<p] x_h[j] = 1",))


def test_a_condition_on_a_size_is_no_sum_over_it():
    found = judged(NAMED, "Sum[i, m <= 3] x_h[i] = [m <= 3] Sum[i] x_h[i]")
    assert "Sum[m" not in found.statement
    assert found.verdict is not Verdict.REFUTED
    found = judged(NAMED, "Sum[i, m <= 3] x_h[i] = 4 Sum[i] x_h[i]")
    assert found.verdict is Verdict.REFUTED


FAR_APART = [
    ("[i - 1 < 999999999 + 999999999] x_h[i] = x_h[i]", True),
    ("[i - 1 < 999999999 + 999999999] x_h[i] + x_o[0] = x_o[0]", False),
    ("[999999999 (i + 1) + 5 >= 0 - 999999999] x_h[i] = x_h[i]", True),
    ("[2 * 999999999 < i - 1] x_h[i] + x_o[0] = x_o[0]", True),
    ("[1 <= 0 < 4] x_h[0] + x_h[1] = x_h[1]", True),
    ("Sum[i<4, 1 <= 0 < 2] x_h[i] + x_h[1] = x_h[1]", True),
    ("2 (3 (x_h[0] x_h[1])) = 6 x_h[0] x_h[1]", True),
]


@pytest.mark.parametrize(("claim", "true"), FAR_APART)
def test_brackets_between_numbers_however_far_apart(claim, true):
    found = judged(FIVE, claim)
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), found.statement
    assert judged(FIVE, as_echoed(found)).verdict is found.verdict


TOKENS = network(
    {"name": "e", "type": "embedding", "count": 5, "units": 4},
    {"name": "p", "type": "max_pool", "kernel": [2], "stride": [2]},
    {"name": "o", "type": "dense", "units": 3},
    inputs={"t": {"shape": [3], "below": 5}},
)
PLACES = [
    ("Sum[u<4] [u = argf_p[0, 0]] x_p[0, u] = x_p[0, argf_p[0, 0]]", Verdict.PROVED),
    ("Sum[u<2] [u != argf_p[0, 0]] x_e[0, u] = x_e[0, 0] + x_e[0, 1] - f_p[0, 0]", Verdict.PROVED),
    ("Sum[u<2] [u != argf_p[0, 0]] x_e[0, u] = x_e[0, 0]", Verdict.REFUTED),
    ("x_e[0, argf_p[0, 0] + 7] + x_e[0, 1] = x_e[0, 1]", Verdict.UNDECIDED),
    ("x_e[0, argf_p[0, 0] - 1] = [x_e[0, 1] > x_e[0, 0]] x_e[0, 0]", Verdict.UNDECIDED),
]


@pytest.mark.parametrize(("claim", "verdict"), PLACES)
def test_places_of_largest_values_in_brackets_and_indices(claim, verdict):
    assert judged(TOKENS, claim, at="solution").verdict is verdict


@pytest.mark.parametrize("bracket", ["[u = argf_p[0, 0]]", "[u > argf_p[0, 0]]", "delta[u, argf_p[0, 0]]"])
@pytest.mark.parametrize("over", ["Max", "ArgMax", "LogSumExp"])
def test_these_are_refused_below_a_largest_value(bracket, over):
    with pytest.raises(SpecError, match="a bracket with the position of a largest value"):
        judged(TOKENS, f"{over}[u<2] {bracket} x_e[0, u] = 1", at="solution")


def test_a_vocabulary_of_any_size_is_not_written_out():
    large = network(
        {"name": "e", "type": "embedding", "count": 900_000_000, "units": 2},
        inputs={"t": {"shape": [2], "below": 900_000_000}},
    )
    found = judged(large, "[x_t[0] + x_t[1] + 1 > 0] s_e[0, 0] = s_e[0, 0]")
    assert found.verdict is Verdict.UNDECIDED
