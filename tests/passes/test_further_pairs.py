"""Right pairs and near misses in three styles, as people write them: executed against differences, and decided."""

import pytest
from passes import further_pairs, wider_pairs
from support.executed_pairs import largest_gap
from support.long_tests import one_row_in

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeFile

FURTHER, WIDER = list(further_pairs.pairs()), list(wider_pairs.pairs())
SIZES = {"n": 3, "d": 4, "m": 2, "T": 3}


@pytest.mark.parametrize(("pairs", "count"), [(FURTHER, 30), (WIDER, 24)])
def test_there_are_as_many_of_each(pairs, count):
    assert [sum(pair[2] is right for pair in pairs) for right in (True, False)] == [count, count]
    assert len({pair[:3] for pair in pairs}) == 2 * count


@pytest.mark.parametrize(("style", "name", "right", "text"), [*one_row_in(8, FURTHER), *one_row_in(8, WIDER)])
def test_each_is_decided(tmp_path, style, name, right, text):
    path = tmp_path / "f.py"
    path.write_text(text)
    claim = examine_pair(CodeFile(path, name))
    assert claim.verdict is (Verdict.PROVED if right else Verdict.REFUTED), (claim.reason, claim.counterexample)


@pytest.mark.parametrize(("style", "name", "right", "text"), [*one_row_in(9, FURTHER), *one_row_in(12, WIDER)])
def test_each_is_what_it_is_said_to_be(tmp_path, style, name, right, text, request):
    """By differences of the forward pass as it is executed."""
    path = tmp_path / "f.py"
    path.write_text(text)
    shapes = [tuple(SIZES.get(dim, dim) for dim in shape) for shape in CodeFile(path, name).shapes.values()]
    if style == "jax":
        gap = request.getfixturevalue("in_jax")("largest_gap", style, text, name, shapes)
    else:
        gap = largest_gap(style, text, name, shapes)
    assert (gap < 1e-6) if right else (gap > 1e-3)
