"""What a tensor is called: a letter, the role that it plays, and whose it is.

``Name("z", "hidden")`` is z_hidden, ``Name("z", "hidden").adjoint`` the derivative of the energy with respect to it.
In the equation of a layer kind the owners are placeholders, which is a type of its own: a layer that somebody calls
``u`` or ``v`` is just a layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from sympy import Atom, S


class NameRole(Enum):
    """What a tensor is to the one with the same letter: itself; the derivative of the energy with respect to it; or,
    for a maximum, the first index at which it is attained.  The value is the word that stands before the letter in a
    certificate."""

    PLAIN = ""
    ADJOINT = "bar"
    CHOICE = "arg"


@dataclass(frozen=True)
class Placeholder:
    """An owner in an equation that holds for many vertices: the vertex itself, a parent of it, or the cost."""

    letter: str

    def __str__(self) -> str:
        return self.letter


Owner = str | Placeholder

U = Placeholder("u")
"""The parent of a vertex that has one."""
V = Placeholder("v")
"""The vertex itself."""
COST = Placeholder("cost")
"""The cost, whose own tensors are its target, its intermediates and C."""


def slots(count: int) -> tuple[Placeholder, ...]:
    """The parents in an equation: u, or u1, u2, ..."""
    return (U,) if count == 1 else tuple(Placeholder(f"u{k}") for k in range(1, count + 1))


U1, U2 = slots(2)
"""The parents of a vertex that has two."""


class Name(Atom):
    """The name of a tensor.  Names compare as they are written in a certificate, so that terms stand in one order."""

    __slots__ = ("_content", "letter", "owner", "role")

    letter: str
    owner: Owner
    role: NameRole
    _content: tuple[str, str, bool]

    def __new__(cls, letter: str, owner: Owner, role: NameRole = NameRole.PLAIN) -> Name:
        name: Name = Atom.__new__(cls)
        name.letter, name.owner, name.role = letter, owner, role
        name._content = name.kind, str(owner), isinstance(owner, Placeholder)
        return name

    def __getnewargs__(self) -> tuple[str, Owner, NameRole]:
        return self.letter, self.owner, self.role

    def _hashable_content(self) -> tuple[str, str, bool]:
        return self._content

    def sort_key(self, order: str | None = None) -> Any:
        return self.class_key(), (2, (self.kind, str(self.owner))), S.One.sort_key(), S.One

    def _sympystr(self, printer: Any) -> str:
        return f"{self.kind}_{self.owner}"

    @property
    def kind(self) -> str:
        """Role and letter as a certificate writes them: ``z``, ``bar z``, ``arg m``."""
        return f"{self.role.value} {self.letter}" if self.role.value else self.letter

    @property
    def adjoint(self) -> Name:
        """The name of the derivative of the energy with respect to this tensor."""
        return Name(self.letter, self.owner, NameRole.ADJOINT)

    @property
    def choice(self) -> Name:
        """The name of the position of this maximum."""
        return Name(self.letter, self.owner, NameRole.CHOICE)

    @property
    def plain(self) -> Name:
        """The name of what this is derived from."""
        return Name(self.letter, self.owner)

    def is_plain(self, letter: str) -> bool:
        """Whether this is the tensor of that letter itself."""
        return self.role is NameRole.PLAIN and self.letter == letter

    def of(self, owner: Owner) -> Name:
        """The same of another owner."""
        return Name(self.letter, owner, self.role)
