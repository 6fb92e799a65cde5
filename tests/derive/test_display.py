"""What is shown: no size captures an index; and brackets that are certain are numbers when a sum is solved."""

import pytest
from sympy import Integer

from dyadic.symbolic import architecture, derive
from dyadic.symbolic.expressions import Index, Reduction, Same, Tensor, all_indices, apart_from_sizes
from dyadic.symbolic.indices import solve_same
from dyadic.symbolic.latex_printing import LatexPrinter
from dyadic.symbolic.printing import TextPrinter
from dyadic.symbolic.tensor_names import Name, U


@pytest.mark.parametrize("name", ["i", "j", "k", "l", "p"])
def test_the_name_of_a_size_captures_no_index(name):
    """``Sum[j<j] W[i, j] x[j]`` says nothing: an index gives way to a size of its name, in every notation."""
    spec = {
        "inputs": {"x": {"shape": [name]}},
        "layers": [{"name": "a", "type": "dense", "units": name}, {"name": "b", "type": "softmax"}],
        "cost": {"type": "squared_error"},
    }
    found = derive(architecture(spec)).equations
    for equation in found.values():
        for item in (equation.definition, *equation.where):
            shown = apart_from_sizes(item)
            sizes = {symbol.name for symbol in shown.body.free_symbols if not isinstance(symbol, Index)}
            indices = {index.name for index in all_indices(shown.body) | set(shown.indices)}
            assert not sizes & indices
            assert len(set(shown.indices)) == len(item.indices)
    text = TextPrinter().equation(found["x:a"].definition)
    assert f"<{name}] W_a[" in text
    assert f"[{name}<{name}]" not in text
    assert f"{name} < {name}" not in LatexPrinter().equation(found["x:a"].definition)


def test_an_index_without_a_namesake_keeps_its_name():
    spec = {"inputs": {"x": {"shape": ["n"]}}, "layers": [{"name": "a", "type": "dense", "units": 2}],
            "cost": {"type": "squared_error"}}  # fmt: skip
    item = derive(architecture(spec)).equations["x:a"].definition
    assert apart_from_sizes(item) is item


@pytest.mark.parametrize(("position", "inside"), [(0, True), (1, True), (2, False), (-1, False)])
def test_a_bracket_that_picks_a_number(position, inside):
    j, x = Index("j"), Tensor(Name("x", U), (Integer(2),))
    body = Reduction("sum", j, Integer(2), Same(j, Integer(position)) * x[j])
    assert solve_same(body, {j: Integer(2)}) == (x[Integer(position)] if inside else 0)
