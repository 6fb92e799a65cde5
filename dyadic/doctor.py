"""What this machine offers, and what each thing would add."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from dyadic.codegen.compilers import find_c_compiler
from dyadic.proofs.methods.coqc import has_coquelicot


def report() -> Iterator[tuple[str, bool, str, str]]:
    """(thing, whether it is there, what was found or how to get it, what it is used for)."""
    yield "Python", True, sys.version.split()[0], "everything"
    for package, use in (
        ("sympy", "derivations"),
        ("numpy", "models' arrays, emitted NumPy modules"),
        ("python-flint", "exact and rigorous arithmetic"),
        ("jinja2", "emitted code"),
        ("typst", "appendix.pdf without LaTeX"),
        ("rich", "progress on a terminal"),
    ):
        found = _package(package)
        yield package, bool(found), found or f"pip install {package}", use
    for package, extra, use in (
        ("onnx", "onnx", "extra 'onnx': SPEC may be an ONNX model"),
        ("torch", "torch", "extra 'torch': SPEC may be a .pt2 program; dyadic.from_torch"),
        ("autograd", "demo", "extra 'demo': examples/digits.py compares with it"),
        ("scipy", "physics", "extra 'physics': relax --solver; a faster erf in emitted NumPy modules with gelu"),
        ("scikit-learn", "demo", "extra 'demo': the images of examples/digits.py"),
        ("dask", "distributed", "extra 'distributed': examples/data_parallel.py"),
    ):
        found = _package(package)
        yield package, bool(found), found or f"pip install 'dyadic-backprop[{extra}]'", use
    cupy = next((f for f in (_package(f"cupy-cuda{n}x") for n in (13, 12)) if f), None) or _package("cupy")
    yield "CuPy", bool(cupy), cupy or "pip install 'dyadic-backprop[gpu]'", "extra 'gpu': running CuPy modules"
    yield _device()
    nvrtc = _package("nvidia-cuda-nvrtc")
    yield (
        "NVRTC",
        bool(nvrtc),
        nvrtc or "pip install 'dyadic-backprop[verify]'",
        "extra 'verify': emit --verify compiles kernels without a GPU",
    )
    compiler = find_c_compiler()
    yield (
        "C compiler",
        bool(compiler),
        compiler or "install cc, or pip install ziglang",
        "emitted C modules, which compile where they are first used",
    )
    for command, use, hint in (
        ("g++", "emit --verify runs kernels on the CPU", "install a C++ compiler"),
        ("coqc", "verify --coq: the machine-checked theorem", "apt-get install coq"),
        ("pdflatex", "compiling appendix.tex yourself", "install TeX Live"),
    ):
        path = shutil.which(command)
        yield command, bool(path), _first_line(command) if path else hint, use
        if command == "coqc":
            yield _coquelicot()


def _package(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _device() -> tuple[str, bool, str, str]:
    use = "running kernels; without it they are only verified as text"
    if find_spec("cupy") is None:
        return "GPU", False, "not looked for: CuPy is not installed", use
    try:
        import cupy

        if cupy.cuda.is_available():
            properties = cupy.cuda.runtime.getDeviceProperties(0)
            return "GPU", True, properties["name"].decode(), use
    except Exception as error:  # a broken driver can raise anything
        return "GPU", False, f"the driver says: {str(error)[:80]}", use
    return "GPU", False, "no CUDA device is visible", use


def _coquelicot() -> tuple[str, bool, str, str]:
    there = has_coquelicot()
    return (
        "Coquelicot",
        there,
        "coqc finds it" if there else "apt-get install libcoq-coquelicot",
        "verify --coq: the theorem about a network's own equations",
    )


def _first_line(command: str) -> str:
    try:
        done = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "found, but does not answer --version"
    return (
        (done.stdout or done.stderr).strip().splitlines()[0][:70] if (done.stdout or done.stderr).strip() else "found"
    )
