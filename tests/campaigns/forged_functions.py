"""Forged certificates by name: functions whose stated formulas are wrong, or have no value, where nobody looks."""

from __future__ import annotations

from campaigns.forged import FORGERIES, edit

_BEFORE = set(FORGERIES)
Z = ["z"]


def plus(*terms):
    return ["+", *terms]


def over(top, bottom):
    return ["*", top, ["^", bottom, -1]]


def corner(point):
    """|w| - w and |w| + w for w = z - point, as roots: each is 0 on one side of the point, and so is their product."""
    w = plus(Z, -point)
    r = ["^", ["^", w, 2], ["rational", 1, 2]]
    return plus(r, ["*", -1, w]), plus(r, w)


def forged(name, function, **changes):
    """changes: of an entry's formula, by its key, from the formula."""

    def change(c):
        entry = c["functions"][function]
        for key, made in changes.items():
            entry[key] = made(entry[key])

    edit(f"function: {name}")(change)


def zero_over_zero(zero):
    return lambda f: over(["*", f, zero], zero)


def with_term(term):
    return lambda f: plus(f, term)


for point in (30, 500):
    below, above = corner(point)
    hidden = zero_over_zero(below)
    forged(f"another value beyond {point}", "tanh", definition=hidden, value=with_term(["*", 5, above]))
    forged(f"another derivative beyond {point}", "gelu", derivative=with_term(above))
    forged(f"no definition beyond {point}", "gelu", definition=hidden)
    forged(f"no value beyond {point}", "tanh", value=hidden)
    forged(f"no derivative before {-point}", "tanh", derivative=zero_over_zero(corner(-point)[1]))
LOGARITHM = ["apply", "log", 0, plus(Z, 40)]
forged("no derivative at 61/7", "gelu", derivative=zero_over_zero(plus(["*", 7, Z], -61)))
forged("no value where a logarithm has none", "tanh", value=with_term(plus(LOGARITHM, ["*", -1, LOGARITHM])))
forged("no derivative where a sine is 0", "tanh", derivative=zero_over_zero(["apply", "sin", 0, Z]))

NAMES = sorted(set(FORGERIES) - _BEFORE)
"""Those made here."""
