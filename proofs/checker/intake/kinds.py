"""What the kind of a tensor says: a letter, and before it what the tensor is to the one that has the letter alone.

z        a tensor of the equation, a parameter, an activation
bar z    the derivative of the energy with respect to it
arg m    where the maximum m is attained
dot z    a direction in which it is changed: the checker's own, in no certificate
"""

from __future__ import annotations

_ADJOINT, _POSITION, _DIRECTION = "bar ", "arg ", "dot "


def adjoint(kind: str) -> str:
    """The kind of the derivative with respect to a tensor."""
    return _ADJOINT + kind


def position(kind: str) -> str:
    """The kind of the place at which a maximum is attained."""
    return _POSITION + kind


def direction(kind: str) -> str:
    """The kind of a direction in which a tensor is changed."""
    return _DIRECTION + kind


def is_adjoint(kind: str) -> bool:
    return kind.startswith(_ADJOINT)


def is_position(kind: str) -> bool:
    return kind.startswith(_POSITION)


def is_direction(kind: str) -> bool:
    return kind.startswith(_DIRECTION)


def is_plain(kind: str) -> bool:
    """Whether a kind is a letter alone."""
    return not kind.startswith((_ADJOINT, _POSITION, _DIRECTION))


def differentiated(kind: str) -> str:
    """The kind of the tensor that an adjoint is the derivative with respect to; any other kind as it is."""
    return kind.removeprefix(_ADJOINT)


def maximum(kind: str) -> str:
    """The kind of the maximum that a position is of; any other kind as it is."""
    return kind.removeprefix(_POSITION)
