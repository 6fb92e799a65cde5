"""Arrays that somebody gives, by name: a mapping, or an .npz file, which is read with bounds.

Everything that is computed with must be there, of the right shape, real and finite in the type that it is computed in.
What is not is refused before anything is computed, and named.  A file's arrays are not read before their names, types,
shapes and lengths are what they must be, so that a small file cannot take much memory.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import prod
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import error as CorruptStream

import numpy as np

from dyadic.symbolic.errors import DyadicError
from dyadic.symbolic.limits import regular_file

Arrays = Mapping[str, Any]
Shape = tuple[int | None, ...]
"""The extents that are wanted; None for that of the samples, which is the same for all arrays."""

LARGEST_FILE = 2**31 - 2**24
"""Bytes of an .npz file: what a zip archive of the plain format holds."""
MOST_SAMPLED = 2**26
"""Numbers that all samples together may take."""
_LARGEST_DIRECTORY = 2**22
"""Bytes of the list of a zip archive's members."""
_END = 22
"""Bytes of the record at the end of a zip archive that has no comment."""
_REAL = "biuf"
"""The kinds of NumPy's types that hold real numbers."""
_REMEDY = "write one with numpy.savez"


class Wanted:
    """The arrays that something needs.

    what: what they are called in messages.  shapes: by name.  dtype: what they are computed in.
    whole: names of those that hold integers, which stay as they are.
    per_sample: how many numbers one sample takes in all that is computed, where a shape has an axis of samples.
    """

    def __init__(
        self, what: str, shapes: Mapping[str, Shape], dtype: Any, whole: Collection[str] = (), per_sample: int = 1
    ) -> None:
        self.what, self.shapes, self.dtype, self.whole, self.per_sample = (
            what,
            shapes,
            np.dtype(dtype),
            whole,
            per_sample,
        )

    def taken(self, source: Arrays | str | Path) -> dict[str, Any]:
        """All the arrays and no others, from a mapping or an .npz file.

        Raises :class:`DyadicError` that names the source and the array at fault.
        """
        if isinstance(source, Mapping):
            found = self._of_mapping(source)
            where = self.what
        elif isinstance(source, str | Path):
            found = self._of_file(Path(source))
            where = f"{source}"
        else:
            raise DyadicError(
                f"{self.what}: are given as {type(source).__name__}; give arrays by name, or the path of an .npz file"
            )
        self._one_batch(where, {name: array.shape for name, array in found.items()})
        return {name: self._converted(where, name, array) for name, array in found.items()}

    # -- a mapping -----------------------------------------------------------------------------------------------------

    def _of_mapping(self, source: Arrays) -> dict[str, Any]:
        self._names(self.what, list(source))
        found = {}
        for name in self.shapes:
            value = source[name]
            if getattr(value, "requires_grad", False) and hasattr(value, "detach"):
                value = value.detach()  # PyTorch gives no numbers of what it differentiates by
            try:
                array = np.asarray(value.get() if hasattr(value, "get") and hasattr(value, "dtype") else value)
            except Exception as error:  # whatever an object says that is asked for its numbers
                raise DyadicError(f"{self.what}: {name} is no array of numbers ({type(error).__name__})") from error
            self._fits(self.what, name, array.dtype, array.shape)
            found[name] = array
        return found

    # -- a file --------------------------------------------------------------------------------------------------------

    def _of_file(self, path: Path) -> dict[str, Any]:
        regular_file(path, LARGEST_FILE, "give an .npz file of fewer numbers")
        try:
            with path.open("rb") as stream:
                _plain_archive(path, stream)
                with ZipFile(stream) as archive:
                    return self._of_archive(path, archive)
        except OSError as error:
            raise DyadicError(f"{path}: cannot be read ({error.strerror or error}); give an .npz file") from error
        except (BadZipFile, CorruptStream, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            raise DyadicError(f"{path}: is no .npz file of plain arrays, or is damaged ({error}); {_REMEDY}") from error

    def _of_archive(self, path: Path, archive: ZipFile) -> dict[str, Any]:
        members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
        if len(members) != len(archive.infolist()):
            raise DyadicError(f"{path}: holds two arrays of one name; {_REMEDY}")
        self._names(str(path), list(members))
        shapes = {name: self._shape(path, archive, name, members[name]) for name in self.shapes}
        self._one_batch(str(path), shapes)
        return {name: self._read(path, archive, name, members[name]) for name in self.shapes}

    def _shape(self, path: Path, archive: ZipFile, name: str, member: ZipInfo) -> tuple[int, ...]:
        """The shape of an array that may be read, from its header alone."""
        if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED) or member.flag_bits & 1:
            raise DyadicError(f"{path}: {_said(name)} is compressed or encrypted in an unusual way; {_REMEDY}")
        with archive.open(member) as stream:
            shape, _, dtype = _header(path, name, stream)
        self._fits(str(path), name, dtype, shape)
        return shape

    def _read(self, path: Path, archive: ZipFile, name: str, member: ZipInfo) -> Any:
        with archive.open(member) as stream:
            shape, by_columns, dtype = _header(path, name, stream)
            length = prod(shape) * dtype.itemsize
            content = stream.read(length + 1)
        if len(content) != length:
            more = "more" if len(content) > length else "fewer"
            raise DyadicError(f"{path}: {name} holds {more} numbers than its shape {shape} says; {_REMEDY}")
        flat = np.frombuffer(content, dtype)
        return flat.reshape(shape[::-1]).T if by_columns else flat.reshape(shape)

    # -- what both must be ---------------------------------------------------------------------------------------------

    def _names(self, where: str, names: list[Any]) -> None:
        needed = ", ".join(list(self.shapes)[:8])
        lacking, unasked = [n for n in self.shapes if n not in names], [n for n in names if n not in self.shapes]
        problems = [
            f"{problem} {', '.join(map(_said, found[:5]))}"
            for problem, found in (("lacks", lacking), ("has, unasked,", unasked))
            if found
        ]
        if problems:
            raise DyadicError(f"{where}: {'; '.join(problems)}; it needs {needed or 'none'}")

    def _fits(self, where: str, name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        wanted = self.shapes[name]
        if dtype.kind not in _REAL:
            raise DyadicError(f"{where}: {name} is of the type {str(dtype)[:40]}; give real numbers")
        fits = all(one == two if one is not None else two > 0 for one, two in zip(wanted, shape, strict=False))
        if len(shape) != len(wanted) or not fits:
            axes = ", ".join("samples" if extent is None else str(extent) for extent in wanted)
            axes += "," if len(wanted) == 1 else ""  # as a tuple is written, and as the shape before it is
            raise DyadicError(f"{where}: {name} has shape {str(shape)[:80]}; give one of shape ({axes})")

    def _one_batch(self, where: str, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """The number of samples is one for all, and not more than can be computed with."""
        counts = {n: shape[0] for n, shape in shapes.items() if self.shapes[n] and self.shapes[n][0] is None}
        if len(set(counts.values())) > 1:
            shown = ", ".join(f"{name} has {count}" for name, count in list(counts.items())[:5])
            raise DyadicError(f"{where}: the numbers of samples differ: {shown}")
        few_samples(where, max(counts.values(), default=1), self.per_sample)

    def _converted(self, where: str, name: str, array: Any) -> Any:
        """In the type that is computed in; integers that count something stay.

        Real numbers are rounded to it, as is known of them; an integer that is given is meant to the last digit.
        """
        if name in self.whole:
            return array
        with np.errstate(all="ignore"):
            made = array.astype(self.dtype)
        if array.dtype.kind in "iu":
            self._whole_numbers(where, name, array, made)
        finite = np.isfinite(made)
        if not finite.all():
            place = tuple(np.argwhere(~finite)[0])
            held = f", which {self.dtype.name} cannot hold" if np.isfinite(array[place]) else ""
            raise DyadicError(f"{where}: {name}{_place(place)} is {array[place]!s}{held}; give finite numbers")
        return made

    def _whole_numbers(self, where: str, name: str, array: Any, made: Any) -> None:
        """Refuse integers that rounding would change."""
        digits = np.finfo(self.dtype).nmant + 1
        _, length = np.frexp(made)  # |made| < 2^length, so a number that is held is a multiple of 2^(length - digits)
        unit = np.left_shift(array.dtype.type(1), np.maximum(length - digits, 0).astype(array.dtype))
        for place in map(tuple, np.argwhere(array % unit != 0)[:1]):
            problem = f"{name}{_place(place)} is {array[place]!s}, which {self.dtype.name} rounds to {made[place]:.20g}"
            raise DyadicError(f"{where}: {problem}; give integers that it holds, or real numbers")


def _place(k: Any) -> str:
    """An entry's indices, in brackets; nothing for those of a single number."""
    return f"[{', '.join(map(str, map(int, k)))}]" if len(k) else ""


def few_samples(where: str, count: int, per_sample: int, numbers: int = MOST_SAMPLED) -> None:
    """Refuse more samples than can be computed with; one is always fine.  numbers: of all of them together."""
    most = max(1, numbers // max(1, per_sample))
    if count > most:
        raise DyadicError(f"{where}: {count} samples of {per_sample} numbers each are too many; give at most {most}")


def _plain_archive(path: Path, stream: IO[bytes]) -> None:
    """Refuse what does not end as a zip archive does that NumPy wrote, or has a list of members without bounds."""
    size = path.stat().st_size
    stream.seek(max(0, size - _END - 20))
    end = stream.read(_END + 20)[-_END - 20 :]
    record, before = end[-_END:], end[:-_END]
    if len(record) < _END or not record.startswith(b"PK\5\6") or before.startswith(b"PK\6\7"):
        raise DyadicError(f"{path}: is no .npz file of plain arrays; {_REMEDY}")
    if int.from_bytes(record[12:16], "little") > _LARGEST_DIRECTORY:
        raise DyadicError(f"{path}: lists more arrays than any network has; {_REMEDY}")
    stream.seek(0)


def _header(path: Path, name: str, stream: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether it is stored by columns, and type of an array, by NumPy's own reader of headers."""
    try:
        version = np.lib.format.read_magic(stream)
        if version == (1, 0):
            shape, by_columns, dtype = np.lib.format.read_array_header_1_0(stream)
        elif version == (2, 0):
            shape, by_columns, dtype = np.lib.format.read_array_header_2_0(stream)
        else:
            raise ValueError(f"version {version}")
        if any(type(extent) is not int for extent in shape):  # a truth value passes for one in NumPy's reader
            raise ValueError(f"shape {shape}")
        return shape, by_columns, dtype
    except (BadZipFile, CorruptStream, OSError):
        raise
    except Exception as error:  # it parses Python's notation, which fails in many ways
        raise DyadicError(f"{path}: {_said(name)} is no array in NumPy's format; {_REMEDY}") from error


def _said(name: Any) -> str:
    """A name that a file or a caller chose, in a message."""
    text = str(name)
    return (text if text.isprintable() else ascii(text))[:60]


__all__ = ["LARGEST_FILE", "MOST_SAMPLED", "Arrays", "Shape", "Wanted", "few_samples"]
