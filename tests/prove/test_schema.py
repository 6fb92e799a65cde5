"""Certificates follow docs/certificate.schema.json."""

import copy
import json
from pathlib import Path

import jsonschema
import pytest

from dyadic.proofs import verify
from dyadic.symbolic import architecture, derive, read_spec

SCHEMA = jsonschema.Draft202012Validator(json.loads(Path("docs/certificate.schema.json").read_text()))
CONVOLUTIONAL = {
    "inputs": {"image": {"shape": [2, 6, 6]}, "word": {"shape": [1], "below": 5}},
    "parameters": {"shift": {"shape": [3, 1, 1]}},
    "layers": [
        {"name": "conv", "type": "conv", "inputs": ["image"], "filters": 3, "kernel": [3, 3], "stride": [2, 2]},
        {"name": "shifted", "type": "add", "inputs": ["conv", "shift"]},
        {"name": "pool", "type": "max_pool", "kernel": [2, 2]},
        {"name": "flat", "type": "flatten"},
        {"name": "table", "type": "embedding", "inputs": ["word"], "count": 5, "units": 3},
        {"name": "row", "type": "flatten", "inputs": ["table"]},
        {"name": "out", "type": "add", "inputs": ["flat", "row"]},
    ],
    "costs": [{"type": "cross_entropy", "target": "index"}, {"type": "huber", "weight": 0.25}],
    "weight_decay": 0.01,
}


@pytest.fixture(scope="module", params=["digits", "convolutional"])
def certificate(request):
    network = read_spec("examples/digits.toml") if request.param == "digits" else architecture(CONVOLUTIONAL)
    return json.loads(json.dumps(verify(derive(network))))


def test_certificates_are_valid(certificate):
    assert certificate["verdict"] == "proved"
    SCHEMA.validate(certificate)


@pytest.mark.parametrize("key", sorted(SCHEMA.schema["required"]))
def test_nothing_required_can_be_left_out(certificate, key):
    less = {name: value for name, value in certificate.items() if name != key}
    assert not SCHEMA.is_valid(less)


def test_an_expression_of_another_language_is_no_equation(certificate):
    forged = copy.deepcopy(certificate)
    next(iter(forged["layers"].values()))["adjoints"][0]["body"] = ["__import__", "os"]
    assert not SCHEMA.is_valid(forged)
