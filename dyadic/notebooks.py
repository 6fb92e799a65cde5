"""Derivations and equations as a notebook shows them: with the formulas of the pages."""

from __future__ import annotations

from collections.abc import Sequence

from dyadic.symbolic import notebook
from dyadic.symbolic.derivation import Derivation, derive
from dyadic.symbolic.instantiation import Equation


def _typeset(equations: Sequence[Equation], derivation: Derivation | None, caption: str, more: int) -> str:
    from dyadic.paper.notebook_view import equations_table  # only where a notebook asks for it

    return equations_table(equations, derivation, caption, more)


notebook.use(_typeset)

__all__ = ["Derivation", "Equation", "derive"]
