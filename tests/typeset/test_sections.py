"""Sections that are chosen, short appendices, several networks: nothing is cited that is not there."""

import re
from html.parser import HTMLParser

import pytest
from support.command import run

import dyadic
from dyadic.paper import (
    DETAILS,
    OF_ANY_NETWORK,
    SECTIONS,
    build_document,
    render_html,
    render_latex,
    render_pdf,
    render_typst,
)
from dyadic.paper.theory import proof_of_theorem
from dyadic.proofs import verify
from dyadic.symbolic import DyadicError, derive, read_spec

DIGITS, LSTM = "examples/digits.toml", "examples/lstm.toml"


@pytest.fixture(scope="module")
def digits():
    derivation = derive(read_spec(DIGITS))
    return derivation, verify(derivation)


@pytest.fixture(scope="module")
def lstm():
    derivation = derive(read_spec(LSTM))
    return derivation, verify(derivation)


class Places(HTMLParser):
    def __init__(self):
        super().__init__()
        self.ids, self.links = [], []

    def handle_starttag(self, tag, attributes):
        self.ids += [value for name, value in attributes if name == "id"]
        self.links += [value[1:] for name, value in attributes if name == "href"]


def hold_references(*documents):
    """Every place that is referred to is there, once, in every format."""
    latex = render_latex(*documents)
    labels = re.findall(r"\\label\{(.*?)\}", latex)
    for fragment in latex.split(r"\dyadicend"):
        here = re.findall(r"\\label\{(.*?)\}", fragment)
        assert len(set(here)) == len(here)
        assert set(re.findall(r"\\ref\{(.*?)\}", fragment)) <= set(here)
    assert labels
    page = Places()
    page.feed(render_html(*documents))
    assert len(set(page.ids)) == len(page.ids)
    assert set(page.links) <= set(page.ids)
    typst = render_typst(*documents)
    numbers = re.findall(r'numbering: _ => "\((\d+)\)"', typst)
    assert len(set(numbers)) == len(numbers)
    assert set(re.findall(r'\(#"(\d+)"\)', typst)) <= set(numbers)
    assert render_pdf(*documents).startswith(b"%PDF")


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_alone(name, digits):
    document = build_document(*digits, sections=[name])
    assert [section.name for section in document.sections] == [name]
    hold_references(document)


def test_sections_stand_in_their_order_and_cite_what_is_there(digits):
    document = build_document(*digits, sections=["proof", "dynamics", "result"])
    assert [section.name for section in document.sections] == ["result", "dynamics", "proof"]
    hold_references(document)
    assert r"dynamics (\ref{\dyadicprefix:dynamics-2dx}), (\ref{" in render_latex(document)
    alone = render_latex(build_document(*digits, sections=["result"]))
    assert "saddle-point dynamics. Then" in alone
    assert r"\ref" not in alone


def test_references_are_those_that_are_cited(digits):
    whole, alone = build_document(*digits), build_document(*digits, sections=["setting"])
    for render in (render_html, render_typst):
        assert "Galley" in render(whole)
        assert "Galley" not in render(alone)
        assert "Scurria" in render(alone)


def test_short(digits):
    document = build_document(*digits, detail="short")
    assert tuple(section.name for section in document.sections) == DETAILS["short"]
    hold_references(document)
    short, full = render_latex(document), render_latex(build_document(*digits))
    assert len(short) < 0.7 * len(full)
    assert r"\dyadictag{K1}" in short
    assert r"\dyadictag{K1}" not in full


def test_several_networks(digits, lstm):
    first, second = build_document(*digits), build_document(*lstm).without(OF_ANY_NETWORK)
    hold_references(first, second)
    for render in (render_latex, render_typst, render_html):
        text = render(first, second)
        assert text.count("is the flow that lets every activation relax") == 1
        assert text.count("Dyadic backpropagation for digits") >= 1
        assert text.count("Dyadic backpropagation for lstm") >= 1


def appendix(*arguments):
    return run("appendix", DIGITS, *arguments)


def test_command(tmp_path):
    path = tmp_path / "a.html"
    done = appendix("-o", str(path), "--detail", "short", "--with", LSTM)
    assert done.returncode == 0, done.stderr
    text = path.read_text(encoding="utf-8")
    assert text.count("<h1>") == 2
    assert "Exactness after 18 steps" in text
    assert "Algorithms" not in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--sections", "proof,index"), "there is no section 'index'; there are: result"),
        (("--sections", "proof", "--detail", "short"), "leave one of the two out"),
        (("--detail", "long"), "'long' is not one of"),
        (("--with", "nothing.toml"), "nothing.toml"),
    ],
)
def test_what_there_is_not_is_refused(arguments, said, tmp_path):
    done = appendix("-o", str(tmp_path / "a.pdf"), *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_from_python(digits, tmp_path):
    derivation, certificate = digits
    dyadic.appendix(derivation, certificate, tmp_path / "a.tex", sections=["result", "proof"])
    assert "From inference" not in (tmp_path / "a.tex").read_text()
    for wrong in ({"sections": ["index"]}, {"sections": []}, {"detail": "long"}):
        with pytest.raises(DyadicError, match="there are:"):
            dyadic.appendix(derivation, certificate, tmp_path / "b.tex", **wrong)
    assert not (tmp_path / "b.tex").exists()


def test_a_generic_appendix_says_no_size_and_no_depth(digits, tmp_path):
    """Neither the sizes of the network nor its L stand in what is said of any network."""
    chosen = ["setting", "energy", "equations", "proof", "algorithms"]
    numbers = re.compile(r"(?<![\d.])(64|32|10)(?![\d.])|L = 4|= 8|repeat 8")

    def said(**choices):
        return re.sub(r"(?m)^% .*", "", render_latex(build_document(*digits, sections=chosen, **choices)))

    assert numbers.search(said())
    assert not numbers.search(said(generic=True))
    assert build_document(*digits, generic=True).sections[0].title == "Exactness after 2L steps"
    done = appendix("-o", str(tmp_path / "a.tex"), "--generic")
    assert done.returncode == 0, done.stderr
    assert "any network of the kinds of layers below" in (tmp_path / "a.tex").read_text()


def test_a_generic_proof_where_the_largest_rank_is_not_2L():
    """No network of a specification has one; those of a cost that is linear would."""
    *_, last = proof_of_theorem(3, 5, 3, generic=True)
    assert next(span for span in last.spans if isinstance(span, str)) == " is the largest rank; it is at least "


def test_letters_of_what_is_not_derived_are_not_explained(digits):
    """A short appendix has no dynamics: neither tau nor the dyadic coordinates stand in it."""
    from dyadic.paper.meanings import of_the_theory

    missing = set(of_the_theory(dynamics=True)) - set(of_the_theory(dynamics=False))
    assert {"tau", "Lambda", "q"} <= missing
    for detail, explained in (("short", False), ("full", True)):
        text = render_latex(build_document(*digits, detail=detail))
        assert ("dyadic coordinate" in text) == explained
        assert "the number of steps to exactness" in text
