"""What a layer type is: a name, its options, its shape rule and one index equation for symbolic sizes."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, Literal

from sympy import Expr, Integer, Rational

from dyadic.symbolic.docstrings import docstring
from dyadic.symbolic.expressions import Definition, Element, Index, Tensor, size, total
from dyadic.symbolic.tensor_names import Name, Owner

Shape = tuple[Expr, ...]


@dataclass(frozen=True)
class Option:
    """One option of a layer type.

    kind "size": a positive integer or a name, symbolic in the equation; "sizes": a list of them; "shape": a list of
    them in which -1 may stand for one that follows from the rest; "integer", "integers", "number" (exact, from its
    decimal digits), "text"; "choice": one of ``choices``; "flag": true or false.
    ``default`` None: the option must be given, unless it is ``optional`` (then None is passed on).
    """

    kind: Literal["size", "sizes", "shape", "integer", "integers", "number", "text", "choice", "flag"]
    default: Any = None
    choices: tuple[str, ...] = ()
    optional: bool = False


class Role(Enum):
    """What a layer type is where operations are fused into layers (symbolic/granularity.py).

    A layer is a product or a norm, then a norm, what scales and shifts it, and an activation.  An attention is scores,
    what scales and masks them, weights and a product that can be scores too.
    """

    PRODUCT = "product"
    NORM = "norm"
    AFFINE = "affine"
    ACTIVATION = "activation"
    SCORES = "scores"
    MASK = "mask"
    WEIGHTS = "weights"


@dataclass(frozen=True)
class Parameter:
    """A trained array.  ``initial``: "fan_in" (normal, variance 1 / inputs per output), "zeros" or "ones"."""

    tensor: Tensor
    initial: Literal["fan_in", "zeros", "ones"]


@dataclass(frozen=True)
class LayerEquation:
    """The index equation of a layer type, for symbolic sizes.

    The owners are placeholders: V for the vertex itself, U for its parent (or ``slots(count)``); the activations
    read are x_u, the last definition is the value f_v of the vertex's map, and earlier ones are named intermediates.

    sizes: the symbol (or pattern such as ``2 q``) that stands for each size option, a tuple for "sizes".
    extents: sizes that follow from others, each with its formula (the shape rule), in order of evaluation.  As every
        size they are at least 1, so that one may also stand for room that an axis must have.
    hypotheses: what the equation assumes, such as a convention at a kink.
    """

    inputs: tuple[Tensor, ...]
    parameters: dict[str, Parameter]
    definitions: tuple[Definition, ...]
    sizes: dict[str, Expr | tuple[Expr, ...]] = field(default_factory=dict)
    extents: dict[Expr, Expr] = field(default_factory=dict)
    hypotheses: tuple[str, ...] = ()

    @property
    def output(self) -> Definition:
        return self.definitions[-1]


class ShapeError(Exception):
    """Inputs or options that a layer type cannot take; the message says why, ``remedy`` what would fit."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.problem, self.remedy = problem, remedy


@dataclass(frozen=True)
class Example:
    """An instance of a layer type, for its entry in the catalogue: the shapes of its inputs (sizes by name where
    possible) and its options.  Without shapes: as few inputs with as few axes as the type takes.  below: what integers
    it reads are below."""

    shapes: Sequence[tuple[int | str, ...]] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    below: int | str = "q"


class LayerType(ABC):
    """Base of all layer types; a file in this folder defines one and registers it.

    ``arity``: smallest and largest number of activations read.  A ``parametric`` type may be given its parameters as
    further inputs, in the order of the equation's ``parameters``: so they are shared, or come from a file.
    ``index_slots``: the inputs that must be integers (role "index"); no other input may be.
    ``example``: what the catalogue shows.  ``roles``: what it can be in a layer that is fused from operations.
    """

    name: ClassVar[str]
    options: ClassVar[Mapping[str, Option]] = {}
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    parametric: ClassVar[bool] = False
    index_slots: ClassVar[frozenset[int]] = frozenset()
    smallest_rank: ClassVar[int] = 0
    input_rule: ClassVar[str] = "any shape"
    roles: ClassVar[frozenset[Role]] = frozenset()
    example: ClassVar[Example] = Example()

    def complete(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> Mapping[str, Any]:
        """The options with those filled in that follow from the shapes (an open entry of a shape)."""
        return options

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        """What the equation depends on besides sizes: by default every option that is not a size.

        ``shapes`` are those of the activations read.  An override may add to it (a broadcast axis, an axis counted
        from the end) and raises :class:`ShapeError` where the shapes do not fit.
        """
        sizes = ("size", "sizes", "shape")
        return {key: options[key] for key, option in self.options.items() if option.kind not in sizes}

    @abstractmethod
    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        """The equation for the given settings and numbers of axes of the activations read."""

    @property
    def about(self) -> str:
        """One line for a table of layer types: the first of the docstring of the class, or of its file."""
        text = docstring(type(self)) or docstring(sys.modules[type(self).__module__])
        return text.strip().partition("\n")[0].removeprefix(f"{self.name}:").strip()


def axes(rank: int) -> tuple[tuple[Index, ...], Shape]:
    """Indices and sizes of ``rank`` axes: i; or i1, i2, ... over n; or n1, n2, ..."""
    return indices("i", rank), sizes("n", rank)


def indices(letter: str, count: int) -> tuple[Index, ...]:
    """Names for the indices of several axes: i; or i1, i2, ..."""
    return tuple(map(Index, _numbered(letter, count)))


def sizes(letter: str, count: int) -> Shape:
    """Names for the sizes of several axes: n; or n1, n2, ..."""
    return tuple(map(size, _numbered(letter, count)))


def _numbered(letter: str, count: int) -> list[str]:
    return [letter] if count == 1 else [f"{letter}{k}" for k in range(1, count + 1)]


def batch_axes(lead: int) -> tuple[tuple[Index, ...], Shape]:
    """Indices a1, a2, ... and sizes d1, d2, ... of leading axes that a layer only carries along."""
    numbers = range(1, lead + 1)
    return tuple(Index(f"a{k}") for k in numbers), tuple(size(f"d{k}") for k in numbers)


def sum_over(ranges: Iterable[tuple[Index, Expr]], body: Expr) -> Expr:
    """Sum of the body over several indices, the first outermost."""
    for index, extent in reversed(list(ranges)):
        body = total(index, extent, body)
    return body


LARGEST_EXPONENT = 10**6


def moderate_exponent(name: str, value: Rational) -> None:
    """Refuse an exponent whose power cannot be compared modulo a prime: its degree would be near the prime."""
    if max(abs(value.p), value.q) > LARGEST_EXPONENT:
        raise ShapeError(f"{name} is no quotient of integers up to {LARGEST_EXPONENT}", "round it to fewer digits")


def canonical_axis(axis: int, rank: int) -> int:
    """An axis counted from the front; a negative one counts from the end."""
    if not -rank <= axis < rank:
        raise ShapeError(f"axis {axis} does not exist", f"its input has {rank} {'axis' if rank == 1 else 'axes'}")
    return axis % rank


def canonical_axes(given: Iterable[int], rank: int) -> tuple[int, ...]:
    """Several different axes, counted from the front, in order."""
    found = [canonical_axis(axis, rank) for axis in given]
    if len(set(found)) != len(found):
        raise ShapeError(f"the axes {list(found)} hold one twice", "name each axis once")
    return tuple(sorted(found))


def batch_rank(options: Mapping[str, Any], shape: Shape, smallest: int) -> int:
    """Option ``lead``, checked: how many leading axes are batch axes, at least ``smallest`` others being left."""
    lead = options["lead"]
    if lead < 0 or len(shape) < lead + smallest:
        raise ShapeError(f"lead = {lead} does not leave {smallest} axes", "lead counts the batch axes in front")
    return int(lead)


def broadcast_axes(shapes: Sequence[Shape]) -> dict[str, Any]:
    """Settings for inputs that broadcast as in NumPy: per input its axes of size 1 that others extend.

    Empty where all shapes have one rank and no axis is extended.
    """
    rank = max(map(len, shapes))
    found = []
    for shape in shapes:
        lead = rank - len(shape)
        others = [[s[k - rank + len(s)] for s in shapes if k >= rank - len(s)] for k in range(lead, rank)]
        stretched = (n == 1 and any(o != 1 for o in at) for n, at in zip(shape, others, strict=True))
        found.append(tuple(k for k, is_stretched in enumerate(stretched) if is_stretched))
    plain = not any(found) and all(len(shape) == rank for shape in shapes)
    return {} if plain else {"broadcast": tuple(found)}


def broadcast_entries(
    settings: Mapping[str, Any], ranks: tuple[int, ...], owners: Sequence[Owner]
) -> tuple[tuple[Tensor, ...], list[Element], tuple[Index, ...], Shape]:
    """(input tensors, their entries at the output's indices, the indices, the output's shape)."""
    here, shape = axes(max(ranks))
    stretched = settings.get("broadcast", ((),) * len(ranks))
    tensors, entries = [], []
    for owner, rank, fixed in zip(owners, ranks, stretched, strict=True):
        lead = len(shape) - rank
        own = tuple(Integer(1) if k in fixed else shape[lead + k] for k in range(rank))
        tensors.append(Tensor(Name("x", owner), own))
        entries.append(tensors[-1][tuple(Integer(0) if k in fixed else here[lead + k] for k in range(rank))])
    return tuple(tensors), entries, here, shape


def broadcast_leading(
    settings: Mapping[str, Any], counts: Sequence[int]
) -> tuple[list[tuple[tuple[Expr, ...], Shape]], tuple[Index, ...], Shape]:
    """Leading axes that broadcast: (indices, sizes) of each input's, and the output's indices and sizes.

    ``counts``: how many axes of each input lead.  The settings are :func:`broadcast_axes` of the leading shapes.
    """
    here, shape = batch_axes(max(counts))
    stretched = settings.get("broadcast", ((),) * len(counts))
    found = []
    for count, fixed in zip(counts, stretched, strict=True):
        skipped = len(shape) - count
        indices = tuple(Integer(0) if k in fixed else here[skipped + k] for k in range(count))
        found.append((indices, tuple(Integer(1) if k in fixed else shape[skipped + k] for k in range(count))))
    return found, here, shape
