"""What may not be assumed, and what a file does not tell: a pair is not proved by it."""

import pytest
from passes.near_misses import examined

from dyadic.proofs.claims import Verdict
from dyadic.symbolic import SpecError

OF_THE_LARGEST = [
    ("mask = x == x.max(axis=1, keepdims=True)\nreturn x * mask, mask", "mask", "{} * g * mask"),
    ("m = x.min(axis=0)\nreturn (x <= m) * x, (x <= m)", "low", "{} * g * low"),
    ("gap = np.abs(x - x.max())\nnear = gap < 1\nreturn x * near, near", "near", "{} * g * near"),
]


@pytest.mark.parametrize(("forward", "kept", "backward"), OF_THE_LARGEST)
def test_that_nothing_equals_the_largest_is_no_assumption(tmp_path, forward, kept, backward):
    """Some entry is the largest: a comparison with it is at its kink wherever the forward pass is."""
    for factor, right in (("1.0", True), ("3.0", False)):
        one = f"return {backward.format(factor)}"
        claim = examined(tmp_path / "f.py", 'x: "n d"', forward, one, kept=kept)
        assert claim.verdict is not (Verdict.REFUTED if right else Verdict.PROVED), (factor, claim.counterexample)


def test_a_softmax_that_subtracts_its_largest_entry_is_proved_for_all_sizes(tmp_path):
    forward = "e = np.exp(x - x.max(axis=1, keepdims=True))\np = e / e.sum(axis=1, keepdims=True)\nreturn p, p"
    backward = "return p * (g - (g * p).sum(axis=1, keepdims=True))"
    claim = examined(tmp_path / "f.py", 'x: "n d"', forward, backward, kept="p")
    assert claim.verdict is Verdict.PROVED
    assert "for all sizes n, d" in claim.statement


def test_what_else_a_file_imports_makes_no_difference(tmp_path):
    pair = tmp_path / "f.py", 'x: "n"', "return x * np.square(x) / 3, x", "dx = g\ndx *= x\nreturn {} * x"
    for head in ("import numpy as np", "import jax\nimport numpy as np", "import numpy as np\nimport jax.numpy as jnp"):
        for returned, verdict in (("dx", Verdict.PROVED), ("g", Verdict.PROVED), ("dx * x", Verdict.REFUTED)):
            assert examined(*pair[:3], pair[3].format(returned), head=head).verdict is verdict


def test_squeeze_leaves_out_an_axis_only_where_it_has_one_entry(tmp_path):
    path = tmp_path / "f.py"
    squeezed = examined(path, 'x: "n 1"', "return np.squeeze(x), x", "return g[:, None]")
    assert "for all sizes" not in squeezed.statement
    told = examined(path, 'x: "n 1"', "return np.squeeze(x, axis=1), x", "return g[:, None]")
    assert (told.verdict, "for all sizes n" in told.statement) == (Verdict.PROVED, True)
    kept = examined(path, 'x: "4 3"', "return 2 * torch.squeeze(x, -1), x", "return 2 * g", head="import torch")
    assert kept.verdict is Verdict.PROVED


@pytest.mark.parametrize(
    "call", ["cumsum(x)", "div(x.shape[0], 2) * x", "split(x, (1, 1))", "select(x > 0, x, x)", "rem(x, x)"]
)
def test_functions_of_lax_that_are_not_numpy_s(tmp_path, call):
    path, head = tmp_path / "f.py", "import jax\nfrom jax import lax"
    with pytest.raises(SpecError, match=r"jax\.lax"):
        examined(path, 'x: "2"', f"return lax.{call}, x", "return g", head=head)
    assert examined(path, 'x: "2"', "return lax.tanh(x), x", "return g", head=head).verdict is Verdict.REFUTED
