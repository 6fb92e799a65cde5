"""Exit statuses of what is not foreseen, and the choices that the command line writes out."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from support.command import run

from dyadic import cli
from dyadic.codegen import DTYPES, TARGETS
from dyadic.physics.flows import SOLVERS
from dyadic.physics.orders import SCHEDULES
from dyadic.symbolic.costs import COSTS

BROKEN = """
import sys
import dyadic.commands
from dyadic import entry

def broken(**options):
    raise {error}

dyadic.commands.layers = broken
sys.argv = ["dyadic", *{arguments!r}]
entry.main()
"""


def broken(error, *arguments, **environment):
    """The program with a mistake planted in one of its commands."""
    done = subprocess.run(
        [sys.executable, "-c", BROKEN.format(error=error, arguments=["layers", *arguments])],
        capture_output=True, text=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip
    return done.returncode, done.stderr


def test_a_defect_has_a_status_of_its_own_and_one_line():
    status, errors = broken("KeyError('a\\nb')")
    assert (status, errors.count("\n")) == (70, 1)
    assert errors.startswith("dyadic: a defect of dyadic, not of your input: KeyError: 'a\\nb' (")
    assert "please report" in errors


@pytest.mark.parametrize("how", ["option", "variable"])
def test_the_traceback_is_shown_on_request(how):
    status, errors = (
        broken("KeyError('x')", "--debug") if how == "option" else broken("KeyError('x')", DYADIC_DEBUG="1")
    )
    assert status == 70
    assert "Traceback (most recent call last)" in errors
    assert errors.splitlines()[-1].startswith("dyadic: a defect")


@pytest.mark.parametrize(
    ("error", "status"),
    [("MemoryError()", 2), ("OSError(28, 'No space left on device')", 2), ("RecursionError()", 70),
     ("AssertionError()", 70), ("SystemError()", 70), ("BrokenPipeError()", 141)],
)  # fmt: skip
def test_no_error_has_the_status_of_a_verdict(error, status):
    found, errors = broken(error)
    assert found == status
    assert errors.count("\n") == (status != 141)


def test_memory_that_does_not_suffice_names_what_it_was_wanted_for():
    assert broken("MemoryError()", "dense")[1].startswith("dyadic: dense: memory does not suffice")


@pytest.mark.parametrize("steps", ["1e3", "two", "1.5"])
def test_a_number_of_steps_that_is_none(steps):
    done = subprocess.run(
        [sys.executable, "-m", "dyadic", "verify", "examples/digits.toml", "--steps", steps],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"'{steps}' is not a valid integer;" in done.stderr


def test_the_choices_are_those_of_the_tables():
    assert tuple(COSTS) == cli.COST_TYPES
    assert (TARGETS, DTYPES) == (cli.TARGETS, cli.DTYPES)
    assert (SCHEDULES, SOLVERS) == (cli.SCHEDULES, cli.SOLVERS)
    assert {*cli.RUNNING, "onnx"} == set(TARGETS)


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["verify", "--help"], ["build"]])
def test_nothing_heavy_is_imported_before_a_command_runs(arguments):
    program = f"""
import atexit, sys
sys.argv = ["dyadic", *{arguments!r}]
sys.setprofile(lambda *a: None)  # so that the interpreter ends in the usual way
from dyadic import entry
atexit.register(lambda: print("LOADED", sorted({{m.partition(".")[0] for m in sys.modules}}), file=sys.stderr))
entry.main()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    loaded = done.stderr.rpartition("LOADED")[2]
    assert "'click'" in loaded
    for module in ("sympy", "numpy", "networkx", "z3", "flint", "rich", "jinja2", "typst", "onnx", "torch"):
        assert f"'{module}'" not in loaded


def test_the_list_of_commands_holds_whole_sentences():
    """A summary that does not fit is cut by click, with three points."""
    listed = run("--help").stdout.partition("Commands:")[2].splitlines()[1:]
    assert len(listed) == len(cli.commands.commands)
    assert [line for line in listed if not line.endswith(".") or line.endswith("...")] == []


@pytest.mark.long
def test_what_is_said_does_not_depend_on_docstrings():
    """``python -OO`` drops them; commands and layers are described by theirs."""
    for arguments in (["--help"], ["check", "--help"], ["layers"], ["layers", "softmax"]):
        plain, stripped = (
            subprocess.run([sys.executable, *options, "-m", "dyadic", *arguments], capture_output=True, text=True)
            for options in ([], ["-OO"])
        )
        assert plain.returncode == stripped.returncode == 0
        assert plain.stdout == stripped.stdout


@pytest.mark.parametrize("name", ["DyadicError", "SpecError"])
def test_an_error_of_the_project_can_be_named_without_its_mathematics(name):
    program = f"import sys; from dyadic.symbolic import {name}; print({name}.__module__, 'sympy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["dyadic.symbolic.errors", "False"]
