"""What functions are told beside their array: alpha, beta, the kind of a norm; and entries that change places."""

import pytest
from passes.decided import PROVED, REFUSED, REFUTED, decided

TORCH = (
    "import torch\nimport torch.nn.functional as F\n\nclass f(torch.autograd.Function):\n    @staticmethod\n"
    "    def forward(ctx, x: 'n m'):\n        ctx.save_for_backward(x)\n        return {}\n\n    @staticmethod\n"
    "    def backward(ctx, g):\n        x, = ctx.saved_tensors\n        return g * ({})\n"
)
TOLD = [
    ("F.elu(x, 2.0)", "torch.where(x > 0, 1.0, 2 * torch.exp(x))", "torch.where(x > 0, 1.0, torch.exp(x))"),
    ("F.elu(x)", "torch.where(x > 0, 1.0, torch.exp(x))", "torch.where(x > 0, 1.0, 2 * torch.exp(x))"),
    ("F.softplus(x, 2)", "torch.sigmoid(2 * x)", "torch.sigmoid(x)"),
    ("F.softplus(x, beta=0.5)", "torch.sigmoid(0.5 * x)", "0.5 * torch.sigmoid(0.5 * x)"),
    ("torch.add(x, x, alpha=2)", "3", "2"),
    ("torch.sub(x, x * 1.0, alpha=0.5)", "0.5", "1.5"),
    ("x.add(x, alpha=-1.0)", "0", "2"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "right", "wrong"), TOLD)
def test_what_pytorch_is_told(tmp_path, value, right, wrong):
    assert decided(tmp_path, TORCH.format(value, right)) == PROVED
    assert decided(tmp_path, TORCH.format(value, wrong)) == REFUTED


PAIR = "import numpy as np\nimport math\n\ndef f_forward(x: '{}'):\n    {}\n\ndef f_backward(g, x):\n    {}\n"
SWAP = "y = x * 1\n    y[0], y[1] = y[1], y[0]\n    return y, x"
ENTRY = "y = x * 1\n    a = y[0]\n    y[0] = 5\n    return y * a, x"
FROBENIUS = "return np.linalg.norm(x, 'fro'), x"
OTHERS = [
    ("3", SWAP, "d = g * 1\n    d[0], d[1] = g[1], g[0]\n    return d", PROVED),
    ("3", SWAP, "return g", REFUTED),
    ("3 2", SWAP, "d = g * 1\n    d[0], d[1] = g[1], g[0]\n    return d", REFUSED),
    ("3", ENTRY, "d = g * x[0]\n    d[0] = 5 * g[0] + (g[1:] * x[1:]).sum()\n    return d", PROVED),
    ("3", ENTRY, "d = g * x[0]\n    d[0] = 5 * g[0] + (g * x).sum()\n    return d", REFUTED),
    ("3", ENTRY, "d = g * 5\n    d[0] = 5 * g[0] + (g[1:] * x[1:]).sum()\n    return d", REFUTED),
    ("3", "y = x * 1\n    a = y[0, ...]\n    y[0] = 5\n    return y * a, x", "return g", REFUSED),
    ("n m", FROBENIUS, "return g * x / np.linalg.norm(x)", PROVED),
    ("n m", FROBENIUS, "return 2 * g * x / np.linalg.norm(x)", REFUTED),
    ("n", FROBENIUS, "return g * x / np.linalg.norm(x)", REFUSED),
    ("n m", "return np.linalg.norm(x, 2), x", "return g * x / np.linalg.norm(x)", REFUSED),
    ("n", "return x * math.tau, x", "return g * 2 * np.pi", PROVED),
    ("n", "return x * math.tau, x", "return g * np.pi", REFUTED),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "forward", "backward", "verdict"), OTHERS)
def test_norms_entries_and_constants(tmp_path, shape, forward, backward, verdict):
    assert decided(tmp_path, PAIR.format(shape, forward, backward)) == verdict


def test_an_entry_of_a_tensor_is_a_view(tmp_path):
    value = "x * 1\n        y[0, 0], y[0, 1] = y[0, 1], y[0, 0]\n        return y"
    text = TORCH.format("y", "1").replace("return y", f"y = {value}").replace("'n m'", "'2 2'")
    assert decided(tmp_path, text) == REFUSED
