"""ResNet-50 as the onnx package carries it: the emitted gradients against PyTorch's, in float64."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from support.modules import load
from support.optional import require

from dyadic.codegen import emit
from dyadic.symbolic import derive
from dyadic.symbolic.readers import read

for name in ("torch", "onnx"):
    require(importlib.util.find_spec(name), f"{name} is not installed: pip install 'dyadic-backprop[{name}]'")
import onnx  # noqa: E402
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402

PATH = Path(onnx.__file__).parent / "backend/test/data/light/light_resnet50.onnx"


def execute(node, values):
    """One node of the graph in PyTorch, written from the definition of its operator."""
    options = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
    x, *rest = (values[name] for name in node.input if name in values)
    stride, padding = options.get("strides", [1, 1]), options.get("pads", [0, 0, 0, 0])[:2]
    match node.op_type:
        case "Conv":
            return functional.conv2d(x, *rest, stride=stride, padding=padding)
        case "BatchNormalization":
            scale, bias, mean, variance = rest
            return functional.batch_norm(x, mean, variance, scale, bias, eps=options["epsilon"])
        case "Relu":
            return functional.relu(x)
        case "MaxPool":
            return functional.max_pool2d(x, options["kernel_shape"], stride, padding)
        case "AveragePool":
            return functional.avg_pool2d(x, options["kernel_shape"], stride)
        case "Sum":
            return x + rest[0]
        case "Reshape":
            return x.reshape(1, -1)
        case "Gemm":
            return x @ rest[0].T + rest[1]
        case "Softmax":
            return functional.softmax(x, 1)
    raise NotImplementedError(node.op_type)


@pytest.mark.long
def test_gradients_are_those_of_pytorch():
    module = load(emit(derive(read(PATH)), "numpy"))
    random = np.random.default_rng(0)
    params = {}
    for name, shape in {**module.PARAMETERS, **module.CONSTANTS}.items():
        if len(shape) == 1:
            params[name] = random.random(shape) + 0.5
        else:  # small logits: a saturated softmax has no gradient to compare
            small = 0.01 if "pred" in name else 1.0
            params[name] = small * random.normal(size=shape) * (2 / np.prod(shape[1:])) ** 0.5
    ((name, shape),) = module.INPUTS.items()
    image, sensitivity = random.normal(size=shape), random.normal(size=module.TARGETS["cost"])
    loss, gradients = module.gradients(params, image, sensitivity)

    values = {n: torch.tensor(value, requires_grad=n in module.PARAMETERS) for n, value in params.items()}
    values[name] = torch.tensor(image)
    for node in onnx.load(str(PATH)).graph.node:
        if node.op_type != "ConstantOfShape":
            values[node.output[0]] = execute(node, values)
    wanted = (values[node.output[0]] * torch.tensor(sensitivity)).sum()
    wanted.backward()

    assert abs(loss - wanted.item()) < 1e-12
    assert len(gradients) == 161
    for key, found in gradients.items():
        exact = values[key].grad.numpy()
        assert np.abs(exact).max() > 0
        assert np.abs(found - exact).max() < 1e-8 * np.abs(exact).max(), key
