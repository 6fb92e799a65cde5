"""For every layer type: what is derived is proved for all sizes, and one changed sign in it is refuted with numbers."""

import dataclasses

import pytest
from support.long_tests import one_in
from sympy import Integer

from dyadic.catalogue import example_network
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods.adjoint import layer_claims
from dyadic.symbolic.expressions import Apply, Definition
from dyadic.symbolic.functions import FUNCTIONS
from dyadic.symbolic.layers import LAYERS

CONSTANT = {name for name, function in FUNCTIONS.items() if function.derivative == 0}


def negated(item):
    """With the other sign; where the derivative is 0 that is right too, and 1 is added instead."""
    flat = any(node.name in CONSTANT for node in item.body.atoms(Apply))
    return Definition(item.tensor, item.indices, item.body + 1 if flat else -item.body)


@pytest.mark.parametrize("name", one_in(4, LAYERS))
def test_a_wrong_sign_is_refuted(name):
    layer = example_network(name, numeric=False).layers["layer"]
    assert {claim.verdict for claim in layer_claims(layer)} == {Verdict.PROVED}
    slot = next((k for k, item in enumerate(layer.adjoints) if item.body != Integer(0)), None)
    if slot is not None:
        adjoints = tuple(negated(item) if k == slot else item for k, item in enumerate(layer.adjoints))
        wrong, kind = dataclasses.replace(layer, adjoints=adjoints), "adjoint"
    else:  # a look-up has no sensitivity to hand on, only a gradient
        first, *_ = layer.gradients
        wrong = dataclasses.replace(layer, gradients={**layer.gradients, first: negated(layer.gradients[first])})
        kind = "gradient"
    claim = next(claim for claim in layer_claims(wrong) if claim.id.startswith(kind))
    assert claim.verdict is Verdict.REFUTED
    assert claim.counterexample["claimed"] != claim.counterexample["exact"]
