"""Adjoints of general index equations: proved for all sizes; every wrong version refuted with numbers or no proof."""

import dataclasses
import functools

import pytest
from support.equations import (
    EQUATIONS,
    average_pool,
    c,
    equation,
    flattened,
    i,
    j,
    k,
    m,
    max_pool,
    n,
    o,
    output,
    p,
    u,
    w,
)
from support.work import calls
from support.wrong_adjoints import changed, definitions

from dyadic.proofs.checker.core.expansion import Expander
from dyadic.proofs.checker.core.facts import Facts, Given
from dyadic.proofs.checker.core.forms import Form, Var
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods import adjoint
from dyadic.proofs.methods.refutation import agreement, numbers
from dyadic.proofs.methods.shared.layer_kinds import adjoint_claims
from dyadic.proofs.subject import Subject
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.energy import LayerKind, derive_equation
from dyadic.symbolic.expressions import (
    Apply,
    Definition,
    Divides,
    Element,
    Index,
    Inside,
    Integer,
    Quotient,
    Reduction,
    Remainder,
    Same,
    Tensor,
    size,
    total,
)
from dyadic.symbolic.serialise import to_json
from dyadic.symbolic.tensor_names import Name, NameRole, U, V

HEAVY = {"conv2d", "attention", "layer norm", "grouped"}
"""Equations of which only some wrong versions are tried, to keep the tests short."""


@functools.cache
def derived(name):
    return derive_equation(LayerKind(name, (), (1,)), EQUATIONS[name])


def verdicts(layer, **options):
    return [claim.verdict for claim in adjoint.layer_claims(layer, **options)]


def with_adjoint(layer, item, slot=0):
    return dataclasses.replace(layer, adjoints=(*layer.adjoints[:slot], item, *layer.adjoints[slot + 1 :]))


@pytest.mark.parametrize("name", EQUATIONS)
def test_proved_for_all_sizes(name):
    layer = derived(name)
    claims = adjoint.layer_claims(layer)
    assert {claim.verdict for claim in claims} == {Verdict.PROVED}, [claim.reason for claim in claims]
    assert all(claim.method == adjoint.METHOD for claim in claims)


@pytest.mark.parametrize("name", EQUATIONS)
def test_wrong_versions_are_refuted_with_numbers(name):
    """A changed version is refuted; the rare one that is proved is equal, and then evaluation must agree."""
    layer = derived(name)
    tried = refuted = 0
    for slot, item in enumerate(layer.adjoints):
        for what, wrong in definitions(item):
            tried += 1
            if name in HEAVY and tried % 3:
                continue
            changed_ = with_adjoint(layer, wrong, slot)
            claim = adjoint.layer_claims(changed_)[0]
            if claim.verdict is Verdict.REFUTED:
                refuted += 1
                found = claim.counterexample
                assert found["claimed"] != found["exact"]
                assert found["values"]
            else:
                assert numbers.layer_difference(changed_, "adjoint") is None, what
                harmless = ("of one more", "longer", "without Inside")
                assert claim.verdict is Verdict.PROVED or what.endswith(harmless) or what.startswith(harmless), what
    assert refuted >= 2 or all(a.body == 0 for a in layer.adjoints)


def test_wrong_gradients_are_refuted():
    for name in ("conv1d", "embedding", "grouped", "layer norm"):
        layer = derived(name)
        parameter, item = next(iter(layer.gradients.items()))
        for _, wrong in list(definitions(item))[:3]:
            claims = adjoint.layer_claims(dataclasses.replace(layer, gradients=layer.gradients | {parameter: wrong}))
            assert [claim.verdict for claim in claims] == [Verdict.PROVED, Verdict.REFUTED]


# -- adjoints written by hand ----------------------------------------------------------------------------------


def by_hand(layer_equation, body, target):
    """A layer whose first adjoint is written by hand; what else is derived does not matter here."""
    tensor = layer_equation.inputs[0]
    layer = derive_equation(LayerKind("by hand", (), (1,)), layer_equation)
    return with_adjoint(layer, Definition(Tensor(Name("x", U).adjoint, tensor.shape), target, body))


def s(*indices):
    return Element(Name("s", V), *indices)


def test_adjoints_written_by_hand():
    flat = s(m * p * i + p * j + k)
    assert verdicts(by_hand(flattened(), flat, (i, j, k))) == [Verdict.PROVED]
    assert verdicts(by_hand(flattened(), s(p * m * i + m * j + k), (i, j, k))) == [Verdict.REFUTED]
    q = Quotient(j - u + 1, Integer(2))
    v = Index("v")
    count = total(v, w, Inside(2 * q + v - 1, n))
    pooled = total(u, w, Divides(Integer(2), j - u + 1) * Inside(q, o) * s(c, q) / count)
    assert verdicts(by_hand(average_pool(), pooled, (c, j))) == [Verdict.PROVED]
    wrong = changed(pooled, count, w)
    assert verdicts(by_hand(average_pool(), wrong, (c, j))) == [Verdict.REFUTED]


def test_a_scatter_is_proved_as_well():
    """The adjoint with the delta left unsolved: xbar[p] = Sum_i [p = 2 i + 1] s[i]."""
    x = Tensor(Name("x", U), (n,))
    layer = equation([x], [], [output((o,), (i,), x[2 * i + 1])], {o: Quotient(n, Integer(2))})
    assert verdicts(by_hand(layer, total(i, o, Same(j, 2 * i + 1) * s(i)), (j,))) == [Verdict.PROVED]
    assert verdicts(by_hand(layer, total(i, o, Same(j, 2 * i) * s(i)), (j,))) == [Verdict.REFUTED]


# -- maxima ----------------------------------------------------------------------------------------------------


def test_the_position_must_be_that_of_the_maximum():
    layer = derived("max pool")
    positions = [item for item in layer.intermediates if item.tensor.name.role is NameRole.CHOICE]
    assert len(positions) == 2
    for item in positions:
        others = tuple(other for other in layer.intermediates if other is not item)
        assert Verdict.PROVED not in verdicts(dataclasses.replace(layer, intermediates=others))
        smallest = Reduction("argmax", item.body.index, item.body.extent, -item.body.body)
        wrong = tuple(
            Definition(item.tensor, item.indices, smallest) if other is item else other for other in layer.intermediates
        )
        assert verdicts(dataclasses.replace(layer, intermediates=wrong)) == [Verdict.REFUTED]


def test_a_maximum_without_its_position_is_refuted():
    layer = by_hand(max_pool(), Integer(0), (i, j))
    assert verdicts(layer) == [Verdict.REFUTED]


# -- many indices, sizes, and the fallback -----------------------------------------------------------------------


def test_ten_bound_indices():
    axes = [(Index(f"a{number}"), size(f"n{number}")) for number in range(10)]
    x = Tensor(Name("x", U), tuple(extent for _, extent in axes))
    K = Tensor(Name("K", V), x.shape)
    body = K[tuple(a for a, _ in axes)] * x[tuple(a for a, _ in axes)]
    for index, extent in reversed(axes):
        body = total(index, extent, body)
    layer = derive_equation(LayerKind("ten", (), (1,)), equation([x], [K], [output((n,), (i,), body)]))
    found = []
    assert calls(lambda: found.extend(verdicts(layer)) or found) < 400_000  # ten! orders of the indices are 3,628,800
    assert found == [Verdict.PROVED, Verdict.PROVED]


def test_indices_that_only_search_tells_apart():
    """A product of equal factors has symmetric indices: refinement alone does not order them."""
    x = Tensor(Name("x", U), (n,))
    a, b, d = Index("a"), Index("b"), Index("d")
    body = total(a, n, total(b, n, total(d, n, x[a] * x[b] * x[d] * Apply("tanh", 0, x[a] + x[b] + x[d]))))
    layer = derive_equation(LayerKind("symmetric", (), (1,)), equation([x], [], [output((n,), (i,), body)]))
    assert verdicts(layer) == [Verdict.PROVED]


def test_what_is_known_of_sizes():
    facts = Facts()
    reader = Expander(facts)
    facts.learn("o", reader.form(to_json(Quotient(n - w, Integer(2)) + 1), {}))

    def shown(expression):
        return facts.never_negative(reader.form(to_json(expression), {}))

    assert shown(n - w - 2 * (o - 1))
    assert shown(2 * (o - 1) + w + 1 - n)
    assert not shown(2 * (o - 1) + w - n)
    assert not shown(n - w - 2 * o)
    assert shown(n * m - n)
    assert not shown(m - n)
    v = Var(0, 0)
    given = Given({v: Form.of("m")})
    assert facts.inside(Form.of(v) * 2 + 1, Form.of("m") * 2, given)
    assert not facts.inside(Form.of(v) * 2 + 2, Form.of("m") * 2, given)


def unprovable():
    """Interleaving by a remainder of a product of indices, which is beyond the rules."""
    x = Tensor(Name("x", U), (n, n))
    at = Remainder(i * j, n)
    layer = equation([x], [], [output((n, n), (i, j), x[i, at])])
    body = total(k, n, Same(Remainder(i * k, n), j) * s(i, k))
    return by_hand(layer, changed(body, Same(Remainder(i * k, n), j), Same(j, Remainder(k * i + n * k, n))), (i, j))


def test_at_the_sizes_of_a_network_evaluation_decides():
    layer = unprovable()
    (open_,) = adjoint.layer_claims(layer)
    if open_.verdict is Verdict.PROVED:
        pytest.fail("the example has become provable for all sizes: take a harder one")
    assert (open_.verdict, open_.counterexample) == (Verdict.UNDECIDED, None)
    (claim,) = adjoint.layer_claims(layer, used=[{"n": 5}, {"n": 4}])
    assert claim.verdict is Verdict.PROVED
    assert claim.statement.endswith("for the sizes of this network")
    assert [run["sizes"] for run in claim.witness["runs"]] == [{"n": 5}] * 2 + [{"n": 4}] * 2
    assert float(claim.witness["error_probability_below"]) < 1e-28
    too_large = adjoint.layer_claims(layer, used=[{"n": 5000}])[0]
    assert too_large.verdict is Verdict.UNDECIDED
    wrong = with_adjoint(layer, Definition(layer.adjoints[0].tensor, (i, j), layer.adjoints[0].body * 2))
    assert agreement.concrete_agreement(wrong, "adjoint", [{"n": 3}]) is None


def test_verification_falls_back_on_the_sizes_of_the_network():
    layers = [{"name": "a", "type": "relu"}]
    network = architecture({"inputs": {"x": {"shape": [4, 4]}}, "layers": layers, "cost": {"type": "squared_error"}})
    for extent, verdict in ((Integer(4), Verdict.PROVED), (n, Verdict.UNDECIDED)):
        vertex = dataclasses.replace(network.vertices[0], sizes={n: extent})
        bound = dataclasses.replace(network, vertices=(vertex,))
        derivation = dataclasses.replace(derive(network), architecture=bound, layers={"a": unprovable()})
        claim = next(iter(adjoint_claims(Subject(derivation, 2, {}, None, None))))
        assert claim.verdict is verdict
        assert claim.statement.endswith("for the sizes of this network") == (verdict is Verdict.PROVED)
