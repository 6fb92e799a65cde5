"""Backward passes with the usual mistakes, each of which check-vjp refutes."""

import numpy as np


def missing_transpose_forward(x: "n d", w: "d d"):
    return x @ w, (x, w)


def missing_transpose_backward(dout, cache):
    x, w = cache
    return dout @ w, x.T @ dout


def missing_mean_forward(pred: "n d", target: "n d"):
    diff = pred - target
    return np.mean(diff**2), diff


def missing_mean_backward(dloss, cache):
    dpred = dloss * 2 * cache
    return dpred, -dpred


def missing_batch_sum_forward(x: "n d", w: "d m", b: "m"):
    return x @ w + b, (x, w)


def missing_batch_sum_backward(dout, cache):
    x, w = cache
    dx = dout @ w.T
    dw = x.T @ dout
    db = dout
    return dx, dw, db


def layernorm_without_means_forward(x: "n d", gamma: "d", eps=1e-5):
    mu = x.mean(axis=1, keepdims=True)
    rstd = 1 / np.sqrt(x.var(axis=1, keepdims=True) + eps)
    xhat = (x - mu) * rstd
    return gamma * xhat, (xhat, rstd, gamma)


def layernorm_without_means_backward(dout, cache):
    xhat, rstd, gamma = cache
    dxhat = dout * gamma
    dx = rstd * (dxhat - xhat * (dxhat * xhat).mean(axis=1, keepdims=True))
    dgamma = (dout * xhat).sum(axis=0)
    return dx, dgamma


def softmax_without_diagonal_forward(x: "n d"):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, p


def softmax_without_diagonal_backward(dp, cache):
    p = cache
    return -p * np.sum(dp * p, axis=1, keepdims=True)


def keepdims_forward(x: "n n"):
    e = np.exp(x)
    p = e / e.sum(axis=1, keepdims=True)
    return p, p


def keepdims_backward(dp, cache):
    p = cache
    return p * (dp - np.sum(dp * p, axis=1))


def sign_forward(a: "n d", b: "n d"):
    return a - b, None


def sign_backward(dout, cache):
    return dout, dout


def stale_activation_forward(x: "n d"):
    h = np.tanh(x)
    return h, (x, h)


def stale_activation_backward(dh, cache):
    x, _ = cache
    return dh * (1 - x**2)


def mask_of_wrong_tensor_forward(x: "n d", w: "d m"):
    z = x @ w
    h = np.maximum(z, 0)
    return h, (x, w, z)


def mask_of_wrong_tensor_backward(dh, cache):
    x, w, _ = cache
    dz = dh * (dh > 0)
    return dz @ w.T, x.T @ dz


def batchnorm_constant_variance_forward(x: "n d", eps=1e-5):
    mu = x.mean(axis=0)
    std = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - mu) / std
    return xhat, (xhat, std)


def batchnorm_constant_variance_backward(dout, cache):
    _, std = cache
    return (dout - dout.mean(axis=0)) / std


def wrong_order_forward(x: "n d", y: "n d"):
    return x * y, (x, y)


def wrong_order_backward(dout, cache):
    x, y = cache
    return dout * x, dout * y


def overwritten_forward(x: "n d"):
    h = x * x
    return np.exp(h), (x, h)


def overwritten_backward(dy, cache):
    x, h = cache
    dh = h
    dh *= dy
    dh = dy * np.exp(h)
    return dh * 2 * x
