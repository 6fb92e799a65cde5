"""A coqc that is killed, is another one, or does nothing: one message, which says so."""

import re

import pytest
from support.coq_networks import NETWORKS, certificate

from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods import coqc
from dyadic.proofs.methods.formal import network_theorem

PROGRAMS = {
    "exit 0": r"\w+\.v of proofs/coq, .* is not compiled here: coqc says nothing against",
    "kill -9 $$": r"^coqc was ended by signal 9",
    "case $* in *.v) kill -9 $$;; esac": r"Coq 8\.16 compiles, is not compiled here: coqc was ended by signal 9",
    "case $* in *.v) echo 'Error: Syntax error.' >&2; exit 1;; esac": r"is not compiled here: Error: Syntax error\.$",
    "case $* in *.v) exit 3;; esac": r"is not compiled here: coqc ended with status 3$",
    "case $* in *.v) echo 'Error: Cannot find Coquelicot.' >&2; exit 1;; esac": f"^{coqc.NO_COQUELICOT}$",
}


@pytest.fixture
def coqc_that(tmp_path, monkeypatch):
    """Puts a program in the place of coqc."""

    def put(does):
        (tmp_path / "bin").mkdir()
        program = tmp_path / "bin" / "coqc"
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    return put


@pytest.mark.parametrize("does", PROGRAMS)
def test_what_went_wrong_is_said(coqc_that, does):
    coqc_that(does)
    claim = network_theorem.formal_claim(certificate(*NETWORKS["dense"]))
    assert claim.verdict is Verdict.UNDECIDED
    assert re.search(PROGRAMS[does], claim.reason), claim.reason
