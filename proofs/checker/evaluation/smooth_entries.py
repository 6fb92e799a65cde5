"""At which numbers a network's equations are differentiable: conditions on named entries, in words.

The theorem in Coq has them as a list of demands (proofs/coq/Demands.v), about the numbers that feeding forward gives;
the prover holds the list against what :func:`needs` finds.  Functions that proofs/coq/Functions.v proves differentiable
everywhere ask for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dyadic.proofs.checker.evaluation.domain import Signs, evident_sign
from dyadic.proofs.checker.intake.reading import named

EVERYWHERE = frozenset({
    "exp", "tanh", "sigmoid", "softplus", "sin", "cos", "silu", "gelu_tanh", "erf", "gelu", "expm1", "sinh", "cosh",
    "log_sigmoid", "mish",
})  # fmt: skip
"""Functions that are proved differentiable everywhere."""
_NOT_ZERO = ("relu", "reciprocal")
_POSITIVE = ("sqrt", "rsqrt", "log")
_BRACKETS = ("inside", "divides", "same")
_REDUCTIONS = ("logsumexp", "max", "argmax")
_LONGEST = 160
_DEEPEST = 40


class Need(StrEnum):
    """What can be asked, by its name in proofs/coq/Demands.v."""

    NOT_ZERO = "NotZero"
    POSITIVE = "Positive"
    HAS_DERIVATIVE = "HasDerivative"
    LARGEST_ONCE = "LargestOnce"
    SOME_TERM = "SomeTerm"


@dataclass(frozen=True)
class Situated:
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
    for place, content in places(vertices, layers, costs, kinds):
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


def places(
    vertices: Sequence[Any], layers: Mapping[str, Any], costs: Mapping[str, Any], kinds: Mapping[str, Any]
) -> Iterator[tuple[Situated, Mapping[str, Any]]]:
    """Every vertex and cost with the content of its kind."""
    for vertex in vertices:
        content = layers[vertex["layer"]]
        yield Situated(vertex["name"], dict(zip(content["inputs"], vertex["inputs"], strict=False))), content
    for name, cost in costs.items():
        content = kinds[cost["cost"]]
        yield Situated(name, {content["input"]: cost["input"]}), content


def needs(e: Any) -> Iterator[tuple[Need, Any]]:
    """What is asked where an expression is evaluated, and the part of it that asks: a function's application, a power
    below 0 or by a fraction, a maximum or a log-sum-exp."""
    stack = [e]
    while stack:
        node = stack.pop()
        if not isinstance(node, list) or not node:
            continue
        stack.extend(reversed(node))
        match node[0]:
            case "apply":
                first = node[2] == 0
                if node[1] == "exp" or (first and node[1] in EVERYWHERE):
                    continue
                if node[1] == "reciprocal" or (first and node[1] in _NOT_ZERO):
                    yield Need.NOT_ZERO, node
                else:
                    yield Need.POSITIVE if first and node[1] in _POSITIVE else Need.HAS_DERIVATIVE, node
            case "^" if isinstance(node[2], list):
                yield Need.HAS_DERIVATIVE, node
            case "^" if node[2] < 0:
                yield Need.NOT_ZERO, node
            case "max":
                yield Need.LARGEST_ONCE, node
            case "logsumexp" if _is_guarded(node[3]):
                yield Need.SOME_TERM, node


def asks_beside_a_bracket(e: Any) -> bool:
    """Whether something is asked of what is read beside a bracket.

    Where the bracket is 0 nothing is read, as the words and a search for numbers have it; in Coq a read outside a
    tensor is 0, of which the same is asked.  The brackets of a maximum or a log-sum-exp say where it goes, in Coq too.
    """
    if not isinstance(e, list) or not e:
        return False
    if e[0] in _REDUCTIONS:
        return any(map(asks_beside_a_bracket, _factors(e[3])))
    if e[0] == "*" and any(map(_is_bracket, e)):
        found = [(need, node) for part in e[1:] for need, node in needs(part)]
        if any(need in (Need.LARGEST_ONCE, Need.SOME_TERM) or _reads(node) for need, node in found):
            return True
    return any(map(asks_beside_a_bracket, e[1:]))


def _conditions(e: Any, known: Signs) -> Iterator[tuple[str, Any]]:
    """What has to hold in words, and the expressions of which it has to."""
    for need, node in needs(e):
        if need is Need.LARGEST_ONCE:
            yield "one term alone is the largest, wherever a maximum is taken", node
        elif need is Need.SOME_TERM:
            yield "there is a term, wherever a log-sum-exp goes over a part", node
        elif node[0] == "apply":
            yield _applied(need, node[1], node[2], known, node[3]), node[3]
        elif _reads(node[1]) or evident_sign(node[1], known) < 2:
            power = "what is raised to the power of a fraction is positive"
            yield _asked("no divisor is 0" if need is Need.NOT_ZERO else power, known, node[1]), node[1]


def _applied(need: Need, name: str, order: int, known: Signs, argument: Any) -> str:
    if need is Need.HAS_DERIVATIVE:
        return f"{name}{chr(39) * order} has its derivative at what it is applied to"
    condition = "is not 0" if need is Need.NOT_ZERO else "is positive"
    return _asked(f"what {name} is applied to {condition}", known, argument)


def _asked(text: str, known: Signs, argument: Any) -> str:
    return f"{text}, as the equation makes evident" if evident_sign(argument, known) == 2 else text


def _whole(e: Any, place: Situated) -> str:
    text = place.text(e)
    return f"{text if len(text) <= _LONGEST else text[:_LONGEST] + '...'} in {named(place.name)}"


def _is_guarded(body: Any) -> bool:
    return any(map(_is_bracket, _factors(body)))


def _factors(e: Any) -> Sequence[Any]:
    return e[1:] if isinstance(e, list) and e[0] == "*" else [e]


def _is_bracket(e: Any) -> bool:
    return isinstance(e, list) and e[0] in _BRACKETS


def _reads(e: Any) -> bool:
    return isinstance(e, list) and bool(e) and (e[0] == "entry" or any(map(_reads, e)))
