"""More layers and losses whose backward passes are right: dyadic check-vjp examples/passes/more_right.py:rms_norm"""

import numpy as np


def rms_norm_forward(x: "n d", gain: "d", eps=1e-6):
    rms = np.sqrt(np.mean(x**2, axis=1, keepdims=True) + eps)
    return gain * x / rms, (x, gain, rms)


def rms_norm_backward(dy, cache):
    x, gain, rms = cache
    dgain = np.sum(dy * x / rms, axis=0)
    g = dy * gain
    return g / rms - x * np.mean(g * x, axis=1, keepdims=True) / rms**3, dgain


def log_softmax_nll_forward(z: "n k", t: "n k"):
    logp = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.sum(t * logp) / z.shape[0], (logp, t)


def log_softmax_nll_backward(dloss, cache):
    logp, t = cache
    n = t.shape[0]
    return {"dz": dloss * (np.exp(logp) * np.sum(t, axis=1, keepdims=True) - t) / n, "dt": -dloss * logp / n}


def glu_forward(a: "n d", b: "n d"):
    s = 1 / (1 + np.exp(-b))
    return a * s, (a, s)


def glu_backward(dy, cache):
    a, s = cache
    return dy * s, dy * a * s * (1 - s)


def weight_norm_forward(x: "n d", v: "d m", g: "m"):
    length = np.sqrt(np.sum(v * v, axis=0))
    w = v * (g / length)
    return x @ w, (x, v, g, length, w)


def weight_norm_backward(dout, cache):
    x, v, g, length, w = cache
    dw = x.T @ dout
    dg = np.sum(dw * v, axis=0) / length
    dv = dw * (g / length) - v * (g * dg / length**2)
    return dout @ w.T, dv, dg


def cosine_forward(a: "n d", b: "n d"):
    na = np.sqrt(np.sum(a * a, axis=1))
    nb = np.sqrt(np.sum(b * b, axis=1))
    c = np.sum(a * b, axis=1) / (na * nb)
    return c, (a, b, na, nb, c)


def cosine_backward(dc, cache):
    a, b, na, nb, c = cache
    da = dc[:, None] * (b / (na * nb)[:, None] - a * (c / na**2)[:, None])
    db = dc[:, None] * (a / (na * nb)[:, None] - b * (c / nb**2)[:, None])
    return da, db


def huber_forward(p: "n", y: "n", delta=1.0):
    r = p - y
    loss = np.where(np.abs(r) <= delta, 0.5 * r**2, delta * (np.abs(r) - 0.5 * delta))
    return np.sum(loss), (r, delta)


def huber_backward(dloss, cache):
    r, delta = cache
    dp = dloss * np.where(np.abs(r) <= delta, r, delta * np.sign(r))
    return dp, -dp


def conv2d_forward(x: "n c 4 4", w: "f c 2 2"):
    out = np.zeros((x.shape[0], w.shape[0], 3, 3))
    for i in range(3):
        for j in range(3):
            out[:, :, i, j] = np.einsum("ncab,fcab->nf", x[:, :, i : i + 2, j : j + 2], w)
    return out, (x, w)


def conv2d_backward(dout, cache):
    x, w = cache
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(3):
        for j in range(3):
            g = dout[:, :, i, j]
            dx[:, :, i : i + 2, j : j + 2] += np.einsum("nf,fcab->ncab", g, w)
            dw += np.einsum("nf,ncab->fcab", g, x[:, :, i : i + 2, j : j + 2])
    return dx, dw


def bce_logits_forward(z: "n", t: "n"):
    loss = np.maximum(z, 0) - z * t + np.log(1 + np.exp(-np.abs(z)))
    return np.mean(loss), (z, t)


def bce_logits_backward(dloss, cache):
    z, t = cache
    n = z.shape[0]
    return {"dz": dloss * (1 / (1 + np.exp(-z)) - t) / n, "dt": -dloss * z / n}


def softmax_attention_forward(q: "n d", k: "m d", v: "m p", scale: "number"):
    e = np.exp(scale * (q @ k.T))
    p = e / e.sum(axis=1, keepdims=True)
    o = p @ v
    return o, (q, k, v, p, o, scale)


def softmax_attention_backward(do, cache):
    q, k, v, p, o, scale = cache
    dv = p.T @ do
    delta = np.sum(do * o, axis=1, keepdims=True)
    ds = p * (do @ v.T - delta)
    dscale = np.sum(ds * (q @ k.T))
    return scale * ds @ k, scale * ds.T @ q, dv, dscale


def variance_forward(x: "n d"):
    centred = x - x.mean(axis=0)
    return np.sum(centred**2, axis=0) / (x.shape[0] - 1), centred


def variance_backward(dv, centred):
    return 2 * centred * dv / (centred.shape[0] - 1)


def gru_gate_forward(x: "n d", h: "n m", w: "d m", u: "m m"):
    z = 1 / (1 + np.exp(-(x @ w + h @ u)))
    c = np.tanh(x @ w)
    return (1 - z) * h + z * c, (x, h, w, u, z, c)


def gru_gate_backward(dout, cache):
    x, h, w, u, z, c = cache
    da = dout * (c - h) * z * (1 - z)
    db = dout * z * (1 - c**2)
    return (da + db) @ w.T, dout * (1 - z) + da @ u.T, x.T @ (da + db), h.T @ da
