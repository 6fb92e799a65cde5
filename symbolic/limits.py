"""How much an input may hold.  Beyond, one message says so; docs/specification.md has the same table.

They are far above what a network needs and far below what a machine cannot take: a file that goes beyond is damaged,
or was made to do harm.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from dyadic.symbolic.errors import SpecError

LARGEST_SPEC = 4 * 2**20
"""Bytes of a TOML file."""
LARGEST_MODEL = 4 * 2**30
"""Bytes of a model's file."""
MOST_KEY_PARTS = 16
"""Parts of a dotted key: tomllib takes time and memory quadratic in them."""
MOST_DIGITS = 24
"""Digits of an integer, and those that a decimal fraction takes before and after the point without an exponent."""
LONGEST_NAME = 150
"""Characters of a name; a certificate has 200 for it and what is put around it (``s:memory.12.recurrent_bias``)."""
MOST_LAYERS = 20_000
MOST_INPUTS = 512
"""Inputs of one layer."""
MOST_AXES = 16
"""Axes of a tensor."""
MOST_IN_A_LIST = 4 * MOST_AXES
"""Entries of an option that is a list: one or two for every axis."""
MOST_STEPS = 1_000
"""Steps of a recurrent layer, each of which is a layer."""
LARGEST_SIZE = 10**9 - 1
"""An extent of a tensor that is a number."""
MOST_ENTRIES = 2**48
"""Entries of a tensor whose sizes are all numbers."""
LARGEST_COMPUTED = 2**27
"""Bytes of one constant that a model's file computes instead of holding it; held are :data:`LARGEST_MODEL` at most."""
MOST_COMPUTED = 2**30
"""Bytes of all of them."""

_LONG_KEY = re.compile(rf"^[\s\[]*(?:(?:[\w-]+|\"[^\"\n]*\"|'[^'\n]*')\s*\.\s*){{{MOST_KEY_PARTS}}}", re.M)
_PICKLES = (".pth", ".pt", ".pkl", ".pickle", ".ckpt", ".bin", ".safetensors", ".h5", ".keras", ".npz", ".joblib")
_EXPORT = (
    "export the module, torch.export.save(torch.export.export(module.eval(), (example,)), 'model.pt2'), or as ONNX"
)


def regular_file(
    path: Path, largest: int = LARGEST_SPEC, smaller: str = "give an architecture, or a model without data"
) -> None:
    """Refuse what is no file that can be read to its end: a folder, a device, a pipe, a file without bounds.

    smaller: what to do about a file that is too large.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            kind = "it is a folder" if path.is_dir() else "it is no regular file"
            raise SpecError(str(path), f"cannot be read ({kind})", "give the path of a file")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SpecError(str(path), f"cannot be read ({reason})", "check the path") from error
    if size > largest:
        raise SpecError(str(path), f"is larger than {largest >> 20} MiB", smaller)


def refuse_weights(path: Path) -> None:
    """Say what to do with a file of weights or a pickled module, which holds no graph that could be read safely."""
    if path.suffix.lower() in _PICKLES:
        raise SpecError(str(path), "holds weights or a pickled module, which are not read: there is no graph", _EXPORT)
    with path.open("rb") as stream:
        start = stream.read(4)
    if start[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05") or start == b"PK\x03\x04":
        raise SpecError(str(path), "is a pickle or an archive, not TOML", _EXPORT)


def short_keys(text: str) -> None:
    """Refuse keys of very many parts."""
    if found := _LONG_KEY.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise SpecError(f"line {line}", f"a key has more than {MOST_KEY_PARTS} parts", "give an architecture in TOML")


def few_axes(where: str, count: int) -> None:
    if count > MOST_AXES:
        raise SpecError(where, f"has {count} axes", f"at most {MOST_AXES} are read")


def few_inputs(where: str, count: int) -> None:
    if count > MOST_INPUTS:
        raise SpecError(where, f"has {count} inputs", f"at most {MOST_INPUTS} are read; do it in several layers")


def few_layers(where: str, count: int) -> None:
    if count > MOST_LAYERS:
        raise SpecError(where, f"has {count} layers", f"at most {MOST_LAYERS} are read")


def few_entries(where: str, shape: tuple[Any, ...]) -> None:
    """Refuse a tensor that no machine holds; a size that is a name counts as one."""
    total = 1
    for extent in shape:
        if extent.is_Integer and extent > LARGEST_SIZE:
            raise SpecError(where, f"has an axis of {extent} entries", f"at most {LARGEST_SIZE} are read")
        total *= int(extent) if extent.is_Integer else 1
    if total > MOST_ENTRIES:
        raise SpecError(where, f"has {total:.3g} entries", f"at most {MOST_ENTRIES:.3g} are read")
