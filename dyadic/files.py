"""Writing whole files or none."""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.errors import DyadicError


def appendix(derivation: Derivation, certificate: Mapping[str, Any], path: str | Path) -> None:
    """Write the paper appendix; the ending of ``path`` (.tex or .pdf) decides the format.

    A .tex file gets its .sty and .bib beside it.  No file is ever half written.
    """
    from dyadic.paper import appendix_files, build_document  # typst is large and only needed here

    for name, content in appendix_files(build_document(derivation, certificate), Path(path)).items():
        write_bytes(name, content)


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write to a temporary file beside ``path`` and rename it: never half a file."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.")
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    write_text(path, json_text(content) + "\n")


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


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Arrays by name, as NumPy's .npz."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_bytes(path, buffer.getvalue())


def unwritable(path: Path, error: OSError) -> DyadicError:
    """The one message for an output that cannot be written."""
    return DyadicError(f"{path}: cannot be written ({error.strerror or error}); choose another place with -o")
