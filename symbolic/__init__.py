"""What is claimed: an architecture, its doubled energy, Euler-Lagrange equations and dynamics.

spec.py          TOML or a mapping -> Architecture (structure.py: inputs, vertices, costs)
layers/, costs/  one index equation per layer type and cost
tensor_names.py  what a tensor is called
expressions.py   index notation;  indices/  integers in it;  variation.py  its derivative;  functions/  scalar functions
energy.py        one layer kind's energy term and variation
derivation.py    what is claimed of a network;  rank_table.py  its rank table
instantiation.py the network's equations, tagged and hashed: one object each
constructions.py   what the variational principle does and does not give
printing.py      expressions as text, and what every notation shares;  typesetting.py  what typeset ones share
latex_printing.py, serialise.py   equations as LaTeX and JSON
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # typing is not needed to run, and takes its time to import
if TYPE_CHECKING:
    from typing import Any

    from dyadic.symbolic.derivation import Derivation, derive
    from dyadic.symbolic.errors import DyadicError, SpecError
    from dyadic.symbolic.spec import architecture, read_spec
    from dyadic.symbolic.structure import Architecture

_HOME = {
    "Architecture": "structure", "Derivation": "derivation", "DyadicError": "errors", "SpecError": "errors",
    "architecture": "spec", "derive": "derivation", "read_spec": "spec",
}  # fmt: skip
"""The module of every public name."""


def __getattr__(name: str) -> Any:
    """A public name, when it is first asked for: an error of the project does without SymPy."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    return value


__all__ = ["Architecture", "Derivation", "DyadicError", "SpecError", "architecture", "derive", "read_spec"]

if __name__ != "dyadic.symbolic":  # one module must not exist under two names
    raise ImportError("import dyadic.symbolic, not symbolic: the folder is a part of the package dyadic")
