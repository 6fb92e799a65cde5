"""The pages of documentation: their examples are run, their links lead somewhere, and no option is left out."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.optional import require

from dyadic.cli import commands
from dyadic.paper.drawing import svg
from dyadic.paper.wavefront import wavefront
from dyadic.symbolic import derive, read_spec

PAGES = sorted(Path("docs").rglob("*.md"))
RUN = [
    Path("docs/tutorial.md"),
    Path("docs/readers.md"),
    *sorted(Path("docs/howto").glob("*.md")),
    *sorted(Path("docs/gallery").glob("*.md")),
    *sorted(Path("docs/reference").glob("*.md")),
]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.S | re.M)
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    "PYTHONPATH": str(Path.cwd()),
}


def blocks(page):
    return BLOCK.findall(page.read_text())


def run_console(text, folder):
    """Every command; the lines under it stand in its output, in their order, and `...` for what is between."""
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _, wanted = part.partition("\n")
        done = subprocess.run(
            command, shell=True, capture_output=True, text=True, cwd=folder, env=ENVIRONMENT, check=False
        )
        assert done.returncode == (1 if wanted.startswith("REFUTED") else 0), (command, done.stdout, done.stderr)
        place = 0
        for line in wanted.splitlines():
            expected = line.removesuffix("...").rstrip()
            if expected:
                assert expected in done.stdout[place:], (command, line, done.stdout)
                place = done.stdout.index(expected, place) + len(expected)


@pytest.mark.parametrize("page", RUN, ids=str)
def test_examples(page, tmp_path):
    found = blocks(page)
    for optional in ("torch", "onnx"):
        if any(f"import {optional}\n" in text for _, text in found):
            require(find_spec(optional), optional)
    assert any(language in ("console", "python") for language, _ in found)
    for language, text in found:
        named = re.match(r"# ([\w.]+\.\w+)\n", text)
        if named:
            (tmp_path / named[1]).write_text(text.removeprefix(named[0]))
        elif language == "console":
            run_console(text, tmp_path)
        elif language == "python":
            command = [sys.executable, "-c", text]
            done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=ENVIRONMENT, check=False)
            assert done.returncode == 0, done.stderr
        else:
            assert language == "yaml", f"{language}: a block that nothing runs"


@pytest.mark.parametrize("page", sorted(Path("docs/gallery").glob("*.md")), ids=str)
def test_figures_of_the_gallery_are_those_that_are_drawn(page, tmp_path):
    """``dyadic figure`` draws them."""
    (text,) = (text for language, text in blocks(page) if language == "toml")
    (tmp_path / f"{page.stem}.toml").write_text(text)
    drawing = wavefront(derive(read_spec(tmp_path / f"{page.stem}.toml")))
    assert page.with_suffix(".svg").read_text() == svg(drawing)
    assert f"({page.stem}.svg)" in page.read_text()


def anchors(page):
    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", [*PAGES, Path("README.md")], ids=str)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", page.read_text())):
        if target.startswith("http"):
            continue
        name, _, anchor = target.partition("#")
        there = page.parent / name if name else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_every_page_is_in_the_index():
    index = Path("docs/README.md").read_text()
    for path in Path("docs").rglob("*.*"):
        if path.name != "README.md":
            assert f"({path.relative_to('docs')})" in index, path


def sections():
    """The text on every command, by its name; the group's is ''."""
    page = Path("docs/reference/commands.md").read_text()
    return {
        title.split()[0] if title.split() else "": text
        for title, text in re.findall(r"^## dyadic ?(.*?)\n(.*?)(?=^## |\Z)", page, re.S | re.M)
    }


def test_every_option_of_every_command_is_in_the_reference():
    found = sections()
    assert set(found) == {*commands.commands, ""}
    for name, command in [*commands.commands.items(), ("", commands)]:
        documented = set(re.findall(r"`(--?[a-z]+)`", "".join(re.findall(r"^\| (`-[^|]*) \|", found[name], re.M))))
        options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
        there = {text for option in options for text in option.opts}
        assert documented == there, name


def test_every_choice_of_an_option_is_in_the_reference():
    for name, text in sections().items():
        command = commands.commands.get(name, commands)
        for parameter in command.params:
            row = re.search(rf"^\| `{parameter.opts[-1]}` \|.*$", text, re.M)
            if row and hasattr(parameter.type, "choices"):
                assert all(f"`{choice}`" in row[0] for choice in parameter.type.choices), (name, parameter.name)
