"""Equations are simplified for their sizes, and keep their values: all layer types, at small sizes of many kinds."""

import itertools
import random

import numpy as np
import pytest
from support.interpret import evaluate
from sympy import Add, Integer

from dyadic.catalogue import example_network
from dyadic.proofs.checker.instantiated import equation_instances
from dyadic.proofs.subject import examine
from dyadic.symbolic.expressions import (
    Bracket,
    Definition,
    Index,
    Inside,
    Quotient,
    Reduction,
    Remainder,
    Same,
    Tensor,
    rename_definition,
    size,
)
from dyadic.symbolic.indices import bounds, is_inside, simplified, simplify, simplify_bracket
from dyadic.symbolic.layers import LAYERS
from dyadic.symbolic.printing import TextPrinter
from dyadic.symbolic.tensor_names import Name, NameRole, U, V

P, J, K = map(Index, "pjk")


def derivations(name):
    return example_network(name, numeric=False).layers.values()


def numbers(layer, seed):
    """Numbers from 1 to 4 for the sizes of a kind, and what the shape rule gives; None where it gives no size."""
    source, equation = random.Random(repr((layer.label, seed))), layer.equation
    tensors = (*equation.inputs, *(p.tensor for p in equation.parameters.values()))
    shapes = [extent for tensor in tensors for extent in tensor.shape]
    shapes += [e for given in equation.sizes.values() for e in (given if isinstance(given, tuple) else (given,))]
    free = set().union(*(extent.free_symbols for extent in shapes)) - set(equation.extents)
    found = {symbol: Integer(source.randint(1, 4)) for symbol in sorted(free, key=str)}
    for symbol, formula in equation.extents.items():
        found[symbol] = formula.xreplace(found)
        if not found[symbol].is_Integer or found[symbol] < 1:
            return None
    return found


def arrays(name, layer, sizes, seed):
    """Numbers for every tensor of a kind; 0 for what stands in an index."""
    equation, source = layer.equation, np.random.default_rng(seed)
    output = equation.output.tensor
    items = (*equation.definitions, *layer.intermediates)
    tensors = [*(p.tensor for p in equation.parameters.values()), *(item.tensor for item in items)]
    tensors += [*equation.inputs, Tensor(Name("s", V), output.shape), Tensor(Name("x", V), output.shape)]
    whole = {t.name for slot, t in enumerate(equation.inputs) if slot in LAYERS[name].index_slots}
    found = {}
    for tensor in tensors:
        shape, key = [int(extent.xreplace(sizes)) for extent in tensor.shape], tensor.name
        integer = key in whole or tensor.name.role is NameRole.CHOICE
        found[key] = np.zeros(shape, dtype=int) if integer else source.uniform(0.1, 0.9, shape)
    return found


@pytest.mark.parametrize("name", [name for name, type_ in LAYERS.items() if type_.arity])
def test_a_simplified_equation_has_the_same_values(name):
    compared = 0
    for layer, seed in itertools.product(derivations(name), range(6)):
        sizes = numbers(layer, seed)
        if sizes is None:
            continue
        derived = (*layer.intermediates, *layer.adjoints, *layer.gradients.values(), layer.energy)
        for item in (*layer.equation.definitions, *derived):
            plain = rename_definition(item, {}, sizes)
            other = simplified(plain)
            compared += 1
            if other is plain:
                continue
            key, given = plain.tensor.name, arrays(name, layer, sizes, seed)
            values = [evaluate([one], dict(given), {})[key] for one in (plain, other)]
            np.testing.assert_allclose(values[1], values[0], rtol=1e-12, atol=1e-14)
    assert compared


@pytest.mark.parametrize("name", LAYERS)
def test_the_checker_knows_simplified_equations(name):
    derivation = example_network(name, numeric=True)
    found = equation_instances.examine(examine(derivation, 2 * derivation.architecture.L).graph)
    assert (found.differences, found.undecided) == ([], [])
    assert found.definitions


def test_a_bracket_that_picks_a_term_is_not_printed():
    """Sum[k<2] 3 [k = 0] s[2 j + k]/4 is 3/4 s[2 j]."""
    s = Tensor(Name("s", V), (Integer(8),))
    body = Reduction("sum", K, Integer(2), 3 * Same(K, Integer(0)) * s[2 * J + K] / 4)
    item = simplified(Definition(Tensor(Name("xbar", U), (Integer(4),)), (J,), body))
    assert item.body == 3 * s[2 * J] / 4
    assert "Sum" not in TextPrinter().equation(item)


def test_a_value_outside_the_sum_keeps_its_bracket():
    s = Tensor(Name("s", V), (Integer(2),))
    item = Definition(Tensor(Name("y", V), (Integer(4),)), (P,), Reduction("sum", K, Integer(2), Same(K, P) * s[K]))
    assert simplified(item).body == Inside(P, Integer(2)) * s[P]


def test_a_maximum_over_nothing_stays_one():
    """0 times the rest would be 0, where the maximum has no value."""
    x = Tensor(Name("x", U), (Integer(4),))
    item = Definition(
        Tensor(Name("y", V), ()), (), Reduction("max", K, Integer(2), Inside(K + 5, Integer(4)) * x[K])
    )  # fmt: skip
    assert simplified(item).body.has(Bracket)


def test_a_value_is_not_captured_by_a_sum_within():
    x = Tensor(Name("x", U), (Integer(3), Integer(3)))
    inner = Reduction("sum", P, Integer(2), x[P, K])
    item = Definition(Tensor(Name("y", V), (Integer(3),)), (P,), Reduction("sum", K, Integer(3), Same(K, P) * inner))
    given = {Name("x", U): np.arange(9.0).reshape(3, 3)}
    values = [evaluate([one], dict(given), {})[Name("y", V)] for one in (item, simplified(item))]
    np.testing.assert_array_equal(*values)


@pytest.mark.parametrize("seed", range(200))
def test_index_expressions_keep_their_values_and_bounds(seed):
    """Numbers and names for extents alike: a name is tried with several numbers."""
    source = random.Random(seed)

    n = size("n")
    ranges = {P: n, J: Integer(source.randint(1, 4)), K: n * source.randint(1, 2)}

    def some(depth):
        if depth == 0 or source.random() < 0.2:
            return source.choice([P, J, K, Integer(source.randint(-3, 6)), n])
        if source.random() < 0.5:
            return Add(source.randint(-2, 4) * some(depth - 1), source.choice([1, 1, 2, n]) * some(depth - 1))
        divisor = source.choice([Integer(source.randint(1, 6)), n])
        return source.choice([Quotient, Remainder])(some(depth - 1), divisor)

    expression, extent = some(3), source.choice([Integer(source.randint(1, 6)), n])
    simple, limits = simplify(expression.expand(), ranges), bounds(expression, ranges)
    bracket = source.choice([Inside, Same])(expression, extent)
    sure = is_inside(expression, extent, ranges)
    for number in (1, 2, 3, 5):
        at_size = {symbol: int(reach.subs(n, number)) for symbol, reach in ranges.items()}
        for place in itertools.product(*map(range, at_size.values())):
            table = {n: Integer(number), **dict(zip(ranges, map(Integer, place), strict=True))}
            value = number_of(expression, table)
            assert number_of(simple, table) == value, (expression, simple, table)
            if limits is not None:
                low, high = (number_of(Integer(1) * bound, table) for bound in limits)
                assert low <= value <= high
            if isinstance(bracket, Bracket):
                assert number_of(simplify_bracket(bracket, ranges), table) == number_of(bracket, table)
            assert not sure or 0 <= value < number_of(extent, table)


def number_of(node, table):
    """The value of an index expression, its nodes rebuilt from the leaves."""
    if node in table:
        return table[node]
    return node.func(*(number_of(argument, table) for argument in node.args)) if node.args else node
