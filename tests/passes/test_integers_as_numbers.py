"""Arguments of integers that are read as numbers: in terms, in powers, in comparisons; and as indices besides."""

import re
import runpy

import numpy as np
import pytest
from support.long_tests import one_row_in

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeFile

CROSS_ENTROPY = "p = 1 / (1 + np.exp(-x))\n    return -(t * np.log(p) + (1 - t) * np.log(1 - p)).sum(), (p, t)"
HINGE = "s = 2 * t - 1\n    m = np.maximum(0, 1 - s * x)\n    return m.sum(), (x, s, m)"
GATED = "return (x * w[t]).sum(1) * (t > 0), (x, w, t)"
ROWS = "dw = np.zeros_like(w)\n    np.add.at(dw, t, (g * {})[:, None] * x)\n    return (g * {})[:, None] * w[t], dw"
LENGTHS = "m = np.arange(x.shape[1])[None, :] < t[:, None]\n    return (x * m).sum(1) / (t + 1), (m, t)"
PAIRS = [  # arguments, forward pass, what the cache is taken apart into, a right and a wrong end of the backward pass
    ('x: "n", t: "n < 5"', "return x * t, (x, t)", "x, t", "return g * t", "return g * (t + 1)"),
    ('x: "number", t: "number < 1"', "return x * t, (x, t)", "x, t", "return g * t", "return 2 * g * x"),
    ('x: "2", t: "number < 2"', "return x.sum() * t, (x, t)", "x, t", "return g * t * np.ones(2)",
     "d = g * x[t] * np.ones(2)\n    d[t] += g * x.sum()\n    return d"),
    ('x: "n", t: "number < 1"', "return (x * (t + 1)).sum(), x", "x = cache", "return g * np.ones_like(x)",
     "d = g * (x[0] + 1) * np.ones_like(x)\n    d[0] += g * x.sum()\n    return d"),
    ('x: "3", t: "3 < 3"', "return x * t, (x, t)", "x, t", "return g * t",
     "d = g * x[t]\n    np.add.at(d, t, g * x)\n    return d"),
    ('x: "n", t: "n < 2"', CROSS_ENTROPY, "p, t", "return g * (p - t)", "return g * (p + t - 1)"),
    ('x: "n", t: "n < 4"', "d = x - t\n    return (d ** 2).mean(), d", "d = cache", "return 2 * g * d / len(d)",
     "return g * d / len(d)"),
    ('x: "n", t: "n < 2"', HINGE, "x, s, m", "return -g * s * (m > 0)", "return g * s * (m > 0)"),
    ('x: "n", t: "n < 4"', "return x * (t < 2), t", "t = cache", "return g * (t <= 1)", "return g * (t < 1)"),
    ('x: "n", t: "n < 3"', "return x * 0.5 ** t, t", "t = cache", "return g * 0.5 ** t", "return g * 2.0 ** t"),
    ('x: "n", t: "n < 3"', "return x / (1 + t) + t, t", "t = cache", "return g / (1 + t)", "return g / (2 + t)"),
    ('x: "n d", t: "n < 3"', LENGTHS, "m, t", "return (g / (t + 1))[:, None] * m", "return g[:, None] * m / 2"),
    ('x: "n 2", w: "v 2", t: "n < v"', GATED, "x, w, t", ROWS.format("(t > 0)", "(t > 0)"), ROWS.format("1", "t")),
    ('x: "n", t: "n < 3"', "m = t > 0\n    return (x * m).sum() / (m.sum() + 1), m", "m = cache",
     "return g * m / (m.sum() + 1)", "return g * m / m.size"),
    ('x: "n", t: "n < 3"', "return np.where(t == 1, x * t, x ** 2 * t), (x, t)", "x, t",
     "return g * np.where(t == 1, t, 2 * x * t)", "return g * np.where(t == 1, t, x * t)"),
]  # fmt: skip


def written(tmp_path, arguments, forward, cache, end):
    path = tmp_path / "f.py"
    taken = cache if "=" in cache else f"{cache} = cache"
    path.write_text(
        f"import numpy as np\ndef f_forward({arguments}):\n    {forward}\n\n"
        f"def f_backward(g, cache):\n    {taken}\n    {end}\n"
    )
    return path


@pytest.mark.parametrize(("arguments", "forward", "cache", "right", "wrong"), one_row_in(3, PAIRS))
def test_an_integer_in_a_term_is_the_number_that_it_is(tmp_path, arguments, forward, cache, right, wrong):
    assert examine_pair(CodeFile(written(tmp_path, arguments, forward, cache, right), "f")).verdict is Verdict.PROVED
    path = written(tmp_path, arguments, forward, cache, wrong)
    found = examine_pair(CodeFile(path, "f"))
    assert found.verdict is Verdict.REFUTED
    holds(path, found.counterexample, arguments)


def holds(path, found, arguments):
    """That the two derivatives of a counterexample are those of the executed file, the integers among its numbers."""
    module = runpy.run_path(str(path))
    labels = {**found["values"], **found.get("integers", {})}
    sizes = dict.fromkeys("ndv", 1)
    shapes = {name: shape.split("<")[0].split() for name, shape in re.findall(r'(\w+): "([^"]*)"', arguments)}
    of_name = {name: [label for label in labels if label.partition("[")[0] == name] for name in (*shapes, "g")}
    for name, shape in shapes.items():
        for label in (*of_name[name], found["gradient"].removeprefix("by ")):
            for size, index in zip(shape, re.findall(r"[\d.]+", label.partition("[")[2]), strict=False):
                sizes[size] = max(sizes.get(size, 1), int(index.split("..")[-1]) + 1)

    def filled(name, shape, kind):
        array = np.zeros(shape, dtype=kind)
        for label in of_name[name]:
            array[of_label(label)] = number(labels[label])
        return array if shape else kind(array)

    extents = {name: tuple(int(d) if d.isdigit() else sizes[d] for d in shape if d != "number")
               for name, shape in shapes.items()}  # fmt: skip
    given = {name: filled(name, extents[name], int if name == "t" else float) for name in shapes}

    def output(**moved):
        return module["f_forward"](**{k: np.array(v) if np.shape(v) else v for k, v in {**given, **moved}.items()})

    value, cache = output()
    g = filled("g", np.shape(value), float)
    returned = module["f_backward"](g, cache)
    by, place = found["gradient"].removeprefix("by ").partition("[")[0], of_label(found["gradient"])
    position = list(shapes).index(by)
    returned = np.asarray(returned[position] if isinstance(returned, tuple) else returned)[place]
    sides = []
    for step in (1e-5, -1e-5):
        moved = np.array(given[by], dtype=float)
        moved[place] += step
        sides.append(np.sum(g * output(**{by: moved})[0]))
    assert np.isclose(number(found["returned by the backward pass"]), returned)
    assert np.isclose(number(found["derivative of the forward pass"]), (sides[0] - sides[1]) / 2e-5, atol=1e-6)


def of_label(label):
    ranges = [index.split("..") for index in re.findall(r"[\d.]+", label.partition("[")[2])]
    return tuple(slice(int(one[0]), int(one[1]) + 1) if len(one) > 1 else int(one[0]) for one in ranges)


def number(text):
    top, _, bottom = str(text).removesuffix("...").partition("/")
    return float(top) / float(bottom or 1)


PYTORCH = """import torch
class f(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: "n d", t: "n < 3"):
        ctx.save_for_backward(t)
        return x * t[:, None]
    @staticmethod
    def backward(ctx, g):
        t, = ctx.saved_tensors
        return g * {}, None
"""


@pytest.mark.parametrize(
    ("returned", "verdict"), [("t.unsqueeze(1)", Verdict.PROVED), ("(t.unsqueeze(1) > 0)", Verdict.REFUTED)]
)
def test_the_same_in_pytorch(tmp_path, returned, verdict):
    path = tmp_path / "f.py"
    path.write_text(PYTORCH.format(returned))
    assert examine_pair(CodeFile(path, "f")).verdict is verdict
