"""What takes Coq longer than the tests of every change should: ``python -m pytest tests/campaigns/coq_theorems.py``.

The axioms of every theorem, coqchk over all files, a mistake in each file; and networks' own theorems beyond those of
tests/prove/test_formal.py.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.coq_library import EVERYTHING, committed, compiled, refuses
from support.coq_networks import DENSE, NETWORKS, certificate, description
from support.refit import claim_of, refitted
from support.strategies import residual

from dyadic.proofs import Rejected, recheck, verify
from dyadic.proofs.certificate import subject
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods import coqc, machine
from dyadic.proofs.methods.formal import network_theorem
from dyadic.proofs.methods.formal.coq_terms import FUNCTIONS
from dyadic.proofs.methods.formal.readback import Different, compare
from dyadic.proofs.methods.formal.script import network
from dyadic.symbolic import derive, read_spec

REALS = {
    "ClassicalDedekindReals.sig_not_dec",
    "ClassicalDedekindReals.sig_forall_dec",
    "FunctionalExtensionality.functional_extensionality_dep",
}
"""The axioms of the standard library's real numbers."""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return compiled(tmp_path_factory, EVERYTHING)


def test_theorems_rest_on_the_committed_axioms(library):
    """The excluded middle is not among them, which the standard library's logarithm takes."""
    found = machine.assumptions(library, EVERYTHING)
    assert found == committed(EVERYTHING)
    axioms = {axiom for stated in found.values() for axiom in stated.split(", ")}
    assert axioms == {"none"} | REALS


def test_coqchk_accepts(library):
    machine.recheck(library, EVERYTHING)


def test_coqchk_accepts_a_network(library):
    """It has no virtual machine; digits takes it five seconds, larger networks are for coqc alone."""
    digits = network(subject(derive(read_spec("examples/digits.toml")), 8))
    coqc.compile_file(library, "Digits", digits.source, 120, network_theorem.MEMORY)
    machine.recheck(library, ["Digits"])


def test_the_statement_unfolds_to_its_layers(library):
    """The map of digits' first layer is tanh of b plus the sum of W x, and of no other numbers."""
    digits = network(subject(derive(read_spec("examples/digits.toml")), 8))
    coqc.compile_file(library, "Digits", digits.source, 120, network_theorem.MEMORY)
    text = Path("tests/campaigns/Readable.v").read_text()
    coqc.compile_file(library, "Readable", text)
    for old, new in (
        ("theta 0 (i * 64 + j)", "theta 0 (j * 32 + i)"),
        ("theta 1 i +", "theta 3 i +"),
        (" tanh (", " sin ("),
    ):
        assert text.count(old) == 1
        with pytest.raises(coqc.CoqError, match="Error"):
            coqc.compile_file(library, "Unreadable", text.replace(old, new))


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
        ("Gradient", "(s u (Df u e h))", "zero"),
        ("Network", "2 * L", "2 * L - 1"),
        ("Network", "f v (collect theta x v).", "zero."),
        ("Ascent", "parent theta u x s w) (s u w)", "parent theta u x s w) zero"),
        ("Backpropagation", "after f Df Dcost parent theta (2 * L)", "after f Df Dcost parent theta (2 * L - 1)"),
        ("Backpropagation", "parents_first : forall u v, parent u v = true", "parents_first : forall u v, False"),
        ("Example", "= 3 * (t * t) * h", "= 2 * (t * t) * h"),
        ("Derivatives", "smooth_chain chain (T u) ->", "True ->"),
        ("Pairing", "Hypothesis F_exp : forall o z, F 0%nat o z = exp z.", "Hypothesis F_exp : True."),
        ("Pairing", "ordered (chain l) &&", "true &&"),
        ("Emitted", "let z := printed_run (2 * L) z0 in", "let z := printed_run (2 * L - 1) z0 in"),
        ("Emitted", "negb (u <? v)%nat || (rank u <? rank v)%nat |", "negb (u <? v)%nat || (rank u <=? rank v)%nat |"),
        ("Boxes", "NoDup l -> NoDup m ->", "NoDup l -> True ->"),
        ("Boxes", "Same a b => mentions k a || mentions k b end", "Same a b => mentions k a end"),
        ("Boxes", "(if mentioned gs k then n else 1%nat)", "(if mentioned gs k then 1%nat else n)"),
        ("Terms", "=> expand a (placed m k (variables t)) (summed n t)", "=> expand a m (summed n t)"),
        ("Matching", "true_at e b <-> true_at e' c", "true_at e b -> true_at e' c"),
        ("Matching", "boxed (extents s) (image psi y) /\\ equal_indices", "True /\\ equal_indices"),
        ("AllSizes", "over_entries d [(-1)%Q]", "over_entries d [1%Q]"),
        ("AllSizes", "negb (existsb (Nat.eqb k) ks) && distinct ks", "distinct ks"),
        ("Instances", " &&\n    forallb (fun d => is_local (target d)) (forward l).", "."),
        ("Functions", "1 - tanh z * tanh z\n  | 2", "1 + tanh z * tanh z\n  | 2"),
        ("Functions", "falling r o * (r - INR o) end", "falling r o * (r - INR (S o)) end"),
        ("Integers", "T t (r * Z.of_nat n + v)%Z", "T t (r + v)%Z"),
        ("Integers", "(forall v, map (eval_index (set e j v)) is = map (eval_index e) is) ->", "True ->"),
        ("Functions", "fun z => 2 / sqrt PI * bell z", "fun z => 1 / sqrt PI * bell z"),
        ("Functions", "+ z * (/ sqrt 2 *", "+ z * (sqrt 2 *"),
        ("Functions", "fun z => 1 - logistic z\n", "logistic\n"),
        ("Functions", "(10 <? f)%nat", "(9 <? f)%nat"),
        ("Demands", "=> [NotZero a]                                   (* relu *)", "=> []"),
        ("Demands", "=> [Positive a]    (* sqrt", "=> [NotZero a]    (* sqrt"),
        ("Functions", "(f <? 6)%nat ||", "(f <? 7)%nat ||"),
        ("Demands", "needs a ++ map bare", "map bare"),
        ("Demands", "[], S _ => []", "_, S _ => []"),
        (
            "Demands",
            "in_range dims (target d) p = true -> met_around",
            "in_range dims (target d) p = false -> met_around",
        ),
        ("Functions", "z + 44715 / 1000000 * z ^ 3", "z + 44715 / 1000000 * z ^ 2"),
        ("Demands", "v <> m -> eval F dims T (set e k v) a <", "v <> m -> eval F dims T (set e k v) a <="),
    ],
)
def test_a_mutated_file_is_refused(library, name, old, new):
    refuses(library, name, old, new)


def test_five_hundred_vertices(library):
    derivation = derive(residual(250))
    graph = Graph(subject(derivation, derivation.steps))
    assert len(graph.parents) == 500
    assert machine.machine_claim(graph, derivation.steps).verdict is Verdict.PROVED


def test_wrong_instances(library):
    derivation = derive(residual(4))
    reads, ranks = machine.graph_table(Graph(subject(derivation, derivation.steps)))
    steps = derivation.steps
    wrong = [
        (reads, ranks, steps - 1),
        (reads, ranks | {"s sum1": ranks["s sum1"] - 1}, steps),
        (reads, ranks | {"x sum1": ranks["x dense1"]}, steps),
        (reads, ranks | {"x dense0": 0}, steps),
        (reads | {"x dense0": ["x sum3"]}, ranks, steps),
    ]
    machine.check_instance(library, machine.instance_source(reads, ranks, steps))
    for case in wrong:
        with pytest.raises(coqc.CoqError, match="Unable to unify"):
            machine.check_instance(library, machine.instance_source(*case))


SMALL = ("convolution", "masked", "several costs")


@pytest.mark.parametrize("name", SMALL)
def test_small_networks_are_proved(library, name):
    written = network(certificate(*NETWORKS[name]))
    assert written.everywhere == (name == "several costs")
    compare(written.source, written)
    network_theorem.check(library, written)


def test_hostile_names_do_not_reach_coq(library):
    layers = [{**DENSE[0], "name": "a"}, {**DENSE[1], "name": "b"}]
    content = certificate(layers, [3], "squared_error")
    (first, second) = content["architecture"]["vertices"]
    first["name"] = "*) Axiom easy : False. (*"
    second["inputs"] = [first["name"]]
    content["ranks"]["x"][first["name"]] = content["ranks"]["x"].pop("a")
    network_theorem.check(library, network(content))


def test_a_claim_that_is_stronger_than_what_coq_accepts_is_rejected(library):
    """The logistic function is differentiable everywhere; a square root in a norm is only where it is positive."""
    derivation = derive(description(*NETWORKS["residual"]))
    certificate = json.loads(json.dumps(verify(derivation, methods=["ranks", "formal"])))
    claim = claim_of(certificate, "formal")
    assert (claim["verdict"], claim["numbers"]["smooth"]) == ("proved", 0)
    assert "if no maximum is attained twice, no argument of relu and no divisor is 0" in claim["statement"]
    claim["numbers"]["smooth"] = 1
    with pytest.raises(Rejected, match=r"smooth: is 1, but the equations ask"):
        recheck.check(refitted(certificate), coq=True)


def test_too_few_steps_are_refused(library):
    with pytest.raises(coqc.CoqError, match="or that 6 steps are enough"):
        network_theorem.check(library, network(subject(derive(read_spec("examples/digits.toml")), 6)))


def test_fractional_powers(library):
    """x^(-3/4) is a multiple of the ninth derivative of x^(33/4), and its derivative of the tenth."""
    layers = [{"name": "rate", "type": "sigmoid"}, {"name": "norm", "type": "lrn", "size": 3}]
    written = network(certificate(layers, [2, 1, 1], "squared_error"))
    assert written.functions == ["sigmoid", "power 33/4"]
    compare(written.source, written)
    network_theorem.check(library, written)
    applied = f"Apply {len(FUNCTIONS)}"
    wrong = written.source.replace(f"{applied} 10", f"{applied} 11")
    assert wrong != written.source
    with pytest.raises(Different):
        compare(wrong, written)


GUARDS = {
    "none": (r"(LogSumExp \d+ \d+) \[.*?\] ", r"\1 [] "),
    "one that leaves nothing": (r"(LogSumExp \d+ \d+) \[.*?\] ", r"\1 [(Divides (2) (Constant (1)))] "),
    "another": (r"(LogSumExp \d+ \d+ \[\(Inside .*?) \(2\)\)\] ", r"\1 (1))] "),
}


def test_the_terms_of_a_log_sum_exp_count(library):
    written = network(certificate(*NETWORKS["masked"]))
    head, _, _ = written.source.partition("Lemma network_accepted")
    asked = [head, "Eval vm_compute in layer_accepted dims layer0.\n"]
    (own,) = re.findall(r"^Definition layer0 : layer := .*?\.$", head, re.M | re.S)
    for number, (old, new) in enumerate(GUARDS.values()):
        wrong = re.sub(old, new, own)
        assert wrong != own
        with pytest.raises(Different, match="attention: the equation of"):
            compare(written.source.replace(own, wrong), written)
        asked.append(wrong.replace("layer0", f"wrong{number}", 1) + "\n")
        asked.append(f"Eval vm_compute in layer_accepted dims wrong{number}.\n")
    answer = coqc.compile_file(library, "Guards", "".join(asked), 60, network_theorem.MEMORY)
    assert re.findall(r"= (true|false)", answer) == ["true", *["false"] * len(GUARDS)]


@dataclass
class Rewritten:
    """A network whose file is another one."""

    source: str


def test_a_file_without_its_proof_is_noticed(library):
    written = network(certificate(*NETWORKS["dense"]))
    proof = "Proof. vm_cast_no_check (eq_refl true). Qed."
    assert written.source.count(proof) == 1
    with pytest.raises(coqc.CoqError, match="the theorem rests on network_accepted"):
        network_theorem.check(library, Rewritten(written.source.replace(proof, "Admitted.")))
    with pytest.raises(coqc.CoqError, match="does not say what the theorem rests on"):
        network_theorem.check(library, Rewritten("Definition one := 1.\n"))
