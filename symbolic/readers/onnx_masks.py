"""ONNX operators on booleans and integers: comparisons, logic, choices, casts; numbers whose gradient is 0."""

from __future__ import annotations

import numpy as np

from dyadic.symbolic.readers.onnx_node import Node, Unsupported, Value, operator
from dyadic.symbolic.readers.onnx_types import BOOLEAN, FLOAT, KINDS, OTHER, SIGNED, UNSIGNED
from dyadic.symbolic.readers.operations import truncated

_RELATIONS = {
    "Greater": "greater", "GreaterOrEqual": "greater_or_equal", "Less": "less", "LessOrEqual": "less_or_equal",
    "Equal": "equal",
}  # fmt: skip


@operator(**dict.fromkeys(_RELATIONS, "compare"))
def compare(node: Node) -> Value:
    """What is equal to an infinity is what lies beyond the number that stands for it (several added, for instance)."""
    relation = _RELATIONS[node.op]
    for slot in (0, 1):
        array = node.known(slot)
        if node.op == "Equal" and array is not None and array.size == 1 and np.isinf(array).all():
            beyond = ("greater_or_equal", "less_or_equal")
            relation = beyond[int((float(array.reshape(-1)[0]) < 0) == bool(slot))]
    return node.layer("compare", node.xs(), relation=relation)


@operator(And="mul", Or="maximum", Xor="compare")
def logic(node: Node) -> Value:
    if node.op == "Xor":
        return node.layer("compare", node.xs(), relation="not_equal")
    return node.layer("mul" if node.op == "And" else "maximum", node.xs())


@operator(Not="scale")
def negation(node: Node) -> Value:
    return node.layer("scale", [node.x()], factor=-1, offset=1)


@operator(IsNaN="scale", IsInf="scale")
def never(node: Node) -> Value:
    """Every number is finite; where a model holds infinities itself, that would not be what it computes."""
    node.ignore("detect_negative", "detect_positive")
    if node.model.infinite:
        raise Unsupported("asks for what is infinite or no number, in a model that holds infinities")
    node.model.note(f"{node.op} is 0: every number is taken to be finite")
    return node.layer("scale", [node.x()], factor=0)


@operator(Where="where")
def where(node: Node) -> Value:
    condition = node.known(0)
    if condition is not None and condition.size and condition.all() == condition.any():
        chosen = 1 if condition.reshape(-1)[0] else 2
        value = node.operand(chosen)
        shapes = [node.shape(slot) for slot in range(3)]
        if all(len(shape) <= len(shapes[chosen]) for shape in shapes) and all(
            one == 1 or one == other
            for shape in shapes
            for one, other in zip(shape[::-1], shapes[chosen][::-1], strict=False)
        ):
            node.model.note("Where with a constant condition that always holds, or never, is the identity: no vertex")
            return value
    return node.layer("where", node.xs())


@operator(**dict.fromkeys(("Cast", "CastLike"), "compare sign abs floor mul"))
def cast(node: Node) -> Value:
    """To another type.  Between floating-point types it is the identity, and it is said where digits are lost."""
    node.ignore("saturate", "round_mode")  # of eight-bit floats, which are refused
    before, after = node.kind(), KINDS.get(node.get("to", 0), OTHER) if node.op == "Cast" else node.kind(1)
    value = node.operand(0)
    if after == OTHER or (after == UNSIGNED and before != BOOLEAN):
        raise Unsupported("casts to a type with few bits, where numbers wrap around or lose most digits")
    if after == BOOLEAN and before != BOOLEAN:
        return node.layer("compare", [node.x(), node.constant("zero", np.array(0.0))], relation="not_equal")
    if before == FLOAT and after == SIGNED:
        return truncated(node.model, node.name, node.x())
    if before == after == FLOAT:
        if node.get("to") in (10, 16):
            node.model.note("casts to half precision inside the model are read as the identity: rounding differs")
        return node.same("between floating-point types")
    return value


@operator(Ceil="neg floor")
def ceil(node: Node) -> Value:
    return node.layer("neg", [node.layer("floor", [node.layer("neg", [node.x()], "neg")], "floor")])


@operator(Trilu="mul")
def triangle(node: Node) -> Value:
    rows, columns = node.extents(0, [node.rank() - 2, node.rank() - 1])
    offset = node.integers(1, "the diagonal")[0] if node.has(1) else 0
    kept = (np.triu if node.get("upper", 1) else np.tril)(np.ones((rows, columns)), int(offset))
    return node.layer("mul", [node.x(), node.constant("kept", kept)])
