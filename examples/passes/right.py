"""Forward and backward passes that are right: dyadic check-vjp examples/passes/right.py:affine"""

import numpy as np


def affine_forward(x: "n d", w: "d m", b: "m"):
    out = x @ w + b
    cache = (x, w)
    return out, cache


def affine_backward(dout, cache):
    x, w = cache
    dx = dout @ w.T
    dw = x.T @ dout
    db = np.sum(dout, axis=0)
    return dx, dw, db


def relu_forward(x: "n d"):
    out = np.maximum(0, x)
    return out, x


def relu_backward(dout, cache):
    dx = dout.copy()
    dx[cache <= 0] = 0
    return dx


def softmax_forward(x: "n d"):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    return p, p


def softmax_backward(dp, cache):
    p = cache
    return p * (dp - np.sum(dp * p, axis=1, keepdims=True))


def layernorm_forward(x, gamma, beta, eps=1e-5):
    """Normalise each row.

    - x: A numpy array of shape (n, d)
    - gamma: scale, of shape (d,)
    - beta: shift, of shape (d,)
    """
    mu = x.mean(axis=1, keepdims=True)
    var = x.var(axis=1, keepdims=True)
    rstd = 1 / np.sqrt(var + eps)
    xhat = (x - mu) * rstd
    return gamma * xhat + beta, (xhat, rstd, gamma)


def layernorm_backward(dout, cache):
    xhat, rstd, gamma = cache
    dgamma = (dout * xhat).sum(axis=0)
    dbeta = dout.sum(axis=0)
    dxhat = dout * gamma
    mean = dxhat.mean(axis=1, keepdims=True)
    dx = rstd * (dxhat - mean - xhat * (dxhat * xhat).mean(axis=1, keepdims=True))
    return dx, dgamma, dbeta


def batchnorm_forward(x: "n d", gamma: "d", beta: "d", eps=1e-5):
    n = x.shape[0]
    mu = np.sum(x, axis=0) / n
    xmu = x - mu
    var = np.sum(xmu**2, axis=0) / n
    ivar = 1.0 / np.sqrt(var + eps)
    xhat = xmu * ivar
    out = gamma * xhat + beta
    return out, (xhat, gamma, xmu, ivar)


def batchnorm_backward(dout, cache):
    xhat, gamma, xmu, ivar = cache
    n = dout.shape[0]
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * xmu, axis=0) * -0.5 * ivar**3
    dmu = -np.sum(dxhat, axis=0) * ivar + dvar * np.mean(-2.0 * xmu, axis=0)
    dx = dxhat * ivar + dvar * 2 * xmu / n + dmu / n
    return dx, dgamma, dbeta


def attention_forward(q: "n d", k: "m d", v: "m p"):
    s = q @ k.T / np.sqrt(q.shape[1])
    e = np.exp(s)
    p = e / e.sum(axis=-1, keepdims=True)
    return p @ v, (q, k, v, p)


def attention_backward(do, cache):
    q, k, v, p = cache
    scale = np.sqrt(q.shape[1])
    dv = p.T @ do
    dp = do @ v.T
    ds = p * (dp - np.sum(dp * p, axis=-1, keepdims=True))
    dq = ds @ k / scale
    dk = ds.T @ q / scale
    return dq, dk, dv


def mean_squared_error_forward(pred: "n d", target: "n d"):
    diff = pred - target
    return np.mean(diff**2), diff


def mean_squared_error_backward(dloss, cache):
    diff = cache
    dpred = dloss * 2 * diff / (diff.shape[0] * diff.shape[1])
    return dpred, -dpred


def rnn_forward(x: "t n d", h0: "n h", wx: "d h", wh: "h h", b: "h"):
    # dyadic: t = 2; n = 2; d = 1; h = 3
    hs = [h0]
    for step in range(x.shape[0]):
        h = np.tanh(x[step] @ wx + hs[-1] @ wh + b)
        hs.append(h)
    return np.stack(hs[1:]), (x, hs, wx, wh)


def rnn_backward(dout, cache):
    x, hs, wx, wh = cache
    dx = np.zeros_like(x)
    dwx, dwh = np.zeros_like(wx), np.zeros_like(wh)
    db = np.zeros(wh.shape[0])
    carry = np.zeros_like(hs[0])
    for step in reversed(range(x.shape[0])):
        h = hs[step + 1]
        da = (dout[step] + carry) * (1 - h * h)
        dx[step] = da @ wx.T
        dwx += x[step].T @ da
        dwh += hs[step].T @ da
        db += da.sum(axis=0)
        carry = da @ wh.T
    return dx, carry, dwx, dwh, db


def conv1d_forward(x: "n c 6", w: "f c 3", b: "f"):
    n, length = x.shape[0], x.shape[2] - w.shape[2] + 1
    out = np.zeros((n, w.shape[0], length))
    for i in range(length):
        patch = x[:, :, i : i + 3]
        out[:, :, i] = np.einsum("nck,fck->nf", patch, w) + b
    return out, (x, w)


def conv1d_backward(dout, cache):
    x, w = cache
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(dout.shape[2]):
        dw += np.einsum("nf,nck->fck", dout[:, :, i], x[:, :, i : i + 3])
        dx[:, :, i : i + 3] += np.einsum("nf,fck->nck", dout[:, :, i], w)
    db = dout.sum(axis=(0, 2))
    return dx, dw, db


def cross_entropy_forward(x: "n c", y: "n c"):
    logits = x - x.max(axis=1, keepdims=True)
    logp = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))
    loss = -np.sum(y * logp) / x.shape[0]
    return loss, (logp, y)


def cross_entropy_backward(dloss, cache):
    logp, y = cache
    n = y.shape[0]
    dx = dloss * (np.exp(logp) * np.sum(y, axis=1, keepdims=True) - y) / n
    return {"dx": dx}


def normalise_forward(x: "n d"):
    length = np.linalg.norm(x, axis=1, keepdims=True)
    return x / length


def normalise_backward(dy, x):
    length = np.sqrt((x * x).sum(axis=1, keepdims=True))
    y = x / length
    return (dy - y * (dy * y).sum(axis=1, keepdims=True)) / length


class Affine:
    """Weights in ``self``.

    w: (d, m)
    b: (m,)
    """

    def __init__(self, w, b):
        self.w, self.b = w, b
        self.x = None

    def forward(self, x: "n d"):
        self.x = x
        return np.dot(x, self.w) + self.b

    def backward(self, dout):
        self.dw = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return np.dot(dout, self.w.T)
