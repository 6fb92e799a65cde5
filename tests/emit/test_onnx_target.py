"""The onnx target: the graphs of every layer type, cost and example, run by onnx's evaluator and held to NumPy's."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from support.command import run
from support.graph_runs import difference, evaluated, onnxruntime
from support.long_tests import one_in
from support.optional import require
from support.single_layer import one_cost, one_of_a_kind

require(find_spec("onnx"), "onnx is not installed: pip install 'dyadic-backprop[onnx]'")
import dyadic  # noqa: E402
from dyadic.codegen.emulator.module_comparison import finite_draw  # noqa: E402
from dyadic.codegen.onnx_functions import COMPOSED, OPERATORS, applied  # noqa: E402
from dyadic.codegen.onnx_operations import Operations  # noqa: E402
from dyadic.physics.loading import emitted_network  # noqa: E402
from dyadic.symbolic.costs import COSTS  # noqa: E402
from dyadic.symbolic.errors import UnsupportedEquation  # noqa: E402
from dyadic.symbolic.functions import FUNCTIONS  # noqa: E402
from dyadic.symbolic.spec import LAYER_TYPES  # noqa: E402

EXAMPLES = sorted(Path("examples").glob("*.toml"))
DIGITS = Path("examples/digits.toml")


def derived(specification):
    return dyadic.derive(dyadic.architecture(specification))


def both(derivation, dtype="float64", runtime=None):
    """(loss, gradients) of the graph and of the NumPy module, and the model."""
    module = emitted_network(derivation, "numpy").module
    params, x, y = finite_draw(derivation, module, 3, 0)
    loss, gradients, model = evaluated(derivation, params, x, y, dtype, runtime)
    return (loss, gradients), module.gradients(params, x, y), model


@pytest.mark.parametrize("type_", one_in(6, sorted({*LAYER_TYPES} - {"acosh"})))  # acosh: an arctangent is not above 1
def test_every_layer_type(type_):
    found, wanted, model = both(derived(one_of_a_kind(type_)))
    assert found[1] or not wanted[1]
    assert difference(found, wanted) < 1e-12
    assert all(node.doc_string for node in model.graph.node)


@pytest.mark.parametrize("cost", COSTS)
def test_every_cost(cost):
    found, wanted, _ = both(derived(one_cost(cost)))
    assert difference(found, wanted) < 1e-12


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples(path):
    found, wanted, _ = both(dyadic.derive(dyadic.read(path)))
    assert difference(found, wanted) < 1e-12


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_in_onnxruntime(path):
    require(find_spec("onnxruntime"), "onnxruntime is not installed: pip install onnxruntime")
    found, wanted, _ = both(dyadic.derive(dyadic.read(path)), runtime=onnxruntime)
    assert difference(found, wanted) < 1e-12


def test_single_precision():
    found, wanted, model = both(dyadic.derive(dyadic.read(DIGITS)), "float32")
    assert all(value.dtype == np.float32 for value in found[1].values())
    assert 1e-12 < difference(found, wanted) < 1e-5
    assert not any(node.op_type == "Cast" and node.attribute[0].i == 11 for node in model.graph.node)


def test_a_graph_names_its_equations():
    derivation = dyadic.derive(dyadic.read(DIGITS))
    model = both(derivation)[2]
    said = {tag.strip() for node in model.graph.node for tag in node.doc_string.split(",")}
    assert said == {f"{tag} {e.short}" for tag, e in derivation.equations.items() if not tag.startswith("E")}
    (node,) = (node for node in model.graph.node if node.output[0] == "s:hidden")
    assert node.doc_string == f"s:hidden {derivation.equations['s:hidden'].short}"
    properties = {entry.key: entry.value for entry in model.metadata_props}
    assert (properties["L"], properties["steps"]) == ("4", "8")


def test_what_a_graph_takes_and_gives():
    model = both(dyadic.derive(dyadic.read(DIGITS)))[2]
    inputs = [node.name for node in model.graph.input]
    outputs = [node.name for node in model.graph.output]
    assert inputs == [f"{name}.{part}" for name in ("hidden", "hidden2", "logits") for part in ("weight", "bias")] + [
        "image",
        "y",
    ]
    assert outputs == ["loss", "x:logits", *(f"g:{name}" for name in inputs[:-2])]


def test_one_wrong_sign_is_seen():
    """The comparison says no: a graph in which a difference is a sum."""
    derivation = dyadic.derive(dyadic.read(DIGITS))
    module = emitted_network(derivation, "numpy").module
    params, x, y = finite_draw(derivation, module, 3, 0)
    wanted = module.gradients(params, x, y)

    def spoilt(model, feeds):
        from onnx.reference import ReferenceEvaluator

        # Not the first one: both of a softmax's differences from its largest entry are one node.
        *_, node = (node for node in model.graph.node if node.op_type == "Sub" and "s:" in node.doc_string)
        node.op_type = "Add"
        return ReferenceEvaluator(model).run(None, feeds)

    loss, gradients, _ = evaluated(derivation, params, x, y, runtime=spoilt)
    assert difference((loss, gradients), wanted) > 1e-3


def test_names_that_meet():
    """An input called y, a layer called loss and one called after a gradient's tag."""
    network = {
        "inputs": {"y": {"shape": [3]}},
        "layers": [{"name": "loss", "type": "dense", "units": 4}, {"name": "g", "type": "dense", "units": 2}],
        "cost": {"type": "squared_error"},
    }
    found, wanted, model = both(derived(network))
    assert difference(found, wanted) < 1e-12
    assert [node.name for node in model.graph.input][-2:] == ["y", "y:cost"]


def test_weight_decay_and_several_costs():
    network = {
        "inputs": {"x": {"shape": [3]}}, "weight_decay": 0.25,
        "layers": [{"name": "h", "type": "dense", "units": 4}, {"name": "o", "type": "dense", "units": 2}],
        "costs": [{"type": "squared_error", "inputs": ["o"]}, {"type": "huber", "inputs": ["h"], "weight": 0.5}],
    }  # fmt: skip
    found, wanted, _ = both(derived(network))
    assert difference(found, wanted) < 1e-12


def test_every_scalar_function_has_a_form():
    primitive = {name for name, function in FUNCTIONS.items() if function.primitive}
    assert primitive == {*OPERATORS, *COMPOSED}
    assert not {*OPERATORS} & {*COMPOSED}
    with pytest.raises(UnsupportedEquation, match="has no function tanh'"):
        applied(Operations("float64"), "tanh", 1, "z")


@pytest.mark.parametrize("name", sorted(COMPOSED))
def test_composed_functions_keep_their_digits(name):
    """Against the same function in 40 digits, near 0 and far from it."""
    import mpmath
    import onnx
    from onnx.reference import ReferenceEvaluator

    operations = Operations("float64")
    result = applied(operations, name, 0, "z")
    nodes = []
    for one in operations.listed:
        attributes = {key: 11 if key == "to" else value for key, value in one.attributes}
        nodes.append(onnx.helper.make_node(one.type, one.inputs, [one.output], **attributes))
    value = onnx.helper.make_tensor_value_info
    constants = [onnx.numpy_helper.from_array(array, key) for key, array in operations.constants.items()]
    graph = onnx.helper.make_graph(nodes, name, [value("z", 11, ["n"])], [value(result, 11, ["n"])], constants)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=8)
    z = np.concatenate([np.linspace(-8, 8, 161) + 0.013, [1e-12, -1e-12, 1e-5, -1e-5, 30.0, -30.0]])
    z = np.abs(z) if name in ("rsqrt", "log1p") else z
    (found,) = ReferenceEvaluator(model).run(None, {"z": z})
    exact = {
        "erf": mpmath.erf, "expm1": mpmath.expm1, "log1p": mpmath.log1p, "rsqrt": lambda v: 1 / mpmath.sqrt(v),
        "softplus": lambda v: mpmath.log1p(mpmath.exp(v)), "step": lambda v: mpmath.mpf(v > 0),
        "hard_sigmoid": lambda v: min(max((mpmath.mpf(v) + 3) / 6, mpmath.mpf(0)), mpmath.mpf(1)),
    }[name]  # fmt: skip
    with mpmath.workdps(40):
        for one, got in zip(z, found, strict=True):
            wanted = exact(mpmath.mpf(float(one)))
            assert abs(mpmath.mpf(float(got)) - wanted) <= 1e-14 * abs(wanted) + 1e-300, (one, got, wanted)


# -- refusals -----------------------------------------------------------------------------------------------------


def test_a_size_that_is_a_name_is_refused():
    network = {
        "inputs": {"x": {"shape": ["n"]}}, "layers": [{"name": "h", "type": "dense", "units": 2}],
        "cost": {"type": "squared_error"},
    }  # fmt: skip
    with pytest.raises(dyadic.DyadicError, match="needs numbers for the sizes n; give --size"):
        dyadic.emit(derived(network), "onnx")


def test_without_onnx_there_is_a_reason(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(dyadic.DyadicError, match=r"needs the package onnx: pip install 'dyadic-backprop\[onnx\]'"):
        dyadic.emit(dyadic.derive(dyadic.read(DIGITS)), "onnx")


def test_arrays_beyond_the_format_are_refused(monkeypatch):
    monkeypatch.setattr("dyadic.codegen.onnx_file.LARGEST_FILE", 4000)
    network = {
        "inputs": {"x": {"shape": [3]}},
        "constants": {"k": {"shape": [200, 3], "values": np.arange(600.0).reshape(200, 3).tolist()}},
        "layers": [{"name": "m", "type": "mul", "inputs": ["x", "k"]}],
        "cost": {"type": "squared_error"},
    }
    with pytest.raises(dyadic.DyadicError, match="do not fit into one file of ONNX"):
        dyadic.emit(derived(network), "onnx")


def test_a_graph_is_written_to_a_file_and_not_to_a_terminal(tmp_path):
    import onnx

    done = run("emit", DIGITS, "--target", "onnx")
    assert (done.returncode, done.stdout) == (2, "")
    assert "is no text: give a file with -o" in done.stderr
    assert run("emit", DIGITS, "--target", "onnx", "-o", tmp_path / "g.onnx").returncode == 0
    onnx.checker.check_model(onnx.load(tmp_path / "g.onnx"), full_check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["g.onnx"]
    assert "dyadic" in dyadic.emit(dyadic.derive(dyadic.read(DIGITS)), "onnx").text
