"""Forward and backward passes in code: right ones are proved, mistakes refuted with numbers that NumPy confirms."""

import re
from operator import itemgetter
from pathlib import Path

import numpy as np
import pytest
from passes.executed import Executed, numbers_of_counterexample
from support.long_tests import often, one_in

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeError, CodeFile, pairs_of

RIGHT, MORE_RIGHT, MISTAKES, MORE_MISTAKES, TORCH = (
    Path(f"examples/passes/{name}.py")
    for name in ("right", "more_right", "mistakes", "more_mistakes", "torch_functions")
)
ALL_RIGHT = [(path, name) for path in (RIGHT, MORE_RIGHT) for name in pairs_of(path)]
NAME = itemgetter(1)
ALL_MISTAKES = [(path, name) for path in (MISTAKES, MORE_MISTAKES) for name in pairs_of(path)]
BY_SHAPES = {"missing_batch_sum"}
AT_NUMBERS = {"rnn", "conv1d", "conv2d", "gru_gate"}
"""Loops and too many operations: shown at numbers for the sizes, which the verdict says."""
WRONG_IN_TORCH = {"SwappedGradients", "StraightThrough"}


def test_there_are_enough():
    assert len(ALL_RIGHT) >= 20
    assert len(ALL_MISTAKES) >= 20


@pytest.mark.parametrize("pair", often(ALL_RIGHT, lambda pair: pair[1] not in ("rnn", "softmax_attention")), ids=NAME)
def test_right_ones_are_proved(pair):
    path, name = pair
    claim = examine_pair(CodeFile(path, name))
    assert claim.verdict is Verdict.PROVED, (claim.reason, claim.counterexample)
    assert ("for all sizes" in claim.statement) == (name not in AT_NUMBERS)


@pytest.mark.parametrize("pair", [pair for pair in ALL_RIGHT if pair[1][0].islower()], ids=NAME)
def test_right_ones_are_right(pair):
    """What is said to be right is: NumPy agrees, by differences."""
    path, name = pair
    file = CodeFile(path, name)
    sizes = dict(zip(file.sizes, (2, 3, 4, 5), strict=False)) | file.numbers
    pair = file.pair({size: sizes[size] for size in file.sizes})
    draw = np.random.default_rng(0)
    arguments = [draw.normal(size=shape) for shape in pair.arguments.values()]
    (shape, _), *_ = pair.upstream.values()
    upstream, executed = draw.normal(size=shape), Executed(path, name)
    compared = 0
    for gradient, found in zip(pair.gradients, executed.gradients(arguments, upstream), strict=True):
        position = list(pair.arguments).index(gradient.argument)
        for place in np.ndindex(found.shape):
            wanted = executed.slope(arguments, upstream, position, place)
            assert found[place] == pytest.approx(wanted, rel=1e-5, abs=1e-7)
            compared += 1
    assert compared


@pytest.mark.parametrize("pair", one_in(4, ALL_MISTAKES), ids=NAME)
def test_mistakes_are_refuted(pair):
    path, name = pair
    claim = examine_pair(CodeFile(path, name))
    assert claim.verdict is Verdict.REFUTED, claim.reason
    found = claim.counterexample
    if name in BY_SHAPES:
        assert "shape" in found["shapes"]
        return
    sizes = {name: int(number) for name, number in re.findall(r"(\w+) = (\d+)", claim.statement)}
    file = CodeFile(path, name)
    pair = file.pair({size: sizes[size] for size in file.sizes})
    arguments, upstream = numbers_of_counterexample(pair, found)
    by, _, place = found["gradient"].removeprefix("by ").partition("[")
    place = tuple(map(int, re.findall(r"\d+", place)))
    executed, position = Executed(path, name), list(pair.arguments).index(by)
    gradients = [gradient.argument for gradient in pair.gradients]
    returned = executed.gradients(arguments, upstream)[gradients.index(by)]
    said = _number(found["derivative of the forward pass"]), _number(found["returned by the backward pass"])
    assert said[0] != said[1]
    assert executed.slope(arguments, upstream, position, place) == pytest.approx(said[0], rel=1e-3, abs=1e-4)
    assert np.broadcast_to(returned, pair.arguments[by])[place] == pytest.approx(said[1], rel=1e-6, abs=1e-9)


def _number(text):
    top, _, bottom = text.removesuffix("...").partition("/")
    return float(top) / float(bottom or 1)


@pytest.mark.parametrize("name", pairs_of(TORCH))
def test_torch_functions(name):
    wanted = Verdict.REFUTED if name in WRONG_IN_TORCH else Verdict.PROVED
    assert examine_pair(CodeFile(TORCH, name)).verdict is wanted


JAX = """
import jax
import jax.numpy as jnp

@jax.custom_vjp
def f(x: "n d", w: "d"):
    return jnp.sin(x) * w

def f_fwd(x: "n d", w: "d"):
    return f(x, w), (jnp.cos(x), jnp.sin(x), w)

def f_bwd(res, g):
    cos, sin, w = res
    return (cos * w * g, (sin * g).sum(axis=0))

f.defvjp(f_fwd, f_bwd)
"""


@pytest.mark.parametrize(("old", "new", "verdict"), [
    ("", "", Verdict.PROVED),
    ("(sin * g).sum(axis=0))", "(cos * g).sum(axis=0))", Verdict.REFUTED),
    ("(cos * w * g, (sin * g).sum(axis=0))", "((sin * g).sum(axis=0), cos * w * g)", Verdict.REFUTED),
    ("(sin * g).sum(axis=0))", "sin * g)", Verdict.REFUTED),
])  # fmt: skip
def test_custom_vjp(tmp_path, old, new, verdict):
    path = tmp_path / "f.py"
    path.write_text(JAX.replace(old, new))
    assert examine_pair(CodeFile(path, "f")).verdict is verdict


def test_a_custom_vjp_is_one_pair_whatever_its_functions_are_called(tmp_path):
    path = tmp_path / "f.py"
    path.write_text(JAX.replace("f_fwd", "own_fwd").replace("f_bwd", "own_bwd"))
    assert pairs_of(path) == ["f"]


SOFTMAX = "    e = np.exp(x)\n    p = e / e.sum({})\n    return p * (dy - np.sum(dy * p{}))\n"
GELU = (
    "    c = jnp.sqrt(2 / jnp.pi)\n    t = jnp.tanh(c * (x + 0.044715 * x**3))\n"
    "    return dy * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x**2))\n"
)
ALIASED = "    s = x.sum()\n    t = s\n    s += s\n    return t, x\n"
ONES = "    return dy * {}.ones_like(x)\n"


@pytest.mark.parametrize(("head", "shape", "forward", "backward", "verdict"), [
    ("import numpy as np\nimport scipy.special", "2 2", "    return scipy.special.softmax(x), x\n",
     SOFTMAX.format("", ""), Verdict.PROVED),
    ("import numpy as np\nimport scipy.special", "2 2", "    return scipy.special.softmax(x), x\n",
     SOFTMAX.format("axis=1, keepdims=True", ", axis=1, keepdims=True"), Verdict.REFUTED),
    ("import jax\nimport jax.numpy as jnp", "n", "    return jax.nn.gelu(x), x\n", GELU, Verdict.PROVED),
    ("import jax\nimport jax.numpy as jnp", "n", "    return jax.nn.gelu(x, False), x\n", GELU, Verdict.REFUTED),
    ("from jax import lax", "3", "    return lax.max(x, 0.0), x\n", "    return dy * (x > 0)\n", Verdict.PROVED),
    ("from jax import lax", "3", "    return lax.min(x, 0.0), x\n", "    return dy * (x > 0)\n", Verdict.REFUTED),
    ("import torch", "n", ALIASED, ONES.format("2 * torch"), Verdict.PROVED),
    ("import torch", "n", ALIASED, ONES.format("torch"), Verdict.REFUTED),
    ("import numpy as np", "n", ALIASED, ONES.format("np"), Verdict.PROVED),
    ("import numpy as np", "number", "    return x**2, x\n", "    return 2 * x * dy\n", Verdict.PROVED),
    ("import numpy as np", "number", "    return x**2, x\n", "    return x * dy\n", Verdict.REFUTED),
    ("import numpy as np", "3", "    return np.exp(x - x.max()), x\n", "    return dy * np.exp(x)\n", Verdict.REFUTED),
])  # fmt: skip
def test_a_function_means_what_its_library_says(tmp_path, head, shape, forward, backward, verdict):
    path = tmp_path / "f.py"
    path.write_text(
        f'{head}\ndef f_forward(x: "{shape}"):\n{forward}\ndef f_backward(dy, cache):\n    x = cache\n{backward}'
    )
    assert examine_pair(CodeFile(path, "f")).verdict is verdict


def test_a_softmax_of_pytorch_says_its_axis(tmp_path):
    path = tmp_path / "f.py"
    path.write_text(
        "import torch.nn.functional as F\n"
        'def f_forward(x: "2 3 4"):\n    return F.softmax(x), x\ndef f_backward(dy, cache):\n    return dy\n'
    )
    with pytest.raises(CodeError, match="softmax without an axis"):
        examine_pair(CodeFile(path, "f"))


def test_at_a_kink_nothing_is_claimed(tmp_path):
    """relu' at 0 is a convention: > and >= are both right, and the verdict says what it leaves out."""
    path = tmp_path / "f.py"
    for sign in (">", ">="):
        path.write_text(
            "import numpy as np\n"
            'def f_forward(x: "n"):\n    return np.maximum(x, 0), x\n'
            f"def f_backward(dy, cache):\n    return dy * (cache {sign} 0)\n"
        )
        claim = examine_pair(CodeFile(path, "f"))
        assert claim.verdict is Verdict.PROVED, sign
    assert any("kink" in text for text in claim.hypotheses)


@pytest.mark.parametrize(("returned", "verdict"), [
    ("da, db", Verdict.PROVED),
    ("db, da", Verdict.PROVED),  # their names say which is which
    ("da, da", Verdict.REFUTED),
    ("dout * b, dout * a", Verdict.PROVED),
    ("dout * a, dout * b", Verdict.REFUTED),
    ("{'da': da, 'b': db}", Verdict.PROVED),
    ("{'da': db, 'db': da}", Verdict.REFUTED),
])  # fmt: skip
def test_which_gradient_is_whose(tmp_path, returned, verdict):
    path = tmp_path / "f.py"
    path.write_text(
        'def f_forward(a: "n", b: "n"):\n    return a * b, (a, b)\n'
        f"def f_backward(dout, cache):\n    a, b = cache\n    da, db = dout * b, dout * a\n    return {returned}\n"
    )
    assert examine_pair(CodeFile(path, "f")).verdict is verdict


def test_of_the_numbers_that_are_asked_for():
    claim = examine_pair(CodeFile(RIGHT, "affine"), {"n": 4, "d": 2, "m": 3})
    assert claim.verdict is Verdict.PROVED
    assert claim.statement.count("at n = 4, d = 2, m = 3") == 1
