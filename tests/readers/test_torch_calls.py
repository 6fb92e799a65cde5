"""Calls of PyTorch are read with the gradient that autograd has; what differs from it is refused by name."""

import pytest
from support.optional import needed

torch = needed("torch")
from readers.torch_calls import CALLS, ORDER, CalledModule, case  # noqa: E402
from support.long_tests import one_in  # noqa: E402

import dyadic  # noqa: E402
from dyadic.autograd_comparison import AutogradComparison  # noqa: E402
from dyadic.symbolic import SpecError  # noqa: E402
from dyadic.symbolic.readers import read_module, torch_call  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("name", one_in(8, CALLS))
def test_gradients_are_those_of_autograd(name):
    torch.manual_seed(3)
    module, arguments = case(name)
    differences = AutogradComparison(module, arguments, read_module(module, arguments)).differences()
    assert len(differences) >= 3  # an output, a weight, a bias
    assert max(differences.values()) < 1e-9


@pytest.mark.parametrize("name", ["straight through", "gather by input", "sort", "assigned under a mask", "nothing"])
def test_they_are_proved(name):
    found = dyadic.verify(dyadic.derive(dyadic.from_torch(*case(name))))
    assert found["verdict"] == "proved"
    held = "as the program defines it" in found.claim("steps").statement
    assert held == (name == "straight through")


class Tenth(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, s):
        return s / 10


class Clipped(torch.autograd.Function):
    """A sign whose gradient is passed where its argument is small: written by hand, and not in the program."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sign()

    @staticmethod
    def backward(ctx, s):
        (x,) = ctx.saved_tensors
        return s * (x.abs() < 1)


@pytest.mark.parametrize("function", [Tenth, Clipped])
def test_a_backward_pass_of_one_s_own_is_refused_by_the_parameter(function):
    module, x = CalledModule(function.apply), torch.randn(3, 4)
    with pytest.raises(SpecError, match=r"the gradient of inner\.weight differs from PyTorch's"):
        dyadic.from_torch(module, x)
    assert any(
        "not compared with PyTorch's autograd" in note for note in dyadic.from_torch(module, x, check=False).notes
    )


class WithBuffer(torch.nn.Module):
    """A buffer, and what is made of it, where a layer has its weight and its bias."""

    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Linear(4, 4)
        self.register_buffer("fixed", torch.randn(3, 4))

    def forward(self, x):
        mixed = torch.nn.functional.linear(self.inner(x), self.fixed, self.fixed.softmax(0)[:, 0])
        return torch.nn.functional.layer_norm(mixed, (3,), self.fixed[:, 1])


def test_a_buffer_is_no_parameter():
    found = dyadic.from_torch(WithBuffer(), torch.randn(3, 4))
    assert {given.name for given in found.inputs if given.role == "parameter"} == {"inner.weight", "inner.bias"}


class LikeAConstant(torch.nn.Module):
    """A weight whose name and numbers are those of a constant of the program."""

    def __init__(self, make):
        super().__init__()
        self.make, self.inner = make, torch.nn.Linear(4, 4)
        self.eye, self.ones = torch.nn.Parameter(make(4)), torch.nn.Parameter(make(4))

    def forward(self, x):
        return (self.inner(x) @ self.eye) @ self.make(4) + self.ones


class Normed(torch.nn.Module):
    """A norm without a weight in a module that has one of ones, which another reads."""

    def __init__(self):
        super().__init__()
        self.weight, self.bias = torch.nn.Parameter(torch.ones(4)), torch.nn.Parameter(torch.randn(4))

    def forward(self, x):
        return torch.nn.functional.layer_norm(x, (4,), None, self.bias)


class OfNormed(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.outer = Normed()

    def forward(self, x):
        return self.outer(x) * self.outer.weight


class FirstState(torch.nn.Module):
    """States before the first step that are learned; one of them is read again behind."""

    def __init__(self, cell):
        super().__init__()
        self.cell, self.first = cell(4, 4), torch.nn.Parameter(torch.randn(1, 4))

    def forward(self, x):
        state = (self.first, torch.zeros_like(self.first)) if isinstance(self.cell, torch.nn.LSTM) else self.first
        return self.cell(x, state)[0] * self.first


WEIGHTS = {
    "eye": lambda: LikeAConstant(torch.eye),
    "a norm inside": OfNormed,
    "lstm": lambda: FirstState(torch.nn.LSTM),
    "gru": lambda: FirstState(torch.nn.GRU),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_have_all_of_their_gradient(name):
    torch.manual_seed(5)
    module, x = WEIGHTS[name]().double(), torch.randn(4, 4, dtype=torch.float64)
    read = read_module(module, (x,))
    assert {given.name for given in read.architecture.inputs if given.role == "parameter"} == {
        key for key, _ in module.named_parameters()
    }
    assert max(AutogradComparison(module, (x,), read).differences().values()) < 1e-12


class TypeIds(torch.nn.Module):
    """Zeros and ones like given integers, which are looked up."""

    def __init__(self):
        super().__init__()
        self.words, self.types = torch.nn.Embedding(5, 4), torch.nn.Embedding(2, 4)

    def forward(self, ids):
        return self.words(ids) * self.types(torch.zeros_like(ids)) + self.words.weight[torch.ones_like(ids > 2)]


def test_zeros_like_integers_are_integers():
    ids = torch.tensor([1, 2, 3, 4, 0])
    module = TypeIds().double()
    assert max(AutogradComparison(module, (ids,), read_module(module, (ids,))).differences().values()) < 1e-12


def test_a_rule_of_torch_that_gives_other_values_is_not_taken():
    loss = torch.nn.functional.multilabel_margin_loss
    module = CalledModule(lambda x: loss(x, torch.tensor([[3, 0, -1, 1]] * 3)))
    with pytest.raises(SpecError, match="multilabel_margin_loss"):
        dyadic.from_torch(module, torch.randn(3, 4), check=False)


def test_a_hook_on_a_parameter_is_refused():
    module = CalledModule(torch.tanh)
    dyadic.from_torch(module, torch.randn(3, 4))
    doubled = torch.nn.utils.parametrize.register_parametrization(module.inner, "bias", Doubled())
    with pytest.raises(SpecError, match="the gradient of inner"):
        dyadic.from_torch(doubled and module, torch.randn(3, 4))


class Doubled(torch.nn.Module):
    """The identity, with a gradient that is twice as large."""

    def forward(self, bias):
        return TwiceBackward.apply(bias)


class TwiceBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, s):
        return 2 * s


def test_a_reader_that_is_wrong_is_found(monkeypatch):
    """Were tanh read as sigmoid, the comparison would say so."""
    module, x = CalledModule(torch.tanh), torch.randn(3, 4)
    dyadic.from_torch(module, x)
    monkeypatch.setitem(torch_call.OPERATORS, "tanh", lambda call: call.layer("sigmoid", [call.x()]))
    with pytest.raises(SpecError, match="the output 0 differs from PyTorch's"):
        dyadic.from_torch(module, x)


def test_a_block_without_gradients():
    class Partly(CalledModule):
        def forward(self, x):
            with torch.no_grad():
                kept = torch.tanh(self.inner(x))
            return self.inner(x) * kept

    architecture = dyadic.from_torch(Partly(None), torch.randn(3, 4))  # compared
    assert [vertex.kind.type for vertex in architecture.vertices].count("stop_gradient") == 1


class CountedWords(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.places = torch.nn.Embedding(7, 3, padding_idx=2), torch.nn.Embedding(9, 3)

    def forward(self, ids, extra):
        seen = ids.ne(1).int()
        places = (seen.cumsum(1) * seen).long() + 1  # as RoBERTa counts
        both = torch.cat([ids, extra], 1).view(-1, 5).t()
        return self.places(places).sum() + self.table(both) + self.table(ids[:, :1].expand(-1, 2)).sum()


def test_a_parameter_of_integers_has_no_gradient():
    class ColumnsByWeight(CalledModule):
        def __init__(self):
            super().__init__(None)
            self.columns = torch.nn.Parameter(torch.tensor([1, 2, 0, 1]), requires_grad=False)

        def forward(self, x):
            return self.inner(x)[:, self.columns] * self.columns

    architecture = dyadic.from_torch(ColumnsByWeight(), torch.randn(3, 4))
    assert {node.name for node in architecture.inputs if node.role == "parameter"} == {"inner.weight", "inner.bias"}


def test_integer_inputs_are_moved_about_and_computed_with():
    torch.manual_seed(0)
    arguments = (torch.tensor([[3, 2, 1], [4, 5, 6]]), torch.tensor([[0, 2], [2, 6]]))
    architecture = dyadic.from_torch(CountedWords(), arguments)
    assert [node.role for node in architecture.inputs if node.name in ("ids", "extra")] == ["index", "index"]
    assert dyadic.verify(dyadic.derive(architecture))["verdict"] == "proved"


@pytest.mark.parametrize(
    ("function", "operator"),
    [(lambda x: torch.fft.fft(x).real, "fft"), (torch.linalg.pinv, "linalg_pinv"), (torch.bernoulli, "bernoulli"),
     (lambda x: x.to(torch.complex64).abs(), "complex"), (lambda x: x[x > 0], "index"),
     (lambda x: x * (100 * x).to(torch.int8), "8 bits"), (lambda x: x.t().as_strided((2, 2), (4, 1)), "as_strided"),
     (lambda x: x.index_put((ORDER,), x[:3, 0:1]).scatter(0, ORDER[:, None] % 2, x[:3, :1]), "writes twice")],
    ids=["fft", "pseudoinverse", "random", "complex", "mask", "wraps", "strides", "twice"],
)  # fmt: skip
def test_what_is_not_read_is_named(function, operator):
    with pytest.raises(dyadic.DyadicError, match=operator):
        dyadic.from_torch(CalledModule(function), torch.randn(4, 4))


def test_what_is_read_once_it_is_decomposed_is_not_named():
    """Beside a call that cannot be read, also where torch's rule for one leads to such a call."""

    def function(x):
        shuffled = torch.nn.functional.pixel_shuffle(x.view(1, 4, 2, 2), 2)
        shrunk = torch.nn.functional.interpolate(shuffled, scale_factor=0.5, mode="bilinear", antialias=True)
        return shuffled.sum() * torch.special.erfcx(x) + shrunk.mean()

    with pytest.raises(dyadic.DyadicError, match="upsample_bilinear2d_aa.*; neither is .*erfcx") as found:
        dyadic.from_torch(CalledModule(function), torch.randn(4, 4))
    assert "aten.pixel_shuffle" not in str(found.value)
