"""ATen operators that compute: elementwise functions, products, norms, attention."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sympy import Rational

from dyadic.symbolic.options import number
from dyadic.symbolic.readers.operations import (
    OPERATIONS,
    extremum,
    is_far,
    product,
    spelled_out,
    with_number,
)
from dyadic.symbolic.readers.torch_call import Known, OperatorCall, Result, Unsupported, Value, operator
from dyadic.symbolic.readers.torch_composed import remainder_of_tensors
from dyadic.symbolic.readers.torch_masks import whole_quotient
from dyadic.symbolic.readers.torch_ordering import ordered
from dyadic.symbolic.readers.torch_powers import number_of

_ELEMENTWISE = {
    **{name: name for name in (
        "tanh", "sigmoid", "relu", "exp", "expm1", "log", "log1p", "sqrt", "erf", "abs", "reciprocal", "neg", "silu",
        "mish", "selu", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh", "sign",
        "floor", "log_sigmoid",
    )},
    "hardswish": "hard_swish", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh",
    "arccosh": "acosh", "arctanh": "atanh", "special_expm1": "expm1", "special_log1p": "log1p", "special_erf": "erf",
}  # fmt: skip


@operator(**_ELEMENTWISE)
def elementwise(call: OperatorCall) -> Result:
    return call.layer(_ELEMENTWISE[call.operator], [call.x()])


@operator(log_sigmoid_forward="log_sigmoid")
def log_sigmoid(call: OperatorCall) -> Result:
    return [call.layer("log_sigmoid", [call.x()]), None]


@operator(round="round scale")
def rounded(call: OperatorCall) -> Result:
    if not call["decimals"]:
        return call.layer("round", [call.x()])
    unit = Rational(10) ** int(call["decimals"])
    found = call.layer("round", [call.layer("scale", [call.x()], "shifted", factor=unit)], "rounded")
    return call.layer("scale", [found], factor=1 / unit)


@operator(remainder="mod div floor mul sub")
def remainder(call: OperatorCall) -> Result:
    divisor = number_of(call["other"])
    if divisor is None or not isinstance(call["self"], str | Known):
        return remainder_of_tensors(call)
    return call.layer("mod", [call.x()], divisor=divisor)


@operator(gelu="gelu gelu_tanh")
def gelu(call: OperatorCall) -> Result:
    return call.layer("gelu_tanh" if call["approximate"] == "tanh" else "gelu", [call.x()])


@operator(rsqrt="sqrt reciprocal")
def rsqrt(call: OperatorCall) -> Result:
    return call.layer("reciprocal", [call.layer("sqrt", [call.x()], "sqrt")])


_LEAST_THRESHOLD = 20
"""The usual one of softplus, log(1 + exp(20)) - 20 being 2e-9."""


@operator(softplus="softplus scale")
def softplus(call: OperatorCall) -> Result:
    beta = number(call.name, "beta", call["beta"])
    if call["threshold"] < _LEAST_THRESHOLD:  # there the two differ by more than rounding
        raise Unsupported(f"replaced by its argument above {call['threshold']}")
    call.model.note(f"softplus is not replaced by its argument above {call['threshold']}, as PyTorch does")
    if beta == 1:
        return call.layer("softplus", [call.x()])
    inner = call.layer("scale", [call.x()], "beta", factor=beta)
    return call.layer("scale", [call.layer("softplus", [inner], "softplus")], factor=1 / beta)


@operator(elu="elu", celu="celu", leaky_relu="leaky_relu", hardsigmoid="hard_sigmoid")
def with_slope(call: OperatorCall) -> Result:
    if call.operator == "leaky_relu":
        return call.layer("leaky_relu", [call.x()], slope=call["negative_slope"])
    if call.operator == "hardsigmoid":
        return call.layer("hard_sigmoid", [call.x()], alpha=Rational(1, 6), beta=Rational(1, 2))
    if call.operator == "elu" and not call["scale"] == call["input_scale"] == 1:
        raise Unsupported("scale or input_scale is not 1")
    return call.layer(call.operator, [call.x()], alpha=call["alpha"])


@operator(
    **dict.fromkeys(("clamp", "clamp_min", "clamp_max", "hardtanh", "relu6"), "clip maximum minimum compare where")
)
def clamp(call: OperatorCall) -> Result:
    low, high = (call[key] if call.given(key) else call[f"{key}_val"] for key in ("min", "max"))
    low, high = (0, 6) if call.operator == "relu6" else (low, high)
    bounds: dict[str, Any] = {key: bound for key, bound in (("low", low), ("high", high)) if bound is not None}
    bounds = {key: bound for key, bound in bounds.items() if isinstance(bound, str | Known) or not math.isinf(bound)}
    if any(isinstance(bound, str | Known) for bound in bounds.values()) or is_far(*bounds.values()):
        found = call.x()
        for key, type_ in (("low", "maximum"), ("high", "minimum")):
            if key in bounds:
                bound = bounds[key]
                known = bound if isinstance(bound, str | Known) else Known(f"{call.name}.{key}", np.array(float(bound)))
                place, bounding = f"{call.name}.{key}", call.model.vertex(known)
                found = extremum(call.model, place, type_, found, bounding, is_far(known))
        return found
    if not bounds:
        return call.same("without bounds")
    return call.layer("clip", [call.x()], **bounds)


@operator(prelu="relu neg mul sub reshape")
def prelu(call: OperatorCall) -> Result:
    """relu(x) - a relu(-x)."""
    x, slope = call.x(), call.weight("weight")
    if call.shape("weight") != (1,) and call.rank() > 2:
        slope = call.layer("reshape", [slope], "slope", shape=[*call.shape("weight"), *[1] * (call.rank() - 2)])
    negative = call.layer("relu", [call.layer("neg", [x], "neg")], "below")
    return call.layer("sub", [call.layer("relu", [x], "above"), call.layer("mul", [negative, slope], "scaled")])


_ARITHMETIC = {
    "add": "Add",
    "sub": "Sub",
    "subtract": "Sub",
    "rsub": "Sub",
    "mul": "Mul",
    "div": "Div",
    "multiply": "Mul",
}


@operator(
    **{name: f"{OPERATIONS[operation]} scale" for name, operation in _ARITHMETIC.items()}
    | {"add": "add scale maximum", "div": "div scale reciprocal floor sign abs mul"},
)
def arithmetic(call: OperatorCall) -> Result:
    if call["rounding_mode"] is not None:
        return whole_quotient(call)
    if call.kinds.get("") == "b8" and call.operator == "add":
        return call.layer("maximum", [call.x(), call.x("other")])
    if call.kinds.get("") in ("i8", "i16") or call.kinds.get("", "f")[0] == "u":
        raise Unsupported("computes with integers of few bits or without a sign, which wrap around")
    if call.kinds.get("", "f")[0] == "i" and call.operator == "div":
        raise Unsupported("divides integers without a rest")
    operation, alpha = _ARITHMETIC[call.operator], call["alpha"]
    operands = [call["self"], call["other"]]
    if alpha is not None and alpha != 1:
        scaled = 0 if call.operator == "rsub" else 1  # what is taken away, or added
        operands[scaled] = _scaled(call, operands[scaled], alpha)
    if call.operator == "rsub":
        operands.reverse()
    for slot in (1, 0):
        value, other = number_of(operands[slot]), operands[1 - slot]
        if value is not None and isinstance(other, str | Known):
            exact = number(call.name, "constant", value)
            return with_number(call.model, call.name, operation, slot, exact, call.model.vertex(other))
    if not all(isinstance(value, str | Known) for value in operands):
        raise Unsupported("an operand is no finite number")
    return call.layer(OPERATIONS[operation], [call.model.vertex(value) for value in operands])


def _scaled(call: OperatorCall, value: Any, alpha: float) -> Any:
    if isinstance(value, str | Known):
        return call.layer("scale", [call.model.vertex(value)], "alpha", factor=alpha)
    return value * alpha


_PLACES = "unsqueeze compare mul add reduce_sum einsum transpose squeeze"


@operator(
    maximum="maximum compare where", minimum="minimum compare where", max=f"maximum reduce_max where {_PLACES}",
    min=f"minimum reduce_min where {_PLACES}",
    amax="reduce_max", amin="reduce_min", fmax="maximum compare where", fmin="minimum compare where",
)  # fmt: skip
def largest_or_smallest(call: OperatorCall) -> Result:
    kind = "maximum" if "max" in call.operator else "minimum"
    if call.given("other"):
        far = is_far(call["self"], call["other"])
        return extremum(call.model, call.name, kind, call.x(), call.x("other"), far)
    found = call.layer(f"reduce_{kind[:3]}", [call.x()], axes=call.axes(), keep=bool(call["keepdim"]))
    if 1 in call.wanted:
        call.wanted = frozenset({1})
        (_, place) = ordered(call, call.x(), call.axis(), 1, kind == "maximum")
        assert place is not None
        return [found, place if call["keepdim"] else call.layer("squeeze", [place], axes=[call.axis()])]
    return [found, None] if call.operator in ("max", "min") and call.given("dim") else found


@operator(mean="reduce_mean", sum="reduce_sum")
def reduce(call: OperatorCall) -> Result:
    call.floating()
    return call.layer(f"reduce_{call.operator}", [call.x()], axes=call.axes(), keep=bool(call["keepdim"]))


# -- products ---------------------------------------------------------------------------------------------------


@operator(linear="dense")
def linear(call: OperatorCall) -> Result:
    biased = call.given("bias")
    inputs = [call.x("input"), call.weight("weight"), *([call.weight("bias")] if biased else [])]
    return call.layer("dense", inputs, bias=biased)


@operator(xlogy="log mul", logit="log sub scale clip")
def logarithms(call: OperatorCall) -> Result:
    """x log(y) for y > 0; log(x) - log(1 - x)."""
    if call.operator == "xlogy":
        call.model.note("xlogy is read for positive y")
        return call.layer("mul", [call.x(), call.layer("log", [call.x("other")], "log")])
    x = call.x()
    if call.given("eps"):
        bound = number(call.name, "eps", call["eps"])
        x = call.layer("clip", [x], "inside", low=bound, high=1 - bound)
    rest = call.layer("scale", [x], "rest", factor=-1, offset=1)
    return call.layer("sub", [call.layer("log", [x], "log"), call.layer("log", [rest], "log_rest")])


@operator(bilinear="einsum add")
def bilinear(call: OperatorCall) -> Result:
    x, y, weight = call.x("input1"), call.x("input2"), call.weight("weight")
    lead = "abcdefgh"[: call.rank("input1") - 1]
    part = "form" if call.given("bias") else ""
    found = call.layer("einsum", [x, weight, y], part, equation=f"{lead}i,kij,{lead}j->{lead}k")
    return call.layer("add", [found, call.weight("bias")]) if part else found


_PRODUCT = "matmul unsqueeze squeeze"


@operator(matmul=_PRODUCT, mm="matmul", bmm="matmul", mv=_PRODUCT, dot=_PRODUCT)
def matmul(call: OperatorCall) -> Result:
    other = next(key for key in ("other", "mat2", "vec", "tensor") if call.given(key))
    return product(call.model, call.name, call.x(), call.x(other))


@operator(addmm="matmul scale add", baddbmm="matmul scale add")
def addmm(call: OperatorCall) -> Result:
    keys = ("mat1", "mat2") if call.operator == "addmm" else ("batch1", "batch2")
    found: Any = product(call.model, f"{call.name}.product", call.x(keys[0]), call.x(keys[1]))
    found, added = _factor(call, found, "alpha"), _factor(call, call.x(), "beta")
    return call.layer("add", [found, added])


def _factor(call: OperatorCall, x: str, key: str) -> str:
    return x if call[key] in (None, 1) else call.layer("scale", [x], key, factor=call[key])


@operator(einsum="einsum")
def einsum(call: OperatorCall) -> Result:
    call.ignore("path")  # the order of the products
    tensors = [call.model.vertex(value) for value in call["tensors"]]
    equation = spelled_out(call["equation"], [len(call.model.shapes[tensor]) for tensor in tensors])
    return call.layer("einsum", tensors, equation=equation.replace(" ", ""))


# -- normalisation ------------------------------------------------------------------------------------------------


@operator(
    batch_norm="batch_norm batch_norm_training",
    _native_batch_norm_legit="batch_norm batch_norm_training",
    _native_batch_norm_legit_functional="batch_norm batch_norm_training",
    _native_batch_norm_legit_no_training="batch_norm",
    instance_norm="instance_norm",
)
def batch_norm(call: OperatorCall) -> Result:
    call.ignore("momentum", "running_mean", "running_var")  # their update is left out, with a note
    channels = call.shape("input")[1:2]
    inputs = [call.x("input"), call.filled("weight", 1, channels), call.filled("bias", 0, channels)]
    training = call["training"] or (call.operator == "batch_norm" and not call.given("running_mean"))
    if call.operator == "instance_norm":
        if not call["use_input_stats"]:
            raise Unsupported("use_input_stats = False")
        return call.layer("instance_norm", inputs, epsilon=call["eps"], lead=1)
    if training:
        call.model.note("batch normalisation in training form: the update of the running statistics is left out")
        found = call.layer("batch_norm_training", inputs, epsilon=call["eps"], axis=1)
    else:
        statistics = [call.buffer("running_mean"), call.buffer("running_var")]
        found = call.layer("batch_norm", [*inputs, *statistics], epsilon=call["eps"], lead=1)
    return found if call.operator == "batch_norm" else [found, None, None, None, None]


@operator(layer_norm="layer_norm", native_layer_norm="layer_norm", rms_norm="rms_norm")
def layer_norm(call: OperatorCall) -> Result:
    shape = call["normalized_shape"]
    options: dict[str, Any] = {"epsilon": call["eps"]}
    if call.operator == "rms_norm":
        if len(shape) != 1 or call["eps"] is None:
            raise Unsupported("normalises several axes, or with the precision of the type as eps")
        inputs = [call.weight("weight")] if call.given("weight") else []
        return call.layer("rms_norm", [call.x("input"), *inputs], affine=bool(inputs), **options)
    options["axes"] = len(shape)
    if not call.given("weight") and not call.given("bias"):
        found = call.layer("layer_norm", [call.x("input")], affine=False, **options)
    else:
        own = call.shape("input")[-len(shape) :]
        inputs = [call.x("input"), call.filled("weight", 1, own), call.filled("bias", 0, own)]
        found = call.layer("layer_norm", inputs, **options)
    return found if call.operator == "layer_norm" else [found, None, None]


@operator(group_norm="group_norm", native_group_norm="group_norm")
def group_norm(call: OperatorCall) -> Result:
    call.ignore("N", "C", "HxW")  # the sizes of the input
    channels = call.shape("input")[1:2]
    inputs = [call.x("input"), call.filled("weight", 1, channels), call.filled("bias", 0, channels)]
    groups = call["num_groups"] or call["group"]
    found = call.layer("group_norm", inputs, groups=groups, epsilon=call["eps"], lead=1)
    return found if call.operator == "group_norm" else [found, None, None]


# -- softmax and attention ----------------------------------------------------------------------------------------


@operator(softmax="softmax", _softmax="softmax", log_softmax="log_softmax", _log_softmax="log_softmax")
def softmax(call: OperatorCall) -> Result:
    call.floating()
    call.ignore("half_to_float")
    return call.layer(call.operator.removeprefix("_"), [call.x()], axis=call.axis())


@operator(glu="glu")
def glu(call: OperatorCall) -> Result:
    return call.layer("glu", [call.x()], axis=call.axis())


_HIDDEN = 10**30
"""What is taken from a score that a mask hides: no score is as large, and its sensitivity times it is finite."""


@operator(scaled_dot_product_attention="attention scale reduce_max mul")
def attention(call: OperatorCall) -> Result:
    """Attention; the result of a query from which a mask hides every key is 0."""
    if call["dropout_p"]:
        raise Unsupported("dropout in training: call module.eval() first")
    if call["enable_gqa"]:
        raise Unsupported("enable_gqa")
    inputs = [call.x("query"), call.x("key"), call.x("value")]
    seen: str | None = None
    if call.given("attn_mask"):
        mask: Value = call.value("attn_mask")
        if isinstance(mask, Known):
            some = (mask.array if mask.array.dtype.kind == "b" else mask.array > -np.inf).any(-1, keepdims=True)
            seen = None if some.all() else call.constant(f"{call.name}.seen", some.astype(float))
        elif call.kinds.get("attn_mask") == "b8":
            seen = call.layer("reduce_max", [mask], "seen", axes=[call.rank("attn_mask") - 1], keep=True)
        if isinstance(mask, Known) and mask.array.dtype.kind == "b":
            mask = Known(f"{mask.name}.added", np.where(mask.array, np.float32(0), np.float32("-inf")))
        elif call.kinds.get("attn_mask") == "b8":
            mask = call.layer("scale", [call.model.vertex(mask)], "mask", factor=_HIDDEN, offset=-_HIDDEN)
        inputs.append(call.model.vertex(mask))
    options: dict[str, Any] = {} if call["scale"] is None else {"scale": call["scale"]}
    found = call.layer("attention", inputs, "" if seen is None else "read", causal=bool(call["is_causal"]), **options)
    return found if seen is None else call.layer("mul", [found, seen])
