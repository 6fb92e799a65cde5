"""CPU seconds of whole commands, each in a process of its own, and how they grow with a network's depth.

    python benchmarks/cpu.py [--rounds N] [--against FOLDER] [CASE ...]

Cases run in turn, round after round, so that a slow spell of the machine falls on all of them; the median of user plus
system time is printed, of the process and its children.  --against: another checkout, measured in the same rounds.
The ONNX models are those that the ``onnx`` package carries; without it they are left out.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
CHAINS = (100, 300, 1000, 3000)
PACKAGES = ("sympy", "numpy", "python-flint", "click", "onnx")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
EMPTY = "import click\n@click.command()\n@click.version_option('1')\ndef main(): pass\nmain()"
IMPORTS = "import dyadic.proofs.verification, dyadic.report, dyadic.symbolic.readers, flint, sympy"


def chain(length: int) -> str:
    """A chain of elementwise layers as TOML."""
    layers = [f'[[layers]]\nname = "l{k}"\ntype = "tanh"' for k in range(length)]
    return "\n".join(['name = "chain"', "[inputs.x]\nshape = [4]", *layers, '[cost]\ntype = "squared_error"'])


def cases(folder: Path) -> dict[str, list[str]]:
    """The arguments of the interpreter, by case; run in the folder of the checkout that is measured."""
    found = {
        "empty click": ["-c", EMPTY, "--version"],
        "version": ["-m", "dyadic", "--version"],
        "help": ["-m", "dyadic", "--help"],
        "imports": ["-c", IMPORTS],
        "digits": ["-m", "dyadic", "verify", "examples/digits.toml"],
    }
    for length in CHAINS:
        path = folder / f"chain{length}.toml"
        path.write_text(chain(length), encoding="utf-8")
        found[f"chain {length}"] = ["-m", "dyadic", "verify", str(path)]
    onnx = find_spec("onnx")
    if onnx is not None and onnx.origin is not None:
        light = Path(onnx.origin).parent / "backend/test/data/light"
        for name in ("resnet50", "densenet121"):
            found[name] = ["-m", "dyadic", "verify", str(light / f"light_{name}.onnx")]
    return found


def cpu_seconds(arguments: list[str], root: Path) -> float:
    """User and system time of one run.  Raises CalledProcessError if it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=root, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(chosen: dict[str, list[str]], roots: list[Path], rounds: int) -> dict[tuple[str, Path], float]:
    """Medians, after one run of each that fills the caches of compiled modules."""
    times: dict[tuple[str, Path], list[float]] = {(name, root): [] for name in chosen for root in roots}
    for turn in range(rounds + 1):
        for (name, root), found in times.items():
            if turn or name in ("version", "imports"):
                seconds = cpu_seconds(chosen[name], root)
                if turn:
                    found.append(seconds)
    return {key: statistics.median(found) for key, found in times.items()}


def about() -> str:
    """What the numbers depend on."""
    known = []
    for package in PACKAGES:
        try:
            known.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            known.append(f"{package} absent")
    threads = ", ".join(f"{name}={os.environ.get(name, 'unset')}" for name in THREADS)
    return f"Python {platform.python_version()}, {', '.join(known)}; {os.cpu_count()} processors, {threads}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("case", nargs="*", help="which cases; all by default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", type=Path, help="another checkout to measure in the same rounds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        every = cases(Path(name))
        unknown = [case for case in options.case if case not in every]
        if unknown:
            parser.error(f"no case is called {', '.join(unknown)}; there are: {', '.join(every)}")
        chosen = {case: every[case] for case in options.case or every}
        roots = [HERE] if options.against is None else [options.against.resolve(), HERE]
        medians = measured(chosen, roots, options.rounds)
    print(about())
    print(f"CPU seconds, median of {options.rounds}" + (f"; first column: {roots[0]}" if len(roots) > 1 else ""))
    for case in chosen:
        print(f"{case:<12}", *(f"{medians[case, root]:8.2f}" for root in roots))
    for small, large in pairwise(CHAINS):
        pair = f"chain {small}", f"chain {large}"
        if all(case in chosen for case in pair):
            ratios = [medians[pair[1], root] / medians[pair[0], root] for root in roots]
            print(f"{small} -> {large} layers: {large / small:.1f} times as many,", *(f"{r:.1f}" for r in ratios),
                  "times the time")  # fmt: skip
    if "version" in chosen and "empty click" in chosen:
        print(f"version: {medians['version', HERE] / medians['empty click', HERE]:.1f} times an empty click program")


if __name__ == "__main__":
    main()
