"""The project's own appendix is what the code writes today, and says what became of the paper's abstracts."""

from pathlib import Path

import pytest

from dyadic.flagship import FOLDER, comparable, flagship_document
from dyadic.paper import appendix_files
from dyadic.paper.document import Table
from dyadic.physics.abstracts import abstract_claims


@pytest.fixture(scope="module")
def document():
    return flagship_document()


def test_the_files_are_those_that_are_written(document):
    """``make flagship`` writes them."""
    for path, content in appendix_files(document, FOLDER / "appendix.tex").items():
        assert comparable(path.read_text(encoding="utf-8")) == comparable(content.decode()), path
    assert r"\input{appendix}" in Path("paper/flagship/main.tex").read_text()


def test_only_the_hash_of_the_certificate_may_differ(document):
    text = appendix_files(document, FOLDER / "appendix.tex")[FOLDER / "appendix.tex"].decode()
    digest = document.digest[:8]
    assert comparable(text.replace(digest, "0" * 8, 1)) == comparable(text)
    tag = document.hashes["x:hidden"][:12]
    assert comparable(text.replace(tag, "0" * 12)) != comparable(text)
    assert comparable(text.replace("Proved. Of", "Refuted. Of")) != comparable(text)


def test_every_claim_of_both_abstracts_has_its_verdict(document):
    section = next(section for section in document.sections if section.name == "abstracts")
    tables = [block for block in section.blocks if isinstance(block, Table)]
    assert len(tables) == 2
    verdicts = [row[2][0] for table in tables for row in table.rows]
    expected = [str(claim.verdict) for sentence in abstract_claims(None) for claim in sentence.claims]
    assert verdicts == expected
    assert {"proved", "refuted", "undecided"} == set(verdicts)
    assert all(row[3][0] for table in tables for row in table.rows if row[2][0] != "proved")
