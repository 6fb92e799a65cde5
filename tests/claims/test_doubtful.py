r"""What is read as it is written or not at all: rows, displays and columns, arguments without braces, numbers in a row.

Several equations in one claim are never multiplied, nor made a chain; a symbol of TeX is one token.
"""

from __future__ import annotations

import pytest
from support.long_tests import one_in

from claims.test_claims import judged
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.parsing.claims_file import read_claims
from dyadic.proofs.statements.parsing.latex_source import rows
from dyadic.symbolic.errors import SpecError

ONE, OTHER = ["x^{\\text{out}}_0 = 2", "1 = 2"], ["\\frac{1}{2} = 1", "\\frac12 = 1", "x^{\\text{out}}_0 = 1"]
BETWEEN = [
    r" \\ ", r" \\* ", r"\\[2pt]", r"\\[-.5\baselineskip] ", " \\\\% a remark\n", "\n\n", " \\]\n\\[ ", r"\] \[", "$ $",
    "$$\n$$", r"\) \(", r"\end{equation}\begin{equation}", r"\end{align*} \begin{gather}[t]", r" \quad ", r"\qquad ",
    " & ", " && ", r" \nonumber \\ \label{eq:a} ", "\n % a remark\n\n",
]  # fmt: skip
REFUSED = [
    r"1 = 2 \newline \frac12 = 1", r"1 = 2 \cr \frac12 = 1", r"\begin{array}{l} 1 = 2 \\ \frac12 = 1 \end{array}",
    r"x^{\text{out}}_0 = \begin{pmatrix} x^{\text{out}}_0 & 1 \end{pmatrix}", r"2 = 1 \\ 2", r"2 = 1 \\ & 2",
    r"1 = 1 \text{ or } 1 = 2", r"1 = 1 \quad (2)",
    r"2^12 = 4096", r"x^{\text{out}}_0^12 = 1", r"x^{\text{out}}_10 = 1", r"\frac123 = 1/2", r"\frac{1}23 = 3/2",
    r"\frac1 23 = 3/2", r"\frac1.5 = 1", r"\sqrt14 = 2", r"\sqrt[3]27 = 3", r"2^\frac12 = \sqrt2",
    r"\exp 2 x^{\text{out}}_0 = e^{2 x^{\text{out}}_0}", r"\tanh 2 \pi = 0",
    r"2\frac12 = 1", r"2 \frac{1}{2} = 5/2", r"1\,000 = 1000", r"1\,000 = 0", r"1~000 = 0", r"1{,}000 = 1000",
    r"2^2^3 = 64", r"2^{2^3} = 64", r"\sin^{-1}(1/2) = 1/\sin(1/2)", r"\tanh^{-1}(1/2) = \operatorname{atanh}(1/2)",
]  # fmt: skip
AS_IN_TEX = {
    r"\frac12 = 1/2": True, r"\frac12 = 6": False, r"\tfrac13 = 1/3": True, r"\dfrac13 = 13/3": False,
    r"\frac 1 2 = 1/2": True, r"\frac1{12} = 1/12": True, r"\frac{1}2 = 1/2": True, r"\frac34 x^{\text{out}}_0 "
    r"= 3 x^{\text{out}}_0 / 4": True, r"\frac12x^{\text{out}}_0 = x^{\text{out}}_0/2": True,
    r"\frac\pi2 = \pi/2": True, r"\sqrt4 = 2": True, r"\sqrt2^2 = 2": True, r"\sqrt[3]8 = 2": True,
    r"{2^2}^3 = 64": True, r"2^3 x^{\text{out}}_0 = 8 x^{\text{out}}_0": True,
    r"x^{\text{out}}_0 \frac12 = x^{\text{out}}_0 / 2": True, r"\tanh^{-2}(1) = 1/\tanh(1)^2": True,
}  # fmt: skip
CONTINUED = {
    r"2 := 1 + 1": True, r"2 &:= 1 + 2": False,
    r"2 &= 1 \\ &\quad + 1": True, r"2 &= 1 \\ &\quad - 1": False, r"2 &= 1 \\ & \cdot 2": True, r"1 &=& 1": True,
    "1 &= 1 \\\\% a remark\n% another\n &= 1": True, r"1 &= 1 \\ &= 2": False,
    r"1 = \begin{cases} 1 & \text{if } 1 = 1 \\ 0 & \text{otherwise} \end{cases}": True,
}  # fmt: skip
CONDITIONS = {
    "Sum[i<2] [i mod 2 = 0] x_out[i] = x_out[0]": True,
    "Sum[i<2] [i mod 2 = 1] x_out[i] = x_out[0]": False,
    "Sum[i<2] [0 = 3 i mod 2] x_out[i] = x_out[0]": True,
    "Sum[i<2] [1 mod 2 = i] x_out[i] = x_out[1]": True,
    "Sum[i<2] [((i + 1) mod 2) = 0] x_out[i] = x_out[1]": True,
    "2 := 1 + 1": True,
}
TEXT = [
    "Sum[i<2] [i + 1 mod 2 = 0] x_out[i] = x_out[1]", "Sum[i<2] [i mod 2 + 1 = 1] x_out[i] = x_out[0]",
    "Sum[i<3] (i mod 2 + 1) = 4", "(5 mod 2 2) = 1", "(5 mod 2 * 2) = 1", "(x_out[0] mod 1 / 2) = 1",
    "1 = 2\n1/2 = 1", "x_out[0] = 2\nx_out[1] = 1", "x_out[0] = 2\n(1) = 1", "x_out[0] = 2 tanh(1)\ntanh(1) = 1",
    "1 000 = 1000", "2 3 = 6", "2^2^3 = 64", "2^2^3 = 256", "sin^-1(1/2) = asin(1/2)", "x_out[1 0] = 1",
]  # fmt: skip


@pytest.mark.parametrize("between", BETWEEN)
def test_equations_apart_are_neither_multiplied_nor_chained(between):
    for one in ONE:
        for other in OTHER:
            found = rows(one + between + other)
            assert [" ".join(row.split()) for row in found] == [one, other]


@pytest.mark.parametrize("other", OTHER)
def test_the_first_of_two_equations_defines_something(other):
    assert judged(other, definitions=(ONE[0],), latex=True).verdict is Verdict.REFUTED
    with pytest.raises(SpecError, match="defines nothing"):
        judged(other, definitions=(ONE[1],), latex=True)


def test_letters_side_by_side_define_no_name():
    """As dO in FlashAttention: the message says how it is read, and shows what was written as it was."""
    with pytest.raises(SpecError, match=r"'EC = .frac\{1\}\{2\}' defines nothing: its left side is a product") as told:
        judged("C = 0", definitions=(r"EC  = \frac{1}{2}",), latex=True)
    assert r"\mathit{dO}" in told.value.remedy


@pytest.mark.parametrize("between", one_in(8, BETWEEN))
def test_a_file_with_several_equations_in_a_claim_says_that_the_first_is_wrong(between, tmp_path):
    path = tmp_path / "two.tex"
    body = f"x^{{\\text{{out}}}}_0 = 2{between}\\frac12 = \\frac12"
    path.write_text(f'% dyadic: begin claim id="it" kind="equal"\n{body}\n% dyadic: end\n')
    (statement,) = read_claims(path).statements
    assert len(statement.definitions) == len(statement.formulas) == 1
    found = judged(*statement.formulas, definitions=statement.definitions, latex=True)
    assert found.verdict is Verdict.REFUTED


@pytest.mark.parametrize("formula", REFUSED)
def test_what_is_doubtful_in_latex_is_refused(formula):
    *before, last = rows(formula)
    with pytest.raises(SpecError):
        judged(last, definitions=tuple(before), latex=True)


@pytest.mark.parametrize("table", [AS_IN_TEX, CONTINUED])
def test_latex_is_read_as_it_is_typeset(table):
    for formula, true in table.items():
        (row,) = rows(formula)
        assert judged(row, latex=True).verdict is (Verdict.PROVED if true else Verdict.REFUTED), formula


def test_mod_without_brackets_belongs_to_a_product():
    for formula, true in CONDITIONS.items():
        assert judged(formula).verdict is (Verdict.PROVED if true else Verdict.REFUTED), formula


@pytest.mark.parametrize("formula", TEXT)
def test_what_is_doubtful_in_text_is_refused(formula):
    with pytest.raises(SpecError):
        judged(formula)


def test_a_step_is_one_formula():
    with pytest.raises(SpecError, match="another begins"):
        judged(r"1", r"1 \\ 1", kind="chain", latex=True)
