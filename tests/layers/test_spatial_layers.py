"""Convolutions, pools, reductions, normalisations and shape operations, held to PyTorch's autograd."""

import importlib.util

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.optional import require
from sympy import Integer

from dyadic.symbolic import SpecError, architecture, derive
from dyadic.symbolic.expressions import Definition, Divides, Inside, Remainder
from dyadic.symbolic.printing import TextPrinter

require(importlib.util.find_spec("torch"), "PyTorch is the second opinion here")
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from support.emitted_check import emitted_difference  # noqa: E402
from support.layer_check import compare, network  # noqa: E402
from support.network_check import one_layer  # noqa: E402
from support.proofs import replayed  # noqa: E402
from support.spatial_cases import CASES  # noqa: E402

TOLERANCE = 1e-10


@pytest.mark.parametrize("type_", CASES)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_value_and_derivatives_agree_with_autograd(type_, data):
    shapes, options, layer = CASES[type_](data.draw, type_)
    seed = data.draw(st.integers(0, 2**16))
    assert compare(type_, shapes, options, layer, seed) < TOLERANCE


@pytest.mark.parametrize("type_", CASES)
@settings(max_examples=2, deadline=None)
@given(data=st.data())
def test_adjoints_and_gradients_are_proved_for_all_sizes(type_, data):
    shapes, options, _ = CASES[type_](data.draw, type_)
    for layer in derive(architecture(one_layer(type_, list(map(list, shapes)), options))).layers.values():
        replayed(layer)


@pytest.mark.parametrize("type_", CASES)
@settings(max_examples=2, deadline=None)
@given(data=st.data())
def test_emitted_numpy_code_computes_the_equations(type_, data):
    shapes, options, _ = CASES[type_](data.draw, type_)
    spec = one_layer(type_, list(map(list, shapes)), options)
    assert emitted_difference(spec, data.draw(st.integers(0, 2**16))) < TOLERANCE


def shifted(item):
    """A wrong adjoint: the right one, moved by one along every axis."""
    moved = {i: Remainder(i + 1, n) for i, n in zip(item.indices, item.tensor.shape, strict=True)}
    return Definition(item.tensor, item.indices, item.body.xreplace(moved))


def unbracketed(item):
    """A wrong adjoint: every bracket taken for 1."""
    brackets = item.body.atoms(Inside, Divides)
    return Definition(item.tensor, item.indices, item.body.xreplace(dict.fromkeys(brackets, Integer(1))))


# type: (input shapes, options with symbolic names, the same in PyTorch)
EXAMPLES = {
    "conv": ([(2, 7)], {"filters": 3, "kernel": [3], "stride": [2]}, lambda x, W, b: F.conv1d(x, W, b, stride=2)),
    "conv_transpose": (
        [(2, 4)], {"filters": 3, "kernel": [3], "stride": [2]}, lambda x, W, b: F.conv_transpose1d(x, W, b, stride=2),
    ),
    "max_pool": ([(7,)], {"kernel": [2], "stride": [2]}, lambda x: F.max_pool1d(x[None], 2)[0]),
    "average_pool": ([(7,)], {"kernel": [2], "stride": [2]}, lambda x: F.avg_pool1d(x[None], 2)[0]),
    "global_average_pool": ([(3, 4)], {}, lambda x: x.mean(1, keepdim=True)),
    "global_max_pool": ([(3, 4)], {}, lambda x: x.amax(1, keepdim=True)),
    "reduce_sum": ([(3, 4)], {"axes": [0]}, lambda x: x.sum(0, keepdim=True)),
    "reduce_mean": ([(3, 4)], {"axes": [0]}, lambda x: x.mean(0, keepdim=True)),
    "reduce_max": ([(3, 4)], {"axes": [-1]}, lambda x: x.amax(1, keepdim=True)),
    "reduce_min": ([(3, 4)], {"axes": [-1]}, lambda x: x.amin(1, keepdim=True)),
    "reduce_logsumexp": ([(3, 4)], {"axes": [-1]}, lambda x: x.logsumexp(1, keepdim=True)),
    "batch_norm": ([(3, 4)], {}, lambda x, g, b, m, v: (((x.T - m) / torch.sqrt(v + 1e-5)) * g + b).T),
    "batch_norm_training": ([(4, 3)], {}, lambda x, *p: F.batch_norm(x, None, None, *p, training=True)),
    "layer_norm": ([(2, 4)], {}, lambda x, *p: F.layer_norm(x, (4,), *p)),
    "rms_norm": ([(2, 4)], {}, lambda x, g: g * x / torch.sqrt((x**2).mean(-1, keepdim=True) + 1e-5)),
    "group_norm": ([(4, 3)], {"groups": 2}, lambda x, *p: F.group_norm(x[None], 2, *p)[0]),
    "instance_norm": ([(2, 4)], {}, lambda x, *p: F.group_norm(x[None], 2, *p)[0]),
    "lrn": ([(4, 3)], {"size": 3, "alpha": 0.5}, lambda x: F.local_response_norm(x[None], 3, 0.5, 0.75, 1.0)[0]),
    "reshape": ([(4, 6)], {"shape": ["n", 2, 3]}, lambda x: x.reshape(4, 2, 3)),
    "flatten": ([(4, 6)], {}, lambda x: x.reshape(-1)),
    "transpose": ([(4, 6)], {}, lambda x: x.T),
    "squeeze": ([(4, 1)], {"axes": [1]}, lambda x: x[:, 0]),
    "unsqueeze": ([(4,)], {"axes": [0]}, lambda x: x[None]),
    "expand": ([(4,)], {"shape": [2, "n"]}, lambda x: x.expand(2, 4)),
    "concat": ([(2, 4), (3, 4)], {"axis": 0}, lambda *x: torch.cat(x)),
    "slice": ([(4, 7)], {"axes": [1], "starts": [1], "sizes": [3], "steps": [2]}, lambda x: x[:, 1:6:2]),
    "pad": ([(4, 7)], {"padding": [1, 2], "value": 0.5}, lambda x: F.pad(x, (1, 2), value=0.5)),
    "upsample": ([(4, 7)], {"factors": [2]}, lambda x: x.repeat_interleave(2, 1)),
    "upsample_bilinear": (
        [(4, 3)], {"factors": [2, 2]}, lambda x: F.interpolate(x[None, None], scale_factor=2.0, mode="bilinear")[0, 0]
    ),
}  # fmt: skip


@pytest.mark.parametrize("type_", EXAMPLES)
def test_a_wrong_adjoint_is_seen(type_):
    shapes, options, layer = EXAMPLES[type_]
    numbers = {key: [4 if n == "n" else n for n in v] if isinstance(v, list) else v for key, v in options.items()}
    assert compare(type_, shapes, numbers, layer) < TOLERANCE
    assert compare(type_, shapes, numbers, layer, mutate=shifted) > 1e-3


@pytest.mark.parametrize("type_", ["conv", "max_pool", "average_pool", "slice"])
def test_the_brackets_of_an_adjoint_are_needed(type_):
    """Where a stride skips entries or leaves a ragged edge, an adjoint without its brackets reads what is not there."""
    with pytest.raises(IndexError):
        compare(type_, *EXAMPLES[type_], mutate=unbracketed)


SYMBOLIC = {
    "conv": [(2, "n")], "conv_transpose": [(2, "n")], "max_pool": [("n",)], "average_pool": [("n",)],
    "squeeze": [("n", 1)], "reshape": [("n", 6)], "expand": [("n",)], "concat": [("p", "n"), ("q", "n")],
    "group_norm": [(4, "n")], "slice": [("n", "m")],
}  # fmt: skip


@pytest.mark.parametrize("type_", EXAMPLES)
def test_derivations_hold_symbolic_sizes(type_):
    shapes, options, _ = EXAMPLES[type_]
    shapes = SYMBOLIC.get(type_, [["n", "m", "k"][: len(shape)] for shape in shapes])
    derivation = derive(network(type_, shapes, options))
    assert "n" in derivation.architecture.unknown_sizes
    assert {equation.tag for equation in derivation.equations.values()} >= {"x:layer", "s:layer"}
    assert set(CASES) == set(EXAMPLES)


def adjoint(type_, shapes, slot=0, **options):
    return TextPrinter().equation(derive(network(type_, shapes, options)).layers["layer"].adjoints[slot])


def test_adjoints_gather_and_hold_no_bracket_that_is_always_1():
    strided = adjoint("conv", [(2, "n")], filters=3, kernel=["w"], stride=[2], bias=False)
    assert strided == (
        "xbar_u[k, j] = Sum[c<q] Sum[u<w] [2 | j - u] [0 <= floor((j - u) / 2) < o] "
        "W_v[c, k, u] s_v[c, floor((j - u) / 2)]"
    )
    grouped = adjoint("conv_transpose", [(4, "n")], filters=6, kernel=["w"], groups=2, stride=[2], bias=False)
    assert grouped == (
        "xbar_u[j, p] = Sum[u<w] Sum[l<q] [0 <= 2 p + u < o] W_v[j, l, u] s_v[q floor(j / m) + l, 2 p + u]"
    )
    assert adjoint("flatten", [("n", "m", 3)]) == "xbar_u[j, k, l] = s_v[k n3 + j n2 n3 + l]"
    assert adjoint("reshape", [("n", 6)], shape=["n", 2, 3]) == "xbar_u[i1, i] = s_v[i1, floor(i / o3), (i mod o3)]"
    assert adjoint("concat", [("n",), ("m",)], 1, axis=0) == "xbar_u2[j] = s_v[m1 + j]"
    assert adjoint("pad", [("n",)], padding=[1, 2]) == "xbar_u[j] = s_v[j + 1]"
    assert adjoint("upsample", [("n",)], factors=[2]) == "xbar_u[j] = Sum[k<2] s_v[2 j + k]"
    assert adjoint("unsqueeze", [("n",)], axes=[0]) == "xbar_u[i2] = s_v[0, i2]"


def test_parameters_may_be_inputs():
    options = {"stride": [2], "padding": [1, 0], "groups": 2}

    def layer(x, W, b):
        return F.conv1d(F.pad(x, (1, 0)), W, b, stride=2, groups=2)

    assert compare("conv", [(4, 6), (6, 2, 3), (6,)], options, layer, parameters=(1, 2)) < TOLERANCE
    assert compare("layer_norm", [(3, 4), (4,), (4,)], {}, lambda x, *p: F.layer_norm(x, (4,), *p)) < TOLERANCE
    given = derive(network("conv", [(4, 6), (6, 2, 3), (6,)], options, (1, 2)))
    assert [equation.tag for equation in given.equations.values() if equation.role == "gradient"] == ["g:x1", "g:x2"]


def ties(size):
    """Small integers: many entries are equal."""
    return np.random.default_rng(1).integers(0, 2, size=size).astype(float)


def test_of_equal_maxima_the_first_counts_as_in_pytorch():
    def pooled(x):
        return F.max_pool2d(x, 3, 2, 1)

    options = {"kernel": [3, 3], "stride": [2, 2], "padding": [1, 1]}
    assert compare("max_pool", [(3, 6, 7)], options, pooled, draw=ties) < TOLERANCE
    other = compare("max_pool", [(3, 6, 7)], options, lambda x: pooled(x.movedim(1, 2)).movedim(1, 2), draw=ties)
    assert other > 1e-3  # column-major order chooses other entries
    layer = derive(network("max_pool", [(3, 6, 7)], options)).layers["layer"]
    assert any("first in row-major order" in text for text in layer.equation.hypotheses)


REFUSED = {
    "empty output": ("conv", [(2, 3)], {"filters": 1, "kernel": [5]}, "its output would be empty"),
    "empty pool": ("max_pool", [(3,)], {"kernel": [5]}, "its output would be empty"),
    "empty crop": ("pad", [(3,)], {"padding": [-2, -1]}, "its output would be empty"),
    "all padding": ("conv_transpose", [(1, 1)], {"filters": 1, "kernel": [2], "padding": [1]}, "would be empty"),
    "window in the padding": ("max_pool", [(4,)], {"kernel": [2], "padding": [2]}, "lies in the padding"),
    "dilated past the input": (
        "max_pool", [(1,)], {"kernel": [2], "padding": [1], "dilation": [2], "stride": [1]}, "lies in the padding",
    ),
    "groups": ("conv", [(3, 4)], {"filters": 2, "kernel": [1], "groups": 2}, "its inputs have shapes 'x0' [3, 4]"),
    "filters": ("conv", [(4, 4)], {"filters": 3, "kernel": [1], "groups": 2}, "filters = 3 does not fit 2*q"),
    "kernel": ("conv", [(4, 4, 4)], {"filters": 3, "kernel": [1]}, "kernel has 1 entries; it needs 2"),
    "no kernel": ("conv", [(4, 4)], {"filters": 3}, "'kernel' is missing"),
    "stride": ("conv", [(4, 4)], {"filters": 3, "kernel": [1], "stride": [0]}, "stride holds 0"),
    "strides": ("conv", [(4, 4)], {"filters": 3, "kernel": [1], "stride": [1, 1]}, "stride has 2 entries"),
    "lead": ("conv", [(4, 4)], {"filters": 3, "kernel": [1], "lead": 1}, "lead = 1 does not leave 2 axes"),
    "output_padding": (
        "conv_transpose", [(1, 3)], {"filters": 1, "kernel": [2], "output_padding": [1]}, "must be below the stride",
    ),
    "axis": ("reduce_max", [(4, 4)], {"axes": [2]}, "axis 2 does not exist"),
    "axis twice": ("reduce_max", [(4, 4)], {"axes": [1, -1]}, "hold one twice"),
    "epsilon": ("layer_norm", [(4,)], {"epsilon": -1}, "epsilon = -1 is negative"),
    "single": ("instance_norm", [(4, 1)], {}, "each channel has a single entry"),
    "lrn": ("lrn", [(4, 4)], {"size": 3, "bias": 0}, "the base of the power could be 0"),
    "reshape": ("reshape", [(4, 3)], {"shape": [5, -1]}, "no size follows for -1"),
    "reshape sizes": ("reshape", [(4, 3)], {"shape": [6, 3]}, "the numbers of entries differ"),
    "reshape names": ("reshape", [("n", 3)], {"shape": ["m", 3]}, "the numbers of entries differ, or names"),
    "squeeze": ("squeeze", [(4, 3)], {"axes": [0]}, "axis 0 has size 4"),
    "transpose": ("transpose", [(4, 3)], {"permutation": [0, 0]}, "is no permutation"),
    "expand": ("expand", [(4, 3)], {"shape": [5, 3]}, "its inputs have shapes"),
    "concat": ("concat", [(4, 3), (4, 2)], {"axis": 0}, "its inputs have shapes"),
    "slice": ("slice", [(4,)], {"starts": [2], "sizes": [3]}, "the slice reaches position 4 of axis 0, of size 4"),
    "upsample": ("upsample", [(4,)], {"factors": [0]}, "factors = [0] do not fit"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_with_the_reason(name):
    type_, shapes, options, message = REFUSED[name]
    with pytest.raises(SpecError) as caught:
        network(type_, shapes, options)
    assert message in str(caught.value)
    assert "layer 'layer'" in str(caught.value)


def test_a_reshape_of_named_sizes():
    vertex = network("reshape", [("n", 6)], {"shape": [3, -1]}).by_name["layer"]
    assert [str(extent) for extent in vertex.shape] == ["3", "2*n"]
