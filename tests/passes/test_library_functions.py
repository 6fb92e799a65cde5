"""The table of what each library has is held against the installed libraries themselves."""

import importlib

import pytest
from passes.near_misses import examined

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeError, CodeFile
from dyadic.symbolic.readers.python_code.function_table import FUNCTIONS
from dyadic.symbolic.readers.python_code.library_functions import HAS, OTHER_MEANING

_TYPES = {"numpy.ndarray": "numpy", "torch.Tensor": "torch", "jax.Array": "jax"}


def _place(name):
    library = pytest.importorskip(name.partition(".")[0])
    if name == "jax.Array":
        return type(importlib.import_module("jax.numpy").zeros(1))
    return getattr(library, name.rpartition(".")[2]) if name in _TYPES else importlib.import_module(name)


@pytest.mark.parametrize("name", sorted(set(HAS) - {"jax.lax"}))
def test_the_table_holds_what_the_library_has(name):
    place = _place(name)
    has = {one for one in FUNCTIONS if callable(getattr(place, one, None)) and (name, one) not in OTHER_MEANING}
    assert (sorted(has - HAS[name]), sorted(HAS[name] - has)) == ([], [])


def test_of_jax_lax_a_part():
    lax = _place("jax.lax")
    assert [one for one in HAS["jax.lax"] if not hasattr(lax, one) or one not in FUNCTIONS] == []


@pytest.mark.parametrize(("head", "there", "not_there"), [
    ("import numpy as np", "np.tanh(x)", "np.sigmoid(x)"), ("import numpy as np", "np.exp(x)", "x.exp()"),
    ("import numpy as np", "x.reshape(x.shape)", "x.view(x.shape)"),
    ("import numpy as np", "np.log1p(x)", "np.relu(x)"),
    ("import torch", "torch.sigmoid(x)", "torch.gelu(x)"), ("import torch", "x.tanh()", "x.astype(float)"),
    ("import jax", "jax.nn.softplus(x)", "jax.numpy.softplus(x)"), ("import math", "x * math.exp(1)", "math.exp(x)"),
    ("import scipy.special", "scipy.special.expit(x)", "scipy.special.relu(x)"),
    ("import jax", "jax.lax.clamp(0.5, x, 1.5)", "jax.lax.clamp(1, x, 2)"),
    ("import jax", "jax.lax.exp(x)", "jax.lax.cumsum(x)"), ("import jax", "jax.lax.mul(x, x)", "jax.lax.div(7, 2) * x"),
])  # fmt: skip
def test_a_function_that_a_library_lacks_is_refused(tmp_path, head, there, not_there):
    for value, refused in ((there, False), (not_there, True)):
        path = tmp_path / "f.py"
        path.write_text(
            f"{head}\ndef f_forward(x: 'n'):\n    return 0 * ({value}), x\n\ndef f_backward(g, x):\n    return 0 * g\n"
        )
        if refused:
            with pytest.raises(CodeError, match="not in the subset"):
                examine_pair(CodeFile(path, "f"))
        else:
            assert examine_pair(CodeFile(path, "f")).verdict is Verdict.PROVED


@pytest.mark.parametrize(("low", "expected"), [("0.5", Verdict.PROVED), ("1.5", Verdict.REFUTED)])
def test_the_order_of_jax_lax_clamp(tmp_path, low, expected):
    forward, backward = "return jax.lax.clamp(0.5, x, 1.5), x", f"return g * (x > {low}) * (x < 1.5)"
    assert examined(tmp_path / "f.py", 'x: "n"', forward, backward, head="import jax").verdict is expected
