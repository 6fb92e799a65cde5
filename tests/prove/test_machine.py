"""The Coq development: accepted by coqc and coqchk with the committed assumptions; wrong rank tables refused."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from support.coq_library import EVERYTHING, compiled
from support.optional import require
from support.strategies import residual

from dyadic.proofs import verify
from dyadic.proofs.certificate import subject
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods import machine
from dyadic.symbolic import derive, read_spec

COQ = Path("proofs/coq")
REALS = {
    "ClassicalDedekindReals.sig_not_dec",
    "ClassicalDedekindReals.sig_forall_dec",
    "FunctionalExtensionality.functional_extensionality_dep",
}
"""The axioms of the standard library's real numbers."""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return compiled(tmp_path_factory, machine.CORE)


@pytest.fixture(scope="module")
def calculus(tmp_path_factory):
    return compiled(tmp_path_factory, machine.CORE + machine.CALCULUS)


@pytest.fixture(scope="module")
def equations(tmp_path_factory):
    return compiled(tmp_path_factory, EVERYTHING)


def committed(names):
    lines = (COQ / "assumptions.txt").read_text().splitlines()
    stated = dict(line.split(": ", 1) for line in lines)
    return {theorem: axioms for theorem, axioms in stated.items() if theorem.partition(".")[0] in names}


def test_every_theorem_is_asked_about():
    found = {path.stem: tuple(re.findall(r"^\s*Theorem (\w+)", path.read_text(), re.M)) for path in COQ.glob("*.v")}
    assert found == machine.THEOREMS
    assert (COQ / "_CoqProject").read_text().split()[3:] == [f"{name}.v" for name in EVERYTHING]
    assert len(committed(EVERYTHING)) == sum(map(len, found.values()))


def test_theorems_rest_on_no_axiom(library):
    found = machine.assumptions(library)
    assert found == committed(machine.CORE)
    assert set(found.values()) == {"none"}


def test_the_gradient_theorems_rest_on_the_reals_only(calculus):
    found = machine.assumptions(calculus, machine.CALCULUS)
    assert found == committed(machine.CALCULUS)
    assert {axiom for axioms in found.values() for axiom in axioms.split(", ")} <= REALS


def test_the_theorems_of_equations_rest_on_the_reals_and_on_the_logarithm(equations):
    """The standard library's logarithm takes the excluded middle, so its derivative does."""
    found = machine.assumptions(equations, machine.EQUATIONS)
    assert found == committed(machine.EQUATIONS)
    assert {axiom for axioms in found.values() for axiom in axioms.split(", ")} <= REALS | {
        "Classical_Prop.classic",
        "none",
    }


def test_an_axiom_is_noticed(library):
    source = "Axiom easy : 1 = 2.\nTheorem wrong : 2 = 1. Proof. symmetry. exact easy. Qed.\nPrint Assumptions wrong.\n"
    assert machine.axioms(machine.compile_file(library, "Easy", source)) == ["easy"]


def test_coqchk_accepts(equations):
    machine.recheck(equations, EVERYTHING)


def test_coqchk_refuses_a_changed_file(tmp_path, library):
    compiled = bytearray((library / "Stabilisation.vo").read_bytes())
    compiled[len(compiled) // 2] ^= 1
    (tmp_path / "Stabilisation.vo").write_bytes(compiled)
    with pytest.raises(machine.CoqError):
        machine.recheck(tmp_path, ["Stabilisation"])


def refuses(folder, name, old, new):
    text = (COQ / f"{name}.v").read_text()
    assert old in text
    with pytest.raises(machine.CoqError, match="Error"):
        machine.compile_file(folder, "Mutant", text.replace(old, new))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("Stabilisation", "1 <= rank v.", "0 <= rank v."),
        ("Stabilisation", "rank w < rank v", "rank w <= rank v"),
        ("Dyadic", "2 * L", "2 * L - 1"),
        ("Dyadic", "height w < height v", "height w <= height v"),
        ("Tightness", "zero_state) 1%nat = 1 ", "zero_state) 1%nat = 0 "),
        ("Schedules", "v, rank v <= length schedule", "v, rank v <= 1 + length schedule"),
        ("Nilpotency", "rank v <= T", "rank v <= 1 + T"),
        ("Instance", "(rank_N w <? ", "(rank_N w <=? "),
        ("Instance", "existsb (Pos.eqb w) (reads_of reads v) &&", "true &&"),
        ("Paths", "1 <= depth v <= L", "1 <= depth v < L"),
    ],
)
def test_a_mutated_file_is_refused(library, name, old, new):
    refuses(library, name, old, new)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("Gradient", "(s u (Df u e h))", "zero"),
        ("Network", "2 * L", "2 * L - 1"),
        ("Network", "f v (collect theta x v).", "zero."),
        ("Ascent", "parent theta u x s w) (s u w)", "parent theta u x s w) zero"),
        ("Backpropagation", "after f Df Dcost parent theta (2 * L)", "after f Df Dcost parent theta (2 * L - 1)"),
        ("Backpropagation", "parents_first : forall u v, parent u v = true", "parents_first : forall u v, False"),
        ("Example", "= 3 * (t * t) * h", "= 2 * (t * t) * h"),
    ],
)
def test_a_mutated_file_of_the_calculus_is_refused(calculus, name, old, new):
    refuses(calculus, name, old, new)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("Equations", "(0 <=? i) && (i <? n))%Z then", "0 <=? i)%Z then"),
        ("Derivatives", "smooth_chain chain (T u) ->", "True ->"),
        ("Polynomials", "if (Qnum c =? 0)%Z then merge p' q' else", "if true then merge p' q' else"),
        ("Pairing", "Hypothesis F_exp : forall o z, F 0%nat o z = exp z.", "Hypothesis F_exp : True."),
        ("Pairing", "(-1)%Q, [Direction", "1%Q, [Direction"),
        ("Pairing", "ordered (chain l) &&", "true &&"),
        ("Printed", "reads_no_sensitivity l = true ->", ""),
        ("Emitted", "let z := printed_run (2 * L) z0 in", "let z := printed_run (2 * L - 1) z0 in"),
        ("Emitted", "(rank u <? rank v)%nat) (seq 0 v)", "(rank u <=? rank v)%nat) (seq 0 v)"),
        ("Emitted", "reads_name (Activation u)", "negb (reads_name (Activation u))"),
        ("Functions", "1 - tanh z * tanh z\n  | 2", "1 + tanh z * tanh z\n  | 2"),
    ],
)
def test_a_mutated_file_of_the_equations_is_refused(equations, name, old, new):
    refuses(equations, name, old, new)


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


def test_the_theorem_is_false_for_fewer_steps(library):
    (reads, _), steps = table(residual(4))
    chain = machine.longest_chain(reads)
    assert len(chain) == steps
    machine.check_instance(library, machine.late_source(reads, chain))
    elsewhere = next(name for name in reads if name not in reads[chain[1]])
    with pytest.raises(machine.CoqError, match="Unable to unify"):
        machine.check_instance(library, machine.late_source(reads, [*chain[:2], elsewhere, *chain[3:]]))


def test_five_hundred_vertices():
    require(machine.find_coqc(), "coqc is not installed (apt-get install coq)")
    derivation = derive(residual(250))
    graph = Graph(subject(derivation, derivation.steps))
    assert len(graph.parents) == 500
    assert machine.machine_claim(graph, derivation.steps).verdict is Verdict.PROVED


def test_too_few_steps_are_refuted():
    require(machine.find_coqc(), "coqc is not installed (apt-get install coq)")
    digits = derive(read_spec("examples/digits.toml"))
    claims = {claim["id"]: claim for claim in verify(digits, steps=7, coq=True)["claims"]}
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
    require(machine.find_coqc(), "coqc is not installed (apt-get install coq)")
    derivation = derive(read_spec("examples/digits.toml"))
    graph = Graph(subject(derivation, derivation.steps))
    graph.rank_x["logits"] += 1
    claim = machine.machine_claim(graph, derivation.steps)
    assert claim.verdict is Verdict.UNDECIDED
    assert "Unable to unify" in claim.reason


def test_without_coq_the_claim_is_undecided(monkeypatch):
    monkeypatch.setattr(machine, "find_coqc", lambda: None)
    derivation = derive(read_spec("examples/digits.toml"))
    claim = machine.machine_claim(Graph(subject(derivation, 8)), 8)
    assert claim.verdict is Verdict.UNDECIDED
    assert claim.reason == "coqc not found, apt-get install coq"
    assert verify(derivation, coq=True)["verdict"] == "undecided"
