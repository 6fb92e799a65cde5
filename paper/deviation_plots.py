"""How far relaxations are from backpropagation: lines over the steps, and a map of vertices and steps.

The numbers come from whoever ran the relaxations.  All is black and grey; lines are told apart by their dashes, and
named where they end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dyadic.paper.drawing import Box, Caption, Curve, Drawing, Shape, grey
from dyadic.paper.wavefront import rows_by_depth
from dyadic.symbolic.decimal_bounds import in_full
from dyadic.symbolic.derivation import Derivation

_LEFT, _RIGHT, _BOTTOM, _TOP = 44.0, 64.0, 34.0, 14.0
_PLOT_WIDTH, _PLOT_HEIGHT = 250.0, 150.0
_DASHES: tuple[tuple[float, ...], ...] = ((), (6, 3), (2, 2), (8, 2, 2, 2), (1, 3), (10, 4))
_MARK = 3.6
"""The side of a square that marks a prediction."""
_ROUNDING = 1e-15
"""Below this a difference of numbers of order 1 in float64 says nothing."""


@dataclass(frozen=True)
class DeviationLine:
    """The largest deviation of any variable after 0, 1, 2, ... steps of size ``h``; 0 is exact.

    predicted: what a closed form has for the same steps, drawn as marks; nothing where there is none.
    label: what the line is called, by default its step size.  zero: what is said where it falls to 0.
    """

    h: float
    deviation: Sequence[float]
    predicted: Sequence[float] = ()
    label: str = ""
    zero: str = "exactly 0"

    @property
    def called(self) -> str:
        """Its name in the plot."""
        return self.label or f"h = {in_full(self.h)}"


def deviation_plot(name: str, lines: Sequence[DeviationLine]) -> Drawing:
    """Deviation against step on a logarithmic scale; where a line reaches 0 a mark at the bottom says so.

    Raises :class:`ValueError` where there is no deviation to draw.
    """
    last = max(len(line.deviation) for line in lines) - 1
    low, high = _decades([value for line in lines for value in line.deviation])
    frame = _Frame(last, low, high)
    shapes: list[Shape] = [*_grid(frame, "step", "largest deviation from backpropagation")]
    ends: list[tuple[float, float, str]] = []
    for k, line in enumerate(lines):
        shapes += _line(frame, line, _DASHES[k % len(_DASHES)], 1.8 if line.h == 1 else 1.1)
        if first_exact(line.deviation) is None:
            ends.append((*_end(frame, line), line.called))
        shapes += _zero(frame, line)
        shapes += _predicted(frame, line)
    shapes += _named(ends)
    named = any(line.label for line in lines)
    what = ", ".join(line.called if named else f"{in_full(line.h)}" for line in lines)
    title = f"Deviation of {name} from backpropagation against steps, for {'' if named else 'step sizes '}{what}"
    return Drawing(_LEFT + _PLOT_WIDTH + _RIGHT, _BOTTOM + _PLOT_HEIGHT + _TOP, tuple(shapes), title)


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten between which all numbers lie that are neither 0 nor infinite."""
    shown = [value for value in values if 0 < value < math.inf]
    if not shown:
        raise ValueError("no deviation is there to be drawn")
    return math.floor(math.log10(min(shown))), max(
        math.ceil(math.log10(max(shown))), math.floor(math.log10(min(shown))) + 1
    )


@dataclass(frozen=True)
class _Frame:
    """The scales: steps from 0 to ``last``, powers of ten from ``low`` to ``high`` above a line for 0."""

    last: int
    low: int
    high: int

    @property
    def zero(self) -> float:
        return _BOTTOM

    def x(self, step: float) -> float:
        return _LEFT + _PLOT_WIDTH * step / max(self.last, 1)

    def y(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return _BOTTOM + 16 + (_PLOT_HEIGHT - 16) * share


def _grid(frame: _Frame, below: str, above: str) -> list[Shape]:
    right, found = _LEFT + _PLOT_WIDTH, list[Shape]()
    if 10.0**frame.low < _ROUNDING:
        top = min(frame.y(_ROUNDING), frame.y(10.0**frame.high))
        found.append(Box(_LEFT, _BOTTOM + 16, _PLOT_WIDTH, top - _BOTTOM - 16, "EEEEEE"))
        found.append(Caption(_LEFT + 4, top - 5, "rounding of float64"))
    stride = max(1, -(-(frame.high - frame.low) // 6))
    for power in range(frame.low, frame.high + 1, stride):
        y = frame.y(10.0**power)
        found += [Curve(((_LEFT - 3, y), (_LEFT, y)), 0.6), Caption(_LEFT - 5, y, f"1e{power}", "end")]
    found.append(Caption(_LEFT - 5, frame.zero, "0", "end"))
    for step in _marks(frame.last):
        x = frame.x(step)
        found += [Curve(((x, _BOTTOM - 3), (x, _BOTTOM)), 0.6), Caption(x, _BOTTOM - 9, str(step), "middle")]
    found.append(Curve(((_LEFT, _BOTTOM + _PLOT_HEIGHT), (_LEFT, _BOTTOM), (right, _BOTTOM)), 0.6))
    found.append(Caption((_LEFT + right) / 2, _BOTTOM - 22, below, "middle"))
    found.append(Caption(4, _BOTTOM + _PLOT_HEIGHT + 8, above))
    return found


def _marks(last: int) -> range:
    stride = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10**9) if last / s <= 10)
    return range(0, last + 1, stride)


def _line(frame: _Frame, line: DeviationLine, dashes: tuple[float, ...], width: float) -> list[Shape]:
    """The line from number to number; it ends where a deviation is 0, infinite or no number."""
    runs: list[list[tuple[float, float]]] = [[]]
    for step, value in enumerate(line.deviation):
        if 0 < value < math.inf:
            runs[-1].append((frame.x(step), frame.y(value)))
        elif runs[-1]:
            runs.append([])
    return [Curve(tuple(run), width, dashes) for run in runs if len(run) > 1]


def _predicted(frame: _Frame, line: DeviationLine) -> list[Shape]:
    """A square for what is predicted, at so many steps as can be told apart, and above the plot what squares are."""
    every = max(1, math.ceil(2 * _MARK * len(line.predicted) / _PLOT_WIDTH))
    shown = {k: value for k, value in enumerate(line.predicted) if 10.0**frame.low <= value <= 10.0**frame.high}
    found: list[Shape] = [_square(frame.x(k), frame.y(value)) for k, value in shown.items() if k % every == 0]
    if found:
        x, y = _LEFT + _PLOT_WIDTH - 92, _BOTTOM + _PLOT_HEIGHT + 8
        found += [_square(x, y), Caption(x + 6, y, "predicted in closed form")]
    return found


def _square(x: float, y: float) -> Curve:
    r = _MARK / 2
    return Curve(((x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r), (x - r, y - r)), 0.6)


def _end(frame: _Frame, line: DeviationLine) -> tuple[float, float]:
    step = max((k for k, value in enumerate(line.deviation) if 0 < value < math.inf), default=0)
    value = line.deviation[step]
    return frame.x(step), frame.y(value) if 0 < value < math.inf else frame.zero


def first_exact(deviation: Sequence[float]) -> int | None:
    """The first step from which all deviations are 0."""
    late = [k for k, value in enumerate(deviation) if value != 0]  # no number is not 0
    first = late[-1] + 1 if late else 0
    return first if first < len(deviation) else None


def _zero(frame: _Frame, line: DeviationLine) -> list[Shape]:
    """Where a line falls to 0: a dotted drop, a mark, and words."""
    step = first_exact(line.deviation)
    if step is None:
        return []
    x, found = frame.x(step), list[Shape]()
    if step:
        before = line.deviation[step - 1]
        if 0 < before < math.inf:
            found.append(Curve(((frame.x(step - 1), frame.y(before)), (x, frame.zero)), 0.8, (1, 2)))
    mark = ((x - 3, frame.zero + 5), (x + 3, frame.zero + 5), (x, frame.zero), (x - 3, frame.zero + 5))
    found.append(Curve(mark, 1.2))
    text, y = f"{line.called}: {line.zero} from step {step}", frame.zero + 7
    if x < _LEFT + 0.6 * _PLOT_WIDTH:
        return [*found, Caption(x + 7, y, text)]
    return [*found, Caption(frame.x(max(step - 1, 0)) - 5, y, text, "end")]  # beside the drop, which comes from there


def _named(ends: Sequence[tuple[float, float, str]]) -> list[Shape]:
    """Names at the ends of lines, moved apart where they would touch."""
    right, found, last = _LEFT + _PLOT_WIDTH, list[Shape](), -math.inf
    for x, y, text in sorted((end for end in ends if end[0] > right - 1), key=lambda end: end[1]):
        place = max(y, last + 9)
        if place > y + 1:
            found.append(Curve(((x + 1, y), (x + 5, place)), 0.4))
        found.append(Caption(x + 7, place, text))
        last = place
    for x, y, text in (end for end in ends if end[0] <= right - 1):
        found.append(Caption(x + 4, y + 5, text))
    return found


# -- the map -----------------------------------------------------------------------------------------------------------

_ROW, _MAP_WIDTH = 11.0, 340.0


def deviation_map(derivation: Derivation, deviation: Mapping[str, Sequence[float]]) -> Drawing:
    """Deviation of x and of s, per vertex (of a large network, per depths) and step; white is exactly 0.

    deviation: of every variable, ``x:NAME`` and ``s:NAME``, after 0, 1, 2, ... steps.
    """
    rows = rows_by_depth(derivation)
    steps = len(next(iter(deviation.values()))) - 1
    low, high = _decades([value for values in deviation.values() for value in values])
    left, gap = 8 + 4.4 * max(len(label) for label, _ in rows), 10.0
    cell = (_MAP_WIDTH - left - gap - 8) / (2 * (steps + 1))
    bottom, shapes = 46.0, list[Shape]()
    for panel, letter in enumerate("xs"):
        start = left + panel * (cell * (steps + 1) + gap)
        for place, (label, members) in enumerate(rows):
            base = bottom + place * _ROW
            if not panel:
                shapes.append(Caption(left - 4, base + _ROW / 2, label, "end", code=True))
            values = [max(column) for column in zip(*(deviation[f"{letter}:{name}"] for name in members), strict=True)]
            shapes += _cells(start, base, cell, values, low, high, f"{letter} of {label}")
        top = bottom + _ROW * len(rows)
        shapes.append(Caption(start + cell * (steps + 1) / 2, top + 8, f"deviation of {letter}", "middle"))
        shapes += [Caption(start + cell * (t + 0.5), bottom - 7, str(t), "middle") for t in _few(steps, cell)]
        shapes.append(Caption(start + cell * (steps + 1) / 2, bottom - 17, "step", "middle"))
    shapes += _scale(low, high)
    title = f"Deviation from backpropagation of every variable of {derivation.architecture.name} after each step"
    return Drawing(_MAP_WIDTH, bottom + _ROW * len(rows) + 18, tuple(shapes), title)


def _few(steps: int, cell: float) -> range:
    stride = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10**9) if cell * s >= 13)
    return range(0, steps + 1, stride)


def _tint(value: float, low: int, high: int) -> str:
    """Light grey for the smallest deviation, nearly black for the largest; white for 0."""
    if value == 0:
        return "FFFFFF"
    share = (math.log10(value) - low) / (high - low) if 0 < value < math.inf else 1.0
    return grey(0.86 - 0.74 * min(max(share, 0.0), 1.0))


def _cells(
    left: float, base: float, cell: float, values: Sequence[float], low: int, high: int, what: str
) -> list[Shape]:
    """The cells of one row; neighbours of one tint are one box where cells cannot be told apart."""
    gap = 0.5 if cell >= 5 else 0.0
    found: list[Shape] = [Box(left, base, cell * len(values) - gap, _ROW - 0.6, "CCCCCC")]
    edges = [0, *(k for k in range(1, len(values)) if gap or values[k] != values[k - 1]), len(values)]
    for start, end in pairwise(edges):
        value = values[start]
        said = f"{what}, step {start}: {'exactly 0' if value == 0 else f'{value:.2e}'}"
        inner = 0.4 if value == 0 else 0.0
        box = Box(
            left + cell * start + inner, base + inner, max(cell * (end - start) - gap - 2 * inner, 0.1),
            _ROW - 0.6 - 2 * inner, _tint(value, low, high), said,
        )  # fmt: skip
        found.append(box)
    return found


def _scale(low: int, high: int) -> list[Shape]:
    """What the tints mean."""
    found: list[Shape] = [Box(8, 6, 12, 8, "CCCCCC"), Box(8.4, 6.4, 11.2, 7.2, "FFFFFF"), Caption(24, 10, "exactly 0")]
    count, start = 12, 90.0
    for k in range(count):
        value = 10.0 ** (low + (high - low) * k / (count - 1))
        found.append(Box(start + 10 * k, 6, 10, 8, _tint(value, low, high)))
    found += [Caption(start - 4, 10, f"1e{low}", "end"), Caption(start + 10 * count + 4, 10, f"1e{high}")]
    return found
