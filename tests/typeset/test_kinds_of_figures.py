"""The figures of a network show its graph, its ranks and the deviations that they are given, in grey."""

import itertools
import math
import re
from xml.etree import ElementTree

import pytest
from support.command import run
from support.long_tests import one_in
from support.strategies import residual

from dyadic.drawings import drawn
from dyadic.paper import DeviationLine, build_document, deviation_map, deviation_plot, render_latex
from dyadic.paper.architecture_graph import architecture_graph
from dyadic.paper.drawing import Box, Caption, Curve, svg
from dyadic.paper.wavefront import wavefront
from dyadic.proofs import verify
from dyadic.symbolic import architecture, derive, read_spec

DECODER = "examples/decoder.toml"


def shapes(drawing, kind):
    return [shape for shape in drawing.shapes if isinstance(shape, kind)]


def inside(drawing):
    """Whether every point lies within the frame."""
    points = [(x, y) for curve in shapes(drawing, Curve) for x, y in curve.points]
    points += [(b.x, b.y) for b in shapes(drawing, Box)]
    points += [(b.x + b.width, b.y + b.height) for b in shapes(drawing, Box)]
    return all(-0.1 <= x <= drawing.width + 0.1 and -0.1 <= y <= drawing.height + 0.1 for x, y in points)


def lightness(colour):
    red, green, blue = (int(colour[k : k + 2], 16) for k in (0, 2, 4))
    return 0.299 * red + 0.587 * green + 0.114 * blue


# -- the graph ---------------------------------------------------------------------------------------------------------


def boxes_of(drawing):
    return {box.said: box for box in shapes(drawing, Box)}


@pytest.mark.parametrize("name", ["digits", "lenet", "decoder", "lstm"])
def test_the_graph_has_every_vertex_with_its_ranks_and_every_edge(name):
    derivation = derive(read_spec(f"examples/{name}.toml"))
    drawing = architecture_graph(derivation)
    assert inside(drawing)
    boxes, ranks = boxes_of(drawing), derivation.ranks
    ends = {(curve.points[0], curve.points[-1]) for curve in shapes(drawing, Curve)}
    for vertex in derivation.architecture.vertices:
        box = boxes[vertex.name]
        said = {
            c.text
            for c in shapes(drawing, Caption)
            if abs(c.x - box.x - box.width / 2) < 1 and 0 < c.y - box.y < box.height
        }
        assert f"{ranks.x[vertex.name]} | {ranks.s[vertex.name]}" in said
        for parent in set(vertex.inputs) & set(boxes):
            assert joined(ends, boxes[parent], box), (parent, vertex.name)
    several = sorted(boxes.values(), key=lambda box: (box.y, box.x))
    assert all(a.y != b.y or a.x + a.width < b.x for a, b in itertools.pairwise(several))


def joined(ends, parent, child):
    """Whether a line leads from the upper edge of one box to the lower edge of the other."""
    return any(
        parent.x < x1 < parent.x + parent.width
        and abs(y1 - parent.y - parent.height) < 0.1
        and child.x < x2 < child.x + child.width
        and abs(y2 - child.y) < 0.1
        for (x1, y1), (x2, y2) in ends
    )


def test_lines_that_pass_boxes_share_no_lane():
    drawing = architecture_graph(derive(read_spec(DECODER)))
    upright = [
        (a[0], min(a[1], b[1]), max(a[1], b[1]))
        for curve in shapes(drawing, Curve)
        if len(curve.points) == 6
        for a, b in [curve.points[2:4]]
    ]
    assert len(upright) == 3
    for k, (x, low, high) in enumerate(upright):
        assert not any(x == other and low < top and bottom < high for other, bottom, top in upright[k + 1 :])


def test_a_block_that_repeats_is_drawn_once():
    derivation = derive(residual(60))
    drawing = architecture_graph(derivation)
    count = len(derivation.architecture.vertices)
    assert len(shapes(drawing, Box)) < count / 4
    times = [int(c.text[2:]) for c in shapes(drawing, Caption) if re.fullmatch(r"x \d+", c.text)]
    assert times
    assert max(times) > 10
    assert inside(drawing)


# -- deviations --------------------------------------------------------------------------------------------------------


def three_alike():
    layers = [{"name": "start", "type": "dense", "units": 4}]
    for k in range(3):
        inside = [("wide", "dense"), ("bent", "gelu"), ("norm", "layer_norm"), ("narrow", "dense"), ("sum", "add")]
        before = layers[-1]["name"]
        layers += [{"name": f"b{k}.{name}", "type": type_} for name, type_ in inside]
        layers[-5] |= {"units": 8}
        layers[-2] |= {"units": 4}
        layers[-1] |= {"inputs": [f"b{k}.narrow", before]}
    return architecture({"inputs": {"in": {"shape": [4]}}, "layers": layers, "cost": {"type": "squared_error"}})


def test_blocks_of_a_network_that_is_not_large_are_drawn_once_too_and_side_by_side():
    drawing = architecture_graph(derive(three_alike()))
    texts = [c.text for c in shapes(drawing, Caption)]
    assert "x 3" in texts
    assert any("b0.sum" in text for text in texts)
    assert not any("b1." in text for text in texts)
    assert drawing.height < 320
    assert inside(drawing)
    document = build_document(derive(three_alike()), verify(derive(three_alike()), methods=["ranks", "lemma"]))
    assert "A block that is repeated is drawn once" in render_latex(document)


def test_letters_in_figures_are_the_authors():
    derivation = derive(read_spec(DECODER))
    for drawing in (wavefront(derivation, "h", "λ"), architecture_graph(derivation, "h", "λ")):
        said = [c.text for c in shapes(drawing, Caption) if not c.code]
        assert any("λ" in text for text in said)
        assert not any(re.search(r"\b[xs]\b", text) for text in said)


def test_a_line_that_falls_to_0_says_where_and_others_have_a_name_at_their_end():
    lines = [
        DeviationLine(1.0, [2.0, 0.5, 1e-3, 0.0, 0.0]),
        *(DeviationLine(h, [2.0, 1.0, 0.5, 0.4, 0.3]) for h in (0.5, 0.6)),
    ]
    drawing = deviation_plot("n", lines)
    texts = {caption.text: caption for caption in shapes(drawing, Caption)}
    assert "h = 1: exactly 0 from step 3" in texts
    assert "h = 1" not in texts
    assert abs(texts["h = 0.5"].y - texts["h = 0.6"].y) >= 8
    long = [curve for curve in shapes(drawing, Curve) if len(curve.points) in (3, 5)]
    assert len({curve.dashes for curve in long}) >= 3
    assert inside(drawing)


def test_a_line_that_is_late_once_more_is_exact_only_after_that():
    texts = {c.text for c in shapes(deviation_plot("n", [DeviationLine(1.0, [1.0, 0.0, 0.5, 0.0])]), Caption)}
    assert "h = 1: exactly 0 from step 3" in texts


def test_numbers_that_are_none_end_a_line():
    drawing = deviation_plot("n", [DeviationLine(1.5, [1.0, 2.0, math.inf, math.nan])])
    assert not any("exactly 0" in caption.text for caption in shapes(drawing, Caption))
    assert inside(drawing)
    with pytest.raises(ValueError, match="no deviation"):
        deviation_plot("n", [DeviationLine(1.0, [0.0, 0.0])])


def test_the_map_is_white_where_there_is_no_deviation_and_darker_where_there_is_more():
    derivation = derive(read_spec("examples/digits.toml"))
    names = [vertex.name for vertex in derivation.architecture.vertices]
    given = {
        f"{letter}:{name}": [10.0 ** (k - t) if t < 3 else 0.0 for t in range(5)]
        for letter in "xs"
        for k, name in enumerate(names)
    }
    drawing = deviation_map(derivation, given)
    found = {}
    for box in shapes(drawing, Box):
        if match := re.fullmatch(r"([xs]) of (\S+), step (\d): (.*)", box.said):
            found[f"{match[1]}:{match[2]}", int(match[3])] = (match[4], box.shade)
    assert len(found) == 2 * len(names) * 5
    for (name, step), (said, shade) in found.items():
        value = given[name][step]
        assert (said == "exactly 0") == (value == 0) == (shade == "FFFFFF")
        assert value == 0 or said == f"{value:.2e}"
    shades = sorted((given[name][step], lightness(shade)) for (name, step), (_, shade) in found.items())
    assert all(a[1] >= b[1] for a, b in itertools.pairwise(shades) if a[0])
    assert inside(drawing)


@pytest.mark.parametrize("kind", ["deviation", "heatmap"])
def test_they_are_grey(kind):
    drawing = drawn(derive(read_spec("examples/digits.toml")), kind, (), 0)
    text = svg(drawing)
    ElementTree.fromstring(text)
    colours = set(re.findall(r"#([0-9A-F]{6})", text))
    assert len(colours) > 2
    assert all(len({colour[k : k + 2] for k in (0, 2, 4)}) == 1 for colour in colours)


def test_what_is_drawn_of_a_relaxation_is_what_its_ranks_say():
    derivation = derive(read_spec("examples/digits.toml"))
    texts = {caption.text for caption in shapes(drawn(derivation, "deviation", (1.0, 0.5), 3), Caption)}
    assert f"h = 1: exactly 0 from step {derivation.steps}" in texts
    assert "h = 0.5" in texts
    drawing = drawn(derivation, "heatmap", (), 3)
    for name in derivation.ranks.s:
        for letter, rank in (("x", derivation.ranks.x[name]), ("s", derivation.ranks.s[name])):
            said = [box.said for box in shapes(drawing, Box) if box.said.startswith(f"{letter} of {name}, ")]
            assert [text.endswith("exactly 0") for text in said] == [step >= rank for step in range(len(said))]


def figure(*arguments):
    return run("figure", "examples/digits.toml", *arguments)


@pytest.mark.parametrize("kind", one_in(6, ["architecture", "deviation", "heatmap"]))
def test_command(kind, tmp_path):
    """Every file that is named is written."""
    drawn_, printed = tmp_path / "a.svg", tmp_path / "a.pdf"
    done = figure("--kind", kind, "-o", str(drawn_), "-o", str(printed))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert drawn_.read_bytes().startswith(b"<svg")
    assert printed.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--kind", "architecture", "--seed", "1"), "--seed is of relaxations"),
        (("--kind", "wavefront", "--stepsize", "0.5"), "--stepsize is of relaxations"),
        (("--kind", "heatmap", "--stepsize", "0.5", "--stepsize", "1"), "give one --stepsize"),
        (("--kind", "deviation", "--stepsize", "0"), "--stepsize"),
        (("--kind", "pie"), "'pie' is not one of"),
        (("-o", "a.png"), "is not one of .svg, .pdf"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, said, tmp_path):
    done = figure(*arguments, "-o", str(tmp_path / "a.svg"))
    assert done.returncode == 2
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []
