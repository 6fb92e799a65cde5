"""Weights of costs and weight decay: the paper says what its C is, and that no gradient printed lacks a part."""

import re
from pathlib import Path

import pytest

from dyadic.paper import appendix_files, build_document
from dyadic.proofs import verify
from dyadic.symbolic import architecture, derive


def fragment(costs, decay=0, **options):
    layers = [
        {"name": "a", "type": "dense", "units": 4, "activation": "tanh"},
        {"name": "b", "type": "dense", "units": 3},
    ]
    spec = {"name": "n", "inputs": {"x": {"shape": [2]}}, "layers": layers, "weight_decay": decay}
    derivation = derive(architecture(spec | {"costs": costs}))
    document = build_document(derivation, verify(derivation, methods=["ranks", "lemma"]), **options)
    (text, *_) = (
        content.decode() for path, content in appendix_files([document], Path("a.tex")).items() if path.suffix == ".tex"
    )
    return " ".join(text.replace("\\allowbreak ", "").split())


ONE = {"type": "squared_error", "inputs": ["b"]}
HALF = {"type": "huber", "inputs": ["a"], "weight": 0.5}


@pytest.mark.parametrize("options", [{}, {"detail": "short"}, {"generic": True}], ids=str)
def test_of_one_cost_alone_nothing_more_is_said(options):
    text = fragment([ONE], **options)
    assert "In the energy, the theorem" not in text
    assert "weight decay" not in text
    assert "times the cost's weight" not in text


@pytest.mark.parametrize("options", [{}, {"detail": "short"}, {"generic": True}], ids=str)
def test_what_the_whole_cost_is(options):
    text = fragment([ONE, HALF], 0.01, **options)
    assert "is the sum of these costs, each times its weight, plus the weight decay" in text
    once = fragment([ONE | {"weight": 0.125}], **options)
    assert "is this cost times its weight." in once
    assert fragment([ONE], 0.01, **options).count("is this cost, plus the weight decay") == 1


@pytest.mark.parametrize("options", [{"detail": "short"}, {"generic": True}], ids=str)
def test_equations_by_kind_say_what_they_lack(options):
    options |= {"sections": ["setting", "equations", "proof"]}
    text = fragment([ONE, HALF], 0.01, **options)
    assert "plus the cost's gradient, times the cost's weight, at an output" in text
    assert "the whole gradient is their sum and that of the weight decay" in text
    assert text.count(", without its weight, ") == 2
    labels = re.findall(r"\\label\{[^}]*\}", text)
    assert len(labels) == len(set(labels))
    assert "The gradient of the Huber loss" in text
    assert "It remains to see that" in text  # T = 2L, with a cost that reads a vertex within as well
