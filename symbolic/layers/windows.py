"""What convolutions and pools share: windows that slide over the trailing axes of an input.

Tap u of window i stands at e = s i + d u - p (stride s, dilation d, padding p in front).  The bracket [0 <= e < n]
is written only where e can leave the axis, that is with padding or in ceil mode: without them the shape rule keeps
every window inside, since s (o - 1) + d (w - 1) <= n - 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Integer

from dyadic.symbolic.expressions import Index, Inside, Quotient
from dyadic.symbolic.layers.layer_type import Option, Shape, ShapeError

WINDOW_OPTIONS = {
    "stride": Option("integers", optional=True),
    "padding": Option("integers", optional=True),
    "dilation": Option("integers", optional=True),
}


def per_axis(key: str, values: Sequence[int] | None, count: int, default: int, smallest: int) -> tuple[int, ...]:
    """One number per axis; a single one stands for all axes, None for the default."""
    found = (default,) * count if values is None else tuple(values)
    if len(found) == 1:
        found *= count
    if len(found) != count:
        raise ShapeError(f"{key} has {len(found)} entries", f"it needs {count}, one for each axis of the window")
    if min(found, default=smallest) < smallest:
        raise ShapeError(f"{key} holds {min(found)}", f"the smallest is {smallest}")
    return found


def pads(values: Sequence[int] | None, count: int) -> tuple[int, ...]:
    """Padding in front of every axis, then behind every axis (as in ONNX); ``count`` numbers stand for both sides."""
    if values is not None and len(values) == 2 * count:
        return per_axis("padding", values, 2 * count, 0, 0)
    return per_axis("padding", values, count, 0, 0) * 2


def window_settings(options: Mapping[str, Any], count: int, stride: Sequence[int] | None = None) -> dict[str, Any]:
    """Stride, padding and dilation for windows over ``count`` axes; ``stride`` is its default."""
    return {
        "stride": per_axis("stride", options["stride"] or stride, count, 1, 1),
        "padding": pads(options["padding"], count),
        "dilation": per_axis("dilation", options.get("dilation"), count, 1, 1),
    }


@dataclass(frozen=True)
class Window:
    """Windows of ``extent`` taps along one axis of size ``size``.

    ceil: a last window that begins inside the axis or in its front padding may reach past the end.
    """

    extent: Expr
    size: Expr
    stride: int
    front: int
    back: int
    dilation: int
    ceil: bool = False

    @property
    def leaves(self) -> bool:
        """Whether a tap can stand outside the axis."""
        return bool(self.front or self.back or (self.ceil and self.stride > 1))

    @property
    def count(self) -> Expr:
        """How many windows there are (the shape rule).

        In ceil mode: the smaller of ceil((n + padding - d (w - 1) - 1) / s) + 1 and the number of windows that begin
        before the back padding, floor((n + p - 1) / s) + 1; which is smaller does not depend on n.
        """
        reach = self.dilation * (self.extent - 1) + 1
        if not self.ceil:
            return Quotient(self.size + self.front + self.back - reach, Integer(self.stride)) + 1
        past = min(0, self.stride + self.back - int(reach))
        return Quotient(self.size + self.front - 1 + past, Integer(self.stride)) + 1

    def position(self, i: Expr, u: Expr) -> Expr:
        """Where tap u of window i stands."""
        return self.stride * i + self.dilation * u - self.front

    def guard(self, i: Expr, u: Expr) -> Expr:
        """The bracket that the tap is inside the axis, where that needs saying."""
        return Inside(self.position(i, u), self.size) if self.leaves else Integer(1)

    def always_meets(self) -> bool:
        """Whether every window has a tap inside an axis of known size; True for a symbolic size."""
        if not (self.size.is_Integer and self.extent.is_Integer):
            return True
        taps = range(int(self.extent))
        return all(any(0 <= self.position(i, u) < self.size for u in taps) for i in range(max(0, int(self.count))))


def windows(settings: Mapping[str, Any], extents: Sequence[Expr], shape: Shape) -> list[Window]:
    """One per axis."""
    padding = settings["padding"]
    return [
        Window(
            extent, shape[a], settings["stride"][a], padding[a], padding[len(extents) + a], settings["dilation"][a],
            settings.get("ceil", False),
        )
        for a, extent in enumerate(extents)
    ]  # fmt: skip


def kernel_indices(count: int) -> tuple[Index, ...]:
    """u; or u1, u2, ..."""
    return tuple(Index("u" if count == 1 else f"u{k}") for k in range(1, count + 1))
