"""Elementwise, algebraic, attention, lookup, gated and recurrent layers, and all costs: derived against autograd."""

import dataclasses
import importlib.util

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.emitted_check import emitted_difference
from support.long_tests import one_in
from support.network_check import difference, one_layer
from support.optional import require

from dyadic.symbolic import SpecError, architecture, derive
from dyadic.symbolic.expressions import Definition
from dyadic.symbolic.spec import LAYER_TYPES

require(importlib.util.find_spec("torch"), "PyTorch is the second opinion here")
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from support.algebra_cases import CASES, WITHIN, torch_cell  # noqa: E402
from support.proofs import replayed  # noqa: E402

TOLERANCE = 1e-10
# -- the tests -------------------------------------------------------------------------------------------------------


def check(type_, draw):
    shapes, options, layer, keywords = CASES[type_](draw, type_)
    spec = one_layer(type_, shapes, options, **keywords)
    count = len(shapes)

    def cost(tensors):
        read = [tensors[f"x{k}"] for k in range(count)]
        own = [value for name, value in tensors.items() if name.startswith("layer.") and name != "layer.initial"]
        return (tensors["y:cost"] * layer(*read, *own)).sum()

    return difference(spec, cost, draw(st.integers(0, 2**16)), WITHIN.get(type_, np.array))


@pytest.mark.parametrize("type_", CASES)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_derived_equations_agree_with_autograd(type_, data):
    assert check(type_, data.draw) < TOLERANCE


@pytest.mark.parametrize("type_", one_in(4, CASES))
@settings(max_examples=2, deadline=None)
@given(data=st.data())
def test_adjoints_and_gradients_are_proved_for_all_sizes(type_, data):
    shapes, options, _, keywords = CASES[type_](data.draw, type_)
    layers = derive(architecture(one_layer(type_, shapes, options, **keywords))).layers.values()
    for layer in {layer.label: layer for layer in layers}.values():
        replayed(layer)


@pytest.mark.parametrize("type_", one_in(6, CASES))
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_emitted_numpy_code_computes_the_equations(type_, data):
    shapes, options, _, keywords = CASES[type_](data.draw, type_)
    spec = one_layer(type_, shapes, options, **keywords)
    assert emitted_difference(spec, data.draw(st.integers(0, 2**16)), WITHIN.get(type_, np.array)) < TOLERANCE


WRONG = {
    "mish": ([[3]], {}, F.mish),
    "matmul": ([[2, 3], [3, 2]], {}, torch.matmul),
    "attention": (
        [[3, 2]] * 3,
        {"causal": True},
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
    ),
    "gather": ([[3, 2], [2]], {}, lambda x, t: x[t]),
    "lstm_cell": ([[2], [4]], {"units": 2}, torch_cell("lstm")),
}


@pytest.mark.parametrize("type_", WRONG)
def test_a_wrong_adjoint_is_caught(type_):
    shapes, options, layer = WRONG[type_]
    spec = one_layer(type_, shapes, options, {1: 3} if type_ == "gather" else {})

    def cost(t):
        own = [value for name, value in t.items() if name.startswith("layer.")]
        return (t["y:cost"] * layer(*(t[f"x{k}"] for k in range(len(shapes))), *own)).sum()

    def doubled(derivation):
        derived = derivation.layers["layer"]
        first, *rest = derived.adjoints
        wrong = Definition(first.tensor, first.indices, 2 * first.body)
        derivation.layers["layer"] = dataclasses.replace(derived, adjoints=(wrong, *rest))

    assert difference(spec, cost) < TOLERANCE
    assert difference(spec, cost, mutate=doubled) > 1e-3


# -- shared parameters and costs ---------------------------------------------------------------------------------------


def test_an_lstm_of_three_steps_has_the_gradients_of_pytorch():
    """torch.nn.LSTM as a whole, with a dense layer on its last output, weight decay and a cross-entropy by index."""
    spec = {
        "inputs": {"x": {"shape": [3, 2]}},
        "layers": [
            {"name": "id x", "type": "identity"},
            {"name": "memory", "type": "lstm", "units": 2},
            {"name": "read", "type": "dense", "units": 3},
        ],
        "cost": {"type": "cross_entropy", "target": "index"},
        "weight_decay": 0.01,
    }
    module = torch.nn.LSTM(2, 2, batch_first=True, dtype=torch.float64)

    def cost(t):
        names = {
            "weight_ih_l0": "weight",
            "weight_hh_l0": "recurrent",
            "bias_ih_l0": "bias",
            "bias_hh_l0": "recurrent_bias",
        }
        table = {theirs: t[f"memory.{ours}"] for theirs, ours in names.items()}
        states, _ = torch.func.functional_call(module, table, (t["x"][None],))
        return F.cross_entropy(F.linear(states[0, -1], t["read.weight"], t["read.bias"])[None], t["y:cost"][None])

    assert difference(spec, cost) < TOLERANCE

    def untied(derivation):
        derivation.shared["memory.recurrent"] = derivation.shared["memory.recurrent"][:-1]

    assert difference(spec, cost, mutate=untied) > 1e-3


def test_tied_embedding_and_output_weights_are_one_parameter():
    spec = {
        "inputs": {"tokens": {"shape": [3], "below": 4}},
        "parameters": {"table": {"shape": [4, 2]}},
        "layers": [
            {"name": "embed", "type": "embedding", "inputs": ["tokens", "table"]},
            {"name": "mixed", "type": "attention", "inputs": ["embed", "embed", "embed"], "causal": True},
            {"name": "logits", "type": "linear", "inputs": ["mixed", "table"], "bias": False},
        ],
        "cost": {"type": "cross_entropy"},
    }

    def cost(t):
        x = F.embedding(t["tokens"], t["table"])
        mixed = F.scaled_dot_product_attention(x, x, x, is_causal=True)
        return -(t["y:cost"] * torch.log_softmax(mixed @ t["table"].T, -1)).sum()

    assert difference(spec, cost) < TOLERANCE


COSTS = {
    "squared_error": ({}, lambda x, y: 0.5 * ((x - y) ** 2).sum()),
    "cross_entropy": ({}, lambda x, y: -(y * torch.log_softmax(x, -1)).sum()),
    "bernoulli": ({}, lambda x, y: F.binary_cross_entropy_with_logits(x, y, reduction="sum")),
    "huber": ({"delta": 0.75}, lambda x, y: F.huber_loss(x, y, reduction="sum", delta=0.75)),
    "hinge": ({}, lambda x, y: torch.relu(1 - x * y).sum()),
    "abstract": ({}, lambda x, y: (x * y).sum()),
}


def by_class(x, y):
    return -torch.log_softmax(x, -1).gather(-1, y[..., None]).sum()


@pytest.mark.parametrize("type_", [*COSTS, "cross_entropy by index"])
@settings(max_examples=10, deadline=None)
@given(shape=st.lists(st.integers(1, 3), max_size=2), classes=st.integers(2, 3), seed=st.integers(0, 2**16))
def test_costs_agree_with_autograd(type_, shape, classes, seed):
    options, function = COSTS.get(type_, ({"target": "index"}, by_class))
    spec = {
        "inputs": {"x": {"shape": [*shape, classes]}},
        "layers": [{"name": "id x", "type": "identity"}],
        "cost": {"type": type_.removesuffix(" by index"), **options},
    }
    assert difference(spec, lambda t: function(t["x"], t["y:cost"]), seed) < TOLERANCE


def test_costs_add_up_with_their_weights_and_decay():
    spec = {
        "inputs": {"x": {"shape": [3]}},
        "layers": [
            {"name": "id x", "type": "identity"},
            {"name": "a", "type": "dense", "units": 2, "activation": "tanh"},
            {"name": "b", "type": "dense", "units": 3},
        ],
        "costs": [
            {"type": "cross_entropy", "inputs": ["b"]},
            {"type": "huber", "inputs": ["a"], "weight": 0.5, "delta": 0.1},
            {"type": "squared_error", "inputs": ["b"], "weight": -2},
        ],
        "weight_decay": 0.125,
    }

    def cost(t):
        a = torch.tanh(F.linear(t["x"], t["a.weight"], t["a.bias"]))
        b = F.linear(a, t["b.weight"], t["b.bias"])
        first = -(t["y:cost1"] * torch.log_softmax(b, -1)).sum()
        second = F.huber_loss(a, t["y:cost2"], reduction="sum", delta=0.1)
        return first + 0.5 * second - ((b - t["y:cost3"]) ** 2).sum()

    assert difference(spec, cost) < TOLERANCE
    assert difference(spec | {"weight_decay": 0}, cost) < TOLERANCE

    def lighter(derivation):
        first, second, third = derivation.architecture.costs
        changed = dataclasses.replace(second, weight=second.weight / 2)
        object.__setattr__(derivation.architecture, "costs", (first, changed, third))

    assert difference(spec, cost, mutate=lighter) > 1e-3


# -- what cannot be built ------------------------------------------------------------

BAD = {
    "constant": ("power", [[2]], {"exponent": 0}, {}, "does not depend on what it reads"),
    "matmul": ("matmul", [[2, 3], [2, 3]], {}, {}, "its inputs have shapes"),
    "broadcast": ("mul", [[2, 3], [4]], {}, {}, "its inputs have shapes 'id x0' [2, 3], 'id x1' [4]"),
    "one input": ("where", [[2], [2]], {}, {}, "has 2 input(s); where takes three inputs"),
    "einsum rank": ("einsum", [[2, 3]], {"equation": "abc->a"}, {}, "'abc->a' does not fit the inputs"),
    "einsum sizes": ("einsum", [[2, 3], [4, 2]], {"equation": "ab,bc->ac"}, {}, "its inputs have shapes"),
    "einsum text": ("einsum", [[2]], {"equation": "a1->a"}, {}, "is not made of letters"),
    "einsum output": ("einsum", [[2]], {"equation": "a->b"}, {}, "has one that no input has"),
    "softmax axis": ("softmax", [[2]], {"axis": 1}, {}, "axis 1 does not exist"),
    "attention keys": ("attention", [[2, 3], [4, 2], [4, 2]], {}, {}, "its inputs have shapes"),
    "attention vectors": ("attention", [[2], [2], [2]], {}, {}, "need two axes each"),
    "attention mask": ("attention", [[2, 3]] * 3 + [[1, 2, 2]], {}, {}, "the mask has more axes"),
    "heads": ("multi_head_attention", [[2, 3]], {"heads": 2}, {}, "its 3 units cannot be shared among 2 heads"),
    "no values": ("multi_head_attention", [[2, 2]] * 2, {"heads": 2}, {}, "has queries and keys but no values"),
    "tokens": ("embedding", [[2]], {"count": 4, "units": 2}, {}, "its input 'id x0' holds no integers"),
    "integers": ("tanh", [[2]], {}, {0: 3}, "its input 'x0' holds integers; read it through an embedding"),
    "too few rows": (
        "embedding",
        [[2]],
        {"count": 4, "units": 2},
        {0: 5},
        "integers below 5, but has to choose among 4",
    ),
    "odd axis": ("glu", [[3]], {}, {}, "its inputs have shapes 'id x0' [3]; glu takes an axis of even size"),
    "experts": ("mixture", [[2], [3]], {}, {}, "its inputs have shapes"),
    "state": ("lstm_cell", [[2], [3]], {"units": 3}, {}, "its inputs have shapes"),
    "steps": ("lstm", [["t", 2]], {"units": 3}, {}, "the number of steps t is not a number"),
    "too many steps": ("gru", [[2, 2]], {"units": 3, "steps": 3}, {}, "steps = 3, but its input has 2"),
    "no steps": ("rnn", [[2]], {"units": 3}, {}, "has no axis of steps"),
    "no units": ("rnn", [[2, 2]], {}, {}, "'units' is missing"),
    "clip": ("clip", [[2]], {"low": 1, "high": 0}, {}, "low = 1 lies above high = 0"),
    "rate": ("dropout", [[2], [2]], {"rate": 1}, {}, "rate = 1 is not in [0, 1)"),
    "celu": ("celu", [[2]], {"alpha": 0}, {}, "alpha = 0 is not positive"),
    "prelu": ("prelu", [[2]], {"lead": 1}, {}, "lead = 1 leaves no channel axis"),
    "position": ("select", [[2]], {"position": 2}, {}, "position 2 does not exist along axis 0"),
    "stack": ("stack", [[2], [3]], {}, {}, "its inputs have shapes"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_does_not_fit_is_named(name):
    type_, shapes, options, below, message = BAD[name]
    with pytest.raises(SpecError) as caught:
        architecture(one_layer(type_, shapes, options, below))
    assert "layer 'layer': " in str(caught.value)
    assert message in str(caught.value)


def test_costs_that_do_not_fit_are_named():
    spec = {"inputs": {"x": {"shape": [3]}}, "layers": [{"name": "a", "type": "tanh"}]}
    with pytest.raises(SpecError, match="cost: delta = 0 is not positive; choose delta > 0"):
        architecture(spec | {"cost": {"type": "huber", "delta": 0}})
    with pytest.raises(SpecError, match="target 'class' is unknown; known: probabilities, index"):
        architecture(spec | {"cost": {"type": "cross_entropy", "target": "class"}})


def test_every_layer_type_says_what_it_is():
    assert all(len(layer.about) > 10 for layer in LAYER_TYPES.values())
