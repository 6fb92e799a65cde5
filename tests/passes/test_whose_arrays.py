"""Whose arrays values are decides what in-place changes, methods and types mean: value by value, not by file."""

import pytest

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeError, CodeFile

PROVED, REFUTED, REFUSED = Verdict.PROVED, Verdict.REFUTED, "refused"
ALL = "import numpy as np\nimport torch\nimport jax\nimport jax.numpy as jnp\nimport math\n\n"
FUNCTION = """class f(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: "n d"):
        {forward}

    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        {backward}
"""


def outcome(tmp_path, text, name="f"):
    path = tmp_path / "f.py"
    path.write_text(ALL + text)
    try:
        return examine_pair(CodeFile(path, name)).verdict
    except CodeError:
        return REFUSED


def numpy_pair(forward, backward, shapes="x: 'n', w: 'n'"):
    return f"def f_forward({shapes}):\n    {forward}\n\ndef f_backward(g, cache):\n    {backward}\n"


def torch_pair(forward, backward):
    return FUNCTION.format(forward=f"ctx.save_for_backward(x)\n        {forward}", backward=backward)


@pytest.mark.parametrize(("backward", "expected"), [
    ("x, w = cache\n    dw = g\n    dw *= x\n    return g * w, dw", REFUTED),
    ("x, w = cache\n    dw = g * 1\n    dw *= x\n    return g * w, dw", PROVED),
    ("x, w = cache\n    dw = g.copy()\n    dw[:] = g * x\n    return g * w, dw", PROVED),
])  # fmt: skip
def test_arrays_of_numpy_in_a_file_that_imports_jax_too(tmp_path, backward, expected):
    assert outcome(tmp_path, numpy_pair("return np.multiply(x, w), (x, w)", backward)) == expected


def test_the_same_code_with_arrays_of_jax(tmp_path):
    backward = "def f_bwd(res, g):\n    x, w = res\n    dw = g\n    dw *= x\n    return g * w, dw\n"
    head = "def f_fwd(x: 'n', w: 'n'):\n    return {}(x, w), (x, w)\n\n"
    assert outcome(tmp_path, head.format("jnp.multiply") + backward) == PROVED
    assert outcome(tmp_path, head.format("np.multiply") + backward) == REFUTED
    written = backward.replace("dw *= x", "dw[:] = g * x")
    assert outcome(tmp_path, head.format("jnp.multiply") + written) == REFUSED
    assert outcome(tmp_path, head.format("np.exp(w) * jnp.multiply") + backward) == REFUSED


@pytest.mark.parametrize(("forward", "backward", "expected"), [
    ("t = x.sum()\n        u = t\n        t += 2\n        return x * u",
     "return g * (x.sum() + 2) + (g * x).sum()", PROVED),
    ("t = x.sum()\n        u = t\n        t += 2\n        return x * u", "return g * x.sum() + (g * x).sum()", REFUTED),
    ("t = x.sum()\n        u = float(t)\n        t += 2\n        return x * u",
     "return g * x.sum() + (g * x).sum()", PROVED),
    ("t = x.sum()\n        u = t.item()\n        u += 2\n        return x * t",
     "return g * x.sum() + (g * x).sum()", PROVED),
    ("return x * float(np.sqrt(4.0)) * math.sqrt(9)", "return 6 * g", PROVED),
    ("return np.exp(x)", "return g * torch.exp(x)", REFUSED),
    ("return torch.maximum(x, 0.0)", "return g * (x > 0)", REFUSED),
    ("return torch.maximum(x, torch.zeros_like(x))", "return g * (x > 0)", PROVED),
    ("return x * torch.sqrt(2)", "return g * torch.sqrt(2)", REFUSED),
    ("y = +x\n        y *= 2\n        return y * 1", "return 2 * g", PROVED),
])  # fmt: skip
def test_tensors_in_a_file_that_imports_numpy_too(tmp_path, forward, backward, expected):
    assert outcome(tmp_path, torch_pair(forward, backward)) == expected


@pytest.mark.parametrize(("forward", "slope", "expected"), [
    ("y = +x\n    y *= 3\n    return x * x", "2 * g * x", PROVED),
    ("y = x\n    y *= 3\n    return x * x", "2 * g * x", REFUTED),
    ("t = np.zeros(())\n    u = t\n    t += 5\n    return x * u", "5 * g", PROVED),
    ("t = np.zeros(())\n    u = t\n    t += 5\n    return x * u", "0 * g", REFUTED),
    ("t = np.array(5.0)\n    u = t\n    t *= 2\n    return x * u", "10 * g", PROVED),
    ("t = x.sum()\n    u = t\n    t += 5\n    return x * 0 + u", "g.sum() + 0 * x", PROVED),  # a number, not an array
    ("t = np.copy(5.0)\n    u = t\n    t *= 2\n    return x * u", "10 * g", PROVED),
    ("t = x.sum().copy()\n    u = t\n    t += 5\n    return x * 0 + u", "g.sum() + 0 * x", PROVED),
    ("t = np.tensordot(x, x, 1)\n    u = t\n    t *= 2\n    return 0 * x + u", "4 * g.sum() * x", PROVED),
    ("t = x @ x\n    u = t\n    t *= 2\n    return 0 * x + u", "2 * g.sum() * x", PROVED),
    ("t = np.sum(np.ones(3))\n    u = t\n    t += 5\n    return x * u", "3 * g", PROVED),
    ("k = (x > 0).sum() + 2\n    return x * np.reciprocal(k)", "g / ((x > 0).sum() + 2)", REFUSED),
    ("k = (x > 0).sum() + 2\n    return x * np.reciprocal(1.0 * k)", "g / ((x > 0).sum() + 2)", PROVED),
    ("k = (x > 0).sum() + 2\n    return x * k ** -1", "g / ((x > 0).sum() + 2)", REFUSED),
    ("k = (x > 0).sum() + 2\n    return x * k ** -1.0", "g / ((x > 0).sum() + 2)", PROVED),
    ("return x * x.shape[0] ** -1", "g / x.shape[0]", PROVED),
    ("m = (x > 0).astype(np.uint8)\n    return x * -m", "-g * (x > 0)", REFUSED),
    ("m = (x > 0).astype(np.int8)\n    return x * (100 * m + 100 * m)", "200 * g * (x > 0)", REFUSED),
    ("m = (x > 0).astype(np.int64)\n    return x * -m", "-g * (x > 0)", PROVED),
    ("return x * (+(x > 0))", "g * (x > 0)", REFUSED),
    ("return x.sum(axis=()) * 2", "2 * g", PROVED), ("return x.sum(axis=[0]) * 2", "2 * g + 0 * x", REFUSED),
    ("return x.sum(0, True)", "g + 0 * x", REFUSED), ("return np.sum(x, dim=0)", "g + 0 * x", REFUSED),
])  # fmt: skip
def test_numbers_copies_and_types_of_numpy(tmp_path, forward, slope, expected):
    """Each with x as it was handed over: ``return value, x``."""
    text = numpy_pair(f"z = x.copy()\n    {forward}, z", f"x = cache\n    return {slope}", "x: 'n'")
    assert outcome(tmp_path, text) == expected


@pytest.mark.parametrize(("value", "gradient", "expected"), [
    ("x * (1 - (x > 0))", "g * (x <= 0)", REFUSED), ("x * (1.0 - (x > 0).float())", "g * (x <= 0)", PROVED),
    ("x - (x > 0)", "g", REFUSED), ("x * (x > 0).mean()", "g", REFUSED), ("x * (x > 0).sum().mean()", "g", REFUSED),
    ("x.T @ (x > 0)", "g", REFUSED), ("x.sum(dim=()) * x", "2 * g * x", REFUSED),
    ("x.sum(dim=(0, 1)) * x", "g * x.sum() + (g * x).sum()", PROVED), ("x * (x > 0).sum() ** -1", "g", REFUSED),
    ("(x > 0).where(x > 1, x)", "g", REFUTED), ("(x > 0).where(x > 1, x)", "torch.where(x > 1, 0 * g, g)", PROVED),
    ("x.where(x > 0, 2 * x)", "torch.where(x > 0, g, 2 * g)", PROVED),
    ("x.where(x > 0, 2 * x)", "torch.where(x > 0, 2 * g, g)", REFUTED),
    ("x * x.transpose(0, 1).T", "2 * g * x", PROVED), ("x * x.transpose().T", "2 * g * x", REFUSED),
    ("x.cumsum(1)", "g.flip(1).cumsum(1).flip(1)", PROVED), ("x.cumsum()", "g", REFUSED),
    ("x.mm(x.T).sum() * x * 0", "0 * x", PROVED),
    ("torch.dot(x, x) * x", "g", REFUSED), ("x - x.max(dim=(0, 1))", "g", REFUSED), ("x.softmax()", "g", REFUSED),
    ("x * x.logsumexp((0, 1)) * 0", "0 * g", PROVED), ("x * x.logsumexp() * 0", "0 * g", REFUSED),
    ("torch.equal(x, x) * x", "g", REFUSED), ("x[::-1] * 1", "g", REFUSED),
    ("x * 2", "g.unsqueeze(2).squeeze(-1) * 2", PROVED), ("x * 2", "g.squeeze(-1) * 2", REFUTED),  # d = 1
])  # fmt: skip
def test_what_pytorch_refuses_or_does_its_own_way(tmp_path, value, gradient, expected):
    assert outcome(tmp_path, torch_pair(f"return {value}", f"return {gradient}")) == expected


def test_pytorch_leaves_a_longer_axis(tmp_path):
    text = torch_pair("return x * 2", "return g.squeeze(-1) * 2").replace('"n d"', '"3 4"')
    assert outcome(tmp_path, text) == PROVED


@pytest.mark.parametrize(("backward", "expected"), [("return 3 * g", PROVED), ("return 3 * g + 2 * x * h", PROVED),
                                                    ("return 2 * g", REFUTED)])  # fmt: skip
def test_an_output_that_is_marked_has_no_derivative(tmp_path, backward, expected):
    forward = "s = (x * x).sum(1)\n        ctx.mark_non_differentiable(s)\n        return 3 * x, s"
    if " h" in backward:  # the derivative by the marked output, which PyTorch sets to 0
        backward = backward.replace(" h", " h[:, None]")
    text = torch_pair(forward, backward).replace("backward(ctx, g)", "backward(ctx, g, h)")
    assert outcome(tmp_path, text) == expected
    unmarked = PROVED if " h" in backward else REFUTED
    assert outcome(tmp_path, text.replace("ctx.mark_non_differentiable(s)", "pass")) == unmarked


def test_what_was_there_is_read_before_the_right_side(tmp_path):
    head = "def twice(y):\n    y *= 2\n    return y[0] * 1.0\n\n"
    text = head + numpy_pair("y = x.copy()\n    y[0] += twice(y)\n    return y, x", "return 2 * g", "x: '3'")
    assert outcome(tmp_path, text) == REFUTED
    assert outcome(tmp_path, text.replace("2 * g", "g * np.array([3.0, 2.0, 2.0])")) == PROVED
    assert outcome(tmp_path, text.replace("y[0] += twice", "y[:1] += twice")) == REFUSED  # a view, no number
    inside = text.replace("y[0] += twice(y)", "t = twice(y)\n    y[0] += t").replace(
        "return 2 * g", "return g * np.array([4.0, 2.0, 2.0])"
    )
    assert outcome(tmp_path, inside) == PROVED
