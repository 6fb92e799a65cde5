"""vec, the Kronecker product and einsum in claims, in text and in LaTeX, with slips that must not pass."""

import pytest

import dyadic
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements import examine_claims
from dyadic.proofs.statements.parsing.claims_file import ClaimsFile
from dyadic.proofs.statements.semantics.equation import Statement
from dyadic.symbolic.errors import SpecError

NETWORK = {
    "name": "product",
    "inputs": {"u": {"shape": [3, 4]}},
    "parameters": {"W": {"shape": [4, 2]}},
    "layers": [{"name": "m", "type": "matmul", "inputs": ["u", "W"]}],
    "cost": {"type": "squared_error"},
}


@pytest.fixture(scope="module")
def verdict():
    derivation = dyadic.derive(dyadic.architecture(NETWORK))

    def of(formula, latex=False):
        statement = Statement("it", "equal", "here", (formula,), latex=latex, at="solution")
        found = examine_claims(derivation, ClaimsFile((statement,), {}))
        if found.failures:
            raise found.failures[0].error
        return found.claims[0]

    return of


@pytest.mark.parametrize("formula", [
    "vec(x_m) = kron(W^T, I) vec(x_u)",
    "vec(x_m) = kron(I, x_u) vec(W)",
    "vec(x_u W x_m^T) = (x_m \u2297 x_u) vec(W)",
    "kron(x_u, W)^T = kron(x_u^T, W^T)",
    "kron(x_u, x_m^T) kron(W, x_u) = kron(x_u W, x_m^T x_u)",
    "trace(kron(x_m x_m^T, W^T W)) = trace(x_m x_m^T) trace(W^T W)",
    "vec(x_u)[5] = x_u[2, 1]",
    "x_m = einsum('ij,jk->ik', x_u, W)",
    'dC/dW = einsum("ij,ik->jk", x_u, x_m - y)',
    "C = 1/2 einsum('ij,ij->', x_m - y, x_m - y)",
    "einsum('ij->ji', W) = W^T",
    "norm(vec(W))^2 = sum(W .* W)",
])  # fmt: skip
def test_right_ones(verdict, formula):
    assert verdict(formula).verdict is Verdict.PROVED


@pytest.mark.parametrize("formula", [
    "vec(x_m) = kron(W^T, I) vec(2 x_u)",
    "vec(x_u W x_m^T) = (x_u W \u2297 x_u) vec(2 W)",
    "kron(x_m, x_m) = kron(x_m, x_m) + kron(x_m, x_m)",
    "vec(x_u)[5] = x_u[1, 1]",
    "dC/dW = einsum('ij,ik->jk', x_u, y - x_m)",
    "vec(x_m x_m^T) = vec(x_m x_m^T .* x_m x_m^T)",
])  # fmt: skip
def test_slips(verdict, formula):
    claim = verdict(formula)
    assert claim.verdict is Verdict.REFUTED
    assert claim.counterexample["left"] != claim.counterexample["right"]


@pytest.mark.parametrize(("formula", "right"), [
    (r"\operatorname{vec}(x^{\text{m}}) = (W^\top \otimes I) \operatorname{vec}(x^{\text{u}})", True),
    (r"\operatorname{vec}(x^{\text{m}}) = (I \otimes x^{\text{u}}) \operatorname{vec}(W)", True),
    (r"\operatorname{vec}(x^{\text{m}}) = - (I \otimes x^{\text{u}}) \operatorname{vec}(W)", False),
])  # fmt: skip
def test_latex(verdict, formula, right):
    assert (verdict(formula, latex=True).verdict is Verdict.PROVED) == right


@pytest.mark.parametrize(("formula", "words"), [
    ("vec(x_m) = kron(W, I) vec(x_u)", "4 does not divide"),
    ("vec(x_u) = vec(x_m)", "other shapes"),
    ("vec(vec(W)) = vec(W)", "vec is of a matrix"),
    ("kron(vec(W), vec(W)) = 0", "of two matrices"),
    ("kron(W) = 0", "2 arguments"),
    ("x_m = einsum('ij,jk->ki', x_u, W)", "other shapes"),
    ("x_m = einsum('ij,kj->ik', x_u, W)", "entries"),
    ("x_m = einsum('ij,jk->il', x_u, W)", "does not fit"),
    ("x_m = einsum('ij->ij', x_u, W)", "does not fit"),
    ("x_m = einsum(x_u, W)", "is written"),
    ("x_m = kron(I, I)", "needs numbers"),
    ("x_m[i, j] = 'ij->i'", "belong into einsum"),
])  # fmt: skip
def test_what_does_not_fit_is_named(verdict, formula, words):
    with pytest.raises(SpecError) as caught:
        verdict(formula)
    assert words in caught.value.problem
