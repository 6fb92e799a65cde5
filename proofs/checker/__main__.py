"""``python -m dyadic.proofs.checker FILE``: exit status 0 confirmed, 1 rejected, 2 usage, 3 in part only."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from dyadic.proofs.checker import Rejected, check

LARGEST = 64 * 2**20


def read(path: str) -> Any:
    """A file's JSON; whatever is wrong with it is :class:`Rejected`."""
    try:
        if os.path.getsize(path) > LARGEST:
            raise Rejected("file", f"is larger than {LARGEST >> 20} MiB")
        with open(path, encoding="utf-8") as stream:
            content = stream.read(LARGEST + 1)
        return json.loads(content, parse_constant=_no_constant, object_pairs_hook=_once)
    except OSError as error:
        raise Rejected("file", f"cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise Rejected("file", f"is not JSON that can be read here ({str(error)[:200]})") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"the non-finite number {name}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a table has one key twice")
    return found


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m dyadic.proofs.checker FILE", file=sys.stderr)
        return 2
    try:
        report = check(read(arguments[0]))
    except Rejected as error:
        print(f"REJECTED   {error}")
        return 1
    for line in report.lines():
        print(line)
    return 0 if report.confirmed else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
