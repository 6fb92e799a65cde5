"""Statements of the subset, followed one after the other as Python would execute them; nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

from dyadic.symbolic.readers.python_code.array_forms import UNNAMED, FormArray, Recorder, broadcast
from dyadic.symbolic.readers.python_code.array_functions import chosen
from dyadic.symbolic.readers.python_code.array_indexed import holds_arrays, scattered, with_entries
from dyadic.symbolic.readers.python_code.array_layout import with_part
from dyadic.symbolic.readers.python_code.array_library import NUMPY, TORCH, library_of
from dyadic.symbolic.readers.python_code.call_arguments import sized
from dyadic.symbolic.readers.python_code.code_calls import CodeCalls
from dyadic.symbolic.readers.python_code.code_expressions import Names
from dyadic.symbolic.readers.python_code.file_names import FileNames, LibraryName
from dyadic.symbolic.readers.python_code.known_values import items_for
from dyadic.symbolic.readers.python_code.lazy_values import (
    UNBOUND,
    DictionaryView,
    LazyItems,
    own_variables,
)
from dyadic.symbolic.readers.python_code.python_builtins import MOST_TURNS
from dyadic.symbolic.readers.python_code.source_text import (
    SHAPES,
    CodeError,
    NotInSubset,
    ShapesDoNotFit,
    arguments_of,
    defaults_of,
)
from dyadic.symbolic.readers.python_code.stored_arrays import (
    KeptObject,
    LocalFunction,
    MaskedPart,
    SeededNumbers,
    StoredArray,
)

MOST_STATEMENTS = 5_000
"""Statements that are followed, each time that they are."""
_DEEPEST_CALLS = 8
_MUTABLE = (list, dict, set, FormArray, StoredArray, KeptObject, LazyItems, DictionaryView, SeededNumbers)
_WITHOUT_EFFECT = ("torch.no_grad", "numpy.errstate")


class _Ended(Exception):
    """A turn of a loop, a loop or a function has ended."""

    def __init__(self, how: str, value: Any = None) -> None:
        super().__init__(how)
        self.how, self.value = how, value


class CodeReader(CodeCalls):
    """Follows functions of a file.  returned: the statement by which the function that ran last returned."""

    def __init__(self, names: FileNames, recorder: Recorder, home: str) -> None:
        super().__init__(names, recorder)
        self._followed = self._depth = 0
        self.home = home
        self.returned: ast.Return | None = None

    def run_function(self, function: LocalFunction, given: Sequence[Any], named: dict[str, Any]) -> Any:
        """What a function returns for some arguments."""
        if self._depth >= _DEEPEST_CALLS:
            raise NotInSubset("a call so deep within others")
        node = function.node
        self.step(node)
        if isinstance(node, ast.FunctionDef):
            self.check_decorators(node, function.around)
        names = function.variables(self._bound(function, list(given), dict(named)))
        self._depth += 1
        try:
            return self.value(node.body, names) if isinstance(node, ast.Lambda) else self.follow(node.body, names)
        finally:
            self._depth -= 1

    def _bound(self, called: LocalFunction, given: list[Any], named: dict[str, Any]) -> dict[str, Any]:
        function, name = called.node, getattr(called.node, "name", "the lambda")
        arguments = function.args
        if arguments.vararg or arguments.kwarg or arguments.posonlyargs:
            raise self.source.at(function, "arguments behind * or ** are not in the subset that is read")
        found: dict[str, Any] = {}
        defaults = defaults_of(function)
        for argument in arguments_of(function):
            if given and argument in arguments.args:
                found[argument.arg] = self.held(given.pop(0), argument.arg)
            elif argument.arg in named:
                found[argument.arg] = self.held(named.pop(argument.arg), argument.arg)
            elif argument.arg in (called.usual or {}):
                found[argument.arg] = (called.usual or {})[argument.arg]
            elif argument.arg in defaults:
                found[argument.arg] = usual = self.usual_value(function, defaults[argument.arg])
                if _changeable(usual):  # Python makes it once, and one call may hand it on changed
                    raise self.source.at(function, f"{argument.arg} has a default that a call may change")
            else:
                raise self.source.at(function, f"{name} lacks the argument {argument.arg} here")
        if given or named:
            raise self.source.at(function, f"{name} is given more arguments here than it has")
        return found

    def follow(self, body: list[ast.stmt], names: Names) -> Any:
        """The value that is returned; None where nothing is."""
        for name in own_variables(body):
            names.setdefault(name, UNBOUND)
        try:
            self._block(body, names)
        except _Ended as ended:
            if ended.how != "return":
                raise self.source.at(body[0], f"{ended.how} outside of a loop") from None
            return ended.value
        self.returned = None
        return None

    def step(self, node: ast.AST) -> None:
        """Count a statement, a call or a turn."""
        self._followed += 1
        if self._followed > MOST_STATEMENTS:
            raise self.source.at(node, f"more than {MOST_STATEMENTS} statements are followed up to here")

    def _block(self, body: list[ast.stmt], names: Names) -> None:
        for statement in body:
            self.step(statement)
            self.recorder.line = statement.lineno
            try:
                self._statement(statement, names)
            except ShapesDoNotFit as error:
                raise self.source.at(statement, str(error), SHAPES) from error
            except NotInSubset as error:
                raise self.source.at(statement, f"{error} is not in the subset that is read") from error

    def _statement(self, statement: ast.stmt, names: Names) -> None:
        match statement:
            case ast.Assign(targets=targets, value=value):
                found = self.value(value, names)
                for target in targets:
                    self.assign(target, found, names)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.assign(target, self.value(value, names), names)
            case ast.AugAssign():
                self._augmented(statement, names)
            case ast.Return(value=value):
                found = None if value is None else self.value(value, names)
                self.returned = statement
                raise _Ended("return", found)
            case ast.If(test=test, body=body, orelse=other):
                self._block(body if self.truth(self.value(test, names)) else other, names)
            case ast.For() | ast.While():
                self._loop(statement, names)
            case ast.FunctionDef(name=name):
                names[name] = self.make_function(statement, names)
            case ast.With(items=items, body=body) if all(self._without_effect(item, names) for item in items):
                self._block(body, names)
            case ast.Expr(value=value) if self.starts_base(value, names):
                pass
            case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.AnnAssign(value=None):
                pass
            case ast.Assert(test=test):
                self._asserted(test, names)
            case ast.Expr(value=value):
                self.value(value, names)
            case ast.Break() | ast.Continue():
                raise _Ended(type(statement).__name__.lower())
            case ast.Delete(targets=targets) if all(isinstance(target, ast.Name) for target in targets):
                for target in targets:
                    self.value(ast.copy_location(ast.Name(getattr(target, "id", ""), ast.Load()), target), names)
                    names[getattr(target, "id", "")] = UNBOUND
            case _:
                words = f"this statement ({type(statement).__name__})"
                raise self.source.at(statement, f"{words} is not in the subset that is read")

    def _asserted(self, test: ast.expr, names: Names) -> None:
        """What is asserted of numbers in arrays is taken to hold; what cannot be read must have no effect."""
        try:
            holds = self.value(test, names)
        except CodeError:
            if not self.may_be_left_out(test, names):
                raise
            return
        if not isinstance(holds, StoredArray | MaskedPart) and not sized(holds) and not self.truth(holds):
            raise NotInSubset("an assertion that does not hold")

    def _without_effect(self, item: ast.withitem, names: Names) -> bool:
        """Whether within ``with`` numbers are what they are elsewhere: no_grad, errstate."""
        target = self.value(item.context_expr.func, names) if isinstance(item.context_expr, ast.Call) else None
        return isinstance(target, LibraryName) and target.name in _WITHOUT_EFFECT and item.optional_vars is None

    def _turns_of(self, statement: ast.For | ast.While, names: Names) -> Iterator[None]:
        """One after the other the turns of a loop, its variable being set."""
        if isinstance(statement, ast.For):
            for item in self.iterated(self.value(statement.iter, names)):
                self.assign(statement.target, item, names)
                yield
            return
        count = 0
        while self.truth(self.value(statement.test, names)):
            count += 1
            if count > MOST_TURNS:
                raise NotInSubset(f"a loop of more than {MOST_TURNS} turns")
            yield

    def _loop(self, statement: ast.For | ast.While, names: Names) -> None:
        for _ in self._turns_of(statement, names):
            try:
                self._block(statement.body, names)
            except _Ended as ended:
                if ended.how == "break":
                    return
                if ended.how != "continue":
                    raise
        self._block(statement.orelse, names)

    # -- assignments

    def assign(self, target: ast.expr, value: Any, names: Names) -> None:
        match target:
            case ast.Name(id=name):
                names[name] = self.held(value, name)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                if isinstance(value, StoredArray | LazyItems | DictionaryView | dict | range):
                    value = self.listed(value)
                items = items_for(parts, value)
                if items is None:
                    raise self.source.at(target, "this cannot be taken apart into so many parts")
                for one, item in zip(parts, items, strict=True):
                    self.assign(one, item, names)
            case ast.Starred(value=one):
                self.assign(one, value, names)
            case ast.Attribute(value=owner, attr=name):
                kept = self.value(owner, names)
                if not isinstance(kept, KeptObject) or name.startswith("__"):
                    raise self.source.at(target, "an attribute of this cannot be set here")
                self.set_attribute(kept, name, value)
            case ast.Subscript():
                self._put(target, self.value(target.value, names), self.value(target.slice, names), value)
            case _:
                raise self.source.at(target, "this target of an assignment is not in the subset that is read")

    def _put(self, target: ast.Subscript, container: Any, key: Any, value: Any) -> None:
        """Write into a part of an array, a list or a dictionary."""
        if isinstance(container, dict) and isinstance(key, str):
            container[key] = self.held(value, key)
        elif isinstance(container, list) and isinstance(key, int) and -len(container) <= key < len(container):
            container[key] = self.held(value)
        elif isinstance(container, StoredArray):
            found = self._spread(value, container, key) if isinstance(value, MaskedPart) else self.array(value)
            self._write(container, key, found, _name_of(target), isinstance(value, MaskedPart))
        else:
            raise self.source.at(target, "this cannot be written into")

    def _spread(self, value: MaskedPart, stored: StoredArray, key: Any) -> FormArray:
        """The array of which the entries where a mask is are written where the same mask is."""
        same = _is_mask(key) and key.array.shape == value.mask.shape and value.array.shape == stored.array.shape
        named = [self.recorder.named(mask) for mask in (key.array, value.mask)] if same else []
        if not same or self.recorder.equation(named[0], "").body != self.recorder.equation(named[1], "").body:
            raise NotInSubset("an array as an index, unless the same mask is on both sides,")
        return value.array

    def _write(self, stored: StoredArray, key: Any, value: FormArray, name: str, spread: bool = False) -> None:
        """spread: whether the value has an entry for each of the array's, not only for those where a mask is."""
        if not self._in_memory(stored):
            raise NotInSubset("a write into a number or an array of JAX")
        if _is_mask(key):
            if value.shape and not spread:
                raise NotInSubset("a write of an array where a mask is")
            new = self.where_masked(stored.array, key.array, value)
        else:
            keys = self.keys(key, stored)
            new = with_entries(self.recorder, stored.array, keys, value, library_of(stored, self.home))
        stored.write(self.recorder.named(new, name))

    def add_where(self, operator: type[ast.operator], given: list[Any], named: dict[str, Any]) -> None:
        """``np.add.at(x, index, value)``, which adds as often as the index names a place."""
        if named or len(given) != 3 or not isinstance(given[0], StoredArray) or not self._in_memory(given[0]):
            raise NotInSubset("this way of adding where indices say")
        stored, key, value = given
        added = self.array(value if operator is ast.Add else self.operation(ast.Mult, -1, value))
        if _is_mask(key):
            raise NotInSubset("a mask as an index here")
        keys = self.keys(key, stored)
        part = self.part_of(stored, keys)
        if len(added.shape) > len(part.shape):
            raise NotInSubset("np.add.at of an array with more axes than what it is added to")
        if not holds_arrays(keys):
            inner = self.operation(ast.Add, self.alike(stored, part), StoredArray(added))
            stored.write(self.recorder.named(with_part(self.recorder, stored.array, keys, self.array(inner))))
            return
        stored.write(self.recorder.named(scattered(self.recorder, stored.array, keys, added, NUMPY, adds=True)))

    def where_masked(self, array: FormArray, mask: FormArray, value: FormArray) -> FormArray:
        if mask.shape != array.shape[: len(mask.shape)]:
            raise ShapesDoNotFit(f"a mask of the shape {mask} for an array of the shape {array}")
        shape = (*mask.shape, *[1] * (len(array.shape) - len(mask.shape)))
        lead = mask.moved(shape, lambda at: at[: len(mask.shape)])
        return chosen(self.recorder, self.recorder.named(lead, "mask"), broadcast(value, array.shape), array)

    def _augmented(self, statement: ast.AugAssign, names: Names) -> None:
        target, operator = statement.target, type(statement.op)
        if isinstance(target, ast.Subscript):
            self._augmented_part(target, operator, statement.value, names)
            return
        old = self.value(ast.copy_location(_loaded(target), target), names)
        new = self.operation(operator, old, self.value(statement.value, names))
        if not self._in_place(old, new, _name_of(target)):
            self.assign(target, new, names)

    def _in_place(self, old: Any, new: Any, name: str) -> bool:
        """Write a new value into the array or list that was there, as += does; whether that can be done.

        NumPy gives numbers where PyTorch gives arrays without axes.
        """
        if isinstance(old, list):
            old[:] = new
            return True
        if not isinstance(old, StoredArray) or not self._in_memory(old):
            return False
        old.write(self.recorder.named(self.array(new), name))
        return True

    def _in_memory(self, stored: StoredArray) -> bool:
        """Whether it can be written into: arrays of NumPy and PyTorch, whose sums are arrays without axes."""
        library = library_of(stored, self.home)
        return library == TORCH or (library == NUMPY and bool(stored.array.shape or stored.held))

    def _augmented_part(
        self, target: ast.Subscript, operator: type[ast.operator], right: ast.expr, names: Names
    ) -> None:
        """What was there is read before the right side is evaluated, which may change it."""
        container, key = self.value(target.value, names), self.value(target.slice, names)
        if isinstance(container, dict | list):
            old = self.item(container, key)
            new = self.operation(operator, old, self.value(right, names))
            if not self._in_place(old, new, _name_of(target)):
                self._put(target, container, key, new)
            return
        if not isinstance(container, StoredArray):
            raise self.source.at(target, "this cannot be written into")
        if not self._in_memory(container):
            raise NotInSubset("a write into a number or an array of JAX")
        before = container.changes
        if _is_mask(key):
            value = self.value(right, names)
            if container.changes != before:
                raise NotInSubset("a part of an array that is changed while it is read")
            if self.array(value).shape:
                raise NotInSubset("a write of an array where a mask is")
            new = self.operation(operator, self.alike(container, container.array), value)
            masked = self.where_masked(container.array, key.array, self.array(new))
            container.write(self.recorder.named(masked, _name_of(target)))
            return
        old = self.item(container, key)
        new, part = self.array(self.operation(operator, old, self.value(right, names))), self.array(old)
        if new.shape != part.shape and (part.shape or library_of(container, self.home) == TORCH):
            raise ShapesDoNotFit(f"{new} added to a part of the shape {part}, or the like, in place")
        self._write(container, key, new, _name_of(target))


def _loaded(target: ast.expr) -> ast.expr:
    """A target as an expression."""
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    assert isinstance(target, ast.Attribute)
    return ast.Attribute(target.value, target.attr, ast.Load())


def _is_mask(key: Any) -> bool:
    return isinstance(key, StoredArray) and key.array.truth


def _name_of(target: ast.expr) -> str:
    while isinstance(target, ast.Subscript):
        target = target.value
    return target.id if isinstance(target, ast.Name) else target.attr if isinstance(target, ast.Attribute) else UNNAMED


def _changeable(value: Any) -> bool:
    """Whether a value may be changed in place, or holds one that may."""
    return any(map(_changeable, value)) if isinstance(value, tuple) else isinstance(value, _MUTABLE)


__all__ = ["CodeReader"]
