"""The examples of docs/specification.md are read as they stand, and the tables name what there is."""

import re
import tomllib
from pathlib import Path

import pytest

from dyadic.symbolic import architecture, derive, limits
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.structure import show
from dyadic.symbolic.unroll import UNROLLED

TEXT = Path("docs/specification.md").read_text()
EXAMPLES = re.findall(r"```toml\n(.*?)```\s+```text\n(.*?)```", TEXT, re.S)
(PYTHON,) = re.findall(r"```python\n(.*?)```", TEXT, re.S)


@pytest.mark.parametrize(("toml", "parameters"), EXAMPLES, ids=lambda text: text.splitlines()[0])
def test_examples_have_the_parameters_listed(toml, parameters):
    network = architecture(tomllib.loads(toml))
    assert [f"{name} {show(shape)}" for name, shape in network.parameters.items()] == parameters.splitlines()
    assert len(derive(network).equations) > len(network.parameters)


def test_every_example_is_checked():
    assert len(EXAMPLES) == TEXT.count("```toml") == 6


def test_the_python_example():
    exec(PYTHON, {})


def test_the_tables_of_options_and_costs_are_complete():
    section = TEXT.partition("## Recurrence")[2].partition("## ")[0]
    named = set(re.findall(r"^\| `(\w+)` \|", section, re.M))
    assert named == {option for layer in UNROLLED.values() for option in layer.options}
    section = TEXT.partition("## Costs")[2].partition("## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.M)) == set(COSTS)


def test_the_limits_are_those_of_the_code():
    section = TEXT.partition("## Limits")[2].partition("## ")[0]
    named = {name: int(number) for number, name in re.findall(r"\| (\d+) \| `(\w+)` \|", section)}
    assert named == {name: value for name, value in vars(limits).items() if name.isupper() and name[0] != "_"}
