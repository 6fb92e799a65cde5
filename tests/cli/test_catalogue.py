"""docs/layers.md and ``dyadic layers``: written from the code, complete, and true of the targets."""

from pathlib import Path

import pytest
from test_cli import run

from dyadic.catalogue import entry, markdown, overview
from dyadic.catalogue import text as described
from dyadic.option_notes import OPTION_NOTES, option_note
from dyadic.symbolic import SpecError
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.readers import onnx_model, torch_export
from dyadic.symbolic.readers.model import Problem, refuse
from dyadic.symbolic.spec import LAYER_TYPES

PAGE = Path("docs/layers.md")


def test_the_page_is_what_the_code_says(request):
    text = markdown()
    if request.config.getoption("--update-golden"):
        PAGE.write_text(text)
    assert text == PAGE.read_text(), "run `make docs`"


def test_every_type_has_an_entry_and_one_line():
    lines = PAGE.read_text().splitlines()
    listed = [line.split()[0] for line in overview() if line.startswith("  ")]
    for name in [*LAYER_TYPES, *COSTS]:
        assert f"### {name}" in lines
        assert name in listed
    assert not any(line.endswith("  ") for line in overview())


def test_entries():
    dense = entry("dense")
    assert dense.equations == ("z_v[i] = Sum[j<m] W_v[i, j] x_u[j] + b_v[i]", "f_v[i] = tanh(z_v[i])")
    assert "xbar_u[j]    = Sum[i<n] W_v[i, j] zbar_v[i]" in dense.derived
    assert dense.targets == {"numpy": None, "c": None, "cupy": None, "onnx": None}
    assert dense.operators == {"ONNX": ("Gemm", "GRU", "RNN", "LSTM"), "PyTorch": ("linear",)}
    assert any("relu: at z = 0" in text for text in entry("leaky_relu").hypotheses)
    assert entry("conv").equations[-1] == "o = floor((n + 2 - w) / 2) + 1"
    assert entry("gru").equations == entry("gru_cell").equations


@pytest.mark.parametrize("registry", [onnx_model.OPERATORS, torch_export.OPERATORS], ids=["onnx", "torch"])
def test_operators_become_layer_types(registry):
    assert set(registry) == set(registry.becomes)
    assert len(registry) > 60
    for name, types in registry.becomes.items():
        assert set(types) <= set(LAYER_TYPES), name


def test_every_option_says_what_it_is():
    used = set()
    for owner, type_ in {**LAYER_TYPES, **COSTS}.items():
        for name in type_.options:
            assert option_note(owner, name)
            used |= {name, f"{owner}.{name}"}
    assert set(OPTION_NOTES) <= used
    assert any("count (size; optional): how many rows" in line for line in described(entry("embedding")))


@pytest.mark.parametrize(("form", "operator"), [("onnx", "  Gemm  "), ("torch", "  linear  ")])
def test_the_operators_that_can_be_read_are_listed(form, operator):
    """The message about one that cannot be read names this list."""
    lines = run("layers", form).stdout.splitlines()
    assert len(lines) > 60
    assert any(line.startswith(operator) for line in lines)
    with pytest.raises(SpecError, match=f"`dyadic layers {form}` lists"):
        refuse("model", [Problem("node 1 (Foo)", "is unknown")], form)


def test_texts_for_a_terminal_have_no_marks_of_markdown():
    marked = [name for name, type_ in LAYER_TYPES.items() if "``" in type_.about + type_.input_rule]
    assert marked
    assert "``" not in "\n".join((*overview(), *described(entry(marked[0]))))


def test_command():
    done = run("layers")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == list(overview())
    one = run("layers", "softmax")
    assert one.returncode == 0
    for text in ("f_v[i] = exp(x_u[i] - l_v)", "ONNX: Softmax", "Target numpy: emitted"):
        assert text in one.stdout
    wrong = run("layers", "sofmax")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "did you mean 'softmax'?" in wrong.stderr
