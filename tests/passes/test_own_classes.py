"""Methods and numbers of a pair's own class, what JAX is told not to differentiate by, and what is refused of them."""

import pytest

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeError, CodeFile

CLASS = """import numpy as np


class Base:
    pass


class F(Base):
    slope = 0.5

    def __init__(self, w: "d"):
        super().__init__()
        self.w = w

    def _act(self, a):
        return np.tanh(self.slope * a)

    @staticmethod
    def _by_slope(y, slope):
        return slope * (1 - y**2)

    def forward(self, x: "n d"):
        self.x, self.y = x, self._act(x * self.w)
        return self.y

    def backward(self, g):
        inner = g * F._by_slope(self.y, FACTOR)
        self.dw = (inner * self.x).sum(axis=0)
        return inner * self.w
"""
JAX = """from functools import partial
import jax
import jax.numpy as jnp


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def f(x: "n", k: "number"):
    return f_fwd(x, k)[0]


def f_fwd(x: "n", k: "number"):
    return jnp.sin(k * x), x


def f_bwd(k, x, g):
    return (RETURNED,)


f.defvjp(f_fwd, f_bwd)
"""


def decided(tmp_path, text, name):
    path = tmp_path / "f.py"
    path.write_text(text)
    return examine_pair(CodeFile(path, name)).verdict


@pytest.mark.parametrize(("factor", "verdict"), [("self.slope", Verdict.PROVED), ("1", Verdict.REFUTED)])
def test_methods_and_numbers_of_the_class(tmp_path, factor, verdict):
    assert decided(tmp_path, CLASS.replace("FACTOR", factor), "F") is verdict


@pytest.mark.parametrize(
    ("returned", "verdict"), [("g * k * jnp.cos(k * x)", Verdict.PROVED), ("g * jnp.cos(k * x)", Verdict.REFUTED)]
)
def test_arguments_without_a_derivative(tmp_path, returned, verdict):
    assert decided(tmp_path, JAX.replace("RETURNED", returned), "f") is verdict


@pytest.mark.parametrize(("old", "new", "words"), [
    ("    pass", "    def __init__(self):\n        self.w = 3", "super is no function"),
    ("    slope = 0.5\n", "    slope = 0.5\n    slope = 2\n", "the attribute slope"),
    ("self.x, self.y = ", "self.slope, self.x, self.y = 3, ", "the attribute slope"),
    ("    @staticmethod\n", "    @property\n", "the method _by_slope of a class"),
    ("self._act(x", "self._other(x", "the attribute _other"),
])  # fmt: skip
def test_what_is_not_sure_is_refused(tmp_path, old, new, words):
    """A base with a constructor of its own; a number of the class that is set twice; what the class lacks."""
    assert old in CLASS
    with pytest.raises(CodeError, match=words):
        decided(tmp_path, CLASS.replace("FACTOR", "F.slope").replace(old, new), "F")


@pytest.mark.parametrize("body", [
    "return x.at[7].set(0.0), x", "return x.at[y].set(0.0), x", "return x.at[x > 0].set(x), x",
    "return x.at[0].set(x), x",
    "return jnp.arange(3).at[0].add(0.5) * x, x", "return x.at[0].apply(jnp.sin), x",
])  # fmt: skip
def test_other_entries_that_are_not_sure(tmp_path, body):
    """JAX passes over an index beyond the axis, and cuts numbers off that are put among integers."""
    head, _, rest = JAX.replace("RETURNED", "g").partition("    return jnp.sin(k * x), x")
    with pytest.raises(CodeError, match="not in the subset|no value"):
        decided(tmp_path, f"{head}    {body}{rest}".replace('"n"', '"3"'), "f")


@pytest.mark.parametrize("head", [
    "T = {'a': 2}\nT.update(a=3)\n", "T = {'a': np.zeros(3)}\n", "T = {'a': [1]}\n",
    "T = {'a': 2}\nU = T\nU.update(a=3)\n",
])  # fmt: skip
def test_a_table_that_may_change_is_no_constant(tmp_path, head):
    forward = 'def f_forward(x: "3"):\n    return x * T["a"], x\n'
    text = f'import numpy as np\n{head}\n{forward}\ndef f_backward(g, cache):\n    return g * T["a"]\n'
    with pytest.raises(CodeError, match="no number that is written out"):
        decided(tmp_path, text, "f")
