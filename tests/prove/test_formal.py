"""A network's own equations in Coq: accepted as they are, refused with a mistake, compared with the certificate."""

import json
import re
import shutil
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.coq_library import EVERYTHING, compiled
from support.coq_networks import DENSE, NETWORKS, certificate, description, mutants, verdicts
from support.refit import claim_of, refitted

from dyadic.proofs import Rejected, recheck, verify
from dyadic.proofs.certificate import subject
from dyadic.proofs.checker import Done
from dyadic.proofs.checker.wording import RULES
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods import machine
from dyadic.proofs.methods.formal import network_theorem
from dyadic.proofs.methods.formal.coq_terms import FUNCTIONS
from dyadic.proofs.methods.formal.readback import Different, compare
from dyadic.proofs.methods.formal.script import network
from dyadic.proofs.methods.formal.tensors import Inexpressible, escaped
from dyadic.symbolic import derive, read_spec

NEEDED = {*machine.FORMAL, *machine.INSTANCE}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return compiled(tmp_path_factory, [name for name in EVERYTHING if name in NEEDED])


@pytest.fixture
def at_hand(library, monkeypatch):
    """Claims find the library compiled."""

    def copied(folder, names=machine.CORE):
        for name in names:
            shutil.copy(library / f"{name}.vo", folder)

    monkeypatch.setattr(machine, "compile_library", copied)


def digits(steps=8):
    return subject(derive(read_spec("examples/digits.toml")), steps)


def test_digits_is_proved_without_a_hypothesis(library):
    written = network(digits())
    assert written.everywhere
    compare(written.source, written)
    network_theorem.check(library, written)


SMALL = ("convolution", "masked", "several costs")


@pytest.mark.parametrize("name", SMALL)
def test_small_networks_are_proved(library, name):
    written = network(certificate(*NETWORKS[name]))
    assert written.everywhere == (name == "several costs")
    compare(written.source, written)
    network_theorem.check(library, written)


def test_what_is_proved_is_proved_again(at_hand):
    certificate = json.loads(json.dumps(verify(derive(description(*NETWORKS["dense"])), coq=True)))
    claim = claim_of(certificate, "formal")
    assert (claim["verdict"], claim["numbers"]) == ("proved", {"steps": 4, "L": 2, "smooth": 1})
    assert "if every function is differentiable" not in claim["statement"]
    stated, shown = recheck.check(certificate), recheck.check(certificate, coq=True)
    assert done(stated) is Done.STATED
    assert done(shown) is Done.COMPUTED
    assert stated.confirmed
    assert shown.confirmed


def done(report):
    (finding,) = (finding for finding in report.findings if finding.claim == "formal")
    return finding.done


def test_a_claim_that_is_forged_is_not_accepted_again(at_hand):
    """Coq has not accepted so many steps, whatever the file says."""
    certificate = json.loads(json.dumps(verify(derive(description(*NETWORKS["dense"])), steps=5, coq=True)))
    claim = claim_of(certificate, "formal")
    assert claim["verdict"] == "undecided"
    assert claim["reason"] == "the theorem in Coq is about an even number of steps"
    claim |= {"verdict": "proved", "reason": None, "trusted": sorted(RULES["formal"].needs({}, claim["numbers"]))}
    certificate["verdict"] = "proved"
    refitted(certificate)
    assert recheck.check(certificate).confirmed
    report = recheck.check(certificate, coq=True)
    assert done(report) is Done.STATED
    assert not report.confirmed
    assert [text for text in report.open if text.startswith("formal: the theorem in Coq")]


def test_a_claim_that_is_stronger_than_what_coq_accepts_is_rejected(at_hand):
    """The logistic function is differentiable everywhere; a square root in a norm is not for Coq."""
    certificate = json.loads(
        json.dumps(verify(derive(description(*NETWORKS["residual"])), methods=["ranks", "formal"]))
    )
    claim = claim_of(certificate, "formal")
    assert (claim["verdict"], claim["numbers"]["smooth"]) == ("proved", 0)
    assert "if every function is differentiable at its argument" in claim["statement"]
    assert done(recheck.check(certificate, coq=True)) is Done.COMPUTED
    claim["numbers"]["smooth"] = 1
    with pytest.raises(Rejected, match=r"numbers: is not what Coq accepts"):
        recheck.check(refitted(certificate), coq=True)


def test_a_forged_sensitivity_leaves_the_claim_undecided(at_hand):
    content = deepcopy(certificate(*NETWORKS["dense"]))
    (hidden,) = (layer for layer in content["layers"].values() if layer["intermediates"])
    (item,) = (item for item in hidden["intermediates"] if item["kind"].startswith("bar "))
    item["body"] = ["*", 2, item["body"]]
    claim = network_theorem.formal_claim(content)
    assert (claim.verdict, claim.reason) == (Verdict.UNDECIDED, "hidden: Coq does not accept the adjoints")


def test_a_wrong_file_of_the_library_is_noticed(library, tmp_path):
    """With a theorem that is not proved in its place, the network's theorem rests on it."""
    for name in machine.FORMAL[:-1]:
        shutil.copy(library / f"{name}.vo", tmp_path)
    assert machine.FORMAL[-1] == "Functions"
    text = Path("proofs/coq/Functions.v").read_text()
    head, _, rest = text.rpartition("  Proof.\n")
    assert "Theorem smooth_network_everywhere" in head
    machine.compile_file(
        tmp_path, "Functions", f"{head}  Admitted.\n{rest.partition('Qed.')[2]}", 60, network_theorem.MEMORY
    )
    with pytest.raises(machine.CoqError, match=r"the theorem rests on .*smooth_network_everywhere"):
        network_theorem.check(tmp_path, network(certificate(*NETWORKS["dense"])))


@dataclass
class Rewritten:
    """A network whose file is another one."""

    source: str


def test_a_file_without_its_proof_is_noticed(library):
    written = network(certificate(*NETWORKS["dense"]))
    proof = "Proof. vm_cast_no_check (eq_refl true). Qed."
    assert written.source.count(proof) == 1
    with pytest.raises(machine.CoqError, match="the theorem rests on network_accepted"):
        network_theorem.check(library, Rewritten(written.source.replace(proof, "Admitted.")))
    with pytest.raises(machine.CoqError, match="does not say what the theorem rests on"):
        network_theorem.check(library, Rewritten("Definition one := 1.\n"))


def test_the_file_of_another_network_is_noticed():
    written, other = (network(certificate(DENSE, [size], "cross_entropy")) for size in (3, 4))
    with pytest.raises(Different, match="hidden: the equation of"):
        compare(other.source, written)
    shallow = network(certificate([{"name": "hidden", "type": "tanh"}, DENSE[1]], [3], "cross_entropy"))
    with pytest.raises(Different, match="hidden: 1 equations instead of"):
        compare(shallow.source, written)


def test_too_few_steps_are_refused(library):
    with pytest.raises(machine.CoqError, match="or that 6 steps are enough"):
        network_theorem.check(library, network(digits(6)))


def test_an_odd_number_of_steps_is_outside():
    with pytest.raises(Inexpressible, match="even"):
        network(digits(7))


@pytest.mark.parametrize("name", ["convolution", "masked"])
def test_no_mutated_equation_is_accepted(library, name):
    written = network(certificate(*NETWORKS[name]))
    found = list(mutants(written))[::2]
    assert len(found) >= 20
    own, answers = verdicts(library, written, found)
    assert all(own)
    assert all(not accepted or same for accepted, same in answers)
    assert sum(not accepted for accepted, _ in answers) >= 18


def test_there_are_enough_mutants():
    assert sum(len(list(mutants(network(certificate(*case))))) for case in NETWORKS.values()) >= 200


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(Index 1)", "(Index 0)"),
        ("Sum 1 64", "Sum 1 63"),
        ("Param 1 => [32]", "Param 1 => [31]"),
        ("Apply 1 1", "Apply 1 0"),
        ("Equation (Inner 0) [0]", "Equation (Inner 1) [0]"),
        ("(Number (-1))", "(Number (1))"),
    ],
)
def test_a_file_that_says_something_else_is_noticed(old, new):
    written = network(digits())
    assert old in written.source
    with pytest.raises(Different):
        compare(written.source.replace(old, new, 1), written)


def test_names_do_not_reach_coq(library):
    hostile = "*) Axiom easy : False. (*"
    assert not set(escaped(hostile)) & set('*()". ')
    layers = [{**DENSE[0], "name": "a"}, {**DENSE[1], "name": "b"}]
    content = certificate(layers, [3], "squared_error")
    text = content["architecture"]
    text["vertices"][0]["name"] = hostile
    text["vertices"][1]["inputs"] = [hostile]
    content["ranks"]["x"][hostile] = content["ranks"]["x"].pop("a")
    written = network(content)
    assert "Axiom" not in re.sub(r"\(\*.*?\*\)", "", written.source)
    assert written.source.count("(*") == network(certificate(layers, [3], "squared_error")).source.count("(*")
    network_theorem.check(library, written)


def test_a_size_that_is_a_name_is_outside():
    with pytest.raises(Inexpressible, match="a size is a name"):
        network(certificate(DENSE, ["n"], "squared_error"))


def test_an_equation_outside_the_language_is_named():
    content = deepcopy(digits())
    for layer in content["layers"].values():
        for item in layer["definitions"]:
            item["body"] = ["^", item["body"], 9]
    with pytest.raises(Inexpressible, match="hidden: a power that is no small integer or fraction"):
        network(content)


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


def test_a_guard_that_is_read_from_data_is_outside():
    content = deepcopy(certificate(*NETWORKS["masked"]))
    for layer in content["layers"].values():
        for item in layer["definitions"]:
            if item["body"][0] == "logsumexp":
                item["body"][3][2] = ["same", ["index", "j"], ["entry", "x", "u", [["index", "i"], 0]]]
    with pytest.raises(Inexpressible, match="attention: the position entry"):
        network(content)


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
    answer = machine.compile_file(library, "Guards", "".join(asked), 60, network_theorem.MEMORY)
    assert re.findall(r"= (true|false)", answer) == ["true", *["false"] * len(GUARDS)]


def test_without_coq_the_claim_is_undecided(monkeypatch):
    monkeypatch.setattr(machine, "find_coqc", lambda: None)
    claim = network_theorem.formal_claim(digits())
    assert (claim.verdict, claim.reason) == (Verdict.UNDECIDED, "coqc not found, apt-get install coq")


def test_what_is_too_large_is_undecided(monkeypatch):
    monkeypatch.setattr(network_theorem, "_absent", lambda: None)
    monkeypatch.setattr(network_theorem, "BUDGET", 1000)
    claim = network_theorem.formal_claim(digits())
    assert claim.verdict is Verdict.UNDECIDED
    assert "hidden: about" in claim.reason


def test_the_budget_of_time_is_kept(library):
    with pytest.raises(machine.CoqError, match="did not finish within"):
        machine.compile_file(library, "Slow", Path("proofs/coq/Emitted.v").read_text(), 0.01, network_theorem.MEMORY)
