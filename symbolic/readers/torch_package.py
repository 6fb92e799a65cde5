"""The torch package, an optional extra: imported and run without its messages and without what it leaves behind."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dyadic.scratch import temporary_folder
from dyadic.symbolic.errors import DyadicError

_CACHE = "TORCHINDUCTOR_CACHE_DIR"


@contextmanager
def quietly() -> Iterator[None]:
    """Without torch's own messages, and without the folder for compiled code that it would leave behind.

    Also around the import: some parts of torch choose that folder when they are loaded.
    """
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with temporary_folder() as folder:
            given = os.environ.get(_CACHE)
            os.environ[_CACHE] = given or str(folder)
            try:
                yield
            finally:
                if given is None:
                    del os.environ[_CACHE]
    finally:
        logging.disable(before)


def package() -> Any:
    try:
        import torch
        import torch.export
    except ImportError as error:
        raise DyadicError(
            "reading PyTorch programs needs the torch package: pip install 'dyadic-backprop[torch]'"
        ) from error
    return torch


def first_line_of(error: Exception, path: str = "") -> str:
    """The first line of torch's message, without the file's name and without a hint at warnings that are not shown."""
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    first = first.replace(path, "the file") if path else first
    return first.partition(". Please check")[0].rstrip(" ,.;:")[:200]


__all__ = ["first_line_of", "package", "quietly"]
