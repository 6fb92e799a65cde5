"""from_torch holds what it reads to PyTorch's own gradients, and refuses what differs by name."""

import importlib.util

import pytest
from support.optional import require

require(importlib.util.find_spec("torch"), "PyTorch is not installed: pip install 'dyadic-backprop[torch]'")
import torch  # noqa: E402
from torch import nn  # noqa: E402

import dyadic  # noqa: E402
from dyadic.symbolic import DyadicError  # noqa: E402
from dyadic.symbolic.readers import torch_operators  # noqa: E402
from dyadic.symbolic.readers.torch_call import OPERATORS  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


class Clipped(torch.autograd.Function):
    """The sign, with the gradient of a clipped identity."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.sign(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * (x.abs() < 1)


class Negated(torch.autograd.Function):
    """Gradient reversal."""

    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, g):
        return -g


class Honest(torch.autograd.Function):
    """A square with the right backward."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        return 2 * g * ctx.saved_tensors[0]


class Between(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function, self.before, self.after = function, nn.Linear(4, 3), nn.Linear(3, 2)

    def forward(self, x):
        return self.after(self.function.apply(self.before(x)))


@pytest.mark.parametrize("function", [Clipped, Negated])
def test_a_custom_backward_is_refused_with_the_parameter_named(function):
    module, x = Between(function), torch.randn(5, 4)
    with pytest.raises(DyadicError, match=r"the gradient of before\.weight differs"):
        dyadic.from_torch(module, x)
    notes = dyadic.from_torch(module, x, check=False).notes
    assert "not compared with PyTorch's autograd: check = False" in notes


def test_a_custom_backward_that_is_the_derivative_is_read():
    architecture = dyadic.from_torch(Between(Honest), torch.randn(5, 4))
    assert not any("not compared" in note for note in architecture.notes)


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("cost", [None, "squared_error"])
def test_a_wrong_reader_is_found_out(monkeypatch, dynamic, cost):
    """Of two outputs, one returned twice, with a cost that takes a target."""

    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(3, 3)

        def forward(self, x):
            y = self.inner(x)
            return {"a": torch.sin(y), "b": [y, y]}

    shapes = ({0: torch.export.Dim("batch")},) if dynamic else None
    given = {"cost": cost, "dynamic_shapes": shapes}
    assert len(dyadic.from_torch(Two(), torch.randn(4, 3), **given).costs) == 2
    monkeypatch.setitem(OPERATORS, "sin", lambda call: call.layer("tan", [call.x()]))
    with pytest.raises(DyadicError, match="the output 0 differs"):
        dyadic.from_torch(Two(), torch.randn(4, 3), **given)
    monkeypatch.setitem(
        OPERATORS, "sin", lambda call: call.layer("stop_gradient", [torch_operators.elementwise(call)], "held")
    )
    with pytest.raises(DyadicError, match="the gradient of inner"):
        dyadic.from_torch(Two(), torch.randn(4, 3), **given)


def test_a_module_without_finite_gradients_is_read_with_a_note():
    class Nowhere(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(2, 2)

        def forward(self, x):
            return torch.log(-self.inner(x).square())

    notes = dyadic.from_torch(Nowhere(), torch.randn(3, 2)).notes
    assert "not finite" in notes[-1]
