"""Verdicts that an author expects, the annotations made of them, and the public formulas with theirs."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.long_tests import often

from claims.campaign import _dense as dense
from claims.second_look import holds_again
from claims.textbook import network
from dyadic.annotations import github_annotations, sarif_log
from dyadic.proofs.statements import architecture_of, examine_claims, read_claims
from dyadic.symbolic import SpecError, derive, read_spec

PUBLIC = Path(__file__).resolve().parents[2] / "examples" / "claims" / "public"
NETWORK = network(dense("h", 3, "tanh"), dense("o", 2), inputs={"u": [2]})
TRUE, FALSE, OPEN = (
    "tanh(x_h[i]) = tanh(x_h[i])",
    "x_h[i] = 2 x_h[i]",
    "atan(x_h[i]) + atan(1/x_h[i]) = sign(x_h[i]) pi/2",
)


def findings(tmp_path, *claims):
    """Of (equation, expectation or nothing)."""
    text = ""
    for number, (equation, expected) in enumerate(claims):
        text += f'[[claim]]\nid = "c{number}"\nkind = "equal"\nequation = "{equation}"\n'
        text += f'expect = "{expected}"\n' if expected else ""
    path = tmp_path / "claims.toml"
    path.write_text(text)
    return examine_claims(NETWORK, path)


@pytest.mark.parametrize(
    ("claims", "verdict"),
    [
        ([(FALSE, "refuted"), (TRUE, "")], "as expected"),
        ([(FALSE, "refuted"), (TRUE, "proved")], "as expected"),
        ([(OPEN, "undecided")], "as expected"),
        ([(TRUE, "refuted")], "not as expected"),
        ([(FALSE, "proved")], "not as expected"),
        ([(OPEN, "refuted")], "not as expected"),
        ([(FALSE, "refuted"), (FALSE, "")], "refuted"),
        ([(TRUE, "refuted"), (FALSE, "")], "refuted"),
        ([(FALSE, "refuted"), (OPEN, "")], "undecided"),
        ([(FALSE, "refuted"), ("x_nowhere[i] = 1", "refuted")], "unreadable"),
        ([(TRUE, ""), (TRUE, "")], "proved"),
    ],
)
def test_what_is_expected(tmp_path, claims, verdict):
    assert findings(tmp_path, *claims).verdict == verdict


def test_an_expectation_that_is_no_verdict(tmp_path):
    found = findings(tmp_path, (TRUE, "wrong"))
    assert '"expect" is the verdict' in found.failures[0].error.problem


def test_annotations_stand_at_their_claims(tmp_path):
    found = findings(tmp_path, (FALSE, "refuted"), (TRUE, "refuted"), (FALSE, ""), ("x_q[i] = 1", ""))
    lines = list(github_annotations(found, "a,b:c%.toml"))
    assert [line.split(" ")[0] for line in lines] == ["::notice", "::error", "::error", "::error"]
    assert [line.split(",line=")[1].split(",")[0] for line in lines] == ["1", "6", "11", "15"]
    assert all("file=a%2Cb%3Ac%25.toml," in line and "\n" not in line for line in lines)
    assert "%0A" in lines[3]
    assert "unreadable: 'x_q' is no quantity" in lines[3]
    assert "%0Aat: " in lines[2]
    assert not any("{'" in line or "['" in line for line in lines)  # as in the text, not as Python writes it


FORMULAS = {
    "nielsen": ("chain", (19, 6)),
    "flash_attention": ("attention", (8, 5)),
    "flash_attention_rows": ("plain_attention", (8, 3)),
    "nielsen_cross_entropy": ("neuron", (7, 4)),
    "ufldl": ("chain", (11, 4)),
    "cs231n": ("classifier", (7, 3)),
    "batch_norm": ("batch_norm_graph", (14, 4)),
    "layer_norm": ("norm", (4, 2)),
    "lstm": ("lstm_network", (11, 4)),
    "errors_tanh": ("tanh_classifier", (7, 4)),
    "errors_softmax": ("two_heads", (3, 3)),
    "errors_prenorm": ("prenorm", (3, 1)),
    "errors_chain": ("chain", (6, 3)),
    "questions_of_numbers": ("pair", (3, 2)),
    "questions_batch_norm": ("batch_norm_graph", (6, 2)),
}
"""The architecture of each file of public formulas, and how many of its claims are proved and refuted."""


LONG = ("flash_attention_rows", "cs231n", "lstm", "nielsen", "ufldl")


@pytest.mark.parametrize("claims", often(FORMULAS, lambda name: name not in LONG))
def test_public_formulas(claims):
    architecture, counts = FORMULAS[claims]
    derivation, file = derive(read_spec(PUBLIC / f"{architecture}.toml")), read_claims(PUBLIC / f"{claims}.toml")
    found = examine_claims(derivation, file)
    verdicts = [claim.verdict.value for claim in found.claims]
    assert found.verdict == "as expected"
    assert (verdicts.count("proved"), verdicts.count("refuted")) == counts
    slips = {claim.id for claim in found.claims if claim.verdict.value == "refuted"}
    assert all(name.startswith(("slip: ", "error: ", "question: ")) for name in slips)  # made here; public
    assert len(verdicts) == sum(counts)
    words = {"names": file.names, "functions": file.functions, "layers": file.layers}
    for statement, claim in zip(file.statements, found.claims, strict=True):
        assert claim.verdict.value == "proved" or holds_again(derivation, statement, claim, **words)


@pytest.mark.long
def test_a_book_that_names_layers_by_the_letters_of_indices():
    paper = PUBLIC / "bishop.tex"
    found = examine_claims(derive(read_spec(architecture_of(paper))), paper)
    assert found.verdict == "as expected"
    verdicts = [claim.verdict.value for claim in found.claims]
    assert (verdicts.count("proved"), verdicts.count("refuted")) == (9, 1)


def test_a_greek_name_of_a_function_is_one(tmp_path):
    path = tmp_path / "claims.toml"
    path.write_text('[functions]\n\'\\q r\' = "tanh"\n[[claim]]\nid = "a"\nkind = "equal"\nequation = "1 = 1"\n')
    with pytest.raises(SpecError, match="cannot be used"):
        read_claims(path)


def test_every_public_file_is_among_them():
    claimed = {path.stem for path in PUBLIC.glob("*.toml") if "[[claim]]" in path.read_text()}
    assert claimed == FORMULAS.keys()


def test_a_sarif_log_has_every_claim_at_its_line(tmp_path):
    found = findings(tmp_path, (FALSE, "refuted"), (TRUE, "refuted"), (FALSE, ""), ("x_q[i] = 1", ""), (OPEN, ""))
    log = sarif_log(found, Path("a b/claims%.toml"))
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    rules = {rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]}
    results = log["runs"][0]["results"]
    assert [(result["ruleId"], result["level"], result["kind"]) for result in results] == [
        ("refuted", "none", "pass"),
        ("proved", "error", "fail"),
        ("refuted", "error", "fail"),
        ("undecided", "warning", "fail"),
        ("unreadable", "error", "fail"),
    ]
    assert {result["ruleId"] for result in results} <= rules
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert {place["artifactLocation"]["uri"] for place in places} == {"a%20b/claims%25.toml"}
    assert [place["region"]["startLine"] for place in places] == [1, 6, 11, 19, 15]


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("", "does not say of which network"),
        ("% dyadic: architecture /etc/passwd.toml", "no .toml, .onnx or .pt2 file beside it"),
        ("% dyadic: architecture ../net.toml", "no .toml, .onnx or .pt2 file beside it"),
        ("% dyadic: architecture net.py", "no .toml, .onnx or .pt2 file beside it"),
        ("% dyadic: architecture", "names an architecture twice, or none"),
        ("% dyadic: architecture a.toml\n% dyadic: architecture b.toml", "names an architecture twice, or none"),
    ],
)
def test_an_architecture_that_a_paper_cannot_name(tmp_path, marker, message):
    path = tmp_path / "paper.tex"
    path.write_text(f'{marker}\n% dyadic: begin claim id="a" kind="equal"\nC = C\n% dyadic: end\n')
    with pytest.raises(SpecError, match=message):
        architecture_of(path)


def test_the_architecture_that_a_paper_names(tmp_path):
    path = tmp_path / "paper.tex"
    path.write_text(
        '%  dyadic: architecture nets/a b.toml \n% dyadic: begin claim id="a" kind="equal"\nC = C\n% dyadic: end'
    )
    assert architecture_of(path) == tmp_path / "nets" / "a b.toml"
    assert examine_claims(NETWORK, path).verdict == "proved"
