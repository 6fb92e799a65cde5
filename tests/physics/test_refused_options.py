"""What the commands about the physics refuse: with one message, before they print or write anything."""

import os

import numpy as np
import pytest

from dyadic import cli
from dyadic.symbolic.errors import DyadicError

NET = (
    '[inputs.u]\nshape = [2]\n[[layers]]\nname = "p"\ntype = "dense"\nunits = 3\n'
    '[[layers]]\nname = "q"\ntype = "dense"\nunits = 2\n[cost]\ntype = "squared_error"\n'
)
BARE = 'name = "bare"\n[inputs.u]\nshape = [2]\n[[layers]]\nname = "p"\ntype = "tanh"\n[cost]\ntype = "squared_error"\n'
SHAPES = {"p.weight": (3, 2), "p.bias": (3,), "q.weight": (2, 3), "q.bias": (2,)}
LETTERED = {f"{letter}:{name}": (1, size) for letter in "xs" for name, size in (("p", 3), ("q", 2))}
MODULE = "PARAMETERS, INPUTS, TARGETS, DTYPE = {}, {}, {}, 'float64'\ndef gradients(p, x, y): return 0, {}\n"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a network and arrays that fit it, in which the commands run."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(2)
    (tmp_path / "net.toml").write_text(NET)
    (tmp_path / "module.py").write_text(MODULE)
    (tmp_path / "bare.toml").write_text(BARE)
    np.savez("w.npz", **{name: random.normal(size=shape) for name, shape in SHAPES.items()})
    np.savez("short.npz", **{name: np.zeros(shape if len(shape) > 1 else 2) for name, shape in SHAPES.items()})
    np.savez("d.npz", u=random.normal(size=(1, 2)), y=random.normal(size=(1, 2)))
    np.savez("s.npz", **{name: random.normal(size=shape) for name, shape in LETTERED.items()})
    os.mkfifo("pipe")
    return tmp_path


def ended(capsys, *arguments):
    """(status, standard output, what was said), of a command that runs in this process."""
    try:
        status = cli.run(list(arguments))
    except DyadicError as error:
        status, said = 2, str(error)
        return status, capsys.readouterr().out, said
    found = capsys.readouterr()
    return status, found.out, found.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        # numbers out of their range
        ("relax net.toml --stepsize -inf", "positive"),
        ("relax net.toml --stepsize 1_0", "positive"),
        ("relax net.toml --stepsize 0x1", "positive"),
        ("relax net.toml --tau p=nan", "positive"),
        ("relax net.toml --tau p=0", "positive"),
        ("relax net.toml --tau p=1e999", "positive"),
        ("relax net.toml --tau p=1e-312", "overflows"),
        ("relax net.toml --stepsize 3e307 --steps 99", "no finite time"),
        ("relax net.toml --batch 0", "--batch"),
        ("relax net.toml --batch 77777777777777777777777", "batch: 77777777777777777777777 samples"),
        ("relax net.toml --seed -1", "--seed"),
        ("relax net.toml --steps 9999999999", "steps"),
        ("relax net.toml --schedule blocks --blocks 0", "--blocks"),
        ("devices net.toml --noise -0.5", "--noise"),
        ("devices net.toml --noise 1e155", "--noise"),
        ("devices net.toml --noise 1e-162", "--noise"),
        ("devices net.toml --noise 1e-12", "rounding"),
        ("devices net.toml --noise 0.1 --stepsize -inf", "--stepsize"),
        ("devices net.toml --noise 0.1 --stepsize 2.5", "spectral radius"),
        ("devices net.toml --noise 0.1 --stepsize 1e-6", "larger step"),
        ("devices net.toml --mismatch -0.1", "--mismatch"),
        ("devices net.toml --mismatch 1.7e308", "mismatch"),
        ("devices net.toml --resolution 0", "--resolution"),
        ("devices net.toml --resolution 3e-12", "rounding"),
        ("devices net.toml --resolution 0.1 --count 98765432109", "count of devices"),
        ("devices net.toml --noise 0.1 --count 98765432109", "count of runs"),
        ("certify net.toml --batch 98765432109", "batch"),
        # what has no effect
        ("relax net.toml --blocks 3", "schedule blocks"),
        ("relax net.toml --blocks 2 --schedule asynchronous", "schedule blocks"),
        ("relax net.toml --data d.npz --batch 1", "--batch"),
        ("relax net.toml --params w.npz --data d.npz --start s.npz --seed 0", "--seed"),
        ("relax net.toml --tau p=2 --tau p=2", "twice"),
        ("relax net.toml --tau s:p=2 --tau p=3", "twice"),
        ("devices net.toml", "--resolution"),
        ("devices net.toml --seed 3 --params w.npz", "--mismatch"),
        ("devices net.toml --stepsize 1 --resolution 0.1", "--stepsize"),
        ("devices net.toml --count 9 --mismatch 0.1", "--count"),
        ("devices net.toml --feedback w.npz --params w.npz --data d.npz --seed 4", "--seed"),
        ("compare net.toml --params w.npz --data d.npz --seed 4", "--seed"),
        ("compare net.toml --over p.weigth", "p.weigth"),
        ("compare net.toml --over ,", "--over: has no name"),
        ("compare net.toml --feedback d.npz", "lacks p.weight"),
        ("compare net.toml --feedback w.npz --methods dyadic", "feedback-alignment"),
        ("compare net.toml --feedback w.npz -o linked.csv", "would be lost"),
        ("certify net.toml --params w.npz --data d.npz --seed 4", "--seed"),
        ("certify net.toml --data d.npz --batch 2", "--batch"),
        ("certify net.toml --module module.py --dtype float64", "--module"),
        ("certify net.toml --module module.py --target numpy", "--module"),
        ("certify net.toml --module module.py", "other shapes"),
        ("paper-claims --granularity layer", "SPEC"),
        # files that are none of such arrays
        ("relax net.toml --params pipe", "pipe: cannot be read"),
        ("relax net.toml --start pipe", "pipe: cannot be read"),
        ("devices net.toml --mismatch 0.1 --data pipe", "pipe: cannot be read"),
        ("devices net.toml --feedback pipe", "pipe: cannot be read"),
        ("compare net.toml --data pipe", "pipe: cannot be read"),
        ("certify net.toml --params pipe", "pipe: cannot be read"),
        ("certify net.toml --module pipe", "pipe: cannot be read"),
        ("relax net.toml --start w.npz", "w.npz: lacks x:p"),
        ("devices net.toml --feedback d.npz --noise 0.1", "d.npz: lacks p.weight"),
        ("devices net.toml --resolution 0.1 --params s.npz", "s.npz: lacks p.weight"),
        # names that there are none of, and a network without parameters
        ("compare net.toml --methods ,", "--methods: has no name"),
        ("compare bare.toml", "bare has no parameters: there is no gradient to compare"),
        ("devices bare.toml --mismatch 0.1", "bare has no parameters: there are no feedback weights"),
        ("relax net.toml --params short.npz", "p.bias has shape (2,); give one of shape (3,)"),
        # an output over an input, whichever
        ("relax net.toml --params w.npz -o w.npz", "would be lost"),
        ("relax net.toml --data d.npz -o ./d.npz", "would be lost"),
        ("relax net.toml --start s.npz -o linked.npz", "would be lost"),
        ("compare net.toml --params table.csv -o table.csv", "would be lost"),
        ("compare net.toml --data table.csv -o table.csv", "would be lost"),
        ("compare table.csv -o table.csv", "would be lost"),
    ],
)
def test_what_is_refused(place, capsys, arguments, message):
    (place / "linked.npz").hardlink_to(place / "s.npz")
    for name in ("table.csv", "linked.csv"):
        (place / name).symlink_to(place / "w.npz")
    before = {path.name: path.read_bytes() for path in place.iterdir() if path.is_file()}
    status, printed, said = ended(capsys, *arguments.split())
    assert (status, printed) == (2, "")
    assert message in said
    assert {path.name: path.read_bytes() for path in place.iterdir() if path.is_file()} == before


@pytest.mark.parametrize(
    "arguments",
    [
        "relax net.toml --params w.npz --data d.npz --start s.npz",
        "relax net.toml --params w.npz --data d.npz --start random --seed 4 -o trace.npz",
        "relax net.toml --params w.npz --data d.npz --start zero --schedule asynchronous --seed 4",
        "relax net.toml --schedule blocks --blocks 3 --batch 2 --tau s:p=2 --tau x:p=3",
        "devices net.toml --feedback w.npz --params w.npz --data d.npz",
        "devices net.toml --mismatch 0 --seed 3",
        "devices net.toml --noise 0.1 --stepsize 0.5 --count 20 --resolution 1e-6",
        "compare net.toml --params w.npz --seed 3 --methods dyadic -o table.csv --over p.weight,q.bias",
        "compare net.toml --methods feedback-alignment --feedback w.npz",
        "certify net.toml --dtype float32 --target numpy --batch 2 --seed 3",
    ],
)
def test_what_is_not_refused(place, capsys, arguments):
    status, printed, said = ended(capsys, *arguments.split())
    assert (status, said) == (0, "")
    assert "nan" not in printed


def test_no_variable_had_the_steps(place, capsys):
    assert "none of the 4 variables had the steps for it" in ended(capsys, "relax", "net.toml", "--steps", "0")[1]
    text = ended(capsys, "relax", "net.toml", "--steps", "3")[1]
    assert "first exact step = rank, for all 3 variables that had the steps for it" in text


def test_steps_whose_numbers_overflow_are_compared_up_to_there(place, capsys):
    text = " ".join(ended(capsys, "relax", "net.toml", "--stepsize", "4", "--steps", "900")[1].split())
    assert "after which the numbers overflow" in text
    assert "nan" not in text


@pytest.mark.parametrize("later", ["--noise 1 --resolution 1e-30", "--mismatch 0.1 --noise 1 --stepsize 3"])
def test_nothing_is_printed_before_a_refusal(place, capsys, later):
    assert ended(capsys, "devices", "net.toml", *later.split())[:2] == (2, "")


def test_tolerances_that_overflow_are_undecided_and_no_failure(place, capsys):
    status, text, _ = ended(capsys, "devices", "net.toml", "--resolution", "2e307", "--count", "3")
    assert status == 0
    assert "UNDECIDED  resolution" in text
