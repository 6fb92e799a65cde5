"""The commands about the physics, as they are typed."""

import numpy as np
import pytest
from support.command import run

DIGITS = "examples/digits.toml"


def dyadic(*arguments, status=0):
    done = run(*arguments)
    assert done.returncode == status, (done.stdout, done.stderr)
    return done.stdout if status in (0, 1, 3) else done.stderr


def test_relax_shows_how_every_variable_settles():
    text = dyadic("relax", DIGITS)
    assert "exact from step 8 on; unit steps are exact after T = 8" in text
    rows = [line for line in text.splitlines() if line.startswith(("x ", "s "))]
    assert len(rows) == 8
    for row in rows:
        rank, first, cells = row.split()[2:]
        assert rank == first
        assert cells == cells[: int(rank)] + "." * (9 - int(rank))
        assert "." not in cells[: int(rank)]
    assert "first exact step = rank, for all 8 variables" in text


def test_relax_writes_its_trace(tmp_path):
    dyadic("relax", DIGITS, "--steps", "5", "--batch", "3", "-o", str(tmp_path / "trace.npz"))
    with np.load(tmp_path / "trace.npz") as file:
        assert file["x:hidden"].shape == (6, 3, 32)
        assert file["energy"].shape == (6,)


def test_relax_shows_the_closed_form_of_a_linear_chain(tmp_path):
    (tmp_path / "chain.toml").write_text(
        '[inputs.x]\nshape = [3]\n[[layers]]\nname = "a"\ntype = "dense"\nunits = 4\n'
        '[[layers]]\nname = "b"\ntype = "dense"\nunits = 2\n[cost]\ntype = "squared_error"\n'
    )
    text = dyadic("relax", str(tmp_path / "chain.toml"), "--stepsize", "0.5", "--steps", "30", "--tau", "s:a=2")
    assert "PROVED     deviation:paths" in text
    assert "predicted and simulated differ by at most" in text
    assert "spectral radius 0.75: converges geometrically" in " ".join(text.split())


def test_numbers_near_one_and_none_are_said_as_what_they_are(tmp_path):
    place = tmp_path / "one.toml"
    place.write_text(
        'weight_decay = 0.1\n[inputs.x]\nshape = [3]\n[[layers]]\nname = "a"\ntype = "dense"\nunits = 2\n'
        '[cost]\ntype = "squared_error"\n'
    )
    text = " ".join(dyadic("relax", str(place), "--tau", "a=1e15").split())
    assert "0.999999999999999 (4 times); spectral radius 0.999999999999999: converges geometrically" in text
    text = " ".join(dyadic("relax", str(place), "--stepsize", "2.0000001").split())
    assert "-1.0000001 (4 times); spectral radius 1.0000001: does not converge" in text
    text = " ".join(dyadic("relax", str(place), "--stepsize", "2").split())
    assert "-1 (4 times); spectral radius 1: does not converge" in text
    assert "predicted and simulated are equal at every step" in dyadic("relax", str(place))
    text = dyadic("compare", str(place), "--methods", "lecun", "--limit", "20")
    assert "on one sample, both without weight decay; relative" in text
    assert "'--limit': '0'" in dyadic("compare", str(place), "--limit", "0", status=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--tau", "hidden"], "NAME=NUMBER"),
        (["--tau", "nobody=2"], "nobody"),
        (["--stepsize", "-1"], "positive"),
        (["--steps", "-1"], "steps"),
        (["--params", "none.npz"], "none.npz"),
        (["--schedule", "blocks", "--blocks", "99"], "from 1 to 8"),
        (["-o", "no/such/place.npz"], "no/such"),
    ],
    ids=str,
)
def test_what_relax_refuses(options, message):
    assert message in dyadic("relax", DIGITS, *options, status=2)


LINEAR = (
    '[inputs.x]\nshape = [3]\n[[layers]]\nname = "a"\ntype = "dense"\nunits = 4\n'
    '[[layers]]\nname = "b"\ntype = "dense"\nunits = 2\n[cost]\ntype = "squared_error"\n'
)


def test_devices_are_predicted_and_simulated(tmp_path):
    (tmp_path / "net.toml").write_text(LINEAR)
    options = ["--mismatch", "0.2", "--noise", "0.1", "--resolution", "0.001", "--count", "300"]
    text = dyadic("devices", str(tmp_path / "net.toml"), *options)
    for line in (
        "PROVED     feedback:error", "REFUTED    feedback:device", "PROVED     noise:covariance",
        "PROVED     resolution", "300 random devices: all within the bound",
        "- exact from step   4 at the latest: a.weight, a.bias",
    ):  # fmt: skip
        assert line in text, line


@pytest.mark.long
def test_feedback_weights_from_a_file(tmp_path):
    (tmp_path / "net.toml").write_text(LINEAR)
    weights = {"a.weight": np.zeros((4, 3)), "a.bias": np.zeros(4), "b.weight": np.ones((2, 4)), "b.bias": np.zeros(2)}
    np.savez(tmp_path / "b.npz", **weights)
    text = dyadic("devices", str(tmp_path / "net.toml"), "--feedback", str(tmp_path / "b.npz"))
    assert "REFUTED    feedback:device" in text
    np.savez(tmp_path / "b.npz", **{"a.weight": np.zeros((4, 3))})
    lacks = dyadic("devices", str(tmp_path / "net.toml"), "--feedback", str(tmp_path / "b.npz"), status=2)
    assert "lacks" in lacks
    both = ["--mismatch", "1", "--feedback", str(tmp_path / "b.npz")]
    assert "one of the two" in dyadic("devices", str(tmp_path / "net.toml"), *both, status=2)
    assert "linear" in dyadic("devices", DIGITS, "--noise", "1", status=2)


def test_compare_shows_every_method(tmp_path):
    (tmp_path / "net.toml").write_text(LINEAR.replace('name = "a"', 'name = "a"\nactivation = "tanh"'))
    for ending, sign in (("csv", "method,source"), ("tex", "longtable"), ("html", "<table>")):
        place = tmp_path / f"table.{ending}"
        text = dyadic(
            "compare", str(tmp_path / "net.toml"), "--methods", "dyadic-ep,asymep,pc-nudged", "--equations", "-o",
            str(place),
        )  # fmt: skip
        assert sign in place.read_text()
    for line in ("PROVED     dyadic-ep:exact", "REFUTED    asymep centred:exact", "E_v = ", "Not compared"):
        assert line in text, line


def test_what_compare_refuses(tmp_path):
    assert "asymep" in dyadic("compare", DIGITS, "--methods", "magic", status=2)
    assert ".csv" in dyadic("compare", DIGITS, "-o", str(tmp_path / "table.docx"), status=2)


def test_paper_claims_prints_every_sentence(tmp_path):
    text = dyadic("paper-claims")
    assert "22 proved, 8 refuted, 6 undecided" in " ".join(text.split())
    for line in ("PROVED     v1.2", "REFUTED    v1.8b", "REFUTED    v2.7c", "UNDECIDED  v2.6b", "because"):
        assert line in text, line
    (tmp_path / "net.toml").write_text(LINEAR)
    own = dyadic("paper-claims", str(tmp_path / "net.toml"), "--verbose")
    assert "(net, L = 2)" in own
    assert "our reading of an abstract; rests on steps" in own
    assert "SPEC" in dyadic("paper-claims", "--size", "n=3", status=2)
