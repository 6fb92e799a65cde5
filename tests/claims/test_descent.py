"""Steps of gradient descent, as update rules are written."""

from __future__ import annotations

import pytest

from claims.author import CHAIN_NAMES, judged
from claims.campaign import _dense as dense
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.symbolic import SpecError

CHAIN = network(dense("h1", 3, "sigmoid"), dense("h2", 3, "sigmoid"), inputs={"image": [3]})
DECAY = network(dense("h", 3, "tanh"), dense("o", 2), inputs={"u": [2]}, weight_decay=0.25)
TIED = network(
    {"name": "a", "type": "matmul", "inputs": ["u", "w"]}, {"name": "b", "type": "matmul", "inputs": ["a", "w"]},
    inputs={"u": [2, 3]}, parameters={"w": {"shape": [3, 3]}},
)  # fmt: skip
NAMES = {**CHAIN_NAMES, r"\mu": "number", "m": "5"}

STEPS = [
    (r"w^2 \leftarrow w^2 - \eta \delta^2 (a^1)^T", True),
    (r"w^2 \leftarrow w^2 + \eta \delta^2 (a^1)^T", False),
    (r"w^2 \leftarrow w^2 - \eta a^1 (\delta^2)^T", False),
    (r"w^2 \leftarrow w^2 - \eta \delta^1 (a^1)^T", False),
    (r"w^2 \leftarrow w^2 - \eta \delta^2 (a^2)^T", False),
    (r"w^l_{jk} \gets w^l_{jk} - \eta a^{l-1}_k \delta^l_j", True),
    (r"w^l_{jk} \gets w^l_{jk} - \eta a^{l-1}_j \delta^l_k", False),
    (r"w^l_{jk} := w^l_{jk} - \alpha \frac{\partial C}{\partial w^l_{jk}}", True),
    (r"b^l \leftarrow b^l - \eta \delta^l", True),
    (r"b^l \leftarrow b^l - \eta^2 \delta^l", False),
    (r"b^l \leftarrow b^l - \frac{\eta}{m} \delta^l", False),
    (r"b^l \leftarrow - \eta \delta^l", False),
    (r"b^l \leftarrow b^l - \mu \delta^l", True),
    (r"b^l \leftarrow b^l - \mu \eta \delta^l", False),
]


@pytest.mark.parametrize(("claim", "true"), STEPS)
def test_steps(claim, true):
    found = judged(CHAIN, claim, kind="descent", names=NAMES, latex=True, at="solution")
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), (found.reason, found.counterexample)


@pytest.mark.parametrize(
    ("derivation", "claim", "true"),
    [
        (DECAY, "W_o <- W_o - eta (s_o x_h^T + 1/4 W_o)", True),
        (DECAY, "W_o <- (1 - eta/4) W_o - eta s_o x_h^T", True),
        (DECAY, "W_o <- (1 - eta) W_o - eta s_o x_h^T", False),
        (DECAY, "W_o <- W_o - eta s_o x_h^T", False),
        (TIED, "w <- w - eta (x_a^T s_b + x_u^T s_a)", True),
        (TIED, "w <- w - eta x_a^T s_b", False),
    ],
)
def test_decay_and_shared_parameters(derivation, claim, true):
    for at in ("solution", "any state"):
        found = judged(derivation, claim, kind="descent", at=at)
        assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), (found.reason, found.counterexample)


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("b_h1[i] <- b_h1[i] - zbar_h1[i]", "no learning rate"),
        ("b_h1[i] <- b_h1[i] - mu nu zbar_h1[i]", "several numbers"),
        ("x_h1[i] <- x_h1[i] - eta zbar_h1[i]", "starts with a parameter"),
        ("b_h1[i] - eta <- b_h1[i]", "starts with a parameter"),
    ],
)
def test_what_is_no_step(claim, message):
    with pytest.raises(SpecError, match=message):
        judged(CHAIN, claim, kind="descent", names={"mu": "number", "nu": "number"})


def test_a_rate_is_no_name_elsewhere():
    with pytest.raises(SpecError, match="'eta' is no quantity"):
        judged(CHAIN, "eta x_h1[i] = eta x_h1[i]")
