"""Nothing compared is nothing shown: what is derived for an integer input, or for one that nothing depends on, is 0."""

import dataclasses

import pytest
from support.equations import EQUATIONS, equation, i, n, output
from sympy import Integer

from dyadic.catalogue import example_network
from dyadic.proofs.checker.evaluation.kind_pairing import evaluate, small_sizes
from dyadic.proofs.checker.evaluation.prime_numbers import primes
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods import adjoint
from dyadic.proofs.methods.pairing import pairing_claim
from dyadic.proofs.methods.refutation import agreement
from dyadic.proofs.subject import examine
from dyadic.symbolic import derive
from dyadic.symbolic.energy import LayerKind, derive_equation, layer_to_json
from dyadic.symbolic.expressions import Definition, Element, Tensor
from dyadic.symbolic.tensor_names import U1, U2, Name, V

WRONG = {"a multiple": 7, "a sign": -1}


def with_adjoint(layer, slot, body):
    item = layer.adjoints[slot]
    wrong = Definition(item.tensor, item.indices, body(item.indices))
    return dataclasses.replace(layer, adjoints=(*layer.adjoints[:slot], wrong, *layer.adjoints[slot + 1 :]))


def integers(name):
    """A layer with an integer input, and that input's slot."""
    if name in EQUATIONS:
        return derive_equation(LayerKind(name, (), (1,)), EQUATIONS[name]), {"embedding": 0, "gathered": 1}[name]
    return example_network(name, numeric=False).layers["layer"], {"embedding": 0, "gather": 1}[name]


@pytest.mark.parametrize("factor", WRONG)
@pytest.mark.parametrize("name", ["embedding", "gather", "gathered"])
def test_an_integer_input_has_the_zero_adjoint_and_nothing_else(name, factor):
    layer, slot = integers(name)
    s = layer.equation.output
    entry = Element(Name("s", V), *([Integer(0)] * len(s.indices)))
    wrong = with_adjoint(layer, slot, lambda indices: WRONG[factor] * entry)
    assert adjoint.layer_claims(layer)[0].verdict is Verdict.PROVED
    claim = adjoint.layer_claims(wrong)[0]
    assert claim.verdict is Verdict.REFUTED
    assert claim.counterexample["exact"] == "0"
    for content, agrees in ((layer_to_json(layer), True), (layer_to_json(wrong), False)):
        outcome = evaluate(content, "layer", primes(1)[0], 1, small_sizes(content, 1, "layer"))
        assert (outcome.forward == outcome.backward) is agrees
    assert agreement.concrete_agreement(wrong, "adjoint", [dict.fromkeys(numbers_of(wrong), 3)]) is None


def numbers_of(layer):
    extents = {str(symbol) for symbol in layer.equation.extents}
    return {str(e) for e in layer_symbols(layer)} - extents


def layer_symbols(layer):
    tensors = [
        *layer.equation.inputs,
        *(p.tensor for p in layer.equation.parameters.values()),
        layer.equation.output.tensor,
    ]
    return {symbol for tensor in tensors for extent in tensor.shape for symbol in extent.free_symbols}


def test_an_input_that_nothing_depends_on_has_the_zero_adjoint():
    one, two = Tensor(Name("x", U1), (n,)), Tensor(Name("x", U2), (n,))
    layer = derive_equation(LayerKind("first", (), (1, 1)), equation([one, two], [], [output((n,), (i,), one[i])]))
    assert adjoint.layer_claims(layer)[0].verdict is Verdict.PROVED
    wrong = with_adjoint(layer, 1, lambda indices: Element(Name("s", V), *indices))
    assert adjoint.layer_claims(wrong)[0].verdict is Verdict.REFUTED


def test_pairing_refutes_it_in_a_network():
    network = example_network("embedding", numeric=True)
    layer = network.layers["layer"]
    wrong = with_adjoint(layer, 0, lambda indices: 7 * Element(Name("s", V), indices[0], Integer(0)))
    derivation = dataclasses.replace(derive(network.architecture), layers={**network.layers, "layer": wrong})
    claim = pairing_claim(examine(derivation, derivation.steps).network)
    assert claim.verdict is Verdict.REFUTED
