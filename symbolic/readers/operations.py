"""What the readers share: operations that are not one layer of the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from string import ascii_letters, ascii_lowercase

import numpy as np
from sympy import Expr, Rational

from dyadic.symbolic.layers.layer_type import LARGEST_EXPONENT
from dyadic.symbolic.limits import MOST_INPUTS
from dyadic.symbolic.options import number
from dyadic.symbolic.readers.model import Known, Model, Unsupported

OPERATIONS = {"Add": "add", "Sub": "sub", "Mul": "mul", "Div": "div"}


def with_number(model: Model, name: str, operation: str, slot: int, value: Rational, other: str) -> str:
    """``operation`` (of :data:`OPERATIONS`) of a vertex with one number, which is operand ``slot``.

    A layer ``scale``, or the vertex itself where the number changes nothing.
    """
    if operation == "Div" and slot == 1 and value == 0:
        raise Unsupported("divides by 0")
    neutral = {("Add", 0): 0, ("Add", 1): 0, ("Sub", 1): 0, ("Mul", 0): 1, ("Mul", 1): 1, ("Div", 1): 1}
    if neutral.get((operation, slot)) == value:
        model.note(f"{operation} with {value} is the identity: no vertex")
        return other
    if operation == "Div" and slot == 0:
        inverse = model.layer(f"{name}.reciprocal" if value != 1 else name, "reciprocal", [other])
        return inverse if value == 1 else model.layer(name, "scale", [inverse], factor=value)
    if operation == "Mul" and value == 0:  # an ordinary vertex, of which every derivative is 0
        return model.layer(name, "mul", [other, model.vertex(Known(f"{name}.zero", np.array(0.0)), trained=False)])
    options = {
        "Add": {"offset": value},
        "Sub": {"offset": -value} if slot == 1 else {"factor": -1, "offset": value},
        "Mul": {"factor": value},
        "Div": {"factor": 1 / value if value else 0},
    }[operation]
    return model.layer(name, "scale", [other], **options)


def product(model: Model, name: str, a: str, b: str) -> str:
    """The matrix product as NumPy defines it, with a vector as a row or a column."""
    ranks = len(model.shapes[a]), len(model.shapes[b])
    if min(ranks) > 1:
        return model.layer(name, "matmul", [a, b])
    removed = []
    if ranks[0] == 1:
        a = model.layer(f"{name}.row", "unsqueeze", [a], axes=[0])
        removed.append(-2)
    if ranks[1] == 1:
        b = model.layer(f"{name}.column", "unsqueeze", [b], axes=[1])
        removed.append(-1)
    found = model.layer(f"{name}.product", "matmul", [a, b])
    rank = len(model.shapes[found])
    return model.layer(name, "squeeze", [found], axes=[axis % rank for axis in removed])


def spelled_out(equation: str, ranks: Sequence[int]) -> str:
    """The equation of an einsum with letters for the axes that "..." stands for, the last one of which are shared."""
    left, arrow, output = "".join(equation.split()).partition("->")
    terms = left.split(",")
    if "..." not in equation or len(terms) != len(ranks):
        return equation
    free = [letter for letter in ascii_letters if letter not in equation]
    hidden = [
        rank - len(term.replace("...", "")) if "..." in term else 0 for term, rank in zip(terms, ranks, strict=True)
    ]
    most = max(hidden)
    if min(hidden) < 0 or most > len(free):
        raise Unsupported(f"the equation {equation[:60]!r} does not fit the inputs")
    shared = "".join(free[:most])
    if not arrow:  # letters that occur once, sorted, after the axes of "..."
        letters = left.replace("...", "").replace(",", "")
        output = "..." + "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    own = [term.replace("...", shared[most - count :]) for term, count in zip(terms, hidden, strict=True)]
    return ",".join(own) + "->" + output.replace("...", shared)


_MODERATE = 1000


def is_far(*numbers: object) -> bool:
    """Whether one of them is a number, or an array of constants, next to which digits of an entry would be lost."""
    arrays = [each.array for each in numbers if isinstance(each, Known) and not each.symbolic]
    arrays += [np.array(each) for each in numbers if isinstance(each, int | float)]
    return any(np.abs(array).max(initial=0) > _MODERATE for array in arrays)


def extremum(model: Model, name: str, type_: str, x: str, y: str, far: bool) -> str:
    """The maximum or minimum; one of far numbers is chosen by a comparison, as y + relu(x - y) would lose digits."""
    if not far:
        return model.layer(name, type_, [x, y])
    relation = "greater" if type_ == "maximum" else "less_or_equal"
    return model.layer(name, "where", [model.layer(f"{name}.first", "compare", [x, y], relation=relation), x, y])


def padded(model: Model, name: str, x: str, padding: Sequence[int], value: float) -> str:
    """An input with numbers put around it: in front of each axis, then behind each.

    A number so large that an entry would be lost when the two are added is put in by a mask.
    """
    if abs(value) <= _MODERATE:
        return model.layer(name, "pad", [x], padding=list(padding), value=value)
    rank = len(padding) // 2
    inner = [int(n) for n in model.shapes[x]]
    outer = [front + n + back for front, n, back in zip(padding[:rank], inner, padding[rank:], strict=True)]
    model.room(outer, 8)
    mask = np.zeros(outer)
    mask[tuple(slice(front, front + n) for front, n in zip(padding[:rank], inner, strict=True))] = 1
    zeros = model.layer(f"{name}.zeros", "pad", [x], padding=list(padding))
    inside = model.vertex(Known(f"{name}.inside", mask), trained=False)
    outside = model.vertex(Known(f"{name}.value", np.array(value)), trained=False)
    return model.layer(name, "where", [inside, zeros, outside])


def covers(shape: Sequence[Expr], kernel: Sequence[int], padding: Sequence[int], padding_counts: bool) -> bool:
    """Whether an average pool has one window, in which the whole image lies: then it is the mean of the image."""
    front, back = padding[: len(kernel)], padding[len(kernel) :]
    if padding_counts and any(padding):
        return False
    rows = zip(shape, kernel, front, back, strict=True)
    return all(n.is_Integer and n <= k - p and n + p + q == k for n, k, p, q in rows)


def rows(indices: np.ndarray, extent: int) -> np.ndarray:
    """Positions on an axis, counted from its front.  Raises :class:`Unsupported` for one that is not on it."""
    if indices.dtype.kind not in "iu":
        raise Unsupported("looks up positions that are no integers")
    positions = indices.astype(int)
    if positions.size and not (-extent <= positions.min() and positions.max() < extent):
        worst = positions.max() if positions.max() >= extent else positions.min()
        raise Unsupported(f"looks up position {worst} on an axis of {extent}")
    return positions % extent


def nothing(name: str, shape: Sequence[Expr]) -> Known:
    """A tensor without entries, which a concatenation leaves out."""
    if not all(extent.is_Integer for extent in shape):
        raise Unsupported("makes an empty tensor of a shape that is only known by name")
    return Known(name, np.zeros(tuple(map(int, shape)), np.float32))


def sliced(model: Model, name: str, x: str, cuts: list[tuple[int, int, int, int]]) -> str:
    """Entries start, start + step, ... (``size`` of them) along some axes, given as (axis, start, size, step)."""
    shape = model.shapes[x]
    kept = [cut for cut in cuts if cut[1:] != (0, shape[cut[0]], 1)]
    if any(size < 1 for _, _, size, _ in kept):
        raise Unsupported("the slice is empty")
    if not kept:
        return x
    axes, starts, extents, steps = (list(column) for column in zip(*kept, strict=True))
    return model.layer(name, "slice", [x], axes=axes, starts=starts, sizes=extents, steps=steps)


def parted(
    model: Model, name: str, x: str, axis: int, sizes: Sequence[int], wanted: Collection[int]
) -> list[str | None]:
    """The wanted ones of consecutive parts of an axis, the others as None.

    Equal parts are rows of the axis cut in two, so that no part begins at a fixed position; others are slices.
    """
    shape = list(model.shapes[x])
    if len(set(sizes)) > 1 or len(sizes) == 1 or not wanted:
        starts = [sum(sizes[:k]) for k in range(len(sizes))]
        return [
            sliced(model, f"{name}.part{k}", x, [(axis, start, size, 1)]) if k in wanted else None
            for k, (start, size) in enumerate(zip(starts, sizes, strict=True))
        ]
    rows = model.layer(f"{name}.parts", "reshape", [x], shape=[*shape[:axis], len(sizes), sizes[0], *shape[axis + 1 :]])
    return [
        model.layer(f"{name}.part{k}", "select", [rows], axis=axis, position=k) if k in wanted else None
        for k in range(len(sizes))
    ]


def are_whole(exponents: np.ndarray) -> bool:
    """Whether exponents are integers, and few enough to be told apart."""
    return exponents.size <= MOST_INPUTS and bool((exponents == np.round(exponents)).all())


def powered(model: Model, name: str, x: str, exponent: float) -> str:
    """x to the power of a number; exp(p log x), for x > 0, where p is no quotient of small integers."""
    exact = number(name, "exponent", exponent)
    if max(abs(exact.p), exact.q) <= LARGEST_EXPONENT:
        return model.layer(name, "power", [x], exponent=exponent)
    model.note(f"the power with the exponent {exponent} is exp(p log x): its base has to be positive")
    logarithm = model.layer(f"{name}.log", "log", [x])
    return model.layer(name, "exp", [model.layer(f"{name}.product", "scale", [logarithm], factor=exact)])


def whole_powers(model: Model, name: str, x: str, exponents: np.ndarray) -> str:
    """Entries of x to the power of constant integers, for every x: one power for each exponent that occurs."""
    if exponents.ndim > len(model.shapes[x]):
        raise Unsupported("exponents with more axes than the base")
    first, *others = np.unique(exponents)
    found = model.layer(f"{name}.exponent{first:g}" if others else name, "power", [x], exponent=int(first))
    for other in others:
        here = model.vertex(Known(f"{name}.is{other:g}", (exponents == other).astype(float)))
        powers = model.layer(f"{name}.exponent{other:g}", "power", [x], exponent=int(other))
        last = other == others[-1]
        found = model.layer(name if last else f"{name}.upto{other:g}", "where", [here, powers, found])
    return found


def truncated(model: Model, name: str, x: str) -> str:
    """Numbers without what stands behind the point."""
    size = model.layer(f"{name}.whole", "floor", [model.layer(f"{name}.abs", "abs", [x])])
    return model.layer(name, "mul", [model.layer(f"{name}.sign", "sign", [x]), size])


def remainder(model: Model, name: str, x: str, y: str, towards_zero: bool) -> str:
    """x - y floor(x / y), or x - y trunc(x / y)."""
    quotient = model.layer(f"{name}.quotient", "div", [x, y])
    if towards_zero:
        whole = truncated(model, f"{name}.whole", quotient)
    else:
        whole = model.layer(f"{name}.whole", "floor", [quotient])
    return model.layer(name, "sub", [x, model.layer(f"{name}.multiple", "mul", [whole, y])])


def times_matrix(model: Model, name: str, matrix: str, x: str, axis: int) -> str:
    """y[a, i, b] = Sum_j matrix[i, j] x[a, j, b]."""
    letters = ascii_lowercase[: len(model.shapes[x])]  # at most 16
    result = f"{letters[:axis]}z{letters[axis + 1 :]}"
    return model.layer(name, "einsum", [matrix, x], equation=f"z{letters[axis]},{letters}->{result}")


def mapped(model: Model, name: str, x: str, axis: int, matrix: np.ndarray) -> str:
    """y[a, i, b] = Sum_j matrix[i, j] x[a, j, b] for a constant matrix.

    Entries chosen by positions where every row holds a single 1, rows of a few entries where it is sparse, else a
    matrix product.
    """
    rows, columns = matrix.shape
    counts = np.count_nonzero(matrix, axis=1)
    if rows == columns and (matrix == np.eye(rows)).all():
        model.note("a linear map that changes nothing is the identity: no vertex")
        return x
    most = max(int(counts.max(initial=1)), 1)
    if 2 * most > columns and not (counts == 1).all():
        return times_matrix(model, name, model.vertex(Known(f"{name}.matrix", matrix)), x, axis)
    places = np.argsort(matrix == 0, axis=1, kind="stable")[:, :most]
    weights = np.take_along_axis(matrix, places, axis=1)
    if most == 1 and (weights == 1).all():
        positions = model.indices(f"{name}.positions", places[:, 0], columns)
        return model.layer(name, "gather", [x, positions], axis=axis)
    positions = model.indices(f"{name}.columns", places, columns)
    return model.layer(name, "linear_map", [x, positions, model.vertex(Known(f"{name}.entries", weights))], axis=axis)


def to_last(axis: int, rank: int) -> list[int]:
    """The permutation that makes an axis the last one."""
    return [*(k for k in range(rank) if k != axis), axis]


def from_last(axis: int, rank: int) -> list[int]:
    """The permutation that takes the last axis to its place."""
    return [*range(axis), rank - 1, *range(axis, rank - 1)]


def ranks(model: Model, name: str, x: str, axis: int, extent: int, largest: bool) -> str:
    """r[a, b, i] = Sum_j [x[a, j, b] > x[a, i, b]] + Sum_{j < i} [x[a, j, b] = x[a, i, b]], or with < for >.

    How many entries stand before each one when the axis, of the size ``extent``, is sorted; of equal ones the first
    stands first.
    """
    last = len(model.shapes[x]) - 1
    if axis != last:
        x = model.layer(f"{name}.rows", "transpose", [x], permutation=to_last(axis, last + 1))
    row = model.layer(f"{name}.row", "unsqueeze", [x], axes=[last])  # over j
    column = model.layer(f"{name}.column", "unsqueeze", [x], axes=[last + 1])  # over i
    ahead = model.layer(f"{name}.ahead", "compare", [row, column], relation="greater" if largest else "less")
    equal = model.layer(f"{name}.equal", "compare", [row, column], relation="equal")
    before = model.vertex(Known(f"{name}.before", np.tri(extent, k=-1)), trained=False)
    tied = model.layer(f"{name}.tied", "mul", [equal, before])
    counted = model.layer(f"{name}.counted", "add", [ahead, tied])
    return model.layer(f"{name}.rank", "reduce_sum", [counted], axes=[last + 1], keep=False)
