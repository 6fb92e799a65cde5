"""A network's own equations in Coq: accepted as they are, refused with a mistake, compared with the certificate.

More of this, which takes longer: campaigns/coq_theorems.py and campaigns/coq_mutants.py.
"""

import json
import re
import shutil
from copy import deepcopy
from pathlib import Path

import pytest
from support.coq_library import EVERYTHING, compiled
from support.coq_networks import DENSE, NETWORKS, certificate, description, mutants
from support.refit import claim_of, refitted

from dyadic.proofs import Rejected, recheck, verify
from dyadic.proofs.certificate import subject
from dyadic.proofs.checker import Done
from dyadic.proofs.checker.wording import RULES
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods import coqc, machine
from dyadic.proofs.methods.formal import network_theorem
from dyadic.proofs.methods.formal.contents import complete
from dyadic.proofs.methods.formal.kind_instances import ProvedKind
from dyadic.proofs.methods.formal.readback import Different, compare, compare_with_kinds
from dyadic.proofs.methods.formal.script import network
from dyadic.proofs.methods.formal.tensors import Inexpressible, escaped
from dyadic.symbolic import architecture, derive, read_spec

NEEDED = {*machine.FORMAL, *machine.INSTANCE}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return compiled(tmp_path_factory, [name for name in EVERYTHING if name in NEEDED])


SMOOTH = ("gelu", "erf", "expm1", "sinh", "cosh", "log_sigmoid", "mish", "silu", "gelu_tanh")


def test_smooth_functions_leave_no_hypothesis(library):
    """Of all of them it is proved that they are differentiable everywhere; of elu it is asked."""
    layers = [{"name": f"layer{k}", "type": name} for k, name in enumerate(SMOOTH)]
    written = network(certificate(layers, [2], "squared_error"))
    assert (written.everywhere, len(written.functions)) == (True, len(SMOOTH))
    network_theorem.check(library, written)
    other = network(certificate([*layers, {"name": "last", "type": "elu"}], [2], "squared_error"))
    assert len(other.asked) == 1


def test_several_definitions_without_a_sensitivity_are_written_out(library):
    """The counts of a padded average pool, one for each axis; the first may be read by the second."""
    pool = {"name": "pool", "type": "average_pool", "kernel": [2, 3], "padding": [1, 1, 1, 1]}
    content = certificate([{"name": "first", "type": "tanh"}, pool], [2, 3], "squared_error")
    written = network(content)
    assert [len(layer.equations["inner"]) for layer in written.layers] == [1, 1, 1]
    compare(written.source, written)
    network_theorem.check(library, written)
    (layer,) = (layer for layer in content["layers"].values() if len(layer["definitions"]) == 3)
    layer["definitions"][1]["body"] = ["*", layer["definitions"][1]["body"], ["entry", "c1", "v", [0]]]
    assert [item["kind"] for item in complete(layer)["definitions"]] == ["f"]
    assert "'c1'" not in str(complete(layer))


def digits(steps=8):
    return subject(derive(read_spec("examples/digits.toml")), steps)


def test_digits_is_proved_without_a_hypothesis(library):
    written = network(digits())
    assert written.everywhere
    compare(written.source, written)
    network_theorem.check(library, written)


@pytest.mark.long
def test_what_is_proved_is_proved_again(library):
    certificate = json.loads(json.dumps(verify(derive(description(*NETWORKS["dense"])), coq=True)))
    claim = claim_of(certificate, "formal")
    assert claim["verdict"] == "proved"
    assert claim["numbers"] == {"steps": 4, "L": 2, "smooth": 1, "kinds": 3, "parts": 3}
    assert "if no maximum is attained twice" not in claim["statement"]
    assert claim_of(certificate, "machine")["verdict"] == "proved"
    stated, shown = recheck.check(certificate), recheck.check(certificate, coq=True)
    assert done(stated) is Done.STATED
    assert done(shown) is Done.COMPUTED
    assert stated.confirmed
    assert shown.confirmed
    assert shown.hypotheses == stated.hypotheses  # tanh asks for nothing


@pytest.mark.parametrize("name", ["masked", "residual"])
def test_what_the_theorem_asks_is_said_when_it_is_checked(name, library):
    """The terms of a log-sum-exp over a part, and a root: as `verify` says it, and only if Coq was asked."""
    certificate = json.loads(json.dumps(verify(derive(description(*NETWORKS[name])), methods=["ranks", "formal"])))
    asked = claim_of(certificate, "formal")["hypotheses"]
    assert all(one.startswith("for Coq, ") for one in asked)
    said = claim_of(certificate, "formal")["statement"]
    assert "only where a state that meets all of it was found, or is too much work to look for" in said
    assert any("there is a term, wherever a log-sum-exp goes over a part" in one for one in asked) == (name == "masked")
    stated, shown = recheck.check(certificate), recheck.check(certificate, coq=True)
    assert done(shown) is Done.COMPUTED
    assert shown.hypotheses == (*stated.hypotheses, *asked)
    assert [line for line in shown.lines() if line.startswith("ASSUMING   for Coq, ")]
    assert not [line for line in stated.lines() if "for Coq, " in line]


def done(report):
    (finding,) = (finding for finding in report.findings if finding.claim == "formal")
    return finding.done


def test_a_claim_that_is_forged_is_not_accepted_again(library):
    """Coq has not accepted so many steps, whatever the file says."""
    certificate = json.loads(json.dumps(verify(derive(description(*NETWORKS["dense"])), steps=5, coq=True)))
    claim = claim_of(certificate, "formal")
    assert claim["verdict"] == "undecided"
    assert claim["reason"] == "the theorem in Coq is about an even number of steps"
    claim["numbers"]["parts"] = 3
    claim |= {"verdict": "proved", "reason": None, "trusted": sorted(RULES["formal"].needs({}, claim["numbers"]))}
    certificate["verdict"] = "proved"
    refitted(certificate)
    assert recheck.check(certificate).confirmed
    report = recheck.check(certificate, coq=True)
    assert done(report) is Done.STATED
    assert not report.confirmed
    assert [text for text in report.open if text.startswith("formal: the theorem in Coq")]


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("dense", {"kinds": -1}, "kinds: is out of range"),
        ("dense", {"kinds": 4}, "kinds: is out of range"),
        ("dense", {"parts": 2, "kinds": 2}, "parts: is 2, but the network's is 3"),
        ("dense", {"parts": 4}, "parts: is 4, but the network's is 3"),
        ("residual", {"smooth": 1}, "smooth: is 1, but the equations ask something"),
    ],
)
def test_numbers_that_cannot_be_are_rejected(name, changes, message, monkeypatch):
    """Without Coq: as many layers as there are, and nothing to ask only where nothing is asked."""
    monkeypatch.setattr(network_theorem, "find_coqc", lambda: None)
    certificate = json.loads(json.dumps(verify(derive(description(*NETWORKS[name])), methods=["ranks", "formal"])))
    claim = claim_of(certificate, "formal")
    layers = len(certificate["architecture"]["vertices"]) + 1
    claim["numbers"] |= {"parts": layers, "kinds": layers}
    claim |= {"verdict": "proved", "reason": None, "trusted": sorted(RULES["formal"].needs({}, claim["numbers"]))}
    recheck.check(refitted(certificate))
    claim["numbers"] |= changes
    with pytest.raises(Rejected, match=message):
        recheck.check(refitted(certificate))


@pytest.mark.long
def test_a_forged_sensitivity_leaves_the_claim_undecided(library):
    content = deepcopy(certificate(*NETWORKS["dense"]))
    (hidden,) = (layer for layer in content["layers"].values() if layer["intermediates"])
    (item,) = (item for item in hidden["intermediates"] if item["kind"].startswith("bar "))
    item["body"] = ["*", 2, item["body"]]
    claim = network_theorem.formal_claim(content)
    assert claim.verdict is Verdict.UNDECIDED
    assert re.match(r"hidden: Coq does not accept the adjoints; shown is that 2 of its 3 layers", claim.reason), (
        claim.reason
    )


@pytest.mark.long
def test_a_wrong_file_of_the_library_is_noticed(library, tmp_path):
    """With a theorem that is not proved in its place, the network's theorem rests on it."""
    for name in machine.FORMAL:
        if name != "Demands":
            shutil.copy(library / f"{name}.vo", tmp_path)
    text = Path("proofs/coq/Demands.v").read_text()
    proof = re.compile(r"(Theorem demands_suffice .*?\n)  Proof\..*?Qed\.", re.S)
    wrong, count = proof.subn(r"\1  Admitted.", text)
    assert count == 1
    coqc.compile_file(tmp_path, "Demands", wrong, 60, network_theorem.MEMORY)
    with pytest.raises(coqc.CoqError, match=r"the theorem rests on .*demands_suffice"):
        network_theorem.check(tmp_path, network(certificate(*NETWORKS["dense"])))


def test_the_file_of_another_network_is_noticed():
    written, other = (network(certificate(DENSE, [size], "cross_entropy")) for size in (3, 4))
    with pytest.raises(Different, match="hidden: the equation of"):
        compare(other.source, written)
    shallow = network(certificate([{"name": "hidden", "type": "tanh"}, DENSE[1]], [3], "cross_entropy"))
    with pytest.raises(Different, match="hidden: 1 equations instead of"):
        compare(shallow.source, written)


def test_an_odd_number_of_steps_is_outside():
    with pytest.raises(Inexpressible, match="even"):
        network(digits(7))


def test_there_are_enough_mutants():
    assert sum(len(list(mutants(network(certificate(*case))))) for case in NETWORKS.values()) >= 200


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(Index 1)", "(Index 0)"),
        ("Sum 1 64", "Sum 1 63"),
        ("Param k => nth k [[32; 64]; [32]", "Param k => nth k [[32; 64]; [31]"),
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


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("run (2 * 4) start", "run (2 * 5) start", "statement"),
        ("pair_parameters dims 6 (gradient z)", "pair_parameters dims 6 (gradient start)", "statement"),
        ("(forall v, v < 4 -> fst z v", "(forall v, v < 3 -> fst z v", "statement"),
        ("Notation cost := (cost F dims 4 6", "Notation cost := (cost F dims 3 6", "statement"),
        ("  Theorem this_network", "  Hypothesis easy : False.\n  Theorem this_network", "statement"),
        ("Section Statement.", "Axiom easy : False.\nSection Statement.", "before the statement"),
        ("\nDefinition cost_layer", "\nModule Other.\nDefinition cost_layer", "before the statement"),
        (
            "[layer0; layer1; layer2; layer3] cost_layer.\nDef",
            "[layer0; layer0; layer2; layer3] cost_layer.\nDef",
            "once",
        ),
        ("cost_layer : layer := layer4.", "cost_layer : layer := layer3.", "once"),
        ("layer4 : layer := Layer true", "layer4 : layer := Layer false", "once"),
        ("Print Assumptions this_network", "Print Assumptions network_accepted", "after the theorem"),
        ("Definition layer3 :", "Definition layer5 :", "not of the form"),
    ],
)
def test_a_file_with_another_theorem_is_noticed(old, new, message):
    """Coq lists no hypothesis of a section among the axioms, so that the statement is read too."""
    written = network(digits())
    assert written.source.count(old) == 1
    wrong = written.source.replace(old, new)
    with pytest.raises(Different, match=message):
        compare(wrong, written)
    if message != "not of the form":
        with pytest.raises(Different, match=f"{message}|other layers"):
            compare_with_kinds(wrong, written, written.source)
    compare_with_kinds(written.source, written, written.source)


def test_names_do_not_reach_coq():
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


def test_a_guard_that_is_read_from_data_is_outside():
    content = deepcopy(certificate(*NETWORKS["masked"]))
    for layer in content["layers"].values():
        for item in layer["definitions"]:
            if item["body"][0] == "logsumexp":
                item["body"][3][2] = ["same", ["index", "j"], ["entry", "x", "u", [["index", "i"], 0]]]
    with pytest.raises(Inexpressible, match="attention: the position entry"):
        network(content)


def test_a_place_that_is_read_at_a_place_that_is_read_is_outside():
    """Of t[t[i]] both rows would have one name in Coq, and the theorem would be another network's."""
    layers = [{"name": "e", "type": "embedding", "inputs": ["t"], "count": 3, "units": 2}]
    inputs = {"t": {"shape": [3], "below": 3}}
    derivation = derive(architecture({"inputs": inputs, "layers": layers, "cost": {"type": "squared_error"}}))
    content = deepcopy(subject(derivation, derivation.steps))
    compare(network(content).source, network(content))
    (layer,) = content["layers"].values()
    (definition,) = layer["definitions"]
    definition["body"][3][0][3][0] = deepcopy(definition["body"][3][0])
    with pytest.raises(Inexpressible, match="e: an integer that is read at a place that is read itself"):
        network(content)
    written = network(deepcopy(subject(derivation, derivation.steps)))
    written.layers[0].equations["inner"][0][1]["body"] = definition["body"]
    with pytest.raises(Different, match="one name for the rows of two integers"):
        compare(written.source, written)


def test_without_coq_the_claim_is_undecided(monkeypatch):
    monkeypatch.setattr(network_theorem, "find_coqc", lambda: None)
    claim = network_theorem.formal_claim(digits())
    assert (claim.verdict, claim.reason) == (Verdict.UNDECIDED, "coqc not found, apt-get install coq")


def test_what_is_too_large_is_undecided(monkeypatch):
    monkeypatch.setattr(network_theorem, "find_coqc", lambda: "coqc")
    monkeypatch.setattr(network_theorem, "BUDGET", 1000)
    monkeypatch.setattr(network_theorem, "put_library", lambda *arguments: None)
    monkeypatch.setattr(network_theorem, "proved_kinds", lambda *arguments: ({}, dict.fromkeys(range(5), "no proof")))
    claim = network_theorem.formal_claim(digits())
    assert claim.verdict is Verdict.UNDECIDED
    assert "hidden: about" in claim.reason
    assert claim.reason.endswith("for all sizes: no proof")


@pytest.mark.parametrize(("axiom", "shown"), [(network_theorem.AXIOMS[0], 4), ("Classical_Prop.classic", 3)])
def test_a_theorem_that_is_not_reached_leaves_what_was_shown(axiom, shown, monkeypatch):
    """Of kinds of which Coq names what they rest on, and nothing but what they may."""

    def out_of_time(*arguments):
        raise coqc.CoqError("coqc did not finish within 600 s")

    def named(folder, theorems, *bounds):
        return {one: [*network_theorem.AXIOMS] for one in theorems} | {theorems[0]: [axiom]}

    kinds = {number: ProvedKind(f"Kind_{number}", None) for number in range(4)}
    monkeypatch.setattr(network_theorem, "find_coqc", lambda: "coqc")
    monkeypatch.setattr(network_theorem, "put_library", lambda *arguments: None)
    monkeypatch.setattr(network_theorem, "proved_kinds", lambda *arguments: (kinds, {4: "no proof"}))
    monkeypatch.setattr(network_theorem, "with_instances", lambda written, accepted: written)
    monkeypatch.setattr(network_theorem, "has_coquelicot", lambda: True)
    monkeypatch.setattr(network_theorem, "named_axioms", named)
    monkeypatch.setattr(network_theorem, "check", out_of_time)
    claim = network_theorem.formal_claim(digits())
    assert claim.verdict is Verdict.UNDECIDED
    said = f"shown is that {shown} of its 5 layers have these adjoints for all sizes"
    assert claim.reason == f"coqc did not finish within 600 s; {said}"


def test_the_budget_of_time_is_kept(library):
    with pytest.raises(coqc.CoqError, match="did not finish within"):
        coqc.compile_file(library, "Slow", Path("proofs/coq/Emitted.v").read_text(), 0.01, network_theorem.MEMORY)


def test_a_sum_over_a_vocabulary_is_no_overflow(library):
    """Lengths of sums are natural numbers in Coq, which it goes down one by one."""
    layers = [{"name": "out", "type": "dense", "units": 2}]
    claim = network_theorem.formal_claim(certificate(layers, [50_257], "cross_entropy"))
    assert (claim.verdict, claim.numbers["kinds"]) == (Verdict.PROVED, 2), claim.reason


@pytest.mark.parametrize(("is_of_nothing", "verdict"), [(True, "undecided"), (False, "proved")])
def test_a_theorem_of_no_state_is_not_called_proved(is_of_nothing, verdict, library):
    content, stages = certificate(*NETWORKS["dense"]), []
    claim = network_theorem.formal_claim(content, stages.append, lambda: "there is none" if is_of_nothing else None)
    assert stages == [
        "Coq: proofs/coq, which is compiled once",
        *(f"Coq: {place} for all sizes ({k} of 3)" for k, place in enumerate(("hidden", "out", "cost"), 1)),
        "Coq: the theorem of 3 layers",
    ]
    assert claim.verdict == verdict
    assert (claim.reason or "").startswith("Coq accepts the equations, but there is none" if is_of_nothing else "")
