"""Adjoints of layers before Coq, for all sizes: accepted as they are, refused with a mistake that any sizes show."""

import re
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
from support.coq_library import EVERYTHING, compiled
from support.coq_networks import NETWORKS, certificate
from support.long_tests import often

from dyadic.catalogue import example_network
from dyadic.proofs.certificate import subject
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods import coqc, machine
from dyadic.proofs.methods.formal import kind_instances, network_theorem
from dyadic.proofs.methods.formal.all_sizes import Variables, kind_of, kind_of_costs, source
from dyadic.proofs.methods.formal.kind_instances import proved_kinds, with_instances
from dyadic.proofs.methods.formal.readback import compare
from dyadic.proofs.methods.formal.script import network
from dyadic.proofs.methods.formal.variable_changes import Unmatched
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.spec import LAYER_TYPES


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return compiled(tmp_path_factory, [name for name in EVERYTHING if name in machine.FORMAL])


def example(name):
    derivation = example_network(name, True)
    return subject(derivation, derivation.steps + derivation.steps % 2)


def kinds(content):
    written = network(content)
    for layer, vertex in zip(written.layers, content["architecture"]["vertices"], strict=False):
        yield kind_of(layer, vertex["sizes"], written.table, written.functions)


def accepts(folder, text):
    try:
        coqc.compile_file(folder, "Asked", text, 120, network_theorem.MEMORY)
    except coqc.CoqError:
        return False
    return True


@pytest.mark.parametrize("name", sorted(set(LAYER_TYPES) - {"stop_gradient"}))
def test_the_terms_of_every_type_are_seen_to_cancel(name):
    content = example(name)
    written = network(content)
    compare(written.source, written)
    for kind in kinds(content):
        text = source(kind)
        assert f"forall {kind.binders} : Z" in text
        assert "Together" in text


@pytest.mark.parametrize("name", often(["conv", "max_pool", "softmax"], lambda name: name != "conv"))
def test_coq_accepts_a_kind(library, name):
    (kind,) = kinds(example(name))
    assert accepts(library, source(kind))


def beyond(content):
    """The certificate with a gradient that is cut off beyond the network's sizes."""
    content = deepcopy(content)
    layer = content["layers"][content["architecture"]["vertices"][0]["layer"]]
    item = layer["gradients"]["weight"]
    item["body"] = ["*", ["inside", ["index", item["indices"][0]], 10], item["body"]]
    return content


def test_a_mistake_beyond_the_sizes_of_the_network_is_refused(library):
    """At sizes of at most 3 nobody can tell; Coq does not accept it for all sizes."""
    content = certificate(*NETWORKS["dense"])
    wrong = network(beyond(content))
    assert network_theorem.accepted_layers(library, wrong) == {0: True, 1: True, 2: True}
    assert accepts(library, source(next(kinds(content))))
    text = source(next(kinds(beyond(content))))
    assert "(Bracket (Inside (Index 0) (10)))" in text
    assert not accepts(library, text)


@pytest.mark.long
def test_a_claim_says_what_is_proved_for_all_sizes(library):
    claim = network_theorem.formal_claim(beyond(certificate(*NETWORKS["dense"])))
    assert claim.verdict is Verdict.PROVED
    assert (claim.numbers["kinds"], claim.numbers["parts"]) == (2, 3)
    assert "of its 3 layers, the costs being one, 2 are proved to have these adjoints for all sizes" in claim.statement


@pytest.mark.long
def test_an_instance_with_other_numbers_is_refused(library, tmp_path):
    """A layer that is no instance of the kind at these sizes is not taken for one."""
    content = certificate(*NETWORKS["dense"])
    written = network(content)
    accepted, refused = proved_kinds(library, written, content)
    assert sorted(accepted) == [0, 1, 2]
    assert not refused
    whole = with_instances(written, accepted)
    network_theorem.check(library, whole)
    (name,) = {proved.name for number, proved in accepted.items() if number == 0}
    other = whole.source.replace(f"({name}.kind (3) (3))", f"({name}.kind (3) (4))")
    assert other != whole.source
    with pytest.raises(coqc.CoqError, match=r"Unable to unify|Error"):
        coqc.compile_file(library, "Other", other, 120, network_theorem.MEMORY)


def test_a_refusal_is_not_looked_for_in_a_proved_kind(library, monkeypatch):
    """Where a network is refused, only the layers that are no instance are computed at their own sizes."""
    content = certificate(*NETWORKS["dense"])
    accepted, _ = proved_kinds(library, network(content), content)
    wrong = with_instances(network(content), {0: accepted[0]})
    target, item, text = wrong.layers[1].equations["gradients"][0]
    head, _, body = text.partition("] ")
    wrong.layers[1].equations["gradients"][0] = (target, item, f"{head}] (Mul (Number (-1)) {body})")
    asked = []

    def compiled_and_kept(folder, name, source, *bounds):
        asked.append(source)
        return coqc.compile_file(folder, name, source, *bounds)

    monkeypatch.setattr(network_theorem, "compile_file", compiled_and_kept)
    with pytest.raises(coqc.CoqError, match=rf"^{wrong.layers[1].layer.place}: Coq does not accept the adjoints$"):
        network_theorem.check(library, wrong)
    assert "layer_accepted dims layer1)" in asked[-1]
    assert "layer_accepted dims layer0)" not in asked[-1]


def test_a_kind_is_looked_at_once(tmp_path, monkeypatch):
    """Layers of one kind share what is found of it, a refusal too; other shapes are another kind."""
    content = certificate(*NETWORKS["dense"])
    written, (kind, *_) = network(content), kinds(content)
    other = replace(kind, shapes={**kind.shapes, "Param 0": kind.shapes["Param 0"][::-1]})
    assert other.shapes != kind.shapes
    seen = []

    def refuse(of):
        seen.append(of)
        raise Unmatched(f"not this one: {len(seen)}")

    monkeypatch.setattr(kind_instances, "shelf_of", lambda folder: None)
    monkeypatch.setattr(kind_instances, "source", refuse)
    monkeypatch.setattr(kind_instances, "_kind", lambda written, content, number: [kind, other, kind][number])
    accepted, refused = proved_kinds(tmp_path, written, content)
    assert not accepted
    assert refused == {0: "not this one: 1", 1: "not this one: 2", 2: "not this one: 1"}


@pytest.mark.parametrize("name", ["dense", "convolution", "residual"])
def test_wrong_equations_are_not_seen_to_cancel(name):
    """A sign, a gradient that is missing and one that is off by 1, in every printed equation of every layer."""
    tried = 0
    for kind in kinds(certificate(*NETWORKS[name])):
        for group in (kind.layer.equations["backward"], kind.layer.equations["gradients"]):
            for place, (target, item, text) in enumerate(group):
                head, _, body = text.partition("] ")
                for wrong in (f"(Mul (Number (-1)) {body})", "(Number (0))", f"(Add (Number (1)) {body})"):
                    group[place] = (target, item, f"{head}] {wrong}")
                    with pytest.raises(Unmatched, match="is not cancelled"):
                        source(kind)
                    tried += 1
                group[place] = (target, item, text)
        source(kind)
    assert tried > 10


def test_costs_are_kinds():
    content = certificate(*NETWORKS["convolution"])
    written = network(content)
    kind = kind_of_costs(content, written.table, written.functions)
    assert "for_all_sizes : forall size0_cost_20_n" in source(kind)


def decaying(content, wrong=lambda body: body):
    """The kind of the costs of a network with decay, the gradient of its first parameter changed."""
    written = network(content)
    kind = kind_of_costs(content, written.table, written.functions)
    target, item, text = kind.layer.equations["gradients"][-4]
    assert target == "Param 0"
    head, _, body = text.partition("] ")
    kind.layer.equations["gradients"][-4] = (target, item, f"{head}] {wrong(body)}")
    return kind


def test_decay_is_proved_for_all_sizes(library):
    """Every axis of every parameter is a size of its own; half of the gradient, or its square, is refused."""
    content = certificate(*NETWORKS["several costs"])
    kind = decaying(content)
    assert [size for size in kind.sizes if "theta" in size] == [
        f"size{number}_theta_20_{axis}"
        for number, axis in enumerate(["0_20_0", "0_20_1", "1_20_0", "2_20_0", "2_20_1", "3_20_0"])
    ]
    assert accepts(library, source(kind))
    for wrong in (lambda body: f"(Mul (Number ((1) # 2)) {body})", lambda body: f"(Mul {body} {body})"):
        with pytest.raises(Unmatched, match="d Param 0.* is not cancelled"):
            source(decaying(content, wrong))


def test_two_sizes_are_two_though_their_names_escape_to_one_word():
    variables = Variables()
    words = [
        variables.new("a b", 2),
        variables.new("a_20_b", 3),
        variables.new("x" * 300, 4),
        variables.new("x" * 299, 5),
    ]
    assert len({str(word) for word in words}) == len(words)
    assert list(variables.values.values()) == [2, 3, 4, 5]


def test_the_page_lists_every_type_once():
    """With its seconds and sizes, or with the reason; the count below the table is that of its rows."""
    text = Path("docs/coq_layers.md").read_text()
    rows = re.findall(r"^\| `(.+?)` \| (.*?) ?\| (.+?) \|$", text, re.M)
    assert sorted(name for name, *_ in rows) == sorted([*LAYER_TYPES, *(f"cost {name}" for name in COSTS)])
    for name, seconds, sizes in rows:
        assert sizes == "all" or len(sizes.partition(": ")[2]) > 20, name
        assert bool(seconds) == (not sizes.startswith("not")), name
    proved = [sizes for *_, sizes in rows].count("all")
    assert f"\n{proved} of {len(rows)} for all sizes\n" in text
    assert proved >= 75
