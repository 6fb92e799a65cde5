"""Work in numbers that do not depend on the machine or on what else it does."""

from __future__ import annotations

import sys


def calls(function):
    """How many Python functions are called while ``function()`` runs; its result must be something."""
    count = 0

    def note(frame, event, argument):
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        result = function()
    finally:
        sys.setprofile(before)
    assert result is not None
    return count
