"""Systems of linear equations by Gauss's elimination with pivots, as layers.

In each step the row with the largest entry in the first column is chosen, of equal ones the first, and multiples of it
are taken from all rows, so that it becomes 0 itself and is not chosen again:

    e[i] = [row i is chosen],    r = e^T T,    T' = T[:, 1:] - (T[:, 0] / r[0]) r[1:]

Which row is chosen jumps between matrices, the result does not: the derivative is that of the steps for the choice
made.  The determinant is the product of the pivots r[0], with the sign of the permutation that chooses the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dyadic.symbolic.readers.determinants import rows_of
from dyadic.symbolic.readers.model import Known, Model
from dyadic.symbolic.readers.operations import sliced

MOST_STEPS = 16
"""Rows of a matrix on which is worked row by row: up to some twenty vertices for each."""


def transposed(model: Model, name: str, x: str) -> str:
    """The last two axes exchanged."""
    rank = len(model.shapes[x])
    return model.layer(name, "transpose", [x], permutation=[*range(rank - 2), rank - 1, rank - 2])


def part(model: Model, name: str, x: str, rows: tuple[int, int], columns: tuple[int, int] | None = None) -> str:
    """Of the last two axes the rows, and the columns, from one number up to another."""
    rank = len(model.shapes[x])
    cuts = [(rank - 2, rows), *([(rank - 1, columns)] if columns else [])]
    return sliced(model, name, x, [(axis, start, end - start, 1) for axis, (start, end) in cuts])


def beside(model: Model, name: str, a: str, b: str) -> tuple[str, str]:
    """The matrices a and b with the same axes in front, to which those of both broadcast."""
    batches = model.shapes[a][:-2], model.shapes[b][:-2]
    if batches[0] == batches[1]:
        return a, b
    found = []
    for x, batch, label in ((a, batches[1], "matrix"), (b, batches[0], "right")):
        shape = [*batch, *model.shapes[x][-2:]]
        found.append(model.layer(f"{name}.{label}", "expand", [x], shape=shape) if batch else x)
    return found[0], found[1]


def solved(model: Model, name: str, a: str, b: str) -> str:
    """The x with a x = b, where det a is not 0."""
    n = rows_of(model, a, MOST_STEPS)
    a, b = beside(model, name, a, b)
    rank = len(model.shapes[a])
    if n == 1:
        return model.layer(name, "div", [b, a])
    steps = []
    for k, step in enumerate(_steps(model, name, a, n)):
        right = model.layer(f"{name}.right{k}", "matmul", [step.chosen, b])
        steps.append((step, right))
        if k < n - 1:
            taken = model.layer(f"{name}.takenright{k}", "mul", [step.multiples, right])
            b = model.layer(f"{name}.b{k + 1}", "sub", [b, taken])
    found = ""
    for k, (step, right) in reversed(list(enumerate(steps))):
        if found:
            known = model.layer(f"{name}.known{k}", "matmul", [step.others, found])
            right = model.layer(f"{name}.rest{k}", "sub", [right, known])
        x = model.layer(f"{name}.x{k}", "div", [right, step.pivot])
        found = model.layer(f"{name}.solution{k}" if k else name, "concat", [x, found], axis=rank - 2) if found else x
    return found


def inverse(model: Model, name: str, a: str) -> str:
    """The inverse, where det a is not 0."""
    n = rows_of(model, a, MOST_STEPS)
    return solved(model, name, a, model.vertex(Known(f"{name}.unit", np.eye(n)), trained=False))


def log_determinant(model: Model, name: str, a: str) -> tuple[str, str]:
    """The sign of det a, a number whose derivative is 0, and log |det a|; det a is not 0."""
    n = rows_of(model, a, MOST_STEPS)
    steps = list(_steps(model, name, a, n))
    rank = len(model.shapes[a])
    pivots = _side_by_side(model, f"{name}.pivots", [step.pivot for step in steps], rank)
    zero = model.vertex(Known(f"{name}.zero", np.array(0.0)), trained=False)
    negative = model.layer(f"{name}.negative", "compare", [pivots, zero], relation="less")
    odd = model.layer(f"{name}.negatives", "reduce_sum", [negative], axes=[rank - 2], keep=False)
    if n > 1:
        line = model.vertex(Known(f"{name}.line", np.arange(float(n))[:, None]), trained=False)
        places = [model.layer(f"{name}.place{k}", "matmul", [step.chosen, line]) for k, step in enumerate(steps)]
        order = _side_by_side(model, f"{name}.order", places, rank)
        odd = model.layer(f"{name}.changes", "add", [odd, _inversions(model, name, order, n)])
    parity = model.layer(f"{name}.parity", "mod", [odd], divisor=2)
    sign = model.layer(f"{name}.sign", "scale", [parity], factor=-2, offset=1)
    sizes = model.layer(f"{name}.sizes", "log", [model.layer(f"{name}.abs", "abs", [pivots])])
    return sign, model.layer(f"{name}.log", "reduce_sum", [sizes], axes=[rank - 2], keep=False)


@dataclass(frozen=True)
class _Step:
    """chosen: e as a row.  pivot: r[0].  others: r[1:], a row.  multiples: of r, which are taken from each row."""

    chosen: str
    pivot: str
    others: str
    multiples: str


def _steps(model: Model, name: str, a: str, n: int) -> Iterator[_Step]:
    arrays = {"unit": np.eye(n), "before": np.tri(n, k=-1), "zero": np.array(0.0), "free": np.ones(n)}
    constants = {key: model.vertex(Known(f"{name}.{key}", array), trained=False) for key, array in arrays.items()}
    free = constants["free"]  # 1 for a row that is not chosen yet
    for k in range(n):
        here, left = f"{name}.step{k}", n - k
        column = part(model, f"{here}.column", a, (0, n), (0, 1))
        found = _largest(model, here, column, free, constants)
        chosen = model.layer(f"{here}.chosen", "unsqueeze", [found], axes=[len(model.shapes[found]) - 1])
        row = model.layer(f"{here}.row", "matmul", [chosen, a])
        pivot = part(model, f"{here}.pivot", row, (0, 1), (0, 1))
        if left == 1:
            yield _Step(chosen, pivot, "", "")
            return
        others = part(model, f"{here}.others", row, (0, 1), (1, left))
        multiples = model.layer(f"{here}.multiples", "div", [column, pivot])
        yield _Step(chosen, pivot, others, multiples)
        taken = model.layer(f"{here}.taken", "mul", [multiples, others])
        a = model.layer(f"{here}.next", "sub", [part(model, f"{here}.rest", a, (0, n), (1, left)), taken])
        free = model.layer(f"{here}.free", "sub", [free, found])


def _largest(model: Model, name: str, column: str, free: str, constants: Mapping[str, str]) -> str:
    """[i is the row of the largest entry] among those that are free; of equal ones the first.

    A row is not compared with itself, where enclosures of its entry do not tell which one is larger.
    """
    last = len(model.shapes[column]) - 1
    entries = model.layer(f"{name}.entries", "squeeze", [column], axes=[last])
    sizes = model.layer(f"{name}.sizes", "abs", [model.layer(f"{name}.candidates", "mul", [entries, free])])
    other = model.layer(f"{name}.other", "unsqueeze", [sizes], axes=[last - 1])  # over j
    own = model.layer(f"{name}.own", "unsqueeze", [sizes], axes=[last])  # over i
    other = model.layer(f"{name}.smaller", "sub", [other, constants["unit"]])
    larger = model.layer(f"{name}.larger", "compare", [other, own], relation="greater")
    as_large = model.layer(f"{name}.aslarge", "compare", [other, own], relation="greater_or_equal")
    ahead = model.layer(f"{name}.ahead", "where", [constants["before"], as_large, larger])
    count = model.layer(f"{name}.count", "reduce_sum", [ahead], axes=[last], keep=False)
    return model.layer(f"{name}.largest", "compare", [count, constants["zero"]], relation="equal")


def _side_by_side(model: Model, name: str, numbers: Sequence[str], rank: int) -> str:
    """Matrices of one entry as one vector."""
    together = model.layer(f"{name}.together", "concat", list(numbers), axis=rank - 1) if numbers[1:] else numbers[0]
    return model.layer(name, "squeeze", [together], axes=[rank - 2])


def _inversions(model: Model, name: str, order: str, n: int) -> str:
    """How many pairs of a vector stand in the wrong order."""
    last = len(model.shapes[order]) - 1
    row = model.layer(f"{name}.later", "unsqueeze", [order], axes=[last])
    column = model.layer(f"{name}.earlier", "unsqueeze", [order], axes=[last + 1])
    wrong = model.layer(f"{name}.wrong", "compare", [column, row], relation="greater")
    pairs = model.vertex(Known(f"{name}.pairs", np.triu(np.ones((n, n)), 1)), trained=False)
    counted = model.layer(f"{name}.counted", "mul", [wrong, pairs])
    return model.layer(f"{name}.inversions", "reduce_sum", [counted], axes=[last, last + 1], keep=False)
