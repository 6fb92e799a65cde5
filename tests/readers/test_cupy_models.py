"""Models read from PyTorch as CuPy modules with their own batch axis, held to their NumPy modules by emulation."""

import importlib.util

import pytest
from support.emulated import worst
from support.optional import require

require(importlib.util.find_spec("torch"), "PyTorch is not installed: pip install 'dyadic-backprop[torch]'")
import torch  # noqa: E402
from readers.torch_models import MODELS  # noqa: E402

import dyadic  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("name", MODELS)
def test_values_and_gradients_are_those_of_numpy(name, monkeypatch):
    torch.manual_seed(0)
    module, arguments = MODELS[name]()
    derivation = dyadic.derive(dyadic.from_torch(module, arguments))
    assert derivation.architecture.explicit_batch
    where, difference = worst(derivation, monkeypatch)
    assert difference < 1e-12, where
