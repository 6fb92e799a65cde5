"""Large models on paper: few pages, names that count up as one, formulas as wide as they were taken to be."""

import importlib.util
import json
from pathlib import Path

import pytest
import typst
from support.optional import require

from dyadic.paper import build_document, render_typst
from dyadic.paper.architecture_graph import architecture_graph
from dyadic.paper.document import Document, Table
from dyadic.paper.drawing import Box, Caption
from dyadic.paper.glyphs import allocate
from dyadic.paper.typst_math import TypstPrinter
from dyadic.paper.widths import Ruler
from dyadic.proofs import verify
from dyadic.symbolic import architecture, derive, read_spec
from dyadic.symbolic.expressions import apart_from_sizes
from dyadic.symbolic.readers import read


def decoder(blocks):
    """A causal decoder with so many blocks: norm, attention, norm, two dense layers, and a sum behind each half."""
    layers = [{"name": "embedded", "type": "embedding", "inputs": ["tokens", "words"]}]
    for k in range(blocks):
        start = layers[-1]["name"]
        layers += [
            {"name": f"blocks.{k}.norm1", "type": "layer_norm"},
            {"name": f"blocks.{k}.attention", "type": "multi_head_attention", "heads": 2, "causal": True},
            {"name": f"blocks.{k}.skip1", "type": "add", "inputs": [f"blocks.{k}.attention", start]},
            {"name": f"blocks.{k}.norm2", "type": "layer_norm"},
            {"name": f"blocks.{k}.up", "type": "dense", "units": 16, "activation": "gelu"},
            {"name": f"blocks.{k}.down", "type": "dense", "units": 8},
            {"name": f"blocks.{k}.skip2", "type": "add", "inputs": [f"blocks.{k}.down", f"blocks.{k}.skip1"]},
        ]
    layers.append({"name": "logits", "type": "dense", "units": 20})
    return architecture(
        {
            "name": "decoder",
            "inputs": {"tokens": {"shape": [6], "below": 20}},
            "parameters": {"words": {"shape": [20, 8]}},
            "layers": layers,
            "cost": {"type": "squared_error"},
        }
    )


def count_pages(document):
    return len(typst.compile(render_typst(document).encode(), format="svg"))


def test_resnet50_takes_8_pages():
    require(importlib.util.find_spec("onnx"), "onnx is not installed")
    import onnx

    derivation = derive(read(Path(onnx.__file__).parent / "backend/test/data/light/light_resnet50.onnx"))
    document = build_document(derivation, verify(derivation))
    assert count_pages(document) <= 8
    drawing = architecture_graph(derivation)
    assert drawing.height < 2 * drawing.width
    boxes = {shape.said for shape in drawing.shapes if isinstance(shape, Box)}
    assert {"n0 to n14", "n15 to n34", "n171 to n175"} <= boxes
    times = [shape.text for shape in drawing.shapes if isinstance(shape, Caption) and shape.text.startswith("x ")]
    assert sorted(times) == ["x 2", "x 2", "x 3", "x 5"]
    assert len(boxes) < 70 < len(derivation.architecture.vertices)


@pytest.mark.long
@pytest.mark.parametrize("name", ["gpt", "vit"])
def test_exports_of_12_blocks_take_8_pages(name):
    require(importlib.util.find_spec("torch"), "torch is not installed")
    from campaigns.typeset_matrix import network_document, networks

    document = network_document(networks()[name])
    source = render_typst(document)
    assert count_pages(document) <= 8
    assert source.count("#beside[") >= 2


def test_short_kinds_stand_side_by_side():
    layers = [
        {"name": "a", "type": "transpose", "permutation": [1, 0]},
        {"name": "b", "type": "tanh"},
        {"name": "c", "type": "layer_norm"},
        {"name": "d", "type": "relu"},
        {"name": "e", "type": "transpose", "permutation": [1, 0]},
    ]
    layers += [{"name": f"f{k}", "type": "sigmoid"} for k in range(40)]
    derivation = derive(
        architecture({"inputs": {"x": {"shape": [3, 4]}}, "layers": layers, "cost": {"type": "squared_error"}})
    )
    source = render_typst(build_document(derivation, verify(derivation, methods=["lemma"]), sections=["equations"]))
    beside = [line for line in source.splitlines() if line.startswith("#beside[")]
    assert len(beside) == 2, source  # the norm stands alone, between them
    assert 'K3", $' in source


def test_names_that_count_up_are_one():
    derivation = derive(decoder(12))
    document = build_document(derivation, verify(derivation, methods=["lemma"]), sections=["setting"])
    table = next(b for b in document.sections[0].blocks if isinstance(b, Table) and "instances" in b.caption)
    listed = {row[1][0]: [span.text for span in row[2] if not isinstance(span, str)] for row in table.rows}
    assert listed["sum, 2 inputs"] == ["blocks.[0..11].skip1", "blocks.[0..11].skip2"]
    assert ["embedded"] in listed.values()
    numbers = [row[3][0] for row in table.rows]
    assert sum(map(int, numbers)) == len(derivation.architecture.vertices)


def test_names_that_leave_one_out_are_not_said_to_count_up():
    layers = [{"name": f"a.{k}.b", "type": "tanh"} for k in (0, 1, 3, *range(5, 18))]
    derivation = derive(
        architecture({"inputs": {"x": {"shape": [2]}}, "layers": layers, "cost": {"type": "squared_error"}})
    )
    document = build_document(derivation, verify(derivation, methods=["lemma"]), sections=["setting"])
    table = next(b for b in document.sections[0].blocks if isinstance(b, Table) and "instances" in b.caption)
    assert [getattr(span, "text", span) for span in table.rows[0][2]][::2] == [
        "a.0.b", "a.1.b", "a.3.b", "...", "a.17.b",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["lenet", "decoder"])
def test_formulas_are_as_wide_as_the_ruler_says(name):
    """Within a sixth, by what Typst measures: so that rows are neither cut short nor too long for the page."""
    derivation = derive(read_spec(f"examples/{name}.toml"))
    notation, own = allocate(derivation, None), derivation.architecture.own_names
    ruler, printer = Ruler(Document("", "", (), notation, {}, own)), TypstPrinter(notation, own, {})
    lines = [apart_from_sizes(equation.definition) for equation in derivation.equations.values()]
    bodies = {printer(line.body): ruler(line.body) for line in notation.apart(lines, "")}
    asked = "\n".join(
        f"#context [#metadata(measure(math.equation(block: true, $ {text} $)).width.pt()) <w>]" for text in bodies
    )
    source = '#set text(font: "New Computer Modern", size: 10pt)\n' + asked
    measured = json.loads(typst.query(source.encode(), "<w>", field="value"))
    long = [(width, said) for width, said in zip(measured, bodies.values(), strict=True) if width > 60]
    assert len(long) > 10
    assert all(0.85 * width < said < 1.17 * width for width, said in long)
