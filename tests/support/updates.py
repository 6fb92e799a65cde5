"""The updates of a network, at parameters and data that are drawn."""

from dyadic.physics.dynamics import built
from dyadic.physics.loading import emitted_network
from dyadic.physics.starts import problem


def updates_of(derivation, batch=1, seed=0):
    network = emitted_network(derivation)
    return built(network, problem(network, None, None, batch, seed))
