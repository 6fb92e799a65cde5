"""Models that people export, small and with random weights: read, verified, and compared with PyTorch's gradient.

    python benchmarks/torch_models.py [NAME ...] [--seconds N] [--details FILE] [--write]

Prints a table: model, vertices, verdict, the largest relative difference of a gradient in float64, the same where what
the module casts to float32 stays in float64, CPU seconds to read (and compare) and to verify.  A model whose package
is not installed is left out, with the reason.  --details: a file that every row is appended to; what it holds is not
run again.  --seconds: every model is run in a process of its own, which ends then.  --write: the table goes into
docs/readers.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from tables import put
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves
from torch_zoo import MODELS

import dyadic
from dyadic.autograd_comparison import AutogradComparison
from dyadic.symbolic.readers import read_module


class WithoutCasts(TorchFunctionMode):
    """What depends on an input or a parameter stays in float64 where a module casts it to float32.

    constants: tensors that depend on neither, such as buffers; what is made of them alone is kept among them.
    """

    def __init__(self, constants: Iterable[torch.Tensor]) -> None:
        super().__init__()
        self.constants = {id(tensor): tensor for tensor in constants}

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        if any(id(tensor) not in self.constants for tensor in given):
            function = torch.Tensor.double if function is torch.Tensor.float else function
            args = tuple(torch.float64 if argument is torch.float32 else argument for argument in args)
            kwargs |= {key: torch.float64 for key, value in kwargs.items() if value is torch.float32}
            return function(*args, **kwargs)
        found = function(*args, **kwargs)
        made = [leaf for leaf in tree_leaves(found) if isinstance(leaf, torch.Tensor)]
        self.constants |= {id(tensor): tensor for tensor in made}
        return found


@dataclass(frozen=True)
class ModelRow:
    """What was found of one model.

    differs, without_casts: the largest relative difference from PyTorch's value or gradient, as the module computes
    and without its casts to float32.  problem: why there is nothing of this.
    """

    name: str
    vertices: int = 0
    verdict: str = ""
    differs: float = 0.0
    without_casts: float = 0.0
    read: float = 0.0
    verify: float = 0.0
    problem: str = ""

    def __str__(self) -> str:
        if self.problem:
            return f"{self.name:16} {self.problem}"
        numbers = f"{self.differs:8.1e} {self.without_casts:8.1e} {self.read:7.1f} {self.verify:7.1f}"
        return f"{self.name:16} {self.vertices:5} {self.verdict:10} {numbers}"

    def markdown(self) -> str:
        """The row in the table of docs/readers.md."""
        if self.problem:
            return f"| {self.name} | | refused: {self.problem} | | |"
        return f"| {self.name} | {self.vertices} | {self.verdict} | {self.differs:.0e} | {self.without_casts:.0e} |"


def doubled(value: Any) -> Any:
    """A tensor of real numbers in float64."""
    return value.double() if isinstance(value, torch.Tensor) and value.is_floating_point() else value


def row(name: str) -> ModelRow:
    """Read a model, compare and verify it."""
    torch.manual_seed(0)
    try:
        module, arguments = MODELS[name]()
    except Exception as error:
        return ModelRow(name, problem=f"not run: {type(error).__name__}: {str(error)[:200]}")
    module, arguments = module.double(), tuple(map(doubled, arguments))
    started = time.process_time()
    try:
        found = read_module(module, arguments)
        comparison = AutogradComparison(module, arguments, found)
        differs = max(comparison.differences().values())
        with WithoutCasts(comparison.module.buffers()):
            without_casts = max(comparison.differences().values())
        read = time.process_time()
        verdict = dyadic.verify(dyadic.derive(found.architecture))["verdict"]
    except Exception as error:
        return ModelRow(name, problem=f"{type(error).__name__}: {str(error)[:300]}")
    seconds = read - started, time.process_time() - read
    return ModelRow(name, len(found.architecture.vertices), verdict, differs, without_casts, *seconds)


def limited(name: str, seconds: float) -> ModelRow:
    """The same in a process of its own, for at most so many seconds."""
    with tempfile.TemporaryDirectory() as folder:
        details = Path(folder) / "row.jsonl"
        command = [sys.executable, __file__, name, "--details", str(details)]
        try:
            subprocess.run(command, timeout=seconds, check=False, capture_output=True)
        except subprocess.TimeoutExpired:
            return ModelRow(name, problem=f"not finished after {seconds:g} s")
        return kept(details).get(name, ModelRow(name, problem="its process ended"))


def kept(path: Path | None) -> dict[str, ModelRow]:
    """The rows of a file of details, by name."""
    lines = path.read_text(encoding="utf-8").splitlines() if path is not None and path.exists() else []
    return {found.name: found for found in (ModelRow(**json.loads(line)) for line in lines)}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--details", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    print(f"{'model':16} {'vert.':>5} {'verdict':10} {'differ':>8} {'no casts':>8} {'read s':>7} {'verify s':>7}")
    rows = kept(arguments.details)
    for name in arguments.names or MODELS:
        if name not in rows:
            rows[name] = row(name) if arguments.seconds is None else limited(name, arguments.seconds)
            if arguments.details is not None:
                with arguments.details.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(asdict(rows[name])) + "\n")
        print(rows[name], flush=True)
    if arguments.write:
        head = "| model | vertices | verdict | differs from PyTorch | without casts to float32 |"
        lines = [rows[name].markdown() for name in MODELS if name in rows]
        put("torch_models", "\n".join([head, "| --- | ---: | --- | ---: | ---: |", *lines]))


if __name__ == "__main__":
    main()
