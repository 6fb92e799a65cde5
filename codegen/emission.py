"""What is emitted: the text of a module, and the arrays that it reads from a file beside it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dyadic.scratch import write_whole
from dyadic.symbolic.errors import expect, unwritable


@dataclass(frozen=True)
class Emission:
    """A standalone module, or a graph.

    text: its source, which ``str`` gives as well.
    binary: the contents of its file, where these are no text.
    arrays: the model's own arrays by name, which ``init()`` of the module reads from the file of the module's name
        that ends in .npz; empty where the text holds all it needs.
    """

    text: str
    arrays: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    binary: bytes | None = field(default=None, repr=False)

    @property
    def content(self) -> bytes:
        """What the module's own file holds."""
        return self.text.encode() if self.binary is None else self.binary

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Emission({len(self.text.splitlines())} lines, {len(self.arrays)} arrays)"

    def files(self, name: str) -> dict[str, bytes]:
        """The contents of the files by name, that of the module being ``name``."""
        found = {name: self.content}
        if self.arrays:
            found[str(Path(name).with_suffix(".npz"))] = self.stored()
        return found

    def stored(self) -> bytes:
        """The arrays in NumPy's .npz format."""
        buffer = io.BytesIO()
        np.savez(buffer, **self.arrays)
        return buffer.getvalue()

    def write(self, path: str | Path) -> None:
        """Write the module to ``path``, and its arrays beside it.  Raises :class:`DyadicError` where that fails."""
        expect("path", path, str, Path)
        for name, content in reversed([*self.files(str(path)).items()]):  # the module last: it needs the other
            try:
                write_whole(Path(name), content)
            except OSError as error:
                raise unwritable(Path(name), error) from error
