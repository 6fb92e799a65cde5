"""Several layers as one: their definitions after one another, with tensors and sizes renamed so that they fit.

The fused equation is derived like any other; the activation of an inner layer is an intermediate of the vertex.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sympy import Expr, Symbol

from dyadic.symbolic.expressions import Definition, Tensor, rename_tensors, size
from dyadic.symbolic.layers import LayerEquation, Parameter, ShapeError
from dyadic.symbolic.layers.layer_type import slots

Source = tuple[str, int]
"""What an input of a part is: ("input", slot of the whole) or ("part", number of an earlier part)."""


@dataclass
class _Whole:
    """The equation so far.  ``sizes``: what a symbol of the whole was equated with, when parts were joined."""

    count: int
    definitions: list[Definition] = field(default_factory=list)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    extents: dict[Expr, Expr] = field(default_factory=dict)
    hypotheses: list[str] = field(default_factory=list)
    inputs: dict[int, Tensor] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    symbols: set[str] = field(default_factory=set)

    def fresh(self, wanted: str, taken: set[str]) -> str:
        name, count = wanted, 1
        while name in taken:
            count += 1
            name = f"{wanted}{count}"
        taken.add(name)
        return name


def fused_equation(parts: Sequence[LayerEquation], sources: Sequence[Sequence[Source]]) -> LayerEquation:
    """The equation of the whole.  Raises :class:`ShapeError` where the sizes of two parts cannot be made to fit."""
    count = 1 + max((number for row in sources for kind, number in row if kind == "input"), default=-1)
    whole = _Whole(count, kinds={"x", "s", "f"})
    names = size_names(parts)
    outputs: list[Tensor] = []
    equal: dict[Expr, Expr] = {}
    for number, (equation, row) in enumerate(zip(parts, sources, strict=True)):
        last = number == len(parts) - 1
        sizes = names[number]
        tensors = {("f", "v"): ("f" if last else whole.fresh("f", whole.kinds), "v")}
        own = [*(d.tensor for d in equation.definitions[:-1]), *(p.tensor for p in equation.parameters.values())]
        for kind in (tensor.kind for tensor in own):
            tensors[kind, "v"] = (whole.fresh(kind, whole.kinds), "v")
        for tensor, (kind, position) in zip(equation.inputs, row, strict=True):
            shape = tuple(extent.xreplace(sizes) for extent in tensor.shape)
            if kind == "part":
                target = outputs[position]
            else:
                owner = slots(count)[position]
                target = whole.inputs.setdefault(position, Tensor("x", owner, shape))
            tensors["x", tensor.owner] = (target.kind, target.owner)
            _equate(shape, target.shape, equal)
        for item in equation.definitions:
            kind, owner = tensors[item.tensor.kind, "v"]
            renamed = Tensor(kind, owner, tuple(extent.xreplace(sizes) for extent in item.tensor.shape))
            body = rename_tensors(item.body.xreplace(sizes), tensors)
            whole.definitions.append(Definition(renamed, item.indices, body))
        for name, parameter in equation.parameters.items():
            kind, owner = tensors[parameter.tensor.kind, "v"]
            shape = tuple(extent.xreplace(sizes) for extent in parameter.tensor.shape)
            label = whole.fresh(name, set(whole.parameters))
            whole.parameters[label] = Parameter(Tensor(kind, owner, shape), parameter.initial)
        whole.extents |= {
            symbol.xreplace(sizes): formula.xreplace(sizes) for symbol, formula in equation.extents.items()
        }
        whole.hypotheses += [text for text in equation.hypotheses if text not in whole.hypotheses]
        outputs.append(whole.definitions[-1].tensor)
    return _substituted(whole, equal)


def size_names(parts: Sequence[LayerEquation]) -> list[dict[Expr, Expr]]:
    """For each part the symbol of the whole that stands for each of its sizes."""
    taken: set[str] = set()
    found = []
    for equation in parts:
        own = sorted({symbol for extent in _extents(equation) for symbol in extent.free_symbols}, key=str)
        table: dict[Expr, Expr] = {}
        for symbol in own:
            name, count = str(symbol), 1
            while name in taken:
                count += 1
                name = f"{symbol}{'_' if str(symbol)[-1].isdigit() else ''}{count}"
            taken.add(name)
            table[symbol] = size(name)
        found.append(table)
    return found


def _extents(equation: LayerEquation) -> Iterator[Expr]:
    for tensor in (*equation.inputs, *(p.tensor for p in equation.parameters.values())):
        yield from tensor.shape
    for item in equation.definitions:
        yield from item.tensor.shape
        yield from (symbol for symbol in item.body.free_symbols if symbol.is_positive)
    for symbol, formula in equation.extents.items():
        yield from (symbol, formula)


def _equate(shape: Sequence[Expr], target: Sequence[Expr], equal: dict[Expr, Expr]) -> None:
    """Make one part's shape of a tensor that of the part before it."""
    if len(shape) != len(target):
        raise ShapeError("two parts do not fit: their tensors differ in rank")
    for one, two in zip(shape, target, strict=True):
        one, two = _resolve(one, equal), _resolve(two, equal)
        if one == two:
            continue
        if isinstance(one, Symbol) and one not in two.free_symbols:
            equal[one] = two
        elif isinstance(two, Symbol) and two not in one.free_symbols:
            equal[two] = one
        else:
            raise ShapeError(f"two parts do not fit: {one} is not {two} for all sizes")


def _resolve(extent: Expr, equal: Mapping[Expr, Expr]) -> Expr:
    """An extent with everything known about its symbols put in."""
    while extent.free_symbols & equal.keys():
        extent = extent.xreplace(dict(equal))
    return extent


def _substituted(whole: _Whole, equal: dict[Expr, Expr]) -> LayerEquation:
    table = {symbol: _resolve(symbol, equal) for symbol in equal}
    if any(symbol in table for symbol in whole.extents):
        raise ShapeError("two parts do not fit: an extent with a formula would be given")

    def placed(tensor: Tensor) -> Tensor:
        return Tensor(tensor.kind, tensor.owner, tuple(extent.xreplace(table) for extent in tensor.shape))

    return LayerEquation(
        tuple(placed(whole.inputs[slot]) for slot in range(whole.count)),
        {name: Parameter(placed(p.tensor), p.initial) for name, p in whole.parameters.items()},
        tuple(Definition(placed(d.tensor), d.indices, d.body.xreplace(table)) for d in whole.definitions),
        {},
        {symbol: formula.xreplace(table) for symbol, formula in whole.extents.items()},
        tuple(whole.hypotheses),
    )


__all__ = ["Source", "fused_equation", "size_names"]
