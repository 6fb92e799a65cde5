"""The 2L theorem in Coq: accepted by coqc and coqchk without an axiom; wrong files and wrong rank tables refused.

More of this, which takes longer: campaigns/coq_theorems.py.
"""

import re
from itertools import pairwise

import pytest
from support.coq_library import COQ, EVERYTHING, committed, compiled, refuses
from support.optional import require
from support.strategies import residual

from dyadic.proofs import verify
from dyadic.proofs.certificate import subject
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods import coqc, machine
from dyadic.symbolic import derive, read_spec


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return compiled(tmp_path_factory, machine.CORE)


def test_every_theorem_is_asked_about():
    found = {path.stem: tuple(re.findall(r"^\s*Theorem (\w+)", path.read_text(), re.M)) for path in COQ.glob("*.v")}
    assert found == machine.THEOREMS
    assert (COQ / "_CoqProject").read_text().split()[3:] == [f"{name}.v" for name in EVERYTHING]
    assert len(committed(EVERYTHING)) == sum(map(len, found.values()))


def test_theorems_rest_on_no_axiom(library):
    """Asked of all at once: each question takes half a second."""
    theorems = [f"@{name}.{theorem}" for name in machine.CORE for theorem in machine.THEOREMS[name]]
    requests = "".join(f"From Dyadic Require {name}.\n" for name in machine.CORE)
    source = f"{requests}Definition together := ({', '.join(theorems)}).\nPrint Assumptions together.\n"
    assert coqc.compile_file(library, "Together", source) == "Closed under the global context\n"
    assert set(committed(machine.CORE).values()) == {"none"}


def test_an_axiom_is_noticed(library):
    source = "Axiom easy : 1 = 2.\nTheorem wrong : 2 = 1. Proof. symmetry. exact easy. Qed.\nPrint Assumptions wrong.\n"
    assert coqc.axioms(coqc.compile_file(library, "Easy", source)) == ["easy"]


def test_coqchk_accepts(library):
    machine.recheck(library)


def test_coqchk_refuses_a_changed_file(tmp_path, library):
    compiled = bytearray((library / "Stabilisation.vo").read_bytes())
    compiled[len(compiled) // 2] ^= 1
    (tmp_path / "Stabilisation.vo").write_bytes(compiled)
    with pytest.raises(coqc.CoqError):
        machine.recheck(tmp_path, ["Stabilisation"])


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("Dyadic", "2 * L", "2 * L - 1"),
        ("Instance", "(rank_N w <? ", "(rank_N w <=? "),
    ],
)
def test_a_mutated_file_is_refused(library, name, old, new):
    refuses(library, name, old, new)


def table(network):
    derivation = derive(network)
    return machine.graph_table(Graph(subject(derivation, derivation.steps))), derivation.steps


def test_the_theorem_is_false_for_fewer_steps(library):
    (reads, _), steps = table(residual(4))
    chain = machine.longest_chain(reads)
    assert len(chain) == steps
    machine.check_instance(library, machine.late_source(reads, chain))
    elsewhere = next(name for name in reads if name not in reads[chain[1]])
    with pytest.raises(coqc.CoqError, match="Unable to unify"):
        machine.check_instance(library, machine.late_source(reads, [*chain[:2], elsewhere, *chain[3:]]))


def test_too_few_steps_are_refuted():
    require(coqc.find_coqc(), "coqc is not installed (apt-get install coq)")
    digits = derive(read_spec("examples/digits.toml"))
    claims = {claim["id"]: claim for claim in verify(digits, steps=7, methods=["ranks", "machine"])["claims"]}
    assert claims["machine"]["verdict"] == "refuted"
    assert_late(digits, claims["machine"]["counterexample"]["each reads the next"], 7)


def assert_late(derivation, chain, steps):
    """Literally run the counterexample: true spreads along the chain for too long."""
    reads, _ = machine.graph_table(Graph(subject(derivation, steps)))
    assert all(after in reads[before] for before, after in pairwise(chain))
    state = dict.fromkeys(reads, True)
    for _ in range(steps):
        state = {name: any(state[other] for other in others) for name, others in reads.items()}
    assert state[chain[0]]


def test_a_wrong_table_leaves_the_claim_undecided():
    require(coqc.find_coqc(), "coqc is not installed (apt-get install coq)")
    derivation = derive(read_spec("examples/digits.toml"))
    graph = Graph(subject(derivation, derivation.steps))
    graph.rank_x["logits"] += 1
    claim = machine.machine_claim(graph, derivation.steps)
    assert claim.verdict is Verdict.UNDECIDED
    assert "Unable to unify" in claim.reason


def test_without_coq_the_claim_is_undecided(monkeypatch):
    monkeypatch.setenv("PATH", "")
    derivation = derive(read_spec("examples/digits.toml"))
    claim = machine.machine_claim(Graph(subject(derivation, 8)), 8)
    assert claim.verdict is Verdict.UNDECIDED
    assert claim.reason == "coqc not found, apt-get install coq"
    assert verify(derivation, coq=True)["verdict"] == "undecided"
