"""Positions counted from the end, sizes and powers that are no integers, integers of few bits: right, or refused."""

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from support.modules import load
from support.optional import needed

import dyadic
from dyadic.codegen import emit
from dyadic.symbolic import SpecError
from dyadic.symbolic.readers.onnx_model import from_onnx

torch = needed("torch")
pytestmark = pytest.mark.filterwarnings("ignore")
HEAD = '<ir_version: 8, opset_import: ["": 17]>'


def emitted(architecture):
    return load(emit(dyadic.derive(architecture), "numpy").text)


@pytest.mark.parametrize(
    ("after", "shape"),
    [("Cast<to=11>(s)  g = Mul(f, c)  i = Cast<to=7>(g)", 6), ("Cast<to=9>(s)  i = Cast<to=7>(f)", 6)],
)
def test_sizes_that_are_no_integers_are_refused(after, shape):
    text = f"""{HEAD} d (double[N,{shape}] x) => (double[P,Q] y) <double[6] w = {{1,2,3,4,5,6}}, double c = {{1.5}},
    int64[1] one = {{-1}}> {{ z = Mul(x, w)  s = Shape<start=0, end=1>(z)  f = {after}
    sh = Concat<axis=0>(i, one)  y = Reshape(z, sh) }}"""
    proto = onnx.parser.parse_model(text)
    with pytest.raises(SpecError, match="sizes that are only names"):
        from_onnx(proto)
    assert from_onnx(proto, sizes={"N": 4}).costs[0].shape == ((6, 4) if "Mul(f" in after else (1, 24))


def test_powers_of_integers_by_fractions_are_refused():
    text = f"""{HEAD} p (double[2] x, int64[2] i) => (double[2] y) <double[2] w = {{1, 2}}, double h = {{FILL}}>
    {{ j = Pow(i, h)  f = Cast<to=11>(j)  z = Mul(x, w)  y = Mul(z, f) }}"""
    with pytest.raises(SpecError, match="powers of integers"):
        from_onnx(onnx.parser.parse_model(text.replace("FILL", "0.5")))
    assert from_onnx(onnx.parser.parse_model(text.replace("FILL", "2.0"))).costs


@pytest.mark.parametrize("type_", ["double", "float"])
def test_an_exponent_of_many_digits(type_):
    """As generalised mean pooling has it when it is trained."""
    text = f"""{HEAD} p ({type_}[2] x) => ({type_}[2] y) <{type_}[2] w = {{1, 2}}, {type_} p = {{2.9134251}}>
    {{ z = Mul(x, w)  y = Pow(z, p) }}"""
    proto = onnx.parser.parse_model(text)
    code, x = emitted(from_onnx(proto)), np.array([0.3, 1.7])
    (wanted,) = ReferenceEvaluator(proto).run(None, {"x": x.astype(np.float32 if type_ == "float" else float)})
    loss, gradients = code.gradients(code.init(), x, np.ones(2))
    np.testing.assert_allclose(loss, wanted.sum(), rtol=1e-6 if type_ == "float" else 1e-12)
    exponent = float(str(np.float32(2.9134251))) if type_ == "float" else 2.9134251  # a decimal that means it
    slope = exponent * (x * [1, 2]) ** (exponent - 1) * x
    np.testing.assert_allclose(gradients["w"], slope, rtol=1e-12)


class AppliedToWeight(torch.nn.Module):
    """A function of x times a weight, and of the other inputs."""

    def __init__(self, function):
        super().__init__()
        self.w = torch.nn.Parameter(torch.linspace(-1.2, 0.9, 9, dtype=torch.float64).reshape(3, 3))
        self.function = function
        self.register_buffer("whole", torch.tensor([2.0, 3.0, 2.0], dtype=torch.float64))

    def forward(self, x, *others):
        return self.function(x * self.w, *others, *([self.whole] if self.function is torch.pow else []))


LINE = torch.arange(3)
POSITIONS = {
    "row and line": lambda t, i: t[i - 1, LINE],
    "line and row": lambda t, i: t[LINE, i - 1],
    "both": lambda t, i: t[i - 1, i],
}
X = torch.linspace(-1, 1, 9, dtype=torch.float64).reshape(3, 3)


def compared(function, example, *others):
    """Values and gradients of the code that is read from an example, for other integers, and PyTorch's."""
    module = AppliedToWeight(function)
    code = emitted(dyadic.from_torch(module, (X, *example)))
    output = module(X, *others)
    output.sum().backward()
    given = dict(zip(code.INPUTS, (X.numpy(), *(one.numpy() for one in others)), strict=True))
    loss, gradients = code.gradients(code.init(), given if others else X.numpy(), np.ones(output.shape))
    np.testing.assert_allclose(loss, output.sum().item(), rtol=1e-12)
    np.testing.assert_allclose(gradients["w"], module.w.grad.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", POSITIONS)
def test_computed_positions_on_several_axes_count_from_the_end(name):
    compared(POSITIONS[name], [torch.tensor([1, 2, 2])], torch.tensor([0, 2, 1]))


def test_whole_powers_of_negative_numbers():
    compared(torch.pow, [])


def test_casts_to_integers_that_wrap_around_are_refused():
    def cast(h, i):
        return h * i.to(torch.uint8).double()

    with pytest.raises(SpecError, match="without a sign"):
        dyadic.from_torch(AppliedToWeight(cast), (X, torch.tensor([1, 2, 2], dtype=torch.int8)))
    with pytest.raises(SpecError, match="wrap around"):
        dyadic.from_torch(
            AppliedToWeight(lambda h, i: h * (i + i).double()), (X, torch.tensor([1, 2, 2], dtype=torch.uint8))
        )
