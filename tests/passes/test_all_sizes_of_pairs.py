"""For all sizes: what holds only as long as few entries differ is not taken for what always holds.

The determinant h of the moments n, p1, ..., p4 of a vector is 0, with its derivatives, while at most two of its entries
differ.  Any number of blocks that is too small for a function of h would take it for 0.
"""

import pytest
from support.long_tests import one_in

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.number_systems.known_slopes import SLOPES, VALUES
from dyadic.proofs.statements.verdict import part_verdict, sizes
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeFile

MOMENTS = """import numpy as np


def f_forward(x: "n"):
    n = x.shape[0]
    p1, p2, p3, p4 = np.sum(x), np.sum(x**2), np.sum(x**3), np.sum(x**4)
    h = n * p2 * p4 + 2 * p1 * p2 * p3 - p2**3 - n * p3**2 - p1**2 * p4
    return {value}, (x, n, p1, p2, p3, p4, h)


def f_backward(dy, cache):
    x, n, p1, p2, p3, p4, h = cache
    d1 = 2 * p2 * p3 - 2 * p1 * p4
    d2 = n * p4 + 2 * p1 * p3 - 3 * p2**2
    d3 = 2 * p1 * p2 - 2 * n * p3
    d4 = n * p2 - p1**2
    dh = d1 + d2 * 2 * x + d3 * 3 * x**2 + d4 * 4 * x**3
    return dy * {slope}
"""
CASES = [
    ("np.tanh(h)", "(1 - np.tanh(h) ** 2) * dh"),
    ("np.exp(h)", "np.exp(h) * dh"),
    ("np.sqrt(1 + h**2)", "h / np.sqrt(1 + h**2) * dh"),
    ("np.sum(np.tanh(h * x))", "(np.sum((1 - np.tanh(h * x) ** 2) * x) * dh + (1 - np.tanh(h * x) ** 2) * h)"),
    ("h / (1 + np.sum(np.exp(x)))", None),
]


def verdict(tmp_path, value, slope):
    path = tmp_path / "f.py"
    path.write_text(MOMENTS.format(value=value, slope=slope))
    return examine_pair(CodeFile(path, "f"))


@pytest.mark.parametrize("case", one_in(4, [case for case in CASES if case[1]]))
def test_a_function_of_many_entries(tmp_path, case):
    claim = verdict(tmp_path, *case)
    assert claim.verdict is Verdict.PROVED
    assert "for all sizes n" in claim.statement


@pytest.mark.parametrize("case", one_in(4, CASES))
def test_what_holds_of_two_different_entries_alone(tmp_path, case):
    """0 is the derivative where n = 2."""
    value = case[0]
    claim = verdict(tmp_path, value, "0 * x" if value != CASES[3][0] else "(1 - np.tanh(h * x) ** 2) * h")
    assert claim.verdict is Verdict.REFUTED
    assert "n = 3" in claim.statement


def test_the_number_of_blocks_is_what_tells(tmp_path, monkeypatch):
    """With too few of them the same mistake would pass, but for the numbers of the code that are tried as sizes."""
    monkeypatch.setattr(sizes, "most_variables", lambda claim, link: lambda extent: 0)
    assert verdict(tmp_path, "np.tanh(h)", "0 * x").verdict is Verdict.REFUTED
    monkeypatch.setattr(part_verdict, "special_sizes", lambda *numbers: ())
    claim = verdict(tmp_path, "np.tanh(h)", "0 * x")
    assert claim.verdict is Verdict.PROVED
    assert "for all sizes n" in claim.statement


def test_equal_values_are_found_by_their_arguments(tmp_path):
    """tanh(h) is tanh(0) for two entries, and not for three."""
    path = tmp_path / "f.py"
    path.write_text(
        MOMENTS.format(value="np.sum(x) * np.tanh(h)", slope="0").replace(
            "return dy * 0", "return dy * np.tanh(0 * h) + 0 * x"
        )
    )
    assert examine_pair(CodeFile(path, "f")).verdict is Verdict.REFUTED


def test_what_is_known_of_a_function_is_true():
    """Of every rule: the derivative of the value is the derivative, at numbers, by differences."""
    import flint

    from dyadic.proofs.evaluate.number_rings import Ball
    from dyadic.proofs.statements.number_systems.known_slopes import KnownSlopes

    class EnclosedSlopes(KnownSlopes, Ball):
        pass

    known, true = EnclosedSlopes(), Ball()
    for name in VALUES | SLOPES:
        for point in ("0.3", "1.7"):
            z = flint.arb(point)
            for order in (0, 1):
                if (order == 1 and name in ("step", "sign")) or name == "identity":
                    continue
                assert known.apply(name, order, z).overlaps(true.apply(name, order, z)), (name, order)
    for name in ("relu", "abs"):  # at the kink, and on the other side
        for point in (-2, 0):
            for order in (0, 1):
                assert known.apply(name, order, flint.arb(point)).overlaps(true.apply(name, order, flint.arb(point)))
