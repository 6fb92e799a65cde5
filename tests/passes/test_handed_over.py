"""What a backward pass gets: what its forward pass returns, by position or by names, and no verdict in doubt."""

import pytest

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeError, CodeFile

HEAD = "import numpy as np\n"


def written(tmp_path, inputs, forward, taken, backward):
    path = tmp_path / "f.py"
    path.write_text(f"{HEAD}def f_forward({inputs}):\n    {forward}\n\ndef f_backward({taken}):\n    {backward}\n")
    return CodeFile(path, "f")


XY, X = 'x: "n", y: "n"', 'x: "n"'
SLOPE = "return g * (1 - np.tanh({}) ** 2)"


@pytest.mark.parametrize(
    "name", ["diff", "den", "data", "dist", "d", "delta_x", "ctx2", "gradient", "ct_mask", "dx", "g_old"]
)
def test_a_variable_of_the_forward_pass_is_what_it_saved(tmp_path, name):
    file = written(
        tmp_path, XY, f"{name} = x - y\n    return ({name} ** 2).sum(), {name}", f"g, {name}",
        f"return 2 * g * {name}, -2 * g * {name}",
    )  # fmt: skip
    claim = examine_pair(file)
    assert claim.verdict is Verdict.PROVED
    assert any(f"{name} is what f_forward returns in place 2" in text for text in claim.hypotheses)
    wrong = written(
        tmp_path, XY, f"{name} = x - y\n    return ({name} ** 2).sum(), {name}", f"g, {name}",
        f"return 2 * g * {name}, 2 * g * {name}",
    )  # fmt: skip
    assert examine_pair(wrong).verdict is Verdict.REFUTED


@pytest.mark.parametrize(("inputs", "forward", "taken", "backward", "verdict"), [
    (X, "z = np.tanh(x)\n    return z, z", "g, x", SLOPE.format("x"), Verdict.REFUTED),  # the output, used as the input
    (X, "z = np.tanh(x)\n    return z, z", "g, z", "return g * (1 - z * z)", Verdict.PROVED),
    (X, "z = np.tanh(x)\n    return z, z", "g, y", "return g * (1 - y * y)", Verdict.PROVED),
    (X, "z = np.tanh(x)\n    return z, x", "g, z_in", SLOPE.format("z_in"), Verdict.PROVED),
    (X, "return np.tanh(x), x", "g, x", SLOPE.format("x"), Verdict.PROVED),
    (X, "return np.tanh(x), 2 * x", "g, x", SLOPE.format("x"), Verdict.REFUTED),
    (X, "return np.tanh(x)", "g, x", SLOPE.format("x"), Verdict.PROVED),
    (X, "x = 2 * x\n    return x * x, x", "g, x", "return 4 * g * x", Verdict.PROVED),  # as it is where it is returned
    (X, "x = 2 * x\n    return x * x, x", "g, x", "return 8 * g * x", Verdict.REFUTED),
    (X, "a, b = np.sin(x), np.cos(x)\n    return a, b", "da, db, x",
     "return da * np.cos(x) - db * np.sin(x)", Verdict.PROVED),
    (X, "a, mean = np.sin(x), np.cos(x)\n    return a, mean", "da, dmean, x",
     "return da * np.cos(x) - dmean * np.sin(x)", Verdict.PROVED),
    (XY, "return x * y, y, x", "g, u, v", "return g * u, g * v", Verdict.PROVED),
    (XY, "return x * y, x, y", "g, u, v", "return g * u, g * v", Verdict.REFUTED),
    (XY, "m = x * y\n    return m * m, m", "g, x, y, m", "return 2 * g * m * y, 2 * g * m * x", Verdict.PROVED),
    (X, "return x * x, (x, 2)", "g, kept", "x, k = kept\n    return k * g * x", Verdict.PROVED),
    (X, "return x * x, x", "g, x, factor=2", "return factor * g * x", Verdict.PROVED),
])  # fmt: skip
def test_what_runs_is_verified(tmp_path, inputs, forward, taken, backward, verdict):
    assert examine_pair(written(tmp_path, inputs, forward, taken, backward)).verdict is verdict


def test_the_report_says_what_was_taken_for_what(tmp_path):
    claim = examine_pair(written(tmp_path, X, "z = np.tanh(x)\n    return z, z", "g, x", SLOPE.format("x")))
    assert "x is what f_forward returns in place 2, there called z" in claim.hypotheses


@pytest.mark.parametrize(("inputs", "forward", "taken", "backward", "words"), [
    (XY, "return x * y, y, x", "g, x, y", "return g * y, g * x", "the order or the names"),
    (XY, "m, s = x * y, 2 * x\n    return m, m, s", "g, y, m", "return g * y, g * m", "the order or the names"),
    (X, "z = np.tanh(x)\n    return z, x", "g, z", "return g * z", "the order or the names"),
    (XY, "return x * y, x - y", "g, diff", "return g, g", "diff may be a derivative"),
    (X, "return np.sin(x), np.cos(x)", "dy, dmean, x", "return dy", "dmean may be a derivative"),
    (X, "return np.sin(x), np.cos(x)", "one, two, x", "return one", "one may be a derivative"),
    (X, "return np.sin(x), 2 * x", "g, dx", "return g * dx", "dx may be a derivative"),
    ('x: "n", g: "n"', "return x * g", "x, g, other", "return g, x", "either g or other"),
    (X, "y, dy = np.sin(x), np.cos(x)\n    return y, dy", "dy", "return dy", "dy is returned by f_forward"),
    (XY, "m = x * y\n    return m, 2 * m", "g, x, y", "return g * y, g * x", "returns 1 values behind"),
    (XY, "m = x * y\n    return m", "g, x, y, kept", "return g * y, g * x", "hands nothing over for kept"),
    (X, "if x.ndim > 1:\n        s = x\n    return x * x", "g, s", "return g * s", "has no value where f_forward ends"),
])  # fmt: skip
def test_no_verdict_where_it_is_doubtful(tmp_path, inputs, forward, taken, backward, words):

    with pytest.raises(CodeError, match=words):
        examine_pair(written(tmp_path, inputs, forward, taken, backward))
