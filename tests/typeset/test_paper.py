"""The appendix: what it says follows the derivation, any name is safe, LaTeX and PDF come out clean."""

import dataclasses
import re
import shutil
import subprocess
import sys
from functools import cache

import pytest
from support.long_tests import one_in
from support.optional import require
from support.strategies import residual

from dyadic.files import write_bytes
from dyadic.paper import appendix_files, build_document, render_latex, render_pdf, render_typst
from dyadic.proofs import verify
from dyadic.report import derivation_text
from dyadic.symbolic import DyadicError, architecture, derive, read_spec
from dyadic.symbolic.expressions import Definition

DIGITS = "examples/digits.toml"
HOSTILE = [
    "h_1",
    "größe",
    "a&b",
    "50%",
    "</script>",
    "\\input x",
    "$x$",
    "#set page",
    "say @hi <x>",
    "x^2~",
    "=1",
    "*_",
]


def document(network):
    derivation = derive(network)
    return build_document(derivation, verify(derivation))


@cache
def network_document(name):
    return document(NETWORKS[name]())


@pytest.fixture(scope="module")
def digits():
    return document(read_spec(DIGITS))


def named(names, **extra):
    layers = [{"name": name, "type": "dense", "units": 3, "activation": "gelu"} for name in names]
    return architecture(
        {
            "name": "any_name & more",
            "inputs": {"in": {"shape": ["n"]}},
            "layers": layers,
            "cost": {"type": "squared_error"},
        }
        | extra
    )


def mixed():
    """Strided and grouped convolution, pools, norm, upsampling, concatenation, attention, embedding, recurrence."""

    def layer(name, type_, *inputs, **options):
        return {"name": name, "type": type_, **({"inputs": list(inputs)} if inputs else {}), **options}

    window = {"kernel": [3, 3], "padding": [1, 1]}
    return architecture(
        {
            "name": "mixed",
            "inputs": {"image": {"shape": [4, 8, 8]}, "tokens": {"shape": [5], "below": 11}},
            "parameters": {"W": {"shape": [6, 6]}},
            "layers": [
                layer("conv1", "conv", "image", filters=8, stride=[2, 2], groups=2, activation="relu", **window),
                layer("norm", "group_norm", groups=2),
                layer("maxpool", "max_pool", stride=[1, 1], **window),
                layer("avgpool", "average_pool", "norm", kernel=[2, 2]),
                layer("up", "upsample", factors=[2, 2]),
                layer("both", "concat", "maxpool", "up", axis=0),
                layer("rows", "reshape", shape=[16, 16]),
                layer("embed", "embedding", "tokens", count=11, units=6),
                layer("query", "linear", "embed", "W", bias=False),
                layer("keys", "dense", "rows", units=6, activation="gelu"),
                layer("attend", "attention", "query", "keys", "keys"),
                layer("cut", "slice", starts=[0], sizes=[3], axes=[0]),
                layer("memory", "lstm", units=4),
                layer("logits", "dense", units=3),
            ],
            "cost": {"type": "cross_entropy"},
        }
    )


NETWORKS = {
    "digits": lambda: read_spec(DIGITS),
    "hostile": lambda: named(HOSTILE),
    "long-names": lambda: named([f"a-layer-with-a-rather-long-name-{k}" for k in range(4)]),
    "wide-sum": lambda: architecture(
        {
            "inputs": {"x": {"shape": [3]}},
            "layers": [
                *({"name": f"branch{k}", "type": "dense", "units": 3, "inputs": ["x"]} for k in range(9)),
                {"name": "sum", "type": "add", "inputs": [f"branch{k}" for k in range(9)]},
            ],
            "cost": {"type": "squared_error"},
        }
    ),
    "every-activation": lambda: architecture(
        {
            "inputs": {"x": {"shape": [3]}},
            "layers": [
                {"name": t, "type": t} for t in ("tanh", "sigmoid", "abs", "softplus", "gelu", "silu", "elu", "selu")
            ],
            "cost": {"type": "cross_entropy"},
        }
    ),
    "deep": lambda: residual(100),
    "mixed": mixed,
}


@pytest.mark.parametrize("name", one_in(4, NETWORKS))
def test_pdf(name):
    content = render_pdf(network_document(name))
    assert content.startswith(b"%PDF")
    assert 2 <= content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") + content.count(b"/Type/Page/") <= 16


@pytest.mark.parametrize("name", one_in(4, NETWORKS))
@pytest.mark.parametrize("options", ["11pt", "10pt,twocolumn"])
def test_latex_compiles_without_a_warning(name, options, tmp_path):
    require(shutil.which("pdflatex") and shutil.which("bibtex"), "pdflatex and bibtex (TeX Live) are not installed")
    for path, content in appendix_files(network_document(name), tmp_path / "appendix.tex").items():
        path.write_bytes(content)
    margin = "2.5cm" if options == "11pt" else "1.8cm"
    (tmp_path / "main.tex").write_text(
        rf"\documentclass[{options}]{{article}}"
        r"\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}\usepackage{lmodern}"
        rf"\usepackage[margin={margin}]{{geometry}}\usepackage{{dyadic-appendix}}"
        r"\begin{document}\input{appendix}\bibliographystyle{plain}\bibliography{dyadic}\end{document}"
    )

    def run(*command):
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=120
        ).stdout

    latex = ("pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main")
    run(*latex)
    run("bibtex", "main")
    run(*latex)
    log = run(*latex)
    assert (tmp_path / "main.pdf").exists(), log[-2000:]
    bad = [
        line for line in log.splitlines() if any(w in line for w in ("Overfull", "Warning", "undefined", "multiply"))
    ]
    assert not bad, bad


def test_every_equation_of_the_network_is_there(digits):
    derivation = derive(read_spec(DIGITS))
    latex, typst = render_latex(digits), render_typst(digits)
    for equation in derivation.equations.values():
        assert equation.short in latex
        assert equation.short in typst


def test_the_appendix_follows_the_derivation():
    derivation = derive(read_spec(DIGITS))
    certificate = verify(derivation)
    before = (
        render_latex(build_document(derivation, certificate)),
        render_typst(build_document(derivation, certificate)),
    )
    for vertex in ("hidden2", "joined", "logits"):
        layer = derivation.layers[vertex]
        flipped = tuple(Definition(item.tensor, item.indices, -item.body) for item in layer.adjoints)
        layers = derivation.layers | {vertex: dataclasses.replace(layer, adjoints=flipped)}
        changed = build_document(dataclasses.replace(derivation, layers=layers), certificate)
        # Without the table of hashes, which changes anyway: the equations themselves must differ.
        for old, new in zip(before, (render_latex(changed), render_typst(changed)), strict=True):
            assert old.rpartition("Tags and hashes")[0] != new.rpartition("Tags and hashes")[0], vertex


def tied():
    """A weight that is an input, read by two layers."""
    return architecture(
        {
            "inputs": {"tokens": {"shape": [5], "below": 11}},
            "parameters": {"W": {"shape": [6, 6]}},
            "layers": [
                {"name": "embed", "type": "embedding", "inputs": ["tokens"], "count": 11, "units": 6},
                {"name": "query", "type": "linear", "inputs": ["embed", "W"], "bias": False},
            ],
            "cost": {"type": "squared_error"},
        }
    )


def test_inputs_that_are_parameters_go_by_their_own_name():
    """W[i, j], not x_W[i, j]; no index is an a, the dyadic coordinate; what is too wide is broken between factors."""
    found, text = document(tied()), "\n".join(derivation_text(derive(tied())))
    assert "x_query[a1, i] = Sum[j<6] W[i, j] x_embed[a1, j]" in text
    assert "  Wbar[i, j] = Sum[a1<5] s_query[a1, i] x_embed[a1, j]" in text
    latex, typst = render_latex(found), render_typst(found)
    assert r"\sum_{j<6} W_{i j} \, x^{\text{embed}}_{k j}" in latex
    assert r"\frac{\partial E}{\partial W_{i j}}" in latex
    assert 'sum_(j < 6) W_(i j) thin x^("embed")_(k j)' in typst
    assert "^{\\text{W}}" not in latex
    assert r"\dyadicrow \cdot" in render_latex(network_document("mixed"))


@pytest.mark.long
def test_a_large_network_takes_few_pages():
    text, drawings = re.subn(r"(?s)\\begin\{picture\}.*?\\end\{picture\}", "", render_latex(document(residual(1000))))
    assert drawings <= 2  # each on one page
    assert sum(len(line) for line in text.splitlines() if not line.startswith("%")) < 40_000


@pytest.mark.parametrize("name", ["digits", "mixed", "deep"])
def test_a_claim_says_what_it_is_about_once_and_in_words(name):
    network = NETWORKS[name]()
    derivation = derive(network)
    labels = {layer.label for layer in derivation.layers.values()} | {cost.label for cost in derivation.costs.values()}
    (table,) = (b for s in network_document(name).sections for b in s.blocks if getattr(b, "caption", "") == "Claims.")
    said = [
        "".join(span if isinstance(span, str) else getattr(span, "text", "") for span in row[0]) for row in table.rows
    ]
    heads = [text.partition(". ")[0] for text in said]
    assert {"adjoint", "gradient"} <= set(heads)
    for text in said:
        assert not [label for label in labels if "=" in label and label in text]
        assert all(text.count(label) <= 1 for label in labels if len(label) > 8)
    # Layers of which the same is proved in the same way stand together.
    assert heads.count("adjoint") <= 2


SCRIPT = """
import hashlib
from dyadic.paper import build_document, render_latex, render_pdf
from dyadic.proofs import verify
from dyadic.symbolic import derive, read_spec
derivation = derive(read_spec("examples/digits.toml"))
document = build_document(derivation, verify(derivation))
print(hashlib.sha256(render_latex(document).encode() + render_pdf(document)).hexdigest())
"""


def test_output_is_deterministic():
    def run(seed):
        environment = {"PYTHONHASHSEED": seed, "PATH": ""}
        return subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=environment, check=True
        ).stdout

    assert run("1") == run("2")


def test_files(digits, tmp_path):
    assert sorted(path.name for path in appendix_files(digits, tmp_path / "a.tex")) == [
        "a.tex",
        "dyadic-appendix.sty",
        "dyadic.bib",
    ]
    assert list(appendix_files(digits, tmp_path / "a.pdf")) == [tmp_path / "a.pdf"]
    assert list(appendix_files(digits, tmp_path / "a.html")) == [tmp_path / "a.html"]
    with pytest.raises(DyadicError, match=r"'.docx' is not one of .tex, .pdf, .html"):
        appendix_files(digits, tmp_path / "a.docx")


def test_nothing_is_half_written(tmp_path):
    with pytest.raises(DyadicError, match="cannot be written"):
        write_bytes(tmp_path / "missing" / "a.pdf", b"x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(DyadicError, match="cannot be written"):
        write_bytes(tmp_path / "folder", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
