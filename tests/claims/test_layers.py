"""What is printed of any layer can be read back, in both notations, and is proved; a slip in it is refuted."""

from __future__ import annotations

import pytest

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements import ClaimsFile, Statement, verify_claims
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.latex_printing import LatexPrinter
from dyadic.symbolic.printing import TextPrinter

KINDS = {
    "inference": "inference",
    "sensitivity": "sensitivity",
    "gradient": "gradient",
    "cost": "energy",
    "energy": "energy",
}
CONV = {"type": "conv", "filters": 2, "kernel": [3], "stride": [2], "padding": [1, 1], "activation": "tanh"}


def network(*layers, inputs, **others):
    named = [{"name": f"l{k}", **layer} for k, layer in enumerate(layers)]
    shapes = {name: {"shape": shape} if isinstance(shape, list) else shape for name, shape in inputs.items()}
    data = {"name": "it", "inputs": shapes, "layers": named, "cost": {"type": "squared_error"}} | others
    if "costs" in others:
        del data["cost"]
    return derive(architecture(data))


POOL = {"type": "max_pool", "kernel": [2]}
DENSE = {"type": "dense", "units": 3}
NETWORKS = {
    "convolution": lambda: network(CONV, POOL, {"type": "flatten"}, inputs={"u": [2, 7]}),
    "softmax": lambda: network(DENSE, {"type": "softmax"}, inputs={"u": [2]}),
    "norm": lambda: network(DENSE, {"type": "layer_norm"}, inputs={"u": [2]}),
    "attention": lambda: network(
        {"type": "attention", "inputs": ["q", "k", "v"]}, inputs={"q": [2, 3], "k": [2, 3], "v": [2, 3]}
    ),
    "lookup": lambda: network(
        {"type": "embedding", "count": 4, "units": 2}, {"type": "flatten"}, inputs={"u": {"shape": [3], "below": 4}}
    ),
    "concatenation": lambda: network(
        DENSE, {"type": "concat", "axis": 0, "inputs": ["l0", "u"]}, {"type": "pad", "padding": [1, 1]},
        inputs={"u": [3]},
    ),
    "maximum": lambda: network(
        {**DENSE, "inputs": ["u"]}, {**DENSE, "inputs": ["u"]}, {"type": "maximum", "inputs": ["l0", "l1"]},
        inputs={"u": [2]},
    ),
    "class": lambda: network(DENSE, inputs={"u": [2]}, cost={"type": "cross_entropy", "target": "index"}),
    "costs": lambda: network(
        DENSE, DENSE, inputs={"u": [2]},
        costs=[{"type": "squared_error", "inputs": ["l0"], "weight": 2}, {"type": "cross_entropy", "inputs": ["l1"]}],
    ),
    "decay": lambda: network({**DENSE, "activation": "tanh"}, inputs={"u": [2]}, weight_decay=0.25),
    "shared": lambda: network(
        {"type": "matmul", "inputs": ["u", "w"]}, inputs={"u": [2, 3]}, parameters={"w": {"shape": [3, 2]}}
    ),
    "recurrence": lambda: network({"type": "lstm", "units": 1}, inputs={"u": [2, 1]}),
}  # fmt: skip


def printed(derivation):
    for printer, latex in ((TextPrinter(), False), (LatexPrinter(), True)):
        for equation in derivation.equations.values():
            name = f"{equation.tag} {'in LaTeX' if latex else 'in text'}"
            where = tuple(map(printer.equation, equation.where))
            formula = (printer.equation(equation.definition),)
            yield Statement(name, KINDS[equation.role], name, formula, where, latex)


@pytest.mark.parametrize("name", NETWORKS)
def test_printed_equations_are_read_back_and_proved(name):
    derivation = NETWORKS[name]()
    claims = verify_claims(derivation, ClaimsFile(tuple(printed(derivation)), {}))
    assert len(claims) == 2 * len(derivation.equations)
    for claim in claims:
        assert claim.verdict is Verdict.PROVED, (claim.id, claim.statement, claim.reason, claim.counterexample)


def judged(name, kind, formula):
    return verify_claims(NETWORKS[name](), ClaimsFile((Statement("it", kind, "it", (formula,)),), {}))[0]


@pytest.mark.parametrize(
    ("name", "kind", "formula"),
    [
        # The padding forgotten; a bracket too wide; the decay forgotten; the weight of a cost forgotten; a wrong class.
        ("convolution", "equal", "z_l0[c, i] = Sum[k<2, u<3] [0 <= 2 i + u < 7] W_l0[c, k, u] x_u[k, 2 i + u]"),
        ("convolution", "equal", "z_l0[c, i] = Sum[k<2] Sum[u<3] W_l0[c, k, u] x_u[k, 2 i + u - 1] + b_l0[c]"),
        ("decay", "gradient", "bbar_l0[i] = zbar_l0[i]"),
        ("costs", "sensitivity", "s_l0[j] = x_l0[j] - y_cost1[j] + Sum[i] W_l1[i, j] s_l1[i]"),
        ("class", "sensitivity", "s_l0[i] = exp(x_l0[i] - lse) - [i = 0]"),
        ("lookup", "inference", "x_l0[i, c] = W_l0[0, c]"),
        ("maximum", "sensitivity", "s_l0[i] = s_l2[i]"),
    ],
)  # fmt: skip
def test_slips_in_them_are_refuted(name, kind, formula):
    claim = judged(name, kind, formula)
    assert claim.verdict is Verdict.REFUTED, claim.reason
    numbers = claim.counterexample
    assert "entry" in numbers or numbers["left"] != numbers["right"]


def test_an_entry_outside_its_tensor_counts_only_where_no_bracket_is_zero():
    right = "z_l0[c, i] = Sum[k<2] Sum[u<3] [0 <= 2 i + u - 1 < 7] W_l0[c, k, u] x_u[k, 2 i + u - 1] + b_l0[c]"
    assert judged("convolution", "equal", right).verdict is Verdict.PROVED
    wide = judged("convolution", "equal", right.replace("< 7", "< 8"))
    assert wide.verdict is Verdict.REFUTED
    assert "entry" in wide.counterexample
