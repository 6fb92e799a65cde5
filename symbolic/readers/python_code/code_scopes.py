"""What has variables of its own within a function: comprehensions, lambdas, functions that are defined there."""

from __future__ import annotations

import ast
from collections import ChainMap
from collections.abc import Iterator
from typing import Any

from dyadic.symbolic.readers.python_code.array_forms import Recorder
from dyadic.symbolic.readers.python_code.code_expressions import CodeExpressions, Names
from dyadic.symbolic.readers.python_code.file_names import FileNames, LibraryName, bound_in
from dyadic.symbolic.readers.python_code.lazy_values import UNBOUND, comprehended
from dyadic.symbolic.readers.python_code.library_values import is_constant
from dyadic.symbolic.readers.python_code.source_text import NotInSubset, defaults_of
from dyadic.symbolic.readers.python_code.stored_arrays import (
    BoundMethod,
    FileClass,
    KeptObject,
    LocalFunction,
)

_HARMLESS = frozenset({"jit", "once_differentiable", "custom_fwd", "custom_bwd", "njit", "custom_vjp"})
"""Decorators of libraries that leave a function's values as they are, by the last part of their names."""
_SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class CodeScopes(CodeExpressions):
    """The part of the reader that knows these, and what names stand for that no function sets."""

    def __init__(self, names: FileNames, recorder: Recorder) -> None:
        super().__init__(names, recorder)
        self._of_classes: dict[tuple[int, str], Any] = {}
        self._usual: dict[int, Any] = {}
        self.kinds |= {
            ast.ListComp: self.comprehension, ast.DictComp: self.dictionary_of, ast.Lambda: self.make_function,
        }  # fmt: skip

    def make_function(self, node: ast.FunctionDef | ast.Lambda, names: Names) -> LocalFunction:
        """A function that is defined within another one."""
        usual = {name: self.held(self.value(default, names), name) for name, default in defaults_of(node).items()}
        return LocalFunction(node, names, usual)

    def check_decorators(self, function: ast.FunctionDef, around: Names | None = None) -> None:
        """Refuse decorators that may make another function of it.  around: the variables where it is defined."""
        owner = self.names.class_of(function)
        own = {*(around or {}), *(bound_in(owner) if owner is not None else ())}
        for decorator in function.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            root = called
            while isinstance(root, ast.Attribute):
                root = root.value
            name = root.id if isinstance(root, ast.Name) and root.id not in own else ""
            self.names.once(name, decorator)
            library = self.names.known.get(name)
            if library is None:
                harmless = called is root and name == "staticmethod" and not self.names.binds(name)
            else:
                last = called.attr if isinstance(called, ast.Attribute) else library.name.rpartition(".")[2]
                harmless = last in _HARMLESS
            if not harmless:
                raise self.source.at(decorator, "this decorator may make another function of it", "leave it out")

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
        self.names.check_class(owner.node)
        method = owner.binding(name)
        if method is None:
            raise NotInSubset(f"the attribute {name} of {owner.node.name}")
        if not isinstance(method, ast.FunctionDef):
            above = self.names.lineage(owner.node)[1:]
            if (
                kept is not None
                and not owner.binding("__init__")
                and any(FileClass(a).binding("__init__") for a in above)
            ):
                raise NotInSubset(f"the attribute {name}, which a class above {owner.node.name} may set,")
            return self._class_value(owner, name, method)
        static = any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in method.decorator_list)
        if not static and kept is None:
            raise NotInSubset(f"the method {name} of a class")
        return LocalFunction(method) if static else BoundMethod(LocalFunction(method), kept)

    def _class_value(self, owner: FileClass, name: str, statement: ast.stmt) -> Any:
        """What a name is in the body of a class: a number, a text or a tuple of these, evaluated once."""
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        value = getattr(statement, "value", None)
        plain = isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(value, ast.expr)
        if not plain or value is None or owner.sets(name) or [getattr(one, "id", "") for one in targets] != [name]:
            raise NotInSubset(f"the attribute {name}, as the class {owner.node.name} sets it,")
        key = (id(owner.node), name)
        if key not in self._of_classes:
            self._of_classes[key] = self.value(value, self._class_names(owner, statement, value))
        found = self._of_classes[key]
        if not is_constant(found) or isinstance(found, dict):
            raise NotInSubset(f"the attribute {name} of {owner.node.name}, which is no number that is written out,")
        return found

    def _class_names(self, owner: FileClass, before: ast.stmt, node: ast.expr) -> Names:
        """The names of the body of a class that an expression in it reads: those set before its statement."""
        found: dict[str, Any] = {}
        place = owner.node.body.index(before)
        for name in {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}:
            statement = owner.binding(name)
            if statement is None or owner.node.body.index(statement) >= place:
                continue
            if any(isinstance(part, _SCOPES) for part in ast.walk(node)):
                raise NotInSubset(f"a scope within the body of a class, where {name} is another one,")
            found[name] = self._class_value(owner, name, statement)
        return found

    def usual_value(self, function: ast.FunctionDef | ast.Lambda, default: ast.expr) -> Any:
        """What stands for an argument that is not given, of a function of the file or a method: it is made once."""
        names: Names = {}
        try:
            if isinstance(function, ast.FunctionDef) and (owner := self.names.class_of(function)) is not None:
                names = self._class_names(FileClass(owner), function, default)
        except NotInSubset as error:
            raise self.source.at(default, f"{error} is not in the subset that is read") from error
        if id(default) not in self._usual:
            self._usual[id(default)] = self.value(default, names)
        return self._usual[id(default)]

    def set_attribute(self, kept: KeptObject, name: str, value: Any) -> None:
        """``self.name = value``, unless a class of the file makes something else of it."""
        above = self.names.lineage(kept.made_of.node) if kept.made_of is not None else []
        if any(isinstance(item, ast.FunctionDef) for one in above for item in bound_in(one).get(name, ())):
            raise NotInSubset(f"the attribute {name} in place of a method")
        kept.attributes[name] = self.held(value, name)

    def iterated(self, value: Any) -> Iterator[Any]:
        raise NotImplementedError

    def step(self, node: ast.AST) -> None:
        raise NotImplementedError

    def assign(self, target: ast.expr, value: Any, names: Names) -> None:
        raise NotImplementedError

    def made_by(self, node: ast.ListComp | ast.GeneratorExp, names: Names) -> Iterator[Any]:
        """What a comprehension makes, each item when it is asked for."""
        return (self.held(self.value(node.elt, inner)) for inner in self.turns(node, names))

    def comprehension(self, node: ast.ListComp, names: Names) -> list[Any]:
        return list(self.made_by(node, names))

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
                return bool(kept) and not self._is_own("super", names) and all(map(self._of_library_class, bases))
        return False

    def _of_library_class(self, base: ast.expr) -> bool:
        if isinstance(base, ast.Name) and base.id == "object":
            return not self.names.binds("object")
        found = self.value(base, {}) if isinstance(base, ast.Name | ast.Attribute) else None
        if isinstance(found, FileClass):
            own = {item.name for item in found.node.body if isinstance(item, ast.FunctionDef)}
            return not {"__init__", "__new__", "__setattr__"} & own and not found.node.bases
        return isinstance(found, LibraryName)
