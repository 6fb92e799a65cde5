"""Equations that are right at small sizes only, wrong energies, and maxima over nothing."""

import dataclasses

import pytest
from support.equations import equation, i, n, o, output, u, w
from support.proofs import as_json, found, replayed
from sympy import Integer

from dyadic.catalogue import example_network
from dyadic.proofs.checker.core.replay import replay
from dyadic.proofs.checker.evaluation.maxima import empty_maximum
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods import adjoint
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.energy import LayerKind, derive_equation
from dyadic.symbolic.expressions import Definition, Index, Inside, Reduction, Tensor
from dyadic.symbolic.layers import LAYERS
from dyadic.symbolic.tensor_names import Name, U, V


def cut(item, length, axis=0):
    """A definition that is 0 beyond a place of one of its axes."""
    return Definition(item.tensor, item.indices, item.body * Inside(item.indices[axis], Integer(length)))


@pytest.mark.parametrize("length", [10, 1, 37])
@pytest.mark.parametrize("name", ["dense", "conv", "layer_norm"])
def test_wrong_beyond_a_number_is_refuted_beyond_it(name, length):
    layer = example_network(name, numeric=False).layers["layer"]
    wrong = dataclasses.replace(layer, adjoints=(cut(layer.adjoints[0], length, -1),))
    claim, gradient = adjoint.layer_claims(wrong)
    assert (claim.verdict, gradient.verdict) == (Verdict.REFUTED, Verdict.PROVED)
    assert max(claim.counterexample["sizes"].values()) > length
    assert claim.counterexample["claimed"] != claim.counterexample["exact"]
    first, item = next(iter(layer.gradients.items()))
    wrong = dataclasses.replace(layer, gradients={**layer.gradients, first: cut(item, length)})
    assert [c.verdict for c in adjoint.layer_claims(wrong)] == [Verdict.PROVED, Verdict.REFUTED]


def test_what_is_wrong_beyond_a_networks_sizes_is_proved_for_these_sizes_only():
    layer = example_network("dense", numeric=False).layers["layer"]
    wrong = dataclasses.replace(layer, adjoints=(cut(layer.adjoints[0], 10),))
    claim = adjoint.layer_claims(wrong, used=[{"m": 9, "n": 4}])[0]
    assert claim.verdict is Verdict.PROVED
    assert claim.statement.endswith("for the sizes of this network")
    claim = adjoint.layer_claims(wrong, used=[{"m": 11, "n": 4}])[0]
    assert claim.verdict is Verdict.REFUTED
    assert claim.counterexample["sizes"] == {"m": 11, "n": 4}


ENERGIES = {
    "another sign": lambda s, f, x: s * (f + x),
    "twice": lambda s, f, x: 2 * s * (f - x),
    "without its state": lambda s, f, x: s * f,
    "the first entry only": lambda s, f, x: s * (f - x) * Inside(i, Integer(1)),
    "squared": lambda s, f, x: s * (f - x) ** 2,
}


@pytest.mark.parametrize("what", ENERGIES)
def test_a_wrong_energy_is_refuted(what):
    layer = example_network("tanh", numeric=False).layers["layer"]
    shape = layer.equation.output.tensor.shape
    indices = tuple(Index(name) for name in "ijkl"[: len(shape)])
    s, x = Tensor(Name("s", V), shape)[indices], Tensor(Name("x", V), shape)[indices]
    f = layer.equation.output.tensor[indices]
    body = ENERGIES[what](s, f, x)
    for index, extent in zip(indices, shape, strict=True):
        body = Reduction("sum", index, extent, body)
    wrong = dataclasses.replace(layer, energy=Definition(layer.energy.tensor, (), body))
    claim = adjoint.layer_claims(wrong)[0]
    assert claim.verdict is Verdict.REFUTED
    assert claim.counterexample["equation"] == "energy"
    with pytest.raises(Rejected):
        replay(as_json(wrong), found(as_json(layer)), "content")


def test_a_wrong_stationarity_is_refuted():
    layer = example_network("dense", numeric=False).layers["layer"]
    item = layer.stationarity
    wrong = dataclasses.replace(layer, stationarity=Definition(item.tensor, item.indices, -item.body))
    claim = adjoint.layer_claims(wrong)[0]
    assert claim.verdict is Verdict.REFUTED
    assert claim.counterexample["equation"].startswith("stationarity")


# -- maxima ------------------------------------------------------------------------------------------------------------


def pooled(shape, **options):
    layers = [{"name": "pool", "type": "max_pool", **options}]
    return derive(
        architecture({"inputs": {"x": {"shape": shape}}, "layers": layers, "cost": {"type": "squared_error"}})
    )


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ([5], {"kernel": [2], "padding": [1], "stride": [1]}),
        (["n"], {"kernel": [2], "padding": [1], "stride": [1]}),
        ([5, 6], {"kernel": [3, 2], "padding": [2, 1], "stride": [1, 1]}),
        ([9], {"kernel": [4], "padding": [3], "stride": [1]}),
        ([9], {"kernel": [3], "padding": [2], "stride": [1], "dilation": [2]}),
    ],
)
def test_windows_that_overlap_so_far_that_no_bracket_is_needed(shape, options):
    layer = pooled(shape, **options).layers["pool"]
    assert replayed(layer).hypotheses == ("maxima_nonempty",)
    assert {claim.verdict for claim in adjoint.layer_claims(layer)} == {Verdict.PROVED}


def empty_windows():
    """Windows of one entry, the first and last of which lie in the padding."""
    x = Tensor(Name("x", U), (n,))
    body = Reduction("max", u, Integer(2), Inside(i + u - 2, n) * x[i + u - 2])
    return derive_equation(LayerKind("empty", (), (1,)), equation([x], [], [output((o,), (i,), body)], {o: n + 3}))


@pytest.mark.parametrize(
    ("guard", "shown"),
    [
        (lambda k: Inside(i - k, n), True),  # the first term
        (lambda k: Inside(k - i, n), True),  # the last one
        (lambda k: Inside(k - 2, n), False),  # of three terms and more
        (lambda k: Inside(k, 7 - n), False),  # of fewer than seven
    ],
)
def test_a_log_sum_exp_is_over_something_at_all_sizes(guard, shown):
    x = Tensor(Name("x", U), (n,))
    body = Reduction("logsumexp", u, n, guard(u) * x[u])
    layer = derive_equation(LayerKind("lse", (), (1,)), equation([x], [], [output((n,), (i,), body)]))
    (claim,) = adjoint.layer_claims(layer)
    assert (claim.verdict is Verdict.PROVED) == shown


@pytest.mark.parametrize(("kind", "hypotheses"), [("logsumexp", None), ("max", ("maxima_nonempty",))])
@pytest.mark.parametrize("read", [True, False])
def test_what_no_input_moves_is_over_something_as_well(kind, hypotheses, read):
    x, z = Tensor(Name("x", U), (n,)), Tensor(Name("z", V), ())
    inner = Definition(z, (), Reduction(kind, u, n, Inside(u, 7 - n) * Integer(2)))
    outer = output((n,), (i,), x[i] + (z[()] if read else 0))
    written = equation([x], [], [inner, outer])
    layer = derive_equation(LayerKind("constant", (), (1,)), written)
    assert (layer.equation == written) == read  # what is not read is left out; a certificate may hold it all the same
    layer = dataclasses.replace(layer, equation=written)
    if hypotheses is None:
        assert {claim.verdict for claim in adjoint.layer_claims(layer)} == {Verdict.UNDECIDED}
    else:
        assert replayed(layer).hypotheses == hypotheses


def test_a_maximum_over_nothing_is_not_proved():
    layer = empty_windows()
    (claim,) = adjoint.layer_claims(layer)
    assert claim.verdict is Verdict.UNDECIDED
    assert claim.reason == "undefined at all small sizes: the maximum f_v[i = 0] is over nothing"
    (claim,) = adjoint.layer_claims(layer, used=[{"n": 100}])
    assert claim.reason == "undefined at the sizes of this network: the maximum f_v[i = 0] is over nothing"
    assert replayed(layer).hypotheses == ("maxima_nonempty",)


def test_empty_maxima_are_found_at_the_sizes_given():
    x = Tensor(Name("x", U), (n,))
    body = Reduction("max", u, w, Inside(2 * i + u - 1, n) * x[2 * i + u - 1])
    layer = derive_equation(LayerKind("p", (), (1,)), equation([x], [], [output((o,), (i,), body)]))
    content = as_json(layer)
    assert empty_maximum(content, {"n": 6, "o": 4, "w": 2}, "") is None
    assert empty_maximum(content, {"n": 6, "o": 5, "w": 2}, "") == "f_v[i = 4]"
    assert empty_maximum(content, {"n": 6, "o": 3, "w": 1}, "") == "f_v[i = 0]"
    with pytest.raises(Rejected):
        empty_maximum(content, {"n": 6, "o": 10**6, "w": 10**3}, "")


LOOK_UPS = ("embedding", "gather", "gather_elements", "linear_map")


@pytest.mark.long
def test_every_layer_type_but_those_with_padded_maxima_or_look_ups_is_proved_without_hypotheses():
    for name in LAYERS:
        hypotheses = replayed(example_network(name, numeric=False).layers["layer"]).hypotheses
        wanted = {"max_pool": ("maxima_nonempty",)} | dict.fromkeys(LOOK_UPS, ("positions_inside",))
        assert hypotheses == wanted.get(name, ()), name
