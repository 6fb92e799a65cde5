"""ATen's powers: by a number, by constant integers, by a tensor."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dyadic.symbolic.options import number
from dyadic.symbolic.readers.operations import are_whole, powered, whole_powers
from dyadic.symbolic.readers.torch_call import Known, OperatorCall, Result, Unsupported, operator


@operator(pow="power exp log mul scale where")
def power(call: OperatorCall) -> Result:
    exponent = number_of(call["exponent"])
    if exponent is None:
        return _general_power(call)
    if exponent == 0:
        call.ignore("self")
        return Known(f"{call.name}.one", np.ones([int(n) for n in call.shape()]))
    return powered(call.model, call.name, call.x(), exponent)


def _general_power(call: OperatorCall) -> Result:
    """x^y = exp(y log x), for x > 0; by constant integers, for every x."""
    base, exponents = call["self"], call["exponent"]
    if isinstance(exponents, Known) and not exponents.trained and are_whole(exponents.array):
        return whole_powers(call.model, call.name, call.x(), exponents.array)
    if isinstance(base, int | float):
        if base <= 0:
            raise Unsupported(f"a power of {base}, which is not positive")
        factor = number(call.name, "base", math.log(base))
        return call.layer("exp", [call.layer("scale", [call.x("exponent")], "logarithm", factor=factor)])
    call.model.note("powers with an exponent that is no number are exp(y log(x)), for x > 0")
    both = [call.x("exponent"), call.layer("log", [call.x()], "log")]
    return call.layer("exp", [call.layer("mul", both, "logarithm")])


def number_of(value: Any) -> Any:
    """A Python number, or the entry of a known tensor without axes; None for anything else."""
    if isinstance(value, Known) and value.array.ndim == 0 and not value.trained:
        value = value.array[()].item()
    return value if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) else None
