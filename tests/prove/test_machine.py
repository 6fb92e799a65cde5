"""The Coq development: accepted by coqc and coqchk with the committed assumptions; wrong rank tables refused."""

import subprocess
import time
from pathlib import Path

import pytest
from support.optional import require
from support.strategies import residual

from proofs import machine, verify
from proofs.certificate import subject
from proofs.checker.graph import Graph
from proofs.claims import Verdict
from symbolic import derive, read_spec

ASSUMPTIONS = Path("proofs/coq/assumptions.txt")


def has_coquelicot():
    if machine.find_coqc() is None:
        return False
    where = subprocess.run(["coqc", "-where"], capture_output=True, text=True, check=True).stdout.strip()
    return (Path(where) / "user-contrib" / "Coquelicot").is_dir()


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    require(machine.find_coqc(), "coqc is not installed (apt-get install coq)")
    folder = tmp_path_factory.mktemp("coq")
    machine.compile_library(folder)
    return folder


def committed():
    return dict(line.split(": ", 1) for line in ASSUMPTIONS.read_text().splitlines())


def test_theorems_rest_on_no_axiom(library):
    found = machine.assumptions(library)
    assert found == {name: text for name, text in committed().items() if not name.startswith("Gradient.")}
    assert set(found.values()) == {"none"}


def test_the_gradient_theorem_rests_on_the_reals_only(library):
    require(has_coquelicot(), "Coquelicot is not installed (apt-get install libcoq-coquelicot)")
    machine.compile_library(library, ["Gradient"])
    found = machine.assumptions(library, ["Gradient"])
    assert found == {name: text for name, text in committed().items() if name.startswith("Gradient.")}


def test_coqchk_accepts(library):
    machine.recheck(library)


def test_a_broken_proof_is_refused(tmp_path, library):
    (library / "Wrong.v").write_text("Lemma wrong : 1 = 2. Proof. reflexivity. Qed.\n")
    with pytest.raises(machine.CoqError, match="Unable to unify"):
        machine._run("coqc", library, "Wrong.v")


def table(network):
    derivation = derive(network)
    return machine.graph_table(Graph(subject(derivation, derivation.steps))), derivation.steps


def test_an_instance_and_wrong_ones(library):
    (reads, ranks), steps = table(residual(4))
    machine.check_instance(library, machine.instance_source(reads, ranks, steps))
    wrong = [
        (reads, ranks, steps - 1),
        (reads, ranks | {"s sum1": ranks["s sum1"] - 1}, steps),
        (reads, ranks | {"x sum1": ranks["x dense1"]}, steps),
        (reads, ranks | {"x dense0": 0}, steps),
        (reads | {"x dense0": ["x sum3"]}, ranks, steps),
    ]
    for other_reads, other_ranks, other_steps in wrong:
        with pytest.raises(machine.CoqError, match="Unable to unify"):
            machine.check_instance(library, machine.instance_source(other_reads, other_ranks, other_steps))


def test_five_hundred_vertices(library):
    (reads, ranks), steps = table(residual(250))
    assert len(reads) == 1000
    start = time.perf_counter()
    machine.check_instance(library, machine.instance_source(reads, ranks, steps))
    assert time.perf_counter() - start < 10


def test_the_claim(library):
    digits = derive(read_spec("examples/digits.toml"))
    claims = {claim["id"]: claim for claim in verify(digits, coq=True)["claims"]}
    assert claims["machine"]["verdict"] == "proved"
    claims = {claim["id"]: claim for claim in verify(digits, steps=7, coq=True)["claims"]}
    assert claims["machine"]["verdict"] == "undecided"
    assert "Unable to unify" in claims["machine"]["reason"]


def test_without_coq_the_claim_is_undecided(monkeypatch):
    monkeypatch.setattr(machine, "find_coqc", lambda: None)
    derivation = derive(read_spec("examples/digits.toml"))
    claim = machine.machine_claim(Graph(subject(derivation, 8)), 8)
    assert claim.verdict is Verdict.UNDECIDED
    assert claim.reason == "coqc not found, apt-get install coq"
    assert verify(derivation, coq=True)["verdict"] == "undecided"
