"""More backward passes with usual mistakes, each of which check-vjp refutes."""

import numpy as np


def rms_norm_power_forward(x: "n d", gain: "d", eps=1e-6):
    rms = np.sqrt(np.mean(x**2, axis=1, keepdims=True) + eps)
    return gain * x / rms, (x, gain, rms)


def rms_norm_power_backward(dy, cache):
    x, gain, rms = cache
    dgain = np.sum(dy * x / rms, axis=0)
    g = dy * gain
    return g / rms - x * np.mean(g * x, axis=1, keepdims=True) / rms**2, dgain


def nll_without_mean_forward(z: "n k", t: "n k"):
    logp = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.sum(t * logp) / z.shape[0], (logp, t)


def nll_without_mean_backward(dloss, cache):
    logp, t = cache
    return {"dz": dloss * (np.exp(logp) * np.sum(t, axis=1, keepdims=True) - t)}


def glu_own_slope_forward(a: "n d", b: "n d"):
    s = 1 / (1 + np.exp(-b))
    return a * s, (a, s)


def glu_own_slope_backward(dy, cache):
    _, s = cache
    return dy * s, dy * s * (1 - s)


def weight_norm_direction_forward(x: "n d", v: "d m", g: "m"):
    length = np.sqrt(np.sum(v * v, axis=0))
    w = v * (g / length)
    return x @ w, (x, v, g, length, w)


def weight_norm_direction_backward(dout, cache):
    x, v, g, length, w = cache
    dw = x.T @ dout
    dg = np.sum(dw * v, axis=0) / length
    return dout @ w.T, dw * (g / length), dg


def cosine_norm_forward(a: "n d", b: "n d"):
    na = np.sqrt(np.sum(a * a, axis=1))
    nb = np.sqrt(np.sum(b * b, axis=1))
    c = np.sum(a * b, axis=1) / (na * nb)
    return c, (a, b, na, nb, c)


def cosine_norm_backward(dc, cache):
    a, b, na, nb, c = cache
    da = dc[:, None] * (b / (na * nb)[:, None] - a * (c / na)[:, None])
    db = dc[:, None] * (a / (na * nb)[:, None] - b * (c / nb)[:, None])
    return da, db


def huber_sign_forward(p: "n", y: "n", delta=1.0):
    r = p - y
    loss = np.where(np.abs(r) <= delta, 0.5 * r**2, delta * (np.abs(r) - 0.5 * delta))
    return np.sum(loss), (r, delta)


def huber_sign_backward(dloss, cache):
    r, delta = cache
    dp = dloss * np.where(np.abs(r) <= delta, r, delta)
    return dp, -dp


def conv2d_overwrite_forward(x: "1 1 3 3", w: "1 1 2 2"):
    out = np.zeros((1, 1, 2, 2))
    for i in range(2):
        for j in range(2):
            out[:, :, i, j] = np.einsum("ncab,fcab->nf", x[:, :, i : i + 2, j : j + 2], w)
    return out, (x, w)


def conv2d_overwrite_backward(dout, cache):
    x, w = cache
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(2):
        for j in range(2):
            g = dout[:, :, i, j]
            dx[:, :, i : i + 2, j : j + 2] = np.einsum("nf,fcab->ncab", g, w)
            dw += np.einsum("nf,ncab->fcab", g, x[:, :, i : i + 2, j : j + 2])
    return dx, dw


def attention_key_scale_forward(q: "n d", k: "m d", v: "m p", scale: "number"):
    e = np.exp(scale * (q @ k.T))
    p = e / e.sum(axis=1, keepdims=True)
    return p @ v, (q, k, v, p, scale)


def attention_key_scale_backward(do, cache):
    q, k, v, p, scale = cache
    dp = do @ v.T
    ds = p * (dp - np.sum(dp * p, axis=1, keepdims=True))
    return {"dq": scale * ds @ k, "dk": ds.T @ q, "dv": p.T @ do}


def variance_divisor_forward(x: "n d"):
    centred = x - x.mean(axis=0)
    return np.sum(centred**2, axis=0) / (x.shape[0] - 1), centred


def variance_divisor_backward(dv, centred):
    return 2 * centred * dv / centred.shape[0]


def gru_gate_state_forward(x: "n d", h: "n m", w: "d m", u: "m m"):
    z = 1 / (1 + np.exp(-(x @ w + h @ u)))
    c = np.tanh(x @ w)
    return (1 - z) * h + z * c, (x, h, w, u, z, c)


def gru_gate_state_backward(dout, cache):
    x, h, w, _, z, c = cache
    da = dout * (c - h) * z * (1 - z)
    db = dout * z * (1 - c**2)
    return (da + db) @ w.T, dout * (1 - z), x.T @ (da + db), h.T @ da
