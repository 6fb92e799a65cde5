"""The index calculus: derivatives for symbolic sizes, held against SymPy component by component."""

import itertools

import pytest
import sympy
from support.long_tests import one_in

from dyadic.symbolic.energy import LayerKind, derive_cost, derive_layer
from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import Apply, Definition, Element, Index, Reduction, Tensor, size, total
from dyadic.symbolic.functions import ACTIVATIONS, FUNCTIONS, Z, derivative
from dyadic.symbolic.latex_printing import LatexPrinter
from dyadic.symbolic.printing import TextPrinter
from dyadic.symbolic.tensor_names import Name, U, V
from dyadic.symbolic.variation import gradient

i, j, k = Index("i"), Index("j"), Index("k")
n, m = size("n"), size("m")

KINDS = [
    *(LayerKind("dense", (("activation", a), ("bias", b)), (1,)) for a in ACTIVATIONS for b in (True, False)),
    LayerKind("dense", (("activation", "tanh"), ("bias", True)), (2,)),
    LayerKind("add", (), (1, 1)),
    LayerKind("add", (), (2, 2, 2)),
    *(LayerKind(a, (), (1,)) for a in ACTIVATIONS if FUNCTIONS[a].layer),
]


def components(definitions, sizes):
    """Every entry of every definition as a SymPy expression of plain symbols: no index notation left."""
    known = {}

    def value(node, at):
        if isinstance(node, Element):
            place = tuple(int(index.xreplace(at)) for index in node.indices)
            return known.get((node.name, place), sympy.Symbol("_".join(map(str, [node.name, *place]))))
        if isinstance(node, Apply):
            formula = derivative(node.name, node.order) if node.order else FUNCTIONS[node.name].definition
            return formula.xreplace({Z: value(node.argument, at)})
        if isinstance(node, Reduction):
            extent = int(node.extent.xreplace(sizes))
            parts = [value(node.body, at | {node.index: sympy.Integer(position)}) for position in range(extent)]
            return sum(parts) if node.kind == "sum" else sympy.log(sum(map(sympy.exp, parts)))
        return node.func(*(value(a, at) for a in node.args)) if node.args else node

    for item in definitions:
        shape = [int(extent.xreplace(sizes)) for extent in item.tensor.shape]
        for place in itertools.product(*map(range, shape)):
            at = dict(zip(item.indices, map(sympy.Integer, place), strict=True))
            known[item.tensor.name, place] = value(item.body, at)
    return known


def differ(one, two):
    """Whether two expressions differ at a rational point, to 30 digits."""
    symbols = sorted(one.free_symbols | two.free_symbols, key=str)
    point = {symbol: sympy.Rational(2 * position + 3, 7 + position) for position, symbol in enumerate(symbols)}
    return abs(sympy.N(one.subs(point), 40) - sympy.N(two.subs(point), 40)) > 1e-30


def differentiated(definitions, intermediates, results):
    """(derived entry, SymPy's derivative of the scalar) for every entry of every result."""
    sizes = dict(zip([n, m, size("d1"), size("n1"), size("n2")], map(sympy.Integer, [2, 3, 2, 2, 1]), strict=True))
    scalar = components(definitions, sizes)[definitions[-1].tensor.name, ()]
    known = components((*definitions, *intermediates, *results.values()), sizes)
    for tensor, item in results.items():
        shape = [int(extent.xreplace(sizes)) for extent in item.tensor.shape]
        for place in itertools.product(*map(range, shape)):
            symbol = sympy.Symbol("_".join(map(str, [tensor.name, *place])))
            yield known[item.tensor.name, place], scalar.diff(symbol)


@pytest.mark.parametrize("kind", one_in(4, KINDS), ids=lambda kind: kind.label)
def test_layers_against_sympy(kind):
    layer = derive_layer(kind)
    equation = layer.equation
    results = dict(zip(equation.inputs, layer.adjoints, strict=True))
    results |= {p.tensor: layer.gradients[name] for name, p in equation.parameters.items()}
    pairs = list(differentiated((*equation.definitions, layer.energy), layer.intermediates, results))
    assert pairs
    assert not [pair for pair in pairs if differ(*pair)]


@pytest.mark.parametrize("name", ["squared_error", "cross_entropy"])
def test_costs_against_sympy(name):
    cost = derive_cost(name, 1)
    pairs = list(differentiated(cost.equation.definitions, cost.intermediates, {cost.equation.input: cost.gradient}))
    assert len(pairs) == 2
    assert not [pair for pair in pairs if differ(*pair)]


def test_nested_sums_do_not_capture_indices():
    """E = Sum_i x[i] (Sum_j x[j]) has the gradient 2 Sum_j x[j]; a captured index would give something else."""
    x, E = Tensor(Name("x", U), (n,)), Tensor(Name("E", V), ())
    product = Definition(E, (), total(i, n, x[i] * total(j, n, x[j])))
    found = gradient([product], [x])
    pairs = list(differentiated((product,), found.intermediates, found.results))
    assert len(pairs) == 2
    assert not [pair for pair in pairs if differ(*pair)]


def test_a_repeated_index_becomes_a_bracket():
    x, E = Tensor(Name("x", U), (n, n)), Tensor(Name("E", V), ())
    trace = gradient([Definition(E, (), total(i, n, x[i, i]))], [x]).results[x]
    assert TextPrinter().equation(trace) == "xbar_u[i, j] = [j = i]"


def test_a_reduction_without_a_name_is_refused():
    E, v = Tensor(Name("E", V), ()), Tensor(Name("x", U), (n,))
    with pytest.raises(UnsupportedEquation, match="right-hand side of a definition of its own"):
        gradient([Definition(E, (), 2 * Reduction("logsumexp", i, n, v[i]))], [v])


def test_definitions_refuse_stray_indices():
    x = Tensor(Name("x", U), (n,))
    with pytest.raises(ValueError, match="stray indices"):
        Definition(Tensor(Name("y", V), (n,)), (i,), x[j])


def test_printing():
    layer = derive_layer(LayerKind("dense", (("activation", "tanh"), ("bias", True)), (1,)))
    z, _ = layer.equation.definitions
    assert TextPrinter().equation(z) == "z_v[i] = Sum[j<m] W_v[i, j] x_u[j] + b_v[i]"
    assert LatexPrinter().equation(z) == r"z^{v}_{i} = \sum_{j<m} W^{v}_{i j} \, x^{u}_{j} + b^{v}_{i}"
    assert TextPrinter()(-((Element(Name("x", V)) - Element(Name("y", V))) ** 2) / 2) == "-(x_v - y_v)^2/2"
