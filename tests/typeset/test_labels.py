"""Labels in a paper: distinct for distinct names, ASCII, readable, and where an author finds them."""

import re
from itertools import combinations
from pathlib import Path

import pytest

import dyadic
from dyadic.paper.labels import label_of, label_of_tag

NAMES = ["сеть", "модель", "网络", "網路", "сеть №1 & co_1%", "cafe", "café", "two layers", "two-layers", "two_layers",
         "two--layers", "-", "network", "set", "SET", "set--cf299fff"]  # fmt: skip
TAGS = ["x:éa", "x:\u0e9a", "x:скрытый слой", "x:скрытый-слой", "x:hidden", "s:hidden", "x:my-layer", "x:my-2dlayer",
        "x:my layer", "x:层", "x:屋"]  # fmt: skip


@pytest.mark.parametrize(("label", "names"), [(label_of, NAMES), (label_of_tag, TAGS)])
def test_distinct_names_have_distinct_labels(label, names):
    found = {name: label(name) for name in names}
    assert all(found[one] != found[other] for one, other in combinations(names, 2))
    assert all(re.fullmatch(r"[A-Za-z0-9:._-]+", one) for one in found.values())


@pytest.mark.parametrize("name", ["digits-mlp", "two_layers", "ResNet.50", "7"])
def test_a_name_that_a_label_can_hold_is_its_label(name):
    assert label_of(name) == name


def test_a_name_with_two_hyphens_is_not_taken_for_one_with_a_hash():
    assert label_of("сеть") == "set--cf299fff" != label_of("set--cf299fff")
    assert label_of("сеть") in Path("README.md").read_text()


def test_the_fragment_says_what_its_labels_begin_with(tmp_path):
    network = dyadic.architecture({
        "name": "сеть", "inputs": {"x": {"shape": [2]}},
        "layers": [{"name": "скрытый", "type": "dense", "units": 2}, {"name": "выход", "type": "relu"}],
        "cost": {"type": "squared_error"},
    })  # fmt: skip
    derivation = dyadic.derive(network)
    dyadic.appendix(derivation, dyadic.verify(derivation), tmp_path / "a.tex")
    text = (tmp_path / "a.tex").read_text()
    label = label_of("сеть")
    assert text.splitlines()[2] == (f"% Its labels begin with dyadic:{label}:, as in dyadic:{label}:exactness.")
    assert f"\\dyadicbegin{{{label}}}" in text
    made = re.findall(r"\\label\{\\dyadicprefix:([^}]*)\}", text)
    used = re.findall(r"\\ref\{\\dyadicprefix:([^}]*)\}", text)
    assert len(set(made)) == len(made)
    assert {"exactness", label_of_tag("x:скрытый"), label_of_tag("g:скрытый.weight")} <= set(made)
    assert set(used) <= set(made)
    assert all(one.isascii() for one in made)
