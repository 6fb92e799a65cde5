"""An axis in blocks of equal entries gives what the whole axis gives with equal entries, for every quantity."""

from __future__ import annotations

import re

import pytest

from claims.campaign import _dense as dense
from claims.test_claims import judged
from claims.textbook import network
from dyadic.proofs.certificate import subject
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.claims import Verdict
from dyadic.proofs.evaluate.identity_values import primes_for, residue_source
from dyadic.proofs.statements.number_systems.closed import Closed
from dyadic.proofs.statements.semantics.meaning import Meaning
from dyadic.proofs.statements.semantics.vocabulary import Vocabulary
from dyadic.proofs.statements.verdict.blocks import Setting, tied
from dyadic.symbolic import architecture, derive

NETWORKS = {
    "dense": lambda: network(dense("a", 5, "tanh"), dense("b", 4), dense("c", 6, "silu"), inputs={"u": [7]}),
    "decay": lambda: network(dense("a", 5, "sigmoid"), dense("b", 6), inputs={"u": [7]}, weight_decay=0.25),
    "layer norm": lambda: network(dense("a", 5), {"type": "layer_norm"}, inputs={"u": [4, 3]}),
    "batch norm": lambda: network({"type": "batch_norm_training", "axis": 1}, inputs={"u": [5, 4]}),
    "rms norm": lambda: network({"type": "rms_norm"}, inputs={"u": [4, 5]}),
    "softmax": lambda: network({"type": "softmax"}, inputs={"u": [4, 5]}),
    "log softmax": lambda: network({"type": "log_softmax"}, inputs={"u": [4, 5]}),
    "attention": lambda: network(
        {"type": "attention", "inputs": ["q", "k", "v"]}, inputs={"q": [4, 6], "k": [5, 6], "v": [5, 7]}
    ),
    "cross-entropy": lambda: network(dense("a", 5), inputs={"u": [4, 3]}, cost={"type": "cross_entropy"}),
    "shared": lambda: network(
        {"type": "matmul", "inputs": ["u", "w"]}, inputs={"u": [4, 5]}, parameters={"w": {"shape": [5, 6]}}
    ),
    "convolution": lambda: network(
        {"type": "conv", "filters": 5, "kernel": [3], "padding": [1, 1], "activation": "tanh"}, inputs={"u": [4, 6]}
    ),
    "twice": lambda: network(
        dense("a", 5, "tanh"), {"name": "t", "type": "add", "inputs": ["a", "a"]}, dense("b", 4), inputs={"u": [4]}
    ),
}  # fmt: skip
COUNT = 3


@pytest.mark.parametrize("name", NETWORKS)
def test_blocks_give_what_equal_entries_give(name):
    derivation = NETWORKS[name]()
    vocabulary = Vocabulary(Graph(subject(derivation, derivation.steps), require_terms=False))
    graph = vocabulary.graph
    ties = tied(vocabulary, {*graph.parents, *graph.costs})
    axes = [axis for tensor in vocabulary.tensors.values() for axis in tensor.axes]
    blocks = {axis.key: COUNT for axis in axes if axis.key not in ties and axis.true > COUNT}
    assert blocks
    short, whole = (meaning(vocabulary, Setting(vocabulary, {}, chosen), blocks) for chosen in (blocks, {}))
    compared = 0
    for tensor in vocabulary.tensors.values():
        updates = [f"update {tensor.kind}"] if tensor.kind in ("x", "s") and tensor.owner in graph.parents else []
        for kind in (tensor.kind, *updates):
            for place, value in short[kind, tensor.owner].items():
                assert value == whole[kind, tensor.owner][place], (kind, tensor.owner, place)
                compared += 1
    assert compared > 20


def meaning(vocabulary, setting, blocks):
    """Entries of one block have one value, in both settings."""
    prime = primes_for(1)[0]
    ring, residues = Closed(prime, 1), residue_source(prime, 1)

    def draw(label):
        name, _, inside = label.partition("[")
        keys = [axis.key for axis in vocabulary.tensors[name].axes]
        place = [int(re.match(r"\d+", part)[0]) for part in inside.split(", ")] if inside else []
        first = [min(at, COUNT - 1) if key in blocks else at for at, key in zip(place, keys, strict=True)]
        return ring.drawn(residues(f"{name}{first}"))

    return Meaning(vocabulary, ring, draw, setting)


# -- a diagonal has other derivatives than the block in which it stands ------------------------------------------------


def diagonal(entries):
    layers = [
        {"name": "h", "type": "tanh", "inputs": ["u"]},
        {"name": "d", "type": "einsum", "equation": "ii->i", "inputs": ["h"]},
    ]
    spec = {"inputs": {"u": {"shape": [entries, entries]}}, "layers": layers, "cost": {"type": "squared_error"}}
    return derive(architecture(spec))


@pytest.mark.parametrize("blocks", range(5, 10))
def test_as_many_entries_as_blocks_are_not_proved_of_a_diagonal(blocks):
    claim = judged(f"Sum[i] (dE/dx_h[i, i] + s_h[i, i]) / s_d[i] = {blocks}", network=diagonal(400))
    assert claim.verdict is not Verdict.PROVED


@pytest.mark.parametrize("entries", [3, 400])
def test_what_is_true_of_a_diagonal_is_not_refuted(entries):
    """Proved where every entry can be looked at."""
    wanted = Verdict.PROVED if entries == 3 else Verdict.UNDECIDED
    count = f"Sum[i] (dE/dx_h[i, i] + s_h[i, i]) / s_d[i] = {entries}"
    for claim in (count, "dE/dx_h[i, j] = [i = j] s_d[i] - s_h[i, j]"):
        assert judged(claim, network=diagonal(entries)).verdict is wanted


def test_a_diagonal_is_not_the_whole():
    claim = judged("dE/dx_h[i, j] = s_d[i] - s_h[i, j]", network=diagonal(3))
    assert claim.verdict is Verdict.REFUTED
