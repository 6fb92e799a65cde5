"""Arguments and options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from dyadic.choices import COST_TYPES, DTYPES
from dyadic.option_values import PathName

Command = Callable[..., int]


a_file = PathName(path_type=Path)


def spec_argument(command: Command) -> Command:
    """The argument SPEC with the options that say how it is read."""
    return read_as(click.argument("spec", type=a_file)(command))


def read_as(command: Command) -> Command:
    """The options that say how a SPEC is read."""

    @click.option("--cost", type=click.Choice(COST_TYPES), help="The cost of a model that has none [abstract].")
    @click.option(
        "--granularity", type=click.Choice(["operation", "layer"]),
        help="What a vertex is: every operation, or convolution + norm + activation, an attention.",
    )  # fmt: skip
    @wraps(command)
    def wrapped(**options: Any) -> int:
        return command(**options)

    return wrapped


size_option = click.option(
    "--size", "sizes", multiple=True, metavar="NAME=NUMBER", help="A number for a size given by name; may be repeated."
)
seed_option = click.option("--seed", type=click.IntRange(0), help="Seed of everything that is drawn [0].")
dtype_option = click.option("--dtype", type=click.Choice(DTYPES), default="float64", show_default=True)


def number_options(command: Command) -> Command:
    """The options for the numbers of a run."""
    data = click.option("--data", type=a_file, help="Inputs and target from this .npz file [drawn].")
    return click.option("--params", type=a_file, help="Parameters from this .npz file [drawn].")(data(command))
