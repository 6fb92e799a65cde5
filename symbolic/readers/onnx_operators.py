"""ONNX operators that compute: elementwise functions, products, norms, softmax."""

from __future__ import annotations

from typing import Any

import numpy as np
from sympy import Mul, Rational

from dyadic.symbolic.options import number
from dyadic.symbolic.readers.determinants import determinant
from dyadic.symbolic.readers.model import short
from dyadic.symbolic.readers.onnx_node import Node, Unsupported, Value, Variant, entry, operator
from dyadic.symbolic.readers.operations import (
    OPERATIONS,
    are_whole,
    extremum,
    is_far,
    powered,
    product,
    remainder,
    spelled_out,
    whole_powers,
    with_number,
)
from dyadic.symbolic.structure import show

_ELEMENTWISE = {
    **{name: name.lower() for name in (
        "Tanh", "Sigmoid", "Relu", "Softplus", "Exp", "Log", "Sqrt", "Erf", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan",
        "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Abs", "Sign", "Floor", "Round", "Reciprocal", "Softsign", "Mish",
        "Neg",
    )},
    "HardSwish": "hard_swish",
}  # fmt: skip


@operator(**_ELEMENTWISE)
def elementwise(node: Node) -> Value:
    return node.layer(_ELEMENTWISE[node.op], [node.x()])


@operator(Mod="mod div floor abs sign mul sub")
def mod(node: Node) -> Value:
    """x - y floor(x / y), or with fmod x - y trunc(x / y); a divisor that is a number is an option of the layer."""
    divisor, other_sign = node.number(1), bool(node.get("fmod", 0))
    if divisor == 0:
        raise Unsupported("divides by 0")
    if divisor is not None and not other_sign:
        return node.layer("mod", [node.x()], divisor=divisor)
    return remainder(node.model, node.name, node.x(), node.x(1), other_sign)


@operator(LeakyRelu="leaky_relu")
def leaky_relu(node: Node) -> Value:
    return node.layer("leaky_relu", [node.x()], slope=short(node.get("alpha", 0.01)))


@operator(Elu="elu", Celu="celu")
def elu(node: Node) -> Value:
    return node.layer(node.op.lower(), [node.x()], alpha=short(node.get("alpha", 1.0)))


_SELU = (np.float32(1.67326319217681884765625), np.float32(1.05070102214813232421875))


@operator(Selu="selu elu scale")
def selu(node: Node) -> Value:
    alpha, gamma = (np.float32(node.get(key, default)) for key, default in zip(("alpha", "gamma"), _SELU, strict=True))
    if (alpha, gamma) == _SELU:
        return node.layer("selu", [node.x()])
    return node.layer(
        "scale", [node.layer("elu", [node.x()], "elu", alpha=short(float(alpha)))], factor=short(float(gamma))
    )


@operator(Shrink="compare scale mul add")
def shrink(node: Node) -> Value:
    """x + bias below -lambd, x - bias above lambd, 0 between."""
    bound, bias = short(node.get("lambd", 0.5)), short(node.get("bias", 0.0))
    if bound < 0:
        raise Unsupported(f"lambd = {bound}")
    parts = []
    for part, relation, sign in (("below", "less", -1), ("above", "greater", 1)):
        limit = node.constant(f"{part}.bound", np.array(sign * float(bound)))
        chosen = node.layer("compare", [node.x(), limit], part, relation=relation)
        moved = node.layer("scale", [node.x()], f"{part}.moved", offset=-sign * bias) if bias else node.x()
        parts.append(node.layer("mul", [chosen, moved], f"{part}.value"))
    return node.layer("add", parts)


@operator(HardSigmoid="hard_sigmoid")
def hard_sigmoid(node: Node) -> Value:
    return node.layer(
        "hard_sigmoid", [node.x()], alpha=short(node.get("alpha", 0.2)), beta=short(node.get("beta", 0.5))
    )


@operator(Gelu="gelu gelu_tanh")
def gelu(node: Node) -> Value:
    return node.layer("gelu_tanh" if node.choice("approximate", "none", "tanh") == "tanh" else "gelu", [node.x()])


_UNBOUNDED = 3.4e38
"""What exporters write where there is no bound."""


@operator(Clip="clip maximum minimum compare where")
def clip(node: Node) -> Value:
    """Between two constants, or between bounds that are tensors without axes; the upper one holds where they cross."""
    bounds: dict[str, Any] = {}
    found = [_bound(node, slot, attribute, sign) for slot, attribute, sign in ((1, "min", 1), (2, "max", -1))]
    for key, bound in zip(("low", "high"), found, strict=True):
        if isinstance(bound, int | float):
            bounds[key] = bound
    if not any(bound is not None for bound in found):
        return node.same("without bounds")
    tensors = [(type_, bound) for type_, bound in zip(("maximum", "minimum"), found, strict=True) if bound is not None]
    crossed = len(bounds) == 2 and bounds["low"] > bounds["high"]
    if len(bounds) == len(tensors) and not crossed and not is_far(*bounds.values()):
        return node.layer("clip", [node.x()], **bounds)
    x = node.x()
    for number_, (type_, bound) in enumerate(tensors, 1):
        with_ = bound if isinstance(bound, str) else node.constant(type_, np.array(float(bound)))
        name = node.name if number_ == len(tensors) else f"{node.name}.{type_}"
        x = extremum(node.model, name, type_, x, with_, is_far(bound))
    return x


def _bound(node: Node, slot: int, attribute: str, sign: int) -> int | float | str | None:
    """A bound as a number or a vertex; None where there is none.  ``sign``: 1 for a lower one, -1 for an upper one."""
    bound = short(node.get(attribute))
    if node.has(slot):
        if any(extent != 1 for extent in node.shape(slot)):
            raise Unsupported(f"a bound of {show(node.shape(slot))} entries")
        array = node.known(slot)
        if array is None or array.dtype == object:
            return node.x(slot)
        bound = entry(array)
    if bound is None or sign * bound <= -_UNBOUNDED:
        return None
    if not sign * bound < _UNBOUNDED:
        raise Unsupported(f"a bound {bound}")
    return bound


@operator(PRelu="relu neg mul sub")
def prelu(node: Node) -> Value:
    """relu(x) - a relu(-x): the slope may have any shape that broadcasts."""
    x, slope = node.x(), node.weight(1)
    negative = node.layer("relu", [node.layer("neg", [x], "neg")], "below")
    return node.layer("sub", [node.layer("relu", [x], "above"), node.layer("mul", [negative, slope], "scaled")])


@operator(
    Add="add scale", Sum="add", Sub="sub scale", Mul="mul scale", Div="div scale reciprocal",
    Max="maximum compare where", Min="minimum compare where", Mean="add scale",
)  # fmt: skip
def arithmetic(node: Node) -> Value:
    if len(node.operands) == 1:
        return node.same("of one operand")
    if "u" in node.kinds:
        raise Unsupported("computes with integers of few bits or without a sign, which wrap around")
    if node.op == "Div":
        node.real("the quotient")
    if node.op in OPERATIONS and (scaled := _with_number(node)) is not None:
        return scaled
    xs = node.xs()
    if node.op in ("Add", "Sum"):
        return node.layer("add", xs)
    if node.op == "Mean":
        return node.layer("scale", [node.layer("add", xs, "sum")], factor=Rational(1, len(xs)))
    if node.op in ("Sub", "Mul", "Div"):
        return node.layer(OPERATIONS[node.op], xs)
    type_, far = {"Max": "maximum", "Min": "minimum"}[node.op], is_far(*node.operands)
    found = xs[0]
    for position, x in enumerate(xs[1:], 1):
        name = f"{node.name}.{position}" if position < len(xs) - 1 else node.name
        found = extremum(node.model, name, type_, found, x, far)
    return found


def _with_number(node: Node) -> Value | None:
    """An operation with one constant number as ``scale`` (or the identity); None where no operand is one."""
    for slot in (1, 0):
        value, other = node.number(slot), node.operands[1 - slot]
        if value is None or not isinstance(other, str) or node.rank(slot) > node.rank(1 - slot):
            continue
        return with_number(node.model, node.name, node.op, slot, number(node.name, "constant", value), other)
    return None


@operator(Pow="power log mul scale exp where")
def power(node: Node) -> Value:
    """By one constant exponent; by others, exp(y log x), for positive x; by constant integers, for every x."""
    exponent, exponents = node.number(1), node.known(1)
    if node.kind() != "f" and not (exponents is not None and are_whole(exponents) and (exponents >= 0).all()):
        raise Unsupported("powers of integers by what may be a fraction or negative: they are cut off to integers")
    if exponent is not None:
        return powered(node.model, node.name, node.x(), exponent)
    if exponents is None or not are_whole(exponents):
        node.model.note("a power with a tensor of exponents is exp(y log x): its base has to be positive")
        return node.layer("exp", [node.layer("mul", [node.layer("log", [node.x()], "log"), node.x(1)], "product")])
    if exponents.dtype.kind == "f":
        node.model.note("whole exponents that only powers read are constants: they have no gradient")
    return whole_powers(node.model, node.name, node.x(), exponents)


# -- products ---------------------------------------------------------------------------------------------------


@operator(MatMul="matmul unsqueeze squeeze")
def matmul(node: Node) -> Value:
    a, b = node.x(0), node.weight(1) if node.rank(1) == 2 and node.rank(0) > 1 else node.x(1)
    return product(node.model, node.name, a, b)


@operator(Gemm="dense transpose matmul scale add")
def gemm(node: Node) -> Value:
    """alpha A' B' + beta C; with B a weight (units, inputs) it is a dense layer."""
    alpha, beta = short(node.get("alpha", 1.0)), short(node.get("beta", 1.0))
    a, b = node.x(0), node.weight(1)
    if node.get("transA", 0):
        a = node.layer("transpose", [a], "a", permutation=[1, 0])
    biased = node.has(2) and beta != 0
    units = node.shape(1)[0 if node.get("transB", 0) else 1]
    if node.get("transB", 0) and alpha == beta == 1 and (not biased or node.shape(2) == (units,)):
        return node.layer("dense", [a, b, *([node.weight(2)] if biased else [])], bias=biased)
    if node.get("transB", 0):
        b = node.layer("transpose", [b], "b", permutation=[1, 0])
    found = node.layer("matmul", [a, b], "product" if alpha != 1 or biased else "")
    if alpha != 1:
        found = node.layer("scale", [found], "alpha" if biased else "", factor=alpha)
    if not biased:
        return found
    c = node.weight(2)
    if beta != 1:
        c = node.layer("scale", [c], "beta", factor=beta)
    return node.layer("add", [found, c])


@operator(Det="select gather einsum")
def det(node: Node) -> Value:
    return determinant(node.model, node.name, node.x())


@operator(Einsum="einsum")
def einsum(node: Node) -> Value:
    ranks = [node.rank(slot) for slot in range(len(node.operands))]
    return node.layer("einsum", node.xs(), equation=spelled_out(str(node.get("equation")), ranks))


# -- normalisation ------------------------------------------------------------------------------------------------


@operator(BatchNormalization="batch_norm batch_norm_training reduce_mean sub power scale add")
def batch_norm(node: Node) -> Value | list[Value]:
    node.only(spatial=1)
    node.ignore("is_test")
    epsilon = short(node.get("epsilon", 1e-5))
    if node.get("training_mode", 0):
        made = node.layer("batch_norm_training", [node.x(), node.weight(1), node.weight(2)], epsilon=epsilon, axis=1)
        if not any(node.wanted[1:]):
            node.ignore("momentum")
            node.model.note("batch normalisation in training form: the update of the running statistics is left out")
            return made
        return [made, *_running_statistics(node)]
    node.only_outputs()
    node.ignore("momentum")
    inputs = [node.x(), node.weight(1), node.weight(2), node.buffer(3), node.buffer(4)]
    return node.layer("batch_norm", inputs, epsilon=epsilon, lead=1)


def _running_statistics(node: Node) -> list[Value]:
    """The running mean and variance, moved towards those of the batch."""
    momentum = number(node.name, "momentum", short(node.get("momentum", 0.9)))
    axes = [axis for axis in range(node.rank()) if axis != 1]
    mean = node.layer("reduce_mean", [node.x()], "mean", axes=axes, keep=True)
    squares = node.layer("power", [node.layer("sub", [node.x(), mean], "centred")], "squares", exponent=2)
    found: list[Value] = []
    for slot, (part, x) in enumerate((("running_mean", node.x()), ("running_variance", squares)), 3):
        now = node.layer("reduce_mean", [x], f"{part}.now", axes=axes, keep=False)
        old = node.layer("scale", [node.buffer(slot)], f"{part}.old", factor=momentum)
        found.append(node.layer("add", [old, node.layer("scale", [now], f"{part}.new", factor=1 - momentum)], part))
    return found


@operator(InstanceNormalization="instance_norm")
def instance_norm(node: Node) -> Value:
    inputs = [node.x(), node.weight(1), node.weight(2)]
    return node.layer("instance_norm", inputs, epsilon=short(node.get("epsilon", 1e-5)), lead=1)


@operator(GroupNormalization="group_norm")
def group_norm(node: Node) -> Value:
    node.ignore("stash_type")  # the precision of the statistics
    if node.shape(1) != (node.shape()[1],):
        raise Variant("scale and bias per group (opset 18), not per channel")
    inputs = [node.x(), node.weight(1), node.weight(2)]
    return node.layer(
        "group_norm", inputs, groups=node.get("num_groups"), epsilon=short(node.get("epsilon", 1e-5)), lead=1
    )


@operator(LayerNormalization="layer_norm mul", RMSNormalization="rms_norm")
def layer_norm(node: Node) -> Value:
    """Where the statistics are read too, or RMS over several axes, onnx's own function of the operator is read."""
    node.ignore("stash_type")  # the precision of the statistics
    if any(node.wanted[1:]):
        raise Variant("its statistics are read")
    axes, epsilon = node.rank() - node.axis(-1), short(node.get("epsilon", 1e-5))
    if node.op == "RMSNormalization":
        if axes != 1 or node.shape(1) != node.shape()[-1:]:
            raise Variant(f"normalises {axes} axes (only the last)")
        return node.layer("rms_norm", [node.x(), node.weight(1)], epsilon=epsilon)
    if node.shape(1) != node.shape()[-axes:] or (node.has(2) and node.shape(2) != node.shape()[-axes:]):
        raise Variant(f"scale or bias of another shape than the {axes} axes that are normalised")
    if node.has(2):
        return node.layer("layer_norm", [node.x(), node.weight(1), node.weight(2)], axes=axes, epsilon=epsilon)
    plain = node.layer("layer_norm", [node.x()], "normalised", axes=axes, epsilon=epsilon, affine=False)
    return node.layer("mul", [plain, node.weight(1)])


@operator(LRN="lrn")
def lrn(node: Node) -> Value:
    numbers = {
        key: short(node.get(key, default)) for key, default in (("alpha", 0.0001), ("beta", 0.75), ("bias", 1.0))
    }
    return node.layer("lrn", [node.x()], size=node.get("size"), lead=1, **numbers)


# -- softmax ------------------------------------------------------------------------------------------------------


@operator(Softmax="softmax reshape", LogSoftmax="log_softmax reshape")
def softmax(node: Node) -> Value:
    """Before opset 13 the axes from ``axis`` on are taken together."""
    type_ = "softmax" if node.op == "Softmax" else "log_softmax"
    if node.opset >= 13:
        return node.layer(type_, [node.x()], axis=node.axis(-1))
    axis, shape = node.axis(1), node.shape()
    if all(extent == 1 for extent in shape[axis + 1 :]):
        return node.layer(type_, [node.x()], axis=axis)
    flat = node.layer("reshape", [node.x()], "flat", shape=[*shape[:axis], Mul(*shape[axis:])])
    found = node.layer(type_, [flat], "softmax", axis=axis)
    return node.layer("reshape", [found], shape=list(shape))
