"""Units of relu at rest: compared where the derivative exists, and only at z = 0 not."""

from itertools import pairwise

import numpy as np
import pytest
from flint import arb
from support.rival_bench import bench_of

import dyadic
from dyadic import Verdict
from dyadic.physics.enclosures import Unenclosed, enclosing
from dyadic.physics.gradient_error import NOTHING
from dyadic.physics.rivals import compare, descent
from dyadic.physics.rivals.bench import added, largest
from dyadic.physics.rivals.enclosed_minimum import Enclosed
from dyadic.physics.rivals.symmetric_energy import difference, minimum, nudged

WIDTHS = (3, 5, 4, 2)
METHODS = ["ep", "coupled", "chl"]


def network(last="identity", cost="squared_error", widths=WIDTHS):
    names = ["relu"] * (len(widths) - 2) + [last]
    layers = [
        {"name": f"l{k}", "type": "dense", "units": n, "activation": name}
        for k, (n, name) in enumerate(zip(widths[1:], names, strict=True))
    ]
    spec = {"inputs": {"x": {"shape": [widths[0]]}}, "layers": layers, "cost": {"type": cost}}
    return dyadic.derive(dyadic.architecture(spec))


def numbers(seed, widths=WIDTHS):
    random = np.random.default_rng(seed)
    params = {}
    for k, (before, after) in enumerate(pairwise(widths)):
        params[f"l{k}.weight"] = (0.3 if k else 1.0) * random.normal(size=(after, before))
        params[f"l{k}.bias"] = 0.3 * random.normal(size=after)
    return params, {"x": random.normal(size=(1, widths[0])), "y": random.normal(size=(1, widths[-1]))}


def quadratic(params, data, last, steps=4000):
    """The minimum over r >= 0 of |r|^2 / 2 - <r, what reaches it> by projected gradients, in plain NumPy."""
    sizes = [params[f"l{k}.bias"].size for k in range(3)]
    ends = np.cumsum([0, *sizes])
    curvature, constant = np.eye(ends[-1]), np.concatenate([params[f"l{k}.bias"] for k in range(3)])
    constant[: sizes[0]] += params["l0.weight"] @ data["x"][0]
    for k in (1, 2):
        above, below = slice(ends[k], ends[k + 1]), slice(ends[k - 1], ends[k])
        curvature[above, below] = -params[f"l{k}.weight"]
        curvature[below, above] = -params[f"l{k}.weight"].T
    least = np.zeros(ends[-1])
    least[ends[2] :] = 0 if last == "relu" else -np.inf
    r = np.zeros(ends[-1])
    for _ in range(steps):
        r = np.maximum(least, r - 0.3 * (curvature @ r - constant))
    return r, ends


@pytest.mark.parametrize("last", ["identity", "relu"])
@pytest.mark.parametrize("seed", [5, 11])
def test_the_minimum_and_its_gradient_are_those_of_a_bounded_quadratic(seed, last):
    params, data = numbers(seed)
    bench = bench_of(network(last), params, data)
    found = minimum(bench)
    r, ends = quadratic(params, data, last)
    mine = np.concatenate([value.ravel() for value in found.free.values()])
    bounded = slice(None) if last == "relu" else slice(0, ends[2])
    assert np.abs(np.maximum(mine, 0)[bounded] - r[bounded]).max() < 1e-11
    at_rest = np.concatenate([mask.ravel() for mask in found.rest.values()])
    assert 0 < at_rest.sum() < at_rest.size
    assert (r[at_rest] == 0).all()

    def cost(changed):
        return ((quadratic(changed, data, last)[0][ends[2] :] - data["y"][0]) ** 2).sum() / 2

    for name, place in (("l0.weight", (1, 2)), ("l1.weight", (3, 0)), ("l2.bias", (1,))):
        values = []
        for sign in (1, -1):
            changed = {key: array.copy() for key, array in params.items()}
            changed[name][place] += sign * 1e-5
            values.append(cost(changed))
        assert found.gradient[name][place] == pytest.approx((values[0] - values[1]) / 2e-5, abs=1e-8)
    assert largest(added((1, found._by_differences()), (-1, found.gradient))) < 1e-8
    errors = [found.error(difference(found, nudged(found, b).u, nudged(found, -b).u, 2 * b))[0] for b in (0.1, 0.01)]
    assert errors[1] < 0.02 * errors[0]  # O(beta^2)


def test_every_claim_is_decided_with_units_at_rest():
    params, data = numbers(5)
    found = compare(network(), params, data, methods=METHODS)
    verdicts = {claim.id: claim.verdict for claim in found.claims}
    assert {name for name, verdict in verdicts.items() if verdict is Verdict.PROVED} == {
        "ep centred:order", "ep one-sided:order"
    }  # fmt: skip
    assert Verdict.UNDECIDED not in verdicts.values()
    assert all("5 units of relu at rest, with z < 0" in claim.hypotheses[0] for claim in found.claims)
    (coefficient,) = (c.counterexample["coefficient_of_beta^2"] for c in found.claims if c.id == "ep centred:exact")
    name, place = next(
        (c.counterexample["parameter"], tuple(c.counterexample["entry"]))
        for c in found.claims
        if c.id == "ep centred:exact"
    )
    there = minimum(bench_of(network(), params, data))
    estimate = difference(there, nudged(there, 0.01).u, nudged(there, -0.01).u, 0.02)
    seen = (estimate[name][place] - there.gradient[name][place]) / 1e-4
    assert seen == pytest.approx(float(arb(coefficient)), rel=0.05)


@pytest.mark.parametrize(
    ("bias", "reason"), [(0.5, ""), (-5.0, ""), (0.0, "the free state lies at a kink of the energy")]
)
def test_only_an_input_of_zero_is_a_kink(bias, reason):
    """One unit of relu behind weights of 0: z is its bias."""
    derivation = network(widths=(1, 1, 1))
    params = {"l0.weight": [[0.0]], "l0.bias": [bias], "l1.weight": [[0.0]], "l1.bias": [1.0]}
    found = compare(derivation, params, {"x": [[1.0]], "y": [[2.0]]}, methods=METHODS)
    for row in found.rows:
        assert row.reason.startswith(reason)
        assert bool(row.reason) == bool(reason)


def test_a_network_all_at_rest_shows_nothing():
    params, data = numbers(0)
    params = {name: -abs(array) for name, array in params.items()}
    data["x"] = abs(data["x"])
    found = compare(network("relu"), params, data, methods=METHODS)
    assert all(row.trial is not None for row in found.rows)
    open_claims = {claim.id: claim.reason for claim in found.claims if claim.verdict is Verdict.UNDECIDED}
    assert {open_claims[name] for name in ("ep centred:exact", "ep one-sided:exact")} == {NOTHING}
    assert "two sides" in open_claims["coupled:exact"]
    (chl,) = (claim for claim in found.claims if claim.id == "chl:exact")
    assert chl.verdict is Verdict.REFUTED  # an output that is held above 0 is no unit at rest
    assert chl.counterexample["gradient_of_the_cost"] == "0"


def test_a_cost_that_couples_an_output_at_rest_has_no_series():
    params, data = numbers(5)
    params["l2.bias"] = np.array([-5.0, 2.0])
    data["y"] = np.array([[0.0, 1.0]])
    claims = {c.id: c for c in compare(network("relu", "cross_entropy"), params, data, methods=["ep"]).claims}
    assert claims["ep centred:exact"].verdict is Verdict.UNDECIDED
    assert "couples others" in claims["ep centred:exact"].reason


def test_rest_that_is_wrong_is_refused():
    """A unit that is said to rest, and whose input is positive."""
    params, data = numbers(5)
    found = minimum(bench_of(network(), params, data))
    wrong = {name: mask.copy() for name, mask in found.rest.items()}
    place = tuple(np.argwhere(~wrong["l0"])[0])
    wrong["l0"][place] = True
    with enclosing(), pytest.raises(Unenclosed, match="kink"):
        Enclosed(found.bench, found.energy, found.free, found.rests, wrong)


def test_large_networks_rest_at_the_same_place(monkeypatch):
    params, data = numbers(11)
    one = minimum(bench_of(network(), params, data))
    monkeypatch.setattr(descent, "LARGEST", 3)
    two = minimum(bench_of(network(), params, data))
    assert largest(added((1, one.free), (-1, two.free))) < 1e-9
    assert all((mask == two.rest[name]).all() for name, mask in one.rest.items())
