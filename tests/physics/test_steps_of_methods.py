"""Steps to the wanted error: against literal simulations, of what is compared, and from step 0 on."""

import numpy as np
import pytest
from support.rival_bench import bench_of, network, numbers

import dyadic
from dyadic import Verdict
from dyadic.physics.dynamics import RelaxationSetting, run
from dyadic.physics.rivals import compare
from dyadic.physics.rivals.descent import Objective
from dyadic.physics.rivals.finite_time import exact_after
from dyadic.physics.rivals.method import stays
from dyadic.physics.rivals.phases import Stop, fewest, stops
from dyadic.physics.rivals.ring_bench import compared
from dyadic.physics.rivals.symmetric_energy import minimum

PROVED = Verdict.PROVED


def effort(derivation, method, params=None, data=None, **options):
    return compare(derivation, params, data, methods=[method], **options).row(method).trial.effort


def linear_output(hidden):
    layers = [{"name": "l0", "type": "dense", "units": 3, "activation": hidden}]
    layers += [{"name": "l1", "type": "dense", "units": 2}]
    spec = {"inputs": {"x": {"shape": [2]}}, "layers": layers, "cost": {"type": "squared_error"}}
    return dyadic.derive(dyadic.architecture(spec))


class Hopfield:
    """E = sum of |u|^2 / 2 - r(u_k) (W_k r(u_(k-1)) + b_k) by hand; r is tanh, and 1 in the layers that are linear."""

    def __init__(self, params, data, linear=()):
        self.w = [params[f"l{k}.weight"] for k in range(len(params) // 2)]
        self.b = [params[f"l{k}.bias"] for k in range(len(params) // 2)]
        self.x, self.y, self.linear = data["x"][0], data["y"][0], linear

    def forward(self):
        states = [self.x]
        for k, (w, b) in enumerate(zip(self.w, self.b, strict=True)):
            states.append(self.rate(k, w @ states[-1] + b))
        return states[1:]

    def rate(self, k, u):
        return u if k in self.linear else np.tanh(u)

    def slope_of_rate(self, k, u):
        return 1 if k in self.linear else 1 - np.tanh(u) ** 2

    def below(self, u, k):
        return self.x if k == 0 else self.rate(k - 1, u[k - 1])

    def by_u(self, u):
        found = []
        for k, own in enumerate(u):
            into = self.w[k] @ self.below(u, k) + self.b[k]
            if k + 1 < len(u):
                into = into + self.w[k + 1].T @ self.rate(k + 1, u[k + 1])
            found.append(own - self.slope_of_rate(k, own) * into)
        return found

    def by_weights(self, u):
        return np.concatenate([np.outer(-self.rate(k, u[k]), self.below(u, k)).ravel() for k in range(len(u))])


def weights_alone(gradient):
    return np.concatenate([gradient[name].ravel() for name in gradient if name.endswith("weight")])


def first_below(errors):
    above = [k for k, error in enumerate(errors) if not error <= 1e-6]
    return above[-1] + 1 if above else 0


def test_the_steps_of_equilibrium_propagation_are_those_of_a_literal_simulation():
    """Both nudged phases from the forward pass: the centred estimate does not read the free state."""
    params, data, _ = numbers()
    derivation, weights = network(), [f"l{k}.weight" for k in range(3)]
    wanted = weights_alone(minimum(bench_of(derivation, params, data, weights)).gradient)
    by_hand, beta, errors = Hopfield(params, data), 0.001, []
    up, down = by_hand.forward(), by_hand.forward()
    for _ in range(700):
        estimate = (by_hand.by_weights(up) - by_hand.by_weights(down)) / (2 * beta)
        errors.append(np.linalg.norm(estimate - wanted) / np.linalg.norm(wanted))
        for u, sign in ((up, 1), (down, -1)):
            slope = by_hand.by_u(u)
            slope[-1] = slope[-1] + sign * beta * (u[-1] - by_hand.y)
            for k, step in enumerate(slope):
                u[k] = u[k] - 0.1 * step
    found = effort(derivation, "ep", params, data, over=weights)
    assert found.steps == first_below(errors) > 300
    assert found.updates == 3 + 12 * found.steps
    assert found.setting.startswith("centred, beta 0.001,")
    assert found.setting.endswith("after the forward pass; without a free phase")


def test_a_free_phase_is_as_long_as_the_error_asks_for():
    """Weights of 0 into a linear output: the contrast is exact, of a hidden state that has to come to rest first."""
    random = np.random.default_rng(4)
    params = {
        "l0.weight": random.normal(size=(3, 2)), "l0.bias": random.normal(size=3), "l1.weight": np.zeros((2, 3)),
        "l1.bias": random.normal(size=2),
    }  # fmt: skip
    data = {"x": random.normal(size=(1, 2)), "y": random.normal(size=(1, 2))}
    derivation, weights = linear_output("tanh"), ["l0.weight", "l1.weight"]
    wanted = weights_alone(minimum(bench_of(derivation, params, data, weights)).gradient)
    found = effort(derivation, "chl", params, data, over=weights)
    free = int(found.setting.partition("forward pass; ")[2].partition(" ")[0])
    by_hand = Hopfield(params, data, linear=(1,))

    def errors(free_steps, steps):
        u = by_hand.forward()
        for _ in range(free_steps):
            u = [one - 0.1 * step for one, step in zip(u, by_hand.by_u(u), strict=True)]
        at_rest, seen = by_hand.by_weights(u), []
        u[-1] = by_hand.y  # o - (o - y)
        for _ in range(steps):
            seen.append(np.linalg.norm(by_hand.by_weights(u) - at_rest - wanted) / np.linalg.norm(wanted))
            u[0] = u[0] - 0.1 * by_hand.by_u(u)[0]
        return seen

    assert first_below(errors(free, 600)) == found.steps - free
    assert free > 30
    assert found.updates == 2 + 4 * found.steps
    assert min(errors(free // 2, 600)) > 1e-6


def test_the_shortest_stop_that_is_enough():
    ends = [Stop(steps, {}) for steps in (0, 3, 7, 20, 50)]
    costs = iter([None, 4, 9, None])
    asked = []

    def then(u):
        asked.append(u)
        return next(costs)

    found = fewest(ends, then)  # 0 is not enough; 50 is, with 4; 7 is, with 9; 3 is not
    assert (found.free, found.then) == (7, 9)
    assert fewest(ends, lambda u: None) is None
    assert (fewest(ends, lambda u: 5).free, len(asked)) == (0, 4)


def test_stops_are_where_the_slope_has_fallen():
    bench = bench_of(network((2, 1)))
    square = Objective(bench, lambda u: float((u["l0"] ** 2).sum() / 2), lambda u: u)
    start = {"l0": np.ones((1, 1))}
    found = stops(square, start, 0.5)  # u = 2^-n
    assert [stop.steps for stop in found[:5]] == [0, 4, 7, 10, 14]
    assert all(stop.u["l0"][0, 0] == 0.5**stop.steps for stop in found)


@pytest.mark.parametrize("over", [["l0.bias"], ["l1.weight"], ["l2.weight"], ["l2.bias"], None])
def test_steps_are_of_the_gradients_that_are_compared(over):
    derivation = network()
    bench = bench_of(derivation, over=over)
    steps = exact_after(bench)
    for count in (steps, steps - 1):
        state = run(bench.updates, RelaxationSetting(count, seed=3), "random").final
        error, _ = bench.error(bench.pairing(state.x, state.s))
        assert (error < 1e-14) == (count == steps)
    layer = 0 if over is None else int(over[0][1])
    rows = compare(derivation, methods=["dyadic", "dyadic-ep", "z-il", "fixed-prediction"], over=over)
    assert [row.trial.effort.steps for row in rows.rows] == [steps, steps, 2 - layer, 2 - layer]
    assert all(one.error < 1e-14 for row in rows.rows for one in row.trial.measurements)
    given = {name: array.copy() for name, array in bench.updates.params.items()}
    assert effort(derivation, "feedback-alignment", given, feedback=given, over=over).steps == steps


def test_one_layer_takes_no_step():
    found = compare(network((3, 2), "identity"), methods=["fixed-prediction", "z-il", "pc", "chl", "pc-alm"])
    taken = {row.method.id: row.trial.effort for row in found.rows}
    assert {name: one.steps for name, one in taken.items()} == dict.fromkeys(taken, 0)
    assert {one.updates for one in taken.values()} == {1}


def test_fixed_prediction_with_half_steps_is_exact_for_the_output():
    from dyadic.physics.rivals.finite_time import fixed_prediction

    def half(one):
        return fixed_prediction(one, 9, 0.5)

    found = {name: compared(network(), half, [f"{name}.weight"])[0] for name in ("l0", "l1", "l2")}
    assert found["l2"] is None
    assert found["l0"][0] == "l0.weight"
    assert found["l1"][0] == "l1.weight"
    claims = compare(network(), methods=["fixed-prediction"], over=["l2.weight", "l2.bias"]).claims
    assert {claim.verdict for claim in claims} == {PROVED}


def test_what_nothing_hands_back_is_exact_at_these_numbers():
    """A hidden layer of dead relu units: J^T c = 0."""
    derivation, data = linear_output("relu"), {"x": np.ones((1, 2)), "y": np.array([[0.5, 2]])}
    params = {
        "l0.weight": -np.ones((3, 2)), "l0.bias": np.ones(3), "l1.weight": np.full((2, 3), 0.25), "l1.bias": np.ones(2),
    }  # fmt: skip

    def smaller(given):
        return compare(derivation, given, data, methods=["fixed-prediction"]).claims[1]

    assert smaller(params).verdict is PROVED
    assert "at these numbers" in smaller(params).method
    assert smaller(params | {"l0.weight": np.ones((3, 2))}).verdict is Verdict.REFUTED


def test_why_an_error_is_never_small():
    assert stays(0.5, 0.25) == "the error stays at 2.5e-01"
    some = "the smallest error seen is 2.5e-01, and of some nudges no state was found"
    assert stays(float("nan"), 0.5, 0.25) == some
    assert "relative to that" in stays(float("inf"), float("nan"))
    assert stays(float("nan")) == "no state was found"
