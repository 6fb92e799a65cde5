"""Compiling kernel text with a C++ compiler and launching it from Python."""

from __future__ import annotations

import ctypes
import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import Any, Literal

import numpy as np

from dyadic.scratch import temporary_folder
from dyadic.symbolic.functions import FUNCTIONS

Mode = Literal["plain", "symbolic"]
_CALLED = {  # what passes its argument on is called by no name
    name: called
    for name, function in FUNCTIONS.items()
    if function.cuda and (called := function.cuda.call.partition("(")[0])
}
OPERATIONS = {
    0: "variable", 1: "number", 2: "+", 3: "-", 4: "*", 5: "/", 6: "max",
    **dict(enumerate(_CALLED, 10)),
}  # fmt: skip
"""The operations of a tape by their codes; scalar functions have those from 10 on."""
_SIGNATURE = re.compile(r'extern "C" __global__ void (\w+)\(([^)]*)\)')
_ASSEMBLY = re.compile(r'asm( volatile)?\("([\w.]+) ?([^";]*);"\s*:([^;:]*):([^;:]*)(: "memory")?\);')
_OPERAND = re.compile(r'"([+=]?)[rfln]"\(((?:[^()]|\([^()]*\))*)\)')
_DESTINATION = re.compile(r"\{[^}]*\}|%\d+")
_GUARD = 512
"""Elements put before and after every array: NaN around inputs, so that a read outside shows in the result, and
infinity around outputs, so that even a NaN written outside shows as a change."""


class EmulationError(Exception):
    """The kernel did something it must not do, or the launch does not fit its signature."""


def find_compiler() -> str | None:
    """The C++ compiler to use, if there is one."""
    return shutil.which("g++") or shutil.which("clang++")


@dataclass(frozen=True)
class LaunchTape:
    """The expressions that a symbolic launch computed: ``nodes`` are (operation, a, b, c, value)."""

    nodes: tuple[tuple[str, int, int, int, float], ...]

    def evaluate(
        self,
        variables: Sequence[Any],
        number: Callable[[float], Any],
        add: Callable[[Any, Any], Any],
        multiply: Callable[[Any, Any], Any],
        divide: Callable[[Any, Any], Any],
        function: Callable[[str, Any], Any],
    ) -> list[Any]:
        """The value of every node in a number system given by its operations."""
        values: list[Any] = []
        minus = number(-1.0)
        for operation, a, b, _, value in self.nodes:
            match operation:
                case "variable":
                    values.append(variables[a])
                case "number":
                    values.append(number(value))
                case "+":
                    values.append(add(values[a], values[b]))
                case "-":
                    values.append(add(values[a], multiply(minus, values[b])))
                case "*":
                    values.append(multiply(values[a], values[b]))
                case "/":
                    values.append(divide(values[a], values[b]))
                case "max":
                    raise EmulationError("a symbolic launch cannot compare numbers (fmax)")
                case _:
                    values.append(function(operation, values[a]))
        return values


class _Node(ctypes.Structure):
    _fields_ = (
        ("operation", ctypes.c_int),
        ("a", ctypes.c_int),
        ("b", ctypes.c_int),
        ("c", ctypes.c_int),
        ("value", ctypes.c_double),
    )


class Kernels:
    """Compiled kernel text.

    source: CUDA C with ``extern "C" __global__ void`` kernels of real pointers and a final int.
    mode "symbolic": ``real`` is an expression; see :meth:`trace`.
    Raises :class:`EmulationError` with the compiler's message if the text does not compile.
    """

    def __init__(self, source: str, mode: Mode = "plain") -> None:
        self.signatures = {name: _parameters(text) for name, text in _SIGNATURE.findall(source)}
        self.dtype = np.dtype(np.float32 if "typedef float real;" in source else np.float64)
        self.mode = mode
        self._library = _compile(_translation_unit(source, mode, self.signatures))

    def launch(
        self, name: str, grid: Sequence[int], block: Sequence[int], arguments: Sequence[Any], order: int = 0
    ) -> None:
        """Run a kernel on NumPy arrays, which are written in place.

        order 0: threads forward, 1: backward, more: shuffled with that seed.
        """
        types = self._checked(name, arguments)
        padded: list[Any] = []
        for value, kind in zip(arguments, types, strict=True):
            if isinstance(value, np.ndarray):
                room = np.full(value.size + 2 * _GUARD, _edge(kind), value.dtype)
                room[_GUARD : _GUARD + value.size] = value.ravel()
                padded.append(room)
            else:
                padded.append(np.array([value], np.int32))
        pointers = [
            p.ctypes.data + (0 if k == "int" else _GUARD * p.itemsize) for p, k in zip(padded, types, strict=True)
        ]
        self._run(name, grid, block, pointers, order)
        for value, room, kind in zip(arguments, padded, types, strict=True):
            if kind == "int":
                continue
            edges = np.concatenate([room[:_GUARD], room[_GUARD + value.size :]])
            if not np.array_equal(edges, np.full_like(edges, _edge(kind)), equal_nan=kind in ("input", "output")):
                raise EmulationError(f"{name}: wrote outside an array")
            inside = room[_GUARD : _GUARD + value.size]
            if kind in ("input", "input integers"):
                if inside.tobytes() != value.tobytes():
                    raise EmulationError(f"{name}: wrote to a const array")
            else:
                value[...] = inside.reshape(value.shape)

    def trace(
        self,
        name: str,
        grid: Sequence[int],
        block: Sequence[int],
        shapes: Sequence[tuple[int, ...] | int],
        order: int = 0,
    ) -> tuple[LaunchTape, list[np.ndarray[Any, Any]]]:
        """Run a kernel on symbols: every element of every input is a variable, in order of the arguments.

        shapes: the shape of each array argument, or the value of an int.  Returns the tape and, for each array
        argument, the positions on the tape of its elements afterwards (-1: never written).
        """
        counts = [int(np.prod(shape)) if isinstance(shape, tuple) else 0 for shape in shapes]
        kinds = [kind for kind, _ in self.signatures[name]]
        variables = sum(count for count, kind in zip(counts, kinds, strict=True) if kind == "input")
        self._library.symbolic_reset(variables)
        arrays: list[np.ndarray[Any, Any]] = []
        position = 0
        for shape, count, kind in zip(shapes, counts, kinds, strict=True):
            if kind == "int":
                arrays.append(np.array([shape], np.int32))
                continue
            room = np.full(count + 2 * _GUARD, -1, np.int32)
            if kind == "input":
                room[_GUARD : _GUARD + count] = np.arange(position, position + count)
                position += count
            arrays.append(room)
        pointers = [a.ctypes.data + (0 if k == "int" else _GUARD * 4) for a, k in zip(arrays, kinds, strict=True)]
        self._run(name, grid, block, pointers, order)
        if self._library.symbolic_compared():
            raise EmulationError(f"{name}: a symbolic launch cannot compare numbers")
        if self._library.symbolic_uninitialised():
            raise EmulationError(f"{name}: read a value that was never written")
        size = self._library.symbolic_size()
        self._library.symbolic_tape.restype = ctypes.POINTER(_Node)
        raw = self._library.symbolic_tape()
        nodes = tuple((OPERATIONS[raw[k].operation], raw[k].a, raw[k].b, raw[k].c, raw[k].value) for k in range(size))
        results = [
            array[_GUARD : _GUARD + count].reshape(shape)
            for array, count, shape in zip(arrays, counts, shapes, strict=True)
            if isinstance(shape, tuple)
        ]
        return LaunchTape(nodes), results

    def _run(self, name: str, grid: Sequence[int], block: Sequence[int], pointers: Sequence[int], order: int) -> None:
        def triple(values: Sequence[int]) -> Any:
            return (ctypes.c_uint * 3)(*values, *[1] * (3 - len(values)))

        function = getattr(self._library, f"launch_{name}")
        function.restype = ctypes.c_char_p
        message = function((ctypes.c_void_p * len(pointers))(*pointers), triple(grid), triple(block), order)
        if message:
            raise EmulationError(f"{name}: {message.decode()}")

    def _checked(self, name: str, arguments: Sequence[Any]) -> list[str]:
        """CuPy passes what it is given: a Python number or another dtype would reach the kernel as wrong bits."""
        if name not in self.signatures:
            raise EmulationError(f"there is no kernel {name}")
        wanted = self.signatures[name]
        if len(arguments) != len(wanted):
            raise EmulationError(f"{name}: takes {len(wanted)} arguments, not {len(arguments)}")
        for value, (kind, label) in zip(arguments, wanted, strict=True):
            if kind == "int":
                good = isinstance(value, np.int32)
            else:
                good = isinstance(value, np.ndarray) and value.dtype == self._type(kind) and value.flags.c_contiguous
            if not good:
                found = getattr(value, "dtype", type(value).__name__)
                raise EmulationError(
                    f"{name}: argument {label} must be {'np.int32' if kind == 'int' else self._type(kind)}, not {found}"
                )
        return [kind for kind, _ in wanted]

    def _type(self, kind: str) -> np.dtype[Any]:
        return np.dtype(np.int32) if kind.endswith("integers") else self.dtype


def _parameters(text: str) -> list[tuple[str, str]]:
    """(kind, name) of each parameter: input (const real*), output (real*), the same of integers, or int."""
    found = []
    for part in text.split(","):
        words = part.replace("*", " * ").split()
        kind = "input" if words[0] == "const" else "output"
        kind += " integers" if "int" in words else ""
        found.append((kind if "*" in words else "int", words[-1]))
    return found


def _edge(kind: str) -> float | int:
    return {"input": np.nan, "output": np.inf, "input integers": -(2**30), "output integers": 2**30}[kind]


def _translation_unit(source: str, mode: Mode, signatures: dict[str, list[tuple[str, str]]]) -> str:
    folder = files("dyadic.codegen.emulator")
    parts = [folder.joinpath(name).read_text() for name in ("cuda_host.h", "copies.h")]
    if mode == "symbolic":
        # The only two changes to the text: what real is, and helper functions that would compare numbers.
        source = re.sub(r"typedef (float|double) real;", "", source)
        source = re.sub(r"__device__ __forceinline__ (real|int above).*\n", "", source)
        functions = "".join(f"SYMBOLIC_FUNCTION({called}, {k})\n" for k, called in enumerate(_CALLED.values(), 10))
        parts.append(folder.joinpath("symbolic_real.h").read_text().replace("// SCALAR FUNCTIONS", f"{functions}//"))
    else:
        parts += [folder.joinpath(name).read_text() for name in ("plain_real.h", "tensor_cores.h")]
    launchers = [_LAUNCHING]
    for name, parameters in signatures.items():
        casts = ", ".join(_argument(kind, k) for k, (kind, _) in enumerate(parameters))
        launchers.append(
            f"static void call_{name}() {{ {name}({casts}); }}\n"
            f'extern "C" const char* launch_{name}'
            "(void** arguments, const unsigned* grid, const unsigned* block, int order)\n"
            f"{{ launched = arguments; return emulator::launch(grid, block, order, call_{name}, "
            "__start_emulated_shared, __stop_emulated_shared); }"
        )
    source = _ASSEMBLY.sub(_instruction, source.replace("__restrict__", ""))
    return "\n".join([*parts, source, *launchers])


def _instruction(found: re.Match[str]) -> str:
    """A PTX instruction as a call: a function of its name with its operands in its own order."""
    volatile, name, places, *groups, memory = found.groups()
    operands = _OPERAND.findall("".join(groups))
    order = [int(place) for place in re.findall(r"%(\d+)", places)]
    if ".sync" in name and not volatile:
        raise EmulationError(f"{name}: a compiler may move it to where not all threads come, unless it is volatile")
    copying = name.startswith("cp.async")
    if copying and not (volatile and memory):
        raise EmulationError(f"{name}: a compiler may move accesses to memory across it, unless it is told not to")
    written = None if copying else _DESTINATION.match(places)
    results = order[: len(re.findall(r"%\d+", written[0]))] if written else []
    for k, (way, text) in enumerate(operands):
        if (k in results, k in order[len(results) :]) != (way != "", way != "="):
            raise EmulationError(f"{name}: operand {text} does not have the constraint that its uses ask for")
    return f"emulator::{name.replace('.', '_')}({', '.join(operands[k][1] for k in order)});"


_LAUNCHING = """
static void** launched;
__attribute__((section("emulated_shared"), used)) static char emulated_anchor;
"""


def _argument(kind: str, position: int) -> str:
    """An argument of a kernel, from the array of pointers to it."""
    if kind == "int":
        return f"*(const int*)launched[{position}]"
    const = "const " if kind.startswith("input") else ""
    return f"({const}{'int' if kind.endswith('integers') else 'real'}*)launched[{position}]"


_LOADED: dict[str, ctypes.CDLL] = {}


def _compile(text: str) -> ctypes.CDLL:
    key = hashlib.sha256(text.encode()).hexdigest()
    if key not in _LOADED:
        with temporary_folder(prefix="dyadic-emulator-") as folder:
            source, scheduler, library = (folder / name for name in ("kernels.cpp", "scheduler.o", "kernels.so"))
            source.write_text(text, encoding="utf-8")
            scheduler.write_bytes(_scheduler())
            _run_compiler(["-shared", str(source), str(scheduler), "-o", str(library)])
            _LOADED[key] = ctypes.CDLL(str(library))
    return _LOADED[key]


@cache
def _scheduler() -> bytes:
    """The scheduler as an object file, compiled once in a process and kept in memory, so that nothing stays behind."""
    with temporary_folder(prefix="dyadic-emulator-") as folder, as_file(files("dyadic.codegen.emulator")) as sources:
        _run_compiler(["-c", str(sources / "scheduler.cpp"), "-o", str(folder / "scheduler.o")])
        return (folder / "scheduler.o").read_bytes()


def _run_compiler(arguments: Sequence[str]) -> None:
    compiler = find_compiler()
    if compiler is None:
        raise EmulationError("no C++ compiler (g++ or clang++) was found")
    command = [compiler, "-std=c++17", "-O1", "-ffp-contract=off", "-w", "-fPIC", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise EmulationError(f"the kernel text does not compile:\n{done.stderr[:3000]}")
