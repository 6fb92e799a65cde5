"""A module that somebody emitted, executed: what runs in the process that :mod:`dyadic.physics.module_process` starts.

It is run as a file and imports nothing of the package, so that it starts quickly.  What it finds is written beside what
it is given: ``answer.json``, and the entries of the gradients as doubles, one after the other, in ``answer.bin``.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

NAMES = ("PARAMETERS", "INPUTS", "TARGETS", "DTYPE", "gradients")
"""What every emitted module has."""
AGAIN = "give one that `dyadic emit` wrote"


class NoDoubles(Exception):
    """A gradient that is no array of float32 or float64."""


def as_doubles(name: str, gradient: Any) -> Any:
    """A gradient, from the host or a device, as an array of doubles.

    Raises :class:`NoDoubles` where something would be lost on the way.
    """
    array = gradient.get() if hasattr(gradient, "get") else np.asarray(gradient)
    masked = isinstance(gradient, np.ma.MaskedArray) or isinstance(array, np.ma.MaskedArray)
    if masked or array.dtype.kind != "f" or array.dtype.itemsize not in (4, 8):
        kind = "a masked array" if masked else f"of type {array.dtype.name}"
        raise NoDoubles(f"the module's gradient of {name} is {kind}; give one of float32 or float64")
    return array.astype(np.float64)


_NEEDS = "this module needs "
"""How an emitted module begins to say what is lacking here."""


def no_gradients(error: BaseException) -> str:
    """What to say of a module whose function raises; one that lacks a library says itself which."""
    told = described(error)
    again = "" if isinstance(error, ImportError) or _NEEDS in told else f"; {AGAIN}"
    return f"the module computes no gradients ({told}){again}"


def described(error: BaseException) -> str:
    """An exception of somebody else's, which may raise another one when it is printed."""
    try:
        return f"{type(error).__name__}: {str(error)[:200]}"
    except BaseException:
        return "an exception that cannot be printed"


def _answered(what: str, folder: Path, path: str) -> dict[str, Any]:
    """The answer as JSON can hold it; for gradients the arrays are written.  ``error``: why there is none."""
    try:
        module = imported_from(folder / "emitted.py")
        module.__file__ = path  # what came with a model lies beside it
    except BaseException as error:  # a module may raise anything
        told = described(error).replace("emitted.py", Path(path).name)
        return {"error": f"cannot be imported ({told})"}
    if not all(hasattr(module, name) for name in NAMES):
        return {"error": "is no module that `dyadic emit` wrote: it lacks PARAMETERS, DTYPE or gradients"}
    if what == "tables":
        tables = {name: _table(getattr(module, name)) for name in NAMES[:3]}
        return {**tables, "DTYPE": _type_name(module.DTYPE)}
    given = _given(folder)
    try:
        with np.errstate(all="ignore"):
            found = module.gradients(*given)[1]
            arrays = [as_doubles(name, found[name]) for name in module.PARAMETERS]
    except NoDoubles as error:
        return {"error": str(error)}
    except BaseException as error:
        return {"error": no_gradients(error)}
    (folder / "answer.bin").write_bytes(b"".join(np.ascontiguousarray(one, "<f8").tobytes() for one in arrays))
    return {"shapes": {str(name): one.shape for name, one in zip(module.PARAMETERS, arrays, strict=True)}}


def imported_from(path: Path) -> ModuleType:
    """The module that a file is, which is executed."""
    spec = spec_from_file_location("emitted", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no module")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _given(folder: Path) -> Any:
    """Parameters, inputs and target: nests of arrays by name, in which a number stands for an array of the file."""
    with np.load(folder / "given.npz", allow_pickle=False) as arrays:

        def filled(part: Any) -> Any:
            if isinstance(part, dict):
                return {name: filled(value) for name, value in part.items()}
            return None if part is None else arrays[str(part)]

        return [filled(part) for part in json.loads((folder / "given.json").read_text(encoding="utf-8"))]


def _table(value: Any) -> dict[str, list[int]] | None:
    """Shapes by name; None for anything else, which no emitted module has there."""
    if type(value) is not dict or not all(type(name) is str and type(shape) is tuple for name, shape in value.items()):
        return None
    if not all(type(size) is int for shape in value.values() for size in shape):
        return None
    return {name: list(shape) for name, shape in value.items()}


def _type_name(dtype: Any) -> str | None:
    try:
        return None if dtype is None else np.dtype(dtype).name
    except TypeError:
        return repr(dtype)[:60]


def main() -> None:
    """``module_runner.py WHAT FOLDER PATH``: WHAT is ``tables`` or ``gradients``, PATH that of the module's file."""
    what, folder, path = sys.argv[1:]
    try:
        answer = json.dumps(_answered(what, Path(folder), path))
        unfinished = Path(folder) / "unfinished"
        unfinished.write_text(answer, encoding="utf-8")
        unfinished.replace(Path(folder) / "answer.json")
    except BaseException:  # the module has taken the folder away, or changed what this needs
        os._exit(1)
    os._exit(0)  # whatever the module would do at the end


if __name__ == "__main__":
    main()
