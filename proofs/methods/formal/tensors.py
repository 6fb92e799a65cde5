"""Which tensor of a Coq file is which tensor of a certificate, and the shapes of all of them as numbers.

In Coq a tensor is one of ``Param k``, ``Activation v``, ``Datum k``, ``Inner k`` (a definition inside a layer) and
``Sensitivity k`` (the sensitivity of ``Inner k``).  No text of a certificate reaches the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from dyadic.proofs.methods.formal.extents import Size, SizeTerm, is_below


class Inexpressible(Exception):
    """Something that the language of proofs/coq/Equations.v does not have; the message says what."""


@dataclass
class Tensors:
    """Tensors by their numbers.

    shapes: a tensor's name in Coq -> its shape.  one_hot: tensors that hold the one-hot rows of an integer tensor.
    """

    shapes: dict[str, list[Size]] = field(default_factory=dict)
    one_hot: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)

    def new(self, family: str, shape: list[Size]) -> str:
        """A further tensor of a family."""
        number = self.counts.get(family, 0)
        self.counts[family] = number + 1
        name = f"{family} {number}"
        self.shapes[name] = shape
        return name

    def shape(self, name: str) -> list[Size]:
        """The shape; a sensitivity has that of its tensor."""
        return self.shapes[name.replace("Sensitivity", "Inner")]


@dataclass
class PlacedLayer:
    """One layer or cost of the network: the certificate's content at its place in the graph.

    tensors: (kind, owner) of the content's entries -> the tensor.  numbers: bound and free indices -> their numbers.
    """

    place: str
    content: Any
    sizes: dict[str, Size]
    table: Tensors
    tensors: dict[tuple[str, str], str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def index(self, name: str) -> int:
        """The number of an index; one name is one number in all equations of a layer."""
        return self.numbers.setdefault(name, len(self.numbers))

    def tensor(self, kind: str, owner: str) -> str:
        """The tensor that an entry reads."""
        if (kind, owner) not in self.tensors:
            raise Inexpressible(f"{kind} of {owner} is read, which the layer does not define")
        return self.tensors[kind, owner]

    def size(self, e: Any) -> Size:
        """A size as a number, or as a term of Coq where sizes are variables."""
        value = self.constant(e)
        if value is None:
            raise Inexpressible("a size is not a number")
        return value

    def integer(self, e: Any) -> int:
        """A size as a number."""
        value = self.size(e)
        if not isinstance(value, int):
            raise Inexpressible("a size is a variable")
        return value

    def constant(self, e: Any) -> Size | None:
        """The value of an integer expression without indices, else None."""
        if isinstance(e, (int, SizeTerm)):
            return e
        if isinstance(e, str):
            raise Inexpressible("a size is a name")
        if e[0] == "size":
            size = self.sizes.get(e[1])
            if not isinstance(size, (int, SizeTerm)):
                raise Inexpressible("a size is a name")
            return size
        if e[0] not in ("+", "*", "quotient", "remainder"):
            return None
        parts = [self.constant(part) for part in e[1:]]
        numbers = [part for part in parts if part is not None]
        if len(numbers) < len(parts):
            return None
        return _combined(e[0], numbers)


def _combined(operation: str, parts: list[Size]) -> Size:
    if operation in ("quotient", "remainder"):
        dividend, divisor = parts
        if is_below(divisor, 1):
            raise Inexpressible("a division by a number below 1")
        return dividend // divisor if operation == "quotient" else dividend % divisor
    result: Size = 0 if operation == "+" else 1
    for part in parts:
        result = result + part if operation == "+" else result * part
    return result


def escaped(name: str) -> str:
    """A name as it can stand in a comment of Coq: letters, digits and underscores; the rest by number."""
    return re.sub(r"[^A-Za-z0-9_]", lambda found: f"<{ord(found.group()):x}>", name)[:200]
