"""Expressions of claims as text, in the notation in which they are read."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from dyadic.proofs.checker.intake.names import REDUCTIONS
from dyadic.proofs.statements.parsing.conditions import LARGEST_INTEGER
from dyadic.proofs.statements.semantics.vocabulary import shown_entry


def show(node: Any) -> str:
    """An expression in the text notation."""
    return _show(node)[0]


def _show(node: Any, level: int = 0) -> tuple[str, int]:
    text, own = _written(node)
    return (text, own) if own >= level else (f"({text})", 3)


def _written(node: Any) -> tuple[str, int]:
    if isinstance(node, int):
        return str(node), 3 if node >= 0 else 0
    match node:
        case ["apply", "acos", 0, -1]:
            return "pi", 3
        case ["size" | "index", name]:
            return str(name), 3
        case ["rational", p, q]:
            return f"{p}/{q}", 1 if p > 0 else 0
        case ["entry", kind, owner, indices]:
            return shown_entry(kind, owner, [_index(i) for i in indices]), 3
        case ["apply", "step", 0, argument]:
            return f"[{_compared(argument, '>')}]", 3
        case ["+", 1, ["*", -1, ["apply", "step", 0, argument]]]:
            return f"[{_compared(argument, '<=')}]", 3
        case ["+", 1, ["*", -1, ["apply", "step", 0, one]], ["*", -1, ["apply", "step", 0, two]]] if _reversed(
            one, two
        ):
            return f"[{_compared(one, '=')}]", 3
        case ["apply", name, order, argument]:
            return f"{name}{chr(39) * order}({show(argument)})", 3
        case ["+", *terms]:
            return _signed((_is_negative(term), _show(_opposite(term), 1)[0]) for term in terms), 0
        case ["*", _, *_] if _is_negative(node):
            return "-" + _show(_opposite(node), 1)[0], 0
        case ["*", *factors]:
            last = len(factors) - 1
            parts = [_show(f, 1 if k == last and _reduces(f) else 2)[0] for k, f in enumerate(factors)]
            if isinstance(factors[0], list) and factors[0][0] == "rational" and factors[0][1] > 0:
                parts[0] = show(factors[0])
            marks = [" * " if two[:1].isdigit() and one[-1:].isdigit() else " " for one, two in pairwise(parts)]
            return "".join(one + mark for one, mark in zip(parts, [*marks, ""], strict=True)), 1
        case ["^", base, ["rational", p, q]]:
            return f"{_show(base, 3)[0]}^({p}/{q})", 2
        case ["^", base, exponent]:
            return f"{_show(base, 3)[0]}^{exponent if exponent >= 0 else f'({exponent})'}", 2
        case ["inside", value, extent]:
            return f"[{_inside(value, extent)}]", 3
        case ["quotient" | "remainder", _, _]:
            return _index(node), 3
        case ["divides", divisor, value]:
            return f"[{_index(divisor)} | {_index(value)}]", 3
        case ["same", one, two]:
            return f"[{_index(one)} = {_index(two)}]", 3
        case ["unless", ["same", one, two]]:
            return f"[{_index(one)} != {_index(two)}]", 3
        case ["unless", *brackets]:
            return f"(1 - {' '.join(map(show, brackets))})", 3
    kind, name, extent, body = node
    if isinstance(extent, list) and body[:2] == ["*", ["inside", ["index", name], extent]]:
        body = body[2] if len(body) == 3 else ["*", *body[2:]]  # which the range says
    title = {"sum": "Sum", "logsumexp": "LogSumExp", "max": "Max", "argmax": "ArgMax"}[kind]
    within = "" if extent is None else f"<{_index(extent) if isinstance(extent, list) else extent}"
    return f"{title}[{name}{within}] {_show(body, 1)[0]}", 1


def _compared(difference: Any, sign: str) -> str:
    """A relation between two real numbers, from their difference."""
    match difference:
        case ["+", one, ["*", -1, two]]:
            return f"{show(one)} {sign} {show(two)}"
    return f"{show(difference)} {sign} 0"


def _reversed(one: Any, two: Any) -> bool:
    """Whether two differences are a - b and b - a."""
    match one, two:
        case ["+", a, ["*", -1, b]], ["+", c, ["*", -1, d]]:
            return bool(a == d and b == c)
        case ["+", 0, ["*", -1, b]], a:
            return bool(a == b)
        case a, ["+", 0, ["*", -1, b]]:
            return bool(a == b)
    return False


def _inside(value: Any, extent: Any) -> str:
    """0 <= value < extent, as a person writes it."""
    if extent == LARGEST_INTEGER:  # no bound
        return f"0 <= {_index(value)}"
    natural = isinstance(value, int) and value >= 0
    if natural and isinstance(extent, list) and extent[0] == "+" and extent[-1] == 1:
        rest = extent[1] if len(extent) == 3 else extent[:-1]
        return f"{value} <= {_index(rest)}"
    return f"{value} < {_index(extent)}" if natural else f"0 <= {_index(value)} < {_index(extent)}"


def _reduces(node: Any) -> bool:
    return isinstance(node, list) and node[0] in REDUCTIONS


def _signed(terms: Iterable[tuple[bool, str]]) -> str:
    """A sum of terms without signs, each with whether it is subtracted."""
    text = ""
    for negative, piece in terms:
        text += (" - " if negative else " + ") + piece if text else "-" * negative + piece
    return text


def _is_negative(node: Any) -> bool:
    """Whether it is a negative number, or a product that begins with one."""
    if isinstance(node, list):
        return node[0] in ("rational", "*") and _is_negative(node[1])
    return isinstance(node, int) and node < 0


def _opposite(node: Any) -> Any:
    """What is written behind a minus: the node without its sign; what is not negative as it is."""
    if not _is_negative(node):
        return node
    if isinstance(node, int):
        return -node
    if node[0] == "rational":
        return ["rational", -node[1], node[2]]
    if node[1] != -1:
        return ["*", _opposite(node[1]), *node[2:]]
    return node[2] if len(node) == 3 else ["*", *node[2:]]


def _index(node: Any) -> str:
    if not isinstance(node, list):
        return str(node)
    match node:
        case ["index" | "size", name]:
            return str(name)
        case ["+", *terms]:
            return _signed((_is_negative(term), _index_factor(_opposite(term))) for term in terms)
        case ["*", _, *_] if _is_negative(node):
            return "-" + _index_factor(_opposite(node))
        case ["*", *factors]:
            marks = ["", *(" * " if isinstance(factor, int) else " " for factor in factors[1:])]
            return "".join(mark + _index_factor(factor) for mark, factor in zip(marks, factors, strict=True))
        case ["quotient", top, bottom]:
            below = f"({_index(bottom)})" if isinstance(bottom, list) and bottom[0] == "*" else _index_factor(bottom)
            return f"floor({_index_factor(top)} / {below})"
        case ["remainder", top, bottom]:
            return f"({_index_factor(top)} mod {_index_factor(bottom)})"
        case ["entry", kind, owner, indices]:
            return shown_entry(kind, owner, [_index(i) for i in indices])
    return str(node)


def _index_factor(node: Any) -> str:
    return f"({_index(node)})" if isinstance(node, list) and node[0] == "+" else _index(node)
