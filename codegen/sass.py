"""What the machine code of a kernel's innermost loop consists of, read with pip's nvidia-cuda-nvdisasm.

A count of instructions is evidence about a loop's balance, not a measurement of its speed.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from dyadic.symbolic.errors import DyadicError

_SECTION = re.compile(r"^\.text\.(\w+):")
_LABEL = re.compile(r"^(\.L_x_\d+):")
_INSTRUCTION = re.compile(r"/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\d+\s+)?([A-Z][A-Z0-9_.]*)(.*)")
_TARGET = re.compile(r"`\((\.L_x_\d+)\)")


@dataclass(frozen=True)
class Loop:
    """Instructions of one pass of a kernel's innermost loop with the most products of matrices, or multiply-adds.

    multiply_adds: FFMA or DFMA; products: HMMA, a warp's products on tensor cores; shared: reads of shared memory by
    bits.  loads, writes, copies: reads of global memory, writes of shared memory and copies from one to the other, by
    bits, in a pass of the smallest loop around it, or itself, that has reads or copies.  local: accesses to local
    memory (spilled or indexed registers) in the whole kernel.
    """

    multiply_adds: int
    shared: dict[int, int]
    loads: dict[int, int]
    local: int
    products: int
    writes: dict[int, int]
    copies: dict[int, int]

    @property
    def per_shared_pack(self) -> float:
        """Multiply-adds for every 16 bytes read from shared memory at once."""
        return self.multiply_adds / max(1, sum(self.shared.values()))


@cache
def find_nvdisasm() -> str | None:
    """Path of the disassembler that pip has installed, if any."""
    spec = find_spec("nvidia")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    found = sorted(path for folder in folders for path in folder.rglob("bin/nvdisasm"))
    return str(found[-1]) if found else None


def hot_loops(binary: bytes) -> dict[str, Loop]:
    """The hottest loop of every kernel of a CUBIN."""
    return {name: _hot(lines) for name, lines in _kernels(_disassembled(binary)).items()}


def _disassembled(binary: bytes) -> str:
    tool = find_nvdisasm()
    if tool is None:
        raise DyadicError("nvdisasm is not installed: pip install 'dyadic-backprop[verify]'")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kernels.cubin"
        path.write_bytes(binary)
        done = subprocess.run([tool, "-c", str(path)], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise DyadicError(f"nvdisasm: {done.stderr.strip()[:500]}")
    return done.stdout


def _kernels(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        if match := _SECTION.match(line):
            current = found.setdefault(match[1], [])
        current.append(line)
    return found


def _hot(lines: list[str]) -> Loop:
    labels: dict[str, int] = {}
    opcodes: list[str] = []
    loops: list[tuple[int, int]] = []
    for line in lines:
        if match := _LABEL.match(line):
            labels[match[1]] = len(opcodes)
        elif match := _INSTRUCTION.search(line):
            opcodes.append(match[1])
            target = _TARGET.search(match[2])
            if match[1].startswith("BRA") and target and target[1] in labels:
                loops.append((labels[target[1]], len(opcodes)))
    inner = [(a, b) for a, b in loops if not any(a <= c and d <= b and (a, b) != (c, d) for c, d in loops)] or [(0, 0)]
    counts = {span: Counter(opcodes[slice(*span)]) for span in [*loops, (0, 0)]}
    hot = max(inner, key=lambda span: (_products(counts[span]), _multiply_adds(counts[span])))
    around = [(a, b) for a, b in loops if a <= hot[0] and hot[1] <= b and _brings(counts[a, b])]
    best, bringing = counts[hot], counts[min(around, key=lambda span: span[1] - span[0], default=hot)]
    local = sum(opcode.startswith(("LDL", "STL")) for opcode in opcodes)
    loads, writes, copies = (_widths(bringing, name) for name in ("LDG", "STS", "LDGSTS"))
    return Loop(_multiply_adds(best), _widths(best, "LDS"), loads, local, _products(best), writes, copies)


def _brings(opcodes: Counter[str]) -> bool:
    """Whether it reads global memory."""
    return bool(_widths(opcodes, "LDG") or _widths(opcodes, "LDGSTS"))


def _products(opcodes: Counter[str]) -> int:
    return sum(n for opcode, n in opcodes.items() if opcode.startswith("HMMA"))


def _multiply_adds(opcodes: Counter[str]) -> int:
    return sum(n for opcode, n in opcodes.items() if opcode.split(".")[0] in ("FFMA", "DFMA", "FFMA2"))


def _widths(opcodes: Counter[str], name: str) -> dict[int, int]:
    """Number of accesses by their width in bits."""
    found: Counter[int] = Counter()
    for opcode, number in opcodes.items():
        first, *suffixes = opcode.split(".")
        if first == name:
            found[next((int(s) for s in suffixes if s in ("64", "128")), 32)] += number
    return dict(sorted(found.items()))
