"""A network's own equations in Coq: accepted as they are, refused with a mistake, compared with the certificate."""

import json
import re
import shutil
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.coq_library import EVERYTHING, compiled
from support.refit import claim_of, refitted

import dyadic
from dyadic.proofs import Rejected, recheck, verify
from dyadic.proofs.certificate import subject
from dyadic.proofs.checker import Done
from dyadic.proofs.checker.wording import RULES
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods import machine
from dyadic.proofs.methods.formal import network_theorem
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


def description(layers, shape, cost):
    content = {"name": "net", "inputs": {"x": {"shape": shape}}, "layers": layers, "cost": {"type": cost}}
    return dyadic.architecture(content)


def certificate(layers, shape, cost):
    derivation = derive(description(layers, shape, cost))
    return subject(derivation, derivation.steps)


DENSE = [
    {"name": "hidden", "type": "dense", "units": 3, "activation": "tanh"},
    {"name": "out", "type": "dense", "units": 2},
]
CONVOLUTION = [
    {"name": "conv", "type": "conv", "filters": 2, "kernel": [2, 2], "activation": "tanh"},
    {"name": "pool", "type": "max_pool", "kernel": [2, 2]},
    {"name": "flat", "type": "flatten"},
    {"name": "out", "type": "dense", "units": 2},
]
PADDED = [{**CONVOLUTION[1], "padding": [1, 1, 1, 1], "stride": [2, 2]}]
RESIDUAL = [
    {"name": "inner", "type": "dense", "units": 3, "activation": "sigmoid"},
    {"name": "skip", "type": "add", "inputs": ["inner", "x"]},
    {"name": "norm", "type": "layer_norm"},
]
NETWORKS = {
    "dense": (DENSE, [3], "cross_entropy"),
    "convolution": (CONVOLUTION, [1, 5, 5], "squared_error"),
    "residual": (RESIDUAL, [3], "squared_error"),
}


def digits(steps=8):
    return subject(derive(read_spec("examples/digits.toml")), steps)


def test_digits_is_proved_without_a_hypothesis(library):
    written = network(digits())
    assert written.everywhere
    compare(written.source, written)
    network_theorem.check(library, written)


@pytest.mark.parametrize("name", NETWORKS)
def test_small_networks_are_proved(library, name):
    written = network(certificate(*NETWORKS[name]))
    assert written.everywhere == (name == "dense")
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
    """Coq has not accepted this network, whatever the file says."""
    certificate = json.loads(json.dumps(verify(derive(description(PADDED, [1, 4, 4], "squared_error")), coq=True)))
    claim = claim_of(certificate, "formal")
    assert claim["verdict"] == "undecided"
    assert "pool: a maximum or a log-sum-exp over a part of its range" in claim["reason"]
    claim |= {"verdict": "proved", "reason": None, "trusted": sorted(RULES["formal"].needs({}, claim["numbers"]))}
    certificate["verdict"] = "proved"
    refitted(certificate)
    assert recheck.check(certificate).confirmed
    report = recheck.check(certificate, coq=True)
    assert done(report) is Done.STATED
    assert not report.confirmed
    assert [text for text in report.open if text.startswith("formal: pool")]


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


def mutants(written):
    """(number of the layer, its text with one mistake in a sensitivity, a position or a gradient)."""
    for number, layer in enumerate(written.layers):
        (text,) = re.findall(rf"^Definition layer{number} : layer := (.*?\.)$", written.source, re.M | re.S)
        for group in ("positions", "backward", "gradients"):
            for _, _, equation in layer.equations[group]:
                head, _, body = equation.partition("] ")
                wrong = [f"(Mul (Number (-1)) {body})", "(Number (0))", f"(Add (Number (1)) {body})"]
                wrong += [body.replace("(Index 0)", "(Constant (0))", 1), re.sub(r"Apply (\d) 1", r"Apply \1 0", body)]
                for other in dict.fromkeys(wrong):
                    if other != body:
                        assert text.count(equation) >= 1
                        yield number, text.replace(equation, f"{head}] {other}")


@pytest.mark.parametrize("name", NETWORKS)
def test_no_mutated_equation_is_accepted(library, name):
    written = network(certificate(*NETWORKS[name]))
    found = list(mutants(written))
    assert len(found) >= 14
    head, _, _ = written.source.partition("Lemma network_accepted")
    own = [f"Eval vm_compute in layer_accepted dims layer{v}.\n" for v in range(len(written.layers))]
    definitions = "".join(f"Definition wrong{k} : layer := {text}\n" for k, (_, text) in enumerate(found))
    wrong = [f"Eval vm_compute in layer_accepted dims wrong{k}.\n" for k in range(len(found))]
    source = head + definitions + "".join(own + wrong)
    answers = re.findall(
        r"= (true|false)", machine.compile_file(library, "Mutants", source, 300, network_theorem.MEMORY)
    )
    assert answers == ["true"] * len(own) + ["false"] * len(wrong)


def test_there_are_enough_mutants():
    assert sum(len(list(mutants(network(certificate(*case))))) for case in NETWORKS.values()) >= 40


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
            item["body"] = ["^", item["body"], ["rational", 1, 3]]
    with pytest.raises(Inexpressible, match="hidden: a power that is no small integer"):
        network(content)


def test_a_maximum_over_a_part_of_its_range_is_outside():
    with pytest.raises(Inexpressible, match="pool: a maximum or a log-sum-exp over a part of its range"):
        network(certificate(PADDED, [1, 4, 4], "squared_error"))


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
