"""Whether an equation reads every tensor inside its range, for all sizes.

An entry may stand outside its tensor's range only beside a bracket that is 0 there.  So what has to be shown of each
read is 0 <= index < extent, from the ranges of the indices that are bound around it and the brackets in the products
around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dyadic.proofs.checker.core.expansion import BRACKETS, Environment, Expander, TensorDefinition, VariableScope, over
from dyadic.proofs.checker.core.facts import Given, Key
from dyadic.proofs.checker.core.forms import Form

REDUCTIONS = ("sum", "max", "logsumexp", "argmax")


def reads_inside(reader: Expander, shapes: Mapping[Key, tuple[Form, ...]], item: TensorDefinition) -> bool:
    """Whether each read of a definition is shown to lie inside its tensor, at every index of its own range."""
    names, scope, _ = over(item)
    return _Reads(reader, shapes, scope).all(item.body, names)


class _Reads:
    def __init__(self, reader: Expander, shapes: Mapping[Key, tuple[Form, ...]], scope: VariableScope) -> None:
        self.reader, self.shapes, self.scope = reader, shapes, scope

    def all(self, node: Any, names: Environment) -> bool:
        match node:
            case ["entry", str(kind), str(owner), list(indices)]:
                forms = [self.reader.form(index, names) for index in indices]
                pairs = zip(forms, self.shapes[kind, owner], strict=True)
                given = Given(self.scope.ranges, self.scope.held)
                return self.reader.facts.all_inside(pairs, given) and all(self.all(i, names) for i in indices)
            case ["*", *parts]:
                with self.reader.beside(parts, names, self.scope):
                    return all(self.all(part, names) for part in parts)
            case [str(kind), str(index), extent, body] if kind in REDUCTIONS:
                own = self.scope.fresh(self.reader.form(extent, names))
                return self.all(body, {**names, index: Form.of(own.variables[0])})
            case ["apply", str(), _, argument]:
                return self.all(argument, names)
            case [str(kind), *parts] if kind in ("+", "^", "quotient", "remainder", *BRACKETS):
                return all(self.all(part, names) for part in parts)
        return True
