"""None in the subscript of a write: the value is broadcast to the shape with the new axes, as NumPy does."""

import random

import numpy as np
import pytest
from passes.executed import entries_of
from support.long_tests import one_in, one_row_in

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeError, CodeFile

ROWS, COLUMNS = "x.sum(1), x", "x.sum(0), x"
PAIRS = [  # shape of x, a write in the backward pass, the forward pass for which it is right, one for which it is wrong
    ("n n", "d[..., None] = g[:, None]", COLUMNS, ROWS),
    ("n n", "d[:, :, None] += g[:, None]", COLUMNS, ROWS),
    ("n n", "d[None] = g[:, None]", ROWS, COLUMNS),
    ("n n", "d[:, None, :] = g[:, None, None]", ROWS, COLUMNS),
    ("n", "d[:, None] = 2 * g[:, None]", "2 * x, x", "3 * x, x"),
    ("n", "d[None, ...] -= 2 * g", "-2 * x, x", "2 * x, x"),
    ("4", "d[::-1, None] += g[:, None]", "x[::-1], x", "x, x"),
    ("3 3", "d[[2, 0, 1], None] = g[:, None]", "x[[2, 0, 1]], x", "x[[1, 2, 0]], x"),
    ("3 3", "d[None, 0, ..., [0, 1, 2]] = g[:, None]", "x[0], x", "x[1], x"),
    ("3 3", "np.add.at(d, (slice(None), None, [0, 0, 1]), g[:, None])", "x[:, [0, 0, 1]], x", "x[:, [0, 1, 1]], x"),
]  # fmt: skip
STOPS = [  # writes at which NumPy stops
    ("n", "d[:, None] = 2 * g"), ("3 3", "d[:, None] = 2 * g"), ("n", "d[None] = 2 * g[:, None]"),
    ("n", "d[:, None] += 2 * g"), ("3", "d[0, None, 1] = g[0]"), ("3", "d[..., None, ...] = g[:, None]"),
    ("3 3", "d[[0, 1, 2], None] = 2 * g"), ("3 3", "d[:] += 2 * g[None]"), ("3 3", "d[0] -= 2 * g[:1]"),
]  # fmt: skip


def of_write(tmp_path, shape, write, forward):
    path = tmp_path / "f.py"
    path.write_text(
        f"import numpy as np\ndef f_forward(x: '{shape}'):\n    return {forward}\n\n"
        f"def f_backward(g, x):\n    d = np.zeros_like(x)\n    {write}\n    return d\n"
    )
    return examine_pair(CodeFile(path, "f"))


@pytest.mark.parametrize(("shape", "write", "right", "wrong"), one_row_in(3, PAIRS))
def test_the_value_has_the_new_axes(tmp_path, shape, write, right, wrong):
    assert of_write(tmp_path, shape, write, right).verdict is Verdict.PROVED
    assert of_write(tmp_path, shape, write, wrong).verdict is Verdict.REFUTED


@pytest.mark.parametrize(("shape", "write"), one_row_in(3, STOPS))
def test_where_numpy_stops_nothing_is_proved(tmp_path, shape, write):
    space = {"d": np.zeros([3] * len(shape.split())), "g": np.ones([3] * len(shape.split()))}
    with pytest.raises((ValueError, IndexError)):
        exec(write, space)
    found = of_write(tmp_path, shape, write, "2 * x, x")
    assert found.verdict is Verdict.REFUTED
    assert "shapes" in found.counterexample


OTHERS = {
    "torch": "import torch\nclass f(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x: 'n n'):\n"
    "        ctx.save_for_backward(x)\n        return x.sum({})\n    @staticmethod\n    def backward(ctx, g):\n"
    "        x, = ctx.saved_tensors\n        d = torch.zeros_like(x)\n        d[..., None] = g[:, None]\n"
    "        return d\n",
    "jax": "import jax\nimport jax.numpy as jnp\n@jax.custom_vjp\ndef f(x):\n    return x.sum({0})\n"
    "def f_fwd(x: 'n n'):\n    return x.sum({0}), x\ndef f_bwd(x, g):\n"
    "    return (jnp.zeros_like(x).at[..., None].set(g[:, None]),)\nf.defvjp(f_fwd, f_bwd)\n",
}


@pytest.mark.parametrize("library", OTHERS)
def test_the_same_in_pytorch_and_jax(tmp_path, library):
    path = tmp_path / "f.py"
    for axis, verdict in ((0, Verdict.PROVED), (1, Verdict.REFUTED)):
        path.write_text(OTHERS[library].format(axis))
        assert examine_pair(CodeFile(path, "f")).verdict is verdict


def test_torch_selects_first_where_numpy_takes_an_integer_for_an_array(tmp_path):
    """d[0, :, [1, 0]] is 2 x 2 in both, the one transposed: not read of PyTorch."""
    path = tmp_path / "f.py"
    path.write_text(
        "import torch\nclass f(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x: '2 2'):\n"
        "        z = torch.zeros(2, 2, 2)\n        z[0, :, [0, 1]] = x\n        return z[0]\n    @staticmethod\n"
        "    def backward(ctx, g):\n        return g.T\n"
    )
    with pytest.raises(CodeError, match="side by side"):
        examine_pair(CodeFile(path, "f"))


# -- programs of a generator, read and executed ----------------------------------------------------------------

SHAPES = [(3, 4), (2, 3, 2), (3, 3), (4,), (2, 2, 3)]


def key(choose, dim):
    """A subscript along an axis: slices, an integer, arrays."""
    kind = choose.random()
    if kind < 0.45:
        return choose.choice([":", ":", "::-1", "1:", ":-1", "::2", "-2:"])
    if kind < 0.65:
        return str(choose.randrange(-dim, dim))
    if kind < 0.8:
        return choose.choice([f"np.arange({dim})", f"np.arange({dim})[:, None]"])
    return str([choose.randrange(-dim, dim) for _ in range(choose.choice([1, 2, 2, dim]))])


def program(choose):
    """A shape, and a write of some entries of x into z; the value mostly has a shape that fits."""
    shape = choose.choice(SHAPES)
    keys = [key(choose, dim) for dim in shape]
    if choose.random() < 0.35:
        first = choose.randrange(len(keys) + 1)
        keys[first : choose.randrange(first, len(keys) + 1)] = ["..."]
    else:
        keys = keys[: choose.randrange(1, len(keys) + 1)]
    for _ in range(choose.choice([1, 1, 1, 2, 3])):
        keys.insert(choose.randrange(len(keys) + 1), choose.choice(["None", "np.newaxis"]))
    subscript = ", ".join(keys)
    try:
        value = list(eval(f"x[{subscript}]", {"np": np, "x": np.zeros(shape)}).shape)
    except (IndexError, ValueError):
        value = list(shape)
    value = [1 if choose.random() < 0.15 else dim for dim in value]
    while value and choose.random() < 0.25:
        value = value[1:]
    if choose.random() < 0.2:
        value = [1, *value]
    if choose.random() < 0.15 and value:
        value[choose.randrange(len(value))] = choose.choice([1, 2, 3])
    count = int(np.prod(value))
    flat = f"np.tile(x.reshape(-1), {count // int(np.prod(shape)) + 1})[:{count}]"
    written = f"{flat}.reshape({', '.join(map(str, value))})" if value else "x.reshape(-1)[1]"
    return shape, f"z[{subscript}] {choose.choice(['=', '=', '+=', '*=', '-='])} 3 * {written}"


@pytest.mark.parametrize("seed", one_in(8, range(16)))
def test_programs_are_read_as_they_run(tmp_path, seed):
    """What is read has the entries that NumPy computes; where NumPy stops nothing is read."""
    choose, path, alike = random.Random(seed), tmp_path / "f.py", 0
    for _ in range(25):
        shape, write = program(choose)
        path.write_text(
            f"import numpy as np\ndef f_forward(x: '{' '.join(map(str, shape))}'):\n    z = x * 5\n    {write}\n"
            "    return z, x\n\ndef f_backward(g, x):\n    return x\n"
        )
        x, space = np.random.default_rng(seed).normal(size=shape), {}
        exec(path.read_text(), space)
        try:
            wanted = space["f_forward"](x.copy())[0]
        except (IndexError, ValueError):
            with pytest.raises(CodeError):
                CodeFile(path, "f").pair()
            continue
        pair, tensors = CodeFile(path, "f").pair(), {"x": x}
        for definition in pair.forward:
            tensors[definition.name] = entries_of(definition, tensors)
        ((_, output),) = pair.upstream.values()
        assert np.allclose(tensors[output], wanted), write
        alike += 1
    assert alike > 10
