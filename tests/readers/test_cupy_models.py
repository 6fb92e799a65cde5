"""Models read from PyTorch as CuPy modules with their own batch axis, held to their NumPy modules by emulation."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from support.emulated import kernel_source, worst
from support.long_tests import often
from support.optional import require

require(find_spec("torch"), "PyTorch is not installed: pip install 'dyadic-backprop[torch]'")
import torch  # noqa: E402
from readers.torch_models import MODELS  # noqa: E402

import dyadic  # noqa: E402
from dyadic.codegen.cubin import compile_cubin, find_nvrtc  # noqa: E402
from dyadic.codegen.cupy_target import CupyTarget  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("name", often(MODELS, lambda name: name == "gpt"))
def test_values_and_gradients_are_those_of_numpy(name, monkeypatch):
    torch.manual_seed(0)
    module, arguments = MODELS[name]()
    derivation = dyadic.derive(dyadic.from_torch(module, arguments))
    assert derivation.architecture.explicit_batch
    where, difference = worst(derivation, monkeypatch)
    assert difference < 1e-12, where


@pytest.mark.parametrize("name", often(("gpt", "vit", "bert"), lambda name: False))
def test_attention_keeps_no_scores(name, monkeypatch):
    """A layer that PyTorch exports as one, and one that is written out and read as one."""
    torch.manual_seed(0)
    module, arguments = MODELS[name]()
    derivation = dyadic.derive(dyadic.from_torch(module, arguments, granularity="layer"))
    online = {call.owner for call in CupyTarget(derivation, "float64").online.calls if "_online" in call.program}
    assert len(online) == (3 if name == "gpt" else 2)
    where, difference = worst(derivation, monkeypatch)
    assert difference < 1e-12, where


class SeesNothing(torch.nn.Module):
    """Attention under a mask that hides all from one query, and all of the first keys from the last ones."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(6, 18)
        mask = torch.ones(20, 20, dtype=torch.bool).tril()
        mask[3], mask[18:, :17] = False, False
        self.register_buffer("mask", mask)

    def forward(self, x):
        q, k, v = self.linear(x)[:, None].split(6, dim=-1)
        return torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=self.mask)


def test_a_query_that_sees_nothing(monkeypatch):
    torch.manual_seed(0)
    derivation = dyadic.derive(dyadic.from_torch(SeesNothing(), (torch.randn(2, 20, 6),)))
    assert CupyTarget(derivation, "float64").online is not None
    where, difference = worst(derivation, monkeypatch)
    assert difference < 1e-12, where


class Steps(torch.nn.Module):
    """A sensitivity that is 0 whatever the numbers are: the function that makes it has nothing to read."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 4)

    def forward(self, x):
        y = self.linear(x)
        return torch.floor(3 * y) * y


def test_a_function_that_reads_no_array(monkeypatch):
    torch.manual_seed(0)
    derivation = dyadic.derive(dyadic.from_torch(Steps(), (torch.randn(2, 3),)))
    assert "def floor_adjoint(make=_new):" in dyadic.emit(derivation, "cupy", "float64").text
    where, difference = worst(derivation, monkeypatch)
    assert difference < 1e-12, where


ONNX = find_spec("onnx")
LIGHT = sorted((Path(ONNX.origin).parent / "backend/test/data/light").glob("*.onnx")) if ONNX else []
QUICK = ("light_squeezenet", "light_inception_v1")


MANY = ("light_densenet121", "light_inception_v1", "light_inception_v2")
"""Hundreds of kernels, which take long to compile: these are only emitted."""


@pytest.mark.parametrize("path", often(LIGHT, lambda path: path.stem == QUICK[0]), ids=lambda path: path.stem)
def test_large_models_are_emitted_and_compile(path):
    require(find_nvrtc(), "nvidia-cuda-nvrtc is not installed")
    text = dyadic.emit(dyadic.derive(dyadic.read(path)), "cupy", "float32").text
    source = kernel_source(text)
    assert source.count("__global__") > 50
    if path.stem not in MANY:
        kernels = compile_cubin(source, "sm_90").kernels
        assert len(kernels) == source.count("__global__")
        assert not [name for name, used in kernels.items() if used.spills or used.shared > 48 * 1024]
