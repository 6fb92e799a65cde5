"""Random cases of layer types, each with the same layer in PyTorch: algebra, attention, lookups, gates, recurrence."""

import numpy as np
import torch
import torch.nn.functional as F
from hypothesis import strategies as st
from support import placement_cases
from support.cases import size_, sizes_, table
from support.network_check import positive

CASES, case = table()
CASES.update(placement_cases.CASES)


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
    "log": torch.log,
    "log1p": torch.log1p,
    "expm1": torch.expm1,
    "sqrt": torch.sqrt,
    "log_sigmoid": F.logsigmoid,
    "tan": torch.tan,
    "asin": torch.asin,
    "acos": torch.acos,
    "atan": torch.atan,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "asinh": torch.asinh,
    "acosh": torch.acosh,
    "atanh": torch.atanh,
    "sign": torch.sign,
    "floor": torch.floor,
    "round": torch.round,
    "stop_gradient": lambda x: x.detach() + 0 * x,
}
WITHIN = {
    **dict.fromkeys(("log", "log1p", "sqrt", "power", "div"), positive),
    **dict.fromkeys(("asin", "acos", "atanh"), lambda numbers: 0.9 * np.tanh(numbers)),
    "tan": np.tanh,
    "reciprocal": lambda numbers: numbers + np.copysign(0.5, numbers),  # not so near its pole
    "acosh": lambda numbers: 1 + positive(numbers),
    "compare": np.round,  # so that some are equal
}
"""What takes normally distributed numbers into the domain of a layer type."""


@case(*PLAIN)
def plain(draw, type_):
    return [sizes_(draw, size_(draw, 1, 3))], {}, PLAIN[type_], {}


def hard_sigmoid(x):
    """PyTorch's own has 1/6 in single precision."""
    return torch.clamp(x / 6 + 0.5, 0, 1)


def celu(x, alpha=1.0):
    """PyTorch's own has 1/alpha in single precision."""
    return alpha * F.elu(x / alpha)


@case("leaky_relu", "elu", "celu", "scale", "power", "clip", "hard_sigmoid", "mod", "selu")
def with_options(draw, type_):
    a, b = draw(st.sampled_from([0.1, 0.5, 1, 2.5])), draw(st.sampled_from([-0.3, 0, 0.7]))
    options, layer = {
        "leaky_relu": ({"slope": a}, lambda x: F.leaky_relu(x, a)),
        "elu": ({"alpha": a}, lambda x: F.elu(x, a)),
        "celu": ({"alpha": a}, lambda x: celu(x, a)),
        "scale": ({"factor": a, "offset": b}, lambda x: a * x + b),
        "selu": ({"alpha": a, "gamma": 1 + b}, lambda x: (1 + b) * F.elu(x, a)),
        "mod": ({"divisor": a}, lambda x: torch.remainder(x, a)),
        "power": ({"exponent": a}, lambda x: x**a),
        "clip": ({"low": b - a, "high": b}, lambda x: torch.clamp(x, b - a, b)),
        "hard_sigmoid": ({"alpha": a, "beta": 0.5 + b}, lambda x: torch.clamp(a * x + 0.5 + b, 0, 1)),
    }[type_]
    if type_ == "clip" and draw(st.booleans()):
        options, layer = {"low": b}, lambda x: torch.clamp(x, min=b)
    elif type_ == "clip" and draw(st.booleans()):
        options, layer = {"high": b}, lambda x: torch.clamp(x, max=b)
    elif type_ == "power" and draw(st.booleans()):
        whole = draw(st.integers(-3, 3).filter(bool))
        options, layer = {"exponent": whole}, lambda x: x**whole
    elif draw(st.booleans()) and type_ in ("leaky_relu", "hard_sigmoid", "elu", "celu", "scale", "selu"):
        defaults = {
            "leaky_relu": F.leaky_relu, "hard_sigmoid": hard_sigmoid, "elu": F.elu, "celu": celu, "selu": F.selu
        }  # fmt: skip
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


RELATIONS = {
    "greater": torch.gt, "greater_or_equal": torch.ge, "less": torch.lt, "less_or_equal": torch.le,
    "equal": torch.eq, "not_equal": torch.ne,
}  # fmt: skip


@case("compare")
def compare(draw, type_):
    relation = draw(st.sampled_from(sorted(RELATIONS)))
    shapes = broadcast_(draw, 2, size_(draw, 1, 3))
    return shapes, {"relation": relation}, lambda a, b: RELATIONS[relation](a, b).double() + 0 * (a + b), {}


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


@case("cosine_similarity")
def cosine_similarity(draw, type_):
    shape = sizes_(draw, size_(draw, 1, 3))
    return [shape] * 2, {"epsilon": 1e-30}, lambda a, b: F.cosine_similarity(a, b, dim=-1, eps=1e-30), {}


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


def gru_reset_before(x, h, W, R, b=0.0, c=0.0):
    """ONNX's GRU with linear_before_reset = 0, which PyTorch does not have."""
    n = R.shape[1]
    a, e = x @ W.T + b, h @ R[: 2 * n].T + (c[: 2 * n] if isinstance(c, torch.Tensor) else c)
    r, z = torch.sigmoid(a[..., : 2 * n] + e).split(n, -1)
    again = (r * h) @ R[2 * n :].T + (c[2 * n :] if isinstance(c, torch.Tensor) else c)
    return (1 - z) * torch.tanh(a[..., 2 * n :] + again) + z * h


@case("rnn_cell", "gru_cell", "lstm_cell")
def cells(draw, type_):
    kind, bias, m, n = type_.removesuffix("_cell"), draw(st.booleans()), size_(draw), size_(draw)
    lead, activation = sizes_(draw, draw(st.integers(0, 1)), 1, 2), draw(st.sampled_from(["tanh", "relu"]))
    options = {"units": n, "bias": bias} | ({"activation": activation} if kind == "rnn" else {})
    state = 2 * n if kind == "lstm" else n
    if kind == "gru" and draw(st.booleans()):
        return [[*lead, m], [*lead, n]], options | {"reset": "before"}, gru_reset_before, {}
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
