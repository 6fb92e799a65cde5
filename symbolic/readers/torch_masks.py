"""ATen operators on integers and booleans: comparisons, logic, casts.  They are numbers whose gradient is 0."""

from __future__ import annotations

import numpy as np

from dyadic.symbolic.options import number
from dyadic.symbolic.readers.operations import truncated
from dyadic.symbolic.readers.torch_call import (
    LARGEST,
    Known,
    OperatorCall,
    Result,
    Unsupported,
    finite,
    numbers_only,
    operator,
)
from dyadic.symbolic.readers.torch_composed import remainder_of_tensors

_RELATIONS = {
    "gt": "greater", "ge": "greater_or_equal", "lt": "less", "le": "less_or_equal", "eq": "equal", "ne": "not_equal",
}  # fmt: skip


def operand(call: OperatorCall, key: str) -> str:
    """A tensor, or a number as a constant without axes."""
    value = call[key]
    if isinstance(value, bool | int | float):
        value = Known(f"{call.name}.{key}", np.array(finite(call, value), float))
    if not isinstance(value, str | Known):
        raise Unsupported(f"its argument {key!r} is no number and no tensor")
    return call.model.vertex(value)


_AT_INFINITY = {
    ("eq", True): "greater_or_equal", ("eq", False): "less_or_equal", ("ne", True): "less", ("ne", False): "greater",
}  # fmt: skip


@operator(**dict.fromkeys(_RELATIONS, "compare"))
def compare(call: OperatorCall) -> Result:
    """What is equal to an infinity is what lies beyond the number that stands for it (several added, for instance)."""
    other = call["other"].array if isinstance(call["other"], Known) else call["other"]
    infinite = not isinstance(other, str) and np.size(other) == 1 and bool(np.isinf(other).all())
    relation = _RELATIONS[call.operator]
    if call["self"] == call["other"] and call.operator in ("eq", "ne"):  # how PyTorch writes isnan
        numbers_only(call)
    if infinite:
        relation = _AT_INFINITY.get((call.operator, bool(np.greater(other, 0).all())), relation)
    return call.layer("compare", [operand(call, "self"), operand(call, "other")], relation=relation)


@operator(isnan="scale", isinf="scale abs compare")
def never(call: OperatorCall) -> Result:
    """Every number is finite, but the infinities that a program holds itself and what is made of them."""
    if call.model.infinite and call.operator == "isinf":
        largest = call.constant(f"{call.name}.largest", np.array(LARGEST))
        return call.layer("compare", [call.layer("abs", [call.x()], "size"), largest], relation="greater_or_equal")
    numbers_only(call)
    call.model.note(f"{call.operator} is 0: every number is taken to be finite")
    return call.layer("scale", [call.x()], factor=0)


def truth(call: OperatorCall, key: str) -> str:
    """An operand as 0 or 1."""
    found = operand(call, key)
    if call.kinds.get(key, "b8") == "b8":
        return found
    zero = call.constant(f"{call.name}.zero", np.array(0.0))
    return call.layer("compare", [found, zero], f"{key}.truth", relation="not_equal")


def _only_booleans(call: OperatorCall) -> None:
    if not call.operator.startswith("logical") and call.kinds.get("") != "b8":
        raise Unsupported("works on the bits of integers")


@operator(
    logical_and="mul compare", bitwise_and="mul", __and__="mul",
    logical_or="maximum compare", bitwise_or="maximum", __or__="maximum",
    logical_xor="compare", bitwise_xor="compare", __xor__="compare",
)  # fmt: skip
def logic(call: OperatorCall) -> Result:
    _only_booleans(call)
    both = [truth(call, "self"), truth(call, "other")]
    if "xor" in call.operator:
        return call.layer("compare", both, relation="not_equal")
    return call.layer("mul" if "and" in call.operator else "maximum", both)


@operator(logical_not="scale compare", bitwise_not="scale")
def negation(call: OperatorCall) -> Result:
    _only_booleans(call)
    return call.layer("scale", [truth(call, "self")], factor=-1, offset=1)


@operator(any="reduce_max compare", all="reduce_min compare")
def some_or_every(call: OperatorCall) -> Result:
    kind = "reduce_max" if call.operator == "any" else "reduce_min"
    return call.layer(kind, [truth(call, "self")], axes=call.axes(), keep=bool(call["keepdim"]))


_WIDER = {
    "b8": ("i8", "i16", "u8", "u16", "u32", "u64"),
    "i8": ("i8", "i16"),
    "u8": ("u8", "i16", "u16", "u32", "u64"),
    "u16": ("u16", "u32", "u64"),
    "u32": ("u32", "u64"),
}
"""The integers of few bits, or without a sign, that hold all that another type does."""


@operator(
    **dict.fromkeys(
        ("to", "_to_copy", "type_as", "float", "double", "long", "int", "bool"), "compare sign abs floor mul"
    )
)
def cast(call: OperatorCall) -> Result:
    """To another type.  Between floating-point types it is the identity, and it is said where digits are lost."""
    call.ignore("other", "dtype")  # the result's type is known
    before, after = call.kinds.get("self", ""), call.kinds.get("", "")
    if "c" in before + after:
        raise Unsupported("complex numbers")
    if after == "b8" and before != "b8":
        return truth(call, "self")
    if (after in ("i8", "i16") or after[:1] == "u") and after not in _WIDER.get(before, (before,)):
        bits = f"{after[1:]} bits" + (" without a sign" if after[0] == "u" else "")
        raise Unsupported(f"casts to integers of {bits}, which begin again where they end")
    if before[:1] == "f" and after[:1] == "i":
        return truncated(call.model, call.name, call.x())
    if before[:1] == after[:1] == "f":
        if int(after[1:]) < int(before[1:]):
            call.model.note(
                f"casts from {before} to {after} inside the program are read as the identity: rounding differs"
            )
        return call.same("between floating-point types")
    return call.value()


@operator(tril="mul", triu="mul")
def triangle(call: OperatorCall) -> Result:
    rows, columns = (call.extent(axis) for axis in (call.rank() - 2, call.rank() - 1))
    call.model.room((rows, columns), 8)
    kept = getattr(np, call.operator)(np.ones((rows, columns)), call["diagonal"])
    return call.layer("mul", [call.x(), call.constant(f"{call.name}.kept", kept)])


@operator(floor_divide="div scale floor", trunc="sign abs floor mul", ceil="neg floor")
def whole(call: OperatorCall) -> Result:
    if call.operator == "ceil":
        return call.layer("neg", [call.layer("floor", [call.layer("neg", [call.x()], "neg")], "floor")])
    if call.operator == "trunc":
        return truncated(call.model, call.name, call.x())
    return whole_quotient(call)


def whole_quotient(call: OperatorCall) -> Result:
    """x / y rounded down, or towards 0; the derivative is 0."""
    found = call.layer("div", [operand(call, "self"), operand(call, "other")], "quotient")
    return truncated(call.model, call.name, found) if call["rounding_mode"] == "trunc" else call.layer("floor", [found])


@operator(frac="sub sign abs floor mul", fmod="sub sign abs floor mul scale div")
def behind_the_point(call: OperatorCall) -> Result:
    """x - trunc(x), x - m trunc(x / m): the derivative in x is 1."""
    if call.operator == "frac":
        return call.layer("sub", [call.x(), truncated(call.model, f"{call.name}.whole", call.x())])
    divisor = call["other"]
    if isinstance(divisor, str | Known):
        return remainder_of_tensors(call)
    if not divisor:
        raise Unsupported("divides by 0")
    exact = number(call.name, "divisor", divisor)
    times = truncated(call.model, f"{call.name}.times", call.layer("scale", [call.x()], "ratio", factor=1 / exact))
    return call.layer("sub", [call.x(), call.layer("scale", [times], "whole", factor=exact)])
