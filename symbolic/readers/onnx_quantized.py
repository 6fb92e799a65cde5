"""ONNX's DequantizeLinear: integers of few bits as numbers, by a scale that has a gradient."""

from __future__ import annotations

from dyadic.symbolic.readers.onnx_node import Node, Unsupported, Value, operator, place


@operator(DequantizeLinear="sub mul reshape expand")
def dequantized(node: Node) -> Value:
    """(x - zero point) scale, with one scale for all, for each position of an axis, or for each block of an axis."""
    node.ignore("output_dtype")  # of what is computed in float64
    axis, block = int(node.get("axis", 1)), int(node.get("block_size", 0))
    shapes = [node.shape(slot) for slot in range(1, len(node.operands)) if node.has(slot)]
    if len({tuple(n for n in shape if n != 1) for shape in shapes}) > 1:
        raise Unsupported("a zero point of another shape than the scale")
    x = node.x()
    if node.has(2):
        x = node.layer("sub", [x, _spread(node, 2, axis, block)], "shifted")
    return node.layer("mul", [x, _spread(node, 1, axis, block)])


def _spread(node: Node, slot: int, axis: int, block: int) -> str:
    """A scale or zero point as it is broadcast against the operand."""
    x = node.x(slot)
    if node.rank(slot) == 0 or all(extent == 1 for extent in node.shape(slot)):
        return x if node.rank(slot) <= node.rank() else node.layer("reshape", [x], f"one{slot}", shape=[])
    at, shape = place(axis, node.rank()), node.extents(0, range(node.rank()))
    if not block:
        if node.shape(slot) != (shape[at],):
            raise Unsupported(f"{node.extents(slot, [0])[0]} scales for an axis of {shape[at]}")
        return node.layer("reshape", [x], f"axis{slot}", shape=[n if k == at else 1 for k, n in enumerate(shape)])
    blocks = node.extents(slot, range(node.rank(slot)))
    if (
        len(blocks) != len(shape)
        or blocks[at] * block != shape[at]
        or any(n != m for k, (n, m) in enumerate(zip(blocks, shape, strict=True)) if k != at)
    ):
        raise Unsupported(f"scales {blocks} in blocks of {block} for {shape}")
    apart = [*blocks[: at + 1], 1, *blocks[at + 1 :]]
    rows = node.layer("reshape", [x], f"rows{slot}", shape=apart)
    apart[at + 1] = block
    return node.layer(
        "reshape", [node.layer("expand", [rows], f"blocks{slot}", shape=apart)], f"all{slot}", shape=shape
    )
