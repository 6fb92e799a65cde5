"""Energies of the author's own: their derivatives, where they are stationary, and what cannot be one."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest

from claims.author import statement_of, verdict_on
from claims.campaign import _dense as dense
from claims.exact_duals import DualNumber, differ, exactly
from claims.second_look import ClaimSizes, SecondLook, holds_again
from claims.textbook import network
from dyadic.proofs.certificate import subject
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements import examine_claims, read_claims
from dyadic.proofs.statements.semantics.equation import equalities
from dyadic.proofs.statements.semantics.vocabulary import Vocabulary
from dyadic.proofs.statements.verdict.blocks import Setting
from dyadic.symbolic import SpecError, read_spec
from dyadic.symbolic import derive as derived

NET = network(dense("h", 4, "tanh"), dense("o", 2), inputs={"u": [3]})
NAMED = network(dense("h", "n", "tanh"), dense("o", "m"), inputs={"u": ["k"]})
SQUARE = network(dense("h", 3, "relu"), dense("o", 3), inputs={"u": [3]})
SOFT = network(dense("h", 4, "tanh"), dense("o", 3), inputs={"u": [2]}, cost={"type": "cross_entropy"})

CODING = {"energies": (("F", "1/2 Sum[i] (x_h[i] - f_h[i])^2 + 1/2 norm(x_o - f_o)^2"),)}
LAGRANGIAN = {
    "variables": (("mu", "x_h"), ("nu", "x_o")),
    "energies": (("G", "C + dot(mu, f_h - x_h) + dot(nu, f_o - x_o)"),),
}
ALIGNED = {
    "variables": (("B", "W_o^T"), ("beta", "number")),
    "energies": (("A", "dot(s_h, f_h - x_h) + x_h^T B s_o + beta C"),),
}
HOPFIELD = {"energies": (("H", "1/2 norm(x_h)^2 - 1/2 x_h^T W_o x_h - dot(b_o, x_h)"),)}
EXPONENTIAL = {"energies": (("K", "LogSumExp[i] x_h[i] - Sum[i<3] x_h[i]^3 + Sum[i] x_h[i] x_h[2]"),)}
TEX = {"energies": (("F", r"\frac{1}{2} \sum_i (x^{h}_i - \tanh(z^{h}_i))^2"),)}

CLAIMS = [
    (NET, CODING, "dF/dx_h[j] = x_h[j] - f_h[j] - Sum[i] W_o[i, j] (x_o[i] - f_o[i])", True),
    (NET, CODING, "dF/dx_h[j] = x_h[j] - f_h[j] + Sum[i] W_o[i, j] (x_o[i] - f_o[i])", False),
    (NET, CODING, "dF/dx_h = x_h - f_h - W_o^T (x_o - f_o)", True),
    (NET, CODING, "dF/dW_h[i, j] = -(x_h[i] - f_h[i]) (1 - f_h[i]^2) x_u[j]", True),
    (NET, CODING, "dF/dW_h[i, j] = -(x_h[i] - f_h[i]) (1 - x_h[i]^2) x_u[j]", False),
    (NET, CODING, "dF/ds_h[i] = 0 s_h[i]", True),
    (NET, {**CODING, "at": "solution"}, "F = 0 C", True),
    (NET, CODING, "F = 0 C", False),
    (NAMED, CODING, "dF/dx_h = x_h - f_h - W_o^T (x_o - f_o)", True),
    (NAMED, CODING, "dF/dx_h = x_h - f_h - W_o^T (x_o + f_o)", False),
    (NET, TEX, "dF/db_h[i] = -(x_h[i] - f_h[i]) (1 - f_h[i]^2)", True),
    (NET, LAGRANGIAN, "dG/dmu = f_h - x_h", True),
    (NET, LAGRANGIAN, "dG/dW_h[i, j] = mu[i] (1 - f_h[i]^2) x_u[j]", True),
    (NET, LAGRANGIAN, "dG/dW_h[i, j] = mu[i] x_u[j]", False),
    (NET, LAGRANGIAN, "dG/dy[i] = y[i] - x_o[i]", True),
    (SOFT, LAGRANGIAN, "dG/dx_o[i] = exp(x_o[i]) / (Sum[k] exp(x_o[k])) Sum[k] y[k] - y[i] - nu[i]", True),
    (SOFT, LAGRANGIAN, "dG/dx_o[i] = exp(x_o[i]) / (Sum[k] exp(x_o[k])) - y[i] - nu[i]", False),
    (NET, ALIGNED, "dA/dB = x_h s_o^T", True),
    (NET, ALIGNED, "dA/dx_o = beta (x_o - y)", True),
    (NET, ALIGNED, "dA/dbeta = C", True),
    (NET, ALIGNED, "dA/dx_h = B s_o - s_h", True),
    (NET, ALIGNED, "dA/dx_h = W_o^T s_o - s_h", False),
    (SQUARE, HOPFIELD, "dH/dx_h = x_h - 1/2 (W_o + W_o^T) x_h - b_o", True),
    (SQUARE, HOPFIELD, "dH/dx_h = x_h - W_o x_h - b_o", False),
    (SQUARE, {**HOPFIELD, "assumptions": ("W_o symmetric",)}, "dH/dx_h = x_h - W_o x_h - b_o", True),
    (SQUARE, HOPFIELD, "dH/dW_o = -1/2 x_h x_h^T", True),
    (NET, EXPONENTIAL, "dK/dx_h[3] = exp(x_h[3]) / (Sum[k] exp(x_h[k])) + x_h[2]", True),
    (NET, EXPONENTIAL, "dK/dx_h[2] = exp(x_h[2]) / (Sum[k] exp(x_h[k])) + x_h[2]", False),
    (NET, EXPONENTIAL, "dK/dx_h[i] = exp(x_h[i]) / (Sum[k] exp(x_h[k])) - 3 [i < 3] x_h[i]^2 + x_h[2]"
                       " + [i = 2] Sum[k] x_h[k]", True),
    (NET, EXPONENTIAL, "Sum[i<4] dK/dx_h[i] = 1 - 3 Sum[i<3] x_h[i]^2 + 4 x_h[2] + Sum[k] x_h[k]", True),
    (NET, EXPONENTIAL, "Sum[i<4] dK/dx_h[i] = 1 - 3 Sum[i<3] x_h[i]^2 + 4 x_h[2]", False),
]  # fmt: skip

POINTS = [
    (NET, CODING, "F", "x_o[i] = f_o[i]", True),
    (NET, CODING, "F", "x_o[i] = f_o[i] + 1", False),
    (NET, CODING, "F", "x_h[i] = f_h[i]", False),
    (NET, CODING, "dF/dW_o", "x_o[i] = f_o[i]", True),
    (NET, LAGRANGIAN, "dG/dx_o", "nu[i] = x_o[i] - y[i]", True),
    (NET, LAGRANGIAN, "dG/dx_o", "nu[i] = y[i] - x_o[i]", False),
    (NET, LAGRANGIAN, "dG/dx_h", "mu[j] = Sum[i] W_o[i, j] nu[i]", True),
    (NET, LAGRANGIAN, "dG/dx_h", "mu[j] = Sum[i] W_o[i, j] nu[i] + x_h[j]", False),
    (NET, LAGRANGIAN, "dG/dmu", "x_h[p] = f_h[p]", True),
    (NAMED, LAGRANGIAN, "dG/dx_h", "mu[j] = Sum[i] W_o[i, j] nu[i]", True),
    (NET, ALIGNED, "dA/dx_h", "s_h[j] = Sum[i] B[j, i] s_o[i]", True),
    (NET, ALIGNED, "dA/dx_h", "s_h[j] = Sum[i] W_o[i, j] s_o[i]", False),
    (SQUARE, HOPFIELD, "dH/dx_h", "b_o[i] = x_h[i] - 1/2 Sum[j] (W_o[i, j] + W_o[j, i]) x_h[j]", True),
    (SQUARE, HOPFIELD, "dH/dx_h", "b_o[i] = x_h[i] - Sum[j] W_o[i, j] x_h[j]", False),
]


def right(derivation, claim, true, **options):
    statement = statement_of(claim, **options)
    found = verdict_on(derivation, statement)
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), (found.reason, found.counterexample)
    assert true or holds_again(derivation, statement, found)


@pytest.mark.parametrize(("derivation", "own", "claim", "true"), CLAIMS)
def test_derivatives(derivation, own, claim, true):
    right(derivation, claim, true, **own)


@pytest.mark.parametrize(("derivation", "own", "of", "claim", "true"), POINTS)
def test_stationary_points(derivation, own, of, claim, true):
    right(derivation, claim, true, kind="stationary", child=of, **own)


@pytest.mark.parametrize(
    ("derivation", "own", "variables"),
    [
        (NET, CODING, ["x_h", "x_o", "W_h", "b_h", "W_o", "x_u"]),
        (NET, LAGRANGIAN, ["mu", "nu", "x_h", "W_o", "y"]),
        (SOFT, LAGRANGIAN, ["x_o", "y", "W_h"]),
        (NET, ALIGNED, ["B", "beta", "s_o", "x_h", "W_h"]),
        (SQUARE, HOPFIELD, ["x_h", "W_o", "b_o"]),
        (NET, EXPONENTIAL, ["x_h"]),
    ],
)
def test_written_derivatives_are_those_taken_forwards(derivation, own, variables):
    """At drawn numbers, for every entry: by the rules on paper, and by a slope carried through the energy itself."""
    ((energy, _),) = own["energies"]
    graph = Graph(subject(derivation, derivation.steps), require_terms=False)
    vocabulary = Vocabulary(graph)
    for name in variables:
        words = equalities(statement_of(f"{energy} = 0 C", **own), vocabulary).vocabulary
        letters = "pq"[: len(words.tensors[name].axes)]
        entry = f"d{energy}/d{name}" + (f"[{', '.join(letters)}]" if letters else "")
        link = equalities(statement_of(f"{entry} = {entry}", **own), vocabulary).links[0]
        whole = equalities(statement_of(f"{energy} = 0 C", **own), vocabulary).links[0]
        tensor, setting = words.tensors[name], Setting(words)
        places = list(product(*(range(setting.number(axis)) for axis in tensor.axes)))
        for place in places:
            index = dict(zip(letters, place, strict=True))
            written = _at_numbers(words, link, index, None).value
            forwards = _at_numbers(words, whole, {}, (tensor.kind, tensor.owner, place)).slope
            assert not differ(written, forwards), (name, place)


def _at_numbers(vocabulary, link, index, varied):
    """The left side of an equation at drawn numbers."""
    setting = Setting(vocabulary)
    look = SecondLook(vocabulary, setting, {"values": {}, "integers": {}}, varied=varied)
    look.drawn = lambda *key: DualNumber(Fraction(sum(map(ord, str(key))) % 7 - 3, 2))
    sizes = ClaimSizes(look, {key: setting.number(extent) for key, extent in link.ranges.extents.items()})
    return exactly(lambda: look(link.left, index, sizes, look.entry))


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("x_h[i]", "not summed over"),
        ("x_h", "an energy is a number"),
        ("Sum[i] x_h[i] = 1", "without an equals sign"),
        ("zbar_h[0]", "an energy is not made of it"),
        ("dE/dx_h[0]", "an energy is not made of it"),
        ("E", "an energy is not made of it"),
        ("Max[i] x_h[i]", "largest value in an energy"),
        ("Sum[i] [x_h[i] > 0]", "no derivative"),
        ("Sum[i] tanh'(x_h[i])", "only first ones are known"),
        ("Sum[i<5] x_h[i]", "does not exist"),
        ("F", "no quantity"),
        ("x_h[0", "not closed"),
    ],
)
def test_what_is_no_energy(formula, message):
    with pytest.raises(SpecError, match=message):
        verdict_on(NET, statement_of("dF/dx_h[i] = 0 x_h[i]", energies=(("F", formula),)))


GROWING = (("F0", "Sum[i] x_h[i]"), *((f"F{k}", " + ".join([f"F{k - 1}^2"] * 10)) for k in range(1, 10)))
"""Each holds the one before ten times."""


@pytest.mark.parametrize(
    ("claim", "options", "message"),
    [
        ("dF/dz_h[i] = 0", {}, "is taken with respect to x, s"),
        ("dF/dx_h[4] = 0", {}, "numbers that there are"),
        ("dF/dx_h[i + 1] = x_h[i]", {}, "taken at indices"),
        ("dQ/dx_h[i] = 0", {}, "no quantity"),
        ("x_h[i] = x_h[i] + f_h[i]", {"kind": "stationary", "child": "F"}, "solve for it"),
        (
            "x_h[j] = f_h[j] + Sum[i] W_o[i, j] (x_o[i] - f_o[i])",
            {"kind": "stationary", "child": "F"},
            "depends on x_h itself",
        ),
        (
            "x_h[j] = f_h[j] + e[j]",
            {"kind": "stationary", "child": "F", "definitions": ("e[j] = Sum[i] W_o[i, j] f_o[i]",)},
            "depends on x_h itself",
        ),
        ("x_o[i] = f_o[i]", {"kind": "stationary", "child": "F", "at": "solution"}, "among all states"),
        ("f_h[i] = x_h[i]", {"kind": "stationary", "child": "F"}, "a stationary point is written"),
        ("x_h[0] = f_h[0]", {"kind": "stationary", "child": "F"}, "a stationary point is written"),
        ("x_h[i] = f_h[i]", {"kind": "stationary", "child": "E"}, "no energy of this file"),
        ("x_h[i] = f_h[i]", {"kind": "stationary", "child": "dF/dz_h"}, "no variable"),
        ("x_h[i] = f_h[i]", {"variables": (("x_h", "x_o"),)}, "has a meaning already"),
        ("x_h[i] = f_h[i]", {"variables": (("B", "W_q"),)}, "no tensor of this network"),
        ("x_h[i] = f_h[i]", {"energies": (("C", "x_h[0]"),)}, "has a meaning already"),
        (
            "F9 = 0",
            {"energies": GROWING},
            "too large",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(claim, options, message):
    with pytest.raises(SpecError, match=message):
        verdict_on(NET, statement_of(claim, **{**CODING, **options}))


EXAMPLES = Path(__file__).parents[2] / "examples" / "claims"


def test_the_example_is_judged_as_expected():
    found = examine_claims(derived(read_spec(EXAMPLES / "network.toml")), read_claims(EXAMPLES / "own_energies.toml"))
    assert not found.failures
    assert len(found.claims) == 13
    wanted = {claim.id: found.expected.get(claim.id, "proved") for claim in found.claims}
    assert {claim.id: claim.verdict.value for claim in found.claims} == wanted


def test_in_a_paper(tmp_path):
    paper = tmp_path / "paper.tex"
    paper.write_text(
        r"""% dyadic: settings variables="B = W_o^T"
% dyadic: settings energies="F = \frac12 \sum_i (x^{h}_i)^2 - \sum_{ij} B_{ij} x^{h}_i x^{o}_j"
% dyadic: begin claim id="a" kind="equal"
\[ \frac{\partial F}{\partial x^{h}_i} = x^{h}_i - \sum_j B_{ij} x^{o}_j \]
% dyadic: end
% dyadic: begin claim id="b" kind="stationary" of="F"
\[ x^{h}_i = \sum_j B_{ij} x^{o}_j \]
% dyadic: end
% dyadic: begin claim id="c" kind="stationary" of="F" expect="refuted"
\[ x^{h}_i = \sum_j W^{o}_{ji} x^{o}_j \]
% dyadic: end
"""
    )  # fmt: skip
    found = examine_claims(NET, read_claims(paper))
    assert [claim.verdict.value for claim in found.claims] == ["proved", "proved", "refuted"], found.failures
