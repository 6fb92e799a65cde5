"""Matrices that are assumed to be orthogonal: the prover uses it, and counterexamples are orthogonal."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest

from claims.author import judged, statement_of, verdict_on
from claims.campaign import _dense as dense
from claims.second_look import holds_again
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.number_systems.rings import Exact, Traced
from dyadic.proofs.statements.semantics.orthogonality import COLUMNS, ROWS, orthonormal, sign_of
from dyadic.symbolic import SpecError

SQUARE = network(dense("h", 3, "tanh"), dense("g", 3), dense("o", 3), inputs={"u": [3]})
TALL = network(dense("h", 4, "tanh"), dense("o", 2), inputs={"u": [2]})  # W_h is 4 x 2, W_o is 2 x 4
WIDE = network(dense("h", 10, "tanh"), dense("g", 10), inputs={"u": [10]})
NAMED = network(dense("h", "n", "tanh"), dense("o", "n"), inputs={"u": ["n"]})
_G = ("W_g^T W_g = I",)

CLAIMS = [
    (SQUARE, _G, "norm(W_g x_h)^2 = norm(x_h)^2", True),
    (SQUARE, ("W_g^T W_g = 1",), "norm(W_g x_h) = norm(x_h)", True),
    (SQUARE, ("W_g W_g^T = I",), "W_g^T W_g x_h = x_h", True),
    (SQUARE, ("W_g orthogonal",), "dot(W_g x_h, W_g x_u) = dot(x_h, x_u)", True),
    (SQUARE, ("Sum[k] W_g[k, i] W_g[k, j] = delta[i, j]",), "W_g W_g^T x_h = x_h", True),
    (SQUARE, ("Sum[k] W_g[i, k] W_g[j, k] = delta[i, j]",), "Sum[i, j] W_g[i, j]^2 = 3", True),
    (SQUARE, _G, "W_g[0, 0]^2 + W_g[1, 0]^2 <= 1", None),
    (SQUARE, (), "norm(W_g x_h)^2 = norm(x_h)^2", False),
    (SQUARE, ("W_h^T W_h = I",), "norm(W_g x_h)^2 = norm(x_h)^2", False),
    (SQUARE, _G, "W_g x_h = x_h", False),
    (SQUARE, _G, "W_g^T x_h = W_g x_h", False),
    (SQUARE, _G, "W_g W_g x_h = x_h", False),
    (SQUARE, _G, "norm(W_g x_h)^2 = 2 norm(x_h)^2", False),
    (SQUARE, _G, "sum(W_g x_h) = sum(x_h)", False),
    # Of one sign of the determinant only: the trace of a rotation, the determinant itself, a minor.
    (SQUARE, _G, "W_g[0, 0] W_g[1, 1] - W_g[0, 1] W_g[1, 0] = W_g[2, 2]", False),
    (SQUARE, _G, "W_g[0, 0] W_g[1, 1] - W_g[0, 1] W_g[1, 0] = -W_g[2, 2]", False),
    (SQUARE, _G, "(W_g[0, 0] W_g[1, 1] - W_g[0, 1] W_g[1, 0])^2 = W_g[2, 2]^2", True),
    (SQUARE, (*_G, "W_o^T W_o = I"), "norm(W_o W_g x_h)^2 = norm(x_h)^2", True),
    (SQUARE, (*_G, "W_o^T W_o = I"), "W_o W_g x_h = W_g W_o x_h", False),
    (TALL, ("W_h^T W_h = I",), "norm(W_h x_u)^2 = norm(x_u)^2", True),
    (TALL, ("W_h^T W_h = I",), "norm(W_h W_h^T x_h)^2 = norm(x_h)^2", False),
    (TALL, ("W_h^T W_h = I",), "W_h W_h^T W_h W_h^T x_h = W_h W_h^T x_h", True),
    (TALL, ("W_o W_o^T = I",), "norm(W_o^T x_o)^2 = norm(x_o)^2", True),
    (TALL, ("W_o W_o^T = I",), "norm(W_o x_h)^2 = norm(x_h)^2", False),
    (WIDE, ("W_g^T W_g = I",), "norm(W_g x_h)^2 = norm(x_h)^2", True),
    (WIDE, ("W_g^T W_g = I",), "norm(W_g x_h)^2 = norm(x_u)^2", False),
    (NAMED, ("W_o^T W_o = I",), "norm(W_o x_h)^2 = 2 norm(x_h)^2", False),
]  # fmt: skip


@pytest.mark.parametrize(("derivation", "assumed", "claim", "true"), CLAIMS)
def test_what_is_assumed_is_used_and_respected(derivation, assumed, claim, true):
    statement = statement_of(claim, assumptions=assumed)
    found = verdict_on(derivation, statement)
    if true is None:
        assert found.verdict is not Verdict.REFUTED
        return
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), (found.reason, found.counterexample)
    assert set(assumed) <= {text.removesuffix(" (assumed by the claim)") for text in found.hypotheses}
    if not true:
        assert holds_again(derivation, statement, found)
        for line in assumed:
            if "^T" in line:
                check_orthonormal(found.counterexample["values"], line)


def check_orthonormal(values, line):
    """All entries of the matrix are reported (zeros may be left out), and it is what it is assumed to be."""
    name = next(word for word in line.split() if "^" not in word)
    table = {}
    for label, value in values.items():
        if label.startswith(f"{name}["):
            table[tuple(map(int, label[len(name) + 1 : -1].split(", ")))] = Fraction(value)
    count = 1 + max(max(place) for place in table)
    by_columns = line.split()[0].endswith("^T")
    for i, j in product(range(count), repeat=2):
        pairs = [((k, i), (k, j)) if by_columns else ((i, k), (j, k)) for k in range(count)]
        total = sum(table.get(one, 0) * table.get(two, 0) for one, two in pairs)
        held = any(value for place, value in table.items() if place[1 if by_columns else 0] in (i, j))
        assert total == (i == j) or not held


def test_at_the_solution():
    """The sensitivity keeps its norm behind an orthogonal layer."""
    for claim, true in (
        ("norm(dC/dx_g)^2 = norm(dC/dx_o)^2", True),
        ("norm(dC/dx_h)^2 = norm(dC/dx_o)^2", False),
    ):
        found = judged(SQUARE, claim, assumptions=("W_o^T W_o = I",), at="solution")
        assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED)


def test_in_latex():
    found = judged(
        SQUARE, r"\lVert W^{g} x^{h} \rVert_2^2 = \lVert x^{h} \rVert_2^2", latex=True,
        assumptions=(r"{W^{g}}^\top W^{g} = \mathbf{I}",),
    )  # fmt: skip
    assert found.verdict is Verdict.PROVED
    assert any("reflections" in text for text in found.trusted)


@pytest.mark.parametrize("which", [COLUMNS, ROWS])
@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 3), (4, 2), (5, 1)])
@pytest.mark.parametrize("sign", [0, 1])
def test_what_is_drawn_is_orthonormal(shape, which, sign):
    shape = shape if which == COLUMNS else shape[::-1]
    ring = Exact()
    numbers = iter(range(1, 100))
    key = ("W", "h")
    found = orthonormal(
        ring, lambda label: Traced(Fraction(next(numbers) ** 2 % 7, 3)), key, shape, which, {sign_of(key): sign}
    )
    rows, columns = shape
    table = {place: value.value for place, value in found.items()}
    count, rest = (columns, rows) if which == COLUMNS else (rows, columns)
    for i, j in product(range(count), repeat=2):
        pairs = [((k, i), (k, j)) if which == COLUMNS else ((i, k), (j, k)) for k in range(rest)]
        assert sum(table[one] * table[two] for one, two in pairs) == (i == j)
    if shape == (2, 2):
        assert table[0, 0] * table[1, 1] - table[0, 1] * table[1, 0] == (-1) ** sign


@pytest.mark.parametrize(
    ("derivation", "assumed", "message"),
    [
        (TALL, ("W_h W_h^T = I",), "no more than 2 can be orthonormal"),
        (TALL, ("W_o^T W_o = I",), "no more than 2 can be orthonormal"),
        (TALL, ("W_h orthogonal",), "not square, so it cannot be orthogonal"),
        (SQUARE, ("W_g symmetric", *_G), "orthogonal and something else"),
        (SQUARE, ("x_h^T x_h = I",), "no parameter or input|other shapes|column"),
        (SQUARE, ("W_g^T W_o = I",), "not linear"),
        (SQUARE, (*_G, "W_g[0, 0] = 1"), "not linear"),
        (SQUARE, ("W_g^T W_g = 2",), "cannot|needs 2 indices|not linear"),
    ],
)
def test_what_cannot_be_assumed(derivation, assumed, message):
    with pytest.raises(SpecError, match=message):
        judged(derivation, "norm(W_o x_h)^2 = norm(x_h)^2", assumptions=assumed)
