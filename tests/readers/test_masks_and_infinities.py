"""Masks that are inputs are no positions, and infinities that a program holds are no numbers to ask for NaN."""

import importlib.util

import pytest
from support.long_tests import one_in
from support.optional import require

require(importlib.util.find_spec("torch"), "PyTorch is not installed: pip install 'dyadic-backprop[torch]'")
import torch  # noqa: E402
from readers.torch_gradients import compare  # noqa: E402

import dyadic  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")
INFINITE = -float("inf")
MASK = torch.tensor([[0, 0, INFINITE, 0], [INFINITE] * 4, [0, 0, 0, 0]])


class Weighted(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.weight, self.function = torch.nn.Parameter(torch.randn(3, 4)), function

    def forward(self, x, *rest):
        return self.function(x * self.weight, *rest)


def written(x, places):
    found = x.clone()
    found[places] = 0.5
    return found**2


BOOLEANS, POSITIONS = torch.tensor([True, False, True]), torch.tensor([0, 2, 2])
NOT_READ = {
    "chosen by a mask": (lambda x, m: x[m].sum(0), BOOLEANS, "mask that is not known"),
    "added by a mask": (lambda x, m: x.index_put((m,), x[0], accumulate=True), BOOLEANS, "not known beforehand"),
    "written at positions": (written, POSITIONS, "not known beforehand"),
}


@pytest.mark.parametrize("name", one_in(2, NOT_READ))
def test_masks_and_positions_are_not_taken_for_each_other(name):
    function, places, message = NOT_READ[name]
    with pytest.raises(dyadic.DyadicError, match=message):
        dyadic.from_torch(Weighted(function), (torch.randn(3, 4), places), check=False)


def test_writing_where_a_mask_says():
    compare(Weighted(written), (torch.randn(3, 4), BOOLEANS))


ASKS = {
    "isnan": lambda p: p.masked_fill(p.isnan(), 0.0),
    "unequal to itself": lambda p: torch.where(p == p, p, torch.zeros_like(p)),
    "nan_to_num": lambda p: p.nan_to_num(0.0),
}


@pytest.mark.parametrize("name", one_in(2, ASKS))
def test_nobody_asks_for_nan_where_there_are_infinities(name):
    """A row of a softmax that is hidden entirely is NaN in PyTorch."""
    x, hidden = torch.randn(3, 4), MASK < 0
    with pytest.raises(dyadic.DyadicError, match="no number"):
        dyadic.from_torch(Weighted(lambda x: ASKS[name]((x + MASK).softmax(-1)) @ x.t()), x, check=False)
    with pytest.raises(dyadic.DyadicError, match="no number"):
        dyadic.from_torch(Weighted(lambda x: ASKS[name](x.masked_fill(hidden, INFINITE).softmax(-1))), x, check=False)
    compare(Weighted(lambda x: ASKS[name](x.softmax(-1))), (x,))


@pytest.mark.parametrize(
    "chosen",
    one_in(2, [lambda z: z == INFINITE, lambda z: ~(z != INFINITE), torch.isinf, lambda z: -z == -INFINITE]),
)
def test_what_is_infinite_is_found(chosen):
    def both(x):
        z = x + MASK + MASK  # twice, which is beyond the number that stands for an infinity
        return torch.where(chosen(z), x.sin(), 3 * x)

    compare(Weighted(both), (torch.randn(3, 4),))
