"""The table of what each library has is held against the installed libraries themselves."""

import importlib
from itertools import product

import numpy as np
import pytest
from passes.decided import REFUSED, decided, pair_of
from passes.near_misses import examined
from support.long_tests import one_in

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeError, CodeFile
from dyadic.symbolic.readers.python_code.function_table import FUNCTIONS, VIEWS
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


_TOLD = [(), (0,), (1,), (0, 1), ((1, 0),), ((0,),), ((),), (-1,), ((-1,),), (1.0,), (None,), (float,), ((1, 1),)]
_SHAPES = [(2, 3), (1, 3), (3,), (1,), (3, 1), (2, 2), (2, 1, 2)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("place", ["numpy", "numpy.ndarray", "numpy.linalg", "torch", "torch.Tensor"])
def test_the_table_of_views_holds_all_that_may_share_memory(place):
    """But for einsum, which is a view of a single array alone, diff of no times, and what may be told not to copy."""
    library, apart = pytest.importorskip(place.partition(".")[0]), {"broadcast_arrays", "diff", "einsum"}
    has = HAS[place] - VIEWS - apart
    found = set()
    for name, shape, told in product(sorted(has), _SHAPES, _TOLD):
        array = library.ones(shape) * 0.5
        try:
            made = getattr(_place(place), name)(array, *told)
        except Exception:  # what the function does not take
            continue
        parts = made if isinstance(made, tuple | list) else [made]
        if any(type(part) is type(array) and np.shares_memory(np.asarray(part), np.asarray(array)) for part in parts):
            found.add(name)
    assert found == set()


CONSTANT = "a = np.ones(3)\nb = {}\na[0] = 5\nreturn x * b, x"


@pytest.mark.parametrize("made", one_in(4, [
    "np.float64(a)", "np.float32(a)", "np.double(a)", "np.array(a, copy=None)", "np.array(a, copy=False)",
    "a.astype(float, copy=0)", "np.astype(a, float, copy=False)", "np.einsum('i->i', a)", "np.asarray(a)",
    "np.ascontiguousarray(a)", "a.reshape(3)", "np.broadcast_arrays(a, x)[0]", "np.array(copy=None, object=a)",
]))  # fmt: skip
def test_what_may_share_memory_is_not_read_when_it_has_been_written_to(tmp_path, made):
    assert decided(tmp_path, pair_of(CONSTANT.format(made), "1.0", shapes="x: '3'")) == REFUSED


@pytest.mark.parametrize("made", [
    "np.array(a)", "a.astype(float)", "a.copy()", "np.array(a, copy=True)", "np.einsum('i,i->i', a, np.ones(3))",
    "np.array([1, 1, 1.0])", "1 * a",
])  # fmt: skip
def test_a_copy_stays_as_it_is(tmp_path, made):
    assert decided(tmp_path, pair_of(CONSTANT.format(made), "1.0", shapes="x: '3'")) == Verdict.PROVED
    assert (
        decided(tmp_path, pair_of(CONSTANT.format(made), "np.array([5.0, 1, 1])", shapes="x: '3'")) == Verdict.REFUTED
    )


@pytest.mark.parametrize("cast", ["np.double", "np.float64", "float"])
def test_a_number_is_no_array_in_memory(tmp_path, cast):
    forward = f"a = {cast}(2.0)\nb = a\na += 1\nreturn x * b, x"
    assert decided(tmp_path, pair_of(forward, "2")) == Verdict.PROVED
    assert decided(tmp_path, pair_of(forward, "3")) == Verdict.REFUTED


def test_an_einsum_of_a_list_may_share_memory(tmp_path):
    text = (
        "import torch\nclass f(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x: '3 3'):\n"
        "        a = torch.ones(3, 3)\n        b = torch.einsum('ij->ji', [a])\n        a[0] = 5\n"
        "        return x * b\n    @staticmethod\n    def backward(ctx, g):\n        return g * 1.0\n"
    )
    assert decided(tmp_path, text) == REFUSED
    assert decided(tmp_path, text.replace("'ij->ji', [a]", "'ij,ij->ij', [a, a]")) == Verdict.PROVED
