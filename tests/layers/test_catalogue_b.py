"""Elementwise, algebraic, attention, lookup, gated and recurrent layers, and all costs: derived against autograd."""

import dataclasses
import importlib.util

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.network_check import difference, one_layer
from support.optional import require

from symbolic import SpecError, architecture
from symbolic.expressions import Definition
from symbolic.spec import LAYER_TYPES

require(importlib.util.find_spec("torch"), "PyTorch is the second opinion here")
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

TOLERANCE = 1e-10
CASES = {}


def case(*types):
    """Register a generator: from Hypothesis' draw to (shapes, options, the layer in PyTorch, keywords of one_layer)."""

    def register(function):
        CASES.update(dict.fromkeys(types, function))
        return function

    return register


def size_(draw, low=1, high=3):
    return draw(st.integers(low, high))


def sizes_(draw, count, low=1, high=3):
    return [size_(draw, low, high) for _ in range(count)]


def broadcast_(draw, count, rank):
    """Shapes that broadcast against one another: some axes set to 1, some leading axes left out."""
    full = sizes_(draw, rank)
    found = []
    for _ in range(count):
        shape = [draw(st.sampled_from([n, 1])) if draw(st.booleans()) else n for n in full]
        found.append(shape[draw(st.integers(0, rank)) if draw(st.booleans()) else 0 :])
    return draw(st.permutations([full, *found[1:]]))


# -- entry by entry ------------------------------------------------------------------------------------------------

PLAIN = {
    "identity": lambda x: x,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "softplus": F.softplus,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "exp": torch.exp,
    "erf": torch.erf,
    "sin": torch.sin,
    "cos": torch.cos,
    "abs": torch.abs,
    "neg": torch.neg,
    "reciprocal": torch.reciprocal,
    "softsign": F.softsign,
    "mish": F.mish,
    "hard_swish": F.hardswish,
    "selu": F.selu,
    "log": torch.log,
    "sqrt": torch.sqrt,
}
POSITIVE = {"log", "sqrt", "power", "div"}


@case(*PLAIN)
def plain(draw, type_):
    return [sizes_(draw, size_(draw, 1, 3))], {}, PLAIN[type_], {}


def hard_sigmoid(x):
    """PyTorch's own has 1/6 in single precision."""
    return torch.clamp(x / 6 + 0.5, 0, 1)


def celu(x, alpha=1.0):
    """PyTorch's own has 1/alpha in single precision."""
    return alpha * F.elu(x / alpha)


@case("leaky_relu", "elu", "celu", "scale", "power", "clip", "hard_sigmoid")
def with_options(draw, type_):
    a, b = draw(st.sampled_from([0.1, 0.5, 1, 2.5])), draw(st.sampled_from([-0.3, 0, 0.7]))
    options, layer = {
        "leaky_relu": ({"slope": a}, lambda x: F.leaky_relu(x, a)),
        "elu": ({"alpha": a}, lambda x: F.elu(x, a)),
        "celu": ({"alpha": a}, lambda x: celu(x, a)),
        "scale": ({"factor": a, "offset": b}, lambda x: a * x + b),
        "power": ({"exponent": a}, lambda x: x**a),
        "clip": ({"low": b - a, "high": b}, lambda x: torch.clamp(x, b - a, b)),
        "hard_sigmoid": ({"alpha": a, "beta": 0.5 + b}, lambda x: torch.clamp(a * x + 0.5 + b, 0, 1)),
    }[type_]
    if type_ == "clip" and draw(st.booleans()):
        options, layer = {"low": b}, lambda x: torch.clamp(x, min=b)
    elif type_ == "clip" and draw(st.booleans()):
        options, layer = {"high": b}, lambda x: torch.clamp(x, max=b)
    elif type_ == "power" and draw(st.booleans()):
        whole = draw(st.integers(-3, 3))
        options, layer = {"exponent": whole}, lambda x: x**whole
    elif draw(st.booleans()) and type_ in ("leaky_relu", "hard_sigmoid", "elu", "celu", "scale"):
        defaults = {"leaky_relu": F.leaky_relu, "hard_sigmoid": hard_sigmoid, "elu": F.elu, "celu": celu}
        options, layer = {}, defaults.get(type_, lambda x: x)
    return [sizes_(draw, size_(draw, 1, 3))], options, layer, {}


@case("prelu")
def prelu(draw, type_):
    lead, shared = draw(st.integers(0, 1)), draw(st.booleans())
    shape = sizes_(draw, lead + 1 + draw(st.integers(0, 2)))
    return [shape], {"lead": lead, "shared": shared}, lambda x, a: F.prelu(x if lead else x[None], a).view(shape), {}


TWO = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "dropout": lambda x, mask: x * mask / 0.75,
    "where": lambda c, a, b: c * a + (1 - c) * b,
}


@case(*TWO)
def arithmetic(draw, type_):
    shapes = broadcast_(draw, 3 if type_ == "where" else 2, size_(draw, 1, 3))
    return shapes, {"rate": 0.25} if type_ == "dropout" else {}, TWO[type_], {}


# -- algebra ---------------------------------------------------------------------------------------------------------


@case("dense", "linear")
def dense(draw, type_):
    bias, units = draw(st.booleans()), size_(draw)
    return [sizes_(draw, size_(draw, 1, 3))], {"units": units, "bias": bias}, F.linear, {}


@case("matmul")
def matmul(draw, type_):
    one, two = broadcast_(draw, 2, size_(draw, 0, 2))
    n, m, q = sizes_(draw, 3)
    shapes = [[*one, n, q], [*two, q, m]]
    if draw(st.booleans()):
        shapes[draw(st.integers(0, 1))] = [q]
    return shapes, {}, torch.matmul, {}


@case("einsum")
def einsum(draw, type_):
    extent = dict(zip("abcd", sizes_(draw, 4), strict=True))
    terms = ["abcd"[: size_(draw, 1, 2)], *draw(st.lists(st.text("abcd", max_size=3), max_size=2))]
    letters = sorted(set("".join(terms)))
    output = "".join(draw(st.permutations(letters))[: draw(st.integers(0, len(letters)))])
    equation = ",".join(terms) + "->" + output
    shapes = [[extent[letter] for letter in term] for term in terms]
    if len(set(terms[-1])) == len(terms[-1]) and len(terms) > 1:  # one input is stretched
        shapes[-1] = [
            draw(st.sampled_from([1, n])) if c in "".join(terms[:-1]) else n
            for c, n in zip(terms[-1], shapes[-1], strict=True)
        ]

    def layer(*x):
        last = x[-1].expand([extent[letter] for letter in terms[-1]]) if len(terms) > 1 else x[-1]
        return torch.einsum(equation, *x[:-1], last)

    return shapes, {"equation": equation}, layer, {}


@case("softmax", "log_softmax")
def softmax(draw, type_):
    shape = sizes_(draw, size_(draw, 1, 3))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    function = torch.softmax if type_ == "softmax" else torch.log_softmax
    return [shape], {"axis": axis}, lambda x: function(x, dim=axis), {}


@case("attention")
def attention(draw, type_):
    n, m, d, e = sizes_(draw, 4)
    causal, scale = draw(st.booleans()), draw(st.sampled_from([None, 0.25, 2]))
    q, k, v = broadcast_(draw, 3, draw(st.integers(0, 2)))
    shapes = [[*q, n, d], [*k, m, d], [*v, m, e]]
    if draw(st.booleans()):
        lead = list(torch.broadcast_shapes(q, k, v))
        mask = [draw(st.sampled_from([1, extent])) for extent in [*lead, n, m]]
        shapes.append(mask[draw(st.integers(0, len(mask))) :])

    def layer(q, k, v, mask=None):
        scores = q @ k.transpose(-1, -2) * (d**-0.5 if scale is None else scale)
        scores = scores if mask is None else scores + mask
        hidden = torch.ones(n, m).triu(1).bool() if causal else torch.zeros(n, m).bool()
        return torch.softmax(scores.masked_fill(hidden, -torch.inf), -1) @ v

    return shapes, {"causal": causal} | ({} if scale is None else {"scale": scale}), layer, {}


@case("multi_head_attention")
def multi_head_attention(draw, type_):
    heads, d, n, m, bias, causal = *sizes_(draw, 4, 1, 2), draw(st.booleans()), draw(st.booleans())
    lead, units, w = sizes_(draw, draw(st.integers(0, 1)), 1, 2), heads * d, sizes_(draw, 2)
    alone = draw(st.booleans())
    shapes = [[*lead, n, units]] if alone else [[*lead, n, units], [*lead, m, w[0]], [*lead, m, w[1]]]

    def layer(*arrays):
        x, rest = arrays[: len(shapes)], arrays[len(shapes) :]
        x = x * 3 if alone else x
        (wq, wk, wv, wo), (bq, bk, bv, bo) = rest[:4], rest[4:] if bias else [None] * 4
        return torch_attention(x, (wq, wk, wv), (bq, bk, bv), wo, bo, heads, causal)

    return shapes, {"heads": heads, "bias": bias, "causal": causal}, layer, {}


def torch_attention(x, matrices, biases, wo, bo, heads, causal):
    """PyTorch's own multi-head attention, batch first."""
    units = x[0].shape[-1]
    module = torch.nn.MultiheadAttention(
        units, heads, bias=bo is not None, kdim=x[1].shape[-1], vdim=x[2].shape[-1], batch_first=True,
        dtype=torch.float64,
    )  # fmt: skip
    three = module.in_proj_weight is None
    weights = dict(zip(("q_proj_weight", "k_proj_weight", "v_proj_weight"), matrices, strict=True))
    table = (weights if three else {"in_proj_weight": torch.cat(matrices)}) | {"out_proj.weight": wo}
    if bo is not None:
        table |= {"in_proj_bias": torch.cat(biases), "out_proj.bias": bo}
    mask = torch.ones(x[0].shape[-2], x[1].shape[-2]).triu(1).bool() if causal else None
    return torch.func.functional_call(module, table, tuple(x), {"attn_mask": mask, "need_weights": False})[0]


# -- lookups and gates -----------------------------------------------------------------------------------------------


@case("embedding")
def embedding(draw, type_):
    count, units = sizes_(draw, 2, 1, 4)
    shape = sizes_(draw, size_(draw, 1, 2))
    return [shape], {"count": count, "units": units}, F.embedding, {"below": {0: count}}


@case("gather")
def gather(draw, type_):
    shape, chosen = sizes_(draw, size_(draw, 1, 3)), sizes_(draw, size_(draw, 1, 2))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    at = axis % len(shape)

    def layer(x, positions):
        picked = x.index_select(at, positions.reshape(-1))
        return picked.reshape(*shape[:at], *chosen, *shape[at + 1 :])

    return [shape, chosen], {"axis": axis}, layer, {"below": {1: shape[at]}}


@case("highway")
def highway(draw, type_):
    activation = draw(st.sampled_from(["relu", "tanh", "identity"]))

    def layer(x, W, b, Wt, bt):
        t = torch.sigmoid(F.linear(x, Wt, bt))
        return t * PLAIN[activation](F.linear(x, W, b)) + (1 - t) * x

    return [sizes_(draw, size_(draw, 1, 2))], {"activation": activation}, layer, {}


@case("glu")
def glu(draw, type_):
    shape = sizes_(draw, size_(draw, 1, 3))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    shape[axis] *= 2
    return [shape], {"axis": axis}, lambda x: F.glu(x, dim=axis), {}


@case("mixture")
def mixture(draw, type_):
    count, lead, own = size_(draw), sizes_(draw, draw(st.integers(0, 1))), sizes_(draw, size_(draw, 1, 2))

    def layer(gate, *experts):
        return sum(gate[..., k].reshape(*lead, *[1] * len(own)) * x for k, x in enumerate(experts))

    return [[*lead, count], *[[*lead, *own]] * count], {}, layer, {}


@case("select")
def select(draw, type_):
    shape = sizes_(draw, size_(draw, 1, 3))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    position = draw(st.integers(-shape[axis], shape[axis] - 1))
    return [shape], {"axis": axis, "position": position}, lambda x: x.select(axis, position), {}


@case("stack")
def stack(draw, type_):
    shape = sizes_(draw, size_(draw, 1, 2))
    axis = draw(st.integers(-len(shape) - 1, len(shape)))
    return [shape] * size_(draw), {"axis": axis}, lambda *x: torch.stack(x, axis), {}


# -- recurrent -------------------------------------------------------------------------------------------------------


def torch_cell(kind, activation="tanh"):
    """PyTorch's own cell as a function of (x, state, weight, recurrent, bias, recurrent_bias)."""

    def cell(x, state, W, R, b=None, c=None):
        n = R.shape[1]
        options = {"nonlinearity": activation} if kind == "rnn" else {}
        make = {"rnn": torch.nn.RNNCell, "gru": torch.nn.GRUCell, "lstm": torch.nn.LSTMCell}[kind]
        module = make(x.shape[-1], n, bias=b is not None, dtype=torch.float64, **options)
        table = {"weight_ih": W, "weight_hh": R} | ({} if b is None else {"bias_ih": b, "bias_hh": c})
        lead = x.shape[:-1]
        x, state = x.reshape(-1, x.shape[-1]), state.reshape(-1, state.shape[-1])
        before = (state[:, :n], state[:, n:]) if kind == "lstm" else state
        after = torch.func.functional_call(module, table, (x, before))
        after = torch.cat(after, -1) if kind == "lstm" else after
        return after.reshape(*lead, -1)

    return cell


@case("rnn_cell", "gru_cell", "lstm_cell")
def cells(draw, type_):
    kind, bias, m, n = type_.removesuffix("_cell"), draw(st.booleans()), size_(draw), size_(draw)
    lead, activation = sizes_(draw, draw(st.integers(0, 1)), 1, 2), draw(st.sampled_from(["tanh", "relu"]))
    options = {"units": n, "bias": bias} | ({"activation": activation} if kind == "rnn" else {})
    state = 2 * n if kind == "lstm" else n
    return [[*lead, m], [*lead, state]], options, torch_cell(kind, activation), {}


@case("rnn", "gru", "lstm")
def recurrent(draw, type_):
    steps, m, n, bias = size_(draw), size_(draw, 1, 2), size_(draw, 1, 2), draw(st.booleans())
    output, reverse, given = draw(st.sampled_from(["last", "all"])), draw(st.booleans()), draw(st.booleans())
    batch = sizes_(draw, draw(st.integers(0, 1)), 1, 2)
    axis = draw(st.sampled_from([-2, 0]))
    shape = [*batch, steps, m] if axis == -2 else [steps, *batch, m]
    state = [*batch, 2 * n if type_ == "lstm" else n]
    cell = torch_cell(type_)

    def layer(x, *rest):
        h, parameters = (rest[0], rest[1:]) if given else (torch.zeros(state, dtype=torch.float64), rest)
        found = []
        for step in reversed(x.unbind(axis)) if reverse else x.unbind(axis):
            h = cell(step, h, *parameters)
            found.append(h[..., :n])
        return found[-1] if output == "last" else torch.stack(found[::-1] if reverse else found, axis)

    options = {"units": n, "bias": bias, "output": output, "reverse": reverse, "axis": axis}
    return [shape, state] if given else [shape], options, layer, {}


# -- the tests -------------------------------------------------------------------------------------------------------


def check(type_, draw):
    shapes, options, layer, keywords = CASES[type_](draw, type_)
    spec = one_layer(type_, shapes, options, **keywords)
    count = len(shapes)

    def cost(tensors):
        read = [tensors[f"x{k}"] for k in range(count)]
        own = [value for name, value in tensors.items() if name.startswith("layer.") and name != "layer.initial"]
        return (tensors["y:cost"] * layer(*read, *own)).sum()

    return difference(spec, cost, draw(st.integers(0, 2**16)), type_ in POSITIVE)


@pytest.mark.parametrize("type_", CASES)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_derived_equations_agree_with_autograd(type_, data):
    assert check(type_, data.draw) < TOLERANCE


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
    "squared_error": (0, {}, lambda x, y: 0.5 * ((x - y) ** 2).sum()),
    "cross_entropy": (1, {}, lambda x, y: -(y * torch.log_softmax(x, -1)).sum()),
    "bernoulli": (0, {}, lambda x, y: F.binary_cross_entropy_with_logits(x, y, reduction="sum")),
    "huber": (0, {"delta": 0.75}, lambda x, y: F.huber_loss(x, y, reduction="sum", delta=0.75)),
    "hinge": (0, {}, lambda x, y: torch.relu(1 - x * y).sum()),
    "abstract": (0, {}, lambda x, y: (x * y).sum()),
}


def by_class(x, y):
    return -torch.log_softmax(x, -1).gather(-1, y[..., None]).sum()


@pytest.mark.parametrize("type_", [*COSTS, "cross_entropy by index"])
@settings(max_examples=10, deadline=None)
@given(shape=st.lists(st.integers(1, 3), max_size=2), classes=st.integers(2, 3), seed=st.integers(0, 2**16))
def test_costs_agree_with_autograd(type_, shape, classes, seed):
    _, options, function = COSTS.get(type_, (1, {"target": "index"}, by_class))
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


# -- what cannot be built ------------------------------------------------------------------------------------------------

BAD = {
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
