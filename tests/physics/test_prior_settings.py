"""The recurrent network of 6 units of which other numbers of equilibrium propagation and coupled learning are known.

docs/howto/experiment.md says that they are of another setting than those of `compare`: here they are reproduced.
"""

import numpy as np
import pytest

UNITS = 6


@pytest.fixture(scope="module")
def drawn():
    random = np.random.default_rng(3)
    inputs = random.standard_normal(2)
    weights = 0.4 * random.standard_normal((UNITS, UNITS))
    weights = (weights + weights.T) / 2
    np.fill_diagonal(weights, 0)
    bias = random.standard_normal((UNITS, 2)) @ inputs
    return weights, bias, random.standard_normal(2)


def rest(weights, bias, y, beta=0.0, held=None):
    """The minimum of |u|^2 / 2 - r S r / 2 - <u, b> + beta |u_out - y|^2 / 2 by its own descent."""
    u = np.zeros(UNITS)
    for _ in range(3000):
        slope = u - (1 - np.tanh(u) ** 2) * (weights @ np.tanh(u)) - bias
        slope[-2:] += beta * (u[-2:] - y)
        if held is not None:
            slope[-2:], u[-2:] = 0, held
        u = u - 0.1 * slope
    return u


def test_the_other_setting_of_equilibrium_propagation_and_coupled_learning(drawn):
    weights, bias, y = drawn
    pair = np.zeros((UNITS, UNITS))
    pair[0, 4] = pair[4, 0] = 1e-5

    def cost(changed):
        return ((rest(changed, bias, y)[-2:] - y) ** 2).sum() / 2

    def energy_slope(u):
        return -np.tanh(u[0]) * np.tanh(u[4])

    slope = (cost(weights + pair) - cost(weights - pair)) / 2e-5
    free = rest(weights, bias, y)
    centred, one_sided = [], []
    for beta in (0.1, 0.01, 0.001):
        up, down = (energy_slope(rest(weights, bias, y, sign * beta)) for sign in (1, -1))
        centred.append(abs((up - down) / (2 * beta) / slope - 1))
        one_sided.append(abs((up - energy_slope(free)) / beta / slope - 1))
    assert centred[:2] == pytest.approx([1.8e-3, 1.7e-5], rel=0.1)
    assert one_sided == pytest.approx([6e-3, 5e-4, 5e-5], rel=0.2)
    eta = 0.001
    held = rest(weights, bias, y, held=free[-2:] + eta * (y - free[-2:]))
    assert (energy_slope(held) - energy_slope(free)) / eta / slope == pytest.approx(1.40, abs=0.01)
