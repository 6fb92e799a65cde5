r"""Notation with two readings gets the one that every author means, or is refused with what to write.

A transposed entry, an index over axes of two lengths, a function without brackets, a sum over what is not j, an unused
definition, numbers with thousands of digits: of each kind what is read, and what is refused.
"""

from __future__ import annotations

import pytest

from claims.author import judged
from claims.campaign import _dense as dense
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.symbolic import SpecError

FOUR = network(dense("h", 3, "sigmoid"), dense("k", 4), inputs={"u": [3]})
SQUARE = network(dense("h", 3, "sigmoid"), dense("g", 3, "tanh"), dense("o", 2), inputs={"u": [3]})
BATCH = network(dense("h", 4, "tanh"), dense("o", 2), inputs={"u": [5, 3]})
NAMED = network(dense("h", "n", "tanh"), dense("o", "m"), inputs={"u": ["k"]})
WIDE = network(dense("h", 70), dense("o", 2), inputs={"u": [70]})
NAMES = {"W": "W_h", "x": "x_u", "A": "W_h^T", "X": "x_u", "r": "x_u"}
PROVED, REFUTED = Verdict.PROVED, Verdict.REFUTED
SOLUTION, SENSITIVITY = {"at": "solution"}, {"kind": "sensitivity"}

TRANSPOSED = [
    (SQUARE, r"\sum_j W_{ij}^T V_{jk} = \sum_j W_{ji} V_{jk}", PROVED, {}),
    (SQUARE, r"\sum_j W_{ij}^T V_{jk} = \sum_j W_{ij} V_{jk}", REFUTED, {}),
    (SQUARE, r"V_{ij}^{\top} = V_{ji}", PROVED, {}),
    (SQUARE, r"V_{i,j}^{\top} = V_{ij}", REFUTED, {}),
    (SQUARE, r"A_{ij}^\intercal = W_{ij}", PROVED, {}),
    (SQUARE, r"\left(W V\right)_{ij}^T = (V^T W^T)_{ij}", PROVED, {}),
    (SQUARE, r"\left(W V\right)_{ij}^T = (W^T V^T)_{ij}", REFUTED, {}),
    (
        SQUARE,
        r"\left(\frac{\partial C}{\partial W}\right)_{ij}^T = \frac{\partial C}{\partial W_{ji}}",
        PROVED,
        SOLUTION,
    ),
    (
        SQUARE,
        r"\left(\frac{\partial C}{\partial W}\right)_{ij}^T = \frac{\partial C}{\partial W_{ij}}",
        REFUTED,
        SOLUTION,
    ),
    (SQUARE, r"Q_{ij}^T = s^g_j \tanh'(z^g_j) x^h_i", PROVED, {"kind": "gradient"}),
    (SQUARE, r"s^h_j = \sum_i V_{ji}^T \bar{z}^g_i", PROVED, SENSITIVITY),
    (SQUARE, r"s^h_j = \sum_i V_{ij}^T \bar{z}^g_i", REFUTED, SENSITIVITY),
    (SQUARE, r"W_{0 1} = W_{1 0}", PROVED, {"assumptions": (r"\left(W\right)_{ij}^T = W_{ij}",)}),
    (SQUARE, r"a_{ij}^T = W_{ij}", PROVED, {"definitions": (r"a_{ij} = W_{ij}^T",)}),
    (SQUARE, r"a_{ij}^T = W_{ji}", REFUTED, {"definitions": (r"a_{ij} = W_{ij}^T",)}),
    (SQUARE, r"W_{1,2}^T = W_{2,1}", PROVED, {"first": 1}),
    (SQUARE, r"V_{i:}^T x = \sum_j V_{ij} x_j", PROVED, {}),
    (BATCH, r"r_i^T r_j = \sum_k X_{ik} X_{jk}", PROVED, {}),
    (SQUARE, r"x_i^{\top} x_i = x_i^2", PROVED, {}),
    (SQUARE, "(x_u^T x_u)^T = norm(x_u)^2", PROVED, {}),
    (SQUARE, "(Sum[j] W_h[i, j] x_u[j])^T = Sum[j] W_h[i, j] x_u[j]", PROVED, {}),
    (SQUARE, "(W_g^T)[0, 1] = W_g[1, 0]", PROVED, {}),
    (SQUARE, r"\operatorname{tr} W = \sum_i W_{ii}", PROVED, {}),
    (SQUARE, r"\operatorname{tr} W = \operatorname{tr}{V}", REFUTED, {}),
]
NO_TRANSPOSE = [
    (SQUARE, "W_g[i, j]^T = W_g[i, j]", "behind an entry of a matrix", {}),
    (SQUARE, "(W_g W_h)[i, j]^T = W_g[i, j]", "behind an entry of a matrix", {}),
    (SQUARE, "W_g[0, 1]^T = W_g[0, 1]", "behind an entry of a matrix", {}),
    (SQUARE, "(2 W_g[i, j])^T = 2 W_g[i, j]", "behind an entry of a matrix", {}),
    (SQUARE, "(x_u[i] x_u[j])^T = x_u[i] x_u[j]", "behind an entry of a matrix", {}),
    (SQUARE, "s_h[j] = Sum[i] W_g[i, j]^T zbar_g[i]", "behind an entry of a matrix", SENSITIVITY),
    (SQUARE, "W_h[0, 1] = W_h[1, 0]", "behind an entry of a matrix", {"assumptions": ("W_h[i, j]^T = W_h[i, j]",)}),
    (SQUARE, r"{W_{ij}}^T = W_{ij}", "behind an entry of a matrix", {}),
    (SQUARE, r"\frac{\partial C}{\partial W_{ij}}^T = 0", "behind an entry of a matrix", SOLUTION),
    (SQUARE, r"\frac{\partial C}{\partial W_{ij}^T} = 0", "entry of a transposed matrix", SOLUTION),
    (SQUARE, r"\partial C / \partial W_{ij}^T = 0", "entry of a transposed matrix", SOLUTION),
    (SQUARE, "x_u[0]^T = x_u[0]^2", "T has a meaning here", {"names": {"T": "2"}}),
    (SQUARE, "2^T = 2", "only tensors are transposed", {}),
    (SQUARE, r"W_{12} = W_{21}", "12 below a matrix is doubtful", {}),
    (SQUARE, r"\operatorname{tr} W V = 0", "what trace is of is doubtful", {}),
    (SQUARE, r"\operatorname{tr} W^T = 0", "what trace is of is doubtful", {}),
]  # fmt: skip

RANGES = [
    (FOUR, "Sum[i<3] x_u[i] y[i] = Sum[i<3] y[i] x_u[i]", PROVED, {}),
    (FOUR, "Sum[i<4] x_u[i] y[i] = Sum[i<4] y[i] x_u[i]", REFUTED, {}),
    (FOUR, "0 x_u[i] = 0 y[i] for i < 3", PROVED, {}),
    (FOUR, "y[i] = y[i] + 0 x_u[i] for i < 4", REFUTED, {}),
    (FOUR, r"y_i = 0 x^u_i + y_i \quad \text{for } i \le 3", PROVED, {"first": 1}),
    (FOUR, "W_k[i, i] = W_k[i, i] for i < 3", PROVED, {}),
    (FOUR, "x_h[i] = f_h[i] + 0 y[i]", PROVED, {"kind": "inference"}),
    (FOUR, "x_k[i] = f_k[i] + 0 x_u[i]", REFUTED, {"kind": "inference"}),
    (FOUR, "z_h[0] = z_h[0]", PROVED, {"definitions": ("z_h[i] = Sum[j] W_h[i, j] x_u[j] + b_h[i] + 0 y[i]",)}),
    (FOUR, "x_u[i] + y[j] = y[j] + x_u[i]", PROVED, {}),
    (FOUR, "Sum[j<4] ([j = i] x_u[i] + [j = k] y[k]) = x_u[i] + y[k]", PROVED, {}),
    (NAMED, "x_h[i] z_h[i] = z_h[i] x_h[i]", PROVED, {}),
    (FOUR, "x_u[i] = x_u[i] + 0 y[i]", PROVED, {}),  # the left side's axis, on which all that is read exists
    (FOUR, "y[i] = x_u[i]", REFUTED, {}),  # whatever the range of i is
    (FOUR, "x_u[i] = y[i]", REFUTED, {}),
    (FOUR, "s_h[j] = Sum[i] W_k[j, i] s_k[i]", REFUTED, SENSITIVITY),
    (FOUR, "Sum[i] x_u[i] y[i] = x_u[0] y[0] + x_u[1] y[1]", REFUTED, {}),
    (FOUR, "s_h[i] = Sum[j] W_h[i, j] y[j] + y[3]", REFUTED, {}),
    (FOUR, "s_k[j] = Sum[i] W_k[i, j] y[i] x_u[i]", REFUTED, SENSITIVITY),  # W_k[i, 3] does not exist
    (WIDE, "Sum[i, j] W_h[i, j] = 70", Verdict.UNDECIDED, {"assumptions": ("Sum[i] W_h[i, j] = 1",)}),
]
TWO_LENGTHS = [
    (FOUR, "Sum[i] x_u[i] y[i] = Sum[i] y[i] x_u[i]", r"Sum\[i < 3\]", {}),
    (FOUR, "Sum[i] (x_u[i] - x_u[i] + y[i]) = y[0] + y[1] + y[2]", r"Sum\[i < 3\]", {}),
    (FOUR, r"\sum_i x^u_i y_i = \sum_i y_i x^u_i", r"\\sum_\{i \\le 3\}", {"first": 1}),
    (FOUR, "Max[i] (x_u[i] + y[i]) = Max[i] (y[i] + x_u[i])", r"Sum\[i < 3\]", {}),
    (FOUR, "0 x_u[i] = y[i] [i >= 3]", "for i < 3", {}),
    (FOUR, "y[i] = y[i] + 0 x_u[i]", "for i < 3", {}),
    (FOUR, "2 x_u[i] = 2 x_u[i] + 0 y[i]", "for i < 3", {}),
    (FOUR, "W_k[i, i] = W_k[i, i]", "for i < 3", {}),
    (FOUR, "Sum[i] x_u[2 - i] y[i] = Sum[i] y[i] x_u[2 - i]", r"Sum\[i < 3\]", {}),
    (FOUR, "Sum[j] ([j = i] x_u[i] + [j = k] y[k]) = x_u[i] + y[k]", r"Sum\[j < 3\]", {}),
    (FOUR, "Sum[i] q[i] = 0", "for i < 3", {"definitions": ("q[i] = x_u[i] + y[i]",)}),
    (FOUR, "Sum[i] q[i] y[i] = Sum[i] y[i] q[i]", r"Sum\[i < 3\]", {"definitions": ("q[i] = x_u[i]",)}),
    (FOUR, "y[0] = x_u[0]", "for i < 3", {"assumptions": ("y[i] = x_u[i]",)}),
    (NAMED, "Sum[i] (x_h[i] - x_o[i]) = 0", r"Sum\[i < 3\]", {}),
]

FUNCTIONS = [
    (FOUR, r"\tanh^2 \frac{y_0}{2} = \tanh(y_0/2)^2", PROVED, {}),
    (FOUR, r"\sin \frac{y_0}{2} + 1 = 1 + \sin(y_0/2)", PROVED, {}),
    (FOUR, r"y_1 \exp y_0 = \exp\{y_0\} y_1", PROVED, {}),
    (FOUR, r"|\exp{y_0}| = e^{y_0}", PROVED, {}),
    (FOUR, r"\frac{\exp {y_0}}{2} = \exp(y_0)/2", PROVED, {}),
    (FOUR, r"\log \sum_i y_i^2 = \log(y_0^2 + y_1^2 + y_2^2 + y_3^2)", PROVED, {}),
    (FOUR, "exp(y[0])^2 = exp(2 y[0])", PROVED, {}),
    (FOUR, "exp(y[0])^2 = exp(y[0]^2)", REFUTED, {}),
    (FOUR, "tanh x_u = tanh(x_u)", PROVED, {}),
    (FOUR, r"\lceil y_0 \rceil = -\lfloor -y_0 \rfloor", PROVED, {}),
    (FOUR, r"\lceil y_0 \rceil = \lfloor y_0 \rfloor + 1", REFUTED, {}),
    (FOUR, r"y_0 - -y_1 = {+y_0} + y_1", PROVED, {}),
    (FOUR, "y[0] - -y[1] = y[0] - y[1]", REFUTED, {}),
    (FOUR, "1 - -2^2 = 5", PROVED, {}),
    (FOUR, "y[0]^1.5 = y[0] sqrt(y[0])", PROVED, {}),
    (FOUR, r"y_0^{0.3} = y_0^{1/3}", REFUTED, {}),
]
DOUBTFUL = [
    r"\log y_0^2 = 2 \log y_0", r"\ln y_0 y_1 = 0", r"\exp y_0 / y_1 = 0", r"\exp y_0 \cdot y_1 = 0",
    r"\sin y_0 \cos y_0 = \sin(2 y_0)/2", r"\tanh^2 y_0 y_1 = 0", r"\tanh^2 {y_0} y_1 = 0", r"\cos{y_0}^2 = 0",
    r"\log \frac{1}{2} y_0 = 0", r"\log{y_0}{y_1} = 0", r"\log\exp y_0 y_1 = 0", r"\log |y_0|^2 = 0",
    r"\exp {y_0} |y_1| = 0", r"\log \sqrt{y_0} y_1 = 0", "log y[0]^2 = 0", "exp y[0] y[1] = 0", "sqrt y[0]^2 = y[0]",
    "tanh W_h x_u = tanh(W_h x_u)", "tanh x_u .* x_u = x_u", "tanh x_u^T = x_u^T",
]  # fmt: skip

SUMS = [
    (FOUR, r"\sum_i \sum_{j \ne i} x^u_i x^u_j = (\sum_i x^u_i)^2 - \sum_i (x^u_i)^2", PROVED, {}),
    (FOUR, r"\sum_i \sum_{j \ne i} x^u_i x^u_j = (\sum_i x^u_i)^2", REFUTED, {}),
    (FOUR, r"\sum_{i, j, j \ne i} x^u_i x^u_j = (\sum_i x^u_i)^2 - \sum_i (x^u_i)^2", PROVED, {}),
    (FOUR, r"\sum_{i, j, i \ne j} x^u_i x^u_j = 3 (\sum_i x^u_i)^2", REFUTED, {}),
    (FOUR, r"\sum_{i \ne j} y_i + y_j = \sum_i y_i", PROVED, {}),
    (FOUR, r"\sum_{i \ne j} y_i = \sum_i y_i", REFUTED, {"names": {"j": "1"}}),
    (FOUR, r"y_j \sum_{i \ne j} y_i = 0 \text{for } j < 2", REFUTED, {}),
    (FOUR, r"\sum_{i \ne 0} x^u_i = x^u_1 + x^u_2", PROVED, {}),
    (FOUR, r"\max_{i \ne j} y_i = y_j", REFUTED, {}),
    (FOUR, r"\sum_{j \ge 2} y_j = y_2 + y_3", PROVED, {}),
    (FOUR, r"\sum_{j > 1} y_j = y_1 + y_2 + y_3", REFUTED, {}),
    (FOUR, r"\sum_{j \ge 2} y_j = y_2 + y_3 + y_4", PROVED, {"first": 1}),
    (FOUR, "Max[j>=2] y[j] = max(y[2], y[3])", PROVED, {}),
    (FOUR, "Max[j>=2] y[j] = max(0, y[2], y[3])", REFUTED, {}),
]
ONE_OR_TWO = [
    (FOUR, r"\sum_{i \ne j} (y_i - y_j) = 0", "one sum or two", {}),
    (FOUR, r"\sum_{i \neq j} x^u_i x^u_j = 0", "one sum or two", {}),
    (FOUR, r"0 = 0 + \sum_{j \ne i} y_i", "one sum or two", {}),
    (FOUR, r"\max_{i \ne j} (y_i - y_2) = 0", "one sum or two", {}),
    (FOUR, r"\sum_{i \ne j \ne k} y_i = y_j y_k", "a range is written", {}),
]

HUGE = "(((2^16)^16)^16)^4"
DIGITS = [
    (FOUR, f"{HUGE} = 0", REFUTED, {}),
    (FOUR, f"exp({HUGE}) = 0", REFUTED, {}),
    (FOUR, f"{HUGE} x_u[0] = x_u[0]", REFUTED, {}),
    (FOUR, f"1/{HUGE} x_u[0] = x_u[0]", REFUTED, {}),
    (FOUR, "y[0] = x_u[0]", REFUTED, {"assumptions": (f"y[0] = {HUGE} x_u[0]",)}),
    (FOUR, f"{' * '.join(['9' * 40] * 200)} = 0", REFUTED, {}),
    (FOUR, "1/10^16 x_u[0] ((((1/10)^16)^16)^16)^2 = x_u[0]", REFUTED, {}),
    (FOUR, f"{HUGE} = (((2^16)^16)^4)^16", PROVED, {}),
]  # fmt: skip

PAIR = ("q = 1/x_u[0]", "p[i] = q y[i]")
DEFINED = [
    (FOUR, "relu'(x_u[0]) + relu'(-x_u[0]) = 1", REFUTED, {"definitions": PAIR}),
    (FOUR, "relu'(x_u[0]) + relu'(-x_u[0]) + 0 p[1] = 1", PROVED, {"definitions": PAIR}),
    (FOUR, "abs(x_u[0]) = x_u[0]", REFUTED, {"definitions": ("q = sqrt(x_u[0])",)}),
    (FOUR, "q^2 = x_u[0]", PROVED, {"definitions": ("q = sqrt(x_u[0])",)}),
    (FOUR, "abs(x_u[0]) = x_u[0]", PROVED, {"definitions": ("q = x_u[0]",), "assumptions": ("q > 0",)}),
]

READ = [*TRANSPOSED, *RANGES, *FUNCTIONS, *SUMS, *DIGITS, *DEFINED]
REFUSED = [*NO_TRANSPOSE, *TWO_LENGTHS, *ONE_OR_TWO, *((FOUR, claim, "of is doubtful", {}) for claim in DOUBTFUL)]


def verdict(derivation, claim, options):
    names = {**NAMES, **({"V": "W_g", "Q": "Wbar_g"} if derivation is SQUARE else {})}
    return judged(
        derivation, claim, **{"names": names, "latex": "\\" in claim or "_{" in claim or "_0" in claim, **options}
    )


@pytest.mark.parametrize(("derivation", "claim", "expected", "options"), READ)
def test_what_is_meant_is_read(derivation, claim, expected, options):
    found = verdict(derivation, claim, options)
    assert found.verdict is expected, (found.reason, found.counterexample)


@pytest.mark.parametrize(("derivation", "claim", "message", "options"), REFUSED)
def test_what_may_be_meant_otherwise_is_refused(derivation, claim, message, options):
    with pytest.raises(SpecError, match=message):
        verdict(derivation, claim, options)


def test_the_definitions_that_are_used_are_shown_and_no_others():
    unused = verdict(FOUR, "x_u[i] y[j] = y[j] x_u[i]", {"definitions": PAIR})
    assert "where" not in unused.statement
    assert unused.hypotheses == ()
    used = verdict(FOUR, "x_u[0] p[i] = y[i]", {"definitions": PAIR})
    assert "where q = x_u[0]^(-1); p[i] = q y[i]" in used.statement
    assert used.hypotheses == ("no denominator of the claim is 0",)


def test_which_of_two_lengths_was_taken_is_said():
    found = verdict(FOUR, "x_u[i] = x_u[i] + 0 y[i]", {})
    assert found.hypotheses == ("i runs over the 3 entries of its axis on the left side",)


def test_numbers_with_thousands_of_digits_are_shown_about():
    found = verdict(FOUR, f"{HUGE} = 0", {})
    assert found.counterexample["left"] == "about 1.18973149535723e+4932"
    assert verdict(FOUR, "(2^16)^16 = 0", {}).counterexample["left"] == str(2**256)


@pytest.mark.parametrize(("equation", "verdict"), [
    ("dC/dW_g[i, j] = tanh'(z_g[i]) s_g[i] x_h[j]", PROVED),
    ("dC/dW_g[i, j] = s_g[i] x_h[j]", REFUTED),
])  # fmt: skip
def test_a_claim_about_a_gradient_may_name_the_total_derivative(equation, verdict):
    assert judged(SQUARE, equation, kind="gradient", **SOLUTION).verdict is verdict
    with pytest.raises(SpecError, match="the total derivative is meant where the claim has at"):
        judged(SQUARE, equation, kind="gradient")
