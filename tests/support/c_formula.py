"""A formula of one variable as C."""

from dyadic.codegen.cuda_printer import CudaPrinter
from dyadic.codegen.loops.kernel import Kernel, Local
from dyadic.codegen.loops.nest import Nest
from dyadic.symbolic.functions import Z

_NOTHING = Nest(Kernel("nothing", (), (), (), (), frozenset(), ()), (), (), (), ())


def c_formula(formula, suffix=""):
    """The text, in which ``z`` is the variable."""
    return CudaPrinter(_NOTHING, suffix).real(formula.xreplace({Z: Local("z")}))
