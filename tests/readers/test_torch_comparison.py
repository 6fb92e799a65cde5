"""from_torch holds what it reads to PyTorch's own gradients, and refuses what differs by name."""

import importlib.util

import pytest
from support.long_tests import one_in
from support.optional import require

require(importlib.util.find_spec("torch"), "PyTorch is not installed: pip install 'dyadic-backprop[torch]'")
import torch  # noqa: E402
from readers.lost_backward_passes import LOST, NotCopied, Pair  # noqa: E402
from torch import nn  # noqa: E402

import dyadic  # noqa: E402
from dyadic.proofs import Notes  # noqa: E402
from dyadic.summary import verdict_text  # noqa: E402
from dyadic.symbolic import DyadicError  # noqa: E402
from dyadic.symbolic.readers import torch_operators  # noqa: E402
from dyadic.symbolic.readers.torch_call import OPERATORS  # noqa: E402
from dyadic.terminal import Page  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


class Honest(torch.autograd.Function):
    """A square with the right backward."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        return 2 * g * ctx.saved_tensors[0]


@pytest.mark.parametrize("name", one_in(6, LOST))
def test_a_backward_pass_that_is_lost_is_refused_with_the_parameter_named(name):
    torch.manual_seed(1)
    module, given = LOST[name]()
    with pytest.raises(DyadicError, match=r"the gradient of (first\.weight|codes|gate).* differs from PyTorch's"):
        dyadic.from_torch(module, given)
    unchecked = dyadic.from_torch(module, given, check=False)
    assert unchecked.compared == 0
    assert unchecked.notes[-1] == "not compared with PyTorch's autograd: check = False"


def test_a_module_is_left_as_it_was():
    """Hooks, buffers, parameters, gradients asked of them: also of one that cannot be copied."""

    class Counting(NotCopied):
        def __init__(self):
            super().__init__()
            self.between = nn.BatchNorm1d(4)
            self.first.bias.requires_grad_(False)

    module = Counting()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    assert dyadic.from_torch(module, torch.randn(3, 4)).compared == 1
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
    assert not module.first.bias.requires_grad
    assert module.first.weight.grad is None


def test_a_custom_backward_that_is_the_derivative_is_read():
    architecture = dyadic.from_torch(Pair(Honest.apply), torch.randn(5, 4))
    assert architecture.compared == 3  # near the example, and far from it
    assert "a backward pass of its own (Honest) agrees with the derivative" in architecture.notes[-1]
    assert not any("its own" in note for note in dyadic.from_torch(Pair(torch.tanh), torch.randn(5, 4)).notes)


def test_certificates_say_what_was_compared():
    """And which of it they were found to be, in the words of the prover and of the checker."""
    derivation = dyadic.derive(dyadic.from_torch(Pair(torch.tanh), torch.randn(5, 4)))
    certificate = dyadic.verify(derivation)
    assert certificate.compared == derivation.architecture.compared == 1
    assert "at 1 random point" in "\n".join(verdict_text(certificate, Notes(), Page(200)))
    assert any(
        line.startswith("NOT SEEN") and "at a random point" in line for line in dyadic.check(certificate).lines()
    )
    unchecked = dyadic.from_torch(Pair(torch.tanh), torch.randn(5, 4), granularity="layer", check=False)
    certificate = dyadic.verify(dyadic.derive(unchecked))
    assert certificate.compared == 0
    assert "were not compared with PyTorch's autograd" in "\n".join(verdict_text(certificate, Notes(), Page(200)))
    assert any("were not compared" in line for line in dyadic.check(certificate).lines())
    for wrong in (-1, "1", True, 0.5):
        with pytest.raises(dyadic.RejectedCertificate, match="compared"):
            dyadic.check({**certificate, "compared": wrong})


def test_a_weight_of_one_number_has_a_gradient():
    class Scaled(Pair):
        def __init__(self):
            super().__init__(torch.tanh)
            self.scale, self.most = nn.Parameter(torch.tensor(1.5)), nn.Parameter(torch.tensor([0.5]))

        def forward(self, x):
            return super().forward(x) * self.scale.exp() + self.most

    architecture = dyadic.from_torch(Scaled(), torch.randn(3, 4))
    assert {node.name for node in architecture.inputs if node.role == "parameter"} >= {"scale", "most"}
    assert architecture.compared == 1


def test_an_operator_of_somebody_else_is_not_taken_for_the_one_of_that_name():
    twice = torch.library.custom_op("strange::relu", lambda x: 2 * x, mutates_args=(), schema="(Tensor self) -> Tensor")
    twice.register_fake(torch.empty_like)
    twice.register_autograd(lambda context, g: 3 * g)
    with pytest.raises(DyadicError, match="strange::relu"):
        dyadic.from_torch(Pair(torch.ops.strange.relu), torch.randn(3, 4), check=False)


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("cost", [None, "squared_error"])
def test_a_wrong_reader_is_found_out(monkeypatch, dynamic, cost):
    """Of three outputs, two of them one tensor, with a cost that takes a target."""

    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(3, 3)

        def forward(self, x):
            y = self.inner(x)
            return {"a": torch.sin(y), "b": [y, y]}

    shapes = ({0: torch.export.Dim("batch")},) if dynamic else None
    given = {"cost": cost, "dynamic_shapes": shapes}
    assert len(dyadic.from_torch(Two(), torch.randn(4, 3), **given).costs) == 3
    monkeypatch.setitem(OPERATORS, "sin", lambda call: call.layer("tan", [call.x()]))
    with pytest.raises(DyadicError, match="the output 0 differs"):
        dyadic.from_torch(Two(), torch.randn(4, 3), **given)
    monkeypatch.setitem(
        OPERATORS, "sin", lambda call: call.layer("stop_gradient", [torch_operators.elementwise(call)], "held")
    )
    with pytest.raises(DyadicError, match="the gradient of inner"):
        dyadic.from_torch(Two(), torch.randn(4, 3), **given)


def test_a_mask_of_numbers_is_compared_as_it_is():
    """A row that is masked altogether has weights of 1/3, in PyTorch as in emitted code."""

    class MaskedScores(Pair):
        def forward(self, x, mask):
            return (self.first(x) @ self.second(x).T + (1 - mask) * torch.finfo(torch.float32).min).softmax(-1)

    mask = torch.tensor([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    x = torch.randn(3, 4)
    assert dyadic.from_torch(MaskedScores(None), (x, mask)).compared == 1
    mask[1] = 0
    assert dyadic.from_torch(MaskedScores(None), (x, mask)).compared == 1


def test_a_buffer_that_is_computed_from_weights_is_forgotten_between_runs():
    class Averaging(Pair):
        def __init__(self):
            super().__init__(torch.tanh)
            self.register_buffer("mean", torch.zeros(4))

        def forward(self, x):
            z = self.first(x)
            self.mean = 0.9 * self.mean + 0.1 * z.mean(0)
            return self.second(z - self.mean)

    assert dyadic.from_torch(Averaging(), torch.randn(3, 4)).compared == 1


def test_gradients_that_overflow_when_enlarged_are_compared_as_they_are():
    """Half precision ends at 65504; what is lost in it is found, with its own reason."""

    class Halved(Pair):
        def forward(self, x):
            return self.second(self.first(x).half().double())

    with pytest.raises(DyadicError, match="differs from PyTorch's by 0.000"):
        dyadic.from_torch(Halved(None).double(), torch.randn(3, 4, dtype=torch.float64))


def test_positions_counted_from_the_end_are_refused_in_one_line():
    class Rows(Pair):
        def forward(self, x, rows):
            return self.first(x)[rows]

    with pytest.raises(DyadicError, match="must hold integers from 0 to 2; give an example") as caught:
        dyadic.from_torch(Rows(None), (torch.randn(3, 4), torch.tensor([0, -1])))
    assert "\n" not in str(caught.value)


def test_a_weight_may_be_an_output():
    class ScaleBeside(Pair):
        def __init__(self):
            super().__init__(torch.tanh)
            self.scale = nn.Parameter(torch.tensor(2.0))

        def forward(self, x):
            return super().forward(x), self.scale.exp(), self.first.weight

    architecture = dyadic.from_torch(ScaleBeside(), torch.randn(3, 4))
    assert architecture.compared == 1
    assert len(architecture.costs) == 3


def test_a_module_that_cannot_be_exported_is_refused_in_one_line():
    class Branching(Pair):
        def forward(self, x):
            return self.first(x) if x.sum() > 0 else self.second(x)

    with pytest.raises(DyadicError, match="cannot export it") as caught:
        dyadic.from_torch(Branching(None), torch.randn(3, 4))
    assert "\n" not in str(caught.value)


def test_a_module_without_finite_gradients_is_read_with_a_note():
    class Nowhere(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(2, 2)

        def forward(self, x):
            return torch.log(-self.inner(x).square())

    notes = dyadic.from_torch(Nowhere(), torch.randn(3, 2)).notes
    assert "not finite" in notes[-1]
