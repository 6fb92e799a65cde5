"""A value that is held constant: the theorem speaks of the gradient as the program defines it, and says so."""

import copy
import json

import pytest
from support.refit import refitted

import dyadic
from dyadic.proofs.checker import check
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.methods.derivatives import function_claim
from dyadic.symbolic.expressions import Integer
from dyadic.symbolic.functions import Z


def straight_through(held=True):
    """tanh(z) + (sign(z) - tanh(z)), of which the second term is held constant."""
    layers = [
        {"name": "z", "type": "dense", "units": 3},
        {"name": "soft", "type": "tanh"},
        {"name": "hard", "type": "sign", "inputs": ["z"]},
        {"name": "step", "type": "sub", "inputs": ["hard", "soft"]},
        {"name": "kept", "type": "stop_gradient" if held else "identity"},
        {"name": "out", "type": "add", "inputs": ["soft", "kept"]},
    ]
    return {"name": "it", "inputs": {"u": {"shape": [2]}}, "layers": layers, "cost": {"type": "squared_error"}}


def certificate(held=True):
    return dyadic.verify(dyadic.derive(dyadic.architecture(straight_through(held))))


def test_the_theorem_says_that_values_are_held():
    found = certificate()
    assert found["verdict"] == "proved"
    assert "as the program defines it, with values held constant" in found.claim("steps").statement
    assert any(text.startswith("stop_gradient: its value is held") for text in found.claim("steps").hypotheses)
    assert "held" not in certificate(held=False).claim("steps").statement
    assert dyadic.check(found).confirmed


@pytest.mark.parametrize("wrong", [Integer(1), Z, Integer(-1)])
def test_that_the_derivative_is_that_of_the_value_is_not_proved(wrong):
    assert function_claim("stop_gradient").verdict.value == "proved"
    assert function_claim("stop_gradient", wrong).verdict.value == "refuted"


def test_a_certificate_that_conceals_it_is_rejected():
    content = json.loads(json.dumps(certificate()))
    forged = copy.deepcopy(content)
    steps = next(claim for claim in forged["claims"] if claim["id"] == "steps")
    steps["numbers"]["held"] = 0
    with pytest.raises(Rejected, match=r"numbers\.held: is 0, but the network's is 1"):
        check(refitted(forged))
    forged = copy.deepcopy(content)
    forged["functions"]["stop_gradient"]["derivative"] = 1
    with pytest.raises(Rejected, match="derivative"):
        check(refitted(forged))
