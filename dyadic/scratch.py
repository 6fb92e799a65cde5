"""Files that are whole or not there, also when the program is stopped in the middle of its work.

Every temporary file and folder is listed from before it exists until it is gone, so that whoever stops the program
(:mod:`dyadic.process`) can remove what is left.  Imports nothing of the package, so that every stage may use it, and
nothing heavy before it is needed.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK = threading.RLock()
"""Held while something becomes visible under its final name; whoever stops the program takes it first."""

_listed: set[Path] = set()
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def temporary_folder(parent: Path | None = None, prefix: str = "dyadic-") -> Iterator[Path]:
    """A folder that is gone afterwards; in the system's place for such, or in ``parent``."""
    import tempfile

    with LOCK:
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
        _listed.add(folder)
    try:
        yield folder
    except OSError as error:
        if error.filename is None and error.errno in _FULL:  # a write does not say of which file
            error.filename = str(folder.parent)
        raise
    finally:
        _remove_tree(folder)
        _listed.discard(folder)


def remove_all() -> None:
    """Remove what is listed; another thread may still be writing into it."""
    for path in tuple(_listed):
        for _ in range(20):
            _remove_tree(path)
            with suppress(OSError):
                path.unlink(missing_ok=True)
            if not path.exists():
                break


class Output:
    """A place for a file, tested and held by an empty temporary file beside it until the content is there.

    A device or a pipe is written as it stands.  Raises :class:`OSError` where the place cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve() if path.is_symlink() else path
        self.temporary: Path | None = None
        if self._special():
            if self.path.is_dir():
                raise IsADirectoryError(21, "Is a directory", str(path))
            if not os.access(self.path, os.W_OK):
                raise PermissionError(13, "Permission denied", str(path))
            return
        if self.path.exists() and not os.access(self.path, os.W_OK):
            raise PermissionError(13, "Permission denied", str(path))
        import tempfile

        with LOCK:
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name[:50]}.")
            self.temporary = Path(name)
            _listed.add(self.temporary)
        os.close(handle)

    def _special(self) -> bool:
        try:
            return not stat.S_ISREG(self.path.stat().st_mode)
        except FileNotFoundError:
            return False

    def write(self, content: bytes) -> None:
        """Put the file in its place, whole."""
        if self.temporary is None:
            self.path.write_bytes(content)
            return
        with LOCK:  # where it has been removed meanwhile, opening it would make it again
            stream = self.temporary.open("wb")
        with stream:
            stream.write(content)
        self.temporary.chmod(0o666 & ~_mask())
        with LOCK:
            os.replace(self.temporary, self.path)

    def close(self) -> None:
        if self.temporary is not None:
            self.temporary.unlink(missing_ok=True)
            _listed.discard(self.temporary)


class OutputFolder:
    """A place for a folder, tested and held before the work begins; its files appear all at once or not at all.

    A folder that is there keeps what else it holds.  Raises :class:`OSError` where the place cannot be written.
    """

    def __init__(self, path: Path) -> None:
        import tempfile

        self.path = path
        self.made: list[Path] = []
        with LOCK:
            parent = path.resolve() if path.exists() else self._parent()
            self.temporary = Path(tempfile.mkdtemp(dir=parent, prefix=f".{path.name[:50]}."))
            _listed.add(self.temporary)

    def _parent(self) -> Path:
        """The folder above, made with all above it where it is missing."""
        for folder in reversed(self.path.absolute().parents):
            if not folder.exists():
                folder.mkdir()
                self.made.append(folder)
                _listed.add(folder)
        return self.path.absolute().parent

    def write(self, contents: Mapping[str, bytes]) -> None:
        """Write all files aside, then move them to their place."""
        for name, content in contents.items():
            (self.temporary / name).write_bytes(content)
        with LOCK:
            if self.path.exists():
                for name in contents:
                    os.replace(self.temporary / name, self.path / name)
            else:
                self.temporary.chmod(0o777 & ~_mask())
                os.replace(self.temporary, self.path)
            _listed.difference_update(self.made)
            self.made.clear()

    def close(self) -> None:
        _remove_tree(self.temporary)
        _listed.discard(self.temporary)
        for folder in reversed(self.made):
            with suppress(OSError):
                folder.rmdir()
            _listed.discard(folder)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file at once: never half of one.  Raises :class:`OSError` where it cannot be written."""
    output = Output(path)
    try:
        output.write(content)
    finally:
        output.close()


def _remove_tree(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
