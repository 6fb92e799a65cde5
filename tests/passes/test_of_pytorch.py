"""What PyTorch has of its own: setup_context beside a forward pass without ctx, linear, addmm, view_as."""

import pytest

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic import SpecError
from dyadic.symbolic.readers.python_code import CodeFile

TEXT = """import torch
import torch.nn.functional as F


class Cubed(torch.autograd.Function):
    @staticmethod
    def forward({takes}):
        {forward}

    @staticmethod
    def setup_context({context}):
        {set_up}

    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return {returned}
"""
USUAL = {
    "takes": 'x: "n", scale=2.0',
    "forward": "x = scale * x * x * x\n        return x",
    "context": "ctx, inputs, output",
    "set_up": "x, ctx.scale = inputs\n        ctx.save_for_backward(x, output)",
    "returned": "3 * ctx.scale * g * x * x, None",
}


def examined(tmp_path, text):
    path = tmp_path / "f.py"
    path.write_text(text)
    return examine_pair(CodeFile(path, "Cubed"))


@pytest.mark.parametrize(("returned", "verdict"), [
    (USUAL["returned"], Verdict.PROVED), ("3 * g * x * x, None", Verdict.REFUTED),
    ("3 * ctx.scale * g * y, None", Verdict.REFUTED), ("3 * g * y / x, None", Verdict.PROVED),
])  # fmt: skip
def test_what_is_kept_aside_is_what_was_handed_over_and_returned(tmp_path, returned, verdict):
    assert examined(tmp_path, TEXT.format(**{**USUAL, "returned": returned})).verdict is verdict


@pytest.mark.parametrize("other", [
    {"takes": 'ctx, x: "n", scale=2.0'}, {"context": "ctx, inputs"}, {"set_up": "x, y, z = inputs"},
    {"returned": "3 * g * x * x"},
])  # fmt: skip
def test_what_is_no_such_pair(tmp_path, other):
    with pytest.raises(SpecError):
        examined(tmp_path, TEXT.format(**{**USUAL, **other}))


PRODUCTS = [
    ("F.linear(x, w, b)", "g @ w", "g.t() @ x", "g.sum(0)", "g @ w.t()"),
    ("x @ w.t() + F.linear(x, w) + b", "2 * g @ w", "2 * g.t() @ x", "g.sum(0)", "g @ w"),
    ("torch.addmm(b, x, w.t())", "g @ w", "g.t() @ x", "g.sum(0)", "2 * g @ w"),
    ("(x @ w.t()).reshape(-1).view_as(x) + b", "g.reshape(-1).reshape_as(g) @ w", "g.t() @ x", "g.sum(0)", "g"),
]


def product(value, dx, dw, db):
    return TEXT.partition("class")[0] + (
        'class Cubed(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x: "n d", w: "d d", b: "d"):\n'
        f"        ctx.save_for_backward(x, w)\n        return {value}\n\n    @staticmethod\n"
        f"    def backward(ctx, g):\n        x, w = ctx.saved_tensors\n        return {dx}, {dw}, {db}\n"
    )


@pytest.mark.parametrize(("value", "dx", "dw", "db", "wrong"), PRODUCTS, ids=[row[0] for row in PRODUCTS])
def test_products(tmp_path, value, dx, dw, db, wrong):
    assert examined(tmp_path, product(value, dx, dw, db)).verdict is Verdict.PROVED
    assert examined(tmp_path, product(value, wrong, dw, db)).verdict is Verdict.REFUTED


@pytest.mark.parametrize(("value", "said"), [
    ("F.linear(x, b)", "no matrix"), ("F.linear(x > 0, w)", "stops"), ("torch.addmm(b, b, w)", "no matrices"),
    ("torch.addmm(x[None], x, w)", "shape"), ("x.view_as(b)", "reshaped"), ("F.linear(x, w, x[None])", "shape"),
])  # fmt: skip
def test_at_what_pytorch_stops(tmp_path, value, said):
    with pytest.raises(SpecError, match=said):
        examined(tmp_path, product(value, "g", "w", "b"))
