"""What this machine offers to emitted modules: a C compiler, a CUDA device."""

from __future__ import annotations

import os
import shlex
import shutil
from importlib.util import find_spec


def find_c_compiler() -> str | None:
    """The command that a C module compiles with here: $CC, the system's compiler, or that of the package ziglang."""
    try:
        wanted = shlex.split(os.environ.get("CC", ""))
    except ValueError:  # of which the module says what is wrong when it is run
        return None
    if wanted:
        return shlex.join(wanted) if shutil.which(wanted[0]) else None
    for name in ("cc", "gcc", "clang"):
        if shutil.which(name):
            return name
    return "python -m ziglang cc" if find_spec("ziglang") else None


def has_device() -> bool:
    """Whether CuPy is installed and sees a CUDA device."""
    if find_spec("cupy") is None:
        return False
    try:
        import cupy

        return bool(cupy.cuda.is_available())
    except Exception:  # a broken driver can raise anything
        return False


__all__ = ["find_c_compiler", "has_device"]
