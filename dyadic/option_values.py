"""What the command line takes: names of files, numbers that are numbers, and an option for one value once."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any

import click

from dyadic.symbolic.docstrings import docstring

_MOST_STEPS = 2**31


class PathName(click.Path):
    """The name of a file or folder.  An empty one is refused: it would be the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            self.fail("an empty name; give that of a file or folder", param, ctx)
        return super().convert(value, param, ctx)


class Real(click.FloatRange):
    """A finite number that is positive, or not negative."""

    name = "float"

    def __init__(self, positive: bool = True) -> None:
        super().__init__(min=0, min_open=positive)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = real_number(value)
        if number is None or number < 0 or (self.min_open and number == 0):
            self.fail(f"{value!r}: write a {'positive number' if self.min_open else 'number that is not negative'}")
        return number


def real_number(text: str | float) -> float | None:
    """The finite number that a text is, in plain notation; None where it is none."""
    if isinstance(text, str) and not (text.isascii() and "_" not in text):
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number - number == 0 else None  # not so for nan and inf


class Count(click.IntRange):
    """A number of steps, which is not negative."""

    name = "integer"

    def __init__(self) -> None:
        super().__init__(min=0)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        number: int = super().convert(value, param, ctx)
        if number > _MOST_STEPS:
            self.fail(f"{number} is more than {_MOST_STEPS} steps.", param, ctx)
        return number


class _Described(click.Command):
    """A command whose help is its function's docstring, also where Python was told to drop these."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if self.help is None and self.callback is not None:
            self.help = cleandoc(docstring(self.callback)) or None


class StrictCommand(_Described):
    """A command that takes an option for one value once: of two values one would be lost without a word."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:
            *_, given = self.make_parser(ctx).parse_args(list(args))
            for param in {one for one in given if given.count(one) > 1}:
                if isinstance(param, click.Option) and not (param.multiple or param.is_flag):
                    raise click.UsageError(f"{param.opts[-1]} is given twice.", ctx)
        return super().parse_args(ctx, args)


class StrictGroup(_Described, click.Group):
    command_class = StrictCommand
