"""What has variables of its own within a function: comprehensions, lambdas, functions that are defined there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from dyadic.symbolic.readers.python_code.code_expressions import CodeExpressions, Names
from dyadic.symbolic.readers.python_code.source_text import NotInSubset, defaults_of
from dyadic.symbolic.readers.python_code.stored_arrays import LocalFunction


class CodeScopes(CodeExpressions):
    """The part of the reader that knows these, and what names stand for that no function sets."""

    def make_function(self, node: ast.FunctionDef | ast.Lambda, names: Names) -> LocalFunction:
        """A function that is defined within another one."""
        usual = {name: self.held(self.value(default, names), name) for name, default in defaults_of(node).items()}
        return LocalFunction(node, names, usual)

    def turns(self, node: ast.ListComp | ast.GeneratorExp | ast.DictComp, names: Names) -> Iterator[Names]:
        """The variables at each turn of a comprehension."""
        yield from self._turns(node.generators, dict(names))

    def _turns(self, generators: list[ast.comprehension], names: Names) -> Iterator[Names]:
        if not generators:
            yield names
            return
        first, *rest = generators
        if first.is_async:
            raise NotInSubset("an asynchronous comprehension")
        for item in self.listed(self.value(first.iter, names)):
            self.assign(first.target, item, names)
            if all(self.truth(self.value(test, names)) for test in first.ifs):
                yield from self._turns(rest, names)

    def listed(self, value: Any) -> list[Any]:
        raise NotImplementedError

    def assign(self, target: ast.expr, value: Any, names: Names) -> None:
        raise NotImplementedError

    def comprehension(self, node: ast.ListComp | ast.GeneratorExp, names: Names) -> list[Any]:
        """All that a comprehension makes; of a generator too, where it is used up at once."""
        return [self.held(self.value(node.elt, inner)) for inner in self.turns(node, names)]

    def dictionary_of(self, node: ast.DictComp, names: Names) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for inner in self.turns(node, names):
            key = self.value(node.key, inner)
            if not isinstance(key, str):
                raise NotInSubset("a dictionary whose keys are no texts")
            found[key] = self.held(self.value(node.value, inner), key)
        return found
