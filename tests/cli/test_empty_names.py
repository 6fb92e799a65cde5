"""A name of a file that is empty, as an unset variable of a shell leaves it, is no name of the current folder."""

import click
import pytest

from dyadic import cli

GROUPS = [
    (name, parameter)
    for name, command in cli.commands.commands.items()
    for parameter in command.params
    if isinstance(parameter.type, click.Path)
]
MORE = {"emit": ["--target", "numpy"], "appendix": ["-o", "a.tex"], "figure": ["-o", "a.svg"], "build": ["-o", "out"]}


def test_all_outputs_are_among_them():
    outputs = {name for name, parameter in GROUPS if "--output" in parameter.opts}
    assert outputs == {"appendix", "build", "compare", "emit", "figure", "relax"}


@pytest.mark.parametrize(("name", "parameter"), GROUPS, ids=[f"{name} {given.opts[0]}" for name, given in GROUPS])
def test_an_empty_name_is_refused_before_the_work(name, parameter, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "appendix.tex").write_text("by hand")
    is_option = isinstance(parameter, click.Option)
    more = MORE.get(name, []) if parameter.opts[0] not in MORE.get(name, []) else []
    words = ["net.toml", *more, parameter.opts[0], ""] if is_option else [""]
    assert cli.run([name, *words]) == 2
    assert "an empty name; give that of a file or folder" in capsys.readouterr().err
    assert [path.read_text() for path in tmp_path.iterdir()] == ["by hand"]
