"""Reading a certificate's file, within limits."""

from __future__ import annotations

import json
import os
import stat
from typing import Any

from dyadic.proofs.checker.intake.form import FORMAT
from dyadic.proofs.checker.intake.reading import NoCertificate, shown

LARGEST = 64 * 2**20
MOST = {"lists": 1_200_000, "values": 3_000_000, "texts": 3_000_000}
"""Bounds on what a file holds, so that reading it takes less than a gigabyte."""


def read(path: str, effort: int = 1) -> Any:
    """The JSON of a file that calls itself a certificate; any other is :class:`NoCertificate`.

    effort: how many times the usual is read.
    """
    try:
        about = os.stat(path)
        if not stat.S_ISREG(about.st_mode):  # a pipe or a device would be waited for, or never end
            raise NoCertificate("file", "is no regular file")
        if about.st_size > LARGEST:
            raise NoCertificate("file", f"is larger than {LARGEST >> 20} MiB")
        with open(path, encoding="utf-8") as stream:
            content = stream.read(LARGEST + 1)
        counts = {"lists": content.count("[") + content.count("{"), "values": content.count(",")}
        counts["texts"] = content.count('"') // 2
        for what, count in counts.items():
            if count > MOST[what] * effort:
                raise NoCertificate("file", f"has more {what} than are read with this effort: {count}")
        found = json.loads(content, parse_constant=_no_constant, object_pairs_hook=_once)
    except OSError as error:
        raise NoCertificate("file", f"cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise NoCertificate(
            "file", f"is not JSON that can be read here ({str(error).partition(';')[0][:200]})"
        ) from error
    if not isinstance(found, dict) or "format" not in found:
        raise NoCertificate("file", "is no certificate: it has no field `format`")
    if found["format"] != FORMAT:
        raise NoCertificate("file", f"is of the format {shown(found['format'])}, not {FORMAT}")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"the non-finite number {name}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a table has one key twice")
    return found
