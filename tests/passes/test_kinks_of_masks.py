"""Where a mask is at a kink there is a derivative by all else, which is examined there; None is examined as 0."""

import json

import pytest

from dyadic.code_checks import check_vjp
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examined
from dyadic.symbolic.readers.python_code import CodeFile

HEAD = "import numpy as np\n"
ZERO = "np.zeros_like(m)"


def verdict(tmp_path, arguments, forward, backward, name="f"):
    path = tmp_path / "f.py"
    path.write_text(f"{HEAD}def f_forward({arguments}):\n    {forward}\n\ndef f_backward(g, cache):\n    {backward}\n")
    return examined(CodeFile(path, "f"))


@pytest.mark.parametrize(("forward", "right", "wrong"), [
    ("y = np.where(m == 0, 0.0, x)\n    return y, (x, m)", f"np.where(m == 0, 0.0, g), {ZERO}", f"g, {ZERO}"),
    ("y = np.where(m == 1, x, 0.0)\n    return y, (x, m)", f"g * (m == 1), {ZERO}", f"g * (m != 1), {ZERO}"),
    ("y = x * (m != 0)\n    return y, (x, m)", f"g * (m != 0), {ZERO}", f"g, {ZERO}"),
    ("y = x * 1.0\n    y[m == 0] = -1e9\n    return y, (x, m)", f"np.where(m == 0, 0.0, g), {ZERO}", f"g, {ZERO}"),
    ("y = x * (m > 0)\n    return y, (x, m)", f"g * (m > 0), {ZERO}", f"g * (m >= 0), {ZERO}"),
    ("y = np.where(np.equal(m, 2), x**2, x)\n    return y, (x, m)",
     f"g * np.where(m == 2, 2 * x, 1), {ZERO}", f"g, {ZERO}"),
    ("y = x * np.maximum(m, 0)\n    return y, (x, m)",
     "g * np.maximum(m, 0), g * x * (m >= 0)", "g * m * (m > 1), g * x * (m >= 0)"),
    ("y = np.maximum(x, 0) * (m == 1)\n    return y, (x, m)",
     f"g * (x > 0) * (m == 1), {ZERO}", f"g * (x > 0), {ZERO}"),
])  # fmt: skip
def test_a_mask_is_examined_where_it_masks(tmp_path, forward, right, wrong):
    for returned, expected in ((right, Verdict.PROVED), (wrong, Verdict.REFUTED)):
        found = verdict(tmp_path, 'x: "n d", m: "n d"', forward, f"x, m = cache\n    return {returned}")
        assert found.claim.verdict is expected, (found.claim.reason, found.claim.counterexample)


def test_the_kink_still_excuses_the_derivative_by_what_is_at_it(tmp_path):
    returned = "x, m = cache\n    return g * np.maximum(m, 0), g * x * (m >= 0)"
    found = verdict(tmp_path, 'x: "n d", m: "n d"', "return x * np.maximum(m, 0), (x, m)", returned).claim
    assert found.verdict is Verdict.PROVED
    assert any(
        one.startswith("for the derivatives by m: no argument of a function with a kink") for one in found.hypotheses
    )
    assert " by x for all sizes n, d" in found.statement
    assert ", and by m for all sizes n, d" in found.statement


@pytest.mark.parametrize("mask", [
    "np.tril(np.ones((4, 4))) == 0", "np.triu(np.ones((4, 4)), 1) == 1", "np.eye(4) > 0",
    "np.ones_like(x) * 2 <= np.eye(4) * 3", "np.tril(np.ones((4, 4))) != 0",
])  # fmt: skip
def test_masks_of_constants_are_decided(tmp_path, mask):
    forward = f"return np.where({mask}, -1e9, x**2), x"
    for returned, expected in (
        (f"2 * x * g * np.where({mask}, 0.0, 1.0)", Verdict.PROVED),
        (f"2 * x * g * np.where({mask}, 1.0, 0.0)", Verdict.REFUTED),
    ):
        found = verdict(tmp_path, 'x: "4 4"', forward, f"x = cache\n    return {returned}").claim
        assert found.verdict is expected, (found.reason, found.counterexample)


@pytest.mark.parametrize(("share", "slope", "expected"), [
    ("np.sqrt(2 / np.pi)", "np.sqrt(2 / np.pi)", Verdict.PROVED), ("np.pi", "np.pi", Verdict.PROVED),
    ("np.pi", "3.14", Verdict.REFUTED), ("np.sqrt(2 / np.pi)", "np.sqrt(2 * np.pi)", Verdict.REFUTED),
])  # fmt: skip
def test_pi(tmp_path, share, slope, expected):
    forward = f"t = np.tanh({share} * (x + x**3))\n    return t, (x, t)"
    returned = f"x, t = cache\n    return g * (1 - t**2) * {slope} * (1 + 3 * x**2)"
    assert verdict(tmp_path, 'x: "n"', forward, returned).claim.verdict is expected


TORCH = """import torch
class f(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: "n d", w: "d"):
        ctx.save_for_backward(x, w)
        return {value}

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return {gradients}
"""


@pytest.mark.parametrize(("value", "gradients", "left_out", "expected"), [
    ("x * w", "g * w, None", ("w",), Verdict.PROVED),
    ("x * w", "None, (g * x).sum(0)", ("x",), Verdict.PROVED),
    ("x * w", "g, None", (), Verdict.REFUTED),
    ("x * w", "g * w, (g * x).sum(0)", (), Verdict.PROVED),
    ("x * 2 + 0 * w", "g * 2, None", (), Verdict.PROVED),
    ("x * (w > 0)", "g * (w > 0), None", (), Verdict.PROVED),
])  # fmt: skip
def test_none_is_examined_as_0(tmp_path, capsys, value, gradients, left_out, expected):
    path = tmp_path / "f.py"
    path.write_text(TORCH.format(value=value, gradients=gradients))
    found = examined(CodeFile(path, "f"))
    assert (found.claim.verdict, found.left_out) == (expected, left_out)
    check_vjp(str(path), (), "text", False)
    headline = capsys.readouterr().out.splitlines()[0]
    assert (
        (f"no gradient by {', '.join(left_out)} is returned" in headline) if left_out else ("gradient" not in headline)
    )
    check_vjp(str(path), (), "json", False)
    assert json.loads(capsys.readouterr().out)["pairs"][0]["left_out"] == list(left_out)
