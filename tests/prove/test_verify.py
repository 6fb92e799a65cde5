"""Verdicts: true derivations are proved, mutated ones refuted with numbers, by every method that should."""

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from support.strategies import architectures, residual
from support.work import calls

from dyadic.proofs import verify
from dyadic.proofs.certificate import subject
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.claims import Verdict
from dyadic.proofs.evaluate import identity_values, tightness_witness
from dyadic.proofs.evaluate.number_rings import Ball
from dyadic.proofs.evaluate.simulate import Instance, reduced_sizes
from dyadic.proofs.methods import adjoint, derivatives, wiring
from dyadic.symbolic import architecture, derive, read_spec
from dyadic.symbolic.expressions import Apply, Definition, Element, Index
from dyadic.symbolic.functions import FUNCTIONS, Z, closed_form

DIGITS = "examples/digits.toml"


def verdicts(certificate):
    return {claim["id"]: claim["verdict"] for claim in certificate["claims"]}


def graph_of(derivation, **options):
    return Graph(subject(derivation, derivation.steps), **options)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(architectures())
def test_random_networks_are_proved(network):
    are_proved(network)


@pytest.mark.long
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(architectures())
def test_many_random_networks_are_proved(network):
    are_proved(network)


def are_proved(network):
    certificate = verify(derive(network))
    assert set(verdicts(certificate).values()) == {"proved"}, verdicts(certificate)
    assert certificate["steps"] == 2 * certificate["L"]


def test_symbolic_sizes_are_proved():
    layers = [
        {"name": "a", "type": "dense", "units": "n", "activation": "gelu"},
        {"name": "b", "type": "dense", "units": "k"},
    ]
    network = architecture(
        {"inputs": {"x": {"shape": ["t", "m"]}}, "layers": layers, "cost": {"type": "squared_error"}}
    )
    assert verify(derive(network))["verdict"] == "proved"


def test_a_single_layer_is_reciprocal_and_says_so():
    layers = [{"name": "a", "type": "dense", "units": 2}]
    network = architecture({"inputs": {"x": {"shape": [2]}}, "layers": layers, "cost": {"type": "squared_error"}})
    claim = next(c for c in verify(derive(network))["claims"] if c["id"] == "nonreciprocity")
    assert (claim["verdict"], claim["statement"][:22]) == ("proved", "No layer reads another")


# -- mutations -------------------------------------------------------------------------------------------------


def with_layer(derivation, name, **changes):
    layer = dataclasses.replace(derivation.layers[name], **changes)
    return dataclasses.replace(derivation, layers=derivation.layers | {name: layer})


def body(item, change):
    return Definition(item.tensor, item.indices, change(item.body))


def flipped_sign(derivation):
    layer = derivation.layers["hidden2"]
    return with_layer(derivation, "hidden2", adjoints=tuple(body(a, lambda e: -e) for a in layer.adjoints))


def sigma_for_its_derivative(derivation):
    layer = derivation.layers["hidden2"]

    def lower(e):
        return e.replace(lambda n: isinstance(n, Apply), lambda n: Apply(n.name, 0, n.argument))

    return with_layer(derivation, "hidden2", intermediates=tuple(body(b, lower) for b in layer.intermediates))


def swapped_index(derivation):
    """W[j, i] for W[i, j] in the adjoint of a square layer."""
    layer = derivation.layers["hidden2"]
    i, j = Index("i"), Index("j")

    def swap(e):
        return e.replace(
            lambda n: isinstance(n, Element) and n.name.is_plain("W"), lambda n: Element(n.name, *n.indices[::-1])
        )

    assert layer.adjoints[0].body.has(i)
    assert layer.adjoints[0].body.has(j)
    return with_layer(derivation, "hidden2", adjoints=tuple(body(a, swap) for a in layer.adjoints))


def wrong_gradient(derivation):
    layer = derivation.layers["logits"]
    gradients = layer.gradients | {"bias": body(layer.gradients["bias"], lambda e: 2 * e)}
    return with_layer(derivation, "logits", gradients=gradients)


def wrong_cost(derivation):
    cost = dataclasses.replace(
        derivation.costs["cost"], gradient=body(derivation.costs["cost"].gradient, lambda e: e / 2)
    )
    return dataclasses.replace(derivation, costs={"cost": cost})


def dropped_skip(derivation):
    terms = derivation.terms | {"hidden": derivation.terms["hidden"][:1]}
    return dataclasses.replace(derivation, terms=terms)


LOCAL = [flipped_sign, sigma_for_its_derivative, swapped_index, wrong_gradient, wrong_cost]


@pytest.mark.parametrize("mutate", [*LOCAL, dropped_skip])
def test_mutations_are_refuted_with_numbers(mutate):
    certificate = verify(mutate(derive(read_spec(DIGITS))))
    assert certificate["verdict"] == "refuted"
    claim = next(c for c in certificate["claims"] if c["id"] == "steps")
    assert claim["verdict"] == "refuted"
    assert claim["counterexample"]["claimed"] != claim["counterexample"]["exact"]
    assert claim["counterexample"]["values"]


@pytest.mark.parametrize("mutate", LOCAL)
def test_the_adjoint_method_refutes_alone(mutate):
    derivation = mutate(derive(read_spec(DIGITS)))
    claims = [adjoint.cost_claim(derivation.costs["cost"])]
    for layer in {id(v): v for v in derivation.layers.values()}.values():
        claims += adjoint.layer_claims(layer)
    refuted = [claim for claim in claims if claim.verdict is Verdict.REFUTED]
    assert refuted
    assert all(claim.counterexample["claimed"] != claim.counterexample["exact"] for claim in refuted)
    assert all(claim.verdict is not Verdict.UNDECIDED for claim in claims)


@pytest.mark.parametrize("mutate", [*LOCAL, dropped_skip])
def test_exact_evaluation_refutes_alone(mutate):
    graph = graph_of(mutate(derive(read_spec(DIGITS))), require_terms=False)
    prime, _ = identity_values.primes_for(3)
    assert identity_values.run(graph, graph.steps, prime, 3).difference
    assert identity_values.real_counterexample(graph, graph.steps)


def test_wiring_refutes_alone_and_is_blind_to_layers():
    digits = derive(read_spec(DIGITS))
    dropped = graph_of(dropped_skip(digits), require_terms=False)
    assert wiring.wiring_claim(dropped, dropped.steps).verdict is Verdict.REFUTED
    early = graph_of(digits)
    assert wiring.wiring_claim(early, early.steps - 1).verdict is Verdict.REFUTED
    assert wiring.wiring_claim(early, early.steps).verdict is Verdict.PROVED
    blind = graph_of(flipped_sign(digits))
    assert wiring.wiring_claim(blind, blind.steps).verdict is Verdict.PROVED


@pytest.mark.parametrize("steps", [0, 1, 7])
def test_fewer_steps_are_refuted(steps):
    certificate = verify(derive(read_spec(DIGITS)), steps=steps)
    found = verdicts(certificate)
    assert found["steps"] == "refuted"
    assert not {"wiring", "identity"} & set(found), "of opaque layers and small sizes, which say nothing of fewer steps"
    assert found["adjoint:dense(activation=tanh, bias=True)"] == "proved"


def test_more_steps_are_exact_too():
    assert verify(derive(read_spec(DIGITS)), steps=9)["verdict"] == "proved"


# -- activation functions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives(name):
    assert derivatives.function_claim(name).verdict is Verdict.PROVED
    right = closed_form(name, 1)
    for wrong in (right + Z, *([-right, right * Apply("sigmoid", 0, Z)] if right != 0 else [])):
        claim = derivatives.function_claim(name, wrong)
        assert claim.verdict is Verdict.REFUTED, wrong
        assert claim.counterexample["claimed"] != claim.counterexample["exact"]


# -- tightness ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blocks", [1, 3])
def test_last_wrong_values_are_those_of_the_simulation(blocks):
    graph = graph_of(derive(residual(blocks)))
    draw = tightness_witness.draw_with(1, "mixed")
    instance = Instance(graph, Ball(), draw, reduced_sizes(graph, largest=2))
    exact = instance.wavefront()
    initial = instance.initial(tightness_witness.draw_with(2, "mixed"))
    labels = {
        f"{kind} {name} {list(at)}": value for (kind, name), table in initial.items() for at, value in table.items()
    }
    wrong = tightness_witness.last_wrong_values(instance, exact, labels.__getitem__)
    state, states = initial, [initial]
    for _ in range(graph.steps):
        state = instance.step(state)
        states.append(state)
    ranks = {("x", n): r for n, r in graph.rank_x.items()} | {("s", n): r for n, r in graph.rank_s.items()}
    for key, rank in ranks.items():
        for at, value in wrong[key].items():
            assert value.overlaps(states[rank - 1][key][at])
            assert exact[key][at].overlaps(states[rank][key][at])


def test_a_network_whose_last_variable_does_not_depend_on_the_state_is_undecided():
    """One class: the cost is constant, the sensitivity always zero, and no witness can exist."""
    derivation = derive(read_spec(DIGITS))
    zero = dataclasses.replace(
        derivation.costs["cost"], gradient=body(derivation.costs["cost"].gradient, lambda e: e * 0)
    )
    graph = graph_of(dataclasses.replace(derivation, costs={"cost": zero}))
    assert tightness_witness.find(graph, seeds=1) is None


# -- size --------------------------------------------------------------------------------------------------------


def work(blocks):
    derivation = derive(residual(blocks))
    return calls(lambda: verify(derivation))


@pytest.mark.long
def test_a_thousand_residual_blocks():
    assert verify(derive(residual(1000)))["verdict"] == "proved"


def test_the_terms_of_wiring_grow_with_the_network_and_not_with_its_square():
    counts = []
    for blocks in (30, 60, 120):
        graph, terms = graph_of(derive(residual(blocks))), wiring.Terms()
        inputs = {name: terms("input", name) for name in graph.inputs}
        wiring.settled(graph, terms, inputs, graph.steps)
        counts.append(len(terms._known))
    assert counts[2] - counts[1] == 2 * (counts[1] - counts[0])


@pytest.mark.parametrize("blocks", [1, 2, 5])
def test_settled_terms_are_those_of_the_literal_steps(blocks):
    """A variable is left out exactly if its term, built step by step, still holds an initial symbol."""
    graph, terms = graph_of(derive(residual(blocks))), wiring.Terms()
    inputs = {name: terms("input", name) for name in graph.inputs}
    for steps in range(graph.steps + 2):
        literal = wiring.relax(graph, terms, inputs, steps)
        found = wiring.settled(graph, terms, inputs, steps)
        parts = {number: key for key, number in terms._known.items()}

        def initial(number, parts=parts):
            """Whether a term holds an initial symbol."""
            head, *rest = parts[number]
            inner = [x for x in rest if isinstance(x, int)] + [x for r in rest if isinstance(r, tuple) for x in r]
            if head == "vjp":  # its second number is the slot
                inner = [*rest[2], *rest[3]]
            return head.startswith("initial") or any(map(initial, inner))

        for one, two in zip(literal, found, strict=True):
            for name, number in one.items():
                assert two.get(name) == (None if initial(number) else number), (steps, name)


@pytest.mark.long
def test_the_work_is_not_quadratic_in_the_depth():
    work(2)  # fills the caches that do not depend on the depth
    assert work(80) < 6 * work(20)


def test_a_network_that_has_no_value_anywhere_is_undecided():
    """The reciprocal of a - a."""
    layers = [
        {"name": "d", "type": "sub", "inputs": ["x", "x"]},
        {"name": "r", "type": "reciprocal"},
    ]
    spec = {"inputs": {"x": {"shape": [3]}}, "layers": layers, "cost": {"type": "squared_error"}}
    certificate = verify(derive(architecture(spec)))
    assert certificate["verdict"] == "undecided"
    assert any("division by zero" in (claim["reason"] or "") for claim in certificate["claims"])
