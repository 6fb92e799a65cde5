"""Pairs in the style of course code: each with a right backward pass and one with a usual mistake.

name; arguments; forward pass; what the backward pass takes; the right one; the wrong one.
"""

from passes.further_pairs import written

_SOFTMAX = "    e = np.exp(s - s.max(axis=1, keepdims=True))\n    p = e / e.sum(axis=1, keepdims=True)\n"
_SIGMOIDS = "a = x[:, t] @ Wx + h @ Wh + b\n        i, f, o, g = 1 / (1 + np.exp(-a[:, :H])), 1 / (1 + np.exp(-a[:, H:2*H])), 1 / (1 + np.exp(-a[:, 2*H:3*H])), np.tanh(a[:, 3*H:])\n"
_IM2COL = """pad, fh, fw = 1, 3, 3
    N, C, H, Wd = x.shape
    OH, OW = H + 2 * pad - fh + 1, Wd + 2 * pad - fw + 1
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    cols = np.zeros((N, C, fh, fw, OH, OW))
    for i in range(fh):
        for j in range(fw):
            cols[:, :, i, j] = xp[:, :, i:i + OH, j:j + OW]
    cols = cols.transpose(0, 4, 5, 1, 2, 3).reshape(N * OH * OW, -1)
    out = cols @ w.reshape(w.shape[0], -1).T + b
    return out.reshape(N, OH, OW, -1).transpose(0, 3, 1, 2), (x.shape, w, cols)"""
_COL2IM = """shape, w, cols = cache
    N, C, H, Wd = shape
    F = w.shape[0]
    d = dout.transpose(0, 2, 3, 1).reshape(-1, F)
    db = d.sum(axis=0)
    dw = (d.T @ cols).reshape(w.shape)
    dcols = (d @ w.reshape(F, -1)).reshape(N, H, Wd, C, 3, 3).transpose(0, 3, 4, 5, 1, 2)
    dxp = np.zeros((N, C, H + 2, Wd + 2))
    for i in range(3):
        for j in range(3):
            dxp[:, :, i:i + H, j:j + Wd] += dcols[:, :, i, j]
    dx = dxp[:, :, {crop}, {crop}]
    return dx, dw, db"""
_LSTM_BACK = """x, Wx, Wh, h0, cache_t = cache
    N, T, D = x.shape
    H = Wh.shape[0]
    dx, dWx, dWh, db = np.zeros_like(x), np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(4 * H)
    dh, dc = np.zeros((N, H)), np.zeros((N, H))
    for t in reversed(range(T)):
        hp, cp, i, f, o, g, c = cache_t[t]
        dh = dh + dhs[:, t]
        do = dh * np.tanh(c)
        dc = dc + dh * o * (1 - np.tanh(c) ** 2)
        di, df, dg = dc * g, dc * cp, dc * i
        da = np.hstack([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g ** 2)])
        dx[:, t] = da @ Wx.T
        dWx {sign} x[:, t].T @ da
        dWh += hp.T @ da
        db += da.sum(axis=0)
        dh = da @ Wh.T
        dc = dc * f
    return dx, dh, dWx, dWh, db"""

_COURSE = [
    ("softmax_loss", 's: "n k", y: "n < k"',
     "n = s.shape[0]\n" + _SOFTMAX + "    return -np.log(p[np.arange(n), y]).sum() / n, (p, y)", "dl, cache",
     "p, y = cache\n    n = p.shape[0]\n    ds = p.copy()\n    ds[np.arange(n), y] -= 1\n    return dl * ds / n",
     "p, y = cache\n    n = p.shape[0]\n    ds = p.copy()\n    ds[np.arange(n), y] -= 1\n    return dl * ds"),
    ("svm_loss", 's: "n k", y: "n < k"',
     "n = s.shape[0]\n    correct = s[range(n), y][:, np.newaxis]\n    margins = np.maximum(0, s - correct + 1.0)\n"
     "    margins[range(n), y] = 0\n    return margins.sum() / n, (margins, y)", "dl, cache",
     "margins, y = cache\n    n = margins.shape[0]\n    ds = np.zeros_like(margins)\n    ds[margins > 0] = 1\n"
     "    ds[range(n), y] -= np.sum(ds, axis=1)\n    return dl * ds / n",
     "margins, y = cache\n    n = margins.shape[0]\n    ds = np.zeros_like(margins)\n    ds[margins > 0] = 1\n"
     "    ds[range(n), y] -= 1\n    return dl * ds / n"),
    ("one_hot_loss", 's: "n k", y: "n < k"',
     "t = np.eye(s.shape[1])[y]\n" + _SOFTMAX + "    return -np.sum(t * np.log(p)) / s.shape[0], p, t", "dl, p, t",
     "return dl * (p - t) / p.shape[0]", "return dl * (p - t) / p.shape[1]"),
    ("embedding", 'W: "v d", tokens: "n t < v"', "return W[tokens], (W.shape, tokens)", "dout, cache",
     "shape, tokens = cache\n    dW = np.zeros(shape)\n    np.add.at(dW, tokens, dout)\n    return {'W': dW}",
     "shape, tokens = cache\n    dW = np.zeros(shape)\n    dW[tokens] += dout\n    return {'W': dW}"),
    ("two_layer", 'x: "n d", W1: "d h", b1: "h", W2: "h k", b2: "k", y: "n < k"',
     "z = x @ W1 + b1\n    h = np.maximum(0, z)\n    s = h @ W2 + b2\n    e = np.exp(s)\n    p = e / np.sum(e, axis=1, keepdims=True)\n"
     "    loss = np.mean(-np.log(p[np.arange(len(y)), y]))\n    return loss, (x, h, p, y, W1, W2)", "dl, cache",
     "x, h, p, y, W1, W2 = cache\n    ds = p.copy()\n    ds[np.arange(len(y)), y] -= 1\n    ds *= dl / len(y)\n    grads = {}\n"
     "    grads['W2'] = h.T @ ds\n    grads['b2'] = ds.sum(axis=0)\n    dh = ds @ W2.T\n    dh[h <= 0] = 0\n"
     "    grads['W1'] = x.T @ dh\n    grads['b1'] = dh.sum(axis=0)\n    grads['x'] = dh @ W1.T\n    return grads",
     "x, h, p, y, W1, W2 = cache\n    ds = p.copy()\n    ds[np.arange(len(y)), y] -= 1\n    ds *= dl / len(y)\n    grads = {}\n"
     "    grads['W2'] = h.T @ ds\n    grads['b2'] = ds.sum(axis=0)\n    dh = ds @ W2.T\n"
     "    grads['W1'] = x.T @ dh\n    grads['b1'] = dh.sum(axis=0)\n    grads['x'] = dh @ W1.T\n    return grads"),
    ("affine", 'x: "n c h w", W: "m k", b: "k"',
     "# dyadic: c = 2; h = 2; w = 3; m = 12\n    return x.reshape(x.shape[0], -1).dot(W) + b, (x, W, b)", "dout, cache",
     "x, W, b = cache\n    return dout.dot(W.T).reshape(x.shape), x.reshape(x.shape[0], -1).T.dot(dout), np.sum(dout, axis=0)",
     "x, W, b = cache\n    return dout.dot(W.T).reshape(x.shape), x.reshape(x.shape[0], -1).T.dot(dout), np.sum(dout, axis=0) / x.shape[0]"),
    ("batchnorm", 'x: "n d", gamma: "d", beta: "d", eps=1e-5',
     "mu = x.mean(axis=0)\n    var = x.var(axis=0)\n    std = np.sqrt(var + eps)\n    xhat = (x - mu) / std\n    return gamma * xhat + beta, (xhat, gamma, std)",
     "dout, cache",
     "xhat, gamma, std = cache\n    N = dout.shape[0]\n    dbeta = dout.sum(axis=0)\n    dgamma = np.sum(dout * xhat, axis=0)\n"
     "    dx = gamma / (N * std) * (N * dout - dbeta - xhat * dgamma)\n    return dx, dgamma, dbeta",
     "xhat, gamma, std = cache\n    N = dout.shape[0]\n    dbeta = dout.sum(axis=0)\n    dgamma = np.sum(dout * xhat, axis=0)\n"
     "    dx = gamma / (N * std) * (N * dout - xhat * dgamma)\n    return dx, dgamma, dbeta"),
    ("groupnorm", 'x: "n c h w"',
     "# dyadic: c = 4; h = 2; w = 1\n    N, C, H, W = x.shape\n    g = x.reshape(N, 2, C // 2, H, W)\n    mu = g.mean(axis=(2, 3, 4), keepdims=True)\n"
     "    std = np.sqrt(((g - mu) ** 2).mean(axis=(2, 3, 4), keepdims=True) + 1e-5)\n    xhat = (g - mu) / std\n    return xhat.reshape(x.shape), xhat, std",
     "dout, xhat, std",
     "d = dout.reshape(xhat.shape)\n    ax = (2, 3, 4)\n    dx = (d - d.mean(axis=ax, keepdims=True) - xhat * (d * xhat).mean(axis=ax, keepdims=True)) / std\n    return dx.reshape(dout.shape)",
     "d = dout.reshape(xhat.shape)\n    ax = (1, 3, 4)\n    dx = (d - d.mean(axis=ax, keepdims=True) - xhat * (d * xhat).mean(axis=ax, keepdims=True)) / std\n    return dx.reshape(dout.shape)"),
    ("unbiased_norm", 'x: "n d"',
     "mu = x.mean(axis=1, keepdims=True)\n    std = np.sqrt(x.var(axis=1, ddof=1, keepdims=True) + 1e-5)\n    y = (x - mu) / std\n    return y, y, std", "g, y, std",
     "d = g.shape[1]\n    return (g - g.mean(axis=1, keepdims=True) - y * (g * y).sum(axis=1, keepdims=True) / (d - 1)) / std",
     "return (g - g.mean(axis=1, keepdims=True) - y * (g * y).mean(axis=1, keepdims=True)) / std"),
    ("softmax", 'z: "n k"', "e = np.exp(z - np.max(z, axis=-1, keepdims=True))\n    s = e / np.sum(e, axis=-1, keepdims=True)\n    return s, s", "ds, s",
     "J = np.einsum('ni,ij->nij', s, np.eye(s.shape[1])) - np.einsum('ni,nj->nij', s, s)\n    return np.einsum('nij,nj->ni', J, ds)",
     "J = np.einsum('ni,ij->nij', s, np.eye(s.shape[1])) - np.einsum('ni,ni->n', s, s)[:, None, None]\n    return np.einsum('nij,nj->ni', J, ds)"),
    ("dropout", 'x: "n d"', "mask = (np.random.rand(*x.shape) < 0.5) / 0.5\n    return x * mask, mask", "dout, mask",
     "return dout * mask", "return dout"),
    ("max_pool", 'x: "n c h w"',
     "# dyadic: c = 1; h = 4; w = 4\n    N, C, H, W = x.shape\n    r = x.reshape(N, C, H // 2, 2, W // 2, 2)\n    out = r.max(axis=3).max(axis=4)\n    return out, (x, r, out)",
     "dout, cache",
     "x, r, out = cache\n    mask = r == out[:, :, :, np.newaxis, :, np.newaxis]\n    d = np.zeros_like(r)\n    db, _ = np.broadcast_arrays(dout[:, :, :, np.newaxis, :, np.newaxis], d)\n"
     "    d[mask] = db[mask]\n    d /= np.sum(mask, axis=(3, 5), keepdims=True)\n    return d.reshape(x.shape)",
     "x, r, out = cache\n    d = np.zeros_like(r)\n    d += dout[:, :, :, np.newaxis, :, np.newaxis]\n    return d.reshape(x.shape)"),
    ("conv_im2col", 'x: "n c h w", w: "f c 3 3", b: "f"', "# dyadic: n = 2; c = 2; h = 3; w = 3; f = 2\n    " + _IM2COL, "dout, cache",
     _COL2IM.format(crop="1:-1"), _COL2IM.format(crop=":-2")),
    ("conv_naive", 'x: "n c 4 4", w: "f c 3 3", b: "f"',
     "# dyadic: n = 2; c = 2; f = 2\n    stride, N, F = 1, x.shape[0], w.shape[0]\n    xp = np.pad(x, ((0,), (0,), (1,), (1,)), mode='constant')\n    out = np.zeros((N, F, 4, 4))\n"
     "    for i in range(4):\n        for j in range(4):\n            patch = xp[:, :, i:i + 3, j:j + 3]\n            out[:, :, i, j] = np.tensordot(patch, w, axes=([1, 2, 3], [1, 2, 3])) + b\n    return out, (xp, w)",
     "dout, cache",
     "xp, w = cache\n    dxp, dw = np.zeros_like(xp), np.zeros_like(w)\n    for i in range(4):\n        for j in range(4):\n"
     "            g = dout[:, :, i, j]\n            dw += np.einsum('nf,nchw->fchw', g, xp[:, :, i:i + 3, j:j + 3])\n            dxp[:, :, i:i + 3, j:j + 3] += np.einsum('nf,fchw->nchw', g, w)\n"
     "    return dxp[:, :, 1:-1, 1:-1], dw, dout.sum(axis=(0, 2, 3))",
     "xp, w = cache\n    dxp, dw = np.zeros_like(xp), np.zeros_like(w)\n    for i in range(4):\n        for j in range(4):\n"
     "            g = dout[:, :, i, j]\n            dw += np.einsum('nf,nchw->fchw', g, xp[:, :, i:i + 3, j:j + 3])\n            dxp[:, :, i:i + 3, j:j + 3] += np.einsum('nf,fchw->nchw', g, w)\n"
     "    return dxp[:, :, :-2, :-2], dw, dout.sum(axis=(0, 2, 3))"),
    ("rnn", 'x: "n t d", h0: "n h", Wx: "d h", Wh: "h h", b: "h"',
     "# dyadic: n = 2; t = 3; d = 2; h = 2\n    N, T, D = x.shape\n    h = np.zeros((N, T, h0.shape[1]))\n    prev = h0\n    for t in range(T):\n        prev = np.tanh(x[:, t, :] @ Wx + prev @ Wh + b)\n        h[:, t, :] = prev\n    return h, (x, h0, Wx, Wh, h)",
     "dh, cache",
     "x, h0, Wx, Wh, h = cache\n    N, T, H = dh.shape\n    dx, dWx, dWh, db = np.zeros(x.shape), np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(H)\n    dprev = np.zeros((N, H))\n"
     "    for t in range(T - 1, -1, -1):\n        prev = h[:, t - 1] if t > 0 else h0\n        dz = (dh[:, t] + dprev) * (1 - h[:, t] ** 2)\n        dx[:, t] = dz @ Wx.T\n        dWx += x[:, t].T @ dz\n        dWh += prev.T @ dz\n        db += dz.sum(axis=0)\n        dprev = dz @ Wh.T\n    return dx, dprev, dWx, dWh, db",
     "x, h0, Wx, Wh, h = cache\n    N, T, H = dh.shape\n    dx, dWx, dWh, db = np.zeros(x.shape), np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(H)\n    dprev = np.zeros((N, H))\n"
     "    for t in range(T - 1, -1, -1):\n        prev = h[:, t - 1] if t > 0 else h0\n        dz = (dh[:, t] + dprev) * (1 - h[:, t] ** 2)\n        dx[:, t] = dz @ Wx.T\n        dWx += x[:, t].T @ dz\n        dWh = prev.T @ dz\n        db += dz.sum(axis=0)\n        dprev = dz @ Wh.T\n    return dx, dprev, dWx, dWh, db"),
    ("lstm", 'x: "n t d", h0: "n h", Wx: "d q", Wh: "h q", b: "q"',
     "# dyadic: n = 1; t = 2; d = 1; h = 1; q = 4\n    N, T, D = x.shape\n    H = h0.shape[1]\n    hs, cache_t, h, c = np.zeros((N, T, H)), [], h0, np.zeros((N, H))\n    for t in range(T):\n        hp, cp = h, c\n        "
     + _SIGMOIDS + "        c = f * cp + i * g\n        h = o * np.tanh(c)\n        hs[:, t] = h\n        cache_t.append((hp, cp, i, f, o, g, c))\n    return hs, (x, Wx, Wh, h0, cache_t)",
     "dhs, cache", _LSTM_BACK.format(sign="+="), _LSTM_BACK.format(sign="=")),
    ("attention", 'x: "n t d", Wq: "d d", Wk: "d d", Wv: "d d"',
     "# dyadic: n = 1; t = 2; d = 2\n    q, k, v = x @ Wq, x @ Wk, x @ Wv\n    s = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])\n    s = np.where(np.tril(np.ones((s.shape[1], s.shape[1]))) == 0, -1e9, s)\n    e = np.exp(s)\n    a = e / e.sum(-1, keepdims=True)\n    return a @ v, (x, Wq, Wk, Wv, q, k, v, a)",
     "do, cache",
     "x, Wq, Wk, Wv, q, k, v, a = cache\n    da, dv = do @ v.transpose(0, 2, 1), a.transpose(0, 2, 1) @ do\n    ds = a * (da - (da * a).sum(-1, keepdims=True))\n    ds = np.tril(ds) / np.sqrt(q.shape[-1])\n    dq, dk = ds @ k, ds.transpose(0, 2, 1) @ q\n"
     "    dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T\n    return dx, np.einsum('ntd,nte->de', x, dq), np.einsum('ntd,nte->de', x, dk), np.einsum('ntd,nte->de', x, dv)",
     "x, Wq, Wk, Wv, q, k, v, a = cache\n    da, dv = do @ v.transpose(0, 2, 1), a.transpose(0, 2, 1) @ do\n    ds = a * (da - (da * a).sum(-1, keepdims=True))\n    ds = np.tril(ds) / np.sqrt(q.shape[-1])\n    dq, dk = ds @ k, ds @ q\n"
     "    dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T\n    return dx, np.einsum('ntd,nte->de', x, dq), np.einsum('ntd,nte->de', x, dk), np.einsum('ntd,nte->de', x, dv)"),
]  # fmt: skip


def pairs():
    """Style, name, whether it is right, and the file."""
    return written({"numpy": _COURSE})
