"""Several files in one run, certificates alone, and what was changed in a fragment by hand."""

import json
import re
from pathlib import Path

import pytest
from support.command import run

from dyadic.paper import build_document, render_latex
from dyadic.paper.sealed_formulas import compare
from dyadic.proofs import verify
from dyadic.symbolic import DyadicError, derive, read_spec

DIGITS = "examples/digits.toml"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    outputs = [part for ending in ("tex", "pdf", "html") for part in ("-o", folder / f"a.{ending}")]
    done = run("appendix", DIGITS, *outputs, "--certificate", folder / "c.json")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return folder


def test_several_files_and_the_certificate_that_they_cite(written):
    assert {path.name for path in written.iterdir()} >= {"a.tex", "a.pdf", "a.html", "c.json", "dyadic.bib"}
    digest = json.loads((written / "c.json").read_text())["hash"]
    assert digest in (written / "a.html").read_text(encoding="utf-8")
    assert digest[:8] in (written / "a.tex").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", "a.pdf", "-o", "b.docx"), "'.docx' is not one of"),
        (("-o", "a.pdf", "-o", "a.pdf"), "is given twice"),
        (("-o", "a.pdf", "--certificate", "a.pdf"), "is given twice"),
        (("-o", "a.pdf", "-o", "none/b.pdf"), "cannot be written"),
        (("-o", "a.pdf", "--certificate", "none/c.json"), "cannot be written"),
        (("-o", "a.pdf", "--certificate", "c.json", "--with", DIGITS), "several certificates"),
    ],
)
def test_what_cannot_be_written_is_refused_before_any_work(arguments, said, tmp_path):
    arguments = [Path(DIGITS).resolve() if part == DIGITS else part for part in arguments]
    done = run("appendix", Path(DIGITS).resolve(), *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_certificate_alone(written, tmp_path):
    done = run("appendix", written / "c.json", "-o", tmp_path / "c.html", "-o", tmp_path / "c.pdf")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert "Certificate of digits-mlp" in page
    assert "CONFIRMED" in page
    assert page.count('class="claim proved"') >= 15
    assert (tmp_path / "c.pdf").read_bytes().startswith(b"%PDF")


def test_a_certificate_that_does_not_hold_is_not_made_a_page(written, tmp_path):
    content = json.loads((written / "c.json").read_text())
    content["steps"] = 7
    (tmp_path / "c.json").write_text(json.dumps(content))
    done = run("appendix", tmp_path / "c.json", "-o", tmp_path / "c.html")
    assert done.returncode == 1
    assert done.stdout.startswith("REJECTED")
    assert not (tmp_path / "c.html").exists()
    assert run("appendix", tmp_path / "c.json", "-o", tmp_path / "c.tex").returncode == 2


# -- fragments that were edited ----------------------------------------------------------------------------------------


def test_a_fragment_as_it_was_written(written, tmp_path):
    done = run("check", written / "a.tex")
    assert (done.returncode, done.stdout.split()[0]) == (0, "UNCHANGED")
    text = (written / "a.tex").read_text(encoding="utf-8")
    moved = text.replace("\\sum_{", "\n  \\sum_{").replace("Every update is local", "Each update is local")
    assert moved != text
    assert compare(f"\\section{{Mine}} $q = 1$\n{moved}").unchanged


def test_an_equation_that_was_edited_is_found(written, tmp_path):
    text = (written / "a.tex").read_text(encoding="utf-8")
    path = tmp_path / "edited.tex"
    path.write_text(text.replace(r"\bar{z}^{\text{hidden2}}_{i} + s", r"\bar{z}^{\text{hidden2}}_{i} - s", 1))
    assert path.read_text() != text
    done = run("check", path)
    assert done.returncode == 1
    first = done.stdout.splitlines()[0]
    assert re.match(rf"CHANGED    {re.escape(str(path))}:\d+: s:hidden: ", first)


def test_every_sign_counts():
    """One character of any formula changed, and it is that formula that is named."""
    derivation = derive(read_spec("examples/lstm.toml"))
    text = render_latex(build_document(derivation, verify(derivation, methods=["lemma"]), sections=["equations"]))
    places = [found.start() for found in re.finditer(r"(?<=[a-z}] )[+-](?= )", text)]
    assert len(places) > 20
    for place in places:
        edited = text[:place] + {"+": "-", "-": "+"}[text[place]] + text[place + 1 :]
        found = compare(edited)
        assert len(found.changed) == 1
        line = text.count("\n", 0, place) + 1
        assert found.changed[0][0] <= line


def test_a_display_that_was_left_out_or_commented_is_missed(written):
    text = (written / "a.tex").read_text(encoding="utf-8")
    display = re.search(r"\\begin\{align\*\}.*?\\end\{align\*\}\n", text, re.S)[0]
    assert compare(text).missing == 0
    for other in ("", "".join(f"% {line}\n" for line in display.splitlines())):
        found = compare(text.replace(display, other, 1))
        assert not found.unchanged
        assert found.missing >= 1


def test_what_is_no_fragment_is_refused(tmp_path):
    for content in ("", "\\dyadicbegin{a}\n$x$\n\\dyadicend\n", "% dyadic: 0123456789ab\n"):
        with pytest.raises(DyadicError, match="no fragment"):
            compare(content)
    (tmp_path / "a.tex").write_bytes(b"\xff\xfe")
    assert run("check", tmp_path / "a.tex").returncode == 2
    assert run("check", tmp_path / "none.tex").returncode == 2
    (tmp_path / "b.tex").write_text("")
    assert run("check", tmp_path / "b.tex", "--coq").returncode == 2
