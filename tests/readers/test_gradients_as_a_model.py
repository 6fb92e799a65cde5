"""Gradients as ONNX graphs: of a Llama block held to PyTorch, of exported and shipped models held to NumPy's module."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import pytest
from campaigns.c_models import light, signed, without_ties
from support.graph_runs import difference, evaluated, onnxruntime, reference
from support.optional import require

import dyadic
from dyadic.codegen.emulator.module_comparison import finite_draw
from dyadic.physics.loading import emitted_network
from dyadic.symbolic.readers.onnx_model import from_onnx

EXPORTED = Path(__file__).parent / "exported"


def llama_block(torch):
    """Root mean square norms, rotary embedding, two heads that share keys and values, a causal mask, gates."""
    nn = torch.nn

    class Block(nn.Module):
        def __init__(self, width=8, heads=2):
            super().__init__()
            self.heads, self.size = heads, width // heads
            self.one, self.two = nn.Parameter(torch.rand(width) + 0.5), nn.Parameter(torch.rand(width) + 0.5)
            self.q, self.o = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
            self.kv = nn.Linear(width, 2 * self.size, bias=False)
            self.gate, self.up = nn.Linear(width, 12, bias=False), nn.Linear(width, 12, bias=False)
            self.down = nn.Linear(12, width, bias=False)

        @staticmethod
        def norm(x, weight):
            return weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5))

        def rotated(self, x):
            length, half = x.shape[-2], self.size // 2
            angles = torch.arange(length, dtype=x.dtype)[:, None] * 100.0 ** (-torch.arange(half, dtype=x.dtype) / half)
            angles = torch.cat([angles, angles], -1)
            turned = torch.cat([-x[..., half:], x[..., :half]], -1)
            return x * angles.cos() + turned * angles.sin()

        def forward(self, x):
            batch, length, width = x.shape
            h = self.norm(x, self.one)
            q = self.q(h).view(batch, length, self.heads, self.size).transpose(1, 2)
            k, v = (part[:, None].expand(-1, self.heads, -1, -1) for part in self.kv(h).chunk(2, -1))
            scores = self.rotated(q) @ self.rotated(k).transpose(-2, -1) / self.size**0.5
            mask = torch.full((length, length), float("-inf"), dtype=x.dtype).triu(1)
            mixed = (torch.softmax(scores + mask, -1) @ v).transpose(1, 2).reshape(batch, length, width)
            x = x + self.o(mixed)
            h = self.norm(x, self.two)
            return x + self.down(nn.functional.silu(self.gate(h)) * self.up(h))

    return Block().double()


RUNTIMES = [reference, *([onnxruntime] if find_spec("onnxruntime") else [])]


@pytest.mark.filterwarnings("ignore")
def test_a_llama_block_has_the_gradients_of_pytorch():
    require(find_spec("torch"), "PyTorch is not installed: pip install 'dyadic-backprop[torch]'")
    import torch

    torch.manual_seed(0)
    block, x = llama_block(torch), torch.randn(2, 5, 8, dtype=torch.float64)
    weights = torch.randn(2, 5, 8, dtype=torch.float64)
    architecture = dyadic.from_torch(block, x)
    own = {name: np.asarray(value) for name, value in architecture.values.items()}
    (given,) = (node.name for node in architecture.inputs if node.role == "data")
    derivation = dyadic.derive(architecture)
    value = (block(x) * weights).sum()
    value.backward()
    wanted = {name: parameter.grad.numpy() for name, parameter in block.named_parameters()}
    for runtime in RUNTIMES:
        loss, found, _ = evaluated(derivation, own, {given: x.numpy()}, weights.numpy(), runtime=runtime)
        assert set(found) == set(wanted)
        assert difference((loss, found), (value.item(), wanted)) < 1e-10


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_exported_transformers(name):
    architecture = from_onnx(onnx.load(EXPORTED / f"{name}.onnx"))
    derivation = dyadic.derive(architecture)
    module = emitted_network(derivation, "numpy").module
    params = {key: architecture.values[key].astype(float) for key in (*module.PARAMETERS, *module.CONSTANTS)}
    with np.load(EXPORTED / f"{name}.npz") as stored:
        tokens, weights = stored["tokens"], stored["weights"]
    wanted = module.gradients(params, {"tokens": tokens}, weights)
    for runtime in RUNTIMES:
        found = evaluated(derivation, params, {"tokens": tokens}, weights, runtime=runtime)
        assert difference(found[:2], wanted) < 1e-12


@pytest.mark.long
@pytest.mark.parametrize("name", ["light_squeezenet", "light_shufflenet"])
def test_a_model_that_onnx_carries(name):
    """All others: tests/campaigns/light_gradients.py."""
    its_gradients_agree(name)


def its_gradients_agree(name):
    derivation = light(name)
    module = emitted_network(derivation, "numpy").module
    params, x, y = finite_draw(derivation, module, 1, 0)
    params, y = without_ties(params), signed(y)
    found = evaluated(derivation, params, x, y)
    assert difference(found[:2], module.gradients(params, x, y)) < 1e-12
