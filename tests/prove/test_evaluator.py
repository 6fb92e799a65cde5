"""The evaluator of general index equations: against plain loops, in every ring; hostile equations rejected."""

import functools
import itertools

import pytest
from flint import arb

from dyadic.proofs.claims import Verdict
from dyadic.proofs.evaluate.network import IntegerEntries, Outside, Rejected, RingDefinition
from dyadic.proofs.evaluate.number_rings import Ball, PrimeField, Tape, Undetermined
from dyadic.proofs.evaluate.weights import Degree
from dyadic.proofs.methods import adjoint, polynomial
from dyadic.proofs.methods.rational import rational_claim
from dyadic.proofs.subject import examine
from dyadic.symbolic import architecture, derive

PRIME = 2**61 - 1
I, K, N, O, W = ["index", "i"], ["index", "k"], ["size", "n"], ["size", "o"], ["size", "w"]  # noqa: E741
SIZES = {"n": 5, "o": 3, "w": 3, "c": 2}


def entry(kind, *indices):
    return ["entry", kind, "u", list(indices)]


def evaluate(body, tensors, ring=None, shape=(O,), indices=("i",), sizes=SIZES):
    data = {"kind": "f", "owner": "v", "shape": list(shape), "indices": list(indices), "body": body}
    tables = {(kind, "u"): table for kind, table in tensors.items()}
    return RingDefinition(data, sizes, ring or PrimeField(PRIME, 1), "here").evaluate(tables)


def vector(*values):
    return {(k,): value for k, value in enumerate(values)}


X = vector(3, 1, 4, 1, 5)
AT = ["+", ["*", 2, I], K, -1]
INSIDE = ["inside", AT, N]


def test_a_strided_padded_convolution():
    kernel = {(c, k): 10 * c + k + 1 for c in range(2) for k in range(3)}
    body = ["sum", "k", W, ["*", entry("K", ["index", "c"], K), INSIDE, entry("x", AT), 7]]
    found = evaluate(body, {"x": X, "K": kernel}, shape=(["size", "c"], O), indices=("c", "i"))
    for c, i in itertools.product(range(2), range(3)):
        wanted = sum(7 * kernel[c, k] * X[2 * i + k - 1,] for k in range(3) if 0 <= 2 * i + k - 1 < 5)
        assert found[c, i] == wanted


def test_its_adjoint_with_quotients():
    """xbar[p] = Sum_k [2 divides p - k + 1] [0 <= (p - k + 1) / 2 < o] K[k] s[(p - k + 1) / 2]."""
    back = ["+", I, ["*", -1, K], 1]
    q = ["quotient", back, 2]
    body = ["sum", "k", W, ["*", ["divides", 2, back], ["inside", q, O], entry("K", K), entry("s", q)]]
    s, kernel = vector(2, 7, 1), vector(5, 6, 11)
    found = evaluate(body, {"K": kernel, "s": s}, shape=(N,))
    wanted = dict.fromkeys(found, 0)
    for i, k in itertools.product(range(3), range(3)):
        if 0 <= 2 * i + k - 1 < 5:
            wanted[2 * i + k - 1,] += kernel[k,] * s[i,]
    assert found == wanted


def test_quotients_remainders_sizes_and_roots():
    flat = {(a, b): 10 * a + b for a in range(2) for b in range(3)}
    body = entry("x", ["quotient", I, 3], ["remainder", I, 3])
    assert list(evaluate(body, {"x": flat}, shape=(["*", 2, W],)).values()) == list(flat.values())
    body = ["*", ["sum", "k", N, entry("x", K)], ["^", N, -1], ["+", I, ["quotient", I, 2], ["rational", 1, 2]]]
    found = evaluate(body, {"x": vector(*(arb(v) for v in (3, 1, 4, 1, 5)))}, Ball())
    assert all(abs(found[i,] - arb(14) / 5 * (i + i // 2 + 0.5)) < 1e-12 for i in range(3))
    root = evaluate(["^", entry("x", 0), ["rational", -1, 2]], {"x": vector(arb(2))}, Ball())
    assert abs(root[0,] - 1 / arb(2).sqrt()) < 1e-12


def test_lookups():
    ids = IntegerEntries(vector(4, 0, 4))
    assert list(evaluate(entry("x", entry("t", I)), {"x": X, "t": ids}).values()) == [5, 3, 5]
    body = ["sum", "k", O, ["*", ["same", I, entry("t", K)], entry("s", K)]]
    assert list(evaluate(body, {"t": ids, "s": vector(2, 7, 1)}, shape=(N,)).values()) == [7, 0, 0, 0, 3]
    with pytest.raises(Rejected, match="no integers"):
        evaluate(entry("x", entry("t", I)), {"x": X, "t": vector(*map(arb, (4, 0, 4)))})
    with pytest.raises(Rejected, match="no integers"):  # residues are integers of Python's, and no indices
        evaluate(entry("x", entry("t", I)), {"x": X, "t": vector(4, 0, 4)})


def test_integers_in_terms_are_numbers_of_the_ring():
    """x t + [i = t] and t in a sum, on a tape: t = 0 is not the number that stands there first."""
    ids = IntegerEntries(vector(2, 0, 1))
    for base, made in ((PrimeField(PRIME, 1), int), (Ball(), arb)):
        tape = Tape(base)
        x = {at: tape.variable(base.number(v)) for at, v in vector(7, 5, 3).items()}
        body = ["+", ["*", entry("x", I), entry("t", I)], ["sum", "k", O, ["*", entry("t", K), entry("x", K)]]]
        found = evaluate(body, {"x": x, "t": ids}, tape)
        assert [number.value for number in found.values()] == [made(14 + 17), made(17), made(3 + 17)]
        slopes = tape.backward(tape.add(list(found.values())))
        assert [slopes[number] for number in x.values()] == [made(8), made(0), made(4)]
    assert evaluate(entry("t", I), {"t": ids}, Degree(), shape=(1,))[0,] == 1


def test_a_position_in_a_term_is_a_number_of_the_ring():
    tape = Tape(PrimeField(PRIME, 1))
    x = {at: tape.variable(v) for at, v in X.items()}
    where = ["argmax", "k", N, entry("x", K)]
    integers = evaluate(where, {"x": x}, tape, shape=(1,))
    assert isinstance(integers, IntegerEntries)
    found = evaluate(["*", 3, where], {"x": x}, tape, shape=(1,))
    assert found[0,].value == 3 * integers[0,]


def test_the_largest_of_the_admitted():
    body = ["*", INSIDE, ["+", entry("x", AT), 0]]
    x = vector(*map(arb, (-3, -1, -4, -1, -5)))
    assert [float(v) for v in evaluate(["max", "k", W, body], {"x": x}, Ball()).values()] == [-1, -1, -1]
    assert list(evaluate(["argmax", "k", W, body], {"x": x}, Ball()).values()) == [2, 0, 0]  # the first of equals
    with pytest.raises(Rejected, match="a max over nothing"):
        evaluate(["max", "k", W, ["*", ["inside", ["+", K, 3], W], 1]], {})
    either = {"x": vector(arb(0, 1), arb(0))}
    assert evaluate(["max", "k", 2, entry("x", K)], either, Ball())[0,].contains(arb(0.5))
    with pytest.raises(Undetermined):
        evaluate(["argmax", "k", 2, entry("x", K)], either, Ball())


def test_over_a_field_the_largest_is_some_choice_the_same_for_equal_values():
    body = ["max", "k", N, entry("x", K)]
    where = ["argmax", "k", N, entry("x", K)]
    picked = set()
    for seed in range(20):
        field = PrimeField(PRIME, seed)
        (value,), (place,) = (set(evaluate(b, {"x": X}, field).values()) for b in (body, where))
        assert X[place,] == value
        picked.add(place)
    assert len(picked) > 2


def test_on_the_tape_the_chosen_term_has_the_whole_adjoint():
    tape = Tape(Ball())
    x = {at: tape.variable(arb(v)) for at, v in X.items()}
    body = ["max", "k", W, ["*", INSIDE, entry("x", AT)]]
    found = evaluate(body, {"x": x}, tape)
    slopes = tape.backward(tape.add(list(found.values())))
    assert [float(slopes[x[k,]]) for k in range(5)] == [1, 0, 1, 0, 1]


def test_degrees():
    x, degree = dict.fromkeys(X, 1), Degree()
    assert evaluate(["*", entry("x", 0), entry("x", 1)], {"x": x}, degree)[0,] == 2
    ratio = ["*", entry("x", 0), ["^", entry("x", 1), -1]]
    # x0/x1 + x0/x1: (x0 x1 + x0 x1) / x1^2, so two such numbers are equal where a polynomial of degree 4 vanishes.
    assert evaluate(["+", ratio, ratio], {"x": x}, degree)[0,] >= 4
    chosen = ["sum", "k", N, ["*", ["same", K, entry("t", I)], ["^", entry("x", K), 3]]]
    where = evaluate(["argmax", "k", N, entry("x", K)], {"x": x}, degree)
    assert evaluate(chosen, {"x": x, "t": where}, degree)[0,] == 3 + 3  # a sum of 5 terms


def test_an_entry_outside_needs_a_bracket():
    with pytest.raises(Outside):
        evaluate(["sum", "k", W, entry("x", AT)], {"x": X})
    assert evaluate(["*", 0, 1, ["inside", I, 0], entry("x", 77)], {"x": X})[0,] == 0
    with pytest.raises(Rejected, match="not defined here"):
        evaluate(entry("y", I), {"x": X})


def nested(depth):
    body = entry("x", I)
    for k in range(depth):
        body = ["sum", f"k{k}", 1000, body]
    return body


HOSTILE = {
    "too many terms": nested(4),
    "unknown index": entry("x", ["index", "q"]),
    "index out of scope": ["+", ["sum", "q", 2, 1], entry("x", ["index", "q"])],
    "division by zero": entry("x", ["quotient", I, 0]),
    "division by an index": entry("x", ["remainder", I, I]),
    "divides by zero": ["divides", 0, I],
    "negative sum": ["sum", "k", ["+", N, -7], 1],
    "length by an index": ["sum", "k", I, 1],
    "fractional index": entry("x", ["rational", 1, 2]),
    "huge number": ["*", 10**4000, 1],
    "huge index": entry("x", ["*", *[10**12] * 9, I]),
    "deep index": entry("x", functools.reduce(lambda e, _: ["quotient", e, 2], range(500), I)),
    "wide": ["+", *[1] * 30_000],
    "bracket with three": ["inside", I, N, N],
    "code": entry("x", ["__import__", "os"]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bodies_are_rejected(name):
    with pytest.raises(Rejected):
        evaluate(HOSTILE[name], {"x": X})


def test_empty_sums_are_zero():
    assert evaluate(["sum", "k", ["+", N, -5], entry("x", 99)], {"x": X})[0,] == 0


def test_fractions_evaluate_a_network_with_strides_maxima_and_roots():
    """One small network: exact fractions agree that the relaxation is exact; what is no polynomial is left alone."""
    layers = [
        {"name": "conv", "type": "conv", "filters": 1, "kernel": [2], "stride": [1], "padding": [0, 1], "bias": False},
        {"name": "pool", "type": "max_pool", "kernel": [2], "stride": [2], "padding": [0, 1]},
        {"name": "flat", "type": "flatten"},
        {"name": "norm", "type": "rms_norm"},
    ]
    network = architecture({"inputs": {"x": {"shape": [1, 3]}}, "layers": layers, "cost": {"type": "squared_error"}})
    derivation = derive(network)
    graph = examine(derivation, derivation.steps).network
    assert rational_claim(graph, graph.steps).verdict is Verdict.PROVED
    assert rational_claim(graph, graph.steps - 1).verdict is Verdict.REFUTED
    assert "polynomial" in polynomial.unfit(graph, graph.steps)
    assert {claim.verdict for claim in adjoint.layer_claims(derivation.layers["pool"])} == {Verdict.PROVED}
