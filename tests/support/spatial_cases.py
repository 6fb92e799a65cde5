"""Random cases of layer types, each with the same layer in PyTorch: shapes, options, ragged edges, sizes of 1."""

import torch
import torch.nn.functional as F
from hypothesis import assume
from hypothesis import strategies as st
from support.cases import size_, sizes_, table

CASES, case = table()


def padded(x, padding, value=0.0):
    """PyTorch's pad with ONNX's order: in front of all (last) axes, then behind them."""
    d = len(padding) // 2
    return F.pad(x, [p for k in reversed(range(d)) for p in (padding[k], padding[d + k])], value=value)


def batched(function, lead):
    """Apply a function of (batch, ...) with all leading axes as one batch axis."""

    def run(x, *rest):
        found = function(x.reshape(-1, *x.shape[lead:]), *rest)
        return found.reshape(*x.shape[:lead], *found.shape[1:])

    return run


# -- convolutions and pools ------------------------------------------------------------------------------------------


@case("conv")
def conv(draw, type_):
    d, lead, groups = size_(draw, 1, 3), draw(st.integers(0, 1)), size_(draw, 1, 2)
    m, q, largest = size_(draw, 1, 2), size_(draw, 1, 2), 6 if d < 3 else 3
    kernel, n = sizes_(draw, d, 1, 3 if d < 3 else 2), sizes_(draw, d, 1, largest)
    stride, dilation, padding = sizes_(draw, d, 1, 3), sizes_(draw, d, 1, 2), sizes_(draw, 2 * d, 0, 2)
    span = [t * (w - 1) + 1 for t, w in zip(dilation, kernel, strict=True)]
    assume(all(n[a] + padding[a] + padding[d + a] >= span[a] for a in range(d)))
    bias, activation = draw(st.booleans()), draw(st.sampled_from(["identity", "tanh"]))
    options = {"filters": groups * q, "kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    options |= {"groups": groups, "bias": bias, "activation": activation, "lead": lead}
    convolve = (F.conv1d, F.conv2d, F.conv3d)[d - 1]

    def layer(x, W, b=None):
        z = convolve(padded(x, padding), W, b, stride=stride, dilation=dilation, groups=groups)
        return torch.tanh(z) if activation == "tanh" else z

    return [(*sizes_(draw, lead, 1, 2), groups * m, *n)], options, batched(layer, lead)


@case("conv_transpose")
def conv_transpose(draw, type_):
    d, lead, groups = size_(draw, 1, 2), draw(st.integers(0, 1)), size_(draw, 1, 2)
    m, q, kernel, n = size_(draw, 1, 2), size_(draw, 1, 2), sizes_(draw, d, 1, 3), sizes_(draw, d, 1, 4)
    stride, dilation, padding = sizes_(draw, d, 1, 3), sizes_(draw, d, 1, 2), sizes_(draw, d, 0, 2)
    extra = [draw(st.integers(0, max(s, t) - 1)) for s, t in zip(stride, dilation, strict=True)]
    rows = zip(n, stride, dilation, kernel, extra, padding, strict=True)
    assume(all(s * (a - 1) + t * (w - 1) + 1 + more - 2 * p > 0 for a, s, t, w, more, p in rows))
    bias = draw(st.booleans())
    options = {"filters": groups * q, "kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    options |= {"output_padding": extra, "groups": groups, "bias": bias, "lead": lead}
    convolve = (F.conv_transpose1d, F.conv_transpose2d)[d - 1]

    def layer(x, W, b=None):
        return convolve(x, W, b, stride, padding, extra, groups, dilation)

    return [(*sizes_(draw, lead, 1, 2), groups * m, *n)], options, batched(layer, lead)


def pool(draw, dilated):
    """Windows that PyTorch takes: padding of at most half the kernel, the same on both sides."""
    d, lead = size_(draw, 1, 2), draw(st.integers(0, 1))
    kernel, n, stride = sizes_(draw, d, 1, 3), sizes_(draw, d, 1, 7), sizes_(draw, d, 1, 3)
    padding = [draw(st.integers(0, w // 2)) for w in kernel]
    dilation, ceil = sizes_(draw, d, 1, 2) if dilated else [1] * d, draw(st.booleans())
    for a, w, t, p in zip(n, kernel, dilation, padding, strict=True):
        assume(a + 2 * p >= t * (w - 1) + 1)
        assume(p == 0 or a >= t)  # otherwise a window may lie in the padding altogether
    shape = (*sizes_(draw, 1 + lead, 1, 2), *n)
    options = {"kernel": kernel, "stride": stride, "padding": padding, "ceil": ceil, "lead": lead}
    return d, 1 + lead, shape, options, dilation


@case("max_pool")
def max_pool(draw, type_):
    d, lead, shape, options, dilation = pool(draw, True)
    keys = {"kernel_size": "kernel", "stride": "stride", "padding": "padding", "ceil_mode": "ceil"}
    chosen = {new: options[old] for new, old in keys.items()}
    function = (F.max_pool1d, F.max_pool2d)[d - 1]
    layer = batched(lambda x: function(x[:, None], dilation=dilation, **chosen)[:, 0], lead)
    return [shape], options | {"dilation": dilation}, layer


@case("average_pool")
def average_pool(draw, type_):
    d, lead, shape, options, _ = pool(draw, False)
    options["count_include_pad"] = draw(st.booleans())
    function = (F.avg_pool1d, F.avg_pool2d)[d - 1]
    chosen = [options[key] for key in ("kernel", "stride", "padding", "ceil", "count_include_pad")]
    return [shape], options, batched(lambda x: function(x[:, None], *chosen)[:, 0], lead)


@case("global_average_pool", "global_max_pool")
def global_pool(draw, type_):
    lead = draw(st.integers(0, 1))
    shape = sizes_(draw, lead + 1 + size_(draw, 1, 3), 1, 3)
    over = tuple(range(lead + 1, len(shape)))
    reduce = torch.mean if type_ == "global_average_pool" else torch.amax
    return [shape], {"lead": lead}, lambda x: reduce(x, dim=over, keepdim=True)


@case("reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_logsumexp")
def reduce(draw, type_):
    shape = sizes_(draw, size_(draw, 1, 4), 1, 3)
    over = draw(st.none() | st.sets(st.integers(0, len(shape) - 1), min_size=1).map(list))
    keep = draw(st.booleans()) or over is None or len(over) == len(shape)  # a cost needs an axis
    options = {"keep": keep} | ({} if over is None else {"axes": [k - len(shape) * (k % 2) for k in over]})
    functions = {
        "sum": torch.sum, "mean": torch.mean, "max": torch.amax, "min": torch.amin, "logsumexp": torch.logsumexp,
    }  # fmt: skip
    function = functions[type_[7:]]
    return [shape], options, lambda x: function(x, dim=over or tuple(range(len(shape))), keepdim=keep)


# -- normalisations --------------------------------------------------------------------------------------------------


def along(vector, axis, rank):
    return vector.reshape(*(-1 if k == axis else 1 for k in range(rank)))


EPSILON = st.sampled_from([1e-5, 1e-3, 0.5])


@case("batch_norm")
def batch_norm(draw, type_):
    lead, epsilon = draw(st.integers(0, 2)), draw(EPSILON)
    shape = sizes_(draw, lead + 1 + draw(st.integers(0, 2)), 1, 3)

    def layer(x, scale, bias, mean, variance):
        scale, bias, mean, variance = (along(p, lead, x.ndim) for p in (scale, bias, mean, variance))
        return scale * (x - mean) / torch.sqrt(variance + epsilon) + bias

    return [shape], {"epsilon": epsilon, "lead": lead}, layer


@case("batch_norm_training")
def batch_norm_training(draw, type_):
    epsilon, rank = draw(EPSILON), size_(draw, 2, 4)
    shape, axis = sizes_(draw, rank, 2, 3), draw(st.integers(0, rank - 1))

    def layer(x, scale, bias):
        return F.batch_norm(x.movedim(axis, 1), None, None, scale, bias, True, 0.1, epsilon).movedim(1, axis)

    return [shape], {"epsilon": epsilon} | ({"axis": axis} if axis != 1 else {}), layer


@case("layer_norm")
def layer_norm(draw, type_):
    shape, epsilon, affine = sizes_(draw, size_(draw, 1, 3), 1, 4), draw(EPSILON), draw(st.booleans())
    count = size_(draw, 1, len(shape))
    options = {"axes": count, "epsilon": epsilon, "affine": affine}
    return [shape], options, lambda x, *p: F.layer_norm(x, x.shape[-count:], *p, eps=epsilon)


@case("rms_norm")
def rms_norm(draw, type_):
    shape, epsilon, affine = sizes_(draw, size_(draw, 1, 3), 1, 4), draw(EPSILON), draw(st.booleans())

    def layer(x, scale=1.0):
        return scale * x / torch.sqrt((x**2).mean(-1, keepdim=True) + epsilon)

    return [shape], {"epsilon": epsilon, "affine": affine}, layer


@case("group_norm", "instance_norm")
def group_norm(draw, type_):
    lead, groups, epsilon, affine = draw(st.integers(0, 1)), size_(draw, 1, 3), draw(EPSILON), draw(st.booleans())
    channels = groups * size_(draw, 1, 2)
    further = sizes_(draw, size_(draw, 1, 2), 2, 3)
    groups = groups if type_ == "group_norm" else channels
    options = {"epsilon": epsilon, "affine": affine, "lead": lead}
    options |= {"groups": groups} if type_ == "group_norm" else {}
    layer = batched(lambda x, *p: F.group_norm(x, groups, *p, eps=epsilon), lead)
    return [(*sizes_(draw, lead, 1, 2), channels, *further)], options, layer


@case("lrn")
def lrn(draw, type_):
    lead, size, shape = draw(st.integers(0, 1)), size_(draw, 1, 4), sizes_(draw, 3, 1, 4)
    alpha, beta, bias = (draw(st.sampled_from(values)) for values in ((0.5, 1e-4), (0.75, 0.5, 1.0), (1.0, 2.0)))
    options = {"size": size, "alpha": alpha, "beta": beta, "bias": bias, "lead": lead}

    def layer(x):  # for an even size PyTorch's window is the mirror image of ONNX's
        found = F.local_response_norm(x.flip(1), size, alpha, beta, bias)
        return found.flip(1)

    return [shape if lead else shape[1:]], options, (layer if lead else lambda x: layer(x[None])[0])


# -- shape operations ------------------------------------------------------------------------------------------------


@st.composite
def factorisations(draw, count):
    """Two shapes with the same number of entries, of which parts may agree."""
    primes = draw(st.lists(st.sampled_from([1, 2, 2, 3]), min_size=1, max_size=4))

    def shape():
        order = primes if draw(st.booleans()) else draw(st.permutations(primes))
        cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=2)))
        parts = [order[a:b] for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True)]
        return [int(torch.tensor([1, *part]).prod()) for part in parts]

    return [shape() for _ in range(count)]


@case("reshape")
def reshape(draw, type_):
    have, want = draw(factorisations(2))
    given = list(want)
    if draw(st.booleans()):
        given[draw(st.integers(0, len(want) - 1))] = -1
    return [have], {"shape": given}, lambda x: x.reshape(want)


@case("flatten")
def flatten(draw, type_):
    shape = sizes_(draw, size_(draw, 1, 4), 1, 3)
    axis = draw(st.integers(-len(shape), len(shape)))
    start = axis % len(shape) if axis < len(shape) else axis
    return [shape], {"axis": axis}, lambda x: x.reshape(*shape[:start], -1)


@case("transpose")
def transpose(draw, type_):
    shape = sizes_(draw, size_(draw, 1, 4), 1, 3)
    order = draw(st.none() | st.permutations(range(len(shape))))
    options = {} if order is None else {"permutation": list(order)}
    return [shape], options, lambda x: x.permute(*(reversed(range(x.ndim)) if order is None else order))


@case("squeeze", "unsqueeze")
def squeeze(draw, type_):
    shape = sizes_(draw, size_(draw, 2, 4), 1, 2)
    new = sorted(draw(st.sets(st.integers(0, len(shape) - 2), min_size=1)))
    for k in new:
        shape[k] = 1
    small = [n for k, n in enumerate(shape) if k not in new]
    have, want = (shape, small) if type_ == "squeeze" else (small, shape)
    return [have], {"axes": [k - len(shape) for k in new]}, lambda x: x.reshape(want)


@case("expand")
def expand(draw, type_):
    want = sizes_(draw, size_(draw, 1, 4), 1, 3)
    have = [1 if draw(st.booleans()) else n for n in want[draw(st.integers(0, len(want) - 1)) :]]
    given = [1 if k >= len(want) - len(have) and draw(st.booleans()) and n == have[k - len(want)] else n
             for k, n in enumerate(want)]  # fmt: skip
    return [have], {"shape": given}, lambda x: x.expand(want)


@case("concat")
def concat(draw, type_):
    shape, count = sizes_(draw, size_(draw, 1, 3), 1, 3), size_(draw, 1, 3)
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    shapes = [list(shape) for _ in range(count)]
    for one in shapes:
        one[axis] = size_(draw, 1, 3)
    return shapes, {"axis": axis}, lambda *x: torch.cat(x, dim=axis)


@case("slice")
def slice_(draw, type_):
    shape = sizes_(draw, size_(draw, 1, 3), 1, 5)
    axes = draw(st.permutations(range(len(shape))))[: size_(draw, 1, len(shape))]
    starts, counts, steps, picked = [], [], [], {}
    for axis in axes:
        n, step = shape[axis], draw(st.sampled_from([1, 2, 3, -1, -2]))
        start = draw(st.integers(0, n - 1))
        count = size_(draw, 1, len(range(start, n if step > 0 else -1, step)))
        picked[axis] = torch.tensor([start + step * k for k in range(count)])
        starts.append(start - n if draw(st.booleans()) else start)
        counts.append(count)
        steps.append(step)

    def layer(x):
        for axis, positions in picked.items():
            x = x.index_select(axis, positions)
        return x

    return [shape], {"starts": starts, "sizes": counts, "steps": steps, "axes": list(axes)}, layer


@case("pad")
def pad(draw, type_):
    shape, value = sizes_(draw, size_(draw, 1, 3), 1, 4), draw(st.sampled_from([0, 0.5, -1]))
    d = size_(draw, 1, len(shape))
    padding = draw(st.lists(st.integers(-1, 2), min_size=2 * d, max_size=2 * d))
    assume(all(shape[len(shape) - d + k] + padding[k] + padding[d + k] > 0 for k in range(d)))
    assume(all(shape[len(shape) - d + k] + min(padding[k], padding[d + k]) > 0 for k in range(d)))
    return [shape], {"padding": padding, "value": value}, lambda x: padded(x, padding, float(value))


@case("upsample")
def upsample(draw, type_):
    shape = sizes_(draw, size_(draw, 1, 3), 1, 3)
    factors = sizes_(draw, size_(draw, 1, len(shape)), 1, 3)

    def layer(x):
        for k, factor in enumerate(reversed(factors), 1):
            x = x.repeat_interleave(factor, dim=-k)
        return x

    return [shape], {"factors": factors}, layer


@case("upsample_bilinear")
def upsample_bilinear(draw, type_):
    shape, factors = sizes_(draw, size_(draw, 2, 3), 1, 3), sizes_(draw, 2, 1, 3)

    def layer(x):
        grid = x.reshape(1, -1, *x.shape[-2:])
        wide = F.interpolate(grid, scale_factor=tuple(map(float, factors)), mode="bilinear", align_corners=False)
        return wide.reshape(*x.shape[:-2], *wide.shape[-2:])

    return [shape], {"factors": factors}, layer
