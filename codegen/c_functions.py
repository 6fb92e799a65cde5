"""How C code calls the scalar functions of :data:`FUNCTIONS`, and the helpers of its own comparisons and indices."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import Apply
from dyadic.symbolic.functions import FUNCTIONS

_HELPERS = {
    "larger": "real larger(real a, real b) { return a < b || b != b ? b : a; }",
    "above": "int above(real a, real b) { return a > b || (a != a && b == b); }",
    "floor_quotient": "int floor_quotient(int a, int b) { return a / b - (a % b < 0); }",
    "floor_remainder": "int floor_remainder(int a, int b) { return a % b + (a % b < 0 ? b : 0); }",
}
"""By name, a definition.  larger and above let a NaN win, as NumPy's maximum and argmax do."""


def call(node: Apply, argument: str) -> str:
    """A function applied to an argument."""
    spelling = FUNCTIONS[node.name].cuda if node.name in FUNCTIONS else None
    if spelling is None or node.order:
        raise UnsupportedEquation(f"C code has no function {node.name}{chr(39) * node.order}")
    return spelling.call.format(argument)


def helpers(text: str, suffix: str) -> Iterator[str]:
    """The lines that define what kernel text calls and CUDA does not have, in the order of the tables."""
    called = set(re.findall(r"(\w+)\(", text))
    for function in FUNCTIONS.values():
        if function.cuda is not None and function.cuda.helper and function.cuda.call.partition("(")[0] in called:
            yield function.cuda.helper.replace("$", suffix)
    for name, code in _HELPERS.items():
        if name in called:
            yield f"__device__ __forceinline__ {code}"
