"""The published errors of examples/claims/public are errors: PyTorch says so, at numbers drawn here.

Each has a claim that is refuted and the right one beside it; what they say is written once more, for PyTorch.  So have
the questions whose answer is no.
"""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from support.optional import needed

torch = needed("torch")

PUBLIC = Path(__file__).resolve().parents[2] / "examples" / "claims" / "public"
EPS = 1e-5


def drawn(*shape):
    generator = torch.Generator().manual_seed(sum(shape) + len(shape))
    return torch.randn(*shape, dtype=torch.float64, generator=generator).requires_grad_()


def slopes(value, *by):
    """The derivatives of a sum, as autograd has them."""
    found = torch.autograd.grad(value.sum(), by, retain_graph=True)
    return [one.detach() for one in found]


def tanh_classifier():
    x, y = drawn(3), torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
    first, second = drawn(3, 3), drawn(3, 3)
    z1 = x @ first
    a1 = torch.tanh(z1)
    z2 = a1 @ second
    cost = -(y * torch.log_softmax(z2, 0)).sum()
    delta3, delta2, back = slopes(cost, z2, z1, a1)
    with torch.no_grad():
        came = delta3 @ second.T
        yield "notebook", delta2, (1 - torch.tanh(z2) ** 2) * came, (1 - torch.tanh(z1) ** 2) * came
        yield "activation", delta2, came * (1 - torch.tanh(a1) ** 2), came * (1 - torch.tanh(z1) ** 2)
        yield "argument", delta2, 1 - torch.tanh(back) ** 2, back * (1 - torch.tanh(z1) ** 2)
    (slope,) = slopes(torch.tanh(z1), z1)
    yield "table", slope, -(torch.tanh(z1) ** 2), 1 - torch.tanh(z1) ** 2


def softmaxes():
    z, g = drawn(3), drawn(3).detach()
    p, logp = torch.softmax(z, 0), torch.log_softmax(z, 0)
    (dz,) = slopes(p * g, z)
    yield "softmax", dz, g * p * (1 - p), p * (g - (g * p).sum())
    own = torch.stack([slopes(p[i], z)[0][i] for i in range(3)])
    yield "derivative", own, 1 - p, p * (1 - p)
    (dz,) = slopes(logp * g, z)
    yield "log softmax", dz, torch.exp(logp) + g, g - torch.exp(logp) * g.sum()


def prenorm():
    res, w, dres, dout = drawn(4), drawn(4).detach() + 2, drawn(4).detach(), drawn(4).detach() * 2
    rstd = torch.rsqrt((res**2).mean() + EPS)
    (found,) = slopes(res * dres + res * rstd * w * dout, res)

    def dnorm(u):
        return rstd * (u * w - res * rstd**2 * (u * w * res).mean())

    yield "what comes back is added", found, dnorm(dres + dout), dres + dnorm(dout)


def chain():
    sizes = (3, 4, 4, 2)
    v, r, weights = [drawn(3)], [], [drawn(n, m) for m, n in pairwise(sizes)]
    for weight in weights:
        r.append(weight @ v[-1])
        v.append(torch.sigmoid(r[-1]))
    y = drawn(2).detach() + 1
    cost = ((v[-1] - y) ** 2).sum() / 2
    vbar, rbar, (wbar,) = slopes(cost, *v), slopes(cost, *r), slopes(cost, weights[-1])
    yield "lecture notes", vbar[1], weights[1].T @ vbar[2], weights[1].T @ rbar[1]
    out, before = v[-1], v[-2]
    twice = torch.outer((y - out) * torch.sigmoid(out) * (1 - torch.sigmoid(out)), before)
    yield "book", wbar, -twice, -torch.outer((y - out) * out * (1 - out), before)
    yield "output layer", rbar[-1], out - y, (out - y) * out * (1 - out)


def batch_norm():
    x, dy, g = drawn(5), drawn(5).detach() ** 2, 1.7
    mu, var = x.mean(), x.var(correction=0)
    ivar = torch.rsqrt(var + EPS)
    xhat = (x - mu) * ivar
    (found,) = slopes(g * xhat * dy, x)

    def knet(dyivar):
        dsigma2 = -(dyivar * (x - mu) * ivar**2).sum() / 2
        dmu = -dyivar.sum() - 2 * dsigma2 * (x - mu).sum() / 5
        return dyivar + dsigma2 * 2 * (x - mu) / 5 + dmu / 5

    yield "Knet", found, knet(dy * ivar), knet(g * dy * ivar)
    form = (g * dy - (g * dy).mean() - (g * dy * xhat).mean() * xhat) * ivar
    between = (g * dy - (g * dy * xhat).mean() * xhat) * ivar
    more = form + (g * dy * xhat).mean() * xhat.mean() * ivar
    for name, right in (("other form", between - between.mean()), ("mean of Y", more), ("compact", form)):
        yield name, found, None, right


def numbers():
    a, b, c, d, g = drawn(1), drawn(1), drawn(1), drawn(2), drawn(2).detach() + 1
    splat = torch.exp(-(a * d[0] ** 2 + c * d[1] ** 2) / 2 - b * d[0] * d[1])
    (found,) = slopes(splat, b)
    yield "splat", found, -splat * d[0] * d[1] / 2, -splat * d[0] * d[1]
    length = d.norm()
    u = d / length
    (found,) = slopes(g * u, d)
    yield "normalize", found, (g - u * (g @ u) / length) / length, (g - u * (g @ u)) / length


CASES = {
    "errors_tanh": tanh_classifier,
    "errors_softmax": softmaxes,
    "errors_prenorm": prenorm,
    "errors_chain": chain,
    "questions_of_numbers": numbers,
    "questions_batch_norm": batch_norm,
}


@pytest.mark.parametrize("file", CASES)
def test_what_was_published_is_wrong(file):
    claims = tomllib.loads((PUBLIC / f"{file}.toml").read_text())["claim"]
    refuted = [claim["id"] for claim in claims if claim.get("expect") == "refuted"]
    errors = {name.partition(": ")[2] for name in refuted if not name.startswith("slip: ")}
    confirmed = set()
    for name, found, wrong, right in CASES[file]():
        assert torch.allclose(found, right.detach(), rtol=1e-9, atol=1e-12), name
        if wrong is not None:
            assert not torch.allclose(found, wrong.detach(), rtol=1e-2, atol=1e-3), name
            confirmed |= {error for error in errors if error.startswith(name)}
    assert confirmed == errors


def test_addresses_are_given():
    for file in (*CASES, "batch_norm", "cs231n", "flash_attention", "layer_norm", "lstm", "nielsen", "ufldl"):
        head = (PUBLIC / f"{file}.toml").read_text().split("[[claim]]")[0]
        assert "https://" in head or "http://" in head, file
