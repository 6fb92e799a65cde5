"""Of a network of which no update is always defined a state is exhibited, at its own sizes, or nothing is said."""

import json

import pytest
from support.long_tests import one_in
from support.refit import refitted

from dyadic.catalogue import example_network
from dyadic.paper import build_document, render_latex
from dyadic.proofs import checker, recheck, verify
from dyadic.proofs.certificate import subject
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.claims import Verdict
from dyadic.proofs.evaluate.defined_states import sizes_of_a_state
from dyadic.proofs.sentences import told
from dyadic.proofs.statements import verify_claims
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.layers import LAYERS


def layers_of(*types, shape):
    layers = [{"name": f"l{k}", **({"type": one} if isinstance(one, str) else one)} for k, one in enumerate(types)]
    return architecture({"inputs": {"x": {"shape": list(shape)}}, "layers": layers, "cost": {"type": "squared_error"}})


ALL_TRUE = [
    {"name": "d", "type": "sub", "inputs": ["x", "x"]},
    {"name": "e", "type": "cos"},
    {"name": "t", "type": "reduce_sum", "axes": [0]},
    {"name": "n", "type": "scale", "factor": -1, "offset": 2.5},
    {"name": "l", "type": "log"},
]
"""The logarithm of 2.5 less the number of entries, whatever they are."""


def outcome_of(derivation):
    certificate = verify(derivation, methods=["lemma", "ranks", "instances", "adjoint"])
    (steps,) = (claim for claim in certificate["claims"] if claim["kind"] == "steps")
    return steps["verdict"], steps["reason"] or ""


def seen(derivation):
    """The verdict, and whether a state was found at other sizes only; the sentence says the same."""
    certificate = json.loads(json.dumps(verify(derivation, methods=["lemma", "ranks", "instances", "adjoint"])))
    (steps,) = (claim for claim in certificate["claims"] if claim["kind"] == "steps")
    assert ("one was found at other sizes" in steps["statement"]) == bool(steps["numbers"]["elsewhere"])
    if steps["verdict"] == "proved":
        checked = recheck.check(certificate, values=derivation.architecture.values)
        assert not any(text.startswith("steps:") for text in checked.open)
        assert any("none at its own" in line for line in checked.lines()) == bool(steps["numbers"]["elsewhere"])
    return steps["verdict"], steps["numbers"]["elsewhere"]


def network(shape, *layers, constants=None):
    """Layers as (name, type, inputs, options), each reading the one before it if it names none."""
    rows = [
        {"name": name, "type": kind, **({"inputs": read.split()} if read else {}), **options}
        for name, kind, read, options in layers
    ]
    inputs = {"inputs": {"x": {"shape": list(shape)}}, "constants": constants or {}}
    return derive(architecture({**inputs, "layers": rows, "cost": {"type": "squared_error"}}))


STD = (
    ("m", "reduce_mean", "h", {}), ("c", "sub", "h m", {}), ("q", "power", "", {"exponent": 2}),
    ("v", "reduce_mean", "", {}), ("r", "sqrt", "", {}), ("o", "div", "c r", {}),
)  # fmt: skip
WIDE = ("b", "dense", "", {"units": 1200, "activation": "relu"})
HEADS = (("p", "dense", "b", {"units": 5}), ("s", "softmax", "", {}), ("t", "dense", "b", {"units": 5}))


def barrier(low, high, shape=(1,)):
    return network(
        shape,
        ("a", "scale", "", {"factor": 1, "offset": -low}), ("la", "log", "", {}),
        ("b", "scale", "x", {"factor": -1, "offset": high}), ("lb", "log", "", {}), ("o", "add", "la lb", {}),
    )  # fmt: skip


ORDINARY = {
    "a deviation without epsilon": (lambda: network((200,), ("h", "dense", "", {"units": 200}), *STD), 0),
    "the same of many": (lambda: network((10**5,), ("h", "tanh", "", {}), *STD), 1),
    "a mask before a softmax": (
        lambda: network(
            (1200,), WIDE, ("h", "dense", "", {"units": 4}), ("m", "add", "h mask", {}),
            ("p", "softmax", "", {}), ("o", "log", "", {}),
            constants={"mask": {"shape": [4], "values": [0, 0, 0, -10000]}},
        ), 1,
    ),
    "a mask that is compared and chosen": (  # as an exported causal mask
        lambda: network(
            (1200,), WIDE, ("h", "dense", "", {"units": 4}), ("k", "compare", "line here", {"relation": "less"}),
            ("w", "where", "k zero low", {}), ("m", "add", "h w", {}), ("p", "softmax", "", {}),
            ("r", "scale", "", {"factor": 1, "offset": 1}), ("o", "log", "", {}),
            constants={
                "line": {"shape": [4], "values": [0, 1, 2, 3]}, "here": {"shape": [1], "values": [2.0]},
                "zero": {"shape": [1], "values": [0]}, "low": {"shape": [1], "values": [-1.7976931348623157e308]},
            },
        ), 0,
    ),
    "two heads": (
        lambda: network(
            (1200,), WIDE, *HEADS, ("u", "softmax", "", {}), ("c", "concat", "s u", {"axis": 0}), ("o", "log", "", {})
        ), 1,
    ),
    "a long pool": (
        lambda: network(
            (10**5,), ("h", "tanh", "", {}),
            ("o", "average_pool", "", {"kernel": [3], "stride": [1], "padding": [1], "count_include_pad": False}),
        ), 1,
    ),
    "between 2 and 3": (lambda: barrier(2, 3), 0),
    "between 273 and 373": (lambda: barrier(273, 373, (20,)), 1),
    "between 5000 and 6000": (lambda: barrier(5000, 6000, (3,)), 0),
    "increasing numbers": (
        lambda: network(
            (6,), ("a", "slice", "x", {"axes": [0], "starts": [1], "sizes": [5]}),
            ("b", "slice", "x", {"axes": [0], "starts": [0], "sizes": [5]}),
            ("d", "sub", "a b", {}), ("o", "log", "", {}),
        ), 0,
    ),
}  # fmt: skip
"""Networks that have a state, and whether one is found at other sizes only."""


@pytest.mark.parametrize("what", one_in(4, ORDINARY))
def test_an_ordinary_network_is_proved(what):
    build, elsewhere = ORDINARY[what]
    assert seen(build()) == ("proved", elsewhere)


@pytest.mark.long
@pytest.mark.parametrize("count", one_in(4, [20, 60]))
def test_a_long_chain_without_a_state_is_undecided(count):
    verdict, reason = outcome_of(derive(layers_of(*["tanh"] * count, "acosh", shape=(3, 2))))
    assert (verdict, "no state was found" in reason) == ("undecided", True)
    assert outcome_of(derive(layers_of(*["tanh"] * count, "cosh", "acosh", shape=(3, 2))))[0] == "proved"


@pytest.mark.parametrize(("entries_", "elsewhere"), [(2, 0), (3, 1), (64, 1), (10**6, 1)])
def test_it_is_said_if_a_state_was_found_at_other_sizes_only(entries_, elsewhere):
    spec = {"inputs": {"x": {"shape": [entries_]}}, "layers": ALL_TRUE, "cost": {"type": "squared_error"}}
    assert seen(derive(architecture(spec))) == ("proved", elsewhere)


@pytest.mark.parametrize("offset", [2.5, -2.5])
def test_a_claim_of_ones_own_says_no_more(tmp_path, offset):
    """offset: with the first a state is found at other sizes, with the second there is none."""
    spec = {"inputs": {"x": {"shape": [64]}}, "layers": [*ALL_TRUE[:3], {**ALL_TRUE[3], "offset": offset}, ALL_TRUE[4]]}
    derivation = derive(architecture({**spec, "cost": {"type": "squared_error"}}))
    path = tmp_path / "claims.toml"
    asked = (
        'kind = "steps"\nsuffice = "T"',
        'kind = "steps"\nsuffice = "T - 1"',
        'kind = "steps"\nneeded = "T"',
        'kind = "step_size"\nh = "1"',
    )
    path.write_text("".join(f'[[claim]]\nid = "{k}"\n{text}\n' for k, text in enumerate(asked)))
    enough, fewer, exactly, unit = verify_claims(derivation, path)
    if offset < 0:
        assert [one.verdict for one in (enough, exactly, unit)] == [Verdict.UNDECIDED] * 3
        assert all("no state was found" in one.reason for one in (enough, exactly, unit))
    else:
        assert [one.verdict for one in (enough, unit)] == [Verdict.PROVED] * 2
        assert all("one was found at other sizes" in one.statement for one in (enough, exactly, unit))
    assert fewer.verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(("width", "elsewhere"), [(2, False), (64, True)])
def test_the_appendix_says_the_same(width, elsewhere):
    spec = {"inputs": {"x": {"shape": [width]}}, "layers": ALL_TRUE, "cost": {"type": "squared_error"}}
    derivation = derive(architecture(spec))
    certificate = verify(derivation, methods=["lemma", "ranks", "instances", "adjoint"])
    pages = " ".join(render_latex(build_document(derivation, certificate)).split())
    assert pages.count("from which every update is defined") >= 2
    assert pages.count("one was found at other sizes") == (2 if elsewhere else 0)  # the theorem, and the claim
    assert "{Theorem}{exactness in finite time}" in pages
    assert "which exists" not in pages


def test_what_is_not_proved_is_no_theorem_in_the_appendix():
    derivation = derive(layers_of("tanh", "acosh", shape=(3,)))
    certificate = verify(derivation, methods=["lemma", "ranks", "instances", "adjoint"])
    pages = " ".join(render_latex(build_document(derivation, certificate)).split())
    assert "{Claim}{exactness in finite time, undecided}" in pages
    assert "how it would be proved" in pages
    assert "dyadicproof" not in pages
    assert "{Theorem}" not in pages


def test_three_entries_have_no_other_sizes_if_one_is_too_few():
    """The logarithm of 1.5 less the number of entries, of which there are two at least at small sizes."""
    layers = [*ALL_TRUE[:3], {**ALL_TRUE[3], "offset": 1.5}, ALL_TRUE[4]]
    spec = {"inputs": {"x": {"shape": [64]}}, "layers": layers, "cost": {"type": "squared_error"}}
    assert seen(derive(architecture(spec)))[0] == "undecided"


@pytest.mark.parametrize("factor", [100, 10**6])
def test_parameters_may_be_small_or_0(factor):
    dense, scaled = {"type": "dense", "units": 64}, {"type": "scale", "factor": factor}
    assert outcome_of(derive(layers_of(dense, scaled, "asin", shape=(4, 50))))[0] == "proved"


def test_inputs_may_be_large():
    assert outcome_of(derive(layers_of({"type": "scale", "factor": 0.001}, "acosh", shape=(300,))))[0] == "proved"


def test_two_inputs_may_need_different_numbers():
    layers = [
        {"name": "a", "type": "log", "inputs": ["x"]},
        {"name": "m", "type": "neg", "inputs": ["z"]},
        {"name": "b", "type": "log"},
        {"name": "c", "type": "add", "inputs": ["a", "b"]},
    ]
    spec = {"inputs": {name: {"shape": [2000]} for name in "xz"}, "layers": layers, "cost": {"type": "squared_error"}}
    assert outcome_of(derive(architecture(spec)))[0] == "proved"
    spec["layers"][1] = {"name": "m", "type": "neg", "inputs": ["x"]}
    del spec["inputs"]["z"]
    assert outcome_of(derive(architecture(spec)))[0] == "undecided"


@pytest.mark.parametrize("name", LAYERS)
def test_every_type_has_a_state(name):
    """What is enclosed as a whole encloses what entries are, and where it is finite they are."""
    derivation = example_network(name, numeric=True)
    assert sizes_of_a_state(Graph(subject(derivation, derivation.steps)), derivation.architecture.values) == "own"


def test_the_checker_alone_says_that_it_did_not_look():
    certificate = json.loads(json.dumps(verify(derive(layers_of("exp", "log", "tanh", shape=(3,))))))
    alone, looked = checker.check(certificate).lines(), recheck.check(certificate).lines()
    assert any(line.startswith("NOT SEEN") and "from which every update is defined" in line for line in alone)
    assert "if there is a state from which every update is defined" in alone[-1]
    assert not any("NOT SEEN" in line or "if there is a state" in line for line in looked)
    everywhere = json.loads(json.dumps(verify(derive(layers_of("tanh", shape=(3,))))))
    assert not any("NOT SEEN" in line or "if there is a state" in line for line in checker.check(everywhere).lines())


@pytest.mark.parametrize(("build", "said"), [(lambda: barrier(2, 3), 1), (ORDINARY["the same of many"][0], 0)])
def test_where_a_state_was_found_cannot_be_forged(build, said):
    content = json.loads(json.dumps(verify(build(), methods=["lemma", "ranks", "instances", "adjoint"])))
    (steps,) = (claim for claim in content["claims"] if claim["kind"] == "steps")
    steps["numbers"]["elsewhere"] = said
    steps["statement"] = told("steps", Verdict.PROVED, {}, steps["numbers"]).statement
    with pytest.raises(checker.Rejected, match="elsewhere"):
        recheck.check(refitted(content))
