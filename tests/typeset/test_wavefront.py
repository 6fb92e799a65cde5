"""The wavefront of exactness says what the rank table says, in every format."""

from xml.etree import ElementTree

import pytest
from support.command import run
from support.strategies import residual

from dyadic.paper.drawing import SHADES, Box, Drawing, Stroke, dashes, svg
from dyadic.paper.wavefront import wavefront
from dyadic.symbolic import derive, read_spec

DIGITS = "examples/digits.toml"


def rows(drawing: Drawing):
    """The shades of every row, from left to right, without the legend."""
    boxes = [shape for shape in drawing.shapes if isinstance(shape, Box)]
    legend = max(box.y for box in boxes)
    places = sorted({box.y for box in boxes if box.y < legend})
    return [[b.shade for b in sorted(boxes, key=lambda b: b.x) if b.y == place] for place in places]


def test_cells_follow_the_ranks():
    derivation = derive(read_spec(DIGITS))
    found = rows(wavefront(derivation))
    assert len(found) == 4
    for row, name in zip(found, ("hidden", "hidden2", "joined", "logits"), strict=True):
        x, s = derivation.ranks.x[name], derivation.ranks.s[name]
        assert row == ["empty"] * x + ["half"] * (s - x) + ["full"] * (derivation.steps + 1 - s)


def test_a_large_network_has_few_rows_and_lies_about_none():
    derivation = derive(residual(100))
    found = rows(wavefront(derivation))
    assert 2 <= len(found) <= 20
    assert all("full" in row for row in found)


def test_svg_is_well_formed_and_inside_its_frame():
    drawing = wavefront(derive(read_spec(DIGITS)))
    root = ElementTree.fromstring(svg(drawing))
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    shapes = [node for node in root.iter() if node.tag.endswith("rect")]
    assert len(shapes) > 30
    for node in shapes:
        x, y = float(node.attrib.get("x", 0)), float(node.attrib.get("y", 0))
        assert x >= 0
        assert y >= 0
        assert x + float(node.attrib["width"]) <= width + 0.01
        assert y + float(node.attrib["height"]) <= height + 0.01


def test_shades_differ_in_grey():
    def lightness(colour):
        red, green, blue = (int(colour[k : k + 2], 16) for k in (0, 2, 4))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    empty, half, full = (lightness(SHADES[shade]) for shade in ("empty", "half", "full"))
    assert empty - half > 40
    assert half - full > 60


def test_dashes_cover_half_of_a_line():
    found = dashes(Stroke(0, 0, 0, 60))
    assert len(found) == 10
    assert all(line.y2 - line.y1 == pytest.approx(3) for line in found)


def figure(path):
    return run("figure", DIGITS, "-o", path)


@pytest.mark.parametrize(("ending", "start"), [("svg", b"<svg"), ("pdf", b"%PDF")])
def test_command(tmp_path, ending, start):
    path = tmp_path / f"front.{ending}"
    assert figure(path).returncode == 0
    assert path.read_bytes().startswith(start)


def test_another_ending_is_refused(tmp_path):
    done = figure(tmp_path / "front.png")
    assert done.returncode == 2
    assert "is not one of .svg, .pdf" in done.stderr
