"""Several layers as one: their definitions after one another, with tensors and sizes renamed so that they fit.

The fused equation is derived like any other; the activation of an inner layer is an intermediate of the vertex.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sympy import Expr, Symbol

from dyadic.symbolic.expressions import Definition, Tensor, rename_tensors, size
from dyadic.symbolic.layers import LayerEquation, Parameter, ShapeError
from dyadic.symbolic.tensor_names import Name, V, slots

PartSource = tuple[str, int]
"""What an input of a part is: ("input", slot of the whole) or ("part", number of an earlier part)."""


@dataclass
class _Whole:
    """The equation so far.  ``letters``: those that its tensors have."""

    count: int
    definitions: list[Definition] = field(default_factory=list)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    extents: dict[Expr, Expr] = field(default_factory=dict)
    hypotheses: list[str] = field(default_factory=list)
    inputs: dict[int, Tensor] = field(default_factory=dict)
    letters: set[str] = field(default_factory=set)

    def fresh(self, wanted: str, taken: set[str]) -> str:
        name, count = wanted, 1
        while name in taken:
            count += 1
            name = f"{wanted}{count}"
        taken.add(name)
        return name


def fused_equation(parts: Sequence[LayerEquation], sources: Sequence[Sequence[PartSource]]) -> LayerEquation:
    """The equation of the whole.  Raises :class:`ShapeError` where the sizes of two parts cannot be made to fit."""
    count = 1 + max((number for row in sources for kind, number in row if kind == "input"), default=-1)
    whole = _Whole(count, letters={"x", "s", "f"})
    names = size_names(parts)
    outputs: list[Tensor] = []
    equal: dict[Expr, Expr] = {}
    for number, (equation, row) in enumerate(zip(parts, sources, strict=True)):
        last = number == len(parts) - 1
        sizes = names[number]
        tensors = {Name("f", V): Name("f" if last else whole.fresh("f", whole.letters), V)}
        own = [*(d.tensor for d in equation.definitions[:-1]), *(p.tensor for p in equation.parameters.values())]
        for name in (tensor.name for tensor in own):
            tensors[name] = Name(whole.fresh(name.letter, whole.letters), V)
        for tensor, (kind, position) in zip(equation.inputs, row, strict=True):
            shape = tuple(extent.xreplace(sizes) for extent in tensor.shape)
            if kind == "part":
                target = outputs[position]
            else:
                owner = slots(count)[position]
                target = whole.inputs.setdefault(position, Tensor(Name("x", owner), shape))
            tensors[tensor.name] = target.name
            _equate(shape, target.shape, equal)
        for item in equation.definitions:
            shape = tuple(extent.xreplace(sizes) for extent in item.tensor.shape)
            renamed = Tensor(tensors[item.tensor.name], shape)
            body = rename_tensors(item.body.xreplace(sizes), tensors)
            whole.definitions.append(Definition(renamed, item.indices, body))
        for label, parameter in equation.parameters.items():
            shape = tuple(extent.xreplace(sizes) for extent in parameter.tensor.shape)
            own_tensor = Tensor(tensors[parameter.tensor.name], shape)
            whole.parameters[whole.fresh(label, set(whole.parameters))] = Parameter(own_tensor, parameter.initial)
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
        return Tensor(tensor.name, tuple(extent.xreplace(table) for extent in tensor.shape))

    return LayerEquation(
        tuple(placed(whole.inputs[slot]) for slot in range(whole.count)),
        {name: Parameter(placed(p.tensor), p.initial) for name, p in whole.parameters.items()},
        tuple(Definition(placed(d.tensor), d.indices, d.body.xreplace(table)) for d in whole.definitions),
        {},
        {symbol: formula.xreplace(table) for symbol, formula in whole.extents.items()},
        tuple(whole.hypotheses),
    )


__all__ = ["PartSource", "fused_equation", "size_names"]
