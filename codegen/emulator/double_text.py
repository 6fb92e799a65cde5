"""A float32 module's own text in double precision, so that mistakes are not hidden by rounding errors."""

from __future__ import annotations

import re

_LITERAL = re.compile(r"\b(\d+(?:\.\d+)?(?:e[+-]?\d+)?)f\b")
_EXACT = {
    "cvt.rna.tf32.f32": "mov.b64",
    "cvt.rn.f16x2.f32": "mov.pair",
    "cvt.rn.bf16x2.f32": "mov.pair",
    ".f32.tf32.tf32.f32": ".f64.f64.f64.f64",
    ".f32.f16.f16.f32": ".f64.f64.f64.f64",
    ".f32.bf16.bf16.f32": ".f64.f64.f64.f64",
}
"""Instructions of the emulation alone, which round nothing."""


def in_double(text: str, rounded: bool = False) -> str:
    """The module with ``real``, its literals and its arrays as doubles, all else as it stands.

    rounded: whether factors that are rounded for tensor cores still are; otherwise products there are exact.
    """
    head, mark, rest = text.partition('KERNELS = r"""')
    kernels, end, tail = rest.partition('"""')
    kernels = kernels.replace("typedef float real;", "typedef double real;")
    held = "emulator::Pair" if "_pair(" in kernels else "double"
    kernels = _LITERAL.sub(r"\1", kernels.replace("typedef unsigned Bits;", f"typedef {held} Bits;"))
    for old, new in {} if rounded else _EXACT.items():
        kernels = kernels.replace(old, new)
    return head.replace("DTYPE = np.float32", "DTYPE = np.float64") + mark + kernels + end + tail
