"""Every scalar function as emitted, value and derivative: against PyTorch, against enclosures, NumPy against CUDA."""

import importlib.util

import numpy as np
import pytest
from flint import arb, ctx
from support.c_formula import c_formula
from support.modules import load
from support.optional import require
from sympy import Integer

from dyadic.codegen.assembly import rendered
from dyadic.codegen.c_functions import helpers
from dyadic.codegen.cubin import compile_cubin, find_nvrtc
from dyadic.codegen.emulator import Kernels, find_compiler
from dyadic.codegen.numpy_printer import NumpyPrinter
from dyadic.codegen.program import variable
from dyadic.proofs.evaluate.number_rings import Ball
from dyadic.symbolic.expressions import Definition, Index, Same, Tensor, size
from dyadic.symbolic.functions import FUNCTIONS, Z, closed_form
from dyadic.symbolic.tensor_names import Name, U, V

require(importlib.util.find_spec("torch"), "PyTorch is the second opinion here")
import torch  # noqa: E402
from support.scalar_functions import IN_TORCH, points  # noqa: E402

HERE, N = Index("i"), size("n")
X, F = Tensor(Name("x", U), (N,)), Tensor(Name("f", V), (N,))


def in_numpy(body, n, dtype="float64"):
    """The emitted NumPy function of x[0], ..., x[n - 1] with a body for each i."""
    definition = Definition(F, (HERE,), body)
    printer = NumpyPrinter((X,), {N: Integer(n)})
    statements = printer.statements(definition)
    context = {
        "helpers": printer.support.helpers,
        "functions": printer.support.spellings(),
        "tables": printer.support.listed(),
        "routines": [
            {"name": "routine", "doc": "", "arguments": [variable(X)], "statements": statements, "result": variable(F)}
        ],
    }
    imports = "\n".join(spelling.imports for spelling in printer.support.spellings())
    head = f"import numpy as np\n{imports}\nDTYPE = np.{dtype}\n"
    return load(head + rendered("numpy_routines.py.j2", context)).routine


def value_of(name, order, z):
    """In NumPy, as emitted, by the type of z."""
    return in_numpy(closed_form(name, order).xreplace({Z: X[HERE]}), len(z), str(z.dtype))(z)


def test_pytorch_has_every_function():
    assert set(IN_TORCH) == set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_value_and_derivative_are_those_of_pytorch(name):
    z = points(name)
    t = torch.tensor(z, requires_grad=True)
    value = IN_TORCH[name](t)
    (slope,) = torch.autograd.grad(value.sum(), t)
    for order, wanted in enumerate((value.detach().numpy(), slope.numpy())):
        found = np.broadcast_to(value_of(name, order, z), z.shape)
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-14, err_msg=f"{name}, order {order}")


CANCELS = {"gelu", "gelu_tanh"}
"""For large negative z these are z times a small difference of numbers near 1."""
SMALL = {"sigmoid", "softplus", "log_sigmoid", "silu", "mish", "tanh"}
"""Their value or derivative is a difference of numbers near 1 where it is small: few digits, but no large error."""


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "outer"])
def test_digits(name):
    """Against rigorous enclosures at the very same numbers, far out and within rounding of kinks and poles."""
    before, ctx.prec = ctx.prec, 4096
    z = points(name, 40)
    try:
        for order in (0, 1):
            found = np.broadcast_to(value_of(name, order, z), z.shape)
            assert np.isfinite(found).all()
            for at, number in zip(z, found, strict=True):
                exact = Ball().apply(name, order, arb(float(at)))
                scale = abs(exact) + (1e-300 if name not in CANCELS | SMALL else 1 + abs(arb(float(at))))
                assert abs(exact - arb(float(number))) < 4e-15 * scale * _condition(name, order, at), (at, number)
    finally:
        ctx.prec = before


def _condition(name, order, at):
    """By how much an error of half a unit in an intermediate result may count."""
    if name in ("sin", "cos", "tan", "exp", "expm1", "sinh", "cosh"):
        return 1 + abs(float(at))
    return 2 if name != "erf" else 2 + at**2


@pytest.mark.parametrize(("name", "point", "taken"), [(n, p, v) for n, f in FUNCTIONS.items() for p, v in f.kinks])
def test_the_derivative_at_a_kink_is_the_one_stated(name, point, taken):
    assert value_of(name, 1, np.array([float(point)] * 2)) == pytest.approx(float(taken), rel=1e-15)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_single_precision_stays_single_and_finite(name):
    z = points(name).astype(np.float32)
    z = z[np.abs(z) < 80]
    low, high = FUNCTIONS[name].domain
    z = z[(z > (-np.inf if low is None else int(low))) & (z < (np.inf if high is None else int(high)))]
    for order in (0, 1):
        found = value_of(name, order, z)
        assert np.asarray(found).dtype == np.float32
        np.testing.assert_allclose(found, value_of(name, order, z.astype(np.float64)), rtol=3e-4, atol=3e-5)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nothing_that_a_bracket_hides_shows(name):
    """Sum_i [i = 1] f(x[i]) where the other x are outside of f's domain, or overflow."""
    low, _ = FUNCTIONS[name].domain
    hidden = -1e100 if low is not None else 1e100
    inside = (float(low) + 0.25) if low is not None else 0.25
    z = np.array([hidden, inside, hidden])
    with np.errstate(all="raise", under="ignore"):
        for order in (0, 1):
            form = closed_form(name, order).xreplace({Z: X[HERE]})
            found = in_numpy(Same(HERE, 1) * form, 3)(z)
            assert found[0] == found[2] == 0
            assert found[1] == np.broadcast_to(value_of(name, order, np.full(3, inside)), 3)[1]


def in_cuda(suffix):
    """Kernels that evaluate every function and derivative at an array."""
    lines = []
    for name in FUNCTIONS:
        for order in (0, 1):
            code = c_formula(closed_form(name, order), suffix)
            lines += [
                f'extern "C" __global__ void {name}_{order}'
                "(const real* __restrict__ x, real* __restrict__ f, const int n)",
                "{",
                "    const int i = blockIdx.x * blockDim.x + threadIdx.x;",
                f"    if (i < n) {{ const real z = x[i]; f[i] = {code}; }}",
                "}",
            ]
    types = f"typedef {'float' if suffix else 'double'} real;"
    return "\n".join([types, *helpers("\n".join(lines), suffix), *lines])


@pytest.mark.parametrize(("suffix", "dtype", "close"), [("", np.float64, 1e-14), ("f", np.float32, 2e-5)])
def test_cuda_has_the_values_of_numpy(suffix, dtype, close):
    """The kernels' text, run on the CPU."""
    require(find_compiler(), "no C++ compiler (g++ or clang++)")
    kernels = Kernels(in_cuda(suffix))
    for name in FUNCTIONS:
        z = points(name).astype(dtype)
        z = z[np.abs(z) < 80] if suffix else z
        low, high = FUNCTIONS[name].domain
        z = z[(z > (-np.inf if low is None else int(low))) & (z < (np.inf if high is None else int(high)))]
        z = np.append(z, [dtype(int(point)) for point, _ in FUNCTIONS[name].kinks]).astype(dtype)
        for order in (0, 1):
            found = np.full_like(z, np.nan)
            kernels.launch(f"{name}_{order}", ((len(z) + 63) // 64,), (64,), [z, found, np.int32(len(z))])
            wanted = np.broadcast_to(value_of(name, order, z), z.shape)
            np.testing.assert_allclose(found, wanted, rtol=close, atol=close, err_msg=f"{name}, order {order}")


@pytest.mark.parametrize("suffix", ["", "f"])
def test_cuda_has_these_functions_in_both_precisions(suffix):
    require(find_nvrtc(), "nvidia-cuda-nvrtc is not installed")
    compiled = compile_cubin(in_cuda(suffix), "sm_90")
    assert set(compiled.kernels) == {f"{name}_{order}" for name in FUNCTIONS for order in (0, 1)}


def test_a_wrong_spelling_would_show():
    """rint and round differ at ties, fmax and fabs everywhere: the comparison above is no comparison of nothing."""
    require(find_compiler(), "no C++ compiler (g++ or clang++)")
    right = in_cuda("")
    for old, new, name, at in (("rint(", "floor(0.5 + ", "round", 0.5), ("fabs(z)", "z", "abs", -1.0)):
        found = []
        for text in (right, right.replace(old, new)):
            value = np.full(1, np.nan)
            Kernels(text).launch(f"{name}_0", (1,), (64,), [np.array([at]), value, np.int32(1)])
            found.append(value[0])
        assert found[0] != found[1]
