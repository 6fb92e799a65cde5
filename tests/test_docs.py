"""The pages of documentation: their examples are run, their links lead somewhere, and no option is left out."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.long_tests import often
from support.optional import require
from support.pages import blocks, pictures, run_page

from dyadic.cli import commands

PAGES = sorted(Path("docs").rglob("*.md"))
GALLERY = sorted(Path("docs/gallery").glob("*.md"))
RUN = [
    Path("docs/tutorial.md"),
    Path("docs/readers.md"),
    *sorted(Path("docs/howto").glob("*.md")),
    *GALLERY,
    *sorted(Path("docs/reference").glob("*.md")),
]
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


LONG = ("experiment", "read_a_model", "claims_in_ci", "train_with_kernels", "lstm", "cnn")


@pytest.mark.parametrize("page", often(RUN, lambda page: page.stem not in LONG), ids=str)
def test_examples(page, tmp_path):
    found = blocks(page)
    for optional in ("torch", "onnx"):
        if any(f"import {optional}\n" in text for _, text in found):
            require(find_spec(optional), optional)
    assert any(language in ("console", "python") for language, _ in found)
    run_page(page, tmp_path)
    for picture in pictures(page):
        shown, drawn = picture.read_text(), (tmp_path / picture.name).read_text()
        # Relaxations round as the machine does; the gallery's figures are counted, so that they are the same anywhere.
        assert shown == drawn or (page not in GALLERY and same_picture(shown, drawn)), f"{picture}: `make docs`"


@pytest.mark.parametrize("page", GALLERY, ids=str)
def test_a_page_of_the_gallery_shows_its_figure(page):
    assert pictures(page) == [page.with_suffix(".svg")]


def same_picture(one, two):
    """Whether two drawings are the same up to the rounding of their numbers."""
    if NUMBER.split(one) != NUMBER.split(two):
        return False
    pairs = zip(NUMBER.findall(one), NUMBER.findall(two), strict=True)
    return all(abs(float(a) - float(b)) <= 0.02 * max(1, abs(float(b))) for a, b in pairs)


def test_a_picture_that_is_another_is_told_from_it():
    shown = Path("docs/pictures/settling.svg").read_text()
    assert same_picture(shown, shown)
    assert not same_picture(shown, shown.replace("exactly 0", "1.00e-03", 1))
    assert not same_picture(shown, re.sub(r'x="(\d+)', lambda match: f'x="{int(match[1]) + 3}', shown, count=1))
    assert not same_picture(shown, Path("docs/pictures/stepsizes.svg").read_text())


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
    shown = {picture.resolve() for page in PAGES for picture in pictures(page)}
    for path in Path("docs").rglob("*.*"):
        if path.name != "README.md":
            is_shown = path.parent.name == "pictures" and path.resolve() in shown
            assert is_shown or f"({path.relative_to('docs')})" in index, path


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
        rows = "".join(re.findall(r"^\| (`-[^|]*) \|", found[name], re.M))
        documented = set(re.findall(r"`(--?[a-z][a-z0-9-]*)`", rows))
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
