"""What code draws at random may be any numbers; a generator with a number as its seed draws the same ones again."""

import pytest
from passes.decided import PROVED, REFUSED, REFUTED, decided
from support.long_tests import one_row_in

TEXT = "import numpy as np\n\ndef f_forward(x: 'n d'):\n    {}\n\ndef f_backward(g, c):\n    {}\n"
SEEDED = "rng = np.random.default_rng({})\n    m = rng.{}\n    "
SHAPE = "random((3, 2))"


def made(seed, drawn, end):
    return SEEDED.format(seed, drawn) + end


PAIRS = [
    (made(0, "random(x.shape)", "return x * m, x"), made(0, "random(c.shape)", "return g * m"), PROVED),
    (made(0, "random(x.shape)", "return x * m, x"), made(1, "random(c.shape)", "return g * m"), REFUTED),
    (made("", "random(x.shape)", "return x * m, x"), made("", "random(c.shape)", "return g * m"), REFUTED),
    (made(None, "random(x.shape)", "return x * m, x"), made(None, "random(c.shape)", "return g * m"), REFUTED),
    (made("seed=3", "random(x.shape)", "return x * m, x"), made(3, "random(size=c.shape)", "return g * m"), PROVED),
    (made(0, "random(x.shape)", "m = rng.random(x.shape)\n    return x * m, x"),
     made(0, "random(c.shape)", "return g * m"), REFUTED),
    (made(0, "random(x.shape)", "m = rng.random(x.shape)\n    return x * m, x"),
     made(0, "random(c.shape)", "return g * rng.random(c.shape)"), PROVED),
    (made(0, "random(x.shape)", "return x * m, (x, rng)"), "x, rng = c\n    return g * rng.random(x.shape)", REFUTED),
    (made(0, "random(x.shape)", "return x * m, x"), made(0, "normal(size=c.shape)", "return g * m"), REFUSED),
    (made(0, "random(x.shape)", "return x * m, x"), made(0, "random(c.shape[::-1])", "return g * m.T"), REFUSED),
    (made(0, "normal(0, 2, x.shape)", "return x * m, x"), made(0, "normal(0, 2, c.shape)", "return g * m"), PROVED),
    (made(0, "normal(0, 2, x.shape)", "return x * m, x"), made(0, "normal(0, 1, c.shape)", "return g * m"), REFUSED),
    ("m = np.random.normal(2)\n    return x * m, (x, m)", "x, m = c\n    return g * m", PROVED),
    ("m = np.random.normal(x, 1.0, x.shape)\n    return x + m, x", "return g", REFUSED),
    ("m = np.random.normal(loc=x, size=x.shape)\n    return x + m, x", "return g", REFUSED),
    ("m = np.random.uniform(high=x)\n    return x + m, x", "return g", REFUSED),
    (made("len(x)", "random(x.shape)", "return x * m, x"), made("len(c)", "random(c.shape)", "return g * m"), PROVED),
    (made("x", "random(x.shape)", "return x * m, x"), "return g", REFUSED),
]  # fmt: skip


@pytest.mark.parametrize(("forward", "backward", "verdict"), one_row_in(3, PAIRS))
def test_what_a_seed_tells(tmp_path, forward, backward, verdict):
    assert decided(tmp_path, TEXT.format(forward, backward)) == verdict


@pytest.mark.parametrize(("head", "drawn"), [
    ("import torch", "torch.normal(mean=x, std=1.0)"), ("import torch", "torch.normal(x, 1.0)"),
    ("import torch", "torch.rand(2, generator=k)"), ("import jax", "jax.random.normal(key=3, shape=(2, 2))"),
])  # fmt: skip
def test_what_is_drawn_as_arrays_or_keys_tell_is_refused(tmp_path, head, drawn):
    text = TEXT.format(f"return x + 0 * {drawn}, x", "return g").replace("import numpy as np", head)
    assert decided(tmp_path, text.replace("k)", "x)")) == REFUSED
    assert decided(tmp_path, TEXT.format("return x + 0 * np.random.rand(1, 1), x", "return g")) == PROVED


def test_a_default_that_is_drawn_is_drawn_once(tmp_path):
    text = (
        "import torch\nclass f(torch.autograd.Function):\n    @staticmethod\n"
        "    def forward(x: '3', k=torch.rand(3)):\n"
        "        return x * k\n    @staticmethod\n    def setup_context(ctx, inputs, output):\n        x, k = inputs\n"
        "        ctx.k = k\n    @staticmethod\n    def backward(ctx, g):\n        return g * ctx.k, None\n"
    )
    assert decided(tmp_path, text) == PROVED
    assert decided(tmp_path, text.replace("g * ctx.k", "g * torch.rand(3)")) == REFUTED
