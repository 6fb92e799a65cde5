"""The shapes of a custom_vjp stand at the function itself, as people write it, and not at its forward pass."""

import pytest
from passes.decided import PROVED, REFUTED, decided

from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeFile

TEXT = """import jax
import jax.numpy as jnp


@jax.custom_vjp
def f({written}):
    {comment}
    return x @ w


def f_fwd(inputs, weight):
    return {value}, (inputs, weight)


def f_bwd(res, g):
    x, w = res
    return g @ w.T, {slope}


f.defvjp(f_fwd, f_bwd)
"""


def text(written='x: "n d", w: "d m"', comment="pass", value="f(inputs, weight)", slope="x.T @ g"):
    return TEXT.format(written=written, comment=comment, value=value, slope=slope)


WRITTEN = [
    {},
    {"written": 'x: Float[Array, "n d"], w: Float[Array, "d m"]'},
    {"written": "x, w", "comment": "# dyadic: x: n d; w: d m\n    pass"},
    {"written": "x, w", "comment": '"""x: (n, d)\n    w: (d, m)"""'},
]


@pytest.mark.parametrize("case", WRITTEN)
def test_they_are_those_of_the_forward_pass(tmp_path, case):
    assert decided(tmp_path, text(**case)) is PROVED
    assert decided(tmp_path, text(**case, slope="(x * 2).T @ g")) is REFUTED


def test_own_ones_come_first(tmp_path):
    own = text(written='x: "n", w: "d m"').replace("inputs, weight):", 'inputs: "n d", weight):')
    assert decided(tmp_path, own) is PROVED


def test_labels(tmp_path):
    labelled = (
        "import jax\nimport jax.numpy as jnp\n\n\n@jax.custom_vjp\n"
        'def f(x: "n k", y: "n < k"):\n    return x[jnp.arange(y.shape[0]), y]\n\n\n'
        "def f_fwd(a, b):\n    return f(a, b), (a, b)\n\n\n"
        "def f_bwd(res, g):\n    x, y = res\n    return g[:, None] * jnp.eye(x.shape[1])[y], None\n\n\n"
        "f.defvjp(f_fwd, f_bwd)\n"
    )
    assert decided(tmp_path, labelled) is PROVED


@pytest.mark.parametrize(("value", "said"), [("f(inputs, weight)", False), ("inputs @ weight", True)])
def test_that_both_return_the_same_is_said(tmp_path, value, said):
    path = tmp_path / "f.py"
    path.write_text(text(value=value))
    claim = examine_pair(CodeFile(path, "f"))
    assert claim.verdict is PROVED
    assert ("f is taken to return what f_fwd does" in claim.hypotheses) is said
