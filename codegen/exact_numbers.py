"""Numbers of the equations as code that loses nothing: for runs in ball arithmetic, where a double would be wrong."""

from __future__ import annotations

from sympy import Add, Expr, Mul, Pow, pi

from dyadic.symbolic.errors import UnsupportedEquation

ARITHMETIC = "sure"
"""What has ``ratio``, ``pi`` and ``power``, in the module that runs such code."""


def exact_number(node: Expr) -> str:
    """Integers, ratios, roots, pi, and sums and products of these; as an atom.

    Raises :class:`UnsupportedEquation` for any other number.
    """
    if node.is_Integer:
        return repr(int(node)) if node >= 0 else f"({int(node)})"
    if node.is_Rational:
        return f"{ARITHMETIC}.ratio({int(node.p)}, {int(node.q)})"
    if node == pi:
        return f"{ARITHMETIC}.pi()"
    if isinstance(node, Pow):
        return f"{ARITHMETIC}.power({exact_number(node.base)}, {exact_number(node.exp)})"
    if isinstance(node, Add | Mul):
        sign = " + " if isinstance(node, Add) else " * "
        return f"({sign.join(map(exact_number, node.args))})"
    raise UnsupportedEquation(f"the number {node} has no exact form in code")
