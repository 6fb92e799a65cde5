"""Equations of a derivation evaluated in floating point, straight from their SymPy trees.

Shares nothing with the code that decides claims: it is used to show that a mutated equation is really false, and to
substitute the numbers of a counterexample.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

from sympy import Add, Mul, Number, Pow

from dyadic.symbolic.expressions import Apply, Element, Reduction
from dyadic.symbolic.printing import TextPrinter

PRINTER = TextPrinter()
SIGMOID = lambda z: 1 / (1 + math.exp(-z))  # noqa: E731
PHI = lambda z: (1 + math.erf(z / math.sqrt(2))) / 2  # noqa: E731
FUNCTIONS = {
    ("tanh", 0): math.tanh,
    ("tanh", 1): lambda z: 1 - math.tanh(z) ** 2,
    ("sigmoid", 0): SIGMOID,
    ("sigmoid", 1): lambda z: SIGMOID(z) * SIGMOID(-z),
    ("relu", 0): lambda z: max(z, 0.0),
    ("relu", 1): lambda z: float(z > 0),
    ("softplus", 0): lambda z: math.log1p(math.exp(z)),
    ("softplus", 1): SIGMOID,
    ("silu", 0): lambda z: z * SIGMOID(z),
    ("silu", 1): lambda z: SIGMOID(z) + z * SIGMOID(z) * SIGMOID(-z),
    ("gelu", 0): lambda z: z * PHI(z),
    ("gelu", 1): lambda z: PHI(z) + z * math.exp(-z * z / 2) / math.sqrt(2 * math.pi),
    ("exp", 0): math.exp,
}


def expanded(values):
    """The numbers of a counterexample, a label such as x_h[3..39, 0] for every entry that it stands for."""
    found = {}
    for label, value in values.items():
        name, _, inside = label.partition("[")
        ranges = [part.partition("..") for part in inside.rstrip("]").split(", ")] if inside else []
        spans = [range(int(first), int(last or first) + 1) for first, _, last in ranges]
        for place in itertools.product(*spans):
            found[f"{name}[{', '.join(map(str, place))}]" if inside else name] = float(Fraction(value))
    return found


class Numbers:
    """values: a function from the printed label of an entry to its number; where: the intermediates' definitions.

    sizes: replacements of extents, by their text.
    """

    def __init__(self, values, where, sizes):
        self.values, self.sizes = values, sizes
        self.where = {item.tensor.name: item for item in where}

    def entry(self, node, index):
        place = [index[i] for i in node.indices]
        item = self.where.get(node.name)
        if item is not None:
            return self(item.body, dict(zip(item.indices, place, strict=True)))
        letters = PRINTER(Element(node.name))
        return self.values(f"{letters}[{', '.join(map(str, place))}]" if place else letters)

    def __call__(self, node, index):
        match node:
            case Element():
                return self.entry(node, index)
            case Number():
                return float(node)
            case Apply():
                return FUNCTIONS[node.name, node.order](self(node.argument, index))
            case Reduction():
                terms = [self(node.body, {**index, node.index: k}) for k in range(self.extent(node.extent))]
                return sum(terms) if node.kind == "sum" else math.log(sum(map(math.exp, terms)))
            case Add():
                return sum(self(term, index) for term in node.args)
            case Mul():
                return math.prod(self(factor, index) for factor in node.args)
            case Pow():
                return self(node.base, index) ** int(node.exp)
        raise AssertionError(f"no rule for {node!r}")

    def extent(self, extent):
        return int(self.sizes.get(str(extent), extent))
