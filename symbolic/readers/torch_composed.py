"""ATen operators that are a few layers of the catalogue: other bases of logarithms, statistics, distances.

Of an operator that PyTorch defines on the flattened tensor, and along one axis as well, :func:`line` is what it reads.
"""

from __future__ import annotations

import math

import numpy as np

from dyadic.symbolic.options import number
from dyadic.symbolic.readers.operations import remainder
from dyadic.symbolic.readers.torch_call import Known, OperatorCall, Result, Unsupported, numbers_only, operator
from dyadic.symbolic.readers.torch_scatter import flat


def line(call: OperatorCall) -> str:
    """All entries of the tensor along one axis, as it lies in memory by rows."""
    return call.x() if call.rank() == 1 else flat(call, call.x(), "line")


# -- other bases, other forms -----------------------------------------------------------------------------------


@operator(exp2="scale exp", special_exp2="scale exp")
def power_of_two(call: OperatorCall) -> Result:
    two = number(call.name, "ln 2", math.log(2))
    return call.layer("exp", [call.layer("scale", [call.x()], "logarithm", factor=two)])


@operator(log2="log scale", log10="log scale")
def logarithm(call: OperatorCall) -> Result:
    factor = number(call.name, "factor", 1 / math.log(2 if call.operator == "log2" else 10))
    return call.layer("scale", [call.layer("log", [call.x()], "log")], factor=factor)


@operator(logaddexp="sub softplus add", logaddexp2="sub scale softplus add")
def logarithm_of_a_sum(call: OperatorCall) -> Result:
    """log(exp(a) + exp(b)) = a + softplus(b - a), and the same with base 2."""
    numbers_only(call)
    exponent = call.layer("sub", [call.x("other"), call.x()], "difference")
    if call.operator == "logaddexp":
        return call.layer("add", [call.x(), call.layer("softplus", [exponent], "excess")])
    two = number(call.name, "ln 2", math.log(2))
    exponent = call.layer("scale", [exponent], "logarithm", factor=two)
    excess = call.layer("scale", [call.layer("softplus", [exponent], "softplus")], "excess", factor=1 / two)
    return call.layer("add", [call.x(), excess])


@operator(erfc="erf scale", special_erfc="erf scale")
def complementary_error(call: OperatorCall) -> Result:
    call.model.note("erfc is 1 - erf: where it is small, its value has few digits")
    return call.layer("scale", [call.layer("erf", [call.x()], "erf")], factor=-1, offset=1)


@operator(hypot="power add sqrt")
def hypotenuse(call: OperatorCall) -> Result:
    squares = [call.layer("power", [call.x(key)], f"{key}.square", exponent=2) for key in ("self", "other")]
    return call.layer("sqrt", [call.layer("add", squares, "squares")])


@operator(**dict.fromkeys(("atan2", "arctan2"), "abs compare where neg div atan scale mul add"))
def angle(call: OperatorCall) -> Result:
    """The angle of (x, y): atan(y / x) or, where |y| > |x|, atan(-x / y), and a constant in each of the sectors."""
    numbers_only(call)
    call.model.note("atan2 is read for points other than (0, 0), and takes -0 for 0")
    y, x, zero = call.x(), call.x("other"), call.constant(f"{call.name}.zero", np.array(0.0))
    sizes = [call.layer("abs", [each], f"size.{part}") for each, part in ((x, "x"), (y, "y"))]
    flat_ = call.layer("compare", sizes, "flat", relation="greater_or_equal")
    above = call.layer("where", [flat_, y, call.layer("neg", [x], "minus_x")], "above")
    quotient = call.layer("div", [above, call.layer("where", [flat_, x, y], "below")], "quotient")
    left = call.layer("compare", [x, zero], "left", relation="less")
    turn = call.layer("scale", [left], "turn", factor=number(call.name, "pi", math.pi))
    quarter = call.constant(f"{call.name}.quarter", np.array(math.pi / 2))
    sector = call.layer("where", [flat_, turn, quarter], "sector")
    upper = call.layer("compare", [y, zero], "upper", relation="greater_or_equal")
    side = call.layer("scale", [upper], "side", factor=2, offset=-1)
    inner = call.layer("atan", [quotient], "inner")
    return call.layer("add", [inner, call.layer("mul", [side, sector], "offset")])


@operator(rrelu="leaky_relu")
def randomized_slope(call: OperatorCall) -> Result:
    """Outside of training the slope is the mean of its bounds."""
    if call["training"]:
        raise Unsupported("draws random numbers")
    bounds = [number(call.name, key, call[key]) for key in ("lower", "upper")]
    return call.layer("leaky_relu", [call.x()], slope=sum(bounds) / 2)


def remainder_of_tensors(call: OperatorCall) -> Result:
    """What is left of a division, whose sign is that of y, or with ``fmod`` that of x."""
    if any(kind[0] != "f" for key, kind in call.kinds.items() if key in ("self", "other")):
        raise Unsupported("a remainder of integers by what is not a number")
    x, y = (
        call.x(key) if isinstance(call[key], str | Known) else call.constant(f"{call.name}.{key}", np.array(call[key]))
        for key in ("self", "other")
    )
    return remainder(call.model, call.name, x, y, call.operator == "fmod")


# -- statistics, distances --------------------------------------------------------------------------------------

_SPREAD = "reduce_mean sub power scale sqrt"


@operator(var=_SPREAD, std=_SPREAD, var_mean=f"{_SPREAD} squeeze", std_mean=f"{_SPREAD} squeeze")
def spread(call: OperatorCall) -> Result:
    """Mean square of the deviations from the mean, or its root; divided by n - correction instead of n."""
    axes, keep = call.axes(), bool(call["keepdim"])
    by_default = 1 if call["unbiased"] is not False else 0
    correction = by_default if call["correction"] is None else number(call.name, "correction", call["correction"])
    count = math.prod(call.extent(axis) for axis in axes)
    if count <= correction:
        raise Unsupported(f"divides by {count} - {correction}")
    mean = call.layer("reduce_mean", [call.x()], "mean", axes=axes, keep=True)
    squares = call.layer("power", [call.layer("sub", [call.x(), mean], "deviation")], "squares", exponent=2)
    is_root, with_mean = call.operator.startswith("std"), call.operator.endswith("_mean")
    last = "spread" if with_mean else ""
    root = "variance" if is_root else last
    if correction == 0:
        found = call.layer("reduce_mean", [squares], root, axes=axes, keep=keep)
    else:
        found = call.layer("reduce_mean", [squares], "mean_square", axes=axes, keep=keep)
        found = call.layer("scale", [found], root, factor=count / (count - correction))
    if is_root:
        found = call.layer("sqrt", [found], last)
    if not with_mean:
        return found
    if 1 not in call.wanted:
        return [found, None]
    return [found, mean if keep else call.layer("squeeze", [mean], "centre", axes=axes)]


@operator(cdist="unsqueeze sub abs power reduce_sum sqrt")
def distances(call: OperatorCall) -> Result:
    """d[.., i, j] = |x[.., i] - y[.., j]|, the usual distance or the sum of the absolute differences."""
    call.ignore("compute_mode")
    rank, p = call.rank("x1"), call["p"]
    if p not in (1, 2) or rank != call.rank("x2"):
        raise Unsupported(f"p = {p}, which is neither 1 nor 2" if rank == call.rank("x2") else "tensors of two ranks")
    rows = call.layer("unsqueeze", [call.x("x1")], "rows", axes=[rank - 1])
    columns = call.layer("unsqueeze", [call.x("x2")], "columns", axes=[rank - 2])
    difference = call.layer("sub", [rows, columns], "difference")
    if p == 1:
        size = call.layer("abs", [difference], "size")
        return call.layer("reduce_sum", [size], axes=[rank], keep=False)
    call.model.note("distances are differentiated where they are not 0")
    squares = call.layer("power", [difference], "squares", exponent=2)
    return call.layer("sqrt", [call.layer("reduce_sum", [squares], "sum", axes=[rank], keep=False)])
