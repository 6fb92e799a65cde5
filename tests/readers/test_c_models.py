"""Models with their own batch axis as C modules, held to their NumPy modules: what numpy emits, c emits.

Here a sample of them; tests/campaigns/c_models.py takes them all.
"""

import shutil
from importlib.util import find_spec

import numpy as np
import pytest
from support.long_tests import one_in
from support.optional import require

require(find_spec("torch"), "PyTorch is not installed: pip install 'dyadic-backprop[torch]'")
import torch  # noqa: E402
from campaigns.c_models import compared, exported  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def _compiler(tmp_path, monkeypatch):
    require(shutil.which("cc"), "no C compiler (cc)")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.mark.parametrize("name", one_in(4, ["lstm", "unet"]))
def test_exported_models(name):
    where, difference = compared(exported(name))
    assert difference < 1e-12, where


def test_outputs_in_torch():
    """An imported model's C kernels under a loss of PyTorch's own."""
    from readers.torch_models import MODELS

    from dyadic.physics.loading import emitted_network

    torch.manual_seed(0)
    model, arguments = MODELS["mixer"]()
    model = model.double()
    derivation = exported("mixer")
    module = emitted_network(derivation, "c").module
    own = derivation.architecture.values
    params = {n: torch.tensor(np.asarray(own[n], float), requires_grad=True) for n in module.PARAMETERS}
    found = module.torch_function()(params, *(a.double() for a in arguments))
    wanted = model(*(a.double() for a in arguments))
    assert torch.allclose(found, wanted, rtol=1e-10, atol=1e-10)
    found.square().sum().backward()
    wanted.square().sum().backward()
    for name, value in model.named_parameters():
        assert torch.allclose(params[name].grad, value.grad, rtol=1e-9, atol=1e-9), name
