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
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Arrays by name, as NumPy's .npz."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_bytes(path, buffer.getvalue())


def unwritable(path: Path, error: OSError) -> DyadicError:
    """The one message for an output that cannot be written."""
    return DyadicError(f"{path}: cannot be written ({error.strerror or error}); choose another place with -o")
