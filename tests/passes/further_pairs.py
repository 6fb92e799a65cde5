"""Thirty forward passes, each with a right backward pass and one with a usual mistake: NumPy, PyTorch and JAX.

style; name; arguments; forward pass; what the backward pass takes; the right one; the wrong one, with what that takes
where it is another thing.
"""

_NUMPY = [
    ("mean_squares", 'x: "n d", y: "n d"', "diff = x - y\n    return 0.5 * (diff**2).sum() / diff.shape[0], diff", "g, diff",
     "return g * diff / diff.shape[0], -g * diff / diff.shape[0]", "return g * diff / diff.size, -g * diff / diff.size"),
    ("softplus", 'x: "n"', "return np.logaddexp(0, x), x", "dy, x", "return dy / (1 + np.exp(-x))", "return dy / (1 + np.exp(x))"),
    ("squared_cumsum", 'x: "n d"', "return np.cumsum(x, axis=1) ** 2, np.cumsum(x, axis=1)", "g, total",
     "return np.flip(np.cumsum(np.flip(2 * g * total, 1), axis=1), 1)", "return np.cumsum(2 * g * total, axis=1)"),
    ("causal_scores", 'q: "n d", k: "n d"', "return np.tril(q @ k.T) / np.sqrt(q.shape[1]), q, k", "g, q, k",
     "G = np.tril(g) / np.sqrt(q.shape[1])\n    return G @ k, G.T @ q", "G = g / np.sqrt(q.shape[1])\n    return G @ k, G.T @ q"),
    ("softsign", 'x: "n d"', "den = 1 + np.abs(x)\n    return x / den, den", "dout, den",
     "return dout / den**2", "return dout / den"),
    ("distance", 'a: "n d", b: "d"',
     "d = a - b\n    dist = np.sqrt((d**2).sum(axis=1) + 1e-6)\n    return dist, d, dist", "g, d, dist",
     "ga = (g / dist)[:, None] * d\n    return ga, -ga.sum(axis=0)", "ga = (g / dist)[:, None] * d\n    return ga, -ga.mean(axis=0)"),
    ("difference", 'x: "5"', "return np.roll(x, -1) - x", "g", "return np.roll(g, 1) - g", "return np.roll(g, -1) - g"),
    ("convolution", 'x: "6", w: "3"',
     "p = np.pad(x, 1)\n    return w[0] * p[:-2] + w[1] * p[1:-1] + w[2] * p[2:], p, w", "g, p, w",
     "dp = np.zeros_like(p)\n    dp[:-2] += w[0] * g\n    dp[1:-1] += w[1] * g\n    dp[2:] += w[2] * g\n"
     "    return dp[1:-1], np.stack([(g * p[:-2]).sum(), (g * p[1:-1]).sum(), (g * p[2:]).sum()])",
     "dp = np.zeros_like(p)\n    dp[:-2] += w[2] * g\n    dp[1:-1] += w[1] * g\n    dp[2:] += w[0] * g\n"
     "    return dp[1:-1], np.stack([(g * p[:-2]).sum(), (g * p[1:-1]).sum(), (g * p[2:]).sum()])"),
    ("sigmoid", 'x: "n"', "s = 1 / (1 + np.exp(-x))\n    return s, s", "g, s", "return g * s * (1 - s)",
     "s = 1 / (1 + np.exp(-x))\n    return g * s * (1 - s)", "g, x"),
    ("upsampled", 'x: "n 3", w: "6"', "up = np.repeat(x, 2, axis=1)\n    return up * w, up, w", "g, up, w",
     "d = g * w\n    return d[:, ::2] + d[:, 1::2], (g * up).sum(axis=0)",
     "d = g * w\n    return d[:, :3] + d[:, 3:], (g * up).sum(axis=0)"),
]  # fmt: skip
_TORCH = [
    ("Swish", 'x: "n d"', "s = torch.sigmoid(x)\n        ctx.save_for_backward(x, s)\n        return x * s", "g",
     "x, s = ctx.saved_tensors\n        return g * (s + x * s * (1 - s))", "x, s = ctx.saved_tensors\n        return g * s * (1 - s)"),
    ("Linear", 'x: "n d", w: "m d", b: "m"', "ctx.save_for_backward(x, w)\n        return x @ w.t() + b", "g",
     "x, w = ctx.saved_tensors\n        return g @ w, g.t() @ x, g.sum(0)", "x, w = ctx.saved_tensors\n        return g @ w, g.t() @ x, g.mean(0)"),
    ("Softmax", 'x: "n d"', "y = torch.softmax(x, dim=-1)\n        ctx.save_for_backward(y)\n        return y", "g",
     "(y,) = ctx.saved_tensors\n        return y * (g - (g * y).sum(-1, keepdim=True))", "(y,) = ctx.saved_tensors\n        return y * (g - (g * y).sum())"),
    ("Scaled", 'x: "n", alpha=0.25', "ctx.alpha = alpha\n        ctx.save_for_backward(x)\n        return alpha * torch.sin(x)", "g",
     "(x,) = ctx.saved_tensors\n        return ctx.alpha * g * torch.cos(x), None", "(x,) = ctx.saved_tensors\n        return g * torch.cos(x), None"),
    ("Centred", 'x: "n d"', "r = torch.rsqrt(x.var(1, keepdim=True, unbiased=False) + 1e-5)\n        h = (x - x.mean(1, keepdim=True)) * r\n"
     "        ctx.save_for_backward(h, r)\n        return h", "g",
     "h, r = ctx.saved_tensors\n        return r * (g - g.mean(1, keepdim=True) - h * (g * h).mean(1, keepdim=True))",
     "h, r = ctx.saved_tensors\n        return r * (g - h * (g * h).mean(1, keepdim=True))"),
    ("LogCosh", 'x: "n"', "ctx.save_for_backward(x)\n        return torch.log(torch.cosh(x))", "g",
     "(x,) = ctx.saved_tensors\n        return g * torch.tanh(x)", "(x,) = ctx.saved_tensors\n        return g * torch.sinh(x)"),
    ("Bilinear", 'x: "n d", A: "d d", y: "n d"', "ctx.save_for_backward(x, A, y)\n        return (x @ A * y).sum(1)", "g",
     "x, A, y = ctx.saved_tensors\n        g = g[:, None]\n        return g * (y @ A.t()), (g * x).t() @ y, g * (x @ A)",
     "x, A, y = ctx.saved_tensors\n        g = g[:, None]\n        return g * (y @ A), (g * x).t() @ y, g * (x @ A)"),
    ("Reversed", 'x: "n 3", w: "3"', "ctx.save_for_backward(x, w)\n        return torch.flip(x, (1,)) * w", "g",
     "x, w = ctx.saved_tensors\n        return torch.flip(g * w, (1,)), (g * torch.flip(x, (1,))).sum(0)",
     "x, w = ctx.saved_tensors\n        return torch.flip(g, (1,)) * w, (g * torch.flip(x, (1,))).sum(0)"),
    ("LogSum", 'x: "n d"', "ctx.save_for_backward(x)\n        return torch.logsumexp(x, dim=1)", "g",
     "(x,) = ctx.saved_tensors\n        return g.unsqueeze(1) * torch.softmax(x, dim=1)", "(x,) = ctx.saved_tensors\n        return g.unsqueeze(1) * torch.softmax(x, dim=0)"),
    ("Variance", 'x: "n d"', "ctx.save_for_backward(x)\n        return x.var(dim=1)", "g",
     "(x,) = ctx.saved_tensors\n        return 2 * (x - x.mean(1, keepdim=True)) * g[:, None] / (x.shape[1] - 1)",
     "(x,) = ctx.saved_tensors\n        return 2 * (x - x.mean(1, keepdim=True)) * g[:, None] / x.shape[1]"),
]  # fmt: skip
_JAX = [
    ("cross_entropy", 'x: "n", y: "n"', "return jax.nn.softplus(x) - x * y, (x, y)", "res, g",
     "x, y = res\n    return g * (jax.nn.sigmoid(x) - y), -g * x", "x, y = res\n    return g * (jax.nn.sigmoid(x) - y), g * x"),
    ("squash", 'x: "n d"', "y = jnp.tanh(x)\n    return y, y", "y, g", "return (g * (1 - y * y),)", "return (g * (1 - y),)"),
    ("rms", 'x: "n d", w: "d"', "r = jax.lax.rsqrt((x * x).mean(axis=1, keepdims=True) + 1e-6)\n    return x * r * w, (x, r, w)", "res, g",
     "x, r, w = res\n    h = g * w\n    return r * h - x * r**3 * (h * x).mean(axis=1, keepdims=True), (g * x * r).sum(axis=0)",
     "x, r, w = res\n    h = g * w\n    return r * h - x * r**3 * (h * x).sum(axis=1, keepdims=True), (g * x * r).sum(axis=0)"),
    ("product", 'a: "n d", b: "d m"', 'return jnp.einsum("ij,jk->ik", a, b), (a, b)', "res, g",
     'a, b = res\n    return jnp.einsum("ik,jk->ij", g, b), jnp.einsum("ij,ik->jk", a, g)',
     'a, b = res\n    return jnp.einsum("ik,jk->ij", g, b), jnp.einsum("ij,ik->jk", a, g**2)'),
    ("running", 'x: "n"', "return jnp.cumsum(jnp.sin(x)), x", "x, g", "return (jnp.cos(x) * jnp.cumsum(g[::-1])[::-1],)", "return (jnp.cos(x) * jnp.cumsum(g),)"),
    ("huber", 'x: "n"', "return jnp.where(jnp.abs(x) < 1, 0.5 * x**2, jnp.abs(x) - 0.5), x", "x, g",
     "return (g * jnp.clip(x, -1, 1),)", "return (g * jnp.where(jnp.abs(x) < 1, x, 1),)"),
    ("largest", 'x: "n 3"', "y = jnp.max(x, axis=1)\n    return y, (x, y)", "res, g",
     "x, y = res\n    return (g[:, None] * (x == y[:, None]),)", "x, y = res\n    return (g[:, None] * (x > 0),)"),
    ("outer", 'x: "n", y: "m"', "return jnp.outer(x, y), (x, y)", "res, g", "x, y = res\n    return g @ y, x @ g", "x, y = res\n    return g @ y, 2 * x @ g"),
    ("gelu", 'x: "n"', "t = jnp.tanh(0.8 * (x + 0.04 * x**3))\n    return 0.5 * x * (1 + t), (x, t)", "res, g",
     "x, t = res\n    return (g * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * 0.8 * (1 + 0.12 * x**2)),)",
     "x, t = res\n    return (g * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * (1 + 0.12 * x**2)),)"),
    ("circle", 'x: "n"', "return (jnp.sin(x), jnp.cos(x)), x", "x, g",
     "one, two = g\n    return (one * jnp.cos(x) - two * jnp.sin(x),)", "one, two = g\n    return (one * jnp.cos(x) + two * jnp.sin(x),)"),
]  # fmt: skip

_WRITTEN = {
    "numpy": "import numpy as np\n\n\ndef {name}_forward({inputs}):\n    {forward}\n\n\ndef {name}_backward({taken}):\n    {backward}\n",
    "torch": "import torch\n\n\nclass {name}(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, {inputs}):\n        {forward}\n\n"
    "    @staticmethod\n    def backward(ctx, {taken}):\n        {backward}\n",
    "jax": "import jax\nimport jax.numpy as jnp\n\n\n@jax.custom_vjp\ndef {name}({inputs}):\n    return {name}_fwd({names})[0]\n\n\n"
    "def {name}_fwd({inputs}):\n    {forward}\n\n\ndef {name}_bwd({taken}):\n    {backward}\n\n\n{name}.defvjp({name}_fwd, {name}_bwd)\n",
}


def pairs():
    """Style, name, whether it is right, and the file."""
    return written({"numpy": _NUMPY, "torch": _TORCH, "jax": _JAX})


def written(tables):
    """The same of tables by style, whose rows are as those above."""
    for style, table in tables.items():
        for name, inputs, forward, taken, right, wrong, *other in table:
            names = ", ".join(part.partition(":")[0] for part in inputs.split(", "))
            for is_right, backward in ((True, right), (False, wrong)):
                takes = other[0] if other and not is_right else taken
                text = _WRITTEN[style].format(
                    name=name, inputs=inputs, names=names, forward=forward, taken=takes, backward=backward
                )
                yield style, name, is_right, text
