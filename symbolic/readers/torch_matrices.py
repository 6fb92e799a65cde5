"""ATen operators on small matrices: determinants, inverses, systems of equations, Cholesky's factor."""

from __future__ import annotations

import numpy as np
from sympy import Rational

from dyadic.symbolic.readers.determinants import determinant, rows_of
from dyadic.symbolic.readers.elimination import MOST_STEPS, inverse, log_determinant, solved, transposed
from dyadic.symbolic.readers.symmetric_matrices import symmetric
from dyadic.symbolic.readers.torch_call import OperatorCall, Result, operator
from dyadic.symbolic.readers.triangular_matrices import cholesky_factor, substituted

_DETERMINANT = "select gather einsum"
_STEPS = "slice abs squeeze unsqueeze compare where mul add reduce_sum matmul div sub concat"
_LOGARITHM = f"{_STEPS} mod scale log"
_INVERSE = f"{_STEPS} expand"
_SUBSTITUTION = "gather expand slice div mul sub concat transpose"
_CHOLESKY = "slice sqrt div einsum sub concat pad transpose scale add stop_gradient"


def _matrix(call: OperatorCall) -> str:
    call.ignore("check_errors")  # an error where there is no result
    return call.x("A" if call.given("A") else "self")


@operator(**dict.fromkeys(("det", "linalg_det", "_linalg_det"), _DETERMINANT))
def det(call: OperatorCall) -> Result:
    found = determinant(call.model, call.name, _matrix(call))
    return [found, None, None] if call.operator == "_linalg_det" else found


@operator(
    logdet=_LOGARITHM,
    **dict.fromkeys(("slogdet", "linalg_slogdet", "_linalg_slogdet"), _LOGARITHM),
)
def logarithm_of_det(call: OperatorCall) -> Result:
    """log det A where it is positive; the sign of det A, whose derivative is 0, and log |det A|."""
    sign, size = log_determinant(call.model, call.name, _matrix(call))
    if call.operator == "logdet":  # without a value where the sign is -1
        return call.layer("add", [call.layer("log", [sign], "positive"), size])
    return [sign, size, None, None]


@operator(**dict.fromkeys(("inverse", "linalg_inv", "linalg_inv_ex"), _INVERSE))
def inverted(call: OperatorCall) -> Result:
    found = inverse(call.model, call.name, _matrix(call))
    return [found, None] if call.operator == "linalg_inv_ex" else found


@operator(
    **dict.fromkeys(
        ("linalg_solve", "linalg_solve_ex", "_linalg_solve_ex"), f"{_INVERSE} transpose"
    )
)  # fmt: skip
def solution(call: OperatorCall) -> Result:
    """X with A X = B, or X A = B where ``left`` is false; B may be a vector for each matrix."""
    model, name, a, b = call.model, call.name, _matrix(call), call.x("B")
    shape, given = call.shape("A"), call.shape("B")
    if len(given) == 1 or given == shape[:-1]:
        column = call.layer("unsqueeze", [b], "right", axes=[len(given)])
        found = solved(model, f"{name}.solution", a, column)
        found = call.layer("squeeze", [found], axes=[len(model.shapes[found]) - 1])
    elif call["left"] is False:
        found = solved(model, f"{name}.solution", *(transposed(model, f"{name}.{x}.turned", x) for x in (a, b)))
        found = transposed(model, name, found)
    else:
        found = solved(model, name, a, b)
    return found if call.operator == "linalg_solve" else [found, None, None, None]


@operator(linalg_solve_triangular=_SUBSTITUTION, triangular_solve=_SUBSTITUTION)
def triangular_solution(call: OperatorCall) -> Result:
    """X with A X = B, or X A = B where ``left`` is false, of which only a triangle of A is read."""
    upper, unit = bool(call["upper"]), bool(call["unitriangular"])
    if call.operator == "triangular_solve":  # A stands behind B, and may be meant transposed
        a, b, turned, left = call.x("A"), call.x(), bool(call["transpose"]), True
    else:
        a, b, left = call.x(), call.x("B"), bool(call["left"])
        turned = not left
    if turned:
        a, upper = transposed(call.model, f"{call.name}.transposed", a), not upper
    if not left:
        b = transposed(call.model, f"{call.name}.right", b)
    found = substituted(call.model, call.name if left else f"{call.name}.solution", a, b, upper, unit)
    if not left:
        return transposed(call.model, call.name, found)
    return [found, None] if call.operator == "triangular_solve" else found


@operator(**dict.fromkeys(("cholesky", "linalg_cholesky", "linalg_cholesky_ex"), _CHOLESKY))
def factor(call: OperatorCall) -> Result:
    """L with L L^T = A, or its transpose, where ``upper`` is set; only that triangle of A is read."""
    model, a, upper = call.model, _matrix(call), bool(call["upper"])
    if upper:
        a = transposed(model, f"{call.name}.lower", a)
    if not symmetric(model, a):
        a = _as_autograd_reads(call, a)
    found = cholesky_factor(model, f"{call.name}.factor" if upper else call.name, a)
    found = transposed(model, call.name, found) if upper else found
    return [found, None] if call.operator == "linalg_cholesky_ex" else found


def _as_autograd_reads(call: OperatorCall, a: str) -> str:
    """The value of the lower triangle of a, with the gradient of (a + a^T) / 2.

    PyTorch's backward pass takes the matrix for symmetric, and gives both triangles the same gradient, while the value
    is that of one.  On symmetric matrices both are right.
    """
    model, name = call.model, call.name
    call.model.note(
        f"{call.operator} reads one triangle of a matrix and its gradient is that of a symmetric one, as in PyTorch"
    )
    mean = call.layer(
        "scale", [call.layer("add", [a, transposed(model, f"{name}.other", a)], "both")], "mean", factor=Rational(1, 2)
    )
    apart = call.layer("stop_gradient", [call.layer("sub", [a, mean], "apart")], "held")
    return call.layer("add", [mean, apart], "read")


@operator(cholesky_solve=_SUBSTITUTION, cholesky_inverse=_SUBSTITUTION)
def solution_by_factor(call: OperatorCall) -> Result:
    """X with L L^T X = B (U^T U X = B for an upper triangle), by two substitutions; the inverse is that for B = I."""
    model, upper = call.model, bool(call["upper"])
    if call.operator == "cholesky_solve":
        b, lower = call.x(), call.x("input2")
    else:
        lower = call.x()
        b = call.constant(f"{call.name}.unit", np.eye(rows_of(model, lower, MOST_STEPS), dtype=np.float32))
    other = transposed(model, f"{call.name}.transposed", lower)
    lower, upper_one = (other, lower) if upper else (lower, other)
    half = substituted(model, f"{call.name}.half", lower, b)
    return substituted(model, call.name, upper_one, half, upper=True)
