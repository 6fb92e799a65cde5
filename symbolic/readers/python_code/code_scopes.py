"""What has variables of its own within a function: comprehensions, lambdas, functions that are defined there."""

from __future__ import annotations

import ast
from collections import ChainMap
from collections.abc import Iterator
from typing import Any

from dyadic.symbolic.readers.python_code.array_forms import Recorder
from dyadic.symbolic.readers.python_code.code_expressions import CodeExpressions, Names
from dyadic.symbolic.readers.python_code.file_names import FileNames, LibraryName
from dyadic.symbolic.readers.python_code.lazy_values import UNBOUND, comprehended
from dyadic.symbolic.readers.python_code.library_values import is_constant
from dyadic.symbolic.readers.python_code.source_text import NotInSubset, defaults_of
from dyadic.symbolic.readers.python_code.stored_arrays import (
    BoundMethod,
    FileClass,
    KeptObject,
    LocalFunction,
)


class CodeScopes(CodeExpressions):
    """The part of the reader that knows these, and what names stand for that no function sets."""

    def __init__(self, names: FileNames, recorder: Recorder) -> None:
        super().__init__(names, recorder)
        self.kinds |= {
            ast.ListComp: self.comprehension, ast.DictComp: self.dictionary_of, ast.Lambda: self.make_function,
        }  # fmt: skip

    def make_function(self, node: ast.FunctionDef | ast.Lambda, names: Names) -> LocalFunction:
        """A function that is defined within another one."""
        usual = {name: self.held(self.value(default, names), name) for name, default in defaults_of(node).items()}
        return LocalFunction(node, names, usual)

    def turns(self, node: ast.ListComp | ast.GeneratorExp | ast.DictComp, names: Names) -> Iterator[Names]:
        """The variables at each turn of a comprehension: its own before those around it, as they are then."""
        inner: Names = ChainMap({name.id: UNBOUND for name in comprehended(node)}, names)
        first, *others = node.generators
        yield from self._turns(first, others, self.value(first.iter, names), inner)

    def _turns(
        self, first: ast.comprehension, others: list[ast.comprehension], values: Any, names: Names
    ) -> Iterator[Names]:
        if first.is_async:
            raise NotInSubset("an asynchronous comprehension")
        for item in self.iterated(values):
            self.step(first.target)
            self.assign(first.target, item, names)
            if not all(self.truth(self.value(test, names)) for test in first.ifs):
                continue
            if others:
                yield from self._turns(others[0], others[1:], self.value(others[0].iter, names), names)
            else:
                yield names

    def of_class(self, owner: FileClass, name: str, kept: KeptObject | None) -> Any:
        """A method of a class of the file, of ``self`` or of the class itself; or a number that the class holds."""
        found = owner.constant(name)
        if found is not None:
            value = self.value(found, {})
            if is_constant(value) and not isinstance(value, dict):
                return value
        method = owner.method(name)
        if method is None:
            raise NotInSubset(f"the attribute {name} of {owner.node.name}")
        static = any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in method.decorator_list)
        if not static and kept is None:
            raise NotInSubset(f"the method {name} of a class")
        return LocalFunction(method) if static else BoundMethod(LocalFunction(method), kept)

    def iterated(self, value: Any) -> Iterator[Any]:
        raise NotImplementedError

    def step(self, node: ast.AST) -> None:
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

    def starts_base(self, value: ast.expr, names: Names) -> bool:
        """``super().__init__()`` of a class that inherits from nothing but a class of a library."""
        match value:
            case ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=_, keywords=[]), attr="__init__"),
                args=[],
                keywords=[],
            ):
                kept = [one.made_of for one in names.values() if isinstance(one, KeptObject) and one.made_of]
                bases = [base for made_of in kept[:1] for base in made_of.node.bases]
                return bool(kept) and not self.names.binds("super") and all(map(self._of_library_class, bases))
        return False

    def _of_library_class(self, base: ast.expr) -> bool:
        if isinstance(base, ast.Name) and base.id == "object":
            return not self.names.binds("object")
        found = self.value(base, {}) if isinstance(base, ast.Name | ast.Attribute) else None
        if isinstance(found, FileClass):
            own = {item.name for item in found.node.body if isinstance(item, ast.FunctionDef)}
            return not {"__init__", "__new__", "__setattr__"} & own and not found.node.bases
        return isinstance(found, LibraryName)
