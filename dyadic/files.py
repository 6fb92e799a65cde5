"""Reading JSON with limits, and writing whole files or none, in places that are tested before the work begins."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dyadic.scratch import Output, OutputFolder, write_whole
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.errors import DyadicError, unwritable

LARGEST_JSON = 64 * 2**20


def appendix(derivation: Derivation, certificate: Mapping[str, Any], path: str | Path) -> None:
    """Write the paper appendix; the ending of ``path`` (.tex or .pdf) decides the format.

    A .tex file gets its .sty and .bib beside it.  No file is ever half written.
    """
    for name, content in appendix_contents(derivation, certificate, Path(path)).items():
        write_bytes(name, content)


def appendix_contents(derivation: Derivation, certificate: Mapping[str, Any], path: Path) -> dict[Path, bytes]:
    """The files of an appendix at ``path``, not yet written."""
    from dyadic.paper import appendix_files, build_document  # typst is large and only needed here

    return appendix_files(build_document(derivation, certificate), path)


@contextmanager
def reserved(path: Path) -> Iterator[Callable[[bytes], None]]:
    """A place for a file, tested now and written once.  Raises :class:`DyadicError` where it cannot be written."""
    try:
        output = Output(path)
    except OSError as error:
        raise unwritable(path, error) from error

    def write(content: bytes) -> None:
        try:
            output.write(content)
        except OSError as error:
            raise unwritable(path, error) from error

    try:
        yield write
    finally:
        output.close()


@contextmanager
def reserved_folder(path: Path) -> Iterator[Callable[[Mapping[str, bytes]], None]]:
    """A place for a folder, tested now and written once: all its files or none."""
    try:
        output = OutputFolder(path)
    except OSError as error:
        raise unwritable(path, error) from error

    def write(contents: Mapping[str, bytes]) -> None:
        try:
            output.write(contents)
        except OSError as error:
            raise unwritable(path, error) from error

    try:
        yield write
    finally:
        output.close()


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write to a temporary file beside ``path`` and rename it: never half a file."""
    try:
        write_whole(path, content)
    except OSError as error:
        raise unwritable(path, error) from error


def json_bytes(content: Any) -> bytes:
    """A JSON document as a file holds it."""
    return (json_text(content) + "\n").encode()


def json_text(content: Any, level: int = 0) -> str:
    """JSON with a line for each entry of a mapping, and an expression on one line: half the bytes of indenting it."""
    blanks = " " * (level + 1)
    if isinstance(content, dict) and content:
        lines = (
            f"{blanks}{json.dumps(str(k), ensure_ascii=False)}: {json_text(v, level + 1)}" for k, v in content.items()
        )
        return "{\n" + ",\n".join(lines) + f"\n{blanks[1:]}}}"
    if isinstance(content, list) and any(isinstance(item, dict) for item in content):
        return "[\n" + ",\n".join(blanks + json_text(item, level + 1) for item in content) + f"\n{blanks[1:]}]"
    return json.dumps(content, ensure_ascii=False)


def read_json(path: Path) -> Any:
    """Parse a JSON file; anything that is not one is a :class:`DyadicError` that names the file."""
    try:
        if not path.is_file():
            raise DyadicError(f"{path}: cannot be read ({_no_file(path)}); check the path")
        if path.stat().st_size > LARGEST_JSON:
            raise DyadicError(f"{path}: is larger than {LARGEST_JSON >> 20} MiB; this is no certificate of ours")
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_constant)
    except OSError as error:
        raise DyadicError(f"{path}: cannot be read ({error.strerror or error}); check the path") from error
    except RecursionError as error:
        raise DyadicError(f"{path}: is nested too deeply; this is no certificate of ours") from error
    except ValueError as error:
        raise DyadicError(
            f"{path}: is not JSON ({str(error)[:200]}); give a file written by `dyadic verify`"
        ) from error


def _no_file(path: Path) -> str:
    if path.is_dir():
        return "it is a folder"
    return "it is no regular file" if path.exists() else "no such file"


def _no_constant(name: str) -> Any:
    raise ValueError(f"the non-finite number {name}")
