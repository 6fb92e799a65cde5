"""Index equations with strides, padding, groups, lookups and maxima, to test derivations and proofs on.

They are written for the tests and are not the layers' own equations: what is proved of them does not depend on how a
layer happens to be written.
"""

from sympy import Integer, Rational

from dyadic.symbolic.expressions import (
    Apply,
    Definition,
    Divides,
    Index,
    Inside,
    Quotient,
    Reduction,
    Remainder,
    Tensor,
    size,
    total,
)
from dyadic.symbolic.layers.layer_type import LayerEquation, Parameter
from dyadic.symbolic.tensor_names import U1, U2, Name, U, V

i, j, k, c, g, r, u, v, a, b, d, e = (Index(name) for name in "ijkcgruvabde")
n, m, o, p, w, h, q, t, z = (size(name) for name in "nmopwhqtz")
n1, n2, o1, o2, w1, w2, g1 = (size(name) for name in ("n1", "n2", "o1", "o2", "w1", "w2", "g1"))


def sums(pairs, body):
    for index, extent in reversed(pairs):
        body = total(index, extent, body)
    return body


def equation(inputs, parameters, definitions, extents=None):
    table = {tensor.name.letter: Parameter(tensor, "fan_in") for tensor in parameters}
    return LayerEquation(tuple(inputs), table, tuple(definitions), extents=extents or {})


def output(shape, indices, body):
    return Definition(Tensor(Name("f", V), tuple(shape)), tuple(indices), body)


def conv1d(stride=2, dilation=1, pad=1):
    x, K = Tensor(Name("x", U), (m, n)), Tensor(Name("K", V), (z, m, w))
    at = stride * i + dilation * u - pad
    guard = Inside(at, n) if pad else Integer(1)
    body = sums([(k, m), (u, w)], K[c, k, u] * guard * x[k, at])
    formula = Quotient(n + 2 * pad - dilation * (w - 1) - 1, Integer(stride)) + 1
    return equation([x], [K], [output((z, o), (c, i), body)], {o: formula})


def conv2d(stride=2, pad=1):
    x, K, bias = Tensor(Name("x", U), (m, n1, n2)), Tensor(Name("K", V), (z, m, w1, w2)), Tensor(Name("b", V), (z,))
    one, two = stride * i + u - pad, stride * j + v - pad
    guard = Inside(one, n1) * Inside(two, n2) if pad else Integer(1)
    weighted = sums([(k, m), (u, w1), (v, w2)], K[c, k, u, v] * guard * x[k, one, two]) + bias[c]
    f = Tensor(Name("f", V), (z, o1, o2))
    pre = Definition(Tensor(Name("z", V), (z, o1, o2)), (c, i, j), weighted)
    extents = {
        o1: Quotient(n1 + 2 * pad - w1, Integer(stride)) + 1,
        o2: Quotient(n2 + 2 * pad - w2, Integer(stride)) + 1,
    }
    value = Definition(f, (c, i, j), Apply("tanh", 0, pre.tensor[c, i, j]))
    return equation([x], [K, bias], [pre, value], extents)


def grouped():
    """g1 groups of q output and m input channels."""
    x, K = Tensor(Name("x", U), (g1 * m, n)), Tensor(Name("K", V), (g1 * q, m, w))
    body = sums([(k, m), (u, w)], K[c, k, u] * Inside(i + u - 1, n) * x[Quotient(c, q) * m + k, i + u - 1])
    return equation([x], [K], [output((g1 * q, n), (c, i), body)])


def depthwise():
    x, K = Tensor(Name("x", U), (m, n)), Tensor(Name("K", V), (m, w))
    return equation([x], [K], [output((m, o), (c, i), total(u, w, K[c, u] * x[c, i + u]))], {o: n - w + 1})


def transposed(stride=2, pad=1):
    """y[c, p] = Sum_{k, u}  K[k, c, u] x[k, i]  over i with p = 2 i + u - 1."""
    x, K = Tensor(Name("x", U), (m, n)), Tensor(Name("K", V), (m, z, w))
    back = i - u + pad
    at = Quotient(back, Integer(stride))
    guard = Divides(Integer(stride), back) * Inside(at, n)
    body = sums([(k, m), (u, w)], K[k, c, u] * guard * x[k, at])
    return equation([x], [K], [output((z, o), (c, i), body)], {o: stride * (n - 1) + w - 2 * pad})


def average_pool(count_padding=False):
    x = Tensor(Name("x", U), (m, n))
    guard = Inside(2 * i + u - 1, n)
    count = w if count_padding else total(u, w, guard)
    body = total(u, w, guard * x[c, 2 * i + u - 1]) / count
    return equation([x], [], [output((m, o), (c, i), body)], {o: Quotient(n + 2 - w, Integer(2)) + 1})


def max_pool():
    """Separable: the largest along the rows, then along the columns; padding takes no part."""
    x = Tensor(Name("x", U), (n1, n2))
    rows = Definition(
        Tensor(Name("r", V), (n1, o2)),
        (i, j),
        Reduction("max", v, w, Inside(2 * j + v - 1, n2) * x[i, 2 * j + v - 1]),
    )
    both = Reduction("max", u, w, Inside(2 * i + u - 1, n1) * rows.tensor[2 * i + u - 1, j])
    extents = {o1: Quotient(n1 + 2 - w, Integer(2)) + 1, o2: Quotient(n2 + 2 - w, Integer(2)) + 1}
    return equation([x], [], [rows, output((o1, o2), (i, j), both)], extents)


def sliced():
    x = Tensor(Name("x", U), (n, m))
    return equation([x], [], [output((o, m), (i, j), x[3 * i + 1, j])], {o: Quotient(n - 2, Integer(3)) + 1})


def reversed_axis():
    x = Tensor(Name("x", U), (n,))
    return equation([x], [], [output((n,), (i,), x[n - 1 - i])])


def padded():
    x = Tensor(Name("x", U), (n,))
    return equation([x], [], [output((n + p + 1,), (i,), Inside(i - p, n) * x[i - p])])


def concatenated():
    one, two = Tensor(Name("x", U1), (n1, m)), Tensor(Name("x", U2), (n2, m))
    body = Inside(i, n1) * one[i, j] + Inside(i - n1, n2) * two[i - n1, j]
    return equation([one, two], [], [output((n1 + n2, m), (i, j), body)])


def nearest():
    x = Tensor(Name("x", U), (n, m))
    return equation([x], [], [output((2 * n, m), (i, j), x[Quotient(i, Integer(2)), j])])


def flattened():
    x = Tensor(Name("x", U), (n, m, p))
    entry = x[Quotient(i, m * p), Quotient(Remainder(i, m * p), p), Remainder(i, p)]
    return equation([x], [], [output((n * m * p,), (i,), entry)])


def unflattened():
    x = Tensor(Name("x", U), (n * m,))
    return equation([x], [], [output((n, m), (i, j), x[m * i + j])])


def embedding():
    ids, table = Tensor(Name("x", U), (t,)), Tensor(Name("T", V), (z, m))
    return equation([ids], [table], [output((t, m), (i, j), table[ids[i], j])])


def gathered():
    """Rows of an activation, by integers that are an input too."""
    x, ids = Tensor(Name("x", U1), (n, m)), Tensor(Name("x", U2), (t,))
    return equation([x, ids], [], [output((t, m), (i, j), Apply("tanh", 0, x[ids[i], j]))])


def softmax(causal=True):
    x = Tensor(Name("x", U), (t, n, n))
    guard = Inside(j - k, n) if causal else Integer(1)
    lse = Definition(Tensor(Name("lse", V), (t, n)), (i, j), Reduction("logsumexp", k, n, guard * x[i, j, k]))
    seen = Inside(j - k, n) if causal else Integer(1)
    value = seen * Apply("exp", 0, x[i, j, k] - lse.tensor[i, j])
    return equation([x], [], [lse, output((t, n, n), (i, j, k), value)])


def attention():
    """Causal self-attention with its three projections, in one vertex."""
    x = Tensor(Name("x", U), (n, m))
    names = ("Q", "K", "V")
    W = {name: Tensor(Name(name, V), (h, p, m)) for name in names}
    head = {
        name: Definition(Tensor(Name(name.lower(), V), (h, n, p)), (a, i, b), total(c, m, W[name][a, b, c] * x[i, c]))
        for name in names
    }
    scaled = total(b, p, head["Q"].tensor[a, i, b] * head["K"].tensor[a, k, b]) * Apply("rsqrt", 0, p)
    score = Definition(Tensor(Name("w", V), (h, n, n)), (a, i, k), scaled)
    lse = Definition(
        Tensor(Name("lse", V), (h, n)),
        (a, i),
        Reduction("logsumexp", k, n, Inside(i - k, n) * score.tensor[a, i, k]),
    )
    weight = Inside(i - k, n) * Apply("exp", 0, score.tensor[a, i, k] - lse.tensor[a, i])
    body = total(k, n, weight * head["V"].tensor[a, k, b])
    value = output((n, h * p), (i, j), body.xreplace({a: Quotient(j, p), b: Remainder(j, p)}))
    return equation([x], list(W.values()), [*head.values(), score, lse, value])


def layer_norm():
    x, gain, bias = Tensor(Name("x", U), (t, n)), Tensor(Name("g", V), (n,)), Tensor(Name("b", V), (n,))
    mean = Definition(Tensor(Name("mean", V), (t,)), (i,), total(j, n, x[i, j]) / n)
    spread = Definition(Tensor(Name("var", V), (t,)), (i,), total(j, n, (x[i, j] - mean.tensor[i]) ** 2) / n)
    scale = Definition(Tensor(Name("r", V), (t,)), (i,), Apply("rsqrt", 0, spread.tensor[i] + Rational(1, 100000)))
    value = gain[j] * (x[i, j] - mean.tensor[i]) * scale.tensor[i] + bias[j]
    return equation([x], [gain, bias], [mean, spread, scale, output((t, n), (i, j), value)])


def matmul():
    """Batch axes that broadcast: the second operand has one entry along the first."""
    one, two = Tensor(Name("x", U1), (t, n, m)), Tensor(Name("x", U2), (Integer(1), m, p))
    return equation([one, two], [], [output((t, n, p), (a, i, j), total(k, m, one[a, i, k] * two[0, k, j]))])


EQUATIONS = {
    "conv1d": conv1d(),
    "conv1d without padding": conv1d(2, 1, 0),
    "conv1d dilated": conv1d(3, 2, 2),
    "conv2d": conv2d(),
    "conv2d without padding": conv2d(1, 0),
    "grouped": grouped(),
    "depthwise": depthwise(),
    "transposed": transposed(),
    "average pool": average_pool(),
    "average pool with padding": average_pool(True),
    "max pool": max_pool(),
    "sliced": sliced(),
    "reversed": reversed_axis(),
    "padded": padded(),
    "concatenated": concatenated(),
    "nearest": nearest(),
    "flattened": flattened(),
    "unflattened": unflattened(),
    "embedding": embedding(),
    "gathered": gathered(),
    "softmax": softmax(),
    "plain softmax": softmax(False),
    "attention": attention(),
    "layer norm": layer_norm(),
    "matmul": matmul(),
}
