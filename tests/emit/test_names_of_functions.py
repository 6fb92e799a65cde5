"""No two functions of an emitted module have one name, whichever of them a network needs."""

import ast
import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from support.long_tests import one_in
from support.modules import load
from support.optional import require

import dyadic
from dyadic.catalogue import example_network
from dyadic.codegen.c_target import CTarget
from dyadic.codegen.cupy_target import CupyTarget
from dyadic.codegen.function_names import program_names, sized_names
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.spec import LAYER_TYPES

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


def layers_of(*layers):
    spec = {"inputs": {"x": {"shape": [4]}}, "layers": list(layers), "cost": {"type": "squared_error"}}
    derivation = derive(architecture(spec))
    return [derivation.layers[layer["name"]] for layer in layers]


def test_a_name_says_what_tells_a_layer_from_others_only():
    dense = {"type": "dense", "units": 4}
    usual, bare = {**dense, "name": "a"}, {**dense, "name": "b", "bias": False}
    assert program_names(layers_of(bare)) == ["dense"]
    assert program_names(layers_of(usual, bare)) == ["dense", "dense_nobias"]
    assert program_names(layers_of({**dense, "name": "a", "activation": "tanh"}, bare)) == ["dense_tanh", "dense"]
    two = {"type": "add", "name": "c", "inputs": ["a", "b"]}
    assert program_names(layers_of(usual, bare, two))[2] == "add"
    three = {"type": "add", "name": "d", "inputs": ["a", "b", "c"]}
    assert program_names(layers_of(usual, bare, two, three))[2:] == ["add_2", "add_3"]
    assert program_names(layers_of({"type": "abs", "name": "a"})) == ["abs_layer"]


def test_a_name_has_the_sizes_that_tell_it_from_others():
    runs = [("f", {"n": 2, "m": 3}), ("f", {"n": 2, "m": 4}), ("g", {"n": 1}), ("f", {"n": 2, "m": 3})]
    assert sized_names(runs) == {("f", (2, 3)): "f_m3", ("f", (2, 4)): "f_m4", ("g", (1,)): "g"}
    runs = [("f", {"n": 1, "m": 1}), ("f", {"n": 1, "m": 2}), ("f", {"n": 2, "m": 2}), ("f_n1_m1", {"n": 1})]
    assert list(sized_names(runs).values()) == ["f_n1_m1", "f_n1_m2", "f_n2_m2", "f_n1_m1_2"]


@pytest.mark.parametrize("target", [CTarget, CupyTarget])
@pytest.mark.parametrize("name", one_in(10, [*sorted(LAYER_TYPES), *sorted(Path("examples").glob("*.toml"))]), ids=str)
def test_kernels_have_short_names_each_its_own(name, target):
    network = dyadic.derive(dyadic.read(name)) if isinstance(name, Path) else example_network(name, numeric=True)
    texts = target(network, "float32").written()[0]
    names = [re.search(r"void (\w+)\(", text)[1] for text in texts]
    assert len(names) == len(set(names))
    assert max(map(len, names), default=0) <= 34
