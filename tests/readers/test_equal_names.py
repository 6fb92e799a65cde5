"""Calls of one operator in one module, whose constants have one name: each has its own."""

import importlib.util

import numpy as np
import pytest
from support.long_tests import one_in
from support.optional import require

require(importlib.util.find_spec("torch"), "PyTorch is not installed: pip install 'dyadic-backprop[torch]'")
import torch  # noqa: E402
from readers.torch_gradients import compare  # noqa: E402

import dyadic  # noqa: E402
from dyadic.symbolic.readers.model import Known, Model  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")
TWICE = {
    "triangles": lambda x: x.triu() + x.triu(1).transpose(-1, -2),
    "positions": lambda x: x[torch.tensor([0, 1, 1])] * x[torch.tensor([2, 0, 2])],
    "places": lambda x: x[torch.tensor([0, 1]), torch.tensor([1, 1])] * x[torch.tensor([2, 0]), torch.tensor([2, 0])],
    "fillings": lambda x: x.masked_fill(MASK, 1.5) * x.masked_fill(MASK.T, -2.5),
    "lines": lambda x: x.cumsum(0) * x.roll(1, 0).cumsum(1) + x.roll(2, 1),
    "additions": lambda x: x.index_add(0, torch.tensor([0, 2]), x[:2]) * x.index_add(0, torch.tensor([1, 1]), x[1:]),
}
MASK = torch.tensor([[True, False, True]] * 3)


class Inner(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.weight, self.function = torch.nn.Parameter(torch.randn(3, 3)), function

    def forward(self, x):
        return self.function(x * self.weight)


@pytest.mark.parametrize("name", one_in(3, TWICE))
def test_two_calls_in_one_module_have_their_own_constants(name, tmp_path):
    torch.manual_seed(0)
    module, x = torch.nn.Sequential(Inner(TWICE[name]), torch.nn.Tanh()), torch.randn(3, 3)
    compare(module, (x,))
    torch.export.save(torch.export.export(module, (x,)), tmp_path / "it.pt2")
    read, direct = dyadic.read(tmp_path / "it.pt2"), dyadic.from_torch(module, x)
    assert [v.kind for v in read.vertices] == [v.kind for v in direct.vertices]
    assert all(np.array_equal(read.values[key], direct.values[key]) for key in read.values)


def test_one_array_is_one_input_and_another_of_its_name_is_another():
    model, array = Model("it"), np.array([1.0, 2.0])
    first = model.vertex(Known("weight", array))
    assert model.vertex(Known("weight", array.copy())) == first
    assert model.vertex(Known("weight", array + 1)) != first
    places = np.array([0, 1])
    found = [model.indices("weight", places, 4), model.indices("weight", places.copy(), 4)]
    assert found[0] == found[1] != first
    assert len({found[0], model.indices("weight", places[::-1], 4), model.indices("weight", places, 5)}) == 3
