"""Values of variables: arrays in memory, which several names may share, and what is kept between the two passes."""

from __future__ import annotations

import ast
from collections import ChainMap
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from dyadic.symbolic.readers.python_code.array_forms import FormArray
from dyadic.symbolic.readers.python_code.file_names import bound_in
from dyadic.symbolic.readers.python_code.lazy_values import UNBOUND, own_variables
from dyadic.symbolic.readers.python_code.source_text import NotInSubset, ShapesDoNotFit


class StoredArray:
    """An array that a variable holds; other names of it see what is written into it.

    A view (``base``) shares memory with another array.  To write into one, or to read one whose base has been written
    to since, is refused: whether memory is shared then decides what the code computes.

    library: whose array it is (array_library.py); nothing for a number of Python, and where that is the pair's own.
    held: whether what has no axes is an array in memory all the same, as np.zeros(()) is, and no number.
    """

    def __init__(
        self, array: FormArray, base: StoredArray | None = None, library: str = "", held: bool = False
    ) -> None:
        self.changes = 0
        self.library, self.held = library, held
        self._array, self._base = array, base
        self._seen = 0 if base is None else base.changes

    @property
    def array(self) -> FormArray:
        if self._stale:
            raise NotInSubset("a view of an array that has been written to since (copy it)")
        return self._array

    @property
    def _stale(self) -> bool:
        return self._base is not None and (self._base.changes != self._seen or self._base._stale)

    def rename(self, array: FormArray) -> None:
        """The same entries, under a name."""
        self._array = array

    def write(self, array: FormArray) -> None:
        """Other entries, of the same shape."""
        if self._base is not None:
            raise NotInSubset("a write into a view of another array (write into that one, or copy it)")
        if array.shape != self._array.shape:
            raise ShapesDoNotFit(f"a write would change the shape of an array from {self._array} to {array}")
        if not self._array.holds(array):
            kind = "comparisons" if self._array.truth else "integers"
            raise NotInSubset(f"a write of other numbers into an array of {kind} (make it one of real numbers first)")
        self.changes += 1
        self._array = array


@dataclass(frozen=True)
class SizeRange:
    """``range(n)`` up to a size that has a name: an array of indices; a loop over it asks for the number."""

    name: str


@dataclass(frozen=True)
class MaskedPart:
    """``x[mask]``: how many entries it has is not known, so that it is only written where the same mask is."""

    array: FormArray
    mask: FormArray


@dataclass
class KeptObject:
    """``ctx`` or ``self``: attributes that one pass sets and the other one reads.

    torch: whether it is the ctx of a torch.autograd.Function.  made_of: the class of the file of which ``self`` is one.
    """

    torch: bool = False
    made_of: FileClass | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass
class SeededNumbers:
    """A generator of random numbers whose seed is a number: made anew it draws the same ones.  drawn: how often."""

    seed: int
    drawn: int = 0


@dataclass(frozen=True)
class LocalFunction:
    """A function as a value.  around: the variables of the function in which it is defined, as they are when it runs.

    usual: what stands for arguments that are not given, if it was evaluated where the function is defined.
    """

    node: ast.FunctionDef | ast.Lambda
    around: MutableMapping[str, Any] = field(default_factory=dict)
    usual: dict[str, Any] | None = None

    def variables(self, given: dict[str, Any]) -> MutableMapping[str, Any]:
        """Its own variables when it is called with some arguments, before those around it, as they are then."""
        body: list[Any] = [self.node.body] if isinstance(self.node, ast.Lambda) else self.node.body
        return ChainMap(dict.fromkeys(own_variables(body), UNBOUND) | given, self.around)


@dataclass(frozen=True)
class FileClass:
    """A class of the file as a value."""

    node: ast.ClassDef

    def binding(self, name: str) -> ast.stmt | None:
        """The statement of its body that binds a name.  Raises :class:`NotInSubset` where several do."""
        found = bound_in(self.node).get(name, [])
        if len(found) > 1:
            raise NotInSubset(f"the attribute {name}, which the class {self.node.name} sets twice,")
        return found[0] if found else None

    def sets(self, name: str) -> bool:
        """Whether something within the class sets an attribute of that name."""
        parts = (part for part in ast.walk(self.node) if isinstance(part, ast.Attribute))
        return any(part.attr == name and not isinstance(part.ctx, ast.Load) for part in parts)


@dataclass(frozen=True)
class PartOfNew:
    """``x.at`` of JAX, and ``x.at[key]``: a new array that has other entries there."""

    stored: StoredArray
    key: Any = None
    told: bool = False


@dataclass(frozen=True)
class BoundMethod:
    """A method of ``self`` that is about to be called."""

    function: LocalFunction
    kept: Any


class AlwaysTrue:
    """ctx.needs_input_grad: every input asks for its gradient."""


@dataclass(frozen=True)
class ArrayMethod:
    """A method of an array that is about to be called."""

    array: StoredArray
    name: str


@dataclass(frozen=True)
class ObjectMethod:
    """A method of ctx, of a list or of a dictionary that is about to be called."""

    owner: Any
    name: str
