"""cosine_similarity: y[i] = Sum_k a[i, k] b[i, k] / (|a[i]| |b[i]|), along the last axis of two inputs.

p[i] = Sum_k a[i, k]^2;   q[i] = Sum_k b[i, k]^2;
y[i] = rsqrt(p[i] + epsilon) rsqrt(q[i] + epsilon) Sum_k a[i, k] b[i, k]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Expr, Rational

from dyadic.symbolic.expressions import Apply, Definition, Index, Tensor, total
from dyadic.symbolic.layers.layer_type import Example, LayerEquation, LayerType, Option, Shape, ShapeError, axes
from dyadic.symbolic.tensor_names import U1, U2, Name, V


class CosineSimilarity(LayerType):
    """y[i] = Sum_k a[i, k] b[i, k] / (|a[i]| |b[i]|), epsilon added to both squared lengths."""

    name = "cosine_similarity"
    example = Example([("n", "m"), ("n", "m")])
    options = {"epsilon": Option("number", Rational(1, 10**8))}
    arity = (2, 2)
    smallest_rank = 1
    input_rule = "two inputs of one shape, compared along the last axis"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        if shapes[0] != shapes[1]:
            raise ShapeError("its inputs differ in shape", "give two of one shape")
        if options["epsilon"] <= 0:
            raise ShapeError(f"epsilon = {options['epsilon']} is not positive", "choose epsilon > 0")
        return super().specialise(options, shapes)

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        (*here, k), shape = axes(ranks[0]) if ranks[0] > 1 else ([Index("k")], axes(1)[1])
        at, lead, extent = tuple(here), shape[:-1], shape[-1]
        a, b = Tensor(Name("x", U1), shape), Tensor(Name("x", U2), shape)
        p, q, f = (Tensor(Name(letter, V), lead) for letter in "pqf")

        def product(one: Tensor, two: Tensor) -> Expr:
            return total(k, extent, one[(*at, k)] * two[(*at, k)])

        lengths = (Apply("rsqrt", 0, square[at] + settings["epsilon"]) for square in (p, q))
        definitions = (Definition(p, at, product(a, a)), Definition(q, at, product(b, b)))
        one, two = lengths
        return LayerEquation((a, b), {}, (*definitions, Definition(f, at, one * two * product(a, b))))
