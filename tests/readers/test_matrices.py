"""Determinants, inverses, linear systems and Cholesky's factor: values and gradients are those of PyTorch and onnx."""

from itertools import permutations

import numpy as np
import pytest
from support.optional import needed

torch = needed("torch")
needed("onnx")
from readers.matrix_calls import LINALG, MATRIX_CALLS, MatrixModule, matrix_case, positive  # noqa: E402
from readers.onnx_models import reference, single  # noqa: E402
from support.long_tests import one_in, one_row_in  # noqa: E402

import dyadic  # noqa: E402
from dyadic.autograd_comparison import AutogradComparison  # noqa: E402
from dyadic.physics.loading import emitted_network  # noqa: E402
from dyadic.symbolic import SpecError, derive  # noqa: E402
from dyadic.symbolic.readers import read, read_module  # noqa: E402
from dyadic.symbolic.readers.determinants import determinant  # noqa: E402
from dyadic.symbolic.readers.elimination import inverse, log_determinant  # noqa: E402
from dyadic.symbolic.readers.model import Known, Model  # noqa: E402
from dyadic.symbolic.readers.symmetric_matrices import symmetric  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


def largest_difference(module, arguments):
    found = AutogradComparison(module, arguments, read_module(module, arguments)).differences()
    assert len(found) >= 3  # an output, a weight, a bias
    return max(found.values())


@pytest.mark.parametrize("name", one_in(10, MATRIX_CALLS))
@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 4)])
def test_values_and_gradients_are_those_of_pytorch(name, shape):
    assert largest_difference(*matrix_case(name, *shape)) < 1e-12


@pytest.mark.parametrize(
    ("name", "sizes"), one_row_in(6, [("det", (1, 2, 5, 8)), ("inv", (1, 2, 16)), ("cholesky", (1, 2, 16))])
)
def test_all_sizes_up_to_the_limit(name, sizes):
    for size in sizes:
        assert largest_difference(*matrix_case(name, size, size)) < 1e-11, size


@pytest.mark.parametrize(
    ("name", "most"),
    one_row_in(6, [("det", 8), ("inv", 16), ("logdet", 16), ("cholesky", 16), ("lower", 16), ("upper", 16)]),
)
def test_larger_ones_are_refused_with_the_number(name, most):
    with pytest.raises(SpecError, match=rf"a matrix of {most + 1} rows \(at most {most}\)"):
        read_module(*matrix_case(name, most + 1, most + 1))


def test_a_matrix_without_rows_is_refused():
    module = torch.nn.Module()
    module.weight = torch.nn.Parameter(torch.zeros(0, 0))
    module.forward = lambda x: x * LINALG.det(module.weight)
    with pytest.raises(SpecError, match="a matrix without rows"):
        read_module(module, torch.randn(3))


def test_complex_matrices_are_refused_by_name():
    module = MatrixModule(lambda a: LINALG.inv(torch.complex(a, a)).real, 3)
    with pytest.raises(SpecError, match=r"aten\.complex.* is not supported"):
        read_module(module, torch.randn(3, 3))


def test_an_extent_without_a_number_is_refused():
    n = torch.export.Dim("n", min=2)
    module = torch.nn.Module()
    module.forward = lambda x: LINALG.inv(x @ x.mT)
    with pytest.raises(SpecError, match="needs a number for the size"):
        read_module(module, torch.randn(3, 3), dynamic_shapes=({0: n, 1: n},))


@pytest.mark.parametrize(
    "name", one_in(10, ["det", "inv", "slogdet", "cholesky", "solve for a vector", "normal density"])
)
def test_they_are_proved(name):
    derivation = derive(dyadic.from_torch(*matrix_case(name, 3, 3)))
    certificate = dyadic.verify(derivation)
    assert certificate["verdict"] == "proved"
    assert dyadic.check(certificate, derivation).confirmed


def numbers_of(build, array):
    """What a vertex made of x is, and the gradient of its weighted sum by x, as emitted."""
    model = Model("matrices", least=1)
    made = build(model, "made", model.vertex(Known("x", array, trained=True)))
    architecture = model.architecture([made])
    network = emitted_network(derive(architecture)).module
    (cost,) = architecture.costs
    weights = np.cos(np.arange(int(np.prod([int(n) for n in cost.target_shape])))).reshape(cost.target_shape)
    given = {**architecture.values}

    def value(x):
        return network.wavefront({**given, "x": x}, {}, {cost.owner: weights}).x[made]

    return value, network.gradients({**given, "x": array}, {}, {cost.owner: weights})[1]["x"], weights


def slopes(value, weights, x, step):
    """Central differences of the weighted sum."""
    found = np.zeros_like(x)
    for at in np.ndindex(*x.shape):
        moved = np.zeros_like(x)
        moved[at] = step
        found[at] = np.sum(weights * (value(x + moved) - value(x - moved))) / (2 * step)
    return found


def of_rank(rank, size, seed=1):
    chance = np.random.default_rng(seed)
    return chance.normal(size=(size, rank)) @ chance.normal(size=(rank, size))


@pytest.mark.parametrize(("size", "rank"), [(1, 0), (3, 3), (3, 2), (4, 2), (5, 4)])
def test_determinants_of_singular_matrices_have_their_gradients(size, rank):
    """The determinant is of degree 1 in each entry: differences are exact for any step."""
    x = of_rank(rank, size)
    value, gradient, weights = numbers_of(determinant, x)
    assert np.allclose(value(x), np.linalg.det(x), atol=1e-12)
    assert np.allclose(gradient, slopes(value, weights, x, 1.0), atol=1e-11)
    assert (np.abs(gradient).max() > 1e-3) == (rank >= size - 1)


def test_a_determinant_has_its_gradient_where_a_pivot_is_0():
    _, gradient, _ = numbers_of(determinant, np.diag([1.0, 1, 0]))
    assert (gradient == np.diag([0.0, 0, 1])).all()


@pytest.mark.parametrize("build", [inverse, lambda *given: log_determinant(*given)[1]])
@pytest.mark.parametrize("matrix", ["a permutation", "equal entries", "batch"])
def test_whatever_row_is_the_pivot(build, matrix):
    """The first pivot is 0, several entries are equally large, or the rows come in another order in each matrix."""
    x = {
        "a permutation": np.array([[0.0, 2, 0], [0, 0, 3], [4, 0, 0]]),
        "equal entries": np.array([[1.0, 1, 1], [1, -1, 1], [-1, 1, 1]]),
        "batch": np.random.default_rng(0).normal(size=(2, 3, 4, 4)),
    }[matrix]
    value, gradient, weights = numbers_of(build, x)
    expected = np.linalg.inv(x) if build is inverse else np.linalg.slogdet(x)[1]
    assert np.allclose(value(x), expected, rtol=1e-12)
    assert np.allclose(gradient, slopes(value, weights, x, 1e-5), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_the_sign_of_every_order_of_the_rows(size):
    rows = np.array([np.eye(size)[list(order)] * sign for order in permutations(range(size)) for sign in (1, -1.5)])
    value, gradient, _ = numbers_of(lambda *given: log_determinant(*given)[0], rows)
    assert (value(rows) == np.sign(np.linalg.det(rows))).all()
    assert not gradient.any()


def test_inverses_of_badly_conditioned_matrices_lose_no_more_than_pytorch():
    chance = np.random.default_rng(5)
    u, _, v = np.linalg.svd(chance.normal(size=(6, 6)))
    x = u @ np.diag(np.geomspace(1, 1e-6, 6)) @ v
    value, gradient, weights = numbers_of(inverse, x)
    given = torch.tensor(x, requires_grad=True)
    found = LINALG.inv(given)
    found.backward(torch.tensor(weights))
    assert np.abs(value(x) - found.detach().numpy()).max() < 1e-8 * np.abs(value(x)).max()
    assert np.abs(gradient - given.grad.numpy()).max() < 1e-8 * np.abs(gradient).max()


def test_logdet_has_no_value_where_the_determinant_is_negative():
    module, x = MatrixModule(torch.logdet, 3).double(), torch.randn(3, 3).double()
    with torch.no_grad():
        module.inner.weight.copy_(torch.eye(3)), module.inner.bias.zero_()
    network = emitted_network(derive(read_module(module, x).architecture))
    (cost,) = network.derivation.architecture.costs
    values = network.derivation.architecture.values
    for sign in (1, -1):
        x = np.diag([sign * 5.0, 1, 2]) - 2 * np.eye(3)
        state = network.module.wavefront(values, {"x": x}, {cost.owner: np.zeros(())})
        assert np.isnan(state.x[cost.input]) == (np.linalg.det(x + 2 * np.eye(3)) < 0)


# -- Cholesky's factor ----------------------------------------------------------------------------------------------


def kinds_of(function):
    module = MatrixModule(function, 3).double()
    return {vertex.kind.type for vertex in read_module(module, torch.randn(3, 3).double()).architecture.vertices}


def test_only_what_may_not_be_symmetric_is_read_with_autograd_s_convention():
    assert "stop_gradient" not in kinds_of(lambda a: LINALG.cholesky(positive(a)))
    assert "stop_gradient" not in kinds_of(lambda a: LINALG.cholesky(a.exp() @ a.exp().mT))  # the same, twice
    assert "stop_gradient" in kinds_of(lambda a: LINALG.cholesky(a.exp() @ a.cosh().mT))
    assert "stop_gradient" in kinds_of(lambda a: LINALG.cholesky(positive(a) + a))


class OwnMatrix(torch.nn.Module):
    """A matrix that is a parameter, and not symmetric: PyTorch reads one triangle, and gives both a gradient."""

    def __init__(self, upper):
        super().__init__()
        torch.manual_seed(0)
        self.upper, self.matrix = upper, torch.nn.Parameter(torch.randn(3, 3).double() * 0.1 + 4 * torch.eye(3))

    def forward(self, x):
        return LINALG.cholesky(self.matrix, upper=self.upper) @ x


@pytest.mark.long
@pytest.mark.parametrize("upper", one_in(4, [False, True]))
def test_a_matrix_that_is_a_parameter_has_autograd_s_gradient(upper):
    read_ = dyadic.from_torch(OwnMatrix(upper), torch.randn(3).double())
    assert read_.compared == 1
    assert any("one triangle of a matrix" in note for note in read_.notes)
    found = dyadic.verify(derive(read_))
    assert found["verdict"] == "proved"
    assert "as the program defines it" in found.claim("steps").statement


def symmetric_or_not():
    """name -> (whether it is symmetric, what makes it of x and v)."""
    turned = lambda m, x: m.layer("turned", "transpose", [x], permutation=[1, 0])  # noqa: E731
    constant = lambda m, array: m.vertex(Known(f"c{array.shape}{array.sum()}", array), trained=False)  # noqa: E731

    def product(m, x):
        return m.layer("product", "matmul", [x, turned(m, x)])

    column = lambda m, x: m.layer("column", "slice", [x], axes=[1], starts=[0], sizes=[1])  # noqa: E731
    return {
        "x": (False, lambda m, x: x),
        "product": (True, product),
        "square": (False, lambda m, x: m.layer("square", "matmul", [x, x])),
        "sum": (True, lambda m, x: m.layer("sum", "add", [x, turned(m, x)])),
        "difference": (False, lambda m, x: m.layer("difference", "sub", [x, turned(m, x)])),
        "function": (True, lambda m, x: m.layer("root", "sqrt", [product(m, x)])),
        "with the unit": (True, lambda m, x: m.layer("shifted", "add", [product(m, x), constant(m, np.eye(3))])),
        "with a triangle": (False, lambda m, x: m.layer("shifted", "add", [product(m, x), constant(m, np.tri(3))])),
        "with a row": (False, lambda m, x: m.layer("shifted", "add", [product(m, x), constant(m, np.ones(3))])),
        "with a column": (False, lambda m, x: m.layer("shifted", "add", [product(m, x), column(m, x)])),
        "with a number": (True, lambda m, x: m.layer("shifted", "mul", [product(m, x), constant(m, np.array(2.0))])),
    }  # fmt: skip


@pytest.mark.parametrize("name", symmetric_or_not())
def test_what_is_symmetric_whatever_the_numbers_are(name):
    expected, build = symmetric_or_not()[name]
    model = Model("symmetric")
    found = symmetric(model, build(model, model.input("x", (3, 3))))
    assert found == expected


# -- ONNX ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 4, 4), (2, 1, 5, 5)])
def test_det_of_onnx(shape, tmp_path):
    import onnx

    proto = single("Det", shape)
    onnx.save(proto, tmp_path / "det.onnx")
    x = np.random.default_rng(2).normal(size=shape)
    architecture = read(tmp_path / "det.onnx")
    network = emitted_network(derive(architecture))
    (cost,) = architecture.costs
    targets = {cost.owner: np.zeros([int(n) for n in cost.target_shape])}
    found = network.module.wavefront(architecture.values, {"x": x}, targets).x[cost.input]
    assert np.allclose(found, reference(proto, {"x": x})[0], rtol=1e-12)


def test_det_of_a_large_matrix_is_refused(tmp_path):
    import onnx

    onnx.save(single("Det", (9, 9)), tmp_path / "det.onnx")
    with pytest.raises(SpecError, match=r"Det.*a matrix of 9 rows \(at most 8\)"):
        read(tmp_path / "det.onnx")
