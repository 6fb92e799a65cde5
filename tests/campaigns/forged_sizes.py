"""Forged certificates by name: sizes that no network has, and integers that lie where there is nothing."""

from __future__ import annotations

from campaigns.forged import FORGERIES, edit

_BEFORE = set(FORGERIES)

# -- integers ---------------------------------------------------------------------------------------------------------


@edit("integers: below 0", "mixed")
def _(c):
    c["architecture"]["inputs"]["word"]["below"] = 0


@edit("integers: below a negative number", "mixed")
def _(c):
    c["architecture"]["inputs"]["word"]["below"] = -3


@edit("integers: below a difference that is 0", "mixed")
def _(c):
    c["architecture"]["inputs"]["word"]["below"] = ["+", 5, -5]


NAMES = sorted(set(FORGERIES) - _BEFORE)
"""Those made here."""
