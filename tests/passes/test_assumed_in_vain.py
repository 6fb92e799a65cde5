"""What may not be assumed, and what a file does not tell: a pair is not proved by it."""

import pytest

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic import SpecError
from dyadic.symbolic.readers.python_code import CodeFile


def examined(tmp_path, head, arguments, forward, backward, kept="x"):
    path = tmp_path / "f.py"
    body = "".join(f"    {line}\n" for line in forward)
    path.write_text(
        f"{head}\n\n\ndef f_forward({arguments}):\n{body}\n\ndef f_backward(g, cache):\n    {kept} = cache\n"
        + "".join(f"    {line}\n" for line in backward)
    )
    return examine_pair(CodeFile(path, "f"))


NUMPY = "import numpy as np"
OF_THE_LARGEST = [
    (["mask = x == x.max(axis=1, keepdims=True)", "return x * mask, mask"], "mask", "{} * g * mask"),
    (["m = x.min(axis=0)", "return (x <= m) * x, (x <= m)"], "low", "{} * g * low"),
    (["gap = np.abs(x - x.max())", "near = gap < 1", "return x * near, near"], "near", "{} * g * near"),
]


@pytest.mark.parametrize(("forward", "kept", "backward"), OF_THE_LARGEST)
def test_that_nothing_equals_the_largest_is_no_assumption(tmp_path, forward, kept, backward):
    """Some entry is the largest: a comparison with it is at its kink wherever the forward pass is."""
    for factor, right in (("1.0", True), ("3.0", False)):
        claim = examined(tmp_path, NUMPY, 'x: "n d"', forward, [f"return {backward.format(factor)}"], kept)
        assert claim.verdict is not (Verdict.REFUTED if right else Verdict.PROVED), (factor, claim.counterexample)


def test_a_softmax_that_subtracts_its_largest_entry_is_proved_for_all_sizes(tmp_path):
    forward = ["e = np.exp(x - x.max(axis=1, keepdims=True))", "p = e / e.sum(axis=1, keepdims=True)", "return p, p"]
    claim = examined(tmp_path, NUMPY, 'x: "n d"', forward, ["return p * (g - (g * p).sum(axis=1, keepdims=True))"], "p")
    assert claim.verdict is Verdict.PROVED
    assert "for all sizes n, d" in claim.statement


def test_a_change_that_one_library_makes_in_place_and_another_does_not(tmp_path):
    change = ["dx = g", "dx *= x", "return dx * 1.0"]
    assert examined(tmp_path, NUMPY, 'x: "n"', ["return x * x / 2, x"], change).verdict is Verdict.PROVED
    for head in ("import jax\nimport numpy as np", "import numpy as np\nimport jax.numpy as jnp"):
        with pytest.raises(SpecError, match="libraries which differ in what it changes"):
            examined(tmp_path, head, 'x: "n"', ["return x * x / 2, x"], change)


def test_squeeze_leaves_out_an_axis_only_where_it_has_one_entry(tmp_path):
    squeezed = examined(tmp_path, NUMPY, 'x: "n 1"', ["return np.squeeze(x), x"], ["return g[:, None]"])
    assert "for all sizes" not in squeezed.statement
    told = examined(tmp_path, NUMPY, 'x: "n 1"', ["return np.squeeze(x, axis=1), x"], ["return g[:, None]"])
    assert (told.verdict, "for all sizes n" in told.statement) == (Verdict.PROVED, True)
    torch = "import torch"
    kept = examined(tmp_path, torch, 'x: "4 3"', ["return 2 * torch.squeeze(x, -1), x"], ["return 2 * g"])
    assert kept.verdict is Verdict.PROVED


@pytest.mark.parametrize("call", ["cumsum(x)", "div(x, x)", "split(x, (1, 1))", "select(x > 0, x, x)", "rem(x, x)"])
def test_functions_of_lax_that_are_not_numpy_s(tmp_path, call):
    head = "import jax\nfrom jax import lax"
    with pytest.raises(SpecError, match=r"jax\.lax"):
        examined(tmp_path, head, 'x: "2"', [f"return lax.{call}, x"], ["return g"])
    assert examined(tmp_path, head, 'x: "2"', ["return lax.tanh(x), x"], ["return g"]).verdict is Verdict.REFUTED
