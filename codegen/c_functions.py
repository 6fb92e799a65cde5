"""The scalar functions in C: how each is called, and the helpers that define those the language lacks.

One table, so that a function is added in one place.  ``{s}`` stands for the suffix of a literal.
"""

from __future__ import annotations

from collections.abc import Iterable

from dyadic.symbolic.errors import UnsupportedEquation

_LANGUAGE = {
    "tanh": "tanh", "exp": "exp", "log": "log", "erf": "erf", "sqrt": "sqrt", "sin": "sin", "cos": "cos",
    "rsqrt": "rsqrt", "abs": "fabs",
}  # fmt: skip
"""By name, the function of CUDA's and C's library."""

_HELPERS = {
    "relu": "real relu(real z) { return z < 0.0{s} ? 0.0{s} : z; }",
    "step": "real step(real z) { return z > 0.0{s} ? 1.0{s} : 0.0{s}; }",
    "sign": "real sign(real z) { return z > 0.0{s} ? 1.0{s} : z < 0.0{s} ? -1.0{s} : z; }",
    "sigmoid": "real sigmoid(real z) { return 0.5{s} + 0.5{s} * tanh(0.5{s} * z); }",
    "softplus": "real softplus(real z) { return fmax(z, 0.0{s}) + log1p(exp(-fabs(z))); }",
    "larger": "real larger(real a, real b) { return a < b || b != b ? b : a; }",
    "above": "int above(real a, real b) { return a > b || (a != a && b == b); }",
    "floor_quotient": "int floor_quotient(int a, int b) { return a / b - (a % b < 0); }",
    "floor_remainder": "int floor_remainder(int a, int b) { return a % b + (a % b < 0 ? b : 0); }",
}
"""By name, a definition.  larger and above let a NaN win, as NumPy's maximum and argmax do."""


def call(name: str, argument: str) -> str:
    """A function of one number applied to an argument."""
    if name in _LANGUAGE:
        return f"{_LANGUAGE[name]}({argument})"
    if name in _HELPERS:
        return f"{name}({argument})"
    raise UnsupportedEquation(f"C code has no function {name} yet")


def helpers(text: str, suffix: str) -> Iterable[str]:
    """The definitions that kernel text needs, in the table's order."""
    return (code.replace("{s}", suffix) for name, code in _HELPERS.items() if f"{name}(" in text)
