"""Where the updates of a network are defined: the states that "any state" stands for.

Logarithms, roots, divisions and some inverse functions have no value at some arguments.  Each place in the equations
where such an argument could occur gives a condition; none is given where the equations themselves rule it out, as they
do for a division by a size or for the root of a sum of squares and a positive number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

RESTRICTED = {
    "log": ("is positive", "is positive"),
    "log1p": ("is above -1", "is above -1"),
    "sqrt": ("is not negative", "is positive"),
    "rsqrt": ("is positive", "is positive"),
    "tan": ("is no odd multiple of pi/2", "is no odd multiple of pi/2"),
    "asin": ("lies between -1 and 1", "lies strictly between -1 and 1"),
    "acos": ("lies between -1 and 1", "lies strictly between -1 and 1"),
    "acosh": ("is at least 1", "is above 1"),
    "atanh": ("lies strictly between -1 and 1", "lies strictly between -1 and 1"),
}
"""What the argument of a function, and that of its derivatives, has to satisfy; the others are defined everywhere."""
_POSITIVE = ("exp", "sigmoid", "softplus")
_NOT_NEGATIVE = ("abs", "relu", "step", "sqrt")
_BRACKETS = ("inside", "divides", "same")


STATE = "a state is one from which every update is defined, at every step"
VALUES = "its equations have values"


def hypothesis(contents: Iterable[Mapping[str, Any]], what: str = STATE) -> str | None:
    """The states at which every update is defined, in words; None if these are all.

    contents: the layers and costs of a certificate.  what: the words for it, :data:`VALUES` of one layer or cost.
    """
    found = sorted({condition for content in contents for condition in conditions(content)})
    return f"{what}: {'; '.join(found)}" if found else None


def equations(content: Mapping[str, Any]) -> list[Any]:
    """The equations of one layer or cost, in an order in which each reads those before it."""
    items = [*content["definitions"], *content["intermediates"], *content.get("adjoints", ())]
    others = [content[name] for name in ("energy", "stationarity", "gradient") if name in content]
    return [*items, *content.get("gradients", {}).values(), *others]


def conditions(content: Mapping[str, Any]) -> set[str]:
    """The conditions of one layer or cost."""
    items = equations(content)
    known: dict[tuple[str, str], int] = {}
    for item in items:
        known.setdefault((item["kind"], item["owner"]), evident_sign(item["body"], known))
    found: set[str] = set()
    stack = [item["body"] for item in items]
    while stack:
        node = stack.pop()
        if not isinstance(node, list):
            continue
        stack.extend(node)
        if len(node) == 4 and node[0] == "apply" and node[1] in RESTRICTED:
            itself, condition = RESTRICTED[node[1]][0], RESTRICTED[node[1]][min(node[2], 1)]
            name = node[1] if condition == itself else f"{node[1]}'"
            enough = {"is positive": 2, "is not negative": 1}.get(condition, 3)
            if evident_sign(node[3], known) < enough:
                found.add(f"what {name} is applied to {condition}")
        elif len(node) == 3 and node[0] == "^":
            found |= _power(node[1], node[2], known)
    return found


def _power(base: Any, exponent: Any, known: Signs) -> set[str]:
    p, q = (exponent[1], exponent[2]) if isinstance(exponent, list) and exponent[0] == "rational" else (exponent, 1)
    if evident_sign(base, known) == 2 or (q == 1 and p >= 0):
        return set()
    if q == 1:
        return {"no divisor is 0"}
    if p > 0:
        return set() if evident_sign(base, known) else {f"what is raised to the power {p}/{q} is not negative"}
    return {f"what is raised to the power {p}/{q} is positive"}


Signs = Mapping[tuple[str, str], int]


def evident_sign(node: Any, known: Signs, depth: int = 0) -> int:
    """2 if an expression is positive whatever it reads, 1 if it is not negative, 0 if neither is evident.

    known: the signs of what is defined by the equations before.
    """
    if depth > 60:
        return 0
    match node:
        case int():
            return 2 if node > 0 else int(node == 0)
        case ["rational", int(p), int()]:
            return 2 if p > 0 else int(p == 0)
        case ["size", _] | ["pi"]:
            return 2
        case ["entry", str(kind), str(owner), _]:
            return known.get((kind, owner), 0)
        case ["+", *terms] if terms:
            signs = [evident_sign(term, known, depth + 1) for term in terms]
            return max(signs) if min(signs) else 0
        case ["*", *factors]:
            return min((evident_sign(factor, known, depth + 1) for factor in factors), default=2)
        case ["^", base, exponent]:
            even = isinstance(exponent, int) and exponent % 2 == 0
            sign = evident_sign(base, known, depth + 1)
            return sign if sign == 2 or not even or exponent < 0 else 1
        case ["sum" | "max", _, _, body]:
            return min(evident_sign(body, known, depth + 1), 1)
        case ["apply", str(name), 0, _]:
            return 2 if name in _POSITIVE else int(name in _NOT_NEGATIVE)
        case [str(head), *_] if head in _BRACKETS:
            return 1
    return 0
