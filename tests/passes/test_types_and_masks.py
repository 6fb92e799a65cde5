"""Types of numbers, comparisons as numbers, and PyTorch's pairs: read as they run, or refused."""

import pytest
from passes.near_misses import examined
from support.long_tests import one_row_in

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeError, CodeFile

NUMPY = "import numpy as np\n"
TORCH = "import torch\n\nclass f(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x: 'n d'):\n"


def pair(tmp_path, forward, backward, shape="n d"):
    path = tmp_path / "f.py"
    path.write_text(
        f"{NUMPY}def f_forward(x: '{shape}'):\n    {forward}\n\ndef f_backward(g, x):\n    return {backward}\n"
    )
    return CodeFile(path, "f")


def torch_pair(tmp_path, value, gradient):
    path = tmp_path / "f.py"
    path.write_text(
        f"{TORCH}        ctx.save_for_backward(x)\n        {value}\n\n    @staticmethod\n    def backward(ctx, g):\n"
        f"        x, = ctx.saved_tensors\n        {gradient}\n"
    )
    return CodeFile(path, "f")


@pytest.mark.parametrize("cast", [
    "x.astype(np.int64)", "x.astype('int')", "x.astype(np.bool_)", "np.array(x, dtype=np.int64)", "x.astype(np.uint8)",
    "np.asarray(x, np.int32)", "x.astype((x > 0).dtype)", "np.zeros_like(x, dtype=np.int64)", "x.astype(dtype='i4')",
])  # fmt: skip
def test_a_type_that_cuts_numbers_off_is_refused(tmp_path, cast):
    with pytest.raises(CodeError, match="none of floating-point numbers|of a comparison|truth values"):
        examine_pair(pair(tmp_path, f"return x * {cast}, x", "2 * x * g"))


@pytest.mark.parametrize(
    "cast", ["x.to(torch.long)", "x.to(torch.bool)", "x.to(dtype=torch.int32)", "x.type_as(x > 0)"]
)
def test_the_same_in_pytorch(tmp_path, cast):
    with pytest.raises(CodeError, match="none of floating-point numbers|of a comparison|truth values"):
        examine_pair(torch_pair(tmp_path, f"return x * {cast}", "return 2 * x * g"))


@pytest.mark.parametrize("cast", [
    "x.astype(np.float64)", "x.astype('float32')", "x.astype(x.dtype)", "np.array(x, dtype=np.float32)", "x.copy()",
    "np.asarray(x, np.float64)",
])  # fmt: skip
def test_real_numbers_of_any_length_are_read(tmp_path, cast):
    assert examine_pair(pair(tmp_path, f"return x * {cast}, x", "2 * x * g")).verdict is Verdict.PROVED


@pytest.mark.parametrize(("mask", "right", "wrong"), one_row_in(4, [
    ("((x > 0) + (x > 1))", "((x > 0) | (x > 1))", "((x > 0) * 1.0 + (x > 1))"),
    ("((x > 0) * (x < 1))", "((x > 0) & (x < 1))", "(x > 0)"),
    ("((x > 0).astype(np.float64) + (x > 1))", "((x > 0) * 1.0 + (x > 1))", "((x > 0) | (x > 1))"),
    ("((x > 0).astype(np.int64) + (x > 1).astype(np.int64))", "((x > 0) * 1.0 + (x > 1))", "(x > 0)"),
    ("np.add(x > 0, x > 1)", "((x > 0) | (x > 1))", "((x > 0) * 1.0 + (x > 1))"),
    ("np.where(x > 2, x > 0, x > 1)", "(x > 1)", "(x > 0)"),
    ("(np.triu(x > 0) + (x > 1))", "(np.triu(x > 0) | (x > 1))", "(np.triu(x > 0) * 1 + (x > 1))"),
    ("(np.ones_like(x > 0) + (x > 1))", "np.ones_like(x)", "(1 + (x > 1))"),
    ("((x > 0) + 0 + (x > 1))", "((x > 0) * 1 + (x > 1))", "((x > 0) + (x > 1))"),
    ("np.mean(x > 0, axis=0)", "np.mean((x > 0) * 1.0, axis=0)", "np.sum(x > 0, axis=0)"),
]))  # fmt: skip
def test_comparisons_are_added_as_what_they_are(tmp_path, mask, right, wrong):
    forward = f"y = x * {mask}\n    return y, x"
    assert examine_pair(pair(tmp_path, forward, f"g * {right}")).verdict is Verdict.PROVED
    assert examine_pair(pair(tmp_path, forward, f"g * {wrong}")).verdict is Verdict.REFUTED


@pytest.mark.parametrize("made", [
    "np.full(x.shape, 0)", "(x > 0) * 1", "np.where(x > 0, 1, 0)", "np.zeros_like((x > 0) * 2)", "np.zeros_like(x > 0)",
    "(x > 0).astype(np.int64)", "np.ones_like(x > 0)", "-(2 * (x > 0))", "np.abs((x > 0) * 2)", "(x > 0) + 2**2",
])  # fmt: skip
def test_real_numbers_are_not_written_into_integers(tmp_path, made):
    for write in ("k[:] = x", "k += x", "k[x > 0] = 0.5"):
        with pytest.raises(CodeError, match="other numbers into an array of"):
            examine_pair(pair(tmp_path, f"k = {made}\n    {write}\n    return x * k, x", "2 * x * g"))


@pytest.mark.parametrize("made", [
    "np.roll(np.full((3, 3), 0), 1)", "np.flip((x > 0) * 1, 0).copy()", "np.tile(np.full((1, 3), 0), (3, 1))",
    "np.repeat(np.full((1, 3), 0), 3, axis=0)", "np.pad(np.full((3, 2), 0), ((0, 0), (0, 1)))", "np.triu((x > 0) * 1)",
    "np.cumsum(np.full((3, 3), 0), axis=1)", "np.einsum('nd,nd->nd', (x > 0) * 1, (x > 0) * 2)",
    "np.diag(np.full(3, 1)) * 1", "((x > 0) * 1) @ np.full((3, 3), 2)", "np.split((x > 0) * 1, 1)[0] * 1",
    "np.prod(np.full((3, 3, 2), 1), axis=2)",
])  # fmt: skip
def test_integers_that_are_moved_or_added_up_stay_integers(tmp_path, made):
    for write in ("k[:] = x", "k[x > 0] = 0.5"):
        with pytest.raises(CodeError, match="other numbers into an array of integers"):
            examine_pair(pair(tmp_path, f"k = {made}\n    {write}\n    return x * k, x", "2 * x * g", "3 3"))


def test_a_number_that_a_pad_would_cut_off_is_refused(tmp_path):
    padded = "np.pad((x > 0) * 1, ((0, 0), (0, 1)), constant_values=0.5)"
    with pytest.raises(CodeError, match="a pad of integers"):
        examine_pair(pair(tmp_path, f"return x * {padded}[:, 1:], x", "g * x", "3 3"))


@pytest.mark.parametrize("made", [
    "np.full(x.shape, 0.0)", "(x > 0) * 1.0", "np.zeros(x.shape)", "(x > 0) / 1", "np.where(x > 0, 1, 0) * 2.0**1",
    "np.zeros(x.shape, dtype=x.dtype)", "(x > 0).astype(x.dtype)", "float(2) * (x > 0)",
    "np.full(x.shape, 1, dtype=np.float32)",
    "np.zeros_like(x > 0, dtype=np.float64)", "np.mean(x > 0) + np.zeros_like(x)",
])  # fmt: skip
def test_into_real_numbers_they_are(tmp_path, made):
    file = pair(tmp_path, f"k = {made}\n    k[:] = x\n    return x * k, x", "2 * x * g")
    assert examine_pair(file).verdict is Verdict.PROVED


def test_a_sum_of_comparisons_with_a_type_is_refused(tmp_path):
    with pytest.raises(CodeError, match="made of comparisons"):
        examine_pair(pair(tmp_path, "return x * np.add(x > 0, x > 1, dtype=np.float64), x", "g * (x > 0)"))


@pytest.mark.parametrize("mask", [
    "((x > 0) - (x < 0))", "(-(x > 0))", "((x > 0) @ (x > 0).T)", "np.abs(x > 0)", "np.maximum(x > 0, x > 1)",
    "np.einsum('nd,nd->nd', x > 0, x > 1)", "(x > 0).max(axis=0)",
])  # fmt: skip
def test_what_is_done_otherwise_to_comparisons_is_refused(tmp_path, mask):
    with pytest.raises(CodeError, match="comparisons"):
        examine_pair(pair(tmp_path, f"m = {mask}\n    return x * 2, x", "2 * g"))


@pytest.mark.parametrize(("value", "gradient", "verdict"), one_row_in(4, [
    ("return x.max(dim=0)[0]", "return g * (x == x.max(dim=0)[0])", Verdict.PROVED),
    ("return x.max(dim=0).values", "return g * (x == x.amax(dim=0))", Verdict.PROVED),
    ("m, i = x.max(1)\n        return m", "return g[:, None] * (x == x.max(1, keepdim=True)[0])", Verdict.PROVED),
    ("return torch.min(x, dim=1)[0]", "return g[:, None] * (x == torch.amin(x, 1, keepdim=True))", Verdict.PROVED),
    ("return torch.min(x, dim=1)[0]", "return g[:, None] * (x == torch.amax(x, 1, keepdim=True))", Verdict.REFUTED),
    ("return x.masked_fill(x > 1, -9.0)", "return g.masked_fill(x > 1, 0.0)", Verdict.PROVED),
    ("return x.masked_fill(x > 1, -9.0)", "return g * (x > 1)", Verdict.REFUTED),
    ("return x.masked_fill(x <= 0, 0.0)",
     "dx = 0 * g\n        dx[x > 0] = g[x > 0]\n        return dx", Verdict.PROVED),
    ("return x.masked_fill(x <= 0, 0.0)",
     "dx = 0 * g\n        dx[x < 0] = g[x < 0]\n        return dx", Verdict.REFUTED),
    ("return torch.min(x, 2 * x)", "return g * (x > 0) + 2 * g * (x < 0)", Verdict.PROVED),
    ("return torch.max(x, 2 * x)", "return g * (x > 0) + 2 * g * (x < 0)", Verdict.REFUTED),
]))  # fmt: skip
def test_pairs_of_pytorch(tmp_path, value, gradient, verdict):
    assert examine_pair(torch_pair(tmp_path, value, gradient)).verdict is verdict


def test_the_first_row_of_the_largest_is_not_the_largest(tmp_path):
    gradient = "dx = torch.zeros_like(x)\n        dx[:, 0] = g * (x[:, 0] == x[:, 0].max())\n        return dx"
    file = torch_pair(tmp_path, "return x.max(dim=0)[0]", gradient)
    assert examine_pair(file).verdict is not Verdict.PROVED


@pytest.mark.parametrize(("slope", "expected"), [("g * keep / 0.5", Verdict.PROVED), ("g * keep", Verdict.REFUTED)])
def test_numbers_that_a_generator_draws(tmp_path, slope, expected):
    forward = "rng = np.random.default_rng(0)\nkeep = rng.random(x.shape) < 0.5\nreturn x * keep / 0.5, keep"
    assert examined(tmp_path / "f.py", 'x: "n d"', forward, f"return {slope}", kept="keep").verdict is expected
