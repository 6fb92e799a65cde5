"""A drawing: rectangles, lines and labels in units of its own, which every format takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import Literal

Shade = str
"""One of :data:`SHADES`, or a colour as six hexadecimal digits."""
SHADES: dict[Shade, str] = {"empty": "F1F1F1", "half": "A9C8E8", "full": "1F4E79"}
"""Three flat colours that differ in lightness, and so in grey and to every eye."""


@dataclass(frozen=True)
class Box:
    """A filled rectangle; x, y: its lower left corner.  said: what it is, for who points at it."""

    x: float
    y: float
    width: float
    height: float
    shade: Shade
    said: str = ""


@dataclass(frozen=True)
class Curve:
    """Lines from point to point.  dashes: lengths of dash, gap, ...; solid without.  grey: 0 black, 1 white."""

    points: tuple[tuple[float, float], ...]
    width: float = 1.0
    dashes: tuple[float, ...] = ()
    grey: float = 0.0


@dataclass(frozen=True)
class Stroke:
    """A horizontal or vertical line."""

    x1: float
    y1: float
    x2: float
    y2: float
    dashed: bool = False


@dataclass(frozen=True)
class Caption:
    """Text at a point, which lies at its left or right end or in its middle; vertically in its middle."""

    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"] = "start"
    code: bool = False


Shape = Box | Stroke | Curve | Caption


@dataclass(frozen=True)
class Drawing:
    """y goes upward.  title: what is to be seen, for who cannot see it.

    columns: where the first column begins and how wide all are, where steps are columns.
    """

    width: float
    height: float
    shapes: tuple[Shape, ...]
    title: str
    columns: tuple[float, float] | None = None


def stacked(upper: Drawing, lower: Drawing) -> Drawing:
    """Two drawings as one, the first above the second."""
    shapes = (*(moved(shape, 0.0, lower.height) for shape in upper.shapes), *lower.shapes)
    title = f"{upper.title}. {lower.title}"
    return Drawing(max(upper.width, lower.width), upper.height + lower.height, shapes, title)


def moved(shape: Shape, x: float, y: float) -> Shape:
    """The shape that much further to the right and up."""
    match shape:
        case Curve():
            return replace(shape, points=tuple((a + x, b + y) for a, b in shape.points))
        case Stroke():
            return replace(shape, x1=shape.x1 + x, y1=shape.y1 + y, x2=shape.x2 + x, y2=shape.y2 + y)
        case Box() | Caption():
            return replace(shape, x=shape.x + x, y=shape.y + y)


DASH = 3.0
"""The length of a dash and of the gap behind it."""


def dashes(line: Stroke) -> list[Stroke]:
    """A dashed line as the lines that it consists of."""
    length = abs(line.x2 - line.x1) + abs(line.y2 - line.y1)
    found, start = [], 0.0
    while start < length:
        ends = [t / length for t in (start, min(start + DASH, length))]
        (x1, y1), (x2, y2) = (
            (line.x1 + t * (line.x2 - line.x1), line.y1 + t * (line.y2 - line.y1)) for t in ends
        )  # fmt: skip
        found.append(Stroke(x1, y1, x2, y2))
        start += 2 * DASH
    return found


def svg(drawing: Drawing) -> str:
    """The drawing as an SVG file that needs nothing else."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_number(drawing.width)} {_number(drawing.height)}" '
        f'width="{_number(drawing.width)}pt" height="{_number(drawing.height)}pt" role="img">'
    )
    body = "\n".join(_svg(shape, drawing.height) for shape in drawing.shapes)
    background = f'<rect width="{_number(drawing.width)}" height="{_number(drawing.height)}" fill="#FFFFFF"/>'
    return f"{head}\n<title>{escape(drawing.title)}</title>\n{background}\n{body}\n</svg>\n"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def colour(shade: Shade) -> str:
    """Six hexadecimal digits."""
    return SHADES.get(shade, shade)


def grey(lightness: float) -> str:
    """A grey between black, 0, and white, 1, as six hexadecimal digits."""
    return f"{round(255 * lightness):02X}" * 3


def _svg(shape: Shape, height: float) -> str:
    match shape:
        case Box():
            place = f'x="{_number(shape.x)}" y="{_number(height - shape.y - shape.height)}"'
            extent = f'width="{_number(shape.width)}" height="{_number(shape.height)}"'
            title = f"<title>{escape(shape.said)}</title>" if shape.said else ""
            return f'<rect {place} {extent} fill="#{colour(shape.shade)}"' + (f">{title}</rect>" if title else "/>")
        case Curve():
            points = " ".join(f"{_number(x)},{_number(height - y)}" for x, y in shape.points)
            dash = f' stroke-dasharray="{" ".join(map(_number, shape.dashes))}"' if shape.dashes else ""
            return (
                f'<polyline points="{points}" fill="none" stroke="#{grey(shape.grey)}" '
                f'stroke-width="{_number(shape.width)}"{dash}/>'
            )
        case Stroke():
            ends = " ".join(
                f'{name}="{_number(value)}"'
                for name, value in zip(
                    ("x1", "y1", "x2", "y2"), (shape.x1, height - shape.y1, shape.x2, height - shape.y2), strict=True
                )
            )
            dash = f' stroke-dasharray="{_number(DASH)}"' if shape.dashed else ""
            return f'<line {ends} stroke="#000000" stroke-width="1"{dash}/>'
        case Caption():
            family = (
                "DejaVu Sans Mono, monospace"
                if shape.code
                else "New Computer Modern, Latin Modern Roman, STIX Two Text, serif"
            )
            size = 7 if shape.code else 8
            return (
                f'<text x="{_number(shape.x)}" y="{_number(height - shape.y + 0.33 * size)}" '
                f'text-anchor="{shape.anchor}" '
                f'font-family="{family}" font-size="{size}">{escape(shape.text)}</text>'
            )
