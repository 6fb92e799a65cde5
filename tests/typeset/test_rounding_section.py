"""Bounds on rounding errors in the appendix: from Python and from a file, rounded so that they hold, and refused."""

import json
import math
import re
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from support.command import run
from support.rounded_chain import changed, derived

import dyadic
from dyadic.physics.loading import emitted_network
from dyadic.physics.prior_bounds import prior_bounds
from dyadic.physics.rounded_numbers import FUNCTION_UNITS
from dyadic.physics.starts import problem
from dyadic.proofs.claims import Verdict
from dyadic.rounding_files import read_bounds, run_bounds
from dyadic.rounding_text import rounding_text
from dyadic.symbolic.decimal_bounds import decimal_above, decimal_below, in_full, text_above
from dyadic.terminal import Page

SPEC = "examples/digits.toml"


@pytest.fixture(scope="module")
def chain():
    derivation = derived()
    network = emitted_network(derivation)
    given = problem(network, None, None, 2, 0)
    return derivation, network.module, given, dyadic.certify(derivation, network.module, *given)


def written(folder, derivation, rounding, ending="tex"):
    path = folder / f"appendix.{ending}"
    dyadic.appendix(derivation, dyadic.verify(derivation, methods=["ranks"]), path, rounding=rounding)
    return path.read_text()


def test_every_gradient_has_its_bound(chain, tmp_path):
    derivation, _, _, found = chain
    text = written(tmp_path, derivation, found)
    (section,) = re.findall(r"\\subsection\{Rounding errors of a run\}(.*?)\\subsection", text, re.S)
    shown = re.findall(r"\{\$\{([\d.]+)(?: \\cdot 10\^\{(-\d+)\})\}\$\}", section)
    assert len(shown) == len(found.gradients) == 4
    for (mantissa, power), one in zip(shown, found.gradients, strict=True):
        bound = Fraction(mantissa) * Fraction(10) ** int(power)
        assert Fraction(one.error) <= bound <= Fraction(one.error) * Fraction(102, 100)
    assert "beyond what the next section says" in text
    assert found.run.arrays[:6] in section
    assert "Rounding errors" in written(tmp_path, derivation, found, "html")
    assert "Rounding errors" not in written(tmp_path, derivation, None)


def test_other_numbers_have_another_hash(chain):
    derivation, module, (params, x, y), found = chain
    assert dyadic.certify(derivation, module, params, x, y).run == found.run
    other = {name: array.copy() for name, array in params.items()}
    other["b.bias"][0] += 1
    assert dyadic.certify(derivation, module, other, x, y).run.arrays != found.run.arrays


def test_a_box_of_inputs(chain, tmp_path):
    derivation, module, given, _ = chain
    found = prior_bounds(derivation, module, *given, 0.01)
    text = written(tmp_path, derivation, found)
    assert "every input of which no entry is further from this one than $0.01$" in text
    section = " ".join(text[text.index("Rounding errors near a run") :].split())
    assert "Runs near one of emitted code in float64" in section
    assert "those of what the functions emitted for NumPy compute, with sums in any order" in section
    assert f"off by at most {FUNCTION_UNITS} units in the last place" in section


def test_refuted_and_undecided(chain, tmp_path):
    derivation, _, given, found = chain
    nan = changed(derivation, "    loss = C_cost.sum() / batch", "    W_bar_c *= np.nan\n    loss = C_cost.mean()")
    text = written(tmp_path, derivation, dyadic.certify(derivation, nan, *given))
    assert "further off than rounding explains in the gradient of \\dyadiccode{c.\\allowbreak weight}" in text
    assert "no number was computed" in text
    text = written(tmp_path, derivation, replace(found, gradients=(), reason="no ball decides it"))
    assert "is undecided, because no ball decides it." in text


def test_the_json_of_what_is_no_number_is_json(chain):
    derivation, _, given, _ = chain
    nan = changed(derivation, "    loss = C_cost.sum() / batch", "    W_bar_c *= np.nan\n    loss = C_cost.mean()")
    content = dyadic.certify(derivation, nan, *given).as_dict()
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert content["gradients"]["c.weight"]["error_at_most"] is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"equations": "0" * 64}, "is about other equations"),
        ({"equations": 7}, "equations is 7"),
        ({"arrays": "x"}, 'arrays is'),
        ({"dtype": "float16"}, "dtype is"),
        ({"samples": True}, "samples is true"),
        ({"samples": 0}, "samples is 0"),
        ({"samples": 10**30}, "samples is 1000000"),
        ({"gradients": {}}, "gradients is"),
        ({"gradients": None}, "gradients is null"),
        ({"verdict": "refuted"}, "verdict is"),
        ({"reason": "none"}, "gradients is"),
        ({"radius": -1}, "radius is -1"),
        ({"radius": 1}, "largest_at_most is null"),
    ],
)  # fmt: skip
def test_what_is_not_of_the_form_is_refused(change, message, chain):
    derivation, _, _, found = chain
    with pytest.raises(dyadic.DyadicError, match=message):
        run_bounds(found.as_dict() | change, derivation)


@pytest.mark.parametrize("value", ["1e-9", -1e-9, True, None, 1e400])
def test_a_bound_is_a_number(value, chain):
    derivation, _, _, found = chain
    content = found.as_dict()
    content["gradients"]["b.bias"]["error_at_most"] = value
    with pytest.raises(dyadic.DyadicError, match="error_at_most is"):
        run_bounds(content, derivation)


@pytest.mark.parametrize(
    ("field", "change", "refused"),
    [
        ("error_at_most", lambda one: one["error_at_most"] / 2, "error_at_most|relative"),
        ("error_at_most", lambda one: 0, "error_at_most|relative"),
        ("error_at_most", lambda one: 10**400, "error_at_most"),
        ("largest_at_least", lambda one: 0.0, "largest_at_least|relative"),
        ("largest_at_least", lambda one: one["largest_at_least"] * 2, "relative"),
        ("relative", lambda one: one["relative"] / 2, "relative"),
        ("relative", lambda one: None, "relative"),
        ("computed", lambda one: one["computed"] + 1, "error_at_most"),
        ("computed", lambda one: None, "error_at_most"),
        ("exact", lambda one: "1e999999999", "exact"),
        ("exact", lambda one: "nan", "exact"),
        ("exact", lambda one: "unknown", "exact"),
        ("exact", lambda one: f"[{one['exact']} +/- 1]", "exact"),
        ("exact", lambda one: "[+/- 1]", "exact"),
        ("exact", lambda one: "[+/- 1e9999]", "exact"),
        ("verdict", lambda one: "undecided", "reason"),
        ("reason", lambda one: "as it is", "reason"),
        ("exact", lambda one: 1.5, "exact"),
        ("exact", lambda one: "0", "error_at_most"),
        ("entry", lambda one: [3], "entry"),
        ("entry", lambda one: [0, 0], "entry"),
        ("entry", lambda one: [True], "entry"),
        ("entry", lambda one: None, "entry"),
    ],
)
def test_numbers_are_held_against_each_other(field, change, refused, chain):
    derivation, _, _, found = chain
    content = found.as_dict()
    one = content["gradients"]["b.bias"]
    assert one["error_at_most"] > 0
    one[field] = change(one)
    with pytest.raises(dyadic.DyadicError, match=f"({refused}) is"):
        run_bounds(content, derivation)


def test_an_undecided_gradient_is_said_and_read_back(chain, tmp_path):
    """One with a bound, and one that no ball bounds; beside others that keep theirs."""
    derivation, _, _, found = chain
    first, second, *others = found.gradients
    first = replace(first, verdict=Verdict.UNDECIDED, reason="it is open")
    second = replace(second, verdict=Verdict.UNDECIDED, reason="no ball", error=math.inf, largest=0.0, exact="unknown")
    some = replace(found, gradients=(first, second, *others))
    text = " ".join(written(tmp_path, derivation, some).split())
    names = f"{code(first.parameter)}, {code(second.parameter)}"
    assert f"undecided whether rounding explains how far what was computed is off in the gradient of {names}" in text
    path = tmp_path / "bounds.json"
    path.write_text(json.dumps(some.as_dict(), allow_nan=False))
    read = read_bounds(path, derivation).bounds
    assert [one.verdict for one in read] == ["undecided", "undecided", "proved", "proved"]
    said = " ".join(" ".join(rounding_text(some, Page(100, False))).split())
    assert said.startswith("UNDECIDED: whether rounding explains")
    assert "it is open; so it is for 1 other gradient" in said
    assert "no bound undecided" in said


def code(name):
    return f"\\dyadiccode{{{name.replace('.', '.' + chr(92) + 'allowbreak ')}}}"


@pytest.mark.parametrize("radius", ["0.3", "0.1", "1e-07", "0.123456789012345"])
def test_a_radius_stands_in_full(radius, chain, tmp_path):
    derivation, module, given, _ = chain
    text = written(tmp_path, derivation, prior_bounds(derivation, module, *given, float(radius)))
    (found,) = re.findall(r"further from this one than\s+\$([^$]*)\$", text)
    assert found == (r"10^{-7}" if radius == "1e-07" else radius)


@pytest.mark.parametrize("line", ["*= -1", "*= 1.001", "*= 0", "*= np.inf", "*= 1e30", "[0] *= 1e-30"])
def test_what_is_found_of_a_wrong_module_agrees_with_itself(line, chain):
    derivation, _, given, _ = chain
    last = "    loss = C_cost.sum() / batch"
    module = changed(derivation, last, f"    W_bar_c{line}\n{last}")
    for found in (dyadic.certify(derivation, module, *given), prior_bounds(derivation, module, *given, 0.01)):
        read = run_bounds(json.loads(json.dumps(found.as_dict(), allow_nan=False)), derivation)
        assert [one.parameter for one in read.bounds if one.is_refuted] == ["c.weight"]


def test_numbers_over_a_box_are_held_against_each_other(chain):
    derivation, module, given, _ = chain
    content = prior_bounds(derivation, module, *given, 0.01).as_dict()
    run_bounds(content, derivation)
    for field, value in (("error_at_most", 0.0), ("largest_at_most", 0.0), ("computed", 3.0), ("exact", "7")):
        wrong = json.loads(json.dumps(content))
        wrong["gradients"]["c.bias"][field] = value
        with pytest.raises(dyadic.DyadicError, match="at_most is"):
            run_bounds(wrong, derivation)


@pytest.mark.parametrize("number", ["1e-400", "1e400", "1e-999999999", "0.10000000000000000000001"])
def test_a_number_that_is_no_double_is_not_read_as_another(number, chain, tmp_path):
    """1e-400 would be 0."""
    derivation, _, _, found = chain
    path = tmp_path / "bounds.json"
    bound = json.dumps(found.as_dict()["gradients"]["b.bias"]["error_at_most"])
    path.write_text(json.dumps(found.as_dict()))
    assert read_bounds(path, derivation).bounds == run_bounds(found.as_dict(), derivation).bounds
    path.write_text(path.read_text().replace(bound, number))
    with pytest.raises(dyadic.DyadicError, match=re.escape(f"{number} is no double")):
        read_bounds(path, derivation)


@pytest.mark.parametrize("text", ["", "[]", "NaN", "[" * 100_000, '{"equations": NaN}'])
def test_a_file_that_holds_no_bounds(text, chain, tmp_path):
    path = tmp_path / "bounds.json"
    path.write_text(text)
    with pytest.raises(dyadic.DyadicError, match="what `dyadic certify --format json` prints"):
        read_bounds(path, chain[0])


@pytest.mark.long
def test_the_commands(tmp_path):
    bounds, appendix = tmp_path / "bounds.json", tmp_path / "appendix.tex"
    bounds.write_text(run("certify", SPEC, "--format", "json").stdout)
    assert run("appendix", SPEC, "--rounding", bounds, "-o", appendix).returncode == 0
    assert "that the file which these bounds are read from holds what was found" in appendix.read_text()
    done = run("appendix", "examples/lstm.toml", "--rounding", bounds, "-o", appendix)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "is about other equations" in done.stderr
    assert run("appendix", SPEC, "--with", "examples/lstm.toml", "--rounding", bounds, "-o", appendix).returncode == 2


def test_a_printed_bound_is_a_bound():
    random = np.random.default_rng(0)
    for value in [0.0, 1.0, 9.999, 1.7e308, *np.exp(random.normal(scale=60, size=500))]:
        for digits in (1, 2, 3, 4):
            above, below = decimal_above(value, digits), decimal_below(value, digits)
            assert Fraction(f"{below:.{digits - 1}e}") <= Fraction(value) <= Fraction(f"{above:.{digits - 1}e}")
            assert Fraction(str(below)) >= Fraction(value) * (1 - Fraction(10, 10**digits))
            assert Fraction(text_above(value, digits)) == Fraction(str(above))


def test_numbers_below_the_normal_ones_have_the_digits_that_they_have():
    """The text is a bound, has as many digits as the number of units, and is less than three units above."""
    for units in [*range(1, 300), 12345, 2**30, 2**52 - 1]:
        value = units * 5e-324
        text = text_above(value, 20)
        assert Fraction(value) <= Fraction(text) <= Fraction(value) + 3 * Fraction(5e-324)
        assert len(text.partition("e")[0].replace(".", "")) == len(str(units))
        assert Fraction(str(decimal_below(value, 4))) <= Fraction(value)
    assert text_above(22 * 5e-324, 3) == "1.1e-322"
    assert text_above(2.0**-1022, 3) == "2.23e-308"


def test_fractions_are_rounded_up_and_step_sizes_printed_in_full():
    assert text_above(Fraction(10, 3), 2) == "3.4e+0"
    assert text_above(Fraction(1, 10**400), 2) == "1.0e-400"
    assert [in_full(one) for one in (1, 0.1, 1e-7, 1.0000001, np.float64(0.5))] == [
        "1",
        "0.1",
        "1e-07",
        "1.0000001",
        "0.5",
    ]
