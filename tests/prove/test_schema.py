"""Certificates follow docs/certificate.schema.json."""

import copy
import json
from pathlib import Path

import jsonschema
import pytest
from campaigns.forged import MIXED

from dyadic.proofs import verify
from dyadic.symbolic import architecture, derive, read_spec

SCHEMA = jsonschema.Draft202012Validator(json.loads(Path("docs/certificate.schema.json").read_text()))


@pytest.fixture(scope="module", params=["digits", "mixed"])
def certificate(request):
    network = read_spec("examples/digits.toml") if request.param == "digits" else architecture(MIXED)
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
