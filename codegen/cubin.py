"""CUDA source to CUBIN on a machine without a GPU, through pip's nvidia-cuda-nvrtc.

CUBIN rather than PTX: only the assembler knows registers, spills and the limit on shared memory.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from dyadic.symbolic.errors import DyadicError

_ENTRY = re.compile(r"Compiling entry function '(\w+)'")
_USED = re.compile(r"Used (\d+) registers(?:.*?(\d+) bytes smem)?")
_SPILLS = re.compile(r"(\d+) bytes spill stores, (\d+) bytes spill loads")


class CompileError(DyadicError):
    """NVRTC refuses the source; the message is its log."""


@dataclass(frozen=True)
class Resources:
    """What one kernel needs per thread (registers, bytes spilled) and per block (bytes of shared memory)."""

    registers: int
    shared: int
    spills: int


@dataclass(frozen=True)
class Cubin:
    binary: bytes
    kernels: dict[str, Resources]
    log: str


@cache
def find_nvrtc() -> str | None:
    """Path of the newest NVRTC library that pip has installed, if any."""
    spec = find_spec("nvidia")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    found = sorted(path for folder in folders for path in folder.rglob("libnvrtc.so.*"))
    return str(found[-1]) if found else None


def compile_cubin(source: str, arch: str = "sm_90", options: Sequence[str] = ()) -> Cubin:
    """Compile for one architecture.  Raises :class:`CompileError` with the whole log on failure."""
    path = find_nvrtc()
    if path is None:
        raise DyadicError("NVRTC is not installed: pip install 'dyadic-backprop[verify]'")
    library = ctypes.CDLL(path)
    flags = [f"--gpu-architecture={arch}", "--std=c++17", *options]
    binary, log = _compile(library, source, [*flags, "--ptxas-options=-v"])
    if binary is None:
        # With -v the first line of an error can be lost: once more without, for a complete message.
        _, log = _compile(library, source, flags)
        raise CompileError(log)
    return Cubin(binary, _resources(log), log)


def _compile(library: ctypes.CDLL, source: str, flags: Sequence[str]) -> tuple[bytes | None, str]:
    program = ctypes.c_void_p()
    if library.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"kernels.cu", 0, None, None):
        raise DyadicError("NVRTC could not be started")
    try:
        arguments = (ctypes.c_char_p * len(flags))(*(flag.encode() for flag in flags))
        failed = library.nvrtcCompileProgram(program, len(flags), arguments)
        log = _text(library.nvrtcGetProgramLogSize, library.nvrtcGetProgramLog, program)
        if failed:
            return None, log.decode(errors="replace").rstrip("\0")
        binary = _text(library.nvrtcGetCUBINSize, library.nvrtcGetCUBIN, program)
        return binary, log.decode(errors="replace").rstrip("\0")
    finally:
        library.nvrtcDestroyProgram(ctypes.byref(program))


def _text(size: ctypes._NamedFuncPointer, read: ctypes._NamedFuncPointer, program: ctypes.c_void_p) -> bytes:
    length = ctypes.c_size_t()
    size(program, ctypes.byref(length))
    buffer = ctypes.create_string_buffer(length.value)
    read(program, buffer)
    return buffer.raw


def _resources(log: str) -> dict[str, Resources]:
    found: dict[str, Resources] = {}
    name, spills = "", 0
    for line in log.splitlines():
        if match := _ENTRY.search(line):
            name, spills = match[1], 0
        elif match := _SPILLS.search(line):
            spills = int(match[1]) + int(match[2])
        elif match := _USED.search(line):
            found[name] = Resources(int(match[1]), int(match[2] or 0), spills)
    return found
