"""Loss and gradients are means over a batch axis that is added, sums over one that a model has: what the texts say."""

import numpy as np
import onnx
import pytest
from readers.onnx_models import model
from support.optional import needed

import dyadic
from dyadic.symbolic.readers.onnx_model import from_onnx

torch = needed("torch")
F = torch.nn.functional
RANDOM = np.random.default_rng(3)
B, IN, OUT = 5, 3, 4
W = RANDOM.normal(size=(IN, OUT))
CLASSES = RANDOM.integers(OUT, size=B)
TARGETS = {"cross_entropy": np.eye(OUT)[CLASSES], "bernoulli": RANDOM.random((B, OUT))}
MEANS = {  # PyTorch's mean, and what the sum is divided by
    "cross_entropy": (lambda out, y: F.cross_entropy(out, torch.tensor(CLASSES)), B),
    "squared_error": (F.mse_loss, B * OUT / 2),
    "bernoulli": (F.binary_cross_entropy_with_logits, B * OUT),
    "huber": (F.huber_loss, B * OUT),
}


def written(derivation, tmp_path):
    dyadic.emit(derivation, "numpy").write(tmp_path / "m.py")
    text = (tmp_path / "m.py").read_text()
    names = {"__name__": "m", "__file__": str(tmp_path / "m.py")}
    exec(compile(text, "m.py", "exec"), names)
    return names, text


@pytest.mark.parametrize("cost", MEANS)
def test_a_model_has_sums(cost, tmp_path):
    mean, divisor = MEANS[cost]
    proto = model([("MatMul", ["x", "w"], ["out"])], {"x": [B, IN]}, ["out"], {"w": W.astype(np.float32)})
    names, text = written(dyadic.derive(from_onnx(proto, "m.onnx", cost)), tmp_path)
    x, y = RANDOM.normal(size=(B, IN)), TARGETS.get(cost, RANDOM.normal(size=(B, OUT)))
    loss, grads = names["gradients"](names["init"](), x, y)
    w = torch.tensor(names["init"]()["w"], requires_grad=True)
    wanted = mean(torch.tensor(x) @ w, torch.tensor(y))
    wanted.backward()
    np.testing.assert_allclose(loss / divisor, wanted.item(), rtol=1e-12)
    np.testing.assert_allclose(grads["w"] / divisor, w.grad, rtol=1e-10, atol=1e-14)
    assert "The loss is the sum over\nall entries of the outputs, samples of such an axis included" in text
    assert "means over the batch." not in text


def test_a_specification_has_means(tmp_path):
    spec = {"inputs": {"x": {"shape": [IN]}}, "layers": [{"name": "h", "type": "dense", "units": OUT}],
            "cost": {"type": "squared_error"}}  # fmt: skip
    names, text = written(dyadic.derive(dyadic.architecture(spec)), tmp_path)
    params, x, y = names["init"](), RANDOM.normal(size=(B, IN)), RANDOM.normal(size=(B, OUT))
    each = [names["gradients"](params, x[k : k + 1], y[k : k + 1]) for k in range(B)]
    loss, grads = names["gradients"](params, x, y)
    np.testing.assert_allclose(loss, sum(one for one, _ in each) / B)
    np.testing.assert_allclose(grads["h.weight"], sum(one["h.weight"] for _, one in each) / B)
    assert "the loss and the parameter gradients are means over the batch." in text


@pytest.mark.parametrize("own", [True, False])
def test_a_graph_says_which(own):
    spec = {"inputs": {"x": {"shape": [IN]}}, "layers": [{"name": "h", "type": "tanh"}, {"name": "d", "type": "dense",
            "units": 1}], "cost": {"type": "squared_error"}}  # fmt: skip
    proto = model([("MatMul", ["x", "w"], ["out"])], {"x": [B, IN]}, ["out"], {"w": W.astype(np.float32)})
    architecture = from_onnx(proto, "m.onnx", "squared_error") if own else dyadic.architecture(spec)
    graph = onnx.load_from_string(dyadic.emit(dyadic.derive(architecture), "onnx").binary).graph
    assert ("sums over all entries of the outputs" if own else "means over the batch") in graph.doc_string
