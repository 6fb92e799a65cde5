"""A backward pass is right if it returns the derivative wherever the forward pass has a value."""

import re

import numpy as np
import pytest
from passes.domain_pairs import RIGHT, WRONG

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements.semantics import pass_domains
from dyadic.proofs.statements.semantics.pass_domains import NOT_NEGATIVE, PassDomains
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.functions import FUNCTIONS
from dyadic.symbolic.readers.python_code import CodeFile

OPEN = ("x ** np.array",)
"""What stands in a wrong pair that is not refuted: a power that the reader writes with a logarithm."""


def text(arguments, forward, returned):
    """The pair f in Python; what the forward pass keeps is called x or by its own names, where it keeps several."""
    kept = re.search(r", (\([^()]*\)|\w+)$", forward)[1].strip("()")
    kept = kept if "," in kept else "x"
    lines = "\n    ".join(forward.split("\n"))
    head = f"import numpy as np\n\n\ndef f_forward({arguments}):\n    {lines}\n\n\n"
    return f"{head}def f_backward(g, cache):\n    {kept} = cache\n    return {returned}\n"


def claim(tmp_path, *pair):
    path = tmp_path / "f.py"
    path.write_text(text(*pair))
    return examine_pair(CodeFile(path, "f"))


def _shapes(function):
    return function.__annotations__.items()


def is_right(pair):
    """Whether the backward pass agrees with difference quotients wherever the forward pass has a value."""
    space = {}
    exec(text(*pair), space)  # of this project's own pairs alone
    forward, backward = space["f_forward"], space["f_backward"]
    shapes = {
        name: [{"n": 2, "d": 3}.get(k) or int(k) for k in v.split()] for name, v in forward.__annotations__.items()
    }
    outcomes = []
    for seed in range(12):
        draw = np.random.default_rng(seed)
        values = {name: draw.normal(size=shape) * (1.5 if seed % 2 else 0.6) for name, shape in shapes.items()}
        out, cache = forward(**values)
        if not np.all(np.isfinite(out)):
            continue
        g, step = draw.normal(size=np.shape(out)), 1e-6
        returned = backward(g, cache)
        for (name, value), found in zip(
            values.items(), returned if isinstance(returned, tuple) else (returned,), strict=True
        ):
            wanted = np.zeros_like(value)
            for place in np.ndindex(value.shape):
                moved = step * (np.arange(value.size).reshape(value.shape) == np.ravel_multi_index(place, value.shape))
                ends = [forward(**{**values, name: value + sign * moved})[0] for sign in (1, -1)]
                wanted[place] = np.sum(g * (ends[0] - ends[1])) / (2 * step)
            outcomes.append(np.allclose(wanted, found, rtol=1e-4, atol=1e-5))
    assert len(outcomes) > 2
    return all(outcomes)


@pytest.mark.filterwarnings("ignore:invalid value", "ignore:divide by zero")
def test_the_pairs_are_what_they_are_said_to_be():
    assert all(map(is_right, RIGHT))
    assert not any(map(is_right, WRONG))


@pytest.mark.parametrize("pair", RIGHT)
def test_right_pairs_are_proved(tmp_path, pair):
    found = claim(tmp_path, *pair)
    assert found.verdict is Verdict.PROVED, (found.reason, found.counterexample)


@pytest.mark.parametrize("pair", WRONG)
def test_wrong_pairs_are_not(tmp_path, pair):
    found = claim(tmp_path, *pair)
    undecided = any(part in part_ for part in OPEN for part_ in pair)
    assert found.verdict is (Verdict.UNDECIDED if undecided else Verdict.REFUTED), found.reason


def test_no_number_is_told(tmp_path):
    """And where the forward pass has a value is said of a pair that is right."""
    found = claim(tmp_path, "x: 'n'", "return x * x, x", "2 * g * np.exp(np.log(x))")
    assert found.counterexample["returned by the backward pass"] == "nan"
    assert found.counterexample["values"]["x[0]"].startswith("-")
    found = claim(tmp_path, "x: 'n'", "return np.sqrt(x), x", "g / (2 * np.sqrt(x))")
    assert "the forward pass has a value: what sqrt is applied to in line 5 is positive" in found.hypotheses
    found = claim(tmp_path, "x: 'n'", "return np.sqrt(x * x + 1), x", "g * x / np.sqrt(x * x + 1)")
    assert not any("value" in text for text in found.hypotheses)


def test_what_is_not_shown_is_undecided_and_says_why(tmp_path):
    """It is right: x is positive wherever y is; but the sum of both conditions is beyond what is shown."""
    forward = "return np.where((x > 1) & (x * y > 2) & (y < 2), np.log(x * y), x * y), (x, y)"
    slope = "np.where((x > 1) & (x * y > 2) & (y < 2), 1 / np.exp(np.log(x ** 3 * y - x ** 2) - 2 * np.log(x)), 1.0)"
    found = claim(tmp_path, "x: 'n', y: 'n'", forward, f"g * y * {slope}, g * x * {slope}")
    assert found.verdict is not Verdict.PROVED


def test_every_function_with_a_domain_is_known():
    limited = {name for name, function in FUNCTIONS.items() if function.defined is not None}
    assert limited - set(NOT_NEGATIVE) <= {"tan"}  # which has poles alone


@pytest.mark.parametrize(("forward", "assumed", "left"), [
    ("return np.log(x)[:1], x", 1, 0),
    ("return np.where(x > 0, np.log(x), 0), x", 0, 1),
    ("return np.log(x * x + 1) / np.sqrt(1 + np.exp(x)), x", 0, 0),
    ("return np.log(np.clip(x, 0.1, 0.9)) + np.log(1 - np.clip(x, 0.1, 0.9)), x", 0, 0),
    ("t = np.log(x)\n    return x * 1.0, x", 0, 0),
    ("t = np.log(x)\n    return np.where(x > 0, t, x), x", 0, 1),
    ("t = np.log(x)\n    return np.where(x > 0, t, x) + t, x", 1, 0),
    ("return np.eye(2) * np.log(x), x", 1, 0),
])  # fmt: skip
def test_what_may_be_assumed_and_what_may_not(tmp_path, forward, assumed, left):
    path = tmp_path / "f.py"
    shape = "2 2" if "eye" in forward else "2" if "[:1]" in forward else "n"
    path.write_text(
        f"import numpy as np\ndef f_forward(x: '{shape}'):\n    {forward}\ndef f_backward(g, x):\n    return x\n"
    )
    domains = PassDomains(CodeFile(path, "f").pair())
    found = ({repr(one.argument) for one in domains.assumed}, {repr(one.argument) for one in domains.open})
    assert tuple(map(len, found)) == (assumed, left)


def test_what_is_too_long_to_be_looked_through_is_not_proved(tmp_path, monkeypatch):
    right = ("x: 'n'", "return np.where(x > 0, np.sqrt(x), x), x", "np.where(x > 0, g / (2 * np.sqrt(x)), g)")
    assert claim(tmp_path, *right).verdict is Verdict.PROVED
    monkeypatch.setattr(pass_domains, "_MOST_NODES", 5)
    found = claim(tmp_path, *right)
    assert found.verdict is Verdict.UNDECIDED
    assert "not shown to be so wherever the forward pass has a value" in found.reason
