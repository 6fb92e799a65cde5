"""A coqc that is killed, is another one, or does nothing: one message, which says so."""

import re

import pytest
from support.coq_networks import NETWORKS, certificate
from support.optional import require

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods import coqc, machine
from dyadic.proofs.methods.formal import network_theorem

EMPTY = """
for one; do case $one in *.v) : > "${one%.v}.vo";; esac; done
case "$*" in *-where*) echo /usr/lib/coq;; *--version*) echo "The Coq Proof Assistant, version 8.16.1";; esac
"""
"""Makes empty files, and says nothing."""
PROGRAMS = {
    "exit 0": r"\w+\.v of proofs/coq, .* is not compiled here: coqc says nothing against",
    "kill -9 $$": r"^coqc was ended by signal 9",
    "case $* in *.v) kill -9 $$;; esac": r"Coq 8\.16 compiles, is not compiled here: coqc was ended by signal 9",
    "case $* in *.v) echo 'Error: Syntax error.' >&2; exit 1;; esac": r"is not compiled here: Error: Syntax error\.$",
    "case $* in *.v) exit 3;; esac": r"is not compiled here: coqc ended with status 3$",
    "case $* in *.v) echo 'Error: Cannot find Coquelicot.' >&2; exit 1;; esac": f"^{coqc.NO_COQUELICOT}$",
    EMPTY: "^Coq does not say what the theorem rests on$",
    f"{EMPTY} case $* in *Formal.v) exit 3;; *Ask.v) echo Axioms:; echo classic;; esac": "^coqc ended with status 3$",
}


@pytest.fixture
def coqc_that(tmp_path, monkeypatch):
    """Puts a program in the place of coqc."""

    def put(does, folder="bin"):
        (tmp_path / folder).mkdir()
        program = tmp_path / folder / "coqc"
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path / folder), prepend=":")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    return put


@pytest.mark.parametrize("does", PROGRAMS)
def test_what_went_wrong_is_said(coqc_that, does):
    coqc_that(does)
    claim = network_theorem.formal_claim(certificate(*NETWORKS["dense"]))
    assert claim.verdict is Verdict.UNDECIDED
    assert re.search(PROGRAMS[does], claim.reason), claim.reason
    assert claim.numbers["kinds"] == 0  # nor are compiled files counted of which Coq says nothing, or something else


@pytest.mark.parametrize(("steps", "verdict"), [(4, Verdict.PROVED), (2, Verdict.REFUTED)])
def test_a_coqc_that_makes_empty_files_has_checked_no_table(coqc_that, steps, verdict):
    """Nor is an axiom taken for none."""
    graph = Graph(certificate(*NETWORKS["dense"]))
    if coqc.find_coqc():
        assert machine.machine_claim(graph, steps).verdict is verdict
    for number, says in enumerate(["", "echo Axioms:; echo 'easy : 1 = 2'"]):
        coqc_that(f"{EMPTY} case $* in *NetworkInstance.v) {says or 'true'};; esac", f"bin{number}")
        claim = machine.machine_claim(graph, steps)
        assert claim.verdict is Verdict.UNDECIDED
        assert claim.reason == "Coq does not say that the network's instance rests on no axiom"


@pytest.mark.parametrize("name", ["easy", "_easy", "Éasy", "Library.easy'"])
def test_an_axiom_of_any_name_is_one(name):
    assert coqc.axioms(f"Axioms:\n{name} : 1 = 2\nother\n  : forall P : Prop, P\n") == [name, "other"]


def test_kinds_that_coq_vouches_for_are_said_where_the_network_is_not_proved(monkeypatch):
    """What is said of layers is what Coq's own list of axioms is about."""
    require(coqc.find_coqc() and coqc.has_coquelicot(), "no Coq with Coquelicot")

    def refused(folder, written):
        raise coqc.CoqError("the theorem is refused")

    monkeypatch.setattr(network_theorem, "check", refused)
    claim = network_theorem.formal_claim(certificate(*NETWORKS["dense"]))
    assert (claim.verdict, claim.numbers["kinds"]) == (Verdict.UNDECIDED, 3)
    assert claim.reason == "the theorem is refused; shown is that 3 of its 3 layers have these adjoints for all sizes"
    monkeypatch.setattr(network_theorem, "AXIOMS", network_theorem.AXIOMS[:2])
    claim = network_theorem.formal_claim(certificate(*NETWORKS["dense"]))
    assert (claim.numbers["kinds"], claim.reason) == (0, "the theorem is refused")
