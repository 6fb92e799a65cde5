"""The replay of proofs for all sizes: every layer type and cost is accepted, and nothing that is wrong."""

import copy
import dataclasses
import functools
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from support.equations import EQUATIONS
from support.long_tests import one_in
from support.proofs import as_json, found, replayed
from support.work import calls
from support.wrong_adjoints import definitions

from dyadic.catalogue import example_network
from dyadic.proofs.checker.core.replay import Replayed, replay
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods.adjoint import layer_claims, prove, prover
from dyadic.proofs.methods.refutation import numbers
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.energy import LayerKind, derive_cost, derive_equation, layer_to_json
from dyadic.symbolic.layers import LAYERS

ROOT = Path(__file__).resolve().parents[2]

KINDS = ("dense", "conv", "embedding", "softmax", "max_pool", "concat", "layer_norm", "group_norm")


@functools.cache
def layer(name):
    return example_network(name, numeric=False).layers["layer"]


@functools.cache
def good(name):
    content = as_json(layer(name))
    return content, found(content)


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_type_is_accepted_for_all_sizes(name):
    assert isinstance(replayed(layer(name)), Replayed)


@pytest.mark.parametrize("target", ["probabilities", "index"])
@pytest.mark.parametrize("name", COSTS)
@pytest.mark.parametrize("rank", [1, 2])
def test_every_cost_is_accepted_for_all_sizes(name, rank, target):
    options = COSTS[name].options
    settings = {key: option.default for key, option in options.items()}
    if "target" in settings:
        settings["target"] = target
    elif target == "index":
        return
    assert isinstance(replayed(derive_cost(name, rank, tuple(settings.items()))), Replayed)


# -- other contents ------------------------------------------------------------------------------------------------


def entries(node):
    """Every list of an expression that is an entry, a sum or a bracket, so that it can be changed in place."""
    if isinstance(node, list):
        if node and isinstance(node[0], str):
            yield node
        for child in node:
            yield from entries(child)


CHANGES = {
    "a sign": lambda body: ["*", -1, body],
    "a multiple": lambda body: ["*", 2, body],
    "a factor [i < 10]": lambda body, item: ["*", ["inside", ["index", item["indices"][0]], 10], body],
    "a further term": lambda body, item: [
        "+",
        ["entry", item["kind"].removeprefix("bar "), item["owner"], [["index", i] for i in item["indices"]]],
        body,
    ],
    "nothing": lambda body: 0,
    "a power of itself": lambda body: ["*", body, body, ["^", body, -1], 2],
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", one_in(4, KINDS))
def test_a_changed_content_is_rejected(name, change):
    """Each derived equation is changed; its own proof, and any that is found of the changed one, do not show it."""
    content, proof = good(name)
    places = [("adjoints", slot) for slot in range(len(content["adjoints"]))]
    places += [("gradients", parameter) for parameter in content["gradients"]] + [(None, "stationarity")]
    for where, key in places:
        wrong = copy.deepcopy(content)
        item = (wrong[where] if where else wrong)[key]
        if item["body"] == 0 or not item["indices"]:
            continue
        rule = CHANGES[change]
        item["body"] = rule(item["body"], item) if rule.__code__.co_argcount == 2 else rule(item["body"])
        with pytest.raises(Rejected):
            replay(wrong, proof, "content")
        assert not prove(wrong).is_complete


def test_the_proof_of_another_layer_is_rejected():
    for one in KINDS:
        for other in KINDS:
            if one != other:
                with pytest.raises(Rejected):
                    replay(good(one)[0], good(other)[1], "content")


@pytest.mark.parametrize("name", ["conv1d", "average pool", "max pool", "flattened", "softmax", "concatenated"])
def test_wrong_adjoints_are_rejected_with_the_proof_of_the_right_one(name):
    right = derive_equation(LayerKind(name, (), (1,)), EQUATIONS[name])
    proof = found(as_json(right))
    seen = 0
    for slot, item in enumerate(right.adjoints):
        for what, wrong in definitions(item):
            changed = dataclasses.replace(right, adjoints=(*right.adjoints[:slot], wrong, *right.adjoints[slot + 1 :]))
            try:
                replay(as_json(changed), proof, "content")
            except Rejected:
                seen += 1
            else:
                assert numbers.layer_difference(changed, "adjoint", 12) is None, what
    assert seen > 1


FORGED = {
    "an input that a definition overwrites": lambda c: c["definitions"][0].update(kind="x", owner="u"),
    "a parameter that a definition overwrites": lambda c: c["definitions"][0].update(kind="W", owner="v"),
    "the sensitivity defined": lambda c: c["definitions"][0].update(kind="s", owner="v"),
    "the own activation read": lambda c: c.update(inputs=["v"]),
    "two inputs of one name": lambda c: c.update(
        inputs=["u", "u"], input_shapes=c["input_shapes"] * 2, adjoints=c["adjoints"] * 2
    ),
    "an input without an adjoint": lambda c: c.update(adjoints=[]),
    "a parameter without a gradient": lambda c: c["gradients"].pop("bias"),
    "a gradient of nothing": lambda c: c["gradients"].update(other=c["gradients"]["bias"]),
    "another shape": lambda c: c["adjoints"][0].update(shape=[["size", "n"]]),
    "a shape of one axis more": lambda c: c["adjoints"][0].update(shape=[["size", "m"], 1], indices=["j", "k"]),
    "an index twice": lambda c: c["gradients"]["weight"].update(indices=["i", "i"]),
    "an index that is free": lambda c: c["adjoints"][0].update(body=["entry", "s", "v", [["index", "k"]]]),
    "an index too few": lambda c: c["adjoints"][0].update(body=["entry", "W", "v", [["index", "j"]]]),
    "a tensor that is not there": lambda c: c["adjoints"][0].update(body=["entry", "q", "v", [["index", "j"]]]),
    "a tensor that comes later": lambda c: c["definitions"].reverse(),
    "an intermediate that reads itself": lambda c: c["intermediates"][0].update(
        body=["entry", "bar z", "v", [["index", "i"]]]
    ),
    "a read outside": lambda c: c["adjoints"][0].update(
        body=["+", c["adjoints"][0]["body"], ["*", 0, ["entry", "s", "v", [["+", ["size", "n"], ["index", "j"]]]]]]
    ),
    "the direction read": lambda c: c["adjoints"][0].update(body=["entry", "dot x", "u", [["index", "j"]]]),
    "a name of a direction": lambda c: c["parameters"]["bias"].update(kind="dot x"),
    "a name of a probe": lambda c: c["parameters"]["bias"].update(kind="probe"),
    "no definitions": lambda c: c.update(definitions=[]),
    "an energy with an index": lambda c: c["energy"].update(shape=[["size", "n"]], indices=["i"]),
    "the energy of nothing": lambda c: c["energy"].update(body=0),
    "a size that is no name": lambda c: c["extents"].update({"n'": 3}),
    "a division by what may be 0": lambda c: c["adjoints"][0].update(
        body=["*", c["adjoints"][0]["body"], ["quotient", ["index", "j"], ["+", -1, ["size", "n"]]]]
    ),
    "the reciprocal of 0": lambda c: c["adjoints"][0].update(body=["*", c["adjoints"][0]["body"], ["^", 0, -1]]),
    "a huge number": lambda c: c["adjoints"][0].update(body=["*", 10**400, c["adjoints"][0]["body"]]),
    "a huge power": lambda c: c["adjoints"][0].update(body=["^", c["adjoints"][0]["body"], 10**9]),
    "powers of powers": lambda c: c["adjoints"][0].update(
        body=functools.reduce(lambda b, _: ["^", ["+", 1, b], 4], range(12), c["adjoints"][0]["body"])
    ),
    "a power that is true": lambda c: c["adjoints"][0].update(body=["^", c["adjoints"][0]["body"], True]),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_content_is_rejected(what):
    content, proof = good("dense")
    forged = copy.deepcopy(content)
    FORGED[what](forged)
    with pytest.raises(Rejected):
        replay(forged, proof, "content")
    assert not prove(forged).is_complete


def test_a_position_that_binds_an_index_twice_is_rejected():
    content, proof = good("max_pool")
    for old, new in (("u", "i"), ("u", "a1")):
        forged = json.loads(json.dumps(content).replace(f'"{old}"', f'"{new}"'))
        with pytest.raises(Rejected):
            replay(forged, proof, "content")


def test_another_argmax_is_rejected():
    content, proof = good("max_pool")
    for place, new in ((0, "max"), (2, 2), (3, ["*", -1, content["intermediates"][0]["body"][3]])):
        forged = copy.deepcopy(content)
        forged["intermediates"][0]["body"][place] = new
        with pytest.raises(Rejected):
            replay(forged, proof, "content")


# -- no other exception, and bounded work ----------------------------------------------------------------------------

JUNK = [None, True, 0, -1, 10**400, 1.5, float("nan"), "", "x" * 10_000, [], {}, [[]], [None], {"left": 1}, {"a": {}}]


def places(node, path=()):
    yield path
    if isinstance(node, dict | list):
        for key in node if isinstance(node, dict) else range(len(node)):
            yield from places(node[key], (*path, key))


def put(node, path, value):
    if not path:
        return value
    node = copy.copy(node)
    node[path[0]] = put(node[path[0]], path[1:], value)
    return node


@pytest.mark.parametrize("name", ["dense", "conv", "max_pool", "embedding", "layer_norm"])
def test_no_other_exception_leaves_the_replay(name):
    """Junk at random places of the content and of the proof."""
    content, proof = good(name)
    source = random.Random(3)
    where = {"content": list(places(content)), "proof": list(places(proof))}
    for _ in range(120):
        which, junk = source.choice(("content", "proof")), source.choice(JUNK)
        path = source.choice(where[which])
        pair = [put(content, path, junk), proof] if which == "content" else [content, put(proof, path, junk)]
        try:
            replay(*pair, "content")
        except Rejected as error:
            assert error.field.startswith("content"), error.field  # noqa: PT017


def nested(depth):
    node = 0
    for _ in range(depth):
        node = ["+", node, 1]
    return node


HOSTILE = {
    "deep content": lambda c, p: c["adjoints"][0].update(body=nested(100_000)),
    "deep steps": lambda c, p: p["adjoint:0"].update(
        left=functools.reduce(lambda s, _: [["factor", 0, [s]]], range(50_000), [])
    ),
    "many steps": lambda c, p: p["adjoint:0"].update(left=[[["rename", [0, 1]]] * 1_000_000]),
    "a wide sum": lambda c, p: c["adjoints"][0].update(body=["+", *[c["adjoints"][0]["body"]] * 100_000]),
    "a product of sums": lambda c, p: c["adjoints"][0].update(body=["*", *[["+", 1, ["entry", "s", "v", [0]]]] * 60]),
    "an index of a high degree": lambda c, p: c["definitions"][0].update(
        shape=[["*", *[["+", ["size", "n"], ["size", "m"], ["size", "k"]]] * 50]]
    ),
    "many sizes": lambda c, p: c["definitions"][0].update(
        shape=[["*", *[["+", 1, ["size", f"n{k}"]] for k in range(60)]]]
    ),
    "many extents": lambda c, p: c["extents"].update(
        {f"e{k}": ["*", ["size", f"e{k - 1}"], ["size", f"e{k - 1}"]] for k in range(1, 300)}
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_a_file_can_ask_for_is_bounded(what):
    content, proof = copy.deepcopy(good("dense"))
    HOSTILE[what](content, proof)
    with pytest.raises(Rejected):
        replay(content, proof, "content")


# -- what the prover calls a proof -----------------------------------------------------------------------------------


def every_kind():
    for name in LAYERS:
        yield name, lambda name=name: layer(name)
    for name, cost in COSTS.items():
        settings = tuple((key, option.default) for key, option in cost.options.items())
        yield f"cost {name}", lambda name=name, settings=settings: derive_cost(name, 1, settings)


@pytest.mark.parametrize("name", one_in(6, dict(every_kind())))
def test_replaying_costs_no_more_than_finding(name):
    """In calls of Python functions, which no other process changes."""
    content = as_json(dict(every_kind())[name]())
    proof = found(content)
    assert calls(lambda: replay(content, proof, "content")) <= calls(lambda: prove(content))


@pytest.mark.parametrize("name", ["conv", "softmax", "embedding"])
def test_a_mistake_of_the_search_proves_nothing(monkeypatch, name):
    """A prover that takes any two sides for equal, with no steps: what needs steps is left undecided."""
    content, proof = good(name)
    short = {key for key, pair in proof.items() if not any(pair["left"] + pair["right"])}
    assert len(short) < len(proof)

    def careless(subject, obligation):
        return {"left": [[] for _ in obligation.left], "right": [[] for _ in obligation.right]}

    monkeypatch.setattr(prover, "_pair", careless)
    outcome = prove(content)
    assert set(outcome.pairs) == short
    assert all("not accepted" in outcome.reason(key) for key in set(proof) - short)
    assert outcome.hypotheses == replay(content, proof, "content").hypotheses


def test_a_careless_search_does_not_prove_a_wrong_adjoint(monkeypatch):
    def careless(subject, obligation):
        return {"left": [[] for _ in obligation.left], "right": [[] for _ in obligation.right]}

    monkeypatch.setattr(prover, "_pair", careless)
    one = layer("dense")
    wrong = dataclasses.replace(
        one, adjoints=tuple(dataclasses.replace(item, body=2 * item.body) for item in one.adjoints)
    )
    assert layer_claims(wrong)[0].verdict is Verdict.REFUTED


# -- the trace as data -----------------------------------------------------------------------------------------------


@pytest.mark.long
def test_traces_are_the_same_under_any_seed():
    code = (
        "import json\n"
        "from dyadic.catalogue import example_network\n"
        "from dyadic.proofs.methods.adjoint import prove\n"
        "from dyadic.symbolic.energy import layer_to_json\n"
        "for name in ('conv', 'attention', 'lstm_cell', 'max_pool', 'group_norm'):\n"
        "    layer = example_network(name, numeric=False).layers['layer']\n"
        "    print(json.dumps(prove(layer_to_json(layer)).pairs))\n"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(texts) == 1
    assert texts.pop().count("\n") == 5


def test_the_kernel_imports_the_standard_library_only():
    """Run without site-packages (``-S``), so that only what the kernel itself asks for can be loaded."""
    code = "import sys\nimport dyadic.proofs.checker.core.replay\nprint(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, env={}, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    own = {name for name in loaded if name.split(".")[0] == "dyadic"} - {"dyadic", "dyadic.version", "dyadic.proofs"}
    assert own
    assert all(name.startswith("dyadic.proofs.checker") for name in own)
    others = {name.split(".")[0] for name in loaded - own} - {"dyadic", "__main__"}
    assert others <= set(sys.stdlib_module_names)


def test_a_content_is_not_changed_by_being_replayed():
    content, proof = good("conv")
    before = json.dumps([content, proof])
    replay(content, proof, "content")
    assert json.dumps([content, proof]) == before
    assert layer_to_json(layer("conv")) == layer_to_json(layer("conv"))
