"""How entries are written that may have no value, which are numbers all the same where that is not looked at."""

from __future__ import annotations

from typing import Any

from dyadic.symbolic.readers.python_code.array_forms import Recorder, times

WHERE = "where"
"""["where", mask, value]: the value where the mask is 1; where it is 0 it is 0, and the value need not exist.
"""
POWER = "power"
"""["power", 1 or 0, logarithm]: that of the base of a power, which may have a value where the base is negative.

It has none there (1: this is seen) but where the exponent is an integer, which it is at single points only.
"""
_BRACKETS = ("inside", "divides", "same")


def factor(node: Any) -> Any:
    """An entry that the code multiplies: a bracket in it guards nothing beside it, as 0 * nan is nan."""
    parts = node[1:] if isinstance(node, list) and node[:1] == ["*"] else [node]
    return ["+", node] if any(isinstance(part, list) and part[0] in _BRACKETS for part in parts) else node


def product(recorder: Recorder, *nodes: Any) -> Any:
    """What the code multiplies: 0 times what may be no number stays as it is written."""
    zeros = [node for node in nodes if isinstance(node, int) and not node]
    if zeros and any(part[:1] in (["apply"], ["^"]) for node in nodes for part in recorder.parts(node)):
        return ["*", *zeros, *(node for node in nodes if node not in zeros)]
    return times(*map(factor, nodes))
