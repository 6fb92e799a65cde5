"""What is known of the scalar functions in claims: their algebra and derivatives, and that each has an entry."""

from __future__ import annotations

import re

import pytest

from claims import author
from claims.test_campaign import judged
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.number_systems.function_facts import FACTS
from dyadic.symbolic.functions import FUNCTIONS

NETWORK = network(
    {"name": "a", "type": "dense", "units": 3, "activation": "tanh"}, {"name": "b", "type": "dense", "units": 2},
    inputs={"u": [2]},
)  # fmt: skip

TRUE = """
sqrt(2 + x^2)^2 = 2 + x^2                       rsqrt(2 + x^2)^2 (2 + x^2) = 1
rsqrt'(2 + x^2) = -rsqrt(2 + x^2)^3/2           sqrt'(1 + x^2) = 1/(2 sqrt(1 + x^2))
rsqrt(2) = 1/sqrt(2)                            sqrt(8) = 2 sqrt(2)
sqrt(6) = sqrt(2) sqrt(3)                       sqrt(4 + 4 x^2) = 2 sqrt(1 + x^2)
(1 + x^2)^(-3/2) = rsqrt(1 + x^2)^3             sqrt(exp(x)) = exp(x/2)
1/(sqrt(1 + x^2) - sqrt(1 + y^2)) = (sqrt(1 + x^2) + sqrt(1 + y^2))/(x^2 - y^2)
exp(x + y) = exp(x) exp(y)                      exp(x/3)^3 = exp(x)
log(x y) = log(x) + log(y)                      log(x/y) = log(x) - log(y)
log(6) = log(2) + log(3)                        log(sqrt(x)) = 1/2 log(x)
exp(log(x)) = x                                 exp(1/2 log(x)) = sqrt(x)
softplus(x) - softplus(-x) = x                  softplus'(x) = sigmoid(x)
softplus(x) = relu(x) + log(1 + exp(-abs(x)))   log(sigmoid(x)) = x - softplus(x)
sigmoid(-x) = 1 - sigmoid(x)                    sigmoid'(x) = sigmoid(x) sigmoid(-x)
tanh(x) = 2 sigmoid(2 x) - 1                    tanh(x + y) (1 + tanh(x) tanh(y)) = tanh(x) + tanh(y)
silu'(x) = sigmoid(x) (1 + x (1 - sigmoid(x)))  silu(x) - silu(-x) = x
erf(x - y) + erf(y - x) = 0                     gelu(x) = x/2 (1 + erf(x / sqrt(2)))
gelu'(x) = 1/2 (1 + erf(x/sqrt(2))) + x erf'(x/sqrt(2))/(2 sqrt(2))
gelu_tanh(x) - gelu_tanh(-x) = x                gelu(x) - gelu(-x) = x
sin(x)^2 + cos(x)^2 = 1                         sin(x + y) = sin(x) cos(y) + cos(x) sin(y)
cos'(x) = -sin(x)                               cos(2 x) = 1 - 2 sin(x)^2
relu(x) - relu(-x) = x                          relu(x) + relu(-x) = abs(x)
relu(x) relu'(x) = relu(x)                      relu(relu(x)) = relu(x)
relu'(x) + relu'(-x) = abs'(x)^2                abs(-3 x) = 3 abs(x)
elu'(x) = exp(-relu(-x))                        elu(x) = relu(x) + exp(-relu(-x)) - 1
"""
FALSE = """
sqrt(x^2) = x                                   (x^2)^(1/2) = x
sqrt(1 + x^2) sqrt(1 + y^2) = 1 + x^2 + y^2     rsqrt'(2 + x^2) = -rsqrt(2 + x^2)/2
rsqrt(4) = 2                                    sqrt(2) = 1.41421356
log(x + y) = log(x) + log(y)                    exp(log(x^2)/2) = x
softplus(x) + softplus(-x) = x                  gelu(x) = gelu_tanh(x)
erf(-x) = erf(x)                                sin(2 x) = sin(x) cos(x)
relu(x y) = relu(x) relu(y)                     relu'(x) + relu'(-x) = 1
abs'(x)^2 = 1                                   elu'(0) = 0
relu'(0) = 1                                    tanh'(x) = 1 - tanh(x)
sqrt(x^2 y^2) = x y                             sqrt(x y) sqrt(y) = y sqrt(x) + x y - x y + 1
"""


def claims(text):
    found = [claim for line in text.strip().splitlines() for claim in re.split(r"\s{2,}", line.strip())]
    return [re.sub(r"\by\b", "y[i]", re.sub(r"\bx\b", "x_b[i]", claim)) for claim in found]


@pytest.mark.parametrize("claim", claims(TRUE))
def test_what_is_true_of_a_function_is_proved(claim):
    found = judged(NETWORK, claim)
    assert found.verdict is Verdict.PROVED, (found.reason, found.counterexample)


@pytest.mark.parametrize("claim", claims(FALSE))
def test_what_is_false_of_a_function_is_refuted(claim):
    assert judged(NETWORK, claim).verdict is Verdict.REFUTED


def test_every_function_that_layers_are_made_of_has_an_entry():
    assert set(FUNCTIONS) <= set(FACTS)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (r"\operatorname{ReLU}'(u_0)", r"\operatorname{relu}'(u_0)"),
        (r"\mathrm{SiLU}(u_0)", r"\operatorname{silu}(u_0)"),
        (r"\operatorname{GELU}_{\text{tanh}}(u_0)", r"\operatorname{gelu\_tanh}(u_0)"),
        (r"\operatorname{GELU}'_{\text{tanh}}(u_0)", r"\operatorname{gelu\_tanh}'(u_0)"),
        (r"\operatorname{GELU}(u_0)", r"\operatorname{gelu}(u_0)"),
    ],
)
def test_functions_by_the_names_that_papers_have_for_them(written, expected):
    for factor, verdict in (("", Verdict.PROVED), ("2 ", Verdict.REFUTED)):
        claim = f"{written} = {factor}{expected}"
        assert author.judged(NETWORK, claim, "equal", {"u": "x_a"}, latex=True).verdict is verdict
