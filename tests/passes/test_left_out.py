"""Arrays by which a pair returns no gradient at all: the first line says so, whatever way gradients are handed over."""

import pytest

from dyadic.code_checks import check_vjp
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examined
from dyadic.symbolic.readers.python_code import CodeFile

FUNCTIONS = """import numpy as np

def f_forward(x: "n", w: "n", c: "number"):
    return x * w + 0 * c, (x, w)

def f_backward(g, cache):
    x, w = cache
    {}
"""
LISTED = """import numpy as np

class f:
    def __init__(self, w: "d m", b: "m"):
        self.params = [w, b]
        self.grads = [np.zeros_like(w), np.zeros_like(b)]

    def forward(self, x: "n d"):
        self.x = x
        return x @ self.params[0] + self.params[1]

    def backward(self, g):
        w = self.params[0]
        {}
        return g @ w.T
"""
WHOLE = "self.grads[0][...] = self.x.T @ g\n        self.grads[1][...] = g.sum(0)"
CASES = [
    (FUNCTIONS, "dx = g * w\n    return dx", ("w",), Verdict.PROVED),
    (FUNCTIONS, 'return {"w": g * x}', ("x",), Verdict.PROVED),
    (FUNCTIONS, 'return {"x": g * w, "w": g * x}', (), Verdict.PROVED),
    (FUNCTIONS, "dx = g * x\n    return dx", (), Verdict.REFUTED),
    (LISTED, WHOLE, (), Verdict.PROVED),
    (LISTED, WHOLE.replace("g.sum", "g.mean"), (), Verdict.REFUTED),
    (LISTED, WHOLE.replace("self.x.T", "2 * self.x.T"), (), Verdict.REFUTED),
    (LISTED, "self.grads = [self.x.T @ g]", ("b",), Verdict.PROVED),
    (LISTED, "self.db = g.sum(0)\n        self.grads = []", ("w",), Verdict.PROVED),
    (LISTED, "self.slopes = [self.x.T @ g, g.sum(0)]\n        self.grads = None", ("w", "b"), Verdict.PROVED),
]


@pytest.mark.parametrize(("text", "body", "left_out", "verdict"), CASES)
def test_what_is_left_out_is_said(tmp_path, capsys, text, body, left_out, verdict):
    path = tmp_path / "f.py"
    path.write_text(text.replace("{}", body))
    found = examined(CodeFile(path, "f"))
    assert (found.claim.verdict, found.left_out) == (verdict, left_out), found.claim
    check_vjp(str(path), (), "text", False)
    headline = capsys.readouterr().out.split("\n")[0]
    words = f"but no gradient by {', '.join(left_out)} is returned"
    assert (words in headline) if left_out else ("gradient" not in headline)


def test_an_array_by_which_the_derivative_is_0_may_be_left_out(tmp_path):
    path = tmp_path / "f.py"
    path.write_text(FUNCTIONS.replace("x * w", "x * 2 + 0 * w").replace("{}", "return {'x': 2 * g}"))
    assert examined(CodeFile(path, "f")).left_out == ()
