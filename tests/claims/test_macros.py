"""Macros of a paper are put into its claims, within bounds, and earlier displays lend their definitions."""

from __future__ import annotations

import pytest

from claims.campaign import _dense as dense
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements import examine_claims, read_claims
from dyadic.proofs.statements.parsing.macros import Macro, expanded, macros_in
from dyadic.proofs.statements.parsing.tokens import Unreadable
from dyadic.symbolic import SpecError

NETWORK = network(dense("h", 3, "sigmoid"), dense("o", 3, "sigmoid"), inputs={"u": [3]})
PREAMBLE = r"""
% \newcommand{\w}{nothing}
\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}
\newcommand\vx[1]{x^{\text{#1}}}
\def\vz#1{z^{\text{#1}}}
\renewcommand*{\d}{\bar{z}}
\DeclareMathOperator{\sig}{sigmoid}
\newcommand{\W}{\ensuremath{W^{\text{o}}}\xspace}
\newcommand{\twice}[1]{2 \cdot #1}
\newcommand{\optional}[2][3]{#1 #2}
\def\delimited#1,{#1}
\newcommand{\loop}{\loop}
\newcommand{\ping}{\pong}
\newcommand{\pong}{\ping}
"""
CLAIMS = [
    (r"\pd{C}{\vx{o}_i} &= \vx{o}_i - y_i", True),
    (r"\pd{C}{\vx{o}_i} &= \vx{o}_i + y_i", False),
    (r"\vx{o}_i &= \sig(\vz{o}_i)", True),
    (r"\d^{\text{o}}_i &= (\vx{o}_i - y_i) \sig'(\vz{o}_i)", True),
    (r"\d^{\text{o}}_i &= (\vx{o}_i - y_i) \sig(\vz{o}_i)", False),
    (r"\twice{\twice{\vx{h}_i}} &= 4 \vx{h}_i", True),
    (r"\twice{\twice{\vx{h}_i}} &= 2 \vx{h}_i", False),
    (r"\pd{C}{\W} &= \d^{\text{o}} (\vx{h})^T", True),
    (r"\pd{C}{\W} &= \vx{h} (\d^{\text{o}})^T", False),
]


def paper(tmp_path, *displays, settings=' at="solution"', preamble=PREAMBLE):
    """A paper whose claims are (attributes, rows)."""
    text = f"% dyadic: settings{settings}\n{preamble}\\begin{{document}}\n"
    for number, (attributes, body) in enumerate(displays):
        text += f'% dyadic: begin claim id="c{number}" kind="equal" {attributes}\n'
        text += f"\\begin{{align}}\n{body}\n\\end{{align}}\n% dyadic: end\n"
    path = tmp_path / "paper.tex"
    path.write_text(text)
    return path


@pytest.mark.parametrize(("row", "true"), CLAIMS)
def test_macros_of_the_preamble(tmp_path, row, true):
    found = examine_claims(NETWORK, paper(tmp_path, ("", row)))
    assert not found.failures, found.failures
    assert found.claims[0].verdict is (Verdict.PROVED if true else Verdict.REFUTED)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (r"\loop = 1", r"the macro \\loop calls itself"),
        (r"\ping = 1", r"the macro \\ping calls itself"),
        (r"\optional{x} = 1", r"the definition of \\optional is not read"),
        (r"\delimited x, = 1", r"the definition of \\delimited is not read"),
        (r"\pd{C} ", r"an argument of \\pd is missing"),
        (r"\pd{C}{ ", "not closed|missing"),
        (r"\never = 1", "is not understood"),
    ],
)
def test_macros_that_cannot_be_read_spoil_their_claim_alone(tmp_path, row, message):
    found = examine_claims(NETWORK, paper(tmp_path, ("", row), ("", CLAIMS[0][0])))
    assert [failure.id for failure in found.failures] == ["c0"]
    assert found.claims[0].verdict is Verdict.PROVED
    with pytest.raises(SpecError, match=message):
        raise found.failures[0].error


def test_macros_of_a_claims_file(tmp_path):
    path = tmp_path / "claims.toml"
    path.write_text(
        "at = 'solution'\nmacros = '''\\newcommand{\\x}[1]{x^{\\text{#1}}}'''\n"
        "[[claim]]\nid = 'a'\nkind = 'equal'\nlatex = '''\\nabla_{\\x{o}} C = \\x{o} - y'''\n"
    )
    assert examine_claims(NETWORK, path).verdict == "proved"


def test_expansion_is_bounded():
    doubling = {f"\\{letter}": Macro(rf"\{chr(ord(letter) + 1)}" * 2) for letter in "abcdefghijklmnopqrstuvwxy"}
    for macros, text in (
        ({**doubling, "\\z": Macro("z")}, r"\a"),
        ({"\\a": Macro("#1#1", 1)}, r"\a{" * 30 + "x" * 100 + "}" * 30),
        ({f"\\{'a' * (k + 1)}": Macro(f"\\{'a' * (k + 2)}") for k in range(200)}, r"\a"),
        ({"\\a": Macro("#2", 1)}, r"\a{x}"),
    ):
        with pytest.raises(Unreadable):
            expanded(text, macros)
    assert expanded(r"\a\a", {"\\a": Macro("#1", 0)} | {"\\a": Macro("x", 0)}) == "xx"


def test_definitions_are_found():
    found = macros_in(PREAMBLE)
    assert "\\w" not in found
    assert found["\\pd"] == Macro(r"\frac{\partial #1}{\partial #2}", 2)
    assert found["\\vz"] == Macro(r"z^{\text{#1}}", 1)
    assert found["\\optional"].body is None
    assert expanded(r"\x_1", {"\\x": Macro(r"\alpha", 0)}) == r"\alpha_1"
    assert expanded(r"\x y", {"\\x": Macro(r"\alpha", 0)}) == r"\alpha y"


def test_a_claim_uses_the_definitions_of_an_earlier_one(tmp_path):
    first = "q_i &= \\vx{o}_i - y_i \\\\\n\\pd{C}{\\vx{o}_i} &= q_i \\label{eq:cost}"
    right, wrong = r"\d^{\text{o}}_i &= q_i \sig'(\vz{o}_i)", r"\d^{\text{o}}_i &= q_i \sig(\vz{o}_i)"
    path = paper(tmp_path, ("", first), ('uses="eq:cost"', right), ('uses="c0"', wrong), ("", right))
    found = examine_claims(NETWORK, path)
    assert [claim.verdict for claim in found.claims] == [Verdict.PROVED, Verdict.PROVED, Verdict.REFUTED]
    assert [failure.id for failure in found.failures] == ["c3"]


def test_what_is_false_in_an_earlier_claim_is_not_assumed(tmp_path):
    """The equation of a claim that is used is no premise; a meaning that it changes is checked where it is used."""
    path = paper(
        tmp_path,
        ("", "\\vx{o}_i &= 2 \\vx{o}_i \\label{eq:false}"),
        ('uses="eq:false"', r"\vx{o}_i &= 0"),
        ("", "\\vx{o}_i &= 2 \\vx{o}_i \\\\ y_i &= y_i \\label{eq:defines}"),
        ('uses="eq:defines"', r"y_i &= y_i"),
    )
    found = examine_claims(NETWORK, path)
    assert {claim.verdict for claim in found.claims} == {Verdict.REFUTED}
    assert len(found.claims) == 4


@pytest.mark.parametrize("uses", ["eq:later", "nothing", "c1"])
def test_only_earlier_claims_are_used(tmp_path, uses):
    row = r"\vx{o}_i &= \vx{o}_i"
    path = paper(tmp_path, (f'uses="{uses}"', row), ("", row + r" \label{eq:later}"))
    assert "no earlier claim or label" in read_claims(path).failures[0].error.problem
