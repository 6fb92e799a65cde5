"""What PyTorch keeps apart though it lies in one memory, outputs that are one tensor, and blocks without autograd."""

import numpy as np
import pytest
from support.modules import load
from support.optional import needed

torch = needed("torch")
from torch import nn  # noqa: E402

import dyadic  # noqa: E402
from dyadic.codegen import emit  # noqa: E402
from dyadic.physics.loading import EmittedNetwork  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")
WIDE = torch.float64


class SharedMemory(nn.Module):
    """A parameter; a tied one; a buffer, a frozen parameter and another parameter in the same memory."""

    def __init__(self, kind):
        super().__init__()
        self.w = nn.Parameter(torch.tensor([0.4, -0.7, 1.1], dtype=WIDE))
        if kind == "buffer":
            self.register_buffer("b", self.w.data)
        elif kind == "tied":
            self.b = self.w
        else:
            self.b = nn.Parameter(self.w.data, requires_grad=kind == "another")

    def forward(self, x):
        return torch.tanh(x * self.w) * self.b


class Inference(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.tensor([0.4, -0.7, 1.1], dtype=WIDE))

    def forward(self, x):
        h = x * self.w
        with torch.inference_mode():
            mean, (largest, _) = (x * self.w).mean(), (x * self.w).max(1)
        return torch.tanh(h) * mean.clone() - mean + (h + largest.sum()).sin()


class SameOutput(Inference):
    def forward(self, x):
        h = torch.tanh(x * self.w)
        return h, h.view_as(h), h.sum()


def gradient(architecture, x, outputs):
    """The gradients of the sum of all outputs by the emitted code."""
    code = load(emit(dyadic.derive(architecture), "numpy").text)
    y = {name: np.ones(shape) for name, shape in code.TARGETS.items()}
    assert len(y) == outputs
    return code.gradients(code.init(0), x.numpy(), y if outputs > 1 else next(iter(y.values())))[1]


def autograd(module, x):
    found = module(x)
    sum(output.sum() for output in (found if isinstance(found, tuple) else (found,))).backward()
    return {name: parameter.grad for name, parameter in module.named_parameters() if parameter.grad is not None}


CASES = {kind: (SharedMemory(kind), 1) for kind in ("buffer", "tied", "frozen", "another")}
CASES |= {"inference": (Inference(), 1), "twice": (SameOutput(), 3)}
X = torch.linspace(-1, 1.3, 6, dtype=WIDE).reshape(2, 3)


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_autograd(name):
    module, outputs = CASES[name]
    architecture = dyadic.from_torch(module, X)
    assert architecture.compared
    found = gradient(architecture, X, outputs)
    for key, wanted in autograd(module, X).items():
        np.testing.assert_allclose(found[key], wanted.numpy(), rtol=1e-12, err_msg=key)
    module.zero_grad()


@pytest.mark.parametrize("kind", ["buffer", "tied", "frozen"])
def test_a_file_keeps_them_apart_as_well(kind, tmp_path):
    module = SharedMemory(kind)
    torch.export.save(torch.export.export(module, (X,)), tmp_path / "module.pt2")
    architecture = dyadic.read(tmp_path / "module.pt2")
    np.testing.assert_allclose(gradient(architecture, X, 1)["w"], autograd(module, X)["w"].numpy(), rtol=1e-12)


def test_a_file_holds_no_trace_of_inference_mode_which_is_said(tmp_path):
    torch.export.save(torch.export.export(Inference(), (X,)), tmp_path / "module.pt2")
    assert any("inference_mode" in note for note in dyadic.read(tmp_path / "module.pt2").notes)


class WithoutAxes(Inference):
    def forward(self, x):
        h = x * self.w
        return torch.tanh(h.sum() * h.mean()) * torch.exp(h.amax() - h.mean())


def test_functions_of_results_without_axes():
    module = WithoutAxes()
    found = gradient(dyadic.from_torch(module, X), X, 1)
    np.testing.assert_allclose(found["w"], autograd(module, X)["w"].numpy(), rtol=1e-12)


def test_emitted_code_that_does_not_run_is_an_error_of_one_line(monkeypatch):
    monkeypatch.setattr(
        "dyadic.autograd_comparison.emitted_network", lambda made: EmittedNetwork(made, "", Failing, None)
    )
    with pytest.raises(dyadic.DyadicError, match="does not run"):
        dyadic.from_torch(Inference(), X)


class Failing:
    """An emitted module that cannot be run."""

    INPUTS, PARAMETERS = {"x": (2, 3)}, {"w": (3,)}

    @staticmethod
    def wavefront(*_):
        raise TypeError("return arrays must be of ArrayType")
