"""What a claim can speak of: a tensor of the network, or what the energy says about one.

A quantity is a kind and an owner, as a tensor is.  To the kinds of a certificate (proofs/checker/intake/kinds.py)
claims add the right-hand side that x or s relaxes to (``update s``), its rate (``rate s``), the cost's own derivative
(``cost x``), what one child hands back to a vertex's sensitivity (``from NAME``) and the derivative of one quantity by
another (``slope ...``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from dyadic.proofs.checker.intake.kinds import adjoint, differentiated, is_adjoint, is_position, maximum, position


class Sense(Enum):
    """What a quantity is to the tensor of its letter; the value is the word before the letter in its kind."""

    TENSOR = ""
    ADJOINT = "bar"
    POSITION = "arg"
    UPDATE = "update"
    RATE = "rate"
    COST = "cost"
    RECEIVED = "from"
    CHOICE = "at"
    """The position of a largest value, compared with a number: what a bracket with it is."""
    CANDIDATE = "candidate"
    """Whether a largest value is taken of one with this index: an integer, 1 or 0."""
    SLOPE = "slope"
    """The derivative of a quantity of the forward pass by another one."""
    OWN = "by"
    """The derivative of an author's own energy."""


_CLAIMED = {sense.value: sense for sense in tuple(Sense)[3:]}


@dataclass(frozen=True)
class Quantity:
    """``letter``: of the tensor; of what is received, the child that it comes from."""

    sense: Sense
    letter: str

    @property
    def kind(self) -> str:
        match self.sense:
            case Sense.TENSOR:
                return self.letter
            case Sense.ADJOINT:
                return adjoint(self.letter)
            case Sense.POSITION:
                return position(self.letter)
        return f"{self.sense.value} {self.letter}"

    @property
    def gradient_of_energy(self) -> str:
        """The variable of the state that this is dE/d... of, x or s; nothing for other quantities."""
        return self.letter if self.sense is Sense.ADJOINT and self.letter in ("x", "s") else ""


@lru_cache(maxsize=4096)
def quantity(kind: str) -> Quantity:
    """What a kind says."""
    if is_adjoint(kind):
        return Quantity(Sense.ADJOINT, differentiated(kind))
    if is_position(kind):
        return Quantity(Sense.POSITION, maximum(kind))
    head, blank, rest = kind.partition(" ")
    return Quantity(_CLAIMED[head], rest) if blank and head in _CLAIMED else Quantity(Sense.TENSOR, kind)


def update(letter: str) -> str:
    """The kind of the right-hand side of x or s."""
    return Quantity(Sense.UPDATE, letter).kind


def rate(letter: str) -> str:
    """The kind of dx/dt or ds/dt."""
    return Quantity(Sense.RATE, letter).kind


def received(child: str) -> str:
    """The kind of what a child hands back."""
    return Quantity(Sense.RECEIVED, child).kind


def chosen(kind: str) -> str:
    """The kind of a bracket that compares a position of a largest value with a number."""
    return Quantity(Sense.CHOICE, maximum(kind)).kind


def candidate(kind: str) -> str:
    """The kind of what says whether a number is an index of which the largest value is taken."""
    return Quantity(Sense.CANDIDATE, maximum(kind)).kind


@dataclass(frozen=True)
class Slope:
    """d(kind of the owner)/d(below of the owner_below); rank: how many of the indices are those of the upper one."""

    kind: str
    rank: int
    below: str
    owner_below: str

    @property
    def as_kind(self) -> str:
        """The kind that this is, of the owner of the upper quantity."""
        letter = "\x1f".join((self.kind, str(self.rank), self.below, self.owner_below))
        return Quantity(Sense.SLOPE, letter).kind


def slope(what: Quantity) -> Slope:
    """What a quantity of that sense says."""
    kind, rank, below, owner = what.letter.split("\x1f")
    return Slope(kind, int(rank), below, owner)


def by_energy(name: str, kind: str) -> str:
    """The kind of the derivative of an author's own energy by a variable of a kind."""
    return Quantity(Sense.OWN, f"{name}\x1f{kind}").kind


def energy_derivative(kind: str) -> tuple[str, str]:
    """The energy and the kind of the variable that such a kind is of."""
    name, _, below = quantity(kind).letter.partition("\x1f")
    return name, below


def by_cost(letter: str) -> str:
    """The kind of dC/d(letter)."""
    return Quantity(Sense.COST, letter).kind


COST_X = by_cost("x")
"""The kind of dC/dx."""


def printed_letters(kind: str) -> str:
    """The letters before the owner in the printed name of a tensor: z, zbar, argm."""
    what = quantity(kind)
    return f"{what.letter}bar" if what.sense is Sense.ADJOINT else f"{what.sense.value}{what.letter}"
