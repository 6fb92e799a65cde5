"""A forward and a backward pass in Python, as index equations.  The file is looked at, never executed.

Three ways of writing a pair are known: two functions (``NAME_forward``, ``NAME_backward``), a class with the methods
``forward`` and ``backward`` (of torch.autograd.Function, or one that keeps what it needs in ``self``), and the two
functions of a ``jax.custom_vjp`` (``NAME_fwd``, ``NAME_bwd``).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from dyadic.symbolic.readers.python_code.array_forms import (
    CodeDefinition,
    Dim,
    FormArray,
    Recorder,
    Shape,
    broadcast,
    broadcast_shape,
    constant,
    integers,
    shown_shape,
    summed,
    tensor,
)
from dyadic.symbolic.readers.python_code.array_library import NUMPY as NUMPY_ARRAYS
from dyadic.symbolic.readers.python_code.code_calls import WITHOUT_DERIVATIVE
from dyadic.symbolic.readers.python_code.code_statements import CodeReader
from dyadic.symbolic.readers.python_code.counted_numbers import counted_numbers
from dyadic.symbolic.readers.python_code.file_names import FileNames
from dyadic.symbolic.readers.python_code.handed_over import parts_of
from dyadic.symbolic.readers.python_code.lazy_values import UNBOUND
from dyadic.symbolic.readers.python_code.pair_convention import JAX, TORCH, convention_of, home_of, pair_names
from dyadic.symbolic.readers.python_code.source_text import (
    SHAPES,
    CodeError,
    NotInSubset,
    NumbersNeeded,
    ShapesDoNotFit,
    SourceText,
    arguments_of,
    defaults_of,
)
from dyadic.symbolic.readers.python_code.stored_arrays import FileClass, KeptObject, StoredArray
from dyadic.symbolic.readers.python_code.written_shapes import size_names, with_numbers, written_shapes


@dataclass(frozen=True)
class CodeGradient:
    """What the backward pass returns for one argument: the name of an array, or why there is none.

    shape: the argument's.  wrong: where the code stops, or returns an array of another shape, in words.
    """

    argument: str
    shape: Shape
    array: str = ""
    wrong: str = ""
    line: int = 0


@dataclass(frozen=True)
class CodePair:
    """A pair of passes as equations.

    arguments: of the forward pass, that are arrays, by name.  upstream: the derivatives by the outputs, with the names
    of these.  forward, backward: the equations in order; those of the backward pass read those of the forward pass.
    freed: free numbers in place of largest values.  random: numbers that the code draws.  kinks: what must not be 0
    where a derivative is claimed; kinks_of: the arguments on which each depends.  remarks: what else is taken for
    granted.  left_out: arrays for which None or nothing is returned.  kinks_apart: the kinks that depend on no largest
    value.  below: for arguments that are integers the size that they are below.
    """

    name: str
    arguments: Mapping[str, Shape]
    upstream: Mapping[str, tuple[Shape, str]]
    forward: tuple[CodeDefinition, ...]
    backward: tuple[CodeDefinition, ...]
    gradients: tuple[CodeGradient, ...]
    freed: Mapping[str, Shape] = field(default_factory=dict)
    random: Mapping[str, Shape] = field(default_factory=dict)
    kinks: tuple[CodeDefinition, ...] = ()
    remarks: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    kinks_of: tuple[frozenset[str], ...] = ()
    left_out: tuple[str, ...] = ()
    kinks_apart: tuple[CodeDefinition, ...] = ()
    below: Mapping[str, Dim] = field(default_factory=dict)


def pairs_of(path: str | Path) -> list[str]:
    """The names of all the pairs that a file holds."""
    return pair_names(names_of(path))


def names_of(path: str | Path) -> FileNames:
    """What stands at the head of a file, to be read once for all pairs in it."""
    return FileNames(SourceText(Path(path)))


class CodeFile:
    """A file with a pair in it; :meth:`pair` reads it for numbers of its sizes.

    only: the arguments by which derivatives are meant, in order; all where none are told.  names: those of the file,
    if they were read before.
    """

    def __init__(self, path: str | Path, name: str, names: FileNames | None = None) -> None:
        self.names = names or names_of(path)
        self.source = self.names.source
        self.convention = convention_of(self.names, name)
        found = written_shapes(self.source, self.convention.functions, self.convention.outer)
        primal = self.convention.primal
        if primal is not None:
            found.take_over(written_shapes(self.source, [primal], []), self._of_primal(primal))
        self.shapes, self.numbers = found.shapes, found.numbers
        self.below = {name: limit for name, limit in found.below.items() if name in found.shapes}
        self.name = name
        self.only: tuple[str, ...] = ()
        style = self.convention.style
        self.home, self.remark = (style, "") if style in (TORCH, JAX) else home_of(self.names, self._written)
        if primal is not None and not self._calls_primal():
            self.remark = f"{name} is taken to return what {self.convention.forward.name} does"

    def _of_primal(self, primal: ast.FunctionDef) -> dict[str, str]:
        """The arguments of the forward pass by those of the function itself."""
        pairs = zip(arguments_of(self.convention.forward), arguments_of(primal), strict=False)
        return {theirs.arg: own.arg for own, theirs in pairs}

    def _calls_primal(self) -> bool:
        return any(isinstance(n, ast.Name) and n.id == self.name for n in ast.walk(self.convention.forward))

    @property
    def _written(self) -> list[ast.FunctionDef | ast.ClassDef]:
        """What the pair is written in."""
        return [*self.convention.functions, *self.convention.outer]

    @property
    def sizes(self) -> list[str]:
        """The sizes that have a name, in the order in which they are written."""
        inputs = self.convention.inputs
        used = [dim for name in inputs for dim in (*self.shapes.get(name, ()), self.below.get(name, 0))]
        return list(dict.fromkeys(name for dim in used for name in size_names(dim)))

    @cached_property
    def largest_number(self) -> int:
        """The largest of the integers that the pair's functions hold, but for axes and exponents."""
        return max(self.numbers_written, default=0)

    @cached_property
    def numbers_written(self) -> set[int]:
        """All of these integers."""
        return counted_numbers(self.names, self._written)

    def numbers_beyond(self, names: Sequence[str]) -> dict[str, int]:
        """Numbers for sizes that are larger than :attr:`largest_number`."""
        return {name: number for number, name in enumerate(names, self.largest_number + 2)}

    def parts(self, numbers: Mapping[str, int]) -> tuple[list[CodeFile], list[CodeFile]]:
        """The file once for every set of arguments that are at the same kinks, and for each that is left out.

        By an argument on which what is at a kink does not depend there is a derivative there, and it is examined.
        """
        try:
            pair = self.pair(numbers)
        except NumbersNeeded:
            left = [size for size in self.sizes if size not in numbers]
            try:
                pair = self.pair({**numbers, **{size: number for number, size in enumerate(left, 2)}})
            except CodeError:
                pair = self.pair({**numbers, **self.numbers_beyond(left)})
        at: dict[frozenset[int], list[str]] = {}
        for gradient in pair.gradients:
            found = frozenset(number for number, read in enumerate(pair.kinks_of) if gradient.argument in read)
            at.setdefault(found, []).append(gradient.argument)
        return [self._of(names) for names in at.values()], [self._of([name]) for name in pair.left_out]

    def _of(self, arguments: Sequence[str]) -> CodeFile:
        part = copy(self)
        part.only = tuple(arguments)
        return part

    def pair(self, numbers: Mapping[str, int] | None = None, instead: bool = False) -> CodePair:
        """The equations, by the arguments ``only`` where they are told.  numbers: for sizes; one without stays a name.

        instead: whether largest values are replaced by free numbers.  Raises :class:`CodeError` for what is not in the
        subset, and :class:`NumbersNeeded` where the code asks for the number of a size that has none.
        """
        try:
            return _PairReading(self, dict(numbers or {}), instead).read()
        except NotInSubset as error:
            raise self.source.at(self.convention.forward, f"what it returns: {error}") from error


class _PairReading:
    def __init__(self, file: CodeFile, numbers: dict[str, int], instead: bool) -> None:
        self.file, self.source, self.convention = file, file.source, file.convention
        self.shapes = {
            name: tuple(with_numbers(dim, numbers) for dim in shape)
            for name, shape in file.shapes.items()
            if name in file.convention.inputs
        }
        sizes = frozenset(size for size in file.sizes if size not in numbers)
        below = {name: with_numbers(limit, numbers) for name, limit in file.below.items() if name in self.shapes}
        self.recorder = Recorder(set(), sizes, below, instead)
        self.reader = CodeReader(file.names, self.recorder, file.home)
        self.arguments: dict[str, Shape] = {}
        self.remarks: list[str] = [file.remark] if file.remark else []
        self.left_out: list[str] = []

    def read(self) -> CodePair:
        convention, recorder = self.convention, self.recorder
        recorder.taken |= set(convention.inputs) | set(convention.grads)
        kept = KeptObject(convention.style == TORCH, FileClass(convention.outer[0]) if convention.own_object else None)
        given = {name: self._argument(name) for name in convention.inputs if name in self.shapes}
        if convention.constructor is not None:
            self._follow(convention.constructor, given, kept)
        returned, names = self._follow(convention.forward, given, kept)
        parts = parts_of(self.reader.returned)
        if convention.context is not None:
            _, inputs, output = (argument.arg for argument in arguments_of(convention.context))
            handed = tuple(self._arguments(convention.forward, given, kept).values())
            self._follow(convention.context, {inputs: handed, output: returned}, kept)
        outputs, cache = convention.outputs(returned, parts, self.source)
        marked = kept.attributes.get(WITHOUT_DERIVATIVE, ())
        owed = [not any(value is one for one in marked) for _, value in outputs]
        outputs = [(name, self._output(value, name)) for name, value in outputs]
        forward = len(recorder.definitions)
        grads = convention.upstream(len(outputs), self.source)
        upstream = {grad: array for grad, (_, array), one in zip(grads, outputs, owed, strict=True) if one}
        if not upstream:
            raise self.source.at(convention.forward, "no output has a derivative", "return one that has")
        recorder.differentiated = False
        arrays = [  # by an output without a derivative it is 0, as PyTorch has it
            self._stored(tensor(grad, array.shape) if grad in upstream else _nothing(array.shape))
            for grad, (_, array) in zip(grads, outputs, strict=True)
        ]
        gradients = self._gradients(arrays, (cache, parts), names, given, kept)
        changed = [name for name, value in given.items() if value.changes]
        self.remarks += [f"the caller's {name} is changed in place" for name in changed]
        below = {name: limit for name, limit in recorder.below.items() if name in self.arguments}
        used = {dim for shape in (*self.arguments.values(), below.values()) for dim in shape if isinstance(dim, str)}
        only = self.file.only
        kinks = [kink for kink in recorder.kinks if not only or recorder.read_by(kink.body) & {*only}]
        return CodePair(
            self.file.name,
            self.arguments,
            {name: (array.shape, _name_of(array)) for name, array in upstream.items()},
            tuple(recorder.definitions[:forward]),
            tuple(recorder.definitions[forward:]),
            tuple(gradients),
            dict(recorder.freed),
            dict(recorder.random),
            tuple(kinks),
            tuple(self.remarks),
            tuple(size for size in self.file.sizes if size in used),
            tuple(frozenset(recorder.read_by(kink.body)) for kink in kinks),
            tuple(self.left_out),
            tuple(kink for kink in kinks if not recorder.of_largest(kink)),
            below,
        )

    def _argument(self, name: str) -> StoredArray:
        self.arguments[name] = self.shapes[name]
        return self._stored((integers if name in self.recorder.below else tensor)(name, self.shapes[name]))

    def _stored(self, array: FormArray) -> StoredArray:
        """An array of the pair's library; what has no axes is a number of Python in NumPy's code."""
        return StoredArray(array, library=self.file.home if array.shape or self.file.home != NUMPY_ARRAYS else "")

    def _follow(
        self, function: ast.FunctionDef, given: Mapping[str, Any], kept: KeptObject
    ) -> tuple[Any, dict[str, Any]]:
        """What a function returns, and its variables at the end."""
        self.reader.check_decorators(function)
        names = self._arguments(function, given, kept)
        returned = self.reader.follow(function.body, names)
        return returned, {name: value for name, value in names.items() if value is not UNBOUND}

    def _arguments(self, function: ast.FunctionDef, given: Mapping[str, Any], kept: KeptObject) -> dict[str, Any]:
        """The values of a function's arguments."""
        names: dict[str, Any] = {}
        defaults = defaults_of(function)
        for position, argument in enumerate(arguments_of(function)):
            if position == 0 and self.convention.takes_kept(function):
                names[argument.arg] = kept
            elif argument.arg in given:
                names[argument.arg] = given[argument.arg]
            elif argument.arg in defaults:
                names[argument.arg] = self.reader.usual_value(function, defaults[argument.arg])
            else:
                remedy = f'write its shape: {argument.arg}: "n d", or # dyadic: {argument.arg}: n d (or number)'
                raise self.source.at(argument, f"the shape of {argument.arg} is not told", remedy)
        if function.args.vararg or function.args.kwarg:
            raise self.source.at(function, "arguments behind * or ** are not in the subset that is read")
        return names

    def _output(self, value: Any, name: str) -> FormArray:
        if not isinstance(value, StoredArray):
            raise self.source.at(self.convention.forward, f"{name}, which it returns, is no array", "return arrays")
        value.rename(self._tensor(value.array, name))
        return value.array

    def _tensor(self, array: FormArray, name: str) -> FormArray:
        """The array under one name, not as a part of another one or a number."""
        return array if _name_of(array) else self.recorder.stored(array, name)

    def _gradients(
        self, arrays: Sequence[StoredArray], saved: tuple[Any, list[str]], names: Mapping[str, Any],
        given: Mapping[str, StoredArray], kept: KeptObject,
    ) -> list[CodeGradient]:  # fmt: skip
        """arrays, saved: as :meth:`Convention.handed` takes them.  names: variables of the forward pass."""
        handed, said = self.convention.handed(arrays, saved, {**names, **given}, self.source)
        self.remarks += [said] if said else []
        backward = self.convention.backward
        try:
            returned, _ = self._follow(backward, handed, kept)
        except CodeError as error:
            if error.remedy != SHAPES:
                raise
            wrong = f"line {error.line}: {error.problem}"
            return [CodeGradient(name, shape, wrong=wrong) for name, shape in self.arguments.items()][:1]
        named = parts_of(self.reader.returned)
        numbers = {name: array for name, array in given.items() if name not in self.recorder.below}
        wanted = self.convention.gradients(returned, named, kept, (given, numbers), self.source)
        wanted = [(name, value) for name, value in wanted if name not in self.recorder.below]
        returned_for = {*dict(wanted), *self.convention.fixed}
        wanted += [(name, None) for name in numbers if name not in returned_for]
        only = self.file.only
        left = [name for name, value in wanted if value is None and name not in only]
        self.left_out = [name for name in left if self.arguments.get(name)]
        if only:  # there None stands for 0
            nothing = {name: self._stored(_nothing(self.arguments[name])) for name in only}
            wanted = [(name, nothing[name] if value is None else value) for name, value in wanted if name in only]
        self.remarks += [f"no gradient by {name} is returned" for name in left]
        found = [self._gradient(name, value) for name, value in wanted if value is not None and name in self.arguments]
        if not found:
            raise self.source.at(backward, "returns no gradient", "return one for an argument whose shape is told")
        return found

    def _gradient(self, name: str, value: Any) -> CodeGradient:
        shape, line = self.arguments[name], self.convention.backward.lineno
        try:
            array = self.reader.array(value)
        except NotInSubset as error:
            raise self.source.at(self.convention.backward, f"what it returns for {name} is no array") from error
        if array.shape != shape and self.convention.style == TORCH:
            array = self._reduced(array, shape) or array
        if array.shape != shape:
            words = f"the gradient by {name} has the shape {array}, and {name} {shown_shape(shape)}"
            return CodeGradient(name, shape, wrong=words, line=line)
        stored = self.recorder.stored(array, f"d{name}", again=False)
        return CodeGradient(name, shape, _name_of(stored), line=line)

    def _reduced(self, array: FormArray, shape: Shape) -> FormArray | None:
        """PyTorch sums a gradient along the axes to which its input could be expanded."""
        try:
            if broadcast_shape(shape, array.shape) != array.shape:
                return None
        except ShapesDoNotFit:
            return None
        lead = len(array.shape) - len(shape)
        axes = [a for a, dim in enumerate(array.shape) if a < lead or (shape[a - lead] == 1 and dim != 1)]
        self.remarks.append("PyTorch sums a gradient of a larger shape to that of its input")
        found = summed(self.recorder, self.recorder.named(array), axes, True)
        return found.moved(shape, lambda at: [*[0] * lead, *at])


def _nothing(shape: Shape) -> FormArray:
    return broadcast(constant(Fraction(0)), shape)


def _name_of(array: FormArray) -> str:
    """The name of an array that is one tensor, as it is; nothing for others."""
    indices = [["index", f"i{axis}"] for axis in range(len(array.shape))]
    node = array.at(indices) if array.plain else None
    return str(node[2]) if isinstance(node, list) and node[0] == "entry" and node[3] == indices else ""


__all__ = ["CodeFile", "CodeGradient", "CodePair", "names_of", "pairs_of"]
