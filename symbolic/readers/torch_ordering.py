"""ATen operators that choose by size: sort, topk, argmax, and the indices of a maximum.

An entry's rank among those of its row is counted, r[i] = Sum_j [x[j] > x[i]] + Sum_{j < i} [x[j] = x[i]], and the k-th
largest entry is Sum_i [r[i] = k] x[i].  Of equal entries the first comes first.
"""

from __future__ import annotations

import numpy as np
from sympy import Integer

from dyadic.symbolic.readers.operations import ranks
from dyadic.symbolic.readers.positions import one_hot
from dyadic.symbolic.readers.torch_call import OperatorCall, Result, operator
from dyadic.symbolic.readers.torch_composed import line

_CHOICE = "unsqueeze compare mul add reduce_sum einsum neg transpose reshape slice squeeze select"


def choices(call: OperatorCall, x: str, axis: int, count: int, largest: bool = True) -> str:
    """[r[i] = k] for the ``count`` first ranks: the axis becomes the last but one, i, and k the last."""
    found = ranks(call.model, call.name, x, axis, call.extent(axis, vertex=x), largest)
    return one_hot(call.model, f"{call.name}.choice", found, Integer(count))


def ordered(call: OperatorCall, x: str, axis: int, count: int, largest: bool) -> list[str | None]:
    """The first ``count`` entries of x in order, and their positions as numbers."""
    rank = len(call.model.shapes[x])
    chosen = choices(call, x, axis, count, largest)
    letters = "abcdefgh"[:rank]
    others = letters.replace(letters[axis], "")
    placed = letters.replace(letters[axis], "k")
    values = positions = None
    if 0 in call.wanted:
        equation = f"{others}{letters[axis]}k,{letters}->{placed}"
        values = call.layer("einsum", [chosen, x], "values", equation=equation)
    if 1 in call.wanted:
        numbers = call.constant(f"{call.name}.line", np.arange(call.extent(axis, vertex=x), dtype=float))
        equation = f"{others}{letters[axis]}k,{letters[axis]}->{placed}"
        positions = call.layer("einsum", [chosen, numbers], "positions", equation=equation)
        call.model.distinct[positions] = axis
    return [values, positions]


@operator(topk=_CHOICE, sort=_CHOICE)
def order(call: OperatorCall) -> Result:
    call.ignore("sorted", "stable")
    axis = call.axis()
    if call.operator == "topk":
        return ordered(call, call.x(), axis, int(call["k"]), bool(call["largest"]))
    return ordered(call, call.x(), axis, call.extent(axis), bool(call["descending"]))


@operator(argmax=_CHOICE, argmin=_CHOICE)
def extreme_position(call: OperatorCall) -> Result:
    """Along an axis, or of all entries in the order of the rows."""
    whole, keep = not call.given("dim"), bool(call["keepdim"])
    x, axis = (line(call), 0) if whole else (call.x(), call.axis())
    call.wanted = frozenset({1})
    (_, found) = ordered(call, x, axis, 1, call.operator == "argmax")
    assert found is not None
    if whole and keep:
        return call.layer("reshape", [found], shape=[1] * call.rank())
    return found if keep else call.layer("squeeze", [found], axes=[axis])


@operator(median=_CHOICE, kthvalue=_CHOICE)
def one_in_order(call: OperatorCall) -> Result:
    """The k-th smallest entry; the median is the lower of the two in the middle, along an axis or of all entries."""
    whole = call.operator == "median" and not call.given("dim")
    x, axis = (line(call), 0) if whole else (call.x(), call.axis())
    place = (call.extent(axis, vertex=x) - 1) // 2 if call.operator == "median" else int(call["k"]) - 1
    if whole:
        call.wanted = frozenset({0})
        (values, _) = ordered(call, x, axis, place + 1, largest=False)
        assert values is not None
        return call.layer("select", [values], axis=0, position=place)
    found: list[str | None] = []
    for part in ordered(call, x, axis, place + 1, largest=False):
        if part is None:
            found.append(None)
            continue
        cut = call.layer("slice", [part], "chosen", axes=[axis], starts=[place], sizes=[1])
        found.append(cut if call["keepdim"] else call.layer("squeeze", [cut], axes=[axis]))
    return found
