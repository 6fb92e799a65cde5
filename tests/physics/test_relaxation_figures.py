"""The picture of one relaxation: every variable against steps, and the deviation beside the predicted one."""

import re

import numpy as np
import pytest
from support.updates import updates_of

import dyadic
from dyadic import cli
from dyadic.drawings import relaxation_drawing
from dyadic.paper.drawing import Box, Caption, Curve, stacked
from dyadic.physics.deviation import predicted
from dyadic.physics.dynamics import RelaxationSetting, run
from dyadic.physics.starts import start

NET = (
    '[inputs.x]\nshape = [3]\n[[layers]]\nname = "a"\ntype = "dense"\nunits = 4\n'
    '[[layers]]\nname = "b"\ntype = "dense"\nunits = 2\n[cost]\ntype = "squared_error"\n'
)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.toml").write_text(NET)
    return tmp_path


def drawn(setting):
    derivation = dyadic.derive(dyadic.read("net.toml"))
    updates = updates_of(derivation)
    state = start(updates, "random", 3)
    found = run(updates, setting, state)
    return relaxation_drawing(derivation, found, predicted(updates, setting, state)), found


def captions(drawing):
    return {shape.text for shape in drawing.shapes if isinstance(shape, Caption)}


def squares(drawing):
    """The middles of the marks of what is predicted, without the one that explains them."""
    marks = [
        s.points for s in drawing.shapes if isinstance(s, Curve) and len(s.points) == 5 and s.points[0] == s.points[4]
    ]
    return [tuple(np.mean(points[:4], axis=0)) for points in marks][:-1]


def test_predictions_lie_on_the_line(place):
    drawing, _ = drawn(RelaxationSetting(20, h=0.5))
    assert "predicted in closed form" in captions(drawing)
    line = max((s.points for s in drawing.shapes if isinstance(s, Curve)), key=len)
    assert len(line) == 21
    marks = squares(drawing)
    assert len(marks) == 21
    assert np.abs(np.array(marks) - np.array(line)).max() < 1e-9
    for shape in drawing.shapes:
        if isinstance(shape, Curve):
            assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in shape.points)


def test_another_prediction_does_not(place):
    """What is drawn as predicted is the closed form, not the simulation once more."""
    derivation = dyadic.derive(dyadic.read("net.toml"))
    updates = updates_of(derivation)
    state = start(updates, "random", 3)
    found = run(updates, RelaxationSetting(20, h=0.5), state)
    drawing = relaxation_drawing(derivation, found, predicted(updates, RelaxationSetting(20, h=0.6), state))
    line = max((s.points for s in drawing.shapes if isinstance(s, Curve)), key=len)
    assert np.abs(np.array(squares(drawing))[5:12] - np.array(line)[5:12]).max() > 3


def test_a_variable_is_white_from_its_rank_on(place):
    drawing, found = drawn(RelaxationSetting(6))
    assert "h = 1: exactly 0 from step 4" in captions(drawing)
    for (letter, name), rank in found.ranks.items():
        cells = [s.said for s in drawing.shapes if isinstance(s, Box) and s.said.startswith(f"{letter} of {name}, ")]
        assert [text.endswith("exactly 0") for text in cells] == [step >= rank for step in range(7)]


@pytest.mark.parametrize("setting", [{"solver": "RK45"}, {"schedule": "asynchronous", "h": 0.5}])
def test_where_nothing_is_predicted_nothing_is_drawn_of_it(place, setting):
    drawing, _ = drawn(RelaxationSetting(8, **setting))
    assert "predicted in closed form" not in captions(drawing)


def test_what_rounds_on_its_own_is_exact_up_to_that(place):
    drawing, found = drawn(RelaxationSetting(6, coordinates="dyadic"))
    assert 0 < found.deviation[-1].max() <= found.floor
    assert "h = 1: 0 but for rounding from step 4" in captions(drawing)


@pytest.mark.parametrize(
    ("setting", "label"),
    [({"solver": "BDF", "h": 2.0}, "BDF, read every 2"), ({"schedule": "blocks", "h": 0.5}, "h = 0.5, blocks")],
)
def test_a_line_says_what_it_is_of(place, setting, label):
    assert label in captions(drawn(RelaxationSetting(8, **setting))[0])


def test_the_drop_to_0_does_not_cross_its_label(place):
    drawing, _ = drawn(RelaxationSetting(4))
    (label,) = (s for s in drawing.shapes if isinstance(s, Caption) and "exactly 0 from" in s.text)
    (drop,) = (s for s in drawing.shapes if isinstance(s, Curve) and s.dashes == (1, 2))
    assert label.anchor == "end"
    assert label.x < min(x for x, _ in drop.points)


def test_of_many_steps_the_plot_alone_is_drawn(place):
    drawing, _ = drawn(RelaxationSetting(300, h=0.9))
    assert not any("deviation of x" in text for text in captions(drawing))


def test_one_above_the_other(place):
    drawing, _ = drawn(RelaxationSetting(4))
    both = stacked(drawing, drawing)
    assert both.height == 2 * drawing.height
    assert len(both.shapes) == 2 * len(drawing.shapes)


def ended(capsys, *arguments):
    try:
        return cli.run(list(arguments)), capsys.readouterr().out
    except dyadic.DyadicError as error:
        return 2, str(error)


@pytest.mark.parametrize("ending", ["svg", "pdf"])
def test_the_command_writes_it(place, capsys, ending):
    status, text = ended(capsys, "relax", "net.toml", "--stepsize", "0.5", "--figure", f"f.{ending}", "-o", "t.npz")
    assert status == 0
    assert "predicted and simulated differ by at most" in text
    content = (place / f"f.{ending}").read_bytes()
    assert content.startswith(b"%PDF" if ending == "pdf" else b"<svg")
    assert ending == "pdf" or re.search(rb"predicted in closed form", content)
    assert (place / "t.npz").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--figure", "f.png"], ".svg, .pdf"),
        (["--figure", "no/f.svg"], "no/f.svg"),
        (["--figure", "f.svg", "-o", "f.svg"], "two places"),
        (["--figure", "f.svg", "-o", "../f.svg/../{here}/f.svg"], "two places"),
        (["--figure", "exact.svg", "--start", "s.npz"], "no deviation"),
        (["--figure", "s.svg", "--start", "s.svg"], "would be lost"),
    ],
)
def test_what_is_not_drawn_leaves_nothing_behind(place, capsys, options, message):
    exact = dyadic.relax(dyadic.derive(dyadic.read("net.toml")), states=True)
    np.savez("s.npz", **{name: array[-1] for name, array in exact.states.items()})
    (place / "s.npz").with_suffix(".svg").symlink_to("s.npz")
    before = sorted(place.rglob("*"))
    status, said = ended(capsys, "relax", "net.toml", *(option.format(here=place.name) for option in options))
    assert (status, sorted(place.rglob("*"))) == (2, before)
    assert message in said
