"""Layer types of one's own that are odd and right, and equations that are odd and wrong."""

import copy
import json

import pytest
from campaigns.forged import base, layer
from support.refit import refitted
from sympy import Pow, Rational

from dyadic.proofs import verify
from dyadic.proofs.checker import Rejected, check
from dyadic.proofs.checker.evaluation.domain import conditions
from dyadic.proofs.checker.evaluation.equations import Field
from dyadic.proofs.evaluate.number_rings import PrimeField
from dyadic.symbolic import architecture, derive, energy
from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import Apply, Definition, Index, Reduction, Tensor
from dyadic.symbolic.layers import LAYERS, LayerEquation, register
from dyadic.symbolic.layers.layer_type import LayerType, axes
from dyadic.symbolic.tensor_names import Name, U, V

K = Index("k")


def f(shape):
    return Tensor(Name("f", V), shape)


def z(shape):
    return Tensor(Name("z", V), shape)


def definitions(name, here, shape, x):
    match name:
        case "a definition that nothing reads":
            return [Definition(z(shape), here, x[here] ** 2), Definition(f(shape), here, Apply("tanh", 0, x[here]))]
        case "a definition that cancels":
            one = Definition(z(shape), here, 1 + x[here] ** 2)
            return [one, Definition(f(shape), here, z(shape)[here] * Apply("tanh", 0, x[here]) / z(shape)[here])]
        case "two of which one is read":
            one = Definition(z(shape), here, x[here] ** 2)
            other = Definition(Tensor(Name("m", V), shape), here, z(shape)[here] ** 3)
            return [one, other, Definition(f(shape), here, Pow(1 + z(shape)[here], Rational(1, 2)))]
        case "a sum over all but one":
            rest = Reduction("sum", K, shape[-1] - 1, x[(*here[:-1], K)])
            return [Definition(f(shape), here, x[here] * rest)]
        case "a division by all but one":
            return [Definition(f(shape), here, x[here] / (shape[-1] - 1))]


@pytest.fixture
def own(request):
    class Own(LayerType):
        """Of a test."""

        name, arity, smallest_rank, input_rule = "own_of_a_test", (1, 1), 1, "one input"

        def specialise(self, options, shapes):
            return {}

        def equation(self, settings, ranks):
            here, shape = axes(ranks[0])
            x = Tensor(Name("x", U), shape)
            return LayerEquation((x,), {}, tuple(definitions(request.param, here, shape, x)))

    register(Own)
    yield Own.name
    LAYERS.pop(Own.name)
    energy.derive_layer.cache_clear()  # what was derived is kept by the type's name
    energy.layer_equation.cache_clear()


def network(type_, extent, **options):
    layers = [{"name": "a", "type": "tanh"}, {"name": "b", "type": type_, **options}, {"name": "c", "type": "tanh"}]
    return architecture({"inputs": {"x": {"shape": [extent]}}, "layers": layers, "cost": {"type": "squared_error"}})


@pytest.mark.parametrize("extent", [3, "n", 1])
@pytest.mark.parametrize(
    "own",
    [
        "a definition that nothing reads", "a definition that cancels", "two of which one is read",
        "a sum over all but one",
    ],
    indirect=True,
)  # fmt: skip
def test_what_is_odd_and_right_is_proved_and_confirmed(own, extent):
    certificate = verify(derive(network(own, extent)))
    open_ = [(claim["id"], claim["reason"]) for claim in certificate["claims"] if claim["verdict"] != "proved"]
    assert certificate["verdict"] == "proved", open_
    assert check(certificate).confirmed


def test_an_exponent_of_0_leaves_no_definition_behind():
    certificate = verify(derive(network("lrn", 4, size=3, beta=0)))
    assert certificate["verdict"] == "proved"
    assert check(certificate).confirmed


@pytest.mark.parametrize("own", ["a division by all but one"], indirect=True)
def test_a_division_by_0_at_the_sizes_is_named(own):
    assert verify(derive(network(own, 3)))["verdict"] == "proved"
    with pytest.raises(UnsupportedEquation, match="divides by 0 at these sizes"):
        verify(derive(network(own, 1)))


# -- equations of a certificate ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["energy", "stationarity"])
def test_an_energy_that_has_no_value_somewhere_restricts_the_states(part):
    content = copy.deepcopy(layer(base("plain")[1], "add"))
    assert not conditions(content)
    inverse = ["^", ["entry", "x", "v", [["index", "q"]]], -1]
    nothing = ["+", inverse, ["*", -1, inverse]]
    content[part]["body"] = ["+", content[part]["body"], ["sum", "q", 2, nothing]]
    assert conditions(content) == {"no divisor is 0"}


@pytest.mark.parametrize("name", ["root", "logsumexp", "choice", "largest", "value", "slope"])
def test_a_function_is_another_unknown_than_what_the_ring_draws(name):
    field, ring = Field(2**61 - 1, 5), PrimeField(2**61 - 1, 5)
    z = field.number(77)
    for order in (0, 1, 2, 3):
        found = field.apply(name, order, z)[0]
        assert found not in {field.power(z, 1, q)[0] for q in (2, 3)}
        assert found not in {field.unknown(kind, order, 77) for kind in ("root", "logsumexp", "choice", "value")}
        assert ring.apply(name, order, 77) not in {ring.power(77, 1, q) for q in (2, 3)}
        assert ring.apply(name, order, 77) != ring.logsumexp([order, 77])


POOLED = {
    "inputs": {"x": {"shape": [2, 6]}},
    "layers": [{"name": "a", "type": "tanh"}, {"name": "c", "type": "max_pool", "kernel": [2]}],
    "cost": {"type": "squared_error"},
}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda body: ["*", -1, body], "a position stands among numbers"),
        (lambda body: ["+", body, 1], "a position stands among numbers"),
        (
            lambda body: json.loads(json.dumps(body).replace('["index", "u"]', '["+", ["index", "u"], 1]')),
            "but the network's equation gives",
        ),
    ],
)
def test_a_position_is_compared_as_one(change, reason):
    certificate = verify(derive(architecture(POOLED)))
    assert check(certificate).confirmed
    (item,) = (one for one in certificate["equations"]["s:a"]["where"] if one["kind"].startswith("arg"))
    item["body"] = change(item["body"])
    with pytest.raises(Rejected, match=reason):
        check(refitted(certificate))
