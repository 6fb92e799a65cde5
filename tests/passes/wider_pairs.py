"""Forward passes as people write them, each with a right backward pass and a near miss: NumPy, PyTorch and JAX.

style; name; arguments; forward pass; what the backward pass takes; the right one; the wrong one.
"""

from passes.further_pairs import written

_NUMPY = [
    ("clipped", 'x: "n d"', "return np.clip(x, -1, 0.5), x", "g, x", "return g * ((x >= -1) & (x <= 0.5))", "return g * (x >= -1)"),
    ("hard_tanh", 'x: "n d"', "return np.minimum(np.maximum(x, -1), 1), x", "g, x",
     "d = g.copy()\n    d[x < -1] = 0\n    d[x > 1] = 0\n    return d", "d = g.copy()\n    d[x < -1] = 0\n    d[x > -0.5] = 0\n    return d"),
    ("exact_gelu", 'x: "n"', "return 0.5 * x * (1 + erf(x / np.sqrt(2))), x", "g, x",
     "return g * (0.5 * (1 + erf(x / np.sqrt(2))) + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi))",
     "return g * (0.5 * (1 + erf(x / np.sqrt(2))) + x * np.exp(-x * x / 2) / np.sqrt(np.pi))"),
    ("pool", 'x: "n 2 2"', "m = x.max(axis=(1, 2), keepdims=True)\n    return m[:, 0, 0], x == m", "g, mask",
     "return g[:, None, None] * mask", "return g[:, None, None] * mask / 2"),
    ("largest_of_all", 'x: "2 3"', "m = x.max()\n    return m, (x, m)", "g, cache", "x, m = cache\n    return g * (x == m)",
     "x, m = cache\n    return g * (x >= m - 1)"),
    ("relu_with_mask", 'x: "n"', "h = np.maximum(x, 0)\n    return h, h > 0", "g, mask", "return g * mask", "return np.where(mask, g, 0.01 * g)"),
    ("log_above", 'x: "n"', "return np.where(x > 1, np.log(np.maximum(x, 1)), 0), x", "g, x", "return g * (x > 1) / np.maximum(x, 1)",
     "return g / np.maximum(x, 1)"),
    ("masked", 'x: "n d"', "m = (x > 0).astype(float)\n    return x * m, m", "g, m", "return g * m", "return g * (1 - m)"),
    ("powers", 'x: "n", p: "number"', "return np.exp(x) ** p, (x, p)", "g, cache",
     "x, p = cache\n    y = np.exp(x) ** p\n    return g * p * y, (g * x * y).sum()", "x, p = cache\n    y = np.exp(x) ** p\n    return g * p * y, (g * y).sum()"),
    ("unbiased", 'x: "n"', "n = x.shape[0]\n    return ((x - x.mean()) ** 2).sum() / (n - 1), x", "g, x",
     "return 2 * g * (x - x.mean()) / (x.shape[0] - 1)", "return 2 * g * (x - x.mean()) / x.shape[0]"),
    ("scan", 'x: "T d", a: "number"',
     "h = [x[0]]\n    for t in range(1, x.shape[0]):\n        h.append(a * h[t - 1] + x[t])\n    return np.stack(h), (np.stack(h), a)", "g, cache",
     "h, a = cache\n    dx, da, run = np.zeros_like(h), 0.0, np.zeros(h.shape[1])\n    for t in range(h.shape[0] - 1, -1, -1):\n"
     "        run = run + g[t]\n        dx[t] = run\n        if t > 0:\n            da = da + (run * h[t - 1]).sum()\n        run = a * run\n    return dx, da",
     "h, a = cache\n    dx, da, run = np.zeros_like(h), 0.0, np.zeros(h.shape[1])\n    for t in range(h.shape[0] - 1, -1, -1):\n"
     "        run = run + g[t]\n        dx[t] = run\n        if t > 0:\n            da = da + (run * h[t]).sum()\n        run = a * run\n    return dx, da"),
    ("moments", 'x: "n"', "return np.array([x.sum(), (x**2).mean()]), x", "g, x", "return g[0] + 2 * g[1] * x / x.size", "return g[0] + 2 * g[1] * x"),
    ("weighted", 'x: "n"', "return (x * np.arange(x.shape[0])).sum(), x.shape[0]", "g, n", "return g * np.arange(n)", "return g * (np.arange(n) + 1)"),
    ("side_by_side", 'x: "n 2", y: "n 2"', "return np.hstack([x, 2 * y])", "g", "return g[:, :2], 2 * g[:, 2:]", "return g[:, 2:], 2 * g[:, :2]"),
    ("differences", 'x: "5"', "diff = np.diff(x)\n    return diff**2, diff", "g, diff", "z = np.zeros(1)\n    e = 2 * g * diff\n    return np.hstack([z, e]) - np.hstack([e, z])",
     "z = np.zeros(1)\n    e = 2 * g * diff\n    return np.hstack([e, z]) - np.hstack([z, e])"),
    ("dotted", 'x: "n d", w: "d m"', "return np.tensordot(x, w, axes=1), (x, w)", "g, cache",
     'x, w = cache\n    return np.einsum("...m,dm->...d", g, w), np.tensordot(x, g, axes=([0], [0]))',
     'x, w = cache\n    return np.einsum("...m,dm->...d", g, w), np.tensordot(x, 2 * g, axes=([0], [0]))'),
    ("rows", 'x: "3 n"', "f = lambda a, k: a * k**2\n    return np.stack([f(row, k) for k, row in enumerate(x)])", "g",
     "return np.stack([k**2 * g[k] for k in range(3)])", "return np.stack([k * g[k] for k in range(3)])"),
    ("centred_scaled", 'x: "n"', "def centred(a):\n        return a - a.mean()\n    return RATE * centred(x)", "g", "return RATE * (g - g.mean())", "return RATE * g"),
    ("bell", 'x: "n", v: "number"', "w = v**2 + 1\n    return np.exp(-((x / np.sqrt(w)) ** 2) / 2), (x, v, w)", "g, cache",
     "x, v, w = cache\n    y = np.exp(-x * x / w / 2)\n    return -g * y * x / w, (g * y * x**2).sum() * v / w**2",
     "x, v, w = cache\n    y = np.exp(-x * x / w / 2)\n    return -g * y * x / w, (g * y * x**2).sum() / w**2"),
]  # fmt: skip
_TORCH = [
    ("Clamp", 'x: "n"', "ctx.save_for_backward(x)\n        with torch.no_grad():\n            y = x.clamp(min=-1, max=1)\n        return y", "g",
     "(x,) = ctx.saved_tensors\n        return g * ((x >= -1) & (x <= 1))", "(x,) = ctx.saved_tensors\n        return g * (x <= 1)"),
    ("Gelu", 'x: "n"', "ctx.save_for_backward(x)\n        return torch.nn.functional.gelu(x)", "g",
     "(x,) = ctx.saved_tensors\n        c = 0.5 * (1 + torch.erf(x / math.sqrt(2)))\n        return g * (c + x * torch.exp(-x * x / 2) / math.sqrt(2 * math.pi))",
     "(x,) = ctx.saved_tensors\n        c = 0.5 * (1 + torch.erf(x / math.sqrt(2)))\n        return g * (c + torch.exp(-x * x / 2) / math.sqrt(2 * math.pi))"),
]  # fmt: skip
_JAX = [
    ("powered", 'x: "n"', "y = jnp.exp2(x)\n    return y, y", "y, g", "return (g * y * jnp.log(2.0),)", "return (g * y,)"),
    ("scattered", 'x: "n 3", w: "n"', "y = x.at[:, 1].multiply(w)\n    return y.at[:, 2].add(w).at[x < 0].set(0.0), (x, w)", "res, g",
     "x, w = res\n    g = g.at[x < 0].multiply(0)\n    return g.at[:, 1].multiply(w), g[:, 1] * x[:, 1] + g[:, 2]",
     "x, w = res\n    g = g.at[x < 0].multiply(0)\n    return g.at[:, 1].set(w), g[:, 1] * x[:, 1] + g[:, 2]"),
    ("pooled", 'x: "n 3"', "m = jnp.max(x, axis=1, keepdims=True)\n    return m[:, 0], (x == m).astype(float)", "mask, g",
     "return (g[:, None] * mask,)", "return (g[:, None] * (1 - mask),)"),
]  # fmt: skip

_HEADS = {
    "numpy": "from scipy.special import erf\n",
    "torch": "import math\n",
    "jax": "",
}


_RATE = "import numpy as np\n\nRATE = 1.0 / np.sqrt(8)\n"


def pairs():
    """Style, name, whether it is right, and the file."""
    for style, name, is_right, text in written({"numpy": _NUMPY, "torch": _TORCH, "jax": _JAX}):
        yield style, name, is_right, _HEADS[style] + text.replace("import numpy as np\n\n", _RATE, 1)
