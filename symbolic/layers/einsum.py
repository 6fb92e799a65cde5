"""einsum:  a sum of products over the letters that are not in the output:  "ij,jk->ik"  is  Sum_j x1[i,j] x2[j,k]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dyadic.symbolic.expressions import Definition, Expr, Index, Integer, Mul, Tensor, size, total
from dyadic.symbolic.layers.layer_type import Example, LayerEquation, LayerType, Option, Role, Shape, ShapeError
from dyadic.symbolic.tensor_names import Name, V, slots


class Einsum(LayerType):
    """Sum of products over the letters of ``equation`` that its output lacks, such as "ij,jk->ik"."""

    name = "einsum"
    roles = frozenset({Role.PRODUCT})
    example = Example([("n", "m"), ("m", "k")], {"equation": "ij,jk->ik"})
    options = {"equation": Option("text")}
    arity = (1, None)
    input_rule = "one input for each term of the equation, with one axis for each letter"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        terms, output = _parse(options["equation"])
        if [len(term) for term in terms] != [len(shape) for shape in shapes]:
            raise ShapeError(f"the equation {options['equation']!r} does not fit the inputs")
        long = {letter for t, s in zip(terms, shapes, strict=True) for letter, n in zip(t, s, strict=True) if n != 1}
        fixed = tuple(
            tuple(k for k, (letter, n) in enumerate(zip(term, shape, strict=True)) if n == 1 and letter in long)
            for term, shape in zip(terms, shapes, strict=True)
        )
        written = {"equation": ",".join(terms) + "->" + output}
        return written | ({"broadcast": fixed} if any(fixed) else {})

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        terms, output = _parse(settings["equation"])
        letters = list(dict.fromkeys(output + "".join(terms)))
        index = {letter: Index(f"i{k}") for k, letter in enumerate(letters, 1)}
        extent = {letter: size(f"n{k}") for k, letter in enumerate(letters, 1)}
        broadcast = settings.get("broadcast", ((),) * len(terms))
        inputs, factors = [], []
        for owner, term, fixed in zip(slots(len(terms)), terms, broadcast, strict=True):
            shape = tuple(Integer(1) if k in fixed else extent[letter] for k, letter in enumerate(term))
            inputs.append(Tensor(Name("x", owner), shape))
            at = tuple(Integer(0) if k in fixed else index[letter] for k, letter in enumerate(term))
            factors.append(inputs[-1][at])
        body: Expr = Mul(*factors)
        for letter in reversed(letters[len(output) :]):
            body = total(index[letter], extent[letter], body)
        f = Tensor(Name("f", V), tuple(extent[letter] for letter in output))
        return LayerEquation(tuple(inputs), {}, (Definition(f, tuple(index[letter] for letter in output), body),))


def _parse(text: str) -> tuple[list[str], str]:
    """The letters of every input and of the output: without "->" each that occurs once, sorted."""
    left, arrow, output = "".join(text.split()).partition("->")
    terms = left.split(",")
    everything = "".join(terms)
    if not all(letter.isascii() and letter.isalpha() for letter in everything + output):
        raise ShapeError(
            f"the equation {text!r} is not made of letters, commas and ->", 'write for instance "ij,jk->ik"'
        )
    if not arrow:
        output = "".join(sorted(letter for letter in set(everything) if everything.count(letter) == 1))
    if len(set(output)) != len(output) or not set(output) <= set(everything):
        raise ShapeError(f"the output of {text!r} repeats a letter or has one that no input has")
    return terms, output
