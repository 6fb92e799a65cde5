"""Numbers that a witness states: short, and true of numbers of any size, or another witness, or none."""

import copy
import json
import re

import pytest
from flint import arb
from support.refit import claim_of, refitted

from dyadic.proofs import Rejected, check, verify
from dyadic.proofs.evaluate.tightness_witness import _digits
from dyadic.symbolic import architecture, derive

STATED = ("value_before", "value_exact", "difference")


def written(layers):
    table = {"inputs": {"x": {"shape": [2]}}, "layers": layers, "cost": {"type": "squared_error"}}
    return json.loads(json.dumps(verify(derive(architecture(table)), methods=None)))


def exponentials(count):
    return [{"name": f"l{k}", "type": "exp"} for k in range(count)]


@pytest.fixture(scope="module")
def deep():
    return written(exponentials(3))


GROWING = {
    **{f"{count} exp": exponentials(count) for count in (3, 4, 5, 6, 8)},
    "powers": [
        {"name": "a", "type": "power", "exponent": 900_000},
        {"name": "b", "type": "power", "exponent": 777_777},
    ],
    "exp of powers": [{"name": "a", "type": "power", "exponent": 50}, *exponentials(3)],
    "negative powers": [{"name": "a", "type": "exp"}, {"name": "b", "type": "power", "exponent": -999_999}],
}


@pytest.mark.parametrize("layers", GROWING.values(), ids=GROWING)
def test_what_is_proved_is_confirmed(layers):
    found = written(layers)
    assert found["verdict"] == "proved"
    assert check(found).confirmed
    for claim in found["claims"]:
        if claim["kind"] == "tightness":
            texts = [claim["witness"][key] for key in STATED]
            assert all(len(text) <= 60 for text in texts)
            assert not any(re.match("-?0e", text) for text in texts)


def test_a_number_has_the_digits_that_are_certain():
    big = arb(10) ** 4000
    assert _digits(big / 3) == "3.33333333333333e+3999"
    assert _digits(arb(0)) == "0"
    assert _digits(arb(3, 0.01)) == "3.0"
    assert _digits(arb(0, big)) == "[+/- 1.01e+4000]"
    assert _digits(1 / arb(arb(10) ** 6).exp()) is not None
    assert _digits((arb(2) ** 100).exp()) is None
    assert _digits((-(arb(2) ** 100)).exp()) is None


@pytest.mark.parametrize(
    "text", ["0e+4729", "-0e+4729", "[+/- 0e+4729]", "[1 +/-]", "[+/- 1] is 0", "[0 shown +/- 1]", "1" * 61, "nan"]
)
@pytest.mark.parametrize("key", STATED)
def test_a_text_that_is_no_number_is_refused(deep, text, key):
    forged = copy.deepcopy(deep)
    claim_of(forged, "tightness")["witness"][key] = text
    with pytest.raises(Rejected, match=f"witness.{key}"):
        check(refitted(forged))
