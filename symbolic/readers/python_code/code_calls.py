"""Calls: of a library's function, of a method, of a function of the file, and of a few that Python has itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice
from typing import Any

from dyadic.symbolic.limits import MOST_AXES
from dyadic.symbolic.readers.python_code.array_forms import FormArray, Recorder, Shape, number_of
from dyadic.symbolic.readers.python_code.array_indexed import holds_arrays, scattered
from dyadic.symbolic.readers.python_code.array_layout import with_part
from dyadic.symbolic.readers.python_code.array_library import (
    JAX,
    NUMPY,
    TORCH,
    check_arguments,
    check_lax,
    common,
    library_of,
    maker,
)
from dyadic.symbolic.readers.python_code.call_arguments import (
    CallArguments,
    as_list,
    dimension,
    size_value,
    takes_lists,
    whole_number,
)
from dyadic.symbolic.readers.python_code.code_expressions import Names
from dyadic.symbolic.readers.python_code.code_operators import integer_power
from dyadic.symbolic.readers.python_code.code_scopes import CodeScopes
from dyadic.symbolic.readers.python_code.file_names import FileNames, LibraryName
from dyadic.symbolic.readers.python_code.function_table import FUNCTIONS, VIEWS
from dyadic.symbolic.readers.python_code.known_values import is_number
from dyadic.symbolic.readers.python_code.lazy_values import DictionaryView, LazyItems
from dyadic.symbolic.readers.python_code.library_functions import METHODS, has
from dyadic.symbolic.readers.python_code.python_builtins import (
    BUILTINS,
    COUNTS,
    LIST_METHODS,
    MOST_TURNS,
    USE_UP,
    zipped,
)
from dyadic.symbolic.readers.python_code.source_text import NotInSubset, NumbersNeeded, ShapesDoNotFit
from dyadic.symbolic.readers.python_code.stored_arrays import (
    ArrayMethod,
    BoundMethod,
    KeptObject,
    LocalFunction,
    ObjectMethod,
    PartOfNew,
    SeededNumbers,
    SizeRange,
    StoredArray,
)

_MOST_ENTRIES = 50_000
_HELD = VIEWS - {"double", "float32", "float64"} | {
    "zeros", "ones", "full", "empty", "array", "asarray", "zeros_like", "ones_like", "full_like", "empty_like", "where",
    "copy", "tensordot", "new_zeros", "new_ones",
}  # fmt: skip
"""What gives an array in memory also where it has no axes."""
_LAX = {"max": "maximum", "min": "minimum"}
"""Functions that have another name in jax.lax."""
_RANDOM = {
    "rand", "randn", "normal", "uniform", "random", "standard_normal", "rand_like", "randn_like", "random_sample",
}  # fmt: skip
_OF_DRAWN = {"size", "dtype", "device", "requires_grad"}
_SPREAD = {"loc", "scale", "low", "high"}
"""What says how random numbers are stored, and how they are spread."""
_TYPED = {"astype", "to", "zeros", "ones", "array", "asarray", "tensor", "as_tensor"}
"""What looks at a type itself."""
_INSTEAD: dict[str, type[ast.operator] | None] = {
    "set": None, "add": ast.Add, "multiply": ast.Mult, "mul": ast.Mult, "divide": ast.Div, "subtract": ast.Sub,
}  # fmt: skip
"""What ``x.at[key]`` can do with the entries there."""
_AT: dict[str, type[ast.operator]] = {"numpy.add.at": ast.Add, "numpy.subtract.at": ast.Sub}
"""What adds in place, as often as a place is named."""
WITHOUT_DERIVATIVE = "mark_non_differentiable"
_CTX = {"save_for_backward": "saved_tensors", WITHOUT_DERIVATIVE: WITHOUT_DERIVATIVE}
"""What PyTorch's ctx is told of tensors, and as what it is kept there."""
_PASSED_OVER = {"mark_dirty", "set_materialize_grads"}


class CodeCalls(CodeScopes):
    """The part of the reader that knows calls."""

    _entries = 0  # of lists that were given to functions

    def __init__(self, names: FileNames, recorder: Recorder) -> None:
        super().__init__(names, recorder)
        self._by_seed: dict[int, list[tuple[Any, FormArray]]] = {}

    def call(self, node: ast.Call, names: Names) -> Any:
        if isinstance(node.func, ast.Name) and node.func.id not in names and node.func.id not in self.names.known:
            return self._by_name(node, names, node.func.id)
        target = self.value(node.func, names)
        return self.called(target, *self._arguments(node, names))

    def called(self, target: Any, given: list[Any], named: dict[str, Any] | None = None) -> Any:
        """What a function, a method or a class is worth for some arguments."""
        named = named or {}
        if isinstance(target, LibraryName):
            return self._library_call(target, given, named)
        if isinstance(target, ArrayMethod):
            return self._method(target, given, named)
        if isinstance(target, LocalFunction):
            return self.run_function(target, given, named)
        if isinstance(target, BoundMethod):
            return self.run_function(target.function, [target.kept, *given], named)
        if isinstance(target, ObjectMethod):
            return self._object_call(target, given, named)
        raise NotInSubset("a call of this")

    def _arguments(self, node: ast.Call, names: Names) -> tuple[list[Any], dict[str, Any]]:
        given = self._items(node.args, names)
        named = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise NotInSubset("arguments behind **")
            named[keyword.arg] = self.value(keyword.value, names)
        return given, named

    def _by_name(self, node: ast.Call, names: Names, name: str) -> Any:
        self.names.once(name, node.func)
        if name in self.names.functions:
            given, named = self._arguments(node, names)
            return self.run_function(LocalFunction(self.names.functions[name]), given, named)
        if self.names.binds(name) or (name not in BUILTINS and name != "zip"):
            raise self.source.at(node.func, f"{name} is no function that is known here")
        if len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp) and not node.keywords:
            if name not in USE_UP:
                raise NotInSubset("a generator that is not used up at once")
            given, named = [LazyItems(self.made_by(node.args[0], names))], {}
        else:
            given, named = self._arguments(node, names)
        if name == "dict" and not given:
            return {key: self.held(value, key) for key, value in named.items()}
        if named and name != "print" and (name, *named) != ("zip", "strict"):
            raise NotInSubset("an argument by name here")
        least, most = COUNTS.get(name, (1, 1))
        if not least <= len(given) <= most:
            raise NotInSubset(f"{name} of {len(given)} arguments")
        if name == "zip":
            return zipped(self, given, self.truth(named.get("strict", False)))
        return BUILTINS[name](self, given)

    def run_function(self, function: LocalFunction, given: list[Any], named: dict[str, Any]) -> Any:
        raise NotImplementedError

    def _library_call(self, target: LibraryName, given: list[Any], named: dict[str, Any]) -> Any:
        place, _, name = target.name.rpartition(".")
        root = place.partition(".")[0]
        if target.name == "numpy.random.default_rng":
            return self._generator(given, named)
        if target.name in _AT:
            return self.add_where(_AT[target.name], given, named)
        if name in _RANDOM and root != JAX and (".random" in place or place == TORCH):  # JAX's are those of a key
            return self._drawn(name, given, named, maker(root))
        if place == "torch.Tensor" and given and isinstance(given[0], StoredArray):
            return self._method(ArrayMethod(given[0], name), given[1:], named)
        if name not in FUNCTIONS or not has(place, name):
            raise NotInSubset(f"{target.name}")
        if place == "jax.lax":
            check_lax([*given, *named.values()])
            if name == "clamp" and len(given) == 3:  # of jax.lax: the least, x, the largest
                given = [given[1], given[0], given[2]]
        return self._known(_LAX.get(name, name) if place == "jax.lax" else name, given, named, root)

    def _method(self, target: ArrayMethod, given: list[Any], named: dict[str, Any]) -> Any:
        library = library_of(target.array, self.home) or self.home
        if target.name == "size" and library == TORCH:  # of PyTorch; NumPy's is no method
            sizes = tuple(map(size_value, target.array.array.shape))
            return sizes[whole_number(given[0], "an axis")] if given else sizes
        if target.name in ("dim", "ndimension") and library == TORCH:
            return len(target.array.array.shape)
        if target.name not in FUNCTIONS or not has(METHODS[library], target.name):
            raise NotInSubset(f"the method {target.name}")
        own = [target.array, *given]
        if target.name == "where" and given:  # x.where(condition, y)
            own[:2] = own[1::-1]
        found = self._known(target.name, own, named, library)
        if target.name == "copy" and isinstance(found, StoredArray):
            found.held = target.array.held
        return found

    def _known(self, name: str, given: list[Any], named: dict[str, Any], library: str) -> Any:
        arrays: list[StoredArray] = []
        plain, plain_named = self._plain(given, arrays), {k: self._plain(v, arrays) for k, v in named.items()}
        made = maker(library)
        check_arguments(made, name, (given, named), arrays, self.home)
        if name in ("pow", "power") and len(given) == 2:
            integer_power(*given)
        arguments = CallArguments(self.recorder, plain, plain_named, library)
        arguments.lists = takes_lists(library, name, given)
        found = FUNCTIONS[name](arguments)
        arguments.finish()
        told = named.get("dtype") if name not in _TYPED else None
        if isinstance(found, FormArray) and found.truth and told is not None:
            raise NotInSubset("numbers of a given type made of comparisons (cast these first)")
        direct = [one for one in (*given, *named.values()) if isinstance(one, StoredArray)]
        if name == "einsum":  # of one array, which may be listed, it may be that array with its axes in another order
            base = arrays[0] if len(arrays) == 1 else None
        else:
            base = next(iter(direct), None) if name in VIEWS or named.get("copy", True) is not True else None
        if name == "item":
            return self.number_of(found)
        held = name in _HELD
        if isinstance(found, tuple) and name == "broadcast_arrays":  # each the memory of its own array
            if any(isinstance(one, tuple | list) for one in given):
                raise NotInSubset("broadcast_arrays of a list, which is one array,")
            own = [one if isinstance(one, StoredArray) else None for one in given]
            return tuple(StoredArray(one, base, made) for one, base in zip(found, own, strict=True))
        if isinstance(found, tuple):
            return tuple(StoredArray(one, base, made, held) if isinstance(one, FormArray) else one for one in found)
        return StoredArray(found, base, made, held) if isinstance(found, FormArray) else found

    def number_of(self, array: FormArray) -> StoredArray:
        """Python's own number."""
        if array.shape:
            raise NotInSubset("an array as a number")
        return StoredArray(array)

    def _plain(self, value: Any, met: list[StoredArray], level: int = 0) -> Any:
        """An argument with its arrays as they are now.  met: to which these are added."""
        if isinstance(value, StoredArray):
            met.append(value)
            return value.array
        if not isinstance(value, tuple | list):
            return value
        self._entries += len(value)
        if level > MOST_AXES or self._entries > _MOST_ENTRIES:
            raise NotInSubset("lists of so many entries, or so deep within others,")
        found = [self._plain(one, met, level + 1) for one in value]
        return tuple(found) if isinstance(value, tuple) else found

    def _drawn(self, name: str, given: list[Any], named: dict[str, Any], library: str) -> StoredArray:
        """Random numbers: any numbers."""
        shape, _ = self._to_draw(name, given, named, library)
        return StoredArray(self.recorder.drawn("random", shape), library=library)

    def _to_draw(self, name: str, given: list[Any], named: dict[str, Any], library: str) -> tuple[Shape, list[Any]]:
        """The shape of what is drawn, and the numbers by which it is told how it is spread."""
        if name.endswith("_like") and given and isinstance(given[0], StoredArray):
            shape, spread, sizes = given[0].array.shape, given[1:], ()
        elif name in ("normal", "uniform"):
            spread, sizes, shape = given[:2], named.get("size", given[2] if len(given) > 2 else ()), ()
        else:
            spread, sizes, shape = [], named.get("size", given), ()
            if "size" in named and given:
                raise NotInSubset("random numbers that are told more than their sizes")
        left = {key: value for key, value in named.items() if key not in _OF_DRAWN}
        spread = [*spread, *left.values()]
        if (
            (len(given) > 3 and spread)
            or set(left) - _SPREAD
            or (library != NUMPY and spread)
            or not all(map(is_number, spread))
        ):
            raise NotInSubset("random numbers that are spread as arrays say, or drawn by a generator that is told,")
        listed = as_list(sizes)
        flat = listed[0] if len(listed) == 1 and isinstance(listed[0], tuple | list) else listed
        flat = [] if list(flat) == [None] else flat
        return shape or tuple(map(dimension, flat)), [*left, *spread]

    def _generator(self, given: list[Any], named: dict[str, Any]) -> Any:
        """``np.random.default_rng(seed)``: what it draws may be any numbers, but with one seed they are the same."""
        told = [*given, *named.values()]
        if len(told) > 1 or set(named) - {"seed"}:
            raise NotInSubset("a generator of random numbers that is told this")
        seed = told[0] if told else None
        if seed is None:
            return LibraryName("numpy.random.Generator")
        return SeededNumbers(whole_number(seed, "a seed"))

    def _drawn_again(self, owner: SeededNumbers, name: str, given: list[Any], named: dict[str, Any]) -> StoredArray:
        """What a generator draws, which is what another one with its seed has drawn at that place."""
        told = (name, *self._to_draw(name, given, named, NUMPY))
        log = self._by_seed.setdefault(owner.seed, [])
        if owner.drawn == len(log):
            log.append((told, self.recorder.drawn("random", told[1])))
        earlier, found = log[owner.drawn]
        if earlier != told:
            raise NotInSubset("other random numbers with the same seed, of which some may be the same,")
        owner.drawn += 1
        return StoredArray(found, library=NUMPY)

    def _object_call(self, target: ObjectMethod, given: list[Any], named: dict[str, Any]) -> Any:
        owner, name = target.owner, target.name
        if isinstance(owner, PartOfNew) and owner.told and name in _INSTEAD and len(given) == 1 and not named:
            return self.with_other_entries(owner, _INSTEAD[name], given[0])
        if isinstance(owner, KeptObject) and owner.torch and not named:
            if name in _CTX:
                owner.attributes[_CTX[name]] = tuple(given)
            if name in _CTX or name in _PASSED_OVER:
                return None
        if isinstance(owner, SeededNumbers) and name in _RANDOM:
            return self._drawn_again(owner, name, given, named)
        if isinstance(owner, list) and name in LIST_METHODS and not named:
            return LIST_METHODS[name](self, owner, [self.held(value) for value in given])
        if isinstance(owner, dict) and name == "get" and given and isinstance(given[0], str):
            return owner.get(given[0], given[1] if len(given) > 1 else None)
        if isinstance(owner, dict) and name in ("values", "items", "keys") and not given:
            return DictionaryView(owner, name)
        raise NotInSubset(f"the method {name}")

    def with_other_entries(self, place: PartOfNew, operator: type[ast.operator] | None, value: Any) -> StoredArray:
        """``x.at[key].set(value)`` and the like: a new array.

        Indices beyond an axis, which JAX passes over, are refused.
        """
        old, masked = place.stored.array, isinstance(place.key, StoredArray) and place.key.array.truth
        try:
            keys = [] if masked else self.keys(place.key, place.stored)
            inner = old if masked else self.part_of(place.stored, keys)
            if old.truth or len(self.array(value).shape) > (0 if masked else len(inner.shape)):
                raise NotInSubset("this with other entries in a part")
            new = self.array(
                value if operator is None else self.operation(operator, self.alike(place.stored, inner), value)
            )
            if not old.holds(new):
                raise NotInSubset("a write of other numbers into an array of integers")
            if masked:
                return self.alike(place.stored, self.where_masked(old, place.key.array, new))
            if holds_arrays(keys):
                if operator is not None:  # added once for every time that a place is named
                    new = self._times_named(operator, value)
                found = scattered(self.recorder, old, keys, new, JAX, adds=operator is not None, once=True)
                return self.alike(place.stored, found)
            return self.alike(place.stored, with_part(self.recorder, old, keys, new))
        except ShapesDoNotFit as error:
            raise NotInSubset(f"this part of an array ({error})") from error

    def _times_named(self, operator: type[ast.operator], value: Any) -> FormArray:
        """What is added where ``x.at[key]`` is told to add or subtract."""
        if operator not in (ast.Add, ast.Sub):
            raise NotInSubset("x.at[...] of arrays that multiplies or divides")
        return self.array(value if operator is ast.Add else self.operation(ast.Mult, -1, value))

    def where_masked(self, array: FormArray, mask: FormArray, value: FormArray) -> FormArray:
        raise NotImplementedError

    def add_where(self, operator: type[ast.operator], given: list[Any], named: dict[str, Any]) -> None:
        raise NotImplementedError

    def absolute(self, value: Any) -> Any:
        """abs of Python, which asks the array for it."""
        stored = [value] if isinstance(value, StoredArray) else []
        return self._known("abs", [value], {}, common(stored, self.home) or "math")

    def listed(self, value: Any) -> list[Any]:
        """All that a loop runs over."""
        found = list(islice(self.iterated(value), MOST_TURNS + 1))
        if len(found) > MOST_TURNS:
            raise NotInSubset(f"a loop of more than {MOST_TURNS} turns")
        return found

    def iterated(self, value: Any) -> Iterator[Any]:
        """What a loop runs over, each item as it is when its turn comes; what is used up stays so."""
        if isinstance(value, SizeRange):
            raise NumbersNeeded
        if isinstance(value, LazyItems):
            return value.items
        if isinstance(value, dict | DictionaryView):
            return (DictionaryView(value, "keys") if isinstance(value, dict) else value).entries()
        if isinstance(value, tuple | list | range):
            if len(value) > MOST_TURNS:
                raise NotInSubset(f"a loop of more than {MOST_TURNS} turns")
            return iter(value)
        if isinstance(value, StoredArray) and value.array.shape:  # one part after the other along the first axis
            return (self.item(value, k) for k in range(number_of(value.array.shape[0])))
        raise NotInSubset("a loop over this")
