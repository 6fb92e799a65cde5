"""Equations exactly as ``dyadic derive`` prints them, read back into the certificate's JSON.

This is the inverse of the text printer and no more: ranges are any integer expression, parameters and constants that
are inputs go by their own name, and nothing is guessed.  A person's own notation is read by text.py.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dyadic.proofs.checker.intake.graph import COST, Graph
from dyadic.proofs.checker.intake.kinds import adjoint
from dyadic.proofs.checker.trust import READERS, called
from dyadic.proofs.statements.parsing.tokens import Unreadable
from dyadic.proofs.statements.semantics.quantities import printed_letters

REDUCTIONS = {"Sum": "sum", "LogSumExp": "logsumexp", "Max": "max", "ArgMax": "argmax"}
_NUMBER = re.compile(r"\d+(?![\w.])")  # a name may start with digits: 0.weight
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_REDUCTION = re.compile(rf"({'|'.join(REDUCTIONS)})\[([A-Za-z][A-Za-z0-9_]*)<")
_FUNCTION = re.compile(r"([A-Za-z][A-Za-z0-9_]*)('*)\(")


@dataclass(frozen=True)
class PrintedNames:
    """tensors: kind, owner and number of axes by the printed name."""

    tensors: Mapping[str, tuple[str, str, int]]

    @cached_property
    def lengths(self) -> list[int]:
        """The lengths of names, longest first; there are few, however many names there are."""
        return sorted({len(name) for name in self.tensors}, reverse=True)


def printed_names(graph: Graph, own: Collection[str]) -> PrintedNames:
    """Every tensor of a network under the name that is printed for it.

    own: the inputs that go by their own name.  A name that two tensors share stands for none of them.
    """
    found: dict[str, tuple[str, str, int]] = {}
    shared: set[str] = set()

    def add(kind: str, owner: str, rank: int) -> None:
        letters = printed_letters(kind)
        name = letters if owner == COST else f"{letters}_{owner}"
        if owner in own and kind in ("x", adjoint("x")):
            name = owner if kind == "x" else f"{owner}bar"
        if found.setdefault(name, (kind, owner, rank)) != (kind, owner, rank):
            shared.add(name)

    for name, node in graph.inputs.items():
        add("x", name, len(node["shape"]))
        add(adjoint("x"), name, len(node["shape"]))
    for name in graph.parents:
        data = graph.layers[graph.content[name]]
        rank = len(data["definitions"][-1]["shape"])
        add("E", name, 0)
        for kind in ("x", "s"):
            add(kind, name, rank)
        for item in (*data["definitions"], *data["intermediates"]):
            add(item["kind"], name, len(item["shape"]))
        for parameter in data["parameters"].values():
            add(parameter["kind"], name, len(parameter["shape"]))
            add(adjoint(parameter["kind"]), name, len(parameter["shape"]))
    for owner, data in graph.cost_contents.items():
        add("y", owner, len(data["target_shape"]))
        for item in (*data["definitions"], *data["intermediates"]):
            add(item["kind"], owner, len(item["shape"]))
    return PrintedNames({name: tensor for name, tensor in found.items() if name not in shared})


def read_equation(source: str, names: PrintedNames) -> tuple[Any, Any]:
    """Both sides of ``left = right``.  Raises :class:`Unreadable`."""
    called(READERS)
    reader = _EquationReader(source, names)
    left = reader.atom(frozenset())
    indices = left[3] if isinstance(left, list) and left[0] == "entry" else None
    if indices is None or not all(isinstance(index, list) and index[0] == "size" for index in indices):
        raise Unreadable(0, "an equation starts with the entry that it defines")
    free = [index[1] for index in indices]
    reader.expect(" = ")
    right = reader.total(frozenset(free))
    if reader.at != len(source):
        raise reader.refuse("more stands behind the equation")
    return ["entry", left[1], left[2], [["index", name] for name in free]], right


class _EquationReader:
    """Recursive descent; ``scope`` holds the indices that are bound."""

    def __init__(self, source: str, names: PrintedNames) -> None:
        self.source, self.names, self.at = source, names, 0

    def refuse(self, reason: str) -> Unreadable:
        return Unreadable(self.at, reason)

    def next(self, text: str) -> bool:
        """Whether this text comes next; then it is read."""
        found = self.source.startswith(text, self.at)
        self.at += len(text) if found else 0
        return found

    def expect(self, text: str) -> None:
        if not self.next(text):
            raise self.refuse(f"{text.strip()!r} is expected")

    def total(self, scope: frozenset[str], first: Any = None) -> Any:
        """A sum: terms between ``+`` and ``-`` with blanks around them; first: its first term, if that is read."""
        terms = [self.signed(scope) if first is None else first]
        while True:
            if self.next(" + "):
                terms.append(self.product(scope))
            elif self.next(" - "):
                terms.append(["*", -1, self.product(scope)])
            else:
                return terms[0] if len(terms) == 1 else ["+", *terms]

    def signed(self, scope: frozenset[str]) -> Any:
        return ["*", -1, self.product(scope)] if self.next("-") else self.product(scope)

    def product(self, scope: frozenset[str]) -> Any:
        """Factors between blanks and slashes, from left to right."""
        factors = [self.power(scope)]
        while True:
            here = self.at
            if self.next("/"):
                factors.append(["^", self.power(scope), -1])
            elif self.next(" ") and not self.source.startswith(("+ ", "- ", "= ", "/ ", "<", "| ", "mod "), self.at):
                factors.append(self.power(scope))
            else:
                self.at = here
                return factors[0] if len(factors) == 1 else ["*", *factors]

    def power(self, scope: frozenset[str]) -> Any:
        base = self.atom(scope)
        return ["^", base, self._exponent()] if self.next("^") else base

    def _exponent(self) -> Any:
        match = re.compile(r"(\d+)|\((-?\d+)(?:/(\d+))?\)").match(self.source, self.at)
        if match is None:
            raise self.refuse("an exponent is a number")
        self.at = match.end()
        if match[3] is not None:
            return ["rational", int(match[2]), int(match[3])]
        return int(match[1] or match[2])

    def atom(self, scope: frozenset[str]) -> Any:
        source = self.source
        if match := _NUMBER.match(source, self.at):
            self.at = match.end()
            return int(match[0])
        if self.next("("):
            return self._in_brackets(scope)
        if self.next("["):
            return self._condition(scope)
        if match := _REDUCTION.match(source, self.at):
            self.at = match.end()
            extent = self.total(scope)
            self.expect("] ")
            return [REDUCTIONS[match[1]], match[2], extent, self.product(scope | {match[2]})]
        if self.next("floor("):
            return self._floor(scope)
        if self.next("sqrt("):
            inside = self.total(scope)
            self.expect(")")
            return ["^", inside, ["rational", 1, 2]]
        return self._named(scope)

    def _floor(self, scope: frozenset[str]) -> Any:
        """Of a quotient of integers, which has blanks around its slash, or of a number."""
        top = self.signed(scope)
        if self.next(" / "):
            found = ["quotient", top, self.atom(scope)]
        else:
            found = ["apply", "floor", 0, self.total(scope, top)]
        self.expect(")")
        return found

    def _in_brackets(self, scope: frozenset[str]) -> Any:
        inside = self.total(scope)
        if self.next(" mod "):
            inside = ["remainder", inside, self.atom(scope)]
        self.expect(")")
        return inside

    def _condition(self, scope: frozenset[str]) -> Any:
        one = self.total(scope)
        if self.next(" <= "):
            if one != 0:
                raise self.refuse("a range starts from 0")
            value = self.total(scope)
            self.expect(" < ")
            found = ["inside", value, self.total(scope)]
        elif self.next(" | "):
            found = ["divides", one, self.total(scope)]
        else:
            self.expect(" = ")
            found = ["same", one, self.total(scope)]
        self.expect("]")
        return found

    def _named(self, scope: frozenset[str]) -> Any:
        """An entry, a function, an index or a size."""
        word = _WORD.match(self.source, self.at)
        tensor = self._tensor()
        if tensor is not None and not (tensor[2] == 0 and word is not None and word[0] in scope):
            name, start = tensor[3], self.at
            self.at += len(name)
            if tensor[2] == 0:
                return ["entry", tensor[0], tensor[1], []]
            if self.next("["):
                return ["entry", tensor[0], tensor[1], self._indices(scope, tensor[2])]
            self.at = start
        if match := _FUNCTION.match(self.source, self.at):
            self.at = match.end()
            argument = self.total(scope)
            self.expect(")")
            return ["apply", match[1], len(match[2]), argument]
        if word is None:
            raise self.refuse("this is no quantity")
        self.at = word.end()
        if word[0] == "pi":
            return ["pi"]
        return ["index", word[0]] if word[0] in scope else ["size", word[0]]

    def _tensor(self) -> tuple[str, str, int, str] | None:
        """The longest name of a tensor that stands here: with axes before a bracket, without before the name's end."""
        for length in self.names.lengths:
            name = self.source[self.at : self.at + length]
            found = self.names.tensors.get(name)
            if found is None or len(name) < length:
                continue
            follows = self.source[self.at + length : self.at + length + 1]
            if (follows == "[") if found[2] else not (follows.isalnum() or follows in ("_", "[", "(", "'")):
                return (*found, name)
        return None

    def _indices(self, scope: frozenset[str], rank: int) -> list[Any]:
        indices = [self.total(scope)]
        while self.next(", "):
            indices.append(self.total(scope))
        self.expect("]")
        if len(indices) != rank:
            raise self.refuse(f"{rank} indices are expected")
        return indices


__all__ = ["PrintedNames", "printed_names", "read_equation"]
