"""What is claimed: an architecture, its doubled energy, Euler-Lagrange equations and dynamics.

spec.py          TOML or a mapping -> Architecture
layers/, costs/  one index equation per layer type and cost
tensor_names.py  what a tensor is called
expressions.py   index notation;  indices/  integers in it;  variation.py  its derivative;  functions/  scalar functions
energy.py        one layer kind's energy term and variation
derivation.py    what is claimed of a network;  rank_table.py  its rank table
instantiation.py the network's equations, tagged and hashed: one object each
constructions.py   what the variational principle does and does not give
printing.py, latex_printing.py, serialise.py   equations as text, LaTeX and JSON
"""

from dyadic.symbolic.architecture import Architecture
from dyadic.symbolic.derivation import Derivation, derive
from dyadic.symbolic.errors import DyadicError, SpecError
from dyadic.symbolic.spec import architecture, read_spec

__all__ = ["Architecture", "Derivation", "DyadicError", "SpecError", "architecture", "derive", "read_spec"]

if __name__ != "dyadic.symbolic":  # one module must not exist under two names
    raise ImportError("import dyadic.symbolic, not symbolic: the folder is a part of the package dyadic")
