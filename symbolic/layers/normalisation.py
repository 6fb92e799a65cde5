"""What the normalisations share: mean, centred value, variance and its reciprocal root as named intermediates.

m[g] = Sum_j x[..] / N;   z[i] = x[i] - m[g(i)];   v[g] = Sum_j z[..]^2 / N;   r[g] = rsqrt(v[g] + epsilon)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Mul, Rational

from dyadic.symbolic.expressions import Apply, Definition, Index, Tensor
from dyadic.symbolic.layers.layer_type import Option, Parameter, Shape, ShapeError, sum_over
from dyadic.symbolic.tensor_names import Name, V

EPSILON = Option("number", Rational(1, 100_000))
POSITIVE = "variance + epsilon is positive"


@dataclass(frozen=True)
class Statistics:
    """Groups of entries that are normalised together.

    here, shape: indices and sizes of the groups; at: the group of x's entry with the indices of the result.
    bound, inside: the entries of a group, x[inside] over the bound indices.
    """

    here: tuple[Index, ...]
    shape: Shape
    at: tuple[Expr, ...]
    bound: tuple[tuple[Index, Expr], ...]
    inside: tuple[Expr, ...]

    def mean(self, body: Expr) -> Expr:
        """The mean of a body over a group."""
        return sum_over(self.bound, body) / Mul(*(extent for _, extent in self.bound))

    def deviation(self, z: Tensor, epsilon: Rational) -> tuple[list[Definition], Expr]:
        """v and r for centred values z, and r for the entry with the indices of the result."""
        v, r = Tensor(Name("v", V), self.shape), Tensor(Name("r", V), self.shape)
        root = Apply("rsqrt", 0, v[self.here] + epsilon)
        definitions = [Definition(v, self.here, self.mean(z[self.inside] ** 2)), Definition(r, self.here, root)]
        return definitions, r[self.at]

    def normalised(self, x: Tensor, here: tuple[Index, ...], epsilon: Rational) -> tuple[list[Definition], Expr]:
        """The definitions m, z, v, r, and the normalised entry z r."""
        m, z = Tensor(Name("m", V), self.shape), Tensor(Name("z", V), x.shape)
        centred = [
            Definition(m, self.here, self.mean(x[self.inside])),
            Definition(z, here, x[here] - m[self.at]),
        ]
        deviation, root = self.deviation(z, epsilon)
        return [*centred, *deviation], z[here] * root


def affine(shape: Shape, at: tuple[Expr, ...], value: Expr) -> tuple[dict[str, Parameter], Expr]:
    """scale * value + bias, for parameters of the given shape."""
    G, b = Tensor(Name("G", V), shape), Tensor(Name("b", V), shape)
    return {"scale": Parameter(G, "ones"), "bias": Parameter(b, "zeros")}, G[at] * value + b[at]


def checked_epsilon(options: Mapping[str, Any]) -> Rational:
    """Option ``epsilon``, not negative."""
    if options["epsilon"] < 0:
        raise ShapeError(f"epsilon = {options['epsilon']} is negative", "it keeps the variance away from 0")
    return options["epsilon"]


def positivity(epsilon: Rational) -> tuple[str, ...]:
    """The hypothesis that the variance of the data needs: none if epsilon is positive."""
    return () if epsilon > 0 else (POSITIVE,)
