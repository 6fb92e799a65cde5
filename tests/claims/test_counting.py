"""Blocks are as many as a claim's sums make products of, however the products are written.

The determinant of Hankel's matrix of P_k = Sum exp(k x_i) is 0 for all x of fewer different values than it has rows,
and for no other x in general: whoever looks at too few blocks takes it for 0.
"""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from support.long_tests import one_in

from claims.test_claims import judged
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.number_systems.function_facts import FACTS
from dyadic.proofs.statements.verdict.counting import UNBOUNDED, indices
from dyadic.symbolic import architecture, derive

MANY = 100_000


def network(entries=MANY):
    layers = [{"name": "h", "type": "dense", "units": 2}]
    return derive(architecture(
        {"inputs": {"x": {"shape": [entries]}}, "layers": layers, "cost": {"type": "squared_error"}}
    ))  # fmt: skip


NETWORK = network()


def power_sum(k, entries):
    return f"LogSumExp[i<{entries}] ({k} x_x[i])"


def determinant(rows, product):
    """The terms of the Leibniz formula; ``product`` writes P_k ... P_l."""
    terms = []
    for order in itertools.permutations(range(rows)):
        odd = sum(a > b for a, b in itertools.combinations(order, 2)) % 2
        terms.append(("- " if odd else "+ ") + product([i + j + 1 for i, j in enumerate(order)]))
    return "0 " + " ".join(terms)


WAYS = {
    "products": lambda ks, n: " ".join(f"(Sum[i<{n}] exp({k} x_x[i]))" for k in ks),
    "sums of logarithms of sums": lambda ks, n: f"exp({' + '.join(power_sum(k, n) for k in ks)})",
    "multiples": lambda ks, n: "exp(" + " + ".join(f"{m} {power_sum(k, n)}" for k, m in Counter(ks).items()) + ")",
    "logarithms": lambda ks, n: "exp(" + " + ".join(f"log(Sum[i<{n}] exp({k} x_x[i]))" for k in ks) + ")",
    "differences": lambda ks, n: f"exp({power_sum(ks[0], n)} - (0 - {' - '.join(power_sum(k, n) for k in ks[1:])}))",
    "one logarithm": lambda ks, n: "exp(log(" + " ".join(f"(Sum[i<{n}] exp({k} x_x[i]))" for k in ks) + "))",
    "names": lambda ks, n: f"exp({' + '.join(f'p{k}' for k in ks)})",
}  # fmt: skip


@pytest.mark.parametrize("way", one_in(6, WAYS))
def test_a_determinant_is_not_taken_for_0(way):
    names = tuple(f"p{k} = {power_sum(k, MANY)}" for k in range(1, 8)) if way == "names" else ()
    written = determinant(4, lambda ks: WAYS[way](ks, MANY))
    claim = judged(f"{written} = 0", network=NETWORK, definitions=names)
    assert claim.verdict is not Verdict.PROVED


@pytest.mark.parametrize("way", [way for way in WAYS if way not in ("names", "differences")])
def test_where_there_are_too_few_entries_it_is_0(way):
    few = network(3)
    written = determinant(4, lambda ks: WAYS[way](ks, 3))
    assert judged(f"{written} = 0", network=few).verdict is Verdict.PROVED


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("exp(log(Sum[i] x_x[i]^2) - log(Sum[i] exp(x_x[i])))", "(Sum[i] x_x[i]^2) / Sum[i] exp(x_x[i])"),
        ("exp(3 LogSumExp[i] x_x[i])", "(Sum[i] exp(x_x[i]))^3"),
        (
            "sigmoid(LogSumExp[i] x_x[i] - LogSumExp[i] (2 x_x[i]))",
            "(Sum[i] exp(x_x[i])) / (Sum[i] exp(x_x[i]) + Sum[i] exp(2 x_x[i]))",
        ),
    ],
)
def test_what_functions_make_products_of_is_still_proved(one, other):
    assert judged(f"{one} = {other}", network=network(50)).verdict is Verdict.PROVED


# -- counts themselves -------------------------------------------------------------------------------------------------

A = ["sum", "k", 100, ["apply", "exp", 0, ["entry", "x", "u", [["index", "k"]]]]]
LOG_A = ["apply", "log", 0, A]
FIVE = [
    5, ["+", 1, 4], ["rational", 9, 2], ["^", 25, ["rational", 1, 2]], ["apply", "abs", 0, -5], ["size", "n"],
    ["entry", "let", "q", []], ["apply", "sqrt", 0, 25], ["sum", "t", 5, 1], ["index", "i"],
]  # fmt: skip


def counted(node):
    return indices(node, lambda kind, owner: Counter(), str)["100"]


def exp(node):
    return ["apply", "exp", 0, node]


@pytest.mark.parametrize("factor", FIVE, ids=str)
@pytest.mark.parametrize("through", ["identity", "relu", "abs", "stop_gradient", "softplus", "silu", ""])
def test_a_power_by_a_logarithm_counts_as_the_power(factor, through):
    inner = ["apply", through, 0, LOG_A] if through else LOG_A
    assert counted(exp(["*", factor, inner])) >= 5
    assert counted(exp(["*", inner, factor])) >= 5


@pytest.mark.parametrize(("base", "power"), [(2, 5), (3, 4), (2, 10), (7, 2)])
def test_a_power_as_a_factor_counts_in_full(base, power):
    assert counted(exp(["*", ["^", base, power], LOG_A])) >= min(base**power, UNBOUNDED)


@pytest.mark.parametrize("count", [2, 5])
def test_sums_of_logarithms_count_as_products(count):
    for through in ("identity", "relu", "tanh"):
        terms = [["apply", through, 0, LOG_A]] * count
        assert counted(exp(["+", *terms])) >= count
        assert counted(["+", exp(["+", *terms]), exp(["+", *terms])]) >= 2 * count
    assert counted(exp(["sum", "t", 7, LOG_A])) >= 7
    assert counted(exp(["*", LOG_A, LOG_A])) >= 100


def test_where_there_are_no_logarithms_sums_count_once():
    tanh = ["apply", "tanh", 0, ["+", A, 3]]
    assert counted(["+", tanh, A]) == counted(tanh) == counted(A) == 1
    assert counted(["*", tanh, A]) == 2
    assert counted(["^", A, 3]) == 3


@pytest.mark.parametrize("last", ["stop_gradient", "relu", "identity", "abs"])
def test_at_the_solution_layers_that_hand_logarithms_on_are_looked_through(last):
    """det(P Q) of P with 5 rows is 0 where the other axis has fewer than 5 entries."""
    layers = [
        {"name": "m", "type": "matmul", "inputs": ["p", "q"]},
        {"name": "l", "type": "log"},
        {"name": "r", "type": last},
    ]
    spec = {"inputs": {"p": {"shape": [5, MANY]}, "q": {"shape": [MANY, 5]}}, "layers": layers}
    many = derive(architecture({**spec, "cost": {"type": "squared_error"}}))
    terms = []
    for order in itertools.permutations(range(5)):
        odd = sum(a > b for a, b in itertools.combinations(order, 2)) % 2
        terms.append(("- " if odd else "+ ") + "exp(" + " + ".join(f"x_r[{i},{j}]" for i, j in enumerate(order)) + ")")
    claim = judged(f"0 {' '.join(terms)} = 0", network=many, at="solution", assumptions=("x_l[i, j] > 0",))
    assert claim.verdict is not Verdict.PROVED


# -- functions that multiply or divide by their argument ---------------------------------------------------------------

LEAST = {
    ("hard_swish", 0): 2, ("gelu", 1): 2, ("gelu_tanh", 0): 3, ("gelu_tanh", 1): 3, ("erf", 1): 2, ("asinh", 0): 2,
    ("softsign", 1): 2, ("atan", 1): 2, ("atanh", 1): 2, ("asin", 1): 2, ("rsqrt", 1): 2,
}  # fmt: skip
"""By name and order, how many factors its argument is there."""
OF_LOGARITHMS = {("exp", 0): 1, ("sigmoid", 0): 1, ("sigmoid", 1): 2, ("tanh", 0): 2, ("tanh", 1): 4, ("mish", 0): 2}


def test_a_function_counts_as_what_is_known_of_it():
    for name, order in itertools.product(FACTS, (0, 1)):
        once = counted(["apply", name, order, A])
        assert once >= LEAST.get((name, order), 0), (name, order)
        assert counted(["apply", name, order, ["^", A, 3]]) >= 3 * once, (name, order)
        assert counted(["apply", name, order, LOG_A]) >= OF_LOGARITHMS.get((name, order), 0), (name, order)
    assert counted(["apply", "hard_swish", 0, ["apply", "hard_swish", 0, A]]) >= 4


@pytest.mark.parametrize("name", ["softsign", "rsqrt"])
def test_what_a_function_divides_by_is_put_under_a_common_denominator(name):
    def term(k):
        return ["apply", name, 0, ["+", A, k]]

    assert counted(["+", term(1), term(2), term(3), term(4)]) >= 4
    assert counted(["+", term(1), ["apply", "tanh", 0, term(2)]]) >= 2


def power(k):
    return f"(Sum[i] x_u[i]^{k})"


def product(left, right):
    """left right, where neither their sum nor their difference exceeds 3."""
    return f"(3/2 hard_swish({left} + {right}) - 3/2 hard_swish({left} - {right}) - 3/2 {right})"


def minor(rows, columns):
    (a, b), (c, d) = ([power(row + column + 2) for column in columns] for row in rows)
    return f"({product(a, d)} - {product(b, c)})"


def hidden():
    """Hankel's determinant of Sum x_i^k with 4 rows by its minors, and what makes all its products ones."""
    terms = []
    for chosen in itertools.combinations(range(4), 2):
        rest = [column for column in range(4) if column not in chosen]
        terms.append(f"{'+-'[(1 + sum(chosen)) % 2]} {product(minor((0, 1), chosen), minor((2, 3), rest))}")
    bounds = [f"{power(k)} {bound}" for k in range(2, 9) for bound in ("< 1", "> -1")]
    both = itertools.combinations_with_replacement(range(2, 9), 2)
    bounds += [f"{power(k)} {power(m)} {bound}" for k, m in both for bound in ("< 1/2", "> -1/2")]
    return f"0 {' '.join(terms)} = 0", tuple(bounds)


@pytest.mark.long
def test_a_determinant_that_hard_swish_hides_is_not_taken_for_0():
    layers = [{"name": "h", "type": "tanh"}]
    spec = {"inputs": {"u": {"shape": ["n"]}}, "layers": layers, "cost": {"type": "squared_error"}}
    claim, assumed = hidden()
    assert judged(claim, network=derive(architecture(spec)), assumptions=assumed).verdict is not Verdict.PROVED
