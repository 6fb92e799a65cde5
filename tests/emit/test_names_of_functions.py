"""No two functions of an emitted module have one name, whichever of them a network needs."""

import ast
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from support.modules import load
from support.optional import require

import dyadic

TEMPLATES = Path("codegen/templates")
APART = {"_new": "one of the alternatives of a branch", "__init__": "a method", "_arrays": "a method"}


def test_no_template_defines_what_another_one_does():
    """Of all that templates define at the outermost level, whether a network needs both or not."""
    counted = Counter(
        line.removeprefix("{% block gradients %}").removeprefix("def ").partition("(")[0]
        for path in sorted(TEMPLATES.glob("*.py.j2"))
        for line in path.read_text().splitlines()
        if line.removeprefix("{% block gradients %}").startswith("def _")
    )
    assert not {name for name, count in counted.items() if count > 1} - set(APART)


NETWORK = """<ir_version: 8, opset_import: ["": 17]> both (float[1, 4, 6, 6] x) => (float[2, 4] y)
<float[5, 4] W = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0},
 int64[2] rows = {3, 1}>
{ p = MaxPool<kernel_shape = [3, 3], strides = [1, 1], pads = [1, 1, 1, 1]>(x)  t = Tanh(p)
  a = ReduceMean<axes = [2, 3], keepdims = 0>(t)  g = Gather<axis = 0>(W, rows)  y = Mul(a, g) }"""


def test_constant_positions_beside_a_pool():
    """Both have helpers that are about positions."""
    require(find_spec("onnx"), "onnx is not installed: pip install 'dyadic-backprop[onnx]'")
    import onnx

    from dyadic.symbolic.readers.onnx_model import from_onnx

    text = dyadic.emit(dyadic.derive(from_onnx(onnx.parser.parse_model(NETWORK))), "numpy").text
    names = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    assert {"_given_positions", "_positions"} <= set(names)
    assert len(names) == len(set(names))
    module = load(text)
    x = np.random.default_rng(0).normal(size=(1, 4, 6, 6))
    loss, gradients = module.gradients(module.init(0), {"x": x}, np.ones((2, 4)))
    assert loss == pytest.approx((gradients["W"] * module.init(0)["W"]).sum())
    assert not gradients["W"][[0, 2, 4]].any()
    assert gradients["W"][[1, 3]].all()
