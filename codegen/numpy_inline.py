"""The loss and the gradients as one straight-line function: every routine of the plan written out where it is called.

Names are those of the equations with the vertex behind them: x_hidden, z_hidden, s_hidden, z_bar_hidden.  What an add
or a copy hands on has no statement of its own, and what several layers compute alike is computed once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from dyadic.codegen.function_names import free_name
from dyadic.codegen.numpy_passes import Statement, in_place, renamed, shared
from dyadic.codegen.plan import Plan, RoutineCall, Source, Summand

RESERVED = {"params", "p", "x", "y", "batch", "loss", "g", "np", "prod"}
Printed = Callable[[RoutineCall], Mapping[str, Any]]
"""The arguments, statements and result names of the routine that a call is to."""


class Inliner:
    """printed: see :data:`Printed`; taken: names that the module has; number: a weight as code."""

    def __init__(self, plan: Plan, printed: Printed, taken: Iterable[str], number: Callable[[Any], str]) -> None:
        self.plan, self.printed, self.number = plan, printed, number
        self.taken = RESERVED | set(taken)
        self.names: dict[Source, str] = {}
        self.statements: list[Statement] = []
        self.known: dict[str, str] = {}
        self.gradients: dict[str, str] = {}
        self.tags: dict[str, list[str]] = {}
        self.axes: dict[str, bool] = {}

    def lines(
        self, tag: Callable[[str, str], str], decay: str | None, mean: bool
    ) -> tuple[list[tuple[str, str, str]], str, list[tuple[str, str]]]:
        """The statements with their comments, the loss, and (parameter, gradient) pairs.

        tag: of an equation's letter and owner.  decay: the cost's weight decay.  mean: whether the loss is a mean.
        """
        own = self._own()
        for call in self.plan.forward:
            results = self._inlined(call)
            for position, name in enumerate(results):
                self.names[Source("value", call.owner, position)] = name
            self._activation(call.owner, results[-1], tag("x", call.owner))
        for step in self.plan.backward:
            self._sensitivity(step.vertex, step.sensitivity, tag("s", step.vertex))
            for position, name in enumerate(self._inlined(step.bars) if step.bars else ()):
                self.names[Source("bar", step.vertex, position)] = name
            for parameter in own.get(step.vertex, ()):
                self._gradient(parameter, tag("g", parameter), decay)
            for slot, call in step.contributions:
                (self.names[Source("contribution", step.vertex, slot)],) = self._inlined(call)
        losses = [self._new(f"C_{owner}", self._sum([term]), tag("C", owner)) for owner, term in self.plan.loss]
        for parameter in dict(self.plan.gradients):
            if parameter not in self.gradients:
                self._gradient(parameter, tag("g", parameter), decay)
        gradients = [(repr(parameter), self.gradients[parameter]) for parameter, _ in self.plan.gradients]
        loss = " + ".join(f"{name}.sum() / batch" if mean else name for name in losses)
        return self._finished([*losses, *self.gradients.values()]), loss, gradients

    def _own(self) -> dict[str, list[str]]:
        """The parameters by the one vertex whose adjoints their gradient reads: it comes next to these."""
        found: dict[str, list[str]] = {}
        for parameter, terms in self.plan.gradients:
            if len(terms) == 1 and isinstance(terms[0].of, RoutineCall) and terms[0].of.part.startswith("gradient_"):
                found.setdefault(terms[0].of.owner, []).append(parameter)
        return found

    def _gradient(self, parameter: str, comment: str, decay: str | None) -> None:
        code = self._sum(dict(self.plan.gradients)[parameter]) + (f" + {decay} * p[{parameter!r}]" if decay else "")
        self.gradients[parameter] = self._new(f"g_{parameter}", code, comment)

    def _finished(self, kept: Sequence[str]) -> list[tuple[str, str, str]]:
        """The statements after all passes, without those that nobody reads, each with its tags."""
        statements = in_place(shared(self.statements, self.taken), kept, self.axes)
        read, live = set(kept), []
        for name, code in reversed(statements):
            if name in read:
                live.append((name, code, ", ".join(self.tags.get(name, ()))))
                read |= set(re.findall(r"[A-Za-z_]\w*", code))
        return live[::-1]

    def _inlined(self, call: RoutineCall) -> list[str]:
        """Append a routine's statements; the names of its results here."""
        routine = self.printed(call)
        sources = [self._source(source) for source in call.sources]
        arguments = [name for name in routine["arguments"] if name != "batch"]
        names = dict(zip(arguments, sources, strict=True))
        for name, code in routine["statements"]:
            code = renamed(code, names)
            given = code in sources  # handed on as it is
            names[name] = code if given else self._new(f"{_letter(name, call.part)}_{call.owner}", code)
            if not given and name in routine["axes"]:
                self.axes[names[name]] = routine["axes"][name]
        return [names[name] for name in re.findall(r"\w+", routine["result"])]

    def _new(self, base: str, code: str, comment: str = "") -> str:
        """A statement under a new name; a name stays as it is, and code that stands there already keeps its name."""
        name = code if code.isidentifier() else self.known.get(code, "")
        if not name:
            name = free_name(base, self.taken)
            self.known[code] = name
            self.statements.append((name, code))
        if comment:
            self.tags.setdefault(name, []).append(comment)
        return name

    def _activation(self, owner: str, name: str, comment: str) -> None:
        self.names[Source("activation", owner)] = self._new(f"x_{owner}", name, comment)

    def _sensitivity(self, vertex: str, terms: Sequence[Summand], comment: str) -> None:
        self.names[Source("sensitivity", vertex)] = self._new(f"s_{vertex}", self._sum(terms), comment)

    def _sum(self, terms: Sequence[Summand]) -> str:
        return " + ".join(map(self._term, terms))

    def _term(self, term: Summand) -> str:
        if isinstance(term.of, RoutineCall):
            (value,) = self._inlined(term.of)
        else:
            value = self._source(term.of)
        return value if term.weight == 1 else f"{self.number(term.weight)} * {value}"

    def _source(self, source: Source) -> str:
        match source.group:
            case "parameter":
                return f"p[{source.name!r}]"
            case "target":
                return f"y[{source.name!r}]" if source.name else "y"
            case "activation" if source not in self.names:
                return f"x[{source.name!r}]"
        return self.names[source]


def _letter(name: str, part: str) -> str:
    """The letter under which a routine's own name goes on: f_v is x_v."""
    return "x" if name == "f" and not part else name
