"""Relaxation where weights are tied, costs are several, a vertex is read twice and a maximum chooses: by hand."""

import numpy as np
import pytest
from support.long_tests import one_in

import dyadic

VERTICES = ("a", "b0", "b", "square", "larger", "out")
SPEC = {
    "weight_decay": 0.3,
    "inputs": {"x": {"shape": [3]}, "u": {"shape": [3]}},
    "parameters": {"W": {"shape": [3, 3]}},
    "layers": [
        {"name": "a", "type": "linear", "inputs": ["x", "W"], "bias": False},
        {"name": "b0", "type": "linear", "inputs": ["a", "W"], "bias": False},
        {"name": "b", "type": "sigmoid"},
        {"name": "square", "type": "mul", "inputs": ["b", "b"]},
        {"name": "larger", "type": "maximum", "inputs": ["square", "u"]},
        {"name": "out", "type": "dense", "units": 2},
    ],
    "costs": [
        {"type": "squared_error", "inputs": ["out"], "weight": 0.7},
        {"type": "squared_error", "inputs": ["a"], "weight": 2.5},
    ],
}


@pytest.fixture(scope="module")
def derivation():
    return dyadic.derive(dyadic.architecture(SPEC))


def sigmoid(z):
    return np.exp(-np.logaddexp(0, -z))


class TiedByHand:
    """The equations of the network above, written out; sums over the samples are means."""

    def __init__(self, batch):
        random = np.random.default_rng(5)
        normal = random.standard_normal
        self.params = {"W": normal((3, 3)), "out.weight": normal((2, 3)), "out.bias": normal(2)}
        self.data = {"x": normal((batch, 3)), "u": 0.3 * normal((batch, 3))}
        self.data |= {"y:cost1": normal((batch, 2)), "y:cost2": normal((batch, 3))}
        width = {"out": 2}
        self.x, self.s = ({v: normal((batch, width.get(v, 3))) for v in VERTICES} for _ in "xs")

    def f(self, x):
        w, u = self.params["W"], self.data["u"]
        larger = np.where(x["square"] > u, x["square"], u)
        return {
            "a": self.data["x"] @ w.T, "b0": x["a"] @ w.T, "b": sigmoid(x["b0"]), "square": x["b"] ** 2,
            "larger": larger, "out": x["larger"] @ self.params["out.weight"].T + self.params["out.bias"],
        }  # fmt: skip

    def back(self, x, s):
        slope = sigmoid(x["b0"]) * sigmoid(-x["b0"])
        return {
            "a": s["b0"] @ self.params["W"] + 2.5 * (x["a"] - self.data["y:cost2"]), "b0": s["b"] * slope,
            "b": 2 * s["square"] * x["b"], "square": s["larger"] * (x["square"] > self.data["u"]),
            "larger": s["out"] @ self.params["out.weight"], "out": 0.7 * (x["out"] - self.data["y:cost1"]),
        }  # fmt: skip

    def energy(self, x, s):
        cost = 0.35 * (x["out"] - self.data["y:cost1"]) ** 2, 1.25 * (x["a"] - self.data["y:cost2"]) ** 2
        f = self.f(x)
        return (sum(c.sum(1) for c in cost) + sum((s[v] * (f[v] - x[v])).sum(1) for v in VERTICES)).mean()

    def rate(self, x, s, tau):
        f, g = self.f(x), self.back(x, s)
        return sum(
            (1 / tau["x", v] + 1 / tau["s", v]) * ((g[v] - s[v]) * (f[v] - x[v])).sum(1) for v in VERTICES
        ).mean()

    def gradients(self, x, s):
        size = len(self.data["x"])
        found = {
            "W": (s["a"].T @ self.data["x"] + s["b0"].T @ x["a"]) / size, "out.weight": s["out"].T @ x["larger"] / size,
            "out.bias": s["out"].mean(0),
        }  # fmt: skip
        return {name: value + 0.3 * self.params[name] for name, value in found.items()}


@pytest.mark.parametrize("batch", [1, 256])
@pytest.mark.parametrize(
    "setting",
    one_in(
        3,
        [
            (h, tau)
            for h in (1.0, 0.1, 0.5, 0.9, 1.5, 2.5)
            for tau in ({}, {"a": 0.7, "x:out": 3.0, "s:b": 1.3}, {"x:a": 1e-2, "s:a": 1e6, "larger": 1e3})
        ],
    ),
)
def test_states_energy_rates_and_gradients_are_those_by_hand(derivation, batch, setting):
    one, steps, (h, tau) = TiedByHand(batch), 12, setting
    constants = {(letter, v): tau.get(f"{letter}:{v}", tau.get(v, 1.0)) for letter in "xs" for v in VERTICES}
    start = {f"x:{v}": one.x[v] for v in VERTICES} | {f"s:{v}": one.s[v] for v in VERTICES}
    found = dyadic.relax(
        derivation, one.params, one.data, steps=steps, h=h, tau=tau, start=start, states=True, gradients=True
    )
    x, s = one.x, one.s
    assert found.energy_rates.predicted[0] == pytest.approx(one.rate(x, s, constants), rel=1e-10)
    for step in range(steps + 1):
        for letter, state in (("x", x), ("s", s)):
            for v in VERTICES:
                size = max(1.0, np.abs(state[v]).max())
                assert np.abs(found.states[f"{letter}:{v}"][step] - state[v]).max() < 1e-9 * size
        assert found.energy[step] == pytest.approx(one.energy(x, s), rel=1e-9)
        if step < steps:
            f, g = one.f(x), one.back(x, s)
            r = {key: h / constant for key, constant in constants.items()}
            x, s = (
                {v: (1 - r["x", v]) * x[v] + r["x", v] * f[v] for v in VERTICES},
                {v: (1 - r["s", v]) * s[v] + r["s", v] * g[v] for v in VERTICES},
            )
    for name, value in one.gradients(x, s).items():
        assert found.gradients[name] == pytest.approx(value, rel=1e-9, abs=1e-9 * np.abs(value).max())
    assert (found.settled == derivation.steps) == (h == 1 and not tau)
