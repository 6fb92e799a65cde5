"""Scalar functions: one record each, from which everything that is derived, emitted or typeset of it is read.

In the equations of a layer a function is an opaque head (``Apply("tanh", 0, z)``), so that what is shown of
the layer holds for every function.  The records say what each head means; to add a function is to add one.
"""

from dyadic.symbolic.functions.branches import SELU_ALPHA, SELU_GAMMA
from dyadic.symbolic.functions.closed_forms import as_primitives, by_cases, closed_form, derivative, expand_functions
from dyadic.symbolic.functions.records import ACTIVATIONS, FUNCTIONS
from dyadic.symbolic.functions.scalar import ScalarFunction, Spelling, Z

__all__ = [
    "ACTIVATIONS", "FUNCTIONS", "SELU_ALPHA", "SELU_GAMMA", "ScalarFunction", "Spelling", "Z", "as_primitives",
    "by_cases", "closed_form", "derivative", "expand_functions",
]  # fmt: skip
