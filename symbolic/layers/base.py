"""What a layer type is: a name, its options, and one index equation for symbolic sizes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from sympy import Expr

from symbolic.expressions import Definition, Index, Tensor, size


@dataclass(frozen=True)
class Option:
    """One option of a layer type.

    kind "size": a positive integer or a name, symbolic in the equation; "choice": one of ``choices``;
    "flag": true or false.  ``default`` None: the option must be given.
    """

    kind: Literal["size", "choice", "flag"]
    default: Any = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parameter:
    """A trained array.  ``initial``: "fan_in" (normal, variance 1 / inputs per output) or "zeros"."""

    tensor: Tensor
    initial: Literal["fan_in", "zeros"]


@dataclass(frozen=True)
class LayerEquation:
    """The index equation of a layer type, for symbolic sizes.

    The vertex itself is called ``v`` and its parents ``u`` (or ``u1``, ``u2``, ...); the activations read are
    x_u, the last definition is the value f_v of the vertex's map, and earlier ones are named intermediates.
    ``sizes`` gives the symbol that stands for each size option.
    """

    inputs: tuple[Tensor, ...]
    parameters: dict[str, Parameter]
    definitions: tuple[Definition, ...]
    sizes: dict[str, Expr] = field(default_factory=dict)

    @property
    def output(self) -> Definition:
        return self.definitions[-1]


class LayerType(ABC):
    """Base of all layer types; a file in this folder defines one and registers it."""

    name: ClassVar[str]
    options: ClassVar[Mapping[str, Option]] = {}
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    smallest_rank: ClassVar[int] = 0
    input_rule: ClassVar[str] = "any shape"

    @abstractmethod
    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        """The equation for the given settings (size options left out) and numbers of axes of the inputs."""


def slots(count: int) -> tuple[str, ...]:
    """Names of the parents in an equation: u, or u1, u2, ..."""
    return ("u",) if count == 1 else tuple(f"u{k}" for k in range(1, count + 1))


def axes(rank: int) -> tuple[tuple[Index, ...], tuple[Expr, ...]]:
    """Indices and sizes of ``rank`` axes: i; or i1, i2, ... over n; or n1, n2, ..."""
    if rank == 1:
        return (Index("i"),), (size("n"),)
    numbers = range(1, rank + 1)
    return tuple(Index(f"i{k}") for k in numbers), tuple(size(f"n{k}") for k in numbers)
