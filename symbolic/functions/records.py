"""The table of scalar functions, put together from the families."""

from __future__ import annotations

from dyadic.symbolic.functions.branches import BRANCHES
from dyadic.symbolic.functions.circular import CIRCULAR
from dyadic.symbolic.functions.elementary import ELEMENTARY
from dyadic.symbolic.functions.hyperbolic import HYPERBOLIC
from dyadic.symbolic.functions.scalar import ScalarFunction
from dyadic.symbolic.functions.smooth import SMOOTH

FUNCTIONS: dict[str, ScalarFunction] = {
    function.name: function for function in (*ELEMENTARY, *HYPERBOLIC, *SMOOTH, *BRANCHES, *CIRCULAR)
}
ACTIVATIONS: tuple[str, ...] = tuple(name for name, function in FUNCTIONS.items() if function.activation)
"""What a layer may take as its ``activation``."""
