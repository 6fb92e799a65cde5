"""At which numbers a network's equations are differentiable: conditions on named entries, in words.

The theorem in Coq has them as its hypothesis ``conditions_network``, about the numbers that feeding forward gives.
Functions that proofs/coq/Functions.v proves differentiable everywhere ask for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dyadic.proofs.checker.evaluation.domain import Signs, evident_sign
from dyadic.proofs.checker.intake.reading import named

EVERYWHERE = frozenset({"exp", "tanh", "sigmoid", "softplus", "sin", "cos", "silu", "gelu_tanh"})
"""Functions that are proved differentiable everywhere."""
_RESTRICTED = {
    "relu": "is not 0",
    "reciprocal": "is not 0",
    "sqrt": "is positive",
    "rsqrt": "is positive",
    "log": "is positive",
}
_BRACKETS = ("inside", "divides", "same")
_LONGEST = 160
_DEEPEST = 40


@dataclass(frozen=True)
class _Situated:
    """A vertex or cost: its name, and the names of what it reads, by slot."""

    name: str
    read: Mapping[str, str]

    def tensor(self, kind: str, owner: str) -> str:
        if kind == "x":
            return named(self.read.get(owner, owner))
        return f"{kind} of {named(self.name)}"

    def text(self, e: Any, depth: int = 0) -> str:
        """An expression as it stands in a sentence."""
        if not isinstance(e, list):
            return str(e)
        if depth > _DEEPEST:
            return "..."
        head, *parts = e
        if head in ("index", "size"):
            return str(parts[0])
        if head == "entry":
            return self._entry(parts[0], parts[1], [self.text(part, depth + 1) for part in parts[2]])
        if head == "rational":
            return f"{parts[0]}/{parts[1]}"
        texts = [self.text(part, depth + 1) for part in parts]
        match head:
            case "+":
                return f"({' + '.join(texts)})"
            case "*":
                return " * ".join(texts)
            case "^":
                return f"({texts[0]})^{texts[1]}"
            case "apply":
                return f"{parts[0]}{chr(39) * parts[1]}({texts[2]})"
            case "sum" | "max" | "argmax" | "logsumexp":
                return f"{head}_{parts[0]} {texts[2]}"
            case "inside":
                return f"[0 <= {texts[0]} < {texts[1]}]"
        return f"[{head} {' '.join(texts)}]"

    def _entry(self, kind: str, owner: str, positions: Sequence[str]) -> str:
        tensor = self.tensor(kind, owner)
        return f"{f'({tensor})' if ' ' in tensor else tensor}[{', '.join(positions)}]" if positions else tensor


def conditions_on_entries(
    vertices: Sequence[Any], layers: Mapping[str, Any], costs: Mapping[str, Any], kinds: Mapping[str, Any]
) -> list[str]:
    """What has to hold of a network's numbers: one sentence for a function and all the entries that it is applied to.

    vertices, layers, costs, kinds: as a certificate holds them.  What an equation makes evident is told apart; it is
    among the hypotheses in Coq all the same.
    """
    found: dict[str, dict[bool, dict[str, None]]] = {}
    for place, content in _places(vertices, layers, costs, kinds):
        known: dict[tuple[str, str], int] = {}
        for item in content["definitions"]:
            for condition, argument in _conditions(item["body"], known):
                is_entry = isinstance(argument, list) and argument[0] == "entry"
                of = place.tensor(argument[1], argument[2]) if is_entry else _whole(argument, place)
                found.setdefault(condition, {True: {}, False: {}})[is_entry][of] = None
            known.setdefault((item["kind"], item["owner"]), evident_sign(item["body"], known))
    return [f"for Coq, {condition}: {_listed(subjects)}" for condition, subjects in found.items()]


def _listed(subjects: Mapping[bool, Mapping[str, None]]) -> str:
    entries = [f"every entry of {', '.join(subjects[True])}"] if subjects[True] else []
    return "; ".join([*entries, *subjects[False]])


def _places(
    vertices: Sequence[Any], layers: Mapping[str, Any], costs: Mapping[str, Any], kinds: Mapping[str, Any]
) -> Iterator[tuple[_Situated, Mapping[str, Any]]]:
    for vertex in vertices:
        content = layers[vertex["layer"]]
        yield _Situated(vertex["name"], dict(zip(content["inputs"], vertex["inputs"], strict=False))), content
    for name, cost in costs.items():
        content = kinds[cost["cost"]]
        yield _Situated(name, {content["input"]: cost["input"]}), content


def _conditions(e: Any, known: Signs) -> Iterator[tuple[str, Any]]:
    """What has to hold, and the expressions of which it has to."""
    stack = [e]
    while stack:
        node = stack.pop()
        if not isinstance(node, list) or not node:
            continue
        stack.extend(reversed(node))
        if node[0] == "apply" and node[1] not in EVERYWHERE:
            yield _applied(node[1], node[2], known, node[3]), node[3]
        elif node[0] == "^" and _reads(node[1]) and isinstance(node[2], list):
            yield _asked("what is raised to the power of a fraction is positive", known, node[1]), node[1]
        elif node[0] == "^" and _reads(node[1]) and node[2] < 0:
            yield _asked("no divisor is 0", known, node[1]), node[1]
        elif node[0] == "max":
            yield "one term alone is the largest, wherever a maximum is taken", node
        elif node[0] == "logsumexp" and _is_guarded(node[3]):
            yield "there is a term, wherever a log-sum-exp goes over a part", node


def _applied(name: str, order: int, known: Signs, argument: Any) -> str:
    condition = _RESTRICTED.get(name) if order == 0 or name == "reciprocal" else None
    if condition is None:
        return f"{name}{chr(39) * order} has its derivative at what it is applied to"
    return _asked(f"what {name} is applied to {condition}", known, argument)


def _asked(text: str, known: Signs, argument: Any) -> str:
    return f"{text}, as the equation makes evident" if evident_sign(argument, known) == 2 else text


def _whole(e: Any, place: _Situated) -> str:
    text = place.text(e)
    return f"{text if len(text) <= _LONGEST else text[:_LONGEST] + '...'} in {named(place.name)}"


def _is_guarded(body: Any) -> bool:
    parts = body[1:] if isinstance(body, list) and body[0] == "*" else [body]
    return any(isinstance(part, list) and part[0] in _BRACKETS for part in parts)


def _reads(e: Any) -> bool:
    return isinstance(e, list) and bool(e) and (e[0] == "entry" or any(map(_reads, e)))
