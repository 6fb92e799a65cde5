"""Expressions of the subset: what they are worth, as equations of the arrays' entries."""

from __future__ import annotations

import ast
from collections.abc import Callable, MutableMapping
from fractions import Fraction
from typing import Any

from dyadic.symbolic.readers.python_code.array_forms import FormArray, Recorder, constant
from dyadic.symbolic.readers.python_code.array_indexed import gathered, holds_arrays
from dyadic.symbolic.readers.python_code.array_layout import part, permuted, stacked
from dyadic.symbolic.readers.python_code.array_library import JAX, NUMPY, TORCH, library_of
from dyadic.symbolic.readers.python_code.array_made import counted_from, places_of
from dyadic.symbolic.readers.python_code.array_rearranged import number_of_entries
from dyadic.symbolic.readers.python_code.array_reductions import UntoldPositions
from dyadic.symbolic.readers.python_code.call_arguments import (
    kind_of,
    size_value,
    sliced,
    whole_number,
    whole_size,
)
from dyadic.symbolic.readers.python_code.code_operators import CodeOperators
from dyadic.symbolic.readers.python_code.file_names import FileNames, LibraryName
from dyadic.symbolic.readers.python_code.known_values import real, short, small
from dyadic.symbolic.readers.python_code.lazy_values import UNBOUND, UntoldText, changes_nothing
from dyadic.symbolic.readers.python_code.library_values import is_constant, library_value, node_in_words
from dyadic.symbolic.readers.python_code.source_text import (
    SHAPES,
    CodeError,
    NotInSubset,
    NumbersNeeded,
    ShapesDoNotFit,
)
from dyadic.symbolic.readers.python_code.stored_arrays import (
    AlwaysTrue,
    ArrayMethod,
    FileClass,
    KeptObject,
    LocalFunction,
    MaskedPart,
    ObjectMethod,
    PartOfNew,
    SeededNumbers,
    SizeRange,
    StoredArray,
)

_PAIR = ("values", "indices")
Names = MutableMapping[str, Any]


class CodeExpressions(CodeOperators):
    """The part of the reader that knows expressions; calls.py and statements build on it."""

    def __init__(self, names: FileNames, recorder: Recorder) -> None:
        super().__init__(recorder)
        self.names, self.source = names, names.source
        self._constants: Names = {}
        self.kinds: dict[type[ast.AST], Callable[[Any, Names], Any]] = {
            ast.Constant: self._constant, ast.Name: self._name, ast.Attribute: self._attribute,
            ast.BinOp: self._binary, ast.UnaryOp: self._unary, ast.Compare: self._compare, ast.BoolOp: self._logical,
            ast.IfExp: self._conditional, ast.Subscript: self._subscript, ast.Tuple: self._tuple, ast.List: self._list,
            ast.Dict: self._dictionary, ast.Slice: self._slice, ast.Call: self.call, ast.JoinedStr: self._text,
        }  # fmt: skip

    def value(self, node: ast.AST, names: Names) -> Any:
        """What an expression is worth.  Raises :class:`CodeError` where it is not of the subset."""
        kind = self.kinds.get(type(node))
        if kind is None:
            raise self.source.at(node, f"{node_in_words(node)} is not in the subset that is read")
        try:
            return kind(node, names)
        except ShapesDoNotFit as error:
            raise self.source.at(node, str(error), SHAPES) from error
        except NotInSubset as error:
            raise self.source.at(node, f"{error} is not in the subset that is read") from error

    def call(self, node: ast.Call, names: Names) -> Any:
        raise NotImplementedError

    def listed(self, value: Any) -> list[Any]:
        raise NotImplementedError

    def of_class(self, owner: FileClass, name: str, kept: KeptObject | None) -> Any:
        raise NotImplementedError

    # -- leaves

    def _constant(self, node: ast.Constant, names: Names) -> Any:
        value = node.value
        if isinstance(value, bool | str | None.__class__ | type(...)):
            return value
        if isinstance(value, int):
            return small(value)
        if isinstance(value, float) and value - value == 0:
            return real(Fraction(repr(value)), value)
        raise NotInSubset("this number")

    def _text(self, node: ast.JoinedStr, names: Names) -> str | UntoldText:
        """A text made of texts and integers; any other is that of a message."""
        parts = [self._piece(part, names) for part in node.values]
        return UntoldText() if None in parts else "".join(map(str, parts))

    def _piece(self, node: ast.expr, names: Names) -> str | None:
        """A part of a text; None where its letters are not known."""
        if isinstance(node, ast.Constant):
            return str(node.value)
        assert isinstance(node, ast.FormattedValue)
        try:
            value = self.value(node.value, names)
            told = [] if node.format_spec is None else [self.value(node.format_spec, names)]
        except CodeError:
            parts = [node.value, *([node.format_spec] if node.format_spec else [])]
            if not all(self.may_be_left_out(part, names) for part in parts):
                raise
            return None
        plain_text = isinstance(value, str | int | None.__class__) and node.conversion in (-1, ord("s"))
        return str(value) if plain_text and told in ([], [""]) else None

    def may_be_left_out(self, node: ast.expr, names: Names) -> bool:
        """Whether what an expression calls is known to leave everything as it is."""

        def is_foreign(method: ast.expr) -> bool:
            modules = [part.id for part in ast.walk(method) if isinstance(part, ast.Name) and part.id not in names]
            unknown = any(one not in self.names.known and self.names.binds(one) for one in modules)
            return unknown or self.names.is_method(getattr(method, "attr", ""))

        return changes_nothing(node, lambda name: not self._is_own(name, names), is_foreign)

    def _is_own(self, name: str, names: Names) -> bool:
        """Whether a name has another meaning here than Python gives it."""
        return name in names or self.names.binds(name)

    def _name(self, node: ast.Name, names: Names) -> Any:
        if names.get(node.id) is UNBOUND:
            raise self.source.at(node, f"{node.id} has no value here yet, or none any more", "set it before it is read")
        if node.id in names:
            return names[node.id]
        self.names.once(node.id, node)
        if node.id in self.names.known:
            return library_value(self.names.known[node.id])
        if node.id in self.names.constants:
            return self.file_constant(node)
        if node.id in self.names.functions:
            return LocalFunction(self.names.functions[node.id])
        if node.id in self.names.classes:
            return FileClass(self.names.classes[node.id])
        if node.id in ("float", "int", "bool") and not self.names.binds(node.id):
            return LibraryName(f"builtins.{node.id}")
        raise self.source.at(node, f"{node.id} has no value here that is known", "pass it as an argument")

    def file_constant(self, node: ast.Name) -> Any:
        """A number, a text, or a tuple or dictionary of these, made of numbers alone and never changed."""
        if node.id not in self._constants:
            self._constants[node.id] = None  # what it is while it is evaluated
            if self.names.unchanged(node.id):
                self._constants[node.id] = self.value(self.names.constants[node.id], {})
        value = self._constants[node.id]
        if not is_constant(value):
            raise self.source.at(node, f"{node.id} is no number that is written out", "pass it as an argument")
        return value

    def _tuple(self, node: ast.Tuple, names: Names) -> tuple[Any, ...]:
        return tuple(self.held(item) for item in self._items(node.elts, names))

    def _list(self, node: ast.List, names: Names) -> list[Any]:
        return [self.held(item) for item in self._items(node.elts, names)]

    def held(self, value: Any, name: str = "") -> Any:
        """What a variable or a list holds: an array under a name, since it may be read again and again."""
        if isinstance(value, StoredArray):
            value.rename(self.recorder.named(value.array, name))
        return value

    def _items(self, nodes: list[ast.expr], names: Names) -> list[Any]:
        found: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                found += self.listed(self.value(node.value, names))
            else:
                found.append(self.value(node, names))
        return short(found)

    def _dictionary(self, node: ast.Dict, names: Names) -> dict[str, Any]:
        found = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                raise NotInSubset("a dictionary whose keys are no texts")
            found[key.value] = self.held(self.value(value, names), key.value)
        return found

    def _slice(self, node: ast.Slice, names: Names) -> slice:
        parts = [None if bound is None else self.value(bound, names) for bound in (node.lower, node.upper, node.step)]
        return sliced(parts)

    # -- operators

    def _binary(self, node: ast.BinOp, names: Names) -> Any:
        return self.operation(type(node.op), self.value(node.left, names), self.value(node.right, names))

    def _unary(self, node: ast.UnaryOp, names: Names) -> Any:
        value = self.value(node.operand, names)
        if isinstance(node.op, ast.Not):
            return not self.truth(value)
        return self.turned(node.op, value)

    def _logical(self, node: ast.BoolOp, names: Names) -> Any:
        value: Any = None
        for part_ in node.values:
            value = self.value(part_, names)
            if self.truth(value) == isinstance(node.op, ast.Or):
                return value
        return value

    def _conditional(self, node: ast.IfExp, names: Names) -> Any:
        return self.value(node.body if self.truth(self.value(node.test, names)) else node.orelse, names)

    def _compare(self, node: ast.Compare, names: Names) -> Any:
        one = self.value(node.left, names)
        for operator, comparator in zip(node.ops, node.comparators, strict=True):
            two = self.value(comparator, names)
            found = self.compared_with(operator, one, two)
            if len(node.ops) == 1:
                return found
            if not self.truth(found):
                return False
            one = two
        return True

    # -- parts and attributes

    def _subscript(self, node: ast.Subscript, names: Names) -> Any:
        return self.item(self.value(node.value, names), self.value(node.slice, names))

    def item(self, value: Any, key: Any) -> Any:
        """A part of an array, an entry of a tuple, a list or a dictionary."""
        if isinstance(value, StoredArray) and isinstance(key, StoredArray) and key.array.truth:
            return MaskedPart(self.recorder.named(value.array), self.recorder.named(key.array))
        if isinstance(value, StoredArray):
            keys = self.keys(key, value)
            if holds_arrays(keys):
                return self.alike(value, self.part_of(value, keys), held=True)
            found = self.part_of(value, keys)
            number = (
                not found.shape and ... not in keys and library_of(value, self.home) == NUMPY
            )  # no view of an entry
            return self.alike(value, found, base=None if number else value, held=... in keys)
        if isinstance(value, PartOfNew) and not value.told:
            return PartOfNew(value.stored, key, True)
        if isinstance(value, AlwaysTrue):
            return True
        if isinstance(value, dict) and isinstance(key, str):
            if key not in value:
                raise NotInSubset(f"the entry {key[:40]!r}, which this dictionary lacks,")
            return value[key]
        if isinstance(value, tuple | list | range):
            if isinstance(key, slice):
                return value[key]
            index = whole_number(key, "an index")
            if not -len(value) <= index < len(value):
                raise NotInSubset(f"the index {index} of {len(value)} entries")
            return value[index]
        raise NotInSubset("a part of this")

    def part_of(self, stored: StoredArray, keys: list[Any]) -> FormArray:
        """An index beyond an axis stops NumPy and PyTorch; JAX takes the last entry."""
        try:
            if holds_arrays(keys):
                return gathered(self.recorder, stored.array, keys, library_of(stored, self.home))
            return part(stored.array, keys)
        except ShapesDoNotFit as error:
            if library_of(stored, self.home) == JAX:
                raise NotInSubset(f"{error}, which JAX passes over,") from error
            raise

    def keys(self, key: Any, stored: StoredArray) -> list[Any]:
        """The indices of a subscript of an array: integers, slices, None, an ellipsis, arrays of integers."""
        found = [self._index(one) for one in (key if isinstance(key, tuple) else [key])]
        for one in found:
            if isinstance(one, FormArray):
                continue
            if whole_size(one):
                raise NumbersNeeded
            if isinstance(one, slice) and (one.step or 1) < 0 and library_of(stored, self.home) == TORCH:
                raise NotInSubset("a slice that runs backwards, which PyTorch refuses,")
            basic = (isinstance(one, int) and not isinstance(one, bool)) or one is None or one is ...
            if not basic and not isinstance(one, slice):
                what = "an array as an index" if isinstance(one, StoredArray) else f"{kind_of(one)} as an index"
                raise NotInSubset(what)
        return found

    def _index(self, key: Any) -> Any:
        """An array of integers, a list or a range of such as an array; what else a key is as it is."""
        if isinstance(key, SizeRange):
            return places_of(self.recorder, key.name)
        if isinstance(key, range) and key:
            return counted_from(self.recorder, key)
        if isinstance(key, list) and key and all(isinstance(one, int) and not isinstance(one, bool) for one in key):
            return stacked(self.recorder, [constant(one) for one in key], 0)
        if isinstance(key, StoredArray) and key.array.whole and not key.array.truth:
            return key.array
        return key

    def _attribute(self, node: ast.Attribute, names: Names) -> Any:
        value = self.value(node.value, names)
        name = node.attr
        if name.startswith("__"):
            raise NotInSubset(f"the attribute {name}")
        if isinstance(value, LibraryName):
            return self._of_library(value, name)
        if isinstance(value, StoredArray):
            return self._of_array(value, name)
        if isinstance(value, KeptObject):
            if name in value.attributes:
                return value.attributes[name]
            if value.torch and name == "needs_input_grad":
                return AlwaysTrue()
            return ObjectMethod(value, name) if value.made_of is None else self.of_class(value.made_of, name, value)
        if isinstance(value, FileClass):
            return self.of_class(value, name, None)
        if name in _PAIR and isinstance(value, tuple) and isinstance(value[-1], UntoldPositions):
            return value[_PAIR.index(name)]
        if isinstance(value, list | dict | PartOfNew | SeededNumbers):
            return ObjectMethod(value, name)
        raise NotInSubset(f"the attribute {name} of this")

    def _of_library(self, library: LibraryName, name: str) -> Any:
        if name == "newaxis":
            return None
        return library_value(LibraryName(f"{library.name}.{name}"))

    def _of_array(self, stored: StoredArray, name: str) -> Any:
        array, library = stored.array, library_of(stored, self.home) or self.home
        match name:
            case "shape":
                return tuple(map(size_value, array.shape))
            case "ndim":
                return len(array.shape)
            case "dtype":
                return LibraryName("numpy.bool" if array.truth else "numpy.int64" if array.whole else "numpy.dtype")
            case "device":
                return LibraryName("torch.device")
            case "T":
                return self.alike(stored, permuted(array, range(len(array.shape))[::-1]), base=stored)
            case "mT":
                order = [*range(len(array.shape) - 2), -1, -2]
                return self.alike(stored, permuted(array, order), base=stored)
            case "data" if library == TORCH:
                return stored
            case "at" if library == JAX:
                return PartOfNew(stored)
            case "size" if library != TORCH:
                count = number_of_entries(array.shape)
                return StoredArray(count) if isinstance(count, FormArray) else count
        return ArrayMethod(stored, name)


__all__ = ["CodeExpressions", "Names"]
